"""The objects of the example while they are put together: what stories wrote, and what controllers add to
it.

What a story wrote wins: whoever adds an object that is there already only fills in what it lacks.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from holdfast.demo.instants import Clock, seconds_of
from holdfast.demo.names import uid_of

Object = dict[str, Any]

_FIRST_REVISION = 1_500_000_000  # seconds; resource versions count up from here, one a second


class Cluster:
    """Objects by kind (see ``kind_of``), namespace and name. ``hints`` are what a story says to the controllers
    under ``demo:``."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._objects: dict[tuple[str, str, str], Object] = {}
        self._hints: dict[tuple[str, str, str], Mapping[str, Any]] = {}

    def add(self, obj: Object, hints: Mapping[str, Any] | None = None) -> Object:
        """The object as it now stands."""
        key = _key(obj)
        held = self._objects.get(key)
        if held is None:
            held = self._objects[key] = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], **obj}
        else:
            fill(held, obj)
        if hints:
            self._hints[key] = hints
        return held

    def remove(self, obj: Object) -> None:
        del self._objects[_key(obj)]

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        return self._objects.get((kind, namespace, name))

    def all(self, kind: str) -> list[Object]:
        return [obj for (held, _, _), obj in self._objects.items() if held == kind]

    def everything(self) -> list[Object]:
        return list(self._objects.values())

    def hints(self, obj: Object) -> Mapping[str, Any]:
        return self._hints.get(_key(obj), {})

    def finished(self) -> Iterator[Object]:
        """Every object with what the API server itself writes, by kind, namespace and name."""
        for key in sorted(self._objects):
            obj = self._objects[key]
            if obj["kind"] == "Namespace":
                fill(obj, {"metadata": {"labels": {"kubernetes.io/metadata.name": key[2]}}})
                fill(obj, {"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}})
            written = {
                "creationTimestamp": obj["metadata"]["creationTimestamp"],
                "resourceVersion": str(int(created(obj)) - _FIRST_REVISION),
                "uid": uid_of(*key),
            }
            yield obj | {"metadata": dict(sorted((written | obj["metadata"]).items()))}


def fill(held: Object, more: Mapping[str, Any]) -> None:
    """Adds what ``held`` lacks, at any depth."""
    for name, value in more.items():
        if name not in held:
            held[name] = value
        elif isinstance(held[name], dict) and isinstance(value, dict):
            fill(held[name], value)


def kind_of(obj: Object) -> str:
    """Kubernetes' own kinds by their name alone, those of others as ``Backup.velero.io``: several tools have one."""
    group, kind = obj["apiVersion"].rpartition("/")[0], str(obj["kind"])
    own = "." not in group or group.endswith(".k8s.io")
    return kind if own else f"{kind}.{group}"


def created(obj: Object) -> float:
    return seconds_of(obj["metadata"]["creationTimestamp"])


def name_of(obj: Object) -> str:
    return str(obj["metadata"]["name"])


def namespace_of(obj: Object) -> str:
    return str(obj["metadata"].get("namespace", ""))


def uid(obj: Object) -> str:
    return uid_of(*_key(obj))


def owned_by(owner: Object) -> list[Object]:
    """``metadata.ownerReferences`` of what this object controls."""
    return [
        {
            "apiVersion": owner["apiVersion"],
            "blockOwnerDeletion": True,
            "controller": True,
            "kind": owner["kind"],
            "name": name_of(owner),
            "uid": uid(owner),
        }
    ]


def _key(obj: Object) -> tuple[str, str, str]:
    return kind_of(obj), namespace_of(obj), name_of(obj)
