"""The kubelets' register of CSI drivers: a CSIDriver for each that a class names, and a CSINode for each node.

Hints: ``registered: false`` on a StorageClass whose driver runs on no node any more, ``attaches`` on a Node: how many
volumes of a driver it can attach, by driver.
"""

from collections.abc import Mapping
from typing import Any

from holdfast.demo.cluster import Cluster, Object, name_of

_IN_TREE = "kubernetes.io/"  # provisioners that are no CSI drivers


def register_drivers(cluster: Cluster) -> None:
    registered: dict[str, bool] = {}
    for held in cluster.all("StorageClass"):
        driver, hints = held["provisioner"], cluster.hints(held)
        if not driver.startswith(_IN_TREE):
            registered[driver] = bool(hints.get("registered", True))
            cluster.add(_driver(held, attached=bool(hints.get("attached"))))
    running = sorted(driver for driver, runs in registered.items() if runs)
    for node in cluster.all("Node"):
        cluster.add(_csi_node(node, running, cluster.hints(node).get("attaches", {})))


def _driver(held: Object, *, attached: bool) -> Object:
    made = held["metadata"]["creationTimestamp"]
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSIDriver",
        "metadata": {"name": held["provisioner"], "creationTimestamp": made},
        "spec": {"attachRequired": attached},
    }


def _csi_node(node: Object, drivers: list[str], attaches: Mapping[str, Any]) -> Object:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSINode",
        "metadata": {"name": name_of(node), "creationTimestamp": node["metadata"]["creationTimestamp"]},
        "spec": {
            "drivers": [
                {"name": driver, "nodeID": name_of(node)}
                | ({"allocatable": {"count": attaches[driver]}} if driver in attaches else {})
                for driver in drivers
            ]
        },
    }
