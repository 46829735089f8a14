"""The text: escaping, numbers, order, what is joined again, and agreement with the Prometheus client's own parser."""

import hypothesis.strategies as st
import pytest
from hypothesis import given
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_prometheus

from holdfast.metrics.board import Board
from holdfast.metrics.family import Family, number, since

COLOURS = Family(
    name="test_colour",
    help="A test.",
    noun="claim",
    further=("colour",),
    rows=lambda judgement: [((colour,), value) for colour, value in judgement],
)
AGES = Family(
    name="test_age_seconds", help="A clock.", noun="claim", clock=True, rows=lambda judgement: [((), 90.0)]
)
OBJECTS = frozenset({"objects"})


def text(board: Board, now: float = 100.0) -> str:
    return b"".join(board.text(now, origins=OBJECTS)).decode()


def test_a_row() -> None:
    """Identity labels first, then the further ones; whole numbers without a fraction."""
    board = Board([COLOURS])
    board.put("claim", ("shop", "data"), [("red", 1), ("blue", 2.5)])
    assert text(board) == (
        "# HELP test_colour A test.\n"
        "# TYPE test_colour gauge\n"
        'test_colour{namespace="shop",persistentvolumeclaim="data",colour="red"} 1\n'
        'test_colour{namespace="shop",persistentvolumeclaim="data",colour="blue"} 2.5\n'
    )


def test_a_family_without_a_row_is_not_mentioned() -> None:
    board = Board([COLOURS])
    board.put("claim", ("shop", "data"), [])
    assert text(board) == ""


def test_a_clock_family_moves_with_the_scrape() -> None:
    """Its rows hold an instant; the sample is the time since then, and never negative."""
    board = Board([AGES])
    board.put("claim", ("shop", "data"), None)
    assert text(board, 100.5).splitlines()[-1].endswith(" 10.5")
    assert text(board, 50.0).splitlines()[-1].endswith(" 0")


def test_a_noun_that_nobody_renders_is_a_mistake() -> None:
    with pytest.raises(KeyError, match="no family is fed by 'clam'; nouns are claim"):
        Board([COLOURS]).put("clam", ("shop", "data"), [])


def test_what_is_cluster_scoped_writes_its_namespace_empty() -> None:
    """Else a scrape would fill in the namespace that the exporter runs in."""
    board = Board([Family(name="test_size", help="A test.", noun="volume", rows=lambda _: [((), 1)])])
    board.put("volume", ("pv-1",), None)
    assert text(board).splitlines()[-1] == 'test_size{namespace="",persistentvolume="pv-1"} 1'


def test_a_family_can_be_switched_off() -> None:
    board = Board([COLOURS, AGES], deny=frozenset({"test_colour"}))
    board.put("claim", ("shop", "data"), [("red", 1)])
    assert "test_colour" not in text(board)
    assert "test_age_seconds{" in text(board)


@pytest.mark.parametrize(
    ("value", "spelt"),
    [
        (0, "0"),
        (1.0, "1"),
        (0.25, "0.25"),
        (float("inf"), "+Inf"),
        (float("nan"), "NaN"),
        (2**53, "9007199254740992"),
        (True, "1"),
    ],
)
def test_numbers(value: float, spelt: str) -> None:
    assert number(value) == spelt


@pytest.mark.parametrize(
    ("seconds", "spelt"), [(3600.0, "3600"), (0.0004, "0"), (1.5, "1.5"), (-3.0, "0"), (100.0, "100")]
)
def test_elapsed_time(seconds: float, spelt: str) -> None:
    assert since(seconds) == spelt


names = st.text(min_size=0, max_size=20)
steps = st.lists(st.tuples(st.booleans(), st.integers(0, 40), names), max_size=120)


@given(steps)
def test_any_order_of_changes_ends_in_the_text_of_what_stands(changes: list[tuple[bool, int, str]]) -> None:
    """Slabs split and are joined anew behind the scenes; the text is that of a board filled once."""
    board, standing = Board([COLOURS, AGES]), {}
    for put, index, colour in changes:
        key = ("ns", f"claim-{index}")
        if put:
            board.put("claim", key, [(colour, index)])
            standing[key] = [(colour, index)]
        else:
            board.drop("claim", key)
            standing.pop(key, None)
        text(board)
    fresh = Board([COLOURS, AGES])
    for key, judgement in standing.items():
        fresh.put("claim", key, judgement)
    assert text(board) == text(fresh)


def test_a_thousand_subjects_stand_in_order() -> None:
    """More than one slab: the order is that of the keys, whatever came first."""
    board = Board([COLOURS])
    for index in sorted(range(2000), key=lambda number: number * 7919 % 2000):
        board.put("claim", ("ns", f"{index:05}"), [("red", index)])
    board.drop("claim", ("ns", "00777"))
    values = [line.rsplit(" ", 1)[1] for line in text(board).splitlines() if not line.startswith("#")]
    assert values == [str(index) for index in range(2000) if index != 777]


@given(names, names)
def test_both_parsers_read_back_every_label(namespace: str, colour: str) -> None:
    """Quotes, backslashes, newlines and any Unicode survive, in both formats."""
    if any(0xD800 <= ord(char) < 0xE000 for char in namespace + colour) or "\r" in namespace + colour:
        return  # no UTF-8 text holds a surrogate; the parsers split lines at carriage returns
    board = Board([COLOURS])
    board.put("claim", (namespace, "data"), [(colour, 1)])
    written = text(board)
    wanted = {"namespace": namespace, "persistentvolumeclaim": "data", "colour": colour}
    for family in parse_openmetrics(written + "# EOF\n"):
        assert family.samples[0].labels == wanted
    if len(written.splitlines()) == 3:  # the older parser also splits at exotic line ends inside a value
        assert next(iter(parse_prometheus(written))).samples[0].labels == wanted
