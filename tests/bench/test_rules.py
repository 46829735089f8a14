"""The scene of bench/rules holds what the rules read, and nothing that the exporter does not publish."""

import re
from collections import defaultdict

import pytest

from bench.rules import mixin, others, ours
from bench.rules.scene import Scene
from holdfast.metrics.catalogue import FAMILIES
from tests.rules.catalogue import exported

SCENE = Scene(claims=1000)
READ = mixin.names(mixin.ours())
FOREIGN = {name for name in READ if not re.search(r":|^holdfast_", name)}


def labels(text: str) -> dict[str, set[str]]:
    """By the name of each series of a page, the labels that it has there."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, pairs in re.findall(r"^(\w+)\{(.*)\} \S+$", text, re.MULTILINE):
        found[name].update(re.findall(r'(\w+)="', pairs))
    return found


@pytest.fixture(scope="module")
def page() -> dict[str, set[str]]:
    return labels(ours.text(SCENE))


def test_every_series_of_ours_that_a_rule_reads_is_there(page: dict[str, set[str]]) -> None:
    """A rule over a family that the scene lacks would cost nothing there."""
    assert {name for name in READ if name.startswith("holdfast_")} - page.keys() == set()


def test_every_series_of_others_that_a_rule_reads_is_there() -> None:
    assert FOREIGN - labels(others.read_text(SCENE, FOREIGN, 0)).keys() == set()


def test_every_series_that_the_mixin_reads_is_there() -> None:
    """But for the label by which it spares claims, which kube-state-metrics publishes only when asked to."""
    page = labels(others.claims_text(SCENE))
    assert mixin.names(mixin.MIXIN) - page.keys() == {"kube_persistentvolumeclaim_labels"}


def test_no_value_is_made_for_a_family_that_the_catalogue_lacks() -> None:
    """A family that was renamed would go on being served here under its old name, or as a bare 1 under the new one."""
    made = {*ours.CLAIMS, *ours.OTHERS, *ours.ONE_IN}
    assert made - {family.name for family in FAMILIES} == set()


def test_a_series_is_one_of_the_catalogue_with_its_labels(page: dict[str, set[str]]) -> None:
    declared = exported()
    assert page.keys() - declared.keys() == set()
    assert {
        name: found - declared[name].labels for name, found in page.items() if found - declared[name].labels
    } == {}


def test_the_same_sizes_give_the_same_cluster() -> None:
    assert Scene(claims=50).all == Scene(claims=50).all
    assert Scene(claims=50, seed=2).all != Scene(claims=50).all


def test_a_group_with_an_interval_of_its_own_counts_as_often_as_it_is_evaluated() -> None:
    document = {"groups": [{"name": "often"}, {"name": "seldom", "interval": "5m"}]}
    assert mixin.intervals(document) == {"often": 60.0, "seldom": 300.0}
    assert mixin.alike(document) == {"groups": [{"name": "often"}, {"name": "seldom"}]}
