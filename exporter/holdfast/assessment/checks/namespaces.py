"""Checks on namespaces, and which of them are the system's own."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache

from holdfast.assessment.checks.contract import BREATH, Found, Scene, Why, portions
from holdfast.assessment.checks.naming import counted, listed
from holdfast.model.capacity import Quota
from holdfast.model.facts import Claim, StorageClass
from holdfast.model.identity import ObjectRef
from holdfast.model.policy import Policy


def is_system(namespace: str, policy: Policy) -> bool:
    """Whoever runs the cluster answers for it, and not a team."""
    return _matches(namespace, policy.system_namespaces)


@lru_cache(maxsize=4096)
def _matches(namespace: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(namespace, glob) for glob in globs)


def no_storage_quota(scene: Scene) -> Iterator[Found]:
    """A quota on the number of claims limits no storage, and a scoped one holds for some objects only.

    One for a class limits nothing where no claim is of the class.
    """
    facts, policy = scene.setting.facts, scene.setting.policy
    claims: dict[str, int] = {}
    used: dict[str, set[str]] = {}
    defaults = [each.name for each in facts.all(StorageClass) if each.is_default]
    for some in portions(facts.all(Claim)):
        yield BREATH
        for claim in some:
            claims[claim.ref.namespace] = claims.get(claim.ref.namespace, 0) + 1
            waits = not claim.storage_class and not claim.static and not claim.volume
            used.setdefault(claim.ref.namespace, {""}).update(defaults if waits else (claim.storage_class,))
    for namespace, held in claims.items():
        if is_system(namespace, policy):
            yield BREATH
            continue
        limits = [
            limit
            for quota in facts.linked(Quota, "namespace", namespace)
            if not quota.scoped
            for limit in quota.limits
            if limit.resource == "requests.storage"
        ]
        idle = {limit.storage_class for limit in limits} - used[namespace]
        limits = [limit for limit in limits if limit.storage_class not in idle]
        why: Why = ""
        if not limits:
            why = f"{counted(held, 'claim')}, and no ResourceQuota limits requests.storage"
            why += f" but of classes that none of them is of: {listed(idle)}" if idle else ""
        elif all(limit.hard is None for limit in limits):
            why = None
        yield ObjectRef("Namespace", "", namespace), why
