"""A real Velero server with a real S3 store beside a real API server.

Here belongs what starts them and asks them for backups, schedules and restores. No node agent runs, so no volume's data is copied:
what Velero says about such backups is what the tests want to see.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from tests import tools
from tests.real.apiserver import ApiServer
from tests.real.process import Process, free_port, wait_for
from tests.real.web import JsonObject, call

NAMESPACE = "velero"
LOCATION = "default"
API = "velero.io/v1"

_BUCKET = "velero"
_START_TIMEOUT = 90.0  # seconds
_LAST_PHASES = frozenset({"Completed", "PartiallyFailed", "Failed", "FailedValidation"})


class PhaseError(Exception):
    """An object of Velero is not in the phase that was waited for. The text has its status and the server's log."""


class ObjectStore:
    """An S3 server (moto) with one bucket, inside a `with` block. What it holds is gone with it."""

    def __init__(self) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self._stack = ExitStack()
        self._process: Process | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-s3-")))
            command = [
                sys.executable,
                "-m",
                "moto.server",
                "-H",
                "127.0.0.1",
                "-p",
                self.url.rpartition(":")[2],
            ]
            self._process = stack.enter_context(Process("S3 store (moto)", command, log=folder / "moto.log"))
            self._process.wait_until_ready(lambda: bool(call(f"{self.url}/moto-api/")), _START_TIMEOUT)
            call(f"{self.url}/{_BUCKET}", method="PUT")
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def lose(self) -> None:
        """The store goes away at once, and all that was in it."""
        assert self._process is not None, "the store is not started: use it in a with block"
        self._process.kill()


class Velero:
    """A Velero server inside a `with` block, whose BackupStorageLocation `default` is Available when the block begins.

    Its CRDs and the namespace `velero` are made on `api` when they are not there, and stay. `flags` are further server flags.
    Two at a time on one API server undo each other's work: the second marks what the first has in hand as Failed.
    """

    def __init__(self, api: ApiServer, *, flags: Sequence[str] = ()) -> None:
        self.store = ObjectStore()
        self._api = api
        self._flags = flags
        self._stack = ExitStack()
        self._server: Process | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-velero-")))
            stack.enter_context(self.store)
            self._prepare_cluster()
            self._server = self._start(stack, folder)
            self.wait_for_phase("BackupStorageLocation", LOCATION, "Available")
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def backup(self, name: str, namespaces: Sequence[str], **spec: Any) -> JsonObject:
        """Creates a Backup of these namespaces and returns at once; `spec` are further fields of its spec."""
        return self._create("Backup", name, {"includedNamespaces": list(namespaces), **spec})

    def schedule(self, name: str, cron: str, namespaces: Sequence[str], **template: Any) -> JsonObject:
        """Creates a Schedule and returns at once; `template` are further fields of its backups' spec."""
        return self._create(
            "Schedule",
            name,
            {"schedule": cron, "template": {"includedNamespaces": list(namespaces), **template}},
        )

    def restore(self, name: str, backup: str, **spec: Any) -> JsonObject:
        """Creates a Restore of a backup and returns at once; `spec` are further fields of its spec."""
        return self._create("Restore", name, {"backupName": backup, **spec})

    def wait_for_phase(self, kind: str, name: str, *phases: str, timeout: float = 120.0) -> JsonObject:
        """The object once its phase is one of these. Raises PhaseError, at once when it ended in another."""

        def phase(obj: JsonObject) -> str:
            return str(obj.get("status", {}).get("phase", ""))

        server = self._server
        assert server is not None, "Velero is not started: use it in a with block"

        def look() -> JsonObject:
            if not server.running:
                raise PhaseError(f"the Velero server has ended:\n{server.log_tail()}")
            return self._api.get(API, kind, name, NAMESPACE)

        what = f"{kind} {name} {' or '.join(phases)}"
        try:
            seen = wait_for(what, look, lambda obj: phase(obj) in _LAST_PHASES.union(phases), timeout)
        except TimeoutError as error:
            raise PhaseError(f"{error}\n{server.log_tail()}") from error
        if phase(seen) not in phases:
            raise PhaseError(f"{what}: it ended {seen['status']}\n{server.log_tail()}")
        return seen

    def lose_store(self) -> None:
        """Kills the S3 store and returns when Velero has noticed: its location is Unavailable."""
        self.store.lose()
        self.wait_for_phase("BackupStorageLocation", LOCATION, "Unavailable")

    def _create(self, kind: str, name: str, spec: Mapping[str, Any]) -> JsonObject:
        metadata = {"name": name, "namespace": NAMESPACE}
        return self._api.create({"apiVersion": API, "kind": kind, "metadata": metadata, "spec": dict(spec)})

    def _prepare_cluster(self) -> None:
        there = {crd["metadata"]["name"] for crd in self._api.list(*_CRD)}
        for crd in crds():
            if crd["metadata"]["name"] not in there:
                self._api.create_crd(crd)
        if NAMESPACE not in {one["metadata"]["name"] for one in self._api.list("v1", "Namespace")}:
            self._api.namespace(NAMESPACE)
            self._api.create(_deployment())
        for earlier in self._api.list(API, "BackupStorageLocation", NAMESPACE):
            self._api.delete(earlier, force=True)  # of a Velero that ran on this server before
        self._create("BackupStorageLocation", LOCATION, _location(self.store.url))

    def _start(self, stack: ExitStack, folder: Path) -> Process:
        plugins = folder / "plugins"
        plugins.mkdir()
        shutil.copy2(tools.path("velero-plugin-for-aws"), plugins)  # Velero runs every program of the folder
        credentials = folder / "credentials"
        credentials.write_text("[default]\naws_access_key_id = test\naws_secret_access_key = test\n")
        command: list[str | Path] = [
            tools.path("velero"),
            "server",
            f"--plugin-dir={plugins}",
            f"--metrics-address=127.0.0.1:{free_port()}",
            f"--profiler-address=127.0.0.1:{free_port()}",
            *self._flags,
        ]
        env = {
            "KUBECONFIG": str(self._api.kubeconfig(folder / "kubeconfig.yaml")),
            "VELERO_NAMESPACE": NAMESPACE,
            "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        }
        return stack.enter_context(Process("velero", command, log=folder / "velero.log", env=env))


_CRD = ("apiextensions.k8s.io/v1", "CustomResourceDefinition")


def crds() -> list[JsonObject]:
    """Velero's CustomResourceDefinitions, as the program itself carries them: they fit its version wherever it came from."""
    command: list[str | Path] = [
        tools.path("velero"),
        "install",
        "--crds-only",
        "--dry-run",
        "--output",
        "yaml",
    ]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return [item for item in yaml.safe_load(told.stdout)["items"] if item["kind"] == _CRD[1]]


def _deployment() -> JsonObject:
    """Velero's own Deployment at zero: a restore looks for its image, and ends PartiallyFailed when it is not there."""
    labels = {"component": "velero", "deploy": "velero"}
    container = {"name": "velero", "image": f"velero/velero:v{tools.named('velero').release}"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "velero", "namespace": NAMESPACE, "labels": {"component": "velero"}},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"deploy": "velero"}},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def _location(url: str) -> JsonObject:
    return {
        "provider": "aws",
        "default": True,
        "validationFrequency": "5s",
        "objectStorage": {"bucket": _BUCKET},
        "config": {"region": "us-east-1", "s3ForcePathStyle": "true", "s3Url": url},
    }
