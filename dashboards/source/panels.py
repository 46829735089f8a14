"""How signals are shown: the few kinds of panels, with what all of them share. Which panels there are belongs to the dashboards.

Every panel names its id: links to a panel hold that number, so it never changes once given.
"""

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

from grafana_foundation_sdk.builders import bargauge, common, prometheus, stat, table, timeseries
from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.models import dashboard, units
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    DataSourceRef,
    LegendDisplayMode,
    LegendPlacement,
    StackingMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from dashboards.source.signals import Signal, of_every_claim

RUNBOOKS = "https://holdfast.dev/runbooks/"
SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")

COLOURS = {
    "protected": "green",
    "late": "orange",
    "never": "red",
    "unprotected": "dark-red",
    "unknown": "purple",
    "exempt": "gray",
    "success": "green",
    "partial": "orange",
    "failure": "red",
    "none": "gray",
    "up": "green",
    "starting": "blue",
    "failing": "red",
    "passed": "green",
    "slow": "orange",
    "overdue": "orange",
    "failed": "red",
    "healthy": "green",
    "lagging": "orange",
    "degraded": "orange",
    "broken": "red",
    "paused": "gray",
    "page": "red",
    "ticket": "orange",
    "know": "blue",
    "forbidden": "red",
    "measured": "green",
    "stale": "orange",
    "unmeasured": "purple",
    "answering": "green",
    "silent": "red",
    "pass": "green",
    "fail": "red",
    "not_applicable": "gray",
    "critical": "red",
    "warning": "orange",
    "info": "blue",
}
"""Closed values of the catalogue that mean good or bad, in every panel alike."""


_LETTERS = string.ascii_uppercase


class _Panel(Protocol):
    def id(self, id_val: int) -> Self: ...
    def title(self, title: str) -> Self: ...
    def description(self, description: str) -> Self: ...
    def datasource(self, datasource: DataSourceRef) -> Self: ...
    def span(self, w: int) -> Self: ...
    def height(self, h: int) -> Self: ...
    def unit(self, unit: str) -> Self: ...
    def time_from(self, time_from: str) -> Self: ...
    def hide_time_override(self, hide_time_override: bool) -> Self: ...


P = TypeVar("P", bound=_Panel)


def number(
    panel_id: int,
    signal: Signal,
    *,
    runbook: str = "",
    bad_above: float | None = None,
    bad_below: float | None = None,
) -> stat.Panel:
    """One number, green unless it is beyond the bound. `runbook` names the alert that a click leads to.

    How it went until now is drawn behind it, unless each claim would be read for every point of that.
    """
    panel = _common(stat.Panel(), panel_id, signal, width=4, height=4)
    now_alone = of_every_claim(signal.expression)
    panel.with_target(_query(signal, "A", instant=now_alone))
    # A line cannot be drawn to +Inf.
    panel.graph_mode(BigValueGraphMode.NONE if signal.endless or now_alone else BigValueGraphMode.AREA)
    panel.color_mode(BigValueColorMode.BACKGROUND)
    panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    panel.thresholds(_thresholds(bad_above, bad_below))
    look = [_links({f"Runbook {runbook}": RUNBOOKS + runbook})] if runbook else []
    if look := look + _endless(signal):
        panel.override_by_query("A", look)
    return panel


def over_time(
    panel_id: int, signal: Signal, *more: Signal, width: int = 12, stacked: bool = False, step: str = ""
) -> timeseries.Panel:
    """Series over time, with the colours that their values have everywhere. `step`: points are no nearer than that."""
    panel = _common(timeseries.Panel(), panel_id, signal, width=width, height=8)
    if step:
        panel.interval(step)
    for letter, each in _lettered((signal, *more)).items():
        panel.with_target(_query(each, letter))
    panel.fill_opacity(30 if stacked else 0)
    if signal.unit != units.DatetimeISO:  # dates far from the year 1970 would be one flat line
        panel.min(0)
    if stacked:
        panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL))
    panel.legend(
        common.VizLegendOptions()
        .display_mode(LegendDisplayMode.LIST)
        .placement(LegendPlacement.BOTTOM)
        .show_legend(True)
    )
    panel.tooltip(common.VizTooltipOptions())
    legends = [each.legend for each in (signal, *more)]
    for value, colour in COLOURS.items():
        if any(legend == value or re.fullmatch(r"{{\w+}}", legend) for legend in legends):
            panel.override_by_name(value, [_property("color", {"mode": "fixed", "fixedColor": colour})])
    return panel


def fan(panel_id: int, *signals: Signal, height: int = 10) -> timeseries.Panel:
    """Series over time, of which the space between the early and the late one is filled, by their legends."""
    panel = over_time(panel_id, *signals, width=24).height(height)
    panel.override_by_name(
        "early", [_property("custom.fillBelowTo", "late"), _property("custom.fillOpacity", 20)]
    )
    for name in ("early", "most likely", "late"):
        colour = {"mode": "fixed", "fixedColor": "orange" if name == "most likely" else "light-orange"}
        panel.override_by_name(
            name,
            [
                _property("color", colour),
                _property("custom.lineStyle", {"fill": "dash", "dash": [8, 8]}),
            ],
        )
    return panel


def bars(panel_id: int, signal: Signal, *, width: int = 8) -> bargauge.Panel:
    """One bar a label value, the state of now."""
    panel = _common(bargauge.Panel(), panel_id, signal, width=width, height=8)
    panel.with_target(_query(signal, "A", instant=True))
    panel.orientation(VizOrientation.HORIZONTAL).reduce_options(
        common.ReduceDataOptions().calcs(["lastNotNull"])
    )
    panel.thresholds(_thresholds(None, None)).min(0)
    return panel


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of things, one column a signal, worst first by the column `sort_by`: the most, or with `least_first` the least.

    `labels` renames labels and fixes their order; `links` gives a column its links, title → address. A signal that
    speaks by its label (the label bears the signal's name) shows no value.
    """

    title: str
    description: str
    columns: Sequence[Signal]
    labels: Mapping[str, str]
    sort_by: str
    """A name of a column. With `least_first` one that every row has: what is missing would be the least."""
    links: Mapping[str, Mapping[str, str]]
    hidden: Sequence[str] = ()
    least_first: bool = False
    step: str = ""
    """What is reckoned over the whole period takes points no nearer than that."""
    width: int = 24
    height: int = 9


def rows(panel_id: int, spec: Table) -> table.Panel:
    """The table as a panel: instant queries, merged on the labels they share."""
    panel = table.Panel().id(panel_id).title(spec.title).description(spec.description).datasource(SOURCE)
    panel.span(spec.width).height(spec.height).unit("short").no_value("—").filterable(True)
    if spec.step:
        panel.interval(spec.step)
    letters = _lettered(spec.columns)
    for letter, signal in letters.items():
        panel.with_target(_query(signal, letter, instant=True).format(PromQueryFormat.TABLE))
    spoken = {signal.name for signal in spec.columns} & set(spec.labels.values())
    names = {f"Value #{letter}": signal.name for letter, signal in letters.items()}
    shown = {column: name for column, name in names.items() if name not in spoken}
    panel.with_transformation(dashboard.DataTransformerConfig(id_val="merge", options={}))
    panel.with_transformation(
        dashboard.DataTransformerConfig(
            id_val="organize",
            options={
                "excludeByName": dict.fromkeys(["Time", *sorted(names.keys() - shown.keys())], True),
                "indexByName": {column: place for place, column in enumerate([*spec.labels, *shown])},
                "renameByName": {**spec.labels, **shown},
            },
        )
    )
    panel.sort_by([common.TableSortByFieldState().display_name(spec.sort_by).desc(not spec.least_first)])
    for signal in spec.columns:
        look = _coloured() if signal.name in spoken else [_property("unit", signal.unit)]
        panel.override_by_name(signal.name, look + _endless(signal))
    for name, targets in spec.links.items():
        panel.override_by_name(name, [_links(targets)])
    for name in spec.hidden:
        panel.override_by_name(name, [_property("custom.hidden", True)])
    return panel


def of_today(panel: P) -> P:
    """The panel as of now, on a dashboard whose span reaches ahead: an instant query asks about the end of the span."""
    return panel.time_from("24h").hide_time_override(True)


def _common(panel: P, panel_id: int, signal: Signal, *, width: int, height: int) -> P:
    panel.id(panel_id).title(signal.name).description(signal.description).datasource(SOURCE)
    return panel.span(width).height(height).unit(signal.unit)


def _lettered(signals: Sequence[Signal]) -> dict[str, Signal]:
    """Each under the letter of its query. Raises ValueError where the letters do not suffice."""
    return dict(zip(_LETTERS[: len(signals)], signals, strict=True))


def _endless(signal: Signal) -> list[dashboard.DynamicConfigValue]:
    """What is shown for +Inf."""
    if not signal.endless:
        return []
    told = {"Infinity": {"text": signal.endless, "index": 0}}  # how a browser writes +Inf
    return [_property("mappings", [{"type": "value", "options": told}])]


def _query(signal: Signal, letter: str, *, instant: bool = False) -> prometheus.Dataquery:
    query = prometheus.Dataquery().expr(signal.expression).ref_id(letter).datasource(SOURCE)
    if signal.legend:
        query.legend_format(signal.legend)
    return query.instant() if instant else query.range()


def _thresholds(bad_above: float | None, bad_below: float | None) -> ThresholdsConfig:
    steps = [dashboard.Threshold(value=None, color="green" if bad_below is None else "orange")]
    if bad_above is not None:
        steps.append(dashboard.Threshold(value=bad_above, color="red"))
    if bad_below is not None:
        steps.append(dashboard.Threshold(value=bad_below, color="green"))
    return ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(steps)


def _property(name: str, value: object) -> dashboard.DynamicConfigValue:
    return dashboard.DynamicConfigValue(id_val=name, value=value)


def _links(targets: Mapping[str, str]) -> dashboard.DynamicConfigValue:
    return _property(
        "links", [{"title": title, "url": url, "targetBlank": True} for title, url in targets.items()]
    )


def _coloured() -> list[dashboard.DynamicConfigValue]:
    mapping = {
        value: {"color": colour, "index": place} for place, (value, colour) in enumerate(COLOURS.items())
    }
    return [
        _property("mappings", [{"type": "value", "options": mapping}]),
        _property("custom.cellOptions", {"type": "color-text"}),
    ]
