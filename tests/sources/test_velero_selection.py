"""A spec and a claim in; whether Velero would take the claim, and how, out."""

from typing import Any

import msgspec
import pytest

from holdfast.model.facts import NO_ANNOTATIONS, Claim, Fact, Mount
from holdfast.model.protection import Cover
from holdfast.model.surroundings import Namespace
from holdfast.sources.velero.scope import Scope, compile_scope
from holdfast.sources.velero.shapes import ScopeShape
from holdfast.sources.velero.ways import Candidate, find_way
from tests.sources.facts import TableFacts
from tests.sources.velero_cases import CLAIM, NIGHTLY, POD, SHOP, VOLUME, but, covered, situation

PENDING = but(CLAIM, volume="", phase="Pending")
NFS = but(VOLUME, backing="nfs")
IN_TREE = but(VOLUME, backing="awsElasticBlockStore")
FILES = {"defaultVolumesToFsBackup": True}


def scope(spec: dict[str, Any]) -> Scope:
    return compile_scope(msgspec.json.decode(msgspec.json.encode(spec), type=ScopeShape))


def way(spec: dict[str, Any], *facts: Fact) -> str | None:
    """How a run with this spec would take the claim; of the shop's facts, those given stand in for their like."""
    shop = {type(fact): fact for fact in (*SHOP, *facts)}
    claim = shop[Claim]
    assert isinstance(claim, Claim)
    return find_way(Candidate(claim, TableFacts(shop.values())), scope(spec))


@pytest.mark.parametrize(
    ("spec", "facts", "expected"),
    [
        ({}, (), "csi"),
        ({"snapshotMoveData": True}, (), "move"),
        ({"snapshotMoveData": True}, (IN_TREE,), "native"),
        ({"snapshotVolumes": False}, (), "excluded"),
        ({"snapshotVolumes": False} | FILES, (), "file"),
        ({}, (NFS,), "unable"),
        ({"snapshotVolumes": False}, (NFS,), "excluded"),
        (FILES, (NFS,), "file"),
        ({}, (IN_TREE,), "native"),
        ({"includeClusterResources": False}, (IN_TREE,), "excluded"),
        ({"excludedResources": ["pv"]}, (IN_TREE,), "excluded"),
        ({"excludedClusterScopedResources": ["*"]}, (IN_TREE,), "excluded"),
        ({}, (PENDING,), "csi"),
        ({"resourcePolicy": {"kind": "configmap", "name": "volumes"}}, (), "policy"),
        ({}, (but(CLAIM, velero_excluded=True),), "excluded"),
        (FILES, (but(CLAIM, velero_excluded=True),), "excluded"),
    ],
)
def test_method(spec: dict[str, Any], facts: tuple[Fact, ...], expected: str) -> None:
    """File backup where it is asked for, else a snapshot of what can be snapshotted, else nothing."""
    assert way(spec, *facts) == expected


@pytest.mark.parametrize(
    ("spec", "pod", "expected"),
    [
        ({}, but(POD, velero_volumes=("content",)), "file"),
        ({}, but(POD, velero_volumes=("data",)), "csi"),  # a claim's name, where a volume's is asked for
        (FILES, POD, "file"),
        ({"defaultVolumesToRestic": True}, POD, "file"),
        (FILES, but(POD, velero_volumes_excluded=("content",)), "csi"),
        (FILES, but(POD, phase="Pending"), "file"),
        (FILES, but(POD, phase="Succeeded"), "unable"),
        (FILES, but(POD, velero_excluded=True), "excluded"),
        (FILES | {"excludedResources": ["pods"]}, POD, "excluded"),
        (FILES | {"labelSelector": {"matchLabels": {"tier": "db"}}}, but(POD, mounts=()), None),
        (FILES, but(POD, mounts=()), "csi"),
        (FILES, but(POD, mounts=(Mount(volume="content", claim="data", ephemeral=True),)), "csi"),
        (FILES | {"excludedResources": ["persistentvolumeclaims"]}, POD, "file"),
    ],
)
def test_file_backup(spec: dict[str, Any], pod: Fact, expected: str | None) -> None:
    """A pod asks by the names of its volumes. Once it has asked there is no snapshot, whether or not it runs."""
    assert way(spec, pod) == expected


@pytest.mark.parametrize("facts", [(but(CLAIM, volume_mode="Block"),), (but(VOLUME, backing="hostPath"),)])
def test_what_no_file_backup_reads(facts: tuple[Fact, ...]) -> None:
    """Devices and host paths are passed over, without an error and without a snapshot instead."""
    assert way(FILES, *facts) == "unable"


@pytest.mark.parametrize(
    ("included", "excluded", "taken"),
    [
        (None, None, True),
        ([], [], True),
        (["*"], None, True),
        (["shop"], None, True),
        (["other"], None, False),
        (["shop"], ["shop"], False),
        (["*"], ["shop"], False),
        (["sh*"], None, True),
        (["sho?"], None, True),
        (["s[gh]op"], None, True),
        (["s[!h]op"], None, False),
        (["{shop,store}"], None, True),
        (["st{op,ore}"], None, False),
        (["*"], ["s*"], False),
        (["s[hop"], None, False),
        (["{shop"], None, False),
        (["sh.p"], None, False),
        ([""], None, False),
        ([None, "shop"], None, True),
    ],
)
def test_namespaces(included: list[str | None] | None, excluded: list[str] | None, taken: bool) -> None:
    """Empty means all; patterns are matched against what lives now; exclusion wins; a broken pattern takes nothing."""
    spec = {"includedNamespaces": included, "excludedNamespaces": excluded}
    assert way(spec) == ("csi" if taken else None)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"includedResources": ["configmaps"]}, None),
        ({"includedResources": ["PersistentVolumeClaims"]}, "csi"),
        ({"includedResources": ["pvc", "pv"]}, "csi"),
        ({"includedResources": ["persistentvolume*"]}, "csi"),
        ({"excludedResources": ["*"]}, "csi"),  # Velero ignores this one
        ({"excludedResources": ["persistentvolumeclaims"]}, None),
        ({"includedNamespaceScopedResources": ["pods"]}, None),
        ({"includedNamespaceScopedResources": ["pods", "persistentvolumeclaims"]}, "csi"),
        ({"excludedNamespaceScopedResources": ["*"]}, None),
        ({"excludedNamespaceScopedResources": ["secrets"]}, "csi"),
        ({"includedClusterScopedResources": ["storageclasses"]}, "csi"),
    ],
)
def test_resources(spec: dict[str, Any], expected: str | None) -> None:
    """Both families of resource filters decide whether claims are in a backup at all."""
    assert way(spec) == expected


WEB = {"matchLabels": {"app": "web"}}
DB = {"matchLabels": {"app": "db"}}
BARE = but(CLAIM, labels={})


def needs(operator: str, *values: str, key: str = "app") -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("spec", "taken"),
    [
        ({"labelSelector": WEB}, True),
        ({"labelSelector": DB}, False),
        ({"labelSelector": {}}, True),
        ({"orLabelSelectors": [DB, WEB]}, True),
        ({"orLabelSelectors": [DB, DB]}, False),
        ({"labelSelector": needs("In", "web", "db")}, True),
        ({"labelSelector": needs("NotIn", "web")}, False),
        ({"labelSelector": needs("NotIn", "x", key="other")}, True),
        ({"labelSelector": needs("Exists")}, True),
        ({"labelSelector": needs("DoesNotExist")}, False),
        ({"labelSelector": needs("Gt", "1")}, False),
        ({"labelSelector": WEB | needs("DoesNotExist", key="app")}, False),
    ],
)
def test_labels(spec: dict[str, Any], taken: bool) -> None:
    """Selectors ask the claim itself where no pod mounts it."""
    assert way(spec, but(POD, mounts=())) == ("csi" if taken else None)


def test_selected_pod() -> None:
    """A pod that is selected brings its claims, whatever their labels; one that is left out does not."""
    assert way({"labelSelector": WEB}, BARE) == "csi"
    assert way({"labelSelector": WEB}, BARE, but(POD, phase="Succeeded")) == "csi"
    assert way({"labelSelector": WEB}, BARE, but(POD, velero_excluded=True)) is None
    assert way({"labelSelector": WEB, "excludedResources": ["po"]}, BARE) is None
    assert way({"labelSelector": WEB, "excludedResources": ["pvc"]}, BARE) is None


COVER = Cover(schedule=NIGHTLY, target="offsite", placement="local", consistency="crash")


def test_cover() -> None:
    """A schedule that selects the claim covers it, with copies of the kind that it would make."""
    assert covered(*situation("schedule")).covers == (COVER,)
    (template,) = situation("schedule")
    template["spec"]["template"]["defaultVolumesToFsBackup"] = True
    assert covered(template).covers == (but(COVER, placement="offsite"),)
    assert covered(template, facts=(CLAIM, VOLUME, but(POD, velero_hooks=True))).covers == (
        but(COVER, placement="offsite", consistency="application"),
    )


def test_cover_of_a_pending_claim() -> None:
    """A claim without a volume is covered: it will be copied once it has one."""
    assert covered(*situation("schedule"), facts=(PENDING,)).covers == (COVER,)


@pytest.mark.parametrize(
    ("change", "gap"),
    [
        ({"spec": {"paused": True}}, "paused"),
        ({"status": {"phase": "FailedValidation"}}, "invalid"),
        ({"spec": {"schedule": "61 * * * *"}}, "invalid"),
        ({"spec": {"schedule": "@fortnightly", "paused": True}}, "invalid"),
        ({"spec": {"paused": True, "template": {"snapshotVolumes": False}}}, "excluded"),
    ],
)
def test_gaps(change: dict[str, Any], gap: str) -> None:
    """A schedule that makes no copies of the claim now says why; what would outlast the others comes first."""
    assert [cover.gap for cover in covered(*situation("schedule", **change)).covers] == [gap]


def test_no_way() -> None:
    """A volume for which the schedule has no way is left out, though nobody asked for that."""
    assert [cover.gap for cover in covered(*situation("schedule"), facts=(CLAIM, NFS, POD)).covers] == [
        "excluded"
    ]


def test_no_cover() -> None:
    """A schedule that does not reach the namespace, or is not for volumes, is none of the claim's."""
    for template in (
        {"includedNamespaces": ["other"]},
        {"includedResources": ["secrets"]},
        {"labelSelector": DB},
    ):
        assert covered(*situation("schedule", spec={"template": template})).covers == ()


def test_excluded_namespace() -> None:
    """A label on the namespace takes it out of every backup."""
    label = {"velero.io/exclude-from-backup": "true"}
    namespace = Namespace(name="shop", labels=label, annotations=NO_ANNOTATIONS)
    assert covered(*situation("schedule"), facts=(*SHOP, namespace)).covers == ()


def test_default_location() -> None:
    """Where a template names no location, Velero's default is the target."""
    plan = situation("schedule", spec={"template": {}})
    plain = situation("location", metadata={"name": "default"}, spec={"default": False})
    assert [cover.target for cover in covered(*plan).covers] == [""]
    assert [cover.target for cover in covered(*plan, *plain).covers] == ["default"]
    assert [cover.target for cover in covered(*plan, *plain, *situation("location")).covers] == ["offsite"]


def test_server_defaults() -> None:
    """What a template leaves to the server is told by the newest run, where the server has spelled it out."""
    plan = situation("schedule")
    assert covered(*plan, *situation("completed-with-pvb")).covers == (but(COVER, placement="offsite"),)
    assert covered(*plan, *situation("move-data")).covers == (but(COVER, placement="offsite"),)
    assert covered(*plan, *situation("csi")).covers == (COVER,)
    assert covered(*plan, *situation("synced-from-another-cluster")).covers == (COVER,)


def test_cover_under_a_policy() -> None:
    """Under a policy a claim is covered, as its newest copy lies, until a run provably passed it over."""
    plan = situation("schedule")
    plan[0]["spec"]["template"]["resourcePolicy"] = {"kind": "configmap", "name": "volumes"}
    no_snapshots = {"csiVolumeSnapshotsAttempted": 0, "csiVolumeSnapshotsCompleted": 0}
    passed = situation("resource-policy", status=no_snapshots)
    copied = (*passed, situation("completed-with-pvb")[1])
    assert covered(*plan).covers == (COVER,)
    assert covered(*plan, *situation("resource-policy")).covers == (COVER,)
    assert covered(*plan, *passed).covers == (but(COVER, gap="excluded"),)
    assert covered(*plan, *copied).covers == (but(COVER, placement="offsite"),)


@pytest.mark.parametrize(
    ("spec", "workloads"),
    [
        ({}, True),
        ({"includedResources": ["persistentvolumeclaims", "persistentvolumes", "pods"]}, False),
        ({"includedResources": ["pvc", "sts"]}, True),
        ({"excludedResources": ["statefulsets.apps", "deploy", "ds", "cronjobs"]}, False),
        ({"includedNamespaceScopedResources": ["pods"]}, False),
        ({"includedNamespaceScopedResources": ["*"]}, True),
    ],
)
def test_whether_what_runs_is_taken_goes_by_the_filters_of_kinds(
    spec: dict[str, Any], workloads: bool
) -> None:
    assert scope(spec).workloads == workloads
