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


def framed(name: str, description: str, sections: Sections) -> model.Dashboard:
    """The dashboard of this name, built anew."""
    board = Dashboard(f"Holdfast / {name}").uid(f"holdfast-{name.lower()}").tags(["holdfast"]).readonly()
    board.description(description)
    board.refresh("1m").time("now-24h", "now").timezone("browser").tooltip(
        model.DashboardCursorSync.CROSSHAIR
    )
    board.link(_siblings())
    for variable in (_datasource(), *_scope()):
        board.with_variable(variable)
    for row_id, question, section in sections:
        board.with_row(Row(question).id(row_id))
        for panel in section():
            board.with_panel(panel)
    return board.build()


def _siblings() -> DashboardLink:
    link = DashboardLink("Holdfast").type(model.DashboardLinkType.DASHBOARDS).tags(["holdfast"])
    return link.as_dropdown(True).include_vars(True).keep_time(True)


def _datasource() -> DatasourceVariable:
    return DatasourceVariable("datasource").label("Data source").type("prometheus")


def _scope() -> list[QueryVariable]:
    """Cluster and namespace. All of them also means series that bear no such label."""
    questions = {"cluster": s.CLUSTERS, "namespace": s.NAMESPACES}
    return [
        QueryVariable(name)
        .label(name.capitalize())
        .query(question)
        .datasource(p.SOURCE)
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(model.VariableOption(selected=True, text=["All"], value=["$__all"]))
        for name, question in questions.items()
    ]
