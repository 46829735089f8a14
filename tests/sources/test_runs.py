"""Runs, plans, places and restores of any tool: what they say of a claim. Records in, coverage out."""

from typing import Any

from holdfast.model.facts import NO_ANNOTATIONS, Claim, Fact, Workload
from holdfast.model.identity import ClaimRef, ObjectRef, Owner, ScheduleKey, TargetKey
from holdfast.model.protection import Coverage
from holdfast.sources.runs.records import (
    Database,
    Place,
    PlaceCheck,
    Plan,
    Restore,
    Run,
    Saved,
    claim_named,
    labelled,
    owned_by,
    whole_namespace,
)
from holdfast.sources.runs.tool import Tool
from tests.sources.facts import NoRolls, TableFacts
from tests.world import NOW

DAY = 86400.0
CLUSTER = "Cluster.db.example"
TOOL = Tool(name="tool", owners=frozenset({CLUSTER}), labels=("db.example/cluster",), namespaces=True)
NIGHTLY = ScheduleKey("tool", "shop", "nightly")
STORE = TargetKey("tool", "shop", "store")


def claim(name: str = "data-db-0", **fields: Any) -> Claim:
    made: dict[str, Any] = {
        "ref": ClaimRef("shop", name),
        "uid": f"uid-{name}",
        "created": NOW - 100 * DAY,
        "labels": {},
        "annotations": NO_ANNOTATIONS,
        "storage_class": "fast",
        "volume": f"pv-{name}",
        "volume_mode": "Filesystem",
        "access_modes": ("ReadWriteOnce",),
        "requested": None,
        "capacity": None,
        "phase": "Bound",
    }
    return Claim(**{**made, **fields})


def run(name: str, *of: Saved, days_ago: float = 1, **fields: Any) -> Run:
    made: dict[str, Any] = {
        "source": "tool",
        "of": of,
        "ref": ObjectRef("Backup.db.example", "shop", name),
        "uid": name,
        "outcome": "success",
        "created": NOW - days_ago * DAY,
        "placement": "offsite",
        "consistency": "application",
    }
    return Run(**{**made, **fields})


def plan(*of: Saved, **fields: Any) -> Plan:
    made: dict[str, Any] = {
        "source": "tool",
        "of": of,
        "schedule": NIGHTLY,
        "uid": "plan",
        "created": NOW - 100 * DAY,
        "cron": "0 2 * * *",
        "placement": "offsite",
        "consistency": "application",
    }
    return Plan(**{**made, **fields})


def covered(subject: Claim, *facts: Fact) -> Coverage:
    return TOOL.cover(subject, TableFacts((subject, *facts)), NoRolls())


def test_a_run_copies_the_claims_that_it_names_and_no_others() -> None:
    of_it = run("a", claim_named("shop", "data-db-0"), size=7, target=STORE, schedule=NIGHTLY)
    (copy,) = covered(claim(), of_it).copies
    assert (copy.captured, copy.size, copy.target, copy.schedule) == (NOW - DAY, 7, STORE, NIGHTLY)
    assert covered(claim("other"), of_it).copies == ()


def test_a_run_of_a_database_cluster_copies_every_claim_of_it() -> None:
    """By the owner of the claim, of its StatefulSet's maker, or by a label."""
    owner = Owner("db.example/v1", "Cluster", "db", "u")
    of_it = run("a", owned_by("shop", CLUSTER, "db"))
    assert len(covered(claim(owner=owner), of_it).copies) == 1
    maker = Workload(
        kind="StatefulSet",
        namespace="shop",
        name="db",
        uid="s",
        created=NOW - 100 * DAY,
        annotations=NO_ANNOTATIONS,
        claim_templates=("data",),
        owner=owner,
    )
    assert len(covered(claim("data-db-0"), maker, of_it).copies) == 1
    assert covered(claim("data-other-0"), maker, of_it).copies == ()
    by_label = run("b", labelled("shop", "db.example/cluster", "db"))
    assert len(covered(claim(labels={"db.example/cluster": "db"}), by_label).copies) == 1
    assert covered(claim(labels={"db.example/cluster": "another"}), by_label).copies == ()


def test_a_claim_of_a_new_replica_has_the_backups_of_its_cluster() -> None:
    """They are of the cluster's life; those of an earlier cluster of the name are nobody's."""
    label = labelled("shop", "db.example/cluster", "db")
    new = claim("data-db-2", created=NOW - 3600, labels={"db.example/cluster": "db"})
    cluster = Database(
        source="tool", of=(label,), ref=ObjectRef(CLUSTER, "shop", "db"), created=NOW - 10 * DAY
    )
    copies = covered(new, cluster, run("now", label), run("before", label, days_ago=20)).copies
    assert [(copy.captured, copy.claim_uid) for copy in copies] == [
        (NOW - 20 * DAY, ""),
        (NOW - DAY, "uid-data-db-2"),
    ]


def test_without_an_object_of_the_cluster_it_is_as_old_as_its_oldest_claim() -> None:
    label, labels = labelled("shop", "db.example/cluster", "db"), {"db.example/cluster": "db"}
    new, old = claim("data-db-2", created=NOW - 3600, labels=labels), claim("data-db-0", labels=labels)
    (copy,) = covered(new, old, run("now", label)).copies
    assert copy.claim_uid == "uid-data-db-2"


def test_a_restored_cluster_carries_on_the_one_it_replaces() -> None:
    label = labelled("shop", "db.example/cluster", "db")
    cluster = Database(
        source="tool", of=(label,), ref=ObjectRef(CLUSTER, "shop", "db"), created=NOW, carries_on=True
    )
    (copy,) = covered(
        claim(labels={"db.example/cluster": "db"}, created=NOW), cluster, run("old", label)
    ).copies
    assert copy.claim_uid == "uid-data-db-0"


def test_log_archiving_keeps_the_newest_base_current() -> None:
    label, labels = labelled("shop", "db.example/cluster", "db"), {"db.example/cluster": "db"}
    cluster = Database(
        source="tool", of=(label,), ref=ObjectRef(CLUSTER, "shop", "db"), created=0.0, log="running"
    )
    copies = covered(claim(labels=labels), cluster, run("base", label)).copies
    assert [copy.log for copy in copies] == ["", "running"]
    assert covered(claim(labels=labels), cluster).copies == (), "without a base there is no copy"


def test_once_archiving_broke_the_copy_is_of_that_moment() -> None:
    label, labels = labelled("shop", "db.example/cluster", "db"), {"db.example/cluster": "db"}

    def copies(broke: float) -> list[tuple[str, float]]:
        cluster = Database(
            source="tool",
            of=(label,),
            ref=ObjectRef(CLUSTER, "shop", "db"),
            created=0.0,
            log="broken",
            log_broke=broke,
        )
        found = covered(claim(labels=labels), cluster, run("base", label)).copies
        return [(copy.log, copy.captured) for copy in found]

    assert copies(NOW - 60) == [("", NOW - DAY), ("broken", NOW - 60)]
    assert copies(NOW - 2 * DAY) == [("", NOW - DAY)], "it broke before the base was made"


def test_failed_runs_and_left_out_claims_are_misses() -> None:
    mine = claim_named("shop", "data-db-0")
    failed = run("failed", mine, outcome="failure", schedule=NIGHTLY)
    left_out = run("partial", whole_namespace("shop"), outcome="partial", missed=(mine,))
    found = covered(claim(), failed, left_out)
    assert [(miss.cause, miss.schedule) for miss in found.misses] == [
        ("failed", NIGHTLY),
        ("not-captured", None),
    ]
    assert found.copies == ()


def test_runs_whose_outcome_is_not_known_are_neither_copies_nor_misses() -> None:
    mine = claim_named("shop", "data-db-0")
    found = covered(claim(), run("a", mine, outcome="unknown"), run("b", mine, outcome="running"))
    assert (found.copies, found.misses) == ((), ())


def test_a_plan_covers_its_claims_with_the_gap_that_keeps_it_from_running() -> None:
    mine = claim_named("shop", "data-db-0")
    assert [cover.gap for cover in covered(claim(), plan(mine)).covers] == [""]
    assert [cover.gap for cover in covered(claim(), plan(mine, paused=True)).covers] == ["paused"]
    assert [cover.gap for cover in covered(claim(), plan(mine, valid=False)).covers] == ["invalid"]


def test_a_restore_is_a_drill_with_the_point_of_the_run_that_it_restored() -> None:
    done = run("a", claim_named("shop", "data-db-0"))
    restore = Restore(
        source="tool",
        ref=ObjectRef("Restore.db.example", "shop", "r"),
        outcome="success",
        started=NOW - 600,
        ended=NOW - 60,
        run=done.ref,
    )
    (drill,) = covered(claim(), done, restore).drills
    assert (drill.success, drill.point, drill.ended) == (True, NOW - DAY, NOW - 60)
    going = Restore(
        source="tool", ref=restore.ref, outcome="running", started=NOW - 600, ended=None, run=done.ref
    )
    assert covered(claim(), done, going).drills == ()


def test_a_schedule_tells_how_its_runs_went() -> None:
    mine = claim_named("shop", "data-db-0")
    runs = (
        run("a", mine, days_ago=3, schedule=NIGHTLY, ended=NOW - 3 * DAY + 60),
        run("b", mine, days_ago=2, schedule=NIGHTLY, outcome="failure", ended=NOW - 2 * DAY + 30),
        run("c", mine, days_ago=1, schedule=NIGHTLY, outcome="running"),
    )
    schedule = TOOL.schedule(NIGHTLY, TableFacts((plan(mine, target="store"), *runs)))
    assert schedule is not None
    assert (schedule.last_success, schedule.last_attempt) == (NOW - 3 * DAY, NOW - DAY)
    assert (schedule.last_result, schedule.last_duration) == ("failure", 30)
    assert (schedule.running_since, schedule.target) == (NOW - DAY, "store")
    assert TOOL.schedule(NIGHTLY, TableFacts(runs)) is None, "the plan is gone"


def test_a_plan_may_remember_a_newer_success_than_any_run_that_is_left() -> None:
    mine = claim_named("shop", "data-db-0")
    facts = TableFacts(
        (plan(mine, last_success=NOW - 60), run("a", mine, schedule=NIGHTLY, outcome="failure"))
    )
    schedule = TOOL.schedule(NIGHTLY, facts)
    assert schedule is not None
    assert (schedule.last_success, schedule.last_result) == (NOW - 60, "success")


def test_a_place_is_a_target_with_its_last_check() -> None:
    facts = TableFacts((Place(target=STORE, available=False), PlaceCheck(target=STORE, checked=NOW)))
    target = TOOL.target(STORE, facts)
    assert target is not None
    assert (target.available, target.checked) == (False, NOW)
    assert TOOL.target(STORE, TableFacts()) is None


def test_records_touch_the_claims_that_they_are_about() -> None:
    facts = TableFacts((run("a", whole_namespace("shop"), schedule=NIGHTLY),))
    assert {(touch.scope, touch.key) for touch in facts.touched} == {
        ("namespace", ("shop",)),
        ("subject", ("schedule", *NIGHTLY)),
    }
