"""Objectives: annotations of claim, workload and namespace, then tiers in order, then defaults; field by field."""

from pathlib import Path

import pytest

from holdfast.model.judgement import Finding
from holdfast.model.policy import Policy
from tests.world import NOW, World, claim, labelled, pod, policy

HOUR, DAY = 3600.0, 86400.0

DESIGN_TIERS = """
tiers:
  - name: gold
    match: {namespaceLabels: {tier: gold}}
    rpo: 1h
    rto: 30m
    urgency: page
    replicationLag: 5m
    restoreDrillEvery: 90d
    offsite: required
    consistency: application
    locations: 2
    retention: {daily: 7, weekly: 4, monthly: 12}
    reclaimPolicy: Retain
    fullWithin: 4d
    unusedFor: 30d
  - name: scratch
    match: {storageClasses: [scratch]}
    exempt: {reason: "rebuilt from source", until: 2027-06-30}
"""

ANNOTATED = ("invalid-annotation", "exempt-without-reason", "exempt-expired")


def raised(world: World) -> list[Finding]:
    """The findings that annotations themselves raise."""
    return [finding for finding in world.claim().findings if finding.check in ANNOTATED]


@pytest.fixture
def tiers(tmp_path: Path) -> Policy:
    return policy(DESIGN_TIERS, tmp_path)


def namespace(
    name: str = "shop", labels: dict[str, str] | None = None, **annotations: str
) -> dict[str, object]:
    metadata = {"name": name, "labels": labels or {}, "annotations": holdfast(annotations)}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def holdfast(annotations: dict[str, str]) -> dict[str, str]:
    return {f"holdfast.dev/{name.replace('_', '-')}": value for name, value in annotations.items()}


def annotated(name: str = "shop/data", **annotations: str) -> dict[str, object]:
    return claim(name, metadata={"annotations": holdfast(annotations)})


def test_silence_is_not_safety() -> None:
    """Without any objective the built-in one of 26 hours holds, and says that nobody declared it."""
    assert World(claim()).rows("pvc_rpo_seconds", "pvc_objective_info") == [
        'pvc_rpo_seconds{namespace="shop",persistentvolumeclaim="data"} 93600',
        'pvc_objective_info{namespace="shop",persistentvolumeclaim="data",origin="builtin"} 1',
    ]


@pytest.mark.parametrize(
    ("text", "rpo", "origin"), [("defaults: {rpo: 8h}", 8 * HOUR, "defaults"), ("defaults: {}", None, None)]
)
def test_defaults_of_ones_own_replace_the_builtin(
    tmp_path: Path, text: str, rpo: float | None, origin: str | None
) -> None:
    """A ``defaults`` of one's own replaces the built-in one; an empty one removes it."""
    objective = World(claim(), policy=policy(text, tmp_path)).claim().objective
    assert (objective.rpo, objective.rpo_origin) == (rpo, origin)


def test_a_whole_tier(tiers: Policy) -> None:
    """Every field of DESIGN's gold tier reaches the claims of namespaces that carry its label."""
    objective = World(namespace(labels={"tier": "gold"}), claim(), policy=tiers).claim().objective
    assert (objective.tier, objective.rpo, objective.rpo_origin) == ("gold", HOUR, "tier")
    assert (objective.rto, objective.urgency, objective.replication_lag) == (1800.0, "page", 300.0)
    assert (objective.restore_drill_every, objective.locations) == (90 * DAY, 2)
    assert (objective.offsite, objective.application, objective.reclaim_policy) == (True, True, "Retain")
    assert objective.keeps == (("daily", 7), ("weekly", 4), ("monthly", 12))
    assert (objective.full_within, objective.unused_for) == (4 * DAY, 30 * DAY)


def test_each_field_comes_from_the_first_layer_that_sets_it(tiers: Policy) -> None:
    """Claim before workload before namespace before tier, each field by itself."""
    world = World(
        namespace(labels={"tier": "gold"}, rpo="4h", rto="2h", urgency="know"),
        annotated(rpo="2h"),
        pod("shop/db-0", "data", metadata={"ownerReferences": [owner("StatefulSet", "db")]}),
        stateful_set("db", rpo="3h", rto="1h"),
        policy=tiers,
    )
    objective = world.claim().objective
    assert (objective.rpo, objective.rpo_origin) == (2 * HOUR, "annotation")
    assert (objective.rto, objective.urgency) == (HOUR, "know")
    assert (objective.tier, objective.replication_lag) == ("gold", 300.0)


def owner(kind: str, name: str) -> dict[str, object]:
    return {"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": f"{kind}-{name}", "controller": True}


def stateful_set(name: str, **annotations: str) -> dict[str, object]:
    metadata = {"namespace": "shop", "name": name, "uid": name, "annotations": holdfast(annotations)}
    spec = {
        "replicas": 1,
        "template": {"spec": {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]}},
    }
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": metadata, "spec": spec}


def test_the_strictest_of_several_workloads_counts() -> None:
    """A claim shared by several workloads answers to the strictest; the first by kind and name gives the label."""
    world = World(
        claim(),
        pod("shop/a-0", "data", metadata={"ownerReferences": [owner("StatefulSet", "b")]}),
        pod("shop/b-0", "data", metadata={"ownerReferences": [owner("StatefulSet", "a")]}),
        stateful_set("a", rpo="6h", exempt="cache"),
        stateful_set("b", rpo="2h"),
    )
    objective = world.claim().objective
    assert (objective.rpo, objective.rpo_origin, objective.exempt) == (2 * HOUR, "workload", None)
    assert labelled(world.rows("pvc_info"), "workload") == ["a"]


def test_a_tier_named_by_annotation_stands_alone(tiers: Policy) -> None:
    """A claim that names its tier is not exempted by another tier that happens to match it."""
    world = World(annotated(tier="gold") | {"spec": {"storageClassName": "scratch"}}, policy=tiers)
    objective = world.claim().objective
    assert (objective.tier, objective.rpo, objective.exempt) == ("gold", HOUR, None)


def test_an_unknown_tier_is_a_finding_and_falls_back(tiers: Policy) -> None:
    """A tier that does not exist is named with those that do; the matching tier holds."""
    world = World(namespace(labels={"tier": "gold"}), annotated(tier="glod"), policy=tiers)
    assert world.claim().objective.tier == "gold"
    (finding,) = raised(world)
    assert finding.why == "holdfast.dev/tier: 'glod' is no tier; tiers are gold, scratch"


def test_a_bad_value_is_a_finding_and_falls_back() -> None:
    """A value that does not parse is a finding on the object that carries it; the next source of truth holds."""
    world = World(namespace(rpo="4h"), annotated(rpo="soon"))
    assert (world.claim().objective.rpo, world.claim().objective.rpo_origin) == (4 * HOUR, "namespace")
    assert [row for row in world.rows("finding") if "invalid-annotation" in row] == [
        'finding{check="invalid-annotation",kind="PersistentVolumeClaim",namespace="shop",name="data"} 1'
    ]
    assert "'soon' is no duration" in world.claim().findings[0].why


def test_a_finding_stands_on_the_object_that_carries_the_value() -> None:
    """A namespace's bad annotation is one finding on the namespace, not one on each claim."""
    world = World(namespace(rpo="1"), claim(), claim("shop/more"))
    assert [row for row in world.rows("finding") if "invalid-annotation" in row] == [
        'finding{check="invalid-annotation",kind="Namespace",namespace="",name="shop"} 1'
    ]


@pytest.mark.parametrize(
    ("text", "reason", "until"),
    [
        ("cache", "cache", None),
        ("cache until=2026-11-21", "cache", NOW + 12 * HOUR),
        ("until=2026-11-21; rebuilt, every night", "rebuilt, every night", NOW + 12 * HOUR),
    ],
)
def test_exempt(text: str, reason: str, until: float | None) -> None:
    """An exemption gives a reason, and may end; the day named is included, in UTC."""
    exempt = World(annotated(exempt=text)).claim().objective.exempt
    assert exempt is not None
    assert (exempt.reason, exempt.until) == (reason, until)


def test_an_exempt_claim_publishes_no_objective() -> None:
    """Exempt claims have no rpo, rto, drill interval or reasons; they say until when."""
    world = World(annotated(exempt="cache until=2026-11-21", rto="1h", restore_drill_every="30d"))
    families = (
        "pvc_rpo_seconds",
        "pvc_rto_seconds",
        "pvc_restore_drill_interval_seconds",
        "pvc_protection_reason",
    )
    assert world.rows(*families) == []
    assert world.rows("pvc_protection_state", "pvc_exempt_until_timestamp_seconds") == [
        'pvc_protection_state{namespace="shop",persistentvolumeclaim="data",state="exempt"} 1',
        f'pvc_exempt_until_timestamp_seconds{{namespace="shop",persistentvolumeclaim="data"}} {int(NOW + 12 * HOUR)}',
    ]


def test_an_exemption_ends_by_the_clock_alone() -> None:
    """No event announces the end of an exemption; the claim is judged again when it comes, and the end is a finding."""
    world = World(annotated(exempt="cache until=2026-11-21"))
    world.judge(NOW + 12 * HOUR)
    assert world.claim().protection.state == "unprotected"
    assert [finding.check for finding in raised(world)] == ["exempt-expired"]


def test_an_exemption_without_a_reason_holds_and_is_a_finding() -> None:
    world = World(annotated(exempt="until=2027-01-01"))
    assert world.claim().protection.state == "exempt"
    assert [finding.check for finding in raised(world)] == ["exempt-without-reason"]


def test_mute() -> None:
    """Good areas of a partly bad list count, the others are a finding."""
    world = World(annotated(mute="hygiene, capacty until=2026-12-01"))
    assert labelled(world.rows("pvc_muted"), "area") == ["hygiene"]
    assert "'capacty' is no area" in world.claim().findings[0].why


def test_long_owners_are_cut() -> None:
    """Label values taken from annotations are cut at 100 characters."""
    world = World(annotated(owner="x" * 100_000))
    assert labelled(world.rows("pvc_info"), "claim_owner") == ["x" * 100]


def test_unknown_annotations_are_findings() -> None:
    """A misspelt holdfast.dev annotation is not silently ignored."""
    assert World(annotated(rop="1h")).claim().findings[0].check == "invalid-annotation"
