"""Usage out of a real Prometheus that holds three weeks of the kubelet's series, imported as blocks by promtool.

Half of the nodes are scraped so that the claim's namespace is renamed; a pod moves, a volume grows, one is let go.
"""

import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest

from holdfast.history.usage import SLOTS, STEP, UsageHistory
from holdfast.model.asking import PrometheusSpec
from holdfast.model.identity import ClaimRef
from holdfast.model.usage import UsageSample
from holdfast.usage.prometheus import Prometheus as Client
from holdfast.usage.prometheus import PrometheusError
from holdfast.usage.text import read_samples
from holdfast.usage.volume_queries import Shard, ask_newest, backfill, values_query
from tests import tools
from tests.real.weeks import DAY, GIB, serving

pytestmark = pytest.mark.real

SCRAPE = 300.0
NOW = (
    time.time() // 3600 * 3600 - 7200 + 130.0
)  # blocks may not reach into the hours that the server itself writes
BEGAN = NOW - 130 - 21 * DAY

STEADY, MOVED, GROWN, GONE, RENAMED, OTHER = (
    ClaimRef("shop", name) for name in ("steady", "moved", "grown", "gone", "renamed", "a.b")
)
CLAIMS = [STEADY, MOVED, GROWN, GONE, RENAMED, OTHER]


def used(claim: ClaimRef, at: float) -> float:
    """Ten GiB and one more each day."""
    return (10 + CLAIMS.index(claim)) * GIB + (at - BEGAN) / DAY * GIB


def capacity(claim: ClaimRef, at: float) -> float:
    return (200 if claim == GROWN and at >= NOW - 3 * DAY else 100) * GIB


def labels(claim: ClaimRef, at: float) -> str:
    pairs = {
        "job": "kubelet",
        "cluster": "east",
        "node": "n2" if claim == MOVED and at >= NOW - DAY else "n1",
    }
    if claim == RENAMED:
        pairs |= {"exported_namespace": claim.namespace, "namespace": "kube-system"}
    else:
        pairs |= {"namespace": claim.namespace}
    pairs |= {"persistentvolumeclaim": claim.name}
    return ",".join(f'{name}="{value}"' for name, value in pairs.items())


def dump() -> str:
    """Series after series, as OpenMetrics asks for."""
    lines = []
    for metric, number in (("used_bytes", used), ("capacity_bytes", capacity)):
        lines.append(f"# TYPE kubelet_volume_stats_{metric} gauge")
        for claim in CLAIMS:
            end = NOW - 2 * DAY if claim == GONE else NOW
            times = np.arange(BEGAN, end, SCRAPE).tolist()
            lines += [
                f"kubelet_volume_stats_{metric}{{{labels(claim, at)}}} {number(claim, at)!r} {at:.3f}"
                for at in times
            ]
    return "\n".join([*lines, "# EOF", ""])


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="holdfast-usage-") as name:
        folder = Path(name)
        (folder / "weeks.om").write_text(dump())
        yield folder


@pytest.fixture(scope="module")
def blocks(folder: Path) -> Path:
    subprocess.run(
        [
            tools.path("promtool"),
            "tsdb",
            "create-blocks-from",
            "openmetrics",
            folder / "weeks.om",
            folder / "blocks",
        ],
        check=True,
        capture_output=True,
        timeout=300,
    )
    return folder / "blocks"


@pytest.fixture(scope="module")
def url(folder: Path, blocks: Path) -> Iterator[str]:
    shutil.copytree(blocks, folder / "data")
    with serving(folder, folder / "data") as url:
        yield url


@pytest.fixture
async def client(url: str) -> AsyncIterator[Client]:
    async with Client(PrometheusSpec(url=url, matchers={"cluster": "east"})) as client:
        yield client


async def newest(client: Client, claims: list[ClaimRef]) -> dict[ClaimRef, UsageSample]:
    found = [part async for part in ask_newest(client.query, claims, client.spec.matchers, NOW)]
    assert not any(part.error for part in found)
    return {sample.claim: sample for part in found for sample in part.samples}


async def test_the_newest_samples_have_their_own_time(client: Client) -> None:
    found = await newest(client, CLAIMS)
    at = BEGAN + (NOW - 1 - BEGAN) // SCRAPE * SCRAPE
    assert set(found) == {*CLAIMS} - {GONE}
    for claim, sample in found.items():
        assert sample.time == at
        assert sample.used == pytest.approx(used(claim, at), rel=1e-12)
    assert NOW - at > 1.0, "the time is the scrape's and not the query's"


async def test_a_pod_that_moved_is_measured_where_it_is(client: Client) -> None:
    found = await newest(client, [MOVED, STEADY])
    assert (found[MOVED].origin, found[STEADY].origin) == ("n2", "n1")


async def test_claims_are_found_under_either_label_of_their_namespace(client: Client) -> None:
    assert {RENAMED, OTHER} <= set(await newest(client, [RENAMED, OTHER]))


async def test_another_clusters_samples_are_not_ours(url: str) -> None:
    async with Client(PrometheusSpec(url=url, matchers={"cluster": "west"})) as client:
        assert await newest(client, CLAIMS) == {}


async def filled(client: Client) -> UsageHistory:
    history = UsageHistory()
    async for part in backfill(client.query_range, CLAIMS, client.spec.matchers, NOW, SLOTS * STEP):
        assert part.error is None
        history.take([(sample.claim.name, sample) for sample in part.samples], NOW)
    return history


async def test_the_time_that_is_kept_is_filled_hour_by_hour(client: Client) -> None:
    history = await filled(client)
    times, found, sizes = history.window(["steady", "moved", "renamed"], NOW)
    hours = NOW // STEP * STEP - np.arange(SLOTS - 1, -1, -1) * STEP
    assert np.array_equal(times, np.broadcast_to(hours, times.shape))
    for row, claim in enumerate((STEADY, MOVED, RENAMED)):
        true = [used(claim, at) for at in hours]
        assert found[row] == pytest.approx(true, abs=GIB / DAY * SCRAPE)
    assert np.unique(sizes).tolist() == [100 * GIB]


async def test_a_resize_and_an_end_are_in_the_history(client: Client) -> None:
    history = await filled(client)
    times, _, sizes = history.window(["grown"], NOW)
    assert np.array_equal(sizes[0] == 200 * GIB, times[0] >= NOW - 3 * DAY)
    assert history.window(["gone"], NOW).times.max() == pytest.approx(NOW - 2 * DAY, abs=STEP)


async def test_parts_of_a_back_fill_make_up_the_whole(client: Client) -> None:
    """What is more than we take at once is asked for in parts, and the history is the same."""
    async with Client(client.spec, most_bytes=60_000) as narrow:
        assert same(await filled(client), await filled(narrow))


async def test_a_server_that_loads_few_samples_at_once_gives_the_whole_as_well(
    client: Client, folder: Path, blocks: Path
) -> None:
    """Prometheus refuses a query over its limit, as it refuses one that is wrong."""
    shutil.copytree(blocks, folder / "narrow")
    with serving(folder, folder / "narrow", "--query.max-samples=800") as url:
        async with Client(PrometheusSpec(url=url, matchers={"cluster": "east"})) as narrow:
            whole = values_query(Shard(tuple(CLAIMS), whole=True), {})
            with pytest.raises(PrometheusError) as caught:
                await narrow.query_range(whole, start=NOW - 7 * DAY, end=NOW, step=STEP)
            assert caught.value.reason == "query"
            assert same(await filled(client), await filled(narrow))


def same(one: UsageHistory, other: UsageHistory) -> bool:
    arrays = zip(one.window(names(), NOW), other.window(names(), NOW), strict=True)
    return all(np.array_equal(mine, theirs, equal_nan=True) for mine, theirs in arrays)


@pytest.fixture(scope="module")
def dumped(url: str, folder: Path) -> Path:
    """What promtool dumps of that Prometheus, where this promtool can, else what was imported."""
    path = folder / "dumped.om"
    command: list[str | Path] = [tools.path("promtool"), "tsdb", "dump-openmetrics", folder / "blocks"]
    told = subprocess.run(command, check=False, capture_output=True, timeout=300)
    path.write_bytes(told.stdout if told.returncode == 0 else (folder / "weeks.om").read_bytes())
    return path


async def test_a_dump_of_that_prometheus_gives_the_same_history(client: Client, dumped: Path) -> None:
    """Of an hour the file's last sample stands, and the first of what the API is asked for: an hour's growth apart."""
    found = read_samples([dumped], NOW)
    assert found.damage == ()
    history = UsageHistory()
    history.take([(sample.claim.name, sample) for sample in found.samples], NOW)
    live = await filled(client)
    for name in ("steady", "moved", "grown", "renamed"):
        mine, theirs = history.window([name], NOW), live.window([name], NOW)
        assert mine.times[0] // STEP == pytest.approx(theirs.times[0] // STEP, abs=1)
        assert mine.used[0] == pytest.approx(theirs.used[0], abs=GIB / 24 + 1)
        assert set(mine.capacity[0]) == set(theirs.capacity[0])


def names() -> list[str]:
    return [claim.name for claim in CLAIMS]
