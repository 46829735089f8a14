"""The fixtures of a source by situation: one object a file, named after what it shows."""

from pathlib import Path
from typing import Any

from tests.sources.facts import documents
from tests.world import laid_over

FIXTURES = Path(__file__).parent / "fixtures"


def situation(source: str, name: str, **changes: Any) -> dict[str, Any]:
    """One object; ``spec``, ``status`` and ``metadata`` are laid over its own. None takes a key away."""
    (obj,) = documents(FIXTURES / source / f"{name}.yaml")
    return laid_over(obj, changes)


def situations(source: str) -> list[dict[str, Any]]:
    return [obj for path in sorted((FIXTURES / source).glob("*.yaml")) for obj in documents(path)]
