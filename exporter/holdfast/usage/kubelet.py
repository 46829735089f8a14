"""A client of kubelets: what one node's ``/metrics`` says of the volumes that are mounted there, ``/stats/summary`` of its disks.

It needs ``get`` on ``nodes/metrics`` and ``nodes/stats``, and nothing else. Whom to ask, and when, belongs to ``sweep``.
https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/
"""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Generic, NamedTuple, Self, TypeVar

import aiohttp
from yarl import URL

from holdfast import __version__
from holdfast.model.asking import AskError, AskReason, PrometheusSpec, TlsSpec
from holdfast.model.ephemeral import NodeSummary
from holdfast.model.identity import ClaimRef
from holdfast.model.usage import KubeletSpec, NodeAddress, Stat, UsageSample, fuller, sample_of
from holdfast.usage.credentials import CredentialError, Credentials, Key
from holdfast.usage.summary import SummaryError, read_summary
from holdfast.usage.volume_stats import PREFIX, LineError, Lines

_MOST_BYTES = 64 * 2**20  # a node with 500 pods has a tenth of it
_MOST_SUMMARY = 16 * 2**20  # and of a summary, which is read at once, a quarter
_MOST_LINE = 64 * 2**10
_KEY_SECONDS = 10.0  # a token is used for this long before its file is read again
_CONNECT_MOST = 3.0  # seconds; a host that is gone does not answer at all
_MOST_NAMES = 20_000
_MISMATCH = frozenset({62, 64})  # OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and _IP_ADDRESS_MISMATCH
_OURS = PREFIX.encode()
_EXPOSITION = ("text/plain", "application/openmetrics-text")
_JSON = ("application/json",)
_T = TypeVar("_T")


class KubeletError(AskError):
    """The kubelet told nothing that can be used."""


class Told(NamedTuple):
    """What a kubelet said. ``damaged`` counts what cannot be read: lines of volume statistics, or pods."""

    samples: tuple[UsageSample, ...]
    damaged: int


class _Page(NamedTuple, Generic[_T]):
    """What can be asked of a kubelet: where, in what form, what types an answer may be of, by what right, and how it is read."""

    path: str
    accept: str
    kinds: tuple[str, ...]
    right: str
    read: Callable[[NodeAddress, aiohttp.ClientResponse], Awaitable[_T]]


class Body:
    """The body of one answer as it comes, in chunks that end anywhere; only what is of volumes is kept."""

    def __init__(self, node: str, now: float) -> None:
        self._node = node
        self._now = now
        self._tail = b""
        self._lines = Lines()
        self._stats: dict[ClaimRef, dict[Stat, float]] = {}
        self._times: dict[ClaimRef, float] = {}
        self._damaged = 0
        self.typed = False

    def feed(self, chunk: bytes) -> None:
        """Raises LineError where a line has no end."""
        text = self._tail + chunk
        cut = text.rfind(b"\n") + 1
        self._tail = text[cut:]
        if len(self._tail) > _MOST_LINE:
            raise LineError("a line has no end")
        self.typed = self.typed or b"# TYPE " in text
        place = text.find(_OURS, 0, cut)
        while place >= 0:
            end = text.find(b"\n", place)
            if place == 0 or text[place - 1] == 0x0A:  # else it is named in a comment
                self._take(text[place:end])
            place = text.find(_OURS, end, cut)

    def end(self) -> Told:
        """A last line without a line break may be cut, within a number too: it counts as damaged."""
        damaged = self._damaged + self._tail.startswith(_OURS)
        found = (
            sample_of(claim, self._times[claim], stats, self._node) for claim, stats in self._stats.items()
        )
        return Told(tuple(sample for sample in found if sample is not None), damaged)

    def _take(self, line: bytes) -> None:
        try:
            read = self._lines.read(line)
        except LineError:
            self._damaged += 1
            return
        if read is None or (stat := read[0].stat) is None:
            return
        claim = read[0].claim
        if claim is None:
            self._damaged += 1
            return
        stats = self._stats.setdefault(claim, {})
        stats[stat] = fuller(stat, read[1], stats.get(stat, read[1]))
        self._times[claim] = self._now if read[2] is None else read[2] / 1000


class Kubelets:
    """All kubelets of a cluster. Open inside an ``async with`` block; safe for many tasks at once."""

    def __init__(
        self, spec: KubeletSpec, clock: Callable[[], float], *, most_bytes: int = _MOST_BYTES
    ) -> None:
        self.spec = spec
        self._clock = clock
        self._most = most_bytes
        tls = TlsSpec(ca_file=spec.ca_file if spec.verify else None, verify=spec.verify)
        self._credentials = Credentials(
            PrometheusSpec(url="https://kubelet", bearer_token_file=spec.token_file, tls=tls)
        )
        self._key: tuple[float, Key] | None = None
        self._reading = asyncio.Lock()
        self._bears_name: set[NodeAddress] = set()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            # a connection for each of thousands of nodes, kept from one round to the next, would cost more than it saves
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": f"holdfast/{__version__}"},
            timeout=aiohttp.ClientTimeout(sock_connect=min(_CONNECT_MOST, self.spec.timeout)),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def ask(self, node: NodeAddress) -> Told:
        """The usage of every claim that is mounted there, as of now.

        Raises:
            KubeletError: there was no answer that can be used.
        """
        page = _Page("/metrics", "text/plain;version=0.0.4", _EXPOSITION, "nodes/metrics", self._read)
        return await self._answer(node, page)

    async def summary(self, node: NodeAddress) -> NodeSummary:
        """The disks of the node and what its pods fill of them, as of now.

        Raises:
            KubeletError: there was no answer that can be used.
        """
        page = _Page("/stats/summary", _JSON[0], _JSON, "nodes/stats", self._read_summary)
        return await self._answer(node, page)

    async def _answer(self, node: NodeAddress, page: _Page[_T]) -> _T:
        with self._translated(node):
            async with asyncio.timeout(self.spec.timeout):
                key = await self._current_key()
                try:
                    return await self._trusted(node, page, key)
                except _TokenError:
                    return await self._again(node, page, key)

    async def _again(self, node: NodeAddress, page: _Page[_T], key: Key) -> _T:
        """The token may have been rotated since it was read."""
        self._key = None
        fresh = await self._current_key()
        if fresh.headers != key.headers:
            try:
                return await self._trusted(node, page, fresh)
            except _TokenError:
                pass
        raise _error(
            node,
            "unauthorized",
            f"answers 401; see whether {self.spec.token_file} holds a token of this cluster "
            "and the kubelet has webhook authentication on",
        )

    async def _current_key(self) -> Key:
        async with self._reading:
            now = asyncio.get_running_loop().time()
            if self._key is None or now - self._key[0] > _KEY_SECONDS:
                self._key = now, await asyncio.to_thread(self._credentials.read)
            return self._key[1]

    async def _trusted(self, node: NodeAddress, page: _Page[_T], key: Key) -> _T:
        """A kubelet's certificate may bear the node's name and not the address: either proves that it is the node."""
        names = (node.name, None) if node in self._bears_name else (None, node.name)
        try:
            return await self._once(node, page, key, names[0])
        except aiohttp.ClientConnectorCertificateError as error:
            if getattr(error.certificate_error, "verify_code", None) not in _MISMATCH:
                raise
        told = await self._once(node, page, key, names[1])
        if len(self._bears_name) > _MOST_NAMES:
            self._bears_name.clear()  # of nodes that came and went
        self._bears_name ^= {node}
        return told

    async def _once(self, node: NodeAddress, page: _Page[_T], key: Key, server_name: str | None) -> _T:
        if self._session is None:
            raise RuntimeError("open it with `async with` before asking")
        async with self._session.get(
            URL.build(scheme="https", host=node.address, port=node.port, path=page.path),
            headers={**key.headers, "Accept": page.accept},
            ssl=key.tls,
            server_hostname=server_name,
            allow_redirects=False,  # to another host they would carry the token there
        ) as response:
            if response.status != 200:
                raise _refusal(node, response.status, page.right)
            if response.content_type not in page.kinds:
                raise _no_kubelet(node)
            return await page.read(node, response)

    async def _read(self, node: NodeAddress, response: aiohttp.ClientResponse) -> Told:
        body = Body(node.name, self._clock())
        async for chunk in _chunks(node, response, self._most):
            body.feed(chunk)
        if not body.typed:  # no kubelet has nothing to tell, and an empty page is no empty node
            raise _no_kubelet(node)
        return body.end()

    async def _read_summary(self, node: NodeAddress, response: aiohttp.ClientResponse) -> NodeSummary:
        most = min(self._most, _MOST_SUMMARY)
        body = b"".join([chunk async for chunk in _chunks(node, response, most)])
        return read_summary(body, node.name, self._clock())

    @contextmanager
    def _translated(self, node: NodeAddress) -> Iterator[None]:
        """Every error of the transport, the files and the body leaves as ours, in words of ours."""
        try:
            yield
        except CredentialError as error:
            raise KubeletError(error.reason, str(error)) from None
        except TimeoutError:
            raise _error(
                node,
                "timeout",
                f"has not answered within {self.spec.timeout:g} s; see whether the node is well",
            ) from None
        except (aiohttp.ClientSSLError, ssl.SSLError) as error:
            raise _error(node, "tls", _tls_words(error)) from None
        except LineError as error:
            raise _error(node, "bad_answer", f"does not answer as a kubelet: {error}") from None
        except SummaryError as error:
            raise _error(node, "bad_answer", str(error)) from None
        except (aiohttp.ClientResponseError, aiohttp.InvalidURL, ValueError):
            raise _no_kubelet(node) from None
        except (aiohttp.ClientError, OSError) as error:
            raise _error(
                node,
                "connection",
                f"cannot be reached ({_connection_words(error)}); see whether the node is up and lets us in",
            ) from None


class _TokenError(Exception):
    """The kubelet does not know who we are."""


async def _chunks(node: NodeAddress, response: aiohttp.ClientResponse, most: int) -> AsyncIterator[bytes]:
    """The body as it comes, and no more of it than ``most`` bytes."""
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > most:
            raise _error(node, "too_large", f"answers with more than {most:,} bytes; see what it tells")
        yield chunk


def _refusal(node: NodeAddress, status: int, right: str) -> Exception:
    if status == 401:
        return _TokenError()
    if status == 403:
        return _error(node, "unauthorized", f"answers 403; grant `get` on `{right}` to our service account")
    return _error(
        node, "bad_answer", f"answers {status}; see whether a kubelet with its metrics on listens there"
    )


def _no_kubelet(node: NodeAddress) -> KubeletError:
    return _error(node, "bad_answer", "does not answer as a kubelet; see who listens there")


def _error(node: NodeAddress, reason: AskReason, text: str) -> KubeletError:
    return KubeletError(reason, f"kubelet of {node.name} at {node.address}:{node.port} {text}")


def _tls_words(error: Exception) -> str:
    certificate = getattr(error, "certificate_error", None) or error
    if isinstance(certificate, ssl.SSLCertVerificationError):
        if certificate.verify_code in _MISMATCH:
            return (
                "shows a certificate that bears neither its address nor the node's name; "
                "let kubelets have theirs signed by the cluster (serverTLSBootstrap)"
            )
        return (
            f"shows a certificate that we do not trust ({certificate.verify_message}); let kubelets have theirs "
            "signed by the cluster (serverTLSBootstrap), name who signs them with usage.kubelet.caFile, "
            "or take any with usage.kubelet.insecureSkipVerify"
        )
    return "cannot be spoken to with TLS; see who listens there"


def _connection_words(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its name is not known"
    if isinstance(error, aiohttp.ClientConnectorError):
        number = error.os_error.errno  # asyncio's own words are about addresses
        return os.strerror(number).lower() if number else "no connection"
    return "the connection broke"
