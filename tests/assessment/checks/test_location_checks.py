"""Where copies lie, against how many places are asked for and where the nodes are."""

from collections.abc import Sequence

import msgspec
import pytest

from holdfast.assessment.checks.contract import BREATH, Scene
from holdfast.assessment.checks.table import SURVEYS
from holdfast.assessment.setting import Setting
from holdfast.inventory import Inventory
from holdfast.model.health import Sight
from holdfast.model.identity import ClaimRef, ObjectKey
from holdfast.model.judgement import Place, Protection
from holdfast.model.objective import Objective
from holdfast.model.policy import Policy
from holdfast.model.surroundings import REGION, Node
from tests.assessment.checks.survey_cases import BUILTIN, DECLARED, claim, judgement
from tests.world import NOW

NORTH, SOUTH = Place("velero/north", "north"), Place("velero/south", "south")
UNTOLD, NOWHERE = Place("velero/cellar", ""), Place("", "")
TWO = msgspec.structs.replace(DECLARED, locations=2)
ALL_NORTH = "all copies lie in north, the region of the nodes"
OF_TWO = "copies lie in 1 of 2 locations: velero/north"


def why(
    places: Sequence[Place],
    objective: Objective = DECLARED,
    *,
    nodes: Sequence[str] = ("north", "north"),
    seen: bool = True,
    blind: frozenset[str] = frozenset(),
) -> str | None:
    """What is said of a claim with copies in these places, and nodes in these regions."""
    inventory = Inventory(lambda _kind, _uid: ())
    labels = [{REGION: region} if region else {} for region in nodes]
    made = [Node(name=f"node-{number}", ready=True, labels=each) for number, each in enumerate(labels)]
    for number, fact in enumerate((claim(), *made)):
        inventory.put(("core", type(fact).__name__), ObjectKey("", str(number)), (fact,))
    setting = Setting(facts=inventory, policy=Policy(), sight=Sight(nodes=seen, blind=blind), now=NOW)
    protection = Protection(state="protected", places=tuple(places))
    judged = msgspec.structs.replace(judgement(ClaimRef("shop", "data"), objective), protection=protection)
    entries = SURVEYS["one-location"](Scene(setting=setting, judged=lambda _ref: judged))
    ((on, said),) = [entry for entry in entries if entry is not BREATH]
    assert str(on) == "PersistentVolumeClaim shop/data"
    return said


def test_one_location__all_copies_in_the_region_of_the_nodes_are_found() -> None:
    assert why([NORTH]) == ALL_NORTH


def test_one_location__one_copy_in_another_region_will_do() -> None:
    assert why([NORTH, SOUTH]) == ""
    assert why([SOUTH, UNTOLD]) == ""


def test_one_location__a_region_that_nothing_tells_is_not_judged() -> None:
    assert why([NORTH, UNTOLD]) is None
    assert why([NOWHERE]) is None


@pytest.mark.parametrize("nodes", [(), ("",), ("north", ""), ("north", "south")])
def test_one_location__nodes_of_no_or_several_regions_have_none_of_their_own(nodes: tuple[str, ...]) -> None:
    assert why([NORTH], nodes=nodes) is None


def test_one_location__nodes_out_of_sight_may_lie_anywhere() -> None:
    assert why([NORTH], seen=False) is None


def test_one_location__fewer_places_than_asked_for_are_found_wherever_they_lie() -> None:
    assert why([NORTH], TWO) == OF_TWO
    assert why([NORTH], TWO, nodes=("south",)) == OF_TWO


def test_one_location__as_many_places_as_asked_for_will_do() -> None:
    assert why([NORTH, SOUTH], TWO) == ""
    assert why([NORTH, Place("velero/attic", "north")], TWO) == ALL_NORTH


def test_one_location__a_place_without_a_name_may_be_the_one_that_lacks() -> None:
    assert why([NORTH, NOWHERE], TWO) is None


@pytest.mark.parametrize("objective", [DECLARED, TWO])
def test_one_location__while_a_source_is_blind_it_may_hold_a_copy_elsewhere(objective: Objective) -> None:
    assert why([NORTH], objective, blind=frozenset({"velero"})) is None


def test_one_location__an_objective_that_nobody_declared_and_a_claim_without_copies_are_spared() -> None:
    assert why([NORTH], BUILTIN) == ""
    assert why([], TWO) == ""
