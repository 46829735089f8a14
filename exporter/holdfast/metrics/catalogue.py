"""Every family that is published, in the order of the exposition. The one list of them."""

from holdfast.metrics.capacity import CAPACITY_FAMILIES
from holdfast.metrics.checks import CHECK_FAMILIES
from holdfast.metrics.claims import CLAIM_FAMILIES
from holdfast.metrics.cost import COST_FAMILIES
from holdfast.metrics.ephemeral import EPHEMERAL_FAMILIES
from holdfast.metrics.family import Family
from holdfast.metrics.filling import FILLING_FAMILIES
from holdfast.metrics.process import PROCESS_FAMILIES, ProcessFamily
from holdfast.metrics.proof import DRILL_FAMILIES, REPLICATION_FAMILIES
from holdfast.metrics.protection import PROTECTION_FAMILIES, SCHEDULE_FAMILIES
from holdfast.metrics.seeing import SEEING_FAMILIES
from holdfast.metrics.storage import STORAGE_FAMILIES

RENDERED: tuple[Family, ...] = (
    *CLAIM_FAMILIES,
    *PROTECTION_FAMILIES,
    *SCHEDULE_FAMILIES,
    *DRILL_FAMILIES,
    *REPLICATION_FAMILIES,
    *FILLING_FAMILIES,
    *CAPACITY_FAMILIES,
    *EPHEMERAL_FAMILIES,
    *STORAGE_FAMILIES,
    *COST_FAMILIES,
    *CHECK_FAMILIES,
    *SEEING_FAMILIES,
)
"""Families rendered from judgements."""

FAMILIES: tuple[Family | ProcessFamily, ...] = (*RENDERED, *PROCESS_FAMILIES)
"""All families, those about the exporter's own process included."""
