"""What stands under ``/api/v1``: each path with what it answers and what may be asked of it. Requests are not known here."""

from typing import Final

import msgspec

from holdfast.http import views
from holdfast.http.queries import FORMS, Form
from holdfast.model.account.explanation import Explanation
from holdfast.model.account.report import Report
from holdfast.model.account.telling import Part

ROOT: Final = "/api/v1"


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """``form`` is the name in ``FORMS`` of what may be asked; empty where a query string is not read.

    ``answer`` None: the body is no JSON of ours. Words of ``path`` in braces are asked of the site as they come.
    """

    path: str
    name: str
    says: str
    answer: type[Part] | None
    form: str = ""

    @property
    def asks(self) -> Form:
        return FORMS[self.form] if self.form else Form()

    @property
    def segments(self) -> tuple[str, ...]:
        """Those after the root."""
        return tuple(self.path.removeprefix(ROOT).strip("/").split("/"))


VIEWS: Final = (
    Endpoint(
        path=f"{ROOT}/overview",
        name="overview",
        says="How the cluster stands, and what to do first",
        answer=views.OverviewView,
        form="overview",
    ),
    Endpoint(
        path=f"{ROOT}/claims",
        name="claims",
        says="Claims, filtered, sorted and in pages",
        answer=views.ClaimsView,
        form="claims",
    ),
    Endpoint(
        path=f"{ROOT}/claims/{{namespace}}/{{name}}",
        name="claim",
        says="All of one claim: what is asked, whether it is safe, and why",
        answer=views.StoryView,
        form="claim",
    ),
    Endpoint(
        path=f"{ROOT}/schedules",
        name="schedules",
        says="Backup schedules, and the places that copies go to",
        answer=views.SchedulesView,
        form="schedules",
    ),
    Endpoint(
        path=f"{ROOT}/sources",
        name="sources",
        says="What is seen through, and what cannot be seen",
        answer=views.SourcesView,
        form="sources",
    ),
    Endpoint(
        path=f"{ROOT}/findings",
        name="findings",
        says="Open findings, and every check",
        answer=views.FindingsView,
        form="findings",
    ),
    Endpoint(
        path=f"{ROOT}/checklist",
        name="checklist",
        says="The go-live checklist by namespace",
        answer=views.ChecklistView,
        form="checklist",
    ),
    Endpoint(
        path=f"{ROOT}/compliance",
        name="compliance",
        says="Who has what the objectives ask for, and sums by namespace and tier",
        answer=views.ComplianceView,
        form="compliance",
    ),
    Endpoint(
        path=f"{ROOT}/waste",
        name="waste",
        says="What could be saved, dearest first",
        answer=views.WasteView,
        form="waste",
    ),
)
"""Answered by ``Site.view``."""

DOCUMENTS: Final = (
    Endpoint(
        path=f"{ROOT}/report",
        name="report",
        says="The whole judgement, as `holdfast report --format json` prints it",
        answer=Report,
    ),
    Endpoint(
        path=f"{ROOT}/explain/pvc/{{namespace}}/{{name}}",
        name="explain",
        says="Why a claim is judged as it is, as `holdfast explain --format json` prints it",
        answer=Explanation,
    ),
)
"""Answered by ``Site.api``."""

CSV: Final = Endpoint(
    path="/compliance.csv",
    name="compliance-csv",
    says="The rows of the compliance view that pass the filters, all of them, as RFC 4180 has it",
    answer=None,
    form="compliance",
)

OPENAPI: Final = Endpoint(
    path=f"{ROOT}/openapi.json", name="openapi", says="This document, which needs no judgement", answer=None
)

ENDPOINTS: Final = (*VIEWS, *DOCUMENTS, CSV, OPENAPI)
