"""Families about what storage costs a month, what has no known price, and what is wasted."""

from collections.abc import Iterable

from holdfast.metrics.family import Family, Row
from holdfast.model.cost import (
    COSTED,
    UNPRICED_REASONS,
    WASTE_REASONS,
    CostJudgement,
    KindTally,
    PricesJudgement,
    WasteTally,
    money,
)


def _monthly(cost: CostJudgement) -> Iterable[Row]:
    return () if cost.amount is None else (((cost.currency,), money(cost.amount)),)


def _unpriced(tally: KindTally) -> Iterable[Row]:
    return [((reason,), count) for reason, count in zip(UNPRICED_REASONS, tally.unpriced, strict=True)]


def _together(tally: KindTally) -> Iterable[Row]:
    return (((tally.currency,), money(tally.amount)),) if tally.priced else ()


def _wasted(tally: WasteTally) -> Iterable[Row]:
    return (((tally.currency,), money(tally.amount)),) if tally.priced else ()


def _age(prices: PricesJudgement) -> Iterable[Row]:
    return (((prices.currency,), prices.told),)


COST_FAMILIES = (
    Family(
        name="holdfast_pvc_monthly_cost",
        help="What the claim costs in 730 hours, by the size of its volume; absent where no price or size is known.",
        noun="claim-cost",
        further=("currency",),
        rows=_monthly,
    ),
    Family(
        name="holdfast_pv_monthly_cost",
        help="What a volume that no living claim holds costs in 730 hours.",
        noun="volume-cost",
        further=("currency",),
        rows=_monthly,
    ),
    Family(
        name="holdfast_volumesnapshot_monthly_cost",
        help="What the snapshot costs in 730 hours, by the size that it would be restored to: at the most.",
        noun="snapshot-cost",
        further=("currency",),
        rows=_monthly,
    ),
    Family(
        name="holdfast_volumesnapshotcontent_monthly_cost",
        help="What a content that no snapshot owns costs in 730 hours, at the most.",
        noun="content-cost",
        further=("currency",),
        rows=_monthly,
    ),
    Family(
        name="holdfast_kind_monthly_cost",
        help="What all objects of the kind cost together in 730 hours, as far as prices are known: the sum of the families above.",
        noun="kind-cost",
        further=("currency",),
        rows=_together,
        vocabulary={"kind": tuple(COSTED.values())},
    ),
    Family(
        name="holdfast_unpriced_objects",
        help="Objects of the kind that are billed and whose cost is not known; absent where no prices are configured.",
        noun="kind-cost",
        further=("reason",),
        rows=_unpriced,
        vocabulary={"kind": tuple(COSTED.values()), "reason": tuple(UNPRICED_REASONS)},
    ),
    Family(
        name="holdfast_prices_age_seconds",
        help="How long ago the query for prices was last answered.",
        noun="prices",
        further=("currency",),
        rows=_age,
        clock=True,
        aggregation="min",
    ),
    Family(
        name="holdfast_waste_objects",
        help="Objects that cost and serve nobody, or of which a part does not.",
        noun="waste",
        rows=lambda tally: (((), tally.objects),),
        vocabulary={"reason": tuple(WASTE_REASONS)},
    ),
    Family(
        name="holdfast_waste_monthly_cost",
        help="What could be saved in 730 hours by them, as far as prices are known.",
        noun="waste",
        further=("currency",),
        rows=_wasted,
        vocabulary={"reason": tuple(WASTE_REASONS)},
    ),
)
