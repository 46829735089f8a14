"""Why no command that deletes is given for what is waste: whatever may still be in use. Doubt withholds.

What is waste belongs to ``waste``; here stands what would make its deletion destroy data, in words for a person.
"""

from collections.abc import Iterable, Iterator, Sequence

from holdfast.assessment.checks.naming import first_of
from holdfast.assessment.cost import content_of
from holdfast.assessment.lifecycle import assess_volume
from holdfast.assessment.objectives import read_annotations
from holdfast.assessment.setting import Setting
from holdfast.assessment.snapshots import assess_content, assess_snapshot
from holdfast.model.cost import Waste
from holdfast.model.facts import Annotations, Attachment, Claim, Facts, Volume
from holdfast.model.health import Sight
from holdfast.model.identity import ObjectKey
from holdfast.model.policy import Policy
from holdfast.model.snapshots import Snapshot, SnapshotContent
from holdfast.model.surroundings import Namespace

USERS = frozenset({"Pod", "StatefulSet", "Deployment", "ReplicaSet", "DaemonSet", "Job", "CronJob"})
"""The kinds that could use a claim."""

JUDGED = USERS | {
    "PersistentVolumeClaim",
    "PersistentVolume",
    "VolumeSnapshot",
    "VolumeSnapshotContent",
    "Namespace",
    "VolumeAttachment",
}
"""The kinds that waste is judged by."""

_OWN_FINALIZERS = frozenset(
    {
        "kubernetes.io/pvc-protection",
        "snapshot.storage.kubernetes.io/pvc-as-source-protection",
        "foregroundDeletion",
        "orphan",
    }
)
_DECLARED = ("annotation", "workload", "namespace")
_NAMED = 3  # of several that are the reason


def unjudged(sight: Sight) -> tuple[str, ...]:
    """The kinds that waste is judged by and that cannot all be seen."""
    lacking = set(sight.unseen & JUDGED)
    for seen, kind in (
        (sight.pods, "Pod"),
        (sight.claims, "PersistentVolumeClaim"),
        (sight.volumes, "PersistentVolume"),
        (sight.attachments, "VolumeAttachment"),
    ):
        if not seen:
            lacking.add(kind)
    return tuple(sorted(lacking))


def sees_use(sight: Sight) -> bool:
    """Whether it can be seen that a claim is not in use. Without that none is waste, and no waste is no good news."""
    return sight.pods and sight.references and sight.claims


def is_known(namespace: str, facts: Facts) -> bool:
    """Whether anything says that it was looked into. A claim of one that was not is not known to be gone."""
    return facts.get(Namespace, namespace) is not None or bool(facts.linked(Claim, "namespace", namespace))


# ---- what shares a disk, or what was cut


def twins(volume: Volume, facts: Facts) -> Iterator[Volume]:
    """Other volumes that name the same disk or place."""
    for disk in volume.disks:
        yield from (other for other in facts.linked(Volume, "disk", *disk) if other.name != volume.name)


def same_cut(content: SnapshotContent, facts: Facts) -> Iterator[SnapshotContent]:
    """Other contents that name the same snapshot on the storage."""
    for disk in content.disks:
        held = facts.linked(SnapshotContent, "disk", *disk)
        yield from (other for other in held if other.name != content.name)


def saves_disk(volume: Volume, setting: Setting) -> bool:
    """Of several volumes of one disk the first saves it, where all of them are lost."""
    facts, sight = setting.facts, setting.sight
    return not any(
        other.name < volume.name or not assess_volume(other, facts, sight).orphaned
        for other in twins(volume, facts)
    )


def saves_cut(content: SnapshotContent, setting: Setting) -> bool:
    """Likewise of contents, some of which may be bound to a snapshot that is lost."""
    return not any(
        other.name < content.name or not _lost(other, setting) for other in same_cut(content, setting.facts)
    )


def _lost(content: SnapshotContent, setting: Setting) -> bool:
    facts, sight = setting.facts, setting.sight
    if assess_content(content, facts, sight, setting.now).orphaned:
        return True
    snapshot = facts.get(Snapshot, *content.snapshot) if content.snapshot else None
    return snapshot is not None and bool(assess_snapshot(snapshot, facts, sight).orphaned)


# ---- why nothing is to be deleted


def withheld_claim(claim: Claim, why: str, waste: Waste, setting: Setting) -> Iterator[str]:
    """``why`` is the reason of its use."""
    facts, sight, policy = setting.facts, setting.sight, setting.policy
    volume = facts.get(Volume, claim.volume) if claim.volume else None
    if volume is not None:
        yield from _twins(volume, facts)
    yield from _attached(claim.volume, facts)
    clones = (other for other in facts.linked(Claim, "cloned-from", *claim.ref) if other.phase == "Pending")
    yield from _wanted(clones, "is to be cloned from it")
    if claim.volume:
        others = (other for other in facts.linked(Claim, "volume", claim.volume) if other.ref != claim.ref)
        yield from _wanted(others, "names its volume")
    yield from _misread(claim, facts, policy)
    if lacking := sorted(sight.unseen & USERS):
        yield f"{first_of(lacking, _NAMED)} cannot be seen, and may use it"
    if why == "waiting-pods":
        yield "a workload that runs names it"
    if waste.early:
        yield "its idle time is not known for a day yet"


def withheld_volume(volume: Volume, setting: Setting) -> Iterator[str]:
    facts = setting.facts
    yield from _twins(volume, facts)
    yield from _attached(volume.name, facts)
    yield from _wanted(facts.linked(Claim, "volume", volume.name), "names it")
    if assess_volume(volume, facts, setting.sight).orphaned == "claim-gone":
        yield "it is still Bound, so that its claim may only not have been looked at"


def withheld_snapshot(snapshot: Snapshot, setting: Setting) -> Iterator[str]:
    facts = setting.facts
    if snapshot.owned_by:
        yield f"{snapshot.owned_by} owns it: remove it there"
    if snapshot.group:
        yield f"it is one of the group {snapshot.group}"
    yield from _restored_from(ObjectKey(snapshot.namespace, snapshot.name), facts)
    content = content_of(snapshot, facts)
    if content is not None:
        yield from _cuts(content, facts)


def withheld_content(content: SnapshotContent, setting: Setting) -> Iterator[str]:
    facts = setting.facts
    yield from _cuts(content, facts)
    naming = {
        *facts.linked(Snapshot, "content", content.name),
        *facts.linked(Snapshot, "source-content", content.name),
    }
    if named := sorted(f"{snapshot.namespace}/{snapshot.name}" for snapshot in naming):
        yield f"VolumeSnapshot {first_of(named, _NAMED)} names it"
    if content.snapshot is not None:
        yield from _restored_from(content.snapshot, facts)


def _twins(volume: Volume, facts: Facts) -> Iterator[str]:
    if names := sorted({other.name for other in twins(volume, facts)}):
        yield f"PersistentVolume {first_of(names, _NAMED)} is of the same disk, whose data would go as well"


def _cuts(content: SnapshotContent, facts: Facts) -> Iterator[str]:
    if names := sorted({other.name for other in same_cut(content, facts)}):
        yield f"VolumeSnapshotContent {first_of(names, _NAMED)} stands for the same snapshot on the storage, which would go as well"


def _attached(volume: str, facts: Facts) -> Iterator[str]:
    """Also what is on its way: who attaches it is about to use it."""
    nodes = {each.node or "a node" for each in facts.linked(Attachment, "volume", volume)} if volume else ()
    if nodes:
        yield f"its volume is attached to {first_of(sorted(nodes), _NAMED)}"


def _restored_from(snapshot: ObjectKey, facts: Facts) -> Iterator[str]:
    waiting = (claim for claim in facts.linked(Claim, "restored-from", *snapshot) if claim.phase == "Pending")
    yield from _wanted(waiting, "is to be restored from it")


def _wanted(claims: Iterable[Claim], what: str) -> Iterator[str]:
    if names := sorted(str(claim.ref) for claim in claims):
        yield f"claim {first_of(names, _NAMED)} {what}"


def _misread(claim: Claim, facts: Facts, policy: Policy) -> Iterator[str]:
    """What cannot be read may ask to keep it."""
    namespace = facts.get(Namespace, claim.ref.namespace)
    if namespace is None:
        yield "its namespace cannot be seen, which may exempt or mute it"
    elif _is_misread(namespace.annotations, policy):
        yield "an annotation of its namespace cannot be read, which may exempt or mute it"
    if _is_misread(claim.annotations, policy):
        yield "an annotation of it cannot be read, which may exempt or mute it"


def _is_misread(annotations: Annotations, policy: Policy) -> bool:
    layer = read_annotations(annotations)
    tiers = {tier.name for tier in policy.tiers}
    return bool(layer.problems) or (layer.tier is not None and layer.tier not in tiers)


def foreign_finalizers(claim: Claim) -> Sequence[str]:
    """Of somebody who wants to know when the claim goes."""
    return [name for name in claim.finalizers if name not in _OWN_FINALIZERS]


def is_declared(origin: str | None) -> bool:
    """Whether somebody asked for it by an annotation, rather than all are asked."""
    return origin in _DECLARED
