"""What PostgreSQL's views of replication mean. https://www.postgresql.org/docs/current/monitoring-stats.html

Here belongs pure reading: rows in, replications out. Positions are bytes of WAL since its beginning, times are seconds.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from holdfast.model.asking import ProbeSpec
from holdfast.model.replication import Health, Replication
from holdfast.probes.positions import Memory, Track
from holdfast.probes.record import bounded, delayed, late, record, redundancy, word, worst_of_each

NO_RIGHT = "no right to see it: GRANT pg_monitor"
_PATIENCE = 60.0  # seconds; wal_receiver_timeout where it is switched off or not to be seen

_SENDER_STATES: Mapping[str, tuple[Health, str]] = {
    "streaming": ("healthy", ""),
    "catchup": ("degraded", "it still catches up"),
    "startup": ("degraded", "its connection starts"),
    "stopping": ("degraded", "its connection ends"),
}
_RECEIVER_STATES: Mapping[str, tuple[Health, str]] = {
    "streaming": ("healthy", ""),
    "starting": ("degraded", "its stream starts"),
    "restarting": ("degraded", "its stream starts"),
    "connecting": ("degraded", "its stream starts"),
    "waiting": ("degraded", "its stream waits to be told where to begin"),
    "stopping": ("broken", "its stream ends"),
    "stopped": ("broken", "its stream has ended"),
}
_BACKUP = "pg_basebackup"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The server itself. ``position`` is the end of its WAL: written on a primary, received on a standby."""

    recovering: bool
    position: int | None = None
    replayed: int | None = None
    replay_age: float | None = None  # since the commit that was replayed last
    paused: str | None = None
    delay: float | None = None
    patience: float | None = None
    restores: bool | None = None  # from an archive
    streams: bool | None = None  # None: may not be seen


class Receiver(msgspec.Struct, frozen=True, kw_only=True):
    """The stream into a standby. ``known_end`` is where its primary said that its own WAL ends."""

    status: str | None = None
    known_end: int | None = None
    silent: float | None = None


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """One stream out. ``passing`` ones are of a backup, and gone with it."""

    name: str | None = None
    state: str | None = None
    written: int | None = None
    replayed: int | None = None
    write_lag: float | None = None
    replay_lag: float | None = None
    passing: bool = False
    logical: bool = False


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """A slot without a consumer. ``position`` is what its consumer has confirmed."""

    name: str
    logical: bool = False
    position: int | None = None
    held_from: int | None = None
    wal_status: str | None = None


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    standing: Standing
    receiver: Receiver | None = None
    senders: tuple[Sender, ...] = ()
    slots: tuple[Slot, ...] = ()


class _Look(msgspec.Struct, frozen=True, kw_only=True):
    """One look at one server, which all of its replications are read by."""

    target: ProbeSpec
    standing: Standing
    track: Track
    at: float

    def lag(self, position: int | None, told: float | None) -> float | None:
        """Seconds behind of what is fed from here. The server's own stay as they were while no word comes of a standby,
        and are NULL when nothing happens."""
        if position is None or self.standing.position is None:
            return None
        if position >= self.standing.position:
            return 0.0
        if self.standing.recovering:
            return told  # what a standby passes on has no track of its own
        return self.track.lag(position, self.at, told=told, late=late(self.target))


def read(target: ProbeSpec, facts: Facts, memory: Memory, at: float) -> tuple[Replication, ...]:
    """A primary gives its redundancy, its standbys and its unused slots; a standby itself, and standbys of its own.

    A standby's unused slots say nothing: those that follow a primary's are unused there by design.

    Raises ProbeError.
    """
    role = "standby" if facts.standing.recovering else "primary"
    memory.keep({role})
    look = _Look(target=target, standing=facts.standing, track=memory.track(role), at=at)
    senders = [one for one in facts.senders if not _passing(one)]
    bounded(target, len(senders) + len(facts.slots), "standbys and slots")
    seen = not any(one.state is None for one in senders)
    if facts.standing.recovering:
        itself, slots = _itself(look, facts.receiver), []
    else:
        if facts.standing.position is not None:
            look.track.saw(facts.standing.position, at)
        itself = redundancy(target, _connected(target, senders) if seen else None, at, sight=NO_RIGHT)
        slots = [_slot(look, one) for one in facts.slots]
    standbys = [_standby(look, one) for one in senders] if seen else []
    return worst_of_each([itself, *standbys, *slots])


def _passing(sender: Sender) -> bool:
    return sender.passing or sender.state == "backup" or sender.name == _BACKUP


def _connected(target: ProbeSpec, senders: list[Sender]) -> int:
    """Where a number is asked for, only whole copies of the server count."""
    if target.replicas is None:
        return len(senders)
    return sum(not one.logical and one.replayed is not None for one in senders)


def _standby(look: _Look, sender: Sender) -> Replication:
    """A receiver that archives WAL replays nothing; there, what is written counts."""
    state = sender.state or ""
    health, why = _SENDER_STATES.get(state, ("unknown", "its state is not known to us"))
    strange = "" if state in _SENDER_STATES else word(state)
    if sender.replayed is None:
        lag = look.lag(sender.written, sender.write_lag)
    else:
        lag = look.lag(sender.replayed, sender.replay_lag)
    name = sender.name or "unnamed"
    return record(look.target, name, health, why, lag=lag, measured=look.at, strange=strange)


def _slot(look: _Look, slot: Slot) -> Replication:
    health, why = _slot_health(look.target, look.standing, slot)
    known: dict[str, Any] = {
        "judged": False
    }  # the bytes that a logical consumer has not confirmed are no time
    if not slot.logical:
        known = {"lag": look.lag(slot.position, None)}
    return record(look.target, f"slot {slot.name}", health, why, measured=look.at, **known)


def _slot_health(target: ProbeSpec, standing: Standing, slot: Slot) -> tuple[Health, str]:
    if slot.wal_status == "lost":
        return "broken", "WAL that its consumer still needs is gone: it must be made anew"
    if slot.held_from is None:
        return "unknown", "it was never used"
    if not slot.logical:
        return "broken", "its standby is not connected"
    if slot.wal_status == "unreserved":
        return "degraded", "WAL that its consumer needs goes at the next checkpoint"
    return _held_back(target, (standing.position or 0) - slot.held_from)


def _held_back(target: ProbeSpec, held: int) -> tuple[Health, str]:
    """Many a logical consumer comes by now and then: its owner says how much it may leave waiting."""
    if target.slot_wal_limit is None:
        return "degraded", "it has no consumer"
    if held > target.slot_wal_limit:
        return "degraded", "it has no consumer and holds back more WAL than slotWalLimit"
    return "healthy", ""


def _itself(look: _Look, receiver: Receiver | None) -> Replication:
    if receiver is not None and receiver.status is None:
        return record(look.target, "", "unknown", NO_RIGHT)
    standing = look.standing
    health, why, strange = _standby_health(standing, receiver)
    lag = _own_lag(look, receiver)
    silent = (receiver.silent if receiver else None) or 0.0
    if silent > (standing.patience or _PATIENCE):
        lag = None if lag is None else max(lag, silent)
        if health == "healthy":
            health, why = "degraded", "it hears nothing of its primary"
    design = delayed(look.target, standing.delay or 0.0)
    return record(look.target, "", health, why, measured=look.at, strange=strange, lag=lag, **design)


def _standby_health(standing: Standing, receiver: Receiver | None) -> tuple[Health, str, str]:
    if standing.paused in ("paused", "pause requested"):
        return "paused", "its replay is paused", ""
    if receiver is not None:
        status = receiver.status or ""
        if status in _RECEIVER_STATES:
            return (*_RECEIVER_STATES[status], "")
        return "unknown", "the state of its stream is not known to us", word(status)
    if not standing.restores:
        return "broken", "no stream comes from its primary", ""
    if standing.streams is False:
        return "healthy", "", ""  # made to live on the archive alone
    return "degraded", "it lives on the archive: no stream comes from its primary", ""


def _own_lag(look: _Look, receiver: Receiver | None) -> float | None:
    """The time of the last replayed commit alone would grow on a standby whose primary has nothing to do."""
    standing = look.standing
    if standing.replayed is None:
        return None
    age = None if standing.replay_age is None else max(0.0, standing.replay_age)
    if receiver is None or receiver.status != "streaming":
        # what the primary has written since is not known: no more is lost than since the last time it was level
        _, most = look.track.bounds(standing.replayed, look.at)
        return age if most is None or age is None else min(age, most)
    end = max(standing.position or 0, receiver.known_end or 0)
    look.track.saw(end, look.at)
    if standing.replayed >= end:
        return 0.0
    return look.track.lag(standing.replayed, look.at, told=age, late=late(look.target))
