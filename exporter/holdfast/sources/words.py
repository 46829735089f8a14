"""The words in which objects tell their state: what of them is known to us, and what is not."""

from collections.abc import Container, Mapping

from holdfast.sources.runs.records import Outcome

LONGEST_WORD = (
    60  # characters of a word that is not known; a person reads no more, and no tool writes a longer one
)


def strange_word(word: str | None, known: Container[str]) -> str:
    """The word where it is none of those known, cut; empty where it is one of them, or absent."""
    return word[:LONGEST_WORD] if word and word not in known else ""


def outcome_of(word: str | None, outcomes: Mapping[str, Outcome]) -> tuple[Outcome, str]:
    """The outcome that the word stands for, and the word where it stands for none."""
    return outcomes.get(word or "", "unknown"), strange_word(word, outcomes)
