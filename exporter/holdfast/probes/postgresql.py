"""PostgreSQL 12 and newer: its views of replication, asked in one read-only transaction.

Here belong the connection and the questions. What the rows mean belongs to postgresql_reading.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from holdfast.model.asking import ProbeSpec
from holdfast.model.replication import Replication
from holdfast.probes import credentials, postgresql_reading
from holdfast.probes.fault import ProbeError, broken_off, fault, garbled
from holdfast.probes.positions import Memory
from holdfast.probes.postgresql_reading import Facts, Receiver, Sender, Slot, Standing
from holdfast.probes.postgresql_wire import (
    AuthError,
    Login,
    NoTlsError,
    RefusedError,
    Wire,
    WireError,
    session,
)

T = TypeVar("T")

_PAUSED_OLD = "CASE WHEN pg_is_wal_replay_paused() THEN 'paused' ELSE 'not paused' END"  # before 14
_PAUSED = "pg_get_wal_replay_pause_state()"

# Functions that one half of the servers refuses stand behind CASE: they are volatile and run only where chosen.
# Settings of no known value, and those that may not be seen, are NULL.
_VERSION = "SELECT current_setting('server_version_num')::int AS number"
_STANDING = """
SELECT pg_is_in_recovery() AS recovering,
  (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END
    - '0/0'::pg_lsn)::int8 AS position,
  (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::int8 AS replayed,
  extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 AS replay_age,
  CASE WHEN pg_is_in_recovery() THEN {paused} END AS paused,
  (SELECT setting::float8 / 1000 FROM pg_settings WHERE name = 'recovery_min_apply_delay') AS delay,
  (SELECT setting::float8 / 1000 FROM pg_settings WHERE name = 'wal_receiver_timeout') AS patience,
  (SELECT setting <> '' FROM pg_settings WHERE name = 'restore_command') AS restores,
  (SELECT setting <> '' FROM pg_settings WHERE name = 'primary_conninfo') AS streams
"""
_RECEIVER = """
SELECT status, (latest_end_lsn - '0/0'::pg_lsn)::int8 AS known_end,
  extract(epoch FROM clock_timestamp() - last_msg_receipt_time)::float8 AS silent
FROM pg_stat_wal_receiver
"""
_SENDERS = """
SELECT r.application_name AS name, r.state,
  (r.write_lsn - '0/0'::pg_lsn)::int8 AS written, (r.replay_lsn - '0/0'::pg_lsn)::int8 AS replayed,
  extract(epoch FROM r.write_lag)::float8 AS write_lag, extract(epoch FROM r.replay_lag)::float8 AS replay_lag,
  coalesce(s.temporary, false) AS passing, coalesce(s.slot_type = 'logical', false) AS logical
FROM pg_stat_replication r LEFT JOIN pg_replication_slots s ON s.active_pid = r.pid
"""
_SLOTS = """
SELECT slot_name AS name, slot_type = 'logical' AS logical,
  (coalesce(confirmed_flush_lsn, restart_lsn) - '0/0'::pg_lsn)::int8 AS position,
  (restart_lsn - '0/0'::pg_lsn)::int8 AS held_from, {wal_status} AS wal_status
FROM pg_replication_slots WHERE NOT active AND NOT temporary
"""


class _Version(msgspec.Struct):
    number: int


async def ask(target: ProbeSpec, now: Callable[[], float], memory: Memory) -> Sequence[Replication]:
    """Raises ProbeError, and OSError of the transport."""
    login = Login(
        host=target.host,
        port=target.port,
        user=target.user,
        database=target.database or "postgres",
        password=await asyncio.to_thread(credentials.password, target),
        tls=await asyncio.to_thread(credentials.tls_context, target),
    )
    try:
        async with session(login) as wire:
            facts = await _facts(target, wire)
    except RefusedError as error:
        raise _refused(target, error.code) from error
    except NoTlsError as error:
        raise fault(
            target, "tls", "the server declined TLS; switch ssl on there, or take tls out of the probe"
        ) from error
    except AuthError as error:
        raise fault(
            target,
            "unauthorized",
            f"its way of authenticating is not followed ({error});"
            " let pg_hba.conf ask for scram-sha-256, or set tls where it asks for the bare password",
        ) from error
    except asyncio.IncompleteReadError as error:
        raise broken_off(target) from error
    except (WireError, msgspec.MsgspecError) as error:
        raise garbled(target) from error
    return postgresql_reading.read(target, facts, memory, now())


async def _facts(target: ProbeSpec, wire: Wire) -> Facts:
    await wire.rows("BEGIN READ ONLY")
    # what we no longer wait for must not run on there
    await wire.rows(f"SET LOCAL statement_timeout = {max(1, round(target.timeout * 1000))}")
    (version,) = await _rows(wire, _VERSION, _Version)
    paused = _PAUSED if version.number >= 140_000 else _PAUSED_OLD
    wal_status = "wal_status" if version.number >= 130_000 else "NULL::text"
    (standing,) = await _rows(wire, _STANDING.format(paused=paused), Standing)
    receivers = await _rows(wire, _RECEIVER, Receiver)
    senders = await _rows(wire, _SENDERS, Sender)
    slots = await _rows(wire, _SLOTS.format(wal_status=wal_status), Slot)
    await wire.rows("COMMIT")
    return Facts(
        standing=standing,
        receiver=receivers[0] if receivers else None,
        senders=tuple(senders),
        slots=tuple(slots),
    )


async def _rows(wire: Wire, question: str, record: type[T]) -> list[T]:
    """Each row as the record of the same names."""
    rows = await wire.rows(f"SELECT row_to_json(asked) FROM ({question}) AS asked")  # noqa: S608 - ours throughout
    return [msgspec.json.decode(row, type=record) for row in rows]


def _refused(target: ProbeSpec, code: str) -> ProbeError:
    """By the SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html"""
    if code.startswith("28"):
        return fault(
            target,
            "unauthorized",
            f"it refused the user ({code}); check user and passwordFile, and pg_hba.conf for this address",
        )
    if code == "3D000":
        return fault(target, "query", f"it has no such database ({code}); check database")
    if code == "42501":
        return fault(target, "unauthorized", f"the user lacks a right ({code}); GRANT pg_monitor to it")
    if code.startswith(("57", "53", "08")):
        return fault(
            target,
            "connection",
            f"it takes no connection now ({code}); check whether it starts, stops or has none left",
        )
    return fault(
        target, "query", f"it refused the question ({code}); check that it is PostgreSQL 12 or newer"
    )
