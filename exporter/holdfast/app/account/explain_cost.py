"""What a claim costs a month and what of that is waste: the price that was found, why it, and the size that is billed."""

from collections.abc import Iterator

from holdfast.app.account.explain_case import Case, figure, told_by
from holdfast.app.costs import Costs
from holdfast.assessment.cost import Rate, amount_of, bill_claim
from holdfast.model.account.explanation import FigurePart, ObjectPart
from holdfast.model.cost import (
    GIB,
    UNBILLED_REASONS,
    UNPRICED_REASONS,
    WASTE_REASONS,
    CostJudgement,
    Price,
    Prices,
    VolumePrice,
    Waste,
    money,
)
from holdfast.model.facts import Volume
from holdfast.model.identity import CLAIM_COST, ObjectRef

_NAMES = {
    "storage_class": "storageClass",
    "csi_driver": "csiDriver",
    "tier": "tier",
    "zone": "zone",
    "region": "region",
}


def explain_cost(case: Case, costs: Costs) -> Iterator[FigurePart]:
    """Nothing where no prices are configured."""
    prices, facts = case.setting.policy.prices, case.setting.facts
    if prices is None:
        return
    bill = bill_claim(case.claim, facts, case.setting.sight)
    rate = costs.claim_rate(case.claim, case.judgement.objective.tier, prices, case.setting.now)
    volume = facts.get(Volume, case.claim.volume) if case.claim.volume else None
    objects = [_volume(volume)] if volume else [told_by(case.ref, created=case.claim.created)]
    if bill.unbilled:
        yield figure("monthlyCost.amount", None, UNBILLED_REASONS[bill.unbilled], *objects)
        return
    amount, unpriced = amount_of(rate, bill.size)
    if amount is None:
        yield figure("monthlyCost.amount", None, UNPRICED_REASONS[unpriced], *objects)
    else:
        rule = _rule(rate, prices, bill.size)
        yield figure("monthlyCost.amount", money(amount), rule, *objects, unit=prices.currency)
    judged, _ = costs.judges[CLAIM_COST](tuple(case.claim.ref), case.setting)
    if isinstance(judged, CostJudgement) and judged.waste is not None:
        yield _wasted(judged.waste, prices)


def _rule(rate: Rate, prices: Prices, size: int | None) -> str:
    if rate.whole:
        return f"{rate.monthly:g} {prices.currency} a month for the whole volume, which the query told"
    gib = "?" if size is None else f"{size / GIB:g}"
    return f"{gib} GiB at {rate.monthly:g} {prices.currency} per GiB and month: {_origin(rate)}"


def _origin(rate: Rate) -> str:
    if isinstance(rate.origin, VolumePrice):
        return "the query told it of the volume"
    if not isinstance(rate.origin, Price):
        return "the default price"
    price = rate.origin
    named = [f"{_NAMES[key]} {getattr(price, key)!r}" for key in _NAMES if getattr(price, key) is not None]
    return f"the most specific price that fits, of {', '.join(named)}"


def _wasted(waste: Waste, prices: Prices) -> FigurePart:
    rule = f"{waste.reason}: {WASTE_REASONS[waste.reason]}"
    if waste.amount is None:
        return figure("waste.monthlyCost.amount", None, rule)
    return figure("waste.monthlyCost.amount", money(waste.amount), rule, unit=prices.currency)


def _volume(volume: Volume) -> ObjectPart:
    ref = ObjectRef("PersistentVolume", "", volume.name)
    size = "" if volume.capacity is None else f"capacity {volume.capacity / GIB:g} GiB"
    return told_by(ref, size, created=volume.created)
