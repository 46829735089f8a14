"""The shop: the claim ``data`` on a CSI volume, mounted by the pod ``web-0``; Velero's objects by situation."""

import copy
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from holdfast.model.facts import NO_ANNOTATIONS, Claim, Fact, Mount, Pod, Volume
from holdfast.model.identity import ClaimRef, ScheduleKey, TargetKey
from holdfast.model.observation import Observation
from holdfast.model.protection import Coverage
from holdfast.sources.contract import Rolls
from holdfast.sources.values import parse_time
from holdfast.sources.velero import SOURCE
from holdfast.sources.velero.coverage import cover
from tests.sources.facts import NoRolls, TableFacts, documents

_R = TypeVar("_R", bound=msgspec.Struct)

FIXTURES = Path(__file__).parent / "fixtures" / "velero"
NIGHTLY = ScheduleKey("velero", "velero", "nightly")
OFFSITE = TargetKey("velero", "velero", "offsite")
RUN = "nightly-20261101020000"


def at(clock: str) -> float:
    """A time on the night of the run, or a whole one."""
    seconds = parse_time(clock if "T" in clock else f"2026-11-01T{clock}Z")
    assert seconds is not None
    return seconds


CLAIM = Claim(
    ref=ClaimRef("shop", "data"),
    uid="claim-1",
    created=at("2026-10-01T00:00:00Z"),
    labels={"app": "web"},
    annotations=NO_ANNOTATIONS,
    storage_class="fast",
    volume="pvc-1",
    volume_mode="Filesystem",
    access_modes=("ReadWriteOnce",),
    requested=None,
    capacity=None,
    phase="Bound",
)
VOLUME = Volume(
    name="pvc-1",
    uid="volume-1",
    created=CLAIM.created,
    phase="Bound",
    phase_since=None,
    reclaim_policy="Delete",
    storage_class="fast",
    capacity=None,
    backing="csi",
    claim=CLAIM.ref,
    claim_uid=CLAIM.uid,
)
POD = Pod(
    namespace="shop",
    name="web-0",
    uid="pod-1",
    created=CLAIM.created,
    phase="Running",
    node="worker-1",
    mounts=(Mount(volume="content", claim="data"),),
    labels={"app": "web"},
)
SHOP: tuple[Fact, ...] = (CLAIM, VOLUME, POD)


def but(record: _R, **fields: Any) -> _R:
    """The record with other values in these fields."""
    return msgspec.structs.replace(record, **fields)


def situation(name: str, **changes: Any) -> list[dict[str, Any]]:
    """The objects of a fixture; ``spec``, ``status`` and ``metadata`` are laid over those of the first object."""
    objects = copy.deepcopy(documents(FIXTURES / f"{name}.yaml"))
    for part, fields in changes.items():
        objects[0].setdefault(part, {}).update(fields)
    return objects


def in_cluster(
    *objects: dict[str, Any], facts: tuple[Fact, ...] = SHOP, remembered: tuple[Observation, ...] = ()
) -> TableFacts:
    cluster = TableFacts(facts, remembered)
    for obj in objects:
        cluster.put(SOURCE, obj)
    return cluster


def covered(
    *objects: dict[str, Any],
    facts: tuple[Fact, ...] = SHOP,
    remembered: tuple[Observation, ...] = (),
    rolls: Rolls | None = None,
) -> Coverage:
    """What Velero holds of the claim, which is the first of the facts; whether it holds objects too is no matter here."""
    claim = facts[0]
    assert isinstance(claim, Claim)
    told = cover(claim, in_cluster(*objects, facts=facts, remembered=remembered), rolls or NoRolls())
    return msgspec.structs.replace(told, objects=False)
