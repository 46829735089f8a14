"""What is kept of K8up's objects beyond plans, runs and restores."""

from holdfast.model.facts import Fact
from holdfast.model.identity import TARGET, TOUCH_NAMESPACE, ObjectRef, ScheduleKey, TargetKey, Touch, touch
from holdfast.sources.runs.records import Saved
from holdfast.sources.selection import Selector

NAME = "k8up"
GROUP = "k8up.io"
DAY = 86400.0


def any_snapshot(namespace: str, captured: float) -> Saved:
    """By this all snapshots of a namespace that were captured on one day of UTC are found, whosever they are."""
    return Saved("namespace", namespace, "snapshot", str(int(captured // DAY)))


class Selection(Fact, frozen=True, kw_only=True, gc=False):
    """Which claims of its namespace a schedule saves: those that any of the selectors selects, all without one."""

    schedule: ScheduleKey
    selectors: tuple[Selector, ...]
    checked: bool  # it checks its repository too

    @property
    def key(self) -> tuple[str, ...]:
        return self.schedule

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_NAMESPACE, (self.schedule.namespace,)), touch(TARGET, *self.schedule))


class Check(Fact, frozen=True, kw_only=True, gc=False):
    """A finished check of the repository that a schedule writes to, which bears the schedule's name."""

    ref: ObjectRef
    target: TargetKey
    sound: bool
    ended: float

    @property
    def key(self) -> tuple[str, ...]:
        return self.ref

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (("target", *self.target),)

    def touches(self) -> tuple[Touch, ...]:
        return (touch(TARGET, *self.target),)
