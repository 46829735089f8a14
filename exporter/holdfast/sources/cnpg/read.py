"""From Backups, ScheduledBackups and ObjectStores to records."""

from collections.abc import Sequence
from typing import Final

from holdfast.model.facts import Fact
from holdfast.model.identity import ObjectRef, ScheduleKey
from holdfast.model.plan import PlanError, read_plan
from holdfast.model.protection import Placement
from holdfast.sources.cnpg.records import (
    BACKUP,
    BARMAN_PLUGIN,
    NAME,
    PLACEMENTS,
    PLAN,
    Method,
    Store,
    Window,
    claims_of,
    place_of,
    store_key,
)
from holdfast.sources.cnpg.shapes import (
    BackupObject,
    BackupSpec,
    BackupStatus,
    Elements,
    Name,
    ObjectStorePlace,
    PlanObject,
    PlanSpec,
    PlanStatus,
    StoreObject,
    StoreSpec,
    StoreStatus,
)
from holdfast.sources.crontab import Cron
from holdfast.sources.runs.records import Outcome, Place, Plan, Run
from holdfast.sources.shapes import given, shared
from holdfast.sources.values import parse_time
from holdfast.sources.words import strange_word

SCHEDULED: Final = "cnpg.io/scheduled-backup"
PLUGIN: Final = "plugin"
SNAPSHOT: Final = "volumeSnapshot"

_OUTCOMES: Final[dict[str, Outcome]] = {
    "completed": "success",
    "failed": "failure",
    "invalid backup definition": "failure",
    "pending": "running",
    "started": "running",
    "running": "running",
    "finalizing": "running",
    "walArchivingFailing": "running",  # it waits for the archive, and is tried again
    "": "unknown",
}


def read_backup(backup: BackupObject) -> Sequence[Fact]:
    metadata, spec, status = backup.metadata, backup.spec or BackupSpec(), backup.status or BackupStatus()
    cluster = (spec.cluster or Name()).name
    if metadata.deletion_timestamp or not cluster:
        return ()
    ref = ObjectRef(BACKUP, metadata.namespace, shared(metadata.name))
    method, phase = status.method or spec.method or "barmanObjectStore", status.phase or ""
    schedule = metadata.label(SCHEDULED)
    run = Run(
        source=NAME,
        ref=ref,
        uid=metadata.uid,
        of=(claims_of(metadata.namespace, cluster),),
        outcome=_OUTCOMES.get(phase, "unknown"),
        strange=strange_word(phase, _OUTCOMES),
        created=metadata.created,
        started=_first(status.started_at, status.reconciliation_started_at),
        ended=_first(status.stopped_at, status.reconciliation_terminated_at),
        placement=_placement(method, spec),
        consistency="application",
        schedule=ScheduleKey(NAME, metadata.namespace, shared(schedule)) if schedule else None,
    )
    elements = (status.snapshot_backup_status or Elements()).elements
    snapshots = tuple(shared(element.name) for element in given(elements) if element.name)
    return (run, *_method(ref, cluster, method, spec, snapshots))


def _first(*texts: str | None) -> float | None:
    """The first of these that tells a time."""
    return next((time for time in map(parse_time, texts) if time is not None), None)


def _placement(method: str, spec: BackupSpec) -> Placement:
    """Where a plugin that is not known to us puts things may be near."""
    if method == PLUGIN:
        return "offsite" if _by_barman(spec) else "local"
    return PLACEMENTS.get(method, "local")


def _by_barman(spec: BackupSpec) -> bool:
    return (spec.plugin_configuration or Name()).name == BARMAN_PLUGIN


def _method(
    ref: ObjectRef, cluster: str, method: str, spec: BackupSpec, snapshots: tuple[str, ...] = ()
) -> tuple[Method, ...]:
    """Nothing for the in-core object store, of which nothing more is to be said."""
    plugin = method == PLUGIN and _by_barman(spec)
    if not plugin and not snapshots and method != SNAPSHOT:
        return ()
    return (Method(ref=ref, cluster=shared(cluster), plugin=plugin, snapshots=snapshots),)


def read_plan_object(plan: PlanObject) -> Sequence[Fact]:
    metadata, spec, status = plan.metadata, plan.spec or PlanSpec(), plan.status or PlanStatus()
    cluster = (spec.cluster or Name()).name
    cron = read_six_fields(spec.schedule or "")
    scheduled = parse_time(status.last_schedule_time)
    method = spec.method or "barmanObjectStore"
    made = Plan(
        source=NAME,
        of=(claims_of(metadata.namespace, cluster),) if cluster else (),
        schedule=ScheduleKey(NAME, metadata.namespace, shared(metadata.name)),
        uid=metadata.uid,
        created=metadata.created,
        cron=cron.text,
        timezone=cron.timezone,
        valid=cron.valid,
        paused=bool(spec.suspend),
        placement=_placement(method, spec),
        consistency="application",
        last_attempt=scheduled,
        anchor=scheduled,
    )
    ref = ObjectRef(PLAN, metadata.namespace, shared(metadata.name))
    return (made, *_method(ref, cluster or "", method, spec))


def read_six_fields(written: str) -> Cron:
    """The operator's cron: seconds first, so that of five fields it is the day of the week that was left out.

    https://pkg.go.dev/github.com/robfig/cron@v1.2.0#hdr-CRON_Expression_Format
    """
    zone, text = "", " ".join(written.replace("?", "*").split())
    if text.startswith("TZ="):
        zone, _, text = text.removeprefix("TZ=").partition(" ")
    fields = text.split()
    if not text.startswith("@") and len(fields) == 5:
        text = f"{text} *"
    zone = "" if zone in ("Local", "UTC", "Etc/UTC") else zone
    return Cron(text=text, timezone=zone, valid=_readable(text, zone))


def _readable(text: str, zone: str) -> bool:
    if not text.startswith("@") and len(text.split()) != 6:
        return False
    try:
        read_plan(text, zone)
    except PlanError:
        return False
    return True


def read_store(store: StoreObject) -> Sequence[Fact]:
    metadata, configuration = store.metadata, (store.spec or StoreSpec()).configuration or ObjectStorePlace()
    target = store_key(metadata.namespace, metadata.name)
    windows = (store.status or StoreStatus()).server_recovery_window or {}
    return (
        Place(target=target, available=None),
        Store(target=target, place=place_of(configuration.endpoint_url, configuration.destination_path)),
        *(
            Window(
                target=target,
                server=shared(server),
                ended=parse_time(window.last_successful_backup_time) if window else None,
            )
            for server, window in sorted(windows.items())
        ),
    )
