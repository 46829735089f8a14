"""What is generated and committed is what would be generated now; what the docs name exists."""

import re
import tomllib
from pathlib import Path

import pytest

from docs.generate import FILES, drifted
from holdfast.metrics.catalogue import FAMILIES
from holdfast.sources import table
from holdfast.sources.contract import Source
from holdfast.sources.table import SOURCES

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def test_nothing_has_drifted() -> None:
    assert list(drifted()) == [], "run: make generate"


def test_every_family_is_in_the_reference() -> None:
    page = FILES["docs/metrics.md"]()
    assert all(f"\n## {family.name}\n" in page for family in FAMILIES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """Relative links name files that exist, and anchors name headings."""
    for target in re.findall(r"\]\(([^)#\s]+)?(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if target and "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_series_that_pages_name_exist(page: Path) -> None:
    """A page that names a series which nobody publishes misleads at 3 a.m."""
    known = {family.name for family in FAMILIES}
    for name in re.findall(r"\bholdfast_[a-z0-9_]+\b", page.read_text(encoding="utf-8")):
        stem = re.sub(r"_(bucket|sum|count)$", "", name)
        assert {name, stem} & known or name.endswith("_"), f"{page.name} names {name}"


def test_every_source_has_its_own_page_section() -> None:
    """docs/sources.md says of each source what it reads and what counts as a copy."""
    page = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    assert all(f"\n## {source.name}\n" in page for source in SOURCES)


def test_every_source_says_where_to_look() -> None:
    """Runbooks send people to this table."""
    page = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    table = page.partition("## Where to look")[2].partition("\n## ")[0]
    assert [
        source.name for source in SOURCES if source.name != "core" and f"\n| {source.name} |" not in table
    ] == []


def test_every_source_is_held_independent() -> None:
    """The contract that sources do not know each other lists the modules of the table of sources."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    held = [contract["modules"] for contract in contracts if contract["type"] == "independence"]
    modules = [
        module.__name__
        for module in vars(table).values()
        if isinstance(getattr(module, "SOURCE", None), Source)
    ]
    assert len(modules) == len(SOURCES)
    assert [sorted(names) for names in held] == [sorted(modules)]


def test_every_alert_is_in_the_index() -> None:
    """Each alert of the rules has one line, and no template is left in it."""
    page = FILES["docs/alerts.md"]()
    for path in (ROOT / "rules").glob("*.yaml"):
        for alert in re.findall(r"- alert: (\w+)", path.read_text(encoding="utf-8")):
            assert page.count(f"\n| [{alert}](runbooks/{alert}.md) |") == 1
    assert "{{" not in page
