"""Schedules by their real cron: zones, uneven gaps, pauses, misses."""

from datetime import UTC, datetime
from typing import Any

import pytest

from holdfast.assessment.schedules import assess_schedule
from holdfast.model.identity import ScheduleKey
from holdfast.model.judgement import ScheduleJudgement
from holdfast.model.plan import PlanError, read_plan
from holdfast.model.protection import Schedule


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def judged(now: str, remembered: float | None = None, **fields: Any) -> ScheduleJudgement:
    plan: dict[str, Any] = {"cron": "0 2 * * *", "created": at("2026-11-01T00:00"), **fields}
    schedule = Schedule(key=ScheduleKey("velero", "velero", "daily"), uid="u", **plan)
    return assess_schedule(schedule, remembered, at(now))


def test_due_next_and_missed() -> None:
    """A run is missed when it was due since the last success and has not succeeded."""
    judgement = judged("2026-11-21T12:00", last_success=at("2026-11-19T02:00"))
    assert judgement.due == at("2026-11-21T02:00")
    assert judgement.next_run == at("2026-11-22T02:00")
    assert judgement.missed == 2


def test_a_healthy_schedule_has_missed_nothing() -> None:
    assert judged("2026-11-21T12:00", last_success=at("2026-11-21T02:00:07")).missed == 0


def test_a_success_a_little_ahead_of_our_clock_is_one_of_now() -> None:
    """Two clocks differ by seconds: the run has not been missed for that. One that is far ahead is none until its time."""
    slightly = judged("2026-11-21T12:00", cron="0 * * * *", last_success=at("2026-11-21T12:00:01"))
    assert (slightly.missed, slightly.last_success) == (0, at("2026-11-21T12:00"))
    far = judged("2026-11-21T12:00", last_success=at("2026-11-21T13:00"))
    assert (far.last_success, far.until) == (None, at("2026-11-21T13:00"))


def test_a_plan_at_the_end_of_the_calendar_has_no_runs() -> None:
    assert read_plan("0 * * * *").after(253402300799.0 + 86400) is None


def test_the_run_in_progress_is_not_counted() -> None:
    judgement = judged(
        "2026-11-21T02:10", last_success=at("2026-11-20T02:00"), running_since=at("2026-11-21T02:00:05")
    )
    assert judgement.missed == 0


def test_a_run_that_hangs_excuses_itself_and_no_later_one() -> None:
    """A run of the day before yesterday that still runs is in progress; yesterday's and today's are missed."""
    judgement = judged(
        "2026-11-21T12:00", last_success=at("2026-11-18T02:00"), running_since=at("2026-11-19T02:00:05")
    )
    assert judgement.missed == 2


def test_without_a_success_runs_count_from_creation() -> None:
    assert judged("2026-11-04T12:00").missed == 4
    assert judged("2026-11-01T01:00").missed == 0
    assert judged("2026-11-01T01:00").due is None


def test_a_schedule_of_the_last_day_of_the_calendar_has_missed_nothing() -> None:
    """Its time in its own zone would lie beyond the calendar."""
    created = at("9999-12-31T23:59")
    assert judged("2026-11-21T12:00", created=created, timezone="Pacific/Auckland").missed == 0


def test_a_cron_beyond_measure_is_shown_cut() -> None:
    assert len(judged("2026-11-21T12:00", cron="1," * 300_000).cron) == 200


def test_a_paused_schedule_has_no_next_run_and_goes_on_missing() -> None:
    judgement = judged("2026-11-21T12:00", paused=True, last_success=at("2026-11-19T02:00"))
    assert (judgement.next_run, judgement.missed) == (None, 2)


def test_a_success_that_objects_forgot_still_counts() -> None:
    """The last success is kept in history when the Backup objects that told it are gone."""
    judgement = judged("2026-11-21T12:00", remembered=at("2026-11-21T02:00"))
    assert (judgement.last_success, judgement.missed) == (at("2026-11-21T02:00"), 0)


def test_uneven_gaps() -> None:
    """On a Sunday the newest run that was due on weekdays is Friday's."""
    plan = read_plan("0 3 * * 1-5", "")
    assert plan.before(at("2026-11-22T12:00")) == at("2026-11-20T03:00")


@pytest.mark.parametrize(
    ("zone", "due"),
    [("", "2026-11-21T02:00"), ("Europe/Berlin", "2026-11-21T01:00"), ("Asia/Tokyo", "2026-11-20T17:00")],
)
def test_time_zones(zone: str, due: str) -> None:
    assert read_plan("0 2 * * *", zone).before(at("2026-11-21T12:00")) == at(due)


def test_summer_time_makes_a_gap_of_25_hours() -> None:
    """On the night the clocks go back, daily runs at 05:00 Berlin time lie 25 hours apart."""
    plan = read_plan("0 5 * * *", "Europe/Berlin")
    assert plan.after(at("2026-10-24T12:00")) == at("2026-10-25T04:00")
    assert plan.before(at("2026-10-24T12:00")) == at("2026-10-24T03:00")


def test_intervals_count_from_their_anchor() -> None:
    plan = read_plan("@every 6h", "", at("2026-11-21T01:00"))
    assert plan.after(at("2026-11-21T12:00")) == at("2026-11-21T13:00")
    assert plan.before(at("2026-11-21T12:00")) == at("2026-11-21T07:00")
    assert plan.due(at("2026-11-21T01:00"), at("2026-11-21T13:00")) == 2


def test_a_run_due_at_this_very_instant_is_due() -> None:
    assert read_plan("0 2 * * *", "").before(at("2026-11-21T02:00")) == at("2026-11-21T02:00")
    assert read_plan("0 2 * * *", "").before(at("2026-11-21T02:00") - 0.5) == at("2026-11-20T02:00")


def test_the_judgement_holds_until_the_next_run() -> None:
    assert judged("2026-11-21T12:00").until == at("2026-11-22T02:00")


@pytest.mark.parametrize(
    ("cron", "zone"),
    [("every day", ""), ("61 * * * *", ""), ("0 2 * * *", "Mars/Olympus"), ("@every soon", "")],
)
def test_unreadable_plans(cron: str, zone: str) -> None:
    """A plan that cannot be read makes no claim about what is due; the schedule still shows its runs."""
    with pytest.raises(PlanError):
        read_plan(cron, zone)
    judgement = judged("2026-11-21T12:00", cron=cron, timezone=zone, last_success=at("2026-11-19T02:00"))
    assert (judgement.due, judgement.next_run, judgement.missed) == (None, None, None)
    assert judgement.last_success == at("2026-11-19T02:00")


def test_a_run_in_the_hour_that_clocks_repeat_is_found() -> None:
    """At 02:10 winter time in Berlin, the 02:30 of summer time is past, and the next run is tomorrow's."""
    plan = read_plan("30 2 * * *", "Europe/Berlin")
    now = at("2026-10-25T01:10")
    assert plan.before(now) == at("2026-10-25T00:30")
    assert plan.after(now) == at("2026-10-26T01:30")


def test_a_run_in_the_hour_that_clocks_skip_was_never_due() -> None:
    """On the night of the change to summer time there is no 02:30, and the controllers run nothing."""
    plan = read_plan("30 2 * * *", "Europe/Berlin")
    assert plan.before(at("2026-03-29T12:00")) == at("2026-03-28T01:30")
    assert plan.due(at("2026-03-28T12:00"), at("2026-03-30T12:00")) == 1


def test_a_stepped_day_widens_the_other_day_field() -> None:
    """For the tools that read it, ``*/2`` restricts the day of the month: either day field may match."""
    plan = read_plan("0 0 */2 * 1", "")
    assert plan.before(at("2026-11-23T12:00")) == at("2026-11-23T00:00")
    assert plan.before(at("2026-11-24T12:00")) == at("2026-11-23T00:00")


def test_missed_intervals_are_counted_from_the_last_success_even_when_the_anchor_moved_on() -> None:
    """Each run moves the anchor of an interval; runs that failed are missed all the same."""
    plan = read_plan("@every 6h", "", at("2026-11-21T12:00"))
    assert plan.due(at("2026-11-20T12:00"), at("2026-11-21T13:00")) == 4


def test_counting_ends_where_a_schedule_is_as_broken_as_can_be() -> None:
    """Each run is stepped to by the real cron; a thousand missed ones are told as a thousand."""
    assert read_plan("* * * * *").due(at("2026-01-01T00:00"), at("2026-11-21T00:00")) == 1000
