"""Who has no limit: pods in, findings out."""

from typing import Any

import pytest

from holdfast.model.policy import Policy
from tests.assessment.ephemeral_cases import job, member, of
from tests.world import NOW, World, pod

TMP = {"name": "tmp", "emptyDir": {}}
BARE = {"containers": [{"name": "main"}]}


def found(*objects: dict[str, Any], **world: Any) -> list[str]:
    return World(*objects, **world).rows("finding")


def test_an_empty_dir_without_a_limit_is_a_finding_on_its_controller() -> None:
    pods = [member(f"shop/web-{number}", spec={"volumes": [TMP]}) for number in range(3)]
    assert found(*pods) == [
        'finding{check="emptydir-without-limit",kind="StatefulSet",namespace="shop",name="web"} 1'
    ]


def test_memory_is_no_limit() -> None:
    tmp = {"name": "tmp", "emptyDir": {"medium": "Memory"}}
    assert len(found(member("shop/web-0", spec={"volumes": [tmp]}))) == 1


def test_a_container_without_a_limit_is_a_finding_on_its_controller() -> None:
    assert found(member("shop/web-0", spec=BARE)) == [
        'finding{check="no-ephemeral-limit",kind="StatefulSet",namespace="shop",name="web"} 1'
    ]


def test_a_pod_that_nothing_controls_carries_its_findings_itself() -> None:
    assert found(pod("shop/shell")) == [
        'finding{check="no-ephemeral-limit",kind="Pod",namespace="shop",name="shell"} 1'
    ]


def test_an_operators_object_carries_its_group() -> None:
    owner = of("Cluster", "pg", "postgresql.cnpg.io/v1")
    assert found(pod("shop/pg-1", metadata={"ownerReferences": owner})) == [
        'finding{check="no-ephemeral-limit",kind="Cluster.postgresql.cnpg.io",namespace="shop",name="pg"} 1'
    ]


def test_with_every_limit_set_there_is_no_finding() -> None:
    limited = {"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}}
    assert found(member("shop/web-0", spec={"volumes": [limited]})) == []


def test_a_finding_names_what_has_no_limit() -> None:
    world = World(
        member(
            "shop/web-0", spec={**BARE, "volumes": [TMP, {"name": "shm", "emptyDir": {"medium": "Memory"}}]}
        )
    )
    (judgement,) = world.engine.judgements("ephemeral")
    assert [finding.why for finding in judgement.findings] == [  # type: ignore[attr-defined] # of this noun
        "no sizeLimit on emptyDir shm (in memory), tmp; set one",
        "no limits.ephemeral-storage on container main; set one",
    ]


def test_a_cron_jobs_findings_stay_between_its_runs() -> None:
    run = member("shop/dump-1-x", "Job", "dump-1", phase="Succeeded", spec=BARE)
    assert found(job("dump-1", "dump"), run) == [
        'finding{check="no-ephemeral-limit",kind="CronJob",namespace="shop",name="dump"} 1'
    ]


@pytest.mark.parametrize(
    "over", [pod("shop/once", phase="Succeeded"), member("shop/once", "Job", phase="Failed", spec=BARE)]
)
def test_who_is_over_for_good_needs_no_limit(over: dict[str, Any]) -> None:
    assert found(over) == []


def test_the_pods_of_a_new_revision_speak_and_finished_ones_no_more() -> None:
    assert found(member("shop/web-0", spec=BARE, phase="Failed"), member("shop/web-1")) == []


def test_a_check_that_is_off_finds_nothing() -> None:
    off = Policy(checks_off=frozenset({"no-ephemeral-limit", "emptydir-without-limit"}))
    assert found(member("shop/web-0", spec={**BARE, "volumes": [TMP]}), policy=off) == []


def judged(world: World) -> set[str]:
    rows = [row for row in world.rows("check_info") if "ephemeral" in row or "emptydir" in row]
    return {row.split('judged="')[1].split('"')[0] for row in rows}


def test_where_pods_cannot_be_seen_nothing_is_found() -> None:
    world = World(member("shop/web-0", spec=BARE), states={("core", "Pod"): "forbidden"})
    assert (world.rows("finding"), judged(world)) == ([], {"no"})


def test_where_jobs_cannot_be_seen_a_job_may_be_a_cron_jobs() -> None:
    """Others are judged; the CronJob's finding would stand on a Job that is gone tomorrow."""
    run = member("shop/dump-1-x", "Job", "dump-1", spec=BARE)
    world = World(run, member("shop/web-0", spec=BARE), states={("core", "Job"): "forbidden"})
    assert (len(world.rows("finding")), judged(world)) == (1, {"partly"})
    assert judged(World()) == {"yes"}


def test_what_comes_into_sight_is_judged() -> None:
    world = World(member("shop/web-0", spec=BARE), states={("core", "Pod"): "forbidden"})
    (pods,) = (feed for feed in world.feeds() if feed.id == ("core", "Pod"))
    world.engine.state(pods, "up", "", NOW)
    world.judge()
    assert len(world.rows("finding")) == 1
