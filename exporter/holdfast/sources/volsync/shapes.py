"""The fields of VolSync's objects that are read. Mover logs, addresses and keys are never decoded.

The kopia mover is that of the fork which has one; its fields stand beside those of the upstream project.
"""

import math
from typing import NamedTuple

import msgspec

from holdfast.sources.shapes import Metadata, Present, Shape, given
from holdfast.sources.values import parse_go_duration, parse_time
from holdfast.sources.words import strange_word


class Trigger(Shape):
    schedule: str | None = None
    manual: str | None = None


class Condition(Shape):
    type: str | None = None
    status: str | None = None
    reason: str | None = None


class MoverStatus(Shape):
    result: str | None = None


class Peer(Shape):
    connected: bool | None = None


class SyncthingStatus(Shape):
    peers: list[Peer | None] | None = None


class Status(Shape):
    """Of both kinds; only a source has peers."""

    last_sync_time: str | None = None
    last_sync_start_time: str | None = None
    last_sync_duration: str | None = None
    last_manual_sync: str | None = None
    latest_mover_status: MoverStatus | None = None
    conditions: list[Condition | None] | None = None
    syncthing: SyncthingStatus | None = None


class Restic(Shape):
    repository: str | None = None


class Wanted(Shape):
    """Which copy is to be restored: the newest as of an instant, and so many before it."""

    restore_as_of: str | None = None
    previous: int | None = None


class ResticRestore(Wanted):
    repository: str | None = None


class SourceIdentity(Shape):
    source_name: str | None = None
    source_namespace: str | None = None


class Kopia(Shape):
    username: str | None = None
    hostname: str | None = None


class KopiaRestore(Wanted):
    username: str | None = None
    hostname: str | None = None
    source_identity: SourceIdentity | None = None


class Rclone(Shape):
    rclone_config: str | None = None
    rclone_config_section: str | None = None
    rclone_dest_path: str | None = None


class Syncthing(Shape):
    peers: list[Present | None] | None = None


class SourceSpec(Shape):
    source_pvc: str | None = msgspec.field(default=None, name="sourcePVC")
    paused: bool | None = None
    trigger: Trigger | None = None
    restic: Restic | None = None
    kopia: Kopia | None = None
    rclone: Rclone | None = None
    rsync: Present | None = None
    rsync_tls: Present | None = msgspec.field(default=None, name="rsyncTLS")
    syncthing: Syncthing | None = None
    external: Present | None = None


class SourceObject(Shape):
    metadata: Metadata
    spec: SourceSpec | None = None
    status: Status | None = None


class ReceivingMover(Shape):
    destination_pvc: str | None = msgspec.field(default=None, name="destinationPVC")


class DestinationSpec(Shape):
    paused: bool | None = None
    trigger: Trigger | None = None
    restic: ResticRestore | None = None
    kopia: KopiaRestore | None = None
    rclone: Rclone | None = None
    rsync: ReceivingMover | None = None
    rsync_tls: ReceivingMover | None = msgspec.field(default=None, name="rsyncTLS")
    external: Present | None = None


class DestinationObject(Shape):
    metadata: Metadata
    spec: DestinationSpec | None = None
    status: Status | None = None


class Syncs(NamedTuple):
    """How the syncs of one object went. ``ended`` and ``duration`` are of the last one that succeeded.

    ``since`` is the start of the one now in progress; VolSync clears it when a sync ends, and tries a failing one
    again and again under the same start. ``stuck``: its controller cannot even begin.
    """

    ended: float | None
    duration: float | None
    since: float | None
    failing: bool
    stuck: bool
    strange: str

    @property
    def began(self) -> float | None:
        """The start of the last one that succeeded, None where it is not told.

        VolSync counts the duration from a start in whole seconds and cuts the end to whole seconds: less the
        whole duration, a sync that began when it was due would seem to have begun before.
        """
        if self.ended is None or self.duration is None or self.duration < 0:
            return None
        return self.ended - math.floor(self.duration)


_RESULTS = ("", "Successful", "Failed")


def read_syncs(status: Status | None) -> Syncs:
    status = status or Status()
    result = (status.latest_mover_status.result if status.latest_mover_status else None) or ""
    conditions = [(each.type, each.status, each.reason) for each in given(status.conditions)]
    return Syncs(
        ended=parse_time(status.last_sync_time),
        duration=parse_go_duration(status.last_sync_duration),
        since=parse_time(status.last_sync_start_time),
        failing=result == "Failed",
        stuck=("Synchronizing", "False", "Error") in conditions,
        strange=strange_word(result, _RESULTS),
    )
