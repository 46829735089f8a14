"""What could be saved: filtered, summed by namespace and owner, and in pages. What is waste is found elsewhere."""

from collections.abc import Callable, Mapping

from holdfast.app.account.views.paging import keep, page_of
from holdfast.app.account.views.turns import FEW, Turns
from holdfast.app.account.waste import Found, costs_of, found_of, ordered, part_of, sums
from holdfast.app.engine import Engine
from holdfast.http.queries import NOTHING, Query
from holdfast.http.views import WasteView
from holdfast.model.account.telling import moment
from holdfast.model.cost import COSTED

_VALUES: Mapping[str, Callable[[Found], str]] = {
    "namespace": lambda found: found.row.namespace or NOTHING,
    "owner": lambda found: found.row.owner or NOTHING,
    "kind": lambda found: found.row.kind,
    "reason": lambda found: found.row.reason,
}


def waste_view(engine: Engine, query: Query, now: float) -> Turns[WasteView]:
    """Without prices nothing of it is judged."""
    prices = engine.policy.prices
    found = yield from _found(engine)
    kept = yield from keep(found, query, _VALUES, _text)
    passing = [found[place] for place in kept.places]
    arranged = sorted(passing, key=_ORDERS[query.sort.removeprefix("-")])
    if query.sort.startswith("-"):
        arranged.reverse()
    page = page_of(len(arranged), query)
    amounts = [each.amount for each in passing if each.amount is not None]
    currency = prices.currency if prices else ""
    return WasteView(
        now=moment(now),
        cluster=engine.policy.cluster,
        search=query.search,
        sort=query.sort,
        total=page.total,
        everything=len(found),
        page=page.number,
        pages=page.pages,
        per=page.per,
        facets=kept.facets,
        judged=prices is not None,
        priced=prices is not None,
        unpriced=len(passing) - len(amounts),
        monthly_cost=part_of(sum(amounts), currency) if amounts else None,
        by_namespace=sums(passing, _VALUES["namespace"], currency),
        by_owner=sums(passing, _VALUES["owner"], currency),
        rows=tuple(each.row for each in arranged[page.begin : page.end]),
    )


def _found(engine: Engine) -> Turns[list[Found]]:
    """Dearest first."""
    found: list[Found] = []
    for noun in COSTED:
        for place, judged in enumerate(costs_of(engine, noun)):
            if place % FEW == FEW - 1:
                yield
            if judged.waste is not None:
                found.append(found_of(COSTED[noun], judged, judged.waste, engine))
        yield
    return ordered(found)


def _text(found: Found) -> str:
    return f"{found.row.kind} {found.row.namespace}/{found.row.name}"


def _name(found: Found) -> tuple[str, ...]:
    return found.row.namespace, found.row.kind, found.row.name


_ORDERS: Mapping[str, Callable[[Found], tuple[object, ...]]] = {
    "cost": lambda _: (),  # they come so
    "name": _name,
    "age": lambda found: (
        found.row.since is None,
        found.row.since and found.row.since.timestamp(),
        *_name(found),
    ),
}
