"""How the replications of all kinds of database are written down: identity, names, redundancy.

Here belongs what the kinds share in their records. What a server's answer means belongs to its kind.
"""

from collections.abc import Iterable
from typing import Any

from holdfast.model.asking import ProbeSpec
from holdfast.model.identity import ReplicationKey
from holdfast.model.replication import Health, Replication
from holdfast.probes.fault import fault

LATE = 900.0  # seconds; where nobody declared an objective
_NAME = 63  # characters of a replica's name, as PostgreSQL cuts them
_WORD = 40
_MOST = 200  # replications of one target; each is a subject of its own
_WORST_LAST: tuple[Health, ...] = ("healthy", "paused", "unknown", "degraded", "broken")


def record(target: ProbeSpec, part: str, health: Health, why: str = "", **known: Any) -> Replication:
    """One replication of the target; ``part`` is what of it, empty for the target itself."""
    name = f"{target.name}/{plain(part)}" if part else target.name
    key = ReplicationKey(source=target.kind, namespace=target.namespace, name=name, claim=target.claim)
    return Replication(id=key, health=health, why=why, **{"objective": target.objective} | known)


def unanswered(target: ProbeSpec) -> Replication:
    """What stands for the target until it answers for the first time."""
    return record(target, "", "unknown", "it has not answered yet")


def bounded(target: ProbeSpec, number: int, what: str) -> None:
    """Raises ProbeError where a server tells of more than anybody has."""
    if number > _MOST:
        text = f"it tells of {number:,} {what}, {_MOST} are the most; check that host and port are the right ones"
        raise fault(target, "bad_answer", text)


def redundancy(target: ProbeSpec, connected: int | None, at: float, *, sight: str = "") -> Replication:
    """How many replicas are connected to a primary, against how many are asked for: one where nobody said.

    ``connected`` None: it cannot be seen, for the reason in ``sight``.
    """
    wanted = 1 if target.replicas is None else target.replicas
    if connected is None:
        return record(target, "", "unknown", sight, measured=at, judged=False)
    if connected >= wanted:
        return record(target, "", "healthy", measured=at, judged=False)
    if connected == 0:
        return record(target, "", "broken", "no replica is connected", measured=at, judged=False)
    return record(
        target, "", "degraded", f"{connected} of {wanted} replicas are connected", measured=at, judged=False
    )


def late(target: ProbeSpec) -> float:
    return LATE if target.objective is None else target.objective


def delayed(target: ProbeSpec, delay: float) -> dict[str, Any]:
    """A replica that is late by design may be late by that much more; without an objective it is not judged."""
    if delay <= 0:
        return {}
    if target.objective is None:
        return {"judged": False}
    return {"objective": target.objective + delay}


def worst_of_each(found: Iterable[Replication]) -> tuple[Replication, ...]:
    """One record a name: replicas may bear one name, and the worst of them is told."""
    worst: dict[tuple[str, ...], Replication] = {}
    for one in found:
        other = worst.get(one.id)
        worst[one.id] = one if other is None else max(other, one, key=_badness)
    return tuple(worst.values())


def _badness(one: Replication) -> tuple[int, bool, float]:
    return _WORST_LAST.index(one.health), one.lag is None, one.lag or 0.0


def plain(text: str) -> str:
    """A name as a label may bear it: one line, bounded."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:_NAME])


def word(text: str) -> str:
    """A state word that nobody knows, bounded."""
    return plain(text)[:_WORD]
