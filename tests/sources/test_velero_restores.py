"""Velero's restores and places: which restore proves that a claim can be had back, and what can be reached."""

from typing import Any

import pytest

from holdfast.model.facts import DataSource
from holdfast.model.identity import ClaimRef, ObjectRef, TargetKey, Touch, touch_claim
from holdfast.model.protection import Drill
from holdfast.sources.velero.plans import target
from tests.sources.velero_cases import CLAIM, SHOP, at, but, covered, in_cluster, situation

FILES = situation("completed-with-pvb")
PROVEN = Drill(
    source="velero",
    claim=CLAIM.ref,
    success=True,
    started=at("08:00:01"),
    ended=at("08:12:01"),
    point=at("02:00:07"),
    evidence=ObjectRef("Restore.velero.io", "velero", "drill-1"),
)


def drills(*objects: dict[str, Any], **kwargs: Any) -> tuple[Drill, ...]:
    return covered(*objects, **kwargs).drills


@pytest.mark.tells("velero", "drill")
def test_a_volume_that_came_back_proves_the_claim() -> None:
    """The pod's volume is known by its backup, which names the claim; the point is when that was captured."""
    assert drills(*FILES, *situation("restore")) == (PROVEN,)


def test_moved_data_names_the_claim_itself() -> None:
    (drill,) = drills(*situation("move-data"), *situation("restore-moved"))
    assert (drill.success, drill.ended) == (True, at("08:12:01"))


@pytest.mark.parametrize("phase", ["Failed", "PartiallyFailed"])
def test_a_restore_that_failed_is_a_failed_drill(phase: str) -> None:
    assert drills(*FILES, *situation("restore", status={"phase": phase})) == (but(PROVEN, success=False),)


@pytest.mark.parametrize(
    "choice",
    [
        {"includedResources": ["configmaps"]},
        {"excludedResources": ["pvc"]},
        {"excludedNamespaces": ["shop"], "includedNamespaces": None},
        {"labelSelector": {"matchLabels": {"app": "other"}}},
        {"orLabelSelectors": [{"matchLabels": {"app": "other"}}]},
        {"restorePVs": False},
    ],
    ids=lambda choice: next(iter(choice)),
)
def test_a_failed_restore_that_left_things_out_fails_only_what_it_touched(choice: dict[str, Any]) -> None:
    """It may never have meant to bring the volume back."""
    restore, volume = situation("restore", spec=choice, status={"phase": "PartiallyFailed"})
    assert drills(*FILES, restore) == ()
    assert drills(*FILES, restore, volume) == (but(PROVEN, success=False),)


@pytest.mark.parametrize("kinds", [["*"], ["pods", "PersistentVolumeClaims"]])
def test_a_failed_restore_of_claims_among_chosen_kinds_is_a_failed_drill(kinds: list[str]) -> None:
    """Kinds that are never restored stand in every Restore that was worked on."""
    spec = {"includedResources": kinds, "excludedResources": ["nodes", "events"]}
    (restore, _) = situation("restore", spec=spec, status={"phase": "Failed"})
    assert drills(*FILES, restore) == (but(PROVEN, success=False),)


def test_a_volume_that_did_not_come_back_is_a_failed_drill() -> None:
    restore, volume = situation("restore")
    volume["status"]["phase"] = "Failed"
    assert drills(*FILES, restore, volume) == (but(PROVEN, success=False),)


def test_a_completed_restore_without_the_volume_proves_nothing() -> None:
    assert drills(*FILES, *situation("restore-empty")) == ()


def test_a_refused_or_unseen_restore_is_none() -> None:
    assert drills(*FILES, *situation("restore-refused")) == ()


def test_a_restore_of_other_namespaces_is_none_of_this_claim() -> None:
    assert drills(*FILES, *situation("restore", spec={"includedNamespaces": ["crm"]})) == ()


def test_a_restore_of_a_backup_without_the_claim_is_none_of_it() -> None:
    assert drills(*situation("completed-without-volume"), *situation("restore-empty")) == ()


def test_a_restored_snapshot_is_known_by_the_claim_in_the_other_namespace() -> None:
    """It bears the restore's label and was filled from a snapshot; while it is not bound, the restore has failed it."""
    made = but(
        CLAIM,
        ref=ClaimRef("shop-drill", "data"),
        uid="claim-9",
        velero_restore="drill-1",
        data_source=DataSource(
            group="snapshot.storage.k8s.io", kind="VolumeSnapshot", namespace="shop-drill", name="velero-data"
        ),
    )
    restore = situation("restore")[0]
    assert drills(*FILES, restore, facts=(*SHOP, made)) == (PROVEN,)
    assert drills(*FILES, restore, facts=(*SHOP, but(made, phase="Pending"))) == (but(PROVEN, success=False),)
    assert drills(*FILES, restore, facts=(*SHOP, but(made, data_source=None))) == (), "an empty new volume"
    assert drills(*FILES, restore, facts=(*SHOP, but(made, velero_restore="other"))) == ()


def test_an_ended_volume_restore_touches_the_claim_or_the_namespace_that_was_backed_up() -> None:
    assert Touch("namespace", ("shop",)) in in_cluster(situation("restore")[1]).touched
    assert touch_claim(CLAIM.ref) in in_cluster(situation("restore-moved")[1]).touched


def test_a_whole_copy_without_bytes_is_empty_and_not_unknown() -> None:
    """Go leaves a zero out: progress stands there without totalBytes."""
    run, volume = situation("completed-with-pvb")
    volume["status"]["progress"] = {}
    (copy,) = covered(run, volume).copies
    assert copy.size == 0
    del volume["status"]["progress"]
    (copy,) = covered(run, volume).copies
    assert copy.size is None


@pytest.mark.parametrize(
    ("name", "available", "checked"),
    [
        ("repository/shop-offsite-kopia-x2x9z", True, at("07:00:00")),
        ("repository/crm-offsite-kopia-j9v2h", False, None),
        ("snapshots/aws", None, None),
    ],
)
@pytest.mark.tells("velero", "target")
def test_repositories_and_snapshot_locations_are_targets(
    name: str, available: bool | None, checked: float | None
) -> None:
    """A repository's check is the newest maintenance that succeeded."""
    found = target(TargetKey("velero", "velero", name), in_cluster(*situation("places")))
    assert found is not None
    assert (found.available, found.checked) == (available, checked)
