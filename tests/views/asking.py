"""How tests ask for views: an engine and a query string in, the struct out, all turns taken at once."""

from typing import Any

from multidict import MultiDict
from yarl import URL

from holdfast.app.account.views.answering import Views
from holdfast.app.account.views.turns import all_at_once
from holdfast.app.engine import Engine
from holdfast.http.queries import read_query
from tests.report.scenery import NOW


def view(engine: Engine, asked: str, *, views: Views | None = None, now: float = NOW) -> Any:
    """``asked`` is a path below the root with its query string, such as ``claims?state=late``."""
    url = URL(f"/{asked}")
    path = tuple(url.path.strip("/").split("/"))
    form = "claim" if len(path) == 3 else path[0]
    query = read_query(form, MultiDict(url.query))
    return all_at_once((views or Views(engine)).answer(path, query, now))


def names(answer: Any) -> list[str]:
    return [f"{row.namespace}/{row.name}" for row in answer.rows]


def facet(answer: Any, key: str) -> dict[str, int]:
    (found,) = (each for each in answer.facets if each.key == key)
    return {value.value: value.count for value in found.values}
