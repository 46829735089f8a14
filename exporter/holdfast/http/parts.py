"""Rows and entries of views that stand in one of them each: what is to do, sources, findings, compliance, restores.

How times, durations and unknowns are told: ``views``.
"""

from datetime import datetime
from typing import Literal

from holdfast.model.account.explanation import ObjectPart
from holdfast.model.account.report import ExemptPart, FindingPart, SourcePart
from holdfast.model.account.telling import Part

TodoKind = Literal[
    "claims",
    "schedules",
    "replications",
    "drills",
    "full-soon",
    "quotas",
    "pools",
    "sources",
    "targets",
    "checklist",
]


class TodoItem(Part, frozen=True, kw_only=True, gc=False):
    """One thing to look at. ``sentence`` says what is wrong, ``link`` is the path of the page about it."""

    kind: str
    namespace: str
    name: str
    state: str
    sentence: str
    link: str


class TodoGroup(Part, frozen=True, kw_only=True, gc=False):
    """The worst of one kind, at most ten of ``total``, worst first. ``link`` is the path of the page with all of them."""

    kind: TodoKind
    title: str
    total: int
    items: tuple[TodoItem, ...]
    link: str


class RestorePart(Part, frozen=True, kw_only=True, gc=False):
    """A finished restore of the claim's data. ``point`` is when the restored data was captured."""

    source: str
    success: bool
    started: datetime | None
    ended: datetime
    duration_seconds: float | None
    point: datetime | None
    evidence: ObjectPart


class SourceGroup(Part, frozen=True, kw_only=True, gc=False):
    """What is read on behalf of one source: an operator, a tool, or the cluster itself.

    ``state`` is the worst of its kinds. ``lost_since``: for how long something of it has not been seen. ``why`` says in a
    sentence what is wrong and what follows, empty where all is well.
    """

    source: str
    state: str
    blind: bool
    lost_since: datetime | None
    why: str
    kinds: tuple[SourcePart, ...]


class CheckRow(Part, frozen=True, kw_only=True, gc=False):
    """A check, how many findings of it are open, and whether it could be judged: yes, partly, no or off."""

    check: str
    severity: str
    title: str
    matters: str
    remedy: str
    judged: str
    found: int


class FindingRow(FindingPart, frozen=True, kw_only=True, gc=False):
    """An open finding. ``claim`` is True where it stands on a claim, which has a page."""

    claim: bool


class ComplianceRow(Part, frozen=True, kw_only=True, gc=False):
    """Whether one claim has what is asked of it. ``met`` is null where it is exempt or that is unknown; ``state`` tells which.

    ``drill_met``, ``consistency_met`` and ``offsite_met`` are null where nobody asks, or where it is unknown.
    ``consistency`` and ``placement`` are those of the copy that ``captured`` speaks of. ``why`` is empty where all is met.
    """

    namespace: str
    name: str
    tier: str
    owner: str
    storage_class: str
    state: str
    met: bool | None
    why: str
    rpo_seconds: float | None
    rpo_origin: str | None
    captured: datetime | None
    age_seconds: float | None
    source: str
    drill: str | None
    drill_every_seconds: float | None
    drilled: datetime | None
    drill_met: bool | None
    consistency_asked: str | None
    consistency: str | None
    consistency_met: bool | None
    offsite_asked: bool
    placement: str | None
    offsite_met: bool | None
    exempt: ExemptPart | None


class ComplianceSum(Part, frozen=True, kw_only=True, gc=False):
    """Claims of one namespace or tier: ``claims`` = ``met`` + ``unmet`` + ``unknown`` + ``exempt``.

    ``drills`` is how many owe a proof of restore, ``drills_met`` how many have it.
    """

    name: str
    claims: int
    met: int
    unmet: int
    unknown: int
    exempt: int
    drills: int
    drills_met: int
