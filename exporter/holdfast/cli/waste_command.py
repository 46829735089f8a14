"""The command ``waste``: prints what could be saved, dearest first, and what a person would run. It changes nothing."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from holdfast.app.account.waste import Found, find_waste, known_namespaces, part_of, sums
from holdfast.app.look import Look, Origin
from holdfast.assessment.withholding import USERS, sees_use, unjudged
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
from holdfast.cli.paint import QUIET, TITLE, paint, plain, tell, tell_section
from holdfast.cli.running import end, fail, settings_of, take_look
from holdfast.http.views import WasteRow, WasteSum
from holdfast.model.account.report import MoneyPart
from holdfast.model.account.telling import Part, humane, moment
from holdfast.model.cost import GIB
from holdfast.model.facts import Claim, Volume
from holdfast.model.snapshots import Snapshot, SnapshotContent
from holdfast.settings import Settings
from holdfast.settings.prices import NO_PRICES

_FORMATS = ("table", "json", "markdown")
_WORTH_TELLING = 3600.0  # seconds: since when is a lower bound, and a few minutes of it tell nothing
API_VERSION = "holdfast.dev/waste/v1"
NAMESPACE = Annotated[
    str | None, typer.Option("--namespace", metavar="NAME", help="Only the data of this namespace.")
]


class WasteDocument(Part, frozen=True, kw_only=True, gc=False):
    """What ``--format json`` prints. ``monthly_cost`` is that of all rows whose price is known; ``unpriced`` have none.

    ``currency`` is null where no prices are configured. ``unjudged`` are the kinds that cannot all be seen.
    ``judged`` False: whether a claim is wasted cannot be said.
    """

    api_version: str
    now: datetime
    cluster: str
    currency: str | None
    monthly_cost: MoneyPart | None
    unpriced: int
    unjudged: tuple[str, ...]
    judged: bool
    by_namespace: tuple[WasteSum, ...]
    by_owner: tuple[WasteSum, ...]
    rows: tuple[WasteRow, ...]


def waste(  # noqa: PLR0913 - one parameter a flag
    folder: FROM = None,
    namespace: NAMESPACE = None,
    output: Annotated[str, typer.Option("--format", metavar="FORMAT", help=", ".join(_FORMATS))] = "table",
    config: CONFIG = None,
    kubeconfig: KUBECONFIG = None,
    context: CONTEXT = None,
    history: HISTORY = None,
    now: NOW = None,
    log_level: LOG_LEVEL = "warning",
    log_format: LOG_FORMAT = "text",
) -> None:
    """Print what could be saved, dearest first, and the commands for it. Changes nothing."""
    set_up_logging(log_level, log_format)
    refuse_unknown(output, "format", _FORMATS, "--format")
    origin = Origin(folder=folder, kubeconfig=kubeconfig, context=context, history=history)
    settings = settings_of(config)
    taken = take_look(_judged_for_waste(settings), origin, now)
    document = _document(taken, namespace, settings)
    if output == "json":
        print(msgspec.json.encode(document).decode())
    elif output == "markdown":
        print("\n".join(_markdown(document)))
    else:
        _print(document, Console())
    end(taken)
    if not any(taken.engine.facts.all(kind) for kind in (Claim, Volume, Snapshot, SnapshotContent)):
        fail("there is no claim, volume or snapshot that could be judged")


def _judged_for_waste(settings: Settings) -> Settings:
    """Without prices waste is told by its size alone."""
    return settings if settings.prices else settings.model_copy(update={"prices": NO_PRICES})


def _document(taken: Look, namespace: str | None, settings: Settings) -> WasteDocument:
    engine = taken.engine
    found = find_waste(engine)
    if namespace is not None:
        if namespace not in known_namespaces(engine) | {each.home for each in found}:
            fail(f"{namespace}: no such namespace is known; 'holdfast report' lists the claims of each")
        found = [each for each in found if each.home == namespace]
    currency = settings.prices.currency if settings.prices else None
    amounts = [each.amount for each in found if each.amount is not None]
    return WasteDocument(
        api_version=API_VERSION,
        now=moment(taken.now),
        cluster=engine.policy.cluster,
        currency=currency,
        monthly_cost=part_of(sum(amounts), currency or "") if amounts else None,
        unpriced=len(found) - len(amounts),
        unjudged=unjudged(engine.sight),
        judged=sees_use(engine.sight)
        and any(namespace in (None, each.ref.namespace) for each in engine.facts.all(Claim)),
        by_namespace=sums(found, _namespace_of, currency or ""),
        by_owner=sums(found, lambda each: each.row.owner, currency or ""),
        rows=tuple(each.row for each in found),
    )


def _namespace_of(found: Found) -> str:
    return found.row.namespace


# ---- for a person


def _print(document: WasteDocument, console: Console) -> None:
    tell(console, _headline(document))
    if document.unjudged:
        tell(console, (_unjudged(document), QUIET))
    for row in document.rows:
        console.print()
        head = f"{_money(row.monthly_cost)}  {row.kind} {_name(row)}"
        tell(console, (head, TITLE), (f"  {_details(row, document.now)}", QUIET))
        tell(console, f"{row.reason}: {row.why}", indent=2)
        if row.caution:
            tell(console, (f"Careful: {row.caution}", "yellow"), indent=2)
        for command in row.commands:
            console.print(paint(f"    {command}"), soft_wrap=True)
    tell_section(console, "by namespace", ((_sum(each, "(cluster)"),) for each in document.by_namespace))
    tell_section(console, "by owner", ((_sum(each, "(unknown)"),) for each in document.by_owner))


_NEEDED = USERS | {"PersistentVolumeClaim"}
"""Those that tell whether a claim is in use."""


def _headline(document: WasteDocument) -> str:
    if not document.rows:
        if document.judged:
            return "Nothing is wasted that can be seen."
        lacking = ", ".join(kind for kind in document.unjudged if kind in _NEEDED)
        why = f"{lacking} cannot all be seen" if lacking else "there is no claim that can be seen"
        return f"Whether anything is wasted cannot be said: {why}."
    told = f"{len(document.rows)} object(s) could be saved or made smaller"
    if document.currency is None:
        return f"{told}; no prices are configured, so that only sizes are known (see `prices` in the configuration)"
    told += f": {_money(document.monthly_cost)} a month"
    return f"{told}, and {document.unpriced} without a known price" if document.unpriced else told


def _unjudged(document: WasteDocument) -> str:
    return f"Not all could be seen of: {', '.join(document.unjudged)}."


def _money(cost: MoneyPart | None) -> str:
    return "no known price" if cost is None else f"{cost.amount:,.2f} {cost.currency}"


def _name(row: WasteRow) -> str:
    return f"{row.namespace}/{row.name}" if row.namespace else row.name


def _details(row: WasteRow, now: datetime) -> str:
    told = []
    if row.size_bytes is not None:
        told.append(f"{row.size_bytes / GIB:,.1f} GiB" + (" of it" if row.estimate else ""))
    lasted = 0.0 if row.since is None else (now - row.since).total_seconds()
    if lasted >= _WORTH_TELLING:
        told.append(f"for at least {humane(lasted)}")
    if row.owner:
        told.append(f"owner {row.owner}")
    return ", ".join(told)


def _sum(each: WasteSum, nobody: str) -> str:
    return f"{_money(each.monthly_cost)}  {each.name or nobody}: {each.objects} object(s)"


# ---- for a ticket or a page


def _markdown(document: WasteDocument) -> Iterator[str]:
    yield "# Waste"
    yield f"\n{_headline(document)}."
    if document.unjudged:
        yield f"\n{_unjudged(document)}"
    if not document.rows:
        return
    yield "\n| a month | object | GiB | why | owner | careful |"
    yield "| ---: | --- | ---: | --- | --- | --- |"
    for row in document.rows:
        size = "" if row.size_bytes is None else f"{row.size_bytes / GIB:,.1f}"
        cells = (_money(row.monthly_cost), f"{row.kind} {_name(row)}", size, row.why, row.owner, row.caution)
        yield _line(cells)
    for title, nobody, listed in (
        ("By namespace", "(cluster)", document.by_namespace),
        ("By owner", "(unknown)", document.by_owner),
    ):
        yield f"\n## {title}\n\n| a month | objects | {title.removeprefix('By ')} |\n| ---: | ---: | --- |"
        for each in listed:
            yield _line((_money(each.monthly_cost), str(each.objects), each.name or nobody))
    yield "\n## Commands"
    yield from _commands(document.rows)


def _commands(rows: Iterable[WasteRow]) -> Iterator[str]:
    """Indented rather than fenced: no text can end the block."""
    for row in rows:
        if row.commands:
            yield f"\n{escaped(f'{row.kind} {_name(row)}')}:\n"
        yield from (f"    {plain(command)}" for command in row.commands)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(escaped, cells))} |"
