"""The explanation of a claim: objects in, figures with their rules and objects out."""

from typing import Any

import msgspec
import pytest

from holdfast.app.account.document import report_document
from holdfast.app.account.explain import Explanation, explain_claim
from holdfast.app.account.explain_protection import BEHIND
from holdfast.model.account.explanation import NOBODY
from holdfast.model.identity import ClaimRef, ReplicationKey
from holdfast.model.judgement import PROTECTION_REASONS
from holdfast.model.policy import Exemption, Match, ObjectiveSpec, Policy, Tier
from holdfast.model.replication import Replication
from tests.report.scenery import (
    NOW,
    Object,
    claim,
    copied,
    engine_of,
    explained,
    explanation_of,
    feed_of,
    figure,
    location,
    namespace,
    obj,
    objects_of,
    owned,
    pod,
    put,
    shop,
    stateful_set,
)


def test_no_such_claim() -> None:
    """Of a claim that is not there, and before the first judgement, nothing is explained."""
    assert explain_claim(engine_of(*shop()), ClaimRef("shop", "nobody"), NOW) is None
    engine = engine_of(claim("shop/orders"))
    engine.complete = False
    assert explain_claim(engine, ClaimRef("shop", "orders"), NOW) is None


def test_explanation_can_be_read_back() -> None:
    """What an exporter serves as JSON is the same explanation again where it is read."""
    engine = engine_of(*shop())
    for entry in report_document(engine, NOW).claims:
        explanation = explain_claim(engine, ClaimRef(entry.namespace, entry.name), NOW)
        assert msgspec.json.decode(msgspec.json.encode(explanation), type=Explanation) == explanation


def test_figures_are_those_of_the_report() -> None:
    """A figure that the report tells too has the same value there."""
    engine = engine_of(*shop(), namespace("shop", annotations={"rto": "2h", "owner": "us"}))
    compared = 0
    for entry in report_document(engine, NOW).claims:
        told = msgspec.to_builtins(entry)
        explanation = explain_claim(engine, ClaimRef(entry.namespace, entry.name), NOW)
        assert explanation is not None
        for each in explanation.figures:
            value: Any = told
            for step in each.figure.split("."):
                value = value.get(step) if isinstance(value, dict) and step in value else ...
            if value is ... or isinstance(value, dict):
                continue
            compared += 1
            if each.figure == "protection.reasons":
                assert each.value in value
            else:
                assert each.value == (tuple(value) if isinstance(value, list) else value), each.figure
    assert compared > 100


def test_every_reason_knows_its_objects() -> None:
    """No protection reason is told without a look for what is behind it."""
    assert set(BEHIND) == set(PROTECTION_REASONS)


TIERS = Policy(
    tiers=(
        Tier(name="gold", match=Match(namespaces=("shop",)), objective=ObjectiveSpec(rto=60.0, offsite=True)),
        Tier(name="silver", match=Match(namespaces=("sh*",)), objective=ObjectiveSpec(full_within=7200.0)),
    ),
    defaults=ObjectiveSpec(rpo=7200.0, unused_for=86400.0),
    builtin_defaults=False,
)


def test_who_set_each_objective() -> None:
    """Each field names the first layer that sets it, and the object that carries the annotation."""
    explanation = explained(
        claim("shop/orders", annotations={"replication-lag": "5m"}),
        stateful_set("shop/web", "data", annotations={"holdfast.dev/restore-drill-every": "90d"}),
        pod("shop/web-0", "orders", owner=("StatefulSet", "web")),
        namespace("shop", annotations={"urgency": "page", "rpo": "bad"}),
        policy=TIERS,
    )
    told = {
        each.figure: (each.value, each.rule, objects_of(each))
        for each in explanation.figures
        if each.figure.startswith(("objective.", "urgency", "tier"))
    }
    assert told == {
        "tier": ("gold", "the first tier of the configuration whose match holds", []),
        "objective.rpoSeconds": (7200.0, "the defaults of the configuration", []),
        "objective.rtoSeconds": (60.0, "tier gold of the configuration", []),
        "objective.replicationLagSeconds": (
            300.0,
            "the claim's own annotation is heard first",
            ["PersistentVolumeClaim shop/orders"],
        ),
        "objective.restoreDrillEverySeconds": (
            7776000.0,
            "the annotation of who runs on the claim; of several the strictest",
            ["StatefulSet shop/web"],
        ),
        "objective.offsite": (True, "tier gold of the configuration", []),
        "objective.consistency": (None, NOBODY, []),
        "objective.locations": (None, NOBODY, []),
        "objective.retention": (None, NOBODY, []),
        "objective.reclaimPolicy": (None, NOBODY, []),
        "objective.fullWithinSeconds": (7200.0, "tier silver of the configuration", []),
        "objective.unusedForSeconds": (86400.0, "the defaults of the configuration", []),
        "urgency": ("page", "the annotation of its namespace", ["Namespace /shop"]),
    }


def test_annotation_is_quoted() -> None:
    """The object behind an objective says the annotation as it was written, with the object's own time."""
    explanation = explained(claim("shop/orders", annotations={"rpo": "1h30m"}))
    (part,) = figure(explanation, "objective.rpoSeconds").objects
    assert part.says == "holdfast.dev/rpo: 1h30m"
    assert [f"{name} {time.isoformat()}" for name, time in part.times.items()] == [
        "created 2026-10-01T00:00:00+00:00"
    ]


def test_tier_that_an_annotation_names() -> None:
    """A tier chosen by annotation stands alone, and the annotation is shown."""
    explanation = explained(
        claim("shop/orders"), namespace("shop", annotations={"tier": "silver"}), policy=TIERS
    )
    tier = figure(explanation, "tier")
    assert (tier.value, tier.rule, objects_of(tier)) == (
        "silver",
        "an annotation names it",
        ["Namespace /shop"],
    )
    assert figure(explanation, "objective.rtoSeconds").value is None
    full = figure(explanation, "objective.fullWithinSeconds")
    assert full.rule == "tier silver of the configuration, which an annotation names"


def test_exemptions() -> None:
    """An exemption says who gave it and until when; one that ended says so and spares nothing."""
    spared = figure(
        explained(claim("shop/orders", annotations={"exempt": "a cache until=2026-12-31"})), "exempt"
    )
    assert (spared.value, spared.rule) == (
        "a cache",
        "the claim's own annotation is heard first; until 2027-01-01 00:00Z",
    )
    tier = Tier(name="scratch", match=Match(namespaces=("shop",)), exempt=Exemption(reason="scratch"))
    by_tier = figure(explained(claim("shop/orders"), policy=Policy(tiers=(tier,))), "exempt")
    assert (by_tier.value, by_tier.rule) == ("scratch", "tier scratch of the configuration; open-ended")
    over = explained(claim("shop/orders", annotations={"exempt": "a cache until=2026-10-01"}))
    assert figure(over, "exempt").rule == "the exemption has ended"
    assert over.state == "unprotected"
    ephemeral = explained(claim("shop/web-cache", **owned(("Pod", "web"), api="v1")), of="shop/web-cache")
    assert objects_of(figure(ephemeral, "exempt")) == ["Pod shop/web"]
    assert figure(ephemeral, "objective.rpoSeconds").rule == "an exempt claim is not asked for this"


@pytest.mark.parametrize(
    ("objects", "value", "rule", "objects_behind"),
    [
        ([pod("shop/web", "orders")], "in-use", "a pod that is not finished names it", ["Pod shop/web"]),
        (
            [pod("shop/done", "orders", phase="Succeeded")],
            "orphaned",
            "finished-only: only finished pods or Jobs name it",
            ["Pod shop/done"],
        ),
        ([], "orphaned", "unreferenced: no pod and no workload names the claim", []),
        (
            [claim("shop/clone", spec={"dataSource": {"kind": "PersistentVolumeClaim", "name": "orders"}})],
            "dormant",
            "clone-source: living claims were cloned from it",
            ["PersistentVolumeClaim shop/clone"],
        ),
    ],
)
def test_use(objects: list[Object], value: str, rule: str, objects_behind: list[str]) -> None:
    """The use of a claim names the rule that decided and the pods, templates, owners or clones that it looked at."""
    use = figure(explained(claim("shop/orders"), *objects), "usage.state")
    assert (use.value, use.rule, objects_of(use)) == (value, rule, objects_behind)


def test_what_decided_dormancy_stands_first() -> None:
    """Of all that refers to a dormant claim, the object that decided stands first."""
    left = claim("shop/data-db-3", **owned(("Database", "main"), api="example.com/v1"))
    use = figure(
        explained(left, stateful_set("shop/db", "data", replicas=2), of="shop/data-db-3"), "usage.state"
    )
    assert use.rule == "operator-owned: an operator's object owns it"
    assert objects_of(use) == ["Database.example.com shop/main", "StatefulSet shop/db"]


def test_unused_since() -> None:
    """Idle time says whether it was proven, remembered, or only begins now."""
    told = {"type": "Unused", "status": "True", "lastTransitionTime": "2026-10-30T12:00:00Z"}
    proven = claim("shop/orders", status={"phase": "Bound", "conditions": [told]})
    by_condition = figure(explained(proven), "usage.unusedSeconds")
    assert (by_condition.value, by_condition.rule) == (
        172800.0,
        "the claim's condition Unused tells since when",
    )
    remembered = figure(explained(claim("shop/orders"), judged_before=[NOW - 7200]), "usage.unusedSeconds")
    assert remembered.value == 7200.0
    assert remembered.rule == "a lower bound: first seen idle at 2026-11-01T10:00:00Z, and remembered since"
    now = figure(explained(claim("shop/orders")), "usage.unusedSeconds")
    assert (now.value, now.rule.partition(":")[0]) == (0.0, "a lower bound")


def test_waiting() -> None:
    """What a claim waits for says why, since when, and which objects tell it."""
    pending = claim("shop/orders", spec={"volumeName": ""}, status={"phase": "Pending"})
    waiting = figure(explained(pending), "pending.seconds")
    assert waiting.rule == "class-missing: its class does not exist"
    assert waiting.value == 2721600.0
    leaving = claim("shop/orders", deletionTimestamp="2026-11-01T10:00:00Z", finalizers=["example.com/hold"])
    held = figure(explained(leaving), "terminating.seconds")
    assert (held.value, held.rule) == (7200.0, "finalizer: another finalizer holds it")
    assert held.objects[0].says == "finalizers: example.com/hold"


def test_workload() -> None:
    """Who runs on a claim is the topmost controller, of several the first."""
    explanation = explained(
        claim("shop/orders"),
        pod("shop/b", "orders", owner=("StatefulSet", "web")),
        pod("shop/a", "orders", owner=("DaemonSet", "agent")),
    )
    workload = figure(explanation, "workload")
    assert workload.value == "DaemonSet/agent"
    assert (
        workload.rule
        == "the topmost controller of the pods that name it, of several the first by kind and name"
    )
    assert objects_of(workload) == ["DaemonSet shop/agent", "StatefulSet shop/web"]


def test_replications_name_what_tells_of_them() -> None:
    """The object of a tool, by its kind; a database that is asked itself, by the name of the probe."""
    engine = engine_of(
        claim("shop/orders"),
        obj(
            "replication.storage.openshift.io/v1alpha1",
            "VolumeReplication",
            "shop/orders-to-b",
            {
                "volumeReplicationClass": "every-5m",
                "replicationState": "primary",
                "dataSource": {"kind": "PersistentVolumeClaim", "name": "orders"},
            },
            status={"state": "Primary", "lastSyncTime": "2026-11-01T11:50:00Z"},
        ),
    )
    probe = Replication(
        id=ReplicationKey("postgresql", "shop", "standby", "orders"),
        health="healthy",
        lag=3.0,
        measured=NOW,
        objective=60.0,
    )
    engine.measured(("postgresql", "standby"), (probe,), NOW)
    engine.judge(NOW)
    volume = "VolumeReplication.replication.storage.openshift.io shop/orders-to-b"
    database = "postgresql replication shop/standby"
    unasked = "nobody declares one, and no schedule tells any: 15 minutes"
    at_stake = "what would be lost if the primary died now"
    assert {
        each.figure: (each.value, each.rule, objects_of(each))
        for each in explanation_of(engine).figures
        if each.figure.startswith("replications.")
    } == {
        "replications.csi-addons.orders-to-b.state": ("unknown", "its storage has not told of it", [volume]),
        "replications.csi-addons.orders-to-b.lagSeconds": (600.0, at_stake, [volume]),
        "replications.csi-addons.orders-to-b.objectiveSeconds": (900.0, unasked, []),
        "replications.postgresql.standby.state": ("healthy", "nothing is known against it", [database]),
        "replications.postgresql.standby.lagSeconds": (3.0, at_stake, [database]),
        "replications.postgresql.standby.objectiveSeconds": (60.0, "declared for it", []),
    }


def test_explanation_follows_the_facts() -> None:
    """An object that arrives after the first judgement shows in the next explanation."""
    engine = engine_of(*copied()[:4], location())
    put(engine, feed_of("velero", "Backup"), copied()[4])
    put(engine, feed_of("velero", "PodVolumeBackup"), copied()[5])
    engine.judge(NOW)
    explanation = explain_claim(engine, ClaimRef("shop", "orders"), NOW)
    assert explanation is not None
    assert explanation.state == "protected"
