"""What goes over the wire to an API, and how each way in which it may fail is told. Servers are on loopback."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from holdfast.model.asking import AskError, PrometheusSpec
from holdfast.usage.prometheus import Prometheus, PrometheusError
from tests.usage.stand import UP, Api, answering, api, client, refusal, success

TOKEN = "s3cret-token"


async def ask(stand: Api, expression: str = "up", **spec: Any) -> Any:
    async with client(stand, **spec) as prometheus:
        return await prometheus.query(expression)


async def failure(url: str, *, most_bytes: int = 2**20, **spec: Any) -> PrometheusError:
    """The error of one query; it never holds the token, whatever went wrong."""
    spec = {"timeout": 5.0} | spec
    async with Prometheus(PrometheusSpec(url=url, **spec), most_bytes=most_bytes) as prometheus:
        with pytest.raises(PrometheusError) as caught:
            await prometheus.query("up")
    assert TOKEN not in f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"
    return caught.value


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    return file


# what is sent


async def test_an_instant_query_is_posted_as_a_form() -> None:
    """A long query would not fit a URL, and a URL stands in the logs of proxies."""
    async with api(answering(success(UP))) as stand, client(stand, timeout=7.5) as prometheus:
        answer = await prometheus.query("up{a='b'}", at=12.3456)
    (asked,) = stand.asked
    assert (asked.method, asked.path) == ("POST", "/prometheus/api/v1/query")
    assert asked.form == {"query": "up{a='b'}", "time": "12.346", "timeout": "7.5"}
    assert answer.series[0].points == ((1000.0, 1.0),)


async def test_a_range_query_names_its_ends_and_step() -> None:
    matrix = success({"metric": {}, "values": [[1, "1"]]}, kind="matrix")
    async with api(answering(matrix)) as stand, client(stand) as prometheus:
        await prometheus.query_range("up", start=10, end=70, step=30)
    (asked,) = stand.asked
    assert asked.path == "/prometheus/api/v1/query_range"
    assert asked.form == {
        "query": "up",
        "start": "10.000",
        "end": "70.000",
        "step": "30.000",
        "timeout": "20",
    }


async def test_tenant_and_headers_are_sent() -> None:
    async with api(answering(success())) as stand:
        await ask(stand, tenant="team-a", headers={"X-Foo": "bar"})
    assert stand.asked[0].headers["X-Scope-OrgID"] == "team-a"
    assert stand.asked[0].headers["X-Foo"] == "bar"


async def test_without_credentials_none_are_sent() -> None:
    async with api(answering(success())) as stand:
        await ask(stand)
    assert "Authorization" not in stand.asked[0].headers


async def test_the_token_of_the_file_is_sent_without_its_line_break(token_file: Path) -> None:
    async with api(answering(success())) as stand:
        await ask(stand, bearer_token_file=token_file)
    assert stand.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"


async def test_user_and_password_are_sent(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("pa:ß")
    async with api(answering(success())) as stand:
        await ask(stand, username="u", password_file=tmp_path / "password")
    assert stand.asked[0].headers["Authorization"] == "Basic dTpwYTrDnw=="


async def test_a_token_that_was_rotated_is_sent_with_the_next_request(token_file: Path) -> None:
    async with (
        api(answering(success())) as stand,
        client(stand, bearer_token_file=token_file) as prometheus,
    ):
        await prometheus.query("up")
        token_file.write_text("other")  # noqa: ASYNC240 - the test alone waits
        await prometheus.query("up")
    assert [asked.headers["Authorization"] for asked in stand.asked] == [f"Bearer {TOKEN}", "Bearer other"]


async def test_a_proxy_that_lets_only_get_through_is_asked_by_get() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return await answering(success(UP))(request) if request.method == "GET" else web.Response(status=405)

    async with api(answer) as stand, client(stand) as prometheus:
        await prometheus.query("up")
        await prometheus.query("up")
    assert [asked.method for asked in stand.asked] == ["POST", "GET", "GET"]
    assert stand.asked[1].form["query"] == "up"


async def test_no_cookie_is_carried_on() -> None:
    async with api(answering(success(), 200, **{"Set-Cookie": "session=1"})) as stand:
        stand.url = stand.url.replace("127.0.0.1", "localhost")  # of an address none would be kept anyway
        async with client(stand) as prometheus:
            await prometheus.query("up")
            await prometheus.query("up")
    assert "Cookie" not in stand.asked[1].headers


# what goes wrong


async def test_a_redirection_is_not_followed_and_carries_nothing_away(token_file: Path) -> None:
    async with api(answering(success(UP))) as elsewhere:
        location = f"{elsewhere.url}/login?token={TOKEN}"
        async with api(answering("", 307, Location=location)) as stand:
            error = await failure(stand.url, bearer_token_file=token_file)
    assert elsewhere.asked == []
    assert error.reason == "bad_answer"
    origin = elsewhere.url.removesuffix("/prometheus")
    assert (
        error.text
        == f"{stand.url}: answers 307 and sends us to {origin}; write the URL that answers by itself"
    )


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("/login", "another path"),
        ("", "another path"),
        ("http://[", "no URL"),
        (f"https://u:{TOKEN}@sso.example/{TOKEN}?{TOKEN}#{TOKEN}", "https://sso.example"),
    ],
)
async def test_of_a_redirection_only_its_host_is_told(location: str, words: str) -> None:
    async with api(answering("", 302, Location=location)) as stand:
        error = await failure(stand.url)
    assert f"answers 302 and sends us to {words}; write" in error.text


async def test_a_password_within_the_url_is_neither_shown_nor_sent() -> None:
    async with api(answering("", 500)) as stand:
        await failure(stand.url.replace("//", f"//u:{TOKEN}@"))
    assert "Authorization" not in stand.asked[0].headers


@pytest.mark.parametrize("status", [401, 403])
async def test_refused_credentials_are_told_with_their_file(status: int, token_file: Path) -> None:
    async with api(answering(f"bad token {TOKEN}", status)) as stand:
        error = await failure(stand.url, bearer_token_file=token_file)
    assert error.reason == "unauthorized"
    assert error.text == (
        f"{stand.url}: answers {status}; see whether {token_file} holds a token that is valid there"
    )


async def test_a_server_that_asks_for_credentials_is_told_as_such() -> None:
    async with api(answering("", 401)) as stand:
        error = await failure(stand.url, tenant="team-a")
    assert error.text.endswith(
        "answers 401; give it `bearerTokenFile` or `basicAuth`, and whether tenant 'team-a' is open to it"
    )


async def test_a_refused_query_is_told_by_status_and_kind() -> None:
    async with api(answering(refusal("bad_data", "1:3: parse error: unexpected end"), 400)) as stand:
        error = await failure(stand.url)
    assert error.reason == "query"
    assert error.text == (
        f"{stand.url}: refuses the query with 400 (bad_data); send it by hand to see why, and correct it"
    )


@pytest.mark.parametrize("status", [400, 401, 403, 422, 429, 500, 503, 504])
async def test_no_word_of_a_refusal_is_repeated(status: int) -> None:
    words = f"you sent {TOKEN} to http://u:p@x"
    async with api(answering(refusal(f"kind {TOKEN}", words), status)) as stand:
        error = await failure(stand.url)
    assert f"{status} (unknown); " in error.text
    assert not {"sent", TOKEN, "u:p"} & set(error.text.replace("@", " ").split())


@pytest.mark.parametrize("status", [429, 502, 503])
async def test_a_server_that_turns_us_away_is_no_answer(status: int) -> None:
    async with api(answering("busy", status)) as stand:
        error = await failure(stand.url)
    assert (error.reason, f"answers {status}; see whether it is up" in error.text) == ("connection", True)


async def test_a_server_that_fails_by_itself_does_not_blame_the_query() -> None:
    async with api(answering(refusal("internal", "no store"), 500)) as stand:
        error = await failure(stand.url)
    assert error.reason == "connection"
    assert error.text == f"{stand.url}: answers 500 (internal); see whether it is up and not overloaded"


@pytest.mark.parametrize(
    ("status", "body"), [(503, refusal("timeout", "query timed out in expression evaluation")), (504, "")]
)
async def test_a_query_that_the_server_gave_up_is_a_timeout(status: int, body: Any) -> None:
    async with api(answering(body, status)) as stand:
        assert (await failure(stand.url)).reason == "timeout"


@pytest.mark.parametrize("status", [204, 404, 500])
async def test_what_is_no_such_api_is_a_bad_answer(status: int) -> None:
    async with api(answering("", status)) as stand:
        error = await failure(stand.url)
    assert error.reason == "bad_answer"
    assert error.text == (
        f"{stand.url}: answers {status} and not as the API does; see whether the path of the URL is right"
    )


async def test_garbage_is_a_bad_answer() -> None:
    async with api(answering("<html>Welcome</html>")) as stand:
        assert (await failure(stand.url)).reason == "bad_answer"


async def test_an_endless_answer_is_left_and_not_held() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" " * 65536)

    async with api(answer) as stand:
        error = await failure(stand.url, most_bytes=200_000, timeout=20.0)
    assert error.reason == "too_large"
    assert "more than 200,000 bytes; ask for fewer series" in error.text


async def test_an_answer_that_unpacks_to_too_much_is_left() -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        response = web.Response(body=b" " * 5_000_000)
        response.enable_compression(web.ContentCoding.gzip)
        return response

    async with api(answer) as stand:
        assert (await failure(stand.url, most_bytes=1_000_000)).reason == "too_large"


async def test_a_large_answer_is_read_whole() -> None:
    many = [{"metric": {"n": str(n)}, "value": [1, "1"]} for n in range(20_000)]
    async with api(answering(success(*many))) as stand:
        assert len((await ask(stand)).series) == 20_000


async def hang(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(60)
    raise AssertionError


async def hang_within(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"{")
    return await hang(request)


@pytest.mark.parametrize("answer", [hang, hang_within])
async def test_a_server_that_hangs_is_left_in_time(
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> None:
    begun = time.monotonic()
    async with api(answer) as stand:
        error = await failure(stand.url, timeout=0.3)
        took = time.monotonic() - begun
    assert (error.reason, took < 5) == ("timeout", True)
    assert error.text == f"{stand.url}: has not answered within 0.3 s; see whether it is overloaded"


async def test_a_hanging_handshake_is_left_in_time() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert (await failure(f"https://127.0.0.1:{port}", timeout=0.3)).reason == "timeout"


async def raw(words: bytes) -> tuple[asyncio.Server, str]:
    """A server that says these bytes to whoever asks, and hangs up."""

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(words)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (b"", "connection"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "bad_answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", "connection"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "bad_answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", "connection"),
    ],
)
async def test_what_a_broken_server_says_is_an_error_with_a_reason(words: bytes, reason: str) -> None:
    server, url = await raw(words)
    async with server:
        assert (await failure(url)).reason == reason


async def test_nobody_there_is_a_connection_that_fails() -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    error = await failure(f"http://127.0.0.1:{port}")
    assert error.reason == "connection"
    assert error.text.endswith(": cannot be reached (connection refused); see whether it is up")


async def test_a_name_that_is_not_known_is_told_as_such() -> None:
    error = await failure("http://nobody.invalid", timeout=20.0)
    assert (error.reason, error.text) == (
        "connection",
        "http://nobody.invalid: cannot be reached (its name is not known); see whether it is up",
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read: No such file or directory; mount it"),
        (b"", "does not hold one line of text; write the secret alone"),
        (b"a\nX-Evil: 1", "does not hold one line of text; write the secret alone"),
        (b"\xff\xfe", "does not hold one line of text; write the secret alone"),
        (b"a" * (2**20 + 1), "is larger than 1,048,576 bytes; name the right file"),
    ],
    ids=["missing", "empty", "two lines", "no text", "huge"],
)
async def test_a_token_file_that_cannot_be_used_is_named_and_nothing_is_sent(
    content: bytes | None, words: str, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    async with api(answering(success())) as stand:
        error = await failure(stand.url, bearer_token_file=file)
    assert (error.reason, error.text, stand.asked) == ("unauthorized", f"{file}: {words}", [])


async def test_every_error_is_of_the_kind_that_a_probe_reports() -> None:
    assert issubclass(PrometheusError, AskError)


async def test_nothing_that_is_printed_of_a_client_shows_a_header() -> None:
    spec = PrometheusSpec(url="http://a", headers={"X-Key": TOKEN})
    assert TOKEN not in f"{spec} {spec!r} {Prometheus(spec)!r}"
