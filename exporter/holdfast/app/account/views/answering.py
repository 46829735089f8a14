"""From what is asked to the view that answers it."""

from collections.abc import Mapping
from typing import Final, Protocol

from holdfast.app.account.views.checklist import checklist_view
from holdfast.app.account.views.claims import claims_view
from holdfast.app.account.views.compliance import compliance_view
from holdfast.app.account.views.findings import findings_view
from holdfast.app.account.views.overview import overview_view
from holdfast.app.account.views.register import Register
from holdfast.app.account.views.schedules import schedules_view
from holdfast.app.account.views.sources import sources_view
from holdfast.app.account.views.story import story_view
from holdfast.app.account.views.turns import Turns
from holdfast.app.account.views.waste import waste_view
from holdfast.app.engine import Engine
from holdfast.http.queries import Query
from holdfast.http.views import View
from holdfast.model.identity import ClaimRef


class Views:
    """All views of one engine. It is to hear of every change: ``engine.changed = views.changed``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._register = Register(engine)
        self.changed = self._register.changed

    def answer(self, path: tuple[str, ...], query: Query, now: float) -> Turns[View | None]:
        """None where there is no such claim, or nothing stands at this path."""
        if len(path) == 3 and path[0] == "claims":
            return (yield from story_view(self._engine, ClaimRef(*path[1:]), now))
        make = _VIEWS.get(path[0]) if len(path) == 1 else None
        if make is None:
            return None
        yield from self._register.catch_up()
        return (yield from make(self, query, now))

    def overview(self, _: Query, now: float) -> Turns[View]:
        return (yield from overview_view(self._engine, self._register, now))

    def claims(self, query: Query, now: float) -> Turns[View]:
        yield
        return claims_view(self._engine, self._register, query, now)

    def schedules(self, query: Query, now: float) -> Turns[View]:
        return (yield from schedules_view(self._engine, self._register, query, now))

    def sources(self, _: Query, now: float) -> Turns[View]:
        yield
        return sources_view(self._engine, now)

    def findings(self, query: Query, now: float) -> Turns[View]:
        return (yield from findings_view(self._engine, self._register, query, now))

    def checklist(self, query: Query, now: float) -> Turns[View]:
        return (yield from checklist_view(self._engine, query, now))

    def compliance(self, query: Query, now: float) -> Turns[View]:
        return (yield from compliance_view(self._engine, self._register, query, now))

    def waste(self, query: Query, now: float) -> Turns[View]:
        return (yield from waste_view(self._engine, query, now))


class _Make(Protocol):
    def __call__(self, views: Views, query: Query, now: float, /) -> Turns[View]: ...


_VIEWS: Final[Mapping[str, _Make]] = {
    "overview": Views.overview,
    "claims": Views.claims,
    "schedules": Views.schedules,
    "sources": Views.sources,
    "findings": Views.findings,
    "checklist": Views.checklist,
    "compliance": Views.compliance,
    "waste": Views.waste,
}
