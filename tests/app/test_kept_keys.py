"""Under which keys usage is kept, and how shared spaces are named: two different things never go by one."""

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from holdfast.app.gauging import kept_as
from holdfast.assessment.capacity import POOL_KEYS, QUOTA_KEYS, measure_quota, pool_key
from holdfast.assessment.sharing import Candidate, Scope, shared_spaces
from holdfast.model.capacity import Limit, QuotaJudgement
from holdfast.model.identity import ClaimRef
from tests.assessment.checks.survey_cases import claim

UID = "8f14e45f-ceea-467f-a3c5-2b1e6c8d9f01"
NAMES = st.text(alphabet="ab/%#2F", max_size=4)
THINGS = st.one_of(
    st.tuples(st.just("uid"), NAMES.filter(bool)),
    st.tuples(st.just("claim"), NAMES, NAMES),
    st.tuples(st.just("pool"), NAMES, NAMES),
    st.tuples(st.just("quota"), NAMES, NAMES, NAMES),
)
Thing = tuple[str, ...]


def key_of(thing: Thing) -> str:
    what, *parts = thing
    if what == "uid":
        return kept_as(claim(uid=parts[0]))
    if what == "claim":
        return kept_as(msgspec.structs.replace(claim(uid=""), ref=ClaimRef(*parts)))
    if what == "pool":
        return pool_key(*parts)
    namespace, name, storage_class = parts
    limit = Limit(resource="requests.storage", storage_class=storage_class, hard=2, used=1)
    quota = QuotaJudgement(namespace=namespace, name=name, limits=(limit,), scoped=False)
    return measure_quota(quota)[0].key


@given(THINGS, THINGS)
def test_two_things_have_one_key_only_if_they_are_the_same(one: Thing, other: Thing) -> None:
    """Whatever names a dump has: a claim, one without a uid, a pool, a limit of a quota."""
    assert (key_of(one) == key_of(other)) is (one == other)


@given(THINGS)
def test_whose_key_it_is_shows_at_its_beginning(thing: Thing) -> None:
    """All quotas or pools are let rest by it."""
    key = key_of(thing)
    assert key.startswith(QUOTA_KEYS) is (thing[0] == "quota")
    assert key.startswith(POOL_KEYS) is (thing[0] == "pool")


def test_names_that_the_api_lets_be_stand_in_keys_as_they_are() -> None:
    """What was kept under them stays."""
    assert key_of(("uid", UID)) == UID
    assert (
        key_of(("pool", "fast", "topology.kubernetes.io/zone=a")) == "pool/fast/topology.kubernetes.io/zone=a"
    )
    assert key_of(("quota", "shop", "team", "fast")) == "quota/shop/team/fast/requests.storage"


def named(*claims: tuple[str, str, int]) -> dict[str, str]:
    """The space of each claim by its key, from (key, path, space): those of one space are always as full."""
    spaces = np.array([space for _, _, space in claims])
    levels = 1000.0 * (1 + spaces)[:, None] + np.arange(12.0) * (1 + spaces)[:, None] * 100
    hours = np.tile(np.arange(12.0), (len(claims), 1))
    candidates = [Candidate(key, Scope("nfs:filer", path, named=True)) for key, path, _ in claims]
    return dict(shared_spaces(candidates, hours, levels, np.full_like(levels, 100_000.0)))


def test_spaces_below_one_folder_are_numbered() -> None:
    assert named(("a", "/x/a", 0), ("b", "/x/b", 0), ("c", "/x/c", 1), ("d", "/x/d", 1)) == {
        "a": "nfs:filer:/x",
        "b": "nfs:filer:/x",
        "c": "nfs:filer:/x#2",
        "d": "nfs:filer:/x#2",
    }


def test_a_folder_that_is_named_like_a_numbered_space_is_another() -> None:
    """By its two claims below it, or by one that lies there and shares with nobody."""
    two = named(("a", "/x/a", 0), ("b", "/x/b", 0), ("c", "/x/c", 1), ("d", "/x/d", 1), ("e", "/x#2", 2))
    assert two["c"] == "nfs:filer:/x#3"
    three = named(
        ("a", "/x#2/a", 0), ("b", "/x#2/b", 0), *(("cdef"[n], f"/x/{n}", 1 + n // 2) for n in range(4))
    )
    assert len(set(three.values())) == 3


def test_a_space_is_not_named_like_the_folder_of_a_claim_that_is_not_in_it() -> None:
    """Who lies in the folder itself would count as one of those below it."""
    assert set(named(("a", "/x/a", 0), ("b", "/x/b", 0), ("c", "/x", 1)).values()) == {"nfs:filer:/x#2"}
    assert set(named(("a", "/x/a", 0), ("b", "/x", 0), ("c", "/y", 1)).values()) == {"nfs:filer:/x"}


PATHS = st.sampled_from(["/", "/x", "/x#2", "/x#3", "/x/a", "/x/b", "/x#2/a", "/x#2/b", "/y"])


@given(st.lists(st.tuples(PATHS, st.integers(0, 3)), min_size=2, max_size=9))
def test_claims_of_two_spaces_never_go_by_one_name(drawn: list[tuple[str, int]]) -> None:
    claims = [(f"uid-{number}", path, space) for number, (path, space) in enumerate(drawn)]
    names = named(*claims)
    owners: dict[str, int] = {}
    for key, path, space in claims:
        if key in names:
            assert owners.setdefault(names[key], space) == space
        else:
            assert f"nfs:filer:{path}" not in names.values()
