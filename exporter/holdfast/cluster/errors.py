"""What can go wrong with a request, as typed errors with the closed reasons of the model.

Here belongs the reading of statuses and exceptions; what to do about them is the lane's and the discovery's
decision.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime

import aiohttp
import msgspec

from holdfast.model.feed import FeedError

MESSAGE_LENGTH = 300


class ConnectError(Exception):
    """The configuration leads to no cluster: says which file or place, what is wrong and what to do."""


class TooLongError(Exception):
    """The answer is longer than the caller was ready to hold."""


class ApiError(Exception):
    """One failed attempt. ``status`` is the HTTP status or 0, ``retry_after`` the seconds the server asked
    for.
    """

    def __init__(
        self, reason: FeedError, message: str, *, status: int = 0, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.reason: FeedError = reason
        self.message = message[:MESSAGE_LENGTH]
        self.status = status
        self.retry_after = retry_after


class _Cause(msgspec.Struct):
    reason: str = ""


class _Details(msgspec.Struct):
    causes: list[_Cause] | None = None
    retryAfterSeconds: float | None = None  # noqa: N815 - the API's spelling


class Status(msgspec.Struct):
    """``metav1.Status``: the body of an error, and the object of an ERROR event."""

    code: int = 0
    reason: str = ""
    message: str = ""
    details: _Details | None = None


_STATUS = msgspec.json.Decoder(Status)
_REASONS: Mapping[int, FeedError] = {401: "unauthorized", 403: "forbidden", 410: "gone", 429: "throttled"}
# A resourceVersion that the server has not reached: another replica lags, or etcd was restored to an earlier
# state.
_AHEAD = "ResourceVersionTooLarge"


def read_status(body: bytes) -> Status:
    """The Status in ``body``; one with an empty message where the body is something else (a proxy's page)."""
    try:
        return _STATUS.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Status()


def status_error(status: Status, *, code: int = 0, headers: Mapping[str, str] | None = None) -> ApiError:
    """The error that a Status (with the HTTP ``code`` and ``headers``, where it was an answer) stands for."""
    code = code or status.code
    reason = _REASONS.get(code, "server_error")
    details = status.details or _Details()
    if any(cause.reason == _AHEAD for cause in details.causes or ()):
        reason = "gone"
    retry_after = _seconds((headers or {}).get("Retry-After")) or details.retryAfterSeconds
    text = status.message or status.reason or "no explanation"
    return ApiError(reason, f"the server answered {code}: {text}", status=code, retry_after=retry_after)


def _seconds(value: str | None) -> float | None:
    """``Retry-After`` as seconds. Its other form, a date, is measured against the clock by the caller's
    machine.
    """
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        return _until(value)


def _until(value: str) -> float | None:
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, moment.timestamp() - moment.now(moment.tzinfo).timestamp())


@contextmanager
def translated() -> Iterator[None]:
    """Errors of the transport leave as ``ApiError``; everything else passes."""
    try:
        yield
    except TimeoutError as error:
        raise ApiError("timeout", f"no answer in time: {_said(error)}") from error
    except (aiohttp.ClientError, OSError) as error:
        raise ApiError("connection", _said(error)) from error


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
