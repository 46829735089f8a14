"""Rules and dashboards in the chart: unchanged but for what the values say, and never silently absent."""

import json
import shutil
import subprocess
from pathlib import Path

import helm_python as helm
import pytest
import yaml

from helm import sync
from tests import tools
from tests.chart.rendering import CHART, Object, installed, only, rendered
from tests.rules import pack
from tests.rules.catalogue import exported
from tests.rules.promql import Reading


@pytest.mark.parametrize("name", ["everything", "rules-changed"])
def test_the_prometheus_rule_passes_promtool(name: str, tmp_path: Path) -> None:
    """What Helm made of the rule files is still what Prometheus takes."""
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump(only(installed(name), "PrometheusRule")["spec"]))
    answer = subprocess.run(
        [tools.path("promtool"), "check", "rules", "--lint=all", "--lint-fatal", file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def alerts_of(objects: list[Object]) -> dict[str, Object]:
    groups = only(objects, "PrometheusRule")["spec"]["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


def test_rules_arrive_unchanged() -> None:
    """No expression and no word is touched, braces and back-quotes included."""
    groups = [
        group
        for path in sorted((sync.ROOT / "rules").glob("*.yaml"))
        for group in yaml.safe_load(path.read_text())["groups"]
    ]
    assert only(rendered({"prometheusRule": {"enabled": True}}), "PrometheusRule")["spec"]["groups"] == groups


def test_alerts_change_by_name() -> None:
    """Waiting, severity, labels and absence of one alert; labels of all; the runbooks' place; a whole area."""
    before = alerts_of(rendered({"prometheusRule": {"enabled": True}}))
    after = alerts_of(installed("rules-changed"))
    hygiene = {name for name, rule in before.items() if rule["labels"]["area"] == "hygiene"}
    assert before.keys() - after.keys() == hygiene | {"HoldfastUnsafeInfo"}
    late = after["HoldfastBackupLate"]
    assert (late["for"], late["keep_firing_for"]) == ("2h", "1h")
    assert late["labels"] == {"severity": "info", "area": "protection", "team": "data"}
    page = after["HoldfastBackupLatePage"]
    assert page["labels"] == {"severity": "critical", "area": "protection", "team": "platform"}
    assert page["for"] == before["HoldfastBackupLatePage"]["for"]
    for name, rule in after.items():
        assert rule["annotations"]["runbook_url"] == f"https://wiki.example.org/runbooks/{name}"


def test_no_value_takes_a_label_that_tells_alerts_apart() -> None:
    """With one value for all, Prometheus finds several alerts of the same labels and raises none of them."""
    ours = {
        label
        for alert in pack.alerts(exported())
        for label in Reading(alert.expression, alert.catalogue).labels | alert.labels.keys()
    }
    schema = json.loads((CHART / "values.schema.json").read_text())
    assert schema["definitions"]["seriesLabels"]["properties"].keys() == ours | {"alertname", "__name__"}


@pytest.mark.parametrize("label", ["namespace", "severity", "alertname"])
def test_not_even_the_words_of_the_refusal_are_a_value(label: str) -> None:
    """The schema says why by a constant; that is not to be set either."""
    definitions = json.loads((CHART / "values.schema.json").read_text())["definitions"]
    words = definitions[definitions["seriesLabels"]["properties"][label]["$ref"].rpartition("/")[2]]["const"]
    with pytest.raises(helm.HelmError, match=f"/prometheusRule/ruleLabels/{label}"):
        rendered({"prometheusRule": {"ruleLabels": {label: words}}})


@pytest.mark.parametrize(
    "path", sorted((sync.ROOT / "dashboards").glob("*.json")), ids=lambda path: path.stem
)
def test_dashboards_arrive_unchanged(path: Path) -> None:
    """Each in a ConfigMap of its own, with the label that the sidecar looks for and the folder's annotation."""
    found = [
        each
        for each in installed("everything")
        if each["kind"] == "ConfigMap" and path.name in each.get("data", {})
    ]
    (config,) = found
    assert json.loads(config["data"][path.name]) == json.loads(path.read_text())
    assert config["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert config["metadata"]["annotations"] == {"grafana_folder": "Storage", "a": "b"}
    assert len(config["data"][path.name]) < 900_000  # a ConfigMap holds a mebibyte


def test_dashboards_are_objects_of_the_grafana_operator_on_request() -> None:
    """The same dashboards, each once, with folder and Grafanas; and no ConfigMap beside them."""
    objects = installed("grafana-operator")
    made = [each for each in objects if each["kind"] == "GrafanaDashboard"]
    files = [json.loads(path.read_text()) for path in sorted((sync.ROOT / "dashboards").glob("*.json"))]
    assert sorted((json.loads(each["spec"]["json"]) for each in made), key=_uid) == sorted(files, key=_uid)
    for each in made:
        spec = {key: value for key, value in each["spec"].items() if key != "json"}
        assert spec == {
            "instanceSelector": {"matchLabels": {"dashboards": "grafana"}},
            "allowCrossNamespaceImport": True,
            "resyncPeriod": "5m",
            "folder": "Storage: safety",
        }
    assert [each["metadata"]["name"] for each in objects if each["kind"] == "ConfigMap"] == ["holdfast"]


@pytest.mark.parametrize("operator", [False, True])
@pytest.mark.parametrize("base", ["https://wiki.example.org/runbooks", 'https://wiki.example.org/"a"/'])
def test_dashboards_link_to_the_same_runbooks_as_alerts(base: str, operator: bool) -> None:
    """In ConfigMaps and in objects of the Grafana Operator: every link, and nothing else."""
    grafana = {"enabled": operator, "instanceSelector": {"matchLabels": {"dashboards": "grafana"}}}
    objects = rendered(
        {"prometheusRule": {"runbookBaseUrl": base}, "dashboards": {"grafanaOperator": grafana}}
    )
    made = [each["spec"]["json"] for each in objects if each["kind"] == "GrafanaDashboard"] or [
        text
        for each in objects
        if each["kind"] == "ConfigMap"
        for name, text in each["data"].items()
        if name.endswith(".json")
    ]
    place = json.dumps(base.rstrip("/"))[1:-1]
    files = [
        json.loads(path.read_text().replace("https://holdfast.dev/runbooks", place))
        for path in sorted((sync.ROOT / "dashboards").glob("*.json"))
    ]
    assert sorted(map(json.loads, made), key=_uid) == sorted(files, key=_uid)
    assert sum(text.count(place) for text in made) > 0


def _uid(dashboard: Object) -> str:
    return str(dashboard["uid"])


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The chart, to be damaged."""
    return Path(shutil.copytree(CHART, tmp_path / "holdfast"))


def test_a_group_whose_alerts_are_all_left_out_is_left_out(copy: Path) -> None:
    """An empty group would stand in Prometheus as if something were watched."""
    alert = {"alert": "One", "expr": "vector(1)", "labels": {}, "annotations": {}}
    group = {"name": "alone", "rules": [alert]}
    (copy / "files" / "rules" / "hygiene.yaml").write_text(yaml.safe_dump({"groups": [group]}))

    def groups(**alerts: Object) -> set[str]:
        made = only(rendered({"prometheusRule": {"enabled": True, "alerts": alerts}}, copy), "PrometheusRule")
        return {group["name"] for group in made["spec"]["groups"]}

    assert groups() - groups(One={"enabled": False}) == {"alone"}


def test_a_packaged_chart_is_the_same_chart(tmp_path: Path) -> None:
    """What is published holds the rules, the dashboards and the rights."""
    archive = helm.package(CHART, destination=tmp_path)
    values: Object = {"prometheusRule": {"enabled": True}}
    assert rendered(values, Path(archive)) == rendered(values)


def test_a_chart_without_its_rules_does_not_install(copy: Path) -> None:
    """Lost files would otherwise be a release without alerts and without an error."""
    shutil.rmtree(copy / "files" / "rules")
    with pytest.raises(helm.HelmError, match="files/rules/ holds no alerts"):
        rendered({"prometheusRule": {"enabled": True}}, copy)


def test_a_chart_without_its_dashboards_does_not_install(copy: Path) -> None:
    """The same for dashboards."""
    shutil.rmtree(copy / "files" / "dashboards")
    with pytest.raises(helm.HelmError, match="files/dashboards/ holds no dashboards"):
        rendered({}, copy)


@pytest.mark.parametrize("name", ["rules/protection.yaml", "rbac.yaml"])
def test_a_file_that_is_no_yaml_does_not_install(copy: Path, name: str) -> None:
    """Helm's fromYaml does not fail by itself."""
    (copy / "files" / name).write_text("groups: [")
    with pytest.raises(helm.HelmError, match=f"files/{name}: "):
        rendered({"prometheusRule": {"enabled": True}}, copy)


def test_a_chart_without_its_rights_does_not_install(copy: Path) -> None:
    """An exporter that may read nothing would be blind."""
    (copy / "files" / "rbac.yaml").unlink()
    with pytest.raises(helm.HelmError, match=r"files/rbac\.yaml is missing"):
        rendered({}, copy)
