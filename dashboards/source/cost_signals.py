"""What can be asked about what storage costs a month, and what of that serves nobody.

The same rules hold as in signals.py, whose selectors and folds are used here. Currencies are never added up.
"""

from grafana_foundation_sdk.models import units

from dashboards.source.signals import CLAIM, Signal, on, per, select, spread

_MONEY = "holdfast_pvc_monthly_cost"
_OF_A_CLAIM = per(_MONEY, *CLAIM, "currency")
_OWNED = spread(per("holdfast_pvc_info", *CLAIM, "claim_owner"), per(_MONEY, *CLAIM), *CLAIM)
_ORPHANED = per("holdfast_pvc_orphaned", *CLAIM)
_DEAREST = f"topk(20, {_OF_A_CLAIM} and {on(*CLAIM)} {_ORPHANED})"
_WASTE = select("namespace:holdfast_waste_monthly_cost:sum")

TOTAL = Signal(
    name="Cost a month",
    description="What is known to be paid for claims, volumes, snapshots and contents. Of all namespaces.",
    expression=f"sum by (currency) ({select('cluster:holdfast_monthly_cost:sum')})",
    legend="{{currency}}",
)
WASTE = Signal(
    name="Waste a month",
    description="What of it serves nobody, without the space that was never used, which is an estimate.",
    expression=f"sum by (currency) ({_WASTE})",
    legend="{{currency}}",
)
UNPRICED = Signal(
    name="Without a price",
    description="Objects that are billed and whose cost is not known: all sums leave them out.",
    expression=f"sum({per('holdfast_unpriced_objects', 'kind', 'reason')})",
)
PRICES_AGE = Signal(
    name="Age of the prices",
    description="How long ago the query for prices was last answered; nothing where no query is asked.",
    unit=units.Seconds,
    expression=f"max({per('holdfast_prices_age_seconds', 'currency')})",
)
BY_KIND = Signal(
    name="Cost by kind",
    description="What all objects of the kind cost together in a month.",
    expression=f"sum by (kind, currency) ({per('holdfast_kind_monthly_cost', 'kind', 'currency')})",
    legend="{{kind}} {{currency}}",
)
BY_NAMESPACE = Signal(
    name="Claims by namespace",
    description="The ten namespaces whose claims cost most in a month.",
    expression=f"topk(10, sum by (cluster, namespace, currency) ({_OF_A_CLAIM}))",
    legend="{{cluster}} {{namespace}} {{currency}}",
)
BY_OWNER = Signal(
    name="Claims by owner",
    description="The ten owners whose claims cost most in a month, cluster by cluster; one without a name is nobody.",
    expression=f"topk(10, sum by (cluster, claim_owner) ({_OWNED}))",
    legend="{{cluster}} {{claim_owner}}",
)
WASTE_BY_REASON = Signal(
    name="Waste by reason",
    description="What could be saved in a month; unused-space is an estimate.",
    expression="sum by (reason, currency) "
    f"({per('holdfast_waste_monthly_cost', 'namespace', 'reason', 'currency')})",
    legend="{{reason}} {{currency}}",
)
WASTE_OVER_TIME = Signal(
    name="Waste over time",
    description="The ten namespaces that waste most; volumes and contents stand under no namespace.",
    expression=f"topk(10, {_WASTE})",
    legend="{{cluster}} {{namespace}} {{currency}}",
)
WASTE_OF_NAMESPACE = Signal(
    name="Waste",
    description="What could be saved in a month, without space that was never used.",
    expression=f"sum by (cluster, namespace, currency) ({_WASTE})",
)
OBJECTS_OF_NAMESPACE = Signal(
    name="Objects",
    description="How many things serve nobody, those included of which only a part does not.",
    expression=f"sum by (cluster, namespace) ({per('holdfast_waste_objects', 'namespace', 'reason')})",
)
ORPHAN_COST = Signal(
    name="A month",
    description="What the orphaned claim costs. The twenty dearest.",
    expression=_DEAREST,
)
ORPHAN_OWNER = Signal(
    name="Owner",
    description="Who is named as the owner of the claim.",
    expression=f"{per('holdfast_pvc_info', *CLAIM, 'claim_owner')} and {on(*CLAIM)} ({_DEAREST})",
)
UNPRICED_KINDS = Signal(
    name="Unpriced",
    description="Objects whose cost is not known, and why.",
    expression=f"sum by (kind, reason) ({per('holdfast_unpriced_objects', 'kind', 'reason')}) > 0",
    legend="{{kind}} {{reason}}",
)
