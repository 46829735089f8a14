"""The csi-snapshot source: snapshot objects in, facts and copies out."""

import copy
from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model.facts import NO_ANNOTATIONS, Claim, Fact
from holdfast.model.identity import ClaimRef, ObjectKey, ObjectRef, Owner
from holdfast.model.protection import Copy, Coverage
from holdfast.model.snapshots import Snapshot, SnapshotClass, SnapshotContent
from holdfast.sources.csi_snapshot import SOURCE, cover
from holdfast.sources.values import parse_time
from tests.sources.damage import GARBAGE, NEEDED, Place, places, put
from tests.sources.facts import NoRolls, TableFacts

FIXTURES = Path(__file__).parent / "fixtures" / "csi_snapshot"
FEEDS = {feed.kind: feed for feed in SOURCE.feeds}
SITUATIONS = {path.stem: yaml.safe_load(path.read_text()) for path in sorted(FIXTURES.glob("*.yaml"))}
OBJECTS = list(SITUATIONS.values())
CLAIM = Claim(
    ref=ClaimRef("shop", "data-postgres-0"),
    uid="6b1d5c0e",
    created=0.0,
    labels={},
    annotations=NO_ANNOTATIONS,
    storage_class="gp3",
    volume="pvc-6b1d5c0e",
    volume_mode="Filesystem",
    access_modes=("ReadWriteOnce",),
    requested=None,
    capacity=None,
    phase="Bound",
)


def at(text: str) -> float:
    seconds = parse_time(text)
    assert seconds is not None
    return seconds


def fixture(name: str) -> Any:
    return copy.deepcopy(SITUATIONS[name])


def read(obj: Any) -> Any:
    """What becomes of an object on its way in: encoded as the API server would, decoded, read."""
    feed = FEEDS[obj["kind"]]
    (record,) = feed.read(msgspec.json.decode(msgspec.json.encode(obj), type=feed.shape))
    return record


def minimal(kind: str, **rest: Any) -> Any:
    return {"kind": kind, "metadata": {"name": "x", "namespace": "shop"}} | rest


def copies(*objects: Any, unseen: Collection[type[Fact]] = ()) -> tuple[Copy, ...]:
    """The copies of the claim that these objects are; plans and failures a snapshot never shows."""
    coverage = cover(CLAIM, TableFacts(map(read, objects), unseen=unseen), NoRolls())
    assert coverage == Coverage(source="csi-snapshot", copies=coverage.copies)
    return coverage.copies


def test_feeds() -> None:
    """Both served versions of the three kinds are read, and the source could hold copies."""
    resources = [feed.resource for feed in SOURCE.feeds]
    assert [(resource.plural, resource.namespaced) for resource in resources] == [
        ("volumesnapshots", True),
        ("volumesnapshotcontents", False),
        ("volumesnapshotclasses", False),
    ]
    assert {resource.group for resource in resources} == {"snapshot.storage.k8s.io"}
    assert {resource.versions for resource in resources} == {("v1", "v1beta1")}
    assert SOURCE.protects


def test_ready_snapshot() -> None:
    """A snapshot tells which claim it was cut from, when its data was captured, and that it is ready."""
    assert read(fixture("ready-snapshot")) == Snapshot(
        namespace="shop",
        name="before-upgrade",
        uid="aaaaaaaa-0000-4000-8000-000000000001",
        created=at("2026-10-31T20:00:00Z"),
        source_claim="data-postgres-0",
        source_content="",
        content="snapcontent-aaaaaaaa",
        snapshot_class="ebs",
        ready=True,
        captured=at("2026-10-31T20:00:03Z"),
        size=12 * 2**30,
        error=False,
    )


def test_failing_snapshot() -> None:
    """A snapshot that fails tells since when, to which group it belongs and who wants it."""
    assert read(fixture("failing-snapshot")) == Snapshot(
        namespace="shop",
        name="nightly-x7k2p",
        uid="aaaaaaaa-0000-4000-8000-000000000002",
        created=at("2026-10-31T21:00:00Z"),
        source_claim="data-postgres-0",
        source_content="",
        content="snapcontent-bbbbbbbb",
        snapshot_class="",
        ready=False,
        captured=None,
        size=None,
        error=True,
        error_since=at("2026-10-31T21:05:00Z"),
        group="nightly",
        owner=Owner("groupsnapshot.storage.k8s.io/v1", "VolumeGroupSnapshot", "nightly", "9"),
    )


def test_new_snapshot() -> None:
    """A snapshot that no controller has seen has no status: its readiness is unknown, not denied."""
    snapshot = read(minimal("VolumeSnapshot", spec={"source": {"persistentVolumeClaimName": "data"}}))
    assert (snapshot.ready, snapshot.captured, snapshot.size, snapshot.error) == (None, None, None, False)


def test_pre_provisioned_snapshot() -> None:
    """A snapshot made from a content on the storage names that content and no claim."""
    snapshot = read(minimal("VolumeSnapshot", spec={"source": {"volumeSnapshotContentName": "imported"}}))
    assert (snapshot.source_claim, snapshot.source_content) == ("", "imported")


@pytest.mark.parametrize("size", ["12Gi", 12 * 2**30, str(12 * 2**30)])
def test_restore_size(size: str | int) -> None:
    """The restore size may be a quantity or a plain number, in either object."""
    for kind in ("VolumeSnapshot", "VolumeSnapshotContent"):
        assert read(minimal(kind, status={"restoreSize": size})).size == 12 * 2**30


def test_content() -> None:
    """A content tells its snapshot, its volume on the storage and its time, in nanoseconds in the API."""
    assert read(fixture("ready-content")) == SnapshotContent(
        name="snapcontent-aaaaaaaa",
        uid="bbbbbbbb-0000-4000-8000-000000000001",
        created=at("2026-10-31T20:00:01Z"),
        driver="ebs.csi.aws.com",
        snapshot_class="ebs",
        deletion_policy="Delete",
        snapshot=ObjectKey("shop", "before-upgrade"),
        snapshot_uid="aaaaaaaa-0000-4000-8000-000000000001",
        volume_handle="vol-0123456789abcdef0",
        ready=True,
        captured=at("2026-10-31T20:00:03Z") + 0.25,
        size=12 * 2**30,
    )


def test_content_left_by_velero() -> None:
    """A content that Velero left behind is known by its label; its snapshot's name is made up."""
    content = read(fixture("velero-content"))
    assert (content.velero_backup, content.deletion_policy) == ("nightly-20261031", "Retain")
    assert (content.snapshot, content.snapshot_uid) == (ObjectKey("ns-aaaaaaaa", "name-aaaaaaaa"), "")
    assert (content.volume_handle, content.ready, content.captured) == ("", None, None)


@settings(deadline=None)  # a busy machine is no failure
@given(st.integers(1, 2**62))
def test_nanoseconds(nanoseconds: int) -> None:
    """Nanoseconds become seconds with one rounding, however large the number."""
    content = read(minimal("VolumeSnapshotContent", status={"creationTime": nanoseconds}))
    assert content.captured == nanoseconds / 10**9


@pytest.mark.parametrize("nanoseconds", [None, 0, -6795364578871345152, 2**63, 10**400])
def test_no_nanoseconds(nanoseconds: int | None) -> None:
    """A number that no clock showed is no time; Go's zero time overflows to a negative one."""
    body = msgspec.json.encode({"metadata": {"name": "x"}, "status": {"creationTime": "?"}})
    body = body.replace(b'"?"', b"null" if nanoseconds is None else str(nanoseconds).encode())
    feed = FEEDS["VolumeSnapshotContent"]
    (content,) = feed.read(msgspec.json.decode(body, type=feed.shape))
    assert isinstance(content, SnapshotContent)
    assert content.captured is None


def test_snapshot_class() -> None:
    """A snapshot class tells its driver, what becomes of its snapshots, and that it is the default."""
    assert read(fixture("default-class")) == SnapshotClass(
        name="ebs", driver="ebs.csi.aws.com", deletion_policy="Retain", is_default=True
    )
    assert not read(minimal("VolumeSnapshotClass")).is_default


def test_copy() -> None:
    """A snapshot is a local, crash-consistent copy as of the capture of its data, of unknown size."""
    assert copies(fixture("ready-snapshot"), fixture("ready-content")) == (
        Copy(
            source="csi-snapshot",
            claim=CLAIM.ref,
            captured=at("2026-10-31T20:00:03Z"),
            placement="local",
            consistency="crash",
            evidence=ObjectRef("VolumeSnapshot", "shop", "before-upgrade"),
        ),
    )


def test_no_copy_before_capture() -> None:
    """A snapshot whose data was never captured is no copy."""
    assert copies(fixture("failing-snapshot")) == ()


def test_no_copy_of_another_claim() -> None:
    """A snapshot of another claim, or of one of that name in another namespace, is no copy of this."""
    other_name, other_namespace = fixture("ready-snapshot"), fixture("ready-snapshot")
    other_name["spec"]["source"]["persistentVolumeClaimName"] = "data-postgres-1"
    other_namespace["metadata"]["namespace"] = "prod"
    assert copies(other_name, other_namespace) == ()


@pytest.mark.parametrize(
    "label", [{"velero.io/backup-name": "nightly-20261031"}, {"app.kubernetes.io/created-by": "volsync"}]
)
def test_no_copy_that_another_tool_removes(label: dict[str, str]) -> None:
    """A snapshot that Velero or VolSync cut for its own use goes when they are done: no copy of ours."""
    snapshot = fixture("ready-snapshot")
    snapshot["metadata"]["labels"] = label
    assert copies(snapshot) == ()


def test_copy_by_an_unknown_tool() -> None:
    """A snapshot that any other tool created counts as a copy."""
    snapshot = fixture("ready-snapshot")
    snapshot["metadata"]["labels"] = {"app.kubernetes.io/created-by": "our-own-script"}
    assert [found.ready for found in copies(snapshot, fixture("ready-content"))] == [True]


@pytest.mark.parametrize(
    ("status", "ready"),
    [
        ({"readyToUse": True}, True),
        ({"readyToUse": False}, False),
        ({"readyToUse": None}, False),
        ({}, False),
    ],
)
def test_readiness(status: Any, ready: bool) -> None:
    """A copy can be restored only when its snapshot says so; unknown is not enough."""
    snapshot = fixture("ready-snapshot")
    snapshot["status"] = {"creationTime": "2026-10-31T20:00:03Z"} | status
    assert [found.ready for found in copies(snapshot)] == [ready]


def test_snapshot_being_deleted() -> None:
    """A snapshot that is being deleted cannot be relied on any more."""
    snapshot = fixture("ready-snapshot")
    snapshot["metadata"]["deletionTimestamp"] = "2026-11-01T00:00:00Z"
    assert [found.ready for found in copies(snapshot)] == [False]


def test_content_not_ready() -> None:
    """A snapshot whose bound content lost its data cannot be restored, whatever the snapshot still says."""
    content = fixture("ready-content")
    content["status"]["readyToUse"] = False
    assert [found.ready for found in copies(fixture("ready-snapshot"), content)] == [False]


@pytest.mark.parametrize(
    "reference", [{"name": "other"}, {"namespace": "prod"}, {"uid": "of-an-earlier-snapshot"}]
)
def test_content_of_another_snapshot(reference: dict[str, str]) -> None:
    """A binding counts only when the content points back at this very snapshot."""
    content = fixture("ready-content")
    content["spec"]["volumeSnapshotRef"] |= reference
    assert [found.ready for found in copies(fixture("ready-snapshot"), content)] == [False]


def test_content_not_seen() -> None:
    """Contents may be out of our reach: then the snapshot's own word stands."""
    assert [found.ready for found in copies(fixture("ready-snapshot"), unseen=[SnapshotContent])] == [True]


def test_content_gone() -> None:
    """Where contents are in sight and the snapshot's own is gone, nothing can be restored from it."""
    assert [found.ready for found in copies(fixture("ready-snapshot"))] == [False]


@settings(deadline=None)  # a busy machine is no failure
@given(st.permutations(range(6)))
def test_order_of_arrival(order: list[int]) -> None:
    """The answer does not depend on the order in which snapshots and contents arrived."""
    objects = [fixture("ready-content"), fixture("failing-snapshot")]
    for number in range(4):
        snapshot = fixture("ready-snapshot")
        snapshot["metadata"]["name"] = f"hourly-{number}"
        objects.append(snapshot)
    assert copies(*(objects[place] for place in order)) == copies(*objects)


@pytest.mark.parametrize("kind", sorted(FEEDS))
def test_bare_object(kind: str) -> None:
    """An object of nothing but a name survives, and so does one whose every field is null."""
    nulls = {field: None for field in FEEDS[kind].shape.__struct_encode_fields__ if field != "metadata"}
    for obj in ({"metadata": {"name": "x"}}, {**nulls, "metadata": {"name": "x", "labels": None}}):
        assert read({"kind": kind, **obj}).touches()


def test_what_is_not_read_is_not_decoded() -> None:
    """Error messages and parameters, which may tell accounts and secrets, are not decoded."""
    bodies = {
        obj["kind"]: msgspec.json.encode(obj) for obj in OBJECTS if b"not-for-us" in msgspec.json.encode(obj)
    }
    assert sorted(bodies) == ["VolumeSnapshot", "VolumeSnapshotClass"]
    for kind, body in bodies.items():
        assert "not-for-us" not in repr(msgspec.json.decode(body, type=FEEDS[kind].shape))


PLACES = places(OBJECTS)


def test_null_anywhere() -> None:
    """A null in any place of an object loses at most what stood in that place."""
    for obj, path in PLACES:
        if path not in NEEDED:
            read(put((obj, path), None))


@settings(deadline=None)  # a busy machine is no failure
@given(st.sampled_from(PLACES), GARBAGE)
def test_garbage_is_read_or_refused(place: Place, garbage: Any) -> None:
    """Whatever stands in one place of an object, it is refused when decoded or can be read and judged."""
    obj = put(place, garbage)
    try:
        record = read(obj)
    except msgspec.ValidationError:
        return
    record.links()
    record.touches()
    copies(obj)
