"""From a kubeconfig or a pod's service account to requests that return bytes.

The official client's aio half does configuration, credentials, TLS and proxies. Its models are not used:
answers stay bytes. Here belongs everything that knows this client; what is asked of the API belongs
elsewhere.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import aiohttp
import msgspec
from kubernetes.aio import config as kube
from kubernetes.aio.client import ApiClient, Configuration

from holdfast import __version__
from holdfast.cluster.errors import (
    ApiError,
    ConnectError,
    TooLongError,
    read_status,
    status_error,
    translated,
)
from holdfast.cluster.silence import Silence
from holdfast.cluster.timing import Timing

JSON = "application/json"
ERROR_BODY = 64 * 1024

Load = Callable[[], Awaitable[Configuration]]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A complete answer. ``body`` is empty when the server says 304."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def connect(
    *, kubeconfig: Path | None = None, context: str | None = None, timing: Timing | None = None
) -> "Connection":
    """Reads the configuration; asks nothing of the server yet.

    Without a file or a context: the default kubeconfig if there is one, else the pod's service account.

    Raises ConnectError.
    """
    timing = timing or Timing()
    load = _kubeconfig(kubeconfig, context) if kubeconfig or context or _has_default() else _in_cluster
    task = asyncio.create_task(_loaded(load))
    try:
        return Connection(load, await _in_time(task, timing), timing)
    finally:
        task.cancel()


def _has_default() -> bool:
    # the client reads KUBECONFIG itself, which may name several files
    separator = kube.kube_config.ENV_KUBECONFIG_PATH_SEPARATOR
    names = kube.KUBE_CONFIG_DEFAULT_LOCATION.split(separator)
    return any(Path(name).expanduser().exists() for name in names if name)


async def _in_time(task: asyncio.Task[Configuration], timing: Timing) -> Configuration:
    """The task goes on when its time is over: a plugin that hangs cannot be ended, only waited for again."""
    done, _ = await asyncio.wait([task], timeout=timing.credentials)
    if not done:
        raise ConnectError(f"credentials were not ready after {timing.credentials:g} s")
    return task.result()


async def _loaded(load: Load) -> Configuration:
    configuration = await load()
    configuration.connection_pool_maxsize = 0  # one connection a watch: a limit would starve the last of them
    # Python 3.13 would refuse cluster authorities without a key identifier, which every other client accepts
    configuration.disable_strict_ssl_verification = True
    _strip_token(configuration)
    return configuration


def _kubeconfig(path: Path | None, context: str | None) -> Load:
    file = str(path) if path else None
    place = f"kubeconfig {file or kube.KUBE_CONFIG_DEFAULT_LOCATION}"

    def found() -> bool:
        return path is None or path.expanduser().exists()

    async def load() -> Configuration:
        if not found():
            raise ConnectError(f"{place} does not exist; name another file with --kubeconfig")
        configuration = Configuration()
        try:
            loader = await kube.load_kube_config(
                config_file=file, context=context, client_configuration=configuration, persist_config=False
            )
        except Exception as error:  # of a bad file: KeyError, TypeError, YAML's and the system's errors
            raise ConnectError(f"{place}: {error}{_choices(file, context)}") from error
        _check_plugin(loader, place)
        return configuration

    return load


def _choices(file: str | None, context: str | None) -> str:
    """The contexts there are, for the error about one that is not."""
    if context is None:
        return ""
    with contextlib.suppress(Exception):  # the file may be what is wrong; its own error is being reported
        contexts, _ = kube.list_kube_config_contexts(file)
        return f"; contexts: {', '.join(sorted(str(entry['name']) for entry in contexts))}"
    return ""


def _check_plugin(loader: Any, place: str) -> None:
    """The client logs the failure of an exec plugin and goes on without credentials; the server would then
    say that an anonymous user is forbidden, which points the reader to the wrong place."""
    user = getattr(loader, "_user", None)  # the client offers no public way to ask
    if (
        user is None
        or "exec" not in user
        or getattr(loader, "token", None)
        or getattr(loader, "cert_file", None)
    ):
        return
    command = user["exec"].safe_get("command")
    raise ConnectError(
        f"{place}: the exec plugin {command} gave no credentials; its error is in the log just before"
    )


async def _in_cluster() -> Configuration:
    configuration = Configuration()
    try:
        kube.load_incluster_config(configuration)
    except (kube.ConfigException, OSError) as error:
        raise ConnectError(
            f"no kubeconfig at {kube.KUBE_CONFIG_DEFAULT_LOCATION}, and not in a pod with a service account "
            f"({error}); name a file with --kubeconfig"
        ) from error
    return configuration


def _strip_token(configuration: Configuration) -> None:
    """A token file may end in a newline, which no header can hold; the client's hook reads it."""
    again: Callable[[Configuration], None] | None = configuration.refresh_api_key_hook

    def strip(held: Configuration) -> None:
        if again is not None:
            again(held)
            held.refresh_api_key_hook = strip  # the client's hook put itself back
        if "BearerToken" in held.api_key:
            held.api_key["BearerToken"] = held.api_key["BearerToken"].strip()

    configuration.refresh_api_key_hook = strip


def _transport(configuration: Configuration) -> tuple[object, ...]:
    """All that an open session cannot change: if it differs, a new session is needed."""
    files = (configuration.ssl_ca_cert, configuration.cert_file, configuration.key_file)
    try:
        contents = [hashlib.sha256(Path(file).read_bytes()).digest() if file else b"" for file in files]
    except OSError as error:
        raise ConnectError(f"certificates for {configuration.host}: {error}") from error
    return (configuration.verify_ssl, configuration.tls_server_name, configuration.proxy, *contents)


class _Session:
    """One ``ApiClient`` and how many answers are read from it: retired, it closes when the last one ends."""

    def __init__(self, configuration: Configuration) -> None:
        self.transport = _transport(configuration)
        try:
            self.api = ApiClient(configuration)
        except OSError as error:  # ssl.SSLError is one
            raise ConnectError(f"certificates for {configuration.host}: {error}") from error
        self.api.user_agent = f"holdfast/{__version__}"
        self.users = 0
        self.retired = False

    async def retire(self) -> None:
        self.retired = True
        if not self.users:
            await self.close()

    async def leave(self) -> None:
        self.users -= 1
        if self.retired and not self.users:
            await self.close()

    async def close(self) -> None:
        await self.api.close()

    async def send(self, request: "_Request") -> aiohttp.ClientResponse:
        """The head of the answer. Raises what the transport raises."""
        try:
            method, url, headers, _, _ = await self.api.param_serialize(
                "GET",
                request.path,
                query_params=list(request.query),
                # Compressing costs the server more than the network costs us; watches are never compressed.
                header_params={"Accept": JSON, "Accept-Encoding": "identity", **request.headers},
                auth_settings=["BearerToken"],
            )
        except (kube.ConfigException, OSError) as error:  # the token file, read again by the client's hook
            raise ApiError("unauthorized", f"no token: {error}") from error
        answer = await self.api.call_api(method, url, headers, _request_timeout=request.timeout)
        response: aiohttp.ClientResponse = answer.response
        return response


class _Request(msgspec.Struct, frozen=True):
    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    answer: float  # seconds to the head of the answer
    timeout: aiohttp.ClientTimeout


class Connection:
    """Requests to one API server. Close it when done; requests under way then fail."""

    def __init__(self, load: Load, configuration: Configuration, timing: Timing) -> None:
        self._load = load
        self._timing = timing
        self._session = _Session(configuration)
        self._renewals = 0
        self._renewed_at = float("-inf")
        self._renewing = asyncio.Lock()
        self._loading: asyncio.Task[Configuration] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        if self._loading is not None:
            self._loading.cancel()
            await asyncio.gather(self._loading, return_exceptions=True)
        await self._session.close()

    @property
    def server(self) -> str:
        return str(self._session.api.configuration.host)

    async def get(
        self,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        *,
        headers: Mapping[str, str] | None = None,
        most: int | None = None,
    ) -> Answer:
        """The whole answer. Raises ApiError, and TooLongError where the body has more than ``most`` bytes."""
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=self._timing.connect, sock_read=self._timing.page
        )
        request = _Request(path, query, headers or {}, self._timing.page, timeout)
        async with self._opened(request) as response:
            body = await _read(response, most)
            return Answer(status=response.status, headers=response.headers, body=body)

    @contextlib.asynccontextmanager
    async def stream(
        self, path: str, query: Sequence[tuple[str, str]]
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The body as it comes, in chunks that end anywhere. Raises ApiError, from within the block too."""
        silence = Silence(self._timing.quiet)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._timing.connect)
        async with self._opened(_Request(path, query, {}, self._timing.answer, timeout)) as response:
            try:
                async with silence.limit:
                    yield silence.heard(response.content.iter_any())
            finally:
                silence.over()

    @contextlib.asynccontextmanager
    async def _opened(self, request: _Request) -> AsyncIterator[aiohttp.ClientResponse]:
        session, response = await self._answered(request)
        try:
            with translated():
                if response.status >= 400:
                    raise await _refusal(response)
                yield response
        finally:
            response.close()
            await session.leave()

    async def _answered(self, request: _Request) -> tuple[_Session, aiohttp.ClientResponse]:
        """With new credentials where the old ones, or the trust in the server's certificate, ran out."""
        renewals = self._renewals
        try:
            session, response = await self._sent(request)
            if response.status != 401:
                return session, response
        except ApiError as broken:
            if not isinstance(broken.__cause__, aiohttp.ClientSSLError):
                raise
            error = broken
        else:
            try:
                with translated():
                    error = await _refusal(response)
            finally:
                await session.leave()
        if not await self._renewed(renewals):
            raise error
        return await self._sent(request)

    async def _sent(self, request: _Request) -> tuple[_Session, aiohttp.ClientResponse]:
        session = self._session
        session.users += 1
        try:
            with translated():
                async with asyncio.timeout(request.answer):
                    return session, await session.send(request)
        except BaseException:
            await session.leave()
            raise

    async def _renewed(self, seen: int) -> bool:
        """Whether there are newer credentials than ``seen``; they are read again at most every so often."""
        async with self._renewing:
            if self._renewals != seen:
                return True
            now = asyncio.get_running_loop().time()
            if now - self._renewed_at < self._timing.renew:
                return False
            self._renewed_at = now
            if self._loading is None:
                self._loading = asyncio.create_task(_loaded(self._load))
            try:
                await self._adopt(await _in_time(self._loading, self._timing))
            except ConnectError as error:
                raise ApiError("unauthorized", str(error)) from error
            finally:
                if self._loading.done():
                    self._loading = None
            self._renewals += 1
            return True

    async def _adopt(self, configuration: Configuration) -> None:
        if _transport(configuration) == self._session.transport:
            self._session.api.configuration = configuration
            return
        old, self._session = self._session, _Session(configuration)
        await old.retire()


async def _refusal(response: aiohttp.ClientResponse) -> ApiError:
    try:
        body = await _read(response, ERROR_BODY)
    except TooLongError:
        body = b""
    finally:
        response.close()
    return status_error(read_status(body), code=response.status, headers=response.headers)


async def _read(response: aiohttp.ClientResponse, most: int | None) -> bytes:
    parts = []
    size = 0
    async for part in response.content.iter_any():
        size += len(part)
        if most is not None and size > most:
            raise TooLongError(f"more than {most} bytes")
        parts.append(part)
    return b"".join(parts)
