"""VolSync: restores as drills, and what proves that they restored anything."""

from typing import Any

import pytest

from holdfast.model.facts import Claim
from holdfast.model.identity import ObjectRef
from holdfast.model.observation import Observation
from holdfast.model.protection import Drill
from holdfast.sources.values import parse_time
from holdfast.sources.volsync import SOURCE, cover
from tests.sources.facts import NoRolls, TableFacts
from tests.sources.situations import situation
from tests.sources.velero_cases import CLAIM, but
from tests.world import World, claim

EVIDENCE = ObjectRef("ReplicationDestination.volsync.backube", "shop", "drill")


def at(clock: str) -> float:
    seconds = parse_time(f"2026-11-{clock}Z")
    assert seconds is not None
    return seconds


def volsync(name: str, **changes: Any) -> dict[str, Any]:
    return situation("volsync", name, **changes)


def drills(
    *objects: dict[str, Any], of: Claim = CLAIM, remembered: tuple[Observation, ...] = ()
) -> list[Drill]:
    facts = TableFacts(remembered=remembered)
    for obj in objects:
        facts.put(SOURCE, obj)
    return list(cover(of, facts, NoRolls()).drills)


DONE = Drill(
    source="volsync",
    claim=CLAIM.ref,
    success=True,
    started=at("20T10:00:00"),
    ended=at("20T10:04:00"),
    point=None,
    evidence=EVIDENCE,
)


@pytest.mark.tells("volsync", "drill")
def test_a_restore_on_demand_is_a_drill_of_the_claim_that_was_saved() -> None:
    """The claim is that of the source which names the same repository, wherever the data went."""
    found = World(claim(), volsync("restic"), volsync("restore"))
    assert found.rows("pvc_restore_drill_age_seconds", "pvc_restore_drill_duration_seconds") == [
        'pvc_restore_drill_age_seconds{namespace="shop",persistentvolumeclaim="data",source="volsync"} 93360',
        'pvc_restore_drill_duration_seconds{namespace="shop",persistentvolumeclaim="data",source="volsync"} 240',
    ]


def test_which_point_was_restored_is_not_told() -> None:
    assert drills(volsync("restic"), volsync("restore")) == [DONE]


def test_a_restore_that_was_asked_for_and_is_not_done_proves_nothing() -> None:
    """The answer still names the word before."""
    assert drills(volsync("restic"), volsync("restore", spec={"trigger": {"manual": "drill-8"}})) == []


def test_a_mover_that_fails_is_a_failed_drill() -> None:
    """It is tried again under the same start, which is the last moment that is told of it."""
    (found,) = drills(volsync("restic"), volsync("restore-failing"))
    assert (found.success, found.ended) == (False, at("21T10:00:00"))


def test_a_restore_on_a_plan_is_a_drill_too() -> None:
    media = but(CLAIM, ref=CLAIM.ref._replace(name="media"))
    (found,) = drills(volsync("rclone"), volsync("restore-rclone"), of=media)
    assert (found.success, found.ended) == (True, at("21T08:20:00"))


@pytest.mark.parametrize(
    "kopia",
    [
        {"sourceIdentity": {"sourceName": "mail"}},
        {"sourceIdentity": {"sourceName": "mail", "sourceNamespace": "shop"}},
        {"sourceIdentity": None, "username": "mail", "hostname": "shop"},
    ],
)
def test_a_kopia_restore_is_of_the_source_it_names(kopia: dict[str, Any]) -> None:
    """One repository holds what many sources saved."""
    mail = but(CLAIM, ref=CLAIM.ref._replace(name="mail"))
    other = volsync("kopia", metadata={"name": "chat"}, spec={"sourcePVC": "chat"})
    objects = (volsync("kopia"), other, volsync("restore-kopia", spec={"kopia": kopia}))
    assert [each.claim.name for each in drills(*objects, of=mail)] == ["mail"]
    assert drills(*objects, of=but(CLAIM, ref=CLAIM.ref._replace(name="chat"))) == []


def test_a_kopia_restore_that_names_nobody_is_of_the_source_of_its_own_name() -> None:
    mail = but(CLAIM, ref=CLAIM.ref._replace(name="mail"))
    bare = {"sourceIdentity": None}
    same = volsync("restore-kopia", metadata={"name": "mail"}, spec={"kopia": bare})
    assert len(drills(volsync("kopia"), same, of=mail)) == 1
    assert drills(volsync("kopia"), volsync("restore-kopia", spec={"kopia": bare}), of=mail) == []


@pytest.mark.parametrize(
    "spec",
    [
        {"restic": {"repository": "restic-other"}},
        {"restic": None, "rclone": {"rcloneConfig": "restic-data"}},
    ],
)
def test_a_restore_from_another_store_is_no_drill(spec: dict[str, Any]) -> None:
    assert drills(volsync("restic"), volsync("restore", spec=spec)) == []


def test_a_restore_in_another_namespace_is_no_drill() -> None:
    """The secret of that name may lead anywhere."""
    assert drills(volsync("restic"), volsync("restore", metadata={"namespace": "elsewhere"})) == []


def test_of_a_repository_of_several_claims_nobody_can_tell_whose_was_restored() -> None:
    other = volsync("restic", metadata={"name": "media"}, spec={"sourcePVC": "media"})
    assert drills(volsync("restic"), other, volsync("restore")) == []


def test_a_restore_from_an_empty_repository_is_no_drill() -> None:
    """VolSync ends it well, as in a claim that is filled by its first restore, before its first backup."""
    young = volsync("restic", metadata={"creationTimestamp": "2026-11-20T09:59:58Z"})
    assert drills(young, volsync("restore")) == []
    assert drills(volsync("restic-new"), volsync("restore")) == []


def test_a_copy_before_the_restore_makes_it_a_drill() -> None:
    """However young the source is: its last copy was complete when the restore began."""
    synced = {"lastSyncTime": "2026-11-20T09:59:59Z"}
    young = volsync("restic", metadata={"creationTimestamp": "2026-11-20T09:00:00Z"}, status=synced)
    assert drills(young, volsync("restore")) == [DONE]


def test_a_remembered_copy_before_the_restore_makes_it_a_drill() -> None:
    young = volsync("restic", metadata={"creationTimestamp": "2026-11-20T09:00:00Z"})
    note = Observation("schedule_success", "source-data", at("20T09:00:05"))
    assert drills(young, volsync("restore"), remembered=(note,)) == [DONE]


@pytest.mark.parametrize(
    ("as_of", "proven"), [("2026-11-20T00:00:00Z", True), ("2026-11-02T01:00:00Z", False), ("soon", True)]
)
def test_a_restore_as_of_an_instant_needs_a_copy_of_before(as_of: str, proven: bool) -> None:
    """VolSync ends it well when there was none by then. The source was made on the first and runs each night."""
    restore = volsync("restore", spec={"restic": {"restoreAsOf": as_of}})
    assert drills(volsync("restic"), restore) == ([DONE] if proven else [])


@pytest.mark.parametrize(
    ("previous", "proven"), [(0, True), (-1, True), (18, True), (19, False), (10**12, False)]
)
def test_a_restore_of_an_earlier_copy_needs_as_many_copies(previous: int, proven: bool) -> None:
    """Twenty runs had been due when it began, and the first of them may have failed."""
    restore = volsync("restore", spec={"restic": {"previous": previous}})
    assert drills(volsync("restic"), restore) == ([DONE] if proven else [])


def test_remembered_copies_are_counted() -> None:
    young = volsync("restic", metadata={"creationTimestamp": "2026-11-20T08:00:00Z"})
    restore = volsync("restore", spec={"restic": {"previous": 1}})
    notes = tuple(
        Observation("schedule_success", "source-data", at(f"20T09:0{minute}:00")) for minute in (1, 2)
    )
    assert drills(young, restore, remembered=notes) == [DONE]
    assert drills(young, restore, remembered=notes[:1]) == []


def test_a_failure_needs_no_copy() -> None:
    assert [each.success for each in drills(volsync("restic-new"), volsync("restore-failing"))] == [False]


def test_a_finished_restore_changes_what_is_said_of_the_claim() -> None:
    """The claim is judged again when the restore ends."""
    found = World(claim(), volsync("restic"), volsync("restore", status=None))
    assert not found.rows("pvc_restore_drill_age_seconds")
    found.put(volsync("restore"))
    found.judge()
    assert len(found.rows("pvc_restore_drill_age_seconds")) == 1


def test_a_kopia_restore_under_an_identity_of_its_own_changes_what_is_said_of_the_claim() -> None:
    """The host that both name is no namespace."""
    identity = {"sourceIdentity": None, "username": "post", "hostname": "office"}
    source = volsync("kopia", spec={"kopia": identity})
    found = World(claim("shop/mail"), source)
    found.put(volsync("restore-kopia", spec={"kopia": identity}))
    found.judge()
    assert len(found.rows("pvc_restore_drill_age_seconds")) == 1
