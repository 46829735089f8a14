"""The one question of this layer: how does the replication of this target go?

Here belong the choice by kind and the bound on the whole. Each kind's client is imported when it is first asked for.
"""

import asyncio
from collections.abc import Callable, Sequence

from holdfast.model.asking import ProbeSpec
from holdfast.model.replication import Replication
from holdfast.probes.fault import ProbeError, timeout_fault, transport_fault
from holdfast.probes.positions import Memory

__all__ = ["Memory", "ProbeError", "probe"]


async def probe(
    target: ProbeSpec, now: Callable[[], float], memory: Memory | None = None
) -> Sequence[Replication]:
    """The target's replications, within ``target.timeout`` seconds, names, TLS and farewell included.

    ``memory`` is the target's own and is handed in again each time: by it the seconds behind are known where the server
    tells none, or tells what it last knew. Without it such a lag is unknown. ``holds`` is left to the caller.

    Raises ProbeError.
    """
    memory = memory or Memory()
    try:
        async with asyncio.timeout(target.timeout):
            match target.kind:
                case "postgresql":
                    from holdfast.probes import postgresql  # noqa: PLC0415 - only who asks one pays for its client

                    return await postgresql.ask(target, now, memory)
                case "mysql":
                    from holdfast.probes import mysql  # noqa: PLC0415 - the same

                    return await mysql.ask(target, now, memory)
                case "redis":
                    from holdfast.probes import redis  # noqa: PLC0415 - the same

                    return await redis.ask(target, now, memory)
    except TimeoutError as error:
        raise timeout_fault(target) from error
    except OSError as error:
        raise transport_fault(target, error) from error
