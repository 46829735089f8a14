"""How targets are asked over time, and what the sink is told. Intervals are of milliseconds."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from holdfast.app.probing import Probing, Target, keep_probing, probe_targets, query_targets, say_unasked
from holdfast.model.asking import Answer, AskError, AskReason, ProbeSpec, QuerySpec, Series
from holdfast.model.identity import ReplicationKey
from holdfast.model.replication import Replication
from holdfast.probes.promql import Told
from holdfast.settings import Known, Settings, load_settings
from holdfast.usage.prometheus import Prometheus
from tests.real.process import free_port
from tests.usage.stand import answering, api, success

NOW = 1_800_000_000.0


@dataclass
class Sink:
    """Keeps what it is told."""

    got: list[tuple[str, str, tuple[Replication, ...]]] = field(default_factory=list)
    lost: list[tuple[str, str, AskReason, str]] = field(default_factory=list)
    missing: list[tuple[str, str, Replication]] = field(default_factory=list)

    def measured(self, source: str, target: str, replications: Sequence[Replication]) -> None:
        self.got.append((source, target, tuple(replications)))

    def unanswered(self, source: str, target: str, replication: Replication) -> None:
        self.missing.append((source, target, replication))

    def failed(self, source: str, target: str, reason: AskReason, text: str) -> None:
        self.lost.append((source, target, reason, text))

    @property
    def names(self) -> list[list[str]]:
        """The replications of each report."""
        return [[one.id.name for one in replications] for _, _, replications in self.got]


UNANSWERED = Replication(
    id=ReplicationKey("promql", "", "t", ""), health="unknown", why="it has not answered yet"
)


def replication(name: str, measured: float | None = None) -> Replication:
    return Replication(
        id=ReplicationKey("promql", "", name, ""), health="healthy", lag=1.0, measured=measured
    )


def told(*names: str, complete: bool = True) -> Told:
    return Told(tuple(map(replication, names)), complete)


def target(
    ask: Callable[[], Awaitable[Told]], *, name: str = "t", interval: float = 0.01, timeout: float = 5.0
) -> Target:
    return Target(
        source="promql", name=name, interval=interval, timeout=timeout, ask=ask, unanswered=UNANSWERED
    )


def in_turn(*answers: Told | Exception) -> Callable[[], Awaitable[Told]]:
    """One of these a round, and the last for ever."""
    rest = list(answers)

    async def ask() -> Told:
        answer = rest.pop(0) if len(rest) > 1 else rest[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ask


@asynccontextmanager
async def running(*targets: Target, concurrency: int = 8) -> AsyncIterator[Sink]:
    sink = Sink()
    task = asyncio.create_task(Probing(targets, sink, concurrency=concurrency, clock=lambda: NOW).run())
    try:
        yield sink
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(0.002)


def words(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


DOWN = AskError("connection", "db:5432: refused; see whether it is up")


async def test_what_a_target_tells_is_handed_on_with_how_long_it_holds() -> None:
    async with running(target(in_turn(told("a")), interval=0.01)) as sink:
        await until(lambda: sink.got)
    source, name, (one,) = sink.got[0]
    assert (source, name, one.id.name) == ("promql", "t", "a")
    assert (one.measured, one.holds) == (NOW, 120.0)


@pytest.mark.parametrize(("interval", "holds"), [(5.0, 120.0), (40.0, 120.0), (60.0, 180.0)])
def test_a_measurement_holds_for_three_rounds_and_at_least_two_minutes(interval: float, holds: float) -> None:
    assert target(in_turn(told()), interval=interval).holds == holds


async def test_a_target_is_asked_again_and_again() -> None:
    async with running(target(in_turn(told("a")))) as sink:
        await until(lambda: len(sink.got) > 5)


async def test_a_replication_that_is_no_longer_told_of_is_gone() -> None:
    async with running(target(in_turn(told("a", "b"), told("b")))) as sink:
        await until(lambda: len(sink.got) > 1)
    assert sink.names[:2] == [["a", "b"], ["b"]]


async def test_a_failure_says_its_reason_and_takes_nothing_away() -> None:
    async with running(target(in_turn(told("a"), DOWN))) as sink:
        await until(lambda: sink.lost)
    assert sink.names == [["a"]]
    assert sink.lost[0] == ("promql", "t", "connection", "db:5432: refused; see whether it is up")


async def test_a_target_that_never_answered_is_unknown_from_its_first_failure_until_it_answers() -> None:
    async with running(target(in_turn(DOWN, DOWN, told("a"), DOWN))) as sink:
        await until(lambda: len(sink.lost) > 3)
    assert sink.missing == [("promql", "t", UNANSWERED)]
    assert sink.names == [["a"]]


async def test_an_answer_with_warnings_replaces_what_stood_for_the_target() -> None:
    async with running(target(in_turn(DOWN, told("a", complete=False)))) as sink:
        await until(lambda: len(sink.got) > 0)
    assert (sink.names[0], len(sink.missing)) == (["a"], 1)


async def test_the_failure_is_the_last_word_on_a_target_that_never_answered() -> None:
    said: list[str] = []

    class Order(Sink):
        def measured(self, source: str, target: str, replications: Sequence[Replication]) -> None:
            said.append("measured")

        def unanswered(self, source: str, target: str, replication: Replication) -> None:
            said.append("unanswered")

        def failed(self, source: str, target: str, reason: AskReason, text: str) -> None:
            said.append("failed")

    task = asyncio.create_task(Probing([target(in_turn(DOWN))], Order(), concurrency=1).run())
    await until(lambda: len(said) > 2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert said[:3] == ["unanswered", "failed", "failed"]


def test_a_database_that_never_answered_is_named_as_its_probe_says() -> None:
    spec = ProbeSpec(
        name="orders", kind="postgresql", host="db", port=1, namespace="shop", claim="data-0", objective=60.0
    )
    (one,) = probe_targets([spec], lambda: NOW)
    assert one.unanswered == Replication(
        id=ReplicationKey("postgresql", "shop", "orders", "data-0"),
        health="unknown",
        why="it has not answered yet",
        objective=60.0,
    )


def test_a_query_that_was_never_answered_is_one_replication_of_its_name() -> None:
    async def query(_: str) -> Answer:
        return Answer(series=())

    spec = QuerySpec(name="mirror", query="lag", replication_label="topic", objective=60.0)
    (one,) = query_targets([spec], query, 20.0, lambda: NOW)
    assert one.unanswered.id == ReplicationKey("promql", "", "mirror", "")
    assert (one.unanswered.health, one.unanswered.objective) == ("unknown", 60.0)


async def test_what_a_partial_answer_leaves_out_stays_with_its_old_measurement() -> None:
    first = Told((replication("a", NOW - 60), replication("b", NOW - 60)))
    async with running(target(in_turn(first, told("b", complete=False)))) as sink:
        await until(lambda: len(sink.got) > 1)
    assert {one.id.name: one.measured for one in sink.got[1][2]} == {"a": NOW - 60, "b": NOW}


async def test_what_partial_answers_leave_out_for_a_day_is_gone() -> None:
    first = Told((replication("a", NOW - 86401), replication("b")))
    async with running(target(in_turn(first, told("b", complete=False)))) as sink:
        await until(lambda: len(sink.got) > 1)
    assert sink.names[1] == ["b"]


async def test_a_target_that_hangs_is_left_and_hinders_no_other() -> None:
    async def hang() -> Told:
        await asyncio.sleep(60)
        return told()

    stuck = target(hang, name="stuck", timeout=0.05)
    async with running(stuck, target(in_turn(told("a")))) as sink:
        await until(lambda: sink.lost and len(sink.got) > 2)
    assert sink.lost[0][1:] == ("stuck", "timeout", "no answer within 0.05 s; see whether it hangs")


async def test_a_fault_of_ours_in_one_probe_ends_no_other_and_quotes_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    faulty = target(in_turn(KeyError("what the database said")), name="faulty")
    async with running(faulty, target(in_turn(told("a")))) as sink:
        await until(lambda: len(sink.lost) > 1 and len(sink.got) > 1)
    reason, text = sink.lost[0][2:]
    assert reason == "bad_answer"
    assert text.startswith("our probe failed at ")
    assert "(KeyError); please report it" in text
    assert "what the database said" not in f"{text} {words(caplog)}"


async def test_only_as_many_as_are_allowed_are_asked_at_once() -> None:
    now = most = 0

    async def ask() -> Told:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.005)
        now -= 1
        return told("a")

    targets = [target(ask, name=str(number)) for number in range(12)]
    async with running(*targets, concurrency=3) as sink:
        await until(lambda: len(sink.got) > 40)
    assert most == 3


async def test_a_slow_target_is_asked_once_at_a_time_and_misses_rounds() -> None:
    """A round that lasts ten intervals leaves ten out: nothing piles up behind it."""
    begun: list[float] = []
    at_once = 0

    async def ask() -> Told:
        nonlocal at_once
        at_once += 1
        assert at_once == 1
        begun.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0.1 if len(begun) == 1 else 0)
        at_once -= 1
        return told("a")

    async with running(target(ask, interval=0.02)) as sink:
        await until(lambda: len(sink.got) > 2)
    assert begun[1] - begun[0] >= 0.1
    assert begun[2] - begun[1] >= 0.005  # the rounds that were missed are not made good in a burst


def test_targets_are_spread_over_the_interval_the_same_way_each_time() -> None:
    offsets = [target(in_turn(told()), name=f"db-{n}", interval=20.0).offset for n in range(200)]
    assert offsets == [target(in_turn(told()), name=f"db-{n}", interval=20.0).offset for n in range(200)]
    assert 0 <= min(offsets) < 2
    assert 18 < max(offsets) < 20


def test_a_target_of_a_long_interval_is_first_asked_soon() -> None:
    assert all(target(in_turn(told()), name=str(n), interval=86400.0).offset < 30 for n in range(50))


async def test_only_transitions_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "holdfast")
    answers = in_turn(told("a"), DOWN, DOWN, DOWN, told("a"))
    async with running(target(answers)) as sink:
        await until(lambda: len(sink.got) > 3)
    assert len(sink.lost) == 3
    assert words(caplog) == [
        "probe promql t broke: connection: db:5432: refused; see whether it is up",
        "probe promql t recovered",
    ]


async def test_cancelling_ends_every_task() -> None:
    before = asyncio.all_tasks()
    async with running(*(target(in_turn(told("a")), name=str(n)) for n in range(5))) as sink:
        await until(lambda: len(sink.got) > 5)
    assert asyncio.all_tasks() == before


async def test_a_query_becomes_a_target_of_its_interval() -> None:
    async def query(_: str) -> Answer:
        return Answer(series=(Series(labels={"namespace": "shop"}, points=((NOW, 4.0),)),))

    spec = QuerySpec(name="mirror", query="lag", interval=90.0)
    (one,) = query_targets([spec], query, 20.0, lambda: NOW)
    assert (one.source, one.name, one.interval, one.timeout) == ("promql", "mirror", 90.0, 21.0)
    (found,) = (await one.ask()).replications
    assert (found.id, found.lag) == (ReplicationKey("promql", "shop", "mirror", ""), 4.0)


async def test_a_database_becomes_a_target_of_its_kind() -> None:
    """Nobody listens at the port, and that is what it tells."""
    spec = ProbeSpec(name="cache", kind="redis", host="127.0.0.1", port=free_port(), interval=60.0)
    (one,) = probe_targets([spec], lambda: NOW)
    assert (one.source, one.name, one.interval, one.timeout) == ("redis", "cache", 60.0, 6.0)
    async with running(msgspec.structs.replace(one, interval=0.01)) as sink:
        await until(lambda: sink.lost)
    assert sink.lost[0][:3] == ("redis", "cache", "connection")


CONFIGURED = """
prometheus: {url: URL}
replication:
  probes: [{name: cache, type: redis, host: 127.0.0.1, port: PORT}]
  queries: [{name: mirror, query: lag}]
"""


async def test_whom_a_configuration_names_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Target, "offset", 0.0)
    sink = Sink()
    async with api(answering(success({"metric": {}, "value": [NOW, "3"]}))) as stand:
        file = tmp_path / "a.yaml"
        file.write_text(CONFIGURED.replace("URL", stand.url).replace("PORT", str(free_port())))
        settings = load_settings([file], Known(sources=("core",)))
        assert settings.prometheus is not None
        async with Prometheus(settings.prometheus.spec()) as prometheus:
            task = asyncio.create_task(keep_probing(settings, prometheus, sink, lambda: NOW))
            await until(lambda: sink.got and sink.missing and sink.lost)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    assert sink.lost[0][:3] == ("redis", "cache", "connection")
    assert {(source, name, each.id.name) for source, name, told_ in sink.got for each in told_} == {
        ("promql", "mirror", "mirror")
    }
    assert [(source, name, each.id.name) for source, name, each in sink.missing] == [
        ("redis", "cache", "cache")
    ]
    assert stand.asked[0].form["query"] == "lag"


async def test_a_configuration_that_names_nobody_asks_nobody() -> None:
    async with asyncio.timeout(5):
        await keep_probing(Settings(), None, Sink(), lambda: NOW)


def test_where_nobody_is_asked_it_is_said_once_who_would_be(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(CONFIGURED.replace("URL", "http://p").replace("PORT", "1"))
    say_unasked(load_settings([file], Known(sources=("core",))))
    assert words(caplog) == [
        "replication: 1 probes and 1 queries are configured and not asked here; only a running cluster's are"
    ]


def test_where_nobody_is_named_nothing_is_said(caplog: pytest.LogCaptureFixture) -> None:
    say_unasked(Settings())
    assert words(caplog) == []
