"""A fake API server, a recording sink, and a cluster layer in a hurry between them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from holdfast.cluster.connect import connect
from holdfast.cluster.timing import Timing
from holdfast.cluster.watch import Cluster
from holdfast.model.feed import Feed
from tests.cluster.fake_api import FakeApi, started
from tests.cluster.recorder import Recorder

QUICK = Timing(
    connect=5.0,
    answer=5.0,
    page=5.0,
    renew=0.0,
    quiet=10.0,
    settle=0.0,
    first_look=30.0,
    discover=0.05,
    confirm=0.02,
    backoff=0.01,
    backoff_most=0.05,
    denied=0.05,
)


def hurried(**changes: float) -> Timing:
    """The same, with some of it changed."""
    return msgspec.structs.replace(QUICK, **changes)


Run = Callable[..., Awaitable[asyncio.Task[None]]]


def kubeconfig(path: Path, server: str, *, user: dict[str, Any] | None = None, **cluster: Any) -> Path:
    """A file with one context, ``test``."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "clusters": [{"name": "test", "cluster": {"server": server, **cluster}}],
        "users": [{"name": "test", "user": user or {"token": "t0"}}],
    }
    path.write_text(yaml.safe_dump(document))
    return path


@pytest.fixture
async def api() -> AsyncIterator[FakeApi]:
    api = FakeApi()
    api.serve("", "v1", "pods", "nodes")
    runner = await started(api)
    yield api
    await runner.cleanup()


@pytest.fixture
def sink() -> Recorder:
    return Recorder()


@pytest.fixture
async def run(api: FakeApi, sink: Recorder, tmp_path: Path) -> AsyncIterator[Run]:
    """Starts a cluster over the feeds; it is cancelled, and must end, with the test."""
    async with AsyncExitStack() as stack:

        async def start(feeds: Sequence[Feed], timing: Timing = QUICK, **scope: Any) -> asyncio.Task[None]:
            file = kubeconfig(tmp_path / "kubeconfig", api.url)
            connection = await stack.enter_async_context(await connect(kubeconfig=file, timing=timing))
            task = asyncio.create_task(Cluster(connection, feeds, sink, timing=timing, **scope).run())
            stack.push_async_callback(ended, task)
            return task

        yield start


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
