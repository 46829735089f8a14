"""Small clusters for the checks that look at the whole of one: records in, what is said of each object out."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from holdfast.assessment.checks.contract import BREATH, Scene
from holdfast.assessment.checks.table import SURVEYS
from holdfast.assessment.setting import Setting
from holdfast.inventory import Inventory
from holdfast.model.ephemeral import Controller, ScratchLimits, ScratchPod
from holdfast.model.facts import NO_ANNOTATIONS, Claim, Fact, Mount, Pod, StorageClass, Volume, Workload
from holdfast.model.health import Sight
from holdfast.model.identity import ClaimRef, ObjectKey, Owner
from holdfast.model.judgement import ClaimJudgement, Protection, Usage
from holdfast.model.objective import Objective
from holdfast.model.policy import Policy
from holdfast.model.selector import NodeTerm, Requirement
from holdfast.model.surroundings import ZONE, Node
from tests.world import NOW

NO_POLICY, SIGHTED = Policy(), Sight()
DECLARED = Objective(rpo=3600.0, rpo_origin="annotation")
BUILTIN = Objective(rpo=93600.0, rpo_origin="builtin")


def look(
    check: str,
    *facts: Fact | Iterable[Fact],
    policy: Policy = NO_POLICY,
    sight: Sight = SIGHTED,
    unseen: Iterable[str] = (),
    objectives: Mapping[str, Objective] | None = None,
) -> dict[str, str | None]:
    """What one check says of each object it looked at. ``objectives`` are those of the claims that were judged."""
    inventory = Inventory(lambda _kind, _uid: ())
    for number, fact in enumerate(flat(facts)):
        inventory.put(("core", type(fact).__name__), ObjectKey("", str(number)), (fact,))
    hidden = msgspec.structs.replace(sight, unseen=frozenset(unseen))
    setting = Setting(facts=inventory, policy=policy, sight=hidden, now=NOW)

    def judged(ref: ClaimRef) -> ClaimJudgement | None:
        objective = (objectives or {}).get(str(ref))
        return judgement(ref, objective) if objective else None

    entries = SURVEYS[check](Scene(setting=setting, judged=judged))
    found = [entry for entry in entries if entry is not BREATH]
    assert len({on for on, _ in found}) == len(found), "an object was told of twice"
    return {str(on): why for on, why in found}


def flat(facts: Iterable[Fact | Iterable[Fact]]) -> list[Fact]:
    return [each for fact in facts for each in ((fact,) if isinstance(fact, Fact) else fact)]


def claim(name: str = "shop/data", **fields: Any) -> Claim:
    """Bound to a volume of its own, of class ``fast``."""
    ref = ClaimRef(*name.split("/"))
    made = {
        "uid": f"uid-{name}",
        "created": NOW - 86400.0,
        "labels": {},
        "annotations": NO_ANNOTATIONS,
        "storage_class": "fast",
        "volume": f"pv-{ref.name}",
        "volume_mode": "Filesystem",
        "access_modes": ("ReadWriteOnce",),
        "requested": 1,
        "capacity": 1,
        "phase": "Bound",
    }
    return Claim(ref=ref, **{**made, **fields})


def volume(name: str = "pv-data", **fields: Any) -> Volume:
    """Of a CSI driver that is in no table."""
    made = {
        "uid": f"uid-{name}",
        "created": NOW - 86400.0,
        "phase": "Bound",
        "phase_since": None,
        "reclaim_policy": "Delete",
        "storage_class": "fast",
        "capacity": 1,
        "backing": "csi",
        "csi_driver": "disks.example.com",
    }
    return Volume(name=name, **{**made, **fields})


def storage_class(name: str = "fast", **fields: Any) -> StorageClass:
    made = {
        "provisioner": "disks.example.com",
        "binding_mode": "WaitForFirstConsumer",
        "reclaim_policy": "Delete",
        "allows_expansion": True,
        "is_default": False,
        "parameters_hash": name,
    }
    return StorageClass(name=name, **{**made, **fields})


def node(name: str, zone: str = "", *, ready: bool | None = True, **fields: Any) -> Node:
    labels = {"kubernetes.io/hostname": name} | ({ZONE: zone} if zone else {})
    return Node(name=name, ready=ready, labels=labels, **fields)


def on_nodes(*names: str) -> tuple[NodeTerm, ...]:
    """The node affinity of a volume that these nodes can use."""
    return (NodeTerm(labels=(Requirement("kubernetes.io/hostname", "In", names),)),)


def in_zones(*zones: str) -> tuple[NodeTerm, ...]:
    return (NodeTerm(labels=(Requirement(ZONE, "In", zones),)),)


def pod(
    name: str = "shop/web-0",
    *claims: str,
    of: tuple[str, ...] = ("StatefulSet", "web"),
    phase: str = "Running",
    on: str = "node-1",
    ephemeral: bool = False,
    labels: Mapping[str, str] | None = None,
    host_paths: tuple[str, ...] = (),
) -> tuple[Fact, ...]:
    """A pod of a controller (kind, name and group), as the two records that are kept of it; ``of=()``: of none."""
    namespace, _, short = name.partition("/")
    kind, controller, *group = of or ("Pod", short)
    own = Owner(f"{group[0]}/v1" if group else "apps/v1", kind, controller, "uid") if of else None
    mounts = tuple(Mount(volume=each, claim=each, ephemeral=ephemeral) for each in claims)
    scratch = ScratchPod(
        place=ObjectKey(namespace, short),
        uid=f"uid-{name}",
        node=on,
        finished=phase in ("Succeeded", "Failed"),
        controller=Controller(
            namespace=namespace, kind=kind, name=controller, group=group[0] if group else ""
        ),
        limits=ScratchLimits(),
        host_paths=host_paths,
    )
    if not claims:
        return (scratch,)
    held = Pod(
        namespace=namespace,
        name=short,
        uid=f"uid-{name}",
        created=NOW - 3600.0,
        phase=phase,
        node=on,
        mounts=mounts,
        labels=labels or {},
        owner=own,
    )
    return (held, scratch)


def workload(kind: Any = "StatefulSet", name: str = "shop/web", **fields: Any) -> Workload:
    namespace, _, short = name.partition("/")
    made = {"uid": f"uid-{name}", "created": NOW - 86400.0, "annotations": NO_ANNOTATIONS, "replicas": 1}
    return Workload(kind=kind, namespace=namespace, name=short, **{**made, **fields})


def judgement(ref: ClaimRef, objective: Objective) -> ClaimJudgement:
    return ClaimJudgement(
        ref=ref,
        volume="",
        storage_class="",
        csi_driver="",
        volume_mode="",
        access_modes="",
        reclaim_policy="",
        workload_kind="",
        workload="",
        requested=None,
        capacity=None,
        phase="Bound",
        created=0.0,
        objective=objective,
        protection=Protection(state="unknown"),
        usage=Usage(state=None),
    )
