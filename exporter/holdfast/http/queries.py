"""What may be asked of each view by a query string, and reading one: unknown keys and values are refused with a sentence.

What an answer holds is said by ``views``; nothing here knows the cluster.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol, get_args

import msgspec

from holdfast.http.views import FillingState, ScheduleState
from holdfast.model.check import CHECKS
from holdfast.model.judgement import DRILL_STATES, PROTECTION_REASONS, PROTECTION_STATES

NOTHING: Final = "-"
"""As the value of a key: rows that have none, such as claims without an owner."""

NOT_ASKED: Final = "not-asked"
UNKNOWN: Final = "unknown"
USES: Final = ("in-use", "dormant", "orphaned", UNKNOWN)
DRILLS: Final = (*DRILL_STATES, NOT_ASKED)
FILLINGS: Final[tuple[str, ...]] = get_args(FillingState)
SCHEDULE_STATES: Final[tuple[str, ...]] = get_args(ScheduleState)
SEVERITIES: Final = ("critical", "warning", "info")

CLAIM_SORTS: Final = ("worst", "name", "age", "full", "used", "findings", "capacity", "cost")

_LONGEST = 320  # characters of a value: a namespace, a slash and a name
_UNREADABLE = "\N{REPLACEMENT CHARACTER}"  # what stands for bytes that are no UTF-8
_WORDS = 20  # choices that an error lists in full


class QueryError(ValueError):
    """The query string cannot be answered; the text names the key, the value and what would do."""


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key that filters. Its values are one of ``choices``, or any text where there are none; several may be given."""

    name: str
    says: str
    choices: tuple[str, ...] = ()


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What may be asked of one view. Without ``per`` it comes whole; the first of ``sorts`` is what nobody asked for."""

    keys: tuple[Key, ...] = ()
    search: str = ""
    sorts: tuple[str, ...] = ()
    per: int = 0
    most: int = 500

    @property
    def names(self) -> tuple[str, ...]:
        own = [*(["search"] if self.search else []), *(["sort"] if self.sorts else [])]
        return (*(key.name for key in self.keys), *own, *(("page", "per") if self.per else ()))


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """A query string that was read. A key of ``chosen`` has at least one value. ``page`` counts from 1.

    ``sums``: whoever asks shows no rows of a checklist. No query string says so.
    """

    chosen: Mapping[str, tuple[str, ...]] = {}
    search: str = ""
    sort: str = ""
    page: int = 1
    per: int = 0
    sums: bool = False


class Pairs(Protocol):
    """Keys and values in the order of a query string, keys perhaps more than once."""

    def items(self) -> Iterable[tuple[str, str]]: ...


_NAMESPACE = Key(name="namespace", says="namespaces; `-` for what has none")
_TIER = Key(name="tier", says="tiers; `-` for claims of none")
_OWNER = Key(name="owner", says="owners; `-` for claims without one")
_FINDING = Key(name="finding", says="checks of which a finding stands on the claim", choices=tuple(CHECKS))

FORMS: Final[Mapping[str, Form]] = {
    "overview": Form(),
    "claims": Form(
        keys=(
            _NAMESPACE,
            Key(name="state", says="protection states", choices=PROTECTION_STATES),
            Key(name="reason", says="reasons of the protection state", choices=tuple(PROTECTION_REASONS)),
            Key(name="drill", says="states of the restore drill", choices=DRILLS),
            Key(name="use", says="whether anything uses the claim", choices=USES),
            Key(name="filling", says="how the claim fills", choices=FILLINGS),
            _TIER,
            _OWNER,
            Key(name="class", says="storage classes; `-` for claims that name none"),
            _FINDING,
        ),
        search="words of namespace/name, all of which must be there",
        sorts=CLAIM_SORTS,
        per=50,
    ),
    "claim": Form(),
    "schedules": Form(
        keys=(
            _NAMESPACE,
            Key(name="source", says="sources"),
            Key(name="state", says="how the schedule does", choices=SCHEDULE_STATES),
        ),
        search="words of source namespace/name, all of which must be there",
        sorts=("worst", "name", "age", "claims"),
        per=100,
    ),
    "sources": Form(),
    "findings": Form(
        keys=(
            _NAMESPACE,
            Key(name="check", says="checks", choices=tuple(CHECKS)),
            Key(name="severity", says="severities", choices=SEVERITIES),
            Key(name="kind", says="kinds of the object that it stands on"),
        ),
        search="words of kind namespace/name, all of which must be there",
        sorts=("worst", "name"),
        per=100,
    ),
    "checklist": Form(
        keys=(_NAMESPACE,),
        search="words of the namespace, all of which must be there",
        sorts=("worst", "name"),
        per=20,  # namespaces, each with every item
        most=200,
    ),
    "compliance": Form(
        keys=(_NAMESPACE, _TIER, _OWNER),
        search="words of namespace/name, all of which must be there",
        sorts=("name", "worst", "age"),
        per=500,
        most=5000,
    ),
    "waste": Form(
        keys=(
            _NAMESPACE,
            _OWNER,
            Key(name="kind", says="kinds of object"),
            Key(name="reason", says="reasons"),
        ),
        search="words of kind namespace/name, all of which must be there",
        sorts=("cost", "name", "age"),
        per=100,
    ),
}
"""By the name of the view."""


def read_query(view: str, pairs: Pairs) -> Query:
    """Reads what was asked of a view. An empty value counts as not given, for that is what forms send.

    Raises:
        QueryError: in one sentence for people.
    """
    form = FORMS[view]
    given: dict[str, list[str]] = {}
    for name, value in pairs.items():
        if name not in form.names:
            raise QueryError(_unknown_key(name, form.names))
        if value:
            given.setdefault(name, []).append(_fit(name, value))
    single = {
        name: _single(name, given.pop(name)) for name in ("search", "sort", "page", "per") if name in given
    }
    return Query(
        chosen={key.name: _chosen(key, given[key.name]) for key in form.keys if key.name in given},
        search=" ".join(single.get("search", "").split()),
        sort=_sort(single.get("sort", ""), form),
        page=_number("page", single.get("page", "1"), 1_000_000),
        per=_number("per", single.get("per", str(form.per)), form.most) if form.per else 0,
    )


def _fit(name: str, value: str) -> str:
    if len(value) > _LONGEST:
        raise QueryError(
            f"{name}={shown(value)} is {len(value)} characters long; at most {_LONGEST} are read"
        )
    if _UNREADABLE in value:
        raise QueryError(f"{name}={shown(value)} is no UTF-8; encode it so, and then by per cent")
    return value


def _single(name: str, values: Sequence[str]) -> str:
    if len(values) > 1:
        raise QueryError(f"{name} is given {len(values)} times; give it once")
    return values[0]


def _chosen(key: Key, values: Sequence[str]) -> tuple[str, ...]:
    for value in values:
        if key.choices and value not in key.choices:
            raise QueryError(f"{key.name}={shown(value)} is not known; {_choices(value, key.choices)}")
    return tuple(dict.fromkeys(values))


def _sort(value: str, form: Form) -> str:
    if value.removeprefix("-") not in form.sorts and value:
        choices = _choices(value, form.sorts)
        raise QueryError(
            f"sort={shown(value)} is not known; {choices}, or one of them after `-` for the reverse"
        )
    return value or (form.sorts[0] if form.sorts else "")


def _number(name: str, value: str, most: int) -> int:
    whole = value.isascii() and value.isdigit() and len(value) <= len(str(most))
    if not whole or not 1 <= int(value) <= most:
        raise QueryError(f"{name}={shown(value)} is not a whole number from 1 to {most}")
    return int(value)


def _unknown_key(name: str, names: Sequence[str]) -> str:
    if not names:
        return f"{shown(name)} is no key of this view; it takes none"
    return f"{shown(name)} is no key of this view; {_choices(name, names)}"


def _choices(value: str, choices: Sequence[str]) -> str:
    near = difflib.get_close_matches(value, choices, n=1)
    meant = f"{near[0]} is near; " if near else ""
    if len(choices) > _WORDS:
        return f"{meant}choose one of {', '.join(choices[:_WORDS])} and {len(choices) - _WORDS} more"
    return f"{meant}choose one of {', '.join(choices)}"


def shown(value: str) -> str:
    """A foreign text as part of a sentence: cut, quoted, and without what could confuse a terminal or a log."""
    return repr(shortened(value))


def shortened(value: str) -> str:
    return value if len(value) <= 60 else value[:57] + "..."
