"""The kasten source: policies, restore points and actions of Kasten K10 in; copies, plans, places and drills out."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model.identity import ObjectRef, TargetKey
from holdfast.model.plan import read_plan
from holdfast.model.protection import Drill
from holdfast.sources.kasten import SOURCE
from holdfast.sources.kasten.records import NAME
from tests.sources.damage import GARBAGE, NEEDED, places, put
from tests.sources.facts import read
from tests.sources.operator_cases import all_of, at, claim, covered, fixture, laid, number, survives
from tests.world import World
from tests.world import claim as claim_object

POLICIES, POINTS, ACTIONS = (fixture(SOURCE, name) for name in ("policies", "points", "actions"))
PRESET, PROFILE = fixture(SOURCE, "presets")["hourly"], fixture(SOURCE, "profiles")["offsite"]
NIGHTLY, LOCAL, EXPORTED = POLICIES["nightly"], POINTS["scheduled-local"], POINTS["scheduled-exported"]
CLAIM = claim({"app": "web"}, "data")
OFFSITE = TargetKey(NAME, "kasten-io", "offsite")


def world(*objects: dict[str, Any]) -> World:
    return World(claim_object("shop/data"), *objects)


@pytest.mark.tells("kasten", "age")
def test_restore_points() -> None:
    """One on the cluster's own storage is a local copy, an exported one with its data is offsite."""
    shop = world(NIGHTLY, PROFILE, LOCAL, EXPORTED)
    assert number(shop, "pvc_backup_timestamp_seconds", placement="local") == at("02:31:00")
    assert number(shop, "pvc_backup_timestamp_seconds", placement="offsite") == at("02:30:00")
    assert number(shop, "pvc_protection_state", state="protected") == 1


def test_other_namespaces() -> None:
    """A restore point is of its namespace's claims, and of no others."""
    elsewhere = msgspec.structs.replace(CLAIM, ref=CLAIM.ref._replace(namespace="other"))
    assert covered(SOURCE, elsewhere, LOCAL).copies == ()


def test_what_a_point_is_inferred_from() -> None:
    """No object names a volume: the copies say that they are inferred. The application's size is not the claim's."""
    (copy,) = covered(SOURCE, CLAIM, NIGHTLY, LOCAL).copies
    assert (copy.inferred, copy.size, copy.target) == (True, None, None)


def test_a_point_without_a_policy_that_backs_up_proves_nothing() -> None:
    """One that an import brought from another cluster, or that was made by hand, is not to be told from it."""
    for point in (LOCAL, POINTS["by-hand"]):
        coverage = covered(SOURCE, CLAIM, point)
        assert (coverage.copies, [miss.cause for miss in coverage.misses]) == ((), ["unproven"])
    importing = laid(NIGHTLY, spec={"actions": [{"action": "import"}]})
    assert covered(SOURCE, CLAIM, importing, LOCAL).copies == ()


def test_export_of_definitions_alone() -> None:
    """The volumes' data stayed where it was: nothing left the cluster."""
    assert covered(SOURCE, CLAIM, POINTS["exported-definitions"]).copies == ()


def test_export_that_does_not_say_what_it_holds() -> None:
    """Its policy does, where it stands: data that it sends along counts, and nothing without it."""
    point = POINTS["exported-of-an-older-release"]
    assert covered(SOURCE, CLAIM, point).copies == ()
    assert [copy.placement for copy in covered(SOURCE, CLAIM, NIGHTLY, point).copies] == ["offsite"]
    definitions = [{"action": "backup"}, {"action": "export", "exportParameters": {}}]
    assert covered(SOURCE, CLAIM, laid(NIGHTLY, spec={"actions": definitions}), point).copies == ()


def test_policy_that_leaves_something_out() -> None:
    """What it leaves out may be the claim: its restore points prove nothing."""
    coverage = covered(SOURCE, CLAIM, POLICIES["without-volumes"], POINTS["of-a-filtered-policy"])
    assert (coverage.copies, [miss.cause for miss in coverage.misses]) == ((), ["unproven"])


def test_point_without_a_time() -> None:
    """Then it is as old as its object."""
    timeless = laid(LOCAL, status={"actionTime": None, "scheduledTime": None})
    timeless["metadata"]["creationTimestamp"] = "2026-11-20T15:01:00Z"
    (copy,) = covered(SOURCE, CLAIM, NIGHTLY, timeless).copies
    assert copy.captured == at("2026-11-20T15:01:00Z")


def test_point_being_deleted() -> None:
    going = laid(LOCAL, metadata={"deletionTimestamp": "2026-11-21T11:00:00Z"})
    assert covered(SOURCE, CLAIM, going).copies == ()


@pytest.mark.tells("kasten", "schedule", "result")
def test_policy() -> None:
    """A policy is a schedule, and each RunAction of it a run, whatever its single actions did."""
    shop = world(
        NIGHTLY, PROFILE, EXPORTED, ACTIONS["policy-run-1"], ACTIONS["policy-run-0"], ACTIONS["backup-failed"]
    )
    where = {"schedule": "nightly"}
    assert number(shop, "backup_schedule_last_success_timestamp_seconds", **where) == at("02:30:05")
    assert number(shop, "backup_schedule_last_duration_seconds", **where) == 1500
    assert number(shop, "backup_schedule_last_result", **where, result="success") == 1
    assert number(shop, "backup_schedule_missed_runs", **where) == 0


def test_retry() -> None:
    """An attempt that failed goes on: the last result stands."""
    shop = world(NIGHTLY, ACTIONS["policy-run-0"], ACTIONS["trying-again"])
    assert number(shop, "backup_schedule_last_result", schedule="nightly", result="failure") == 1
    assert number(shop, "backup_running_seconds", schedule="nightly") == 1799


@pytest.mark.parametrize(
    ("name", "outcome", "strange"),
    [
        ("of-a-later-release", "unknown", "Verifying"),
        ("skipped", "unknown", ""),
        ("without-status", "unknown", ""),
    ],
)
def test_neither_success_nor_failure(name: str, outcome: str, strange: str) -> None:
    (run,) = read(SOURCE, ACTIONS[name])
    assert (run.outcome, run.strange_word()) == (outcome, strange)  # type: ignore[attr-defined] # a Run


def test_failed_actions() -> None:
    """A backup or an export that failed was missed by its namespace's claims; one that succeeded says nothing more."""
    names = ("backup-failed", "export-failed", "backup-good")
    coverage = covered(SOURCE, CLAIM, *(ACTIONS[name] for name in names))
    assert [(miss.evidence.name, miss.cause) for miss in coverage.misses] == [
        ("backup-failed", "failed"),
        ("export-failed", "failed"),
    ]
    assert coverage.copies == ()


def test_covers() -> None:
    """Selectors name namespaces, by patterns too, or what their labels are; imports and runs on demand cover nothing."""
    covers = covered(SOURCE, CLAIM, *POLICIES.values(), PRESET).covers
    assert {cover.schedule.name: (cover.gap, cover.placement, cover.target) for cover in covers} == {
        "by-preset": ("", "offsite", "offsite"),
        "nightly": ("", "offsite", "offsite"),
        "paused": ("paused", "local", ""),
        "without-volumes": ("", "local", ""),
    }


def test_selector_by_the_labels_of_a_namespace() -> None:
    """A policy that Kasten found invalid covers and makes nothing."""
    namespace = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "shop", "labels": {"team": "web"}},
    }
    shop = world(namespace, POLICIES["refused"])
    assert number(shop, "pvc_protection_reason", reason="schedule-invalid") == 1


def test_preset() -> None:
    """The preset tells the frequency; a policy whose preset is gone has none that could be read."""
    shop = world(POLICIES["by-preset"], PRESET)
    assert number(shop, "backup_schedule_next_run_timestamp_seconds", schedule="by-preset") == at("13:00:00")
    (cover,) = covered(SOURCE, CLAIM, POLICIES["by-preset"]).covers
    assert cover.gap == "invalid"


@pytest.mark.parametrize(
    ("frequency", "sub", "next_run"),
    [
        ("@hourly", {"minutes": [45]}, "12:45:00"),
        ("@daily", None, "2026-11-22T00:00:00Z"),
        ("@daily", {"minutes": [15], "hours": [7, 22]}, "22:15:00"),
        ("@weekly", {"minutes": None, "hours": [3], "weekdays": [1]}, "2026-11-23T03:00:00Z"),
        ("@monthly", {"minutes": [], "hours": None, "days": [24]}, "2026-11-24T00:00:00Z"),
        ("@yearly", None, "2027-01-01T00:00:00Z"),
        ("5 4 * * *", None, "2026-11-22T04:05:00Z"),
        ("@often", None, None),
        ("@hourly", {"minutes": [75]}, None),
        (None, None, None),
    ],
)
def test_frequencies(frequency: Any, sub: Any, next_run: str | None) -> None:
    """The sub-frequency says when within the hour, the day, the week, the month or the year, in UTC."""
    policy = laid(NIGHTLY, spec={"frequency": frequency, "subFrequency": sub})
    shop = world(policy)
    found = number(shop, "backup_schedule_next_run_timestamp_seconds", schedule="nightly")
    assert found == (None if next_run is None else at(next_run))


@given(
    st.sampled_from(["@hourly", "@daily", "@weekly", "@monthly", "@yearly"]),
    st.fixed_dictionaries(
        {
            "minutes": st.lists(st.integers(0, 59), max_size=3),
            "hours": st.lists(st.integers(0, 23), max_size=3),
            "weekdays": st.lists(st.integers(0, 6), max_size=3),
            "days": st.lists(st.integers(1, 28), max_size=3),
            "months": st.lists(st.integers(1, 12), max_size=3),
        }
    ),
)
@settings(deadline=None)  # a busy machine is no failure
def test_every_frequency_comes_round(frequency: str, sub: dict[str, list[int]]) -> None:
    """Whatever lists of Kasten's a policy holds, its plan can be read."""
    (policy,) = read(SOURCE, laid(NIGHTLY, spec={"frequency": frequency, "subFrequency": sub}))
    cron = policy.cron  # type: ignore[attr-defined] # a Policy
    assert read_plan(cron.text).after(at("12:00:00")) is not None


@pytest.mark.tells("kasten", "target")
@pytest.mark.parametrize(
    ("validation", "available", "state"),
    [("Success", 1, "protected"), ("Failed", 0, "unknown"), ("Pending", None, "protected")],
)
def test_profile(validation: str, available: float | None, state: str) -> None:
    """What was exported to a profile that Kasten found invalid cannot be restored now."""
    shop = world(NIGHTLY, EXPORTED, laid(PROFILE, status={"validation": validation}))
    assert number(shop, "backup_target_available", target="offsite") == available
    assert number(shop, "pvc_protection_state", state=state) == 1


def test_profile_that_fails_later() -> None:
    """It serves claims of any namespace, and they are judged again."""
    shop = world(NIGHTLY, EXPORTED, PROFILE)
    shop.put(laid(PROFILE, status={"validation": "Failed"}))
    shop.judge()
    assert number(shop, "pvc_protection_state", state="unknown") == 1


@pytest.mark.tells("kasten", "drill")
def test_restore() -> None:
    """A restore proves the claims of the namespace that was backed up, wherever they were restored to."""
    (drill,) = covered(SOURCE, CLAIM, EXPORTED, ACTIONS["proof"]).drills
    assert drill == Drill(
        source=NAME,
        claim=CLAIM.ref,
        success=True,
        started=at("08:00:05"),
        ended=at("08:20:00"),
        point=at("02:30:00"),
        evidence=ObjectRef("RestoreAction.actions.kio.kasten.io", "proving-ground", "proof"),
    )


def test_restore_of_a_point_that_is_gone() -> None:
    (drill,) = covered(SOURCE, CLAIM, ACTIONS["of-a-point-that-is-gone"]).drills
    assert (drill.success, drill.point) == (False, None)


def test_restore_of_some_resources() -> None:
    """It need not have brought a volume back."""
    assert covered(SOURCE, CLAIM, EXPORTED, ACTIONS["some-resources"]).drills == ()


def test_api_server_of_kasten_that_is_down() -> None:
    """It could hold a copy of any claim that nothing else protects: of these nothing is known."""
    dark = {("kasten", "RestorePoint"): "failing"}
    shop = World(claim_object("shop/data"), NIGHTLY, states=dark)  # type: ignore[arg-type] # a feed's state
    assert number(shop, "pvc_protection_state", state="unknown") == 1


def test_what_is_polled() -> None:
    """Actions and restore points come from an API server of Kasten's own; its definitions are watched like any."""
    polled = {feed.kind for feed in SOURCE.feeds if feed.poll}
    assert polled == {"RunAction", "BackupAction", "ExportAction", "RestoreAction", "RestorePoint"}


def test_what_is_not_read_is_not_decoded() -> None:
    """Errors, comments and what a profile knows of its store are not decoded."""
    for obj in all_of(SOURCE):
        feed = next(feed for feed in SOURCE.feeds if feed.kind == obj["kind"])
        assert "not-for-us" not in repr(msgspec.json.decode(msgspec.json.encode(obj), type=feed.shape))


PLACES = places(all_of(SOURCE))


def test_null_anywhere() -> None:
    """A null in any place of an object loses at most what stood in that place."""
    for obj, path in PLACES:
        if path not in NEEDED:
            read(SOURCE, put((obj, path), None))


@settings(deadline=None)  # a busy machine is no failure
@given(st.sampled_from(PLACES), GARBAGE)
def test_garbage_is_read_or_refused(place: Any, garbage: Any) -> None:
    """Whatever stands in one place of an object, it is refused when decoded or can be read and judged."""
    survives(SOURCE, CLAIM, put(place, garbage))
