"""Which copies of a claim plain snapshots are, and which they are not."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model.facts import Volume
from holdfast.model.identity import ObjectRef
from holdfast.model.protection import Copy
from holdfast.model.snapshots import SnapshotContent
from tests.sources.csi_cases import CLAIM, VOLUME, at, copies, fixture, situation


@pytest.mark.tells("csi-snapshot", "age")
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


@pytest.mark.parametrize("name", ["failing-snapshot", "unknown-snapshot"])
def test_no_copy_before_capture(name: str) -> None:
    """A snapshot whose data was never captured is no copy."""
    assert copies(fixture(name)) == ()


def test_copy_that_is_uploading() -> None:
    """A snapshot that is cut and not ready is a copy that cannot be restored now."""
    assert [(found.captured, found.ready) for found in copies(fixture("uploading-snapshot"))] == [
        (at("2026-10-31T22:00:02Z"), False)
    ]


def test_copy_without_a_time() -> None:
    """A ready snapshot whose driver tells no time is at least as new as the wish for it."""
    assert [(found.captured, found.ready) for found in copies(fixture("timeless-snapshot"))] == [
        (at("2026-10-31T20:00:00Z"), True)
    ]


def test_no_copy_without_a_time_that_is_not_ready() -> None:
    """A snapshot that is neither ready nor dated shows nothing."""
    snapshot = fixture("timeless-snapshot")
    snapshot["status"]["readyToUse"] = False
    assert copies(snapshot) == ()


def test_copy_of_an_old_version() -> None:
    """A snapshot that is served as v1beta1 is as good as one of v1."""
    assert [found.ready for found in copies(*situation("old-snapshot"))] == [True]


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


@pytest.mark.parametrize(
    "label",
    [
        {"app.kubernetes.io/created-by": "our-own-script"},
        {"cnpg.io/cluster": "orders", "cnpg.io/backupName": "orders-20261031"},
        {"physicalbackup.k8s.mariadb.com/name": "nightly"},
    ],
)
def test_copy_by_another_tool(label: dict[str, str]) -> None:
    """A snapshot that its maker keeps is a copy of the claim, whatever more the maker's own objects say of it."""
    snapshot = fixture("ready-snapshot")
    snapshot["metadata"]["labels"] = label
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


def test_content_being_deleted() -> None:
    """A content that the driver cannot delete is on its way out all the same."""
    assert [found.ready for found in copies(fixture("ready-snapshot"), fixture("deleting-content"))] == [
        False
    ]


def test_lost_snapshot() -> None:
    """A snapshot that the controller found without its content keeps its time and cannot be restored."""
    assert [(found.captured, found.ready) for found in copies(fixture("lost-snapshot"))] == [
        (at("2026-10-31T20:00:02Z"), False)
    ]


def test_content_gone() -> None:
    """Where contents are in sight and the snapshot's own is gone, nothing can be restored from it."""
    assert [found.ready for found in copies(fixture("ready-snapshot"))] == [False]


@pytest.mark.parametrize(
    ("driver", "handle"),
    [("ebs.csi.aws.com", "vol-of-an-earlier-claim"), ("efs.csi.aws.com", VOLUME.csi_handle)],
)
def test_snapshot_of_another_volume(driver: str, handle: str) -> None:
    """A snapshot that names the claim but was cut from a volume that is not the claim's is no copy of it."""
    content = fixture("ready-content")
    content["spec"] |= {"driver": driver, "source": {"volumeHandle": handle}}
    assert copies(fixture("ready-snapshot"), content) == ()


def test_snapshot_of_the_volume_before_a_restore() -> None:
    """A copy older than the claim is of an earlier volume: whether the claim inherits it is not for its volume to say."""
    content = fixture("ready-content")
    content["spec"]["source"]["volumeHandle"] = "vol-of-an-earlier-claim"
    restored = msgspec.structs.replace(CLAIM, created=at("2026-11-01T00:00:00Z"))
    assert [found.ready for found in copies(fixture("ready-snapshot"), content, claim=restored)] == [True]


@pytest.mark.parametrize(
    "volume",
    [
        None,
        msgspec.structs.replace(VOLUME, csi_driver="", csi_handle="", backing="awsElasticBlockStore"),
        msgspec.structs.replace(VOLUME, csi_handle=""),
    ],
)
def test_volume_of_unknown_handle(volume: Volume | None) -> None:
    """Where the claim's volume is not in sight, or has no handle, a snapshot of the claim's name is taken for its copy."""
    assert [
        found.ready for found in copies(fixture("ready-snapshot"), fixture("ready-content"), volume=volume)
    ] == [True]


def test_claim_without_a_volume() -> None:
    """A claim that is not bound yet has no volume to compare."""
    pending = msgspec.structs.replace(CLAIM, volume="")
    assert [
        found.ready for found in copies(fixture("ready-snapshot"), fixture("ready-content"), claim=pending)
    ] == [True]


def test_content_of_unknown_handle() -> None:
    """A content that was brought in by hand names no volume: the snapshot's own word stands."""
    content = fixture("ready-content")
    content["spec"]["source"] = {"snapshotHandle": "snap-0123456789abcdef0"}
    assert [found.ready for found in copies(fixture("ready-snapshot"), content)] == [True]


def test_volume_of_a_content_that_points_elsewhere() -> None:
    """What a content of another snapshot says of volumes says nothing of this one, which has none to restore from."""
    content = fixture("ready-content")
    content["spec"]["volumeSnapshotRef"]["name"] = "other"
    content["spec"]["source"]["volumeHandle"] = "vol-of-another-claim"
    assert [found.ready for found in copies(fixture("ready-snapshot"), content)] == [False]


@settings(deadline=None)  # a busy machine is no failure
@given(st.text(max_size=4), st.text(max_size=4), st.booleans())
def test_no_copy_after_the_claim_is_of_another_volume(ours: str, theirs: str, same_driver: bool) -> None:
    """A snapshot younger than the claim counts exactly where no two known volumes differ."""
    content = fixture("ready-content")
    content["spec"]["source"]["volumeHandle"] = theirs
    driver = VOLUME.csi_driver if same_driver else "other.csi.example.org"
    volume = msgspec.structs.replace(VOLUME, csi_driver=driver, csi_handle=ours)
    differ = ours and theirs and (ours != theirs or not same_driver)
    assert bool(copies(fixture("ready-snapshot"), content, volume=volume)) != bool(differ)


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
