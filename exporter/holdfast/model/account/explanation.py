"""The shapes of an explanation: figures with the rule that decided each and the objects it came from.

Like the report document it tells times in RFC 3339 and durations in seconds, and documents itself.
"""

from datetime import datetime

from holdfast.model.account.telling import Part

NOBODY = "nobody sets it"
"""The rule of a figure of the objective that nothing sets."""

Value = str | int | float | bool | tuple[str, ...] | None
"""A time is a text, so that the document can be read back."""


class ObjectPart(Part, frozen=True, kw_only=True, gc=False):
    """An object that a figure came from, what it says in words, and its own times by name."""

    kind: str
    namespace: str
    name: str
    says: str
    times: dict[str, datetime]


class FigurePart(Part, frozen=True, kw_only=True, gc=False):
    """``figure`` is the path in the claim's entry of the report. ``unit``: seconds, bytes, time or empty."""

    figure: str
    value: Value
    unit: str
    rule: str
    objects: tuple[ObjectPart, ...]


class RowPart(Part, frozen=True, kw_only=True, gc=False):
    """A row of the decision table of the protection state; ``holds`` is null where an earlier row decided."""

    state: str
    holds: bool | None
    why: str


class FaultPart(Part, frozen=True, kw_only=True, gc=False):
    fault: str
    why: str


class CopyVerdictPart(Part, frozen=True, kw_only=True, gc=False):
    """A copy that a source tells of. ``counts``: under the objective; ``restorable`` now; ``faults``: all that keeps it
    from protecting the claim.
    """

    source: str
    captured: datetime
    age_seconds: float
    placement: str
    consistency: str
    size_bytes: int | None
    expires: datetime | None
    target: str
    schedule: str
    inferred: bool
    counts: bool
    restorable: bool
    faults: tuple[FaultPart, ...]
    evidence: ObjectPart


class MissPart(Part, frozen=True, kw_only=True, gc=False):
    """A finished run that should have copied the claim. ``bears``: no copy that counts is newer."""

    schedule: str
    time: datetime
    reason: str
    why: str
    bears: bool
    evidence: ObjectPart


class CoveringPart(Part, frozen=True, kw_only=True, gc=False):
    """A schedule that reaches the claim. ``gap`` is empty where it runs; ``counts``: its copies would count."""

    source: str
    namespace: str
    name: str
    gap: str
    why: str
    counts: bool
    placement: str
    consistency: str
    target: str
    target_available: bool | None
    cron: str
    timezone: str
    last_result: str
    last_success: datetime | None
    last_due: datetime | None
    next_run: datetime | None
    running_since: datetime | None
    missed_runs: int | None


class BlindPart(Part, frozen=True, kw_only=True, gc=False):
    """A kind of a source that could hold copies and cannot vouch for what it holds."""

    source: str
    kind: str
    state: str
    message: str
    undecodable: int
    lost_since: datetime | None


class Explanation(Part, frozen=True, kw_only=True, gc=False):
    """All that was concluded of one claim, and why. ``table`` is in order of precedence, copies are newest first."""

    api_version: str
    now: datetime
    cluster: str
    namespace: str
    name: str
    uid: str
    state: str
    figures: tuple[FigurePart, ...]
    table: tuple[RowPart, ...]
    copies: tuple[CopyVerdictPart, ...]
    misses: tuple[MissPart, ...]
    schedules: tuple[CoveringPart, ...]
    blind: tuple[BlindPart, ...]
