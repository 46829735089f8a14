"""How the pages say times, sizes and states to a person. Values in, words out; no markup."""

from datetime import UTC, datetime
from typing import Final

from holdfast.model.account.telling import humane

_UNITS: Final = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
_ENOUGH: Final = 3  # of a unit, before it tells enough alone
_SIZES: Final = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")

_TONES: Final = {
    "good": (
        "protected",
        "passed",
        "healthy",
        "up",
        "pass",
        "success",
        "met",
        "yes",
        "measured",
        "steady",
        "succeeded",
    ),
    "warn": (
        "late",
        "slow",
        "overdue",
        "lagging",
        "degraded",
        "paused",
        "partial",
        "warning",
        "orphaned",
        "stale",
        "missed",
        "not-started",
        "partly",
    ),
    "bad": (
        "unprotected",
        "full-soon",
        "invalid",
        "unavailable",
        "never",
        "failed",
        "broken",
        "fail",
        "failure",
        "failing",
        "forbidden",
        "critical",
        "not met",
    ),
    "blind": ("unknown", "unmeasured", "starting"),
}
_TONE_OF: Final = {word: tone for tone, words in _TONES.items() for word in words}


def tone(word: object) -> str:
    """The colour's name that goes with a state; the word itself always stands beside it."""
    return _TONE_OF.get(str(word), "plain")


def coarse(seconds: float) -> str:
    """A duration in one unit, for forecasts: ``4d``, ``38h``, ``7 months``."""
    whole = abs(seconds)
    if whole >= 700 * 86400:
        return f"{whole / (365.25 * 86400):.1f} years"
    if whole >= 90 * 86400:
        return f"{whole / (30.44 * 86400):.0f} months"
    unit, length = next((unit for unit in _UNITS if whole >= _ENOUGH * unit[1]), _UNITS[-1])
    return f"{round(whole / length)}{unit}"


def size(count: float) -> str:
    """Bytes to three digits: ``12.3 GiB``."""
    value, unit = float(count), "B"
    for unit in _SIZES:  # noqa: B007 - the last one stays
        if abs(value) < 1000:
            break
        value /= 1024
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.3g} {unit}"


def share(ratio: float) -> str:
    return f"{100 * ratio:.0f} %"


def exact(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def stamp(moment: datetime) -> str:
    """As ``<time datetime>`` wants it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def since(moment: datetime, now: datetime) -> str:
    """``3d 4h ago`` or ``in 3d 4h``."""
    seconds = (now - moment).total_seconds()
    if abs(seconds) < 1:
        return "now"
    return f"{humane(seconds)} ago" if seconds > 0 else f"in {humane(-seconds)}"


def plural(count: int, noun: str, several: str = "") -> str:
    return f"{count} {noun}" if count == 1 else f"{count:,} {several or noun + 's'}".replace(",", " ")
