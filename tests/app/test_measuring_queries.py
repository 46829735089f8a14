"""A Prometheus-compatible API asked for usage over time and for the weeks before: what the sink is told, and how faults end."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from holdfast.app import measuring as module
from holdfast.app.measuring import NEWEST, PAST
from holdfast.history.usage import SLOTS, STEP
from holdfast.model.asking import PrometheusSpec
from holdfast.model.identity import ClaimRef
from holdfast.usage.prometheus import Prometheus
from holdfast.usage.volume_queries import ask_newest
from tests.app.test_filling import GI
from tests.app.test_measuring import DATA, Stage, running, until, words
from tests.usage.stand import Answering, Api, answering, api, refusal, success
from tests.world import NOW


def query_api(stand: Api) -> Prometheus:
    return Prometheus(PrometheusSpec(url=stand.url, timeout=5.0))


def told_by_the_api(claims: Sequence[str] = ("data",), time: float = NOW - 30, **more: Any) -> Answering:
    """Use and size of these claims in the namespace shop, and when they were scraped."""

    async def answer(request: web.Request) -> web.StreamResponse:
        form = await request.post()
        ranged = request.path.endswith("query_range")
        labels = [{"namespace": "shop", "persistentvolumeclaim": name, "node": "node-1"} for name in claims]
        prefix = "kubelet_volume_stats_"
        if "timestamp(" in str(form["query"]):
            found: list[tuple[dict[str, str], dict[str, str], float]] = [({}, each, time) for each in labels]
        else:
            found = [
                ({"__name__": prefix + stat}, each, number)
                for each in labels
                for stat, number in (("used_bytes", 4 * GI), ("capacity_bytes", 10 * GI))
            ]
        at = float(str(form["end"] if ranged else form["time"]))
        elements = [
            {
                "metric": {**name, **each},
                "values" if ranged else "value": [[at, str(n)]] if ranged else [at, str(n)],
            }
            for name, each, n in found
        ]
        return web.json_response(success(*elements, kind="matrix" if ranged else "vector", **more))

    return answer


@asynccontextmanager
async def querying(
    stage: Stage, answer: Answering, claims: Sequence[ClaimRef] = (DATA,)
) -> AsyncIterator[Api]:
    async with (
        api(answer) as stand,
        query_api(stand) as client,
        running(stage.measuring.keep_querying(client, lambda: claims, 0.02)),
    ):
        yield stand


async def test_what_the_api_tells_is_handed_on() -> None:
    stage = Stage(kubelets=False, queries=True)
    async with querying(stage, told_by_the_api()):
        await until(lambda: len(stage.sink.samples) > 1)
    (one,) = stage.sink.samples[0]
    assert (one.claim, one.time, one.used, one.origin) == (DATA, NOW - 30, 4 * GI, "node-1")
    assert set(stage.sink.fares) == {(NEWEST, "")}
    assert stage.measuring.looked


async def test_many_samples_are_handed_on_in_slices() -> None:
    """Each is some milliseconds for the event loop."""
    stage = Stage(kubelets=False, queries=True)
    names = [f"data-{number}" for number in range(1200)]
    claims = [ClaimRef("shop", name) for name in names]
    async with querying(stage, told_by_the_api(names), claims):
        await until(lambda: sum(map(len, stage.sink.samples)) >= 1200)
    assert max(map(len, stage.sink.samples)) <= 500


async def test_an_api_that_fails_is_said_once_and_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "holdfast")
    stage, well = Stage(kubelets=False, queries=True), False

    async def answer(request: web.Request) -> web.StreamResponse:
        broken = answering(refusal("internal", "secret words"), 500)
        return await (told_by_the_api() if well else broken)(request)

    async with querying(stage, answer):
        await until(lambda: len(stage.sink.lost) > 3)
        assert not stage.measuring.looked, "nobody has told anything yet"
        well = True
        await until(lambda: stage.sink.fare(NEWEST)[-1] == "")
    assert stage.sink.samples
    assert set(stage.sink.lost) == {(NEWEST, "connection")}
    said = [line for line in words(caplog) if line.startswith("prometheus usage")]
    assert len(said) == 2
    assert "answers 500" in said[0]
    assert said[1] == "prometheus usage: answers again"
    assert "secret words" not in caplog.text


def test_after_two_minutes_what_a_silent_api_has_not_told_is_unmeasured() -> None:
    """Else an API that is down would hide which claims nobody measures."""
    stage = Stage(kubelets=False, queries=True)
    assert not stage.measuring.looked
    stage.now += 121
    assert stage.measuring.looked


async def test_without_claims_nobody_is_asked_and_nobody_fares_well() -> None:
    stage = Stage(kubelets=False, queries=True)
    async with querying(stage, told_by_the_api(), claims=()) as stand:
        await until(lambda: stage.measuring.looked)
    assert (stand.asked, stage.sink.fares) == ([], [])


async def test_a_fault_of_ours_is_told_without_its_words_and_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds = 0

    def faulty(*given: Any) -> Any:
        nonlocal rounds
        rounds += 1
        return ask_newest(*given) if rounds > 2 else broken()

    async def broken() -> AsyncIterator[Any]:
        for part in list[Any]():
            yield part
        raise KeyError("what the server said")

    monkeypatch.setattr(module, "ask_newest", faulty)
    stage = Stage(kubelets=False, queries=True)
    async with querying(stage, told_by_the_api()):
        await until(lambda: stage.sink.samples)
    assert stage.sink.lost == [(NEWEST, "bad_answer")] * 2
    assert stage.sink.fare(NEWEST)[0] == "asking for usage failed (KeyError); please report it"
    assert "what the server said" not in caplog.text


# ---- the weeks before


async def filled(answer: Answering) -> tuple[bool, Stage, Api]:
    stage = Stage(kubelets=False, queries=True)
    async with api(answer) as stand, query_api(stand) as client:
        return await stage.measuring.fill(client, {DATA: NOW - 86400 * 30}), stage, stand


async def test_the_weeks_before_are_asked_for_and_handed_on() -> None:
    whole, stage, stand = await filled(told_by_the_api())
    assert whole
    present, *past = stand.asked
    assert (present.path.rpartition("/")[2], float(present.form["time"])) == ("query", NOW)
    starts = [float(asked.form["start"]) for asked in past]
    assert min(starts) == NOW // STEP * STEP - (SLOTS - 1) * STEP
    assert stage.sink.fares == [(PAST, "")]
    assert {one.claim for part in stage.sink.samples for one in part} == {DATA}


@pytest.mark.parametrize(
    "answer",
    [told_by_the_api(warnings=["a store is away"]), answering(refusal("internal", ""), 500)],
    ids=["partial", "failing"],
)
async def test_weeks_that_are_not_whole_are_told_as_such(answer: Answering) -> None:
    whole, _, _ = await filled(answer)
    assert not whole
