"""The exporter's pod and the objects around it: as safe as can be, and agreeing with each other."""

from pathlib import Path
from typing import Any

from holdfast.app.compose import read_settings
from tests.chart.rendering import (
    RELEASE,
    VALID,
    each_valid,
    installed,
    only,
    pod_of,
    pods_of,
    rendered,
    written,
)


@each_valid
def test_every_pod_meets_the_restricted_profile(values: Path) -> None:
    """The strictest of the Pod Security Standards, by default; the pod of `helm test` is no exception."""
    for _, pod in pods_of(installed(values)):
        spec = pod["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in spec["containers"]:
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["readOnlyRootFilesystem"] is True
            assert context["capabilities"] == {"drop": ["ALL"]}
        assert {kind for volume in spec.get("volumes", []) for kind in volume if kind != "name"} <= {
            "configMap",
            "emptyDir",
            "projected",
            "secret",
        }
        assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & spec.keys()


def test_only_the_exporter_is_given_a_token() -> None:
    """The account itself hands none out, and `helm test` asks no API server."""
    objects = installed("default")
    tokens = {kind: pod["spec"]["automountServiceAccountToken"] for kind, pod in pods_of(objects)}
    assert tokens == {"StatefulSet": True, "Pod": False}
    assert only(objects, "ServiceAccount")["automountServiceAccountToken"] is False


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
    for test in (one for one in objects if one["kind"] == "Pod"):
        # else the Service would send scrapes to it and the budget count it as a replica
        assert not stateful["spec"]["selector"]["matchLabels"].items() <= test["metadata"]["labels"].items()
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


def test_the_history_is_a_claim_or_lasts_as_long_as_the_pod() -> None:
    """A small claim that Holdfast does not ask to be backed up; an emptyDir on request."""
    claim = only(installed("default"), "StatefulSet")["spec"]["volumeClaimTemplates"][0]
    assert claim["spec"]["resources"]["requests"]["storage"] == "1Gi"
    assert claim["metadata"]["annotations"]["holdfast.dev/exempt"]
    ephemeral = only(installed("ephemeral"), "StatefulSet")["spec"]
    assert "volumeClaimTemplates" not in ephemeral
    assert any("emptyDir" in volume for volume in ephemeral["template"]["spec"]["volumes"])


def test_the_claims_stay_or_go_with_the_release() -> None:
    """They stay when nothing is said, and never go because replicas became fewer."""

    def policy(name: str) -> Any:
        return only(installed(name), "StatefulSet")["spec"].get("persistentVolumeClaimRetentionPolicy")

    assert policy("default") == {"whenDeleted": "Retain", "whenScaled": "Retain"}
    assert policy("tests-off") == {"whenDeleted": "Delete", "whenScaled": "Retain"}
    assert policy("ephemeral") is None


def test_a_web_configuration_comes_from_its_secret() -> None:
    """It is mounted and named; the probes stay on the plain port."""
    spec = pod_of(installed("web-config"))["spec"]
    assert "--web.config.file=/etc/holdfast-web/web.yml" in spec["containers"][0]["args"]
    assert {"name": "web", "secret": {"secretName": "holdfast-web"}} in spec["volumes"]
    assert only(installed("web-config"), "ServiceMonitor")["spec"]["endpoints"][0]["scheme"] == "https"


def test_where_the_pods_run_is_what_was_asked() -> None:
    """Nodes, taints, draws, priority and spread arrive as they were written."""
    asked, spec = written(_fixture("everything")), pod_of(installed("everything"))["spec"]
    for key in ("nodeSelector", "tolerations", "affinity", "priorityClassName"):
        assert spec[key] == asked[key], key
    assert {mount["name"] for mount in spec["containers"][0]["volumeMounts"]} >= {"files"}


def test_pods_are_spread_over_nodes_when_nobody_says_how() -> None:
    """And a constraint with a selector of its own keeps it."""
    (constraint,) = pod_of(installed("default"))["spec"]["topologySpreadConstraints"]
    assert (constraint["topologyKey"], constraint["whenUnsatisfiable"]) == (
        "kubernetes.io/hostname",
        "ScheduleAnyway",
    )
    mine = {
        "maxSkew": 2,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"mine": "yes"}},
    }
    (constraint,) = pod_of(rendered({"topologySpreadConstraints": [mine]}))["spec"][
        "topologySpreadConstraints"
    ]
    assert constraint["labelSelector"] == {"matchLabels": {"mine": "yes"}}
    assert "topologySpreadConstraints" not in pod_of(rendered({"topologySpreadConstraints": []}))["spec"]


def _fixture(name: str) -> Path:
    return next(path for path in VALID if path.stem == name)


@each_valid
def test_every_object_bears_the_common_labels(values: Path) -> None:
    """One look-up finds all that a release made."""
    asked = written(values).get("commonLabels") or {}
    for each in installed(values):
        if not each["metadata"]["name"].endswith("-extra"):
            labels = each["metadata"]["labels"]
            assert labels["app.kubernetes.io/name"] == (
                "holdfast-test" if each["kind"] == "Pod" else "holdfast"
            )
            assert labels["app.kubernetes.io/instance"] == RELEASE
            assert asked.items() <= labels.items()
