"""The go-live checklist: its items, and what was judged of them for one namespace. How is not here.

What each item means: docs/checks.md, which is generated from this table.
"""

from typing import Literal, get_args

import msgspec

from holdfast.model.identity import ObjectRef
from holdfast.model.judgement import Judgement

ItemState = Literal["pass", "fail", "unknown", "not_applicable"]
ITEM_STATES: tuple[ItemState, ...] = get_args(ItemState)


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """``checks`` are those whose findings fail the item."""

    id: str
    title: str
    passes_when: str
    checks: tuple[str, ...] = ()


class ItemJudgement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """``reasons`` in words, none where it passes; ``objects`` are those behind them."""

    item: str
    state: ItemState
    reasons: tuple[str, ...] = ()
    objects: tuple[ObjectRef, ...] = ()


class ChecklistJudgement(Judgement, frozen=True, kw_only=True, gc=False):
    """All items for one namespace, in the order of ``ITEMS``."""

    namespace: str
    items: tuple[ItemJudgement, ...]


_CLASS = "its claims' classes"
_TABLE = (
    Item(
        id="storage-approach",
        title="Data lie in claims that a controller uses",
        passes_when="no bare pod and no path of a node holds data",
        checks=("pod-bare-data", "hostpath-data"),
    ),
    Item(
        id="class-fits",
        title="Storage classes fit what is stored",
        passes_when=f"{_CLASS} can grow, bind late where zones matter, use CSI drivers and encrypt",
        checks=("no-expansion", "immediate-binding", "in-tree-provisioner", "unencrypted"),
    ),
    Item(
        id="access-mode",
        title="Access modes fit how pods are run",
        passes_when="no ReadWriteOnce claim would be needed on two nodes",
        checks=("deployment-rwo",),
    ),
    Item(
        id="statefulset",
        title="Stateful workloads are run as such",
        passes_when="replicas have claims of their own, keep them, and survive a drain",
        checks=("deployment-rwo", "pod-bare-data", "statefulset-retention-delete", "drain-unsafe"),
    ),
    Item(
        id="reclaim-retain",
        title="Deleting a claim does not delete the data",
        passes_when="no volume goes with its claim that should stay",
        checks=("reclaim-delete",),
    ),
    Item(
        id="reattach-timed",
        title="A move to another node was timed",
        passes_when="a move was watched and took less than the rto",
    ),
    Item(
        id="topology",
        title="Volumes and pods meet in the same zone",
        passes_when="replicas lie in several zones, and every volume has nodes that can use it",
        checks=("one-zone", "immediate-binding", "stranded-volume"),
    ),
    Item(
        id="backup-consistency",
        title="Copies are as consistent as demanded",
        passes_when="copies have the consistency that the objective demands",
    ),
    Item(
        id="rpo-rto",
        title="Recovery objectives are declared and met",
        passes_when="rpo and rto are declared, the rpo is met, and the last drill was within the rto",
    ),
    Item(
        id="restore-drill",
        title="Restores are drilled",
        passes_when="the last drill is within its interval",
    ),
    Item(
        id="capacity-monitored",
        title="Usage is measured",
        passes_when="every mounted filesystem claim is measured",
    ),
    Item(
        id="classes-standardised",
        title="Storage classes are few and clear",
        passes_when="one default, no doubles, none unused, none of an in-tree provisioner, and not too many",
        checks=(
            "no-default-class",
            "many-default-classes",
            "duplicate-classes",
            "too-many-classes",
            "unused-class",
            "in-tree-provisioner",
        ),
    ),
    Item(
        id="self-service",
        title="Teams get storage by themselves, within limits",
        passes_when="claims are provisioned by a class, a default class exists, and a quota limits the namespace",
        checks=("no-storage-quota", "no-default-class"),
    ),
)

ITEMS: dict[str, Item] = {item.id: item for item in _TABLE}
