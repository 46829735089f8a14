"""Every object of every kind that an API server holds, to see what a release made and what it left.

Here belong the counting and comparing of objects. What was done in between belongs to the tests.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.real.apiserver import ApiServer
from tests.real.web import JsonObject

_PASSING = frozenset({"ComponentStatus", "Event", "Lease"})
"""Kinds that come and go by themselves, or are stored nowhere."""

_OWN = frozenset({"creationTimestamp", "generation", "managedFields", "resourceVersion", "uid"})
"""What the API server writes into metadata."""


class Name(NamedTuple):
    kind: str
    namespace: str
    name: str


Census = dict[Name, JsonObject]


def census(api: ApiServer) -> Census:
    """All that is there. An object that two groups serve counts once for its kind."""
    found: Census = {}
    for version in _served(api):
        path = f"/apis/{version}" if "/" in version else f"/api/{version}"
        for resource in api.request("GET", path)["resources"]:
            if "list" not in resource["verbs"] or resource["kind"] in _PASSING:
                continue
            for item in api.request("GET", f"{path}/{resource['name']}")["items"]:
                about = item["metadata"]
                name = Name(resource["kind"], about.get("namespace", ""), about["name"])
                found[name] = item | {"apiVersion": version, "kind": resource["kind"]}
    return found


def _served(api: ApiServer) -> list[str]:
    groups = api.request("GET", "/apis")["groups"]
    return ["v1", *(group["preferredVersion"]["groupVersion"] for group in groups)]


def written(obj: Mapping[str, Any]) -> JsonObject:
    """The object without what the API server and its controllers write."""
    about = {key: value for key, value in obj["metadata"].items() if key not in _OWN}
    return {key: value for key, value in obj.items() if key not in ("status", "metadata")} | {
        "metadata": about
    }


def uid(obj: Mapping[str, Any]) -> str:
    return str(obj["metadata"]["uid"])


def lacking(asked: Any, stored: Any, path: str = "") -> list[str]:
    """Where the stored object does not say what was asked for; what it says besides are defaults."""
    if isinstance(asked, Mapping) and isinstance(stored, Mapping):
        return [
            fault
            for key, value in asked.items()
            if value not in (None, {}, [])  # what is empty need not be stored
            for fault in (
                lacking(value, stored[key], f"{path}.{key}") if key in stored else [f"{path}.{key} is absent"]
            )
        ]
    if isinstance(asked, list) and isinstance(stored, list) and len(asked) == len(stored):
        pairs = enumerate(zip(asked, stored, strict=True))
        return [fault for at, (one, other) in pairs for fault in lacking(one, other, f"{path}[{at}]")]
    return [] if asked == stored else [f"{path}: {asked!r} became {stored!r}"]
