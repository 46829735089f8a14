"""Times as stories write them: expression in, text or number out."""

import re
from datetime import UTC, datetime
from itertools import islice

import pytest

from holdfast.demo.instants import Clock, dated, due_before, rfc3339

NOW = datetime(2026, 11, 21, 15, 40, 59, tzinfo=UTC).timestamp()
CLOCK = Clock(told=NOW, now=NOW)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("<now>", "2026-11-21T15:40:59Z"),
        ("<now-26h>", "2026-11-20T13:40:59Z"),
        ("<now-3d2h>", "2026-11-18T13:40:59Z"),
        ("<now+90s>", "2026-11-21T15:42:29Z"),
        ("<run 0 2 * * *|0>", "2026-11-21T02:00:00Z"),
        ("<run 0 2 * * *|-1>", "2026-11-20T02:00:00Z"),
        ("<run 0 2 * * *|-1+5m>", "2026-11-20T02:05:00Z"),
        ("<run CRON_TZ=Europe/Berlin 30 2 * * *|0>", "2026-11-21T01:30:00Z"),
        ("<daily now-3h>", "0 12 * * *"),
        ("<weekly now-4d>", "0 15 * * 2"),
        ("trial, until=<day now+60d>", "trial, until=2027-01-20"),
        ("<nanos now-26h>", 1795182059000000000),
        ("nightly-<stamp run 0 2 * * *|-1>", "nightly-20261120020000"),
        ("no expression", "no expression"),
    ],
)
def test_an_expression_means(written: str, meant: str | int) -> None:
    assert dated(written, CLOCK) == meant
    assert dated({"at": [written]}, CLOCK) == {"at": [meant]}


def test_uids_are_the_same_every_time_and_differ_from_object_to_object() -> None:
    claim, pod = dated(["<uid PersistentVolumeClaim shop/a>", "<uid Pod shop/a>"], CLOCK)
    earlier = dated("<uid PersistentVolumeClaim shop/a/earlier>", CLOCK)
    assert len({claim, pod, earlier}) == 3
    assert dated("<uid PersistentVolumeClaim shop/a>", Clock(told=0, now=0)) == claim


@pytest.mark.parametrize("written", ["<yesterday>", "<now-3>", "<now-3y>", "<run 0 2 * * *>", "<day soon>"])
def test_what_cannot_be_read_is_refused_by_name(written: str) -> None:
    with pytest.raises(ValueError, match=r"no duration|cannot be read"):
        dated(written, CLOCK)


def test_an_id_is_of_its_text_and_of_the_moment_and_is_no_number() -> None:
    one, other = dated(["<id notebooks>", "<id datasets>"], CLOCK)
    assert len({one, other, dated("<id notebooks>", Clock(told=NOW + 1, now=NOW + 1))}) == 3
    assert re.fullmatch("c[0-9a-f]{7}", one)
    assert dated("<id notebooks>", CLOCK) == one


def test_a_run_is_due_on_its_second_and_not_before() -> None:
    run = datetime(2026, 7, 1, 2, tzinfo=UTC).timestamp()
    assert next(due_before("0 2 * * *", run)) == run
    assert next(due_before("0 2 * * *", run - 0.5)) == run - 86400


@pytest.mark.parametrize(
    ("now", "runs"),
    [
        # the clocks of Berlin go from 02:00 to 03:00: the run comes as soon as they have
        ("2026-03-29T00:59:59+00:00", ["2026-03-28T01:30:00Z", "2026-03-27T01:30:00Z"]),
        ("2026-03-29T01:00:00+00:00", ["2026-03-29T01:00:00Z", "2026-03-28T01:30:00Z"]),
        # they go from 03:00 back to 02:00: the run comes once, in the first of the two hours
        ("2026-10-25T00:45:00+00:00", ["2026-10-25T00:30:00Z", "2026-10-24T00:30:00Z"]),
        ("2026-10-25T01:10:00+00:00", ["2026-10-25T00:30:00Z", "2026-10-24T00:30:00Z"]),
        ("2026-10-25T01:30:00+00:00", ["2026-10-25T00:30:00Z", "2026-10-24T00:30:00Z"]),
    ],
)
def test_runs_of_a_zone_whose_clocks_change(now: str, runs: list[str]) -> None:
    due = due_before("CRON_TZ=Europe/Berlin 30 2 * * *", datetime.fromisoformat(now).timestamp())
    assert [rfc3339(run) for run in islice(due, 2)] == runs
