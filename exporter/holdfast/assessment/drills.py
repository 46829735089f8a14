"""Was a restore proven? Which drill is in force, and whether it meets what is asked. The state is the first that holds."""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from holdfast.assessment.setting import Setting
from holdfast.model.facts import Claim, Facts
from holdfast.model.judgement import DrillState, RestoreProof
from holdfast.model.objective import Objective
from holdfast.model.observation import Observation
from holdfast.model.protection import Coverage, Drill

_JUST_AFTER = 0.001  # seconds; a drill exactly as old as its interval is still within it


class Trials(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of the restores of one claim. ``restored``: it carries on the claim that it replaces.

    ``drills`` are its own, the oldest first, none in the future; ``coming`` those that a clock set wrong has put there.
    """

    claim: Claim
    objective: Objective
    drills: Sequence[Drill]
    coming: Sequence[Drill]
    blind: bool

    @property
    def newest(self) -> Drill | None:
        return self.drills[-1] if self.drills else None

    @property
    def in_force(self) -> Drill | None:
        """The earliest successful restore of the newest point restored so far."""
        successes = [drill for drill in self.drills if drill.success]
        return max(successes, key=lambda drill: (_point(drill), -drill.ended), default=None)


def _told_point(drill: Drill) -> float | None:
    """None as well for a point after the restore: whoever wants the newest may have asked for next year."""
    return drill.point if drill.point is not None and drill.point <= drill.ended else None


def _point(drill: Drill) -> float:
    """Where the tool tells no point, the data cannot be younger than the restore."""
    point = _told_point(drill)
    if point is not None:
        return point
    return drill.ended if drill.started is None else drill.started


def gather_trials(
    claim: Claim,
    objective: Objective,
    coverages: Iterable[Coverage],
    setting: Setting,
    *,
    restored: bool,
) -> Trials:
    """What sources tell and what is remembered of drills whose objects are gone."""
    facts, now = setting.facts, setting.now
    told = [drill for coverage in coverages for drill in coverage.drills]
    noted = (_read(note) for note in facts.remembered("drill", subject_of(claim)))
    known = {(drill.source, drill.ended, drill.success): drill for drill in noted if drill}
    known.update({(drill.source, drill.ended, drill.success): drill for drill in told})
    own = [drill for drill in known.values() if _of_live_claim(drill, claim, restored)]
    own.sort(key=lambda drill: (drill.ended, drill.source, drill.evidence))
    return Trials(
        claim=claim,
        objective=objective,
        drills=[drill for drill in own if drill.ended <= now],
        coming=[drill for drill in own if drill.ended > now],
        blind=bool(setting.sight.blind) or setting.sight.unproven,
    )


def _of_live_claim(drill: Drill, claim: Claim, restored: bool) -> bool:
    if restored or (drill.claim_uid and drill.claim_uid == claim.uid):
        return True
    began = drill.ended if drill.started is None else drill.started
    return not drill.claim_uid and began >= claim.created


def assess_drills(trials: Trials, now: float) -> tuple[RestoreProof, float | None]:
    """The proof as it stands, and the instant at which the clock alone would change it."""
    drill, objective = trials.in_force, trials.objective
    point = _told_point(drill) if drill else None
    asked = objective.restore_drill_every is not None or objective.rto is not None
    state = next(state for state, holds in _STATES if holds(trials, now)) if asked else None
    proof = RestoreProof(
        state=state,
        source=drill.source if drill else "",
        ended=drill.ended if drill else None,
        duration=_duration(drill),
        point_age=drill.ended - point if drill and point is not None else None,
    )
    return proof, _until(trials, now)


def _duration(drill: Drill | None) -> float | None:
    """None as well where its end is said to lie before its start."""
    if drill is None or drill.started is None or drill.ended < drill.started:
        return None
    return drill.ended - drill.started


def _due(trials: Trials) -> float | None:
    """When the next proof is due: an interval after the last one, or after the claim was made."""
    every, drill = trials.objective.restore_drill_every, trials.in_force
    return None if every is None else (drill.ended if drill else trials.claim.created) + every


def _is_due(trials: Trials, now: float) -> bool:
    due = _due(trials)
    return due is not None and now > due


def _is_failed(trials: Trials, _: float) -> bool:
    return trials.newest is not None and not trials.newest.success


def _is_unknown(trials: Trials, now: float) -> bool:
    """Nothing is proven and nothing is due yet, or what would prove it cannot be seen."""
    if trials.in_force is None:
        return trials.blind or not _is_due(trials, now)
    if _is_due(trials, now):
        return trials.blind
    return trials.objective.rto is not None and _duration(trials.in_force) is None


def _is_slow(trials: Trials, _: float) -> bool:
    duration, rto = _duration(trials.in_force), trials.objective.rto
    return duration is not None and rto is not None and duration > rto


_STATES: tuple[tuple[DrillState, Callable[[Trials, float], bool]], ...] = (
    ("failed", _is_failed),
    ("unknown", _is_unknown),
    ("never", lambda trials, _: trials.in_force is None),
    ("overdue", _is_due),
    ("slow", _is_slow),
    ("passed", lambda *_: True),
)
"""The first that holds is in force."""

DRILL_RULES: dict[DrillState, str] = {
    "failed": "the newest restore of it failed",
    "unknown": "no restore is known and none is due yet, or what would tell cannot be seen",
    "never": "an interval after the claim was made no restore of it has succeeded",
    "overdue": "the drill in force is older than the interval",
    "slow": "the drill in force took longer than the rto",
    "passed": "the drill in force is within the interval and the rto, as far as they are declared",
}


def _until(trials: Trials, now: float) -> float | None:
    due = _due(trials)
    instants = [drill.ended for drill in trials.coming]
    if due is not None:
        instants.append(due + _JUST_AFTER)
    return min((instant for instant in instants if instant > now), default=None)


def worth_noting(trials: Trials, facts: Facts) -> tuple[Observation, ...]:
    """The drill in force and the newest one, if they are not remembered yet: their objects will go."""
    known = set(facts.remembered("drill", subject_of(trials.claim)))
    wanted = {drill for drill in (trials.in_force, trials.newest) if drill}
    notes = (_note(drill, trials.claim) for drill in sorted(wanted, key=lambda drill: drill.ended))
    return tuple(note for note in notes if note not in known)


def subject_of(claim: Claim) -> str:
    """Drills are remembered by the claim's name: one that replaces it inherits them, and each note holds the uid."""
    return str(claim.ref)


def _note(drill: Drill, claim: Claim) -> Observation:
    told = msgspec.structs.replace(drill, claim_uid=drill.claim_uid or claim.uid)
    return Observation("drill", subject_of(claim), drill.ended, msgspec.json.encode(told).decode())


def _read(note: Observation) -> Drill | None:
    """None where a later version has written what this one cannot read."""
    try:
        return msgspec.json.decode(note.value, type=Drill)
    except msgspec.DecodeError:
        return None
