"""The rule that everybody runs, beside ours: kubernetes-mixin's KubePersistentVolumeFillingUp over four generated weeks.

A real Prometheus holds the kubelet's series and evaluates the mixin's two expressions; our forecast is made of what the same
Prometheus tells. The table of docs/usage.md comes from here.
"""

import asyncio
import tempfile
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from bench.forecast.adapter import fires
from holdfast.assessment.forecast import forecast
from holdfast.history.usage import SLOTS, STEP, UsageHistory
from holdfast.model.asking import PrometheusSpec
from holdfast.model.identity import ClaimRef
from holdfast.usage.prometheus import Prometheus
from holdfast.usage.volume_queries import ask_newest, backfill
from tests.real.web import call_json
from tests.real.weeks import DAY, GIB, HOUR, Course, Numbers, blocks, course, serving

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

SCRAPE = 300.0
BEGAN = 1_782_086_400.0  # a Monday's first second, UTC
END = BEGAN + 28 * DAY
LOOKED = BEGAN + 14 * DAY  # from then on both are judged
EVERY = 6 * HOUR  # between two looks of ours
TRUE_WITHIN = 6 * DAY  # an alarm is true so long before full

TIMES = np.arange(BEGAN, END, SCRAPE)
KEPT = (TIMES >= LOOKED - DAY) | (
    TIMES % HOUR == 0
)  # what is imported: before, nobody looks at less than an hour
DAYS = (TIMES - BEGAN) / DAY
TIME_OF_DAY = DAYS % 1
WEEKDAY = DAYS % 7


def noise(scale: float) -> Numbers:
    """Some percent of the volume, back and forth, the same each time."""
    return np.asarray(np.random.default_rng(7).normal(0.0, scale, len(TIMES)), np.float64)


def at_work() -> Numbers:
    """Working hours that have passed: nine to five, Monday to Friday."""
    working = (WEEKDAY < 5) & (TIME_OF_DAY > 9 / 24) & (TIME_OF_DAY < 17 / 24)
    return np.cumsum(working.astype(np.float64)) * SCRAPE / HOUR


PERCENT: Mapping[str, Numbers] = {
    # these fill, or would
    "steady": 22 + 3 * DAYS + noise(0.05),
    "slow": 74.5 + DAYS + noise(0.05),
    "working-days": 26 + at_work() / 8 * 4,
    "burst": 30 + np.maximum(0.0, DAYS - 24.4) * 24 * 6,
    "steps": 29 + 3 * np.floor(DAYS),
    # these never do
    "static": 97.6 + 0 * DAYS,
    "saw-tooth": 68 + 26 * TIME_OF_DAY + noise(0.05),
    "weekly": 60 + 35 * WEEKDAY / 7 + noise(0.05),
    "log-rotation": 87 + 4 * ((DAYS * 2) % 1) + noise(0.05),
    "resized": 38 + 2.5 * DAYS + noise(0.05),
}
"""Use in percent of the volume, by kind."""

ROOM = 100 * GIB
GROWN = BEGAN + 22 * DAY  # when the one that is resized is given twice its room
CLAIMS = {ClaimRef("shop", kind): kind for kind in PERCENT}


def courses() -> list[Course]:
    made = []
    for claim, kind in CLAIMS.items():
        grown = (kind == "resized") & (TIMES >= GROWN)
        size, used = np.where(grown, 2 * ROOM, ROOM), PERCENT[kind] / 100 * ROOM
        made.append(course(claim, TIMES[KEPT], used[KEPT], size[KEPT], cluster="east", node="n1"))
    return made


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="holdfast-mixin-") as name:
        folder = Path(name)
        with serving(folder, blocks(courses(), folder)) as url:
            yield url


# ---- who warned


@dataclass(frozen=True)
class Verdict:
    """``lead`` is hours from the first true alarm to full, None where there was none. ``false`` counts hours alarmed in vain."""

    lead: float | None
    false: float

    @property
    def word(self) -> str:
        if self.false:
            return "in vain"
        if self.lead is None:
            return "silent"
        return "a day or more" if self.lead >= 24 else "hours"


def full_at(kind: str) -> float | None:
    """When the volume is full as an operator sees it, at 99 %: for the one that was grown, when it would have been."""
    over = np.flatnonzero(PERCENT[kind] >= 99)
    return float(TIMES[over[0]]) if len(over) else None


def verdict(kind: str, times: Numbers, alarmed: Numbers) -> Verdict:
    """What these alarms were worth: of looks from the third week on, until the volume is full."""
    ends = full_at(kind)
    full = END + TRUE_WITHIN if ends is None else ends
    on = times[(times >= LOOKED) & (times < full) & (alarmed > 0)]
    true = on[on >= full - TRUE_WITHIN]
    if kind == "resized":
        true = true[true < GROWN]
    lead = (full - float(true[0])) / HOUR if ends is not None and len(true) else None
    vain = np.isin(times, on) & ~np.isin(times, true if ends is not None else [])
    stands = np.diff(times, append=END)
    return Verdict(lead=lead, false=float(stands[vain].sum()) / HOUR)


KUBELET = 'job="kubelet"'
SHARE = (
    f"kubelet_volume_stats_available_bytes{{{KUBELET}}} / kubelet_volume_stats_capacity_bytes{{{KUBELET}}}"
)
SOME_USE = f"kubelet_volume_stats_used_bytes{{{KUBELET}}} > 0"
EXEMPT = (
    'unless on (cluster, namespace, persistentvolumeclaim) kube_persistentvolumeclaim_access_mode{access_mode="ReadOnlyMany"} == 1 '
    'unless on (cluster, namespace, persistentvolumeclaim) kube_persistentvolumeclaim_labels{label_excluded_from_alerts="true"} == 1'
)
AHEAD = f"predict_linear(kubelet_volume_stats_available_bytes{{{KUBELET}}}[6h], 4 * 24 * 3600) < 0"
Severity = Literal["critical", "warning"]
MIXIN: Mapping[Severity, tuple[str, float]] = {
    "critical": (f"({SHARE}) < 0.03 and {SOME_USE} {EXEMPT}", 60.0),
    "warning": (f"({SHARE}) < 0.15 and {SOME_USE} and {AHEAD} {EXEMPT}", HOUR),
}
"""What the mixin's rule says by severity, and for how many seconds before it fires. As published in August 2026:
https://github.com/kubernetes-monitoring/kubernetes-mixin/blob/master/alerts/storage_alerts.libsonnet"""


def fired(url: str, severity: Severity) -> dict[str, Numbers]:
    """At each time of a scrape whether the mixin's alert fires, by kind."""
    expression, held = MIXIN[severity]
    span = {"start": str(LOOKED - DAY / 2), "end": str(END - SCRAPE), "step": f"{SCRAPE:.0f}"}
    asked = urllib.parse.urlencode({"query": expression, **span})
    result = call_json(f"{url}/api/v1/query_range?{asked}")["data"]["result"]
    found = {kind: np.zeros(len(TIMES)) for kind in PERCENT}
    for series in result:
        places = [round((float(at) - BEGAN) / SCRAPE) for at, _ in series["values"]]
        found[series["metric"]["persistentvolumeclaim"]][places] = 1
    return {kind: _held(active, held) for kind, active in found.items()}


def _held(active: Numbers, seconds: float) -> Numbers:
    """On where it was without a gap for so long: a rule's `for`."""
    since = np.arange(len(active)) - np.maximum.accumulate(np.where(active > 0, -1, np.arange(len(active))))
    return ((active > 0) & ((since - 1) * SCRAPE >= seconds)).astype(float)


async def foretold(url: str) -> tuple[Numbers, dict[str, Numbers]]:
    """Our looks, and whether our rule fires at each, by kind."""
    hourly = np.arange(BEGAN + 24 * DAY, BEGAN + 25 * DAY, HOUR)  # the day of the burst
    looks = np.union1d(np.arange(LOOKED, END, EVERY), hourly)
    found: dict[str, list[float]] = {kind: [] for kind in PERCENT}
    keys = [claim.name for claim in CLAIMS]
    async with Prometheus(PrometheusSpec(url=url, matchers={"cluster": "east"})) as client:
        for now in looks.tolist():
            history = UsageHistory(keep="max")
            past = backfill(
                client, dict.fromkeys(CLAIMS, BEGAN - DAY), client.spec.matchers, now, SLOTS * STEP
            )
            samples = [sample async for found_ in past for sample in found_.samples]
            newest = ask_newest(client.query, CLAIMS, client.spec.matchers, now)
            samples += [sample async for found_ in newest for sample in found_.samples]
            history.take([(sample.claim.name, sample) for sample in samples], now)
            told = fires(forecast(*history.window(keys, now), np.full(len(keys), now)))
            for kind, alarm in zip(keys, told, strict=True):
                found[kind].append(float(alarm))
    return looks, {kind: np.array(alarms) for kind, alarms in found.items()}


@pytest.fixture(scope="module")
def verdicts(url: str) -> dict[str, tuple[Verdict, Verdict, Verdict]]:
    """By kind: the mixin's critical, the mixin's warning, ours."""
    critical, warning = fired(url, "critical"), fired(url, "warning")
    looks, ours = asyncio.run(foretold(url))
    return {
        kind: (
            verdict(kind, TIMES, critical[kind]),
            verdict(kind, TIMES, warning[kind]),
            verdict(kind, looks, ours[kind]),
        )
        for kind in PERCENT
    }


EXPECTED = {
    # kind: the mixin's critical, the mixin's warning, ours
    "steady": ("hours", "a day or more", "a day or more"),
    "slow": ("a day or more", "a day or more", "a day or more"),
    "working-days": ("hours", "a day or more", "a day or more"),
    "steps": ("hours", "a day or more", "a day or more"),
    "resized": ("silent", "a day or more", "a day or more"),
    "static": ("in vain", "silent", "silent"),
    "saw-tooth": ("silent", "in vain", "silent"),
    "weekly": ("silent", "in vain", "silent"),
    "log-rotation": ("silent", "in vain", "silent"),
}


@pytest.mark.parametrize(("kind", "words"), EXPECTED.items(), ids=EXPECTED)
def test_who_warned_when_and_who_cried_wolf(
    kind: str, words: tuple[str, ...], verdicts: dict[str, tuple[Verdict, ...]]
) -> None:
    """Before full, or in vain where the volume never fills."""
    print(kind, *verdicts[kind], sep="\n    ")
    assert tuple(each.word for each in verdicts[kind]) == words


def test_of_a_burst_nobody_knows_before_it_begins(verdicts: dict[str, tuple[Verdict, ...]]) -> None:
    """It fills seven tenths of the volume within twelve hours."""
    print(*verdicts["burst"], sep="\n    ")
    for each in verdicts["burst"]:
        assert each.lead is None or each.lead < 12
        assert each.false == 0


def test_the_mixin_warns_in_vain_for_days_of_the_two_weeks(verdicts: dict[str, tuple[Verdict, ...]]) -> None:
    """So much that its warnings are muted, the true ones too."""
    hours = {kind: verdicts[kind][0].false + verdicts[kind][1].false for kind in EXPECTED}
    assert hours["static"] == 14 * 24
    assert all(hours[kind] > 72 for kind in ("saw-tooth", "weekly", "log-rotation"))
