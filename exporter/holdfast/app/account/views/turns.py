"""Work that is done in turns: between two of them whoever asked for it may let the event loop go."""

from collections.abc import Generator
from typing import Final, TypeVar

_T = TypeVar("_T")

Turns = Generator[None, None, _T]
"""Each turn takes some milliseconds; what it returns is the result."""

FEW: Final = 500
"""Things of which a turn may look at so many, where each takes some microseconds."""


def all_at_once(turns: Turns[_T]) -> _T:
    """The result, for whoever has no loop to let go."""
    while True:
        try:
            next(turns)
        except StopIteration as end:
            result: _T = end.value
            return result
