"""From Kasten's objects to records. What an action's error says is never read: it may be a text or an object."""

from collections.abc import Sequence
from typing import Literal

from holdfast.model.facts import Fact
from holdfast.model.identity import ObjectRef, ScheduleKey, TargetKey
from holdfast.sources.crontab import Cron, read_cron
from holdfast.sources.kasten.records import NAME, Doubtful, Export, Policy, Preset
from holdfast.sources.kasten.shapes import (
    Action,
    ActionObject,
    ActionSpec,
    ActionStatus,
    BackupParameters,
    ExportParameters,
    Filters,
    PointObject,
    PointStatus,
    PolicyObject,
    PolicySpec,
    PresetBackup,
    PresetObject,
    PresetSpec,
    ProfileObject,
    Reference,
    SubFrequency,
    Validation,
)
from holdfast.sources.runs.records import Outcome, Place, Restore, Run, Saved, whole_namespace
from holdfast.sources.selection import read_selector
from holdfast.sources.shapes import Metadata, given, shared
from holdfast.sources.values import parse_time
from holdfast.sources.words import outcome_of

ACTIONS = "actions.kio.kasten.io"
APPS = "apps.kio.kasten.io"
CONFIG = "config.kio.kasten.io"

_LABEL = "k10.kasten.io/"
_OUTCOMES: dict[str, Outcome] = {
    "Pending": "running",
    "Running": "running",
    "AttemptFailed": "running",  # it will be tried again
    "Complete": "success",
    "Failed": "failure",
    "Skipped": "unknown",
    "Cancelled": "unknown",
    "Cancelling": "unknown",
    "Deleting": "unknown",
}
_WITH_DATA = {"portableAppData": True, "appConfigOnly": False}
_VALID = {"Success": True, "Failed": False}
_ON_DEMAND = "@onDemand"


# -- policies, presets and profiles


def read_policy(policy: PolicyObject) -> tuple[Fact, ...]:
    """Policies that do something else, such as imports and reports, are no plans of ours."""
    metadata, spec = policy.metadata, policy.spec or PolicySpec()
    backups = [each for each in given(spec.actions) if each.action == "backup"]
    if not backups:
        return ()
    exports = [each.export_parameters for each in given(spec.actions) if each.action == "export"]
    preset = spec.preset_ref
    named = (shared(preset.namespace) or metadata.namespace, shared(preset.name)) if preset else None
    return (
        Policy(
            schedule=ScheduleKey(NAME, metadata.namespace, shared(metadata.name)),
            uid=metadata.uid,
            created=metadata.created,
            cron=_cron(spec.frequency, spec.sub_frequency) if named is None else None,
            on_demand=spec.frequency == _ON_DEMAND,
            valid=_VALID.get((policy.status or Validation()).validation or "") is not False,
            paused=bool(spec.paused),
            whole=all(_whole(each) for each in backups),
            selector=None if spec.selector is None else read_selector(spec.selector),
            export=_export(exports, metadata.namespace),
            preset=named,
        ),
    )


def _whole(action: Action) -> bool:
    parameters = action.backup_parameters or BackupParameters()
    return not _filtered(parameters.filters) and not parameters.ignore_exceptions


def _filtered(filters: Filters | None) -> bool:
    return bool(filters and (filters.include_resources or filters.exclude_resources))


def _export(parameters: Sequence[ExportParameters | None], namespace: str) -> Export | None:
    """Of several destinations the first that takes the data stands for all."""
    found = [_destination(each or ExportParameters(), namespace) for each in parameters]
    return min(found, key=lambda export: not export.data, default=None)


def _destination(parameters: ExportParameters, namespace: str) -> Export:
    profile, data = parameters.profile, parameters.export_data
    target = _profile(profile.namespace or namespace, profile.name) if profile else None
    return Export(target, data=bool(data and data.enabled))


def _profile(namespace: str, name: str | None) -> TargetKey | None:
    return TargetKey(NAME, shared(namespace), shared(name)) if name else None


def read_preset(preset: PresetObject) -> tuple[Fact, ...]:
    metadata, spec = preset.metadata, preset.spec or PresetSpec()
    backup = spec.backup or PresetBackup()
    return (
        Preset(
            namespace=metadata.namespace,
            name=shared(metadata.name),
            cron=_cron(backup.frequency, backup.sub_frequency),
            on_demand=backup.frequency == _ON_DEMAND,
            export=_destination(spec.export, metadata.namespace) if spec.export else None,
        ),
    )


def read_profile(profile: ProfileObject) -> tuple[Fact, ...]:
    metadata = profile.metadata
    available = _VALID.get((profile.status or Validation()).validation or "")
    target = TargetKey(NAME, metadata.namespace, shared(metadata.name))
    return (Place(target=target, available=available),)


def _cron(frequency: str | None, sub: SubFrequency | None) -> Cron:
    """The frequency with its sub-frequency, in UTC. Runs at once after the hour, at midnight, on Sunday, on the first."""
    sub = sub or SubFrequency()
    minutes, hours = _list(sub.minutes, "0"), _list(sub.hours, "0")
    weekdays, days, months = _list(sub.weekdays, "0"), _list(sub.days, "1"), _list(sub.months, "1")
    named = {
        "@hourly": f"{minutes} * * * *",
        "@daily": f"{minutes} {hours} * * *",
        "@weekly": f"{minutes} {hours} * * {weekdays}",
        "@monthly": f"{minutes} {hours} {days} * *",
        "@yearly": f"{minutes} {hours} {days} {months} *",
    }
    return read_cron(named.get(frequency or "", frequency or ""))


def _list(numbers: Sequence[int | None] | None, otherwise: str) -> str:
    return ",".join(str(number) for number in sorted(set(given(numbers)))) or otherwise


# -- restore points and actions


def read_point(point: PointObject) -> tuple[Fact, ...]:
    """A restore point of an application. It names no volume: it is taken to hold all of its namespace's claims."""
    metadata, status = point.metadata, point.status or PointStatus()
    profile = metadata.label(_LABEL + "exportProfile")
    kind = metadata.label(_LABEL + "exportType")
    exported, data = bool(profile or kind), _WITH_DATA.get(kind)
    if metadata.deleting_since is not None or (exported and data is False):
        return ()
    ref = ObjectRef(f"RestorePoint.{APPS}", metadata.namespace, metadata.name)
    schedule = _policy(metadata)
    place = schedule.namespace if schedule else metadata.label(_LABEL + "policyNamespace")
    run = Run(
        source=NAME,
        of=(whole_namespace(metadata.namespace),),
        ref=ref,
        uid=metadata.uid,
        outcome="success",
        created=metadata.created,
        captured=_captured(status, exported=exported),
        placement="offsite" if exported else "local",
        consistency="crash",
        target=_profile(place, profile) if exported and place else None,
        schedule=schedule,
        inferred=True,
    )
    return (run, Doubtful(ref=ref)) if exported and data is None else (run,)


def _captured(status: PointStatus, *, exported: bool) -> float | None:
    """That of an export may be when it was sent: it holds no more than was there when its run was due."""
    acted, due = parse_time(status.action_time), parse_time(status.scheduled_time)
    if exported and acted is not None and due is not None:
        return min(acted, due)
    return due if acted is None else acted


def _policy(metadata: Metadata, subject: Reference | None = None) -> ScheduleKey | None:
    if subject is not None and subject.kind == "Policy" and subject.name:
        return ScheduleKey(NAME, shared(subject.namespace) or metadata.namespace, shared(subject.name))
    name = metadata.label(_LABEL + "policyName")
    namespace = metadata.label(_LABEL + "policyNamespace")
    return ScheduleKey(NAME, shared(namespace), shared(name)) if name and namespace else None


def read_run_action(action: ActionObject) -> tuple[Fact, ...]:
    """One run of a policy, over all of its applications."""
    spec = action.spec or ActionSpec()
    schedule = _policy(action.metadata, spec.subject)
    return () if schedule is None else _run("RunAction", action, (), schedule)


def read_backup_action(action: ActionObject) -> tuple[Fact, ...]:
    return _failure("BackupAction", action)


def read_export_action(action: ActionObject) -> tuple[Fact, ...]:
    return _failure("ExportAction", action)


def _failure(kind: Literal["BackupAction", "ExportAction"], action: ActionObject) -> tuple[Fact, ...]:
    """What succeeded is told by its restore point, and the policy's run by its RunAction."""
    namespace = action.metadata.label(_LABEL + "appNamespace") or action.metadata.namespace
    word = (action.status or ActionStatus()).state
    outcome, strange = outcome_of(word, _OUTCOMES)
    if outcome != "failure" and not strange:
        return ()
    return _run(kind, action, (whole_namespace(shared(namespace)),), None)


def _run(
    kind: str, action: ActionObject, of: tuple[Saved, ...], schedule: ScheduleKey | None
) -> tuple[Fact, ...]:
    metadata, status = action.metadata, action.status or ActionStatus()
    outcome, strange = outcome_of(status.state, _OUTCOMES)
    if metadata.deleting_since is not None:
        return ()
    return (
        Run(
            source=NAME,
            of=of,
            ref=ObjectRef(f"{kind}.{ACTIONS}", metadata.namespace, metadata.name),
            uid=metadata.uid,
            outcome=outcome,
            created=metadata.created,
            started=parse_time(status.start_time),
            ended=parse_time(status.end_time),
            placement="local",
            consistency="crash",
            schedule=schedule,
            strange=strange,
        ),
    )


def read_restore_action(action: ActionObject) -> tuple[Fact, ...]:
    """A restore of some resources alone proves nothing of the volumes."""
    metadata, spec = action.metadata, action.spec or ActionSpec()
    status, subject = action.status or ActionStatus(), spec.subject or Reference()
    if subject.kind != "RestorePoint" or not subject.name or _filtered(spec.filters):
        return ()
    outcome, strange = outcome_of(status.state, _OUTCOMES)
    namespace = shared(subject.namespace) or metadata.namespace
    started = parse_time(status.start_time)
    return (
        Restore(
            source=NAME,
            of=(whole_namespace(namespace),),
            ref=ObjectRef(f"RestoreAction.{ACTIONS}", metadata.namespace, metadata.name),
            outcome=outcome,
            started=metadata.created if started is None else started,
            ended=parse_time(status.end_time),
            run=ObjectRef(f"RestorePoint.{APPS}", namespace, shared(subject.name)),
            strange=strange,
        ),
    )
