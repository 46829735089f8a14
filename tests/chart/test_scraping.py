"""How Prometheus finds the release, and what the notes say when it would not."""

import re
from typing import Any

import helm_python as helm
import pytest
import yaml

from helm import sync
from tests.chart.kinds import OPERATOR_KINDS
from tests.chart.rendering import (
    HERE,
    NAMESPACE,
    RELEASE,
    Object,
    installed,
    notes,
    only,
    pod_of,
    rendered,
    written,
)
from tests.rules import pack
from tests.rules.catalogue import exported


def test_the_service_monitor_keeps_the_labels_of_the_claims() -> None:
    """honorLabels is not a matter of taste here, and the monitor finds the Service."""
    objects = installed("everything")
    monitor, service = only(objects, "ServiceMonitor"), only(objects, "Service")
    endpoint = monitor["spec"]["endpoints"][0]
    assert endpoint["honorLabels"] is True
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["spec"]["namespaceSelector"]["matchNames"] == [NAMESPACE]
    assert monitor["metadata"]["labels"]["release"] == "prometheus"


def test_the_pod_monitor_finds_the_pods_and_not_the_one_of_helm_test() -> None:
    """By the pods' own labels and the name of their port."""
    objects = installed("pod-monitor")
    monitor, pod = only(objects, "PodMonitor"), pod_of(objects)
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    chosen = monitor["spec"]["selector"]["matchLabels"].items()
    assert chosen <= pod["metadata"]["labels"].items()
    assert not chosen <= only(objects, "Pod")["metadata"]["labels"].items()
    assert endpoint["honorLabels"] is True
    assert endpoint["port"] in {port["name"] for port in pod["spec"]["containers"][0]["ports"]}
    assert monitor["spec"]["namespaceSelector"]["matchNames"] == [NAMESPACE]
    assert monitor["metadata"]["labels"]["release"] == "prometheus"


def test_both_monitors_say_the_same_of_the_endpoint() -> None:
    """Whoever changes from one to the other loses nothing."""
    asked = written(HERE / "valid" / "pod-monitor.yaml")
    asked["serviceMonitor"] = asked.pop("podMonitor")
    (by_pod,) = only(installed("pod-monitor"), "PodMonitor")["spec"]["podMetricsEndpoints"]
    (by_service,) = only(rendered(asked), "ServiceMonitor")["spec"]["endpoints"]
    assert by_pod == by_service
    keys = ("interval", "scrapeTimeout", "tlsConfig", "basicAuth", "relabelings", "metricRelabelings")
    assert {key: by_pod[key] for key in keys} == {key: asked["serviceMonitor"][key] for key in keys}


@pytest.mark.parametrize(
    ("interval", "timeout"), [("1m", "1m"), ("3m30s", "210s"), ("1m1s", "61s"), ("4m", "240000ms")]
)
def test_a_scrape_may_take_as_long_as_the_interval(interval: str, timeout: str) -> None:
    """However the two are written."""
    monitor = {"enabled": True, "interval": interval, "scrapeTimeout": timeout}
    (endpoint,) = only(rendered({"serviceMonitor": monitor}), "ServiceMonitor")["spec"]["endpoints"]
    assert (endpoint["interval"], endpoint["scrapeTimeout"]) == (interval, timeout)


@pytest.mark.parametrize("interval", ["241s", "240001ms", "1h", "1h30m", "1d", "1w", "1y"])
def test_no_monitor_scrapes_so_rarely_that_no_alert_fires(interval: str) -> None:
    """However the interval is written: after five minutes a series is gone, and `for` begins again."""
    with pytest.raises(helm.HelmError, match=rf"serviceMonitor\.interval: {interval} is longer than 4m"):
        rendered({"serviceMonitor": {"enabled": True, "interval": interval}})


def test_annotations_name_the_port_that_answers() -> None:
    """Beside those of others, which stay."""
    pod = pod_of(installed("scrape-annotations"))
    ports = {port["name"]: port["containerPort"] for port in pod["spec"]["containers"][0]["ports"]}
    annotations = pod["metadata"]["annotations"]
    assert annotations.pop("checksum/config")
    assert annotations == {
        "a": "b",
        "prometheus.io/scrape": "true",
        "prometheus.io/port": str(ports["http"]),
        "prometheus.io/path": "/metrics",
        "prometheus.io/scheme": "http",
    }


def test_nothing_of_an_operator_is_made_unasked() -> None:
    """A cluster without the operators would refuse the whole release; and nothing is annotated either."""
    assert not {each["kind"] for each in installed("default")} & OPERATOR_KINDS
    assert not [key for key in pod_of(installed("default"))["metadata"]["annotations"] if "prometheus" in key]


def test_who_may_scrape_leaves_room_for_helm_test() -> None:
    """A list of its own would shut it out; without a list everybody may."""

    def peers(values: Object) -> Any:
        (scrapes,) = [
            rule
            for rule in only(rendered(values), "NetworkPolicy")["spec"]["ingress"]
            if rule["ports"] == [{"port": "http"}]
        ]
        return scrapes.get("from")

    test = only(installed("pod-monitor"), "Pod")["metadata"]["labels"]
    mine: Object = {"podSelector": {}}
    first, last = peers({"networkPolicy": {"enabled": True, "from": [mine]}})
    assert first == mine
    assert last["podSelector"]["matchLabels"].items() <= test.items()
    assert peers({"networkPolicy": {"enabled": True, "from": [mine]}, "tests": {"enabled": False}}) == [mine]
    assert peers({"networkPolicy": {"enabled": True}}) is None


def test_the_notes_say_what_is_missing() -> None:
    """What nobody installed, and only that."""
    assert "no alerts: set prometheusRule.enabled" in notes({})
    assert "nothing scrapes it" in notes({})
    assert "Not installed" not in notes(written(HERE / "valid" / "everything.yaml"))
    for way in ("serviceMonitor", "podMonitor", "scrapeAnnotations"):
        said = notes({way: {"enabled": True}})
        assert "nothing scrapes it" not in said
        assert "no alerts" in said
    assert "watches the namespaces db, web" in notes({"config": {"namespaces": ["db", "web"]}})


def test_the_notes_name_the_label_that_operators_look_for() -> None:
    """Its absence is the most common question; who has set labels is told nothing."""
    enabled: Object = {"podMonitor": {"enabled": True}, "prometheusRule": {"enabled": True}}
    assert "set it by podMonitor.labels and prometheusRule.labels." in notes(enabled)
    assert "release: NAME-OF-THE-PROMETHEUS-RELEASE" in notes(enabled)
    enabled["podMonitor"]["labels"] = {"release": "prometheus"}
    assert "set it by prometheusRule.labels." in notes(enabled)
    enabled["prometheusRule"]["labels"] = {"release": "prometheus"}
    assert "NAME-OF-THE-PROMETHEUS-RELEASE" not in notes(enabled)


def test_the_notes_tell_the_next_step() -> None:
    """A test to run, a page to open by the right scheme, what uninstalling leaves; and what annotations need."""
    assert "helm test holdfast --namespace monitoring --logs" in notes({})
    assert "helm test" not in notes({"tests": {"enabled": False}})
    assert "open http://localhost:10123" in notes({})
    assert "open https://localhost:8443" in notes(written(HERE / "valid" / "web-config.yaml"))
    assert "leaves the claims of the history (history-holdfast-0 …)" in notes({})
    assert "leaves the claims" not in notes({"persistence": {"whenDeleted": "Delete"}})
    assert "must have `honor_labels: true`" in notes({"scrapeAnnotations": {"enabled": True}})
    assert "must have `honor_labels: true`" not in notes({})
    assert "set dashboards.grafanaOperator.enabled" in notes({})
    assert "grafanaOperator" not in notes(written(HERE / "valid" / "grafana-operator.yaml"))


TEAM: Object = {"config": {"namespaces": ["db"]}}
"""Who watches some namespaces may not be the only one in the cluster."""


@pytest.mark.parametrize(
    ("kind", "endpoints"), [("ServiceMonitor", "endpoints"), ("PodMonitor", "podMetricsEndpoints")]
)
def test_the_notes_tell_releases_of_one_cluster_apart(kind: str, endpoints: str) -> None:
    """By a label `cluster`, with values that can be copied; who has set one is told nothing."""
    asked: Object = {**TEAM, kind[0].lower() + kind[1:]: {"enabled": True}}
    _, _, proposed = notes(asked).partition("In the values of this one:\n\n")
    values = yaml.safe_load(proposed.partition("\n\n")[0])
    (key,) = values
    asked[key] |= values[key]
    (endpoint,) = only(rendered(asked), kind)["spec"][endpoints]
    assert endpoint["relabelings"] == [{"targetLabel": "cluster", "replacement": f"{NAMESPACE}:holdfast"}]
    assert "HoldfastReplicasDisagree" not in notes(asked)
    assert "HoldfastReplicasDisagree" not in notes({key: {"enabled": True}})


def test_the_notes_tell_a_scrape_job_how_to_tell_releases_apart() -> None:
    """By the pods' own labels and namespace, so that no other target of the job is renamed."""
    said = notes({**TEAM, "scrapeAnnotations": {"enabled": True}})
    _, _, proposed = said.partition("In the scrape job:\n\n")
    (rule,) = yaml.safe_load(proposed.partition("\n\n")[0])["relabel_configs"]
    labels = pod_of(rendered(TEAM))["metadata"]["labels"]
    told = {f"__meta_kubernetes_pod_label_{re.sub('[./]', '_', key)}": value for key, value in labels.items()}
    told["__meta_kubernetes_namespace"] = NAMESPACE
    joined = ";".join(told[label] for label in rule["source_labels"])
    found = re.fullmatch(rule["regex"], joined)
    assert found
    assert (rule["target_label"], rule["replacement"]) == ("cluster", "$1:$2")
    assert found.groups() == (NAMESPACE, RELEASE)


RECORDED = {
    rule["record"]: area
    for area in pack.areas()
    for rule, _ in pack.rules(area, exported())
    if "record" in rule
}
"""Each recorded series, and the area whose rules record it."""


def test_the_notes_say_which_rules_the_dashboards_stand_on() -> None:
    """Every area of which a panel reads something recorded, while its rules are not installed."""
    panels = "".join(path.read_text() for path in (sync.ROOT / "dashboards").glob("*.json"))
    read = {RECORDED[name] for name in RECORDED.keys() & set(re.findall(r"\w+:\w+:\w+", panels))}
    assert read == {"levels", "cost"}
    empty = "Several panels of the dashboards read what rules record"
    said = notes({})
    assert (
        f"{empty}, and are empty without the rules of levels and cost:\nset prometheusRule.enabled," in said
    )
    assert empty not in notes({"prometheusRule": {"enabled": True}})
    assert empty not in notes({"dashboards": {"enabled": False}})
    for area in read:
        said = notes({"prometheusRule": {"enabled": True, "areas": {area: False}}})
        assert (
            f"without the rules of {area}:\nset prometheusRule.areas.{area}, or load files/rules/{area}.yaml"
            in said
        )
