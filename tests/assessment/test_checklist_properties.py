"""What holds of the go-live checklist, whatever is known of a namespace."""

from collections.abc import Iterable

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from holdfast.assessment.checklist import NamespaceCase, judge_namespace
from holdfast.model.check import CHECKS
from holdfast.model.checklist import ITEMS
from holdfast.model.filling import UNMEASURED_REASONS
from holdfast.model.health import Sight
from holdfast.model.identity import ObjectRef
from holdfast.model.judgement import (
    DRILL_STATES,
    PROTECTION_STATES,
    ClaimJudgement,
    Finding,
    Protection,
    RestoreProof,
    Usage,
)
from holdfast.model.objective import Objective
from tests.assessment.checklist_cases import (
    CLUSTER,
    COPIED,
    FAST,
    ON,
    SHOP,
    SLOW,
    WEB,
    case,
    claim,
    filling,
    judged,
)

WORSE = ["pass", "unknown", "fail"]
REFS = st.sampled_from([ON, FAST, SLOW, WEB, CLUSTER, SHOP, ObjectRef("Namespace", "", "docs")])
CHECK_IDS = st.sampled_from(sorted(CHECKS))
FINDINGS = st.lists(
    st.builds(Finding, check=CHECK_IDS, on=REFS, why=st.sampled_from(["", "it is so"])), max_size=8
)
SECONDS = st.one_of(st.none(), st.floats(0.0, 1e6))
OBJECTIVES = st.builds(
    Objective,
    rpo=SECONDS,
    rpo_origin=st.sampled_from([None, "builtin", "tier", "defaults"]),
    rto=SECONDS,
    restore_drill_every=SECONDS,
    application=st.booleans(),
)
PROTECTIONS = st.builds(
    Protection,
    state=st.sampled_from(PROTECTION_STATES),
    reasons=st.sampled_from([(), ("objective-unknown",), ("overdue",)]),
    clocks=st.sampled_from([(), COPIED.clocks]),
    places=st.sampled_from([(), COPIED.places]),
)
PROOFS = st.builds(
    RestoreProof, state=st.sampled_from([None, *DRILL_STATES]), ended=SECONDS, duration=SECONDS
)
CLAIMS = st.lists(
    st.builds(
        claim,
        st.sampled_from(["shop/a", "shop/b", "shop/c"]),
        objective=OBJECTIVES,
        protection=PROTECTIONS,
        proof=PROOFS,
        usage=st.sampled_from([Usage(state="in-use"), Usage(state="orphaned"), Usage(state=None)]),
        storage_class=st.sampled_from(["", "fast"]),
        volume_mode=st.sampled_from(["Filesystem", "Block"]),
    ),
    max_size=3,
    unique_by=lambda each: each.ref,
)
FILLINGS = st.sampled_from(
    [filling(), filling("stale"), filling(None), *(filling("unmeasured", why) for why in UNMEASURED_REASONS)]
)


def by_check(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    parted: dict[str, list[Finding]] = {}
    for finding in findings:
        parted.setdefault(finding.check, []).append(finding)
    return parted


@st.composite
def cases(draw: st.DrawFn) -> NamespaceCase:
    claims = draw(CLAIMS)
    return msgspec.structs.replace(
        case(),
        claims=claims,
        fillings={each.ref: msgspec.structs.replace(draw(FILLINGS), ref=each.ref) for each in claims},
        findings=by_check(draw(FINDINGS)),
        unjudged=draw(st.dictionaries(CHECK_IDS, st.lists(REFS, max_size=3), max_size=3)),
        unseen=draw(st.dictionaries(CHECK_IDS, st.just("the configuration turns it off"), max_size=3)),
        moves={each.ref: draw(st.lists(st.floats(0.0, 1e6), max_size=2)) for each in claims},
        sight=Sight(pods=draw(st.booleans()), unproven=draw(st.booleans())),
    )


@given(cases())
def test_whatever_is_known_every_item_has_one_state_and_its_reasons(given_case: NamespaceCase) -> None:
    told = tuple(judge_namespace(given_case))
    assert [each.item for each in told] == list(ITEMS)
    for each in told:
        assert bool(each.reasons) == (each.state != "pass")
        assert len(each.reasons) <= 11
        assert len(each.objects) <= 10
    if not given_case.claims:
        assert {each.state for each in told} == {"not_applicable"}


def rank(state: str) -> int:
    """How bad; what is not applicable is no worse than what passes."""
    return WORSE.index(state) if state in WORSE else 0


@given(cases(), st.data())
def test_ignoring_a_finding_never_makes_an_item_worse(given_case: NamespaceCase, data: st.DataObject) -> None:
    findings = [finding for those in given_case.findings.values() for finding in those]
    kept = [finding for finding in findings if data.draw(st.booleans())]
    before = judged(given_case)
    after = judged(msgspec.structs.replace(given_case, findings=by_check(kept)))
    for item in ITEMS:
        assert rank(after[item].state) <= rank(before[item].state), item


@given(cases(), CHECK_IDS)
def test_turning_a_check_off_lets_nothing_pass_that_did_not(given_case: NamespaceCase, check: str) -> None:
    """Its findings go with it; what is then left is unknown, not well."""
    findings = {each: those for each, those in given_case.findings.items() if each != check}
    off = judged(
        msgspec.structs.replace(
            given_case, findings=findings, unseen={**given_case.unseen, check: "it is off"}
        )
    )
    for item in ITEMS.values():
        if check in item.checks and given_case.claims:
            assert off[item.id].state in ("fail", "unknown")


@given(cases(), CLAIMS.filter(bool))
def test_a_claim_more_never_makes_a_failure_go(given_case: NamespaceCase, more: list[ClaimJudgement]) -> None:
    """Fail outweighs everything that another claim could say."""
    known = {each.ref for each in given_case.claims}
    grown = msgspec.structs.replace(
        given_case, claims=[*given_case.claims, *(each for each in more if each.ref not in known)]
    )
    before, after = judged(given_case), judged(grown)
    for item in ITEMS:
        if before[item].state in ("fail", "unknown"):
            assert rank(after[item].state) >= rank(before[item].state), item
