"""How reasons name what they speak of: counted, in order, and never longer than a person reads."""

from collections.abc import Iterable, Sequence
from heapq import nsmallest

LONGEST = 300  # characters of a reason
_MOST = 5
_ROOM = 120  # characters for all names of one list
_NAME = 63  # what fits a DNS label; longer names are rare


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(names: Iterable[str]) -> str:
    """The first of them in order, and how many there are more; always at least one."""
    every = set(names)
    shown: list[str] = []
    for name in nsmallest(_MOST, every):
        cut = shortened(name, _NAME)
        if shown and len(", ".join([*shown, cut])) > _ROOM:
            break
        shown.append(cut)
    return _with_rest(shown, len(every))


def first_of(names: Sequence[str], most: int) -> str:
    """So many of them as they come, and how many there are more."""
    return _with_rest(names[:most], len(names))


def _with_rest(shown: Sequence[str], number: int) -> str:
    rest = number - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def shortened(text: str, most: int = LONGEST) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
