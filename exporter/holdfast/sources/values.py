"""How the Kubernetes API spells times, amounts and durations. Pure parsers; their meaning is for the sources.

Every parser takes what an object may hold in that place and returns None where it says nothing: absent, null,
empty, Go's zero time, or text that is none. None of them raises.
"""

import math
import re
from datetime import datetime
from typing import Annotated, Final

import msgspec

_LONGEST = 100  # characters; a longer text is no time, amount or duration, and parsing it would cost
_GREATEST = 2**63 - 1  # Go caps a Quantity here, and counts a duration in this many nanoseconds

_RFC3339: Final = msgspec.json.Decoder(Annotated[datetime, msgspec.Meta(tz=True)])


def parse_time(text: str | None) -> float | None:
    """RFC 3339 as POSIX seconds: ``Z`` or an offset, any fraction (kept to the microsecond).

    Without an offset a time is ambiguous, and so is unknown.
    """
    if not text or len(text) > _LONGEST or "\\" in text:
        return None
    try:
        moment = _RFC3339.decode(f'"{text}"')
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    return moment.timestamp() if moment.year > 1 else None  # Go's zero time is in year 1


_QUANTITY: Final = re.compile(
    r"([+-]?)(?=\.?[0-9])([0-9]*)(?:\.([0-9]*))?(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?[0-9]+))?"
)
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_EXPONENT_LIMIT: Final = 2 * _LONGEST  # beyond it any mantissa that fits is capped, or rounds up to one


def parse_quantity(value: str | float | None) -> int | None:
    """A Kubernetes Quantity as a whole number: ``10Gi``, ``1500m``, ``1e3``, ``1.5G`` or a JSON number.

    Fractions round away from zero and magnitudes are capped at 2^63-1, as the API server's own library does.
    https://pkg.go.dev/k8s.io/apimachinery/pkg/api/resource#Quantity
    """
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return max(-_GREATEST, min(value, _GREATEST))
    if isinstance(value, float):
        return _rounded_up(abs(value).as_integer_ratio(), value < 0) if math.isfinite(value) else None
    found = _QUANTITY.fullmatch(value) if len(value) <= _LONGEST else None
    if found is None:
        return None
    sign, whole, fraction, suffix, exponent = found.groups("")
    tens = max(-_EXPONENT_LIMIT, min(int(exponent or 0), _EXPONENT_LIMIT))
    power = tens + _DECIMAL.get(suffix, 0) - len(fraction)
    amount = int(whole + fraction) << _BINARY.get(suffix, 0)
    ratio = (amount * 10**power, 1) if power >= 0 else (amount, 10**-power)
    return _rounded_up(ratio, sign == "-")


def _rounded_up(ratio: tuple[int, int], negative: bool) -> int:
    numerator, denominator = ratio
    magnitude = min(-(-numerator // denominator), _GREATEST)
    return -magnitude if negative else magnitude


# Unicode has two micro signs; Go takes both.
_DURATION_PART: Final = r"(?=\.?[0-9])([0-9]*\.?[0-9]*)(ns|us|µs|μs|ms|s|m|h)"
_DURATION: Final = re.compile(rf"([+-]?)((?:{_DURATION_PART})+|0)")
_EACH_PART: Final = re.compile(_DURATION_PART)
_UNIT_SECONDS: Final = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "ms": 1e-3,
    "s": 1,
    "m": 60,
    "h": 3600,
}


def parse_go_duration(text: str | None) -> float | None:
    """A duration as Go writes it, in seconds: ``720h0m0s``, ``1m2.345s``, ``350ms``, ``1.5µs``, ``0``.

    https://pkg.go.dev/time#ParseDuration
    """
    found = _DURATION.fullmatch(text) if text and len(text) <= _LONGEST else None
    if found is None:
        return None
    sign, parts = found.group(1, 2)
    seconds = sum(float(number) * _UNIT_SECONDS[unit] for number, unit in _EACH_PART.findall(parts))
    if seconds * 1e9 > _GREATEST:
        return None  # Go cannot hold it either
    return -seconds if sign == "-" else seconds


_SIZE: Final = re.compile(
    r"(?=\.?[0-9])([0-9]*)(?:\.([0-9]*))? ?(?:([kmgtpe])(i?)b?|b|bytes?)?", re.IGNORECASE | re.ASCII
)
_STEPS: Final = {unit: step for step, unit in enumerate("kmgtpe", start=1)}


def parse_size(text: str | None, *, kilo: int = 1000) -> int | None:
    """An amount of bytes as tools write it for people: ``1.23 GiB``, ``12.5MB``, ``1.2G``, ``123``; rounded up.

    Units with an ``i`` are of 1024, all others of ``kilo``, for tools that write ``KB`` and mean 1024. A ``k`` may be
    capital; no sign is taken.
    """
    found = _SIZE.fullmatch(text.strip()) if text and len(text) <= _LONGEST else None
    if found is None:
        return None
    whole, fraction, unit, binary = found.groups("")
    scale = (1024 if binary else kilo) ** _STEPS.get(unit.lower(), 0)
    return _rounded_up((int(whole + fraction) * scale, 10 ** len(fraction)), negative=False)
