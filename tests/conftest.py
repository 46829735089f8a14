"""In which order the tests run."""

import pytest

_FIRST = ("tests/rules/test_rules.py", "tests/real/")
"""What takes longest begins first, so that nobody waits for one worker at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: [not item.nodeid.startswith(beginning) for beginning in _FIRST])
