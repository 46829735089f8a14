"""The spelling of ``holdfast.dev/`` annotations. Pure parsers of text; who may carry which and what follows is judgement.

Every parser returns its value or raises ``AnnotationError`` with a sentence for a person; lists return their good
items beside the problems of the others, because the good items of a partly bad list count.
"""

import re
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from typing import Literal

import msgspec

PREFIX = "holdfast.dev/"
AREAS = ("protection", "restore", "replication", "capacity", "lifecycle", "hygiene")
URGENCIES = ("page", "ticket", "know")

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?[smhdw])+")
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhdw])")
_UNTIL = re.compile(r"(?:^|(?<=[\s,;]))until=([^\s,;]*)")
_UNTIL_WORD = re.compile(r"\buntil\b\W*[0-9]", re.IGNORECASE)
_END_WORD = re.compile(r"(?:until|till?)\b|.*\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b", re.IGNORECASE)
_NO = ("false", "no", "off", "0", "none")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_PREFIX_NAME = re.compile(r"[a-z0-9]?[-a-z0-9.]*")


class AnnotationError(ValueError):
    """The value does not parse; the text says why and what would."""


def parse_duration(text: str) -> float:
    """``26h``, ``90d``, ``1h30m`` as seconds. Units: s, m, h, d, w. Zero and unitless values are refused."""
    text = text.strip()
    if not _DURATION.fullmatch(text):
        raise AnnotationError(
            f"{_cut(text)!r} is no duration; write a number and a unit, such as 26h, 90d or 1h30m"
        )
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    if not 0 < seconds < 1e11:
        raise AnnotationError(
            f"{_cut(text)!r} is out of range; a duration is more than 0 and less than 3000 years"
        )
    return seconds


def parse_choice(text: str, choices: tuple[str, ...]) -> str:
    value = text.strip().lower()
    if value not in choices:
        raise AnnotationError(f"{_cut(text)!r} is not one of {', '.join(choices)}")
    return value


class Exempt(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """``until`` is the first instant after the last day, None where open-ended."""

    reason: str
    until: float | None


def end_of_day(day: date) -> float:
    """The first instant after this day in UTC."""
    try:
        return (
            datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() + timedelta(days=1).total_seconds()
        )
    except (ValueError, OverflowError) as error:
        raise AnnotationError(f"{day} is no usable day") from error


def _take_until(text: str) -> tuple[str, float | None]:
    """The text without its ``until=``, and the first instant after that day."""
    found = _UNTIL.findall(text)
    if len(found) > 1:
        raise AnnotationError("until= stands more than once")
    if not found:
        return text, None
    try:
        until = end_of_day(date.fromisoformat(found[0]))
    except ValueError as error:
        raise AnnotationError(f"until={_cut(found[0])} is no day; write until=YYYY-MM-DD") from error
    return _UNTIL.sub(" ", text), until


def parse_exempt(text: str) -> Exempt:
    """A reason with ``until=YYYY-MM-DD`` anywhere in it, set off by a blank, comma or semicolon."""
    rest, until = _take_until(text)
    reason = " ".join(rest.split()).strip(" ,;")
    if reason.lower() in _NO:
        raise AnnotationError(
            f"{reason!r} is no reason; take the annotation away, or write why the data need no copy"
        )
    if _UNTIL_WORD.search(reason):
        raise AnnotationError(f"{_cut(text)!r} speaks of an end; write until=YYYY-MM-DD, set off by a blank")
    return Exempt(reason=reason, until=until)


class Mute(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    areas: tuple[str, ...]
    until: float | None


def parse_mute(text: str) -> tuple[Mute, tuple[str, ...]]:
    """Areas, comma-separated, with an optional ``until=``. Returns the good areas and the problems of the others."""
    rest, until = _take_until(text)
    areas, problems = [], []
    for item in re.split(r"[\s,;]+", rest.strip(" ,;\t\n")):
        if item in AREAS:
            areas.append(item)
        else:
            problems.append(f"{_cut(item)!r} is no area; areas are {', '.join(AREAS)}")
    return Mute(areas=tuple(sorted(set(areas))), until=until), tuple(problems)


class Ignored(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Checks that are not to speak of the object that says so. ``until`` as in an exemption."""

    checks: tuple[str, ...]
    until: float | None


def parse_ignore(text: str, known: Collection[str]) -> tuple[Ignored, tuple[str, ...]]:
    """Checks, comma-separated, with an optional ``until=``. Returns the good ids and the problems of the others.

    Case does not matter. An end that is spelled otherwise is refused as a whole: the checks would be silent for ever.
    """
    rest, until = _take_until(text)
    checks, problems = [], []
    items = [item for item in re.split(r"[\s,;]+", rest) if item]
    if not items:
        raise AnnotationError(
            "it names no check; write their ids, comma-separated: docs/checks.md lists them"
        )
    if any(_END_WORD.match(item) for item in items):
        raise AnnotationError(f"{_cut(text)!r} speaks of an end; write until=YYYY-MM-DD, set off by a blank")
    for written in items:
        item = written.lower()
        if item in known:
            checks.append(item)
            continue
        near = get_close_matches(item, known, n=1)
        hint = f"did you mean {near[0]}?" if near else "docs/checks.md lists them"
        problems.append(f"{_cut(written)!r} is no check; {hint}")
    return Ignored(checks=tuple(sorted(set(checks))), until=until), tuple(problems)


class Protected(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One item of ``holdfast.dev/protects``.

    ``claim``: the claim ``name`` of ``namespace``, or all whose name starts so where ``prefix``. ``statefulset``: the
    claims of that StatefulSet. ``object``: the claims of the object ``kind`` (lower case) of ``group``.
    """

    what: Literal["claim", "statefulset", "object"]
    namespace: str
    name: str
    prefix: bool = False
    kind: str = ""
    group: str = ""


def parse_protects(text: str, namespace: str) -> tuple[tuple[Protected, ...], tuple[str, ...]]:
    """The items of a ``holdfast.dev/protects`` or ``drills`` list and the problems of those that do not parse.

    ``namespace`` is that of the object which carries the annotation.
    """
    items: list[Protected] = []
    problems: list[str] = []
    for raw in text.split(","):
        item = raw.strip()
        try:
            items.append(_parse_protected(item, namespace))
        except AnnotationError as error:
            problems.append(str(error))
    return tuple(items), tuple(problems)


def _parse_protected(item: str, namespace: str) -> Protected:
    head, slash, name = item.rpartition("/")
    if not slash:
        return _claim_item(item, namespace, item)
    if head.lower() == "statefulset":
        _check_name(name, item)
        return Protected(what="statefulset", namespace=namespace, name=name)
    kind, dot, group = head.lower().partition(".")
    if dot:
        _check_name(name, item)
        if not kind or not _NAME.fullmatch(group):
            raise AnnotationError(f"{_cut(item)!r} names no object; write KIND.GROUP/NAME")
        return Protected(what="object", namespace=namespace, name=name, kind=kind, group=group)
    _check_name(head, item)
    return _claim_item(name, head, item)


def _claim_item(name: str, namespace: str, item: str) -> Protected:
    if name.endswith("*"):
        if not _PREFIX_NAME.fullmatch(name[:-1]):
            raise AnnotationError(
                f"{_cut(item)!r} is no claim prefix; write letters, digits and '-', then one '*'"
            )
        return Protected(what="claim", namespace=namespace, name=name[:-1], prefix=True)
    _check_name(name, item)
    return Protected(what="claim", namespace=namespace, name=name)


def _check_name(name: str, item: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > 253:
        raise AnnotationError(
            f"{_cut(item)!r} names no claim; write claim, claim-prefix*, namespace/claim, namespace/prefix*, "
            "statefulset/NAME or KIND.GROUP/NAME"
        )


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
