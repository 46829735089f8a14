"""Snapshots of several claims at one instant: what their objects say, and what each claim has of them.

The versions v1beta1, v1beta2 and v1 stand in fixtures; v1alpha1, which no server of today has, stands here.
"""

from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model.identity import ClaimRef, ObjectKey, ObjectRef, Touch
from holdfast.model.protection import Copy, Miss
from holdfast.model.snapshots import GroupMember, SnapshotContent, SnapshotGroup, SnapshotGroupContent
from tests.sources.csi_cases import (
    CLAIM,
    GROUP_VERSIONS,
    VOLUME,
    at,
    copies,
    covered,
    fixture,
    read,
    situation,
)

# As external-snapshotter 8.0 and 8.1 make them: the members are brought in by hand, as it were, and name no claim.
ALPHA = """
apiVersion: groupsnapshot.storage.k8s.io/v1alpha1
kind: VolumeGroupSnapshot
metadata: {name: nightly, namespace: shop, uid: cccccccc-0000-4000-8000-000000000003, creationTimestamp: "2026-10-31T21:00:00Z"}
spec:
  source: {selector: {matchLabels: {app: postgres}}}
status:
  boundVolumeGroupSnapshotContentName: groupsnapcontent-cccccccc
  creationTime: "2026-10-31T21:00:01Z"
  readyToUse: true
  pvcVolumeSnapshotRefList:
    - {persistentVolumeClaimRef: {name: data-postgres-0}, volumeSnapshotRef: {name: snapshot-0f0f0f0f}}
    - {persistentVolumeClaimRef: {name: data-postgres-1}, volumeSnapshotRef: {name: snapshot-1f1f1f1f}}
---
apiVersion: groupsnapshot.storage.k8s.io/v1alpha1
kind: VolumeGroupSnapshotContent
metadata: {name: groupsnapcontent-cccccccc, creationTimestamp: "2026-10-31T21:00:00Z"}
spec:
  deletionPolicy: Delete
  driver: ebs.csi.aws.com
  source: {volumeHandles: [vol-0123456789abcdef0, vol-0123456789abcdef1]}
  volumeGroupSnapshotRef: {namespace: shop, name: nightly, uid: cccccccc-0000-4000-8000-000000000003}
status:
  creationTime: 1793480401000000000
  readyToUse: true
  pvVolumeSnapshotContentList:
    - {persistentVolumeRef: {name: pvc-6b1d5c0e}, volumeSnapshotContentRef: {name: snapcontent-0f0f0f0f}}
---
apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshot
metadata:
  name: snapshot-0f0f0f0f
  namespace: shop
  uid: aaaaaaaa-0000-4000-8000-000000000010
  creationTimestamp: "2026-10-31T21:00:02Z"
  labels: {volumeGroupSnapshotName: nightly}
spec:
  source: {volumeSnapshotContentName: snapcontent-0f0f0f0f}
status:
  boundVolumeSnapshotContentName: snapcontent-0f0f0f0f
  creationTime: "2026-10-31T21:00:01Z"
  readyToUse: true
---
apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshotContent
metadata: {name: snapcontent-0f0f0f0f, creationTimestamp: "2026-10-31T21:00:02Z"}
spec:
  deletionPolicy: Delete
  driver: ebs.csi.aws.com
  source: {snapshotHandle: snap-0123456789abcdef2}
  volumeSnapshotRef: {kind: VolumeSnapshots, namespace: shop, name: snapshot-0f0f0f0f}
status:
  creationTime: 1793480401000000000
  readyToUse: true
  snapshotHandle: snap-0123456789abcdef2
  volumeGroupSnapshotHandle: groupsnapcontent-cccccccc
"""
CUT = at("2026-10-31T21:00:01Z")
MEMBER = Copy(
    source="csi-snapshot",
    claim=CLAIM.ref,
    captured=CUT,
    placement="local",
    consistency="crash",
    evidence=ObjectRef("VolumeSnapshot", "shop", "snapshot-0f0f0f0f"),
)


def alpha() -> list[Any]:
    return list(yaml.safe_load_all(ALPHA))


def the(kind: str, objects: list[Any]) -> Any:
    (found,) = (obj for obj in objects if obj["kind"] == kind)
    return found


@pytest.mark.parametrize("version", GROUP_VERSIONS)
def test_group(version: str) -> None:
    """A group tells when it was cut and that all of it is ready; its members name it, it does not name them."""
    assert read(the("VolumeGroupSnapshot", situation(f"group-{version}"))) == SnapshotGroup(
        namespace="shop",
        name="nightly",
        uid="cccccccc-0000-4000-8000-000000000001",
        created=at("2026-10-31T21:00:00Z"),
        content="groupsnapcontent-cccccccc",
        ready=True,
        captured=CUT,
        error=False,
    )


@pytest.mark.parametrize("version", GROUP_VERSIONS)
def test_group_content(version: str) -> None:
    """The content of a group tells which volumes were chosen, and its time as text."""
    assert read(the("VolumeGroupSnapshotContent", situation(f"group-{version}"))) == SnapshotGroupContent(
        name="groupsnapcontent-cccccccc",
        uid="dddddddd-0000-4000-8000-000000000001",
        created=at("2026-10-31T21:00:00Z"),
        driver="ebs.csi.aws.com",
        group=ObjectKey("shop", "nightly"),
        group_uid="cccccccc-0000-4000-8000-000000000001",
        volume_handles=("vol-0123456789abcdef0", "vol-0123456789abcdef1"),
        ready=True,
        captured=CUT,
        error=False,
    )


def test_group_of_the_first_version() -> None:
    """In v1alpha1 the group pairs claims with snapshots, and its content counts nanoseconds."""
    group, content = (read(obj) for obj in alpha() if obj["kind"].startswith("VolumeGroup"))
    assert group.members == (
        GroupMember(claim="data-postgres-0", snapshot="snapshot-0f0f0f0f"),
        GroupMember(claim="data-postgres-1", snapshot="snapshot-1f1f1f1f"),
    )
    assert (group.captured, content.captured) == (CUT, CUT)


@settings(deadline=None)  # a busy machine is no failure
@given(st.integers(1, 2**62))
def test_nanoseconds_of_a_group(nanoseconds: int) -> None:
    """Nanoseconds become seconds with one rounding, however large the number."""
    content = the("VolumeGroupSnapshotContent", alpha())
    content["status"]["creationTime"] = nanoseconds
    assert read(content).captured == nanoseconds / 10**9


@pytest.mark.parametrize("time", [None, 0, -1, 2**63, "", "1793480401000000000", "1970-01-01T00:00:00Z"])
def test_no_time_of_a_group(time: Any) -> None:
    """What no clock showed is no time, in either spelling; a text of digits is neither."""
    content = the("VolumeGroupSnapshotContent", alpha())
    content["status"]["creationTime"] = time
    assert read(content).captured is None


@pytest.mark.tells("csi-snapshot", "age")
@pytest.mark.parametrize("version", GROUP_VERSIONS)
def test_member_is_a_copy(version: str) -> None:
    """The member that was cut from the claim is a copy of it, consistent as after a crash: over volumes too, but no more."""
    assert copies(*situation(f"group-{version}")) == (MEMBER,)


def test_member_of_the_first_version_is_a_copy() -> None:
    """The member names no claim; the group says whose it is."""
    assert copies(*alpha()) == (MEMBER,)


def test_member_of_the_first_version_is_nobody_elses() -> None:
    """A claim that the group does not name has no copy of it, nor has one whose snapshot is not made yet."""
    other = msgspec.structs.replace(CLAIM, ref=ClaimRef("shop", "data-postgres-9"))
    second = msgspec.structs.replace(CLAIM, ref=ClaimRef("shop", "data-postgres-1"))
    assert copies(*alpha(), claim=other) == ()
    assert copies(*alpha(), claim=second) == ()


def test_member_is_counted_once() -> None:
    """A member that names its claim, in a group that names it as well, is one copy."""
    objects = situation("group-v1")
    the("VolumeGroupSnapshot", objects)["status"]["pvcVolumeSnapshotRefList"] = [
        {
            "persistentVolumeClaimRef": {"name": "data-postgres-0"},
            "volumeSnapshotRef": {"name": "snapshot-0f0f0f0f"},
        }
    ]
    assert copies(*objects) == (MEMBER,)


@pytest.mark.parametrize("status", [{"readyToUse": False}, {"readyToUse": None}, {}])
def test_group_that_is_not_ready(status: dict[str, Any]) -> None:
    """The set cannot be restored as a set; the member that is ready can."""
    objects = situation("group-v1")
    the("VolumeGroupSnapshot", objects)["status"] = status
    assert copies(*objects) == (MEMBER,)


def test_member_that_is_not_ready() -> None:
    """The group may be ready before a member says so: no claim can be made from that member yet."""
    objects = situation("group-v1")
    the("VolumeSnapshot", objects)["status"]["readyToUse"] = False
    assert copies(*objects) == (msgspec.structs.replace(MEMBER, ready=False),)


def test_member_of_another_volume() -> None:
    """A member that was cut from another volume than the claim's is no copy of it."""
    objects = situation("group-v1")
    the("VolumeSnapshotContent", objects)["spec"]["source"]["volumeHandle"] = "vol-of-an-earlier-claim"
    assert copies(*objects) == ()


def test_member_without_a_time() -> None:
    """A member is made when its data is captured already: its own beginning tells nothing."""
    objects = situation("group-v1")
    the("VolumeSnapshot", objects)["status"]["creationTime"] = "1970-01-01T00:00:00Z"
    assert copies(*objects) == ()


def test_member_without_a_volume_in_the_cluster() -> None:
    """Of a volume that the controller does not find, the member names a claim without a name: nobody's."""
    objects = situation("group-v1")
    the("VolumeSnapshot", objects)["spec"]["source"]["persistentVolumeClaimName"] = ""
    assert copies(*objects) == ()


def test_failing_group() -> None:
    """A group that cannot be cut makes no snapshot that could show it: every claim it chose has missed a copy."""
    coverage = covered(*situation("failing-group"))
    assert coverage.copies == ()
    assert coverage.misses == (
        Miss(
            schedule=None,
            time=at("2026-11-01T21:00:00Z"),
            cause="failed",
            evidence=ObjectRef("VolumeGroupSnapshot", "shop", "nightly"),
        ),
    )


@pytest.mark.parametrize(
    "volume",
    [
        None,
        msgspec.structs.replace(VOLUME, csi_handle=""),
        msgspec.structs.replace(VOLUME, csi_handle="vol-that-was-not-chosen"),
        msgspec.structs.replace(VOLUME, csi_driver="efs.csi.aws.com"),
    ],
)
def test_failing_group_of_other_volumes(volume: Any) -> None:
    """A claim whose volume was not chosen, or is not known, has missed nothing."""
    assert covered(*situation("failing-group"), volume=volume).misses == ()


@pytest.mark.parametrize(
    "change",
    [
        {"status": {"readyToUse": False}},
        {"status": {"creationTime": "2026-11-01T21:00:01Z", "error": {}}},
        {"status": {"readyToUse": True, "error": {}}},
    ],
)
def test_group_that_has_not_failed(change: dict[str, Any]) -> None:
    """No error yet is no failure; an error beside a time, or beside readiness, is of a later step."""
    group, content = situation("failing-group")
    assert covered(group | change, content | change).misses == ()


def test_failing_group_that_is_given_up() -> None:
    """A group that is being deleted, or is gone, or was made anew, is not missed any more."""
    group, content = situation("failing-group")
    group["metadata"]["deletionTimestamp"] = "2026-11-01T22:00:00Z"
    assert covered(group, content).misses == ()
    assert covered(content).misses == ()
    content["spec"]["volumeGroupSnapshotRef"]["uid"] = "of-an-earlier-group"
    assert covered(situation("failing-group")[0], content).misses == ()


def test_what_a_group_bears_on() -> None:
    """Which claims a group is about stands in its content and its members: a change is for all claims of the namespace."""
    here = Touch("namespace", ("shop",))
    objects = [*situation("group-v1"), *alpha()]
    records = {(obj["apiVersion"], obj["kind"]): read(obj) for obj in objects}
    for (_, kind), record in records.items():
        if kind.startswith("VolumeGroup"):
            assert here in record.touches()
    snapshot, content = (read(obj) for obj in alpha()[2:])
    assert here in snapshot.touches()
    assert here in content.touches()


def test_what_a_member_with_a_claim_bears_on() -> None:
    """A member that names its claim bears on that claim alone."""
    objects = situation("group-v1")
    assert Touch("subject", ("claim", *CLAIM.ref)) in read(the("VolumeSnapshot", objects)).touches()
    for kind in ("VolumeSnapshot", "VolumeSnapshotContent"):
        assert {touch.scope for touch in read(the(kind, objects)).touches()} == {"subject"}


@settings(deadline=None)  # a busy machine is no failure
@given(st.permutations(range(6)))
def test_order_of_arrival(order: list[int]) -> None:
    """The answer does not depend on the order in which groups, members and contents arrived."""
    objects = [*situation("group-v1"), *situation("failing-group")]
    the("VolumeGroupSnapshot", objects[4:])["metadata"]["name"] = "second"
    objects[5]["spec"]["volumeGroupSnapshotRef"]["name"] = "second"
    assert covered(*(objects[place] for place in order)) == covered(*objects)


def test_contents_out_of_sight() -> None:
    """Where contents are out of reach the word of the group's members stands."""
    assert copies(*alpha()[:3], unseen=[SnapshotContent]) == (MEMBER,)
    assert copies(fixture("ready-snapshot"), unseen=[SnapshotContent])[0].ready
