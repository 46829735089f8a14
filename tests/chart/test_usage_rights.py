"""What the chart grants and opens so that kubelets can be asked how full volumes are, and when it does not.

That the role is the one which `holdfast rbac` prints is held for every valid fixture in test_rights.py.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from holdfast.app.compose import read_settings, select
from holdfast.app.rbac import roles
from tests.chart.rendering import RELEASE, installed, notes, only, rendered
from tests.chart.test_rights import granted

CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "default": {},
    "kubelets-off": {"usage": {"kubelet": {"enabled": False}}},
    "kubelets-on": {"usage": {"kubelet": {"enabled": True}}},
    "ephemeral-off": {"usage": {"ephemeral": {"enabled": False}}},
    "ephemeral-on": {"usage": {"ephemeral": {"enabled": True}}},
    "no-sources-but-core": {"sources": {"velero": {"enabled": False}, "cnpg": {"enabled": False}}},
    "namespaces": {"namespaces": ["db"]},
    "namespaces-and-kubelets-on": {"namespaces": ["db"], "usage": {"kubelet": {"enabled": True}}},
    "prometheus-alone": {
        "prometheus": {"url": "http://prometheus:9090"},
        "usage": {"kubelet": {"enabled": False}, "prometheus": {"enabled": True}},
    },
}


def of_kubelets(objects: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    """Namespace, resource and verb of what is granted below nodes."""
    return {(place, resource, verb) for place, _, resource, verb in granted(objects) if "/" in resource}


@pytest.mark.parametrize("config", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_the_rights_at_kubelets_are_those_that_holdfast_prints(
    config: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(config))
    settings = read_settings([file])
    selection = select(settings)
    printed = roles(
        selection.enabled,
        name=RELEASE,
        namespaces=selection.namespaces or (),
        own=selection.own_namespaces,
        usage=settings.usage,
    )
    assert of_kubelets(rendered({"config": config})) == of_kubelets(printed)


def test_kubelets_may_be_asked_for_figures_and_for_nothing_else() -> None:
    """Never `nodes/proxy`: it would run commands in every pod."""
    found = of_kubelets(installed("default"))
    assert ("", "nodes/metrics", "get") in found
    assert {resource for _, resource, _ in found} <= {"nodes/metrics", "nodes/stats"}
    assert {verb for *_, verb in found} == {"get"}


@pytest.mark.parametrize("values", ["usage-off", "namespaced"])
def test_who_asks_no_kubelet_has_no_right_to(values: str) -> None:
    """Switched off; and with rights in some namespaces only, for nodes belong to none."""
    assert of_kubelets(installed(values)) == set()


def egress(values: str) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = only(installed(values), "NetworkPolicy")["spec"]["egress"]
    return rules


def test_who_restricts_what_the_pod_may_reach_has_the_kubelets_added() -> None:
    """At the port that the configuration names, else at 10250."""
    assert egress("usage-kubelets") == [{"ports": [{"port": 443}]}, {"ports": [{"port": 10255}]}]
    assert egress("everything")[-1] == {"ports": [{"port": 10250}]}


def test_who_asks_no_kubelet_keeps_the_list_that_was_written() -> None:
    assert egress("usage-off") == [{"ports": [{"port": 443}]}]


def test_who_restricts_nothing_has_no_egress_rule() -> None:
    policy = only(rendered({"networkPolicy": {"enabled": True}}), "NetworkPolicy")
    assert policy["spec"]["policyTypes"] == ["Ingress"]
    assert "egress" not in policy["spec"]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({}, "most often\nthey sign their certificates themselves"),
        ({"namespaces": ["db"]}, "Nobody is asked how full volumes are"),
        ({"usage": {"kubelet": {"enabled": False}}}, "Nobody is asked how full volumes are"),
    ],
    ids=["kubelets", "namespaces", "off"],
)
def test_the_notes_say_who_is_asked_and_what_is_most_often_wrong(config: dict[str, Any], said: str) -> None:
    assert said in notes({"config": config})


def test_the_notes_say_nothing_to_who_asks_a_prometheus_alone() -> None:
    config = {"usage": {"kubelet": {"enabled": False}}, "prometheus": {"url": "http://prometheus:9090"}}
    assert "how full volumes are" not in notes({"config": config})
