"""The copies that plain snapshots of a claim are, and the groups that should have had one and could not be cut.

A snapshot that another tool cut and removes again is that tool's evidence, and no copy here.
"""

from collections.abc import Sequence

from holdfast.model.facts import Claim, Facts, Volume
from holdfast.model.protection import Copy, Coverage, Miss
from holdfast.model.snapshots import Snapshot, SnapshotContent, SnapshotGroup, SnapshotGroupContent
from holdfast.sources.contract import Rolls

NAME = "csi-snapshot"


def cover(claim: Claim, facts: Facts, rolls: Rolls) -> Coverage:  # noqa: ARG001 - the contract's signature
    """The plain snapshots of a claim of this name; whether of this very claim is told by their volume and their age."""
    volume = facts.get(Volume, claim.volume) if claim.volume else None
    copies = (
        _copy(claim, volume, snapshot, facts)
        for snapshot in _snapshots(claim, facts)
        if not _of_another_tool(snapshot)
    )
    return Coverage(
        source=NAME,
        copies=tuple(copy for copy in copies if copy),
        misses=_failed_groups(volume, facts) if volume else (),
    )


def _snapshots(claim: Claim, facts: Facts) -> Sequence[Snapshot]:
    """Those that name the claim, and those that name none and of which a group says that they are the claim's."""
    found = list(facts.linked(Snapshot, "claim", *claim.ref))
    for group in facts.linked(SnapshotGroup, "claim", *claim.ref):
        names = {member.snapshot for member in group.members if member.claim == claim.ref.name}
        held = (facts.get(Snapshot, group.namespace, name) for name in sorted(names))
        found += [snapshot for snapshot in held if snapshot and not snapshot.source_claim]
    return found


def _of_another_tool(snapshot: Snapshot) -> bool:
    """Velero deletes its snapshots when the backup ends, VolSync when it has copied them away."""
    return bool(snapshot.velero_backup) or snapshot.created_by == "volsync"


def _copy(claim: Claim, volume: Volume | None, snapshot: Snapshot, facts: Facts) -> Copy | None:
    """None until the data was captured. The restore size is that of a volume, and the copy's is unknown.

    The members of a group were captured at one instant, which is still crash-consistent.
    """
    captured = snapshot.captured or _asked_for(snapshot)
    if captured is None or (captured >= claim.created and _of_another_volume(volume, snapshot, facts)):
        return None
    return Copy(
        source=NAME,
        claim=claim.ref,
        captured=captured,
        placement="local",
        consistency="crash",
        evidence=snapshot.ref,
        ready=_restorable(snapshot, facts),
    )


def _asked_for(snapshot: Snapshot) -> float | None:
    """When a snapshot that is ready was asked for, where the driver told no time: it was not captured earlier than that.

    The members of a group are made when their data is captured already, so of them it says nothing.
    """
    cut_on_demand = snapshot.ready is True and snapshot.source_claim and not snapshot.group
    return (snapshot.created or None) if cut_on_demand else None


def _of_another_volume(volume: Volume | None, snapshot: Snapshot, facts: Facts) -> bool:
    """Whether it was provably cut from a volume that is not the claim's: of an earlier claim of that name, say.

    A copy from before the claim is not asked this: a claim made by a restore inherits those, and no other has them.
    """
    content = facts.get(SnapshotContent, snapshot.content) if snapshot.content else None
    if volume is None or content is None or not _points_back(content, snapshot):
        return False
    if not volume.csi_handle or not content.volume_handle:
        return False
    return (content.driver, content.volume_handle) != (volume.csi_driver, volume.csi_handle)


def _points_back(content: SnapshotContent, snapshot: Snapshot) -> bool:
    named = content.snapshot == (snapshot.namespace, snapshot.name)
    return named and content.snapshot_uid in ("", snapshot.uid)


def _restorable(snapshot: Snapshot, facts: Facts) -> bool:
    """A content that is known to be gone takes the snapshot with it; one that stands must be ready and point back.

    https://pkg.go.dev/github.com/kubernetes-csi/external-snapshotter/client/v8/apis/volumesnapshot/v1#VolumeSnapshotStatus
    A member of a group stands for itself: no claim can be made from it before its own word, whatever the group says.
    """
    if snapshot.ready is not True or snapshot.deleting_since is not None:
        return False
    if not snapshot.content:
        return True
    content = facts.get(SnapshotContent, snapshot.content)
    if content is None:
        return not facts.sees(SnapshotContent)
    return _points_back(content, snapshot) and content.ready is not False and content.deleting_since is None


def _failed_groups(volume: Volume, facts: Facts) -> tuple[Miss, ...]:
    """Groups that chose the volume and could not be cut: of these there is no snapshot that could show it."""
    if not volume.csi_handle:
        return ()
    contents = facts.linked(SnapshotGroupContent, "handle", volume.csi_driver, volume.csi_handle)
    groups = [(content, facts.get(SnapshotGroup, *content.group)) for content in contents if content.group]
    return tuple(
        Miss(schedule=None, time=group.created, cause="failed", evidence=group.ref)
        for content, group in groups
        if group and content.group_uid in ("", group.uid) and _failed(group, content)
    )


def _failed(group: SnapshotGroup, content: SnapshotGroupContent) -> bool:
    """An error beside a time is of a later step: the group was cut."""
    cut = group.captured is not None or content.captured is not None or group.ready or content.ready
    return (group.error or content.error) and not cut and group.deleting_since is None
