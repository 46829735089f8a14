"""A CSI driver that cuts snapshots of volumes that are only names: it runs inside the test, which tells it how to misbehave.

Here belongs what the driver answers and holds. What calls it (csi-snapshotter) and the cluster around it belong to csi.py.
"""

import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

import grpc

from tests.real import csi_wire as wire

NAME = "csi.example.org"

_SIZE = 5 * 2**30
_LONGEST_HANG = 60.0  # seconds; a test is over by then


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A snapshot on the storage. `captured` is in nanoseconds, 0 where the driver tells no time; `group` may be empty."""

    id: str
    name: str
    volume: str
    captured: int
    group: str = ""


class Driver:
    """Serves on `socket` inside a `with` block. The sets name volumes, and may be changed at any time:

    `refuses`: no snapshot of them can be cut. `hangs`: the call that would cut one does not return. `uploads`: their snapshots
    are cut and not ready to use yet. `timeless`: their snapshots come without a time. `keeps`: no snapshot of them can be deleted.
    """

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.refuses: set[str] = set()
        self.hangs: set[str] = set()
        self.uploads: set[str] = set()
        self.timeless: set[str] = set()
        self.keeps: set[str] = set()
        self._held: dict[str, Cut] = {}  # by id
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._server: grpc.Server | None = None

    def __enter__(self) -> Self:
        self._server = grpc.server(ThreadPoolExecutor(max_workers=8, thread_name_prefix="csi"))
        self._server.add_generic_rpc_handlers(wire.services(self._answers()))
        self._server.add_insecure_port(f"unix:{self.socket}")
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._server is not None:
            self._server.stop(grace=None).wait(10)

    def held(self, volume: str) -> list[Cut]:
        """The snapshots of a volume that the storage holds now, oldest first."""
        with self._lock:
            return sorted(
                (cut for cut in self._held.values() if cut.volume == volume), key=lambda cut: cut.captured
            )

    def _answers(self) -> Mapping[str, wire.Answer]:
        return {
            "GetPluginInfo": lambda _, __: {"name": NAME, "vendor_version": "1"},
            "GetPluginCapabilities": lambda _, __: wire.capabilities(wire.PLUGIN_CAPABILITIES),
            "Probe": lambda _, __: {"ready": {"value": True}},
            "ControllerGetCapabilities": lambda _, __: wire.capabilities(wire.CONTROLLER_CAPABILITIES),
            "CreateSnapshot": self._create,
            "DeleteSnapshot": self._delete,
            "ListSnapshots": self._list,
            "GroupControllerGetCapabilities": lambda _, __: wire.capabilities(wire.GROUP_CAPABILITIES),
            "CreateVolumeGroupSnapshot": self._create_group,
            "DeleteVolumeGroupSnapshot": self._delete_group,
            "GetVolumeGroupSnapshot": self._get_group,
        }

    def _create(self, request: Any, context: grpc.ServicerContext) -> Mapping[str, Any]:
        self._misbehave([request.source_volume_id], context)
        return {"snapshot": self._told(self._cut(request.name, request.source_volume_id))}

    def _delete(self, request: Any, context: grpc.ServicerContext) -> Mapping[str, Any]:
        self._remove([request.snapshot_id], context)
        return {}

    def _list(self, request: Any, _: grpc.ServicerContext) -> Mapping[str, Any]:
        with self._lock:
            cuts = [
                cut
                for cut in self._held.values()
                if request.snapshot_id in ("", cut.id) and request.source_volume_id in ("", cut.volume)
            ]
        return {"entries": [{"snapshot": self._told(cut)} for cut in cuts]}

    def _create_group(self, request: Any, context: grpc.ServicerContext) -> Mapping[str, Any]:
        self._misbehave(request.source_volume_ids, context)
        now = time.time_ns()  # all of them at one instant
        cuts = [
            self._cut(f"{request.name}/{volume}", volume, captured=now, group=request.name)
            for volume in request.source_volume_ids
        ]
        return self._group(request.name, cuts)

    def _delete_group(self, request: Any, context: grpc.ServicerContext) -> Mapping[str, Any]:
        self._remove(request.snapshot_ids, context)
        return {}

    def _get_group(self, request: Any, context: grpc.ServicerContext) -> Mapping[str, Any]:
        with self._lock:
            cuts = [cut for cut in self._held.values() if cut.group == request.group_snapshot_id]
        if not cuts:
            _abort(context, grpc.StatusCode.NOT_FOUND, "no such group")
        return self._group(request.group_snapshot_id, cuts)

    def _misbehave(self, volumes: Sequence[str], context: grpc.ServicerContext) -> None:
        limit = time.monotonic() + _LONGEST_HANG
        while self.hangs.intersection(volumes) and context.is_active() and time.monotonic() < limit:
            if self._ended.wait(0.05):
                break
        if self.refuses.intersection(volumes):
            _abort(context, grpc.StatusCode.RESOURCE_EXHAUSTED, "the pool is full")

    def _cut(self, name: str, volume: str, *, captured: int = 0, group: str = "") -> Cut:
        with self._lock:
            for cut in self._held.values():
                if cut.name == name:  # asked again: the interface wants the same answer
                    return cut
            at = 0 if volume in self.timeless else captured or time.time_ns()
            cut = Cut(id=f"snap-{uuid.uuid4().hex[:12]}", name=name, volume=volume, captured=at, group=group)
            self._held[cut.id] = cut
            return cut

    def _remove(self, ids: Sequence[str], context: grpc.ServicerContext) -> None:
        with self._lock:
            kept = any(self._held[one].volume in self.keeps for one in ids if one in self._held)
            for one in () if kept else ids:
                self._held.pop(one, None)
        if kept:
            _abort(context, grpc.StatusCode.INTERNAL, "the array does not answer")

    def _group(self, name: str, cuts: Sequence[Cut]) -> Mapping[str, Any]:
        told = [self._told(cut) for cut in cuts]
        return {
            "group_snapshot": {
                "group_snapshot_id": name,
                "snapshots": told,
                "creation_time": wire.timestamp(max(cut.captured for cut in cuts)),
                "ready_to_use": all(snapshot["ready_to_use"] for snapshot in told),
            }
        }

    def _told(self, cut: Cut) -> Mapping[str, Any]:
        told: dict[str, Any] = {
            "size_bytes": _SIZE,
            "snapshot_id": cut.id,
            "source_volume_id": cut.volume,
            "ready_to_use": cut.volume not in self.uploads,
            "group_snapshot_id": cut.group,
        }
        if cut.captured:
            told["creation_time"] = wire.timestamp(cut.captured)
        return told


def _abort(context: grpc.ServicerContext, code: grpc.StatusCode, text: str) -> NoReturn:
    context.abort(code, text)
    raise AssertionError("abort raises")  # grpc's stubs do not say so
