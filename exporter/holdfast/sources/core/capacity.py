"""ResourceQuotas and CSIStorageCapacities. What the objects say of limits and free space; who runs into them is not here."""

from typing import Any, Final

from holdfast.model.capacity import CLAIMS, Limit, Pool, Quota, QuotaResource, SizeLimit
from holdfast.model.facts import Fact
from holdfast.sources.selection import Requirement, SelectorShape, read_selector
from holdfast.sources.shapes import Metadata, Present, Shape, shared
from holdfast.sources.values import parse_quantity

CLASS_SUFFIX = ".storageclass.storage.k8s.io/"

_RESOURCES: Final[dict[str, QuotaResource]] = {
    "requests.storage": "requests.storage",
    "requests.ephemeral-storage": "requests.ephemeral-storage",
    "ephemeral-storage": "requests.ephemeral-storage",  # the API takes both for the same
    "limits.ephemeral-storage": "limits.ephemeral-storage",
    "persistentvolumeclaims": CLAIMS,
    "count/persistentvolumeclaims": CLAIMS,
}
_OF_A_CLASS: Final[dict[str, QuotaResource]] = {
    "requests.storage": "requests.storage",
    "persistentvolumeclaims": CLAIMS,
}


class QuotaSpec(Shape):
    """Its limits count only until there is a status: those of the status are in force."""

    hard: dict[str, Any] | None = None
    scopes: list[str | None] | None = None
    scope_selector: Present | None = None


class QuotaStatus(Shape):
    """Most amounts are of no interest, and none of them can make the object unreadable."""

    hard: dict[str, Any] | None = None
    used: dict[str, Any] | None = None


class QuotaObject(Shape):
    metadata: Metadata
    spec: QuotaSpec | None = None
    status: QuotaStatus | None = None


def read_quota(quota: QuotaObject) -> tuple[Fact, ...]:
    """Nothing where there is no limit on storage. Before it is first synchronised, nothing is told of its use."""
    spec, status = quota.spec or QuotaSpec(), quota.status or QuotaStatus()
    limits: dict[tuple[str, str], Limit] = {}
    hard = spec.hard if status.hard is None and status.used is None else status.hard
    for key, amount in (hard or {}).items():
        if counted := quota_key(key):
            resource, storage_class = counted
            limit = Limit(
                resource=resource,
                storage_class=shared(storage_class),
                hard=_amount(amount),
                used=_amount((status.used or {}).get(key)),
            )
            limits[counted] = min(limits.get(counted, limit), limit, key=_tightness)
    if not limits:
        return ()
    return (
        Quota(
            namespace=quota.metadata.namespace,
            name=shared(quota.metadata.name),
            limits=tuple(limit for _, limit in sorted(limits.items())),
            scoped=bool(spec.scopes or spec.scope_selector),
        ),
    )


def quota_key(key: str) -> tuple[QuotaResource, str] | None:
    """What a key of a quota limits, and of which class (empty for all); None where it is no storage.

    https://kubernetes.io/docs/concepts/policy/resource-quotas/#storage-resource-quota
    """
    if resource := _RESOURCES.get(key):
        return resource, ""
    storage_class, _, rest = key.rpartition(CLASS_SUFFIX)
    of_class = _OF_A_CLASS.get(rest)
    return (of_class, storage_class) if of_class and storage_class else None


def _tightness(limit: Limit) -> tuple[bool, int, int]:
    """Of two spellings of one limit both are in force: the one that leaves less room counts."""
    return limit.room is None, limit.room or 0, limit.hard or 0


def _amount(value: Any) -> int | None:
    """None for what is no amount, and for a negative one, which no server accepts."""
    amount = parse_quantity(value) if isinstance(value, int | float | str) else None
    return amount if amount is None or amount >= 0 else None


class CapacityObject(Shape):
    """A CSIStorageCapacity has neither spec nor status."""

    metadata: Metadata
    storage_class_name: str | None = None
    node_topology: SelectorShape | None = None
    capacity: int | float | str | None = None
    maximum_volume_size: int | float | str | None = None


def read_capacity(found: CapacityObject) -> tuple[Fact, ...]:
    """Nothing where it names no class, or is for no node at all.

    A largest volume within the free space may be just the largest part of it, as with many drivers: it tells nothing of
    volumes that stand, and is no ``SizeLimit``.
    """
    topology = _topology(found.node_topology)
    if not found.storage_class_name or topology is None:
        return ()
    namespace, name = found.metadata.namespace, shared(found.metadata.name)
    storage_class = shared(found.storage_class_name)
    available, maximum = _amount(found.capacity), _amount(found.maximum_volume_size)
    pool = Pool(
        namespace=namespace,
        name=name,
        storage_class=storage_class,
        topology=shared(topology),
        available=available,
        maximum=maximum,
    )
    if maximum is None or available is None or maximum <= available:
        return (pool,)
    return (pool, SizeLimit(namespace=namespace, name=name, storage_class=storage_class, size=maximum))


def _topology(selector: SelectorShape | None) -> str | None:
    """``key=value``, sorted, joined by commas; several values of one key are joined by bars.

    Empty for every node. None for no node: so the API takes an absent selector, and the scheduler one that it cannot read.
    """
    if selector is None:
        return None
    parts = {_part(requirement) for requirement in read_selector(selector).requirements}
    return None if None in parts else ",".join(sorted(part for part in parts if part))


def _part(requirement: Requirement) -> str | None:
    values = "|".join(sorted(set(requirement.values)))
    match requirement.operator:
        case "In" if requirement.key and requirement.values:
            return f"{requirement.key}={values}"
        case "NotIn" if requirement.key and requirement.values:
            return f"{requirement.key}!={values}"
        case "Exists" if requirement.key:
            return requirement.key
        case "DoesNotExist" if requirement.key:
            return f"!{requirement.key}"
    return None
