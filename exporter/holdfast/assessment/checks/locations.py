"""Where copies lie, against where the nodes are."""

from collections.abc import Iterator

from holdfast.assessment.checks.claims import asks_for_copies
from holdfast.assessment.checks.contract import BREATH, Found, Scene, Why, portions
from holdfast.model.facts import Claim
from holdfast.model.identity import ObjectRef
from holdfast.model.judgement import ClaimJudgement
from holdfast.model.surroundings import Node


def one_location(scene: Scene) -> Iterator[Found]:
    """A copy whose place no object tells may lie anywhere."""
    nodes = {node.region for node in scene.setting.facts.all(Node)}
    home = nodes.pop() if len(nodes) == 1 and scene.setting.sight.nodes else ""
    blind = bool(scene.setting.sight.blind)
    for some in portions(scene.setting.facts.all(Claim)):
        yield BREATH
        for claim in some:
            judged = scene.judged(claim.ref)
            if judged is not None:
                yield ObjectRef("PersistentVolumeClaim", *claim.ref), _why(judged, home, blind)


def _why(claim: ClaimJudgement, home: str, blind: bool) -> Why:
    """``home``: the one region in which all nodes lie; empty where there are several, or it is not told."""
    places = claim.protection.places
    if not places or not asks_for_copies(claim.objective):
        return ""
    told = [place.location for place in places if place.location]
    wanted = claim.objective.locations or 1
    if len(told) < wanted and wanted > 1:
        untold = blind or len(told) < len(places)
        return None if untold else f"copies lie in {len(told)} of {wanted} locations: {', '.join(told)}"
    regions = {place.region for place in places}
    if home and regions - {"", home}:
        return ""
    if blind or not home or regions != {home}:
        return None
    return f"all copies lie in {home}, the region of the nodes"
