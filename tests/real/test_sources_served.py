"""All sources over a real API server that serves every kind that they read, and what happens when it stops to.

Objects are the fixtures of the sources. What a cluster says and what its dump says must be the same.
"""

import asyncio
import copy
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from holdfast.cluster.connect import connect
from holdfast.cluster.timing import Timing
from holdfast.cluster.watch import Cluster
from holdfast.model.feed import Feed, Resource
from holdfast.model.generic import ClaimsSpec, GenericSpec, KindSpec, PlanSpec
from holdfast.sources.generic import build_generic
from holdfast.sources.table import SOURCES
from tests.cluster.recorder import Recorder, feed
from tests.real.apiserver import ApiServer
from tests.real.definitions import definition, definitions
from tests.real.exporter import Exporter
from tests.real.process import wait_for
from tests.real.web import JsonObject, Refused
from tests.sources.crd_schema import read_objects

pytestmark = pytest.mark.real

FIXTURES = Path(__file__).resolve().parents[1] / "sources" / "fixtures"
FEEDS = [each for source in SOURCES for each in source.feeds]
RESOURCES = {(each.resource.group, each.kind): each.resource for each in FEEDS}


def group_of(obj: JsonObject) -> str:
    return str(obj["apiVersion"]).rpartition("/")[0]


def fixtures() -> Iterator[JsonObject]:
    """Each object once, by kind and name: the first of several situations; of kinds that a source of the table reads."""
    seen = set()
    for path in sorted(FIXTURES.rglob("*.yaml")):
        for obj in read_objects(path) if "damaged" not in str(path) else ():
            metadata = obj["metadata"]
            key = (group_of(obj), obj["kind"], metadata.get("namespace", ""), metadata["name"])
            if key[:2] in RESOURCES and key not in seen:
                seen.add(key)
                yield obj


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    """An API server with all definitions and all fixtures."""
    made = definitions(each.resource for each in FEEDS)
    with ApiServer() as api:
        for each in made:
            api.create(each)
        for each in made:
            wait_until_served(api, each)
        refused = [
            f"{obj['kind']} {obj['metadata']['name']}: {why}"
            for obj in fixtures()
            if (why := create(api, obj))
        ]
        assert refused == []
        yield api


def wait_until_served(api: ApiServer, made: JsonObject) -> None:
    spec = made["spec"]
    for version in spec["versions"]:
        if version["served"]:
            look = partial(listed, api, f"{spec['group']}/{version['name']}", spec["names"]["kind"])
            wait_for(f"{made['metadata']['name']} served", look, lambda seen: seen is not None)


def listed(api: ApiServer, api_version: str, kind: str) -> list[JsonObject] | None:
    """None while the server cannot tell."""
    try:
        return api.list(api_version, kind)
    except LookupError:
        return None
    except Refused as error:
        if error.status in (404, 429):  # 429: its storage is being made
            return None
        raise


_OWN = ("uid", "creationTimestamp", "deletionTimestamp", "resourceVersion", "generation")


def create(api: ApiServer, obj: JsonObject) -> str:
    """As it stands in the fixture, but for what a server says itself. Returns why it was refused, if it was."""
    metadata = {k: v for k, v in obj["metadata"].items() if k not in _OWN}
    namespace = metadata.get("namespace", "")
    if namespace and namespace not in {each["metadata"]["name"] for each in api.list("v1", "Namespace")}:
        api.namespace(namespace)
    resource = RESOURCES[group_of(obj), obj["kind"]]
    version = obj["apiVersion"].rpartition("/")[2]
    if version not in resource.versions:  # older than what we read: served as what we read, by conversion
        version = resource.versions[0]
    body = {**obj, "apiVersion": "/".join(filter(None, (resource.group, version))), "metadata": metadata}
    status = body.pop("status", None)
    if resource.group == "batch":
        body["spec"] = runnable(body.get("spec", {}), cron=obj["kind"] == "CronJob")
        status = concluded(status) if obj["kind"] == "Job" else status
    try:
        api.create(body, status)
    except Refused as error:
        return str(error)
    return ""


def runnable(spec: JsonObject, *, cron: bool) -> JsonObject:
    """The spec of a Job or CronJob with a pod that a server takes: no fixture is about that."""
    spec = copy.deepcopy(spec)
    job = spec.setdefault("jobTemplate", {}).setdefault("spec", {}) if cron else spec
    pod = job.setdefault("template", {}).setdefault("spec", {})
    pod.setdefault("restartPolicy", "Never")
    for container in pod.setdefault("containers", [{"name": "main"}]):
        container.setdefault("image", "main")
    return spec


_BEFORE = {"Complete": "SuccessCriteriaMet", "Failed": "FailureTarget"}


def concluded(status: JsonObject | None) -> JsonObject | None:
    """With the condition that a server of today wants before a Job's last; older ones wrote none."""
    met = {each["type"]: each for each in (status or {}).get("conditions") or ()}
    missing = [
        {**met[last], "type": first} for last, first in _BEFORE.items() if last in met and first not in met
    ]
    return {**status, "conditions": [*missing, *met.values()]} if status and missing else status


def held(api: ApiServer, resource: Resource) -> list[JsonObject]:
    version = "/".join(filter(None, (resource.group, resource.versions[0])))
    return api.list(version, resource.kind)


# -- all of them


def test_every_source_is_up_and_holds_what_there_is(server: ApiServer, tmp_path: Path) -> None:
    """Each kind of each source, and as many objects as the server lists."""
    expected = {each.id: len(held(server, each.resource)) for each in FEEDS}
    with Exporter(server.kubeconfig(tmp_path / "config")) as running:
        up = {
            labels(row, "source", "kind")
            for row in running.rows("holdfast_source_state", 'state="up"', "} 1")
        }
        objects = {
            labels(row, "source", "kind"): int(row.rpartition(" ")[2])
            for row in running.rows("holdfast_source_objects")
        }
    assert up == {each.id for each in FEEDS}
    assert objects == expected
    assert all(expected[each.id] for each in FEEDS if has_fixture(each)), (
        "a kind with a fixture has an object"
    )


def has_fixture(feed: Feed) -> bool:
    return any((group_of(obj), obj["kind"]) == (feed.resource.group, feed.kind) for obj in fixtures())


def labels(row: str, *names: str) -> tuple[str, ...]:
    return tuple(re.findall(rf'{name}="([^"]*)"', row)[0] for name in names)


def test_a_cluster_says_what_its_dump_says(server: ApiServer, tmp_path: Path) -> None:
    """The families about objects, byte for byte, at one instant."""
    resources = dict.fromkeys(each.resource for each in FEEDS)
    items = [obj for resource in resources for obj in held(server, resource)]
    dump = tmp_path / "dump"
    dump.mkdir()
    (dump / "all.yaml").write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": items}))
    now = str(time.time() + 3600)
    live = report("--kubeconfig", server.kubeconfig(tmp_path / "config"), "--now", now)
    assert live == report("--from", dump, "--now", now)
    assert "holdfast_pvc_backup_timestamp_seconds{" in live


def report(*arguments: str | Path) -> str:
    command = [sys.executable, "-m", "holdfast", "report", "--format", "prometheus", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


# -- what changes while we run

TIMING = Timing(
    discover=0.5, confirm=0.3, denied=0.3, backoff=0.05, backoff_most=0.5, watch=1.0, watch_unmarked=1.0
)
Run = Callable[..., Any]


@pytest.fixture
async def run(tmp_path: Path) -> AsyncIterator[Run]:
    """Reads feeds from a server, as its administrator or as whoever the token is."""
    async with AsyncExitStack() as stack:

        async def start(api: ApiServer, feeds: list[Feed], token: str | None = None) -> Recorder:
            file = api.kubeconfig(tmp_path / "kubeconfig", token)
            connection = await stack.enter_async_context(await connect(kubeconfig=file, timing=TIMING))
            sink = Recorder()
            task = asyncio.create_task(Cluster(connection, feeds, sink, timing=TIMING).run())

            async def end() -> None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

            stack.push_async_callback(end)
            return sink

        yield start


VAULTS = Resource(group="acme.example", versions=("v1", "v1beta1"), plural="vaults", kind="Vault")


def vault(namespace: str, name: str, version: str = "v1") -> JsonObject:
    metadata = {"namespace": namespace, "name": name}
    return {"apiVersion": f"acme.example/{version}", "kind": "Vault", "metadata": metadata}


@pytest.fixture
def vaults(api_server: ApiServer) -> Iterator[JsonObject]:
    """The definition of vaults, at two versions."""
    made = definition(VAULTS, ["v1beta1", "v1"])
    api_server.create(made)
    wait_until_served(api_server, made)
    yield made
    api_server.delete(made)
    wait_for(
        "no vaults", lambda: listed(api_server, "acme.example/v1beta1", "Vault"), lambda seen: seen is None
    )


async def test_a_version_that_is_no_longer_served(
    api_server: ApiServer, namespace: str, vaults: JsonObject, run: Run
) -> None:
    """The objects are read at the version that is left, and none is dropped."""
    api_server.create(vault(namespace, "a"))
    sink = await run(api_server, [feed("acme", VAULTS)])
    await sink.until(lambda: sink.now("acme") == "up")
    api_server.patch(vaults, {"spec": definition(VAULTS, ["v1beta1", "v1"], served=["v1beta1"])["spec"]})
    wait_for("v1 gone", lambda: listed(api_server, "acme.example/v1", "Vault"), lambda seen: seen is None)
    api_server.create(vault(namespace, "b", "v1beta1"))
    await sink.until(lambda: sink.names("acme") == [f"{namespace}/a", f"{namespace}/b"])
    await sink.until(lambda: sink.now("acme") == "up")
    assert "not_installed" not in sink.states["acme"]
    assert ("drop", "acme", "a") not in sink.calls


async def test_a_right_that_is_withdrawn_and_given_back(
    api_server: ApiServer, namespace: str, vaults: JsonObject, run: Run
) -> None:
    """Forbidden when the watch must be begun anew; what was known is kept, and read again when it may be."""
    api_server.create(vault(namespace, "a"))
    token, binding = reader(api_server, namespace)
    sink = await run(api_server, [feed("acme", VAULTS)], token)
    await sink.until(lambda: sink.now("acme") == "up")
    api_server.delete(binding)
    await sink.until(lambda: sink.now("acme") == "forbidden")
    api_server.create(vault(namespace, "b"))
    assert sink.names("acme") == [f"{namespace}/a"]
    api_server.create(binding)
    await sink.until(lambda: sink.now("acme") == "up")
    await sink.until(lambda: sink.names("acme") == [f"{namespace}/a", f"{namespace}/b"])


def reader(api: ApiServer, namespace: str) -> tuple[str, JsonObject]:
    """The token of an account that may read vaults, and the binding by which it may."""
    rbac, name = "rbac.authorization.k8s.io", f"reader-{namespace}"
    rules = [{"apiGroups": ["acme.example"], "resources": ["vaults"], "verbs": ["list", "watch"]}]
    api.create(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"namespace": namespace, "name": name}}
    )
    api.create(
        {"apiVersion": f"{rbac}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules}
    )
    binding = {
        "apiVersion": f"{rbac}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
    }
    api.create(binding)
    return api.service_account_token(namespace, name), binding


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({}, ""),
        ({"kind": "Safe"}, "vaults.acme.example has objects of kind Vault, not Safe; correct kind in"),
        (
            {"namespaced": False},
            "the objects of vaults.acme.example are in namespaces; correct namespaced in",
        ),
        (
            {"versions": ("v2",)},
            "served only as v1, v1beta1, which this source does not read; add one to versions in",
        ),
        ({"resource": "safes"}, "not_installed"),
    ],
    ids=["rightly", "kind", "scope", "version", "absent"],
)
async def test_what_an_owner_told_is_held_against_the_server(
    told: dict[str, Any], message: str, api_server: ApiServer, vaults: JsonObject, run: Run
) -> None:
    """A generic source of another kind, scope or version fails and says what there is; an absent one is not installed."""
    plan = PlanSpec(claims=ClaimsSpec(names="spec.claim"), cron="spec.cron")
    kind = {
        "group": "acme.example",
        "versions": ("v1",),
        "resource": "vaults",
        "kind": "Vault",
        "plan": plan,
        **told,
    }
    source = build_generic(GenericSpec(name="acme", kinds=(KindSpec(**kind),)))
    sink = await run(api_server, list(source.feeds))
    await sink.until(lambda: sink.now("acme") not in ("", "starting"))
    if not message or message == "not_installed":
        assert sink.now("acme") == (message or "up")
    else:
        assert sink.now("acme") == "failing"
        assert sink.messages["acme"].startswith(message)
