"""A view as a table for spreadsheets: RFC 4180, no cell that a spreadsheet would take for a formula, and no control
characters but tabs and line breaks.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from holdfast.http.parts import ComplianceRow

_FEW = 200  # rows of one piece: some milliseconds
_FORMULA = tuple("=+-@＝＋－＠\t\r\n\0")  # half and full width
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def compliance_csv(rows: Sequence[ComplianceRow]) -> Iterator[bytes]:
    """The header and the rows, in pieces; the exemption's reason and end have columns of their own."""
    names = [field.encode_name for field in msgspec.structs.fields(ComplianceRow)]
    yield _lines([[*names[:-1], "exemptReason", "exemptUntil"]])
    for begin in range(0, len(rows), _FEW):
        yield _lines([list(map(cell, _values(row))) for row in rows[begin : begin + _FEW]])


def _values(row: ComplianceRow) -> list[Any]:
    *values, exempt = msgspec.structs.astuple(row)
    return [*values, exempt.reason if exempt else None, exempt.until if exempt else None]


def cell(value: Any) -> str:
    """Nothing for null, times as JSON has them; a text that looks like a formula, behind blanks too, is told as text by an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, int | float):
        return f"{value:.15g}"
    text = str(value)
    formula = text.startswith(_FORMULA) or _bare(text).startswith(_FORMULA)
    spelled = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
    return f"'{spelled}" if formula else spelled


def _bare(text: str) -> str:
    """Without the blanks, and what nobody sees, before it."""
    begin = next((place for place, sign in enumerate(text) if sign > " " and sign.isprintable()), len(text))
    return text[begin:]


def _lines(rows: list[list[str]]) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    return written.getvalue().encode()
