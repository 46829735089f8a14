"""Objects with something else in one place, for tests that no object can bring a source down."""

import copy
from typing import Any

from hypothesis import strategies as st

Place = tuple[Any, tuple[Any, ...]]
"""An object and the keys that lead to one place in it."""

GARBAGE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)

NEEDED = (("metadata",), ("metadata", "name"))
"""Without these an object cannot be told from another."""


def places(objects: list[Any]) -> list[Place]:
    """Every place in every object but its kind, by which a test finds the feed."""
    return [(obj, path) for obj in objects for path in _paths(obj) if path != ("kind",)]


def _paths(node: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    branches = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    inner = [path for key, value in branches for path in _paths(value, (*here, key))]
    return [here, *inner] if here else inner


def put(place: Place, value: Any) -> Any:
    """A copy of the object with the value in that place."""
    obj, path = place
    changed = inner = copy.deepcopy(obj)
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed
