"""The go-live checklist, as it was judged, by namespace."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from holdfast.app.account.views.paging import keep, page_of
from holdfast.app.account.views.turns import FEW, Turns
from holdfast.app.engine import Engine
from holdfast.http.queries import Query
from holdfast.http.views import ChecklistObject, ChecklistRow, ChecklistStanding, ChecklistView, StateCount
from holdfast.model.account.telling import moment
from holdfast.model.checklist import ITEM_STATES, ITEMS, ChecklistJudgement
from holdfast.model.identity import CLAIM, ClaimRef, ObjectRef, Subject
from holdfast.model.judgement import ClaimJudgement

_FEW = 20  # namespaces of which a turn tells
_MANY = 2000  # findings of which a turn looks at so many
_CLAIM_KIND = "PersistentVolumeClaim"

_Whys = Mapping[tuple[str, ObjectRef], str]


def checklist_view(engine: Engine, query: Query, now: float) -> Turns[ChecklistView]:
    """Where only sums are asked for, namespaces to which nothing applies are left out."""
    judged = dict(engine.surveys.checklists.judged)
    standings = yield from _standings(judged)
    if query.sums:
        standings = [each for each in standings if each.fails or each.unknown or each.passes]
    kept = yield from keep(standings, query, _VALUES, lambda each: each.namespace)
    passing = [standings[place] for place in kept.places]
    if query.sort.removeprefix("-") == "worst":
        passing.sort(key=lambda each: (-len(each.fails), -each.unknown))  # stable: then by name
    if query.sort.startswith("-"):
        passing.reverse()
    page = page_of(len(passing), query)
    shown = passing[page.begin : page.end]
    names = [] if query.sums else [each.namespace for each in shown]
    counts = yield from _counted(judged[each.namespace] for each in passing)
    rows = yield from _all_rows(engine, [judged[name] for name in names])
    return ChecklistView(
        now=moment(now),
        cluster=engine.policy.cluster,
        search=query.search,
        sort=query.sort,
        total=page.total,
        everything=len(standings),
        page=page.number,
        pages=page.pages,
        per=page.per,
        facets=kept.facets,
        judged=bool(judged),
        chosen=query.chosen.get("namespace", ()),
        namespaces=tuple(sorted(judged)),
        states=tuple(StateCount(state=state, count=counts[state]) for state in ITEM_STATES),
        standings=tuple(shown),
        rows=tuple(rows),
    )


_VALUES: Mapping[str, Callable[[ChecklistStanding], str]] = {"namespace": lambda each: each.namespace}


def _standings(judged: Mapping[str, ChecklistJudgement]) -> Turns[list[ChecklistStanding]]:
    """Of all namespaces, by name."""
    found: list[ChecklistStanding] = []
    names = sorted(judged)
    for begin in range(0, len(names), FEW):
        found += [_standing(judged[name]) for name in names[begin : begin + FEW]]
        yield
    return found


def _standing(judged: ChecklistJudgement) -> ChecklistStanding:
    states = [item.state for item in judged.items]
    return ChecklistStanding(
        namespace=judged.namespace,
        fails=tuple(item.item for item in judged.items if item.state == "fail"),
        unknown=states.count("unknown"),
        passes=states.count("pass"),
    )


def _counted(judged: Iterable[ChecklistJudgement]) -> Turns[Counter[str]]:
    """How many items are in each state."""
    counts: Counter[str] = Counter()
    for place, each in enumerate(judged):
        if place % FEW == FEW - 1:
            yield
        counts.update(item.state for item in each.items)
    return counts


def _all_rows(engine: Engine, judged: Sequence[ChecklistJudgement]) -> Turns[list[ChecklistRow]]:
    rows: list[ChecklistRow] = []
    if judged:
        whys = yield from _whys(engine, {each.namespace for each in judged})
        for begin in range(0, len(judged), _FEW):
            for each in judged[begin : begin + _FEW]:
                rows += _rows(engine, each, whys)
            yield
    return rows


def _whys(engine: Engine, names: Collection[str]) -> Turns[_Whys]:
    """What surveys say of objects of these namespaces, and of those that are in none."""
    whys: dict[tuple[str, ObjectRef], str] = {}
    findings = list(engine.surveys.findings)
    for begin in range(0, len(findings), _MANY):
        for finding in findings[begin : begin + _MANY]:
            if not finding.on.namespace or finding.on.namespace in names:
                whys[finding.check, finding.on] = finding.why
        yield
    return whys


def _rows(engine: Engine, judged: ChecklistJudgement, whys: _Whys) -> Iterator[ChecklistRow]:
    for item in judged.items:
        checks = ITEMS[item.item].checks
        yield ChecklistRow(
            namespace=judged.namespace,
            item=item.item,
            title=ITEMS[item.item].title,
            state=item.state,
            reasons=item.reasons,
            objects=tuple(_object(engine, ref, checks, whys) for ref in item.objects),
        )


def _object(engine: Engine, ref: ObjectRef, checks: Sequence[str], whys: _Whys) -> ChecklistObject:
    found = [whys[check, ref] for check in checks if (check, ref) in whys]
    if ref.kind == _CLAIM_KIND:
        claim = engine.judgement(Subject(CLAIM, ClaimRef(ref.namespace, ref.name)))
        findings = claim.findings if isinstance(claim, ClaimJudgement) else ()
        found += [finding.why for finding in findings if finding.check in checks]
    return ChecklistObject(kind=ref.kind, namespace=ref.namespace, name=ref.name, why="; ".join(found))
