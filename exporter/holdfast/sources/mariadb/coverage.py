"""What mariadb-operator's records say of a claim: runs and restores, resolved to the MariaDB that they are of."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, TypeVar, cast

import msgspec

from holdfast.model.facts import Claim, Fact, Facts
from holdfast.model.identity import ObjectRef
from holdfast.model.observation import Observation, ObservationKind
from holdfast.model.protection import Copy, Coverage, Placement
from holdfast.sources.batch import told_once
from holdfast.sources.contract import Rolls
from holdfast.sources.mariadb.records import NAME, SERVER, LogEnd, Template
from holdfast.sources.runs.records import Database, Restore, Run, Saved
from holdfast.sources.runs.tool import Tool

_F = TypeVar("_F", bound=Fact)

TOOL = Tool(name=NAME, owners=frozenset({SERVER}))


class Resolved:
    """Facts in which what is of a template is of the MariaDB behind it. Implements ``holdfast.model.facts.Facts``."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def get(self, kind: type[_F], *key: str) -> _F | None:
        return self._facts.get(kind, *key)

    def all(self, kind: type[_F]) -> Collection[_F]:
        return self._facts.all(kind)

    def sees(self, kind: type[_F]) -> bool:
        return self._facts.sees(kind)

    def remembered(self, kind: ObservationKind, uid: str) -> Sequence[Observation]:
        return self._facts.remembered(kind, uid)

    def linked(self, kind: type[_F], *link: str) -> Sequence[_F]:
        found = self._facts.linked(kind, *link)
        if link[:2] != (NAME, "owner") or link[3] != SERVER:
            return found
        return cast(Sequence[_F], self._of_server(kind, found, Saved("owner", *link[2:])))

    def _of_server(self, kind: type[Fact], found: Sequence[Any], server: Saved) -> Sequence[Any]:
        """A backup of some databases is a run that missed the server, and a restore of it proves nothing of that."""
        if kind is Database:
            return [self._carrying_on(database, server) for database in found]
        if kind not in (Run, Restore):
            return found
        more = [
            _resolved(record, template, server)
            for template in self._templates(server)
            if kind is Run or not template.partial
            for record in self._facts.linked(kind, NAME, *template.itself)
        ]
        return sorted([*found, *more], key=lambda record: tuple(record.key))

    def _templates(self, server: Saved) -> Iterator[Template]:
        """What saves it, and what saves logs over that."""
        for template in self._facts.linked(Template, NAME, *server):
            yield template
            yield from self._facts.linked(Template, NAME, *template.itself)

    def _carrying_on(self, database: Database, server: Saved) -> Database:
        """A MariaDB filled from a backup of one of its own name carries that one on."""
        itself = any(restore.ref == database.ref for restore in self.linked(Restore, NAME, *server))
        return msgspec.structs.replace(database, carries_on=True) if itself else database


def _resolved(record: Any, template: Template, server: Saved) -> Any:
    if isinstance(record, Run):
        return msgspec.structs.replace(
            record,
            of=(server,),
            placement=_placement(record, template),
            schedule=template.schedule,
            missed=(server,) if template.partial else (),
        )
    return msgspec.structs.replace(record, of=(server,))


def _placement(run: Run, template: Template) -> Any:
    """A snapshot lies where the volume does, whatever else its template names."""
    return "local" if run.ref.kind == "VolumeSnapshot" else template.placement


def cover(claim: Claim, facts: Facts, rolls: Rolls) -> Coverage:
    told = told_once(TOOL.cover(claim, Resolved(facts), rolls))
    return msgspec.structs.replace(told, copies=(*told.copies, *_log_copies(claim, told.copies, facts)))


def _log_copies(claim: Claim, copies: Sequence[Copy], facts: Facts) -> Iterator[Copy]:
    """The newest base below each end of the logs, one a placement. Nothing tells that the logs still run."""
    newest: dict[tuple[ObjectRef, Placement], tuple[Copy, LogEnd]] = {}
    for copy in copies:
        if copy.claim_uid != claim.uid or not copy.ready:
            continue
        for end in _log_ends(copy, facts):
            known = newest.get((end.ref, copy.placement))
            if end.time > copy.captured and (known is None or copy.captured >= known[0].captured):
                newest[end.ref, copy.placement] = copy, end
    for _, (base, end) in sorted(newest.items()):
        yield msgspec.structs.replace(base, log="broken", captured=end.time, evidence=end.ref, size=None)


def _log_ends(base: Copy, facts: Facts) -> Iterator[LogEnd]:
    run = facts.get(Run, NAME, *base.evidence)
    for saved in run.of if run else ():
        yield from facts.linked(LogEnd, NAME, *saved)
