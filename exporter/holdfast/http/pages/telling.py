"""How the pages tell what views hold: words for reasons, keys and figures. Nothing about markup."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeVar

from holdfast.http.pages.words import coarse, exact, size
from holdfast.http.queries import NOTHING, SCHEDULE_STATES, SEVERITIES
from holdfast.http.views import ClaimRow, FacetPart, FacetValue
from holdfast.model.account.explanation import FigurePart
from holdfast.model.account.report import MoneyPart
from holdfast.model.account.telling import humane
from holdfast.model.capacity import NOT_EXPANDABLE_REASONS
from holdfast.model.filling import FORECAST_UNKNOWN_REASONS, UNMEASURED_REASONS
from holdfast.model.judgement import (
    DORMANT_REASONS,
    ORPHAN_REASONS,
    PENDING_REASONS,
    PROTECTION_REASONS,
    TERMINATING_REASONS,
)

T = TypeVar("T")

_USE_REASONS: Final = {**ORPHAN_REASONS, **DORMANT_REASONS}
_WAITING_REASONS: Final = {**PENDING_REASONS, **TERMINATING_REASONS}
_TITLES: Final = {
    "class": "Storage class",
    "drill": "Restore drill",
    "filling": "Room",
    "finding": "Finding",
    "source": "Source",
    "state": "State",
    "use": "Use",
    "metadata": "The claim",
    "objective": "What is asked",
}
_ORIGINS: Final = {
    "annotation": "its annotation",
    "workload": "its workload's annotation",
    "namespace": "its namespace's annotation",
    "tier": "its tier",
    "defaults": "the configured defaults",
    "builtin": "the built-in default",
}
_PROPER: Final = ("namespace", "tier", "owner", "class", "source", "kind")
"""Keys whose values are names, which are shown as they are."""

_DRILL_FIELDS: Final = {
    "state": "Its state",
    "ageSeconds": "When it was",
    "durationSeconds": "How long it took",
    "pointAgeSeconds": "How old was what came back",
}
_FILLING: Final = {
    "steady": "> 6 months",
    "unforetold": "not foretold",
    "stale": "stale",
    "unmeasured": "not measured",
    "not-mounted": "",
}
_CONSISTENCY: Final = {
    "crash": "crash-consistent",
    "application": "application-consistent",
    "unknown": "consistency unknown",
}


def drill_field(field: str) -> str:
    """What a field of the drill is, where it is not known."""
    return _DRILL_FIELDS.get(field, field)


def sentence(text: str) -> str:
    """The same with a capital at its head."""
    return text[:1].upper() + text[1:]


def worded(state: object) -> str:
    """A state's word as a person writes it."""
    return str(state).replace("_", " ").replace("-", " ")


def facet_word(value: str, key: str) -> str:
    if value == NOTHING:
        return "(none)"
    return value if key in _PROPER else worded(value)


def title_of(key: str) -> str:
    return _TITLES.get(key, worded(key).capitalize())


def protection_reason(reason: str) -> str:
    return PROTECTION_REASONS.get(reason, worded(reason))


def use_reason(reason: str) -> str:
    return _USE_REASONS.get(reason, worded(reason))


def waiting_reason(reason: str) -> str:
    return _WAITING_REASONS.get(reason, worded(reason))


def unmeasured_reason(reason: str) -> str:
    return UNMEASURED_REASONS.get(reason, worded(reason))


def forecast_reason(reason: str) -> str:
    return FORECAST_UNKNOWN_REASONS.get(reason, worded(reason))


def expansion_reason(reason: str) -> str:
    return NOT_EXPANDABLE_REASONS.get(reason, worded(reason))


def consistency(word: str) -> str:
    return _CONSISTENCY.get(word, word)


def origin(word: str | None) -> str:
    return _ORIGINS.get(word or "", word or "nobody")


def fullness(row: ClaimRow) -> str:
    """When a claim is full, in a few words."""
    if row.full_seconds is None:
        return _FILLING.get(row.filling, worded(row.filling))
    return "now" if row.full_seconds <= 0 else f"in {coarse(row.full_seconds)}"


def amount(part: MoneyPart) -> str:
    return f"{part.amount:,.2f} {part.currency}".replace(",", " ")


def number(value: int) -> str:
    return f"{value:,}".replace(",", " ")


def clamp(value: float) -> str:
    """Percents that fit into a bar."""
    return f"{min(max(value, 0.0), 100.0):.1f}"


def figure_value(figure: FigurePart) -> str:
    value = figure.value
    if value is None:
        return "none, or unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    if isinstance(value, int | float):
        if figure.unit == "seconds":
            return humane(value)
        return size(value) if figure.unit == "bytes" else f"{value:.6g}"
    return value or "none"


def by_area(figures: Iterable[FigurePart]) -> Sequence[tuple[str, Sequence[FigurePart]]]:
    """Figures by the first word of their path; those without another stand together."""
    areas: dict[str, list[FigurePart]] = {}
    for figure in figures:
        area, dot, _ = figure.figure.partition(".")
        areas.setdefault(area if dot else "metadata", []).append(figure)
    return tuple(areas.items())


def chosen_in(facets: Iterable[FacetPart], apart: Sequence[str]) -> Sequence[str]:
    """The titles of the filters in use, but for those that stand apart."""
    return [
        title_of(facet.key)
        for facet in facets
        if facet.key not in apart and any(value.chosen for value in facet.values)
    ]


def worst_first(values: Iterable[FacetValue]) -> Sequence[FacetValue]:
    """In the order of the vocabulary, where it is one of those that have an order."""
    held = {value.value: value for value in values}
    for words in (SEVERITIES, SCHEDULE_STATES):
        if held.keys() <= set(words):
            return [held[word] for word in words if word in held]
    return list(held.values())


def thinned(points: Sequence[T], most: int) -> Sequence[T]:
    """The newest, and others at even distances before it, oldest first."""
    if len(points) <= most:
        return points
    last = len(points) - 1
    return [points[round(last * number / (most - 1))] for number in range(most)]


FILTERS: Final[Mapping[str, object]] = {
    function.__name__: function
    for function in (
        amount,
        by_area,
        chosen_in,
        clamp,
        consistency,
        drill_field,
        exact,
        expansion_reason,
        facet_word,
        figure_value,
        forecast_reason,
        fullness,
        number,
        origin,
        protection_reason,
        sentence,
        size,
        humane,
        thinned,
        title_of,
        unmeasured_reason,
        use_reason,
        waiting_reason,
        worded,
        worst_first,
    )
}
"""By the name that templates call them."""
