"""One line of exposition: what it says, as the reference parser reads it; damage is named and never read."""

import math
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from holdfast.usage.volume_stats import STAT_OF, LineError, Lines, claim_of

LABEL_VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=8)
LABELS = st.dictionaries(st.sampled_from(["namespace", "persistentvolumeclaim", "node", "le"]), LABEL_VALUES)
NUMBERS = st.floats(allow_nan=False) | st.integers(-(2**70), 2**70)


def escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def written(metric: str, labels: dict[str, str], value: float, stamp: int | None) -> str:
    pairs = ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items())
    number = {math.inf: "+Inf", -math.inf: "-Inf"}.get(value, repr(value))
    return f"{metric}{{{pairs}}} {number}" + (f" {stamp}" if stamp is not None else "")


@given(st.sampled_from(sorted(STAT_OF)), LABELS, NUMBERS, st.none() | st.integers(0, 2**45))
def test_a_line_reads_as_the_reference_parser_reads_it(
    metric: str, labels: dict[str, str], value: float, stamp: int | None
) -> None:
    line = written(metric, labels, value, stamp)
    (family,) = text_string_to_metric_families(line + "\n")
    (expected,) = family.samples
    read = Lines().read(line.encode() + b"\n")
    assert read is not None
    head, number, time = read
    assert (head.metric, dict(head.labels), number) == (expected.name, expected.labels, float(expected.value))
    assert time == stamp
    assert expected.timestamp == (None if stamp is None else stamp / 1000)


@given(st.binary(max_size=60))
def test_no_bytes_do_more_than_raise_their_own_error(tail: bytes) -> None:
    for line in (tail, b"kubelet_volume_stats_used_bytes" + tail):
        try:
            Lines().read(line)
        except LineError:
            continue


@given(st.sampled_from(sorted(STAT_OF)), LABELS, st.data())
def test_a_line_that_was_cut_within_its_labels_is_damaged(
    metric: str, labels: dict[str, str], data: st.DataObject
) -> None:
    line = written(metric, labels, 12.5, None)
    cut = line[: data.draw(st.integers(len("kubelet_volume_stats_"), line.rindex("}")))].encode()
    with pytest.raises(LineError):
        Lines().read(cut)


@pytest.mark.parametrize(
    "line",
    [
        "# HELP kubelet_volume_stats_used_bytes [ALPHA] Number of used bytes in the volume",
        "",
        "   ",
        "up 1",
        'http_requests_bucket{le="1"} 5 # {trace_id="x}y"} 0.67 1520879607.789',
        'apiserver_info{a="}"} 1 1520879607789',
        '{"name.in.utf8",a="b"} 1',
    ],
)
def test_comments_and_other_metrics_are_passed_over(line: str) -> None:
    assert Lines().read(line.encode()) is None


@pytest.mark.parametrize(
    "line",
    [
        "kubelet_volume_stats_used_bytes",
        'kubelet_volume_stats_used_bytes{namespace="a"}',
        'kubelet_volume_stats_used_bytes{namespace="a"} 1_000',
        'kubelet_volume_stats_used_bytes{namespace="a"} 0x10',
        'kubelet_volume_stats_used_bytes{namespace="a"} 1 2 3',
        'kubelet_volume_stats_used_bytes{namespace="a",namespace="b"} 1',
        "kubelet_volume_stats_used_bytes{namespace=a} 1",
        "<html><body>Sign in</body></html>",
        "kubelet_volume_st",
    ],
)
def test_what_is_no_sample_is_named(line: str) -> None:
    with pytest.raises(LineError):
        Lines().read(line.encode())


@pytest.mark.parametrize("name", ["kubelet_volume_stats_used_bytes", "up"])
@pytest.mark.parametrize(
    "tail", ["{b}x", '{{a="b"{b}x}} 1', "{{{b}x}} 1", '{{a="b",{b}x}} 1', "{{a={b}x}} 1", "{c} x", "{d} x"]
)
def test_a_line_of_many_signs_is_done_with_in_no_time(name: str, tail: str) -> None:
    many = 200_000
    line = name + tail.format(b=" " * many, c="}" * many, d='{a="b",' * (many // 7))
    began = time.perf_counter()
    with suppress(LineError):  # of other metrics not every sign is looked at
        Lines().read(line.encode())
    assert time.perf_counter() - began < 2.0


@pytest.mark.parametrize("labels", ["{}", "{ }", '{a="b"}', '{a="b",}', '{ a = "b" , c="d" , }'])
def test_blanks_and_a_comma_at_the_end_are_allowed_among_labels(labels: str) -> None:
    read = Lines().read(f"kubelet_volume_stats_used_bytes{labels} 1".encode())
    assert read is not None
    assert set(read[0].labels) <= {"a", "c"}


def test_a_label_that_is_no_utf_8_is_damage() -> None:
    with pytest.raises(LineError, match="no UTF-8"):
        Lines().read(b'kubelet_volume_stats_used_bytes{namespace="\xff"} 1')


@pytest.mark.parametrize(
    ("labels", "claim"),
    [
        ({"namespace": "shop", "persistentvolumeclaim": "data"}, ("shop", "data")),
        (
            {"namespace": "kube-system", "exported_namespace": "shop", "persistentvolumeclaim": "data"},
            ("shop", "data"),
        ),
        ({"namespace": "shop", "exported_namespace": "", "persistentvolumeclaim": "data"}, ("shop", "data")),
        ({"namespace": "shop"}, None),
        ({"persistentvolumeclaim": "data"}, None),
    ],
)
def test_the_namespace_of_the_claim_wins_over_that_of_the_scrape(
    labels: dict[str, str], claim: object
) -> None:
    assert claim_of(labels) == claim
