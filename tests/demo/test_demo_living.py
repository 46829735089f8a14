"""`holdfast demo` as it runs: the example is played to a real exporter, whose kubelets answer or do not."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from holdfast.app.compose import make_engine, read_settings, select
from holdfast.app.demonstrate import demonstrate
from holdfast.app.live import Live
from holdfast.demo import demo_config
from tests.demo.stories import UNMEASURED

NOW = datetime(2026, 11, 21, 15, 40, 59, tzinfo=UTC).timestamp()
_PATIENCE = 60.0


async def served() -> str:
    """What is served once the example is judged and its forecasts are made."""
    config = read_settings([demo_config()])
    selection = select(config)
    live = Live(make_engine(config, selection), config_hash="", clock=lambda: NOW)
    work: list[Any] = [
        live.keep_judged(),
        live.keep_foretelling(),
        demonstrate(selection.feeds, live, live.clock),
    ]
    tasks = [asyncio.create_task(each) for each in work]
    try:
        async with asyncio.timeout(_PATIENCE):
            while "holdfast_pvc_time_to_full_seconds{" not in (text := exposed(live)):
                assert not any(task.done() for task in tasks)
                await asyncio.sleep(0.1)
        return text
    finally:
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)


def exposed(live: Live) -> str:
    return b"".join(live.exposition(openmetrics=False)).decode()


async def test_the_demo_serves_usage_its_forecasts_and_who_is_silent() -> None:
    text = await served()
    rows = [row for row in text.splitlines() if row.startswith("holdfast_pvc_usage_unmeasured{")]
    assert {row.split('reason="')[1].split('"')[0] for row in rows} == set(UNMEASURED.values())
    assert 'holdfast_kubelets{state="answering"} 4.0\n' in text
    assert 'holdfast_kubelets{state="silent"} 1.0\n' in text
    assert 'holdfast_source_up{source="kubelet",kind="metrics"} 1\n' in text
    assert 'holdfast_source_up{source="kubelet",kind="stats"} 1\n' in text
    assert (
        'holdfast_ephemeral_used_bytes{namespace="lab",workload_kind="Deployment",workload="jupyter"}' in text
    )
    assert 'holdfast_quota_time_to_full_seconds{namespace="analytics"' in text
