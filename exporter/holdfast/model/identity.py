"""How things are named: references that serve as dictionary keys. No behaviour, no look-ups."""

from typing import NamedTuple


class ClaimRef(NamedTuple):
    """A claim's place in the cluster. A new claim of the same name has the same reference but another uid."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class ObjectKey(NamedTuple):
    """Namespace and name of any object; the namespace of a cluster-scoped one is empty."""

    namespace: str
    name: str


class ObjectRef(NamedTuple):
    """An object as a person would look it up. ``kind`` is qualified by its group outside the core and apps groups."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


BETWEEN = ("ReplicaSet", "Job")
"""Kinds that may stand between a pod and its topmost controller."""


class Owner(NamedTuple):
    """The controlling entry of ``metadata.ownerReferences``."""

    api_version: str
    kind: str
    name: str
    uid: str

    @property
    def group(self) -> str:
        return self.api_version.rpartition("/")[0]


class ScheduleKey(NamedTuple):
    """What makes copies: one recurring plan of one source."""

    source: str
    namespace: str
    name: str


class TargetKey(NamedTuple):
    """Where copies go: one storage location of one source."""

    source: str
    namespace: str
    name: str


class ReplicationKey(NamedTuple):
    """One replication of one source. ``claim`` is the claim that is replicated, empty where it is no claim's."""

    source: str
    namespace: str
    name: str
    claim: str


def joined(*parts: str) -> str:
    """The parts as one text, which no other parts have. Names that the API lets be stand in it as they are."""
    return "/".join([part.replace("%", "%25").replace("/", "%2F") for part in parts])


class Subject(NamedTuple):
    """One thing that is judged and rendered as a unit. ``key`` is the key of its noun."""

    noun: str
    key: tuple[str, ...]


CLAIM = "claim"
VOLUME = "volume"
SNAPSHOT = "snapshot"
CONTENT = "content"
ATTACHMENT = "attachment"
SCHEDULE = "schedule"
TARGET = "target"
REPLICATION = "replication"
ANNOTATED = "annotated"
QUOTA = "quota"
POOL = "pool"
CLASS = "class"
EXPANSION = "expansion"
PROVISION = "provision"
FILLING = "filling"
BACKEND = "backend"
EPHEMERAL = "ephemeral"  # what the pods of one controller fill
NODE_DISK = "node-disk"  # the disks of one node
POD = "pod"  # passes a touch on
CLAIM_COST = "claim-cost"
VOLUME_COST = "volume-cost"
SNAPSHOT_COST = "snapshot-cost"
CONTENT_COST = "content-cost"
PRICES = "prices"  # those that a query tells
DISK = "disk"  # passes a touch on: what several volumes or contents may name
HOME = "home"  # passes a touch on: whether a namespace is seen
ZONES = "zones"  # passes a touch on: the regions that the zones of nodes lie in


class Touch(NamedTuple):
    """What a record bears on. ``scope`` is one of the constants below; ``key`` narrows it."""

    scope: str
    key: tuple[str, ...] = ()


TOUCH_SUBJECT = "subject"  # key = (noun, *key of the noun)
TOUCH_NAMESPACE = "namespace"  # every claim of key[0]
TOUCH_CLASS = "class"  # every claim of the storage class key[0]
TOUCH_SCHEDULED = "scheduled"  # every claim of which something was said on behalf of the schedule key
TOUCH_SOURCE = "source"  # every schedule and replication of the source key[0]
TOUCH_ALL = "all"  # every claim


def touch(noun: str, *key: str) -> Touch:
    return Touch(TOUCH_SUBJECT, (noun, *key))


def touch_claim(ref: ClaimRef) -> Touch:
    return Touch(TOUCH_SUBJECT, (CLAIM, *ref))
