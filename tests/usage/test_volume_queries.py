"""PromQL for usage: claims in, queries out; answers in, samples out; what is too much is asked in parts."""

import math
import re
from collections.abc import Callable, Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from promql_parser import parse

from holdfast.model.asking import Answer, AskError, AskReason, Series
from holdfast.model.identity import ClaimRef
from holdfast.usage.volume_queries import (
    STEP,
    Chunk,
    Found,
    Shard,
    Span,
    ask_newest,
    backfill,
    hours_query,
    present_query,
    read_hours,
    read_newest,
    shards,
    spans,
    times_query,
    values_query,
)

NOW = 1_800_000_100.0
DATA = ClaimRef("shop", "data-0")
LABELS = {"namespace": "shop", "persistentvolumeclaim": "data-0"}
NAMES = st.from_regex(r"[a-z]([-a-z0-9.]{0,4}[a-z0-9])?", fullmatch=True)
CLAIMS = st.lists(st.builds(ClaimRef, st.sampled_from(["a", "b", "c-d"]), NAMES), max_size=40)


def series(stat: str, *points: tuple[float, float], **labels: str) -> Series:
    return Series(labels={"__name__": f"kubelet_volume_stats_{stat}", **LABELS, **labels}, points=points)


def timed(at: float, **labels: str) -> Series:
    return Series(labels={**LABELS, **labels}, points=((NOW, at),))


def newest(values: list[Series], times: list[Series]) -> list[tuple[float, float | None]]:
    found = read_newest(Answer(series=tuple(values)), [Answer(series=tuple(times))], NOW)
    return [(sample.time - NOW, sample.used) for sample in found]


def test_all_statistics_are_asked_for_at_once() -> None:
    assert values_query(Shard((DATA,), whole=True), {}) == (
        '{__name__=~"kubelet_volume_stats_used_bytes|kubelet_volume_stats_capacity_bytes|'
        "kubelet_volume_stats_available_bytes|kubelet_volume_stats_inodes_used|kubelet_volume_stats_inodes"
        '",exported_namespace=~"shop"} or '
        '{__name__=~"kubelet_volume_stats_used_bytes|kubelet_volume_stats_capacity_bytes|'
        "kubelet_volume_stats_available_bytes|kubelet_volume_stats_inodes_used|kubelet_volume_stats_inodes"
        '",exported_namespace="",namespace=~"shop"}'
    )


def test_more_matchers_and_names_are_asked_for_as_well() -> None:
    shard = Shard((DATA, ClaimRef("shop", "a.b")), whole=False)
    assert times_query(shard, {"cluster": 'a"b'}, "used") == (
        'timestamp({__name__=~"kubelet_volume_stats_used_bytes",exported_namespace=~"shop",'
        'cluster="a\\"b",persistentvolumeclaim=~"data-0|a[.]b"}) or '
        'timestamp({__name__=~"kubelet_volume_stats_used_bytes",exported_namespace="",namespace=~"shop",'
        'cluster="a\\"b",persistentvolumeclaim=~"data-0|a[.]b"})'
    )


@given(CLAIMS.filter(bool), st.dictionaries(st.sampled_from(["cluster", "job"]), st.text(max_size=5)))
def test_every_query_is_promql(claims: list[ClaimRef], matchers: dict[str, str]) -> None:
    for shard in shards(claims, 5):
        parse(values_query(shard, matchers))
        parse(times_query(shard, matchers, "inodes_used"))
        parse(hours_query(shard, matchers))
        parse(present_query(shard, matchers, NOW))


def test_of_each_hour_the_fullest_is_asked_for_and_the_last_instant_is_the_next_hours() -> None:
    """Most used, least free; of what has a size the most, and the least to see whether it grew."""
    asked = hours_query(Shard((DATA,), whole=True), {"job": "k"})
    assert re.findall(
        r'label_replace\((\w+)\(\{__name__=~"kubelet_volume_stats_(\w+)",exported_namespace=~"shop",job="k"\}'
        r'\[3600s\] offset 1ms\),"holdfast_figure","(\w+)","",""\)',
        asked,
    ) == [
        ("max_over_time", "used_bytes", "used"),
        ("max_over_time", "capacity_bytes", "capacity"),
        ("min_over_time", "capacity_bytes", "capacity_least"),
        ("min_over_time", "available_bytes", "available"),
        ("max_over_time", "inodes_used", "inodes_used"),
        ("max_over_time", "inodes", "inodes"),
    ]


def test_of_the_hour_that_has_begun_all_is_asked_for_and_nothing_before() -> None:
    assert "[100251ms])," in present_query(Shard((DATA,), whole=True), {}, NOW + 0.25)


def test_no_query_for_the_past_is_longer_than_servers_take() -> None:
    """VictoriaMetrics takes 16 KiB unless told otherwise."""
    claims = [
        ClaimRef("a-namespace-of-some-length", f"data-a-longish-name-{number}") for number in range(900)
    ]
    for shard in shards(claims, 200, 700):
        for part in (shard, *(chunk.shard for chunk in Chunk(shard, None).parts())):
            assert len(hours_query(part, {"cluster": "production-eu-1"})) < 14_000
    small = Chunk(Shard(tuple(claims[:200]), whole=True), None).parts()
    assert all(len(hours_query(part.shard, {"cluster": "production-eu-1"})) < 14_000 for part in small)


@given(CLAIMS, st.integers(1, 10))
def test_every_claim_is_in_one_shard_and_no_shard_is_too_large(claims: list[ClaimRef], most: int) -> None:
    found = shards(claims, most)
    assert sorted(claim for shard in found for claim in shard.claims) == sorted(set(claims))
    assert all(0 < len(shard.claims) <= most for shard in found)


@given(CLAIMS.filter(bool), st.integers(1, 10))
def test_a_shard_asks_for_its_claims(claims: list[ClaimRef], most: int) -> None:
    for shard in shards(claims, most):
        namespaces, names = shard.matchers
        for claim in shard.claims:
            assert re.fullmatch(namespaces, claim.namespace)
            assert not names or re.fullmatch(names, claim.name)
        if names:
            asked = {
                claim
                for claim in claims
                if re.fullmatch(namespaces, claim.namespace) and re.fullmatch(names, claim.name)
            }
            assert asked == set(shard.claims)


@given(CLAIMS, st.integers(1, 10))
def test_the_parts_of_a_shard_are_smaller_and_make_it_up(claims: list[ClaimRef], most: int) -> None:
    for shard in shards(claims, most):
        parts = shard.parts()
        assert all(len(part.claims) < len(shard.claims) for part in parts)
        if len(shard.claims) > 1:
            assert sorted(claim for part in parts for claim in part.claims) == sorted(shard.claims)


@given(st.floats(1e9, 2e9), st.integers(1, 40).map(lambda days: days * 86400.0))
def test_spans_cover_every_full_hour_once(now: float, length: float) -> None:
    hours = [
        span.start + STEP * step
        for span in spans(now, length)
        for step in range(int((span.end - span.start) // STEP) + 1)
    ]
    assert len(hours) == len(set(hours)) == int(length // STEP)
    assert max(hours) <= now < max(hours) + STEP
    assert min(hours) > now - length
    assert all(hour % STEP == 0 for hour in hours)
    assert all(span.end - span.start < 7 * 86400 for span in spans(now, length))


def test_the_halves_of_a_span_share_no_hour() -> None:
    assert Span(0.0, 4 * STEP).parts() == [Span(3 * STEP, 4 * STEP), Span(0.0, 2 * STEP)]
    assert Span(STEP, STEP).parts() == []


def test_a_sample_has_the_time_of_its_own_and_not_that_of_the_query() -> None:
    found = newest([series("used_bytes", (NOW, 5.0))], [timed(NOW - 40)])
    assert found == [(-40.0, 5.0)]


def test_statistics_of_one_scrape_are_one_sample() -> None:
    values = [
        series("used_bytes", (NOW, 5.0)),
        series("capacity_bytes", (NOW, 9.0)),
        series("inodes", (NOW, 7.0)),
    ]
    (sample,) = read_newest(Answer(series=tuple(values)), [Answer(series=(timed(NOW - 40),))], NOW)
    assert (sample.used, sample.capacity, sample.inodes, sample.origin) == (5.0, 9.0, 7.0, "prometheus")


def test_the_claims_own_namespace_wins() -> None:
    labels = {"namespace": "kube-system", "exported_namespace": "shop", "node": "n1"}
    (sample,) = read_newest(
        Answer(series=(series("used_bytes", (NOW, 5.0), **labels),)),
        [Answer(series=(timed(NOW - 1, **labels),))],
        NOW,
    )
    assert (sample.claim, sample.origin) == (DATA, "n1")


def test_a_pod_that_moved_counts_where_it_is_now() -> None:
    """For five minutes the node it left still answers."""
    values = [series("used_bytes", (NOW, 9.0), node="old"), series("used_bytes", (NOW, 5.0), node="new")]
    assert newest(values, [timed(NOW - 200, node="old"), timed(NOW - 20, node="new")]) == [(-20.0, 5.0)]


def test_the_larger_counts_where_none_is_newer() -> None:
    values = [series("used_bytes", (NOW, 5.0), node="a"), series("used_bytes", (NOW, 9.0), node="b")]
    assert newest(values, [timed(NOW - 20, node="a"), timed(NOW - 20, node="b")]) == [(-20.0, 9.0)]


@pytest.mark.parametrize("times", [[], [timed(math.nan)], [timed(NOW + 61)], [timed(NOW - 5, node="other")]])
def test_a_number_whose_time_is_not_known_or_in_the_future_is_no_sample(times: list[Series]) -> None:
    assert newest([series("used_bytes", (NOW, 5.0))], times) == []


def test_nan_is_no_sample() -> None:
    assert newest([series("used_bytes", (NOW, math.nan))], [timed(NOW)]) == []


def hourly(figure: str, *points: tuple[float, float], **labels: str) -> Series:
    return Series(labels={"holdfast_figure": figure, **LABELS, **labels}, points=points)


def test_a_range_is_a_sample_an_hour() -> None:
    answer = Answer(
        series=(
            hourly("used", (0.0, 1.0), (STEP, math.nan), (2 * STEP, 3.0)),
            hourly("capacity", (0.0, 9.0), (STEP, 9.0), (2 * STEP, 18.0)),
        )
    )
    found = [(sample.time, sample.used, sample.capacity) for sample in read_hours(answer)]
    assert found == [(0.0, 1.0, 9.0), (2 * STEP, 3.0, 18.0)]


def test_two_nodes_in_one_hour_are_one_sample_the_larger() -> None:
    answer = Answer(
        series=(
            hourly("used", (0.0, 1.0), node="a"),
            hourly("used", (0.0, 2.0), (STEP, 1.0), node="b"),
        )
    )
    assert [(sample.time, sample.used) for sample in read_hours(answer)] == [(0.0, 2.0), (STEP, 1.0)]


@pytest.mark.parametrize(
    ("least", "filled", "offered"),
    [(100.0, 90.0, 200.0), (200.0, 190.0, 200.0)],
    ids=["grown-in-that-hour", "filled-by-others"],
)
def test_the_least_free_space_of_an_hour_is_not_that_of_a_volume_that_grew(
    least: float, filled: float, offered: float
) -> None:
    """90 of 100 became 90 of 200; where the size never changed others have filled the rest."""
    figures = {"used": 90.0, "capacity": 200.0, "capacity_least": least, "available": 10.0}
    (sample,) = read_hours(Answer(series=tuple(hourly(name, (0.0, it)) for name, it in figures.items())))
    assert (sample.filled, sample.offered) == (filled, offered)


def test_series_of_several_clusters_are_refused_with_the_way_out() -> None:
    answer = Answer(
        series=(
            series("used_bytes", (0.0, 1.0), cluster="west"),
            series("used_bytes", (0.0, 2.0), cluster="east"),
        )
    )
    with pytest.raises(AskError) as caught:
        read_hours(answer)
    assert "several clusters (east, west) answer; choose one with prometheus.matchers" in caught.value.text
    with pytest.raises(AskError):
        read_newest(answer, [], NOW)


class Api:
    """Answers one series a claim, but no more claims or hours at once than it can bear.

    ``told``: whether a claim has a sample within the hour that ends then.
    """

    def __init__(self, reason: AskReason = "too_large", claims: int = 1000, hours: int = 1000) -> None:
        self.reason, self.claims, self.hours = reason, claims, hours
        self.asked: list[str] = []
        self.known = [ClaimRef("shop", f"data-{number}") for number in range(40)]
        self.told: Callable[[float], bool] = lambda _: True

    async def query(self, expression: str, *, at: float) -> Answer:
        if expression.startswith("label_replace"):
            there = self.told((at // STEP + 1) * STEP)
            return self._answer(expression, ((at, 5.0),) if there else (), {"holdfast_figure": "used"})
        if expression.startswith("timestamp"):
            return self._answer(expression, ((at, at - 30.0),), {})
        return self._answer(expression, ((at, 5.0),), {"__name__": "kubelet_volume_stats_used_bytes"})

    async def query_range(self, expression: str, *, start: float, end: float, step: float) -> Answer:
        hours = int((end - start) // step) + 1
        if hours > self.hours:
            self.asked.append(expression)
            raise AskError(self.reason, "too many hours")
        steps = (start + step * hour for hour in range(hours))
        points = tuple((at, 5.0) for at in steps if self.told(at))
        return self._answer(expression, points, {"holdfast_figure": "used"})

    def _answer(
        self, expression: str, points: tuple[tuple[float, float], ...], more: Mapping[str, str]
    ) -> Answer:
        self.asked.append(expression)
        names = re.search(r'persistentvolumeclaim=~"([^"]*)"', expression)
        claims = [claim for claim in self.known if names is None or re.fullmatch(names[1], claim.name)]
        if len(claims) > self.claims:
            raise AskError(self.reason, "too many claims")
        labels: list[Mapping[str, str]] = [
            {"namespace": claim.namespace, "persistentvolumeclaim": claim.name} for claim in claims
        ]
        if not points:
            return Answer(series=())
        return Answer(series=tuple(Series(labels={**each, **more}, points=points) for each in labels))


async def asked(api: Api) -> list[Found]:
    return [found async for found in ask_newest(api.query, api.known, {}, NOW)]


async def filled(api: Api, length: float = 14 * 86400.0, created: float = 0.0) -> list[Found]:
    ages = dict.fromkeys(api.known, created)
    return [found async for found in backfill(api, ages, {}, NOW, length)]


def times(found: list[Found]) -> list[float]:
    """Of the one claim, as seconds before the hour that has begun."""
    begun = NOW // STEP * STEP
    return sorted(begun - sample.time for part in found for sample in part.samples)


def lone(told: Callable[[float], bool] = lambda _: True, hours: int = 1000) -> Api:
    api = Api(hours=hours)
    api.known, api.told = api.known[:1], told
    return api


async def test_an_hour_stands_at_its_end_and_the_one_that_has_begun_at_its_beginning() -> None:
    """So that what grows is where it was, and nothing is newer than what was measured."""
    assert times(await filled(lone(), 3 * STEP)) == [0, 1, STEP + 1, 2 * STEP + 1]


async def test_the_last_hour_of_who_is_silent_stands_at_its_beginning() -> None:
    """It must not hide what was measured later in that hour, nor look newer."""
    silent = lone(lambda end: end <= NOW - 5 * STEP)
    assert times(await filled(silent, 8 * STEP)) == [6 * STEP, 6 * STEP + 1, 7 * STEP + 1]


@pytest.mark.parametrize("hours", [100, 30])
async def test_in_however_many_parts_it_is_asked_every_hour_stands_where_it_stood(hours: int) -> None:
    def told(end: float) -> bool:
        return int(end // STEP) % 50 > 3 and end < NOW - 20 * STEP

    assert times(await filled(lone(told, hours))) == times(await filled(lone(told)))


async def test_of_the_hour_in_which_a_claim_was_made_nothing_is_taken() -> None:
    """Its fullest may have been an earlier claim of that name."""
    created = NOW // STEP * STEP - 2 * STEP + 600
    assert times(await filled(lone(), created=created)) == [0, 1]


async def test_a_fleet_that_fits_is_asked_for_in_two_queries() -> None:
    api = Api()
    (found,) = await asked(api)
    assert (len(found.samples), len(api.asked), found.error) == (40, 2, None)


@pytest.mark.parametrize("reason", ["too_large", "timeout", "query"])
async def test_what_is_too_much_is_asked_in_parts(reason: AskReason) -> None:
    found = await asked(Api(reason, claims=12))
    assert {sample.claim for part in found for sample in part.samples} == set(Api().known)
    assert not any(part.error for part in found)


async def test_who_is_down_is_not_asked_again_and_again() -> None:
    api = Api("connection", claims=0)
    (found,) = await asked(api)
    assert (len(api.asked), found.samples, found.error is not None) == (1, (), True)


async def test_who_can_bear_nothing_is_asked_a_bounded_number_of_times() -> None:
    api = Api(claims=0)
    found = await asked(api)
    assert all(part.error for part in found)
    assert len(api.asked) < 64


async def test_two_weeks_are_filled_week_by_week_the_hour_that_has_begun_first() -> None:
    api = Api()
    found = await filled(api)
    assert len(api.asked) == 3
    assert sum(len(part.samples) for part in found) == 40 * (14 * 24 + 1)
    for newer, older in pairwise(found):
        assert min(sample.time for sample in newer.samples) > max(sample.time for sample in older.samples)


async def test_a_back_fill_that_is_too_much_is_asked_in_parts_of_claims_then_of_time() -> None:
    api = Api(claims=5, hours=24 * 7)
    found = await filled(api)
    assert sum(len(part.samples) for part in found) == 40 * (14 * 24 + 1)
    api = Api(hours=24)
    api.known = api.known[:1]
    found = await filled(api)
    assert sum(len(part.samples) for part in found) == 14 * 24 + 1
    assert not any(part.error for part in found)


async def test_a_chunk_is_parted_a_bounded_number_of_times() -> None:
    chunk = Chunk(Shard((DATA,), whole=True), Span(0.0, 1000 * STEP))
    for _ in range(4):
        chunk = chunk.parts()[0]
    assert chunk.parts() == []
