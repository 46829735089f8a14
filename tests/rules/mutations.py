"""Small breaks of a rule, on its syntax tree: what a tired hand could do to it and nobody would see at once.

Here belongs what is broken, and how. Whether the cases notice belongs to mutants_judged.py.
"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import promql_parser

COMPARED = {
    ">": (">=", "<="),
    ">=": (">", "<"),
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    "==": ("!=",),
    "!=": ("==",),
}
JOINED = {"and": "unless", "unless": "and"}
RECKONED = {"*": "/", "/": "*", "+": "-", "-": "+"}
FOLDED = {"max": "min", "min": "max", "sum": "max", "count": "sum"}
CALLED = {"max_over_time": "min_over_time", "min_over_time": "max_over_time"}
SPARED = {
    "clamp_max",
    "clamp_min",
    "last_over_time",
}  # calls whose first argument could stand alone, or nearly so
CONTEXT = 90  # characters around the place
NEGATED = {"=": "!=", "!=": "=", "=~": "!~", "!~": "=~"}


class Change(NamedTuple):
    """One break of an expression: the part as it was, as it is then, and the whole expression with it."""

    was: str
    now: str
    whole: str


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A rule that is broken in one place. ``was`` and ``now`` are the broken part; ``rule`` is the rule with it."""

    was: str
    now: str
    rule: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.rule.get("alert") or self.rule["record"])

    @property
    def change(self) -> str:
        """What is told of it: both sides, without what is far from where they differ."""
        if not self.now:
            return f"{self.was} -> nothing"
        ahead = _shared(self.was, self.now)
        behind = min(_shared(self.was[::-1], self.now[::-1]), len(self.was) - ahead, len(self.now) - ahead)
        return f"{_near(self.was, ahead, behind)} -> {_near(self.now, ahead, behind)}"


def mutants(rule: dict[str, Any]) -> Iterator[Mutant]:
    """Every break of one rule: of its expression and of its waiting times."""
    for change in changes(promql_parser.parse(rule["expr"])):
        yield Mutant(was=change.was, now=change.now, rule={**rule, "expr": change.whole})
    for key in ("for", "keep_firing_for"):
        if key in rule:
            without = {other: value for other, value in rule.items() if other != key}
            yield Mutant(was=f"{key}: {rule[key]}", now="", rule=without)
            half = halved(promql_parser.parse_duration(rule[key]))
            yield Mutant(was=f"{key}: {rule[key]}", now=half, rule={**rule, key: half})


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _near(text: str, ahead: int, behind: int) -> str:
    first, last = max(0, ahead - CONTEXT), min(len(text), len(text) - behind + CONTEXT)
    return f"{'…' if first else ''}{text[first:last]}{'…' if last < len(text) else ''}"


def changes(node: Any) -> Iterator[Change]:
    """Every break of an expression: of this node, and of each below it with this node's text around it."""
    text = str(node)
    match node:
        case promql_parser.BinaryExpr():
            yield from _here(text, _binary(node))
            yield from _below(node.lhs, lambda part: _joined(node, lhs=part))
            yield from _below(node.rhs, lambda part: _joined(node, rhs=part))
        case promql_parser.AggregateExpr():
            yield from _here(text, _aggregation(node))
            yield from _below(node.expr, lambda part: _aggregated(node, expr=part))
        case promql_parser.VectorSelector():
            yield from _here(text, _selector(node))
        case promql_parser.MatrixSelector():
            # a range stands behind a bare selector: no parentheses around what is broken there
            yield from _here(text, _matrix(node), bare=True)
        case promql_parser.Call():
            yield from _here(text, _call(node))
            for place, argument in enumerate(node.args):
                if not isinstance(argument, promql_parser.StringLiteral):
                    yield from _below(argument, lambda part, place=place: _called(node, place, part))
        case promql_parser.ParenExpr():
            yield from _below(node.expr, lambda part: f"({part})")
        case promql_parser.NumberLiteral():
            yield from _here(text, _number(node))


def halved(duration: dt.timedelta) -> str:
    """Half of a duration, as PromQL writes it."""
    return f"{int(duration.total_seconds() * 500)}ms"


def _here(text: str, broken: Iterator[str], *, bare: bool = False) -> Iterator[Change]:
    for now in broken:
        yield Change(re.sub(r" +", " ", text), re.sub(r" +", " ", now), now if bare else f"({now})")


def _below(node: Any, around: Any) -> Iterator[Change]:
    for was, now, part in changes(node):
        yield Change(was, now, around(part))


# ---- what can be broken of a node: texts that stand in its place


def _binary(node: Any) -> Iterator[str]:
    operator = str(node.op)
    for other in COMPARED.get(operator, ()):
        yield _joined(node, operator=other)
    if operator in COMPARED or operator in SETS:
        yield str(node.rhs if isinstance(node.lhs, promql_parser.NumberLiteral) else node.lhs)
    if operator == "or":
        yield str(node.rhs)
    for table in (JOINED, RECKONED):
        if operator in table:
            yield _joined(node, operator=table[operator])
    for label in _on(node):
        yield _joined(node, on=[other for other in _on(node) if other != label])


SETS = {"and", "or", "unless"}


def _aggregation(node: Any) -> Iterator[str]:
    operator = str(node.op)
    if operator in FOLDED:
        yield _aggregated(node, operator=FOLDED[operator])
    for label in node.modifier.labels if node.modifier else ():
        yield _aggregated(node, by=[other for other in node.modifier.labels if other != label])


def _selector(node: Any) -> Iterator[str]:
    matchers = [str(matcher) for matcher in node.matchers.matchers]
    for place, matcher in enumerate(matchers):
        others = matchers[:place], matchers[place + 1 :]
        for broken in ("", *_matcher(matcher)):
            yield _selected(node, [*others[0], *([broken] if broken else ()), *others[1]])
    if node.offset:
        yield _selected(node, matchers, offset=False)


def _matcher(text: str) -> Iterator[str]:
    name, operator, value = re.fullmatch(r'(\w+)(=~|!~|!=|=)"(.*)"', text, re.DOTALL).groups()  # type: ignore[union-attr] # it is one
    yield f'{name}{NEGATED[operator]}"{value}"'
    if "~" in operator:
        for fewer in _choices(value):
            yield f'{name}{operator}"{fewer}"'


def _choices(pattern: str) -> Iterator[str]:
    """A pattern of alternatives, bare or in one pair of brackets, without each of them."""
    ahead, bracket, rest = pattern.partition("(")
    words, behind = (rest.partition(")")[0], rest.partition(")")[2]) if bracket else (ahead, "")
    every = words.split("|")
    if len(every) > 1 and "|" not in (ahead + behind if bracket else ""):
        for word in every:
            fewer = "|".join(other for other in every if other != word)
            yield f"{ahead}({fewer}){behind}" if bracket else fewer


def _matrix(node: Any) -> Iterator[str]:
    selector = node.vector_selector
    matchers = [str(matcher) for matcher in selector.matchers.matchers]
    bare = _selected(selector, matchers, offset=False)
    yield f"{bare}[{halved(node.range)}]{_offset(selector)}"
    if selector.offset:
        yield f"{bare}[{promql_parser.display_duration(node.range)}]"
    for broken in _selector(selector):
        name = broken.removesuffix(_offset(selector))
        if name != bare:
            yield f"{name}[{promql_parser.display_duration(node.range)}]{_offset(selector)}"


def _call(node: Any) -> Iterator[str]:
    name = node.func.name
    if name in CALLED:
        yield f"{CALLED[name]}({', '.join(map(str, node.args))})"
    if name in SPARED:
        first = node.args[0]
        yield str(first.vector_selector if isinstance(first, promql_parser.MatrixSelector) else first)
    if name == "time":
        yield "time() + 60"


def _number(node: Any) -> Iterator[str]:
    value = node.val
    if abs(value) == float("inf"):
        return
    if value == int(value) and abs(value) <= 2:
        yield from (f"{value + step:g}" for step in (1, -1))
    else:
        yield from (f"{value * by!r}" for by in (1.1, 0.9))


# ---- a node's text with one part replaced


def _joined(
    node: Any,
    *,
    lhs: str | None = None,
    rhs: str | None = None,
    operator: str | None = None,
    on: list[str] | None = None,
) -> str:
    modifier = node.modifier
    words = [str(node.lhs) if lhs is None else lhs, operator or str(node.op)]
    if modifier and modifier.return_bool:
        words.append("bool")
    if modifier and modifier.matching:
        words.append(f"on ({', '.join(_on(node) if on is None else on)})")
    if modifier and modifier.card == promql_parser.VectorMatchCardinality.ManyToOne:
        words.append(f"group_left ({', '.join(modifier.group_labels or ())})")
    return " ".join([*words, str(node.rhs) if rhs is None else rhs])


def _on(node: Any) -> list[str]:
    matching = node.modifier.matching if node.modifier else None
    return list(matching.labels) if matching else []


def _aggregated(
    node: Any, *, expr: str | None = None, operator: str | None = None, by: list[str] | None = None
) -> str:
    modifier = node.modifier
    labels = (modifier.labels if by is None else by) if modifier else None
    clause = "" if labels is None else f" by ({', '.join(labels)})"
    parameter = "" if node.param is None else f"{node.param}, "
    return f"{operator or node.op}{clause}({parameter}{node.expr if expr is None else expr})"


def _selected(node: Any, matchers: list[str], *, offset: bool = True) -> str:
    return f"{node.name}{{{', '.join(matchers)}}}{_offset(node) if offset else ''}"


def _offset(node: Any) -> str:
    return f" offset {promql_parser.display_duration(node.offset)}" if node.offset else ""


def _called(node: Any, place: int, part: str) -> str:
    return f"{node.func.name}({', '.join([*map(str, node.args[:place]), part, *map(str, node.args[place + 1 :])])})"
