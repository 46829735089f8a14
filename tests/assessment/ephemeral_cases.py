"""Pods and their controllers, for tests of what they fill and may fill."""

from typing import Any

from tests.world import pod


def node(name: str = "node-1") -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}


def of(kind: str, name: str, group: str = "apps/v1") -> list[dict[str, Any]]:
    return [{"apiVersion": group, "kind": kind, "name": name, "uid": name, "controller": True}]


def job(name: str, cron_job: str) -> dict[str, Any]:
    metadata = {"namespace": "shop", "name": name, "ownerReferences": of("CronJob", cron_job, "batch/v1")}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata}


def member(name: str, kind: str = "StatefulSet", owner: str = "web", **fields: Any) -> dict[str, Any]:
    """A pod of a controller, of one container with a limit of 4 GiB unless its spec says more."""
    limited = {"name": "main", "resources": {"limits": {"ephemeral-storage": "4Gi"}}}
    spec = {"containers": [limited], **fields.pop("spec", {})}
    return pod(name, metadata={"ownerReferences": of(kind, owner)}, spec=spec, **fields)
