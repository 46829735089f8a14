"""CronJobs that save claims in a way of their own, tied to them by the annotation ``holdfast.dev/protects``.

A green Job proves that its command exited 0, no more. Where its dump goes cannot be seen: annotations say it. What
carries ``holdfast.dev/drills`` restores the claims that it lists, and is no copy.
"""

from collections.abc import Callable
from typing import Any

from holdfast.model.facts import Fact
from holdfast.model.feed import Feed, Resource
from holdfast.sources.contract import Source
from holdfast.sources.cronjob.coverage import cover, schedule
from holdfast.sources.cronjob.read import read_cron_job, read_job
from holdfast.sources.cronjob.records import NAME
from holdfast.sources.cronjob.shapes import CronJobObject, JobObject


def _feed(plural: str, kind: str, shape: type[Any], read: Callable[[Any], tuple[Fact, ...]]) -> Feed:
    resource = Resource(group="batch", versions=("v1",), plural=plural, kind=kind)
    return Feed(source=NAME, resource=resource, shape=shape, read=read)


SOURCE = Source(
    name=NAME,
    protects=True,
    tells=frozenset({"age", "schedule", "result"}),
    needs=frozenset({"StatefulSet"}),
    feeds=(
        _feed("cronjobs", "CronJob", CronJobObject, read_cron_job),
        _feed("jobs", "Job", JobObject, read_job),
    ),
    cover=cover,
    schedule=schedule,
)
