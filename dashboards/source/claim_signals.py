"""What can be asked about the one claim that is chosen: its use over time, and the fan of its forecast.

The same rules hold as in signals.py, whose selectors and folds are used here.
"""

from grafana_foundation_sdk.models import units

from dashboards.source.filling_signals import DAY, NEVER
from dashboards.source.signals import CLAIM, Signal, on, per
from holdfast.assessment.forecast.signs import FULL
from holdfast.model.filling import RESOURCES

CHOSEN = {"persistentvolumeclaim": "$claim"}
_BOUNDS = {"early": "_early", "most likely": "", "late": "_late"}
"""Legend → part of the family's name."""


def of_it(family: str, *labels: str, **matchers: str) -> str:
    """What the family tells of the chosen claim."""
    return per(family, *CLAIM, *labels, **CHOSEN, **matchers)


def _offered() -> str:
    """Bytes that whoever is not root can fill: without what the file system keeps back, a tenth at the most.

    What others have written into it is no such reserve: then its whole size counts, as it does for the exporter.
    """
    size = of_it("holdfast_pvc_filesystem_bytes")
    usable = f"{of_it('holdfast_pvc_used_bytes')} + {of_it('holdfast_pvc_available_bytes')}"
    return f"((({usable}) < {size}) >= 0.9 * {size} or {size})"


def _told(bound: str, **matchers: str) -> str:
    return of_it(f"holdfast_pvc_time_to_full{_BOUNDS[bound]}_seconds", **matchers)


def _left(bound: str, **matchers: str) -> str:
    """Time to full, where it has an end: nothing can be drawn towards +Inf."""
    return f"({_told(bound, **matchers)} < +Inf)"


def _last(expression: str) -> str:
    """The last that was known, also at the times ahead for which a graph asks."""
    return f"last_over_time(({expression})[$__range:$__interval])"


def _when(expression: str) -> str:
    """When that was, whatever the value: +Inf as well."""
    return _last(f"time() + 0 * ({expression} < bool 0)")


def _ahead(bound: str, resource: str, used: str, size: str) -> str:
    """From what was last known to be used, straight on to the date of full that is foretold; where that is past, nothing.

    Until now it is what is used. What was foretold earlier, and is not with the last use, is not shown.
    """
    told = _told(bound, resource=resource)
    since = f"(time() - ({_when(told)} == {_when(used)}))"
    rise = f"({FULL} * {_last(size)} - {_last(used)})"
    return f"{_last(used)} + {rise} * {since} / ({_last(told)} < +Inf) <= {_last(size)}"


def _fan(resource: str, used: str, size: str, unit: str) -> tuple[Signal, ...]:
    """Early, most likely and late."""
    return tuple(
        Signal(
            name=bound.capitalize(),
            description=f"The way to full at the {bound} date that is foretold.",
            unit=unit,
            expression=_ahead(bound, resource, used, size),
            legend=bound,
        )
        for bound in _BOUNDS
    )


def _over_bounds(name: str, description: str, unit: str, expression: str) -> tuple[Signal, ...]:
    """One signal a bound and resource; `%s` of the expression becomes its time to full."""
    return tuple(
        Signal(
            name=name,
            description=description,
            unit=unit,
            expression=expression % _left(bound, resource=resource),
            legend=f"{resource}, {bound}",
        )
        for resource in RESOURCES
        for bound in _BOUNDS
    )


USED_RATIO = Signal(
    name="Bytes used",
    description="Share of the bytes on offer that is taken, by whomever.",
    unit=units.PercentUnit,
    expression=f"max({of_it('holdfast_pvc_used_ratio', resource='bytes')})",
)
INODES_RATIO = Signal(
    name="Inodes used",
    description="Share of the inodes on offer that is taken, by whomever.",
    unit=units.PercentUnit,
    expression=f"max({of_it('holdfast_pvc_inodes_used')}) / max({of_it('holdfast_pvc_inodes')})",
)
LEFT = Signal(
    name="Full in",
    description="Most likely time until full, of bytes and inodes whichever is full first.",
    unit=units.Seconds,
    expression=f"min({of_it('holdfast_pvc_time_to_full_seconds')})",
    endless=NEVER,
)
EARLIEST = Signal(
    name="At the earliest",
    description="Earliest time until full that must be reckoned with.",
    unit=units.Seconds,
    expression=f"min({of_it('holdfast_pvc_time_to_full_early_seconds')})",
)
OBJECTIVE = Signal(
    name="Warn at",
    description="How near full may be before somebody must know.",
    unit=units.Seconds,
    expression=f"min({of_it('holdfast_pvc_time_to_full_objective_seconds')})",
)
AGE = Signal(
    name="Measured before",
    description="Age of the last known usage.",
    unit=units.Seconds,
    expression=f"max({of_it('holdfast_pvc_usage_age_seconds')})",
)

USED = Signal(
    name="Bytes: use, size and the fan of the forecast",
    description="Until now what was used. From now on straight lines from the last known use to the dates of full that"
    " are foretold: early, most likely and late. It needs a range that reaches ahead of now; Cortex looks no further than ten"
    " minutes ahead, unless it is told otherwise.",
    unit=units.BytesIEC,
    expression=of_it("holdfast_pvc_used_bytes"),
    legend="used",
)
SIZE = Signal(
    name="Offered",
    description="Bytes that the file system offers.",
    unit=units.BytesIEC,
    expression=_last(_offered()),
    legend="offered",
)
FAN = _fan("bytes", USED.expression, _offered(), units.BytesIEC)

INODES_USED = Signal(
    name="Inodes: use, number and the fan of the forecast",
    description="As for bytes; nothing where the file system does not count inodes.",
    expression=of_it("holdfast_pvc_inodes_used"),
    legend="used",
)
INODES = Signal(
    name="Inodes offered",
    description="Inodes that the file system offers.",
    expression=_last(of_it("holdfast_pvc_inodes")),
    legend="offered",
)
INODES_FAN = _fan("inodes", INODES_USED.expression, of_it("holdfast_pvc_inodes"), units.Short)

DATES = _over_bounds(
    "Dates of full that were foretold",
    "A forecast that holds is a level line; what is foretold and put off day by day rises.",
    units.DatetimeISO,
    "(time() + %s) * 1000",
)
LEFT_OVER_TIME = _over_bounds(
    "Time to full",
    "As it was foretold then. Below what the objective asks for, somebody must know.",
    units.Seconds,
    "%s",
)
OBJECTIVE_OVER_TIME = Signal(
    name="Objective",
    description="How near full may be before somebody must know.",
    unit=units.Seconds,
    expression=of_it("holdfast_pvc_time_to_full_objective_seconds"),
    legend="objective",
)
GROWTH = Signal(
    name="Growth a day",
    description="Robust growth of the bytes in use: the middle one of a week's daily changes.",
    unit=units.BytesIEC,
    expression=f"{of_it('holdfast_pvc_growth_bytes_per_second')} * {DAY}",
    legend="growth",
)

CLASS = Signal(
    name="Class",
    description="Class, driver, workload and owner.",
    expression=of_it("holdfast_pvc_info", "storageclass", "csi_driver", "workload", "tier", "claim_owner"),
)
GIVEN = Signal(
    name="Given",
    description="Size that the claim was given.",
    unit=units.BytesIEC,
    expression=of_it("holdfast_pvc_capacity_bytes"),
)
COST = Signal(
    name="A month",
    description="What it costs in a month, where prices are configured.",
    expression=of_it("holdfast_pvc_monthly_cost", "currency"),
)
FIXED = Signal(
    name="Cannot grow",
    description="Why the claim cannot be made larger, where something is in the way.",
    expression=of_it("holdfast_pvc_not_expandable", "reason"),
)
UNMEASURED = Signal(
    name="Not measured",
    description="Why nothing measures the claim.",
    expression=f"label_replace({of_it('holdfast_pvc_usage_unmeasured', 'reason')}, "
    '"what", "not measured", "", "")',
)
UNFORETOLD = Signal(
    name="Not foretold",
    description="Why nothing is foretold.",
    expression=f"label_replace({of_it('holdfast_pvc_forecast_unknown', 'resource', 'reason')}, "
    '"what", "not foretold", "", "")',
)
SPACE = per("holdfast_pvc_backend_info", *CLAIM, "backend", **CHOSEN)
SPACE_USED = Signal(
    name="The space that it shares",
    description="Use and size of the space that the claim shares with others, where it does.",
    unit=units.BytesIEC,
    expression=f"{per('holdfast_backend_used_bytes', 'backend')} and {on('backend')} {SPACE}",
    legend="{{backend}} used",
)
SPACE_SIZE = Signal(
    name="Size",
    description="Size of the space that the claim shares with others.",
    unit=units.BytesIEC,
    expression=f"{per('holdfast_backend_capacity_bytes', 'backend')} and {on('backend')} {SPACE}",
    legend="{{backend}} offered",
)
