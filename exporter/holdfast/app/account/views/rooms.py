"""Quotas and pools of which nothing is left soon, soonest first."""

from collections.abc import Iterator

from holdfast.app.account.views.sentences import full_sentence
from holdfast.app.engine import Engine
from holdfast.assessment.capacity import pool_full_soon, quota_full_soon
from holdfast.http.parts import TodoItem
from holdfast.model.capacity import Limit, PoolJudgement, QuotaJudgement
from holdfast.model.filling import Prospect
from holdfast.model.identity import POOL, QUOTA
from holdfast.model.usage import share

_Item = tuple[float, TodoItem]


def quotas_full_soon(engine: Engine, now: float) -> list[TodoItem]:
    """One for each limit."""
    return _in_order(
        item
        for quota in engine.judgements(QUOTA)
        if isinstance(quota, QuotaJudgement)
        for item in _of_quota(quota, now)
    )


def pools_full_soon(engine: Engine, now: float) -> list[TodoItem]:
    judged = (pool for pool in engine.judgements(POOL) if isinstance(pool, PoolJudgement))
    return _in_order(item for pool in judged for item in _of_pool(pool, now))


def _in_order(items: Iterator[_Item]) -> list[TodoItem]:
    return [item for _, item in sorted(items, key=lambda each: (each[0], each[1].namespace, each[1].name))]


def _of_quota(quota: QuotaJudgement, now: float) -> Iterator[_Item]:
    for limit, prospect in quota.prospects:
        full = quota_full_soon(limit, prospect, now)
        if full is not None:
            said = f"{_said(full, prospect, now)}; {_taken(limit)}"
            yield full, _item("ResourceQuota", quota.namespace, quota.name, said)


def _of_pool(pool: PoolJudgement, now: float) -> Iterator[_Item]:
    full = pool_full_soon(pool, now)
    if full is not None:
        name = f"{pool.storage_class} on {pool.topology}" if pool.topology else pool.storage_class
        then = "then no volume can be made of it" if full > now else "no volume can be made of it"
        yield full, _item("pool", "", name, f"{_said(full, pool.prospect, now)}; {then}")


def _said(full: float, prospect: Prospect | None, now: float) -> str:
    return full_sentence(full, now, early=prospect.early if prospect else None, likely="", fixed="")


def _taken(limit: Limit) -> str:
    of_class = f" of class {limit.storage_class}" if limit.storage_class else ""
    return f"{100 * (share(limit.used, limit.hard) or 0.0):.0f} % of {limit.resource}{of_class} are taken"


def _item(kind: str, namespace: str, name: str, sentence: str) -> TodoItem:
    return TodoItem(kind=kind, namespace=namespace, name=name, state="full-soon", sentence=sentence, link="")
