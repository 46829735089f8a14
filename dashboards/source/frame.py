"""What all dashboards share: choices, links to their siblings, and sections that are questions. No panel stands here."""

from collections.abc import Callable, Sequence

from grafana_foundation_sdk.builders.dashboard import (
    Dashboard,
    DashboardLink,
    DatasourceVariable,
    QueryVariable,
    Row,
)
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model

from dashboards.source import panels as p
from dashboards.source import signals as s

Panels = Sequence[Builder[model.Panel]]
Sections = Sequence[tuple[int, str, Callable[[], Panels]]]
"""Id of the row, the question, and the panels that answer it."""

CLAIM_LABELS = {"cluster": "Cluster", "namespace": "Namespace", "persistentvolumeclaim": "Claim"}

_ONE_CLAIM = (
    "/d/holdfast-claim?${datasource:queryparam}"
    "&var-namespace=${__data.fields.Namespace}&var-claim=${__data.fields.Claim}"
)
CLAIM_LINKS = {
    "Claim": {"This claim": _ONE_CLAIM + "&${cluster:queryparam}"},
    "Cluster": {"This claim, of this cluster": _ONE_CLAIM + "&var-cluster=${__data.fields.Cluster}"},
}
"""From a row about a claim to its page. Where series bear no cluster there is no such column, and no such link."""

_CHOSEN = "?${datasource:queryparam}&${cluster:queryparam}&${namespace:queryparam}"


def of_namespace(*names: str) -> dict[str, dict[str, str]]:
    """From a row about a namespace to these dashboards, about that namespace alone."""
    choices = "?${datasource:queryparam}&${cluster:queryparam}&var-namespace=${__data.fields.Namespace}"
    return {"Namespace": {f"{name} of it": f"/d/holdfast-{name.lower()}{choices}" for name in names}}


def more_in(name: str, **further: str) -> DashboardLink:
    """From a panel to another dashboard, with what is chosen. `further` are parameters of its address."""
    address = f"/d/holdfast-{name.lower()}{_CHOSEN}" + "".join(
        f"&{key}={value}" for key, value in further.items()
    )
    return DashboardLink(name).type(model.DashboardLinkType.LINK).url(address)


def framed(
    name: str,
    description: str,
    sections: Sections,
    *,
    span: tuple[str, str] = ("now-24h", "now"),
    choices: Sequence[Builder[model.VariableModel]] = (),
) -> model.Dashboard:
    """The dashboard of this name, built anew. `span` is what it shows at first, `choices` are its own."""
    board = Dashboard(f"Holdfast / {name}").uid(f"holdfast-{name.lower()}").tags(["holdfast"]).readonly()
    board.description(description)
    board.refresh("1m").time(*span).timezone("browser").tooltip(model.DashboardCursorSync.CROSSHAIR)
    board.link(_siblings(ahead="+" in span[1]))
    for variable in (_datasource(), *_scope(), *choices):
        board.with_variable(variable)
    for row_id, question, section in sections:
        board.with_row(Row(question).id(row_id))
        for panel in section():
            board.with_panel(panel)
    return board.build()


def _siblings(*, ahead: bool) -> DashboardLink:
    """To all others. A span that reaches ahead stays behind: tables tell of its end, of which nothing is known yet."""
    link = DashboardLink("Holdfast").type(model.DashboardLinkType.DASHBOARDS).tags(["holdfast"])
    return link.as_dropdown(True).include_vars(True).keep_time(not ahead)


def _datasource() -> DatasourceVariable:
    return DatasourceVariable("datasource").label("Data source").type("prometheus")


def _scope() -> list[QueryVariable]:
    """Cluster and namespace. All of them also means series that bear no such label."""
    questions = {"cluster": s.CLUSTERS, "namespace": s.NAMESPACES}
    return [
        asked(name, question)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(model.VariableOption(selected=True, text=["All"], value=["$__all"]))
        for name, question in questions.items()
    ]


def asked(name: str, question: str) -> QueryVariable:
    """A choice between the answers to a question."""
    variable = QueryVariable(name).label(name.capitalize()).query(question).datasource(p.SOURCE)
    variable.refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
    return variable.sort(model.VariableSort.ALPHABETICAL_ASC)
