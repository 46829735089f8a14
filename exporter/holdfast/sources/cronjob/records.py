"""What is kept of CronJobs that save or restore claims, and of their Jobs. Facts only."""

from typing import Literal

from holdfast.model.annotation import Protected
from holdfast.model.facts import Fact
from holdfast.model.identity import (
    SCHEDULE,
    TOUCH_NAMESPACE,
    TOUCH_SCHEDULED,
    ClaimRef,
    ObjectRef,
    ScheduleKey,
    Touch,
    touch,
    touch_claim,
)
from holdfast.model.protection import Consistency, Placement

NAME = "cronjob"


class _Listing(Fact, frozen=True, kw_only=True, gc=False):
    """Base of what names claims by an annotation; linked by the claim, or by the namespace in which it names some."""

    items: tuple[Protected, ...]

    def links(self) -> tuple[tuple[str, ...], ...]:
        return tuple(sorted({_reach(item) for item in self.items}))

    def reached(self) -> tuple[Touch, ...]:
        return tuple(
            touch_claim(ClaimRef(*names)) if what == "claim" else Touch(TOUCH_NAMESPACE, tuple(names))
            for what, *names in self.links()
        )


def _reach(item: Protected) -> tuple[str, ...]:
    """The claim that an item names, or the namespace in which it names some."""
    exact = item.what == "claim" and not item.prefix
    return ("claim", item.namespace, item.name) if exact else ("namespace", item.namespace)


class Dump(_Listing, frozen=True, kw_only=True, gc=False):
    """A CronJob that protects claims.

    ``last_success`` is the end of its last successful Job, ``captured`` the planned start before that end.
    """

    schedule: ScheduleKey
    uid: str
    created: float
    cron: str
    timezone: str
    valid: bool
    suspended: bool
    placement: Placement
    consistency: Consistency
    last_success: float | None
    captured: float | None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.schedule.namespace, self.schedule.name)

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef("CronJob", self.schedule.namespace, self.schedule.name)

    def touches(self) -> tuple[Touch, ...]:
        return (touch(SCHEDULE, *self.schedule), *self.reached())


class Exercise(_Listing, frozen=True, kw_only=True, gc=False):
    """A CronJob, or a Job without one, that restores claims to prove that they can be restored.

    ``schedule`` is by what the runs of a CronJob are found. ``success``: how a Job ended, and a CronJob's last success;
    None while nothing is known. ``started`` is the planned start where only the end of a run is told.
    """

    ref: ObjectRef
    schedule: ScheduleKey
    uid: str
    success: bool | None
    started: float | None
    ended: float | None

    @property
    def key(self) -> tuple[str, ...]:
        return self.ref

    def touches(self) -> tuple[Touch, ...]:
        return self.reached()


class DumpClock(Fact, frozen=True, kw_only=True, gc=False):
    """When a CronJob that protects claims last made a Job."""

    schedule: ScheduleKey
    last_scheduled: float

    @property
    def key(self) -> tuple[str, ...]:
        return (self.schedule.namespace, self.schedule.name)

    def touches(self) -> tuple[Touch, ...]:
        return (touch(SCHEDULE, *self.schedule),)


class DumpRun(Fact, frozen=True, kw_only=True, gc=False):
    """A Job of a CronJob. Whether that one protects anything is told by the CronJob alone."""

    namespace: str
    name: str
    cronjob: str
    cronjob_uid: str
    stage: Literal["running", "success", "failure"]
    time: float  # its start, or its creation where it has not started
    ended: float | None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.namespace, self.name)

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef("Job", self.namespace, self.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (("cronjob", self.namespace, self.cronjob),)

    def touches(self) -> tuple[Touch, ...]:
        own = touch(SCHEDULE, NAME, self.namespace, self.cronjob)
        if self.stage == "running":
            return (own,)
        return (own, Touch(TOUCH_SCHEDULED, (NAME, self.namespace, self.cronjob)))
