"""Bytes of a stream to lines, errors to reasons, failures to waiting times."""

import itertools
import math

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.cluster import decode
from holdfast.cluster.decode import Lines
from holdfast.cluster.errors import ApiError, Status, read_status, status_error, translated
from holdfast.cluster.timing import Backoff, Timing
from holdfast.model.feed import FeedError


@settings(deadline=None)
@given(st.lists(st.binary(max_size=6).map(lambda line: line.replace(b"\n", b"-"))), st.data())
def test_lines_do_not_depend_on_where_chunks_end(lines: list[bytes], data: st.DataObject) -> None:
    """However the stream is cut, its lines are the same; an unended one is pending."""
    stream = b"".join(line + b"\n" for line in lines) + b"tail"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    reader = Lines()
    read = [
        line
        for begin, end in itertools.pairwise([0, *cuts, len(stream)])
        for line in reader.split(stream[begin:end])
    ]
    assert read == [line for line in lines if line.strip()]
    assert reader.pending


def test_a_line_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is finite, and no object of the API is that long."""
    monkeypatch.setattr(decode, "LONGEST_LINE", 10)
    reader = Lines()
    reader.split(b"12345")
    with pytest.raises(ApiError, match="longer than"):
        reader.split(b"6789012")


@pytest.mark.parametrize(
    ("code", "reason"),
    [(401, "unauthorized"), (403, "forbidden"), (410, "gone"), (429, "throttled"), (500, "server_error"), (404, "server_error")],
)  # fmt: skip  # a table
def test_statuses_have_reasons(code: int, reason: FeedError) -> None:
    """HTTP status and the reason it is counted under."""
    assert status_error(Status(), code=code).reason == reason


def test_a_version_ahead_of_the_server_asks_for_a_new_list() -> None:
    """A replica that lags, or an etcd that was restored: waiting for the version would be waiting for ever."""
    body = b'{"code":504,"message":"Too large","details":{"causes":[{"reason":"ResourceVersionTooLarge"}]}}'
    assert status_error(read_status(body), code=504).reason == "gone"


def test_a_page_of_a_proxy_is_an_answer_too() -> None:
    """It has no Status to explain itself."""
    error = status_error(read_status(b"<html>"), code=502)
    assert (error.reason, str(error)) == ("server_error", "the server answered 502: no explanation")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("5", 5.0), ("0.5", 0.5), ("-1", None), ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", None)],
)
def test_how_long_the_server_wants_us_to_wait(value: str, seconds: float | None) -> None:
    """Retry-After in seconds; a date in the past, and what cannot be read, ask for nothing."""
    assert (status_error(Status(), code=429, headers={"Retry-After": value}).retry_after or None) == seconds


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        (TimeoutError(), "timeout"),
        (aiohttp.ServerTimeoutError("read"), "timeout"),
        (aiohttp.ServerDisconnectedError(), "connection"),
        (aiohttp.ClientPayloadError("half"), "connection"),
        (ConnectionResetError(), "connection"),
    ],
)
def test_errors_of_the_transport_have_reasons(raised: Exception, reason: FeedError) -> None:
    """What the HTTP client raises and the reason it is counted under."""
    with pytest.raises(ApiError) as caught, translated():
        raise raised
    assert caught.value.reason == reason
    assert caught.value.message


@settings(deadline=None)
@given(st.integers(0, 60), st.floats(0, 1), st.none() | st.floats(0, 1e6))
def test_waiting_is_jittered_capped_and_no_less_than_asked(
    failures: int, chance: float, asked: float | None
) -> None:
    """Between nothing and the cap, on top of what the server asked for; that is capped as well."""
    timing = Timing()
    backoff = Backoff(timing, lambda: chance)
    backoff.failures = failures
    delay = backoff.delay(ApiError("throttled", "", retry_after=asked))
    least = min(asked or 0.0, timing.retry_after_most)
    assert least <= delay <= least + timing.backoff_most
    assert backoff.failures == failures + 1


def test_ceilings_double() -> None:
    """And begin anew after a success."""
    backoff = Backoff(Timing(backoff=1.0, backoff_most=10.0), lambda: 1.0)
    error = ApiError("connection", "")
    assert [backoff.delay(error) for _ in range(6)] == [1, 2, 4, 8, 10, 10]
    backoff.reset()
    assert math.isclose(backoff.delay(error), 1)
