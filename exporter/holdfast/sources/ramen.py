"""Ramen: applications whose claims are replicated for disaster recovery. It holds no copies.

On the hub a DRPlacementControl stands for all claims of an application, on the clusters that run it a
VolumeReplicationGroup tells of each claim.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from holdfast.model.annotation import AnnotationError, parse_duration
from holdfast.model.facts import Fact, Facts
from holdfast.model.feed import Feed, Resource
from holdfast.model.identity import TOUCH_SOURCE, ObjectRef, ReplicationKey, Touch
from holdfast.model.replication import Health, Replication
from holdfast.sources.contract import Source
from holdfast.sources.replicated import Told
from holdfast.sources.shapes import Metadata, Present, Shape, given, shared
from holdfast.sources.values import parse_go_duration, parse_time
from holdfast.sources.words import strange_word

NAME = "ramen"
GROUP = "ramendr.openshift.io"


class Condition(Shape):
    type: str | None = None
    status: str | None = None
    reason: str | None = None


class PolicyReference(Shape):
    name: str | None = None


class PlacementSpec(Shape):
    dr_policy_ref: PolicyReference | None = None


class PlacementStatus(Shape):
    phase: str | None = None
    last_group_sync_time: str | None = None
    last_group_sync_duration: str | None = None
    conditions: list[Condition | None] | None = None


class PlacementObject(Shape):
    metadata: Metadata
    spec: PlacementSpec | None = None
    status: PlacementStatus | None = None


class PolicySpec(Shape):
    scheduling_interval: str | None = None


class PolicyObject(Shape):
    metadata: Metadata
    spec: PolicySpec | None = None


class Async(Shape):
    scheduling_interval: str | None = None


class GroupSpec(Shape):
    replication_state: str | None = None
    in_the_background: Async | None = msgspec.field(default=None, name="async")
    sync: Present | None = None


class ProtectedClaim(Shape):
    namespace: str | None = None
    name: str | None = None
    last_sync_time: str | None = None
    last_sync_duration: str | None = None
    protected_by_vol_sync: bool | None = None
    conditions: list[Condition | None] | None = None


class GroupStatus(Shape):
    state: str | None = None
    protected_claims: list[ProtectedClaim | None] | None = msgspec.field(default=None, name="protectedPVCs")


class GroupObject(Shape):
    metadata: Metadata
    spec: GroupSpec | None = None
    status: GroupStatus | None = None


Verdict = tuple[Health, str]
Conditions = Mapping[str, tuple[str, str]]
"""Status and reason by type."""


class Policy(Fact, frozen=True, kw_only=True, gc=False):
    """``interval`` in seconds, 0 where the storage replicates at once, None where it cannot be read."""

    name: str
    interval: float | None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.name,)

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_SOURCE, (NAME,)),)


class Placement(Told, frozen=True, kw_only=True, gc=False):
    """An application's replication, but for the interval that its policy holds."""

    policy: str


_INTERVAL: Final = re.compile(r"[0-9]+[mhd]")


def _interval(written: str | None) -> float | None:
    """Empty, or of no length: the storage replicates at once, or sees to it by itself. One that is absent tells nothing."""
    if written is None:
        return None
    text = written
    if not text or (_INTERVAL.fullmatch(text) and not text[:-1].strip("0")):
        return 0.0
    try:
        return parse_duration(text)
    except AnnotationError:
        return None


def read_policy(policy: PolicyObject) -> tuple[Fact, ...]:
    written = policy.spec.scheduling_interval if policy.spec else None
    return (Policy(name=shared(policy.metadata.name), interval=_interval(written)),)


def _conditions(conditions: Iterable[Condition | None] | None) -> Conditions:
    return {each.type or "": (each.status or "", each.reason or "") for each in given(conditions)}


_AT_REST = ("", "Deployed", "FailedOver", "Relocated")
_ON_THE_WAY: Mapping[str, str] = {
    "WaitForUser": "it waits for somebody to act",
    "Initiating": "it is being deployed",
    "Deploying": "it is being deployed",
    "FailingOver": "it is being failed over",
    "Relocating": "it is being relocated",
    "Deleting": "it is being deleted",
}


def read_placement(placement: PlacementObject) -> tuple[Fact, ...]:
    """Its sync time is that of the claim that is furthest behind, and is gone while one claim has none."""
    metadata, status = placement.metadata, placement.status or PlacementStatus()
    if metadata.deleting_since is not None:
        return ()
    phase = status.phase or ""
    strange = strange_word(phase, (*_AT_REST, *_ON_THE_WAY))
    health, why = _protected(phase, _conditions(status.conditions))
    synced = parse_time(status.last_group_sync_time)
    policy = placement.spec.dr_policy_ref if placement.spec else None
    replication = Replication(
        id=ReplicationKey(NAME, metadata.namespace, shared(metadata.name), ""),
        health="unknown" if strange else health,
        why="its phase is not known" if strange else why,
        evidence=ObjectRef(f"DRPlacementControl.{GROUP}", metadata.namespace, metadata.name),
        point=synced,
        last_sync=synced,
        last_sync_duration=parse_go_duration(status.last_group_sync_duration),
        strange=strange,
    )
    return (Placement(replication=replication, policy=shared(policy.name) if policy else ""),)


def _protected(phase: str, conditions: Conditions) -> Verdict:
    """Older versions have no condition for it: there both sides must be ready.

    An application that is on its way to another cluster, or not available there yet, is not at rest, but gets on.
    """
    ready = [conditions.get(kind, ("", ""))[0] for kind in ("Available", "PeerReady")]
    status, reason = conditions.get("Protected", ("True" if ready == ["True", "True"] else "", ""))
    if (status, reason) == ("False", "Error"):
        return "broken", "its data or resources cannot be protected"
    if phase in _ON_THE_WAY:
        return "degraded", _ON_THE_WAY[phase]
    if status == "False":
        return "degraded", "its protection is being set up"
    if status != "True":
        return "unknown", "nothing is told of its protection"
    if ready[0] == "False":
        return "degraded", "it is not available"
    return ("degraded", "its peer is not ready") if ready[1] == "False" else ("healthy", "")


def replication(key: ReplicationKey, facts: Facts) -> Replication | None:
    """Without a sync time an application that is not replicated at once has a claim that was never synced."""
    placement = facts.get(Placement, *key)
    if placement is None:
        return facts.get(Replication, *key)
    policy = facts.get(Policy, placement.policy)
    return _paced(placement.replication, policy.interval if policy else None)


def _paced(told: Replication, interval: float | None) -> Replication:
    if interval == 0:
        return msgspec.structs.replace(told, judged=told.point is not None)
    if told.point is None and told.health == "healthy":
        return msgspec.structs.replace(
            told, interval=interval, health="unknown", why="not every claim has been synced"
        )
    return msgspec.structs.replace(told, interval=interval)


_UNTOLD = ("", "Unknown")  # the group's state while it changes sides, and where one claim has an error


def read_group(group: GroupObject) -> tuple[Fact, ...]:
    """One replication for each of its claims."""
    if group.metadata.deleting_since is not None:
        return ()
    status = group.status or GroupStatus()
    found = {each.id: each for each in _claims(group, given(status.protected_claims))}
    return tuple(found.values())


def _claims(group: GroupObject, claims: Iterator[ProtectedClaim]) -> Iterator[Replication]:
    spec, status = group.spec or GroupSpec(), group.status or GroupStatus()
    interval = _interval_of(spec)
    namespace, name = group.metadata.namespace, shared(group.metadata.name)
    state = status.state or ""
    strange = strange_word(state, ("Primary", "Secondary", *_UNTOLD))
    primary = state == "Primary" or (state in _UNTOLD and spec.replication_state == "primary")
    for claim in claims:
        if not claim.name:
            continue
        told = _claim(claim, primary=primary, settled=state not in _UNTOLD)
        health, why = told if not strange else ("unknown", "its state is not known")
        synced = parse_time(claim.last_sync_time) if primary else None
        duration = parse_go_duration(claim.last_sync_duration) if primary else None
        replication = Replication(
            id=ReplicationKey(NAME, shared(claim.namespace) or namespace, name, shared(claim.name)),
            health=health,
            why=why,
            evidence=ObjectRef(f"VolumeReplicationGroup.{GROUP}", namespace, name),
            point=_point(claim, synced, duration),
            last_sync=synced,
            last_sync_duration=duration,
            judged=primary,
            strange=strange,
        )
        yield _paced(replication, interval) if primary else replication


def _interval_of(spec: GroupSpec) -> float | None:
    if spec.in_the_background:
        return _interval(spec.in_the_background.scheduling_interval)
    return 0.0 if spec.sync else None


def _point(claim: ProtectedClaim, synced: float | None, duration: float | None) -> float | None:
    """VolSync tells when a sync ended, the storage as of when its data is."""
    if synced is None or not claim.protected_by_vol_sync or duration is None or duration < 0:
        return synced
    return synced - duration


_ERRORS = ("Error", "UnknownError", "PeerClassNotFound", "StorageIDNotFound")


def _claim(claim: ProtectedClaim, *, primary: bool, settled: bool) -> Verdict:
    """A claim that the storage replicates is never all protected on its primary: that would be no lag at all.

    A group that has not settled as the receiving side tells nothing by its conditions but errors.
    """
    conditions = _conditions(claim.conditions)
    told = [conditions[kind] for kind in ("DataReady", "ReplicationSourceSetup") if kind in conditions]
    protected = conditions.get("DataProtected", ("", ""))
    if any(reason in _ERRORS for status, reason in (*told, protected) if status != "True"):
        return "broken", "its data cannot be replicated"
    if not primary:
        return ("healthy", "") if told and settled else ("unknown", "nothing is told of it")
    if any(status == "False" for status, _ in told):
        return "degraded", "its replication is being set up"
    if told and all(status == "True" for status, _ in told):
        return "healthy", ""
    return "unknown", "nothing is told of it"


def _feed(
    plural: str,
    kind: str,
    shape: type[Any],
    read: Callable[[Any], tuple[Fact, ...]],
) -> Feed:
    resource = Resource(
        group=GROUP, versions=("v1alpha1",), plural=plural, kind=kind, namespaced=kind != "DRPolicy"
    )
    return Feed(source=NAME, resource=resource, shape=shape, read=read)


SOURCE = Source(
    name=NAME,
    tells=frozenset({"replication"}),
    feeds=(
        _feed("drplacementcontrols", "DRPlacementControl", PlacementObject, read_placement),
        _feed("drpolicies", "DRPolicy", PolicyObject, read_policy),
        _feed("volumereplicationgroups", "VolumeReplicationGroup", GroupObject, read_group),
    ),
    replication=replication,
)
