"""A namespace as the go-live checklist is handed it: all is well with it, but for what a test says."""

from typing import Any

from holdfast.assessment.checklist import NamespaceCase, judge_namespace
from holdfast.model.checklist import ItemJudgement
from holdfast.model.filling import FillingJudgement
from holdfast.model.health import Sight
from holdfast.model.identity import ClaimRef, ObjectRef
from holdfast.model.judgement import (
    ClaimJudgement,
    CopyClock,
    Finding,
    Place,
    Protection,
    RestoreProof,
    Usage,
)
from holdfast.model.objective import Objective

REF = ClaimRef("shop", "data")
ON = ObjectRef("PersistentVolumeClaim", *REF)
FAST = ObjectRef("StorageClass", "", "fast")
SLOW = ObjectRef("StorageClass", "", "slow")
WEB = ObjectRef("Deployment", "shop", "web")
CLUSTER = ObjectRef("Cluster", "", "cluster")
SHOP = ObjectRef("Namespace", "", "shop")

GOLD = Objective(rpo=3600.0, rpo_origin="tier", rto=600.0, restore_drill_every=86400.0)
COPIED = Protection(
    state="protected",
    captured=1.0,
    clocks=(CopyClock(source="velero", placement="offsite", consistency="crash", captured=1.0),),
    places=(Place("velero/s3", "eu"),),
)
PROVEN = RestoreProof(state="passed", source="velero", ended=1.0, duration=60.0)
DIM = Protection(state="unknown", reasons=("objective-unknown",), places=COPIED.places)


def claim(name: str = "shop/data", **fields: Any) -> ClaimJudgement:
    """A claim with which all is well."""
    made: dict[str, Any] = {
        "ref": ClaimRef(*name.split("/")),
        "volume": "pv-1",
        "storage_class": "fast",
        "csi_driver": "ebs.csi.aws.com",
        "volume_mode": "Filesystem",
        "access_modes": "ReadWriteOnce",
        "reclaim_policy": "Retain",
        "workload_kind": "StatefulSet",
        "workload": "web",
        "requested": 1,
        "capacity": 1,
        "phase": "Bound",
        "created": 0.0,
        "objective": GOLD,
        "protection": COPIED,
        "proof": PROVEN,
        "usage": Usage(state="in-use"),
    }
    return ClaimJudgement(**made | fields)


def filling(state: Any = "measured", reason: str = "", ref: ClaimRef = REF) -> FillingJudgement:
    return FillingJudgement(ref=ref, csi_driver="", state=state, reason=reason)


def found(check: str, *on: ObjectRef, why: str = "it is so") -> dict[str, list[Finding]]:
    return {check: [Finding(check=check, on=each, why=why) for each in on]}


def case(*claims: ClaimJudgement, **fields: Any) -> NamespaceCase:
    """A namespace that passes in everything, but for what is said of it."""
    claims = claims or (claim(),)
    made: dict[str, Any] = {
        "namespace": "shop",
        "claims": claims,
        "fillings": {each.ref: filling(ref=each.ref) for each in claims},
        "findings": {},
        "unjudged": {},
        "unseen": {},
        "moves": {each.ref: [30.0] for each in claims},
        "classes": frozenset({"fast"}),
        "sight": Sight(),
    }
    return NamespaceCase(**made | fields)


def judged(given_case: NamespaceCase) -> dict[str, ItemJudgement]:
    return {judgement.item: judgement for judgement in judge_namespace(given_case)}
