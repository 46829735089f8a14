"""The bench of views: it asks for every view, and what it asks is answered. Nothing is timed."""

import pytest

from bench.scale.fleet import Fleet
from bench.views.__main__ import Asked, _asks, _filled, _kept, _measure
from holdfast.app.account.views.answering import Views
from holdfast.http.queries import FORMS

FLEET = Fleet(claims=30, pods=40)
ASKED = tuple(_asks(FLEET))


@pytest.fixture(scope="module")
def filled() -> tuple[Views, float]:
    engine, now = _filled(FLEET)
    assert _kept(engine) > 0
    return Views(engine), now


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.name)
def test_what_is_asked_is_answered(filled: tuple[Views, float], asked: Asked) -> None:
    views, now = filled
    took = _measure(views, asked, now)
    assert took.size > 300
    assert 0 < took.longest <= took.whole


def test_every_view_is_asked_for() -> None:
    assert {asked.form for asked in ASKED} == set(FORMS)
