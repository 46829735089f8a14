"""Usage out of a real Prometheus that holds three weeks of the kubelet's series, imported as blocks by promtool.

Half of the nodes are scraped so that the claim's namespace is renamed; a pod moves, a volume grows, one is let go.
"""

import functools
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from holdfast.assessment.forecast import forecast
from holdfast.history.usage import SLOTS, STEP, Resource, UsageHistory
from holdfast.model.asking import PrometheusSpec
from holdfast.model.identity import ClaimRef
from holdfast.model.usage import UsageSample
from holdfast.usage.prometheus import Prometheus as Client
from holdfast.usage.prometheus import PrometheusError
from holdfast.usage.text import read_samples
from holdfast.usage.volume_queries import Shard, ask_newest, backfill, hours_query
from tests import tools
from tests.real.weeks import DAY, GIB, import_blocks, serving

pytestmark = pytest.mark.real

SCRAPE = 300.0
RESOURCES: tuple[Resource, ...] = ("bytes", "inodes")
INTO = 2530.0  # seconds of the hour that has begun
NOW = (
    time.time() // 3600 * 3600 - 7200 + INTO
)  # blocks may not reach into the hours that the server itself writes
BEGAN = NOW - INTO - 21 * DAY
TOOTH = 2700.0  # not all of an hour's samples, so that the last of an hour tells little

STEADY, MOVED, GROWN, GONE, RENAMED, OTHER, TOOTHED = (
    ClaimRef("shop", name) for name in ("steady", "moved", "grown", "gone", "renamed", "a.b", "toothed")
)
CLAIMS = [STEADY, MOVED, GROWN, GONE, RENAMED, OTHER, TOOTHED]
CREATED = dict.fromkeys(CLAIMS, BEGAN - DAY)


def used(claim: ClaimRef, at: float) -> float:
    """Ten GiB and one more each day; or from 50 % to 95 % again and again."""
    if claim == TOOTHED:
        return (50 + 45 * ((at - BEGAN) % TOOTH) / TOOTH) * GIB
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


def free(claim: ClaimRef, at: float) -> float:
    """Of a file system of which root keeps back a twentieth."""
    return 0.95 * capacity(claim, at) - used(claim, at)


def inodes_used(claim: ClaimRef, at: float) -> float:
    """Falls where the use of bytes rises: its fullest is of another instant."""
    return 1000.0 - 800.0 * ((at - BEGAN) % TOOTH) / TOOTH


FIGURES: dict[str, Callable[[ClaimRef, float], float]] = {
    "available_bytes": free,
    "capacity_bytes": capacity,
    "inodes": lambda *_: 2000.0,
    "inodes_used": inodes_used,
    "used_bytes": used,
}


def dump() -> str:
    """Series after series, as OpenMetrics asks for."""
    lines = []
    for metric, number in FIGURES.items():
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
    import_blocks(folder / "weeks.om", folder / "blocks")
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


@functools.cache
def measured() -> UsageHistory:
    """What an exporter holds that saw every sample."""
    history = UsageHistory(keep="max")
    for claim in CLAIMS:
        samples = [
            UsageSample(
                claim=claim,
                time=at,
                used=used(claim, at),
                capacity=capacity(claim, at),
                available=free(claim, at),
                inodes_used=inodes_used(claim, at),
                inodes=2000.0,
            )
            for at in np.arange(BEGAN, NOW - 2 * DAY if claim == GONE else NOW, SCRAPE).tolist()
        ]
        history.take([(claim.name, sample) for sample in samples], NOW)
    return history


async def filled(client: Client) -> UsageHistory:
    history = UsageHistory(keep="max")
    for sample in (await newest(client, CLAIMS)).values():
        history.take([(sample.claim.name, sample)], NOW)
    async for part in backfill(client, CREATED, client.spec.matchers, NOW, SLOTS * STEP):
        assert part.error is None
        history.take([(sample.claim.name, sample) for sample in part.samples], NOW)
    return history


MEASURED_NOW = [claim.name for claim in CLAIMS if claim != GONE]


@pytest.mark.parametrize("resource", RESOURCES)
async def test_every_hour_is_as_full_as_for_an_exporter_that_saw_it(
    client: Client, resource: Resource
) -> None:
    """Each hour's fullest, also where the use rises and falls within the hour; the instant is told to the hour."""
    mine, live = ((held.window(MEASURED_NOW, NOW, resource)) for held in (await filled(client), measured()))
    for row, name in enumerate(MEASURED_NOW):
        ours, theirs = (
            {
                int(at // STEP): (at, use, size)
                for at, use, size in zip(*points, strict=True)
                if not np.isnan(at)
            }
            for points in ([array[row] for array in held] for held in (mine, live))
        )
        assert len(ours) == SLOTS
        assert ours.keys() == theirs.keys()
        for hour, (at, use, size) in ours.items():
            grew = (
                name == "grown" and hour == (NOW - 3 * DAY) // STEP
            )  # what root keeps back is not told of it
            near = pytest.approx(theirs[hour][1:], rel=0.06 if grew else 1e-6)
            assert (use, size) == near, (name, hour)
            assert abs(at - theirs[hour][0]) < STEP


async def test_the_newest_stays_as_it_was_measured(client: Client) -> None:
    history = await filled(client)
    at = BEGAN + (NOW - 1 - BEGAN) // SCRAPE * SCRAPE
    sample = history.newest("toothed")
    assert sample is not None
    assert sample.time == at
    assert sample.used == pytest.approx(used(TOOTHED, at), rel=1e-12)


async def test_a_resize_and_an_end_are_in_the_history(client: Client) -> None:
    history = await filled(client)
    times, found, sizes = history.window(["grown"], NOW)
    resized = NOW - 3 * DAY
    hours = times[0] // STEP
    assert np.array_equal(sizes[0] == 0.95 * 200 * GIB, hours > resized // STEP)
    assert found[0] == pytest.approx([used(GROWN, at) for at in times[0]], abs=GIB / 12), "and no hour full"
    assert history.window(["gone"], NOW).times.max() == pytest.approx(NOW - 2 * DAY, abs=STEP)
    assert history.window(["gone"], NOW).times.max() <= NOW - 2 * DAY


async def test_what_was_before_a_claim_was_made_is_not_asked_of_it(client: Client) -> None:
    """Not in the hour of its making either, of which the fullest may have been an earlier claim of the name."""
    created = NOW - INTO - DAY + 600
    found = backfill(client, {STEADY: created}, client.spec.matchers, NOW, SLOTS * STEP)
    times = [sample.time async for part in found for sample in part.samples]
    assert min(times) // STEP == created // STEP + 1


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
            whole = hours_query(Shard(tuple(CLAIMS), whole=True), {})
            with pytest.raises(PrometheusError) as caught:
                await narrow.query_range(whole, start=NOW - 7 * DAY, end=NOW, step=STEP)
            assert caught.value.reason == "query"
            assert same(await filled(client), await filled(narrow))


def same(one: UsageHistory, other: UsageHistory, resource: Resource = "bytes") -> bool:
    arrays = zip(one.window(names(), NOW, resource), other.window(names(), NOW, resource), strict=True)
    return all(np.array_equal(mine, theirs, equal_nan=True) for mine, theirs in arrays)


@pytest.fixture(scope="module")
def dumped(url: str, folder: Path) -> Path:
    """What promtool dumps of that Prometheus, where this promtool can, else what was imported."""
    path = folder / "dumped.om"
    command: list[str | Path] = [tools.path("promtool"), "tsdb", "dump-openmetrics", folder / "blocks"]
    told = subprocess.run(command, check=False, capture_output=True, timeout=300)
    path.write_bytes(told.stdout if told.returncode == 0 else (folder / "weeks.om").read_bytes())
    return path


@pytest.mark.parametrize("resource", RESOURCES)
async def test_a_dump_of_that_prometheus_gives_the_same_history(
    client: Client, dumped: Path, resource: Resource
) -> None:
    """To the instant that of an exporter that saw every sample; of a back-fill to the hour."""
    found = read_samples([dumped], NOW)
    assert found.damage == ()
    history = UsageHistory(keep="max")
    history.take([(sample.claim.name, sample) for sample in found.samples], NOW)
    assert same(history, measured(), resource)
    for name in names():
        mine, theirs = (held.window([name], NOW, resource) for held in (history, await filled(client)))
        if name != GONE.name:
            assert (mine.times[0] // STEP).tolist() == (theirs.times[0] // STEP).tolist()


async def test_all_three_foretell_the_same(client: Client, dumped: Path) -> None:
    """Of teeth that never fill the volume nothing; of what grows the same day."""
    read = UsageHistory(keep="max")
    read.take([(sample.claim.name, sample) for sample in read_samples([dumped], NOW).samples], NOW)
    told = [
        forecast(*held.window(MEASURED_NOW, NOW), np.full(len(MEASURED_NOW), NOW)).central
        for held in (measured(), read, await filled(client))
    ]
    live, dump, back = (np.asarray(each, float) for each in told)
    assert live[MEASURED_NOW.index("toothed")] == np.inf
    assert np.isfinite(live[MEASURED_NOW.index("steady")])
    assert np.array_equal(live, dump, equal_nan=True)
    assert back == pytest.approx(live, rel=0.01, nan_ok=True)


def names() -> list[str]:
    return [claim.name for claim in CLAIMS]
