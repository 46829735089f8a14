"""Global transaction identifiers as counts: how many transactions a replica has received, and applied of those.

MySQL writes sets of ranges for each server, MariaDB the newest number of each domain. Here belongs their arithmetic.
"""

import re
from collections.abc import Mapping, Sequence

_RANGE = re.compile(r"([0-9]{1,19})(?:-([0-9]{1,19}))?")
_NEWEST = re.compile(r"([0-9]{1,10})-[0-9]{1,10}-([0-9]{1,19})")

Ranges = Mapping[str, Sequence[tuple[int, int]]]


def read_set(text: str) -> Ranges | None:
    """A set of MySQL, ``uuid:1-5:7,uuid:tag:3``: its ranges by server and tag, both ends included; None if it is none."""
    found: dict[str, list[tuple[int, int]]] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        server, *words = part.split(":")
        if not words:
            return None
        tag = ""
        for word in words:
            ends = _RANGE.fullmatch(word.strip())
            if ends is None:
                tag = word.strip().lower()  # newer servers let a tag stand before its ranges
                continue
            low = int(ends[1])
            found.setdefault(f"{server.strip().lower()}:{tag}", []).append((low, int(ends[2] or low)))
    return {server: _merged(ranges) for server, ranges in found.items()}


def counts(received: Ranges, applied: Ranges) -> tuple[int, int]:
    """How many transactions were received, and how many of these are applied."""
    total = sum(_size(ranges) for ranges in received.values())
    common = sum(_common(ranges, applied.get(server, ())) for server, ranges in received.items())
    return total, common


def read_newest(text: str) -> Mapping[str, int] | None:
    """A position of MariaDB, ``domain-server-number,…``: the number by domain; None if it is none."""
    found: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        newest = _NEWEST.fullmatch(part)
        if newest is None:
            return None
        found[newest[1]] = int(newest[2])
    return found


def _merged(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if high < low:
            continue
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(high, merged[-1][1])
        else:
            merged.append((low, high))
    return merged


def _size(ranges: Sequence[tuple[int, int]]) -> int:
    return sum(high - low + 1 for low, high in ranges)


def _common(some: Sequence[tuple[int, int]], others: Sequence[tuple[int, int]]) -> int:
    """Both are sorted and their ranges apart."""
    common = first = second = 0
    while first < len(some) and second < len(others):
        low = max(some[first][0], others[second][0])
        high = min(some[first][1], others[second][1])
        common += max(0, high - low + 1)
        if some[first][1] < others[second][1]:
            first += 1
        else:
            second += 1
    return common
