"""What is kept of Kasten's objects beyond runs, restores and places: policies, presets and restore points."""

from typing import NamedTuple

from holdfast.model.facts import Fact
from holdfast.model.identity import (
    SCHEDULE,
    TOUCH_ALL,
    TOUCH_NAMESPACE,
    TOUCH_SOURCE,
    ObjectRef,
    ScheduleKey,
    TargetKey,
    Touch,
    touch,
)
from holdfast.sources.crontab import Cron
from holdfast.sources.selection import Selector

NAME = "kasten"


class Export(NamedTuple):
    """Where a policy or a preset sends what was saved, and whether the volumes' data goes along."""

    target: TargetKey | None
    data: bool


class Policy(Fact, frozen=True, kw_only=True, gc=False):
    """A policy that backs up. ``cron`` is None where a preset tells it. ``whole``: it leaves nothing out."""

    schedule: ScheduleKey
    uid: str
    created: float
    cron: Cron | None
    on_demand: bool
    valid: bool
    paused: bool
    whole: bool
    selector: Selector | None
    export: Export | None
    preset: tuple[str, str] | None

    @property
    def key(self) -> tuple[str, ...]:
        return self.schedule

    def touches(self) -> tuple[Touch, ...]:
        return (touch(SCHEDULE, *self.schedule), Touch(TOUCH_ALL))


class Preset(Fact, frozen=True, kw_only=True, gc=False):
    namespace: str
    name: str
    cron: Cron
    on_demand: bool
    export: Export | None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.namespace, self.name)

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_SOURCE, (NAME,)), Touch(TOUCH_ALL))


class Doubtful(Fact, frozen=True, kw_only=True, gc=False):
    """A restore point that was exported and does not tell whether the volumes' data went along."""

    ref: ObjectRef

    @property
    def key(self) -> tuple[str, ...]:
        return self.ref

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_NAMESPACE, (self.ref.namespace,)),)
