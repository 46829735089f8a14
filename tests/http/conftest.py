"""A server for the canned site on loopback, and authorities; what they are belongs to ``stand``."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from prometheus_client import CollectorRegistry

from holdfast.http import About, Address, HttpOptions, Measures, SourceLine, WebFile, serve_http
from holdfast.metrics.process import Collectors
from holdfast.settings import load_web_settings
from tests.http.stand import Authority, CannedSite, Serve, Served


@pytest.fixture
def site() -> CannedSite:
    return CannedSite(
        page=About(
            version="1.2.3",
            cluster="prod <eu>",
            sources=[SourceLine(source="velero", kind="Backup", state="forbidden", detail="<b>no</b>")],
        )
    )


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def measures(registry: CollectorRegistry) -> Measures:
    counts = Collectors(registry)
    return Measures(requests=counts.http_requests, duration=counts.http_duration, sent=counts.http_sent)


@pytest.fixture
async def serve(site: CannedSite, measures: Measures) -> AsyncIterator[Serve]:
    """Starts a server on free loopback ports, with a web configuration file if one is named."""
    async with AsyncExitStack() as stack:

        async def start(web: Path | None = None) -> Served:
            options = HttpOptions(
                listen=(Address("127.0.0.1", 0),),
                probe=Address("127.0.0.1", 0),
                web=WebFile(path=web, load=load_web_settings) if web else None,
                poll=0.05,
            )
            bound = await stack.enter_async_context(serve_http(site, options, measures))
            client = aiohttp.ClientSession(
                auto_decompress=False, skip_auto_headers=["Accept", "Accept-Encoding"]
            )
            return Served(bound=bound, client=await stack.enter_async_context(client))

        yield start


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "stranger")
