"""The servers of the tests do what the tests rely on.

Here belongs what is true of the servers without Holdfast. What Holdfast says about them is tested elsewhere.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests import tools
from tests.real.apiserver import ApiServer
from tests.real.process import Process, StartError, free_port, wait_for
from tests.real.prometheus import Alertmanager, Prometheus, Receiver, hurried, target
from tests.real.velero import PhaseError, Velero
from tests.real.web import JsonObject, Refused

PATIENT = [sys.executable, "-c", "import time; time.sleep(600)"]


def claim(namespace: str, name: str, **spec: Any) -> JsonObject:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
            **spec,
        },
    }


def host_path_volume(name: str) -> JsonObject:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "capacity": {"storage": "1Gi"},
            "hostPath": {"path": f"/nowhere/{name}"},
            "storageClassName": name,
        },
    }


class Page(BaseHTTPRequestHandler):
    text = ""

    def do_GET(self) -> None:
        body = type(self).text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def metrics_page(page: type[Page]) -> Iterator[str]:
    """Serves page.text, as it is at each request; gives host:port."""
    server = HTTPServer(("127.0.0.1", 0), page)
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_program_that_ends_while_it_starts_shows_the_end_of_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('no such disk'); raise SystemExit(3)"]
    with (
        pytest.raises(StartError, match=r"a server ended while it was starting:\nno such disk"),
        Process("a server", command, log=tmp_path / "log") as process,
    ):
        process.wait_until_ready(lambda: False)


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    process = Process("a server", [tmp_path / "absent"], log=tmp_path / "log")
    with pytest.raises(StartError, match=r"a server could not be run .*absent"), process:
        pass


def test_a_program_ends_with_its_block_when_the_test_fails(tmp_path: Path) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        Process("a server", PATIENT, log=tmp_path / "log") as process,
    ):
        _ = 1 // 0
    assert not psutil.pid_exists(process.pid)


def test_a_program_ends_when_the_test_process_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time, pathlib; from tests.real.process import Process\n"
        f"with Process('a server', {PATIENT!r}, log=pathlib.Path({str(tmp_path / 'log')!r})) as process:\n"
        "    print(process.pid, flush=True); time.sleep(600)"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=root, stdout=subprocess.PIPE, text=True
    ) as test:
        assert test.stdout is not None
        pid = int(test.stdout.readline())
        assert psutil.pid_exists(pid)
        os.kill(test.pid, signal.SIGKILL)
    wait_for("the program's end", lambda: psutil.pid_exists(pid), lambda there: not there, timeout=10)


def test_hurried_rules_keep_their_expressions_and_lose_their_waiting() -> None:
    rules = """
groups:
- name: backup
  interval: 5m
  rules:
  - {alert: Late, expr: 'age > 2 * rate(x[5m])', for: 30m, keep_firing_for: 1h, labels: {severity: page}}
  - {record: a, expr: b}
"""
    assert hurried(rules, "1s") == (
        "groups:\n- name: backup\n  rules:\n"
        "  - alert: Late\n    expr: age > 2 * rate(x[5m])\n    for: 1s\n    keep_firing_for: 1s\n"
        "    labels:\n      severity: page\n"
        "  - record: a\n    expr: b\n"
    )


@pytest.mark.real
def test_the_api_server_lists_a_claim_with_the_status_it_was_given(
    api_server: ApiServer, namespace: str
) -> None:
    api_server.create(claim(namespace, "data"), status={"phase": "Bound", "capacity": {"storage": "1Gi"}})
    listed = api_server.list("v1", "PersistentVolumeClaim", namespace)
    assert [(one["metadata"]["name"], one["status"]) for one in listed] == [
        ("data", {"phase": "Bound", "capacity": {"storage": "1Gi"}})
    ]


@pytest.mark.real
def test_the_api_server_is_of_the_pinned_release(api_server: ApiServer) -> None:
    if "KUBEBUILDER_ASSETS" in os.environ:
        pytest.skip("KUBEBUILDER_ASSETS names another API server")
    assert api_server.request("GET", "/version")["gitVersion"] == f"v{tools.named('kube-apiserver').release}"


@pytest.mark.real
def test_an_api_server_that_does_not_start_shows_its_log_and_leaves_no_etcd() -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    with pytest.raises(StartError, match="unknown flag: --no-such-flag"), ApiServer(flags=["--no-such-flag"]):
        pass
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


@pytest.mark.real
def test_a_deleted_claim_waits_for_its_finalizer_and_goes_when_forced(
    api_server: ApiServer, namespace: str
) -> None:
    stored = api_server.create(claim(namespace, "data"))
    api_server.delete(stored)
    [waiting] = api_server.list("v1", "PersistentVolumeClaim", namespace)
    assert waiting["metadata"]["deletionTimestamp"]
    api_server.delete(stored, force=True)
    assert api_server.list("v1", "PersistentVolumeClaim", namespace) == []


@pytest.mark.real
def test_a_service_account_may_do_what_its_role_grants_and_nothing_else(
    api_server: ApiServer, namespace: str
) -> None:
    rbac = "rbac.authorization.k8s.io/v1"
    account = {"kind": "ServiceAccount", "name": "reader", "namespace": namespace}
    rule = {"apiGroups": [""], "resources": ["persistentvolumeclaims"], "verbs": ["list"]}
    metadata = {"name": "reader", "namespace": namespace}
    role = {"apiGroup": rbac.partition("/")[0], "kind": "Role", "name": "reader"}
    api_server.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    api_server.create({"apiVersion": rbac, "kind": "Role", "metadata": metadata, "rules": [rule]})
    api_server.create(
        {
            "apiVersion": rbac,
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": role,
            "subjects": [account],
        }
    )
    token = api_server.service_account_token(namespace, "reader")
    claims = api_server.path("v1", "PersistentVolumeClaim", namespace)
    wait_for("the role", lambda: api_server.request("GET", claims, token=token)["items"], lambda _: True)
    with pytest.raises(Refused) as refused:
        api_server.request("GET", api_server.path("v1", "Secret", namespace), token=token)
    assert refused.value.status == 403


@pytest.mark.real
def test_an_unknown_kind_is_refused_with_the_kinds_there_are(api_server: ApiServer) -> None:
    with pytest.raises(LookupError, match=r"no Claim in v1\. It has: .*PersistentVolumeClaim"):
        api_server.list("v1", "Claim")


@pytest.mark.real
def test_a_page_arrives_at_the_receiver_and_resolves_when_the_metric_is_well_again(tmp_path: Path) -> None:
    class Shop(Page):
        text = 'backup_late{claim="data"} 1\n'

    rules = tmp_path / "backup.yaml"
    rules.write_text(
        "groups: [{name: backup, rules: [{alert: BackupLate, expr: backup_late > 0, for: 1h,"
        " annotations: {summary: '{{ $labels.claim }} is late'}}]}]"
    )
    with (
        metrics_page(Shop) as address,
        Receiver() as receiver,
        Alertmanager(receiver) as alertmanager,
        Prometheus(
            [target("shop", address)], rules=[rules], alertmanager=alertmanager, hold="1s"
        ) as prometheus,
    ):
        [sample] = prometheus.wait_for('backup_late{job="shop"}')
        assert (sample.value, sample.labels["claim"]) == (1.0, "data")
        page = receiver.wait_for_page("BackupLate", claim="data")
        assert page.annotations["summary"] == "data is late"
        Shop.text = 'backup_late{claim="data"} 0\n'
        receiver.wait_for_page("BackupLate", "resolved", claim="data")
        assert [target["health"] for target in prometheus.targets()] == ["up"]


@pytest.mark.real
def test_prometheus_says_that_a_target_which_is_not_there_is_down() -> None:
    with Prometheus([target("shop", f"127.0.0.1:{free_port()}")]) as prometheus:
        [up] = prometheus.wait_for('up{job="shop"}')
        assert up.value == 0.0
        with pytest.raises(Refused, match="parse error"):
            prometheus.query("up{")


@pytest.mark.real_long
def test_the_controllers_bind_a_claim_to_its_volume(living_cluster: ApiServer) -> None:
    namespace = living_cluster.namespace("binding")
    living_cluster.create(host_path_volume("binding"))
    living_cluster.create(claim(namespace, "data", storageClassName="binding"))
    bound = wait_for(
        "the claim is Bound",
        lambda: living_cluster.get("v1", "PersistentVolumeClaim", "data", namespace),
        lambda seen: seen["status"].get("phase") == "Bound",
    )
    assert bound["spec"]["volumeName"] == "binding"


@pytest.mark.real_long
def test_velero_completes_a_backup_of_a_claim_without_copying_its_volume(
    living_cluster: ApiServer, velero: Velero
) -> None:
    namespace = living_cluster.namespace("copied")
    living_cluster.create(host_path_volume("copied"))
    living_cluster.create(claim(namespace, "data", storageClassName="copied"))
    velero.backup("nothing-in-it", [namespace])
    done = velero.wait_for_phase("Backup", "nothing-in-it", "Completed")
    assert done["status"]["progress"]["itemsBackedUp"] > 0
    assert "volumeSnapshotsAttempted" not in done["status"]
    assert "csiVolumeSnapshotsAttempted" not in done["status"]
    assert living_cluster.list("velero.io/v1", "PodVolumeBackup") == []


@pytest.mark.real_long
def test_velero_makes_the_backups_of_a_schedule_and_refuses_a_wrong_one(
    living_cluster: ApiServer, velero: Velero
) -> None:
    namespace = living_cluster.namespace("scheduled")
    velero.schedule("every-minute", "* * * * *", [namespace])
    velero.schedule("never", "61 * * * *", [namespace])
    velero.wait_for_phase("Schedule", "never", "FailedValidation")
    [backup] = wait_for(
        "the schedule's first backup",
        lambda: [
            one
            for one in living_cluster.list("velero.io/v1", "Backup", "velero")
            if one["metadata"].get("labels", {}).get("velero.io/schedule-name") == "every-minute"
        ],
        lambda seen: len(seen) == 1,
        timeout=150,
    )
    velero.wait_for_phase("Backup", backup["metadata"]["name"], "Completed")


@pytest.mark.real_long
def test_velero_restores_and_then_loses_its_store() -> None:
    settings = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": "lost"},
        "data": {"colour": "blue"},
    }
    with ApiServer() as cluster, Velero(cluster) as velero:
        cluster.namespace("lost")
        cluster.create(settings)
        velero.backup("before", ["lost"])
        velero.wait_for_phase("Backup", "before", "Completed")
        velero.restore("back", "before", namespaceMapping={"lost": "found"})
        velero.wait_for_phase("Restore", "back", "Completed")
        assert cluster.get("v1", "ConfigMap", "settings", "found")["data"] == {"colour": "blue"}
        velero.lose_store()
        velero.backup("after", ["lost"])
        refused = velero.wait_for_phase("Backup", "after", "FailedValidation")
        assert "startTimestamp" not in refused["status"]
        with pytest.raises(PhaseError, match=r"Backup after Completed: it ended .*FailedValidation"):
            velero.wait_for_phase("Backup", "after", "Completed")
