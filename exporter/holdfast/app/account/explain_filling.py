"""How full a claim is and when it will be: who measured it, with whom it shares, and what the forecast stands on."""

import math
from collections.abc import Iterator

import numpy as np

from holdfast.app.account.document_filling import NEVER_MEASURED, filling_part
from holdfast.app.account.explain_case import Case, Gauged, Looks, figure, told_by
from holdfast.app.engine import Engine
from holdfast.app.gauging import kept_as
from holdfast.assessment.forecast import LIKELY
from holdfast.model.account.explanation import FigurePart, ObjectPart
from holdfast.model.account.telling import humane, moment_text
from holdfast.model.capacity import NOT_EXPANDABLE_REASONS, Quota
from holdfast.model.facts import Claim, StorageClass, Volume
from holdfast.model.filling import (
    EARLY,
    FORECAST_UNKNOWN_REASONS,
    RESOURCES,
    UNMEASURED_REASONS,
    BackendJudgement,
    FillingJudgement,
    Prospect,
)
from holdfast.model.identity import BACKEND, FILLING, ObjectRef, Subject
from holdfast.model.usage import SAMPLE_STANDS

_FIGURES = (
    # figure, field of the report's entry, what it is
    ("filling.usedBytes", "used_bytes", "bytes"),
    ("filling.filesystemBytes", "filesystem_bytes", "bytes"),
    ("filling.availableBytes", "available_bytes", "bytes"),
    ("filling.inodesUsed", "inodes_used", ""),
    ("filling.inodes", "inodes", ""),
)
_MEANINGS = {
    "used_bytes": "what its files take",
    "filesystem_bytes": "the size of its file system, as its node sees it",
    "available_bytes": "what whoever is not root can still write",
    "inodes_used": "files and directories that it holds",
    "inodes": "files and directories that its file system can hold",
}


def gauged(engine: Engine, claim: Claim, now: float) -> Gauged:
    """How the claim fills as it was judged, and the readings behind it."""
    judged = engine.judgement(Subject(FILLING, claim.ref))
    filling = judged if isinstance(judged, FillingJudgement) else None
    shared = engine.judgement(Subject(BACKEND, (filling.backend,))) if filling and filling.backend else None
    looks = []
    for resource in RESOURCES:
        times = engine.gauges.history.window([kept_as(claim)], now, resource).times[0]
        known = times[~np.isnan(times)]
        looks.append(Looks(len(known), float(known[-1] - known[0]) if len(known) else 0.0))
    return Gauged(
        filling=filling,
        backend=shared if isinstance(shared, BackendJudgement) else None,
        part=filling_part(claim.ref, engine, now),
        looks=tuple(looks),
    )


def explain_filling(case: Case) -> Iterator[FigurePart]:
    filling = case.gauged.filling
    if filling is not None:
        yield _state(case, filling)
        yield from _figures(case, filling)
        yield from _space(case, filling)
        prospects = (filling.bytes, filling.inodes)
        for resource, prospect, looks in zip(RESOURCES, prospects, case.gauged.looks, strict=True):
            if prospect is not None:
                yield from _forecast(f"filling.{resource}Forecast", prospect, case, looks)
    yield _growth(case)


def _state(case: Case, filling: FillingJudgement) -> FigurePart:
    running = [pod for pod in case.pods if pod.phase == "Running"]
    objects = [
        told_by(pod.ref, f"mounts it on {pod.node}" if pod.node else "mounts it", created=pod.created)
        for pod in running
    ]
    if filling.reason:
        rule = f"{filling.reason}: {UNMEASURED_REASONS[filling.reason]}"
    else:
        rule = _measured(case, filling) if filling.state else case.gauged.part.unknown["state"]
    return figure("filling.state", filling.state, rule, *objects)


def _measured(case: Case, filling: FillingJudgement) -> str:
    part = case.gauged.part
    by = f"{part.origin} told it" if part.origin else "it was told"
    ago = f"{by} {humane(part.age_seconds or 0)} ago"
    return f"{ago}; stale after {humane(SAMPLE_STANDS)}" if filling.state == "stale" else ago


def _figures(case: Case, filling: FillingJudgement) -> Iterator[FigurePart]:
    part, sample = case.gauged.part, filling.sample
    if sample is None:
        yield figure("filling.measured", None, NEVER_MEASURED)
        return
    rule = f"when {part.origin or 'somebody'} measured it last"
    yield figure("filling.measured", moment_text(sample.time), rule, unit="time")
    if filling.backend:
        return
    for name, field, unit in _FIGURES:
        value = getattr(part, field)
        if value is None and field.startswith("inodes"):
            continue  # not every file system counts them
        meaning = part.unknown[name.partition(".")[2]] if value is None else _MEANINGS[field]
        if field == "inodes_used" and sample.inodes_ratio is not None:
            meaning += f": {100 * sample.inodes_ratio:.3g} % of them"
        if field == "used_bytes" and sample.bytes_ratio is not None:
            meaning += f": {100 * sample.bytes_ratio:.3g} % of what can be filled"
        yield figure(name, value, meaning, unit=unit)


def _space(case: Case, filling: FillingJudgement) -> Iterator[FigurePart]:
    """The space that it shares, as it is judged once for all."""
    if not filling.backend:
        return
    claim, facts = case.claim, case.setting.facts
    volume = facts.get(Volume, claim.volume) if claim.volume else None
    named = volume is not None and volume.place == filling.backend
    rule = (
        "their volumes name one place"
        if named
        else "they were seen to have the same size and free space, over time"
    )
    backend = case.gauged.backend
    others = [ref for ref in (backend.members if backend else ()) if ref != claim.ref]
    objects = [told_by(ObjectRef("PersistentVolumeClaim", *ref), "shares it") for ref in others]
    yield figure("filling.backend", filling.backend, rule, *objects)
    if backend is not None:
        for field, value in (("usedBytes", backend.sample.used), ("capacityBytes", backend.sample.capacity)):
            yield figure(f"filling.backend.{field}", value, "of the whole space", unit="bytes")
        yield from _forecast("filling.backend.forecast", backend.bytes, case, case.gauged.looks[0])


def _forecast(name: str, prospect: Prospect, case: Case, looks: Looks) -> Iterator[FigurePart]:
    stands_on = _stands_on(looks)
    if prospect.central is None:
        rule = f"{prospect.reason}: {FORECAST_UNKNOWN_REASONS[prospect.reason]}{stands_on}"
        yield figure(f"{name}.full", None, rule)
    elif math.isinf(prospect.central):
        early = _in(prospect.early, case)
        bound = f", and not before {early}" if early else ""
        yield figure(f"{name}.full", None, f"it does not fill, as far as can be told{bound}{stands_on}")
    else:
        rule = f"most likely in {_in(prospect.central, case)}{_bounds(prospect, case)}{stands_on}"
        yield figure(f"{name}.full", moment_text(round(prospect.central)), rule, *_asked(case), unit="time")
    if prospect.chance is not None and not case.gauged.backend:
        rule = f"how likely it is full within {EARLY:g} times its objective; alerts ask for {LIKELY:g}"
        yield figure(f"{name}.fullChance", round(prospect.chance, 2), rule)
    if prospect.growth is not None and not name.endswith("inodesForecast"):
        rule = f"about {_daily(prospect.growth)} a day: the middle one of a week's days"
        yield figure(f"{name}.growthPerSecond", prospect.growth, rule, unit="bytes")


def _stands_on(looks: Looks) -> str:
    return f"; from {looks.number} hourly readings over {humane(looks.span)}" if looks.number else ""


def _bounds(prospect: Prospect, case: Case) -> str:
    early, late = _in(prospect.early, case), _in(prospect.late, case)
    if early and late:
        return f", between {early} and {late}"
    return f", at the earliest in {early}" if early else ""


def _in(instant: float | None, case: Case) -> str:
    return "" if instant is None else humane(max(0.0, instant - case.setting.now))


def _asked(case: Case) -> list[ObjectPart]:
    within = case.judgement.objective.full_within
    return [] if within is None else [told_by(case.ref, f"its owner is to be told {humane(within)} before")]


def _daily(growth: float) -> str:
    daily = growth * 86400
    size = abs(daily)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{math.copysign(size, daily):.3g} {unit}"
        size /= 1024
    return f"{math.copysign(size, daily):.3g} TiB"


def _growth(case: Case) -> FigurePart:
    """Whether it can be grown, and what is in the way."""
    reason = case.gauged.part.not_expandable
    if not reason:
        return figure("filling.notExpandable", "", "nothing is known to keep it from growing")
    return figure("filling.notExpandable", reason, NOT_EXPANDABLE_REASONS[reason], *_obstacles(case, reason))


def _obstacles(case: Case, reason: str) -> Iterator[ObjectPart]:
    claim, facts = case.claim, case.setting.facts
    if reason == "quota":
        for quota in facts.linked(Quota, "namespace", claim.ref.namespace):
            yield told_by(ObjectRef("ResourceQuota", quota.namespace, quota.name), "limits its namespace")
    elif reason == "resize-failed":
        told = [claim.resize_status, *(each.type for each in claim.conditions if each.status == "True")]
        yield told_by(case.ref, f"says {', '.join(word for word in told if word)}")
    elif reason in ("class-forbids", "maximum-size") and facts.get(StorageClass, claim.storage_class):
        yield told_by(ObjectRef("StorageClass", "", claim.storage_class), "is its class")
