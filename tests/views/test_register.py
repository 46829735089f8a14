"""The register of claims: whatever happens in whatever order, it holds what one made anew would hold."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.app.account.views.answering import Views
from holdfast.app.account.views.register import Register
from holdfast.app.account.views.vocabulary import Vocabulary
from holdfast.app.engine import Engine
from holdfast.model.check import CHECKS
from holdfast.model.identity import ObjectKey
from holdfast.model.policy import Policy
from tests.report.scenery import (
    LAST_NIGHT,
    NOW,
    backup,
    claim,
    engine_of,
    feed_of,
    file_copy,
    gauged,
    location,
    obj,
    pod,
    put,
    usage,
    velero_schedule,
)
from tests.views.asking import facet, view

CLAIMS = feed_of("core", "PersistentVolumeClaim")
NAMES = ("a/one", "a/two", "b/one", "b/three", "c/<i>")
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(NAMES), st.sampled_from(["gone", "", "team-x", "team-y", "exempt"]), st.booleans()
    ),
    max_size=12,
)


def happen(engine: Engine, name: str, what: str) -> None:
    namespace, _, short = name.partition("/")
    if what == "gone":
        engine.drop(CLAIMS, ObjectKey(namespace, short))
        return
    annotations = {"exempt": "built anew"} if what == "exempt" else {"owner": what} if what else {}
    put(engine, CLAIMS, claim(name, annotations=annotations))


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(EVENTS)
def test_what_is_kept_up_is_what_would_be_made_anew(events: list[tuple[str, str, bool]]) -> None:
    engine = engine_of()
    views = Views(engine)
    engine.changed = views.changed
    for name, what, look in events:
        happen(engine, name, what)
        engine.judge(NOW)
        if look:
            view(engine, "claims", views=views)
    for asked in ("claims?sort=name", "claims", "claims?owner=team-x", "compliance"):
        assert view(engine, asked, views=views) == view(engine, asked)


def test_use_and_forecasts_that_come_later_are_taken_in() -> None:
    engine = engine_of(claim("shop/orders"), pod("shop/web", "orders"))
    views = Views(engine)
    engine.changed = views.changed
    assert view(engine, "claims?filling=full-soon", views=views).total == 0
    gauged(engine, *usage(now=99.5))
    assert view(engine, "claims?filling=full-soon", views=views).total == 1


def test_rows_of_claims_that_went_are_given_again() -> None:
    engine = engine_of(*(claim(f"a/{number}") for number in range(20)))
    register = caught_up(Register(engine))
    engine.changed = register.changed
    for number in range(20):
        happen(engine, f"a/{number}", "gone")
        happen(engine, f"b-{number}/{number}", f"owner-{number}")
        engine.judge(NOW)
        for _ in register.catch_up():
            pass
    assert (len(register), len(register.refs)) == (20, 20)
    assert np.count_nonzero(register.table["alive"]) == 20


def test_claims_that_came_and_went_while_nobody_asked_leave_nothing_behind() -> None:
    """A builder of throw-away claims, and a page that nobody opens."""
    engine = engine_of(claim("a/kept"))
    register = Register(engine)
    engine.changed = register.changed
    for number in range(20):
        put(engine, CLAIMS, claim(f"ci/{number}"))
        engine.judge(NOW)
        engine.drop(CLAIMS, ObjectKey("ci", f"{number}"))
        engine.judge(NOW)
    assert register.due == 1
    assert len(caught_up(register)) == 1


def test_a_row_tells_what_surveys_find_and_no_longer_find() -> None:
    """The finding goes with what it is found by, also on the row that another claim is given."""
    engine, views = in_one_place("shop/orders", "shop/cache")
    assert facet(view(engine, "claims", views=views), "finding") == {"one-location": 2}
    put(engine, CLAIMS, claim("shop/orders", annotations=EXEMPT))
    engine.judge(NOW)
    answer = view(engine, "claims?sort=findings", views=views)
    assert [(row.name, row.findings) for row in answer.rows] == [("cache", 1), ("orders", 0)]
    engine.drop(CLAIMS, ObjectKey("shop", "cache"))
    put(engine, CLAIMS, claim("shop/later", annotations=EXEMPT))
    engine.judge(NOW)
    assert [row.findings for row in view(engine, "claims?sort=name", views=views).rows] == [0, 0]
    assert view(engine, "claims?finding=one-location", views=views).total == 0


def test_what_surveys_find_is_read_once_and_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, _ = in_one_place(*(f"shop/{number}" for number in range(40)))
    register = Register(engine)
    engine.changed = register.changed
    monkeypatch.setattr("holdfast.app.account.views.register._SLICE", 0.0)
    monkeypatch.setattr("holdfast.app.account.views.register._MANY", 8)
    caught_up(register)
    put(engine, CLAIMS, claim("shop/0", annotations=EXEMPT))
    engine.judge(NOW)
    assert len(list(register.catch_up())) >= 4
    assert np.count_nonzero(register.table["surveyed"]) == 39
    assert list(register.catch_up()) == []


def in_one_place(*names: str) -> tuple[Engine, Views]:
    """Claims whose copies all lie where the nodes are, which only looking at the whole cluster finds."""
    region = {"topology.kubernetes.io/region": "north"}
    place = location()
    place["spec"]["config"] = {"region": "north"}
    objects = [obj("v1", "Node", "n1", labels=region), place, velero_schedule("nightly", ["shop"])]
    for name in names:
        objects += [claim(name, annotations=DECLARED), file_copy(name, "n1", LAST_NIGHT)]
    engine = engine_of(
        *objects,
        backup("n1", LAST_NIGHT, ["shop"]),
        policy=Policy(checks_off=frozenset(CHECKS) - {"one-location"}),
    )
    views = Views(engine)
    engine.changed = views.changed
    return engine, views


DECLARED = {"rpo": "26h"}
EXEMPT = {"exempt": "built anew"}


def caught_up(register: Register) -> Register:
    for _ in register.catch_up():
        pass
    return register


def test_a_word_has_its_number_as_long_as_somebody_uses_it() -> None:
    words = Vocabulary()
    first, again, other = words.take("gold"), words.take("gold"), words.take("silver")
    assert first == again != other
    words.release(first)
    assert words.numbers(["gold", "bronze"]) == [first]
    words.release(first)
    assert (words.numbers(["gold"]), words.take("bronze"), len(words)) == ([], first, 2)
    assert words.word(first) == "bronze"


def test_a_row_is_small() -> None:
    """With its name, its place in the order and in the table a claim takes well below a kibibyte."""
    assert Register(engine_of()).table.itemsize <= 128
