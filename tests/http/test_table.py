"""The compliance report as CSV: rows in, text out, as a spreadsheet reads it back."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.http.parts import ComplianceRow
from holdfast.http.table import cell, compliance_csv
from holdfast.model.account.report import ExemptPart

THEN = datetime(2026, 11, 1, 3, tzinfo=UTC)


def row(**fields: Any) -> ComplianceRow:
    told: dict[str, Any] = dict.fromkeys(ComplianceRow.__struct_fields__)
    texts = ("namespace", "name", "tier", "owner", "storage_class", "state", "why", "source")
    told |= dict.fromkeys(texts, "") | {"offsite_asked": False} | fields
    return ComplianceRow(**told)


def read_back(*rows: ComplianceRow) -> list[dict[str, str]]:
    text = b"".join(compliance_csv(rows)).decode()
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_a_row_as_a_spreadsheet_has_it() -> None:
    """Unknown and not asked are empty; times are RFC 3339, durations seconds, truth yes and no."""
    exempt = ExemptPart(reason='built anew, "nightly"', until=THEN)
    (told,) = read_back(
        row(name="orders", met=False, rpo_seconds=3600.0, captured=THEN, age_seconds=53778.56, exempt=exempt)
    )
    assert {key: value for key, value in told.items() if value} == {
        "name": "orders",
        "met": "no",
        "rpoSeconds": "3600",
        "captured": "2026-11-01T03:00:00Z",
        "ageSeconds": "53778.56",
        "offsiteAsked": "no",
        "exemptReason": 'built anew, "nightly"',
        "exemptUntil": "2026-11-01T03:00:00Z",
    }


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", " =", "\u00a0@", "\u200b+"]
)
def test_what_a_spreadsheet_would_run_is_told_as_text(start: str) -> None:
    assert cell(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"


def test_a_control_character_is_spelled_and_nul_never_begins_a_cell() -> None:
    """Tabs and line breaks are what a quoted cell may hold."""
    assert cell("\0=a") == "'\\x00=a"
    assert cell("a\x1b[2J\tb\x85") == "a\\x1b[2J\tb\\x85"


_CONTROLS = "".join(map(chr, (*range(32), *range(127, 160)))).translate(dict.fromkeys(map(ord, "\t\r\n")))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters=_CONTROLS)), max_size=4))
def test_any_text_is_read_back_as_it_was(texts: list[str]) -> None:
    told = read_back(*(row(owner=text, tier="x") for text in texts))
    assert [
        each["owner"].removeprefix("'") if text[:1] != "'" else each["owner"]
        for each, text in zip(told, texts, strict=True)
    ] == texts


def test_lines_end_as_the_rfc_has_it() -> None:
    text = b"".join(compliance_csv([row(), row()])).decode()
    assert text.count("\r\n") == 3
    assert "\n" not in text.replace("\r\n", "")
