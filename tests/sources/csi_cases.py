"""What the tests of the csi-snapshot source share: its fixtures, a claim with its volume, and the way from objects to coverage."""

import copy
from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec

from holdfast.model.facts import NO_ANNOTATIONS, Claim, Fact, Volume
from holdfast.model.identity import ClaimRef
from holdfast.model.protection import Copy, Coverage
from holdfast.sources.csi_snapshot import SOURCE
from holdfast.sources.csi_snapshot.coverage import cover
from holdfast.sources.values import parse_time
from tests.sources.facts import NoRolls, TableFacts, documents

FEEDS = {feed.kind: feed for feed in SOURCE.feeds}
SITUATIONS = {
    path.stem: documents(path)
    for path in sorted((Path(__file__).parent / "fixtures" / "csi_snapshot").glob("*.yaml"))
}
OBJECTS = [obj for objects in SITUATIONS.values() for obj in objects]
GROUP_VERSIONS = ("v1beta1", "v1beta2", "v1")


def at(text: str) -> float:
    seconds = parse_time(text)
    assert seconds is not None
    return seconds


CLAIM = Claim(
    ref=ClaimRef("shop", "data-postgres-0"),
    uid="6b1d5c0e",
    created=at("2026-10-01T00:00:00Z"),
    labels={},
    annotations=NO_ANNOTATIONS,
    storage_class="gp3",
    volume="pvc-6b1d5c0e",
    volume_mode="Filesystem",
    access_modes=("ReadWriteOnce",),
    requested=None,
    capacity=None,
    phase="Bound",
)
VOLUME = Volume(
    name="pvc-6b1d5c0e",
    uid="7c2e6d1f",
    created=CLAIM.created,
    phase="Bound",
    phase_since=None,
    reclaim_policy="Delete",
    storage_class="gp3",
    capacity=None,
    backing="csi",
    csi_driver="ebs.csi.aws.com",
    csi_handle="vol-0123456789abcdef0",
    claim=CLAIM.ref,
    claim_uid=CLAIM.uid,
)


def situation(name: str) -> list[Any]:
    """The objects of a fixture."""
    return copy.deepcopy(SITUATIONS[name])


def fixture(name: str) -> Any:
    """The one object of a fixture."""
    (obj,) = situation(name)
    return obj


def read(obj: Any) -> Any:
    """What becomes of an object on its way in: encoded as the API server would, decoded, read."""
    feed = FEEDS[obj["kind"]]
    (record,) = feed.read(msgspec.json.decode(msgspec.json.encode(obj), type=feed.shape))
    return record


def minimal(kind: str, **rest: Any) -> Any:
    return {"kind": kind, "metadata": {"name": "x", "namespace": "shop"}} | rest


def covered(
    *objects: Any, claim: Claim = CLAIM, volume: Volume | None = VOLUME, unseen: Collection[type[Fact]] = ()
) -> Coverage:
    """What the source says of the claim, given these objects and the claim's volume."""
    facts = TableFacts(map(read, objects), unseen=unseen)
    if volume:
        facts.add(volume)
    return cover(claim, facts, NoRolls())


def copies(*objects: Any, **rest: Any) -> tuple[Copy, ...]:
    """The copies of the claim that these objects are; no object here is a plan or a failure."""
    coverage = covered(*objects, **rest)
    assert coverage == Coverage(source="csi-snapshot", copies=coverage.copies)
    return coverage.copies
