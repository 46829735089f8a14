"""What docs/sources.md says that a source can tell is what a test proves, and nothing else."""

from pathlib import Path
from typing import get_args

import pytest

from docs.generate import sources_page
from docs.tells import WORDS, MarkError, proofs
from holdfast.sources.contract import Source, Tells
from holdfast.sources.table import SOURCES

each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)


@each_source
def test_what_a_source_tells_is_proven(source: Source) -> None:
    """Each word that it declares has a test, and no test is marked with a word that it does not declare."""
    marked = {word for name, word in proofs() if name == source.name}
    assert source.tells - marked == set(), "declared, and no test is marked with it"
    assert marked - source.tells == set(), "a test is marked with it, and the source does not declare it"


def test_marks_name_sources_that_there_are() -> None:
    assert {name for name, _ in proofs()} - {source.name for source in SOURCES} == set()


def test_what_protects_tells_something() -> None:
    """A source without a word would stand in no row, and nobody would know what it is good for."""
    assert [source.name for source in SOURCES if source.protects and not source.tells] == []


def test_every_word_has_a_column() -> None:
    assert set(WORDS) == set(get_args(Tells))


def test_the_table_leads_to_the_tests() -> None:
    """A word with a test reads yes, with the test behind it."""
    line = next(line for line in sources_page().splitlines() if line.startswith("| [cronjob](#cronjob)"))
    assert '[yes](../tests/sources/test_cronjob.py "test_surviving_jobs")' in line
    assert line.count("[yes]") == 3


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("pytestmark = pytest.mark.tells('cronjob', 'age')", "stands on no test"),
        ("@pytest.mark.tells(NAME, 'age')\ndef test_x(): ...", "as they are"),
        ("@pytest.mark.tells('cronjob')\ndef test_x(): ...", "as they are"),
    ],
)
def test_a_mark_that_cannot_be_read_is_refused(text: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(text)
    with pytest.raises(MarkError, match=fault):
        proofs(tmp_path)
