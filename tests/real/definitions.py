"""CustomResourceDefinitions for what the sources read: group, versions, names and scope, and no schema.

They stand in for the upstream ones, whose schemas fixtures are held against elsewhere.
"""

from collections.abc import Iterable
from typing import Any

from holdfast.model.feed import Resource
from tests.real.web import JsonObject

BUILT_IN = frozenset({"", "apps", "batch", "policy", "storage.k8s.io"})
"""Groups that every API server has."""


def definitions(resources: Iterable[Resource]) -> list[JsonObject]:
    """One for each resource that no API server has by itself, with all versions that somebody reads."""
    versions: dict[tuple[str, str], dict[str, None]] = {}
    told: dict[tuple[str, str], Resource] = {}
    for resource in resources:
        if resource.group not in BUILT_IN:
            place = (resource.group, resource.plural)
            told.setdefault(place, resource)
            versions.setdefault(place, {}).update(dict.fromkeys(resource.versions))
    return [definition(told[place], list(versions[place])) for place in sorted(told)]


def definition(resource: Resource, versions: list[str], served: Iterable[str] | None = None) -> JsonObject:
    """The first version is the stored one; ``served`` are all of them where not given."""
    schema: dict[str, Any] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    offered = set(versions if served is None else served)
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{resource.plural}.{resource.group}",
            # what groups of Kubernetes' own must carry
            "annotations": {"api-approved.kubernetes.io": "unapproved, a stand-in of tests"},
        },
        "spec": {
            "group": resource.group,
            "scope": "Namespaced" if resource.namespaced else "Cluster",
            "names": {"plural": resource.plural, "kind": resource.kind},
            "versions": [
                {
                    "name": version,
                    "served": version in offered,
                    "storage": version == versions[0],
                    "schema": {"openAPIV3Schema": schema},
                }
                for version in versions
            ],
        },
    }
