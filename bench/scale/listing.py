"""The bare client: lists what the exporter lists, in pages, and drops the bytes: the floor for "complete".

The kinds come from the exporter's own table of feeds, so that the two can never differ. Nothing is decoded.
"""

import re
import time
from collections.abc import Iterator

import msgspec

from bench.scale.api import Api
from holdfast.sources.table import SOURCES

_PAGE = 500  # objects, as the exporter asks for
_HEAD = 4096  # bytes of a page in which its metadata stand: the API server writes them before the items
_CONTINUE = re.compile(rb'"continue":"([^"]+)"')


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """How long one round of lists took, and the bytes that came."""

    seconds: float
    bytes: int


def paths() -> Iterator[str]:
    """Where each resource of any feed is listed, each once."""
    seen = dict.fromkeys(feed.resource for source in SOURCES for feed in source.feeds)
    for resource in {(one.group, one.plural): one for one in seen}.values():
        prefix = f"/apis/{resource.group}" if resource.group else "/api"
        yield f"{prefix}/{resource.versions[0]}/{resource.plural}"


async def list_all(api: Api) -> Listed:
    """One kind and one page after the other; a kind that is not served is left out. Raises BenchError."""
    began, size = time.perf_counter(), 0
    for path in paths():
        token = ""
        while (page := await api.page(path, _PAGE, token)) is not None:
            size += len(page)
            found = _CONTINUE.search(page, 0, _HEAD)
            if found is None:
                break
            token = found[1].decode()
    return Listed(seconds=time.perf_counter() - began, bytes=size)
