"""What holds for all checks that look at the whole cluster, and for the tables and nodes that they go by."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.assessment.checks.drivers import (
    ENCRYPTION,
    IN_TREE,
    NO_SNAPSHOTS,
    SNAPSHOTS,
    SUCCESSORS,
    ZONAL,
    can_snapshot,
    is_encrypted,
    is_zonal,
)
from holdfast.assessment.checks.naming import LONGEST, counted, listed, shortened
from holdfast.assessment.checks.nodes import Nodes
from holdfast.assessment.checks.table import SURVEYS
from holdfast.model.capacity import Limit, Quota
from holdfast.model.check import CHECKS
from holdfast.model.ephemeral import Controlled, Controller
from holdfast.model.facts import Attachment, Fact
from holdfast.model.identity import ClaimRef, ObjectKey
from holdfast.model.policy import Policy, Tier
from holdfast.model.selector import NodeTerm, Requirement, Selector
from holdfast.model.setup import DisruptionBudget, DriverOnNode, NodeDrivers
from holdfast.model.snapshots import Snapshot, SnapshotClass, SnapshotContent
from holdfast.model.surroundings import Node
from holdfast.sources.core import encryption
from tests.assessment.checks.survey_cases import (
    BUILTIN,
    DECLARED,
    claim,
    flat,
    look,
    node,
    pod,
    storage_class,
    volume,
    workload,
)

LONG = "x" * 253
NAMES = st.sampled_from(["a", "b", "web", "data-web-0", "data-web-x", "-", "", LONG, "<b>", "\u202egnp"])
PLACES = st.builds("{}/{}".format, st.sampled_from(["shop", "kube-system", ""]), NAMES)
DRIVERS = st.sampled_from(["", "ebs.csi.aws.com", "x.rbd.csi.ceph.com", "disks.example.com", LONG])
PROVISIONERS = st.one_of(DRIVERS, st.sampled_from([*SUCCESSORS, "kubernetes.io/no-provisioner"]))
ZONES = st.sampled_from(["", "a", "b"])
MODES = st.lists(st.sampled_from(["ReadWriteOnce", "ReadWriteMany", "strange"]), max_size=2).map(tuple)
REQUIREMENTS = st.builds(
    Requirement,
    st.sampled_from(["kubernetes.io/hostname", "topology.kubernetes.io/zone", "metadata.name", "rank", ""]),
    st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt", "Strange"]),
    st.lists(st.sampled_from(["a", "b", "1", ""]), max_size=2).map(tuple),
)
MET = st.lists(REQUIREMENTS, max_size=2).map(tuple)
TERMS = st.lists(st.builds(NodeTerm, MET, MET), max_size=2).map(tuple)
KINDS = st.sampled_from(["StatefulSet", "Deployment", "ReplicaSet", "DaemonSet", "Job", "CronJob"])
OWNERS = st.one_of(
    st.just(()), st.tuples(KINDS, NAMES), st.tuples(st.just("Cluster"), NAMES, st.just("db.io"))
)
FEW = st.lists(NAMES, max_size=2).map(tuple)
COUNTS = st.sampled_from([None, -1, 0, 1, 2, 3])

NODES = st.builds(
    node,
    NAMES,
    ZONES,
    ready=st.sampled_from([True, False, None]),
    unschedulable=st.booleans(),
    silent=st.booleans(),
)
FACTS = st.one_of(
    st.builds(
        claim,
        PLACES,
        volume=NAMES,
        storage_class=NAMES,
        static=st.booleans(),
        access_modes=MODES,
        created=st.sampled_from([0.0, 9e9]),
    ),
    st.builds(
        volume,
        NAMES,
        csi_driver=DRIVERS,
        backing=st.sampled_from(["", "csi", "nfs", "hostPath", "local", "azureDisk"]),
        storage_class=NAMES,
        reclaim_policy=st.sampled_from(["Delete", "Retain", ""]),
        zone=ZONES,
        node_terms=TERMS,
        claim=st.none() | st.builds(ClaimRef, st.just("shop"), NAMES),
    ),
    st.builds(
        storage_class,
        NAMES,
        provisioner=PROVISIONERS,
        binding_mode=st.sampled_from(["Immediate", "WaitForFirstConsumer", ""]),
        allows_expansion=st.booleans(),
        is_default=st.booleans(),
        encryption=st.sampled_from([None, "", "true", "false", "?"]),
        parameters_hash=st.sampled_from(["", "1"]),
    ),
    NODES,
    st.builds(
        workload,
        KINDS,
        PLACES,
        claims=FEW,
        claim_templates=FEW,
        replicas=COUNTS,
        deletes_claims=st.sampled_from([(), ("whenDeleted",)]),
        surges=st.booleans(),
        template_classes=FEW,
        parallel=st.integers(-1, 2),
        node_terms=TERMS,
        beside=st.lists(st.builds(Selector, MET), max_size=1).map(tuple),
        pod_labels=st.sampled_from([{}, {"rank": "a"}]),
    ),
    st.builds(
        NodeDrivers,
        node=NAMES,
        drivers=st.lists(st.builds(DriverOnNode, driver=DRIVERS, most=COUNTS), max_size=3).map(tuple),
    ),
    st.builds(
        Attachment,
        name=NAMES,
        uid=NAMES,
        created=st.just(0.0),
        driver=DRIVERS,
        node=NAMES,
        volume=NAMES,
        attached=st.booleans(),
    ),
    st.builds(
        Controlled,
        lower=st.builds(Controller, namespace=st.just("shop"), kind=KINDS, name=NAMES),
        upper=st.builds(Controller, namespace=st.just("shop"), kind=KINDS, name=NAMES),
    ),
    st.builds(
        DisruptionBudget,
        namespace=st.just("shop"),
        name=NAMES,
        selector=st.none() | st.builds(Selector, MET),
    ),
    st.builds(
        Quota,
        namespace=st.just("shop"),
        name=NAMES,
        limits=st.tuples(
            st.builds(
                Limit,
                resource=st.sampled_from(["requests.storage", "persistentvolumeclaims"]),
                storage_class=NAMES,
                hard=COUNTS,
                used=COUNTS,
            )
        ),
        scoped=st.booleans(),
    ),
    st.builds(
        Snapshot,
        namespace=st.just("shop"),
        name=NAMES,
        uid=NAMES,
        created=st.just(1.0),
        source_claim=NAMES,
        source_content=NAMES,
        content=NAMES,
        snapshot_class=NAMES,
        ready=st.sampled_from([True, False, None]),
        captured=st.sampled_from([None, 0.0, 1e10]),
        size=COUNTS,
        error=st.booleans(),
    ),
    st.builds(
        SnapshotContent,
        name=NAMES,
        uid=NAMES,
        created=st.just(1.0),
        driver=DRIVERS,
        snapshot_class=NAMES,
        deletion_policy=NAMES,
        snapshot=st.none() | st.builds(ObjectKey, NAMES, NAMES),
        snapshot_uid=NAMES,
        volume_handle=NAMES,
        ready=st.booleans(),
        captured=st.none(),
        size=COUNTS,
    ),
    st.builds(
        SnapshotClass,
        name=NAMES,
        driver=DRIVERS,
        deletion_policy=st.sampled_from(["Delete", "Retain", ""]),
        is_default=st.booleans(),
    ),
)
PODS = st.builds(
    lambda name, claims, **fields: pod(name, *claims, **fields),
    PLACES,
    FEW,
    of=OWNERS,
    phase=st.sampled_from(["Running", "Pending", "Succeeded", "", "Strange"]),
    on=NAMES,
    ephemeral=st.booleans(),
    host_paths=st.lists(st.sampled_from(["/data", "/dev", "", LONG]), max_size=2).map(tuple),
)
CLUSTERS = (
    st.lists(st.one_of(FACTS, PODS), max_size=25)
    .map(flat)
    .map(lambda facts: list({(type(fact), fact.key): fact for fact in facts}.values()))
)
UNSEEN = st.sets(
    st.sampled_from(["Pod", "ReplicaSet", "Job", "ResourceQuota", "PersistentVolume", "StatefulSet", "Node"])
)
OBJECTIVES = {"shop/a": DECLARED, "shop/data-web-0": DECLARED, "shop/b": BUILTIN}
POLICY = Policy(tiers=(Tier(name="gold"),), check_limits={"too-many-classes": 1})


@pytest.mark.parametrize("check", SURVEYS)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(cluster=CLUSTERS, unseen=UNSEEN, order=st.randoms(use_true_random=False))
def test_whatever_the_cluster_is_like(
    check: str, cluster: list[Fact], unseen: set[str], order: random.Random
) -> None:
    """No check raises, the order of objects does not matter, and reasons are short and stand on the kinds declared."""
    told = look(check, cluster, policy=POLICY, unseen=unseen, objectives=OBJECTIVES)
    shuffled = order.sample(cluster, len(cluster))
    assert look(check, shuffled, policy=POLICY, unseen=unseen, objectives=OBJECTIVES) == told
    for on, why in told.items():
        kind = on.partition(" ")[0]
        assert kind in CHECKS[check].on or "." in kind  # operators' objects have a group of their own
        assert why is None or len(why) <= LONGEST


@settings(max_examples=200, deadline=None)
@given(st.lists(NODES, max_size=6, unique_by=lambda each: each.name), TERMS)
def test_nodes_are_found_by_their_labels_as_if_all_were_asked(
    nodes: list[Node], terms: tuple[NodeTerm, ...]
) -> None:
    """The index by label and name finds who meets a term, and nobody else."""
    asked = [each for each in nodes if any(term.takes(each.name, each.labels) for term in terms)]
    found = Nodes(nodes).takers(terms)
    assert list(found) == sorted(asked, key=lambda each: each.name)


def test_every_survey_is_of_a_check_that_is_declared() -> None:
    """By its id."""
    assert SURVEYS.keys() <= CHECKS.keys()


def test_an_endless_reason_is_cut() -> None:
    """A name of 253 characters is legal, and so are thousands of them."""
    classes = [storage_class(f"{LONG[:200]}{number:03}", is_default=True) for number in range(500)]
    for why in look("many-default-classes", classes).values():
        assert why is not None
        assert len(why) <= LONGEST
        assert why.endswith(" and 498 more")


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["b", "a", "b"], "a, b"),
        (["a"], "a"),
        ([f"n{number}" for number in range(5)], "n0, n1, n2, n3, n4"),
        ([f"n{number}" for number in range(6)], "n0, n1, n2, n3, n4 and 1 more"),
        ([LONG, "y" * 253], f"{'x' * 62}… and 1 more"),
        ([], ""),
    ],
)
def test_names_are_listed_in_order_and_cut(names: list[str], text: str) -> None:
    """The first five at the most, and fewer of long ones."""
    assert listed(names) == text


def test_words_agree_with_numbers_and_texts_with_their_room() -> None:
    """One claim, two claims; what is cut shows it."""
    assert (counted(1, "claim"), counted(2, "claim"), counted(0, "claim")) == (
        "1 claim",
        "2 claims",
        "0 claims",
    )
    assert (shortened("abc", 3), shortened("abcd", 3)) == ("abc", "ab…")


def test_what_the_tables_know_can_be_looked_up() -> None:
    """Each entry names the page that says so, and none contradicts another."""
    pages = [*ZONAL.values(), *SNAPSHOTS.values(), *NO_SNAPSHOTS.values()]
    pages += [known.documented for known in ENCRYPTION.values()]
    assert all(page.startswith("https://") for page in pages)
    assert not SNAPSHOTS.keys() & NO_SNAPSHOTS.keys()
    assert all(old.startswith("kubernetes.io/") for old in SUCCESSORS)
    assert not SUCCESSORS.keys() & set(SUCCESSORS.values())
    assert set(IN_TREE.values()) <= ZONAL.keys() & set(SUCCESSORS.values())
    assert all(not set(known.encrypted) & set(known.plain) for known in ENCRYPTION.values())


def test_encryption_is_judged_by_the_parameters_that_are_read() -> None:
    """A driver whose parameter nobody reads would look as if it were not set; one that is read is judged."""
    asked = {driver for driver, known in ENCRYPTION.items() if known.otherwise != "encrypted"}
    assert asked == encryption._PARAMETERS.keys()


def test_names_of_rook_are_those_of_ceph() -> None:
    """Rook puts its namespace and a dot before them; a name that just ends alike is another driver's."""
    assert can_snapshot("storage.rbd.csi.ceph.com") is True
    assert is_encrypted("storage.cephfs.csi.ceph.com", None) is False
    assert can_snapshot("notrbd.csi.ceph.com") is None
    assert is_zonal("kubernetes.io/cinder")
    assert not is_zonal("kubernetes.io/rbd")
