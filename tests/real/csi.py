"""CSI snapshots as in a real cluster: snapshot-controller and csi-snapshotter beside a real API server, with a driver of our own.

Here belongs what starts them, and the claims and snapshots that tests ask for. The driver itself belongs to csi_driver.py.
"""

import os
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from tests import tools
from tests.real.apiserver import ApiServer
from tests.real.csi_driver import NAME as DRIVER
from tests.real.csi_driver import Driver
from tests.real.process import Process, free_port, wait_for
from tests.real.web import JsonObject, call

SNAPSHOTS = "snapshot.storage.k8s.io/v1"
GROUPS = "groupsnapshot.storage.k8s.io/v1"
CLASS = "csi-example"

_START_TIMEOUT = 60.0  # seconds
_HASTE = (
    "--retry-interval-start=200ms",
    "--retry-interval-max=1s",
    "--kube-api-qps=200",
    "--kube-api-burst=400",
)


class CsiSnapshots:
    """The two controllers and the driver inside a `with` block. `api` must have kube-controller-manager: claims have to bind.

    The CRDs and the classes `csi-example` (of storage, of snapshots, of group snapshots) are made on `api` and stay.
    """

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._stack = ExitStack()
        self._driver: Driver | None = None
        self._programs: dict[str, Process] = {}

    @property
    def driver(self) -> Driver:
        assert self._driver is not None, "the driver is not started: use it in a with block"
        return self._driver

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-csi-")))
            for crd in crds():
                self._api.create_crd(crd)
            for one in _CLASSES:
                self._api.create(one)
            self._driver = stack.enter_context(Driver(folder / "csi.sock"))
            for name in _PROGRAMS:
                self._start(name, folder, stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()  # the programs before the driver that they call

    def _start(self, name: str, folder: Path, stack: ExitStack) -> None:
        address = f"127.0.0.1:{free_port()}"
        command: list[str | Path] = [
            tools.path(name),
            f"--kubeconfig={self._api.kubeconfig(folder / 'kubeconfig.yaml')}",
            f"--http-endpoint={address}",
            "--leader-election=false",
            "--feature-gates=CSIVolumeGroupSnapshot=true",
            *_HASTE,
            *(flag.format(socket=self.driver.socket) for flag in _PROGRAMS[name]),
        ]
        program = stack.enter_context(Process(name, command, log=folder / f"{name}.log"))
        program.wait_until_ready(lambda: bool(call(f"http://{address}/metrics")), _START_TIMEOUT)
        self._programs[name] = program

    @contextmanager
    def asleep(self, name: str) -> Iterator[None]:
        """Stops one of the programs from doing anything while the block lasts."""
        os.kill(self._programs[name].pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._programs[name].pid, signal.SIGCONT)

    def claim(
        self,
        namespace: str,
        name: str,
        labels: Mapping[str, str] | None = None,
        *,
        volume: str = "",
        snapshot: str = "",
    ) -> str:
        """Makes a claim that is bound to a volume of the driver, and returns that volume's handle.

        `snapshot` names the one that the claim is filled from, as a restore does; nothing is filled in truth.
        """
        handle = volume or f"vol-{namespace}-{name}"
        where = {"namespace": namespace, "name": name}
        modes, size = ["ReadWriteOnce"], {"storage": "5Gi"}
        volume_spec = {
            "accessModes": modes,
            "capacity": size,
            "storageClassName": CLASS,
            "csi": {"driver": DRIVER, "volumeHandle": handle},
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **where},
        }
        self._api.create(_object("v1", "PersistentVolume", {"name": handle}, volume_spec))
        spec: JsonObject = {
            "accessModes": modes,
            "resources": {"requests": size},
            "storageClassName": CLASS,
            "volumeName": handle,
        }
        if snapshot:
            group = SNAPSHOTS.partition("/")[0]
            spec["dataSource"] = {"apiGroup": group, "kind": "VolumeSnapshot", "name": snapshot}
        self._api.create(
            _object("v1", "PersistentVolumeClaim", {**where, "labels": dict(labels or {})}, spec)
        )
        wait_for(
            f"claim {namespace}/{name} bound",
            lambda: self._api.get("v1", "PersistentVolumeClaim", name, namespace),
            lambda claim: claim.get("status", {}).get("phase") == "Bound",
        )
        return handle

    def snapshot(self, namespace: str, name: str, claim: str) -> JsonObject:
        """Asks for a snapshot of a claim and returns at once."""
        spec = {"source": {"persistentVolumeClaimName": claim}, "volumeSnapshotClassName": CLASS}
        return self._api.create(
            _object(SNAPSHOTS, "VolumeSnapshot", {"namespace": namespace, "name": name}, spec)
        )

    def group(self, namespace: str, name: str, labels: Mapping[str, str]) -> JsonObject:
        """Asks for a snapshot of all claims with these labels at one instant, and returns at once."""
        spec = {
            "source": {"selector": {"matchLabels": dict(labels)}},
            "volumeGroupSnapshotClassName": CLASS,
        }
        return self._api.create(
            _object(GROUPS, "VolumeGroupSnapshot", {"namespace": namespace, "name": name}, spec)
        )

    def members(self, namespace: str, group: str) -> list[JsonObject]:
        """The snapshots that say they are of this group."""
        snapshots = self._api.list(SNAPSHOTS, "VolumeSnapshot", namespace)
        return [one for one in snapshots if one.get("status", {}).get("volumeGroupSnapshotName") == group]

    def cut_at(self, volume: str) -> list[int]:
        """When the driver cut what it holds of a volume, in whole seconds as Kubernetes writes times, oldest first."""
        return [cut.captured // 10**9 for cut in self.driver.held(volume)]


_PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "snapshot-controller": (),
    # so that a hanging driver is noticed soon, and a member of a group that is ready at last: it is asked for at each resync
    "csi-snapshotter": ("--csi-address={socket}", "--timeout=2s", "--resync-period=5s"),
}


def crds() -> list[JsonObject]:
    """The CustomResourceDefinitions of external-snapshotter: those under HOLDFAST_CRDS, else as few words as the controllers need."""
    folder = os.environ.get("HOLDFAST_CRDS")
    if folder:
        files = sorted((Path(folder) / "external-snapshotter").glob("*.yaml"))
        return [crd for file in files for crd in yaml.safe_load_all(file.read_text()) if crd]
    return [_crd(group, versions, kind) for group, versions, kinds in _KINDS for kind in kinds]


_KINDS = (
    (
        "snapshot.storage.k8s.io",
        ("v1",),
        ("VolumeSnapshot", "VolumeSnapshotContent", "VolumeSnapshotClass"),
    ),
    (
        "groupsnapshot.storage.k8s.io",
        ("v1beta1", "v1beta2", "v1"),
        ("VolumeGroupSnapshot", "VolumeGroupSnapshotContent", "VolumeGroupSnapshotClass"),
    ),
)


def _crd(group: str, versions: tuple[str, ...], kind: str) -> JsonObject:
    singular = kind.lower()
    plural = singular + ("es" if kind.endswith("Class") else "s")
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    status: JsonObject = {} if kind.endswith("Class") else {"subresources": {"status": {}}}
    metadata = {
        "name": f"{plural}.{group}",
        # the server refuses names under k8s.io without it
        "annotations": {
            "api-approved.kubernetes.io": "https://github.com/kubernetes-csi/external-snapshotter"
        },
    }
    spec = {
        "group": group,
        "scope": "Namespaced" if kind.endswith("Snapshot") else "Cluster",
        "names": {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": singular},
        "versions": [
            {"name": version, "served": True, "storage": version == versions[-1], "schema": schema, **status}
            for version in versions
        ],
    }
    return _object("apiextensions.k8s.io/v1", "CustomResourceDefinition", metadata, spec)


def _object(api_version: str, kind: str, metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> JsonObject:
    return {"apiVersion": api_version, "kind": kind, "metadata": dict(metadata), "spec": dict(spec)}


def _class(api_version: str, kind: str, labels: Mapping[str, str]) -> JsonObject:
    metadata = {"name": CLASS, "labels": dict(labels)}
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": metadata,
        "driver": DRIVER,
        "deletionPolicy": "Delete",
    }


_CLASSES = (
    {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": CLASS},
        "provisioner": DRIVER,
        "volumeBindingMode": "Immediate",
    },
    _class(SNAPSHOTS, "VolumeSnapshotClass", {"velero.io/csi-volumesnapshot-class": "true"}),
    _class(GROUPS, "VolumeGroupSnapshotClass", {}),
)
