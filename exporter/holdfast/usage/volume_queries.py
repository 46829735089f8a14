"""Usage by PromQL: what is asked for which claims, and which samples the answers are.

No query asks for too much: claims are asked in shards, weeks in spans, and what proves too much is halved. Sending
belongs to ``prometheus``.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

from msgspec.structs import replace

from holdfast.model.asking import Answer, AskError, AskReason, Series
from holdfast.model.identity import ClaimRef
from holdfast.model.usage import CLOCK_DIFFERENCE, STATS, Stat, UsageSample, newest, sample_of
from holdfast.usage.prometheus import selector
from holdfast.usage.volume_stats import METRIC_OF, STAT_OF, Identity, claim_of, identity_of, node_of

STEP = 3600.0
"""Seconds for which one sample of the back-fill stands; the full hours part them."""

ORIGIN = "prometheus"

_MOST_CLAIMS = 1000  # in one query for the present: five series each
_MOST_CLAIMS_IN_RANGE = 200  # each with five series of a span's points
_SPAN = 7 * 86400.0
_MOST_LETTERS = 4000  # of names in one matcher: some proxies let only GET through, and no long one
_MOST_LETTERS_IN_RANGE = 700  # for each matcher stands there once for every figure
_TOO_MUCH: frozenset[AskReason] = frozenset({"too_large", "timeout", "query"})
"""``query``, for servers refuse so what would load too many samples."""


_MOST_PARTED = 4  # a server that cannot answer a sixteenth is not helped by more queries


class Asking(Protocol):
    """As ``Prometheus.query``."""

    def __call__(self, expression: str, *, at: float) -> Awaitable[Answer]: ...


class Api(Protocol):
    """As ``Prometheus``."""

    def query(self, expression: str, *, at: float) -> Awaitable[Answer]: ...

    def query_range(self, expression: str, *, start: float, end: float, step: float) -> Awaitable[Answer]: ...


Figure = Literal[Stat, "capacity_least"]
_FIGURE = "holdfast_figure"
_HOURLY: Mapping[Figure, tuple[str, Stat]] = {
    "used": ("max_over_time", "used"),
    "capacity": ("max_over_time", "capacity"),
    "capacity_least": ("min_over_time", "capacity"),
    "available": ("min_over_time", "available"),
    "inodes_used": ("max_over_time", "inodes_used"),
    "inodes": ("max_over_time", "inodes"),
}
"""What is asked of each hour. These functions take the name off a series, so a label tells which is which."""

_FIGURES: Mapping[str, Figure] = {figure: figure for figure in _HOURLY}


class Shard(NamedTuple):
    """Claims that are asked for together: all of these namespaces, or these names of the one namespace."""

    claims: tuple[ClaimRef, ...]
    whole: bool

    @property
    def matchers(self) -> tuple[str, str]:
        """Regular expressions for the namespace and for the name; the second empty where all are meant."""
        namespaces = _any_of(sorted({claim.namespace for claim in self.claims}))
        return namespaces, "" if self.whole else _any_of([claim.name for claim in self.claims])

    def parts(self, letters: int = _MOST_LETTERS) -> list["Shard"]:
        """Smaller shards of the same claims; empty where there is but one."""
        if len(self.claims) < 2:
            return []
        namespaces = {claim.namespace for claim in self.claims}
        if len(namespaces) == 1:
            return _by_name(self.claims, len(self.claims) // 2, letters)
        first = set(sorted(namespaces)[: len(namespaces) // 2])
        one = tuple(claim for claim in self.claims if claim.namespace in first)
        other = tuple(claim for claim in self.claims if claim.namespace not in first)
        return [Shard(one, whole=True), Shard(other, whole=True)]


class Span(NamedTuple):
    """The hours that end from ``start`` to ``end``, both included, in Unix seconds; multiples of ``STEP``."""

    start: float
    end: float

    def parts(self) -> list["Span"]:
        """The newer half first; empty where there is but one step."""
        steps = int((self.end - self.start) // STEP)
        if steps < 1:
            return []
        middle = self.start + steps // 2 * STEP
        return [Span(middle + STEP, self.end), Span(self.start, middle)]


class Chunk(NamedTuple):
    """What one query for the past asks for, and how often it was parted until now. No span: the present hour."""

    shard: Shard
    span: Span | None
    parted: int = 0

    def parts(self) -> list["Chunk"]:
        """Fewer claims, and where there is but one, less time; empty where it is parted enough."""
        if self.parted >= _MOST_PARTED:
            return []
        times = self.parted + 1
        fewer = [Chunk(shard, self.span, times) for shard in self.shard.parts(_MOST_LETTERS_IN_RANGE)]
        return fewer or [Chunk(self.shard, span, times) for span in (self.span.parts() if self.span else ())]


class Found(NamedTuple):
    """``samples`` of the shard or chunk, or the ``error`` that stands for them. ``complete`` False: the API warned."""

    samples: tuple[UsageSample, ...]
    error: AskError | None = None
    complete: bool = True


def shards(claims: Iterable[ClaimRef], most: int = _MOST_CLAIMS, letters: int = _MOST_LETTERS) -> list[Shard]:
    """Every claim in one shard. Small namespaces stand together; a large one is split by names."""
    by_namespace: defaultdict[str, list[ClaimRef]] = defaultdict(list)
    for claim in sorted(set(claims)):
        by_namespace[claim.namespace].append(claim)
    found: list[Shard] = []
    for group in _packed([(name, len(held)) for name, held in by_namespace.items()], most, letters):
        together = tuple(claim for name in group for claim in by_namespace[name])
        if len(together) <= most:
            found.append(Shard(together, whole=True))
        else:
            found += _by_name(together, most, letters)
    return found


def spans(now: float, length: float) -> list[Span]:
    """The full hours of the last ``length`` seconds at which an hour ends, the newest first."""
    last = now // STEP * STEP
    found = []
    while last > now - length:
        first = max(last - _SPAN + STEP, (now - length) // STEP * STEP + STEP)
        found.append(Span(first, last))
        last = first - STEP
    return found


def values_query(shard: Shard, matchers: Mapping[str, str]) -> str:
    """All statistics of the shard's claims, each series under its own name."""
    return _either(shard, matchers, "|".join(STAT_OF), "{}")


def times_query(shard: Shard, matchers: Mapping[str, str], stat: Stat) -> str:
    """When the newest samples of this statistic were taken."""
    return _either(shard, matchers, METRIC_OF[stat], "timestamp({})")


def hours_query(shard: Shard, matchers: Mapping[str, str]) -> str:
    """How full the claims were at the most within the hour before each step, what is on the step left to the next."""
    return _fullest(shard, matchers, f"[{STEP:.0f}s] offset 1ms")


def present_query(shard: Shard, matchers: Mapping[str, str], now: float) -> str:
    """The same of the hour that has begun, as far as it has come."""
    return _fullest(shard, matchers, f"[{round(now % STEP * 1000) + 1}ms]")


def _fullest(shard: Shard, matchers: Mapping[str, str], stretch: str) -> str:
    return " or ".join(
        _either(
            shard,
            matchers,
            METRIC_OF[stat],
            f'label_replace({function}({{}}{stretch}),"{_FIGURE}","{figure}","","")',
        )
        for figure, (function, stat) in _HOURLY.items()
    )


def read_newest(values: Answer, times: Iterable[Answer], now: float) -> list[UsageSample]:
    """One sample a claim: the newest, the larger where none is newer.

    Those of one scrape bear the same labels but for the name. ``times`` are the answers to ``times_query``; a
    series whose time none of them tells is left out, for it may be of any age.

    Raises:
        AskError: the series are of several clusters.
    """
    taken: dict[Identity, float] = {}
    for answer in times:
        for series in answer.series:
            taken.setdefault(identity_of(series.labels), series.points[0][1])
    found = (
        _sample(identity, taken[identity], figures)
        for identity, instants in _grouped(values).items()
        for figures in instants.values()
        if identity in taken and taken[identity] <= now + CLOCK_DIFFERENCE
    )
    return list(newest(sample for sample in found if sample is not None).values())


def read_hours(answer: Answer) -> list[UsageSample]:
    """One sample a claim and step, of several nodes the larger.

    Raises:
        AskError: the series are of several clusters.
    """
    at: defaultdict[float, list[UsageSample]] = defaultdict(list)
    for identity, instants in _grouped(answer).items():
        for time, figures in instants.items():
            sample = _sample(identity, time, figures)
            if sample is not None:
                at[time].append(_fitting(sample, figures.get("capacity_least", sample.capacity)))
    return [sample for time in sorted(at) for sample in newest(at[time]).values()]


def _fitting(sample: UsageSample, least: float | None) -> UsageSample:
    """The least free space goes with the most use, but where the volume grew in that hour: it was free of the smaller one."""
    before = replace(sample, capacity=least)
    return replace(sample, available=None) if sample.others_fill and not before.others_fill else sample


def _grouped(answer: Answer) -> dict[Identity, dict[float, dict[Figure, float]]]:
    """Figures by their series but for the name, and by instant."""
    refuse_clusters(answer.series)
    groups: dict[Identity, dict[float, dict[Figure, float]]] = {}
    for series in answer.series:
        figure = _figure_of(series.labels)
        if figure is not None:
            identity = identity_of(series.labels) - {(_FIGURE, figure)}
            instants = groups.setdefault(identity, {})
            for time, value in series.points:
                instants.setdefault(time, {})[figure] = value
    return groups


def _figure_of(labels: Mapping[str, str]) -> Figure | None:
    told = labels.get(_FIGURE)
    return STAT_OF.get(labels.get("__name__", "")) if told is None else _FIGURES.get(told)


class _Placing:
    """When in its hour the fullest sample was, as near as can be told. Hours are placed the newest first.

    What grows is fullest at the end. The last hour told of a claim stands at its beginning: the history must not hold
    it for newer than what was measured in it.
    """

    def __init__(self, created: Mapping[ClaimRef, float]) -> None:
        self._created = created
        self._last: dict[ClaimRef, float] = {}

    def placed(self, samples: Sequence[UsageSample], present: float | None) -> Iterator[UsageSample]:
        """Those of ``samples``, oldest first, have the time at which their hour ends; that of ``present`` has not yet."""
        for sample in reversed(samples):
            end = sample.time if present is None else (present // STEP + 1) * STEP
            created = self._created.get(sample.claim)
            if created is None or end - STEP < created:
                continue  # in that hour the fullest may have been an earlier claim of the name
            last = self._last.setdefault(sample.claim, end)
            yield replace(sample, time=end - 1.0 if end < last else end - STEP)


def refuse_clusters(series: Iterable[Series]) -> None:
    """Claims of one name in two clusters cannot be told apart.

    Raises:
        AskError: there are several values of the label ``cluster``.
    """
    named = sorted({one.labels["cluster"] for one in series if one.labels.get("cluster")})
    if len(named) > 1:
        some = ", ".join(named[:5]) + (", …" if len(named) > 5 else "")
        raise AskError(
            "bad_answer",
            f"volume statistics of several clusters ({some}) answer; choose one with prometheus.matchers: "
            "{cluster: NAME}",
        )


async def ask_newest(
    query: Asking, claims: Iterable[ClaimRef], matchers: Mapping[str, str], now: float
) -> AsyncIterator[Found]:
    """The usage of these claims, shard by shard. An error stands for its shard alone, and is no reason to end."""
    waiting = [(shard, 0) for shard in reversed(shards(claims))]
    while waiting:
        shard, parted = waiting.pop()
        try:
            yield await _newest_of(query, shard, matchers, now)
        except AskError as error:
            parts = shard.parts() if error.reason in _TOO_MUCH and parted < _MOST_PARTED else []
            waiting += [(part, parted + 1) for part in reversed(parts)]
            if not parts:
                yield Found((), error)


async def backfill(
    api: Api,
    claims: Mapping[ClaimRef, float],
    matchers: Mapping[str, str],
    now: float,
    length: float,
) -> AsyncIterator[Found]:
    """How full these claims were in each hour of the last ``length`` seconds: the newest hours of all of them first.

    ``claims`` tell when each was created, Unix seconds. An error stands for its chunk alone, and is no reason to end.
    """
    parts = shards(claims, _MOST_CLAIMS_IN_RANGE, _MOST_LETTERS_IN_RANGE)
    stretches = [None, *spans(now, length)]
    waiting = [Chunk(shard, span) for span in reversed(stretches) for shard in reversed(parts)]
    placing = _Placing(claims)
    while waiting:
        chunk = waiting.pop()
        try:
            answer = await _past_of(api, chunk, matchers, now)
            present = now if chunk.span is None else None
            yield Found(tuple(placing.placed(read_hours(answer), present)), complete=answer.complete)
        except AskError as error:
            smaller = chunk.parts() if error.reason in _TOO_MUCH else []
            waiting += reversed(smaller)
            if not smaller:
                yield Found((), error)


async def _past_of(api: Api, chunk: Chunk, matchers: Mapping[str, str], now: float) -> Answer:
    if chunk.span is None:
        return await api.query(present_query(chunk.shard, matchers, now), at=now)
    start, end = chunk.span
    return await api.query_range(hours_query(chunk.shard, matchers), start=start, end=end, step=STEP)


async def _newest_of(query: Asking, shard: Shard, matchers: Mapping[str, str], now: float) -> Found:
    values = await query(values_query(shard, matchers), at=now)
    times = [await query(times_query(shard, matchers, "used"), at=now)]
    told = {identity_of(series.labels) for series in times[0].series}
    if any(identity_of(series.labels) not in told for series in values.series):
        times.append(await query(times_query(shard, matchers, "inodes_used"), at=now))
    complete = values.complete and all(answer.complete for answer in times)
    return Found(tuple(read_newest(values, times, now)), complete=complete)


def _sample(identity: Identity, time: float, figures: Mapping[Figure, float]) -> UsageSample | None:
    labels = dict(identity)
    claim = claim_of(labels)
    stats = {stat: figures[stat] for stat in STATS if stat in figures}
    return None if claim is None else sample_of(claim, time, stats, node_of(labels) or ORIGIN)


def _either(shard: Shard, matchers: Mapping[str, str], metric: str, wrap: str) -> str:
    """A scrape that puts its own ``namespace`` on series leaves the claim's under ``exported_namespace``."""
    namespaces, names = shard.matchers
    own = selector("", matchers).strip("{}")
    more = [own] if own else []
    more += [f'persistentvolumeclaim=~"{names}"'] if names else []
    parts: tuple[list[str], ...] = (
        [f'exported_namespace=~"{namespaces}"'],
        ['exported_namespace=""', f'namespace=~"{namespaces}"'],
    )
    return " or ".join(
        wrap.format("{" + ",".join([f'__name__=~"{metric}"', *part, *more]) + "}") for part in parts
    )


def _by_name(claims: Sequence[ClaimRef], most: int, letters: int) -> list[Shard]:
    """Of claims of one namespace."""
    namespace = claims[0].namespace
    groups = _packed([(claim.name, 1) for claim in claims], most, letters)
    return [Shard(tuple(ClaimRef(namespace, name) for name in group), whole=False) for group in groups]


def _any_of(names: Sequence[str]) -> str:
    """A dot is the only sign in a name that regular expressions take for something else."""
    return "|".join(name.replace(".", "[.]") for name in names)


def _packed(sizes: Iterable[tuple[str, int]], most: int, letters: int) -> Iterator[list[str]]:
    """Names in groups whose sizes add up to no more than ``most``, and their letters to no more than so many."""
    group: list[str] = []
    size = written = 0
    for name, weight in sizes:
        if group and (size + weight > most or written + len(name) > letters):
            yield group
            group, size, written = [], 0, 0
        group.append(name)
        size += weight
        written += len(name)
    if group:
        yield group
