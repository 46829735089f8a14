"""Basic authentication and headers of the web configuration, seen by clients of a real server."""

import asyncio
import base64
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bcrypt
import pytest

from holdfast.http.auth import BasicAuth, BusyError
from holdfast.http.web import WebFile, WebWatch
from holdfast.settings import SettingsError, load_web_settings
from tests.http.stand import Serve, until

CHEAP = 4


def hashed(password: str, cost: int = CHEAP) -> str:
    return bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(cost)).decode()


def basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


ALICE = hashed("geheim:mit Döppelpunkt")
BOB = hashed("b" * 100)


def write(path: Path, text: str) -> None:
    path.write_text(text)


@pytest.fixture
def web(tmp_path: Path) -> Path:
    file = tmp_path / "web.yaml"
    file.write_text(f"basic_auth_users: {{alice: {ALICE}, bob: {BOB.replace('$2b$', '$2y$')}}}\n")
    return file


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (basic("alice", "geheim:mit Döppelpunkt"), 200),
        (basic("alice", "geheim:mit Döppelpunkt").replace("Basic", "basic"), 200),
        (basic("bob", "b" * 100), 200),
        (basic("alice", "geheim"), 401),
        (basic("alice", ""), 401),
        (basic("alice", "with\0nul"), 401),
        (basic("bob", "geheim:mit Döppelpunkt"), 401),
        (basic("carol", "geheim:mit Döppelpunkt"), 401),
        (basic("", ""), 401),
        pytest.param(basic("alice", ALICE), 401, id="the hash is no password"),
        ("Basic", 401),
        ("Basic !!!", 401),
        ("Basic " + base64.b64encode(b"alice").decode(), 401),
        ("Basic " + base64.b64encode(b"\xff\xfe:x").decode(), 401),
        ("Bearer " + base64.b64encode("alice:geheim:mit Döppelpunkt".encode()).decode(), 401),
        (None, 401),
    ],
)
async def test_a_user_and_his_password_are_asked_for(
    serve: Serve, web: Path, authorization: str | None, status: int
) -> None:
    served = await serve(web)
    headers = {} if authorization is None else {"Authorization": authorization}
    async with served.client.get(served.url("/metrics"), headers=headers) as answer:
        assert answer.status == status
        if status == 401:
            assert answer.headers["WWW-Authenticate"] == 'Basic realm="holdfast", charset="UTF-8"'
            assert "holdfast_up" not in await answer.text()


@pytest.mark.parametrize(
    "path", ["/", "/livez", "/api/v1/report", "/api/v1/claims", "/compliance.csv", "/nowhere"]
)
async def test_every_path_of_the_main_listener_asks_and_the_probe_listener_does_not(
    serve: Serve, web: Path, path: str
) -> None:
    served = await serve(web)
    async with served.client.get(served.url(path)) as answer:
        assert answer.status == 401
    async with served.client.get(served.probe_url("/livez")) as answer:
        assert answer.status == 200


async def test_users_change_without_a_restart_and_remembered_passwords_with_them(
    serve: Serve, web: Path
) -> None:
    served = await serve(web)
    old, new = basic("alice", "geheim:mit Döppelpunkt"), basic("alice", "new")

    async def status(authorization: str) -> int:
        async with served.client.get(
            served.url("/livez"), headers={"Authorization": authorization}
        ) as answer:
            return answer.status

    assert (await status(old), await status(new)) == (200, 401)
    write(web, f"basic_auth_users: {{alice: {hashed('new')}}}\n")

    async def changed() -> bool:
        return await status(new) == 200

    await until(changed)
    assert await status(old) == 401


async def test_a_file_half_written_does_not_open_the_door(web: Path) -> None:
    """The file is found empty by every other look: only what two of them find alike is taken."""
    full = f"basic_auth_users: {{alice: {ALICE}}}\n"
    write(web, full)
    watch = WebWatch(WebFile(path=web, load=load_web_settings), ThreadPoolExecutor(1))
    await watch.start()
    users = watch.current.users
    for text in ("", full, "", full):
        write(web, text)
        await watch.look()
        assert watch.current.users == users
    write(web, "")
    await watch.look()
    await watch.look()
    assert watch.current.users == {}


async def test_headers_of_the_file_are_on_every_answer_and_win(serve: Serve, tmp_path: Path) -> None:
    web = tmp_path / "web.yaml"
    write(
        web,
        """
        http_server_config:
          headers:
            Content-Security-Policy: default-src 'self'
            Strict-Transport-Security: max-age=1
            X-XSS-Protection: ""
        """,
    )
    served = await serve(web)
    for path in ("/", "/metrics", "/nowhere"):
        async with served.client.get(served.url(path)) as answer:
            assert answer.headers["Content-Security-Policy"] == "default-src 'self'"
            assert answer.headers["Strict-Transport-Security"] == "max-age=1"
            assert "X-XSS-Protection" not in answer.headers


async def test_a_file_that_is_refused_stops_the_start(serve: Serve, tmp_path: Path) -> None:
    web = tmp_path / "web.yaml"
    write(web, "basic_auth_users: {alice: clear}")
    with pytest.raises(SettingsError, match="is no bcrypt hash"):
        await serve(web)


async def test_hashing_does_not_hold_the_loop(serve: Serve, web: Path) -> None:
    write(web, f"basic_auth_users: {{alice: {hashed('a', cost=11)}}}\n")
    served = await serve(web)
    spent = time.thread_time()
    async with served.client.get(
        served.url("/livez"), headers={"Authorization": basic("alice", "a")}
    ) as answer:
        assert answer.status == 200
    assert time.thread_time() - spent < 0.05  # of the loop's own thread; the hash takes a multiple of that


class Hasher(ThreadPoolExecutor):
    """Counts the hashes that are asked for."""

    def __init__(self) -> None:
        super().__init__(1)
        self.hashes: list[bytes] = []

    def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]  # the signature of the base
        self.hashes.append(args[1])
        return super().submit(fn, *args, **kwargs)


async def test_a_good_result_is_remembered_and_a_bad_one_is_not() -> None:
    hasher, users = Hasher(), {"alice": hashed("a")}
    auth = BasicAuth(hasher)
    for _ in range(3):
        assert await auth.admits(basic("alice", "a"), users)
    assert len(hasher.hashes) == 1
    for _ in range(3):
        assert not await auth.admits(basic("alice", "b"), users)
    assert len(hasher.hashes) == 4


async def test_what_is_remembered_is_bounded() -> None:
    hasher, users = Hasher(), {f"user-{index}": hashed("a") for index in range(140)}
    auth = BasicAuth(hasher)
    for user in users:
        assert await auth.admits(basic(user, "a"), users)
    assert await auth.admits(basic("user-0", "a"), users)  # long forgotten
    assert await auth.admits(basic("user-139", "a"), users)
    assert len(hasher.hashes) == 141


async def test_an_unknown_user_costs_as_much_as_a_known_one() -> None:
    hasher, users = Hasher(), {"alice": hashed("a", cost=4), "bob": hashed("b", cost=5)}
    assert not await BasicAuth(hasher).admits(basic("carol", "a"), users)
    assert [spent[:7] for spent in hasher.hashes] == [b"$2b$05$"]


async def test_a_flood_of_log_ins_is_cut_off() -> None:
    hasher, users = Hasher(), {"alice": hashed("a", cost=8)}
    auth = BasicAuth(hasher)
    attempts = [auth.admits(basic("alice", f"{index}"), users) for index in range(40)]
    results = await asyncio.gather(*attempts, return_exceptions=True)
    assert sum(isinstance(result, BusyError) for result in results) == 8
    assert await auth.admits(basic("alice", "a"), users)
