"""The page of checks and of the go-live checklist: made from ``model.check`` and ``model.checklist``.

What no table of the program says in words, how an item comes to be unknown, stands here; whoever adds an item adds it.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from holdfast.model.annotation import PREFIX
from holdfast.model.check import CHECKS, JUDGED, Check
from holdfast.model.checklist import ITEMS, Item
from holdfast.model.policy import SYSTEM_NAMESPACES

_HEAD = f"""# Checks and the go-live checklist

Metrics of protection say what is wrong now. Checks say what will be wrong one day: how storage is set up, with why it matters
and what to do. An open finding is `holdfast_finding{{check,kind,namespace,name}}` on the object that it stands on;
`holdfast explain` and `holdfast report` say why in words.

System namespaces ({", ".join(f"`{glob}`" for glob in SYSTEM_NAMESPACES)}, or `systemNamespaces` in the configuration) are left out of
`pod-bare-data`, `hostpath-data`, `drain-unsafe` and `no-storage-quota`. *Objective* means one that somebody declared, by
annotation, tier or `defaults` of one's own; the built-in is none.

| check | found when | severity | stands on | reads | remedy |
| --- | --- | --- | --- | --- | --- |
"""

_IN_FORCE = """
## Turning a check off, and setting its limit

All checks are on. The configuration turns them off for the whole cluster (`off` or `false`; `on` or
`true` is what holds anyway), and sets the limit of those that have one, a whole number from 1:

```yaml
checks:
  no-owner: off
  too-many-classes: {limit: 20}
```

| check | its limit | if nothing is said |
| --- | --- | --- |
"""

_LIMITS: Mapping[str, str] = {
    "too-many-classes": "how many StorageClasses there may be",
    "retention-too-long": "how many times the recovery points asked for may be kept",
}

_IGNORE = f"""
An id that does not exist is refused, and so is a limit for a check that takes none.

## Not to be told of one object

```yaml
metadata:
  annotations:
    {PREFIX}ignore: no-expansion, unencrypted until=2027-06-30
```

`{PREFIX}ignore` lists checks, separated by commas, semicolons or blanks. `until=YYYY-MM-DD` may stand anywhere in it; that day is
included, in UTC, and then the findings come back. It speaks for the object that it stands on and for nothing below: on a
namespace it silences what is found of the namespace itself, not of its claims. An ignored finding is not published and fails
no item of the checklist. An id that does not exist is itself a finding (`invalid-annotation`), which names the nearest; the
good ids still count. What stands on `Cluster`, or on an object that carries no annotations of its own, is turned off by the
configuration alone.

## What could be judged

A check whose facts cannot be seen publishes no finding, and that is no good news. `holdfast_check_info{{check,severity,judged}}`
says which those are. With `--from`, a kind of which the folder holds no object was not seen.

| `judged` | when |
| --- | --- |
"""

_CHECKLIST = """
## The go-live checklist

Items, judged for each namespace from the findings above and from what is known of its claims; nothing is judged twice. The
state in force is `holdfast_checklist_state{namespace,item,state}`: `pass`, `fail`, `unknown` or `not_applicable`.
`holdfast checklist` prints it with the reasons, as a table, as JSON, or as Markdown for a ticket.

- Fail outweighs unknown, unknown outweighs pass.
- A namespace without claims is `not_applicable` in all items. Where not all claims can be seen, nothing
  that goes by them passes.
- A finding fails its items where it stands on an object of the namespace, on the namespace, on the cluster as a whole, or on a
  StorageClass of one of its claims; for `classes-standardised` on any StorageClass. An ignored one fails nothing.
- Exempt claims do not count for `backup-consistency`, `rpo-rto` and `restore-drill`. Where all claims are exempt, these are
  `not_applicable`.
- Ten reasons are told of an item at the most, and how many more there are.

| item | passes when | fails by these findings | fails also when | unknown when |
| --- | --- | --- | --- | --- |
"""

_ALSO: Mapping[str, str] = {
    "reattach-timed": "the newest move that was watched took as long as the rto, or longer",
    "backup-consistency": "a claim has no copy that counts, has the consistency demanded and could be restored now. "
    "Nothing demanded: any copy that counts will do",
    "rpo-rto": "a claim has no rpo or no rto declared, misses its rpo, has never been restored by the time it should, "
    "or its newest restore failed or took longer than the rto",
    "restore-drill": "a claim declares no interval of drills, its last drill is older than that, its newest one failed, "
    "or none was made in time. One that was slow counts here",
    "capacity-monitored": "a mounted file system is unmeasured, or its newest sample is stale. "
    "`not_applicable` where none is mounted",
    "self-service": "a claim names no class, or its volume was made by hand",
}

_UNKNOWN: Mapping[str, str] = {
    "reattach-timed": "no move of a claim was watched, or it has no rto. Moves are seen by `serve` alone, and remembered",
    "backup-consistency": "a source that could hold a copy is blind, or its location cannot be reached",
    "rpo-rto": "whether the rpo is met cannot be seen, no restore is known and none is due, or the tool does not tell how "
    "long it took",
    "restore-drill": "no drill is known and none is due yet, or what would tell cannot be seen",
    "capacity-monitored": "pods cannot be seen, nobody is asked for usage or has looked yet, or the pod has just begun",
}
_DIM = "what is asked of a claim cannot all be seen, for its namespace or workloads cannot"
_CONTROLLERS = CHECKS["hostpath-data"].on
_ASKS = frozenset({"reattach-timed", "backup-consistency", "rpo-rto", "restore-drill"})
"""Items that go by objectives."""


def checks_page() -> str:
    """The whole page."""
    return "".join(
        chain(
            (_HEAD,),
            map(_row, CHECKS.values()),
            ("\n## Why each matters\n",),
            map(_entry, CHECKS.values()),
            (_IN_FORCE,),
            (
                f"| {_link(c)} | {_LIMITS[c.id]} | {c.limit} |\n"
                for c in CHECKS.values()
                if c.limit is not None
            ),
            (_IGNORE,),
            (f"| `{word}` | {means} |\n" for word, means in JUDGED.items()),
            (_CHECKLIST,),
            map(_item, ITEMS.values()),
        )
    )


def _row(check: Check) -> str:
    cells = (_link(check), check.title, check.severity, _places(check), _listed(check.reads), check.remedy)
    return _line(cells)


def _entry(check: Check) -> str:
    lines = [f"\n### {check.id}\n\n{check.why}\n"]
    told = []
    if check.helped_by:
        told.append(f"Judged in part where these cannot be seen: {_listed(check.helped_by)}.")
    if check.limit is not None:
        told.append(f"It takes a limit: {_LIMITS[check.id]}; {check.limit} if nothing is configured.")
    if items := [item.id for item in ITEMS.values() if check.id in item.checks]:
        told.append(f"Items of the checklist that it fails: {_listed(items)}.")
    return "".join([*lines, *(f"\n{each}\n" for each in told)])


def _item(item: Item) -> str:
    cells = (
        f"`{item.id}`: {item.title}",
        item.passes_when,
        ", ".join(_link(CHECKS[check]) for check in item.checks),
        _ALSO[item.id] if not item.checks else _ALSO.get(item.id, ""),
        "; ".join(_unknown(item)),
    )
    return _line(cells)


def _unknown(item: Item) -> Iterator[str]:
    if item.checks:
        checks = "one of these checks" if len(item.checks) > 1 else "this check"
        yield f"{checks} is off, or could not be judged of an object that bears on the namespace"
    else:
        yield _UNKNOWN[item.id]
    if item.id in _ASKS:
        yield _DIM


def _places(check: Check) -> str:
    return "topmost controller, or the bare `Pod`" if check.on == _CONTROLLERS else _listed(check.on)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _link(check: Check) -> str:
    return f"[`{check.id}`](#{check.id})"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"
