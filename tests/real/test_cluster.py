"""The cluster layer against a real API server: what the server holds is what the sink holds, come what may.

Here belongs what only a real server shows. Faults that can be made at will are in tests/cluster.
"""

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest

from holdfast.cluster import listing
from holdfast.cluster.connect import connect
from holdfast.cluster.timing import Timing
from holdfast.cluster.watch import Cluster
from holdfast.model.feed import Feed, Resource
from tests.cluster.recorder import Recorder, Thing, feed
from tests.real.apiserver import ApiServer
from tests.real.web import Client, JsonObject

pytestmark = pytest.mark.real

TIMING = Timing(discover=0.5, confirm=0.3, denied=0.3, backoff=0.05, backoff_most=0.5)
HASTY = Timing(
    discover=0.5, confirm=0.3, backoff=0.05, backoff_most=0.5, watch=1.0, watch_unmarked=1.0, settle=0.1
)

CLAIMS = Resource(group="", versions=("v1",), plural="persistentvolumeclaims", kind="PersistentVolumeClaim")
CLASSES = Resource(
    group="storage.k8s.io", versions=("v1",), plural="storageclasses", kind="StorageClass", namespaced=False
)
DRILLS = Resource(group="example.org", versions=("v1",), plural="drills", kind="Drill")

Run = Callable[..., Awaitable[Recorder]]


def claim(namespace: str, name: str) -> JsonObject:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }


def drop_claim(server: ApiServer, namespace: str, name: str) -> None:
    server.delete(claim(namespace, name), force=True)  # the protection finalizer waits for a controller


def names_in(sink: Recorder, namespace: str, source: str = "core") -> list[str]:
    return sorted(key.name for key in sink.objects.get(source, {}) if key.namespace == namespace)


@pytest.fixture
async def run(tmp_path: Path) -> AsyncIterator[Run]:
    """Starts a cluster over the feeds on a server, as its administrator or as whoever the token is."""
    async with AsyncExitStack() as stack:

        async def start(
            server: ApiServer,
            feeds: Sequence[Feed],
            timing: Timing = TIMING,
            token: str | None = None,
            sink: Recorder | None = None,
            **scope: Any,
        ) -> Recorder:
            file = server.kubeconfig(tmp_path / "kubeconfig", token)
            connection = await stack.enter_async_context(await connect(kubeconfig=file, timing=timing))
            sink = sink or Recorder()
            task = asyncio.create_task(Cluster(connection, feeds, sink, timing=timing, **scope).run())

            async def end() -> None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

            stack.push_async_callback(end)
            return sink

        yield start


async def test_what_the_server_holds_is_what_the_sink_holds(
    api_server: ApiServer, namespace: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Listed in pages, then followed: created, changed and deleted claims."""
    monkeypatch.setattr(listing, "PAGE_OBJECTS", 2)
    for number in range(5):
        api_server.create(claim(namespace, f"c{number}"))
    sink = await run(api_server, [feed("core", CLAIMS)])
    await sink.until(lambda: sink.now("core") == "up")
    assert names_in(sink, namespace) == ["c0", "c1", "c2", "c3", "c4"]
    api_server.create(claim(namespace, "new"))
    drop_claim(api_server, namespace, "c0")
    await sink.until(lambda: names_in(sink, namespace) == ["c1", "c2", "c3", "c4", "new"])
    assert sink.states["core"] == ["starting", "up"]


async def test_watches_end_and_the_feed_stays_up(api_server: ApiServer, namespace: str, run: Run) -> None:
    """The server ends a watch when its time is over, with a bookmark: nothing is listed again, no error is counted."""
    sink = await run(api_server, [feed("core", CLAIMS)], HASTY)
    await sink.until(lambda: sink.now("core") == "up")
    await asyncio.sleep(3)
    api_server.create(claim(namespace, "late"))
    await sink.until(lambda: names_in(sink, namespace) == ["late"])
    assert sink.states["core"] == ["starting", "up"]
    assert not sink.errors


async def test_a_right_is_missed_and_then_granted(api_server: ApiServer, namespace: str, run: Run) -> None:
    """A service account without a role is forbidden; with one it is up, in the one namespace that it may read."""
    api_server.create(claim(namespace, "c"))
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"namespace": namespace, "name": "me"},
    }
    api_server.create(account)
    token = api_server.service_account_token(namespace, "me")
    feeds = [feed("core", CLAIMS), feed("classes", CLASSES)]
    sink = await run(api_server, feeds, token=token, namespaces=[namespace])
    await sink.until(lambda: sink.now("core") == "forbidden")
    assert "cannot list resource" in sink.messages["core"]
    role = {"apiGroups": [""], "resources": ["persistentvolumeclaims"], "verbs": ["list", "watch"]}
    metadata = {"namespace": namespace, "name": "reader"}
    rbac = "rbac.authorization.k8s.io"
    api_server.create({"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": metadata, "rules": [role]})
    api_server.create(
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "reader"},
            "subjects": [{"kind": "ServiceAccount", "name": "me", "namespace": namespace}],
        }
    )
    await sink.until(lambda: sink.now("core") == "up")
    assert sink.names("core") == [f"{namespace}/c"]
    assert sink.states["core"] == ["starting", "forbidden", "up"]
    assert sink.now("classes") == "out_of_scope"


async def test_a_definition_appears_and_goes(api_server: ApiServer, namespace: str, run: Run) -> None:
    """A custom resource is not_installed, then up with its objects, then not_installed without them."""
    sink = await run(api_server, [feed("core", CLAIMS), feed("drills", DRILLS)])
    await sink.until(lambda: sink.now("drills") == "not_installed" and sink.now("core") == "up")
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "drills.example.org"},
        "spec": {
            "group": "example.org",
            "scope": "Namespaced",
            "names": {"plural": "drills", "kind": "Drill"},
            "versions": [
                {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
            ],
        },
    }
    api_server.create_crd(definition)
    drill = {
        "apiVersion": "example.org/v1",
        "kind": "Drill",
        "metadata": {"namespace": namespace, "name": "d"},
    }
    api_server.create({**drill, "size": 3})
    await sink.until(lambda: names_in(sink, namespace, "drills") == ["d"])
    await sink.until(lambda: sink.now("drills") == "up")
    api_server.create({**drill, "metadata": {"namespace": namespace, "name": "odd"}, "size": "three"})
    await sink.until(lambda: sink.odd.get("drills"))
    api_server.delete(definition)
    await sink.until(lambda: sink.now("drills") == "not_installed")
    assert sink.names("drills") == []
    assert sink.odd["drills"] == {}
    assert sink.states["core"] == ["starting", "up"]


@pytest.fixture
def dead_group(api_server: ApiServer) -> Iterator[str]:
    """An API group whose server, behind the API server, is not there."""
    name = "v1alpha1.actions.kio.kasten.io"
    spec = {
        "group": "actions.kio.kasten.io",
        "version": "v1alpha1",
        "groupPriorityMinimum": 1000,
        "versionPriority": 15,
        "insecureSkipTLSVerify": True,
        "service": {"namespace": "default", "name": "gone", "port": 443},
    }
    service = {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": name},
        "spec": spec,
    }
    api_server.create(service)
    yield "actions.kio.kasten.io"
    api_server.delete(service)


async def test_an_aggregated_api_that_is_down_blinds_nobody_else(
    api_server: ApiServer, namespace: str, run: Run, dead_group: str
) -> None:
    """Its polled feed is failing, not not_installed; claims are listed and watched as ever."""
    resource = Resource(group=dead_group, versions=("v1alpha1",), plural="backupactions", kind="BackupAction")
    polled = Feed(source="kasten", resource=resource, shape=Thing, read=lambda _: (), poll=0.2)
    sink = await run(api_server, [feed("core", CLAIMS), polled], Timing(discover=0.5, first_look=3.0))
    await sink.until(lambda: sink.now("kasten") == "failing" and sink.now("core") == "up")
    api_server.create(claim(namespace, "c"))
    await sink.until(lambda: names_in(sink, namespace) == ["c"])
    assert sink.states["core"] == ["starting", "up"]
    assert "not_installed" not in sink.states["kasten"]


async def test_a_real_server_can_be_polled(api_server: ApiServer, namespace: str, run: Run) -> None:
    """A list every so often tells the same as a watch: what appears, and what is gone."""
    sink = await run(
        api_server, [Feed(source="core", resource=CLAIMS, shape=Thing, read=lambda _: (), poll=0.2)]
    )
    await sink.until(lambda: sink.now("core") == "up")
    api_server.create(claim(namespace, "c"))
    await sink.until(lambda: names_in(sink, namespace) == ["c"])
    drop_claim(api_server, namespace, "c")
    await sink.until(lambda: names_in(sink, namespace) == [])
    assert sink.states["core"] == ["starting", "up"]


# -- servers of their own: these tests harm them


class Fragile(ApiServer):
    """An API server whose history can be compacted, and which can be killed and started again."""

    etcd = ""

    def _start_server(self, stack: ExitStack, etcd: str) -> None:
        self.etcd = etcd
        super()._start_server(stack, etcd)

    def compact(self) -> None:
        """Nothing before the present revision can be read or watched from any more."""
        etcd = Client(self.etcd)
        revision = json.loads(etcd.call("POST", "/v3/maintenance/status", body=b"{}"))["header"]["revision"]
        body = json.dumps({"revision": revision, "physical": True}).encode()
        etcd.call("POST", "/v3/kv/compaction", body=body)
        etcd.close()

    def kill(self) -> None:
        """The server alone, with no chance to end its watches."""
        port = self.url.rpartition(":")[2]
        for process in psutil.process_iter(["name", "cmdline"]):
            if process.info["name"] == "kube-apiserver" and port in (process.info["cmdline"] or ()):
                os.kill(process.pid, signal.SIGKILL)
                process.wait(10)

    def start_again(self, stack: ExitStack) -> None:
        self._start_server(stack, self.etcd)


@pytest.fixture
def forgetful() -> Iterator[Fragile]:
    """Without its cache in memory, the server reads what etcd still has."""
    with Fragile(flags=("--watch-cache=false",)) as server:
        yield server


async def test_a_compacted_history_leaves_no_gap(forgetful: Fragile, run: Run) -> None:
    """What happened between a watch's end and its resumption is gone from history: a new list tells it."""
    space = forgetful.namespace("t")
    for name in ("kept", "lost"):
        forgetful.create(claim(space, name))
    sink = await run(forgetful, [feed("core", CLAIMS)], HASTY)
    await sink.until(lambda: sink.now("core") == "up")
    time.sleep(3)  # noqa: ASYNC251 - the loop must stand still: the watch ends and is not resumed
    drop_claim(forgetful, space, "lost")
    forgetful.create(claim(space, "new"))
    forgetful.compact()
    await sink.until(lambda: names_in(sink, space) == ["kept", "new"])
    assert sink.errors["core", "gone"] >= 1
    assert sink.states["core"] == ["starting", "up"]


async def test_a_list_that_outlives_its_token_begins_anew(
    forgetful: Fragile, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A compaction between two pages ends the token of the next; what went meanwhile does not stay behind."""
    monkeypatch.setattr(listing, "PAGE_OBJECTS", 1)
    space = forgetful.namespace("t")
    for number in range(6):
        forgetful.create(claim(space, f"c{number}"))
    compacted: list[str] = []

    class Compacting(Recorder):
        def put(self, feed: Feed, key: Any, obj: Any) -> None:
            super().put(feed, key, obj)
            if not compacted:
                compacted.append(key)
                drop_claim(forgetful, space, "c0")
                forgetful.compact()

    sink = await run(forgetful, [feed("core", CLAIMS)], sink=Compacting())
    await sink.until(lambda: sink.now("core") == "up")
    assert names_in(sink, space) == ["c1", "c2", "c3", "c4", "c5"]
    assert sink.errors == {("core", "gone"): 1}


async def test_a_server_that_is_killed_and_comes_back(run: Run) -> None:
    """Failing at once with the facts kept; up again, with what changed since, when the server is back."""
    with Fragile() as server, ExitStack() as later:
        space = server.namespace("t")
        server.create(claim(space, "old"))
        sink = await run(server, [feed("core", CLAIMS)])
        await sink.until(lambda: names_in(sink, space) == ["old"] and sink.now("core") == "up")
        server.kill()
        await sink.until(lambda: sink.now("core") == "failing")
        assert names_in(sink, space) == ["old"]
        server.start_again(later)
        drop_claim(server, space, "old")
        server.create(claim(space, "new"))
        await sink.until(lambda: names_in(sink, space) == ["new"] and sink.now("core") == "up")
        assert sink.states["core"][:3] == ["starting", "up", "failing"]
