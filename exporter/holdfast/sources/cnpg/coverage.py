"""What CloudNativePG's records say of a claim: runs that are left, successes that are remembered, logs and restores."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from holdfast.model.facts import Claim, Facts
from holdfast.model.identity import ObjectRef, ScheduleKey, TargetKey
from holdfast.model.protection import NOBODY, Copy, Coverage, Drill, Schedule
from holdfast.model.snapshots import Snapshot
from holdfast.sources.cnpg.records import (
    BACKUP,
    LABEL,
    NAME,
    PLAN,
    TOOL,
    Cluster,
    Method,
    Recovery,
    Store,
    Window,
    claims_of,
    store_key,
)
from holdfast.sources.contract import Rolls
from holdfast.sources.crontab import Cron, planned_start
from holdfast.sources.runs.records import Plan, Run

_SAME = 1.0  # second by which two objects may differ over one end


def schedule(key: ScheduleKey, facts: Facts) -> Schedule | None:
    found, method = TOOL.schedule(key, facts), facts.get(Method, PLAN, key.namespace, key.name)
    store = _plugin_store(method, key.namespace, facts) if method else None
    return msgspec.structs.replace(found, target=store.name) if found and store else found


def cover(claim: Claim, facts: Facts, rolls: Rolls) -> Coverage:
    coverage = TOOL.cover(claim, facts, rolls)
    cluster = facts.get(Cluster, claim.ref.namespace, claim.labels.get(LABEL, ""))
    if cluster is None:
        return coverage
    carries_on = cluster.carries_on or _recovered_from_itself(cluster, facts)
    birth = 0.0 if carries_on or _is_adopted(claim, cluster) else cluster.created
    copies = [_told(copy, claim, birth, facts) for copy in coverage.copies]
    copies.extend(_remembered(cluster, claim, birth, facts))
    copies.extend(_log_copies(cluster, claim, copies, facts))
    covers = tuple(
        msgspec.structs.replace(each, target=_plan_target(each.schedule, facts) or each.target)
        for each in coverage.covers
    )
    drills = tuple(_drills(cluster, claim, carries_on=carries_on, facts=facts))
    return msgspec.structs.replace(coverage, copies=tuple(copies), covers=covers, drills=drills)


def _recovered_from_itself(cluster: Cluster, facts: Facts) -> bool:
    """It was filled from a Backup of a cluster of its own name: the one that it replaces."""
    if not cluster.from_backup:
        return False
    namespace, name = cluster.key
    run = facts.get(Run, NAME, BACKUP, namespace, cluster.from_backup)
    return run is not None and claims_of(namespace, name) in run.of


def _is_adopted(claim: Claim, cluster: Cluster) -> bool:
    """A claim that outlived an earlier cluster of that name, and was taken over by this one with its data."""
    return claim.owner is not None and bool(cluster.uid) and claim.owner.uid == cluster.uid


def _plugin_store(method: Method, namespace: str, facts: Facts) -> TargetKey | None:
    """The ObjectStore to which the cluster's plugin writes."""
    cluster = facts.get(Cluster, namespace, method.cluster) if method.plugin else None
    archives = (archive for archive in cluster.archives if archive.store) if cluster else ()
    return next((store_key(namespace, archive.store) for archive in archives), None)


def _plan_target(key: ScheduleKey, facts: Facts) -> str:
    method = facts.get(Method, PLAN, key.namespace, key.name)
    store = _plugin_store(method, key.namespace, facts) if method else None
    return store.name if store else ""


def _told(copy: Copy, claim: Claim, birth: float, facts: Facts) -> Copy:
    """A copy that a Backup is, with what its method adds: the store that it lies in, the snapshots that must be there."""
    method = facts.get(Method, *copy.evidence)
    own = claim.uid if copy.captured >= birth else NOBODY
    if method is None:
        return msgspec.structs.replace(copy, claim_uid=own)
    return msgspec.structs.replace(
        copy,
        claim_uid=own,
        target=_plugin_store(method, claim.ref.namespace, facts),
        ready=copy.ready and _stand(method, facts),
    )


def _stand(method: Method, facts: Facts) -> bool:
    """A Backup outlives snapshots that somebody deletes: those that are not in sight are no evidence.

    One that names none has nothing to be restored from.
    """
    if not method.plugin and not method.snapshots:
        return False
    found = (facts.get(Snapshot, method.ref.namespace, name) for name in method.snapshots)
    return all(snapshot is not None and snapshot.ready is not False for snapshot in found)


def _remembered(cluster: Cluster, claim: Claim, birth: float, facts: Facts) -> Iterator[Copy]:
    """Successes of which no Backup is left to tell."""
    namespace, name = cluster.key
    saved = claims_of(namespace, name)
    runs = [run for run in facts.linked(Run, NAME, *saved) if _is_success(run)]
    plans = [plan for plan in facts.linked(Plan, NAME, *saved) if plan.valid and plan.placement == "offsite"]
    for ended, evidence, target in _ends(cluster, facts):
        captured = max(_captured(ended, plans), min(cluster.created, ended))
        if any(_is_told(run, captured, ended) for run in runs):
            continue
        yield Copy(
            source=NAME,
            claim=claim.ref,
            captured=captured,
            placement="offsite",
            consistency="application",
            evidence=evidence,
            claim_uid=claim.uid if captured >= birth else NOBODY,
            target=target,
        )


def _is_success(run: Run) -> bool:
    return run.outcome == "success" and run.placement == "offsite"


def _ends(cluster: Cluster, facts: Facts) -> Iterator[tuple[float, ObjectRef, TargetKey | None]]:
    """What the cluster remembers of in-core backups, and its ObjectStores of the plugin's. All lie in object stores."""
    if cluster.remembered is not None:
        yield cluster.remembered, cluster.ref, None
    for archive in cluster.archives:
        window = facts.get(Window, cluster.ref.namespace, archive.store, archive.server)
        if window is not None and window.ended is not None:
            yield window.ended, window.ref, window.target


def _captured(ended: float, plans: Iterable[Plan]) -> float:
    """The planned start before the end; the end where there is no plan."""
    starts = (planned_start(Cron(plan.cron, plan.timezone, plan.valid), ended) for plan in plans)
    return max((start for start in starts if start < ended), default=ended)


def _is_told(run: Run, captured: float, ended: float) -> bool:
    return captured <= run.time <= ended or (run.ended is not None and run.ended >= ended - _SAME)


def _log_copies(cluster: Cluster, claim: Claim, copies: Sequence[Copy], facts: Facts) -> Iterator[Copy]:
    """Logs over the newest base that this very cluster took: a recovered one archives to a place of its own."""
    if not cluster.log or not _has_base(cluster, facts):
        return
    bases: dict[str, Copy] = {}
    for copy in copies:
        if copy.claim_uid == claim.uid and copy.ready and copy.captured >= cluster.created:
            newest = bases.get(copy.placement)
            if newest is None or copy.captured >= newest.captured:
                bases[copy.placement] = copy
    for _, base in sorted(bases.items()):
        log = msgspec.structs.replace(base, log=cluster.log, evidence=cluster.ref, size=None)
        if cluster.log == "running":
            yield log
        elif cluster.log_broke is not None and cluster.log_broke > base.captured:
            yield msgspec.structs.replace(log, captured=cluster.log_broke)


def _has_base(cluster: Cluster, facts: Facts) -> bool:
    """Logs in an ObjectStore that is known to hold no base backup of the server restore nothing."""
    archive = cluster.archiver
    if archive is None:
        return True
    window = facts.get(Window, cluster.ref.namespace, archive.store, archive.server)
    return window is None or window.ended is not None


def _drills(cluster: Cluster, claim: Claim, *, carries_on: bool, facts: Facts) -> Iterator[Drill]:
    found = {recovery.key: recovery for recovery in _recoveries(cluster, facts)}
    if carries_on and (itself := facts.get(Recovery, *cluster.key)):
        found[itself.key] = itself
    for _, recovery in sorted(found.items()):
        if recovery.success and recovery.ended is not None:
            yield Drill(
                source=NAME,
                claim=claim.ref,
                success=True,
                ended=recovery.ended,
                started=recovery.started,
                point=_point(recovery, facts),
                evidence=recovery.ref,
            )


def _recoveries(cluster: Cluster, facts: Facts) -> Iterator[Recovery]:
    """The clusters that were filled from a backup of this one."""
    namespace, name = cluster.key
    for run in facts.linked(Run, NAME, *claims_of(namespace, name)):
        yield from facts.linked(Recovery, "from-backup", namespace, run.ref.name)
    for method in facts.linked(Method, "method", namespace, name):
        for snapshot in method.snapshots:
            yield from facts.linked(Recovery, "from-snapshot", namespace, snapshot)
    for archive in cluster.archives:
        store = facts.get(Store, namespace, archive.store) if archive.store else None
        if archive.store:
            yield from facts.linked(Recovery, "from-store", namespace, archive.store, archive.server)
        place = store.place if store else archive.place
        if place:
            yield from _from_place(place, archive.server, facts)


def _from_place(place: str, server: str, facts: Facts) -> Iterator[Recovery]:
    """Another namespace names the same place by an ObjectStore of its own, or in the cluster itself."""
    yield from facts.linked(Recovery, "from-place", place, server)
    for store in facts.linked(Store, "place", place):
        yield from facts.linked(Recovery, "from-store", *store.key, server)


def _point(recovery: Recovery, facts: Facts) -> float | None:
    """When the restored data was captured: as asked for, else that of the backup, on which logs may have followed."""
    if recovery.point is not None:
        return recovery.point
    namespace = recovery.ref.namespace
    if recovery.backup:
        run = facts.get(Run, NAME, BACKUP, namespace, recovery.backup)
        return run.time if run else None
    snapshot = facts.get(Snapshot, namespace, recovery.snapshot) if recovery.snapshot else None
    return snapshot.captured if snapshot else None
