"""The command ``checklist``: prints how each namespace stands on the go-live checklist. Nothing is judged here."""

import difflib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console

from holdfast.app.look import Look, Origin
from holdfast.assessment.checks.naming import first_of
from holdfast.cli.arguments import (
    CONFIG,
    CONTEXT,
    FROM,
    HISTORY,
    KUBECONFIG,
    LOG_FORMAT,
    LOG_LEVEL,
    NOW,
    refuse_unknown,
    set_up_logging,
)
from holdfast.cli.markdown import escaped
from holdfast.cli.paint import COLOURS, QUIET, TITLE, Part, tell
from holdfast.cli.running import end, fail, refuse_empty, settings_of, take_look
from holdfast.model.account.telling import moment
from holdfast.model.checklist import ITEMS, ItemJudgement, ItemState

_FORMATS = ("table", "json", "markdown")
_MOST_NAMED = 10  # namespaces, where the one that was asked for is not known

_STATES: Final[Mapping[ItemState, tuple[str, str]]] = {
    "fail": ("fail", COLOURS["unprotected"]),
    "unknown": ("unknown", COLOURS["unknown"]),
    "pass": ("pass", COLOURS["protected"]),
    "not_applicable": ("not applicable", COLOURS["exempt"]),
}
"""The word and the colour of each, in the order in which a reader wants them."""

_WIDE = max(len(word) for word, _ in _STATES.values())
_ITEM_WIDE = max(map(len, ITEMS))

Lists = Mapping[str, Sequence[ItemJudgement]]
"""The items of each namespace."""


class ChecklistLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One element of the list that ``--format json`` prints."""

    namespace: str
    item: str
    state: ItemState
    reasons: tuple[str, ...]


def checklist(  # noqa: PLR0913 - one parameter a flag
    folder: FROM = None,
    namespace: Annotated[
        str | None, typer.Option("--namespace", metavar="NAME", help="Only this namespace.")
    ] = None,
    output: Annotated[str, typer.Option("--format", metavar="FORMAT", help=", ".join(_FORMATS))] = "table",
    config: CONFIG = None,
    kubeconfig: KUBECONFIG = None,
    context: CONTEXT = None,
    history: HISTORY = None,
    now: NOW = None,
    log_level: LOG_LEVEL = "warning",
    log_format: LOG_FORMAT = "text",
) -> None:
    """Print the go-live checklist of each namespace, what fails first. Ends with 0 whatever fails."""
    set_up_logging(log_level, log_format)
    refuse_unknown(output, "format", _FORMATS, "--format")
    origin = Origin(folder=folder, kubeconfig=kubeconfig, context=context, history=history)
    taken = take_look(settings_of(config), origin, now)
    refuse_empty(taken, folder)
    lists = _chosen(taken, namespace)
    if output == "json":
        print(msgspec.json.encode(list(_lines(lists))).decode())
    elif output == "markdown":
        print("\n".join(_markdown(lists, taken)))
    else:
        _print(lists, taken, Console())
    end(taken)


def _chosen(taken: Look, namespace: str | None) -> Lists:
    judged = taken.engine.surveys.checklists.judged
    if namespace is None:
        return {name: judged[name].items for name in sorted(judged)}
    if namespace not in judged:
        fail(f"{namespace}: no such namespace is known; {_instead(namespace, judged)}")
    return {namespace: judged[namespace].items}


def _instead(namespace: str, known: Collection[str]) -> str:
    if not known:
        return "there is none that could be judged"
    if near := difflib.get_close_matches(namespace, sorted(known), n=3):
        return f"did you mean {' or '.join(near)}?"
    return f"known are {first_of(sorted(known), _MOST_NAMED)}"


def _lines(lists: Lists) -> Iterator[ChecklistLine]:
    for name, items in lists.items():
        for item in items:
            yield ChecklistLine(namespace=name, item=item.item, state=item.state, reasons=item.reasons)


# ---- for a person


def _print(lists: Lists, taken: Look, console: Console) -> None:
    tell(console, (_where(taken), QUIET))
    tell(console, (_headline(lists), TITLE))
    for name, items in lists.items():
        console.print()
        tell(console, (name, TITLE), ": ", *_counted(items))
        if idle := _idle(items):
            tell(console, (idle, QUIET), indent=2)
            continue
        for item in _worst_first(items):
            word, colour = _STATES[item.state]
            title = (ITEMS[item.item].title, QUIET)
            tell(console, (f"{word:<{_WIDE}}  ", colour), f"{item.item:<{_ITEM_WIDE}}  ", title, indent=2)
            for reason in item.reasons:
                tell(console, reason, indent=6)


def _where(taken: Look) -> str:
    cluster = taken.engine.policy.cluster
    return f"{moment(taken.now):%Y-%m-%d %H:%M:%S}Z" + (f" in {cluster}" if cluster else "")


def _headline(lists: Lists) -> str:
    if not lists:
        return "There is no namespace that could be judged."
    states = [{item.state for item in items} for items in lists.values()]
    failing = sum("fail" in each for each in states)
    unsure = sum("fail" not in each and "unknown" in each for each in states)
    passing = sum("pass" in each and not each & {"fail", "unknown"} for each in states)
    told = f"Go-live checklist of {len(lists)} namespace" + ("" if len(lists) == 1 else "s")
    told += f": {failing} with failures, {unsure} with unknowns alone, {passing} ready"
    idle = len(lists) - failing - unsure - passing
    return told + (f", {idle} with nothing to ask" if idle else "")


def _counted(items: Sequence[ItemJudgement]) -> Iterator[Part]:
    counts = Counter(item.state for item in items)
    present = [state for state in _STATES if counts[state]]
    for place, state in enumerate(present):
        word, colour = _STATES[state]
        yield from (", " if place else "", (f"{counts[state]} {word}", colour))


def _idle(items: Sequence[ItemJudgement]) -> str:
    """The one reason for which nothing is asked of the namespace; empty where something is."""
    if any(item.state != "not_applicable" for item in items):
        return ""
    return "; ".join(dict.fromkeys(reason for item in items for reason in item.reasons))


def _worst_first(items: Sequence[ItemJudgement]) -> list[ItemJudgement]:
    order = list(_STATES)
    return sorted(items, key=lambda item: order.index(item.state))


# ---- for a review ticket


def _markdown(lists: Lists, taken: Look) -> Iterator[str]:
    yield "# Go-live checklist"
    yield f"\n{escaped(_headline(lists).removesuffix('.'))}. As of {escaped(_where(taken))}."
    for name, items in lists.items():
        yield f"\n## {escaped(name)}\n"
        if idle := _idle(items):
            yield f"Nothing is asked: {escaped(idle)}."
            continue
        for item in _worst_first(items):
            yield from _entry(item)


def _entry(item: ItemJudgement) -> Iterator[str]:
    """A box to tick off; what is not applicable has none."""
    word, _ = _STATES[item.state]
    box = {"pass": "[x] ", "not_applicable": ""}.get(item.state, "[ ] ")
    yield f"- {box}**{word}** `{item.item}`: {escaped(ITEMS[item.item].title)}"
    yield from (f"  - {escaped(reason)}" for reason in item.reasons)
