"""The report document: objects in, JSON out."""

import json
import random
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from holdfast.app.account.document import Report, report_document, report_pieces
from holdfast.cluster.documents import FileError
from holdfast.model.check import CHECKS
from holdfast.model.policy import ObjectiveSpec, Policy, Retention
from tests.report.scenery import (
    NOW,
    Object,
    backup,
    claim,
    content,
    engine_of,
    file_copy,
    location,
    namespace,
    owned,
    pod,
    shop,
    snapshot,
    velero_schedule,
    volume,
)


def told(*objects: Object, **engine: Any) -> dict[str, Any]:
    """The document of these objects, as a reader of the JSON has it."""
    document: dict[str, Any] = json.loads(
        msgspec.json.encode(report_document(engine_of(*objects, **engine), NOW))
    )
    return document


NEVER_MEASURED = (
    "measured",
    "ageSeconds",
    "usedBytes",
    "filesystemBytes",
    "availableBytes",
    "inodesUsed",
    "inodes",
    "bytesForecast",
    "inodesForecast",
)


def only(entries: list[dict[str, Any]]) -> dict[str, Any]:
    (entry,) = entries
    return entry


def test_fields_of_the_document() -> None:
    """The document has the fields of its contract, in that order, and says what it is."""
    document = told(*shop(), policy=Policy(cluster="prod"))
    assert list(document) == [
        "apiVersion",
        "now",
        "cluster",
        "sources",
        "claims",
        "schedules",
        "targets",
        "replications",
        "volumes",
        "snapshots",
        "backends",
        "quotas",
        "pools",
        "findings",
        "checks",
        "errors",
    ]
    assert document["apiVersion"] == "holdfast.dev/report/v1"
    assert (document["now"], document["cluster"]) == ("2026-11-01T12:00:00Z", "prod")
    assert document["replications"] == document["errors"] == []


def test_entry_of_a_protected_claim() -> None:
    """A claim's entry holds what is asked of it, its copies, its schedules, who uses it, and nothing in other units."""
    day = "2026-11-01T03:00:00Z"
    document = told(
        claim(
            "shop/orders",
            annotations={"owner": "payments", "urgency": "page", "rpo": "12h", "mute": "capacity"},
        ),
        volume("shop/orders"),
        pod("shop/web", "orders", owner=("StatefulSet", "web")),
        velero_schedule("nightly", ["shop"]),
        location(),
        backup("n1", day, ["shop"]),
        file_copy("shop/orders", "n1", day, size=5000),
    )
    assert only(document["claims"]) == {
        "namespace": "shop",
        "name": "orders",
        "uid": "uid-of-orders",
        "created": "2026-10-01T00:00:00Z",
        "phase": "Bound",
        "volume": "pv-shop-orders",
        "storageClass": "fast",
        "csiDriver": "disk.csi.example",
        "volumeMode": "Filesystem",
        "accessModes": ["ReadWriteOnce"],
        "reclaimPolicy": "Delete",
        "requestedBytes": 10737418240,
        "capacityBytes": 10737418240,
        "workload": {"kind": "StatefulSet", "name": "web"},
        "tier": "",
        "urgency": "page",
        "owner": "payments",
        "muted": ["capacity"],
        "exempt": None,
        "objective": {
            "rpoSeconds": 43200.0,
            "rpoOrigin": "annotation",
            "rtoSeconds": None,
            "replicationLagSeconds": None,
            "restoreDrillEverySeconds": None,
            "offsite": False,
            "consistency": None,
            "locations": None,
            "reclaimPolicy": None,
            "fullWithinSeconds": 345600.0,
            "unusedForSeconds": None,
        },
        "protection": {
            "state": "protected",
            "reasons": [],
            "captured": "2026-11-01T03:00:00Z",
            "ageSeconds": 32400.0,
            "copies": [
                {
                    "source": "velero",
                    "placement": "offsite",
                    "consistency": "crash",
                    "captured": "2026-11-01T03:00:00Z",
                    "ageSeconds": 32400.0,
                }
            ],
            "sources": [
                {
                    "source": "velero",
                    "recoveryPoints": 1,
                    "sizeBytes": 5000,
                    "previousSizeBytes": None,
                    "inferred": False,
                    "unknown": {"previousSizeBytes": "no copy before the newest tells its size"},
                }
            ],
            "schedules": [
                {
                    "source": "velero",
                    "namespace": "velero",
                    "name": "nightly",
                    "target": "s3",
                    "placement": "offsite",
                    "consistency": "crash",
                    "gap": "",
                }
            ],
            "retention": [],
        },
        "drill": {
            "state": None,
            "source": "",
            "ended": None,
            "ageSeconds": None,
            "durationSeconds": None,
            "pointAgeSeconds": None,
            "unknown": {
                "state": "no proof is asked for",
                "ended": "no restore of it has succeeded",
                "ageSeconds": "no restore of it has succeeded",
                "durationSeconds": "no restore of it has succeeded",
                "pointAgeSeconds": "no restore of it has succeeded",
            },
        },
        "usage": {"state": "in-use", "reason": "", "unusedSince": None, "unusedSeconds": None},
        "filling": {
            "state": "unmeasured",
            "reason": "not-asked",
            "measured": None,
            "ageSeconds": None,
            "origin": "",
            "backend": "",
            "usedBytes": None,
            "filesystemBytes": None,
            "availableBytes": None,
            "inodesUsed": None,
            "inodes": None,
            "bytesForecast": None,
            "inodesForecast": None,
            "notExpandable": "class-missing",
            "unknown": dict.fromkeys(NEVER_MEASURED, "nothing has ever measured it"),
        },
        "pending": None,
        "terminating": None,
        "resize": None,
        "findings": [],
        "monthlyCost": None,
        "unknown": {"monthlyCost": "no prices are configured"},
    }


def test_pieces_are_the_document() -> None:
    """The pieces that are served join to the bytes of the whole document, also where lists are empty or long."""
    many = [claim(f"shop/claim-{number:03}") for number in range(120)]
    for objects in ([], shop(), many):
        engine = engine_of(*objects, namespace("shop", annotations={"rpo": "soon"}))
        errors = [FileError(file="a.yaml", line=3, message="no YAML")]
        whole = msgspec.json.encode(report_document(engine, NOW, errors))
        assert b"".join(report_pieces(engine, NOW, errors)) == whole
        assert msgspec.json.decode(whole, type=Report) == report_document(engine, NOW, errors)


@pytest.mark.parametrize("seed", range(5))
def test_order_of_objects(seed: int) -> None:
    """The order in which objects arrived does not show."""
    objects = shop()
    random.Random(seed).shuffle(objects)
    assert told(*objects) == told(*shop())


NONE_THERE = {
    # null here says that there is none, or that it does not apply: nothing is unknown
    "exempt", "workload", "pending", "terminating", "resize", "lostSince", "runningSince", "runningSeconds",
    "unreadySince", "unreadySeconds", "releasedSince", "releasedSeconds",
}  # fmt: skip


def entries(part: Any) -> Iterator[dict[str, Any]]:
    """All objects of the document that have an ``unknown``."""
    if isinstance(part, dict):
        if "unknown" in part:
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from entries(each)


def test_unknown_has_a_reason() -> None:
    """Every null is a plain absence, or stands in ``unknown`` with words; and only nulls stand there."""
    broken = velero_schedule("broken", ["shop"], cron="every now and then")
    document = told(
        *shop(),
        broken,
        velero_schedule("paused", ["shop"], paused=True),
        location("unchecked", phase=""),
        snapshot("shop/young", "cache", captured=None, ready=False),
        claim("shop/waiting", spec={"volumeName": ""}, status={"phase": "Pending"}),
        volume("shop/orders", phase="Released") | {"status": {"phase": "Released"}},
        states={("velero", "Backup"): "forbidden"},
    )
    found = list(entries(document))
    assert len(found) > 20
    for entry in found:
        nulls = {field for field, value in entry.items() if value is None} - NONE_THERE
        reasons = {field for field in entry["unknown"] if "." not in field}
        assert nulls <= reasons, entry
        assert all(entry[field] is None for field in reasons), entry
        assert all(entry["unknown"].values())


def test_exempt_claim_is_asked_for_nothing() -> None:
    """An exempt claim shows until when, and no demand for copies, drills or retention."""
    policy = Policy(
        defaults=ObjectiveSpec(rpo=3600.0, rto=60.0, retention=Retention(daily=7), full_within=86400.0)
    )
    entry = only(
        told(claim("a/b", annotations={"exempt": "rebuilt until=2026-12-31"}), policy=policy)["claims"]
    )
    assert entry["exempt"] == {"reason": "rebuilt", "until": "2027-01-01T00:00:00Z"}
    assert entry["protection"]["state"] == "exempt"
    assert entry["protection"]["retention"] == []
    asked = entry["objective"]
    assert asked["rpoSeconds"] is asked["rpoOrigin"] is asked["rtoSeconds"] is None
    assert asked["fullWithinSeconds"] == 86400.0


def test_generic_ephemeral_claim_says_why_it_is_exempt() -> None:
    """A claim that lives and dies with its pod is exempt, and the entry says so."""
    entry = only(told(claim("a/web-cache", **owned(("Pod", "web"), api="v1")))["claims"])
    assert entry["exempt"] == {
        "reason": "a generic ephemeral volume: it lives and dies with its pod",
        "until": None,
    }


def test_use_that_cannot_be_seen() -> None:
    """Without sight of pods the use of a claim is null beside the reason, and not orphaned."""
    document = told(claim("a/b"), states={("core", "Pod"): "forbidden"})
    assert only(document["claims"])["usage"] == {
        "state": None,
        "reason": "pods-unseen",
        "unusedSince": None,
        "unusedSeconds": None,
    }


def test_unused_time_counts_from_when_it_was_first_seen() -> None:
    """A claim that was idle an hour ago and still is has been unused for an hour."""
    engine = engine_of(claim("a/b"), judged_before=[NOW - 3600])
    (entry,) = report_document(engine, NOW).claims
    assert (entry.usage.state, entry.usage.reason, entry.usage.unused_seconds) == (
        "orphaned",
        "unreferenced",
        3600.0,
    )


def test_retention_while_blind() -> None:
    """Missing recovery points are counted while all can be seen, and null beside the reason while a source is blind."""
    policy = Policy(defaults=ObjectiveSpec(rpo=3600.0, retention=Retention(daily=7)))
    blind = {("velero", "Backup"): "forbidden"}
    seen = only(told(claim("a/b"), policy=policy)["claims"])["protection"]["retention"]
    assert seen == [{"window": "daily", "points": 7, "missing": 7, "reason": ""}]
    unseen = only(told(claim("a/b"), policy=policy, states=blind)["claims"])["protection"]["retention"]
    assert unseen == [{"window": "daily", "points": 7, "missing": None, "reason": "source-blind"}]


def test_sources_say_what_they_see() -> None:
    """Each kind of each source tells its state, how much it holds, and whether the source is blind."""
    document = told(claim("a/b"), states={("velero", "Backup"): "forbidden"})
    by_kind = {(entry["source"], entry["kind"]): entry for entry in document["sources"]}
    claims, backups = by_kind["core", "PersistentVolumeClaim"], by_kind["velero", "Backup"]
    assert (claims["state"], claims["objects"], claims["blind"]) == ("up", 1, False)
    assert (backups["state"], backups["blind"], backups["lastSuccess"]) == ("forbidden", True, None)
    assert backups["unknown"] == {"lastSuccess": "it has not been read"}


def test_schedules_count_the_claims_they_should_cover() -> None:
    """A schedule tells how many claims it should cover, when it runs next and what it missed."""
    entry = only(
        told(
            claim("shop/a"),
            claim("shop/b"),
            claim("dev/c"),
            velero_schedule("nightly", ["shop"]),
            location(),
        )["schedules"]
    )
    assert (entry["claims"], entry["missedRuns"]) == (2, 32)
    assert (entry["lastDue"], entry["nextRun"]) == ("2026-11-01T03:00:00Z", "2026-11-02T03:00:00Z")
    assert entry["unknown"] == {
        "lastSuccess": "no success is known",
        "lastAttempt": "no run is known",
        "lastDurationSeconds": "no finished run tells it",
    }


def test_schedules_that_cannot_run_say_why() -> None:
    """A paused schedule has no next run, a cron that cannot be read neither that nor missed runs."""
    document = told(
        velero_schedule("broken", ["shop"], cron="every now and then"),
        velero_schedule("paused", ["shop"], paused=True),
    )
    broken, paused = document["schedules"]
    assert (broken["nextRun"], broken["missedRuns"], broken["valid"]) == (None, None, False)
    assert broken["unknown"]["nextRun"] == "its tool refuses it"
    assert broken["unknown"]["missedRuns"] == "its cron cannot be read"
    assert (paused["nextRun"], paused["paused"], paused["missedRuns"]) == (None, True, 32)
    assert paused["unknown"]["nextRun"] == "it is paused"


def test_volumes_and_snapshots_that_were_left() -> None:
    """A released volume tells whose data it holds and since when, an orphaned snapshot what it has lost."""
    document = told(
        volume("dev/gone", phase="Released"),
        snapshot("dev/stray", "gone", "2026-10-20T00:00:00Z"),
        content("dev/stray"),
        content("dev/alone"),
    )
    left = only(document["volumes"])
    assert (left["claimNamespace"], left["claim"], left["orphaned"]) == ("dev", "gone", "released")
    assert (left["releasedSince"], left["releasedSeconds"]) == ("2026-10-22T12:00:00Z", 864000.0)
    assert [(entry["kind"], entry["name"], entry["orphaned"]) for entry in document["snapshots"]] == [
        ("VolumeSnapshot", "stray", "claim-gone"),
        ("VolumeSnapshotContent", "content-dev-alone", "snapshot-gone"),
        ("VolumeSnapshotContent", "content-dev-stray", ""),
    ]


def test_checks_say_whether_they_could_be_judged() -> None:
    """A check that needs pods finds nothing where none can be seen, and that is not told as nothing amiss."""
    document = told(claim("dev/b"), policy=Policy(), states={("core", "Pod"): "forbidden"})
    checks = {each["check"]: each for each in document["checks"]}
    assert list(checks) == list(CHECKS)
    unjudged = [check for check in CHECKS.values() if "Pod" in check.reads]
    assert unjudged
    for check in unjudged:
        assert checks[check.id] == {
            "check": check.id,
            "severity": check.severity,
            "judged": "no",
            "unseen": ["Pod"],
        }


def test_a_check_that_is_off_is_not_called_unseen() -> None:
    policy = Policy(checks_off=frozenset({"hostpath-data"}))
    document = told(policy=policy, states={("core", "Pod"): "forbidden"})
    (told_of,) = (each for each in document["checks"] if each["check"] == "hostpath-data")
    assert (told_of["judged"], told_of["unseen"]) == ("off", [])


def test_findings_of_claims_and_of_others() -> None:
    """Findings stand once in the list, whatever object carries them, with their severity and words."""
    document = told(
        namespace("dev", annotations={"rto": "never"}),
        claim("dev/b", annotations={"exempt": ""}),
    )
    assert [
        (f["check"], f["severity"], f["kind"], f["namespace"], f["name"]) for f in document["findings"]
    ] == [
        ("invalid-annotation", "warning", "Namespace", "", "dev"),
        ("exempt-without-reason", "info", "PersistentVolumeClaim", "dev", "b"),
    ]
    assert only(document["claims"])["findings"] == document["findings"][1:]
