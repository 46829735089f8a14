"""Copies, weighed one by one: whose they are, whether the objective takes them, whether they could be restored now.

What state follows from them is judged in ``protection``; ``explain`` shows the same verdicts.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from holdfast.model.facts import Claim
from holdfast.model.health import Sight
from holdfast.model.identity import ObjectRef, ScheduleKey, TargetKey
from holdfast.model.objective import Objective
from holdfast.model.protection import Copy, Cover, Coverage, Schedule, Target

CopyFault = Literal[
    "earlier-claim",
    "future",
    "not-offsite",
    "not-application",
    "not-ready",
    "expired",
    "target-unavailable",
    "too-old",
]

COPY_FAULTS: dict[CopyFault, str] = {
    "earlier-claim": "it is of an earlier claim of that name, or of another cluster's",
    "future": "its time lies in the future",
    "not-offsite": "it lies on the same storage, and the objective asks for offsite",
    "not-application": "it is not application-consistent, and the objective asks for that",
    "not-ready": "its tool says that it cannot be restored now",
    "expired": "it is past its expiry",
    "target-unavailable": "the location that holds it is gone or unavailable now",
    "too-old": "it is older than the rpo",
}
"""What keeps a copy from protecting its claim now."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All that bears on one claim's protection.

    ``generic_ephemeral``: the claim lives and dies with its pod. ``restored``: it was made by a restore and carries on
    the claim that it replaces. ``objective_known``: all that could ask something of it can be seen. A schedule or
    target that is None is gone.
    """

    claim: Claim
    objective: Objective
    coverages: tuple[Coverage, ...]
    schedules: dict[ScheduleKey, Schedule | None]
    targets: dict[TargetKey, Target | None]
    sight: Sight
    generic_ephemeral: bool = False
    restored: bool = False
    objective_known: bool = True

    @property
    def covers(self) -> list[Cover]:
        return [cover for coverage in self.coverages for cover in coverage.covers]


class CopyVerdict(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One copy, and what is to be said of it now.

    ``own``: it is of the live claim, or inherited by it. ``made``: its time has come. ``accepted``: the objective
    takes copies of its kind. ``expired``, ``lost`` (its location is unavailable) and ``fresh`` (within the rpo) are
    as they are at the instant of the appraisal.
    """

    copy: Copy
    own: bool
    made: bool
    accepted: bool
    expired: bool
    lost: bool
    fresh: bool

    @property
    def restorable(self) -> bool:
        """It could be restored now."""
        return self.copy.ready and not self.expired and not self.lost

    @property
    def point(self) -> bool:
        """It is a recovery point that could be restored now; the log over a base backup is none of its own."""
        return self.restorable and not self.copy.log


class Appraisal(msgspec.Struct, frozen=True, kw_only=True):
    """The evidence, weighed. All lists are in order of time.

    ``known`` are the copies of the live claim, ``counting`` those of them that the objective accepts, ``restorable``
    those of these that could be restored now.
    """

    evidence: Evidence
    now: float
    verdicts: Sequence[CopyVerdict]
    known: Sequence[CopyVerdict]
    counting: Sequence[CopyVerdict]
    restorable: Sequence[CopyVerdict]

    @property
    def newest(self) -> CopyVerdict | None:
        """The copy that the age speaks of: the newest counting one that could be restored now, or where none could."""
        copies = self.restorable or self.counting
        return copies[-1] if copies else None


def appraise(evidence: Evidence, now: float) -> Appraisal:
    """The verdict on every copy that a source tells of."""
    verdicts = [_verdict(copy, evidence, now) for coverage in evidence.coverages for copy in coverage.copies]
    verdicts.sort(key=_in_time)
    known = [verdict for verdict in verdicts if verdict.own and verdict.made]
    counting = [verdict for verdict in known if verdict.accepted]
    return Appraisal(
        evidence=evidence,
        now=now,
        verdicts=verdicts,
        known=known,
        counting=counting,
        restorable=[verdict for verdict in counting if verdict.restorable],
    )


def _in_time(verdict: CopyVerdict) -> tuple[float, bool, str, ObjectRef]:
    """A log that runs is newer than what was captured at this very instant: a moment later it is so anyway."""
    copy = verdict.copy
    return copy.captured, copy.log == "running", copy.source, copy.evidence


def _verdict(copy: Copy, evidence: Evidence, now: float) -> CopyVerdict:
    """What log archiving keeps current was captured now, unless its base is still to come."""
    objective = evidence.objective
    if copy.log == "running" and copy.captured <= now:
        copy = msgspec.structs.replace(copy, captured=now)
    return CopyVerdict(
        copy=copy,
        own=_of_live_claim(copy, evidence),
        made=copy.captured <= now,
        accepted=accepts(copy.placement, copy.consistency, objective),
        expired=copy.expires is not None and copy.expires <= now,
        lost=_target_lost(copy, evidence),
        fresh=objective.rpo is None or now - copy.captured <= objective.rpo,
    )


def faults(verdict: CopyVerdict, objective: Objective) -> tuple[CopyFault, ...]:
    """Why the copy does not protect its claim now; none where it does."""
    copy = verdict.copy
    found: dict[CopyFault, bool] = {
        "earlier-claim": not verdict.own,
        "future": not verdict.made,
        "not-offsite": objective.offsite and copy.placement != "offsite",
        "not-application": objective.application and copy.consistency != "application",
        "not-ready": not copy.ready,
        "expired": verdict.expired,
        "target-unavailable": verdict.lost,
        "too-old": not verdict.fresh,
    }
    return tuple(fault for fault, holds in found.items() if holds)


def accepts(placement: str, consistency: str, objective: Objective) -> bool:
    """Whether the objective accepts a copy of this kind."""
    if objective.offsite and placement != "offsite":
        return False
    return not objective.application or consistency == "application"


def _of_live_claim(copy: Copy, evidence: Evidence) -> bool:
    """Evidence of an earlier claim of that name, or of another cluster's, does not count.

    A restored claim inherits what was copied before it was made; what bears another uid and came later is a stranger's.
    """
    earlier = copy.captured < evidence.claim.created
    if evidence.restored and earlier:
        return True
    return copy.claim_uid == evidence.claim.uid if copy.claim_uid else not earlier


def _target_lost(copy: Copy, evidence: Evidence) -> bool:
    """Only what was checked and failed is lost; a location that nothing has checked yet is not."""
    if copy.target is None:
        return False
    target = evidence.targets.get(copy.target)
    return target is None or target.available is False
