"""The report as a table: objects in, text out, at the widths that people have."""

import io
from typing import Any

import msgspec
import pytest
from msgspec import structs
from rich.console import Console

from holdfast.app.account.document import Report, report_document
from holdfast.cli.report_table import print_report
from holdfast.cluster.documents import FileError
from holdfast.model.policy import ObjectiveSpec, Policy
from tests.report.scenery import (
    FEW_CHECKS,
    NOW,
    Object,
    backup,
    claim,
    content,
    engine_of,
    file_copy,
    location,
    pod,
    shop,
    snapshot,
    velero_schedule,
)

ERRORS = (FileError(file="dump/pods.yaml", line=12, message="a tab where blanks indent"),)

AT_140 = """\
2026-11-01 12:00:00Z in prod
6 claims: 1 unprotected, 1 never, 1 late, 2 protected, 1 exempt; 1 orphaned
usage: 0 of 4 mounted claims measured, 4 unmeasured (not asked 4)

Claim                 State        Age / rpo    Newest copy         Use       Why
dev/data-db-0         unprotected  - / 26h      -                   dormant   no schedule; statefulset zero
shop/cache            never        - / 26h      -                   in use    first run pending
docs/media            late         3d 9h / 26h  velero offsite      in use    overdue; run failed
dev/old-but-copied    protected    6h / 26h     csi-snapshot local  orphaned  unreferenced
shop/data-postgres-0  protected    9h / 26h     velero offsite      in use
dev/scratch           exempt       -            -                   in use    rebuilt from source until 2027-06-30

Schedules that need a look (1)
  velero velero/docs: last run ended in failure, 3 runs missed; last success 3d 9h ago; covers 1 claim

Left over (1)
  PersistentVolume pv-dev-gone, of dev/gone: its claim is gone and its policy keeps it, released 10d ago

Findings (1)
  warning invalid-annotation: a holdfast.dev/ annotation does not parse
    PersistentVolumeClaim dev/scratch: holdfast.dev/rpo: 'soon' is no duration; write a number and a unit, such as 26h, 90d or 1h30m

Errors (1)
  dump/pods.yaml:12: a tab where blanks indent
"""

AT_80 = """\
2026-11-01 12:00:00Z in prod
6 claims: 1 unprotected, 1 never, 1 late, 2 protected, 1 exempt; 1 orphaned
usage: 0 of 4 mounted claims measured, 4 unmeasured (not asked 4)

Claim                 State        Age / rpo    Use       Why
dev/data-db-0         unprotected  - / 26h      dormant   no schedule;
                                                          statefulset zero
shop/cache            never        - / 26h      in use    first run pending
docs/media            late         3d 9h / 26h  in use    overdue; run failed
dev/old-but-copied    protected    6h / 26h     orphaned  unreferenced
shop/data-postgres-0  protected    9h / 26h     in use
dev/scratch           exempt       -            in use    rebuilt from source
                                                          until 2027-06-30

Schedules that need a look (1)
  velero velero/docs: last run ended in failure, 3 runs missed; last success 3d
  9h ago; covers 1 claim

Left over (1)
  PersistentVolume pv-dev-gone, of dev/gone: its claim is gone and its policy
  keeps it, released 10d ago

Findings (1)
  warning invalid-annotation: a holdfast.dev/ annotation does not parse
    PersistentVolumeClaim dev/scratch: holdfast.dev/rpo: 'soon' is no duration;
    write a number and a unit, such as 26h, 90d or 1h30m

Errors (1)
  dump/pods.yaml:12: a tab where blanks indent
"""

AT_40 = """\
2026-11-01 12:00:00Z in prod
6 claims: 1 unprotected, 1 never, 1
late, 2 protected, 1 exempt; 1 orphaned
usage: 0 of 4 mounted claims measured, 4
unmeasured (not asked 4)

dev/data-db-0
  unprotected, age - / 26h, dormant
  no schedule; statefulset zero
shop/cache
  never, age - / 26h, in use
  first run pending
docs/media
  late, age 3d 9h / 26h, velero offsite,
  in use
  overdue; run failed
dev/old-but-copied
  protected, age 6h / 26h, csi-snapshot
  local, orphaned
  unreferenced
shop/data-postgres-0
  protected, age 9h / 26h, velero
  offsite, in use
dev/scratch
  exempt, age -, in use
  rebuilt from source until 2027-06-30

Schedules that need a look (1)
  velero velero/docs: last run ended in
  failure, 3 runs missed; last success
  3d 9h ago; covers 1 claim

Left over (1)
  PersistentVolume pv-dev-gone, of
  dev/gone: its claim is gone and its
  policy keeps it, released 10d ago

Findings (1)
  warning invalid-annotation: a
  holdfast.dev/ annotation does not
  parse
    PersistentVolumeClaim dev/scratch:
    holdfast.dev/rpo: 'soon' is no
    duration; write a number and a unit,
    such as 26h, 90d or 1h30m

Errors (1)
  dump/pods.yaml:12: a tab where blanks
  indent
"""


def printed(report: Report, width: int = 80, **console: Any) -> str:
    """The text without the blanks that fill the cells of the table."""
    text = io.StringIO()
    print_report(report, Console(file=text, width=width, **console))
    return "".join(line.rstrip() + "\n" for line in text.getvalue().splitlines())


def report_of(*objects: Object, **engine: Any) -> Report:
    return report_document(engine_of(*objects, **engine), NOW)


@pytest.mark.parametrize(("width", "approved"), [(140, AT_140), (80, AT_80), (40, AT_40)])
def test_approved_text(width: int, approved: str) -> None:
    """The shop's report, as it was found good: columns go before names do, and a paragraph a claim comes last."""
    report = report_document(
        engine_of(*shop(), policy=structs.replace(FEW_CHECKS, cluster="prod")), NOW, ERRORS
    )
    assert printed(report, width) == approved


def test_nothing_to_report() -> None:
    """A cluster without claims has one line more than its time, and no empty sections."""
    assert printed(report_of()) == "2026-11-01 12:00:00Z\n0 claims\n"


def claims_in_order(report: Report) -> list[str]:
    rows = printed(report, 200).split("\n\n")[1].splitlines()[1:]
    return [row.split()[0] for row in rows]


def test_worst_first() -> None:
    """Within a state those that are worth a page come first, then those that are furthest beyond their objective."""
    copied = [
        (
            name,
            backup(name, f"2026-10-{day}T00:00:00Z", ["a"]),
            file_copy(f"a/{name}", name, f"2026-10-{day}T00:00:00Z"),
        )
        for name, day in (("late-a-day", 30), ("late-a-week", 24), ("paged", 30))
    ]
    objects = [
        claim(f"a/{name}", annotations={"urgency": "page"} if name == "paged" else {}) for name, *_ in copied
    ]
    objects += [each for _, *both in copied for each in both]
    report = report_of(
        *objects,
        location(),
        claim("a/b"),
        claim("a/told-to-know", annotations={"urgency": "know"}),
        claim("a/waste"),
        snapshot("a/s", "waste", "2026-11-01T11:00:00Z"),
        content("a/s"),
        claim("a/spared", annotations={"exempt": "why not"}),
        pod("a/p", "spared"),
        claim("a/safe"),
        snapshot("a/t", "safe", "2026-11-01T11:00:00Z"),
        content("a/t"),
        pod("a/q", "safe"),
    )
    assert claims_in_order(report) == [
        "a/b",
        "a/told-to-know",
        "a/paged",
        "a/late-a-week",
        "a/late-a-day",
        "a/waste",
        "a/safe",
        "a/spared",
    ]


@pytest.mark.parametrize("width", [10, 20, 40, 60, 80, 140])
def test_no_name_is_cut(width: int) -> None:
    """However narrow the terminal, every letter of a claim's name is there, and no line is longer than the terminal."""
    name = "Q" * 60 + "/" + "J" * 200
    text = printed(report_of(claim(name), *shop()), width)
    assert (text.count("Q"), text.count("J")) == (60, 200)
    assert all(len(line) <= width for line in text.splitlines())


def test_names_are_no_markup() -> None:
    """Brackets, emoji codes and paths in an object's texts are printed, not obeyed."""
    odd = "[red]x[/red] [link=http://a]b[/link] :smile: [/"
    assert odd in printed(report_of(claim("a/b", annotations={"exempt": odd})), 200)


def test_control_characters_are_spelled_out() -> None:
    """No escape sequence, line break or change of direction in an object's text reaches the terminal."""
    odd = "x\x1b]0;owned\x07y\nz\u202ew"
    text = printed(report_of(claim("a/b", annotations={"exempt": odd})), 200)
    assert "x\\x1b]0;owned\\x07y z\\u202ew" in text
    assert all(character.isprintable() for line in text.splitlines() for character in line)


def test_wide_characters() -> None:
    """A reason in characters of double width keeps the table in shape."""
    report = report_of(claim("a/b", annotations={"exempt": "漢字" * 10}), pod("a/p", "b"))
    text = printed(report, 60)
    assert "漢字漢字" in text
    assert "".join(character for character in text if character == "漢") == "漢" * 10


def test_colour_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe gets no colour, a terminal does, and NO_COLOR is heard."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    report = report_of(*shop())
    assert "\x1b" not in printed(report)
    terminal: dict[str, Any] = {"force_terminal": True, "color_system": "standard", "legacy_windows": False}
    assert "\x1b[1;31m" in printed(report, **terminal)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "31m" not in printed(report, **terminal)


def test_schedules_that_need_a_look() -> None:
    """Paused, refused, unreadable, failed and missed are said of a schedule; one that runs well is not listed."""
    text = printed(
        report_of(
            velero_schedule("paused", ["shop"], paused=True),
            velero_schedule("odd", ["shop"], cron="sometimes"),
            velero_schedule("well", ["shop"]),
            backup("w", "2026-11-01T03:00:00Z", ["shop"], schedule="well"),
        ),
        200,
    )
    assert "velero velero/paused: paused, 32 runs missed; no success known; covers 0 claims\n" in text
    assert (
        "velero velero/odd: refused by its tool, cron 'sometimes' cannot be read; no success known;" in text
    )
    assert "velero/well" not in text


def etcd_snapshot(*, whole: bool) -> Object:
    return {
        "apiVersion": "k3s.cattle.io/v1",
        "kind": "ETCDSnapshotFile",
        "metadata": {"name": "s3-1", "creationTimestamp": "2026-11-01T00:00:09Z"},
        "spec": {"s3": {"bucket": "state"}},
        "status": {"creationTime": "2026-11-01T00:00:02Z", "readyToUse": whole},
    }


def test_snapshots_of_the_clusters_own_state() -> None:
    """They have neither a namespace nor a cron that an object tells; that is no fault, a failure is."""
    text = printed(report_of(etcd_snapshot(whole=False)), 200)
    said = "etcd-snapshot s3: last run ended in failure; no success known; covers 0 claims\n"
    assert f"Schedules that need a look (1)\n  {said}" in text
    assert "etcd-snapshot" not in printed(report_of(etcd_snapshot(whole=True)), 200)


def drill(of: str, start: str, end: str, *, failed: bool = False) -> Object:
    """A Job that restores the claim somewhere."""
    how = {"type": "Failed" if failed else "Complete", "status": "True", "lastTransitionTime": end}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "namespace": "a",
            "name": f"{of}-{'failed' if failed else 'done'}",
            "creationTimestamp": start,
            "annotations": {"holdfast.dev/drills": of},
        },
        "status": {"startTime": start, "conditions": [how]} | ({} if failed else {"completionTime": end}),
    }


def test_restores_that_need_a_look() -> None:
    """Failed, never tried, overdue and slow in this order, beside what is asked for; what was proven in time is left out."""
    policy = Policy(defaults=ObjectiveSpec(restore_drill_every=20 * 86400.0, rto=3600.0))
    report = report_of(
        *(claim(f"a/{name}") for name in ("broken", "fine", "slow", "stale", "untried")),
        drill("broken", "2026-10-30T12:00:00Z", "2026-10-30T12:10:00Z"),
        drill("broken", "2026-10-31T12:00:00Z", "2026-10-31T12:10:00Z", failed=True),
        drill("fine", "2026-10-31T12:00:00Z", "2026-10-31T12:10:00Z"),
        drill("slow", "2026-10-31T12:00:00Z", "2026-10-31T14:00:00Z"),
        drill("stale", "2026-10-05T12:00:00Z", "2026-10-05T12:10:00Z"),
        policy=policy,
    )
    assert "\n".join(printed(report, 200).split("\n\n")[2].splitlines()) == (
        "Restores that need a look (4)\n"
        "  a/broken: failed; last proven 1d 23h ago by cronjob, every 20d is asked for; it took 10m / 1h\n"
        "  a/untried: never; no restore has succeeded, every 20d is asked for\n"
        "  a/stale: overdue; last proven 26d 23h ago by cronjob, every 20d is asked for; it took 10m / 1h\n"
        "  a/slow: slow; last proven 22h ago by cronjob, every 20d is asked for; it took 2h / 1h"
    )


def test_no_restore_is_asked_for() -> None:
    """Where nobody asks for a proof, none is missed."""
    text = printed(report_of(claim("a/b"), drill("b", "2026-10-31T12:00:00Z", "2026-10-31T12:10:00Z")))
    assert "Restores that need a look" not in text


def replicated(name: str, spec: Object, **status: Any) -> Object:
    return {
        "apiVersion": "volsync.backube/v1alpha1",
        "kind": "ReplicationSource",
        "metadata": {"namespace": "a", "name": name, "creationTimestamp": "2026-10-01T00:00:00Z"},
        "spec": {"sourcePVC": "data", "trigger": {"schedule": "0 * * * *"}, "rsyncTLS": {}, **spec},
        "status": {"lastSyncTime": "2026-11-01T11:05:00Z", "lastSyncDuration": "5m0s", **status},
    }


def test_replications_that_need_a_look() -> None:
    """Broken, lagging, unknown and paused in this order, with how far behind they are and may be; healthy is left out."""
    report = report_of(
        replicated("paused", {"paused": True}),
        replicated("healthy", {}),
        replicated("new", {}, lastSyncTime=None, lastSyncDuration=None),
        replicated("lagging", {}, lastSyncTime="2026-11-01T07:05:00Z"),
        replicated("broken", {"sourcePVC": ""}, latestMoverStatus={"result": "Failed"}),
    )
    assert printed(report, 200).partition("\n\n")[2] == (
        "Replications that need a look (4)\n"
        "  volsync a/broken: broken; the mover fails; 1h behind / 2h\n"
        "  volsync a/lagging of data: lagging; 5h behind / 2h\n"
        "  volsync a/new of data: unknown; no sync has ended yet\n"
        "  volsync a/paused of data: paused; 1h behind / 2h\n"
    )


def test_locations_that_cannot_be_reached() -> None:
    """A location that failed its last check is listed with the time of that check."""
    text = printed(report_of(location("s3", phase="Unavailable"), location("other")), 200)
    assert "Locations that cannot be reached (1)\n  velero velero/s3: unavailable; checked 30s ago\n" in text


def test_what_cannot_be_seen() -> None:
    """Kinds that cannot be seen for one reason share a line, which says when that makes copies unknown."""
    states = {("core", "Node"): "forbidden", ("core", "Pod"): "forbidden", ("velero", "Backup"): "failing"}
    text = printed(report_of(claim("a/b"), states=states), 200)
    assert "What cannot be seen (2)\n  core Node, Pod: forbidden: as the test wants it\n" in text
    assert "  velero Backup: failing: as the test wants it - blind: its copies are unknown\n" in text
    assert " unknown  " in text


def test_copies_that_do_not_count() -> None:
    """Where the objective accepts none of the copies, the newest of them is shown, and no age."""
    policy = Policy(defaults=ObjectiveSpec(rpo=93600.0, offsite=True))
    text = printed(
        report_of(claim("a/b"), snapshot("a/s", "b", "2026-11-01T11:00:00Z"), pod("a/p", "b"), policy=policy),
        200,
    )
    row = next(line for line in text.splitlines() if line.startswith("a/b"))
    assert row.split("  ")[0] == "a/b"
    assert "- / 26h" in row
    assert "csi-snapshot local" in row
    assert "offsite missing" in row


def test_waiting_is_said() -> None:
    """A claim that waits for its volume or for its end says for how long and for what."""
    pending = claim("a/new", spec={"volumeName": "", "storageClassName": None}, status={"phase": "Pending"})
    leaving = claim(
        "a/old", deletionTimestamp="2026-11-01T10:00:00Z", finalizers=["kubernetes.io/pvc-protection"]
    )
    text = printed(report_of(pending, leaving, pod("a/p", "old")), 200)
    assert "pending 31d 12h: no class" in text
    assert "terminating 2h: in use" in text


def test_a_report_that_was_read_back() -> None:
    """The table needs only the document: what came over the wire prints the same."""
    report = report_of(*shop())
    again = msgspec.json.decode(msgspec.json.encode(report), type=Report)
    assert printed(again) == printed(report)
