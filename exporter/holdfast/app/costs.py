"""Cost among what is judged: of claims, volumes, snapshots and contents, and the sums that follow. Concludes nothing itself."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from holdfast.app.gauging import Gauges, kept_as
from holdfast.app.wasting import WasteFollowing, costs_on
from holdfast.assessment.cost import (
    Bill,
    Rate,
    amount_of,
    bill_claim,
    bill_content,
    bill_snapshot,
    bill_volume,
    content_of,
    holder,
    kindred,
    rate_of,
    regions_of_zones,
    snapshot_rate,
)
from holdfast.assessment.objectives import resolve_objective
from holdfast.assessment.setting import Setting
from holdfast.assessment.waste import (
    Use,
    Verdict,
    judge_claim,
    judge_content,
    judge_snapshot,
    judge_volume,
    waste_of,
)
from holdfast.assessment.workloads import workloads_of
from holdfast.history.usage import STEP
from holdfast.inventory import Inventory
from holdfast.metrics.board import Board
from holdfast.model.cost import (
    COSTED,
    UNPRICED_REASONS,
    Costing,
    CostJudgement,
    KindTally,
    Prices,
    PricesJudgement,
    PricesTold,
    VolumePrice,
    WasteTally,
)
from holdfast.model.facts import Claim, Facts, Pod, Volume
from holdfast.model.filling import FillingJudgement
from holdfast.model.identity import (
    CLAIM,
    CLAIM_COST,
    CONTENT,
    CONTENT_COST,
    HOME,
    PRICES,
    SNAPSHOT,
    SNAPSHOT_COST,
    VOLUME,
    VOLUME_COST,
    ZONES,
    ObjectKey,
    Subject,
)
from holdfast.model.judgement import ClaimJudgement, Judgement
from holdfast.model.observation import Observation
from holdfast.model.policy import Policy
from holdfast.model.snapshots import Snapshot, SnapshotContent
from holdfast.model.surroundings import Namespace, Node

NODE = "node"
_Verdict = tuple[Judgement | None, tuple[Observation, ...]]
_Change = tuple[Subject, Judgement | None, Judgement | None]
_REASONS = tuple(UNPRICED_REASONS)


class Costs:
    """Judges one subject at a time; nothing where no prices are configured. Which region a zone lies in is kept."""

    def __init__(self, facts: Inventory, gauges: Gauges) -> None:
        self._facts = facts
        self._gauges = gauges
        self._regions: Mapping[str, str] | None = None
        self._begun = False
        self.judges: Mapping[str, Callable[[tuple[str, ...], Setting], _Verdict]] = {
            CLAIM_COST: self._claim,
            VOLUME_COST: self._volume,
            SNAPSHOT_COST: self._snapshot,
            CONTENT_COST: self._content,
            PRICES: self._prices,
        }

    def begin(self, policy: Policy) -> None:
        """Before anything is judged: whether cost is of interest stands among the facts."""
        if not self._begun and policy.prices is not None:
            self._facts.put(("policy", PRICES), ObjectKey("", ""), (Costing(),))
        self._begun = True

    def forget(self, subject: Subject) -> None:
        """A node may tell another zone or region."""
        if subject.noun == NODE:
            self._regions = None

    def region_of(self, volume: Volume) -> str:
        """That of the volume itself, or else of the nodes in its zone; empty where neither tells."""
        if volume.region or not volume.zone:
            return volume.region
        if self._regions is None:
            self._regions = regions_of_zones(self._facts.all(Node))
        return self._regions.get(volume.zone, "")

    def _claim(self, key: tuple[str, ...], setting: Setting) -> _Verdict:
        prices, facts = setting.policy.prices, self._facts
        claim = facts.get(Claim, *key)
        if prices is None or claim is None:
            return None, ()
        _, workloads = workloads_of(claim, facts.linked(Pod, "claim", *claim.ref), facts)
        namespace = facts.get(Namespace, claim.ref.namespace)
        asked = resolve_objective(claim, workloads, namespace, setting.policy, setting.now)
        bill = bill_claim(claim, facts, setting.sight)
        rate = self.claim_rate(claim, asked.objective.tier, prices, setting.now)
        use = self._use(claim, setting.now)
        verdict = judge_claim(claim, asked.objective, use, bill.size, setting)
        return _judged(key, prices, bill, rate, verdict, asked.until), ()

    def claim_rate(self, claim: Claim, tier: str, prices: Prices, now: float) -> Rate:
        volume = self._facts.get(Volume, claim.volume) if claim.volume else None
        region = self.region_of(volume) if volume else ""
        return rate_of(kindred(volume, claim, tier, region), prices, self._facts, now)

    def _use(self, claim: Claim, now: float) -> Use | None:
        """None where the space is shared, or nothing is known."""
        volume = self._facts.get(Volume, claim.volume) if claim.volume else None
        if claim.volume_mode == "Block" or (volume and volume.place) or self._gauges.of(claim).backend:
            return None
        key, history = kept_as(claim), self._gauges.history
        window, newest = history.window([key], now), history.newest(key)
        used, times = window.used, window.times
        known = np.isfinite(used)
        if not known.any():
            return None
        fullest = float((used[known] / window.capacity[known]).max())
        inodes = (newest.inodes_ratio if newest else None) or 0.0
        return Use(
            first=float(times[known].min()),
            newest=float(times[known].max()),
            readings=int(known.sum()),
            highest=float(used[known].max()),
            fullest=max(fullest, inodes),
        )

    def _volume(self, key: tuple[str, ...], setting: Setting) -> _Verdict:
        prices, facts = setting.policy.prices, self._facts
        volume = facts.get(Volume, *key)
        if prices is None or volume is None:
            return None, ()
        bill = bill_volume(volume, facts, setting.sight)
        rate = rate_of(kindred(volume, None, "", self.region_of(volume)), prices, facts, setting.now)
        held = holder(volume, facts) is not None
        return _judged(key, prices, bill, rate, Verdict() if held else judge_volume(volume, setting)), ()

    def _snapshot(self, key: tuple[str, ...], setting: Setting) -> _Verdict:
        prices, facts = setting.policy.prices, self._facts
        snapshot = facts.get(Snapshot, *key)
        if prices is None or snapshot is None:
            return None, ()
        content = content_of(snapshot, facts)
        snapshot_class = snapshot.snapshot_class or (content.snapshot_class if content else "")
        rate = snapshot_rate(snapshot_class, content.driver if content else "", prices)
        bill = bill_snapshot(snapshot, facts, setting.sight)
        return _judged(key, prices, bill, rate, judge_snapshot(snapshot, setting)), ()

    def _content(self, key: tuple[str, ...], setting: Setting) -> _Verdict:
        prices, facts = setting.policy.prices, self._facts
        content = facts.get(SnapshotContent, *key)
        if prices is None or content is None:
            return None, ()
        rate = snapshot_rate(content.snapshot_class, content.driver, prices)
        bill = bill_content(content, facts, setting.sight)
        return _judged(key, prices, bill, rate, judge_content(content, setting)), ()

    def _prices(self, _: tuple[str, ...], setting: Setting) -> _Verdict:
        prices, told = setting.policy.prices, self._facts.get(PricesTold)
        if prices is None or prices.query is None or told is None:
            return None, ()
        ends = told.at + prices.query.holds
        stale = setting.now >= ends
        return PricesJudgement(
            currency=prices.currency, told=told.at, stale=stale, until=None if stale else ends
        ), ()


def _judged(  # noqa: PLR0913 - what a judgement is made of
    key: tuple[str, ...],
    prices: Prices,
    bill: Bill,
    rate: Rate,
    verdict: Verdict,
    until: float | None = None,
) -> CostJudgement:
    amount, unpriced = (None, "") if bill.unbilled else amount_of(rate, bill.size)
    ends = [end for end in (until, verdict.until, rate.until) if end is not None]
    return CostJudgement(
        key=tuple(key),
        currency=prices.currency,
        size=bill.size,
        amount=amount,
        unpriced=unpriced,
        unbilled=bill.unbilled,
        waste=None if bill.unbilled else waste_of(verdict, bill.size, amount),
        until=min(ends, default=None),
    )


# ---- whom a touch reaches


def cost_dependents(subject: Subject, facts: Facts) -> list[Subject]:
    """Whose cost looks at this one."""
    if facts.get(Costing) is None:
        return []
    noun, key = subject
    if noun == CLAIM:
        volumes = facts.linked(Volume, "claim", *key)
        snapshots = facts.linked(Snapshot, "claim", *key)
        return [
            Subject(CLAIM_COST, tuple(key)),
            *(Subject(VOLUME_COST, volume.key) for volume in volumes),
            *(Subject(SNAPSHOT_COST, snapshot.key) for snapshot in snapshots),
        ]
    if noun in (VOLUME, VOLUME_COST):
        return list(costs_on([key[0]], facts))
    if noun == SNAPSHOT:
        contents = facts.linked(SnapshotContent, "snapshot", *key)
        return [Subject(SNAPSHOT_COST, key), *(Subject(CONTENT_COST, content.key) for content in contents)]
    if noun == CONTENT:
        return [Subject(CONTENT_COST, key)]
    return [Subject(ZONES, ())] if noun == NODE else []


# ---- what follows from a judgement


class CostSums:
    """Waste by namespace and reason, and what has no price, summed up as judgements change."""

    def __init__(self, board: Board, facts: Facts, judgements: Mapping[Subject, Judgement]) -> None:
        self._board = board
        self._facts = facts
        self._judgements = judgements
        self._waste: dict[tuple[str, ...], list[int]] = {}
        self._kinds: dict[str, list[int]] = {}
        self._regions: Mapping[str, str] = {}
        self._waste_following = WasteFollowing(facts, judgements)
        self.by_noun: Mapping[str, Callable[[_Change], Iterable[Subject]]] = {
            **dict.fromkeys(COSTED, self._of_cost),
            **self._waste_following.by_noun,
            PRICES: self._of_prices,
            ZONES: self._of_zones,
        }

    def of_claim(self, change: _Change) -> list[Subject]:
        """The claim is judged otherwise, and so perhaps by its tier, its use, or what its owner wants."""
        subject, before, after = change
        if _borne(before) == _borne(after):
            return []
        following = self._waste_following
        return [*following.costs(CLAIM_COST, subject.key), *following.costs(HOME, subject.key[:1])]

    def of_filling(self, change: _Change) -> list[Subject]:
        """Its use is looked at again once an hour, the step of its history, and when it shares its space otherwise."""
        subject, before, after = change
        cost = Subject(CLAIM_COST, tuple(subject.key))
        if cost not in self._judgements or _use_of(before) == _use_of(after):
            return []
        return [cost]

    def _of_cost(self, change: _Change) -> Iterable[Subject]:
        subject, before, after = change
        kind = COSTED[subject.noun]
        namespace = subject.key[0] if len(subject.key) > 1 else ""
        wasted: set[tuple[tuple[str, str], str]] = set()
        for judged, step in ((before, -1), (after, 1)):
            if isinstance(judged, CostJudgement):
                self._count(kind, judged, step)
                wasted.update(self._add(namespace, judged, step))
        for key, currency in wasted:
            self._show(key, currency)
        return ()

    def _count(self, kind: str, judged: CostJudgement, step: int) -> None:
        """What is not billed counts nowhere."""
        if judged.unbilled:
            return
        sums = self._kinds.setdefault(kind, [0] * (2 + len(UNPRICED_REASONS)))
        if judged.amount is None:
            sums[2 + _REASONS.index(judged.unpriced)] += step
        else:
            sums[0] += step
            sums[1] += step * judged.amount
        priced, amount, *unpriced = sums
        if priced or any(unpriced):
            tally = KindTally(
                currency=judged.currency, priced=priced, amount=amount, unpriced=tuple(unpriced)
            )
            self._board.put("kind-cost", (kind,), tally)
        else:
            self._board.drop("kind-cost", (kind,))

    def _add(self, namespace: str, judged: CostJudgement, step: int) -> Iterable[tuple[tuple[str, str], str]]:
        waste = judged.waste
        if waste is None:
            return ()
        key = (namespace, waste.reason)
        sums = self._waste.setdefault(key, [0, 0, 0])
        sums[0] += step
        if waste.amount is not None:
            sums[1] += step
            sums[2] += step * waste.amount
        return ((key, judged.currency),)

    def _show(self, key: tuple[str, str], currency: str) -> None:
        objects, priced, amount = self._waste[key]
        if objects:
            tally = WasteTally(currency=currency, objects=objects, priced=priced, amount=amount)
            self._board.put("waste", key, tally)
        else:
            del self._waste[key]
            self._board.drop("waste", key)

    def _of_prices(self, change: _Change) -> Iterable[Subject]:
        """The answer is too old now, or there is one again."""
        _, before, after = change
        if getattr(before, "stale", None) == getattr(after, "stale", None):
            return ()
        return self._on(price.volume for price in self._facts.all(VolumePrice))

    def _of_zones(self, _: _Change) -> Iterable[Subject]:
        regions = regions_of_zones(self._facts.all(Node))
        if regions == self._regions:
            return ()
        moved = {zone for zone in {*regions, *self._regions} if regions.get(zone) != self._regions.get(zone)}
        self._regions = regions
        placed = (volume for volume in self._facts.all(Volume) if volume.zone in moved and not volume.region)
        return self._on(volume.name for volume in placed)

    def _on(self, volumes: Iterable[str]) -> Iterable[Subject]:
        """Their costs, as far as they are judged at all."""
        return [subject for subject in costs_on(volumes, self._facts) if subject in self._judgements]


def _borne(judgement: Judgement | None) -> tuple[Any, ...] | None:
    return (judgement.objective, judgement.usage) if isinstance(judgement, ClaimJudgement) else None


def _use_of(judgement: Judgement | None) -> tuple[float | None, str]:
    """The hour of the newest sample, and the space that is shared."""
    if not isinstance(judgement, FillingJudgement):
        return None, ""
    return None if judgement.sample is None else judgement.sample.time // STEP, judgement.backend
