"""How long provisioning and attaching took, from what this process saw from beginning to end.

What stood in the first list has no known beginning and is never counted.
"""

from collections.abc import Callable

from holdfast.model.facts import Attachment, Claim, Facts, StorageClass, Volume
from holdfast.model.observation import Observation

_REATTACH_WITHIN = 3600.0  # seconds; a volume that comes back later was not moved, but at rest

Observe = Callable[[str, float], None]
"""(label value, seconds)"""


class Transitions:
    """``provision`` is told the storage class, ``attach`` and ``reattach`` the driver; ``remember`` notes moves."""

    def __init__(
        self,
        *,
        provision: Observe,
        attach: Observe,
        reattach: Observe,
        remember: Callable[[Observation], None],
    ) -> None:
        self._provision = provision
        self._attach = attach
        self._reattach = reattach
        self._remember = remember
        self._provisioning: dict[str, float] = {}  # claim uid → since when it could be provisioned
        self._attaching: dict[str, float] = {}  # attachment uid → when it was made
        self._left: dict[str, tuple[str, float]] = {}  # volume → the node that it left, and when

    def claim(self, before: Claim | None, after: Claim | None, facts: Facts, now: float) -> None:
        if after is None:
            if before is not None:
                self._provisioning.pop(before.uid, None)
            return
        if after.phase == "Pending" and after.uid not in self._provisioning:
            start = _provisionable_since(before, after, facts, now)
            if start is not None:
                self._provisioning[after.uid] = start
        elif after.phase == "Bound":
            start = self._provisioning.pop(after.uid, None)
            if start is not None:
                self._provision(after.storage_class, max(0.0, now - start))

    def attachment(
        self, before: Attachment | None, after: Attachment | None, facts: Facts, now: float
    ) -> None:
        if after is None:
            if before is not None:
                self._attaching.pop(before.uid, None)
                self._left = {v: left for v, left in self._left.items() if now - left[1] <= _REATTACH_WITHIN}
                self._left[before.volume] = (before.node, before.deleting_since or now)
            return
        if before is None and not after.attached:
            self._attaching[after.uid] = after.created
        if after.attached and after.uid in self._attaching:
            self._attach(after.driver, max(0.0, now - self._attaching.pop(after.uid)))
            self._moved(after, facts, now)

    def _moved(self, attachment: Attachment, facts: Facts, now: float) -> None:
        node, left = self._left.pop(attachment.volume, ("", 0.0))
        if not node or node == attachment.node or now - left > _REATTACH_WITHIN:
            return
        took = max(0.0, now - left)
        self._reattach(attachment.driver, took)
        volume = facts.get(Volume, attachment.volume)
        if volume is not None and volume.claim_uid:
            self._remember(Observation("reattach", volume.claim_uid, now, f"{took:.3f}"))


def _provisionable_since(before: Claim | None, claim: Claim, facts: Facts, now: float) -> float | None:
    """A claim whose class waits for a consumer can be provisioned from when a node is chosen for it."""
    storage_class = facts.get(StorageClass, claim.storage_class)
    if storage_class is None or storage_class.binding_mode != "WaitForFirstConsumer":
        return claim.created if before is None else None
    return now if claim.selected_node and (before is None or not before.selected_node) else None
