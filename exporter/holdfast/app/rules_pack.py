"""The alert rules that ship beside the exporter, in the forms that Prometheus, its operator and Mimir take.

The rules themselves stand in ``rules/``; nothing of them is changed here but the address of their runbooks.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

import yaml

PackForm = Literal["prometheus", "operator", "mimir"]
RUNBOOKS = "https://holdfast.dev/runbooks"
"""Where the rules as they stand say that the runbooks are."""

_GROUPS = "groups:\n"


class PackError(Exception):
    """There are no such rules; the text says which there are."""


def areas() -> Sequence[str]:
    """The names of the rule files, without their ending, sorted."""
    return sorted(
        file.name.removesuffix(".yaml") for file in _folder().iterdir() if file.name.endswith(".yaml")
    )


def rules_text(area: str, runbooks: str = RUNBOOKS) -> str:
    """One file of rules, as it stands.

    Raises:
        PackError: there is no such area.
    """
    if area not in areas():
        raise PackError(f"{area}: there are no such rules; areas are {', '.join(areas())}")
    text = (_folder() / f"{area}.yaml").read_text(encoding="utf-8")
    return text.replace(f"{RUNBOOKS}/", f"{runbooks.rstrip('/')}/")


def rules_pack(chosen: Iterable[str], form: PackForm, runbooks: str = RUNBOOKS) -> str:
    """The rules of these areas in one document.

    Raises:
        PackError: there is no such area.
    """
    bodies = [rules_text(area, runbooks).partition(_GROUPS) for area in chosen]
    text = "".join(f"{_indented(head)}{groups}" for head, _, groups in bodies)
    return _FORMS[form](text)


def _folder() -> Traversable:
    """In an installed package beside the code; in a clone of the repository in its own folder."""
    packed = resources.files("holdfast") / "rules"
    return packed if packed.is_dir() else Path(__file__).resolve().parents[3] / "rules"


def _indented(text: str) -> str:
    return "".join(f"  {line}" if line.strip() else line for line in text.splitlines(keepends=True))


def _prometheus(text: str) -> str:
    return _GROUPS + text


def _mimir(text: str) -> str:
    return f"namespace: holdfast\n{_GROUPS}{text}"


def _operator(text: str) -> str:
    head = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "holdfast", "labels": {"app.kubernetes.io/name": "holdfast"}},
    }
    return f"{yaml.safe_dump(head, sort_keys=False)}spec:\n  {_GROUPS}{_indented(text)}"


_FORMS: Mapping[PackForm, Callable[[str], str]] = {
    "prometheus": _prometheus,
    "operator": _operator,
    "mimir": _mimir,
}
