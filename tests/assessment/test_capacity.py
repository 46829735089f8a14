"""Quotas, pools and classes: objects in, exposition text out. Which claims cannot grow is told beside."""

import math
from typing import Any

import pytest

from holdfast.assessment.capacity import pool_full_soon, quota_full_soon
from holdfast.model.capacity import Limit, PoolJudgement
from holdfast.model.feed import FeedState
from holdfast.model.filling import Prospect
from holdfast.model.identity import ClaimRef
from holdfast.model.usage import UsageSample
from tests.world import NOW, World, claim, laid_over


def quota(
    hard: dict[str, str], used: dict[str, str], name: str = "shop/team", **fields: Any
) -> dict[str, Any]:
    namespace, _, name = name.partition("/")
    made = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"namespace": namespace, "name": name},
        "status": {"hard": hard, "used": used},
    }
    return laid_over(made, fields)


def pool(
    name: str = "one", available: str | None = "1Ti", largest: str | None = None, **fields: Any
) -> dict[str, Any]:
    made = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSIStorageCapacity",
        "metadata": {"namespace": "storage-system", "name": name},
        "storageClassName": "fast",
        "nodeTopology": {"matchLabels": {"zone": "a"}},
        "capacity": available,
        "maximumVolumeSize": largest,
    }
    return laid_over(made, fields)


def storage_class(name: str = "fast", expands: bool | None = True) -> dict[str, Any]:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": "ebs.csi.aws.com",
        "allowVolumeExpansion": expands,
    }


def test_a_quota_of_bytes() -> None:
    """In all, by class, and of scratch space; storageclass is empty for the total."""
    hard = {
        "requests.storage": "100Gi",
        "fast.storageclass.storage.k8s.io/requests.storage": "10Gi",
        "limits.ephemeral-storage": "1Gi",
    }
    used = {
        "requests.storage": "60Gi",
        "fast.storageclass.storage.k8s.io/requests.storage": "10Gi",
        "limits.ephemeral-storage": "0",
    }
    it = 'namespace="shop",resourcequota="team"'
    assert World(quota(hard, used)).rows("quota_hard_bytes", "quota_used_bytes") == [
        f'quota_hard_bytes{{{it},resource="limits.ephemeral-storage",storageclass=""}} 1073741824',
        f'quota_hard_bytes{{{it},resource="requests.storage",storageclass=""}} 107374182400',
        f'quota_hard_bytes{{{it},resource="requests.storage",storageclass="fast"}} 10737418240',
        f'quota_used_bytes{{{it},resource="limits.ephemeral-storage",storageclass=""}} 0',
        f'quota_used_bytes{{{it},resource="requests.storage",storageclass=""}} 64424509440',
        f'quota_used_bytes{{{it},resource="requests.storage",storageclass="fast"}} 10737418240',
    ]


def test_a_quota_of_claims() -> None:
    hard = {
        "persistentvolumeclaims": "20",
        "fast.storageclass.storage.k8s.io/persistentvolumeclaims": "5",
        "pods": "9",
    }
    used = {"persistentvolumeclaims": "7", "fast.storageclass.storage.k8s.io/persistentvolumeclaims": "5"}
    assert World(quota(hard, used)).rows("quota_hard_claims", "quota_used_claims", "quota_hard_bytes") == [
        'quota_hard_claims{namespace="shop",resourcequota="team",storageclass=""} 20',
        'quota_hard_claims{namespace="shop",resourcequota="team",storageclass="fast"} 5',
        'quota_used_claims{namespace="shop",resourcequota="team",storageclass=""} 7',
        'quota_used_claims{namespace="shop",resourcequota="team",storageclass="fast"} 5',
    ]


def test_a_quota_that_nobody_has_counted_yet() -> None:
    """What is used is unknown and not zero; a quota without any status says nothing."""
    world = World(quota({"requests.storage": "1Gi"}, {}), quota({}, {}, "shop/new", status=None))
    assert world.rows("quota_hard_bytes", "quota_used_bytes") == [
        'quota_hard_bytes{namespace="shop",resourcequota="team",resource="requests.storage",storageclass=""} 1073741824'
    ]


def test_a_quota_that_goes_is_told_no_more() -> None:
    one = quota({"requests.storage": "1Gi"}, {"requests.storage": "0"})
    world = World(one)
    world.drop(one)
    world.judge()
    assert world.rows("quota_hard_bytes", "quota_used_bytes") == []


def test_a_pool() -> None:
    """By class and topology; it is no object of a namespace, so the label is empty."""
    assert World(pool(largest="1Gi")).rows("pool_available_bytes", "pool_maximum_volume_bytes") == [
        'pool_available_bytes{namespace="",storageclass="fast",topology="zone=a"} 1099511627776',
        'pool_maximum_volume_bytes{namespace="",storageclass="fast",topology="zone=a"} 1073741824',
    ]


@pytest.mark.parametrize(
    ("pools", "told"),
    [
        ([pool("one", "5"), pool("two", "9")], ["9"]),
        ([pool("one", "0"), pool("two", None)], ["0"]),
        ([pool("one", None)], []),
        ([pool("one", "5"), pool("two", "9", nodeTopology=None)], ["5"]),
    ],
    ids=["the most that one offers", "full is not unknown", "unknown is not full", "space for no node"],
)
def test_what_objects_of_one_pool_say_together(pools: list[dict[str, Any]], told: list[str]) -> None:
    """The scheduler takes any object that has enough; and one space must not count twice."""
    assert [row.rpartition(" ")[2] for row in World(*pools).rows("pool_available_bytes")] == told


def test_objects_of_a_pool_come_and_go() -> None:
    one, two = pool("one", "5"), pool("two", "9")
    world = World(one, two)
    told = []
    for gone in (two, one):
        world.drop(gone)
        world.judge()
        told.append([row.rpartition(" ")[2] for row in world.rows("pool_available_bytes")])
    assert told == [["5"], []]


def test_what_a_class_gives_out_in_a_namespace() -> None:
    """Claims of one class and namespace together; one that waits was given nothing yet, one without a class has none."""
    grown = claim("shop/b", spec={"resources": {"requests": {"storage": "20Gi"}}})
    waits = claim("shop/c", spec={"volumeName": None}, status={"phase": "Pending", "capacity": None})
    bare = claim("shop/d", spec={"storageClassName": None})
    world = World(claim("shop/a"), grown, waits, bare)
    families = ("class_claims", "class_requested_bytes", "class_capacity_bytes")
    assert world.rows(*families) == [
        'class_claims{namespace="shop",storageclass=""} 1',
        'class_claims{namespace="shop",storageclass="fast"} 3',
        'class_requested_bytes{namespace="shop",storageclass=""} 10737418240',
        'class_requested_bytes{namespace="shop",storageclass="fast"} 42949672960',
        'class_capacity_bytes{namespace="shop",storageclass=""} 10737418240',
        'class_capacity_bytes{namespace="shop",storageclass="fast"} 21474836480',
    ]
    for each in (claim("shop/a"), grown, waits, bare):
        world.drop(each)
    world.judge()
    assert world.rows(*families) == []


def test_the_largest_claim_of_a_class_is_what_a_restore_needs_room_for() -> None:
    """It is the largest of those that are there: when it goes, the next one is."""
    large = claim("shop/b", status={"phase": "Bound", "capacity": {"storage": "20Gi"}})
    waits = claim("shop/c", spec={"volumeName": None}, status={"phase": "Pending", "capacity": None})
    world = World(claim("shop/a"), large, waits)
    assert world.rows("class_largest_claim_bytes") == [
        'class_largest_claim_bytes{namespace="shop",storageclass="fast"} 21474836480'
    ]
    world.drop(large)
    world.judge()
    assert world.rows("class_largest_claim_bytes") == [
        'class_largest_claim_bytes{namespace="shop",storageclass="fast"} 10737418240'
    ]
    world.drop(claim("shop/a"))
    world.judge()
    assert world.rows("class_largest_claim_bytes") == []


def sample(name: str, used: float | None) -> UsageSample:
    return UsageSample(claim=ClaimRef("shop", name), time=NOW - 60, used=used, inodes_used=1.0, capacity=1e10)


def test_what_is_used_of_what_a_class_gave_out() -> None:
    """Use stands beside the size of those claims only whose use is known, so that the rest does not read as empty."""
    world = World(claim("shop/a"), claim("shop/b"), claim("shop/c"))
    families = ("class_capacity_bytes", "class_used_bytes", "class_measured_bytes")
    assert world.rows(*families)[1:] == ['class_measured_bytes{namespace="shop",storageclass="fast"} 0']
    world.engine.take_usage([sample("a", 3e9), sample("b", 4e9), sample("c", None)], NOW)
    world.judge()
    assert world.rows(*families) == [
        'class_capacity_bytes{namespace="shop",storageclass="fast"} 32212254720',
        'class_used_bytes{namespace="shop",storageclass="fast"} 7000000000',
        'class_measured_bytes{namespace="shop",storageclass="fast"} 21474836480',
    ]
    world.drop(claim("shop/b"))
    world.judge()
    assert world.rows(*families)[1:] == [
        'class_used_bytes{namespace="shop",storageclass="fast"} 3000000000',
        'class_measured_bytes{namespace="shop",storageclass="fast"} 10737418240',
    ]


def test_space_that_claims_share_is_not_added_up() -> None:
    """Each of them shows the use of the whole server."""
    volumes = [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": f"pv-shop-{name}"},
            "spec": {
                "nfs": {"server": "10.0.0.5", "path": "/export"},
                "claimRef": {"namespace": "shop", "name": name},
            },
        }
        for name in "ab"
    ]
    world = World(claim("shop/a"), claim("shop/b"), *volumes)
    world.engine.take_usage([sample("a", 3e9), sample("b", 3e9)], NOW)
    world.judge()
    assert world.rows("class_used_bytes", "class_measured_bytes") == [
        'class_measured_bytes{namespace="shop",storageclass="fast"} 0'
    ]


def test_whether_a_class_lets_volumes_grow() -> None:
    """What a class does not say it does not allow."""
    assert World(storage_class(), storage_class("plain", None)).rows("class_expandable") == [
        'class_expandable{namespace="",storageclass="fast"} 1',
        'class_expandable{namespace="",storageclass="plain"} 0',
    ]


def reasons(world: World) -> dict[str, str]:
    """By claim, why it cannot grow."""
    rows = [row.split('"') for row in world.rows("pvc_not_expandable")]
    return {f"{row[1]}/{row[3]}": row[5] for row in rows}


def test_a_claim_that_cannot_grow() -> None:
    assert World(claim(), storage_class(expands=False)).rows("pvc_not_expandable") == [
        'pvc_not_expandable{namespace="shop",persistentvolumeclaim="data",reason="class-forbids"} 1'
    ]


TOTAL = "requests.storage"
FAST = "fast.storageclass.storage.k8s.io/requests.storage"
SLOW = "slow.storageclass.storage.k8s.io/requests.storage"


@pytest.mark.parametrize(
    ("status", "conditions"),
    [
        ("ControllerResizeInfeasible", []),
        ("ControllerResizeInProgress", ["Resizing", "ControllerResizeError"]),
        ("NodeResizeInProgress", ["FileSystemResizePending", "NodeResizeError"]),
        ("", ["ControllerResizeError"]),
    ],
)
def test_a_claim_whose_expansion_failed(status: str, conditions: list[str]) -> None:
    """Also one that asks for more than its class can make: it may grow to less."""
    told: dict[str, Any] = {"conditions": [{"type": name, "status": "True"} for name in conditions]}
    if status:
        told["allocatedResourceStatuses"] = {"storage": status}
    assert reasons(World(claim(status=told), storage_class(), pool(available="1Gi", largest="8Gi"))) == {
        "shop/data": "resize-failed"
    }


def test_a_claim_that_is_being_expanded_can_grow() -> None:
    told = {
        "allocatedResourceStatuses": {"storage": "ControllerResizeInProgress"},
        "conditions": [{"type": "Resizing", "status": "True"}],
    }
    assert reasons(World(claim(status=told), storage_class())) == {}


HOUR, DAY = 3600.0, 86400.0


@pytest.mark.parametrize(
    ("left", "used", "found"),
    [
        (HOUR, 70, True),
        (HOUR, 69, False),
        (4 * DAY, 90, True),
        (4 * DAY + 1, 90, False),
        (0, 100, False),
        (math.inf, 90, False),
        (None, 90, False),
    ],
)
def test_when_it_is_to_be_told_that_a_quota_is_used_up(left: float | None, used: int, *, found: bool) -> None:
    """Not of one that is used up already, which may be meant to be."""
    limit = Limit(resource="requests.storage", hard=100, used=used)
    prospect = Prospect(central=None if left is None else NOW + left)
    assert (quota_full_soon(limit, prospect, NOW) is not None) is found


@pytest.mark.parametrize(
    ("left", "shrank", "found"),
    [
        (-HOUR, True, True),
        (0, True, True),
        (7 * DAY, True, True),
        (7 * DAY + 1, True, False),
        (0, False, False),
        (math.inf, True, False),
    ],
)
def test_when_it_is_to_be_told_that_a_pool_is_full(left: float, *, shrank: bool, found: bool) -> None:
    """Not of one of which no less is free than before, as of a zone without storage."""
    judged = PoolJudgement(
        storage_class="fast",
        topology="",
        available=None,
        maximum=None,
        prospect=Prospect(central=NOW + left),
        shrank=shrank,
    )
    assert (pool_full_soon(judged, NOW) is not None) is found


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        ([storage_class()], None),
        ([storage_class("other")], "class-missing"),
        ([storage_class(expands=None)], "class-forbids"),
        ([storage_class(), pool(available="1Gi", largest="10Gi")], "maximum-size"),
        ([storage_class(), pool(available="1Gi", largest="8Gi")], "maximum-size"),
        ([storage_class(), pool(available="1Gi", largest="11Gi")], None),
        ([storage_class(), pool("one", "1Gi", "8Gi"), pool("two", "1Gi", "16Ti")], None),
        ([storage_class(), pool(available="1Gi", largest="1Gi")], None),
        ([storage_class(), pool(available="11Gi", largest="9Gi")], None),
        ([storage_class(), pool(available=None, largest="9Gi")], None),
        ([storage_class(), pool(available="1Gi", largest="8Gi", storageClassName="other")], None),
        ([storage_class(), quota({TOTAL: "100Gi"}, {TOTAL: "100Gi"})], "quota"),
        ([storage_class(), quota({TOTAL: "100Gi"}, {TOTAL: "120Gi"})], "quota"),
        ([storage_class(), quota({FAST: "10Gi"}, {FAST: "10Gi"})], "quota"),
        ([storage_class(), quota({TOTAL: "100Gi"}, {TOTAL: "99Gi"})], None),
        ([storage_class(), quota({TOTAL: "100Gi"}, {TOTAL: "102399Mi"})], "quota"),
        ([storage_class(), quota({SLOW: "10Gi"}, {SLOW: "10Gi"})], None),
        ([storage_class(), quota({TOTAL: "1Gi"}, {})], None),
        ([storage_class(), quota({TOTAL: "1Gi"}, {TOTAL: "1Gi"}, "other/team")], None),
        ([storage_class(), quota({TOTAL: "1Gi"}, {TOTAL: "1Gi"}, spec={"scopes": ["Terminating"]})], None),
        ([storage_class(expands=None), quota({TOTAL: "1Gi"}, {TOTAL: "1Gi"})], "class-forbids"),
    ],
    ids=[
        "nothing is in its way",
        "no such class",
        "the class does not say that it allows it",
        "as large as the largest volume",
        "larger than the largest volume",
        "a little smaller than the largest volume",
        "one pool of the class makes larger ones",
        "the largest volume is only what is free now",
        "the largest volume is the largest part of what is free now",
        "nobody tells what is free beside the largest volume",
        "the limit of another class",
        "the quota is used up",
        "the quota was lowered",
        "the quota of its class is used up",
        "the quota leaves a tenth of its size",
        "the quota leaves less than a tenth of its size",
        "the quota of another class",
        "nobody counted what the quota has left",
        "the quota of another namespace",
        "the quota is for some objects only",
        "the first reason counts",
    ],
)
def test_why_a_claim_cannot_grow(others: list[dict[str, Any]], reason: str | None) -> None:
    """A claim of 10 GiB and of the class fast."""
    assert reasons(World(claim(), *others)) == ({"shop/data": reason} if reason else {})


def test_a_claim_of_no_class_cannot_grow() -> None:
    """Only volumes that a class made can grow, whatever the default class says."""
    by_hand = claim("shop/by-hand", spec={"storageClassName": ""})
    unsaid = claim("shop/unsaid", spec={"storageClassName": None})
    assert reasons(World(by_hand, unsaid, storage_class())) == {
        "shop/by-hand": "no-class",
        "shop/unsaid": "no-class",
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"status": {"phase": "Pending", "capacity": None}},
        {"status": {"phase": "Lost"}},
        {"metadata": {"deletionTimestamp": "2026-11-21T11:00:00Z"}},
    ],
)
def test_what_has_no_volume_or_goes_need_not_grow(fields: dict[str, Any]) -> None:
    assert reasons(World(claim(**fields), storage_class(expands=False))) == {}


def test_a_class_that_cannot_be_seen_is_not_missing() -> None:
    """Where classes are denied to us, what else is in the way is told all the same."""
    denied: dict[tuple[str, str], FeedState] = {("core", "StorageClass"): "forbidden"}
    used_up = quota({TOTAL: "1Gi"}, {TOTAL: "1Gi"})
    assert reasons(World(claim(), states=denied)) == {}
    assert reasons(World(claim(), used_up, states=denied)) == {"shop/data": "quota"}


def test_classes_that_come_into_sight_are_looked_at() -> None:
    """A claim of which nothing was said before is judged again."""
    world = World(claim(), states={("core", "StorageClass"): "forbidden"})
    (feed,) = [feed for feed in world.feeds() if feed.id == ("core", "StorageClass")]
    world.engine.state(feed, "up", "", world.now)
    world.judge()
    assert reasons(world) == {"shop/data": "class-missing"}


@pytest.mark.parametrize(
    ("change", "undone"),
    [
        (storage_class(expands=False), storage_class()),
        (quota({TOTAL: "1Gi"}, {TOTAL: "1Gi"}), quota({TOTAL: "9Gi"}, {TOTAL: "1Gi"})),
        (pool(available="1Mi", largest="1Gi"), pool(available="1Mi", largest="1Ti")),
    ],
    ids=["class", "quota", "pool"],
)
def test_a_change_reaches_the_claims_concerned(change: dict[str, Any], undone: dict[str, Any]) -> None:
    world = World(claim(), storage_class())
    told = []
    for document in (change, undone, change):
        world.put(document)
        world.judge()
        told.append(len(reasons(world)))
    if change["kind"] != "StorageClass":
        world.drop(change)
        world.judge()
        told.append(len(reasons(world)))
    assert told == [1, 0, 1, 0][: len(told)]


def test_a_pool_that_moves_judges_no_claim() -> None:
    """Free space moves every minute, and classes may have thousands of claims."""
    world = World(claim(), storage_class(), pool(available="2Ti", largest="16Ti"))
    before = world.engine.judged
    world.put(pool(available="3Ti", largest="16Ti"))
    world.judge()
    assert world.engine.judged == before + 1


@pytest.mark.parametrize("kind", ["ResourceQuota", "CSIStorageCapacity"])
def test_kinds_that_are_denied_blind_nobody(kind: str) -> None:
    """A claim is as protected, and as much an orphan, as it was."""
    families = ("pvc_protection_state", "pvc_orphaned", "pvc_phase", "pvc_not_expandable")
    seen, denied = World(claim()), World(claim(), states={("core", kind): "forbidden"})
    assert seen.rows(*families)
    assert denied.rows(*families) == seen.rows(*families)
    assert not denied.engine.sight.blind
