"""What room is left besides that of claims: quotas and pools of which nothing is left soon, soonest first."""

from collections.abc import Iterator

from holdfast.app.account.views.sentences import full_sentence
from holdfast.app.engine import Engine
from holdfast.http.parts import TodoItem
from holdfast.model.capacity import Limit, PoolJudgement, QuotaJudgement
from holdfast.model.filling import Prospect
from holdfast.model.identity import POOL, QUOTA
from holdfast.model.policy import BUILTIN_FULL_WITHIN
from holdfast.model.usage import share

_TAKEN = 0.7  # of a quota; below that its alert says nothing either


def rooms_full_soon(engine: Engine, now: float) -> list[TodoItem]:
    """Of which nothing is left is none of these: many quotas are meant to be used up, and many zones have no storage."""
    found = [*_quotas(engine, now), *_pools(engine, now)]
    found.sort(key=lambda each: each[0])  # stable: then by name
    return [item for _, item in found]


def _quotas(engine: Engine, now: float) -> Iterator[tuple[float, TodoItem]]:
    for quota in engine.judgements(QUOTA):
        if not isinstance(quota, QuotaJudgement):
            continue
        for limit, prospect in quota.prospects:
            taken = share(limit.used, limit.hard)
            if (
                prospect is not None
                and (full := _soon(prospect, now))
                and taken is not None
                and taken >= _TAKEN
            ):
                said = f"{_said(full, prospect, now)}; {_taken(limit, taken)}"
                yield full, _item("ResourceQuota", quota.namespace, quota.name, said)


def _pools(engine: Engine, now: float) -> Iterator[tuple[float, TodoItem]]:
    for pool in engine.judgements(POOL):
        if not isinstance(pool, PoolJudgement) or pool.prospect is None:
            continue
        if full := _soon(pool.prospect, now):
            name = f"{pool.storage_class} on {pool.topology}" if pool.topology else pool.storage_class
            said = f"{_said(full, pool.prospect, now)}; then no volume can be made of it"
            yield full, _item("CSIStorageCapacity", "", name, said)


def _soon(prospect: Prospect, now: float) -> float | None:
    """When it is full, where that is near and to come."""
    full = prospect.central
    return full if full is not None and 0 < full - now <= BUILTIN_FULL_WITHIN else None


def _said(full: float, prospect: Prospect, now: float) -> str:
    return full_sentence(full, now, early=prospect.early, likely="", fixed="")


def _taken(limit: Limit, taken: float) -> str:
    of_class = f" of class {limit.storage_class}" if limit.storage_class else ""
    return f"{100 * taken:.0f} % of {limit.resource}{of_class} are taken"


def _item(kind: str, namespace: str, name: str, sentence: str) -> TodoItem:
    return TodoItem(kind=kind, namespace=namespace, name=name, state="full-soon", sentence=sentence, link="")
