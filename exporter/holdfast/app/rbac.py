"""The rights that sources need, derived from their feeds: list and watch of what they read; and to ask kubelets for usage."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from holdfast.model.feed import Resource
from holdfast.settings.usage import UsageSection
from holdfast.sources.contract import Source

VERBS = ("list", "watch")

Rule = dict[str, Any]


def rules_by_source(sources: Iterable[Source]) -> Mapping[str, list[Rule]]:
    """For each source one rule an API group and scope, as the chart's role is made of."""
    return {source.name: _rules([feed.resource for feed in source.feeds]) for source in sources}


def _rules(resources: Iterable[Resource]) -> list[Rule]:
    plurals: dict[tuple[bool, str], set[str]] = {}
    for resource in resources:
        plurals.setdefault((resource.namespaced, resource.group), set()).add(resource.plural)
    return [
        {
            "apiGroups": [group],
            "resources": sorted(names),
            "verbs": list(VERBS),
            "scope": "namespaced" if namespaced else "cluster",
        }
        for (namespaced, group), names in sorted(plurals.items())
    ]


def usage_rules(usage: UsageSection) -> list[Rule]:
    """What asking the kubelets needs: each of these stands for one path of theirs, and none for a way into a pod."""
    pages = ["nodes/metrics"] if usage.kubelet.enabled else []
    if usage.ephemeral_interval is not None:
        pages.append("nodes/stats")
    return [{"apiGroups": [""], "resources": pages, "verbs": ["get"]}] if pages else []


def roles(
    sources: Sequence[Source],
    *,
    name: str,
    namespaces: Sequence[str],
    own: Mapping[str, Sequence[str]],
    usage: UsageSection,
) -> list[dict[str, Any]]:
    """One ClusterRole, or with ``namespaces`` one Role in each of them and in each source's ``own`` ones.

    Nodes belong to no namespace: who may look at some of these only asks no kubelets.
    """
    if not namespaces:
        rules = _merged(rule for source in sources for rule in rules_by_source([source])[source.name])
        return [_role("ClusterRole", name, "", rules + usage_rules(usage))]
    made = []
    for namespace in sorted({*namespaces, *(place for places in own.values() for place in places)}):
        able = [s for s in sources if namespace in namespaces or namespace in own.get(s.name, ())]
        rules = _merged(
            rule for s in able for rule in rules_by_source([s])[s.name] if rule["scope"] == "namespaced"
        )
        made.append(_role("Role", name, namespace, rules))
    return made


def _merged(rules: Iterable[Rule]) -> list[Rule]:
    by_group: dict[str, set[str]] = {}
    for rule in rules:
        by_group.setdefault(rule["apiGroups"][0], set()).update(rule["resources"])
    return [
        {"apiGroups": [group], "resources": sorted(plurals), "verbs": list(VERBS)}
        for group, plurals in sorted(by_group.items())
    ]


def _role(kind: str, name: str, namespace: str, rules: list[Rule]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata, "rules": rules}
