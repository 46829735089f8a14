"""Checks on workloads that keep data: records in, what is said of each controller or pod out."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import pytest

from holdfast.model.annotation import Exempt
from holdfast.model.ephemeral import Controlled, Controller
from holdfast.model.facts import Claim, Fact, Pod
from holdfast.model.health import Sight
from holdfast.model.objective import Objective
from holdfast.model.policy import Policy
from holdfast.model.surroundings import Node
from tests.assessment.checks.survey_cases import (
    BUILTIN,
    DECLARED,
    claim,
    in_zones,
    look,
    node,
    on_nodes,
    pod,
    volume,
    workload,
)

WEB = "StatefulSet shop/web"
EXEMPT = msgspec.structs.replace(DECLARED, exempt=Exempt(reason="cache", until=None))
SETTLED = workload(claim_templates=("data",), deletes_claims=("whenScaled",))
TEMPLATED = claim("shop/data-web-0")


@pytest.mark.parametrize(
    ("deletes", "claims", "objective", "why"),
    [
        (
            ("whenDeleted", "whenScaled"),
            [TEMPLATED],
            DECLARED,
            "whenDeleted and whenScaled: Delete, and 1 claim with an objective: data-web-0",
        ),
        (
            ("whenScaled",),
            [TEMPLATED],
            DECLARED,
            "whenScaled: Delete, and 1 claim with an objective: data-web-0",
        ),
        ((), [TEMPLATED], DECLARED, ""),
        (("whenScaled",), [TEMPLATED], BUILTIN, ""),
        (("whenScaled",), [TEMPLATED], Objective(), ""),
        (("whenScaled",), [TEMPLATED], EXEMPT, ""),
        (("whenScaled",), [TEMPLATED], None, None),
        (("whenScaled",), [], None, ""),
        (("whenScaled",), [claim("shop/data-web-x")], DECLARED, ""),
        (("whenScaled",), [claim("shop/data-web-1-0")], DECLARED, ""),
        (("whenScaled",), [claim("other/data-web-0")], DECLARED, ""),
    ],
)
def test_statefulset_retention_delete__claims_with_an_objective(
    deletes: tuple[str, ...], claims: list[Claim], objective: Objective | None, why: str | None
) -> None:
    """Its policy deletes claims of its templates of which somebody declared an objective."""
    web = workload(claim_templates=("data",), deletes_claims=deletes)
    objectives = {str(each.ref): objective for each in claims} if objective else {}
    assert look("statefulset-retention-delete", web, claims, objectives=objectives) == {WEB: why}


def test_statefulset_retention_delete__one_claim_that_was_not_judged_hides_no_other() -> None:
    """What is found is found, whatever else is unknown."""
    claims = [TEMPLATED, claim("shop/data-web-1")]
    told = look("statefulset-retention-delete", SETTLED, claims, objectives={"shop/data-web-1": DECLARED})
    assert told == {WEB: "whenScaled: Delete, and 1 claim with an objective: data-web-1"}


@pytest.mark.parametrize("lost", [{"namespaces": False}, {"workload_objectives": False}])
def test_statefulset_retention_delete__cannot_be_judged_while_objectives_may_be_hidden(
    lost: dict[str, Any],
) -> None:
    """A namespace or workload that cannot be seen may ask for what nothing else asks for."""
    for objective, found in ((BUILTIN, None), (DECLARED, True)):
        told = look(
            "statefulset-retention-delete",
            SETTLED,
            TEMPLATED,
            objectives={"shop/data-web-0": objective},
            sight=Sight(**lost),
        )
        assert (told[WEB] and True) is found


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"of": ()}, True),
        ({"of": (), "phase": "Pending"}, True),
        ({"of": (), "phase": "Succeeded"}, None),
        ({"of": (), "phase": "Failed"}, None),
        ({"of": ("Job", "once", "batch")}, False),
        ({"of": ("Cluster", "main", "postgresql.cnpg.io")}, False),
        ({"of": ("Node", "node-1")}, False),
        ({"of": (), "ephemeral": True}, False),
    ],
    ids=["bare", "pending", "done", "failed", "job", "operator", "static", "ephemeral"],
)
def test_pod_bare_data__a_claim_and_no_controller(fields: dict[str, Any], found: bool | None) -> None:
    """A pod that nothing would make anew; a finished one is none, and an ephemeral volume is no data."""
    told = look("pod-bare-data", pod("shop/tool", "data", **fields))
    why = "nothing would make it anew, and it uses data"
    assert told == ({} if found is None else {"Pod shop/tool": why if found else ""})


def test_pod_bare_data__system_namespaces_are_spared() -> None:
    """By the globs of the configuration."""
    bare = pod("kube-system/tool", "data", of=()), pod("infra/tool", "data", of=())
    assert list(look("pod-bare-data", bare[0], bare[1])) == ["Pod infra/tool"]
    policy = Policy(system_namespaces=("infra", "x-*"))
    assert list(look("pod-bare-data", bare[0], bare[1], policy=policy)) == ["Pod kube-system/tool"]


AGENT = ("DaemonSet", "agent")


@pytest.mark.parametrize(
    ("paths", "why"),
    [
        (("/var/lib/data",), "its pods can write to /var/lib/data of their node"),
        (("/",), "its pods can write to / of their node"),
        (("/running",), "its pods can write to /running of their node"),
        ((), ""),
        (("/dev", "/sys/fs", "/proc", "/run/agent", "/var/run"), ""),
    ],
)
def test_hostpath_data__a_path_of_the_node_that_keeps_data(paths: tuple[str, ...], why: str) -> None:
    """Not what lies in memory: devices, sockets, and what the kernel shows."""
    assert look("hostpath-data", pod("shop/agent-1", of=AGENT, host_paths=paths)) == {
        "DaemonSet shop/agent": why
    }


@pytest.mark.parametrize(
    ("facts", "unseen", "why"),
    [
        ([claim(), volume(backing="hostPath")], (), "its claims are hostPath volumes: data"),
        ([claim(), volume(backing="local")], (), ""),
        ([claim(), volume()], (), ""),
        ([claim(volume="")], (), ""),
        ([claim(volume="")], ("PersistentVolume",), ""),
        ([claim()], (), ""),
        ([claim()], ("PersistentVolume",), None),
        ([], (), ""),
        ([], ("PersistentVolumeClaim",), None),
    ],
)
def test_hostpath_data__claims_of_such_volumes(
    facts: list[Fact], unseen: tuple[str, ...], why: str | None
) -> None:
    """A claim may hide a path of a node; where claims or volumes are hidden that cannot be judged."""
    told = look("hostpath-data", pod("shop/web-0", "data"), facts, unseen=unseen)
    assert told == {WEB: why}


def test_hostpath_data__stands_on_the_topmost_controller_and_adds_up_its_pods() -> None:
    """A CronJob for its Jobs, between runs too; other finished pods, system namespaces and ephemeral claims say nothing."""
    nightly = Controller(namespace="shop", kind="CronJob", name="nightly", group="batch")
    job = Controller(namespace="shop", kind="Job", name="nightly-1", group="batch")
    of = ("Job", "nightly-1", "batch")
    told = look(
        "hostpath-data",
        Controlled(lower=job, upper=nightly),
        pod("shop/nightly-1-b", of=of, host_paths=("/data/b",)),
        pod("shop/nightly-1-a", of=of, host_paths=("/data/a",)),
        pod("shop/nightly-0", of=of, host_paths=("/data/c",), phase="Succeeded"),
        pod("shop/once-0", of=("Job", "once", "batch"), host_paths=("/data/d",), phase="Succeeded"),
        pod("shop/alone", of=(), host_paths=("/data",)),
        pod("kube-system/agent", of=AGENT, host_paths=("/data",)),
        pod("shop/web-0", "data", ephemeral=True),
        claim(),
        volume(backing="hostPath"),
    )
    assert told == {
        "CronJob shop/nightly": "its pods can write to /data/a, /data/b, /data/c of their node",
        "Pod shop/alone": "its pods can write to /data of their node",
        WEB: "",
    }


def test_hostpath_data__cannot_be_judged_where_the_topmost_controller_is_hidden() -> None:
    """What is found on a Job may belong on a CronJob; what is fine is fine wherever it belongs."""
    found = pod("shop/once-1", of=("Job", "once", "batch"), host_paths=("/data",))
    assert look("hostpath-data", found, unseen=["Job"]) == {"Job shop/once": None}
    fine = pod("shop/once-1", of=("Job", "once", "batch"))
    assert look("hostpath-data", fine, unseen=["Job"]) == {"Job shop/once": ""}


EBS = "ebs.csi.aws.com"
ZONES = (node("node-1", "a"), node("node-2", "b"), node("node-3", "a"), node("node-4"))


def replicas(
    *volumes: dict[str, Any],
    on: tuple[str, ...] = ("node-1", "node-3"),
    of: tuple[str, ...] = ("StatefulSet", "web"),
) -> list[Fact]:
    """One pod of a controller for each volume, each with a claim of its own."""
    facts: list[Fact] = []
    for number, fields in enumerate(volumes):
        name = f"data-{number}"
        facts += [claim(f"shop/{name}"), volume(f"pv-{name}", **fields)]
        facts += pod(f"shop/web-{number}", name, on=on[number % len(on)], of=of)
    return facts


@pytest.mark.parametrize(
    ("volumes", "found"),
    [
        ([{"zone": "a"}, {"zone": "a"}], True),
        ([{"zone": "a"}, {"zone": "b"}], False),
        ([{"zone": "a"}], False),
        ([], None),
        ([{"node_terms": in_zones("a")}, {"zone": "a"}], True),
        ([{"node_terms": on_nodes("node-1")}, {"node_terms": on_nodes("node-3")}], True),
        ([{"node_terms": on_nodes("node-1")}, {"node_terms": on_nodes("node-2")}], False),
        ([{"node_terms": in_zones("a", "b")}, {"zone": "a"}], False),
        ([{"csi_driver": EBS}, {"csi_driver": EBS}], True),
        ([{"backing": "awsElasticBlockStore", "csi_driver": ""}, {"zone": "a"}], True),
        ([{"backing": "hostPath", "csi_driver": ""}, {"backing": "local", "csi_driver": ""}], True),
        ([{"backing": "nfs", "csi_driver": ""}, {"zone": "a"}], False),
        ([{}, {"zone": "a"}], False),
        ([{"node_terms": on_nodes("gone")}, {"zone": "a"}], "unknown"),
        ([{"node_terms": on_nodes("gone")}, {"zone": "a"}, {"zone": "b"}], False),
        ([{"node_terms": on_nodes("node-1", "node-4")}, {"zone": "a"}], "unknown"),
    ],
)
def test_one_zone__all_volumes_of_a_replicated_workload(
    volumes: list[dict[str, Any]], found: bool | Literal["unknown"] | None
) -> None:
    """By the volume's zone, its node affinity, or the node that uses it; what is bound to no zone spares it."""
    told = look("one-zone", ZONES, replicas(*volumes))
    why = None if found == "unknown" else ""
    if found is True:
        names = ", ".join(f"data-{number}" for number in range(len(volumes)))
        why = f"all {len(volumes)} volumes lie in zone a: {names}"
    assert told == ({} if found is None else {WEB: why})


@pytest.mark.parametrize(
    ("nodes", "found"),
    [
        (ZONES, True),
        ([node("node-1", "a"), node("node-3", "a")], False),
        ([node("node-1"), node("node-3")], False),
        ([node("node-1", "a"), node("node-3")], None),
        ([], None),
    ],
)
def test_one_zone__only_where_nodes_lie_in_several(nodes: Sequence[Node], found: bool | None) -> None:
    """Where nobody tells a zone there is none to spread over; where some do not tell it is unknown."""
    why = look("one-zone", nodes, replicas({"zone": "a"}, {"zone": "a"}))[WEB]
    assert (None if why is None else bool(why)) is found
    assert look("one-zone", nodes, replicas({"zone": "a"})) == {WEB: ""}


def test_one_zone__two_volumes_of_one_pod_are_no_replicas() -> None:
    """Neither are two pods on one volume, pods of a Job, and pods that are finished."""
    two = [claim(), claim("shop/log"), volume(zone="a"), volume("pv-log", zone="a")]
    assert look("one-zone", ZONES, two, pod("shop/web-0", "data", "log")) == {WEB: ""}
    shared = pod("shop/web-0", "data"), pod("shop/web-1", "data")
    assert look("one-zone", ZONES, two, *shared) == {WEB: ""}
    batch = replicas({"zone": "a"}, {"zone": "a"}, of=("Job", "once", "batch"))
    assert look("one-zone", ZONES, batch) == {"Job shop/once": ""}
    done = pod("shop/web-0", "data"), pod("shop/web-1", "log", phase="Failed")
    assert look("one-zone", ZONES, two, *done) == {WEB: ""}


def test_one_zone__an_operators_pods_stand_for_its_object() -> None:
    """Their controller is of another group, and is named with it."""
    of = ("Cluster", "main", "postgresql.cnpg.io")
    told = look("one-zone", ZONES, replicas({"zone": "b"}, {"zone": "b"}, of=of))
    assert told == {"Cluster.postgresql.cnpg.io shop/main": "all 2 volumes lie in zone b: data-0, data-1"}


def test_one_zone__a_claim_that_has_no_volume_yet_lies_nowhere() -> None:
    """Those that have one are judged without it."""
    waiting = claim("shop/late", volume=""), pod("shop/web-9", "late", on="")
    told = look("one-zone", ZONES, replicas({"zone": "a"}, {"zone": "a"}), *waiting)
    assert told == {WEB: "all 2 volumes lie in zone a: data-0, data-1"}


@pytest.mark.parametrize("check", ["one-zone", "drain-unsafe", "hostpath-data"])
def test_a_pod_whose_controller_is_not_told_is_not_looked_at(check: str) -> None:
    """Both records are of one object, and come and go together."""
    assert look(check, ZONES, pod("shop/web-0", "data")[0]) == {}


def test_hostpath_data__a_claim_that_is_just_read_is_no_data() -> None:
    """As with a path that is just read."""
    member, scratch = pod("shop/web-0", "data")
    assert isinstance(member, Pod)
    mounts = tuple(msgspec.structs.replace(mount, read_only=True) for mount in member.mounts)
    reader = msgspec.structs.replace(member, mounts=mounts)
    disk = volume(backing="hostPath")
    assert look("hostpath-data", reader, scratch, claim(), disk) == {WEB: ""}
    assert look("hostpath-data", member, scratch, claim(), disk)[WEB]
