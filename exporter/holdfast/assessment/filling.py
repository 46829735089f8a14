"""How one claim fills, and the space that several share: who measures it, since when not, and until when a forecast stands."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import msgspec

from holdfast.assessment.forecast import FORECAST_STANDS
from holdfast.assessment.forecast.signs import FULL
from holdfast.assessment.lifecycle import assess_resize
from holdfast.assessment.setting import Setting
from holdfast.model.facts import Claim, Facts, Pod, Volume
from holdfast.model.filling import (
    UNTOLD,
    Asked,
    BackendJudgement,
    CoverageState,
    FillingJudgement,
    Prospect,
)
from holdfast.model.identity import ClaimRef
from holdfast.model.usage import SAMPLE_STANDS, UsageSample

GROWS = 3600.0
"""Seconds within which a file system that is in use grows after its claim, as its alert has it too."""

_SETTLING = 3 * 60.0  # seconds until a kubelet tells of a volume that was just mounted
_UNGROWN = frozenset({"node-pending", "node"})  # the claim has grown, its file system has not
GROWS = (
    3600.0  # seconds in which a file system in use grows after its claim; HoldfastResizeStuck waits as long
)


class Gauge(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is known of a claim's use: the newest sample, what is foretold, and with whom it was seen to share."""

    sample: UsageSample | None = None
    bytes: Prospect = UNTOLD
    inodes: Prospect = UNTOLD
    backend: str = ""


def assess_filling(claim: Claim, gauge: Gauge, asked: Asked, setting: Setting) -> FillingJudgement:
    facts, now, sample = setting.facts, setting.now, gauge.sample
    running = [pod for pod in facts.linked(Pod, "claim", *claim.ref) if pod.phase == "Running"]
    volume = facts.get(Volume, claim.volume) if claim.volume else None
    state, reason, ends = _coverage(claim, sample, running, asked, setting)
    backend = shared_place(volume, facts) or gauge.backend
    own = None if backend else sample
    stands = sample.time + FORECAST_STANDS if sample is not None else -math.inf
    grows = _grows_until(claim, in_use=bool(running) or not setting.sight.pods)
    ends += [end for end in (grows, stands) if now < end < math.inf]
    return FillingJudgement(
        ref=claim.ref,
        csi_driver=volume.csi_driver if volume else "",
        state=state,
        reason=reason,
        sample=sample,
        backend=backend,
        bytes=_standing(_fact(gauge.bytes, own, own.bytes_ratio), stands, grows, now) if own else None,
        inodes=_standing(_fact(gauge.inodes, own, own.inodes_ratio), stands, grows, now)
        if own and own.inodes is not None
        else None,
        until=min(ends, default=None),
    )


def _coverage(
    claim: Claim, sample: UsageSample | None, running: Sequence[Pod], asked: Asked, setting: Setting
) -> tuple[CoverageState | None, str, list[float]]:
    """The state and its reason, and the instants at which the clock alone would change them."""
    now = setting.now
    if not setting.sight.pods or not running:
        return None, "", []
    if claim.volume_mode == "Block":
        return None, "block-mode", []
    if sample is not None:
        ends = sample.time + SAMPLE_STANDS
        return ("measured", "", [ends]) if now < ends else ("stale", "", [])
    reason, changes = _unmeasured(running, asked, now)
    return "unmeasured" if reason else None, reason, changes


def _unmeasured(running: Sequence[Pod], asked: Asked, now: float) -> tuple[str, list[float]]:
    """Why there is no sample; empty while that is not known yet."""
    settled = max(pod.created for pod in running) + asked.interval + _SETTLING
    if not (asked.kubelets or asked.queries):
        return "not-asked", []
    if now < settled:
        return "just-started", [settled]
    if not asked.looked:
        return "", []
    if not asked.kubelets:
        return "not-scraped", []
    return "driver-silent" if any(pod.node in asked.answering for pod in running) else "node-silent", []


def _fact(prospect: Prospect, sample: UsageSample, taken: float | None) -> Prospect:
    """What is full is full, however little is known of how it came to be."""
    if taken is None or taken < FULL:
        return prospect
    return Prospect(
        central=sample.time, early=sample.time, late=sample.time, chance=1.0, growth=prospect.growth
    )


def _grows_until(claim: Claim, *, in_use: bool) -> float:
    """Until when its file system is expected to grow. One that has not by then is as large as it stays for now.

    While nothing runs on the claim, nothing fills it, and it grows with the next mount.
    """
    resize = assess_resize(claim)
    if resize is None or resize.reason not in _UNGROWN:
        return -math.inf
    return resize.since + GROWS if in_use else math.inf


def _standing(prospect: Prospect, stands: float, grows: float, now: float) -> Prospect:
    """The forecast as it stands now, or why it does not."""
    if now >= stands:
        return Prospect(reason="stale")
    return Prospect(reason="resize-pending", growth=prospect.growth) if now < grows else prospect


def shared_place(volume: Volume | None, facts: Facts) -> str:
    """The space that the volume's own object names, where the volume of another claim names it too."""
    if volume is None or not volume.place:
        return ""
    return volume.place if len(few_at(volume.place, facts)) > 1 else ""


def claims_at(place: str, facts: Facts) -> tuple[ClaimRef, ...]:
    """The claims whose volumes lie there, sorted."""
    return tuple(sorted(set(_living_at(place, facts))))


def few_at(place: str, facts: Facts) -> set[ClaimRef]:
    """Up to three of them, for there may be thousands."""
    return set(islice(_living_at(place, facts), 3))


def _living_at(place: str, facts: Facts) -> Iterator[ClaimRef]:
    for volume in facts.linked(Volume, "place", place):
        ref = volume.claim
        if ref is not None and (claim := facts.get(Claim, *ref)) is not None and claim.volume == volume.name:
            yield ref


def assess_backend(
    name: str, members: Iterable[ClaimRef], gauge_of: Callable[[ClaimRef], Gauge], now: float
) -> BackendJudgement | None:
    """The shared space as the newest sample of any member tells it; None where none was ever measured."""
    members = tuple(members)
    gauges = [gauge_of(ref) for ref in members]
    samples = [gauge.sample for gauge in gauges if gauge.sample is not None]
    if len(members) < 2 or not samples:
        return None
    newest = max(samples, key=lambda sample: sample.time)
    ends = newest.time + FORECAST_STANDS
    return BackendJudgement(
        name=name,
        members=members,
        sample=newest,
        bytes=_fact(_soonest([gauge.bytes for gauge in gauges]), newest, newest.bytes_ratio)
        if now < ends
        else Prospect(reason="stale"),
        until=ends if now < ends else None,
    )


def _soonest(prospects: Sequence[Prospect]) -> Prospect:
    """They speak of one space: of those that foretell anything the one that has it full first, so that one who came
    lately takes nothing away."""
    told = [prospect for prospect in prospects if prospect.central is not None]
    return min(told, key=lambda prospect: prospect.central or 0.0) if told else prospects[0]
