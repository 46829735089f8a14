"""What INFO replication of Redis and Valkey means. Fields: https://redis.io/docs/latest/commands/info/

Here belongs pure reading: fields in, replications out. Asking belongs to redis.
"""

import re
from collections.abc import Iterator, Mapping

from holdfast.model.asking import ProbeSpec
from holdfast.model.replication import Health, Replication
from holdfast.probes.positions import Memory, Track
from holdfast.probes.record import bounded, late, record, redundancy, word, worst_of_each

_QUIET = 10  # seconds; a replica acknowledges every second
_REPLICA = re.compile(r"slave\d+")
# of the replica's connection at its primary; all but online are steps of a full copy
_STATES: Mapping[str, tuple[Health, str]] = {
    "online": ("healthy", ""),
    "wait_bgsave": ("degraded", "a full copy is being made for it"),
    "send_bulk": ("degraded", "a full copy is being sent to it"),
    "send_bulk_and_stream": ("degraded", "a full copy is being sent to it"),
    "bg_transfer": ("degraded", "a full copy is being sent to it"),
}


def fields(answer: str) -> dict[str, str]:
    """The lines ``name:value``; all others are left out."""
    pairs = (line.partition(":") for line in answer.splitlines())
    return {name: value.strip() for name, colon, value in pairs if colon}


def read(target: ProbeSpec, told: Mapping[str, str], memory: Memory, at: float) -> tuple[Replication, ...]:
    """A primary gives itself and each of its replicas; a replica gives itself, and its own replicas if it has any.

    Raises ProbeError.
    """
    rows = list(_rows(told))
    bounded(target, len(rows), "replicas")
    position = _whole(told.get("master_repl_offset"))
    track = memory.track()
    if position is not None:
        track.saw(position, at)
    replicas = [_replica(target, row, track, position, at) for row in rows]
    role = told.get("role", "")
    if role == "slave":
        itself = _itself(target, told, at)
    elif role == "master":
        online = sum(row.get("state") == "online" for row in rows)
        itself = redundancy(target, online, at)
        if position is None and itself.health == "healthy":
            itself = record(target, "", "unknown", "it tells no offset", measured=at, judged=False)
    else:
        itself = record(target, "", "unknown", "it does not tell its role", strange=word(role), judged=False)
    return worst_of_each([itself, *replicas])


def _rows(told: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for name, value in told.items():
        if _REPLICA.fullmatch(name):
            yield dict(part.split("=", 1) for part in value.split(",") if "=" in part)


def _replica(
    target: ProbeSpec, row: Mapping[str, str], track: Track, position: int | None, at: float
) -> Replication:
    name = f"{row.get('ip', '')}:{row.get('port', '')}"
    state = row.get("state", "")
    health, why = _STATES.get(state, ("unknown", "its state is not known to us"))
    strange = "" if state in _STATES else word(state)
    offset, silent = _whole(row.get("offset")), _whole(row.get("lag"))
    if health == "healthy" and (silent is None or silent > _QUIET):
        health, why = "degraded", "it does not acknowledge what it receives"
    if health == "healthy" and (offset is None or position is None):
        health, why = "unknown", "its offset or that of its primary is not told"
    lag = None
    if state == "online" and offset is not None and position is not None:
        lag = 0.0 if offset >= position else track.lag(offset, at, told=None, late=late(target))
    return record(target, name, health, why, lag=lag, measured=at, strange=strange)


def _itself(target: ProbeSpec, told: Mapping[str, str], at: float) -> Replication:
    """While the link is up, nothing older than the last word of the primary is missing; afterwards, since the link broke."""
    link = told.get("master_link_status", "")
    if link == "up":
        heard = _whole(told.get("master_last_io_seconds_ago"))
        return record(target, "", "healthy", lag=None if heard is None else float(heard), measured=at)
    down = _whole(told.get("master_link_down_since_seconds"))
    lag = None if down is None else float(down)
    if link != "down":
        return record(target, "", "unknown", "the state of its link is not known to us", strange=word(link))
    if told.get("master_sync_in_progress") == "1":
        return record(target, "", "degraded", "it takes a full copy of its primary", lag=lag, measured=at)
    return record(target, "", "broken", "it has no link to its primary", lag=lag, measured=at)


def _whole(text: str | None) -> int | None:
    """A count; None for what is none, as the -1 of a link that never was."""
    return int(text) if text is not None and re.fullmatch(r"[0-9]{1,18}", text) else None
