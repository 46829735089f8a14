"""Kinds of the operators that the chart writes objects for, as CustomResourceDefinitions made from the excerpt in kinds.yaml.

Here belongs nothing of Kubernetes itself: its schemas come with a package.
"""

from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]


def definitions() -> list[Object]:
    """One for each kind, with the fields that the chart can write and no other."""
    return [
        _definition(kind) for kind in yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text())["kinds"]
    ]


def _definition(kind: Object) -> Object:
    schema = {"type": "object", "properties": {"spec": kind["spec"]}, "required": ["spec"]}
    version = {
        "name": kind["version"],
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind['plural']}.{kind['group']}"},
        "spec": {
            "group": kind["group"],
            "scope": "Namespaced",
            "names": {"plural": kind["plural"], "kind": kind["kind"]},
            "versions": [version],
        },
    }


OPERATOR_KINDS = frozenset(definition["spec"]["names"]["kind"] for definition in definitions())
"""Kinds that a cluster without the operators would refuse."""
