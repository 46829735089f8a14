"""Fills the API server with the fleet, a bounded number of objects at a time, one kind after the other.

What the objects are belongs to fleet.py and its neighbours.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator

from bench.scale import storage, workloads
from bench.scale.api import Api
from bench.scale.fleet import Fleet, Made

Tell = Callable[[str], None]

AT_ONCE = 48  # objects under way; two cores answer no faster with more


def now() -> str:
    """The present second, as the API writes times."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def kinds(fleet: Fleet) -> tuple[tuple[str, Iterable[Made]], ...]:
    """Everything there is to create, in an order in which each finds what it refers to."""
    return (
        ("namespaces", storage.namespaces(fleet)),
        ("nodes", storage.nodes(fleet)),
        ("storage classes", storage.classes()),
        ("claims and volumes", storage.claims(fleet)),
        ("attachments", storage.attachments(fleet)),
        ("StatefulSets", workloads.stateful_sets(fleet)),
        ("Deployments", workloads.deployments(fleet)),
        ("ReplicaSets", workloads.replica_sets(fleet)),
        ("pods", workloads.pods(fleet, now())),
        ("CronJobs and Jobs", workloads.cron_jobs(fleet, now)),
    )


async def fill(api: Api, fleet: Fleet, tell: Tell) -> int:
    """Creates all objects and returns their number. Raises BenchError at the first that is refused."""
    total = 0
    for name, objects in kinds(fleet):
        began = time.perf_counter()
        made = await _create_all(api, iter(objects))
        total += made
        tell(f"filled in {made} {name} in {time.perf_counter() - began:.1f} s")
    return total


async def _create_all(api: Api, objects: Iterator[Made]) -> int:
    async def worker() -> int:
        made = 0
        for one in objects:  # all workers draw from the same iterator, and nothing awaits within it
            made += await api.create(one)
        return made

    async with asyncio.TaskGroup() as group:
        workers = [group.create_task(worker()) for _ in range(AT_ONCE)]
    return sum(task.result() for task in workers)
