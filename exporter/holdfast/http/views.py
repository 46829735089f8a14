"""The views: what a page shows and ``/api/v1`` answers, one struct each. Whoever fills them knows the cluster; none of it here.

Fields ending in ``_seconds`` are durations, those ending in ``_bytes`` sizes, ratios go from 0 to 1, times are in UTC.
Null: there is none, nobody asks, or it is unknown, and then ``unknown`` says why. Texts of objects are never markup.
"""

from datetime import datetime
from typing import Literal

from holdfast.http.parts import (
    CheckRow,
    ComplianceRow,
    ComplianceSum,
    FindingRow,
    RestorePart,
    SourceGroup,
    TodoGroup,
)
from holdfast.model.account.explanation import Explanation
from holdfast.model.account.filling import BackendPart, ForecastPart
from holdfast.model.account.report import (
    ClaimPart,
    FindingPart,
    MoneyPart,
    ReplicationPart,
    SchedulePart,
    TargetPart,
)
from holdfast.model.account.telling import Part, Unknown

FillingState = Literal[
    "full-soon",  # full, or full within what its owner calls near
    "filling",  # full later, within half a year
    "steady",  # not full within half a year
    "unforetold",  # measured, and too little is known for a forecast
    "stale",
    "unmeasured",
    "not-mounted",  # or a block device, or nobody has looked yet
]
ScheduleState = Literal[
    "invalid", "failed", "partial", "missed", "not-started", "unknown", "running", "paused", "succeeded"
]
"""Worst first. ``running``: a run is under way, and nothing was wrong before it."""


class Problem(Part, frozen=True, kw_only=True, gc=False):
    """Why there is no answer, in one sentence."""

    error: str


class View(Part, frozen=True, kw_only=True, gc=False):
    """Base of all views: the instant that it speaks of, and the name of the cluster, empty where nobody gave one."""

    now: datetime
    cluster: str


class FacetValue(Part, frozen=True, kw_only=True, gc=False):
    """A value that may be filtered by. ``count``: how many rows have it that pass all other filters."""

    value: str
    count: int
    chosen: bool


class FacetPart(Part, frozen=True, kw_only=True, gc=False):
    """What may be filtered by under this key of the query string. ``more``: how many values with few rows are left out."""

    key: str
    values: tuple[FacetValue, ...]
    more: int


class Listing(View, frozen=True, kw_only=True, gc=False):
    """Base of views that come in pages. ``total`` rows pass the filters of ``everything``; ``page`` counts from 1.

    ``search`` and ``sort`` are as asked for; what else was asked for is chosen in ``facets``.
    """

    search: str
    sort: str
    total: int
    everything: int
    page: int
    pages: int
    per: int
    facets: tuple[FacetPart, ...]


class StateCount(Part, frozen=True, kw_only=True, gc=False):
    state: str
    count: int


class OverviewView(View, frozen=True, kw_only=True, gc=False):
    """How the cluster stands, and what to do first: only groups that have something to do, the most urgent first.

    ``states`` has every protection state, worst first. ``drills`` and ``filling`` count claims by their state as well.
    """

    version: str
    claims: int
    states: tuple[StateCount, ...]
    drills: tuple[StateCount, ...]
    filling: tuple[StateCount, ...]
    todo: tuple[TodoGroup, ...]
    blind: tuple[str, ...]
    findings: tuple[StateCount, ...]


class ClaimRow(Part, frozen=True, kw_only=True, gc=False):
    """One claim in a list. ``source`` made the copy that ``age_seconds`` speaks of; both are empty where no copy counts.

    ``used_ratio`` and ``full_seconds`` (time to full, 0 where it is full) are those of the shared space where ``backend``
    names one. ``findings`` is how many stand on it.
    """

    namespace: str
    name: str
    state: str
    reasons: tuple[str, ...]
    captured: datetime | None
    age_seconds: float | None
    rpo_seconds: float | None
    source: str
    drill: str | None
    use: str | None
    use_reason: str
    unused_seconds: float | None
    filling: FillingState
    used_ratio: float | None
    full: datetime | None
    full_seconds: float | None
    backend: str
    tier: str
    urgency: str
    owner: str
    storage_class: str
    workload_kind: str
    workload: str
    capacity_bytes: int | None
    monthly_cost: MoneyPart | None
    findings: int
    unknown: Unknown


class ClaimsView(Listing, frozen=True, kw_only=True, gc=False):
    """A page of the claims."""

    rows: tuple[ClaimRow, ...]


class TimelineCopy(Part, frozen=True, kw_only=True, gc=False):
    """A copy on the time line. ``counts``: under the objective. ``kind`` and ``object`` name the object that tells of it."""

    captured: datetime
    expires: datetime | None
    placement: str
    consistency: str
    counts: bool
    restorable: bool
    schedule: str
    target: str
    size_bytes: int | None
    kind: str
    object: str


class TimelineSource(Part, frozen=True, kw_only=True, gc=False):
    """All that one source holds, newest first. ``total`` counts those that are left out as well."""

    source: str
    total: int
    copies: tuple[TimelineCopy, ...]


class TimelinePart(Part, frozen=True, kw_only=True, gc=False):
    """The copies of a claim by source: of all together the newest 200. ``first`` is the oldest of them, null where none is.

    ``allowed_since``: a copy before it is older than the rpo allows; null where no rpo is asked for.
    """

    first: datetime | None
    allowed_since: datetime | None
    total: int
    sources: tuple[TimelineSource, ...]


class UsePoint(Part, frozen=True, kw_only=True, gc=False):
    """What was taken at a time, and of how much: bytes, or inodes in the history of inodes."""

    time: datetime
    used: float
    capacity: float


class HistoryPart(Part, frozen=True, kw_only=True, gc=False):
    """The use over the last days, oldest first, at most 400 points, and when it is full.

    ``capacity`` is what can be filled by whoever is not root. ``forecast`` is null where nothing was foretold.
    """

    points: tuple[UsePoint, ...]
    forecast: ForecastPart | None


class StoryFinding(FindingPart, frozen=True, kw_only=True, gc=False):
    """A finding with what it means, why it matters and what can be done."""

    title: str
    matters: str
    remedy: str


class StoryView(View, frozen=True, kw_only=True, gc=False):
    """All of one claim: its entry of the report, why it is judged so, and what pictures of it need.

    ``explanation.copies`` are the newest 200. ``backend`` is the space that it shares with others; ``bytes`` and its
    forecast are then those of the space. ``full_within_seconds`` is how long before it is full its owner wants to know.
    ``drill_due`` is when the next proof of restore is wanted. ``siblings``: how many claims its namespace has.
    """

    claim: ClaimPart
    explanation: Explanation
    headline: str
    why: tuple[str, ...]
    timeline: TimelinePart
    bytes: HistoryPart
    inodes: HistoryPart
    backend: BackendPart | None
    full_within_seconds: float
    restores: tuple[RestorePart, ...]
    drill_due: datetime | None
    replications: tuple[ReplicationPart, ...]
    findings: tuple[StoryFinding, ...]
    monthly_cost: MoneyPart | None
    siblings: int


class ScheduleRow(SchedulePart, frozen=True, kw_only=True, gc=False):
    """A schedule and how it does, in a word and in a sentence."""

    state: ScheduleState
    why: str


class SchedulesView(Listing, frozen=True, kw_only=True, gc=False):
    """A page of the schedules, and all places that copies go to."""

    rows: tuple[ScheduleRow, ...]
    targets: tuple[TargetPart, ...]


class SourcesView(View, frozen=True, kw_only=True, gc=False):
    """What is seen through: sources that are here, worst first, and the names of those that the cluster does not have."""

    sources: tuple[SourceGroup, ...]
    not_installed: tuple[str, ...]
    disabled: tuple[str, ...]


class FindingsView(Listing, frozen=True, kw_only=True, gc=False):
    """A page of the findings, most severe first, and every check."""

    rows: tuple[FindingRow, ...]
    checks: tuple[CheckRow, ...]


class ChecklistObject(Part, frozen=True, kw_only=True, gc=False):
    """An object behind a state; ``why`` is empty where the reasons of the item say it all."""

    kind: str
    namespace: str
    name: str
    why: str


class ChecklistRow(Part, frozen=True, kw_only=True, gc=False):
    """One item of the go-live checklist in one namespace: pass, fail, unknown or not_applicable."""

    namespace: str
    item: str
    title: str
    state: str
    reasons: tuple[str, ...]
    objects: tuple[ChecklistObject, ...]


class ChecklistStanding(Part, frozen=True, kw_only=True, gc=False):
    """How many items of the list a namespace passes, of how many that is unknown, and which fail."""

    namespace: str
    fails: tuple[str, ...]
    unknown: int
    passes: int


class ChecklistView(Listing, frozen=True, kw_only=True, gc=False):
    """The checklists of a page of namespaces; ``total``, ``everything`` and ``per`` count namespaces.

    ``rows`` has every item of each, in the list's own order, and ``standings`` a line for each. ``states`` counts the items
    of all namespaces that pass the filters. ``judged`` False: nothing is judged yet, and the list is empty.
    """

    judged: bool
    chosen: tuple[str, ...]
    namespaces: tuple[str, ...]
    states: tuple[StateCount, ...]
    standings: tuple[ChecklistStanding, ...]
    rows: tuple[ChecklistRow, ...]


class ComplianceView(Listing, frozen=True, kw_only=True, gc=False):
    """Objective by objective, who has what is asked; sums are over all that pass the filters, not of one page."""

    sum: ComplianceSum
    by_namespace: tuple[ComplianceSum, ...]
    by_tier: tuple[ComplianceSum, ...]
    rows: tuple[ComplianceRow, ...]


class WasteRow(Part, frozen=True, kw_only=True, gc=False):
    """Something that costs and serves nobody. ``commands`` are what a person would run, in this order, after ``caution``.

    ``estimate``: the saving is an estimate, and nothing is to be deleted.
    """

    kind: str
    namespace: str
    name: str
    reason: str
    why: str
    owner: str
    since: datetime | None
    size_bytes: int | None
    monthly_cost: MoneyPart | None
    estimate: bool
    caution: str
    commands: tuple[str, ...]


class WasteSum(Part, frozen=True, kw_only=True, gc=False):
    """``name`` is a namespace or an owner; ``monthly_cost`` is null where no price is known of any of its objects."""

    name: str
    objects: int
    monthly_cost: MoneyPart | None


class WasteView(Listing, frozen=True, kw_only=True, gc=False):
    """What could be saved, dearest first. ``priced`` False: no prices are configured. ``unpriced`` objects have none."""

    judged: bool
    priced: bool
    unpriced: int
    monthly_cost: MoneyPart | None
    by_namespace: tuple[WasteSum, ...]
    by_owner: tuple[WasteSum, ...]
    rows: tuple[WasteRow, ...]
