"""PromQL for usage: claims in, queries out; answers in, samples out; what is too much is asked in parts."""

import math
import re
from collections.abc import Mapping

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
    read_newest,
    read_range,
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


def test_a_range_is_a_sample_an_hour() -> None:
    answer = Answer(
        series=(
            series("used_bytes", (0.0, 1.0), (STEP, math.nan), (2 * STEP, 3.0)),
            series("capacity_bytes", (0.0, 9.0), (STEP, 9.0), (2 * STEP, 18.0)),
        )
    )
    found = [(sample.time, sample.used, sample.capacity) for sample in read_range(answer)]
    assert found == [(0.0, 1.0, 9.0), (2 * STEP, 3.0, 18.0)]


def test_two_nodes_at_one_instant_are_one_sample_the_larger() -> None:
    answer = Answer(
        series=(
            series("used_bytes", (0.0, 1.0), node="a"),
            series("used_bytes", (0.0, 2.0), (STEP, 1.0), node="b"),
        )
    )
    assert [(sample.time, sample.used) for sample in read_range(answer)] == [(0.0, 2.0), (STEP, 1.0)]


def test_series_of_several_clusters_are_refused_with_the_way_out() -> None:
    answer = Answer(
        series=(
            series("used_bytes", (0.0, 1.0), cluster="west"),
            series("used_bytes", (0.0, 2.0), cluster="east"),
        )
    )
    with pytest.raises(AskError) as caught:
        read_range(answer)
    assert "several clusters (east, west) answer; choose one with prometheus.matchers" in caught.value.text
    with pytest.raises(AskError):
        read_newest(answer, [], NOW)


class Api:
    """Answers one series a claim, but no more claims or hours at once than it can bear."""

    def __init__(self, reason: AskReason = "too_large", claims: int = 1000, hours: int = 1000) -> None:
        self.reason, self.claims, self.hours = reason, claims, hours
        self.asked: list[str] = []
        self.known = [ClaimRef("shop", f"data-{number}") for number in range(40)]

    async def query(self, expression: str, *, at: float) -> Answer:
        wrapped = expression.startswith("timestamp")
        points = ((at, at - 30.0),) if wrapped else ((at, 5.0),)
        return self._answer(expression, points, "" if wrapped else "kubelet_volume_stats_used_bytes")

    async def query_range(self, expression: str, *, start: float, end: float, step: float) -> Answer:
        hours = int((end - start) // step) + 1
        if hours > self.hours:
            self.asked.append(expression)
            raise AskError(self.reason, "too many hours")
        points = tuple((start + step * hour, 5.0) for hour in range(hours))
        return self._answer(expression, points, "kubelet_volume_stats_used_bytes")

    def _answer(self, expression: str, points: tuple[tuple[float, float], ...], name: str) -> Answer:
        self.asked.append(expression)
        names = re.search(r'persistentvolumeclaim=~"([^"]*)"', expression)
        claims = [claim for claim in self.known if names is None or re.fullmatch(names[1], claim.name)]
        if len(claims) > self.claims:
            raise AskError(self.reason, "too many claims")
        labels: list[Mapping[str, str]] = [
            {"namespace": claim.namespace, "persistentvolumeclaim": claim.name} for claim in claims
        ]
        more = {"__name__": name} if name else {}
        return Answer(series=tuple(Series(labels={**each, **more}, points=points) for each in labels))


async def asked(api: Api) -> list[Found]:
    return [found async for found in ask_newest(api.query, api.known, {}, NOW)]


async def filled(api: Api, length: float = 14 * 86400.0) -> list[Found]:
    return [found async for found in backfill(api.query_range, api.known, {}, NOW, length)]


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


async def test_two_weeks_are_filled_week_by_week_the_newest_first() -> None:
    api = Api()
    found = await filled(api)
    assert len(api.asked) == 2
    assert sum(len(part.samples) for part in found) == 40 * 14 * 24
    assert min(sample.time for sample in found[0].samples) > max(sample.time for sample in found[1].samples)


async def test_a_back_fill_that_is_too_much_is_asked_in_parts_of_claims_then_of_time() -> None:
    api = Api(claims=5, hours=24 * 7)
    found = await filled(api)
    assert sum(len(part.samples) for part in found) == 40 * 14 * 24
    api = Api(hours=24)
    api.known = api.known[:1]
    found = await filled(api)
    assert sum(len(part.samples) for part in found) == 14 * 24
    assert not any(part.error for part in found)


async def test_a_chunk_is_parted_a_bounded_number_of_times() -> None:
    chunk = Chunk(Shard((DATA,), whole=True), Span(0.0, 1000 * STEP))
    for _ in range(4):
        chunk = chunk.parts()[0]
    assert chunk.parts() == []
