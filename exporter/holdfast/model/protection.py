"""What backup tools say of claims: copies, the plans that make them, and the places they go to.

A source's ``cover`` yields these; whether they count is for the assessment alone.
"""

from typing import Literal

import msgspec

from holdfast.model.identity import ClaimRef, ObjectRef, ScheduleKey, TargetKey

Placement = Literal["local", "offsite"]
Consistency = Literal["crash", "application", "unknown"]
Result = Literal["success", "partial", "failure", "none"]

PLACEMENTS: tuple[Placement, ...] = ("local", "offsite")
CONSISTENCIES: tuple[Consistency, ...] = ("crash", "application", "unknown")
RESULTS: tuple[Result, ...] = ("success", "partial", "failure", "none")


NOBODY = "-"
"""As the uid of a copy's claim: it is of an earlier owner of that name, and no living claim bears it."""


class Copy(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One copy of one claim's data that a tool reported as made.

    ``captured`` is when the data was read, never when the tool ended. ``claim_uid`` is the uid that the evidence
    names, empty where it names none. ``ready`` is False where the tool says that it cannot be restored now.

    ``log`` marks the copy that continuous log archiving makes of the newest base backup: while it is ``running`` the
    copy is current, whatever ``captured`` says; once ``broken``, ``captured`` is the last moment that it holds. It is no
    recovery point of its own.
    """

    source: str
    claim: ClaimRef
    captured: float
    placement: Placement
    consistency: Consistency
    evidence: ObjectRef
    claim_uid: str = ""
    size: int | None = None
    expires: float | None = None
    target: TargetKey | None = None
    schedule: ScheduleKey | None = None
    inferred: bool = False
    ready: bool = True
    log: Literal["", "running", "broken"] = ""


class Drill(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A finished restore of a claim's volume data: a drill, or a real one.

    ``claim`` is the claim that was backed up, wherever the data was restored to; ``claim_uid`` is its uid where the
    evidence names it. ``point`` is when the restored data was captured, None where that is not told.
    """

    source: str
    claim: ClaimRef
    success: bool
    ended: float
    started: float | None
    point: float | None
    evidence: ObjectRef
    claim_uid: str = ""


CoverGap = Literal["", "paused", "invalid", "excluded"]


class Cover(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A plan that should cover a claim. ``gap`` says why it makes no copies now; empty where it runs.

    ``placement`` and ``consistency`` are those of the copies that it would make.
    """

    schedule: ScheduleKey
    target: str
    placement: Placement
    consistency: Consistency
    gap: CoverGap = ""


class Miss(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A finished run that should have copied the claim and did not, or cannot be shown to have done so.

    ``cause``: ``not-captured`` proven by the run's own records, ``unproven`` where nothing proves either.
    """

    schedule: ScheduleKey | None
    time: float
    cause: Literal["not-captured", "unproven", "failed"]
    evidence: ObjectRef


class Coverage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All that one source says of one claim.

    ``stranger``: the claim was filled by a restore of other data than its own name's, and inherits nothing of that name.
    ``awaits`` are plans whose runs bear on the claim without copying it: those that prove restores.
    ``objects``: what it copies, or plans to copy, includes the objects of the claim's namespace that use it.
    """

    source: str
    copies: tuple[Copy, ...] = ()
    covers: tuple[Cover, ...] = ()
    misses: tuple[Miss, ...] = ()
    drills: tuple[Drill, ...] = ()
    awaits: tuple[ScheduleKey, ...] = ()
    stranger: bool = False
    objects: bool = False


class Schedule(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A recurring plan and how its runs went, as far as surviving objects tell.

    ``last_success`` is the start of the last successful run. ``timezone`` is an IANA name, "" for UTC.
    ``every`` replaces ``cron`` where the plan is an interval (``@every 6h``); it counts from ``anchor``.
    """

    key: ScheduleKey
    uid: str
    created: float
    cron: str
    timezone: str = ""
    target: str = ""
    paused: bool = False
    valid: bool = True
    anchor: float | None = None
    last_success: float | None = None
    last_attempt: float | None = None
    last_duration: float | None = None
    last_result: Result = "none"
    running_since: float | None = None


class Target(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A backup location. ``available`` is None where nothing has checked it yet, ``region`` empty where none is told."""

    key: TargetKey
    available: bool | None
    checked: float | None
    region: str = ""
