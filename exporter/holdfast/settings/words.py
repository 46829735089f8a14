"""Sentences for a wrong word: the nearest valid one and the list of all. No knowledge of any key."""

import difflib
from collections.abc import Collection


def nearest(word: str, valid: Collection[str]) -> str:
    """The valid word that was probably meant, or nothing where none is near."""
    folded = {candidate.lower(): candidate for candidate in sorted(valid)}
    found = difflib.get_close_matches(word.lower(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else ""


def refuse(fact: str, word: str, valid: Collection[str], noun: str, *, of: str = "version") -> str:
    """``unknown key; did you mean namespaceLabels? Valid keys: labels, names, namespaceLabels``. ``of``: what tells the valid ones."""
    if not valid:
        return f"{fact}; remove it, this {of} has no {noun}"
    near = nearest(word, valid)
    hint = f"did you mean {near}? Valid" if near else "valid"
    return f"{fact}; {hint} {noun}: {', '.join(valid)}"
