"""What the replica's status of MySQL and MariaDB means. Both spell its columns in two ways, and agree on the meaning.

Here belongs pure reading: rows in, replications out. Asking belongs to mysql. Errors' texts are never read.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from holdfast.model.asking import ProbeSpec
from holdfast.model.replication import Health, Replication
from holdfast.probes import gtid
from holdfast.probes.positions import Memory, Track
from holdfast.probes.record import bounded, delayed, late, record, redundancy, word, worst_of_each

Row = Mapping[str, Any]

NO_RIGHT = "no right to see its replicas: GRANT PROCESS"
_OWN_CHANNELS = "group_replication_"  # of MySQL's group replication, which is no replica of one source
_RECEIVING: Mapping[str, tuple[Health, str]] = {
    "Yes": ("healthy", ""),
    "Preparing": ("degraded", "its receiving thread starts"),
    "Connecting": ("broken", "it receives nothing: it does not reach its source"),
    "No": ("broken", "it receives nothing: its receiving thread is stopped"),
}
_SKEW = 1.0  # seconds that the clocks of two servers may differ before a heartbeat means nothing


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """``replicas`` None: may not be seen. ``beats`` None: none were asked for. ``clock`` is the server's, UTC."""

    channels: Sequence[Row] = ()
    replicas: int | None = None
    beats: Sequence[Row] | None = None
    clock: Any = None


def read(target: ProbeSpec, facts: Facts, memory: Memory, at: float) -> tuple[Replication, ...]:
    """A replica gives one record a channel; a server that replicates from nobody, its redundancy. Raises ProbeError."""
    rows = [row for row in facts.channels if not _channel(row).startswith(_OWN_CHANNELS)]
    bounded(target, len(rows), "channels")
    memory.keep({_channel(row) for row in rows})
    if not rows:
        return (redundancy(target, facts.replicas, at, sight=NO_RIGHT),)
    return worst_of_each(_replica(target, row, facts, memory.track(_channel(row)), at) for row in rows)


def _replica(target: ProbeSpec, row: Row, facts: Facts, track: Track, at: float) -> Replication:
    health, why, strange = _health(row)
    lag, doubt = _lag(target, row, facts, track, at)
    delay = _number(row, "SQL_Delay") or 0.0
    return record(
        target,
        _channel(row),
        health,
        why or doubt,
        lag=lag,
        measured=at,
        strange=strange,
        **delayed(target, delay),
    )


def _health(row: Row) -> tuple[Health, str, str]:
    """The receiving thread first: while it is not connected, nothing that the other does is of use."""
    receives = _text(row, "Replica_IO_Running", "Slave_IO_Running")
    if receives not in _RECEIVING:
        return "unknown", "the state of its receiving thread is not known to us", word(receives)
    health, why = _RECEIVING[receives]
    if health == "broken":
        return health, why, ""
    applies = _text(row, "Replica_SQL_Running", "Slave_SQL_Running")
    if applies == "Yes":
        return health, why, ""
    if applies != "No":
        return "unknown", "the state of its applying thread is not known to us", word(applies)
    if _number(row, "Last_SQL_Errno") == 0:
        return "paused", "its applying thread is stopped", ""
    return "broken", "it applies nothing: its applying thread stopped with an error", ""


def _lag(target: ProbeSpec, row: Row, facts: Facts, track: Track, at: float) -> tuple[float | None, str]:
    """A heartbeat says all. Without one, the server's own seconds stand only while it is connected, for they are of what
    was received; and only together with the transactions received and not yet applied."""
    if facts.beats is not None:
        return _beat(row, facts)
    if _text(row, "Replica_IO_Running", "Slave_IO_Running") != "Yes":
        return None, ""
    told = _number(row, "Seconds_Behind_Source", "Seconds_Behind_Master")
    positions = _positions(row)
    if positions is None:
        return told, ""
    received, applied = positions
    track.saw(received, at)
    if applied >= received:
        return told, ""
    return track.lag(applied, at, told=told, late=late(target)), ""


def _positions(row: Row) -> tuple[int, int] | None:
    """Transactions received, and applied of those; None where the replica does not work by identifiers."""
    retrieved = _text(row, "Retrieved_Gtid_Set")
    if retrieved:
        received, applied = gtid.read_set(retrieved), gtid.read_set(_text(row, "Executed_Gtid_Set"))
        return None if received is None or applied is None else gtid.counts(received, applied)
    if _text(row, "Using_Gtid") in ("", "No"):
        return None
    newest = gtid.read_newest(_text(row, "Gtid_IO_Pos"))
    done = gtid.read_newest(_text(row, "Gtid_Slave_Pos"))
    if not newest or done is None:
        return None
    return sum(newest.values()), sum(min(number, done.get(domain, 0)) for domain, number in newest.items())


def _beat(row: Row, facts: Facts) -> tuple[float | None, str]:
    """By the beat of this channel's source; where that writes none, by the newest of any: its source is a replica too."""
    source = _text(row, "Source_Server_Id", "Master_Server_Id")
    beats = [(str(beat.get("server_id")), _instant(beat.get("ts"))) for beat in facts.beats or ()]
    times = [moment for server, moment in beats if moment is not None and server == source]
    times = times or [moment for _, moment in beats if moment is not None]
    clock = _instant(facts.clock)
    if not times or clock is None:
        return None, "its heartbeat table holds no time"
    lag = (clock - max(times)).total_seconds()
    if lag < -_SKEW:
        return None, "its heartbeat lies in the future: is it written with --utc?"
    return max(0.0, lag), ""


def _instant(value: object) -> datetime | None:
    """A time in UTC, as a column of that type or as the text that pt-heartbeat writes."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _channel(row: Row) -> str:
    return _text(row, "Channel_Name", "Connection_name")


def _text(row: Row, *names: str) -> str:
    """The first column there is of these names."""
    for name in names:
        if row.get(name) is not None:
            return str(row[name])
    return ""


def _number(row: Row, *names: str) -> float | None:
    """NULL is not zero: a stopped thread has no seconds."""
    try:
        number = float(_text(row, *names))
    except ValueError:
        return None
    return number if 0 <= number < 1e12 else None  # NaN fails both
