"""A release's whole life on a real API server by a real Helm: installed in an older version, upgraded, rolled back, tested
and uninstalled. The life is lived once; each test looks at one moment of it."""

import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import run
from typing import Any, Self

import helm_python as helm
import pytest
import yaml

from tests.chart.kinds import definitions
from tests.real.apiserver import ApiServer
from tests.real.census import Census, Name, census, lacking, uid, written
from tests.real.exporter import Exporter
from tests.real.process import wait_for

pytestmark = pytest.mark.real

CHART = Path(__file__).resolve().parents[2] / "helm" / "holdfast"
RELEASE, NAMESPACE = "holdfast", "holdfast-life"
OLDER = "0.0.9"
Object = dict[str, Any]

OLD_VALUES: Object = {
    "commonLabels": {"team": "platform"},
    "config": {"cluster": {"name": "prod"}},
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    "prometheusRule": {"enabled": True, "alerts": {"HoldfastBackupLate": {"for": "2h"}}},
    "podDisruptionBudget": {"enabled": True},
    "networkPolicy": {"enabled": True},
}
NEW_VALUES: Object = {
    "replicas": 2,
    "config": {"cluster": {"name": "prod"}, "defaults": {"rpo": "12h"}, "namespaces": ["life-db"]},
    "podMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    "prometheusRule": {"enabled": True},
    "dashboards": {"grafanaOperator": {"enabled": True, "instanceSelector": {"matchLabels": {"a": "b"}}}},
    "podDisruptionBudget": {"enabled": True, "maxUnavailable": "50%"},
    "persistence": {"whenDeleted": "Delete"},
}


def older_chart(folder: Path) -> Path:
    """The chart as an earlier version could have been, packaged: it lacks files of today's and has one that is gone today."""
    chart = Path(shutil.copytree(CHART, folder / "holdfast"))
    about = yaml.safe_load((chart / "Chart.yaml").read_text())
    (chart / "Chart.yaml").write_text(yaml.safe_dump(about | {"version": OLDER, "appVersion": OLDER}))
    (chart / "templates" / "test.yaml").unlink()
    (chart / "templates" / "podmonitor.yaml").unlink()
    (chart / "files" / "dashboards" / "holdfast-hygiene.json").unlink()
    gone = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "{{ .Release.Name }}-gone"}}
    (chart / "templates" / "gone.yaml").write_text(yaml.safe_dump(gone))
    return Path(helm.package(chart, destination=folder))


@dataclass(frozen=True, kw_only=True)
class Life:
    """All objects at each moment, and what Helm would have made in the two versions."""

    before: Census
    installed: Census
    upgraded: Census
    refusal: str
    rolled_back: Census
    recovered: Census
    uninstalled: Census
    history: list[Object]
    old: list[Object]
    new: list[Object]


@pytest.fixture(scope="module")
def cluster() -> Iterator[ApiServer]:
    """An API server of this module's own, with the operators' kinds: whatever else is there was left by the release."""
    with ApiServer() as api:
        api.namespace(NAMESPACE, {"pod-security.kubernetes.io/enforce": "restricted"})
        api.namespace("life-db")
        for definition in definitions():
            api.create_crd(definition)
        yield api


@contextmanager
def helm_of(api: ApiServer, folder: Path) -> Iterator[helm.Config]:
    with helm.Config(kubeconfig_path=api.kubeconfig(folder / "helm.yaml"), namespace=NAMESPACE) as config:
        yield config


@pytest.fixture(scope="module")
def life(cluster: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Life:
    folder = tmp_path_factory.mktemp("life")
    older = older_chart(folder)
    with helm_of(cluster, folder) as config:
        before = census(cluster)
        config.install(older, RELEASE, OLD_VALUES, namespace=NAMESPACE)
        installed = census(cluster)
        config.upgrade(CHART, RELEASE, NEW_VALUES, namespace=NAMESPACE, reset_values=True)
        upgraded = census(cluster)
        config.rollback(RELEASE, version=1)
        rolled_back = census(cluster)
        larger = OLD_VALUES | {"persistence": {"size": "9Gi"}}
        with pytest.raises(helm.HelmError) as refusal:
            config.upgrade(CHART, RELEASE, larger, namespace=NAMESPACE, reset_values=True)
        config.rollback(RELEASE)
        recovered = census(cluster)
        history = config.history(RELEASE)
        config.uninstall(RELEASE)
        return Life(
            before=before,
            installed=installed,
            upgraded=upgraded,
            refusal=str(refusal.value),
            rolled_back=rolled_back,
            recovered=recovered,
            uninstalled=census(cluster),
            history=history,
            old=rendered(older, OLD_VALUES),
            new=rendered(CHART, NEW_VALUES),
        )


def rendered(chart: Path, values: Object) -> list[Object]:
    """What Helm makes of a chart, but for hooks."""
    with helm.Chart.load(chart) as loaded:
        files = loaded.render(values, name=RELEASE, namespace=NAMESPACE)
    texts = (text for name, text in sorted(files.items()) if not name.endswith("NOTES.txt"))
    objects = [document for text in texts for document in yaml.safe_load_all(text) if document]
    return [each for each in objects if "helm.sh/hook" not in each["metadata"].get("annotations", {})]


def name_of(obj: Object) -> Name:
    """A namespaced object without a namespace stands in the release's."""
    about = obj["metadata"]
    namespace = "" if obj["kind"].startswith("Cluster") else about.get("namespace", NAMESPACE)
    return Name(obj["kind"], namespace, about["name"])


def made(life: Life, moment: Census) -> Census:
    """What is there because of the release, but for Helm's notes of it and the API server's of the Service's address."""
    return {
        name: obj
        for name, obj in moment.items()
        if name not in life.before and obj.get("type") != "helm.sh/release.v1" and name.kind != "IPAddress"
    }


def test_install_makes_what_helm_rendered_and_nothing_else(life: Life) -> None:
    """In every kind that the API server has, and every field as it was written."""
    asked = {name_of(each): each for each in life.old}
    assert made(life, life.installed).keys() == asked.keys()
    assert {"ServiceMonitor", "PrometheusRule"} <= {name.kind for name in asked}
    for name, each in asked.items():
        assert lacking(each, life.installed[name]) == [], name


def test_an_upgrade_makes_changes_and_removes(life: Life) -> None:
    """What the newer version has not is gone, and what it has is as it says: fields, kinds and rights."""
    asked = {name_of(each): each for each in life.new}
    assert made(life, life.upgraded).keys() == asked.keys()
    for name, each in asked.items():
        assert lacking(each, life.upgraded[name]) == [], name
    gone = {name.kind for name in made(life, life.installed).keys() - asked.keys()}
    assert {"ServiceMonitor", "ClusterRole", "ClusterRoleBinding", "NetworkPolicy", "ConfigMap"} == gone
    came = {name.kind for name in asked.keys() - made(life, life.installed).keys()}
    assert {"PodMonitor", "GrafanaDashboard", "Role", "RoleBinding"} == came


def test_an_upgrade_keeps_the_objects_that_stay(life: Life) -> None:
    """None is made anew: the pods are rolled by their StatefulSet, which keeps its claims."""
    kept = made(life, life.installed).keys() & made(life, life.upgraded).keys()
    assert {"StatefulSet", "Service", "ServiceAccount", "PrometheusRule"} <= {name.kind for name in kept}
    for name in kept:
        assert uid(life.installed[name]) == uid(life.upgraded[name]), name


def test_an_upgrade_takes_back_what_values_said_no_more(life: Life) -> None:
    """A label and an alert's waiting that were set before."""
    stateful = Name("StatefulSet", NAMESPACE, RELEASE)
    assert life.installed[stateful]["metadata"]["labels"]["team"] == "platform"
    assert "team" not in life.upgraded[stateful]["metadata"]["labels"]

    def waiting(moment: Census) -> str:
        groups = moment[Name("PrometheusRule", NAMESPACE, RELEASE)]["spec"]["groups"]
        (rule,) = [
            rule for group in groups for rule in group["rules"] if rule.get("alert") == "HoldfastBackupLate"
        ]
        return str(rule["for"])

    assert waiting(life.installed) == "2h"
    assert waiting(life.upgraded) != "2h"


def test_a_rollback_restores_every_object_field_by_field(life: Life) -> None:
    """The objects of the first revision, and each as it was."""
    assert_same(made(life, life.installed), made(life, life.rolled_back))


def assert_same(first: Census, again: Census) -> None:
    assert first.keys() == again.keys()
    for name in first:
        assert written(first[name]) == written(again[name]), name


def test_a_rollback_keeps_what_was_there_all_the_time(life: Life) -> None:
    for name in made(life, life.installed).keys() & made(life, life.upgraded).keys():
        assert uid(life.installed[name]) == uid(life.rolled_back[name]), name


def test_an_upgrade_that_kubernetes_refuses_can_be_rolled_back(life: Life) -> None:
    """The size of claims that exist is not changed by their template: Helm says why, and nothing is left of the attempt."""
    assert "StatefulSet" in life.refusal
    assert "updates to statefulset spec for fields other than" in life.refusal
    assert_same(made(life, life.installed), made(life, life.recovered))


def test_the_history_tells_every_revision(life: Life) -> None:
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["version"]
    told = [(each["revision"], each["status"], each["chart_version"]) for each in life.history]
    assert told == [
        (1, "superseded", OLDER),
        (2, "superseded", version),
        (3, "superseded", OLDER),
        (4, "failed", version),
        (5, "deployed", OLDER),
    ]


def test_uninstall_leaves_no_trace(life: Life) -> None:
    """Of any kind, Helm's own notes included. Without controllers there are no claims; test_chart_claims.py has them."""
    assert life.uninstalled.keys() == life.before.keys()
    for name in life.before:
        assert uid(life.uninstalled[name]) == uid(life.before[name]), name


# ---- helm test


class Kubelet:
    """Runs the Pod of `helm test` as soon as it is there: its own command and variables, the Service's address put in."""

    def __init__(self, api: ApiServer, url: str) -> None:
        self.said = ""
        self._api, self._url = api, url
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(60)

    def _work(self) -> None:
        pod = wait_for("the test Pod", self._pending, bool, timeout=60)
        (container,) = pod["spec"]["containers"]
        env = {each["name"]: each["value"] for each in container["env"]} | {
            "HOLDFAST_URL": self._url,
            "HOLDFAST_PATIENCE": "20",
        }
        command = [sys.executable, *container["command"][1:], *container["args"]]
        ended = run(command, env=env, capture_output=True, text=True, check=False, timeout=50)
        self.said = ended.stdout + ended.stderr
        self._api.replace_status(pod, {"phase": "Failed" if ended.returncode else "Succeeded"})

    def _pending(self) -> Object:
        found = self._api.list("v1", "Pod", NAMESPACE)
        return next((each for each in found if each["status"].get("phase") == "Pending"), {})


@pytest.fixture
def release(cluster: ApiServer, life: Life, tmp_path: Path) -> Iterator[helm.Config]:
    """A release again, after the life of the first one has ended."""
    del life
    with helm_of(cluster, tmp_path) as config:
        config.install(CHART, RELEASE, {}, namespace=NAMESPACE)
        yield config
        config.uninstall(RELEASE)


def running(api: ApiServer, folder: Path) -> Exporter:
    """The exporter on the release's own account and configuration."""
    token = api.service_account_token(NAMESPACE, RELEASE)
    config = api.get("v1", "ConfigMap", RELEASE, NAMESPACE)["data"]["config.yaml"]
    settings = {key: value for key, value in yaml.safe_load(config).items() if key != "history"}
    kubeconfig = api.kubeconfig(folder / "exporter.yaml", token)
    return Exporter(kubeconfig, config=yaml.safe_dump(settings) if settings else "", ready=False)


def test_helm_test_passes_and_leaves_nothing(
    cluster: ApiServer, release: helm.Config, tmp_path: Path
) -> None:
    """On the release's account every source may be read; the Pod is gone when it succeeded."""
    with running(cluster, tmp_path) as exporter, Kubelet(cluster, exporter.url) as kubelet:
        release.test(RELEASE, timeout=60)
    assert "and no source is forbidden" in kubelet.said
    assert cluster.list("v1", "Pod", NAMESPACE) == []


def test_helm_test_fails_where_a_right_is_missing(
    cluster: ApiServer, release: helm.Config, tmp_path: Path
) -> None:
    """It names what may not be read, and the Pod stays for its log."""
    role = cluster.get("rbac.authorization.k8s.io/v1", "ClusterRole", f"{NAMESPACE}:{RELEASE}")
    rules = [rule for rule in role["rules"] if "pods" not in rule["resources"]]
    assert len(rules) < len(role["rules"])
    cluster.patch(role, {"rules": rules})
    with (
        running(cluster, tmp_path) as exporter,
        Kubelet(cluster, exporter.url) as kubelet,
        pytest.raises(helm.HelmError),
    ):
        release.test(RELEASE, timeout=60)
    assert 'source="core"' in kubelet.said
    assert "may not read" in kubelet.said
    (pod,) = cluster.list("v1", "Pod", NAMESPACE)
    assert pod["status"]["phase"] == "Failed"
    cluster.delete(pod, force=True)
