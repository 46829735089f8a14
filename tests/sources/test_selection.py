"""Label selectors: as the API spells them, against labels."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.sources.selection import SelectorShape, read_selector

WEB = {"app": "web", "tier": "front"}


def selector(text: str) -> Any:
    return read_selector(msgspec.json.decode(text, type=SelectorShape | None))


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("null", True),
        ("{}", True),
        ('{"matchLabels": {"app": "web", "tier": "front"}}', True),
        ('{"matchLabels": {"app": "db"}}', False),
        ('{"matchLabels": {"app": null}}', False),
        ('{"matchExpressions": [{"key": "app", "operator": "In", "values": ["db", "web"]}]}', True),
        ('{"matchExpressions": [{"key": "app", "operator": "In"}]}', False),
        ('{"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}', False),
        ('{"matchExpressions": [{"key": "owner", "operator": "NotIn", "values": ["web"]}]}', True),
        ('{"matchExpressions": [{"key": "app", "operator": "Exists"}]}', True),
        ('{"matchExpressions": [{"key": "owner", "operator": "Exists"}, null]}', False),
        ('{"matchExpressions": [{"key": "owner", "operator": "DoesNotExist"}]}', True),
        ('{"matchExpressions": [{"key": "app", "operator": "Resembles", "values": ["web"]}]}', False),
        (
            '{"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}',
            False,
        ),
    ],
)
def test_selectors(text: str, selected: bool) -> None:
    """All requirements must be met; one of a kind that the API does not know never is."""
    assert selector(text).selects(WEB) is selected


@pytest.mark.parametrize(("patterns", "selected"), [(True, True), (False, False)])
def test_patterns(patterns: bool, selected: bool) -> None:
    """Where a tool takes a star for any text, so does the selector; the API itself does not."""
    starred = selector('{"matchExpressions": [{"key": "app", "operator": "In", "values": ["w*"]}]}')
    assert starred.selects(WEB, patterns=patterns) is selected


@given(
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=4),
    st.text(max_size=5),
    st.text(max_size=5),
)
def test_in_and_not_in_exclude_each_other(labels: dict[str, str], key: str, value: str) -> None:
    """Whatever the labels are, exactly one of the two is met."""
    expression = {"key": key, "values": [value]}
    met = [
        read_selector(
            msgspec.convert({"matchExpressions": [{**expression, "operator": operator}]}, type=SelectorShape)
        ).selects(labels)
        for operator in ("In", "NotIn")
    ]
    assert sum(met) == 1
