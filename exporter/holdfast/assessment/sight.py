"""What can be seen: from the health of each feed to who is blind. The difference between "none" and "cannot tell"."""

from collections.abc import Iterable, Mapping

import msgspec

from holdfast.model.facts import Attachment, Claim, Fact, Pod, StorageClass, Volume, Workload
from holdfast.model.health import FeedHealth, Sight
from holdfast.model.snapshots import Snapshot, SnapshotContent
from holdfast.model.surroundings import Node

_SNAPSHOTS = (("csi-snapshot", "VolumeSnapshot"), ("csi-snapshot", "VolumeSnapshotContent"))
_SURVEYED = ("core", "csi-snapshot")  # the sources whose kinds checks read
_REFERENCES = ("StatefulSet", "Deployment", "ReplicaSet", "DaemonSet", "Job", "CronJob")


class Outlook(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The sight now, and the instant at which the clock alone would change it."""

    sight: Sight
    until: float | None


def assess_sight(
    feeds: Iterable[FeedHealth], protecting: Mapping[str, frozenset[str]], blind_after: float, now: float
) -> Outlook:
    """A source that lost contact vouches for its facts for ``blind_after`` seconds; then it is blind.

    ``protecting`` are the sources that could hold copies, each with the kinds of the cluster's own that it needs.
    """
    feeds = tuple(feed for feed in feeds if not feed.measured)
    dark = {(feed.source, feed.kind) for feed in feeds if not _vouches(feed, blind_after, now)}
    lacking = [feed for feed in feeds if makes_blind(feed, blind_after, now)]
    blind = {feed.source for feed in lacking if feed.copies}
    lost = {
        feed.kind
        for feed in feeds
        if feed.source == "core" and makes_blind(_readable(feed), blind_after, now)
    }
    installed = {feed.source for feed in feeds if feed.state == "up"}
    blind |= {source for source, needs in protecting.items() if source in installed and needs & lost}
    core = {kind for source, kind in dark if source == "core"}
    sight = Sight(
        blind=frozenset(blind & protecting.keys()),
        dark=frozenset(feed.source for feed in lacking),
        unproven=any(feed.source in protecting for feed in lacking),
        pods="Pod" not in core,
        references=not core.intersection(_REFERENCES),
        namespaces=not any(
            feed.kind == "Namespace" and makes_blind(feed, blind_after, now) for feed in feeds
        ),
        workload_objectives=not lost.intersection(_REFERENCES),
        claims="PersistentVolumeClaim" not in core,
        volumes="PersistentVolume" not in core,
        classes="StorageClass" not in core,
        nodes="Node" not in core,
        attachments="VolumeAttachment" not in core,
        snapshots=not dark.intersection(_SNAPSHOTS),
        unseen=frozenset(
            feed.kind
            for feed in feeds
            if feed.source in _SURVEYED
            and ((feed.source, feed.kind) in dark or feed.absent or feed.state == "disabled")
        ),
    )
    ends = [
        feed.lost_since + blind_after
        for feed in feeds
        if feed.lost_since is not None and feed.looked and feed.lost_since + blind_after > now
    ]
    return Outlook(sight=sight, until=min(ends, default=None))


def _readable(feed: FeedHealth) -> FeedHealth:
    """As if all of its objects could be decoded: one bad workload says nothing of the others."""
    return msgspec.structs.replace(feed, undecodable=0)


def makes_blind(feed: FeedHealth, blind_after: float, now: float) -> bool:
    """Whether the source of this feed cannot vouch for the copies that it could hold.

    What lies outside the namespaces that were asked for holds no copy of their claims.
    """
    return feed.state != "out_of_scope" and not _vouches(feed, blind_after, now)


def unseen(sight: Sight) -> list[type[Fact]]:
    """The types of records that are not all in sight."""
    types: tuple[tuple[bool, type[Fact]], ...] = (
        (sight.pods, Pod),
        (sight.references, Workload),
        (sight.claims, Claim),
        (sight.volumes, Volume),
        (sight.classes, StorageClass),
        (sight.nodes, Node),
        (sight.attachments, Attachment),
        (sight.snapshots, Snapshot),
        (sight.snapshots, SnapshotContent),
    )
    return [kind for seen, kind in types if not seen]


def _vouches(feed: FeedHealth, blind_after: float, now: float) -> bool:
    """Whether what is held of this feed may be taken for what there is.

    An absent API group has nothing, and a source that was switched off is not asked; both say so in their state.
    """
    if feed.state in ("not_installed", "disabled"):
        return True
    if feed.state in ("forbidden", "out_of_scope") or feed.undecodable or not feed.looked:
        return False
    return feed.lost_since is None or now - feed.lost_since < blind_after
