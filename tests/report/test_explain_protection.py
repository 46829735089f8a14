"""The explanation of a claim's protection: objects in, the decision table, reasons and verdicts on copies out."""

import pytest

from holdfast.app.account.explain import Explanation
from holdfast.model.policy import ObjectiveSpec, Policy, Retention
from tests.report.scenery import (
    LAST_NIGHT,
    backup,
    claim,
    content,
    copied,
    explained,
    figure,
    location,
    objects_of,
    shop,
    snapshot,
    velero_schedule,
)


def rows(explanation: Explanation) -> list[tuple[str, bool | None]]:
    return [(row.state, row.holds) for row in explanation.table]


@pytest.mark.parametrize(
    ("of", "state", "held"),
    [
        ("dev/scratch", "exempt", 0),
        ("shop/data-postgres-0", "protected", 1),
        ("docs/media", "late", 3),
        ("shop/cache", "never", 4),
        ("dev/data-db-0", "unprotected", 5),
    ],
)
def test_decision_table(of: str, state: str, held: int) -> None:
    """The rows before the one that holds failed, those after it were not asked."""
    explanation = explained(*shop(), of=of)
    assert explanation.state == state
    assert [holds for _, holds in rows(explanation)] == [False] * held + [True] + [None] * (5 - held)
    assert rows(explanation)[held][0] == state


def test_rows_say_what_they_looked_at() -> None:
    """A row that failed names the figures on which it failed."""
    late = {row.state: row.why for row in explained(*shop(), of="docs/media").table}
    assert late["protected"] == (
        "no copy that counts and could be restored now is within the rpo: the newest is 3d 9h old, the rpo is 26h"
    )
    assert late["late"].endswith(": the newest is 3d 9h old")
    away = explained(*copied(), location(phase="Unavailable"))
    why = {row.state: row.why for row in away.table}
    assert away.state == "unknown"
    assert why["protected"].endswith(": of 1 that count none could be restored now")
    assert why["unknown"].endswith(": location s3 is unavailable")


def faults_of(explanation: Explanation) -> list[tuple[str, bool, list[str]]]:
    return [
        (copy.evidence.name, copy.counts, [fault.fault for fault in copy.faults])
        for copy in explanation.copies
    ]


def test_copy_that_protects() -> None:
    """A copy without fault protects; it tells where it lies, who made it, and the object that proves it."""
    (copy,) = explained(*copied(expiration="2026-12-01T00:00:00Z"), location()).copies
    assert copy.faults == ()
    assert (copy.counts, copy.restorable, copy.inferred) == (True, True, False)
    assert (copy.source, copy.placement, copy.consistency) == ("velero", "offsite", "crash")
    assert (copy.target, copy.schedule, copy.age_seconds) == ("s3", "nightly", 32400.0)
    assert (copy.evidence.kind, copy.evidence.namespace) == ("PodVolumeBackup.velero.io", "velero")
    assert list(copy.evidence.times) == ["captured", "expires"]


def test_copies_that_do_not_protect() -> None:
    """Every fault of every copy is told, the newest copy first."""
    away = location(phase="Unavailable")
    assert faults_of(explained(*copied(), away)) == [("n1-orders", True, ["target-unavailable"])]
    expired = copied(expiration="2026-11-01T04:00:00Z")
    assert faults_of(explained(*expired, location())) == [("n1-orders", True, ["expired"])]
    renewed = claim("shop/orders", uid="another", creationTimestamp="2026-11-01T11:00:00Z")
    assert faults_of(explained(renewed, *copied()[1:], location())) == [
        ("n1-orders", False, ["earlier-claim"])
    ]
    cuts = [
        snapshot("shop/future", "orders", "2026-11-02T00:00:00Z"),
        content("shop/future"),
        snapshot("shop/broken", "orders", LAST_NIGHT, ready=False),
        content("shop/broken"),
        snapshot("shop/old", "orders", "2026-10-02T00:00:00Z"),
        content("shop/old"),
    ]
    strict = Policy(defaults=ObjectiveSpec(rpo=93600.0, offsite=True, consistency="application"))
    kind = ["not-offsite", "not-application"]
    assert faults_of(explained(claim("shop/orders"), *cuts, policy=strict)) == [
        ("future", False, ["future", *kind]),
        ("broken", False, [*kind, "not-ready"]),
        ("old", False, [*kind, "too-old"]),
    ]


def reasons(explanation: Explanation) -> dict[str, list[str]]:
    return {str(f.value): objects_of(f) for f in explanation.figures if f.figure == "protection.reasons"}


def test_reasons_show_what_they_speak_of() -> None:
    """Each reason names the schedule, run, copy, location or kind that it rests on."""
    assert reasons(explained(*shop(), of="docs/media")) == {
        "overdue": ["velero schedule velero/docs"],
        "run-failed": ["Backup.velero.io velero/docs-2"],
    }
    assert reasons(explained(*copied(), location(phase="Unavailable"))) == {
        "target-unavailable": ["PodVolumeBackup.velero.io velero/n1-orders", "velero target velero/s3"],
    }
    assert reasons(explained(claim("shop/orders"), states={("velero", "Backup"): "forbidden"})) == {
        "no-schedule": [],
        "source-blind": ["velero /Backup"],
    }
    orphaned_copy = [each for each in copied() if each["kind"] != "Schedule"]
    assert reasons(explained(*orphaned_copy, location())) == {
        "schedule-deleted": ["velero schedule velero/nightly"]
    }
    running = backup("n2", "2026-11-01T11:55:00Z", ["shop"], phase="InProgress", completionTimestamp=None)
    assert reasons(explained(*copied()[:4], running, location())) == {
        "run-in-progress": ["velero schedule velero/nightly"]
    }


def test_fresh_copy_out_of_reach_is_not_overdue() -> None:
    """A copy within the objective, in a location that is away, is not called older than the objective."""
    explanation = explained(*copied(), location(phase="Unavailable"))
    assert (explanation.state, list(reasons(explanation))) == ("unknown", ["target-unavailable"])


def test_schedule_of_another_cluster_is_not_missed() -> None:
    """Copies of an earlier claim of that name do not make this claim's schedule a deleted one."""
    renewed = claim("shop/orders", uid="another", creationTimestamp="2026-11-01T11:00:00Z")
    others = [each for each in copied()[1:] if each["kind"] != "Schedule"]
    assert list(reasons(explained(renewed, *others, location()))) == ["no-schedule"]


def test_runs_that_did_not_copy_it() -> None:
    """A missed run is shown with its cause, and whether a newer copy makes it past."""
    later = explained(*shop(), of="docs/media").misses
    assert [(miss.schedule, miss.reason, miss.bears, miss.evidence.name) for miss in later] == [
        ("docs", "run-failed", True, "docs-2")
    ]
    earlier = backup("n0", "2026-10-31T03:00:00Z", ["shop"], phase="Failed")
    past = explained(*copied(), earlier, location()).misses
    assert [(miss.reason, miss.bears) for miss in past] == [("run-failed", False)]


def test_schedules_with_next_and_last() -> None:
    """A covering schedule shows its gap, its real cron, its last and next runs, and whether its copies would count."""
    objects = [
        claim("shop/orders", labels={"velero.io/exclude-from-backup": "true"}),
        velero_schedule("nightly", ["shop"], paused=True),
        velero_schedule("zoned", ["shop"], cron="TZ=Europe/Berlin 0 3 * * *"),
        location(),
    ]
    nightly, zoned = explained(claim("shop/orders"), *objects[1:]).schedules
    assert (nightly.gap, nightly.why, nightly.counts, nightly.next_run) == (
        "paused",
        "it is paused",
        False,
        None,
    )
    assert (zoned.gap, zoned.counts, zoned.timezone, zoned.target_available) == (
        "",
        True,
        "Europe/Berlin",
        True,
    )
    assert (
        f"{zoned.next_run:%Y-%m-%dT%H:%MZ} {zoned.last_due:%Y-%m-%dT%H:%MZ}"
        == "2026-11-02T02:00Z 2026-11-01T02:00Z"
    )
    assert [each.gap for each in explained(*objects).schedules] == ["excluded", "excluded"]


def test_blind_kinds() -> None:
    """Of a blind source those kinds are shown that cannot vouch for what is held."""
    explanation = explained(claim("shop/orders"), states={("velero", "Backup"): "forbidden"})
    assert [(part.source, part.kind, part.state) for part in explanation.blind] == [
        ("velero", "Backup", "forbidden")
    ]
    assert explanation.state == "unknown"


def test_a_new_claim_is_spared_and_until_when_is_said() -> None:
    """After that its time counts from its making."""
    new = claim("shop/orders", creationTimestamp="2026-10-31T20:00:00Z")
    spared = figure(explained(new), "protection.unsafeSeconds")
    assert (spared.value, spared.rule) == (
        None,
        "it is new: no alert asks for a copy before 2026-11-01T20:00:00Z",
    )
    old = claim("shop/orders", creationTimestamp="2026-10-30T12:00:00Z")
    told = figure(explained(old), "protection.unsafeSeconds")
    assert (told.value, told.rule) == (2 * 86400.0, "since the claim was made")


def test_retention() -> None:
    """Missing recovery points say what was asked for; while blind they are unknown."""
    policy = Policy(defaults=ObjectiveSpec(rpo=93600.0, retention=Retention(daily=3, weekly=1)))
    explanation = explained(*copied(), location(), policy=policy)
    daily = figure(explanation, "protection.retention.daily.missing")
    assert (daily.value, daily.rule) == (2, "recovery points are asked for in 3 different days of UTC")
    assert figure(explanation, "objective.retention").value == ("daily: 3", "weekly: 1")
    blind = explained(*copied(), location(), policy=policy, states={("velero", "DataUpload"): "forbidden"})
    assert figure(blind, "protection.retention.daily.missing").value is None
