"""Which format and coding a client may have, from its Accept and Accept-Encoding (RFC 9110).

Text in, choice out; no bodies.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST as CONTENT_TYPE_OPENMETRICS


class Range(NamedTuple):
    """One member of an Accept header, in its order."""

    kind: str
    parameters: Mapping[str, str]
    quality: float
    order: int


class Format(NamedTuple):
    content_type: str
    kind: str
    version: str
    openmetrics: bool


# The first is what a client gets that has no wish, or none that we can fulfil: no scraper profits from a 406.
TEXT = Format(CONTENT_TYPE_PLAIN_0_0_4, "text/plain", "0.0.4", openmetrics=False)
OPENMETRICS = Format(CONTENT_TYPE_OPENMETRICS, "application/openmetrics-text", "1.0.0", openmetrics=True)
FORMATS = (TEXT, OPENMETRICS)


def choose_format(accept: str) -> Format:
    """The format of highest quality; of two alike the one that the header names first."""
    ranges = list(_ranges(accept))
    best, best_rank = TEXT, (0.0, 0)
    for offered in FORMATS:
        wish = _wish_for(offered, ranges)
        if wish and wish.quality > 0 and (wish.quality, -wish.order) > best_rank:
            best, best_rank = offered, (wish.quality, -wish.order)
    return best


def takes_gzip(accept_encoding: str) -> bool:
    """Whether gzip is acceptable and not liked less than plain text."""
    wishes = {wish.kind: wish.quality for wish in _ranges(accept_encoding)}
    gzip = wishes.get("gzip", wishes.get("x-gzip", wishes.get("*", 0.0)))
    return gzip > 0 and gzip >= wishes.get("identity", 0.0)


def _wish_for(offered: Format, ranges: list[Range]) -> Range | None:
    """The most specific range that takes the format, which alone decides its quality."""
    taking = [(_specificity(offered, wish), wish) for wish in ranges]
    matching = [(specificity, -wish.order, wish) for specificity, wish in taking if specificity]
    return max(matching)[2] if matching else None


def _specificity(offered: Format, wish: Range) -> int:
    """0 where the range does not take the format. Parameters but for the version change no byte of ours."""
    version = wish.parameters.get("version")
    if wish.kind == offered.kind:
        return 4 if version == offered.version else 0 if version else 3
    if wish.kind == offered.kind.partition("/")[0] + "/*":
        return 2
    return 1 if wish.kind == "*/*" else 0


def _ranges(header: str) -> Iterator[Range]:
    for order, member in enumerate(header.split(",")):
        kind, *rest = (part.strip() for part in member.split(";"))
        if kind:
            parameters = {
                name.strip().lower(): value.strip(' "') for name, _, value in (p.partition("=") for p in rest)
            }
            yield Range(kind.lower(), parameters, _quality(parameters.get("q", "1")), order)


def _quality(text: str) -> float:
    """A quality that is none is 0: what cannot be read is not preferred."""
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0
