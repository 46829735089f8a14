"""The checks of the whole cluster in slices: none holds the loop, and where they are cut does not matter."""

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from msgspec import structs

from bench.surveys.cluster import NOW, Cluster
from holdfast.app.surveying import Surveys, _hear
from holdfast.assessment.checks.contract import Scene
from holdfast.assessment.checks.table import SURVEYS
from holdfast.assessment.setting import Setting
from holdfast.inventory import Inventory
from holdfast.metrics.board import Board
from holdfast.metrics.catalogue import RENDERED
from holdfast.model.health import Sight
from holdfast.model.identity import ObjectKey, ObjectRef, Subject
from holdfast.model.judgement import Place
from holdfast.model.policy import Policy
from tests.world import World, claim

CLUSTER = Cluster(claims=700, nodes=30, pods=2100, controllers=1500, namespaces=2, classes=12)
ON = ObjectRef("Pod", "shop", "web-0")


class Counting(Inventory):
    """Knows how often it was asked for one record."""

    asked = 0

    def get(self, kind: Any, *key: str) -> Any:
        self.asked += 1
        return super().get(kind, *key)


@pytest.fixture(scope="module")
def setting() -> Setting:
    facts = Counting(lambda _kind, _uid: ())
    for number, record in enumerate(CLUSTER.records()):
        facts.put(("core", type(record).__name__), ObjectKey("", str(number)), (record,))
    return Setting(facts=facts, policy=Policy(), sight=Sight(), now=NOW)


@pytest.mark.parametrize("check", SURVEYS)
def test_no_survey_looks_at_all_objects_between_two_yields(check: str, setting: Setting) -> None:
    facts: Any = setting.facts
    judged = CLUSTER.judgements
    most, before = 0, facts.asked
    for _ in SURVEYS[check](Scene(setting=setting, judged=lambda ref: judged.get(Subject("claim", ref)))):
        most, before = max(most, facts.asked - before), facts.asked
    assert max(most, facts.asked - before) <= 4 * 256


def surveyed(setting: Setting, more_time: Callable[[], bool]) -> tuple[str, dict[str, Any], int]:
    board = Board(RENDERED)
    surveys = Surveys(setting.facts, setting.policy, board, CLUSTER.judgements.get)
    for judgement in CLUSTER.judgements.values():
        surveys.moved(None, judgement)
    slices = 1
    while not surveys.run(setting, more_time):
        slices += 1
    text = b"".join(board.text(NOW, origins=frozenset({family.origin for family in RENDERED})))
    return text.decode(), surveys.checklists.judged, slices


def test_what_is_published_does_not_hang_on_where_the_slices_end(setting: Setting) -> None:
    whole = surveyed(setting, lambda: True)
    cut = surveyed(setting, lambda: False)
    assert whole[:2] == cut[:2]
    assert (whole[2], cut[2] > 1000) == (1, True)
    assert 'holdfast_finding{check="drain-unsafe"' in whole[0]


@pytest.mark.parametrize("said", list(permutations(["b", "a", None, ""])))
def test_of_several_reasons_for_one_object_the_first_of_the_alphabet_is_told(
    said: tuple[str | None, ...],
) -> None:
    whys: dict[ObjectRef, str | None] = {}
    for why in said:
        _hear(whys, ON, why)
    assert whys == {ON: "a"}


@pytest.mark.parametrize("said", [(None, ""), ("", None)])
def test_one_answer_that_is_missing_outweighs_one_that_is_fine(said: tuple[str | None, ...]) -> None:
    whys: dict[ObjectRef, str | None] = {}
    for why in said:
        _hear(whys, ON, why)
    assert whys == {ON: None}


def test_ignoring_a_finding_that_stands_on_a_workload_is_heeded() -> None:
    """The annotation comes with no other change: what is found on the object is looked at again."""
    world = World(workload := host_path_deployment(), host_path_pod())
    assert "hostpath-data" in {finding.check for finding in world.engine.surveys.findings}
    workload["metadata"]["annotations"] = {"holdfast.dev/ignore": "hostpath-data"}
    world.put(workload)
    world.judge()
    assert "hostpath-data" not in {finding.check for finding in world.engine.surveys.findings}


def host_path_deployment() -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"namespace": "shop", "name": "web", "uid": "web"},
        "spec": {"replicas": 1, "template": {"spec": {}}},
    }


def host_path_pod() -> dict[str, Any]:
    owner = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "name": "web-abc",
        "uid": "rs",
        "controller": True,
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "namespace": "shop",
            "name": "web-abc-1",
            "uid": "pod",
            "labels": {"pod-template-hash": "abc"},
            "ownerReferences": [owner],
        },
        "spec": {
            "containers": [{"name": "main", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}],
            "volumes": [{"name": "data", "hostPath": {"path": "/srv/data"}}],
        },
        "status": {"phase": "Running"},
    }


def test_where_copies_lie_wakes_the_survey_that_reads_it() -> None:
    """A judgement whose places alone changed: the location's region is read from it."""
    surveys = World(claim()).engine.surveys
    before = World(claim()).claim()
    after = structs.replace(
        before, protection=structs.replace(before.protection, places=(Place("a/b", "eu"),))
    )
    surveys._stale.clear()
    surveys.moved(before, after)
    assert "one-location" in surveys._stale
    surveys._stale.clear()
    surveys.moved(None, None)
    assert not surveys._stale


def test_a_clock_that_is_set_back_does_not_stop_surveys() -> None:
    world = World(claim())
    world.engine.surveys.pause = 60.0
    world.judge(NOW + 100.0)
    world.drop(claim())
    world.judge(NOW - 7200.0)
    assert "no-storage-quota" not in {finding.check for finding in world.engine.surveys.findings}


def test_namespaces_that_are_gone_leave_nothing_behind() -> None:
    world = World()
    for number in range(5):
        world.put(claim(f"ci-{number}/data"))
        world.judge()
        world.drop(claim(f"ci-{number}/data"))
        world.judge()
    assert not world.engine.surveys.checklists.judged
    assert not world.engine.surveys.checklists._claims
