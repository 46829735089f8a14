"""HTTP to the servers of the tests: no proxies, no redirects, and a connection that is kept, for thousands of objects are made.

Here belongs plain HTTP. What a path means belongs to the module of the server.
"""

import http.client
import json
import ssl
import threading
import urllib.parse
from collections.abc import Mapping
from typing import Any

JsonObject = dict[str, Any]

_TIMEOUT = 30.0  # seconds


class Refused(OSError):
    """The server answered with an error: `status` is the HTTP code, `body` its text."""

    def __init__(self, method: str, url: str, status: int, body: str) -> None:
        super().__init__(f"{method} {url}: HTTP {status}: {body[:2000]}")
        self.status = status
        self.body = body


class Client:
    """Requests to one server; each thread keeps a connection of its own."""

    def __init__(self, url: str, tls: ssl.SSLContext | None = None) -> None:
        self.url = url
        self._address = urllib.parse.urlsplit(url).netloc
        self._tls = tls
        self._kept = threading.local()

    def call(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> bytes:
        """The body of the answer. Raises Refused for a status of 400 and above, OSError when there is no answer."""
        try:
            status, answer = self._send(method, path, body, headers or {})
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if isinstance(error, OSError):
                raise
            raise OSError(f"{method} {self.url}{path}: {error!r}") from error
        if status >= 400:
            raise Refused(method, self.url + path, status, answer.decode(errors="replace"))
        return answer

    def close(self) -> None:
        """Closes this thread's connection; the next call opens another."""
        connection: http.client.HTTPConnection | None = self._kept.__dict__.pop("connection", None)
        if connection is not None:
            connection.close()

    def _send(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        kept: http.client.HTTPConnection | None = self._kept.__dict__.get("connection")
        if kept is not None:
            try:
                return _exchange(kept, method, path, body, headers)
            except (ConnectionError, ssl.SSLEOFError, http.client.BadStatusLine):
                self.close()  # the server had closed the idle connection: it has not seen this request
        self._kept.connection = self._open()
        return _exchange(self._kept.connection, method, path, body, headers)

    def _open(self) -> http.client.HTTPConnection:
        if self._tls is not None:
            return http.client.HTTPSConnection(self._address, context=self._tls, timeout=_TIMEOUT)
        return http.client.HTTPConnection(self._address, timeout=_TIMEOUT)


def _exchange(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes | None,
    headers: Mapping[str, str],
) -> tuple[int, bytes]:
    connection.request(method, path, body=body, headers=dict(headers))
    answer = connection.getresponse()
    return answer.status, answer.read()


def call(url: str, *, method: str = "GET", tls: ssl.SSLContext | None = None) -> bytes:
    """One request on a connection of its own. Raises as Client.call."""
    parts = urllib.parse.urlsplit(url)
    client = Client(f"{parts.scheme}://{parts.netloc}", tls)
    try:
        return client.call(method, parts.path + (f"?{parts.query}" if parts.query else ""))
    finally:
        client.close()


def call_json(url: str) -> Any:
    """The decoded answer of a plain GET. Raises as `call`, and ValueError for what is no JSON."""
    return json.loads(call(url))
