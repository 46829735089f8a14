"""The shapes in which the report document tells how claims, the spaces that they share, quotas and pools fill."""

from datetime import datetime

from holdfast.model.account.telling import Part, Unknown


class ForecastPart(Part, frozen=True, kw_only=True, gc=False):
    """When a resource is full. ``fills`` false: not within half a year; null: unknown, and ``reason`` says why.

    The times are null where there is no finite one; what is full already was so then. ``full_chance`` is how likely full is within
    one and a half times what the owner calls near, 0 to 1; null but for claims with a space of their own. Their alerts go by it. Growth is in bytes or inodes.
    """

    fills: bool | None
    reason: str
    full: datetime | None
    full_early: datetime | None
    full_late: datetime | None
    full_chance: float | None
    growth_per_second: float | None


class FillingPart(Part, frozen=True, kw_only=True, gc=False):
    """How full the claim's file system is, as the newest sample tells, whoever took it (``origin``).

    ``state``: measured, stale, or unmeasured with a ``reason``; null for a claim that is not mounted, for a block device, and
    while nobody has looked yet. ``backend`` names the space that it shares with others: use and forecast are then
    those of the space. ``notExpandable`` says why it cannot grow, empty where nothing is known to be in its way.
    """

    state: str | None
    reason: str
    measured: datetime | None
    age_seconds: float | None
    origin: str
    backend: str
    used_bytes: int | None
    filesystem_bytes: int | None
    available_bytes: int | None
    inodes_used: int | None
    inodes: int | None
    bytes_forecast: ForecastPart | None
    inodes_forecast: ForecastPart | None
    not_expandable: str
    unknown: Unknown


class MemberPart(Part, frozen=True, kw_only=True, gc=False):
    """A claim among others."""

    namespace: str
    name: str


class BackendPart(Part, frozen=True, kw_only=True, gc=False):
    """A space that several claims share, once."""

    name: str
    claims: tuple[MemberPart, ...]
    measured: datetime
    age_seconds: float
    used_bytes: int | None
    capacity_bytes: int | None
    forecast: ForecastPart
    unknown: Unknown


class LimitPart(Part, frozen=True, kw_only=True, gc=False):
    """One limit of a quota, over all classes where ``storageClass`` is empty. Bytes, but for ``persistentvolumeclaims``.

    ``forecast`` is null where nothing was foretold, as of a number of claims.
    """

    resource: str
    storage_class: str
    hard: int | None
    used: int | None
    forecast: ForecastPart | None
    unknown: Unknown


class QuotaPart(Part, frozen=True, kw_only=True, gc=False):
    """A ResourceQuota with limits on storage. ``scoped``: it holds for some objects of its namespace only."""

    namespace: str
    name: str
    scoped: bool
    limits: tuple[LimitPart, ...]


class PoolPart(Part, frozen=True, kw_only=True, gc=False):
    """The space from which volumes of a class are made, for the nodes of the topology (empty: for all)."""

    storage_class: str
    topology: str
    available_bytes: int | None
    maximum_volume_bytes: int | None
    forecast: ForecastPart | None
    unknown: Unknown
