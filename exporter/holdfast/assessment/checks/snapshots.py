"""Checks on snapshot classes: whether there is one, and whether copies outlive the objects that stand for them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from holdfast.assessment.checks.contract import BREATH, Found, Grouping, Scene, Why, portions
from holdfast.assessment.checks.drivers import can_snapshot
from holdfast.assessment.checks.naming import counted, listed
from holdfast.assessment.copies import accepts
from holdfast.assessment.snapshots import restored
from holdfast.model.facts import Claim, Facts, Volume
from holdfast.model.identity import ObjectRef
from holdfast.model.snapshots import Snapshot, SnapshotClass, SnapshotContent

_TRANSIENT = "volsync"  # in ``Snapshot.created_by``: removed again when the copy has been made from it


def snapshot_class_delete(scene: Scene) -> Iterator[Found]:
    """The class of the snapshots that count as copies for their live claim's objective."""
    facts = scene.setting.facts
    counting, unknown = defaultdict(list), set()
    for some in portions(facts.all(Snapshot)):
        yield BREATH
        for snapshot in some:
            claim = _copied(snapshot, facts)
            if claim is None:
                continue
            cut_by, judgement = _class_of(snapshot, facts), scene.judged(claim.ref)
            if judgement is None:
                unknown.add(cut_by)
            elif judgement.objective.exempt is None and accepts("local", "crash", judgement.objective):
                counting[cut_by].append(f"{snapshot.namespace}/{snapshot.name}")
    for each in list(facts.all(SnapshotClass)):
        found = counting[each.name]
        why: Why = None if each.name in unknown else ""
        if found:
            why = f"deletionPolicy is Delete, and copies that count were cut through it: {listed(found)}"
        yield ObjectRef("VolumeSnapshotClass", "", each.name), why if each.deletion_policy == "Delete" else ""


def _copied(snapshot: Snapshot, facts: Facts) -> Claim | None:
    """The live claim whose copy it is. What a tool removes again when it has copied it away is none."""
    if snapshot.ready is not True or snapshot.deleting_since is not None:
        return None
    if snapshot.velero_backup or snapshot.created_by == _TRANSIENT:
        return None
    claim = facts.get(Claim, snapshot.namespace, snapshot.source_claim)
    if claim is None or (_captured(snapshot) < claim.created and not restored(claim, facts)):
        return None
    return claim


def _captured(snapshot: Snapshot) -> float:
    return snapshot.created if snapshot.captured is None else snapshot.captured


def _class_of(snapshot: Snapshot, facts: Facts) -> str:
    """A snapshot that names none was given the default, which its content names."""
    if snapshot.snapshot_class:
        return snapshot.snapshot_class
    content = facts.get(SnapshotContent, snapshot.content) if snapshot.content else None
    return content.snapshot_class if content else ""


def no_snapshot_class(scene: Scene) -> Iterator[Found]:
    """Whether a driver that is in no table can snapshot is known once it has done so."""
    facts = scene.setting.facts
    claims = yield from _claims_by_driver(facts)
    served = {each.driver for each in facts.all(SnapshotClass)}
    snapshots = set()
    for some in portions(facts.all(SnapshotContent)):
        yield BREATH
        snapshots.update([content.driver for content in some])
    for driver in claims:
        able = True if driver in snapshots else can_snapshot(driver)
        why: Why = None if able is None else ""
        if able:
            held = claims[driver]
            why = f"it can snapshot and has no VolumeSnapshotClass; {counted(len(held), 'claim')} of it: {listed(held)}"
        yield ObjectRef("CSIDriver", "", driver), "" if driver in served else why


def _claims_by_driver(facts: Facts) -> Grouping[Mapping[str, Sequence[str]]]:
    claims = defaultdict(list)
    for some in portions(facts.all(Claim)):
        yield BREATH
        for claim in some:
            volume = facts.get(Volume, claim.volume) if claim.volume else None
            if volume is not None and volume.csi_driver:
                claims[volume.csi_driver].append(str(claim.ref))
    return claims
