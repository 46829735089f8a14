"""The core source: quotas and the free space of pools, as their objects tell them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.capacity import Limit, Pool, Quota, SizeLimit
from holdfast.sources.core.capacity import CLASS_SUFFIX, quota_key
from holdfast.sources.values import parse_quantity
from tests.sources.core_cases import FEEDS, fixture, minimal, read, read_one

GI = 2**30


def quota(hard: Any, used: Any = None, **spec: Any) -> Any:
    return minimal("ResourceQuota", spec=spec, status={"hard": hard, "used": used})


def capacity(**fields: Any) -> Any:
    return minimal("CSIStorageCapacity", storageClassName="fast", nodeTopology={}, **fields)


def pool_of(obj: Any) -> Pool | None:
    return next((record for record in read(obj) if isinstance(record, Pool)), None)


def test_quota() -> None:
    """A quota tells its limits on storage, in all and by class, with what is used of each; the rest is left."""
    assert read_one(fixture("storage-quota")) == Quota(
        namespace="shop",
        name="team",
        limits=(
            Limit(resource="limits.ephemeral-storage", hard=100 * GI, used=8 * GI),
            Limit(resource="persistentvolumeclaims", hard=20, used=9),
            Limit(resource="persistentvolumeclaims", storage_class="gp3", hard=10, used=7),
            Limit(resource="requests.ephemeral-storage", hard=50 * GI, used=2 * GI),
            Limit(resource="requests.storage", hard=500 * GI, used=322 * GI),
            Limit(resource="requests.storage", storage_class="gp3", hard=200 * GI, used=199 * GI),
            Limit(resource="requests.storage", storage_class="io2", hard=0, used=0),
        ),
    )


@pytest.mark.parametrize(
    "status",
    [{"hard": {}}, {"hard": None, "used": {}}, {"hard": {"pods": "3"}, "used": {"requests.storage": "1Gi"}}],
)
def test_quota_without_a_limit_on_storage(status: Any) -> None:
    """A quota on other things limits no storage, whatever its spec says that is not in force."""
    spec = {"hard": {"requests.storage": "1Gi"}}
    assert read(minimal("ResourceQuota", spec=spec, status=status)) == []


@pytest.mark.parametrize("status", [None, {}, {"hard": None}])
def test_quota_that_was_never_synchronised(status: Any) -> None:
    """What its spec asks for is told, and nothing of its use."""
    spec = {"hard": {"requests.storage": "1Gi"}}
    limits = read_one(minimal("ResourceQuota", spec=spec, status=status)).limits
    assert limits == (Limit(resource="requests.storage", hard=GI, used=None),)


@pytest.mark.parametrize("amount", [None, "", "much", "-1Gi", [], {}, True])
def test_amount_that_is_none(amount: Any) -> None:
    """An amount that cannot be read is unknown, not zero, and takes nothing else of the quota with it."""
    obj = quota({"requests.storage": amount, "persistentvolumeclaims": "3", "pods": amount}, {})
    assert read_one(obj).limits == (
        Limit(resource="persistentvolumeclaims", hard=3, used=None),
        Limit(resource="requests.storage", hard=None, used=None),
    )


def test_two_spellings_of_one_limit() -> None:
    """Where a limit stands under two keys, both are in force: the one that leaves less room counts."""
    hard = {"persistentvolumeclaims": "10", "count/persistentvolumeclaims": "8", "ephemeral-storage": "1Gi"}
    used = {"persistentvolumeclaims": "7", "count/persistentvolumeclaims": "7", "ephemeral-storage": "0"}
    assert read_one(quota(hard, used)).limits == (
        Limit(resource="persistentvolumeclaims", hard=8, used=7),
        Limit(resource="requests.ephemeral-storage", hard=GI, used=0),
    )


@pytest.mark.parametrize(
    "spec", [{"scopes": ["NotTerminating"]}, {"scopeSelector": {"matchExpressions": []}}]
)
def test_scoped_quota(spec: Any) -> None:
    """A quota may hold for some objects of its namespace only."""
    assert read_one(quota({"requests.storage": "1Gi"}, **spec)).scoped
    assert not read_one(quota({"requests.storage": "1Gi"}, scopes=None)).scoped


CLASS_NAMES = st.from_regex(r"[a-z0-9]([-a-z0-9.]{0,20}[a-z0-9])?", fullmatch=True)


@given(CLASS_NAMES, st.sampled_from(["requests.storage", "persistentvolumeclaims"]))
def test_a_key_of_a_class_names_it(name: str, resource: str) -> None:
    """The name of a class may hold dots, and even look like the key itself."""
    assert quota_key(f"{name}{CLASS_SUFFIX}{resource}") == (resource, name)
    twice = f"{name}{CLASS_SUFFIX.rstrip('/')}"
    assert quota_key(f"{twice}{CLASS_SUFFIX}{resource}") == (resource, twice)


@given(st.text() | st.builds(lambda a, b: f"{a}{CLASS_SUFFIX}{b}", st.text(), st.text()))
def test_any_other_key_is_no_storage(key: str) -> None:
    """What is not spelled as the API spells a limit on storage is passed over."""
    found = quota_key(key)
    if found is not None:
        resource, storage_class = found
        spelled = f"{storage_class}{CLASS_SUFFIX}{resource}" if storage_class else key
        assert key == spelled
        assert storage_class or CLASS_SUFFIX not in key


AMOUNTS = st.integers(0, 2**63 - 1) | st.from_regex(r"[0-9]{1,4}(\.[0-9])?(m|k|Ki|Gi|Ti)?", fullmatch=True)


@given(st.dictionaries(CLASS_NAMES, st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=4), st.randoms())
def test_every_class_has_its_own_limit_in_any_order(amounts: Any, chance: Any) -> None:
    """Each class's amounts are those under its own keys, however the keys are ordered."""
    keys = {f"{name}{CLASS_SUFFIX}requests.storage": pair for name, pair in amounts.items()}
    order = sorted(keys)
    chance.shuffle(order)
    record = read_one(quota({key: keys[key][0] for key in order}, {key: keys[key][1] for key in order}))
    assert [(limit.storage_class, limit.hard, limit.used) for limit in record.limits] == [
        (name, parse_quantity(hard), parse_quantity(used)) for name, (hard, used) in sorted(amounts.items())
    ]


def test_pool() -> None:
    """A pool tells for which nodes it is, what is free, and how large a volume may be."""
    assert read(fixture("storage-capacity")) == [
        Pool(
            namespace="storage-system",
            name="csisc-x7q2v",
            storage_class="gp3",
            topology="topology.kubernetes.io/region=eu-west-1,topology.kubernetes.io/zone=eu-west-1a",
            available=3 * 2**40,
            maximum=2**40,
        ),
    ]


def test_pool_of_an_old_cluster() -> None:
    """Before Kubernetes 1.24 there was only v1beta1, with the same fields."""
    assert FEEDS["CSIStorageCapacity"].resource.versions == ("v1", "v1beta1")
    assert read(dict(fixture("storage-capacity"), apiVersion="storage.k8s.io/v1beta1"))


@pytest.mark.parametrize("written", [None, "", "lots", "-1"])
def test_free_space_that_is_not_told(written: Any) -> None:
    """Space that the driver does not tell is unknown, and not used up."""
    pool = pool_of(capacity(capacity=written))
    assert pool
    assert pool.available is None
    full = pool_of(capacity(capacity="0"))
    assert full
    assert full.available == 0


@pytest.mark.parametrize(
    ("selector", "topology"),
    [
        ({}, ""),
        ({"matchLabels": None, "matchExpressions": None}, ""),
        ({"matchLabels": {"zone": "b", "rack": "7"}}, "rack=7,zone=b"),
        ({"matchExpressions": [{"key": "zone", "operator": "In", "values": ["b"]}]}, "zone=b"),
        ({"matchExpressions": [{"key": "zone", "operator": "In", "values": ["b", "a"]}]}, "zone=a|b"),
        ({"matchExpressions": [{"key": "zone", "operator": "NotIn", "values": ["b"]}]}, "zone!=b"),
        (
            {
                "matchExpressions": [
                    {"key": "b", "operator": "Exists"},
                    {"key": "a", "operator": "DoesNotExist"},
                ]
            },
            "!a,b",
        ),
    ],
)
def test_topology(selector: Any, topology: str) -> None:
    """The nodes of a pool, spelled the same way whatever the order in the object; empty where it is for all."""
    pool = pool_of(capacity() | {"nodeTopology": selector})
    assert pool
    assert pool.topology == topology


@pytest.mark.parametrize(
    "selector",
    [
        None,
        {"matchExpressions": [{"key": "zone", "operator": "Near", "values": ["b"]}]},
        {"matchExpressions": [{"key": "zone", "operator": "In", "values": []}]},
        {"matchExpressions": [{"operator": "Exists"}]},
    ],
)
def test_space_for_no_node(selector: Any) -> None:
    """Without a selector that selects, no node can have a volume of it: it is no pool."""
    assert read(capacity(capacity="1Ti") | {"nodeTopology": selector}) == []


def test_space_of_no_class() -> None:
    assert read(capacity() | {"storageClassName": ""}) == []


@pytest.mark.parametrize(
    ("free", "maximum", "limits"),
    [
        ("1Ti", "1Ti", []),
        ("1Ti", None, []),
        ("1Ti", "16Ti", [2**44]),
        ("1Ti", "1Gi", []),
        (None, "1Gi", []),
        ("0", "1Gi", [GI]),
    ],
)
def test_largest_volume(free: Any, maximum: Any, limits: list[int]) -> None:
    """A largest volume that may be just a part of the free space limits nothing that stands already."""
    records = read(capacity(capacity=free, maximumVolumeSize=maximum))
    assert [record.size for record in records if isinstance(record, SizeLimit)] == limits


def test_rights() -> None:
    """Both kinds are read in namespaces, and need no right but to list and watch them."""
    for kind, plural in (("ResourceQuota", "resourcequotas"), ("CSIStorageCapacity", "csistoragecapacities")):
        assert FEEDS[kind].resource.plural == plural
        assert FEEDS[kind].resource.namespaced
