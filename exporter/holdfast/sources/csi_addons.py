"""CSI-Addons: volumes and groups of volumes that the storage itself replicates. It holds no copies.

Only the side that is written to, the primary, knows how far its replica has come. A secondary is what it is by
design: it says that it is degraded, and nothing is late there.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from holdfast.model.annotation import AnnotationError, parse_duration
from holdfast.model.facts import Fact, Facts
from holdfast.model.feed import Feed, Resource
from holdfast.model.identity import TOUCH_SOURCE, ObjectRef, ReplicationKey, Touch
from holdfast.model.replication import Health, Replication
from holdfast.sources.contract import Source
from holdfast.sources.replicated import Told
from holdfast.sources.shapes import Metadata, Shape, given, shared
from holdfast.sources.values import parse_go_duration, parse_time
from holdfast.sources.words import strange_word

NAME = "csi-addons"
GROUP = "replication.storage.openshift.io"
GROUP_KIND = "VolumeGroupReplication"


class DataSource(Shape):
    kind: str | None = None
    name: str | None = None


class VolumeSpec(Shape):
    data_source: DataSource | None = None
    replication_state: str | None = None
    volume_replication_class: str | None = None


class GroupSpec(Shape):
    replication_state: str | None = None
    volume_replication_class_name: str | None = None
    volume_group_replication_class_name: str | None = None


class Condition(Shape):
    type: str | None = None
    status: str | None = None


class Reference(Shape):
    name: str | None = None


class Status(Shape):
    """Of both kinds; only a group has members. Its messages stay unread."""

    state: str | None = None
    last_sync_time: str | None = None
    last_sync_duration: str | None = None
    conditions: list[Condition | None] | None = None
    persistent_volume_claims_ref_list: list[Reference | None] | None = None


class VolumeObject(Shape):
    metadata: Metadata
    spec: VolumeSpec | None = None
    status: Status | None = None


class GroupObject(Shape):
    metadata: Metadata
    spec: GroupSpec | None = None
    status: Status | None = None


class Parameters(Shape):
    """The other parameters name secrets."""

    scheduling_interval: str | None = None


class ClassSpec(Shape):
    parameters: Parameters | None = None


class ClassObject(Shape):
    metadata: Metadata
    spec: ClassSpec | None = None


class ReplicationClass(Fact, frozen=True, kw_only=True, gc=False):
    """``interval``: how often the storage sends what has changed, in seconds; None where it does not say."""

    kind: str
    name: str
    interval: float | None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.kind, self.name)

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_SOURCE, (NAME,)),)


class Replica(Told, frozen=True, kw_only=True, gc=False):
    """A replication but for its interval; ``classes`` are the keys of those that may tell it.

    ``flowing``: its storage says in so many words that data is being sent.
    """

    classes: tuple[tuple[str, str], ...]
    flowing: bool


class Verdict(NamedTuple):
    """``primary``: this side is written to, and its lag means something."""

    health: Health
    why: str = ""
    primary: bool = False
    strange: str = ""


def read_volume(volume: VolumeObject) -> tuple[Fact, ...]:
    """One that replicates a group is the group's own means, and the group speaks for its claims."""
    spec = volume.spec or VolumeSpec()
    source = spec.data_source or DataSource()
    if volume.metadata.deleting_since is not None or source.kind == GROUP_KIND:
        return ()
    claim = shared(source.name) if source.kind == "PersistentVolumeClaim" else ""
    key = ReplicationKey(NAME, volume.metadata.namespace, shared(volume.metadata.name), claim)
    evidence = ObjectRef(f"VolumeReplication.{GROUP}", key.namespace, key.name)
    replication = _replication(key, evidence, spec.replication_state or "", volume.status)
    classes = _classes(spec.volume_replication_class, None)
    return (Replica(replication=replication, classes=classes, flowing=_flows(volume.status)),)


def read_group(group: GroupObject) -> tuple[Fact, ...]:
    """One replication for each of its claims; they are replicated together."""
    if group.metadata.deleting_since is not None:
        return ()
    metadata, spec, status = group.metadata, group.spec or GroupSpec(), group.status or Status()
    members = {shared(each.name) for each in given(status.persistent_volume_claims_ref_list)} - {""}
    evidence = ObjectRef(f"{GROUP_KIND}.{GROUP}", metadata.namespace, metadata.name)
    classes = _classes(spec.volume_replication_class_name, spec.volume_group_replication_class_name)
    keys = [
        ReplicationKey(NAME, metadata.namespace, shared(metadata.name), member)
        for member in sorted(members) or [""]
    ]
    wanted = spec.replication_state or ""
    return tuple(
        [
            Replica(
                replication=_replication(key, evidence, wanted, status),
                classes=classes,
                flowing=_flows(status),
            )
            for key in keys
        ]
    )


def _flows(status: Status | None) -> bool:
    conditions = given(status.conditions) if status else ()
    return any((each.type, each.status) == ("Replicating", "True") for each in conditions)


def _classes(of_volumes: str | None, of_groups: str | None) -> tuple[tuple[str, str], ...]:
    named = (("VolumeReplicationClass", of_volumes), ("VolumeGroupReplicationClass", of_groups))
    return tuple((kind, shared(name)) for kind, name in named if name)


def _replication(key: ReplicationKey, evidence: ObjectRef, wanted: str, status: Status | None) -> Replication:
    status = status or Status()
    verdict = _verdict(wanted, status)
    synced = parse_time(status.last_sync_time) if verdict.primary else None
    return Replication(
        id=key,
        health=verdict.health,
        why=verdict.why,
        evidence=evidence,
        point=synced,
        last_sync=synced,
        last_sync_duration=parse_go_duration(status.last_sync_duration) if verdict.primary else None,
        judged=verdict.primary,
        strange=verdict.strange,
    )


_STATES = ("", "Primary", "Secondary", "Unknown")
_WANTED = ("", "primary", "secondary", "resync")


def _verdict(wanted: str, status: Status) -> Verdict:
    """The first that holds."""
    seen = status.state or ""
    conditions = {each.type or "": each.status or "" for each in given(status.conditions)}
    words = [strange_word(seen, _STATES), strange_word(wanted, _WANTED)]
    primary = seen == "Primary"
    if any(words):
        return Verdict("unknown", "its state is not known", strange=words[0] or words[1])
    if conditions.get("Validated") == "False":
        return Verdict("broken", "its prerequisites are not met", primary)
    if primary and wanted in ("", "primary"):
        return _primary(conditions)
    if conditions.get("Completed") == "False":
        return Verdict("broken", "it cannot be brought into the wanted state", primary)
    if wanted == "resync":
        return Verdict("degraded", "it is copied anew from its peer")
    settled = seen == "Secondary" and wanted in ("", "secondary")
    return Verdict("healthy") if settled else Verdict("unknown", "it is not in the wanted state yet", primary)


def _primary(conditions: Mapping[str, str]) -> Verdict:
    """Its last operation may fail for reasons of its own (a class that is gone) while data goes on being sent."""
    if conditions.get("Replicating") == "False":
        return Verdict("broken", "nothing is replicated", primary=True)
    if conditions.get("Degraded") == "True" or conditions.get("Completed") == "False":
        return Verdict("degraded", "its storage calls it degraded", primary=True)
    if conditions.get("Resyncing") == "True":
        return Verdict("degraded", "it is copied anew from its peer", primary=True)
    if conditions.get("Degraded") == "False" or conditions.get("Replicating") == "True":
        return Verdict("healthy", primary=True)
    return Verdict("unknown", "its storage has not told of it", primary=True)


def _read_class(kind: str) -> Callable[[ClassObject], tuple[Fact, ...]]:
    def read(replication_class: ClassObject) -> tuple[Fact, ...]:
        spec = replication_class.spec or ClassSpec()
        written = spec.parameters.scheduling_interval if spec.parameters else None
        name = shared(replication_class.metadata.name)
        return (ReplicationClass(kind=kind, name=name, interval=_interval(written)),)

    return read


def _interval(written: str | None) -> float | None:
    """The controller reads it as Go does; drivers take days as well."""
    seconds = parse_go_duration(written)
    if seconds is not None:
        return seconds if seconds > 0 else None
    try:
        return parse_duration(written or "")
    except AnnotationError:
        return None


def replication(key: ReplicationKey, facts: Facts) -> Replication | None:
    replica = facts.get(Replica, *key)
    if replica is None:
        return None
    classes = (facts.get(ReplicationClass, *each) for each in replica.classes)
    interval = next((each.interval for each in classes if each and each.interval), None)
    told = msgspec.structs.replace(replica.replication, interval=interval)
    if interval and told.judged and told.point is None and told.health == "healthy" and not replica.flowing:
        # syncs on a schedule of which none is told: one that never came looks the same
        return msgspec.structs.replace(told, health="unknown", why="no sync is told")
    return told


def _feed(kind: str, shape: type[Any], read: Callable[[Any], tuple[Fact, ...]]) -> Feed:
    plural = f"{kind.lower()}es" if kind.endswith("Class") else f"{kind.lower()}s"
    resource = Resource(
        group=GROUP,
        versions=("v1alpha1",),
        plural=plural,
        kind=kind,
        namespaced=not kind.endswith("Class"),
    )
    return Feed(source=NAME, resource=resource, shape=shape, read=read)


SOURCE = Source(
    name=NAME,
    tells=frozenset({"replication"}),
    feeds=(
        _feed("VolumeReplication", VolumeObject, read_volume),
        _feed(GROUP_KIND, GroupObject, read_group),
        _feed("VolumeReplicationClass", ClassObject, _read_class("VolumeReplicationClass")),
        _feed("VolumeGroupReplicationClass", ClassObject, _read_class("VolumeGroupReplicationClass")),
    ),
    replication=replication,
)
