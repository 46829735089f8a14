"""All claims in a table of numbers that is quick to filter, count and sort, kept up with what the engine judges.

A row holds what a list goes by, as instants and not as ages. What is shown of a claim is read from its judgement.
"""

import math
import time
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from holdfast.app.account.document_cost import monthly_cost
from holdfast.app.account.views.vocabulary import Vocabulary
from holdfast.app.engine import Engine
from holdfast.http.queries import DRILLS, NOT_ASKED, NOTHING, UNKNOWN, USES
from holdfast.model.annotation import AREAS
from holdfast.model.capacity import ExpansionJudgement
from holdfast.model.check import CHECKS
from holdfast.model.filling import COVERAGE_STATES, BackendJudgement, FillingJudgement, Prospect
from holdfast.model.identity import BACKEND, CLAIM, CLAIM_COST, EXPANSION, FILLING, ClaimRef, Subject
from holdfast.model.judgement import PROTECTION_REASONS, ClaimJudgement, Finding
from holdfast.model.usage import UsageSample

STATES_WORST_FIRST = ("unprotected", "never", "late", "unknown", "protected", "exempt")
URGENCIES = ("page", "ticket", "know")
UNCOVERED = len(COVERAGE_STATES)
"""The coverage of a claim that nobody needs to measure, or that is not known."""

_READ = (CLAIM, FILLING, EXPANSION, CLAIM_COST)
"""What a row is read from, besides the space that its claim shares."""

_SLICE = 0.004  # seconds
_FEW = 16  # rows between two looks at the clock
_MANY = 1024  # findings between two looks at the clock
_CLAIM_KIND = "PersistentVolumeClaim"
_ROOM = 64  # rows at first
_OPEN = ("namespace", "tier", "owner", "class")

_STATE = {state: place for place, state in enumerate(STATES_WORST_FIRST)}
_URGENCY = {urgency: place for place, urgency in enumerate(URGENCIES)}
_DRILL = {drill: place for place, drill in enumerate(DRILLS)}
_USE = {use: place for place, use in enumerate(USES)}
_COVERAGE = {state: place for place, state in enumerate(COVERAGE_STATES)}
_REASON = {reason: 1 << place for place, reason in enumerate(PROTECTION_REASONS)}
_CHECK = {check: 1 << place for place, check in enumerate(CHECKS)}
_NONE_FOUND = (0, 0)
MUTED = {area: 1 << place for place, area in enumerate(AREAS)}

ROW = np.dtype(
    [
        ("alive", np.bool_),
        *((name, np.int32) for name in _OPEN),
        ("state", np.int8),
        ("urgency", np.int8),
        ("drill", np.int8),
        ("use", np.int8),
        ("coverage", np.int8),
        ("muted", np.uint8),
        ("findings", np.uint16),
        ("reason", np.uint32),  # one bit for each
        ("check", np.uint64),  # the same
        ("surveyed", np.uint16),  # findings besides its own, which looking at the whole cluster brought
        ("surveyed_check", np.uint64),
        ("captured", np.float64),  # as in Protection; NaN where no copy counts
        ("rpo", np.float64),
        ("used", np.float32),  # ratio of what can be filled
        ("full", np.float64),  # instant, infinite where nothing fills, NaN where that is unknown
        ("near", np.float64),  # seconds
        ("capacity", np.float64),
        ("cost", np.float64),  # a month
    ]
)

Table = NDArray[np.void]


class Register:
    """``table`` has a row for each of ``refs``; those that are not ``alive`` are free. Not safe for several threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._row_of: dict[ClaimRef, int] = {}
        self._free: list[int] = []
        self._due: dict[tuple[str, ...], None] = {}
        self._sorted: list[ClaimRef] = []
        self._ranks: NDArray[np.int32] | None = None
        self._came: list[ClaimRef] = []
        self._findings: list[Finding] = []
        self._surveyed: Mapping[ClaimRef, tuple[int, int]] = {}
        self.table: Table = np.zeros(0, dtype=ROW)
        self.refs: list[ClaimRef | None] = []
        self.texts: list[str] = []
        self.words = {name: Vocabulary() for name in _OPEN}
        for judged in engine.judgements(CLAIM):
            if isinstance(judged, ClaimJudgement):
                self._due[judged.ref] = None

    def __len__(self) -> int:
        return len(self._row_of)

    @property
    def due(self) -> int:
        """How many claims wait to be read."""
        return len(self._due)

    def changed(self, subject: Subject) -> None:
        """The judgement of the subject is another, or gone."""
        if subject.noun in _READ:
            self._note(subject.key)
        elif subject.noun == BACKEND:
            backend = self._engine.judgement(subject)
            if isinstance(backend, BackendJudgement):
                for member in backend.members:
                    self._note(member)

    def _note(self, key: tuple[str, ...]) -> None:
        """Of a claim that came and went while nobody asked, nothing is left to read."""
        if key in self._row_of or self._engine.judgement(Subject(CLAIM, key)) is not None:
            self._due[key] = None
        else:
            self._due.pop(key, None)

    def catch_up(self) -> Iterator[None]:
        """Reads what changed; a slice of some milliseconds from one yield to the next."""
        yield from self._read_due()
        yield from self._read_surveys()

    def _read_due(self) -> Iterator[None]:
        end = time.perf_counter() + _SLICE
        count = 0
        while self._due:
            key = next(iter(self._due))
            del self._due[key]
            self._read(ClaimRef(*key))
            count += 1
            if count % _FEW == 0 and time.perf_counter() > end:
                yield
                end = time.perf_counter() + _SLICE

    def _read_surveys(self) -> Iterator[None]:
        """Findings that stay are the same records, so that nothing new is quick to see."""
        findings = list(self._engine.surveys.findings)
        if findings == self._findings:
            return
        sums: dict[ClaimRef, tuple[int, int]] = {}
        end = time.perf_counter() + _SLICE
        for count, finding in enumerate(findings):
            if finding.on.kind == _CLAIM_KIND:
                ref = ClaimRef(finding.on.namespace, finding.on.name)
                number, bits = sums.get(ref, _NONE_FOUND)
                sums[ref] = number + 1, bits | _CHECK.get(finding.check, 0)
            if count % _MANY == 0 and time.perf_counter() > end:
                yield
                end = time.perf_counter() + _SLICE
        yield
        self._take_surveyed(findings, sums)

    def _take_surveyed(self, findings: list[Finding], sums: Mapping[ClaimRef, tuple[int, int]]) -> None:
        """All at once: from one yield to the next every row tells the same surveys."""
        self._findings, self._surveyed = findings, sums
        told = [(row, *sums[ref]) for ref, row in self._row_of.items() if ref in sums]
        self.table["surveyed"] = 0
        self.table["surveyed_check"] = 0
        if told:
            rows, numbers, bits = zip(*told, strict=True)
            places = np.array(rows, dtype=np.int64)
            self.table["surveyed"][places] = np.minimum(numbers, 65535)
            self.table["surveyed_check"][places] = np.array(bits, dtype=np.uint64)

    def ranks(self) -> NDArray[np.int32]:
        """By row, the place of the claim in the order of namespace and name."""
        if self._ranks is None:
            known = dict.fromkeys(
                [*self._sorted, *self._came]
            )  # sorted but for its end, which is quick to sort
            self._sorted = sorted(ref for ref in known if ref in self._row_of)
            self._came = []
            self._ranks = np.zeros(len(self.refs), dtype=np.int32)
            rows = np.fromiter((self._row_of[ref] for ref in self._sorted), np.int64, len(self._sorted))
            self._ranks[rows] = np.arange(len(rows), dtype=np.int32)
        return self._ranks

    def _read(self, ref: ClaimRef) -> None:
        judged = self._engine.judgement(Subject(CLAIM, ref))
        row = self._row_of.get(ref)
        if not isinstance(judged, ClaimJudgement):
            if row is not None:
                self._let_go(ref, row)
            return
        if row is None:
            row = self._add(judged.ref)
        before = self.table[row]
        objective = judged.objective
        worded = (
            judged.ref.namespace,
            objective.tier or NOTHING,
            objective.owner or NOTHING,
            judged.storage_class or NOTHING,
        )
        numbers = [self.words[name].take(word) for name, word in zip(_OPEN, worded, strict=True)]
        if before["alive"]:
            for name in _OPEN:
                self.words[name].release(int(before[name]))
        self.table[row] = (True, *numbers, *self._figures(judged))

    def _figures(self, judged: ClaimJudgement) -> tuple[float, ...]:
        objective, protection = judged.objective, judged.protection
        filling = filling_of(self._engine, judged.ref)
        sample, prospects = use_of(self._engine, filling)
        cost, _ = monthly_cost(CLAIM_COST, judged.ref, self._engine)
        return (
            _STATE[protection.state],
            _URGENCY.get(objective.urgency, 1),
            _DRILL[judged.proof.state or NOT_ASKED],
            _USE[judged.usage.state or UNKNOWN],
            _COVERAGE[filling.state] if filling and filling.state else UNCOVERED,
            _bits(MUTED, objective.muted),
            min(len(judged.findings), 65535),
            _bits(_REASON, protection.reasons),
            _bits(_CHECK, (finding.check for finding in judged.findings)),
            *self._surveyed.get(judged.ref, _NONE_FOUND),
            _number(protection.captured),
            _number(objective.rpo if protection.state != "exempt" else None),
            _number(used_ratio(sample)),
            full_at(prospects),
            self._engine.near(Subject(CLAIM, judged.ref)),
            _number(judged.capacity),
            _number(cost.amount if cost else None),
        )

    def _add(self, ref: ClaimRef) -> int:
        row = self._free.pop() if self._free else len(self.refs)
        if row == len(self.refs):
            self.refs.append(None)
            self.texts.append("")
            if row == len(self.table):
                self.table = np.concatenate([self.table, np.zeros(max(_ROOM, row // 4), dtype=ROW)])
        self._row_of[ref], self.refs[row] = row, ref
        self.texts[row] = f"{ref}".casefold()
        self._came.append(ref)
        self._ranks = None
        return row

    def _let_go(self, ref: ClaimRef, row: int) -> None:
        for name in _OPEN:
            self.words[name].release(int(self.table[row][name]))
        self.table[row] = np.zeros((), dtype=ROW)
        self.refs[row], self.texts[row] = None, ""
        del self._row_of[ref]
        self._free.append(row)
        self._ranks = None


def filling_of(engine: Engine, ref: ClaimRef) -> FillingJudgement | None:
    judged = engine.judgement(Subject(FILLING, ref))
    return judged if isinstance(judged, FillingJudgement) else None


def backend_of(engine: Engine, filling: FillingJudgement | None) -> BackendJudgement | None:
    """The space that the claim shares with others."""
    judged = engine.judgement(Subject(BACKEND, (filling.backend,))) if filling and filling.backend else None
    return judged if isinstance(judged, BackendJudgement) else None


def use_of(
    engine: Engine, filling: FillingJudgement | None
) -> tuple[UsageSample | None, tuple[Prospect, ...]]:
    """The sample and the forecasts that hold for the claim: its own, or those of the space that it shares."""
    if filling is None:
        return None, ()
    own = tuple(prospect for prospect in (filling.bytes, filling.inodes) if prospect is not None)
    backend = backend_of(engine, filling)
    return (filling.sample, own) if backend is None else (backend.sample, (backend.bytes, *own))


def used_ratio(sample: UsageSample | None) -> float | None:
    """Of what can be filled, bytes or inodes: the fuller of them."""
    if sample is None:
        return None
    ratios = (sample.bytes_ratio, sample.inodes_ratio)
    return max((ratio for ratio in ratios if ratio is not None), default=None)


def full_at(prospects: tuple[Prospect, ...]) -> float:
    """When the first of them is full; infinite where none fills, NaN where nothing is foretold."""
    return min((each.central for each in prospects if each.central is not None), default=math.nan)


def cannot_grow(engine: Engine, ref: ClaimRef) -> str:
    judged = engine.judgement(Subject(EXPANSION, ref))
    return judged.reason if isinstance(judged, ExpansionJudgement) else ""


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _bits(places: dict[str, int], words: Iterable[str]) -> int:
    found = 0
    for word in words:
        found |= places.get(word, 0)
    return found
