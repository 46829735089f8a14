"""CronJobs and Jobs that operators make: how their runs went, and when the data of a success was read."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.identity import ClaimRef, ObjectRef, ScheduleKey
from holdfast.model.protection import Copy, Coverage
from holdfast.sources.batch import CronJobObject, JobObject, read_course, read_timer, told_once
from tests.sources.operator_cases import at

NIGHTLY = ScheduleKey("x", "shop", "nightly")


def timer(schedule: str = "0 2 * * *", **status: Any) -> Any:
    obj = {"metadata": {"name": "x"}, "spec": {"schedule": schedule}, "status": status}
    return read_timer(msgspec.json.decode(msgspec.json.encode(obj), type=CronJobObject))


def course(**status: Any) -> Any:
    obj = {"metadata": {"name": "x"}, "status": status}
    return read_course(msgspec.json.decode(msgspec.json.encode(obj), type=JobObject))


def condition(kind: str, status: str = "True") -> dict[str, str]:
    return {"type": kind, "status": status, "lastTransitionTime": "2026-11-21T03:00:00Z"}


@pytest.mark.parametrize(
    ("schedule", "success", "scheduled", "captured"),
    [
        ("0 2 * * *", "02:10:00", "02:00:00", "02:00:00"),
        ("0 * * * *", "04:10:00", "02:00:00", "02:00:00"),  # it ran for two hours, and others were skipped
        ("0 2 * * *", "10:05:00", None, "02:00:00"),
        ("0 2 * * *", "02:10:00", "11:00:00", "02:00:00"),  # another one was made since
        ("no cron", "02:10:00", None, "02:10:00"),
    ],
)
def test_data_of_a_success(schedule: str, success: str, scheduled: str | None, captured: str) -> None:
    """It was read at the planned start before the end, never later than the newest run was planned."""
    told = {"lastSuccessfulTime": f"2026-11-21T{success}Z"}
    if scheduled:
        told["lastScheduleTime"] = f"2026-11-21T{scheduled}Z"
    assert timer(schedule, **told).captured == at(captured)


@pytest.mark.parametrize(
    ("status", "result"),
    [
        ({}, "unknown"),
        ({"active": [{}]}, "running"),
        ({"lastScheduleTime": "2026-11-21T02:00:00Z"}, "failure"),
        ({"lastScheduleTime": "2026-11-21T02:00:00Z", "active": [{}]}, "running"),
        (
            {"lastScheduleTime": "2026-11-21T02:00:00Z", "lastSuccessfulTime": "2026-11-21T01:00:00Z"},
            "failure",
        ),
        (
            {"lastScheduleTime": "2026-11-21T02:00:00Z", "lastSuccessfulTime": "2026-11-21T02:00:00Z"},
            "success",
        ),
        ({"lastSuccessfulTime": "2026-11-21T02:00:00Z"}, "success"),
    ],
)
def test_last_run_of_a_cron_job(status: dict[str, Any], result: str) -> None:
    assert timer(**status).last_result == result


@pytest.mark.parametrize(
    ("conditions", "outcome"),
    [
        ([], "running"),
        ([condition("Complete")], "success"),
        ([condition("Failed")], "failure"),
        ([condition("Complete", "False")], "running"),
        ([condition("SuccessCriteriaMet")], "running"),
        ([condition("FailureTarget")], "running"),
        ([condition("Suspended")], "running"),
    ],
)
def test_how_a_job_went(conditions: list[dict[str, str]], outcome: str) -> None:
    """Only the final conditions tell; those before them do not."""
    assert course(conditions=conditions).outcome == outcome


def test_end_of_a_job() -> None:
    """A failure has no completion: it ended when its condition came."""
    assert course(completionTime="2026-11-21T02:59:58Z", conditions=[condition("Complete")]).ended == at(
        "02:59:58"
    )
    assert course(conditions=[condition("Failed")]).ended == at("03:00:00")


def copy(kind: str, captured: float, schedule: ScheduleKey | None = NIGHTLY) -> Copy:
    return Copy(
        source="x",
        claim=ClaimRef("shop", "data"),
        captured=captured,
        placement="offsite",
        consistency="application",
        evidence=ObjectRef(kind, "shop", f"{kind}-{captured}"),
        schedule=schedule,
    )


TIMES = st.floats(0, 100)


@given(st.lists(TIMES), TIMES)
def test_a_success_is_told_once(jobs: list[float], remembered: float) -> None:
    """What the CronJob remembers counts only where no Job tells of as young a success; Jobs always count."""
    copies = (*(copy("Job", time) for time in jobs), copy("CronJob", remembered))
    kept = told_once(Coverage(source="x", copies=copies)).copies
    assert [each for each in kept if each.evidence.kind == "Job"] == list(copies[:-1])
    assert (copies[-1] in kept) == all(remembered > time for time in jobs)


def test_another_schedule_tells_nothing_of_it() -> None:
    copies = (copy("Job", 2.0, None), copy("CronJob", 1.0))
    assert told_once(Coverage(source="x", copies=copies)).copies == copies
