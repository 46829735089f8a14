"""A real Kubernetes API server with its etcd, RBAC on, and kube-controller-manager beside it when asked for.

Here belongs what starts it and the few requests that tests make as its administrator. No pods run: there are no nodes.
"""

import json
import secrets
import ssl
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests import tools
from tests.real.process import Process, free_port, wait_for
from tests.real.web import Client, JsonObject, Refused, call

_START_TIMEOUT = 90.0  # seconds; 2 on an idle machine
_SERVER_PATIENCE = 2.0  # an API server with open watches would take a minute to end


@dataclass(frozen=True, kw_only=True)
class Resource:
    """What discovery says about one kind."""

    plural: str
    namespaced: bool
    has_status: bool


class ApiServer:
    """An API server inside a `with` block.

    `flags` are further flags of kube-apiserver. `controllers` starts kube-controller-manager: claims bind, owners are collected,
    CronJobs make Jobs, StatefulSets make claims and pods, as in a cluster whose nodes are all gone.
    """

    def __init__(self, *, controllers: bool = False, flags: Sequence[str] = ()) -> None:
        self.url = f"https://127.0.0.1:{free_port()}"
        self.token = secrets.token_hex(16)
        self._with_controllers = controllers
        self._flags = flags
        self.etcd_url = ""
        self._stack = ExitStack()
        self._folder = Path()
        self._client = Client(self.url)
        self._trusting = False
        self._resources: dict[str, dict[str, Resource]] = {}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-api-")))
            self._start_server(stack, self._start_etcd(stack))
            if self._with_controllers:
                self._start_controllers(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()  # last started, first ended: the API server before its etcd

    @property
    def ca_file(self) -> Path:
        return self._folder / "certs" / "apiserver.crt"

    def kubeconfig(self, path: Path, token: str | None = None) -> Path:
        """Writes a kubeconfig for the administrator, or for whoever `token` is, and returns its path."""
        cluster = {"server": self.url, "certificate-authority": str(self.ca_file)}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": "test", "user": {"token": token or self.token}}],
        }
        path.write_text(yaml.safe_dump(config))
        path.chmod(0o600)
        return path

    def request(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, content_type: str = ""
    ) -> JsonObject:
        """One request as the administrator, or as whoever `token` is. Raises web.Refused and OSError."""
        headers = {
            "Authorization": f"Bearer {token or self.token}",
            "Content-Type": content_type or "application/json",
        }
        data = None if body is None else json.dumps(body).encode()
        answer = self._client.call(method, path, body=data, headers=headers)
        decoded: JsonObject = json.loads(answer)
        return decoded

    def path(
        self, api_version: str, kind: str, namespace: str = "", name: str = "", subresource: str = ""
    ) -> str:
        """Where discovery says that the kind is served. Raises LookupError, with the kinds that there are."""
        resource = self._resource(api_version, kind)
        parts = [_group(api_version)]
        if resource.namespaced and namespace:
            parts += ["namespaces", namespace]
        return "/".join([*parts, resource.plural, *(part for part in (name, subresource) if part)])

    def create(self, obj: Mapping[str, Any], status: Mapping[str, Any] | None = None) -> JsonObject:
        """Creates the object and, as a second request where status is a subresource, its status; returns what is stored."""
        resource = self._resource(obj["apiVersion"], obj["kind"])
        body = dict(obj)
        if status is not None and not resource.has_status:
            body["status"] = status
        stored = self.request("POST", self._path_of(obj, name=""), body)
        if status is not None and resource.has_status:
            stored = self.replace_status(stored, status)
        return stored

    def replace_status(self, obj: Mapping[str, Any], status: Mapping[str, Any]) -> JsonObject:
        """Puts a new status in place of the object's, whatever its present version."""
        path = self._path_of(obj, subresource="status")
        body = self.request("GET", path)
        return self.request("PUT", path, body | {"status": status})

    def get(self, api_version: str, kind: str, name: str, namespace: str = "") -> JsonObject:
        """The stored object. Raises web.Refused with status 404 when there is none."""
        return self.request("GET", self.path(api_version, kind, namespace, name))

    def list(self, api_version: str, kind: str, namespace: str = "") -> list[JsonObject]:
        """The objects of a kind, in one namespace or in all, each with its apiVersion and kind as a single one has them."""
        items = self.request("GET", self.path(api_version, kind, namespace))["items"]
        return [item | {"apiVersion": api_version, "kind": kind} for item in items]

    def patch(
        self, obj: Mapping[str, Any], change: Mapping[str, Any], *, subresource: str = ""
    ) -> JsonObject:
        """A JSON merge patch: null deletes a field. `obj` needs no more than apiVersion, kind and metadata."""
        path = self._path_of(obj, subresource=subresource)
        return self.request("PATCH", path, change, content_type="application/merge-patch+json")

    def delete(self, obj: Mapping[str, Any], *, force: bool = False) -> None:
        """Asks for deletion. `force` takes the finalizers away and waits until the object is gone."""
        self.request("DELETE", self._path_of(obj), {"gracePeriodSeconds": 0} if force else {})
        if force:
            wait_for(f"{obj['kind']} {obj['metadata']['name']} gone", lambda: self._unhold(obj), bool)

    def namespace(self, name: str, labels: Mapping[str, str] | None = None) -> str:
        """Creates a namespace and returns its name."""
        metadata = {"name": name, "labels": dict(labels or {})}
        self.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        return name

    def service_account_token(self, namespace: str, name: str, seconds: int = 3600) -> str:
        """A token of an existing ServiceAccount that is good for so many seconds, 600 at least."""
        path = self.path("v1", "ServiceAccount", namespace, name, "token")
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": seconds},
        }
        return str(self.request("POST", path, body)["status"]["token"])

    def apply_crd(self, path: Path) -> None:
        """Creates every CustomResourceDefinition of a YAML file and waits until its kinds are served. Raises TimeoutError."""
        for crd in yaml.safe_load_all(path.read_text()):
            if crd:
                self.create_crd(crd)

    def create_crd(self, crd: Mapping[str, Any]) -> None:
        """Creates one CustomResourceDefinition and waits until its kind is served. Raises TimeoutError."""
        stored = self.create({name: value for name, value in crd.items() if name != "status"})
        path = self._path_of(stored)
        wait_for(f"{path} Established", lambda: self.request("GET", path), _established)
        spec = stored["spec"]
        for version in spec["versions"]:
            api_version = f"{spec['group']}/{version['name']}"
            if version["served"]:
                self._wait_for_kind(api_version, spec["names"]["kind"])

    def _wait_for_kind(self, api_version: str, kind: str) -> None:
        what = f"{api_version} {kind} served"
        wait_for(what, lambda: self._discover(api_version), lambda seen: kind in seen)
        wait_for(what, lambda: self._stores(api_version, kind), bool)

    def _stores(self, api_version: str, kind: str) -> bool:
        try:
            self.list(api_version, kind)
        except Refused as error:
            if error.status in (
                404,
                429,
            ):  # 429: "storage is (re)initializing", for seconds after Established
                return False
            raise
        return True

    def _unhold(self, obj: Mapping[str, Any]) -> bool:
        try:
            self.patch(obj, {"metadata": {"finalizers": None}})
            self.request("GET", self._path_of(obj))
        except Refused as error:
            if error.status == 404:
                return True
            raise
        return False

    def _path_of(self, obj: Mapping[str, Any], *, name: str | None = None, subresource: str = "") -> str:
        metadata = obj["metadata"]
        named = metadata["name"] if name is None else name
        return self.path(obj["apiVersion"], obj["kind"], metadata.get("namespace", ""), named, subresource)

    def _resource(self, api_version: str, kind: str) -> Resource:
        known = self._resources.get(api_version, {})
        if kind not in known:
            known = self._discover(api_version)
        if kind not in known:
            raise LookupError(
                f"the API server has no {kind} in {api_version}. It has: {', '.join(known) or 'nothing'}"
            )
        return known[kind]

    def _discover(self, api_version: str) -> dict[str, Resource]:
        try:
            listed = self.request("GET", _group(api_version))["resources"]
        except Refused as error:
            if error.status != 404:
                raise
            listed = []
        names = {entry["name"] for entry in listed}
        self._resources[api_version] = {
            entry["kind"]: Resource(
                plural=entry["name"],
                namespaced=entry["namespaced"],
                has_status=f"{entry['name']}/status" in names,
            )
            for entry in listed
            if "/" not in entry["name"]
        }
        return self._resources[api_version]

    def _start_etcd(self, stack: ExitStack) -> str:
        url, peers = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        self.etcd_url = url
        command: list[str | Path] = [
            tools.path("etcd"),
            "--data-dir", self._folder / "etcd",
            "--listen-client-urls", url,
            "--advertise-client-urls", url,
            "--listen-peer-urls", peers,
            "--unsafe-no-fsync",
        ]  # fmt: skip  # a flag and its value belong on one line
        etcd = stack.enter_context(Process("etcd", command, log=self._folder / "etcd.log"))
        etcd.wait_until_ready(lambda: b"true" in call(f"{url}/health"), _START_TIMEOUT)
        return url

    def _start_server(self, stack: ExitStack, etcd: str) -> None:
        key = self._folder / "sa.key"
        key.write_bytes(_private_key())
        tokens = self._folder / "tokens.csv"
        tokens.write_text(f'{self.token},admin,admin-uid,"system:masters"\n')
        command: list[str | Path] = [
            tools.path("kube-apiserver"),
            "--etcd-servers", etcd,
            "--secure-port", self.url.rpartition(":")[2],
            "--bind-address", "127.0.0.1",
            "--cert-dir", self._folder / "certs",
            "--service-account-issuer", "https://kubernetes.default.svc",
            "--service-account-key-file", key,
            "--service-account-signing-key-file", key,
            "--token-auth-file", tokens,
            "--authorization-mode", "RBAC",
            "--service-cluster-ip-range", "10.0.0.0/24",
            "--disable-admission-plugins", "ServiceAccount",  # it would refuse pods in namespaces without `default`
            *self._flags,
        ]  # fmt: skip  # a flag and its value belong on one line
        server = Process("kube-apiserver", command, log=self._folder / "api.log", patience=_SERVER_PATIENCE)
        stack.enter_context(server).wait_until_ready(self._ready, _START_TIMEOUT)

    def _ready(self) -> bool:
        if not self._trusting:
            if not self.ca_file.exists():
                return False
            self._client = Client(self.url, ssl.create_default_context(cafile=self.ca_file))
            self._trusting = True
        headers = {"Authorization": f"Bearer {self.token}"}
        for path in ("/readyz", "/api/v1/namespaces/default"):
            self._client.call("GET", path, headers=headers)
        return True

    def _start_controllers(self, stack: ExitStack) -> None:
        port = free_port()
        command: list[str | Path] = [
            tools.path("kube-controller-manager"),
            "--kubeconfig", self.kubeconfig(self._folder / "controllers.yaml"),
            "--service-account-private-key-file", self._folder / "sa.key",
            "--root-ca-file", self.ca_file,
            "--leader-elect=false",
            "--pvclaimbinder-sync-period=1s",  # else a claim binds at the next multiple of 15 s
            "--bind-address", "127.0.0.1",
            "--secure-port", str(port),
            "--cert-dir", self._folder / "controllers",
        ]  # fmt: skip  # a flag and its value belong on one line
        log = self._folder / "controllers.log"
        controllers = stack.enter_context(Process("kube-controller-manager", command, log=log))
        certificate = self._folder / "controllers" / "kube-controller-manager.crt"

        def ready() -> bool:
            if not certificate.exists():
                return False
            tls = ssl.create_default_context(cafile=certificate)
            return call(f"https://127.0.0.1:{port}/healthz", tls=tls) == b"ok"

        controllers.wait_until_ready(ready, _START_TIMEOUT)


def _group(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _established(crd: JsonObject) -> bool:
    conditions = crd.get("status", {}).get("conditions") or []  # null until the server has looked at it
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)


def _private_key() -> bytes:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
