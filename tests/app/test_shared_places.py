"""Claims on directories of nodes: what of them is one space. Objects and samples in, exposition text out."""

from typing import Any

import pytest

from tests.app.test_filling import GI, mounted, rows, sample, served, volume
from tests.world import World, labelled

KINDS = ("hostPath", "local")


def on_node(name: str, kind: str, node: str = "", path: str = "/data") -> dict[str, Any]:
    """The volume of that claim, a directory of a node; of whichever its pod runs on where none is named."""
    made = volume(name)
    del made["spec"]["csi"]
    made["spec"][kind] = {"path": path}
    if node:
        expression = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
        terms = [{"matchExpressions": [expression]}]
        made["spec"]["nodeAffinity"] = {"required": {"nodeSelectorTerms": terms}}
    return made


def running_on(node: str, name: str) -> list[dict[str, Any]]:
    made = mounted(name)
    made[-1]["spec"]["nodeName"] = node
    return made


def spaces(*objects: dict[str, Any]) -> list[str]:
    """The space that each of two claims is said to share. Their figures are alike, and prove nothing."""
    world = served(World(*objects), [sample("shop/a", used=GI), sample("shop/b", used=GI)])
    assert len(rows(world, "pvc_usage_age_seconds")) == 2
    return labelled(world.rows("pvc_backend_info"), "backend")


@pytest.mark.parametrize("kind", KINDS)
def test_one_directory_of_one_node_is_one_space(kind: str) -> None:
    volumes = on_node("shop/a", kind, "node-1"), on_node("shop/b", kind, "node-1", "/data/")
    assert spaces(*mounted("shop/a", "shop/b"), *volumes) == ["node:node-1:/data"] * 2


@pytest.mark.parametrize("kind", KINDS)
def test_directories_of_one_name_on_two_nodes_are_two_spaces(kind: str) -> None:
    volumes = on_node("shop/a", kind, "node-1"), on_node("shop/b", kind, "node-2")
    assert spaces(*running_on("node-1", "shop/a"), *running_on("node-2", "shop/b"), *volumes) == []


@pytest.mark.parametrize("nodes", [("node-1", "node-2"), ("node-1", "node-1"), ("", "node-1")])
def test_a_directory_of_no_node_in_particular_is_no_space(nodes: tuple[str, str]) -> None:
    """It is another one wherever the pod starts next, and no kubelet measures it: all that is known of it is hearsay."""
    pods = [*running_on(nodes[0], "shop/a"), *running_on(nodes[1], "shop/b")]
    assert spaces(*pods, on_node("shop/a", "hostPath"), on_node("shop/b", "hostPath")) == []
