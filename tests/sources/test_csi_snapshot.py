"""The csi-snapshot source: snapshot objects in, facts out. What copies they are is in test_csi_snapshot_copies.py."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model.facts import Annotations
from holdfast.model.identity import ObjectKey, ObjectRef, Owner
from holdfast.model.setup import Annotated
from holdfast.model.snapshots import Snapshot, SnapshotClass, SnapshotContent
from holdfast.sources.csi_snapshot import SOURCE
from tests.sources.csi_cases import FEEDS, OBJECTS, at, covered, fixture, minimal, read, situation
from tests.sources.damage import GARBAGE, NEEDED, Place, places, put


def test_feeds() -> None:
    """Every version that was ever served is read, the newest first, and the source could hold copies."""
    snapshots = ("snapshot.storage.k8s.io", ("v1", "v1beta1"))
    groups = ("groupsnapshot.storage.k8s.io", ("v1", "v1beta2", "v1beta1", "v1alpha1"))
    resources = [feed.resource for feed in SOURCE.feeds]
    assert [(each.plural, each.namespaced, (each.group, each.versions)) for each in resources] == [
        ("volumesnapshots", True, snapshots),
        ("volumesnapshotcontents", False, snapshots),
        ("volumesnapshotclasses", False, snapshots),
        ("volumegroupsnapshots", True, groups),
        ("volumegroupsnapshotcontents", False, groups),
    ]
    assert SOURCE.protects


def test_what_is_not_needed_for_copies() -> None:
    """Whoever may not read classes, or the contents of groups, still sees every copy."""
    assert [feed.kind for feed in SOURCE.feeds if not feed.copies] == [
        "VolumeSnapshotClass",
        "VolumeGroupSnapshotContent",
    ]


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
        owned_by="VolumeGroupSnapshot nightly",
    )


def test_new_snapshot() -> None:
    """A snapshot that no controller has seen has no status: its readiness is unknown, not denied."""
    snapshot = read(fixture("unknown-snapshot"))
    assert (snapshot.ready, snapshot.captured, snapshot.size, snapshot.error) == (None, None, None, False)


def test_uploading_snapshot() -> None:
    """A snapshot that is cut and not ready yet tells its time, and denies its readiness."""
    snapshot = read(fixture("uploading-snapshot"))
    assert (snapshot.ready, snapshot.captured, snapshot.error) == (False, at("2026-10-31T22:00:02Z"), False)


def test_snapshot_without_a_time() -> None:
    """The beginning of 1970 is what csi-snapshotter writes where a driver told no time: it is unknown."""
    snapshot = read(fixture("timeless-snapshot"))
    assert (snapshot.ready, snapshot.captured) == (True, None)


def test_old_version() -> None:
    """Objects of v1beta1 are read as those of v1 are."""
    snapshot, content = map(read, situation("old-snapshot"))
    assert (snapshot.source_claim, snapshot.captured, snapshot.ready) == (
        "data-postgres-0",
        at("2026-10-31T20:00:03Z"),
        True,
    )
    assert (content.volume_handle, content.captured) == (
        "vol-0123456789abcdef0",
        at("2026-10-31T20:00:03Z") + 0.25,
    )


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
        snapshot_handle="snap-0123456789abcdef0",
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


def test_annotations_of_a_snapshot_class() -> None:
    """A class tells what is to be ignored on it, and nothing where nothing is."""
    feed = FEEDS["VolumeSnapshotClass"]
    for annotations, told in (
        ({"holdfast.dev/ignore": "snapshot-class-delete"}, [Annotations(ignore="snapshot-class-delete")]),
        ({"example.com/a": "b"}, []),
        (None, []),
    ):
        body = msgspec.json.encode({"metadata": {"name": "ebs", "annotations": annotations}})
        _, *carried = feed.read(msgspec.json.decode(body, type=feed.shape))
        on = ObjectRef("VolumeSnapshotClass", "", "ebs")
        assert carried == [Annotated(on=on, annotations=each) for each in told]


@pytest.mark.parametrize("kind", sorted(FEEDS))
def test_bare_object(kind: str) -> None:
    """An object of nothing but a name survives, and so does one whose every field is null."""
    nulls = {field: None for field in FEEDS[kind].shape.__struct_encode_fields__ if field != "metadata"}
    for obj in ({"metadata": {"name": "x"}}, {**nulls, "metadata": {"name": "x", "labels": None}}):
        record = read({"kind": kind, **obj})
        assert record.key[-1] == "x"
        covered({"kind": kind, **obj})


def test_what_is_not_read_is_not_decoded() -> None:
    """Error messages and parameters, which may tell accounts and secrets, are not decoded."""
    bodies = {
        obj["kind"]: msgspec.json.encode(obj) for obj in OBJECTS if b"not-for-us" in msgspec.json.encode(obj)
    }
    assert bodies.keys() == FEEDS.keys()
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
    covered(obj)
