"""What can be seen: which states of a feed vouch for its facts, and which make it blind."""

from typing import Any

import pytest

from holdfast.assessment.sight import assess_sight
from holdfast.model.feed import FeedState
from holdfast.model.health import FeedHealth

NOW = 10_000.0
PROTECTING = {"velero": frozenset({"Pod"})}


def feed(state: FeedState, source: str = "velero", kind: str = "Backup", **fields: Any) -> FeedHealth:
    return FeedHealth(source=source, kind=kind, state=state, **{"looked": True, **fields})


@pytest.mark.parametrize(
    ("health", "blind"),
    [
        (feed("up"), False),
        (feed("not_installed", looked=False), False),
        (feed("disabled"), False),
        (feed("out_of_scope", looked=False), False),
        (feed("forbidden"), True),
        (feed("failing", lost_since=NOW - 599), False),
        (feed("failing", lost_since=NOW - 600), True),
        (feed("failing", lost_since=NOW, looked=False), True),
        (feed("up", undecodable=1), True),
    ],
    ids=lambda value: f"{value.state}" if isinstance(value, FeedHealth) else None,
)
def test_when_a_source_is_blind(health: FeedHealth, blind: bool) -> None:
    """Lost contact is bridged for a while; denial, an unreadable object or no look at all is blindness at once."""
    outlook = assess_sight([health], PROTECTING, 600.0, NOW)
    assert outlook.sight.blind == (PROTECTING.keys() if blind else frozenset())


def test_lost_contact_holds_until_the_patience_ends() -> None:
    assert assess_sight([feed("failing", lost_since=NOW - 100)], PROTECTING, 600.0, NOW).until == NOW + 500


def test_a_source_that_holds_no_copies_blinds_no_claim() -> None:
    assert assess_sight([feed("forbidden", "core", "Pod")], PROTECTING, 600.0, NOW).sight.blind == frozenset()


@pytest.mark.parametrize("state", ["forbidden", "out_of_scope"])
@pytest.mark.parametrize(
    ("kind", "flag"),
    [
        ("Pod", "pods"),
        ("CronJob", "references"),
        ("PersistentVolumeClaim", "claims"),
        ("PersistentVolume", "volumes"),
        ("StorageClass", "classes"),
        ("Node", "nodes"),
        ("VolumeAttachment", "attachments"),
    ],
)
def test_a_kind_that_is_not_seen_is_not_reasoned_from(state: FeedState, kind: str, flag: str) -> None:
    """Denied or out of scope: what rests on the kind is not judged."""
    sight = assess_sight([feed(state, "core", kind)], PROTECTING, 600.0, NOW).sight
    assert getattr(sight, flag) is False


def test_a_source_is_blind_without_a_kind_that_it_needs() -> None:
    """Velero's file backups go by pods: where these are denied, what it covers cannot be told."""
    feeds = [feed("up"), feed("forbidden", "core", "Pod")]
    assert assess_sight(feeds, PROTECTING, 600.0, NOW).sight.blind == {"velero"}


def test_a_source_that_is_not_installed_needs_nothing() -> None:
    feeds = [feed("not_installed", looked=False), feed("forbidden", "core", "Pod")]
    assert assess_sight(feeds, PROTECTING, 600.0, NOW).sight.blind == frozenset()
