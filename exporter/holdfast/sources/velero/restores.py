"""Which of Velero's restores prove that a claim can be restored: those that brought its volume's data back.

A Completed Restore alone proves nothing: it may have left volumes out, or made empty ones.
"""

from collections.abc import Iterator, Mapping

from holdfast.model.facts import Claim, Facts
from holdfast.model.identity import ScheduleKey
from holdfast.model.protection import Drill
from holdfast.sources.velero.records import NAME, Restore, VolumeCopy, VolumeRestore


def drills(claim: Claim, captured: Mapping[tuple[str, str], float], facts: Facts) -> Iterator[Drill]:
    """``captured`` is when the claim was captured, by the namespace and name of each Backup that holds a copy of it."""
    for namespace, name in sorted(captured):
        for restore in facts.linked(Restore, "backup", namespace, name):
            takes = _takes(restore, claim.ref.namespace) and restore.ended > captured[(namespace, name)]
            proven = _proven(claim, restore, facts) if takes else None
            if proven is not None:
                yield Drill(
                    source=NAME,
                    claim=claim.ref,
                    success=proven and restore.success,
                    started=restore.started,
                    ended=restore.ended,
                    point=captured[(namespace, name)],
                    evidence=restore.ref,
                )


def awaited(claim: Claim, captured: Mapping[tuple[str, str], float], facts: Facts) -> tuple[ScheduleKey, ...]:
    """What a claim that a restore made calls out to, so that the claim it stands for is judged again."""
    return tuple(
        ScheduleKey(NAME, "", f"restore/{restore.label}")
        for namespace, name in sorted(captured)
        for restore in facts.linked(Restore, "backup", namespace, name)
        if _takes(restore, claim.ref.namespace)
    )


def _takes(restore: Restore, namespace: str) -> bool:
    return not restore.namespaces or namespace in restore.namespaces


def _proven(claim: Claim, restore: Restore, facts: Facts) -> bool | None:
    """Whether the claim's data came back; None where the restore has not touched it."""
    told = [
        volume.whole
        for volume in facts.linked(VolumeRestore, "restore", restore.namespace, restore.label)
        if volume.origin == claim.ref.namespace and _is_of(volume, claim, facts)
    ]
    if told:
        return all(told)
    into = dict(restore.mapping).get(claim.ref.namespace, claim.ref.namespace)
    made = facts.get(Claim, into, claim.ref.name)
    by_it = made is not None and made.velero_restore == restore.label
    if made is not None and by_it and made.data_source and made.data_source.kind == "VolumeSnapshot":
        return made.phase == "Bound"
    return None if restore.success or restore.narrow else False


def _is_of(volume: VolumeRestore, claim: Claim, facts: Facts) -> bool:
    """A pod's volume is known by the backup of it, which names the claim."""
    if volume.claim:
        return volume.claim == claim.ref.name
    return any(
        (copy.pod, copy.volume) == (volume.pod, volume.volume)
        for copy in facts.linked(VolumeCopy, "claim", *claim.ref)
    )


def is_stranger(claim: Claim, facts: Facts) -> bool:
    """The restore that made the claim took it from another namespace, as where production is copied to staging."""
    return any(
        any(into == claim.ref.namespace != origin for origin, into in restore.mapping)
        and (claim.ref.namespace, claim.ref.namespace) not in restore.mapping
        for restore in facts.linked(Restore, "label", claim.velero_restore)
        if claim.velero_restore
    )
