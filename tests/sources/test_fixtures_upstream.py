"""Fixtures are objects that their upstream could have written: each is held against the schema of its kind.

``HOLDFAST_CRDS`` names a folder of upstream CRDs. Without it only Kubernetes' own kinds are held against their schemas,
and the checker against a CRD of our own. An object that no upstream would write stands in a folder ``damaged`` or in a
file ``NAME.damaged.yaml``.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from tests.sources.crd_schema import Definitions, Kind, kind_of, read_objects

FIXTURES = Path(__file__).parent / "fixtures"
FOLDER = os.environ.get("HOLDFAST_CRDS", "")
KUBERNETES = "1.37"

BUILT_IN = frozenset({"", "apps", "batch", "storage.k8s.io"})
"""Groups of Kubernetes itself: its own schemas are asked."""

KASTEN = "served by an API server behind the API server: there is no CRD"
STORK = "its operator makes the CRDs from code: there is no manifest"
WITHOUT: dict[Kind, str] = {
    Kind("actions.kio.kasten.io", "BackupAction"): KASTEN,
    Kind("actions.kio.kasten.io", "ExportAction"): KASTEN,
    Kind("actions.kio.kasten.io", "RestoreAction"): KASTEN,
    Kind("actions.kio.kasten.io", "RunAction"): KASTEN,
    Kind("apps.kio.kasten.io", "RestorePoint"): KASTEN,
    Kind("backup.acme.example", "BackupPlan"): "made up",
    Kind("backup.acme.example", "BackupRun"): "made up",
    Kind("backup.acme.example", "RestoreRun"): "made up",
    Kind("backup.acme.example", "Vault"): "made up",
    Kind("config.kio.kasten.io", "Policy"): "its CRD is not public",
    Kind("config.kio.kasten.io", "PolicyPreset"): "its CRD is not public",
    Kind("config.kio.kasten.io", "Profile"): "its CRD is not public",
    Kind("pgv2.percona.com", "PerconaPGCluster"): "read for little, and its CRD is half a megabyte",
    Kind("ps.percona.com", "PerconaServerMySQL"): "read for little, and its CRD is half a megabyte",
    Kind("psmdb.percona.com", "PerconaServerMongoDB"): "read for little, and its CRD is half a megabyte",
    Kind("pxc.percona.com", "PerconaXtraDBCluster"): "read for little, and its CRD is half a megabyte",
    Kind("stash.appscode.com", "BackupBatch"): "its CRD was not kept",
    Kind("stork.libopenstorage.org", "ApplicationBackup"): STORK,
    Kind("stork.libopenstorage.org", "ApplicationBackupSchedule"): STORK,
    Kind("stork.libopenstorage.org", "ApplicationRestore"): STORK,
    Kind("stork.libopenstorage.org", "Migration"): STORK,
    Kind("stork.libopenstorage.org", "MigrationSchedule"): STORK,
    Kind("stork.libopenstorage.org", "NamespacedSchedulePolicy"): STORK,
    Kind("stork.libopenstorage.org", "SchedulePolicy"): STORK,
}
"""Kinds whose CRD is not in the folder, and why."""

OLDER: dict[str, str] = {
    "longhorn/v1beta1.yaml": "Longhorn served v1beta1 before 1.9",
    "percona_mysql/v1alpha1.yaml": "before 0.12 the operator had only v1alpha1",
    "velero/v1.9.yaml": "Velero 1.9 asked for less of a PodVolumeBackup",
    "volsync/kopia.yaml": "a fork of VolSync has one mover more",
    "volsync/restore-kopia.yaml": "the same",
}
"""Files whose upstream is older than the CRD, or another: these must differ from it."""


def paths() -> list[Path]:
    whole = sorted(FIXTURES.rglob("*.yaml"))
    return [p for p in whole if "damaged" not in p.parts and not p.name.endswith(".damaged.yaml")]


PATHS = paths()
each_file = pytest.mark.parametrize("path", PATHS, ids=lambda path: str(path.relative_to(FIXTURES)))


@pytest.fixture(scope="session")
def upstream() -> Definitions:
    if not FOLDER:
        pytest.skip("HOLDFAST_CRDS names no folder of upstream CRDs")
    return Definitions.of_folder(Path(FOLDER))


def faults(path: Path, definitions: Definitions) -> Iterator[str]:
    for obj in read_objects(path):
        if kind_of(obj) in definitions.kinds:
            name = obj["metadata"]["name"]
            yield from (f"{obj['kind']} {name}: {fault}" for fault in definitions.faults(obj))


@each_file
def test_a_fixture_is_what_upstream_could_have_written(path: Path, upstream: Definitions) -> None:
    """Each field exists, has its type, and what is needed is there."""
    found = list(faults(path, upstream))
    if str(path.relative_to(FIXTURES)) in OLDER:
        assert found, "it is as the CRD has it; take it out of OLDER"
    else:
        assert found == []


@each_file
def test_an_object_of_kubernetes_is_as_its_schema_has_it(path: Path) -> None:
    found = []
    for obj in read_objects(path):
        if kind_of(obj).group in BUILT_IN:
            try:
                kubernetes_validate.validate(obj, KUBERNETES, strict=True)
            except kubernetes_validate.ValidationError as error:
                place = ".".join(map(str, error.absolute_path))
                found.append(f"{obj['kind']} {obj['metadata']['name']}: {place}: {error.message[:200]}")
    assert found == []


def test_every_kind_is_checked_or_said_not_to_be(upstream: Definitions) -> None:
    """A kind that nobody has a CRD of is listed with the reason; one that the folder has is not listed."""
    kinds = {kind_of(obj) for path in PATHS for obj in read_objects(path)}
    unchecked = {kind for kind in kinds if kind.group not in BUILT_IN} - upstream.kinds.keys()
    assert unchecked - WITHOUT.keys() == set()
    assert WITHOUT.keys() & upstream.kinds.keys() == set()


def test_no_table_lists_what_there_is_not() -> None:
    kinds = {kind_of(obj) for path in PATHS for obj in read_objects(path)}
    assert WITHOUT.keys() - kinds == set()
    assert OLDER.keys() - {str(path.relative_to(FIXTURES)) for path in PATHS} == set()


# -- the checker itself

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["spec"],
    "properties": {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"type": "object"},
        "spec": {
            "type": "object",
            "required": ["claim"],
            "properties": {
                "claim": {"type": "string", "maxLength": 10},
                "size": {
                    "anyOf": [{"type": "integer"}, {"type": "string"}],
                    "pattern": "^[0-9]+(Gi)?$",
                    "x-kubernetes-int-or-string": True,
                },
                "keep": {"type": "integer", "format": "int32", "minimum": 0, "exclusiveMinimum": True},
                "since": {"type": "string", "format": "date-time", "nullable": True},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "empty": {"type": "object"},
                "way": {"type": "string", "enum": ["a", "b"]},
                "pod": {
                    "type": "object",
                    "x-kubernetes-embedded-resource": True,
                    "x-kubernetes-preserve-unknown-fields": True,
                },
            },
            "oneOf": [
                {"required": ["way"]},
                {"not": {"required": ["way"]}, "properties": {"keep": {"maximum": 5}}},
            ],
        },
    },
}
OURS = Definitions(
    [
        {
            "spec": {
                "group": "acme.example",
                "names": {"kind": "Backup"},
                "versions": [{"name": "v1", "schema": {"openAPIV3Schema": SCHEMA}}],
            }
        }
    ]
)


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ({}, None),
        ({"size": 3}, None),
        ({"size": "3Gi"}, None),
        ({"size": "much"}, "spec.size: 'much' does not match"),
        ({"size": 1.5}, "spec.size: 1.5 is not of type 'integer', 'string'"),
        ({"claim": None}, "spec.claim: None is not of type 'string'"),
        ({"claim": "longer-than-ten"}, "spec.claim: 'longer-than-ten' is too long"),
        ({"keep": 0, "way": "a"}, "spec.keep: 0 is less than or equal to the minimum of 0"),
        ({"keep": 2**31, "way": "a"}, "spec.keep: 2147483648 is not a 'int32'"),
        ({"keep": 6}, "spec: {'claim': 'data', 'keep': 6} is not valid under any of the given schemas"),
        ({"since": None}, None),
        ({"since": "2026-11-21T01:00:00Z"}, None),
        ({"since": "yesterday"}, "spec.since: 'yesterday' is not a 'date-time'"),
        ({"labels": {"any": "text"}}, None),
        ({"labels": {"any": 3}}, "spec.labels.any: 3 is not of type 'string'"),
        ({"free": {"any": [3]}}, None),
        ({"empty": {"any": 3}}, "spec.empty: Additional properties are not allowed ('any' was unexpected)"),
        ({"way": "c"}, "spec.way: 'c' is not one of ['a', 'b']"),
        ({"pod": {"metadata": {"name": "p"}, "kind": "Pod", "any": 3}}, None),
        ({"pod": {"metadata": {"name": "p", "any": 3}}}, "spec.pod.metadata: Additional properties"),
        ({"calim": "x"}, "spec: Additional properties are not allowed ('calim' was unexpected)"),
    ],
)
def test_what_the_checker_finds(spec: dict[str, Any], fault: str | None) -> None:
    obj = {
        "apiVersion": "acme.example/v1",
        "kind": "Backup",
        "metadata": {"name": "b"},
        "spec": {"claim": "data", **spec},
    }
    found = list(OURS.faults(obj))
    if fault is None:
        assert found == []
    else:
        assert any(each.startswith(fault) for each in found), found


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"apiVersion": "acme.example/v2"}, "apiVersion: there is no v2, only v1"),
        ({"metadata": {"name": "b", "labels": {"a": 1}}}, "metadata.labels.a: 1 is not of type 'string'"),
        ({"metadata": {"name": "b", "creationTimestamp": "now"}}, "metadata.creationTimestamp: 'now' is not"),
        ({"status": {}}, "Additional properties are not allowed ('status' was unexpected)"),
    ],
)
def test_what_the_checker_finds_around_the_spec(change: dict[str, Any], fault: str) -> None:
    obj = {
        "apiVersion": "acme.example/v1",
        "kind": "Backup",
        "metadata": {"name": "b"},
        "spec": {"claim": "data"},
    }
    assert any(fault in each for each in OURS.faults({**obj, **change}))
