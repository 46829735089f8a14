"""Whether the tests of an area notice that one of its rules is broken: first the contract on the tree, then promtool.

Here belongs the trial of one mutant. What is broken belongs to mutations.py, which mutants are tried to mutate.py.
"""

import os
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self

import promql_parser
import yaml

from tests import tools
from tests.rules import pack
from tests.rules.catalogue import exported
from tests.rules.equivalent import reason_of
from tests.rules.foreign import foreign
from tests.rules.mutations import Mutant, mutants
from tests.rules.promql import Reading, Series, quoted_queries

Fate = Literal["contract", "cases", "equivalent", "survived", "untried"]
PATIENCE = 120.0  # seconds for one case


class BrokenPackError(Exception):
    """The unbroken rules do not pass their own cases: there is nothing to compare with."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of a mutant; ``why`` is the problem, the case that noticed, or the reason why none can."""

    area: str
    mutant: Mutant
    fate: Fate
    why: str = ""


@dataclass(kw_only=True)
class Case:
    """One case, cut to the looks that a broken rule can change, in a file of its own."""

    name: str
    file: Path
    took: float = 0.0
    kills: int = 0

    @property
    def rank(self) -> tuple[int, float]:
        """What noticed most goes first, then what is quick."""
        return (-self.kills, self.took)


@dataclass(frozen=True, kw_only=True)
class Area:
    """One rule file and its cases, and who rests on whom in it."""

    name: str
    groups: Sequence[Mapping[str, Any]]
    catalogues: Sequence[Mapping[str, Series]]  # what each rule may read, in their order
    tests: Mapping[str, Any]

    @classmethod
    def read(cls, name: str) -> Self:
        groups = yaml.safe_load((pack.RULES / f"{name}.yaml").read_text())["groups"]
        tests = yaml.safe_load((pack.CASES / f"{name}.test.yaml").read_text())
        catalogues = [catalogue for _, catalogue in pack.rules(name, {**exported(), **foreign()})]
        return cls(name=name, groups=groups, catalogues=catalogues, tests=tests)

    @property
    def rules(self) -> list[dict[str, Any]]:
        return [rule for group in self.groups for rule in group["rules"]]

    def resting_on(self, rule: Mapping[str, Any]) -> frozenset[str]:
        """The names of the alerts and recorded series that a change of this rule can change."""
        touched = {_name(rule)}
        for other in self.rules * 2:  # twice: a rule may read what a later one records
            if _reads(other) & touched:
                touched.add(_name(other))
        return frozenset(touched)

    def needed_by(self, names: frozenset[str]) -> frozenset[str]:
        """The names of all rules that these and their words are made of."""
        needed = set(names)
        for other in [*reversed(self.rules)] * 2:
            if _name(other) in needed:
                needed |= _reads(other)
        return frozenset(needed)

    def text(self, names: frozenset[str], old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
        """The rule file cut to these names, with one rule in another's place."""
        groups = [
            {
                **group,
                "rules": [new if rule is old else rule for rule in group["rules"] if _name(rule) in names],
            }
            for group in self.groups
        ]
        return yaml.dump({"groups": [group for group in groups if group["rules"]]}, Dumper=yaml.CSafeDumper)

    def cases(self, names: frozenset[str]) -> Iterator[dict[str, Any]]:
        """The cases that look at these alerts or recorded series, and of each only those looks."""
        for case in self.tests["tests"]:
            looks = [look for look in case.get("alert_rule_test", ()) if look["alertname"] in names]
            counts = [look for look in case.get("promql_expr_test", ()) if _asked(look["expr"]) & names]
            if looks or counts:
                yield {**case, "alert_rule_test": looks, "promql_expr_test": counts}


@dataclass(kw_only=True)
class Trial:
    """The trials of one rule's mutants, one after the other, in a folder of their own."""

    area: Area
    rule: dict[str, Any]
    folder: Path
    promtool: Path
    deadline: float
    _cases: list[Case] = field(default_factory=list)

    def verdicts(self, chosen: Iterable[Mutant]) -> Iterator[Verdict]:
        """What became of each. Raises BrokenPackError."""
        touched = self.area.resting_on(self.rule)
        names = self.area.needed_by(touched)
        for mutant in chosen:
            problem = contract_problem(self.area, self.rule, mutant)
            if problem:
                yield self._verdict(mutant, "contract", problem)
            elif time.monotonic() > self.deadline:
                yield self._verdict(mutant, "untried")
            else:
                self._prepare(touched, names)
                yield self._tried(mutant, names)

    def _tried(self, mutant: Mutant, names: frozenset[str]) -> Verdict:
        self._write(self.area.text(names, self.rule, mutant.rule))
        for case in sorted(self._cases, key=lambda case: case.rank):
            if not self._passes(case):
                case.kills += 1
                return self._verdict(mutant, "cases", case.name)
        reason = reason_of(mutant)
        return self._verdict(mutant, "equivalent" if reason else "survived", reason)

    def _prepare(self, touched: frozenset[str], names: frozenset[str]) -> None:
        """Writes the cases and sees that they pass while nothing is broken."""
        if self._cases:
            return
        self._write(self.area.text(names, self.rule, self.rule))
        head = {**self.area.tests, "rule_files": ["rules.yaml"]}
        for number, content in enumerate(self.area.cases(touched)):
            case = Case(name=content["name"], file=self.folder / f"{number}.test.yaml")
            case.file.write_text(yaml.dump({**head, "tests": [content]}, Dumper=yaml.CSafeDumper))
            began = time.monotonic()
            if not self._passes(case):
                raise BrokenPackError(f"{self.area.name}: the case {case.name!r} fails with nothing broken")
            case.took = time.monotonic() - began
            self._cases.append(case)

    def _write(self, text: str) -> None:
        (self.folder / "rules.yaml").write_text(text)

    def _passes(self, case: Case) -> bool:
        """A break that makes promtool run without an end is noticed too."""
        try:
            answer = subprocess.run(
                [self.promtool, "test", "rules", case.file],
                capture_output=True,
                check=False,
                timeout=PATIENCE,
                env={**os.environ, "GOMAXPROCS": "1"},
            )
        except subprocess.TimeoutExpired:
            return False
        return answer.returncode == 0

    def _verdict(self, mutant: Mutant, fate: Fate, why: str = "") -> Verdict:
        return Verdict(area=self.area.name, mutant=mutant, fate=fate, why=why)


def trials(name: str, folder: Path, deadline: float) -> Iterator[Trial]:
    """A trial for each rule of an area, ready to run; no two share a folder."""
    area, promtool = Area.read(name), tools.path("promtool")
    for number, rule in enumerate(area.rules):
        place = folder / name / str(number)
        place.mkdir(parents=True)
        yield Trial(area=area, rule=rule, folder=place, promtool=promtool, deadline=deadline)


def contract_problem(area: Area, rule: Mapping[str, Any], mutant: Mutant) -> str:
    """What the contract on the tree says of a broken expression, or of a rule that reads what it records. Waiting times
    are left to the cases."""
    if mutant.rule["expr"] == rule["expr"]:
        return ""
    place = next(place for place, each in enumerate(area.rules) if each is rule)
    catalogue = area.catalogues[place]
    reading = Reading(mutant.rule["expr"], catalogue)
    problems = list(reading.problems)
    if "record" in rule and reading.labels != Reading(rule["expr"], catalogue).labels:
        for later, known in zip(area.rules[place + 1 :], area.catalogues[place + 1 :], strict=True):
            recorded = replace(known[rule["record"]], labels=reading.labels | rule.get("labels", {}).keys())
            problems += Reading(later["expr"], {**known, rule["record"]: recorded}).problems
    return problems[0] if problems else ""


def all_mutants(area: Area) -> Iterator[Mutant]:
    for rule in area.rules:
        yield from mutants(rule)


def _name(rule: Mapping[str, Any]) -> str:
    return str(rule.get("alert") or rule["record"])


def _reads(rule: Mapping[str, Any]) -> set[str]:
    """The series that a rule reads, in its expression and in the queries of its words."""
    queries = [query for text in rule.get("annotations", {}).values() for query in quoted_queries(text)]
    return {name for text in (rule["expr"], *queries) for name in Reading(text, {}).names}


def _asked(expression: str) -> set[str]:
    """The alert that a look asks for, or else the series."""
    selector: Any = promql_parser.parse(expression)
    matchers = selector.matchers.matchers if isinstance(selector, promql_parser.VectorSelector) else ()
    alerts = {str(each.value) for each in matchers if each.name == "alertname"}
    return alerts or Reading(expression, {}).names
