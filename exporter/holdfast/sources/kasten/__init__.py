"""Kasten K10: restore points as copies, runs of policies, profiles as places, restores as drills.

Kasten is closed; its documentation and what others observed on 9.0 is all there is. Assumed, and seen on no cluster:
``status.actionTime`` of a restore point is when its data was captured; a restore point of a policy without filters
holds all claims of its namespace; frequencies count in UTC; a label selector is met by the labels of the namespace.
Actions and restore points come from an API server of Kasten's own, of which nobody says that it can watch: polled.
"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from holdfast.model.facts import Claim, Fact, Facts
from holdfast.model.feed import Feed, Resource
from holdfast.model.identity import ScheduleKey
from holdfast.model.plan import EVERY
from holdfast.model.protection import Copy, Cover, Coverage, CoverGap, Miss, Result, Schedule
from holdfast.model.surroundings import Namespace
from holdfast.sources.contract import Rolls, Source
from holdfast.sources.crontab import Cron
from holdfast.sources.kasten.read import (
    ACTIONS,
    APPS,
    CONFIG,
    read_backup_action,
    read_export_action,
    read_point,
    read_policy,
    read_preset,
    read_profile,
    read_restore_action,
    read_run_action,
)
from holdfast.sources.kasten.records import NAME, Doubtful, Export, Policy, Preset
from holdfast.sources.kasten.shapes import (
    ActionObject,
    PointObject,
    PolicyObject,
    PresetObject,
    ProfileObject,
)
from holdfast.sources.runs.records import Run
from holdfast.sources.runs.tool import Tool

TOOL = Tool(name=NAME, namespaces=True)
_RUN = f"RunAction.{ACTIONS}"
_RESULTS: dict[str, Result] = {"success": "success", "failure": "failure"}
POLL = 120.0  # seconds; its API server reads a catalogue of its own for each list


def cover(claim: Claim, facts: Facts, rolls: Rolls) -> Coverage:
    told = TOOL.cover(claim, facts, rolls)
    copies, unproven = [], []
    for copy in told.copies:
        policy = facts.get(Policy, *copy.schedule) if copy.schedule else None
        if policy is None or not policy.whole:
            unproven.append(_unproven(copy))
        elif _holds_data(copy, policy, facts):
            copies.append(copy)
    misses = (*told.misses, *(miss for miss in unproven if miss.time >= claim.created))
    covers = tuple(_covers(claim, facts))
    objects = bool(copies or covers)
    return msgspec.structs.replace(told, copies=tuple(copies), covers=covers, misses=misses, objects=objects)


def _unproven(copy: Copy) -> Miss:
    """The policy leaves something out, which may be the claim; or none that backs up is in sight, and what an import
    brought from another cluster looks the same.
    """
    return Miss(schedule=copy.schedule, time=copy.captured, cause="unproven", evidence=copy.evidence)


def _holds_data(copy: Copy, policy: Policy | None, facts: Facts) -> bool:
    if facts.get(Doubtful, *copy.evidence) is None:
        return True
    export = _exported(policy, facts) if policy else None
    return export is not None and export.data


def _covers(claim: Claim, facts: Facts) -> Iterator[Cover]:
    namespace = claim.ref.namespace
    known = facts.get(Namespace, namespace)
    labels = {**(known.labels if known else {}), "k10.kasten.io/appNamespace": namespace}
    for policy in sorted(facts.all(Policy), key=lambda policy: policy.schedule):
        if policy.selector is None or not policy.selector.selects(labels, patterns=True):
            continue
        cron = _planned(policy, facts)
        if cron is None:
            continue
        export, gap = _exported(policy, facts), _gap(policy, cron)
        data = export is not None and export.data
        yield Cover(
            schedule=policy.schedule,
            target=_target(export),
            placement="offsite" if data else "local",
            consistency="crash",
            gap=gap,
        )


def _gap(policy: Policy, cron: Cron) -> CoverGap:
    if not (policy.valid and cron.valid):
        return "invalid"
    return "paused" if policy.paused else ""


def _preset(policy: Policy, facts: Facts) -> Preset | None:
    return facts.get(Preset, *policy.preset) if policy.preset else None


def _planned(policy: Policy, facts: Facts) -> Cron | None:
    """None where it runs on demand only. Without its preset there is no plan that could be read."""
    preset = _preset(policy, facts)
    if policy.on_demand or (preset is not None and preset.on_demand):
        return None
    if preset is not None:
        return preset.cron
    return Cron(text="", timezone="", valid=False) if policy.cron is None else policy.cron


def _exported(policy: Policy, facts: Facts) -> Export | None:
    preset = _preset(policy, facts)
    return policy.export or (preset.export if preset else None)


def _target(export: Export | None) -> str:
    return export.target.name if export and export.target else ""


def schedule(key: ScheduleKey, facts: Facts) -> Schedule | None:
    """A policy and its runs; none where it runs on demand only."""
    policy = facts.get(Policy, *key)
    cron = _planned(policy, facts) if policy else None
    if policy is None or cron is None:
        return None
    runs = [run for run in facts.linked(Run, "schedule", *key) if run.ref.kind == _RUN]
    runs.sort(key=lambda run: (run.began, run.ref))
    finished = [run for run in runs if run.outcome in _RESULTS]
    last = finished[-1] if finished else None
    return Schedule(
        key=key,
        uid=policy.uid,
        created=policy.created,
        cron=cron.text,
        timezone=cron.timezone,
        target=_target(_exported(policy, facts)),
        anchor=policy.created if cron.text.startswith(EVERY) else None,
        valid=policy.valid and cron.valid,
        paused=policy.paused,
        last_success=max((run.began for run in finished if run.outcome == "success"), default=None),
        last_attempt=runs[-1].began if runs else None,
        last_duration=max(last.ended - last.began, 0.0) if last and last.ended is not None else None,
        last_result=_RESULTS[last.outcome] if last else "none",
        running_since=next((run.began for run in runs if run.outcome == "running"), None),
    )


def _feed(
    group: str, plural: str, kind: str, shape: type[Any], read: Callable[[Any], tuple[Fact, ...]]
) -> Feed:
    resource = Resource(group=group, versions=("v1alpha1",), plural=plural, kind=kind)
    return Feed(
        source=NAME, resource=resource, shape=shape, read=read, poll=None if group == CONFIG else POLL
    )


SOURCE = Source(
    name=NAME,
    protects=True,
    tells=frozenset({"age", "schedule", "result", "target", "drill"}),
    feeds=(
        _feed(CONFIG, "policies", "Policy", PolicyObject, read_policy),
        _feed(CONFIG, "policypresets", "PolicyPreset", PresetObject, read_preset),
        _feed(CONFIG, "profiles", "Profile", ProfileObject, read_profile),
        _feed(ACTIONS, "runactions", "RunAction", ActionObject, read_run_action),
        _feed(ACTIONS, "backupactions", "BackupAction", ActionObject, read_backup_action),
        _feed(ACTIONS, "exportactions", "ExportAction", ActionObject, read_export_action),
        _feed(ACTIONS, "restoreactions", "RestoreAction", ActionObject, read_restore_action),
        _feed(APPS, "restorepoints", "RestorePoint", PointObject, read_point),
    ),
    cover=cover,
    schedule=schedule,
    target=TOOL.target,
)
