"""Redis and Valkey: INFO replication, asked over RESP, which is three sorts of line for what is needed here.

Here belongs the connection. What the answer means belongs to redis_reading.
"""

import asyncio
from collections.abc import Callable, Sequence

from holdfast.model.asking import ProbeSpec
from holdfast.model.replication import Replication
from holdfast.probes import credentials, redis_reading
from holdfast.probes.fault import ProbeError, broken_off, fault, garbled
from holdfast.probes.positions import Memory

_LONGEST_LINE = 4096  # bytes
_LONGEST_ANSWER = 1024 * 1024


async def ask(target: ProbeSpec, now: Callable[[], float], memory: Memory) -> Sequence[Replication]:
    """One connection, two questions. Raises ProbeError, and OSError of the transport."""
    password = await asyncio.to_thread(credentials.password, target)
    context = await asyncio.to_thread(credentials.tls_context, target)
    reader, writer = await asyncio.open_connection(target.host, target.port, ssl=context, limit=_LONGEST_LINE)
    try:
        if password:
            user = (target.user,) if target.user else ()
            await _told(target, reader, writer, "AUTH", *user, password)
        answer = await _told(target, reader, writer, "INFO", "replication")
        return redis_reading.read(target, redis_reading.fields(answer), memory, now())
    except asyncio.IncompleteReadError as error:
        raise broken_off(target) from error
    except asyncio.LimitOverrunError as error:
        raise garbled(target) from error
    finally:
        writer.transport.abort()  # there is nothing to say goodbye to, and a hung peer cannot hold us


async def _told(
    target: ProbeSpec, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *words: str
) -> str:
    parts = [word.encode() for word in words]
    writer.write(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
    await writer.drain()
    line = await reader.readuntil(b"\r\n")
    sort, rest = line[:1], line[1:-2]
    if sort == b"+":
        return rest.decode(errors="replace")
    if sort == b"-":
        raise _refused(target, rest)
    if sort != b"$" or not rest.isdigit() or int(rest) > _LONGEST_ANSWER:
        raise garbled(target)
    return (await reader.readexactly(int(rest) + 2)).decode(errors="replace")


def _refused(target: ProbeSpec, said: bytes) -> ProbeError:
    """By the first word of the refusal, which is a code; what follows may quote."""
    code = said.split(b" ", 1)[0]
    if code == b"NOPERM":
        return fault(
            target, "unauthorized", "the user has no right to INFO; give it +info (ACL SETUSER … +info)"
        )
    if code in (b"NOAUTH", b"WRONGPASS") or b"AUTH" in said:
        return fault(target, "unauthorized", "it refused user or password; check user and passwordFile")
    return fault(target, "query", f"it refused the question ({code[:20].decode(errors='replace')})")
