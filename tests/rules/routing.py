"""docs/alertmanager.yaml as plain records: its receivers, and which alert silences which.

Here belongs reading the file. What is demanded of it belongs to test_alertmanager.py, here and in tests/real.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from tests.rules import pack

EXAMPLE = pack.ROOT / "docs" / "alertmanager.yaml"

_MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"([^"]*)"')


@dataclass(frozen=True, kw_only=True)
class Matcher:
    """One condition on a label; a label that an alert lacks counts as empty."""

    label: str
    operator: str
    value: str

    @classmethod
    def read(cls, text: str) -> "Matcher":
        found = _MATCHER.fullmatch(text)
        assert found, f"{text}: write a matcher as label, operator and a quoted value"
        return cls(label=found[1], operator=found[2], value=found[3])

    def fits(self, labels: Mapping[str, str]) -> bool:
        has = labels.get(self.label, "")
        same = bool(re.fullmatch(self.value, has)) if "~" in self.operator else has == self.value
        return same != self.operator.startswith("!")


@dataclass(frozen=True, kw_only=True)
class Inhibition:
    """What ``source`` fits silences what ``target`` fits, where both agree on ``equal``."""

    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...]

    @property
    def words(self) -> str:
        """The names on both sides, for a test's id."""
        return " silences ".join(
            next((matcher.value for matcher in side if matcher.label == "alertname"), side[0].value)
            for side in (self.source, self.target)
        )

    def silenced(self, labels: Mapping[str, str]) -> bool:
        return all(matcher.fits(labels) for matcher in self.target)

    def silences(self, labels: Mapping[str, str]) -> bool:
        return all(matcher.fits(labels) for matcher in self.source)


def example() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text())
    return content


def inhibitions() -> list[Inhibition]:
    return [
        Inhibition(
            source=tuple(map(Matcher.read, rule["source_matchers"])),
            target=tuple(map(Matcher.read, rule["target_matchers"])),
            equal=tuple(rule["equal"]),
        )
        for rule in example()["inhibit_rules"]
    ]
