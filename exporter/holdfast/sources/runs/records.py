"""The records: what was planned, what ran, where it went, and what was restored. Facts only."""

from typing import Literal, NamedTuple

from holdfast.model.facts import Fact
from holdfast.model.identity import (
    SCHEDULE,
    TARGET,
    TOUCH_ALL,
    TOUCH_NAMESPACE,
    TOUCH_SCHEDULED,
    TOUCH_SOURCE,
    ClaimRef,
    ObjectRef,
    ScheduleKey,
    TargetKey,
    Touch,
    touch,
    touch_claim,
)
from holdfast.model.protection import Consistency, Placement

Outcome = Literal["running", "success", "partial", "failure", "unknown"]
"""``unknown``: neither success nor failure can be told, as with a state word that we do not know."""


class Saved(NamedTuple):
    """Which claims something is about, in one namespace.

    ``what`` is one of ``claim`` (``name`` is the claim's), ``owner`` (all claims that belong to the object of the kind
    ``key``, spelled ``Kind.group``), ``label`` (all claims whose label ``key`` has the value ``name``),
    ``namespace`` (all of its claims) and ``place`` (all claims, wherever they are, that are saved in the place ``name``
    of the tool ``key``; they call out for what is said of it by ``call``).
    """

    what: Literal["claim", "owner", "label", "namespace", "place"]
    namespace: str
    key: str = ""
    name: str = ""

    def touch(self) -> Touch:
        """What must be judged again when something of this reach changes."""
        if self.what == "claim":
            return touch_claim(ClaimRef(self.namespace, self.name))
        if self.what == "place":
            return Touch(TOUCH_SCHEDULED, self.call)
        return Touch(TOUCH_NAMESPACE, (self.namespace,))

    @property
    def call(self) -> ScheduleKey:
        return ScheduleKey(self.key, self.namespace, f"place/{self.name}")


def claim_named(namespace: str, name: str) -> Saved:
    return Saved("claim", namespace, "", name)


def owned_by(namespace: str, kind: str, name: str) -> Saved:
    """``kind`` is qualified by its group: ``Cluster.postgresql.cnpg.io``."""
    return Saved("owner", namespace, kind, name)


def labelled(namespace: str, label: str, value: str) -> Saved:
    return Saved("label", namespace, label, value)


def whole_namespace(namespace: str) -> Saved:
    return Saved("namespace", namespace)


def in_place(tool: str, namespace: str, name: str) -> Saved:
    return Saved("place", namespace, tool, name)


class _Reaching(Fact, frozen=True, kw_only=True, gc=False):
    """Base of records that are about claims; linked by ``(source, *saved)``."""

    source: str
    of: tuple[Saved, ...] = ()

    def reach(self) -> tuple[tuple[str, ...], ...]:
        return tuple((self.source, *saved) for saved in self.of)

    def reached(self) -> tuple[Touch, ...]:
        return tuple(dict.fromkeys(saved.touch() for saved in self.of))


class Run(_Reaching, frozen=True, kw_only=True, gc=False):
    """One run of a backup: an object that a tool keeps of it.

    ``captured`` is when its data was read, None where only its start is known. ``missed`` are the claims that it should
    have copied and did not. ``inferred``: no object names the volumes. ``ready`` is False where the tool says that the
    copy cannot be restored now. ``uid`` is that of the object, ``claim_uid`` that of the claim where one is told.
    """

    ref: ObjectRef
    uid: str
    outcome: Outcome
    created: float
    placement: Placement
    consistency: Consistency
    started: float | None = None
    ended: float | None = None
    captured: float | None = None
    size: int | None = None
    expires: float | None = None
    target: TargetKey | None = None
    schedule: ScheduleKey | None = None
    missed: tuple[Saved, ...] = ()
    claim_uid: str = ""
    inferred: bool = False
    ready: bool = True
    strange: str = ""  # a state word that is not known to us

    @property
    def key(self) -> tuple[str, ...]:
        return (self.source, *self.ref)

    @property
    def began(self) -> float:
        """Its start, its creation where it tells none; objects may be made, or made anew, after the run."""
        if self.started is not None:
            return self.started
        return self.created if self.ended is None else min(self.created, self.ended)

    @property
    def time(self) -> float:
        """When its data was captured, as far as it can be told."""
        return self.began if self.captured is None else self.captured

    def strange_word(self) -> str:
        return self.strange

    def links(self) -> tuple[tuple[str, ...], ...]:
        links = [*self.reach(), *((self.source, *saved) for saved in self.missed if saved not in self.of)]
        if self.schedule:
            links.append(("schedule", *self.schedule))
        return tuple(links)

    def touches(self) -> tuple[Touch, ...]:
        touched = [*self.reached(), *(saved.touch() for saved in self.missed)]
        if self.schedule:
            touched.append(touch(SCHEDULE, *self.schedule))
        return tuple(touched)


class Plan(_Reaching, frozen=True, kw_only=True, gc=False):
    """A recurring plan. ``target`` is the name of the place its runs go to, empty where it is not told.

    ``last_success``, ``last_attempt`` and ``running_since`` are what the plan's own object knows of its runs, which may
    be gone. ``anchor`` is from when an interval (``@every 6h``) counts.
    """

    schedule: ScheduleKey
    uid: str
    created: float
    cron: str
    placement: Placement
    consistency: Consistency
    timezone: str = ""
    anchor: float | None = None
    valid: bool = True
    paused: bool = False
    target: str = ""
    last_success: float | None = None
    last_attempt: float | None = None
    running_since: float | None = None

    @property
    def key(self) -> tuple[str, ...]:
        return self.schedule

    def links(self) -> tuple[tuple[str, ...], ...]:
        return self.reach()

    def touches(self) -> tuple[Touch, ...]:
        return (*self.reached(), touch(SCHEDULE, *self.schedule))


class Place(Fact, frozen=True, kw_only=True, gc=False):
    """Where copies go. ``available`` is None where nothing has checked it."""

    target: TargetKey
    available: bool | None

    @property
    def key(self) -> tuple[str, ...]:
        return self.target

    def touches(self) -> tuple[Touch, ...]:
        """Every claim: those with copies there may lie in any namespace."""
        return (Touch(TOUCH_ALL), Touch(TOUCH_SOURCE, (self.target.source,)), touch(TARGET, *self.target))


class PlaceCheck(Fact, frozen=True, kw_only=True, gc=False):
    """When a place was last looked at, apart from ``Place`` since it moves all the time and no claim rests on it."""

    target: TargetKey
    checked: float

    @property
    def key(self) -> tuple[str, ...]:
        return self.target

    def touches(self) -> tuple[Touch, ...]:
        return (touch(TARGET, *self.target),)


class Database(_Reaching, frozen=True, kw_only=True, gc=False):
    """A database cluster whose claims share its backups, whenever each of them was made.

    ``log`` tells whether continuous log archiving is in force over its base backups: ``running``, ``broken`` since
    ``log_broke``, or empty where there is none. ``carries_on``: it was made by a restore of the one it replaces, whose
    backups it inherits.
    """

    ref: ObjectRef
    created: float
    log: Literal["", "running", "broken"] = ""
    log_broke: float | None = None
    carries_on: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        return (self.source, *self.ref)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return self.reach()

    def touches(self) -> tuple[Touch, ...]:
        return self.reached()


class Restore(_Reaching, frozen=True, kw_only=True, gc=False):
    """One restore. ``of`` are the claims whose backup was restored, not those that were made by it.

    ``run`` names the run that was restored: its claims are meant where ``of`` is empty, and its capture is the restored
    point where ``point`` is None.
    """

    ref: ObjectRef
    outcome: Outcome
    started: float | None
    ended: float | None
    point: float | None = None
    run: ObjectRef | None = None
    strange: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        return (self.source, *self.ref)

    def strange_word(self) -> str:
        return self.strange

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (*self.reach(), (self.source, "run", *self.run)) if self.run else self.reach()

    def touches(self) -> tuple[Touch, ...]:
        if not self.run:
            return self.reached()
        return (
            *self.reached(),
            Touch(TOUCH_NAMESPACE, (self.run.namespace,)) if self.of else Touch(TOUCH_ALL),
        )
