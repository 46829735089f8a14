"""Requests to the API server as its administrator: create, resize, list. Failures carry its own words.

Nothing is known here of what objects mean. The server's limits on concurrency do not hold for administrators.
"""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from bench.scale.fleet import Body, Made

_TIMEOUT = aiohttp.ClientTimeout(total=120)
_BUFFER = 1 << 20  # bytes; a small one would make reading dearer than it need be


class BenchError(Exception):
    """The bench cannot go on; the text says why."""


class _Metadata(msgspec.Struct, rename="camel"):
    uid: str
    resource_version: str


class _Stored(msgspec.Struct):
    metadata: _Metadata


_STORED = msgspec.json.Decoder(_Stored)


class Api:
    """Requests over connections that are kept."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def create(self, made: Made) -> int:
        """Creates the object with its status, and then what stands on it; returns how many objects."""
        objects, following = 0, made
        while True:
            answer = await self.send("POST", following.collection, following.body)
            stored = _STORED.decode(answer).metadata
            if following.status is not None:
                metadata = following.body["metadata"] | {"resourceVersion": stored.resource_version}
                body = following.body | {"metadata": metadata, "status": following.status}
                await self.send("PUT", f"{following.collection}/{following.name}/status", body)
            objects += 1
            if following.then is None:
                return objects
            following = following.then(stored.uid)

    async def resize(self, namespace: str, claim: str, mebibytes: int) -> None:
        path = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/{claim}"
        change = {"spec": {"resources": {"requests": {"storage": f"{mebibytes}Mi"}}}}
        await self.send("PATCH", path, change, content_type="application/merge-patch+json")

    async def send(
        self, method: str, path: str, body: Body, *, content_type: str = "application/json"
    ) -> bytes:
        """The body of the answer. Raises BenchError."""
        data, headers = msgspec.json.encode(body), {"Content-Type": content_type}
        async with self._session.request(method, path, data=data, headers=headers) as answer:
            text = await answer.read()
            if answer.status >= 300:
                raise BenchError(
                    f"{method} {path}: HTTP {answer.status}: {text[:500].decode(errors='replace')}"
                )
            return text

    async def page(self, path: str, limit: int, token: str) -> bytes | None:
        """One page of a list, None where the kind is not served. Raises BenchError."""
        query = {"limit": str(limit)} | ({"continue": token} if token else {})
        async with self._session.get(path, params=query) as answer:
            body = await answer.read()
            if answer.status == 404:
                return None
            if answer.status >= 300:
                raise BenchError(f"GET {path}: HTTP {answer.status}: {body[:500].decode(errors='replace')}")
            return body


@asynccontextmanager
async def connect(url: str, authority: Path, token: str, *, connections: int) -> AsyncIterator[Api]:
    # Plain answers, as the exporter asks for: compressing would cost the server more than loopback does.
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
    }
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=authority), limit=connections)
    options: dict[str, Any] = {"connector": connector, "timeout": _TIMEOUT, "read_bufsize": _BUFFER}
    async with aiohttp.ClientSession(url, headers=headers, **options) as session:
        yield Api(session)
