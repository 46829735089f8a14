"""The one visible table of sources. A new one is a module and a row here."""

from holdfast.sources import core, cronjob, csi_snapshot, velero
from holdfast.sources.contract import Source

SOURCES: tuple[Source, ...] = (
    core.SOURCE,
    csi_snapshot.SOURCE,
    velero.SOURCE,
    cronjob.SOURCE,
)
