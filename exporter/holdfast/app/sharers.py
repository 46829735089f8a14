"""Who shares a space is found from the weeks before: at once for one look, or beside the event loop."""

import asyncio

import numpy as np

from holdfast.app.engine import Engine
from holdfast.app.gauging import Past
from holdfast.assessment.sharing import shared_spaces

_SLICE = 500  # claims whose past is gathered in one go: some milliseconds


def find_sharers(engine: Engine, now: float) -> None:
    """For one look, that nobody waits beside."""
    candidates = engine.sharers()
    if len(candidates) > 1:
        past = engine.gauges.past([candidate.key for candidate in candidates], now)
        engine.regroup(candidates, shared_spaces(list(candidates), *past))
    else:
        engine.regroup({}, {})


async def keep_sharers(engine: Engine, now: float) -> None:
    """The same in slices; what is costly goes on in a thread, over arrays of its own."""
    candidates = engine.sharers()
    keys = [candidate.key for candidate in candidates]
    if len(keys) < 2:
        engine.regroup({}, {})
        return
    parts: list[Past] = []
    for start in range(0, len(keys), _SLICE):
        parts.append(engine.gauges.past(keys[start : start + _SLICE], now))
        await asyncio.sleep(0)
    past = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    shared = await asyncio.to_thread(shared_spaces, list(candidates), *past)
    engine.regroup(candidates, shared)
