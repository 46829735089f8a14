"""How an answer of a Prometheus-compatible API reads: series, warnings, refusals. Pure; sending belongs elsewhere.

https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview
"""

import math
from collections.abc import Mapping
from typing import Literal

import msgspec

from holdfast.model.asking import Answer, AskReason, Series

Kind = Literal["instant", "range"]

_Point = tuple[float, str]


class AnswerError(Exception):
    """The body is not what was asked for. The text goes behind the name of the API."""

    def __init__(self, reason: AskReason, text: str) -> None:
        super().__init__(text)
        self.reason: AskReason = reason


class _Data(msgspec.Struct, frozen=True, rename="camel"):
    result_type: str
    result: msgspec.Raw


class _Reply(msgspec.Struct, frozen=True, rename="camel"):
    """``isPartial`` is VictoriaMetrics' word for what Thanos and Mimir say by a warning."""

    status: str
    data: _Data | None = None
    error_type: str = ""
    warnings: list[str] | None = None
    is_partial: bool | None = None


class _Element(msgspec.Struct, frozen=True):
    """A native histogram stands in ``histogram`` or ``histograms``, which we do not read."""

    metric: Mapping[str, str]
    value: _Point | None = None
    values: list[_Point] | None = None


_REPLY = msgspec.json.Decoder(_Reply)
_ELEMENTS = msgspec.json.Decoder(list[_Element])
_SCALAR = msgspec.json.Decoder(_Point)
_WANTED: Mapping[Kind, tuple[str, ...]] = {"instant": ("vector", "scalar"), "range": ("matrix",)}
# of Prometheus, Thanos and Mimir; VictoriaMetrics writes the status there
_ERRORS = frozenset(
    {
        "bad_data",
        "canceled",
        "execution",
        "internal",
        "not_acceptable",
        "not_found",
        "timeout",
        "too_many_requests",
        "unavailable",
    }
)
_MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def read_answer(body: bytes, kind: Kind) -> Answer:
    """The series of a query that succeeded.

    Raises:
        AnswerError: the body is something else.
    """
    try:
        reply = _REPLY.decode(body)
        if reply.status != "success" or reply.data is None:
            raise AnswerError("bad_answer", "answers without a result; see whether the URL is right")
        found = reply.data.result_type
        if found not in _WANTED[kind]:
            raise AnswerError(*_other_type(found))
        if found == "scalar":
            series: tuple[Series, ...] = (_scalar(_SCALAR.decode(reply.data.result)),)
        else:
            series = tuple(map(_series, _ELEMENTS.decode(reply.data.result)))
    except (*_MALFORMED, ValueError):
        raise AnswerError(
            "bad_answer", "does not answer as the API does; see whether the URL is right"
        ) from None
    return Answer(series=series, complete=not reply.warnings and not reply.is_partial)


def read_refusal(body: bytes) -> str:
    """The kind of error, "unknown" for one that is not known to us; empty where the body is something else, as a
    proxy's page. The server's words are never read: they may quote what was sent."""
    try:
        reply = _REPLY.decode(body)
    except _MALFORMED:
        return ""
    if reply.status != "error":
        return ""
    return reply.error_type if reply.error_type in _ERRORS else "unknown"


def _other_type(found: str) -> tuple[AskReason, str]:
    if found == "matrix":
        return "query", "was asked for a range of points; write a query that gives one value a series"
    if found == "string":
        return "query", "was asked for a text; write a query that gives numbers"
    return "bad_answer", "answers with a type of result that we do not know; see whether the URL is right"


def _series(element: _Element) -> Series:
    if element.value is not None:
        points: tuple[tuple[float, float], ...] = (_point(element.value),)
    elif element.values is not None:
        points = tuple(map(_point, element.values))
    else:
        points = ((math.nan, math.nan),)
    return Series(labels=element.metric, points=points)


def _scalar(point: _Point) -> Series:
    return Series(labels={}, points=(_point(point),))


def _point(point: _Point) -> tuple[float, float]:
    return point[0], float(point[1])
