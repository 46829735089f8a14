"""Snapshots and their contents: unready since when, and what has lost what it stands on."""

from holdfast.model.facts import Claim, Facts
from holdfast.model.health import Sight
from holdfast.model.judgement import ContentJudgement, SnapshotJudgement
from holdfast.model.snapshots import Snapshot, SnapshotContent

FRESH = 60.0  # seconds in which a binding may still be on its way from one object to the other


def assess_snapshot(snapshot: Snapshot, facts: Facts, sight: Sight) -> SnapshotJudgement:
    """A snapshot that was never told ready is unready since it was made."""
    unready_since = None
    if snapshot.ready is not True and snapshot.deleting_since is None:
        unready_since = snapshot.error_since or snapshot.created
    orphaned = ""
    if snapshot.content and sight.snapshots and facts.get(SnapshotContent, snapshot.content) is None:
        orphaned = "content-gone"
    elif snapshot.source_claim and sight.claims and not snapshot.velero_backup:
        claim = facts.get(Claim, snapshot.namespace, snapshot.source_claim)
        earlier = claim is not None and claim.created > (snapshot.captured or snapshot.created)
        if claim is None or (earlier and not restored(claim, facts)):
            orphaned = "claim-gone"
    return SnapshotJudgement(
        namespace=snapshot.namespace, name=snapshot.name, unready_since=unready_since, orphaned=orphaned
    )


def restored(claim: Claim, facts: Facts) -> bool:
    """Made by a restore of the claim that it replaces: by Velero, or from a snapshot of a claim of its own name."""
    if claim.velero_restore:
        return True
    source = claim.data_source
    if source is None or source.kind != "VolumeSnapshot":
        return False
    snapshot = facts.get(Snapshot, source.namespace, source.name)
    return snapshot is not None and (snapshot.namespace, snapshot.source_claim) == claim.ref


def assess_content(content: SnapshotContent, facts: Facts, sight: Sight, now: float) -> ContentJudgement:
    """Contents that Velero keeps on purpose after a run name a snapshot that never existed: they are no orphans."""
    orphaned, until = "", None
    if content.snapshot and sight.snapshots and not content.velero_backup:
        snapshot = facts.get(Snapshot, *content.snapshot)
        if snapshot is None:
            orphaned = "snapshot-gone"
        elif content.snapshot_uid and snapshot.uid != content.snapshot_uid:
            orphaned = "snapshot-replaced"
        if orphaned and now < content.created + FRESH:
            orphaned, until = "", content.created + FRESH
    return ContentJudgement(name=content.name, orphaned=orphaned, until=until)
