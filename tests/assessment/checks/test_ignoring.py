"""``holdfast.dev/ignore``: it speaks for the object that it stands on, as long as it says."""

from typing import Any

import pytest

from holdfast.app.account.explain import explain_claim
from holdfast.model.identity import ClaimRef
from tests.world import NOW, World, claim

DAY = 86400.0


def tagged(ignore: str, **fields: Any) -> dict[str, Any]:
    return claim(metadata={"annotations": {"holdfast.dev/ignore": ignore}}, **fields)


def checks(world: World) -> list[str]:
    """Of the findings on the claim itself."""
    own = [row for row in world.rows("finding") if 'kind="PersistentVolumeClaim"' in row]
    return [row.split('check="')[1].split('"')[0] for row in own]


def test_a_finding_that_the_object_ignores_is_not_published() -> None:
    assert "no-owner" in checks(World(claim()))
    world = World(tagged("no-owner"))
    assert "no-owner" not in checks(world)
    assert [finding.check for finding in world.claim().ignored] == ["no-owner"]


def test_it_comes_back_when_its_day_is_over() -> None:
    world = World(tagged("no-owner until=2026-11-22"))
    assert "no-owner" not in checks(world)
    world.judge(NOW + 1.5 * DAY)
    assert "no-owner" in checks(world)


def test_an_unknown_check_is_a_finding_that_names_the_nearest_and_the_good_ones_count() -> None:
    world = World(tagged("no-onwer, no-owner"))
    assert checks(world) == ["invalid-annotation"]
    finding = next(each for each in world.claim().findings if each.check == "invalid-annotation")
    assert finding.why == "holdfast.dev/ignore: 'no-onwer' is no check; did you mean no-owner?"


def test_it_does_not_speak_for_what_lies_below() -> None:
    namespace = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "shop", "annotations": {"holdfast.dev/ignore": "no-owner"}},
    }
    assert "no-owner" in checks(World(claim(), namespace))


def test_a_date_that_is_none_is_a_finding_and_ignores_nothing() -> None:
    assert checks(World(tagged("no-owner until=soon"))) == ["invalid-annotation", "no-owner"]


def test_an_explanation_shows_what_is_ignored() -> None:
    explanation = explain_claim(World(tagged("no-owner")).engine, ClaimRef("shop", "data"), NOW)
    assert explanation is not None
    rules = {figure.figure: figure.rule for figure in explanation.figures}
    assert rules["findings.no-owner"] == "ignored, as holdfast.dev/ignore says"


@pytest.mark.parametrize(
    "written", ["until 2027-01-01", "2027-01-01", "until tomorrow", "Until: 2027-01-01", "till=2027-01-01"]
)
def test_an_end_that_is_spelled_otherwise_silences_nothing(written: str) -> None:
    """It would be silent for ever, and the object says otherwise."""
    world = World(tagged(f"no-owner {written}"))
    assert sorted(checks(world)) == ["invalid-annotation", "no-owner"]
    finding = next(each for each in world.claim().findings if each.check == "invalid-annotation")
    assert finding.why.endswith("speaks of an end; write until=YYYY-MM-DD, set off by a blank")


def test_case_does_not_matter() -> None:
    assert checks(World(tagged("No-Owner, expiry-before-NEXT-run"))) == []


@pytest.mark.parametrize("written", ["", " , ", "until=2027-01-01"])
def test_a_list_of_no_checks_says_so(written: str) -> None:
    finding = next(
        each for each in World(tagged(written)).claim().findings if each.check == "invalid-annotation"
    )
    assert finding.why.startswith("holdfast.dev/ignore: it names no check; write their ids")
