"""An explanation as text: objects in, text out."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from holdfast.app.account.explain import Explanation
from holdfast.cli.explain_text import print_explanation
from tests.report.scenery import claim, content, explained, namespace, pod, shop, snapshot


def printed(explanation: Explanation, width: int = 100, **console: Any) -> str:
    text = io.StringIO()
    print_explanation(explanation, Console(file=text, width=width, **console))
    return text.getvalue()


def media() -> Explanation:
    return explained(*shop(), namespace("docs", annotations={"urgency": "page"}), of="docs/media")


def test_approved_text() -> None:
    """The explanation of a late claim, as it was found good: state, table, copies, runs, schedules, figures."""
    assert printed(media()) == (Path(__file__).parent / "approved" / "explain-late.txt").read_text()


@pytest.mark.parametrize("width", [20, 40, 60, 80, 140])
def test_folds_at_any_width(width: int) -> None:
    """No line is longer than the terminal, and no word of an object's name is lost."""
    name = "shop/" + "Q" * 70
    text = printed(explained(claim(name), of=name), width)
    assert all(len(line) <= width for line in text.splitlines())
    assert text.count("Q") % 70 == 0


def test_no_markup_and_no_escapes() -> None:
    """What objects say is printed, not obeyed."""
    odd = "[bold]x[/bold] \x1b[31m :smile:"
    text = printed(explained(claim("a/b", annotations={"exempt": odd}), of="a/b"))
    assert "[bold]x[/bold] \\x1b[31m :smile:" in text


def test_colour_of_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """The state has its colour on a terminal, and none in a pipe."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[33mlate" in printed(
        media(), force_terminal=True, color_system="standard", legacy_windows=False
    )
    assert "\x1b" not in printed(media())


def test_long_lists() -> None:
    """Every copy is listed; of the objects behind one figure the first few are, and how many more there are."""
    cuts = [snapshot(f"a/s{day:02}", "b", f"2026-10-{day:02}T00:00:00Z") for day in range(1, 31)]
    held = [content(f"a/s{day:02}") for day in range(1, 31)]
    text = printed(explained(claim("a/b"), pod("a/p", "b"), *cuts, *held, of="a/b"))
    assert "Copies, the newest first (30)" in text
    assert all(f"VolumeSnapshot a/s{day:02}" in text for day in range(1, 31))
    assert "      and 25 more\n" in text


def test_exempt_claim() -> None:
    """An exemption decides alone: the other rows are not asked."""
    text = printed(explained(*shop(), of="dev/scratch"))
    assert (
        "  > exempt: an exemption is in force, or the claim lives and dies with its pod: rebuilt from source"
        in text
    )
    assert "    not asked any more: protected, unknown, late, never, unprotected\n" in text
    assert "  invalid-annotation: holdfast.dev/rpo: 'soon' is no duration" in text


def test_blind_source() -> None:
    """A claim that nobody can vouch for names the kind that cannot be seen, and why."""
    text = printed(explained(claim("a/b"), of="a/b", states={("velero", "Backup"): "forbidden"}))
    assert "a/b: unknown\n" in text
    assert (
        "What cannot be seen (1)\n  velero Backup: forbidden, since 2026-11-01T12:00:00Z, as the test wants it"
        in text
    )
