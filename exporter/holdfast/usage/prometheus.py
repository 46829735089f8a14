"""A client of an HTTP API as Prometheus has it, and as Thanos, Mimir and VictoriaMetrics speak it too.

https://prometheus.io/docs/prometheus/latest/querying/api/. What is asked, and what an answer means, belongs to others.
"""

import asyncio
import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import aiohttp

from holdfast import __version__
from holdfast.model.asking import Answer, AskError, AskReason, PrometheusSpec
from holdfast.usage.answer import AnswerError, Kind, read_answer, read_refusal
from holdfast.usage.credentials import CredentialError, Credentials, Key

_MOST_BYTES = 32 * 2**20  # some ten thousand claims with a day of points each
_AT_ONCE = 8  # connections to the one API
_SMALL = 256 * 2**10  # bytes; a larger answer is read beside the event loop
_NO_POST = (405, 501)  # some proxies let only GET through
_BUSY = (429, 502, 503)


class PrometheusError(AskError):
    """The API gave no answer that can be used."""


class Prometheus:
    """One API. Open inside an ``async with`` block; safe for many tasks at once."""

    def __init__(self, spec: PrometheusSpec, *, most_bytes: int = _MOST_BYTES) -> None:
        self.spec = spec
        self._base = _bare(spec.url)
        self._credentials = Credentials(spec)
        self._most = most_bytes
        self._method = "POST"
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=_AT_ONCE),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": f"holdfast/{__version__}", "Accept": "application/json"},
            timeout=aiohttp.ClientTimeout(),  # the whole request is bounded in one place, _ask
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def query(self, expression: str, *, at: float | None = None) -> Answer:
        """An instant query as of ``at``, Unix seconds; None is the server's present.

        Raises:
            PrometheusError: there was no answer that can be used.
        """
        when = {} if at is None else {"time": _spell(at)}
        return await self._ask("query", {"query": expression, **when}, "instant")

    async def query_range(self, expression: str, *, start: float, end: float, step: float) -> Answer:
        """A range query with both ends included, in seconds. Callers split what would be too much at once.

        Prometheus refuses more than 11,000 points a series.

        Raises:
            PrometheusError: there was no answer that can be used.
        """
        span = {"start": _spell(start), "end": _spell(end), "step": _spell(step)}
        return await self._ask("query_range", {"query": expression, **span}, "range")

    async def _ask(self, path: str, form: Mapping[str, str], kind: Kind) -> Answer:
        form = {**form, "timeout": f"{self.spec.timeout:g}"}  # so that the server gives up as well
        with self._translated():
            async with asyncio.timeout(self.spec.timeout):
                key = await asyncio.to_thread(self._credentials.read)
                status, headers, body = await self._send(path, form, key)
                if status != 200:
                    raise self._refusal(status, headers, body)
                if len(body) < _SMALL:
                    return read_answer(body, kind)
                return await asyncio.to_thread(read_answer, body, kind)

    async def _send(
        self, path: str, form: Mapping[str, str], key: Key
    ) -> tuple[int, Mapping[str, str], bytes]:
        status, headers, body = await self._once(self._method, path, form, key)
        if self._method == "POST" and status in _NO_POST:
            status, headers, body = await self._once("GET", path, form, key)
            if status == 200:
                self._method = "GET"
        return status, headers, body

    async def _once(
        self, method: str, path: str, form: Mapping[str, str], key: Key
    ) -> tuple[int, Mapping[str, str], bytes]:
        if self._session is None:
            raise RuntimeError("open it with `async with` before asking")
        posted = method == "POST"
        async with self._session.request(
            method,
            f"{self._base}/api/v1/{path}",
            data=form if posted else None,
            params=None if posted else form,
            headers=key.headers,
            ssl=key.tls,
            server_hostname=self.spec.tls.server_name or None if self.spec.tls else None,
            allow_redirects=False,  # to another host they would carry the credentials there
        ) as response:
            return response.status, response.headers, await self._body(response)

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        """The body, decompressed; no more of it is held than may be."""
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > self._most:
                raise self._error(
                    "too_large",
                    f"answers with more than {self._most:,} bytes; ask for fewer series with `matchers`, or aggregate",
                )
        return bytes(body)

    def _refusal(self, status: int, headers: Mapping[str, str], body: bytes) -> PrometheusError:
        """What an answer with any status but 200 means."""
        kind = read_refusal(body)
        said = f" ({kind})" if kind else ""
        if 300 <= status < 400:
            return self._error(
                "bad_answer",
                f"answers {status} and sends us to {_origin(headers)}; write the URL that answers by itself",
            )
        if status in (401, 403):
            return self._error("unauthorized", f"answers {status}{said}; {self._credentials.remedy}")
        if status == 504 or kind == "timeout":
            return self._error(
                "timeout", f"gave up on the query with {status}{said}; raise `timeout` or ask for less"
            )
        if status in _BUSY or (kind and status >= 500):
            return self._error(
                "connection", f"answers {status}{said}; see whether it is up and not overloaded"
            )
        if kind:
            return self._error(
                "query", f"refuses the query with {status}{said}; send it by hand to see why, and correct it"
            )
        return self._error(
            "bad_answer",
            f"answers {status} and not as the API does; see whether the path of the URL is right",
        )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Every error of the transport, the files and the body leaves as ours.

        None is said in the words of a library: those may quote what was sent.
        """
        try:
            yield
        except CredentialError as error:
            raise PrometheusError(error.reason, str(error)) from None
        except AnswerError as error:
            raise self._error(error.reason, str(error)) from None
        except TimeoutError:
            raise self._error(
                "timeout", f"has not answered within {self.spec.timeout:g} s; see whether it is overloaded"
            ) from None
        except (aiohttp.ClientSSLError, ssl.SSLError) as error:
            raise self._error("tls", _tls_words(error)) from None
        except (aiohttp.ClientResponseError, aiohttp.InvalidURL, ValueError):
            raise self._error(
                "bad_answer", "does not speak HTTP as we do; see whether the URL is right"
            ) from None
        except (aiohttp.ClientError, OSError) as error:
            raise self._error(
                "connection", f"cannot be reached ({_connection_words(error)}); see whether it is up"
            ) from None

    def _error(self, reason: AskReason, text: str) -> PrometheusError:
        return PrometheusError(reason, f"{self._base}: {text}")


def selector(metric: str, *matchers: Mapping[str, str]) -> str:
    """``metric{label="value"}`` with the labels of all mappings; where two name one label, both must hold."""
    pairs = [pair for mapping in matchers for pair in mapping.items()]
    asked = ",".join(f'{label}="{_escape(value)}"' for label, value in pairs)
    return f"{metric}{{{asked}}}" if asked else metric


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _spell(seconds: float) -> str:
    return f"{seconds:.3f}"


def _bare(url: str) -> str:
    """The URL without what may be a secret: it stands in texts."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))


def _origin(headers: Mapping[str, str]) -> str:
    """Where a redirection leads, without what its path or query may hold."""
    try:
        target = urlsplit(headers.get("Location", ""))
    except ValueError:
        return "no URL"
    host = target.netloc.rpartition("@")[2]
    return f"{target.scheme}://{host}" if host else "another path"


def _tls_words(error: Exception) -> str:
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    certificate = getattr(error, "certificate_error", None) or cause
    if isinstance(certificate, ssl.SSLCertVerificationError):
        return f"shows a certificate that we do not trust ({certificate.verify_message}); see `tls`"
    word = (getattr(cause, "reason", None) or "no reason told").replace("_", " ").lower()
    return f"cannot be spoken to with TLS ({word}); see `tls` and whether the URL should begin with http"


def _connection_words(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its name is not known"
    if isinstance(error, aiohttp.ClientConnectorError):
        number = error.os_error.errno  # asyncio's own words are about addresses
        return os.strerror(number).lower() if number else "no connection"
    return "the connection broke"
