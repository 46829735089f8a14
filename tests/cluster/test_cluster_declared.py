"""Resources that an owner told of: what the server says of them is held against what was told."""

from typing import Any

import msgspec
import pytest

from holdfast.cluster.discovery import _RESOURCES, _ROOT, Catalog, Choice, _known, _offer
from holdfast.model.feed import Resource

BACKUPS = Resource(
    group="acme.example", versions=("v1",), plural="backups", kind="Backup", declared="genericSources, acme"
)


def aggregated(kind: str, scope: str, version: str = "v1") -> Catalog:
    """As the aggregated discovery document tells it."""
    resource = {
        "resource": "backups",
        "responseKind": {"group": "acme.example", "version": version, "kind": kind},
        "scope": scope,
        "verbs": ["list", "watch"],
        "subresources": [],
    }
    group = {
        "metadata": {"name": "acme.example"},
        "versions": [{"version": version, "resources": [resource]}],
    }
    root: Any = {"kind": "APIGroupDiscoveryList", "items": [group]}
    return Catalog(_known(_ROOT.decode(msgspec.json.encode(root))))


def one_by_one(kind: str, scope: str, version: str = "v1") -> Catalog:
    """As older servers tell it, group by group."""
    shown = {"name": "backups", "kind": kind, "namespaced": scope == "Namespaced", "verbs": ["list", "watch"]}
    body = {
        "kind": "APIResourceList",
        "resources": [shown, {**shown, "name": "backups/status", "verbs": ["get"]}],
    }
    return Catalog(
        {("acme.example", version): _offer(_RESOURCES.decode(msgspec.json.encode(body)).resources)}
    )


both_forms = pytest.mark.parametrize("told", [aggregated, one_by_one])


@both_forms
def test_what_was_told_rightly_is_served(told: Any) -> None:
    assert told("Backup", "Namespaced").choose(BACKUPS) == Choice("served", "v1")


@both_forms
def test_another_kind_is_named(told: Any) -> None:
    choice = told("Restore", "Namespaced").choose(BACKUPS)
    assert choice.kind == "foreign"
    assert choice.message == (
        "backups.acme.example has objects of kind Restore, not Backup; correct kind in genericSources, acme"
    )


@both_forms
@pytest.mark.parametrize(
    ("scope", "namespaced", "fact"),
    [("Cluster", True, "without a namespace"), ("Namespaced", False, "in namespaces")],
)
def test_another_scope_is_named(told: Any, scope: str, namespaced: bool, fact: str) -> None:
    choice = told("Backup", scope).choose(msgspec.structs.replace(BACKUPS, namespaced=namespaced))
    assert choice.kind == "foreign"
    assert choice.message == (
        f"the objects of backups.acme.example are {fact}; correct namespaced in genericSources, acme"
    )


@both_forms
def test_another_version_is_named(told: Any) -> None:
    choice = told("Backup", "Namespaced", "v2").choose(BACKUPS)
    assert choice.message == (
        "served only as v2, which this source does not read; add one to versions in genericSources, acme"
    )


@both_forms
def test_what_is_built_in_is_not_doubted(told: Any) -> None:
    """Its kind and scope were right when it was written; a server that tells them oddly is no reason to be blind."""
    built_in = msgspec.structs.replace(BACKUPS, declared="")
    assert told("Odd", "Cluster").choose(built_in) == Choice("served", "v1")


def test_a_resource_that_is_not_there_is_absent() -> None:
    assert Catalog({}).choose(BACKUPS) == Choice("absent")
