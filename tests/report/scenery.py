"""A small cluster for tests of what a person is told: objects of few words, and an engine that has judged them.

The instant is noon of the first of November 2026, a Sunday.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from holdfast.app.account.explain import Explanation, explain_claim
from holdfast.app.engine import Engine
from holdfast.app.sharers import find_sharers
from holdfast.model.account.explanation import FigurePart
from holdfast.model.check import CHECKS
from holdfast.model.feed import Feed, FeedState
from holdfast.model.identity import ClaimRef, ObjectKey
from holdfast.model.policy import Policy
from holdfast.model.usage import UsageSample
from holdfast.sources.table import SOURCES

Object = dict[str, Any]

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC).timestamp()
MADE = "2026-10-01T00:00:00Z"
LAST_NIGHT = "2026-11-01T03:00:00Z"


TOLD = frozenset({"invalid-annotation", "exempt-without-reason", "exempt-expired", "no-ephemeral-limit"})
FEW_CHECKS = Policy(checks_off=frozenset(CHECKS) - TOLD)
"""What scenes leave out, owners and quotas among it, is no matter of theirs."""


def engine_of(
    *objects: Object,
    now: float = NOW,
    policy: Policy | None = None,
    states: Mapping[tuple[str, str], FeedState] | None = None,
    judged_before: Iterable[float] = (),
) -> Engine:
    """An engine that has seen these objects and judged them now. ``states`` are those of feeds that are not up."""
    engine = Engine(SOURCES, policy or FEW_CHECKS)
    for feed in (feed for source in SOURCES for feed in source.feeds):
        for obj in objects:
            if (obj["apiVersion"].rpartition("/")[0], obj["kind"]) == (feed.resource.group, feed.kind):
                put(engine, feed, obj)
        state = (states or {}).get(feed.id, "up")
        engine.state(feed, state, "" if state == "up" else "as the test wants it", now)
    for instant in (*judged_before, now):
        assert engine.judge(instant)
    return engine


def explained(*objects: Object, of: str = "shop/orders", **engine: Any) -> Explanation:
    return explanation_of(engine_of(*objects, **engine), of)


def explanation_of(engine: Engine, of: str = "shop/orders") -> Explanation:
    explanation = explain_claim(engine, ClaimRef(*of.split("/")), NOW)
    assert explanation is not None
    return explanation


def gauged(engine: Engine, *samples: UsageSample) -> Engine:
    """With these samples taken in, all forecasts made, and who shares a space found."""
    engine.take_usage(samples, NOW)
    engine.take_rooms(NOW)
    find_sharers(engine, NOW)
    while engine.foretell(NOW):
        pass
    assert engine.judge(NOW)
    return engine


def usage(
    of: str = "shop/orders", *, now: float = 50.0, daily: float = 0.0, days: int = 7, **fields: Any
) -> list[UsageSample]:
    """A week of it, one an hour, the newest a minute old: per cent of 10 GiB, and how much of them came a day."""
    ref, size = ClaimRef(*of.split("/")), 10 * 2**30
    samples = []
    for hour in range(days * 24 + 1):
        used = size * (now - daily * hour / 24) / 100
        told: dict[str, Any] = {"used": used, "capacity": size, "available": size - used, "origin": "node-1"}
        samples.append(UsageSample(claim=ref, time=NOW - 60 - 3600 * hour, **told | fields))
    return samples


def figure(explanation: Explanation, name: str) -> FigurePart:
    (found,) = (each for each in explanation.figures if each.figure == name)
    return found


def objects_of(part: FigurePart) -> list[str]:
    return [f"{each.kind} {each.namespace}/{each.name}" for each in part.objects]


def put(engine: Engine, feed: Feed, obj: Object) -> None:
    metadata = obj["metadata"]
    decoded = msgspec.json.decode(msgspec.json.encode(obj), type=feed.shape)
    engine.put(feed, ObjectKey(metadata.get("namespace", ""), metadata["name"]), decoded)


def feed_of(source: str, kind: str) -> Feed:
    return next(feed for each in SOURCES for feed in each.feeds if feed.id == (source, kind))


def obj(api: str, kind: str, name: str, spec: Object | None = None, **more: Any) -> Object:
    """``more`` is ``status``, or goes into the metadata. ``name`` may be ``namespace/name``."""
    namespace, _, short = name.rpartition("/")
    status = more.pop("status", {})
    metadata = {"name": short, "uid": f"uid-of-{short}", "creationTimestamp": MADE} | more
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec or {}, "status": status}


def claim(name: str, **more: Any) -> Object:
    """A bound claim of ten gibibytes; ``annotations`` without their prefix."""
    annotations = {f"holdfast.dev/{key}": value for key, value in more.pop("annotations", {}).items()}
    amount = {"storage": "10Gi"}
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "fast",
        "volumeName": f"pv-{name.replace('/', '-')}",
        "resources": {"requests": amount},
    } | more.pop("spec", {})
    status = more.pop("status", {"phase": "Bound", "capacity": amount})
    return obj("v1", "PersistentVolumeClaim", name, spec, status=status, annotations=annotations, **more)


def volume(of: str, phase: str = "Bound", **more: Any) -> Object:
    """The volume of that claim."""
    namespace, name = of.split("/")
    spec = {
        "capacity": {"storage": "10Gi"},
        "csi": {"driver": "disk.csi.example", "volumeHandle": of},
        "storageClassName": "fast",
        "persistentVolumeReclaimPolicy": "Delete",
        "claimRef": {"namespace": namespace, "name": name, "uid": f"uid-of-{name}"},
    }
    status = {"phase": phase, "lastPhaseTransitionTime": "2026-10-22T12:00:00Z"}
    return obj("v1", "PersistentVolume", f"pv-{namespace}-{name}", spec, status=status, **more)


def pod(name: str, uses: str, phase: str = "Running", owner: tuple[str, str] | None = None) -> Object:
    """``owner`` is (kind, name)."""
    spec = {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": uses}}]}
    return obj("v1", "Pod", name, spec, status={"phase": phase}, **owned(owner))


def owned(owner: tuple[str, str] | None, api: str = "apps/v1") -> Object:
    if owner is None:
        return {}
    kind, name = owner
    return {
        "ownerReferences": [{"apiVersion": api, "kind": kind, "name": name, "uid": "o", "controller": True}]
    }


def stateful_set(name: str, template: str, replicas: int = 1, **more: Any) -> Object:
    spec = {"replicas": replicas, "volumeClaimTemplates": [{"metadata": {"name": template}}]}
    return obj("apps/v1", "StatefulSet", name, spec, **more)


def velero_schedule(name: str, namespaces: list[str], cron: str = "0 3 * * *", **spec: Any) -> Object:
    template = {"includedNamespaces": namespaces, "storageLocation": "s3", "defaultVolumesToFsBackup": True}
    spec = {"schedule": cron, "template": template} | spec
    return obj("velero.io/v1", "Schedule", f"velero/{name}", spec)


def location(name: str = "s3", phase: str = "Available") -> Object:
    status = {"phase": phase, "lastValidationTime": "2026-11-01T11:59:30Z"}
    return obj("velero.io/v1", "BackupStorageLocation", f"velero/{name}", {"default": True}, status=status)


def backup(
    name: str,
    started: str,
    namespaces: list[str],
    phase: str = "Completed",
    schedule: str = "nightly",
    **status: Any,
) -> Object:
    """A run of Velero's that backs up files."""
    spec = {"includedNamespaces": namespaces, "storageLocation": "s3", "defaultVolumesToFsBackup": True}
    status = {"phase": phase, "startTimestamp": started, "completionTimestamp": started} | status
    labels = {"velero.io/schedule-name": schedule}
    return obj(
        "velero.io/v1",
        "Backup",
        f"velero/{name}",
        spec,
        status=status,
        labels=labels,
        creationTimestamp=started,
    )


def file_copy(of: str, run: str, started: str, size: int | None = 5 * 2**30) -> Object:
    """What a run of Velero's leaves of one claim."""
    namespace, name = of.split("/")
    status: Object = {"phase": "Completed", "startTimestamp": started}
    if size is not None:
        status["progress"] = {"totalBytes": size}
    labels = {
        "velero.io/backup-name": run,
        "velero.io/backup-uid": f"uid-of-{run}",
        "velero.io/pvc-uid": f"uid-of-{name}",
    }
    return obj(
        "velero.io/v1",
        "PodVolumeBackup",
        f"velero/{run}-{name}",
        {"pod": {"namespace": namespace}},
        status=status,
        labels=labels,
        annotations={"velero.io/pvc-name": name},
        creationTimestamp=started,
    )


def snapshot(name: str, of: str, captured: str | None, *, ready: bool = True) -> Object:
    status: Object = {
        "readyToUse": ready,
        "boundVolumeSnapshotContentName": f"content-{name.replace('/', '-')}",
    }
    if captured:
        status["creationTime"] = captured
    spec = {"source": {"persistentVolumeClaimName": of}}
    return obj("snapshot.storage.k8s.io/v1", "VolumeSnapshot", name, spec, status=status)


def content(of: str) -> Object:
    namespace, name = of.split("/")
    ref = {"namespace": namespace, "name": name, "uid": f"uid-of-{name}"}
    spec = {"driver": "disk.csi.example", "deletionPolicy": "Delete", "volumeSnapshotRef": ref}
    return obj(
        "snapshot.storage.k8s.io/v1",
        "VolumeSnapshotContent",
        f"content-{namespace}-{name}",
        spec,
        status={"readyToUse": True, "creationTime": 1793500000000000000},
    )


def namespace(name: str, **more: Any) -> Object:
    annotations = {f"holdfast.dev/{key}": value for key, value in more.pop("annotations", {}).items()}
    return obj("v1", "Namespace", name, annotations=annotations, **more)


def copied(phase: str = "Completed", **status: Any) -> list[Object]:
    """A claim in use, a schedule, and last night's copy."""
    return [
        claim("shop/orders"),
        volume("shop/orders"),
        pod("shop/web", "orders"),
        velero_schedule("nightly", ["shop"]),
        backup("n1", LAST_NIGHT, ["shop"], phase=phase, **status),
        file_copy("shop/orders", "n1", LAST_NIGHT),
    ]


def shop() -> list[Object]:
    """One claim of every state, a schedule that fails, a location that is away and what is left over."""
    day = "2026-11-01T03:00:00Z"
    return [
        namespace("shop"),
        namespace("dev"),
        # in use and backed up last night
        claim("shop/data-postgres-0", annotations={"owner": "payments", "urgency": "page"}),
        volume("shop/data-postgres-0"),
        stateful_set("shop/postgres", "data"),
        pod("shop/postgres-0", "data-postgres-0", owner=("StatefulSet", "postgres")),
        velero_schedule("nightly", ["shop"]),
        location(),
        backup("nightly-1", day, ["shop"]),
        file_copy("shop/data-postgres-0", "nightly-1", day),
        # the last run failed, the one before is too old
        claim("docs/media"),
        volume("docs/media"),
        pod("docs/web-1", "media"),
        velero_schedule("docs", ["docs"], cron="30 2 * * *"),
        backup("docs-1", "2026-10-29T02:30:00Z", ["docs"], schedule="docs"),
        file_copy("docs/media", "docs-1", "2026-10-29T02:30:00Z"),
        backup("docs-2", "2026-11-01T02:30:00Z", ["docs"], phase="Failed", schedule="docs"),
        # covered since an hour, and its schedule has not come round
        claim("shop/cache", creationTimestamp="2026-11-01T11:00:00Z"),
        pod("shop/cache-0", "cache"),
        # nothing covers it, and its workload is scaled to zero
        claim("dev/data-db-0"),
        volume("dev/data-db-0"),
        stateful_set("dev/db", "data", replicas=0),
        # nobody wants it any more, though it has a fresh snapshot
        claim("dev/old-but-copied"),
        snapshot("dev/keep", "old-but-copied", "2026-11-01T06:00:00Z"),
        content("dev/keep"),
        # rebuilt at will
        claim("dev/scratch", annotations={"exempt": "rebuilt from source until=2027-06-30", "rpo": "soon"}),
        pod("dev/builder", "scratch"),
        # left over
        volume("dev/gone", phase="Released"),
    ]
