"""The chart, rendered by a real Helm engine: valid, least in its rights, in step with what it is made of.

`valid/` and `invalid/` hold values as somebody would write them; each invalid file has beside it what Helm must say.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import helm_python as helm
import kubernetes_validate  # type: ignore[import-untyped] # it ships no types
import pytest
import yaml
from kubernetes_validate.utils import all_versions  # type: ignore[import-untyped] # it ships no types

from helm import sync
from holdfast.app.compose import read_settings, select
from holdfast.app.rbac import roles
from tests import tools
from tests.real.apiserver import ApiServer

HERE = Path(__file__).parent
CHART = sync.CHART
VALID = sorted((HERE / "valid").glob("*.yaml"))
INVALID = sorted((HERE / "invalid").glob("*.yaml"))
RELEASE, NAMESPACE = "holdfast", "monitoring"
LOWEST, HIGHEST = "1.27", all_versions()[-1]
OPERATOR_KINDS = {"ServiceMonitor", "PrometheusRule"}  # no schemas of these are in the Kubernetes API

Object = dict[str, Any]

each_valid = pytest.mark.parametrize("values", VALID, ids=lambda path: path.stem)


def written(path: Path) -> Object:
    """Values as Helm reads them from a file: its YAML knows no dates."""
    return helm.values_from_yaml(path.read_text())


def rendered(values: Object, chart: Path = CHART) -> list[Object]:
    """The objects that Helm would install. Raises HelmError."""
    with helm.Chart.load(chart) as loaded:
        files = loaded.render(values, name=RELEASE, namespace=NAMESPACE)
    return [
        document
        for name, text in sorted(files.items())
        if not name.endswith("NOTES.txt")
        for document in yaml.safe_load_all(text)
        if document
    ]


@cache
def _installed(values: Path) -> str:
    return json.dumps(rendered(written(values)))


def installed(name: str | Path) -> list[Object]:
    """The objects of a valid fixture."""
    objects: list[Object] = json.loads(
        _installed(HERE / "valid" / f"{name}.yaml" if isinstance(name, str) else name)
    )
    return objects


def only(objects: list[Object], kind: str) -> Object:
    found = [each for each in objects if each["kind"] == kind]
    assert len(found) == 1, f"{len(found)} objects of kind {kind}"
    return found[0]


def pod_of(objects: list[Object]) -> Object:
    template: Object = only(objects, "StatefulSet")["spec"]["template"]
    return template


# ---- what is accepted and what is refused


@each_valid
@pytest.mark.parametrize("version", [LOWEST, HIGHEST])
def test_every_object_is_one_that_kubernetes_knows(values: Path, version: str) -> None:
    """No key is misspelt and no value of the wrong kind, on the oldest and the newest Kubernetes."""
    for document in installed(values):
        if document["kind"] not in OPERATOR_KINDS:
            kubernetes_validate.validate(document, version, strict=True)


@pytest.mark.real
def test_a_real_api_server_takes_every_object_and_the_pod_as_restricted() -> None:
    """With unknown fields refused, and in a namespace that enforces the restricted profile. Nothing is stored."""
    with ApiServer() as api:
        api.namespace(NAMESPACE, {"pod-security.kubernetes.io/enforce": "restricted"})
        for namespace in ("db", "web", "velero"):
            api.namespace(namespace)
        for values in VALID:
            objects = [each for each in installed(values) if each["kind"] not in OPERATOR_KINDS]
            pod = {"apiVersion": "v1", "kind": "Pod", **pod_of(objects)}
            pod["metadata"] |= {"name": "holdfast-0", "namespace": NAMESPACE}
            pod["spec"]["volumes"] = [*pod["spec"]["volumes"], *_mounted_claims(pod)]
            for each in (*objects, pod):
                path = api.path(
                    each["apiVersion"], each["kind"], each["metadata"].get("namespace", NAMESPACE)
                )
                api.request("POST", f"{path}?dryRun=All&fieldValidation=Strict", each)


def _mounted_claims(pod: Object) -> list[Object]:
    """What the StatefulSet's controller would add for the claim templates."""
    there = {volume["name"] for volume in pod["spec"]["volumes"]}
    mounted = {mount["name"] for mount in pod["spec"]["containers"][0]["volumeMounts"]}
    return [
        {"name": name, "persistentVolumeClaim": {"claimName": f"{name}-holdfast-0"}}
        for name in mounted - there
    ]


@pytest.mark.parametrize("values", INVALID, ids=lambda path: path.stem)
def test_a_mistake_is_refused_with_its_place(values: Path) -> None:
    """Helm names the key and what is wrong with it."""
    with pytest.raises(helm.HelmError) as refusal:
        rendered(written(values))
    for line in values.with_suffix(".expect.txt").read_text().splitlines():
        assert line in str(refusal.value)


def test_every_invalid_fixture_says_what_to_expect() -> None:
    """No text is left of a fixture that is gone."""
    assert {path.stem for path in INVALID} == {
        path.name.removesuffix(".expect.txt") for path in (HERE / "invalid").glob("*.expect.txt")
    }


@each_valid
def test_helm_finds_nothing_to_say(values: Path) -> None:
    """`helm lint --strict` has no warning."""
    report = helm.lint(CHART, written(values), strict=True)
    assert report["errors"] == []
    assert [message for message in report["messages"] if message["severity"] > 1] == []


# ---- values, schema and words agree


def leaves(
    values: Object, schema: Object, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], set[str], set[str]]]:
    """Every mapping whose keys the schema closes: its path, its keys in values.yaml, its keys in the schema."""
    yield path, set(values), set(schema["properties"])
    for name, child in schema["properties"].items():
        if "properties" in child and name in values and (*path, name) not in {("config",), ("resources",)}:
            yield from leaves(values[name], child, (*path, name))


def test_values_and_schema_know_the_same_keys() -> None:
    """A key that the schema lacks could not be set, one that values.yaml lacks would not be found."""
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    schema = json.loads((CHART / "values.schema.json").read_text())
    schema["properties"].pop("global")  # Helm's own, for a chart within a chart
    for path, in_values, in_schema in leaves(values, schema):
        assert in_values == in_schema, ".".join(path)


def test_every_value_is_described() -> None:
    """Each key of values.yaml, or a mapping above it, has a `# --` comment."""
    source = (CHART / "values.yaml").read_text()
    known = {path for path, _ in sync.described(source)}

    def check(values: Object, path: tuple[str, ...] = ()) -> None:
        for name, value in values.items():
            here = (*path, name)
            if here not in known:
                assert isinstance(value, dict), f"{'.'.join(here)} has no description"
                check(value, here)

    check(yaml.safe_load(source))


def test_the_chart_is_in_step_with_what_it_is_made_of() -> None:
    """Copies of rules and dashboards, the configuration's schema and the table of values."""
    assert sync.drifted() == [], "run `make generate`"


def test_the_chart_holds_no_links() -> None:
    """Flux drops links: a chart of links installs no alerts and says nothing."""
    assert [path for path in CHART.rglob("*") if path.is_symlink()] == []


def test_no_registry_is_chosen_for_anybody() -> None:
    """The image's name has no host: whose registry it comes from is the installer's affair."""
    repository = yaml.safe_load((CHART / "values.yaml").read_text())["image"]["repository"]
    assert "." not in repository.partition("/")[0]


# ---- the pod


@each_valid
def test_the_pod_meets_the_restricted_profile(values: Path) -> None:
    """The strictest of the Pod Security Standards, by default."""
    spec = pod_of(installed(values))["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in spec["containers"]:
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}
    assert {kind for volume in spec["volumes"] for kind in volume if kind != "name"} <= {
        "configMap",
        "emptyDir",
        "secret",
    }


@each_valid
def test_what_names_each_other_agrees(values: Path) -> None:
    """Selectors find the pods, names lead to objects, mounts have volumes, ports have names."""
    objects = installed(values)
    pod = pod_of(objects)
    labels, spec = pod["metadata"]["labels"], pod["spec"]
    stateful, service = only(objects, "StatefulSet"), only(objects, "Service")
    assert stateful["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert stateful["spec"]["serviceName"] == service["metadata"]["name"]
    assert service["spec"]["selector"].items() <= labels.items()
    for kind in ("NetworkPolicy", "PodDisruptionBudget"):
        for each in (one for one in objects if one["kind"] == kind):
            selector = each["spec"].get("podSelector") or each["spec"]["selector"]
            assert selector["matchLabels"].items() <= labels.items()
    for constraint in spec.get("topologySpreadConstraints", []):
        assert constraint["labelSelector"]["matchLabels"].items() <= labels.items()
    container = spec["containers"][0]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports.keys()
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        assert container[probe]["httpGet"]["port"] == "probes"
    assert f"--web.listen-address=:{ports['http']}" in container["args"]
    assert f"--web.probe-address=:{ports['probes']}" in container["args"]
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    volumes |= {each["metadata"]["name"]: each for each in stateful["spec"].get("volumeClaimTemplates", [])}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes.keys()
    configs = {each["metadata"]["name"] for each in objects if each["kind"] == "ConfigMap"}
    assert volumes["config"]["configMap"]["name"] in configs


@each_valid
def test_the_exporter_takes_the_configuration_that_is_mounted(values: Path, tmp_path: Path) -> None:
    """What the ConfigMap holds, Holdfast reads; the history lies where a volume is mounted."""
    objects = installed(values)
    config = next(each for each in objects if each["kind"] == "ConfigMap" and "config.yaml" in each["data"])
    file = tmp_path / "config.yaml"
    file.write_text(config["data"]["config.yaml"])
    settings = read_settings([file])
    mounts = {
        each["name"]: each["mountPath"] for each in pod_of(objects)["spec"]["containers"][0]["volumeMounts"]
    }
    assert settings.history.path == mounts["history"]
    assert f"--config={mounts['config']}/config.yaml" in pod_of(objects)["spec"]["containers"][0]["args"]


def test_a_change_of_the_configuration_rolls_the_pods_and_nothing_else_does() -> None:
    """The configuration is read once, so its checksum stands on the pod."""

    def checksum(**values: Any) -> str:
        return str(pod_of(rendered(values))["metadata"]["annotations"]["checksum/config"])

    assert checksum() == checksum(replicas=2, dashboards={"enabled": False})
    assert checksum() != checksum(config={"defaults": {"rpo": "1h"}})


def test_two_releases_of_one_name_share_nothing_in_the_cluster() -> None:
    """Cluster-scoped names bear the namespace."""
    with helm.Chart.load(CHART) as chart:
        names = {
            yaml.safe_load(document)["metadata"]["name"]
            for namespace in ("a", "b")
            for document in chart.render({}, name=RELEASE, namespace=namespace)[
                "holdfast/templates/rbac.yaml"
            ].split("---")
            if document.strip()
        }
    assert names == {"a-holdfast", "b-holdfast"}


def test_the_history_is_a_claim_or_lasts_as_long_as_the_pod() -> None:
    """A small claim that Holdfast does not ask to be backed up; an emptyDir on request."""
    claim = only(installed("default"), "StatefulSet")["spec"]["volumeClaimTemplates"][0]
    assert claim["spec"]["resources"]["requests"]["storage"] == "1Gi"
    assert claim["metadata"]["annotations"]["holdfast.dev/exempt"]
    ephemeral = only(installed("ephemeral"), "StatefulSet")["spec"]
    assert "volumeClaimTemplates" not in ephemeral
    assert any("emptyDir" in volume for volume in ephemeral["template"]["spec"]["volumes"])


def test_a_web_configuration_comes_from_its_secret() -> None:
    """It is mounted and named; the probes stay on the plain port."""
    spec = pod_of(installed("web-config"))["spec"]
    assert "--web.config.file=/etc/holdfast-web/web.yml" in spec["containers"][0]["args"]
    assert {"name": "web", "secret": {"secretName": "holdfast-web"}} in spec["volumes"]
    assert only(installed("web-config"), "ServiceMonitor")["spec"]["endpoints"][0]["scheme"] == "https"


# ---- rights


def granted(objects: list[Object]) -> set[tuple[str, str, str, str]]:
    """Namespace (empty: the cluster), group, resource and verb of all that the roles grant."""
    return {
        (each["metadata"].get("namespace", ""), group, resource, verb)
        for each in objects
        if each["kind"] in ("Role", "ClusterRole")
        for rule in each["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


@each_valid
def test_the_role_is_the_one_that_holdfast_prints(values: Path, tmp_path: Path) -> None:
    """`holdfast rbac` with the same configuration, no more and no less."""
    asked = written(values)
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(asked.get("config", {})))
    settings = read_settings([file])
    selection = select(settings)
    printed = roles(
        selection.enabled,
        name=RELEASE,
        namespaces=selection.namespaces or (),
        own=selection.own_namespaces,
        usage=settings.usage,
    )
    made = granted(printed) if asked.get("rbac", {}).get("create", True) else set()
    assert granted(installed(values)) == made, "run `make generate`"


@each_valid
def test_the_role_only_looks_and_never_at_secrets(values: Path) -> None:
    """List and watch, nothing with credentials in it, no wildcard. Of nodes, two pages of figures may be got."""
    for _, group, resource, verb in granted(installed(values)):
        assert verb in ("list", "watch") or (resource, verb) in (
            ("nodes/metrics", "get"),
            ("nodes/stats", "get"),
        )
        assert resource not in ("secrets", "configmaps", "nodes/proxy", "pods/exec", "pods/log")
        assert "*" not in (group, resource)


@each_valid
def test_every_role_is_bound_to_the_account_of_the_pod(values: Path) -> None:
    """A role without its binding, or a binding to another account, would leave the exporter blind."""
    objects = installed(values)
    account = pod_of(objects)["spec"]["serviceAccountName"]
    made = {
        (e["kind"], e["metadata"]["name"], e["metadata"].get("namespace"))
        for e in objects
        if e["kind"].endswith("Role")
    }
    bound = {
        (each["roleRef"]["kind"], each["roleRef"]["name"], each["metadata"].get("namespace"))
        for each in objects
        if each["kind"].endswith("RoleBinding")
        if each["subjects"] == [{"kind": "ServiceAccount", "name": account, "namespace": NAMESPACE}]
    }
    assert made == bound


def test_a_source_that_is_off_has_no_rights() -> None:
    """Least privilege follows the configuration."""
    assert "velero.io" in {group for _, group, _, _ in granted(installed("default"))}
    assert "velero.io" not in {group for _, group, _, _ in granted(installed("source-off"))}


def test_namespaces_mean_roles_and_no_cluster_role() -> None:
    """Rights stand in the namespaces that are named, and a source's own have those of that source alone."""
    objects = installed("namespaced")
    assert not [each for each in objects if each["kind"].startswith("ClusterRole")]
    rights = granted(objects)
    assert {namespace for namespace, *_ in rights} == {"db", "web", "velero"}
    assert {group for namespace, group, _, _ in rights if namespace == "velero"} == {"velero.io"}
    assert not {resource for _, _, resource, _ in rights} & {"nodes", "namespaces", "persistentvolumes"}


# ---- rules and dashboards


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


def test_dashboards_arrive_unchanged() -> None:
    """Each in a ConfigMap of its own, with the label that the sidecar looks for."""
    objects = installed("everything")
    for path in sorted((sync.ROOT / "dashboards").glob("*.json")):
        config = next(each for each in objects if each["kind"] == "ConfigMap" and path.name in each["data"])
        assert json.loads(config["data"][path.name]) == json.loads(path.read_text())
        assert config["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert config["metadata"]["annotations"] == {"grafana_folder": "Storage"}
        assert len(config["data"][path.name]) < 900_000  # a ConfigMap holds a mebibyte


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The chart, to be damaged."""
    return Path(shutil.copytree(CHART, tmp_path / "holdfast"))


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


# ---- the monitor and the notes


def test_the_monitor_keeps_the_labels_of_the_claims() -> None:
    """honorLabels is not a matter of taste here, and the monitor finds the Service."""
    objects = installed("everything")
    monitor = only(objects, "ServiceMonitor")
    service = only(objects, "Service")
    endpoint = monitor["spec"]["endpoints"][0]
    assert endpoint["honorLabels"] is True
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["spec"]["namespaceSelector"]["matchNames"] == [NAMESPACE]
    assert monitor["metadata"]["labels"]["release"] == "prometheus"


def test_nothing_of_the_operator_is_made_unasked() -> None:
    """A cluster without the Prometheus Operator would refuse the whole release."""
    assert not {each["kind"] for each in installed("default")} & OPERATOR_KINDS


@each_valid
def test_every_object_bears_the_common_labels(values: Path) -> None:
    """One look-up finds all that a release made."""
    asked = written(values).get("commonLabels", {})
    for each in installed(values):
        if not each["metadata"]["name"].endswith("-extra"):
            labels = each["metadata"]["labels"]
            assert labels["app.kubernetes.io/name"] == "holdfast"
            assert labels["app.kubernetes.io/instance"] == RELEASE
            assert asked.items() <= labels.items()


def test_the_notes_say_what_is_missing_and_what_operators_look_for() -> None:
    """What nobody installed, and the label whose absence is the most common question."""

    def notes(values: Object) -> str:
        with helm.Chart.load(CHART) as chart:
            return chart.render(values, name=RELEASE, namespace=NAMESPACE)["holdfast/templates/NOTES.txt"]

    assert "no alerts: set prometheusRule.enabled" in notes({})
    everything = notes(written(HERE / "valid" / "everything.yaml"))
    assert "release: NAME-OF-THE-PROMETHEUS-RELEASE" in everything
    assert "Not installed" not in everything
    assert "watches the namespaces db, web" in notes({"config": {"namespaces": ["db", "web"]}})
