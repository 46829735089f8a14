"""The text that is served: rows kept rendered by subject, joined when asked for.

A subject's rows are rendered when its judgement changes and compared with those before; only slabs (runs of
neighbouring subjects) that changed are joined again. Clock families keep an instant a row and are written at the
scrape. Subjects stand in the order of their keys, so that any order of events ends in the same text.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from typing import Any

from holdfast.metrics.family import CLUSTER_SCOPED, IDENTITY, NOW_MARK, Family, Still, escape, number, since

_NOW_MARK = NOW_MARK.encode()
_SLAB = 256  # subjects; a slab splits at twice this

Key = tuple[str, ...]
Instants = tuple[tuple[str, float | None], ...]
Rendered = tuple[bytes | Instants, ...]
"""The rows of one subject, by family: finished text, or for a clock family the heads of its rows and their instants.

A row that stands still is all head, and has no instant.
"""


class _Slab:
    """A run of neighbouring subjects, in the order of their keys."""

    __slots__ = ("keys", "rows", "text")

    def __init__(self, families: int) -> None:
        self.keys: list[Key] = []
        self.rows: dict[Key, Rendered] = {}
        self.text: list[bytes | None] = [None] * families

    def joined(self, index: int) -> bytes:
        text = self.text[index]
        if text is None:
            rows = self.rows
            text = b"".join([rows[key][index] for key in self.keys])  # type: ignore[misc]  # not a clock family
            self.text[index] = text
        return text


class _Table:
    """All subjects of one noun."""

    def __init__(self, noun: str, families: Sequence[Family]) -> None:
        self.families = tuple(families)
        self._render = [_renderer(family, IDENTITY[noun]) for family in families]
        self._identity = IDENTITY[noun]
        self._scope = 'namespace="",' if noun in CLUSTER_SCOPED else ""
        self._slabs = [_Slab(len(self.families))]
        self._last: list[Key] = []  # the last key of each slab but the newest, to find a slab by

    def put(self, key: Key, judgement: Any) -> None:
        identity = self._scope + _labels(self._identity, key)
        rows = tuple([render(identity, judgement) for render in self._render])
        slab = self._slab(key)
        before = slab.rows.get(key)
        slab.rows[key] = rows
        if before is None:
            insort(slab.keys, key)
            slab.text = [None] * len(self.families)
            self._split(slab)
        elif before != rows:
            text = slab.text
            for index, row in enumerate(rows):
                if row != before[index]:
                    text[index] = None

    def drop(self, key: Key) -> None:
        slab = self._slab(key)
        if slab.rows.pop(key, None) is not None:
            del slab.keys[bisect_left(slab.keys, key)]
            slab.text = [None] * len(self.families)
            if not slab.keys and len(self._slabs) > 1:
                self._take_out(slab)

    def text(self, index: int, now: float) -> Iterable[bytes]:
        """The rows of the family at this index, in chunks."""
        family = self.families[index]
        if family.clock:
            ahead = -1.0 if family.countdown else 1.0
            for slab in self._slabs:
                yield _clock_text(slab, index, now, ahead)
        else:
            for slab in self._slabs:
                text = slab.joined(index)
                yield text.replace(_NOW_MARK, number(now).encode()) if _NOW_MARK in text else text

    def _slab(self, key: Key) -> _Slab:
        return self._slabs[bisect_left(self._last, key)]

    def _take_out(self, slab: _Slab) -> None:
        """Its range falls to the slab after it, or before it where it is the last."""
        place = self._slabs.index(slab)
        del self._slabs[place]
        del self._last[min(place, len(self._last) - 1)]

    def _split(self, slab: _Slab) -> None:
        if len(slab.keys) < 2 * _SLAB:
            return
        place = self._slabs.index(slab)
        upper = _Slab(len(self.families))
        upper.keys = slab.keys[_SLAB:]
        upper.rows = {key: slab.rows.pop(key) for key in upper.keys}
        del slab.keys[_SLAB:]
        slab.text = [None] * len(self.families)
        self._slabs.insert(place + 1, upper)
        self._last.insert(place, slab.keys[-1])


class Board:
    """Judgements in, text out. ``deny`` names families that are switched off."""

    def __init__(self, families: Iterable[Family], *, deny: frozenset[str] = frozenset()) -> None:
        families = tuple(families)
        self._nouns = {family.noun for family in families}
        by_noun: dict[str, list[Family]] = {}
        self._order: list[tuple[Family, str, int]] = []
        for family in families:
            if family.name in deny:
                continue
            own = by_noun.setdefault(family.noun, [])
            self._order.append((family, family.noun, len(own)))
            own.append(family)
        self._tables = {noun: _Table(noun, own) for noun, own in by_noun.items()}

    def put(self, noun: str, key: Key, judgement: Any) -> None:
        if table := self._table(noun):
            table.put(key, judgement)

    def drop(self, noun: str, key: Key) -> None:
        if table := self._table(noun):
            table.drop(key)

    def _table(self, noun: str) -> _Table | None:
        """None where every family of the noun is switched off."""
        if noun not in self._nouns:
            raise KeyError(f"no family is fed by {noun!r}; nouns are {', '.join(sorted(self._nouns))}")
        return self._tables.get(noun)

    def text(self, now: float, *, origins: frozenset[str]) -> list[bytes]:
        """The exposition of the families of these origins, as chunks; families without a row are left out."""
        chunks: list[bytes] = []
        for family, noun, index in self._order:
            if family.origin not in origins:
                continue
            rows = [chunk for chunk in self._tables[noun].text(index, now) if chunk]
            if rows:
                chunks.append(family.header)
                chunks.extend(rows)
        return chunks


def _labels(names: Sequence[str], values: Sequence[str]) -> str:
    return ",".join(
        [f'{name}="{escape(value)}"' for name, value in zip(names, values[: len(names)], strict=True)]
    )


def _clock_text(slab: _Slab, index: int, now: float, ahead: float) -> bytes:
    lines = []
    rows = slab.rows
    for key in slab.keys:
        instants = rows[key][index]
        if instants:
            for head, instant in instants:  # type: ignore[misc]  # a clock family
                lines.append(f"{head}\n" if instant is None else f"{head}{since(ahead * (now - instant))}\n")
    return "".join(lines).encode()


def _renderer(family: Family, identity: Sequence[str]) -> Any:
    """A function of (identity labels as text, judgement) to the family's rows, with all that is constant laid out."""
    start, rows_of, further = family.name + "{", family.rows, family.further
    template = ",".join([f'{name}="%s"' for name in further])
    comma = "," if further and identity else ""

    def head(named: str, values: tuple[str, ...]) -> str:
        if not further:
            return f"{start}{named}}} "
        return f"{start}{named}{comma}{template % tuple([escape(value) for value in values])}}} "

    def finished(named: str, judgement: Any) -> bytes:
        rows = rows_of(judgement)
        if not rows:
            return b""
        return "".join([f"{head(named, values)}{number(value)}\n" for values, value in rows]).encode()

    def clock(named: str, judgement: Any) -> Instants:
        return tuple(
            [
                (head(named, values) + number(value), None)
                if isinstance(value, Still)
                else (head(named, values), value)
                for values, value in rows_of(judgement)
            ]
        )

    return clock if family.clock else finished
