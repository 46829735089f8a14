"""The numbers at which an alert decides, as its rules have them, and how a page may say each of them.

Here belongs finding and wording them. That runbooks say them is demanded by test_thresholds.py.
"""

import math
import operator
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import promql_parser

from tests.rules.pack import Alert
from tests.rules.promql import is_scalar

Kind = Literal["seconds", "bytes", "share", "factor", "count"]

ARITHMETIC = {"*": operator.mul, "^": operator.pow}  # a bound may be written as 30 * 86400 or 2^30
COMPARISONS = frozenset({">", ">=", "<", "<=", "==", "!="})
NONE = frozenset({0, 1})
"""Whether there is any, and whether a state holds: no page need say these."""

SMALL = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
TENS = "ten twenty thirty forty fifty sixty seventy eighty ninety"
NUMERALS = {
    **dict(zip(range(10, 100, 10), TENS.split(), strict=True)),
    **dict(enumerate(SMALL.split(), start=1)),
}
PARTS = {2: "half", 4: "quarter", 5: "fifth", 10: "tenth", 20: "twentieth", 50: "fiftieth", 100: "hundredth"}
UNITS = (
    (1, "second", "s"),
    (60, "minute", "min"),
    (3600, "hour", "h"),
    (86400, "day", "d"),
    (604800, "week", "w"),
)
NAMED: tuple[tuple[str, Kind], ...] = (("seconds", "seconds"), ("bytes", "bytes"), ("ratio", "share"))
"""What the name of a series says of its values."""

SIZES = ((2**20, "MiB"), (2**30, "GiB"), (2**40, "TiB"))


@dataclass(frozen=True)
class Threshold:
    """A number, what it is a number of, and the rule in which it stands."""

    value: float
    kind: Kind
    rule: str

    @property
    def words(self) -> list[str]:
        """Each way to say it, as a regular expression."""
        match self.kind:
            case "seconds":
                return list(_durations(self.value))
            case "bytes":
                return [rf"{_number(self.value / size)} {name}" for size, name in SIZES]
            case "share":  # multiplied by a hundred it is a percentage already
                return list(_shares(self.value / 100 if self.value > 1 else self.value))
            case "factor" if self.value < 1:  # less than 0.9 of it is a tenth less
                return [*_shares(self.value), *_shares(1 - self.value)]
            case "factor":
                return [f"{_number(self.value)} times", *(["twice", "double"] if self.value == 2 else [])]
        return [rf"{_number(self.value)}(?! (?:%|(?:seconds|minutes|hours|days|weeks)\b))"]

    def said_in(self, text: str) -> bool:
        plain = " ".join(text.split())
        return any(
            re.search(rf"(?<![\w.,-]){each}(?![\w-])(?![.,]\d)", plain, re.IGNORECASE) for each in self.words
        )


def _number(value: float) -> str:
    words = [re.escape(f"{value:g}"), *(["an?"] if value == 1 else [])]
    if value in NUMERALS:
        words.append(NUMERALS[int(value)])
    return f"(?:{'|'.join(words)})"


def _durations(seconds: float) -> Iterator[str]:
    for unit, name, short in UNITS:
        count = seconds / unit
        if count == 0.5:
            yield f"half an? {name}"
            yield "half of one"
        elif count == 1:
            yield f"(?<!half )(?<!quarter of )(?:an?|1|one|the last) {name}"
            yield f"1 {short}"
        elif count == int(count):
            yield f"{_number(count)} (?:{name}s|{short})"
    if seconds < 1:
        yield f"{seconds * 1000:g} (?:ms|milliseconds)"
        yield from (f"{each} of a second" for each in _fractions(seconds))


def _shares(share: float) -> Iterator[str]:
    yield f"{round(share * 100, 6):g} %"
    yield re.escape(f"{round(share, 6):g}")
    yield from (rf"{each}(?! (?:of )?an? (?:second|minute|hour|day|week))" for each in _fractions(share))


def _fractions(share: float) -> Iterator[str]:
    for below, name in PARTS.items():
        above = round(share * below, 6)
        if above == 1:
            yield name if below == 2 else f"(?:an?|one) {name}"
        elif above in NUMERALS and above < below and math.gcd(int(above), below) == 1:
            yield f"{NUMERALS[int(above)]} {name}s"


def thresholds(alert: Alert, rules: list[dict[str, Any]], helpers: frozenset[str]) -> set[Threshold]:
    """Those of an alert, and of what it reads that its own file records, but for the series that are helpers.

    What `unless` takes away of a recorded series is another alert's.
    """
    found: set[Threshold] = set()
    done: list[dict[str, Any]] = []
    waiting = [alert.rule]
    while waiting:
        rule = waiting.pop()
        done.append(rule)
        tree = promql_parser.parse(rule["expr"])
        found |= set(_of(tree, rule.get("alert") or rule["record"]))
        for selector in _read(tree):
            waiting += [
                each
                for each in rules
                if each.get("record") == selector.name
                and selector.name not in helpers
                and _may_be_of(selector, each.get("labels", {}))
                and each not in done
            ]
    return found


def _may_be_of(selector: promql_parser.VectorSelector, labels: dict[str, str]) -> bool:
    equal = (promql_parser.MatchOp.Equal, promql_parser.MatchOp.Re)
    return all(
        bool(re.fullmatch(matcher.value, labels[matcher.name])) == (matcher.op in equal)
        for matcher in selector.matchers.matchers
        if matcher.name in labels
    )


def _children(node: Any) -> tuple[Any, ...]:
    match node:
        case promql_parser.BinaryExpr():
            return node.lhs, node.rhs
        case promql_parser.Call():
            return tuple(node.args)
        case promql_parser.MatrixSelector():
            return (node.vector_selector,)
    inner = getattr(node, "expr", None)
    return () if inner is None else (inner,)


def _read(node: Any, *, taken_away: bool = False) -> Iterator[promql_parser.VectorSelector]:
    if isinstance(node, promql_parser.VectorSelector) and not taken_away:
        yield node
    excluding = isinstance(node, promql_parser.BinaryExpr) and str(node.op) == "unless"
    for place, child in enumerate(_children(node)):
        yield from _read(child, taken_away=taken_away or (excluding and place == 1))


def _of(node: Any, rule: str) -> Iterator[Threshold]:
    if isinstance(node, promql_parser.BinaryExpr) and str(node.op) in COMPARISONS:
        bound, other = (node.lhs, node.rhs) if is_scalar(node.lhs) else (node.rhs, node.lhs)
        if is_scalar(bound):
            value = _value(bound)
            if value not in NONE:
                yield Threshold(value, _kind(other), rule)
        else:
            for factor in (*_factors(node.lhs), *_factors(node.rhs)):
                yield Threshold(factor, "factor", rule)
    for child in _children(node):
        yield from _of(child, rule)


def _value(node: Any) -> float:
    match node:
        case promql_parser.ParenExpr():
            return _value(node.expr)
        case promql_parser.UnaryExpr():
            return -_value(node.expr)
        case promql_parser.BinaryExpr():
            return float(ARITHMETIC[str(node.op)](_value(node.lhs), _value(node.rhs)))
    return float(node.val)


def _factors(node: Any) -> Iterator[float]:
    while isinstance(node, promql_parser.ParenExpr):
        node = node.expr
    if isinstance(node, promql_parser.BinaryExpr) and str(node.op) == "*" and is_scalar(node.lhs):
        yield _value(node.lhs)


def _kind(node: Any) -> Kind:
    """What a value is a number of, by the name of its series and by what is done to it."""
    first = next(iter(_children(node)), None)
    match node:
        case promql_parser.VectorSelector():
            return next((kind for word, kind in NAMED if re.search(f"[_:]{word}", node.name or "")), "count")
        case promql_parser.Call() if _called(node) in ("time", "histogram_quantile"):
            return "seconds"
        case promql_parser.BinaryExpr() if str(node.op) == "/":
            return "share"
        case promql_parser.BinaryExpr() if is_scalar(node.lhs) and not _is_clock(node.lhs):
            first = node.rhs
    counts = str(getattr(node, "op", "")) == "count" or _called(node) in ("rate", "increase")
    return "count" if counts or first is None else _kind(first)


def _called(node: Any) -> str:
    return str(node.func.name) if isinstance(node, promql_parser.Call) else ""


def _is_clock(node: Any) -> bool:
    return _called(node) == "time"
