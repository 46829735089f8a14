"""The kubelet's volume statistics as they are spelled: names of series, their labels, one line of exposition.

https://kubernetes.io/docs/reference/instrumentation/metrics/. Pure. What the numbers mean belongs to ``model.usage``.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from holdfast.model.identity import ClaimRef
from holdfast.model.usage import Stat

PREFIX = "kubelet_volume_stats_"
STAT_OF: Mapping[str, Stat] = {
    f"{PREFIX}used_bytes": "used",
    f"{PREFIX}capacity_bytes": "capacity",
    f"{PREFIX}available_bytes": "available",
    f"{PREFIX}inodes_used": "inodes_used",
    f"{PREFIX}inodes": "inodes",
}
METRIC_OF: Mapping[Stat, str] = {stat: metric for metric, stat in STAT_OF.items()}

_NAME = rb"[a-zA-Z_:][a-zA-Z0-9_:]*"
# no two runs of blanks stand side by side: a line of nothing but blanks would be tried in every division of them
_PAIR = rb'[a-zA-Z_][a-zA-Z0-9_]*[ \t]*=[ \t]*"(?:[^"\\\n]|\\[\\"n])*"[ \t]*'
_LABELS = rb"(?:" + _PAIR + rb"(?:,[ \t]*" + _PAIR + rb")*(?:,[ \t]*)?)?"
_HEAD = re.compile(rb"(" + _NAME + rb")(?:[ \t]*\{[ \t]*(" + _LABELS + rb")\})?")
_LABEL = re.compile(rb'([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r'\\([\\"n])')
_NUMBER = re.compile(rb"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[iI]nf(?:inity)?|[nN]a[nN])")
_OTHER = re.compile(_NAME + rb"(?:[ \t]*\{.*\})?[ \t]+(?:" + _NUMBER.pattern + rb")(?:[ \t].*)?")
_PREFIX = PREFIX.encode()
_MOST_HEADS = 100_000


class LineError(ValueError):
    """The line is no sample. The text says what is wrong with it, and quotes nothing of it."""


Identity = frozenset[tuple[str, str]]
"""The labels of a series but for its name: the statistics of one scrape of one volume have it in common."""


class Head(NamedTuple):
    """What a sample is about."""

    metric: str
    stat: Stat | None
    claim: ClaimRef | None
    labels: Mapping[str, str]
    identity: Identity


class Lines:
    """Reads line after line. What stands before the value is read once for all samples of a series."""

    def __init__(self) -> None:
        self._heads: dict[bytes, Head] = {}

    def read(self, line: bytes) -> tuple[Head, float, float | None] | None:
        """Series, value, and the timestamp as it is written; None for a comment, an empty line, another metric.

        Raises:
            LineError: the line is no sample.
        """
        line = line.strip(b" \t\r\n")
        if not line or line.startswith((b"#", b"{")):  # the kubelet's names need no quotes
            return None
        if not line.startswith(_PREFIX):
            if _OTHER.fullmatch(line) is None:
                raise LineError("it is no sample")
            return None
        end = line.rfind(b"}") + 1
        if not end:
            end = len(line.split(None, 1)[0])
        head = self._head(line[:end])
        parts = line[end:].split()
        if not 1 <= len(parts) <= 2:
            raise LineError("a sample has a value and at most a timestamp behind its labels")
        if not all(map(_NUMBER.fullmatch, parts)):
            raise LineError("its value or its timestamp is no number")
        return head, float(parts[0]), float(parts[1]) if len(parts) == 2 else None

    def _head(self, text: bytes) -> Head:
        held = self._heads.get(text)
        if held is None:
            if len(self._heads) >= _MOST_HEADS:
                self._heads.clear()
            held = self._heads[text] = _read_head(text)
        return held


def _read_head(text: bytes) -> Head:
    found = _HEAD.fullmatch(text)
    if found is None:
        raise LineError("it does not begin with a metric and its labels")
    try:
        pairs = [(name.decode(), value.decode()) for name, value in _LABEL.findall(found[2] or b"")]
    except UnicodeDecodeError:
        raise LineError("a label is no UTF-8") from None
    labels = {name: _ESCAPE.sub(_unescaped, value) for name, value in pairs}
    if len(labels) < len(pairs):
        raise LineError("a label stands twice")
    metric = found[1].decode()
    return Head(metric, STAT_OF.get(metric), claim_of(labels), labels, identity_of(labels))


def identity_of(labels: Mapping[str, str]) -> Identity:
    return frozenset(pair for pair in labels.items() if pair[0] != "__name__")


def _unescaped(found: re.Match[str]) -> str:
    return "\n" if found[1] == "n" else found[1]


def claim_of(labels: Mapping[str, str]) -> ClaimRef | None:
    """Whose statistics these are. ``namespace`` may be that of the scrape's target, and then the claim's was renamed."""
    namespace = labels.get("exported_namespace") or labels.get("namespace")
    name = labels.get("persistentvolumeclaim")
    return ClaimRef(namespace, name) if namespace and name else None


def node_of(labels: Mapping[str, str]) -> str:
    """The node that measured it, as near as the labels tell; empty where they do not."""
    return labels.get("node") or labels.get("instance", "")
