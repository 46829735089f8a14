"""What an expression reads and what labels it yields, worked out on its syntax tree.

Here belongs reading PromQL, for the tests of rules and of dashboards. What is demanded of an expression belongs to the tests.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import promql_parser

from holdfast.metrics.family import IDENTITY

TARGET_LABELS = frozenset({"cluster", "instance"})
"""What a scrape and its store add to each series. `job`, `pod` and the like go the way of `instance`."""

REPLICA = "(replica)"
"""Marks labels under which equal replicas still stand side by side. It is no label, and no aggregation keeps it by chance."""

SET_OPERATORS = frozenset({"and", "unless", "or"})
PICKING = frozenset({"topk", "bottomk"})  # aggregations that hand on whole series
OF_COUNTERS = frozenset({"rate", "irate", "increase", "resets"})

NAMESPACES = frozenset({"namespace", "claim_namespace", "exported_namespace"})
"""Labels in which the namespace of a thing may stand: beside a schedule's, a claim's has a name of its own."""

SORTING = frozenset({"source", "tier", "reason", "workload_kind"})
"""Labels of an identity that tell of what sort a thing is, and name none: what is summed by them mixes nothing."""


def _companions() -> dict[str, frozenset[str]]:
    """What each name is unique within, by the shortest identity that has it: a claim is one of its namespace."""
    found: dict[str, frozenset[str]] = {
        "name": frozenset({"namespace"})
    }  # of a finding, of a claim that waits
    for identity in sorted(IDENTITY.values(), key=len):
        for label in identity:
            if label not in SORTING:
                found.setdefault(label, frozenset(identity) - {label})
    return {label: others for label, others in found.items() if others}


COMPANIONS = _companions()


@dataclass(frozen=True, kw_only=True)
class Series:
    """What a metric name stands for: its labels, the closed values of some of them, and how equal replicas are folded."""

    labels: frozenset[str]
    vocabulary: Mapping[str, tuple[str, ...]]
    fold: frozenset[str]  # "max", "min": what an aggregation over replicas may be; empty: nothing is demanded
    folded: bool = False  # a rule records it, so that no replica is left in it
    apart: bool = False  # each instance counts its own: a node's disks, a driver's calls; no two are replicas
    gauge: bool = False  # it goes up and down, or is an instant: no counter that `rate` could read


class Reading:
    """One expression against a catalogue: the labels of its result, and everything that is wrong with it.

    A dashboard may add up over the clusters it shows (`totals`), once replicas are folded; a rule may not.
    """

    def __init__(self, expression: str, catalogue: Mapping[str, Series], *, totals: bool = False) -> None:
        self.catalogue = catalogue
        self.totals = totals
        self.problems: list[str] = []
        self.names: set[str] = set()
        self.labels = self._labels(promql_parser.parse(expression))

    def _labels(self, node: Any) -> frozenset[str]:
        labels: frozenset[str] = frozenset()
        match node:
            case promql_parser.VectorSelector():
                labels = self._selected(node)
            case promql_parser.MatrixSelector():
                labels = self._selected(node.vector_selector)
            case promql_parser.ParenExpr() | promql_parser.SubqueryExpr() | promql_parser.UnaryExpr():
                labels = self._labels(node.expr)
            case promql_parser.AggregateExpr():
                labels = self._aggregated(node)
            case promql_parser.BinaryExpr():
                labels = self._joined(node)
            case promql_parser.Call():
                labels = self._called(node)
        return labels

    def _selected(self, selector: promql_parser.VectorSelector) -> frozenset[str]:
        name = selector.name or ""
        self.names.add(name)
        series = self.catalogue.get(name)
        if series is None:
            self.problems.append(f"{name}: no such series in the catalogue")
            return TARGET_LABELS | {REPLICA}
        for matcher in selector.matchers.matchers:
            label = matcher.name
            if label not in series.labels | TARGET_LABELS | {f"exported_{each}" for each in series.labels}:
                self.problems.append(f"{name}: has no label {label}")
            closed = series.vocabulary.get(label)
            if closed and "$" not in matcher.value:
                unknown = set(matcher.value.split("|")) - {*closed, ".+", ""}
                self.problems += [f"{name}: {label} is never {value!r}" for value in sorted(unknown)]
        if series.folded:
            return series.labels
        clash = {
            matcher.name for matcher in selector.matchers.matchers if matcher.name.startswith("exported_")
        }
        return series.labels | TARGET_LABELS | clash | (frozenset() if series.apart else {REPLICA})

    def _aggregated(self, node: promql_parser.AggregateExpr) -> frozenset[str]:
        inner = self._labels(node.expr)
        operator = str(node.op)
        if operator in PICKING:
            self._must_be_folded(inner, operator)
            return inner
        total = self.totals and REPLICA not in inner
        if node.modifier is None:
            self.problems += [] if total else [f"{operator} without `by`: drops cluster"]
            return frozenset()
        if node.modifier.type != promql_parser.AggModifierType.By:
            self.problems.append(f"{operator} `without`: name the labels that stay")
        kept = frozenset(node.modifier.labels)
        if "cluster" not in kept and not total:
            self.problems.append(f"{operator} by {sorted(kept)}: drops cluster")
        self.problems += [
            f"{operator} by {label}: what it aggregates has no such label" for label in sorted(kept - inner)
        ]
        self._must_name_apart(kept, _pinned(node.expr), inner, f"{operator} by")
        if "instance" in kept:
            return kept | (inner & {REPLICA})  # each replica by itself: nothing is folded yet
        if operator in ("sum", "count", "avg"):
            self._must_be_folded(inner, operator)
        if REPLICA in inner:
            self._must_fold_well(node.expr, operator)
        return kept

    def _must_fold_well(self, node: Any, operator: str) -> None:
        for selector in _leftmost_selectors(node):
            series = self.catalogue.get(selector.name or "")
            if series and series.fold and operator not in series.fold | {"group", "sum", "count", "avg"}:
                self.problems.append(
                    f"{selector.name}: replicas are folded by {sorted(series.fold)}, not {operator}"
                )

    def _must_name_apart(
        self, named: frozenset[str], pinned: frozenset[str], there: frozenset[str], by_what: str
    ) -> None:
        """Things of one name are told apart: by labels that are there, or because only one of them was selected."""
        keys = named & COMPANIONS.keys()
        if "persistentvolumeclaim" in keys:
            keys -= {"workload"}  # it only describes the claim
        for label in sorted(keys):
            own = NAMESPACES | ({"schedule_namespace"} if label == "schedule" else set())
            missing = COMPANIONS[label] & there - named - pinned
            if (named | pinned) & own:
                missing -= {"namespace"}
            self.problems += [
                f"{by_what} {label} without {each}: mixes things of one name" for each in sorted(missing)
            ]

    def _must_be_folded(self, labels: frozenset[str], by_what: str) -> None:
        if REPLICA in labels:
            self.problems.append(f"{by_what}: its operand still counts each replica")

    def _joined(self, node: promql_parser.BinaryExpr) -> frozenset[str]:
        left, right = self._labels(node.lhs), self._labels(node.rhs)
        operator = str(node.op)
        if is_scalar(node.lhs):
            return right
        if is_scalar(node.rhs):
            return left
        on = self._matched(node, left, right)
        if operator in SET_OPERATORS:
            return left | right if operator == "or" else left
        modifier = node.modifier
        if modifier is None or modifier.matching is None:
            return left  # of equal labels, the instance among them: each replica with itself
        for side in (left, right):
            self._must_be_folded(side, f"a join by {operator}")
        if modifier.card == promql_parser.VectorMatchCardinality.OneToOne:
            return on
        if modifier.group_labels:
            self.problems.append(
                f"group_left of {modifier.group_labels}: a label that moves makes another alert"
            )
        return left if modifier.card == promql_parser.VectorMatchCardinality.ManyToOne else right

    def _matched(
        self, node: promql_parser.BinaryExpr, left: frozenset[str], right: frozenset[str]
    ) -> frozenset[str]:
        """The labels that a join compares."""
        matching = node.modifier.matching if node.modifier else None
        if matching is None:
            if left != right and str(node.op) != "or":
                self.problems.append(f"{node.op} of {sorted(left)} and {sorted(right)}: can never match")
            return left
        if matching.type != promql_parser.LabelModifierType.Include:
            self.problems.append(f"{node.op} ignoring: name the labels that match, by `on`")
        on = frozenset(matching.labels)
        if "cluster" not in on:
            self.problems.append(f"{node.op} on {sorted(on)}: mixes clusters")
        for label in sorted(on - {"cluster"}):
            if label not in left or label not in right:
                self.problems.append(f"{node.op} on {label}: a side has no such label")
        self._must_name_apart(on, _pinned(node.lhs) & _pinned(node.rhs), left | right, f"{node.op} on")
        return on

    def _called(self, node: promql_parser.Call) -> frozenset[str]:
        vectors = [self._labels(argument) for argument in node.args]
        if node.func.name in OF_COUNTERS:
            self._must_count(node.args[0], node.func.name)
        if node.func.name in ("label_replace", "label_join") and node.args[1].val == "cluster":
            self.problems.append(f"{node.func.name} onto cluster: what is of one cluster becomes another's")
        if node.func.name == "label_replace":
            target, source = node.args[1].val, node.args[3].val
            if source and source not in vectors[0]:
                self.problems.append(f"label_replace from {source}: no such label")
            return vectors[0] | {target}
        if node.func.name == "label_join":
            target, sources = node.args[1].val, [argument.val for argument in node.args[3:]]
            missing = set(sources) - vectors[0]
            self.problems += [f"label_join of {source}: no such label" for source in sorted(missing)]
            return vectors[0] | {target}
        if node.func.name == "histogram_quantile":
            if "le" not in vectors[1]:
                self.problems.append("histogram_quantile: its operand has no le")
            return vectors[1] - {"le"}
        if node.func.name == "absent":
            return frozenset({"cluster"})  # what an absent series would have had: nothing more is known
        return frozenset().union(*vectors)

    def _must_count(self, node: Any, function: str) -> None:
        if not isinstance(node, promql_parser.MatrixSelector):
            self.problems.append(f"{function} of a subquery: resets cannot be seen in it")
            return
        series = self.catalogue.get(node.vector_selector.name or "")
        if series and (series.gauge or series.folded):
            self.problems.append(f"{function} of {node.vector_selector.name}: it is no counter")


def quoted_queries(annotation: str) -> Iterator[str]:
    """The queries that an annotation's template asks, with its `%q` filled in by what cannot be known here."""
    for query in re.findall(r"query \(printf `([^`]*)`", annotation):
        yield query.replace("%q", '"$x"')


def is_scalar(node: Any) -> bool:
    if isinstance(node, promql_parser.ParenExpr):
        return is_scalar(node.expr)
    if isinstance(node, promql_parser.BinaryExpr):
        return is_scalar(node.lhs) and is_scalar(node.rhs)
    if isinstance(node, promql_parser.Call):
        return bool(node.func.return_type == promql_parser.ValueType.Scalar)
    return isinstance(node, promql_parser.NumberLiteral)


def _leftmost_selectors(node: Any) -> Iterator[promql_parser.VectorSelector]:
    """The selectors whose values an aggregation over `node` folds; filters on the right of `and` only pick."""
    match node:
        case promql_parser.VectorSelector():
            yield node
        case promql_parser.MatrixSelector():
            yield node.vector_selector
        case promql_parser.ParenExpr():
            yield from _leftmost_selectors(node.expr)
        case promql_parser.BinaryExpr():
            yield from _leftmost_selectors(node.lhs)
            if str(node.op) == "or":
                yield from _leftmost_selectors(node.rhs)
        case promql_parser.Call() if node.args:
            yield from _leftmost_selectors(node.args[0])


def _pinned(node: Any) -> frozenset[str]:
    """The labels that have one value throughout the result, because each selector behind it asks for that value."""
    pinned: frozenset[str] = frozenset()
    match node:
        case promql_parser.VectorSelector():
            pinned = frozenset(
                matcher.name
                for matcher in node.matchers.matchers
                if matcher.op == promql_parser.MatchOp.Equal
            )
        case promql_parser.MatrixSelector():
            pinned = _pinned(node.vector_selector)
        case promql_parser.BinaryExpr() if is_scalar(node.lhs):
            pinned = _pinned(node.rhs)
        case promql_parser.BinaryExpr() if str(node.op) == "or":
            pinned = _pinned(node.lhs) & _pinned(node.rhs)
        case promql_parser.BinaryExpr():
            pinned = _pinned(node.lhs)
        case promql_parser.Call():
            pinned = frozenset().union(*(_pinned(argument) for argument in node.args))
            if node.func.name in ("label_replace", "label_join"):
                pinned -= {node.args[1].val}
        case (
            promql_parser.ParenExpr()
            | promql_parser.SubqueryExpr()
            | promql_parser.UnaryExpr()
            | promql_parser.AggregateExpr()
        ):
            pinned = _pinned(node.expr)
    return pinned
