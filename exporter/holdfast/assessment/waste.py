"""What costs and serves nobody: claims that nothing uses, what lost its owner, space that was never used.

A hint and no verdict: what is done about it is the owner's. What it costs belongs to ``cost``.
"""

import msgspec

from holdfast.assessment.claim import is_generic_ephemeral
from holdfast.assessment.cost import content_of
from holdfast.assessment.lifecycle import assess_volume
from holdfast.assessment.setting import Setting
from holdfast.assessment.snapshots import assess_content, assess_snapshot
from holdfast.assessment.usage import assess_usage, weigh_idle
from holdfast.assessment.withholding import is_known, saves_cut, saves_disk, twins
from holdfast.model.cost import Waste
from holdfast.model.facts import Claim, Pod, Volume
from holdfast.model.identity import ClaimRef, ObjectKey
from holdfast.model.objective import Objective
from holdfast.model.snapshots import Snapshot, SnapshotContent

DAY = 86400.0
DORMANT_AFTER = 30 * DAY
NEW = DAY  # a claim is often made before what will use it
RELEASED_AFTER = 3600.0  # a volume whose policy is Delete is on its way out for a moment
HISTORY_NEEDED = 7 * DAY
READINGS_NEEDED = 84  # hourly ones: half a week of them
FRESH = DAY
KNOWN_IDLE = DAY  # before that no command deletes what may only be between two uses
MUCH = 0.5  # of the space; of what uses less the rest may be saved

_SPARED = "hygiene"  # the area by which an owner says that all is as it should be


class Use(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the weeks that are known say of a claim's own file system: instants, the highest use in bytes, and how full it was.

    ``fullest``: the largest share of its bytes that was used, or of its inodes that is used now.
    """

    first: float
    newest: float
    readings: int
    highest: float
    fullest: float


class Verdict(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """``part``: how much of the size would be saved, 1 for all of it. ``until``: when the clock alone changes it.

    ``early`` as in ``Waste``.
    """

    reason: str = ""
    since: float | None = None
    part: float = 1.0
    until: float | None = None
    early: bool = False


_NONE = Verdict()


def waste_of(verdict: Verdict, size: int | None, amount: int | None) -> Waste | None:
    """The verdict with what would be saved, of these bytes and this amount."""
    if not verdict.reason:
        return None
    return Waste(
        reason=verdict.reason,
        since=verdict.since,
        size=None if size is None else round(size * verdict.part),
        amount=None if amount is None else round(amount * verdict.part),
        early=verdict.early,
    )


def judge_claim(
    claim: Claim, objective: Objective, use: Use | None, size: int | None, setting: Setting
) -> Verdict:
    """``use`` None: nothing is known of it, or the space is not its own."""
    if claim.deleting_since is not None or is_generic_ephemeral(claim) or _SPARED in objective.muted:
        return _NONE
    idle = _judge_idle(claim, objective, setting)
    return idle if idle.reason else _sooner(_judge_space(use, size, setting.now), idle.until)


def _judge_idle(claim: Claim, objective: Objective, setting: Setting) -> Verdict:
    facts, now = setting.facts, setting.now
    usage = assess_usage(claim, facts.linked(Pod, "claim", *claim.ref), facts, setting.sight)
    if usage.state is None or usage.state == "in-use" or usage.reason == "cronjob-idle":
        return _NONE  # between two runs of a CronJob the claim is in use
    since = weigh_idle(claim, facts, now).since
    if objective.unused_for is not None:
        begins = since + objective.unused_for
    else:
        begins = claim.created + NEW if usage.state == "orphaned" else since + DORMANT_AFTER
    if now < begins:
        return Verdict(until=begins)
    volume = facts.get(Volume, claim.volume) if claim.volume else None
    alone = volume is None or not any(twins(volume, facts))
    early = usage.state == "orphaned" and now < since + KNOWN_IDLE
    return Verdict(
        reason=usage.state,
        since=since,
        part=1.0 if alone else 0.0,
        until=since + KNOWN_IDLE if early else None,
        early=early,
    )


def _judge_space(use: Use | None, size: int | None, now: float) -> Verdict:
    if use is None or not size or now >= use.newest + FRESH:
        return _NONE
    known = use.newest - use.first >= HISTORY_NEEDED and use.readings >= READINGS_NEEDED
    until = use.newest + FRESH
    if not known or use.highest >= MUCH * size or use.fullest >= MUCH:
        return Verdict(until=until)
    return Verdict(reason="unused-space", since=use.first, part=1 - use.highest / size, until=until)


def judge_volume(volume: Volume, setting: Setting) -> Verdict:
    """A volume that no living claim holds."""
    if volume.deleting_since is not None:
        return _NONE
    orphaned = assess_volume(volume, setting.facts, setting.sight).orphaned
    if not orphaned or (orphaned == "claim-gone" and not _is_looked_into(volume.claim, setting)):
        return _NONE
    part = 1.0 if saves_disk(volume, setting) else 0.0
    since = volume.phase_since if volume.phase in ("Released", "Failed") else None
    if orphaned != "released":
        return Verdict(reason="volume-orphaned", since=since, part=part)
    begins = (since or 0.0) + RELEASED_AFTER
    if volume.reclaim_policy == "Delete" and setting.now < begins:
        return Verdict(until=begins)
    return Verdict(reason="volume-released", since=since, part=part)


def judge_snapshot(snapshot: Snapshot, setting: Setting) -> Verdict:
    if snapshot.deleting_since is not None:
        return _NONE
    judged = assess_snapshot(snapshot, setting.facts, setting.sight)
    looked = judged.orphaned == "content-gone" or is_known(snapshot.namespace, setting.facts)
    if not judged.orphaned or not looked:
        return _NONE
    content = content_of(snapshot, setting.facts)
    alone = content is None or saves_cut(content, setting)
    return Verdict(reason="snapshot-orphaned", part=1.0 if alone else 0.0)


def judge_content(content: SnapshotContent, setting: Setting) -> Verdict:
    if content.deleting_since is not None:
        return _NONE
    judged = assess_content(content, setting.facts, setting.sight, setting.now)
    if not judged.orphaned or not _is_looked_into(content.snapshot, setting):
        return Verdict(until=judged.until)
    part = 1.0 if saves_cut(content, setting) else 0.0
    return Verdict(reason="content-orphaned", part=part, until=judged.until)


def _is_looked_into(named: ClaimRef | ObjectKey | None, setting: Setting) -> bool:
    """Of a namespace of which nothing was seen not even absence is known."""
    return named is not None and is_known(named.namespace, setting.facts)


def _sooner(verdict: Verdict, until: float | None) -> Verdict:
    ends = [end for end in (verdict.until, until) if end is not None]
    return msgspec.structs.replace(verdict, until=min(ends, default=None))
