"""What is asked of one claim, resolved from annotations, tiers and defaults."""

from typing import Literal

import msgspec

from holdfast.model.annotation import Exempt

Origin = Literal["annotation", "workload", "namespace", "tier", "defaults", "builtin"]
ORIGINS: tuple[Origin, ...] = ("annotation", "workload", "namespace", "tier", "defaults", "builtin")


class Objective(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Durations in seconds; None where nothing is asked. ``rpo_origin`` says who asked for the rpo.

    ``exempt`` is the exemption in force, ``exempt_expired`` one that no longer is.
    """

    rpo: float | None = None
    rpo_origin: Origin | None = None
    rto: float | None = None
    replication_lag: float | None = None
    restore_drill_every: float | None = None
    urgency: str = "ticket"
    offsite: bool = False
    application: bool = False
    locations: int | None = None
    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    reclaim_policy: str = ""
    full_within: float | None = None
    unused_for: float | None = None
    tier: str = ""
    owner: str = ""
    muted: tuple[str, ...] = ()
    exempt: Exempt | None = None
    exempt_expired: Exempt | None = None

    @property
    def keeps(self) -> tuple[tuple[str, int], ...]:
        """The retention asked for, as (window, points); empty where none is."""
        return tuple(
            (window, points)
            for window, points in (("daily", self.daily), ("weekly", self.weekly), ("monthly", self.monthly))
            if points
        )
