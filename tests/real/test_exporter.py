"""The exporter on a real API server: what a person would try, seen from outside."""

import time
from pathlib import Path
from typing import Any

import pytest

from tests.real.apiserver import ApiServer
from tests.real.exporter import Exporter
from tests.real.process import wait_for
from tests.real.prometheus import Alertmanager, Prometheus, Receiver, target

pytestmark = pytest.mark.real

ROOT = Path(__file__).resolve().parents[2]


def claim(namespace: str, name: str = "data", **annotations: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"namespace": namespace, "name": name, "annotations": annotations},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
            "volumeName": f"pv-{name}",
        },
    }


BOUND = {"phase": "Bound", "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"]}


def dump(namespace: str, protects: str = "data") -> dict[str, Any]:
    pod = {"restartPolicy": "Never", "containers": [{"name": "dump", "image": "dump"}]}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {
            "namespace": namespace,
            "name": "dump",
            "annotations": {"holdfast.dev/protects": protects},
        },
        "spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": {"spec": pod}}}},
    }


def rfc3339(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


@pytest.fixture(scope="module")
def exporter(api_server: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Exporter(api_server.kubeconfig(tmp_path_factory.mktemp("k") / "config")) as running:
        yield running


def test_a_change_is_served_within_a_second_or_so(
    api_server: ApiServer, exporter: Exporter, namespace: str
) -> None:
    """A claim that is made, bound and resized on the API server shows at the next scrapes."""
    made = api_server.create(claim(namespace), BOUND)
    row = exporter.wait_for_row("holdfast_pvc_capacity_bytes", namespace, timeout=10)
    assert row == [
        f'holdfast_pvc_capacity_bytes{{namespace="{namespace}",persistentvolumeclaim="data"}} 1073741824'
    ]
    api_server.replace_status(made, BOUND | {"capacity": {"storage": "2Gi"}})
    exporter.wait_for_row("holdfast_pvc_capacity_bytes", namespace, " 2147483648", timeout=10)
    api_server.delete(made, force=True)
    exporter.wait_until_gone("holdfast_pvc_info", namespace, timeout=10)


def test_absent_tools_are_not_installed_and_core_is_up(exporter: Exporter) -> None:
    """An API group that is not there is a state of its own, not an error."""
    assert exporter.rows("holdfast_source_state", 'source="velero"', 'kind="Backup"', 'state="not_installed"')
    assert exporter.rows("holdfast_source_up", 'source="core"', 'kind="Pod"')[0].endswith(" 1")


def test_never_then_protected_then_explained(
    api_server: ApiServer, exporter: Exporter, namespace: str
) -> None:
    """The state follows the CronJob's success, and explain names the object behind it."""
    api_server.create(claim(namespace), BOUND)
    job = api_server.create(dump(namespace))
    exporter.wait_for_row("holdfast_pvc_protection_state", namespace, 'state="never"')
    time.sleep(61 - time.time() % 60)  # a run is planned after the claim was made
    api_server.replace_status(job, {"lastSuccessfulTime": rfc3339(time.time())})
    exporter.wait_for_row("holdfast_pvc_protection_state", namespace, 'state="protected"')
    assert "dump" in str(exporter.explain(namespace, "data"))


@pytest.mark.timeout(900)
def test_a_backup_goes_stale_the_page_arrives_and_it_resolves(
    api_server: ApiServer, tmp_path: Path, namespace: str
) -> None:
    """API server, exporter, Prometheus with the shipped rules, Alertmanager, receiver: the whole way, both ways."""
    hurry = {"holdfast.dev/rpo": "90s", "holdfast.dev/urgency": "page"}
    api_server.create(claim(namespace, **hurry), BOUND)
    job = api_server.create(dump(namespace))
    kubeconfig = api_server.kubeconfig(tmp_path / "config")
    with (
        Exporter(kubeconfig) as running,
        Receiver() as receiver,
        Alertmanager(receiver) as alertmanager,
        Prometheus(
            [target("holdfast", running.address, honor_labels=True)],
            rules=sorted((ROOT / "rules").glob("*.yaml")),
            alertmanager=alertmanager,
            hold="1s",
        ),
    ):
        time.sleep(61 - time.time() % 60)
        api_server.replace_status(job, {"lastSuccessfulTime": rfc3339(time.time())})
        running.wait_for_row("holdfast_pvc_protection_state", namespace, 'state="protected"')
        receiver.wait_for_page("HoldfastBackupLatePage", timeout=240)
        time.sleep(61 - time.time() % 60)
        api_server.replace_status(job, {"lastSuccessfulTime": rfc3339(time.time())})
        receiver.wait_for_page("HoldfastBackupLatePage", status="resolved", timeout=120)


def test_a_denied_kind_is_named_and_makes_unknown(
    api_server: ApiServer, tmp_path: Path, namespace: str
) -> None:
    """A ServiceAccount that may not list CronJobs sees claims, and calls none of them safe or unprotected."""
    token = restricted(api_server, namespace, {"": ["persistentvolumeclaims", "pods"]})
    api_server.create(claim(namespace), BOUND)
    with Exporter(api_server.kubeconfig(tmp_path / "config", token)) as running:
        assert running.wait_for_row(
            "holdfast_source_state", 'source="cronjob"', 'kind="CronJob"', 'state="forbidden"'
        )
        running.wait_for_row("holdfast_pvc_protection_state", namespace, 'state="unknown"')
        assert running.rows("holdfast_pvc_protection_reason", namespace, 'reason="source-blind"')
        assert not running.rows("holdfast_pvc_orphaned", namespace)


def restricted(api: ApiServer, namespace: str, rights: dict[str, list[str]]) -> str:
    """A token that may list and watch these resources, by API group, and nothing else."""
    name = f"reader-{namespace}"
    rules = [
        {"apiGroups": [group], "resources": plurals, "verbs": ["list", "watch"]}
        for group, plurals in rights.items()
    ]
    rbac = "rbac.authorization.k8s.io"
    api.create(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"namespace": namespace, "name": name}}
    )
    api.create(
        {"apiVersion": f"{rbac}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules}
    )
    subject = {"kind": "ServiceAccount", "name": name, "namespace": namespace}
    reference = {"apiGroup": rbac, "kind": "ClusterRole", "name": name}
    binding = {"apiVersion": f"{rbac}/v1", "kind": "ClusterRoleBinding", "metadata": {"name": name}}
    api.create(binding | {"subjects": [subject], "roleRef": reference})
    return api.service_account_token(namespace, name)


def test_idle_time_survives_a_restart(api_server: ApiServer, tmp_path: Path, namespace: str) -> None:
    """The local store carries what no object tells over a restart."""
    api_server.create(claim(namespace), BOUND)
    kubeconfig = api_server.kubeconfig(tmp_path / "config")
    with Exporter(kubeconfig, history=tmp_path / "state") as first:
        first.wait_for_row("holdfast_pvc_unused_seconds", namespace)
        time.sleep(5)
        before = float(first.rows("holdfast_pvc_unused_seconds", namespace)[0].rsplit(" ", 1)[1])
    with Exporter(kubeconfig, history=tmp_path / "state") as second:
        assert float(second.rows("holdfast_pvc_unused_seconds", namespace)[0].rsplit(" ", 1)[1]) > before


def test_a_lost_api_server_is_down_at_once_and_facts_stay(tmp_path: Path) -> None:
    """up goes to 0 when contact is lost; what was known is still served."""
    with ApiServer() as api:
        api.namespace("shop")
        api.create(claim("shop"), BOUND)
        running = Exporter(api.kubeconfig(tmp_path / "config"))
        running.__enter__()
    try:
        wait_for(
            "up at 0",
            lambda: running.rows("holdfast_source_up", 'source="core"', 'kind="PersistentVolumeClaim"'),
            lambda rows: rows[0].endswith(" 0"),
            60,
        )
        assert running.rows("holdfast_pvc_info", "shop")
        assert running.ready()
    finally:
        running.__exit__(None, None, None)
