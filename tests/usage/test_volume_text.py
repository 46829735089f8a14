"""Files of volume statistics: text in, samples and named damage out."""

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.history.usage import Resource, UsageHistory
from holdfast.model.identity import ClaimRef
from holdfast.model.usage import UsageSample
from holdfast.usage.text import Damage, Samples, read_samples

NOW = 1_800_000_000.0  # a full hour
HOUR = 3600.0
DATA = ClaimRef("shop", "data-0")
USED = 'kubelet_volume_stats_used_bytes{namespace="shop",persistentvolumeclaim="data-0"}'
SIZE = 'kubelet_volume_stats_capacity_bytes{namespace="shop",persistentvolumeclaim="data-0"}'

Read = Callable[..., Samples]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """What the files of these texts hold, by name; errors name them without their folder."""

    def read(cluster: str = "", **texts: str) -> Samples:
        paths = []
        for name, text in texts.items():
            path = tmp_path / name.replace("_", ".")
            path.write_bytes(text.encode())
            paths.append(path)
        found = read_samples(paths, NOW, cluster)
        return Samples(found.samples, tuple(one._replace(file=Path(one.file).name) for one in found.damage))

    return read


def points(found: Samples) -> list[tuple[float, float | None]]:
    assert found.damage == ()
    return [(sample.time - NOW, sample.used) for sample in found.samples]


def test_a_sample_without_a_timestamp_is_as_of_now(read: Read) -> None:
    found = read(a_prom=f"# TYPE x gauge\n{USED} 5\n{SIZE} 10\n")
    sample = UsageSample(claim=DATA, time=NOW, used=5.0, capacity=10.0)
    assert found.damage == ()
    assert [(one.claim, one.time, one.used, one.capacity) for one in found.samples] == [
        (sample.claim, sample.time, sample.used, sample.capacity)
    ]


def test_prometheus_text_counts_milliseconds(read: Read) -> None:
    assert points(read(a_prom=f"{USED} 5 {int((NOW - 90.5) * 1000)}\n")) == [(-90.5, 5.0)]


def test_openmetrics_counts_seconds(read: Read) -> None:
    assert points(read(a_om=f"{USED} 5 {NOW - 90.5}\n# EOF\n")) == [(-90.5, 5.0)]


@pytest.mark.parametrize("end", ["# EOF", "# EOF\n", "# EOF\n\n"])
def test_a_prom_file_that_ends_as_openmetrics_is_openmetrics(read: Read, end: str) -> None:
    assert points(read(a_prom=f"{USED} 5 {NOW - 90.5}\n{end}")) == [(-90.5, 5.0)]


def test_a_dump_series_after_series_joins_what_was_scraped_together(read: Read) -> None:
    """As ``promtool tsdb dump-openmetrics`` writes it: first all points of one series, then those of the next."""
    used = "".join(f"{USED} {hour} {NOW - HOUR * hour}\n" for hour in (3, 2, 1))
    size = "".join(f"{SIZE} 10 {NOW - HOUR * hour}\n" for hour in (3, 2, 1))
    found = read(a_om=f"{used}{size}# EOF\n")
    assert points(found) == [(-3 * HOUR, 3.0), (-2 * HOUR, 2.0), (-HOUR, 1.0)]
    assert [sample.capacity for sample in found.samples] == [10.0] * 3


def stat(name: str) -> str:
    return f'kubelet_volume_stats_{name}{{namespace="shop",persistentvolumeclaim="data-0"}}'


def test_of_an_hour_the_fullest_sample_is_kept_the_last_where_several_are(read: Read) -> None:
    lines = [
        f"{USED} {used} {NOW - 2 * HOUR + at}\n" for at, used in ((0, 5), (600, 9), (1200, 9), (3599, 2))
    ]
    assert points(read(a_om="".join(lines) + f"{USED} 1 {NOW}\n# EOF\n")) == [(-2 * HOUR + 1200, 9), (0, 1)]


def test_the_newest_is_kept_beside_the_fullest_of_its_hour(read: Read) -> None:
    lines = [f"{USED} {used} {NOW - HOUR + at}\n" for at, used in ((0, 5), (600, 9), (1200, 3))]
    assert points(read(a_om="".join(lines) + "# EOF\n")) == [(-HOUR + 600, 9), (-HOUR + 1200, 3)]


TEETH = [  # used, size, free, inodes used, inodes at each ten minutes of two hours
    (30 + 10 * (at % 5), 100 if at < 8 else 200, 65 - 10 * (at % 5) + (0 if at < 8 else 100), 9 - at % 5, 10)
    for at in range(12)
]
STATS = ("used_bytes", "capacity_bytes", "available_bytes", "inodes_used", "inodes")


def teeth(order: Sequence[int]) -> str:
    lines = [
        f"{stat(name)} {number} {NOW - 2 * HOUR + 600 * at}\n"
        for at, row in enumerate(TEETH)
        for name, number in zip(STATS, row, strict=True)
    ]
    return "".join(lines[at] for at in order) + "# EOF\n"


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(range(12 * len(STATS))))
def test_what_a_sample_tells_is_of_one_instant_in_any_order_of_lines(
    tmp_path: Path, order: Sequence[int]
) -> None:
    """The fullest in bytes and in inodes of each hour, by what is used and by what is free, and the newest."""
    path = tmp_path / "a.om"
    path.write_text(teeth(order))
    found = read_samples([path], NOW).samples
    told = [(int(one.time - NOW + 2 * HOUR) // 600, one.used, one.capacity, one.available) for one in found]
    assert told == [(at, *TEETH[at][:3]) for at in (4, 5, 7, 9, 10, 11)]
    assert [one.inodes_used for one in found] == [TEETH[at][3] for at in (4, 5, 7, 9, 10, 11)]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.integers(0, 4 * 720).map(lambda at: at * 5.0),
        st.tuples(st.integers(0, 80), st.integers(0, 9)),
        min_size=1,
        max_size=40,
    ),
    st.randoms(use_true_random=False),
)
def test_a_file_gives_the_history_of_who_saw_every_sample(
    tmp_path: Path, seen: dict[float, tuple[int, int]], random: Random
) -> None:
    lines, samples = [], []
    for age, (used, inodes) in seen.items():
        numbers = (used, 100, 95 - used, inodes, 9)
        sample = UsageSample(
            claim=DATA,
            time=NOW - age,
            used=used,
            capacity=100,
            available=95 - used,
            inodes_used=inodes,
            inodes=9,
        )
        samples.append(sample)
        lines += [f"{stat(name)} {number} {NOW - age}\n" for name, number in zip(STATS, numbers, strict=True)]
    random.shuffle(lines)
    path = tmp_path / "a.om"
    path.write_text("".join(lines) + "# EOF\n")
    live, read = UsageHistory(keep="max"), UsageHistory(keep="max")
    live.take([("uid", one) for one in samples], NOW)
    read.take([("uid", one) for one in read_samples([path], NOW).samples], NOW)
    resources: tuple[Resource, ...] = ("bytes", "inodes")
    for resource in resources:
        mine, theirs = read.window(["uid"], NOW, resource), live.window(["uid"], NOW, resource)
        for ours, others in zip(mine, theirs, strict=True):
            assert np.array_equal(ours, others, equal_nan=True)


def test_where_others_fill_the_file_system_the_least_free_space_is_the_fullest(read: Read) -> None:
    """As of an NFS export: the claim's own use falls while that of all rises."""
    rows = [(20, 60), (10, 5), (15, 40)]
    text = "".join(
        f"{stat('used_bytes')} {used} {NOW - HOUR + at}\n{stat('available_bytes')} {free} {NOW - HOUR + at}\n"
        f"{SIZE} 100 {NOW - HOUR + at}\n"
        for at, (used, free) in enumerate(rows)
    )
    found = read(a_om=text + "# EOF\n")
    assert max(sample.filled or 0 for sample in found.samples) == 95


def test_a_number_that_cannot_be_one_is_not_the_fullest(read: Read) -> None:
    lines = [f"{USED} {used} {NOW - HOUR + at}\n" for at, used in ((0, 5), (600, 1.8e19), (1200, 3))]
    assert points(read(a_om="".join(lines) + "# EOF\n")) == [(-HOUR, 5), (-HOUR + 1200, 3)]


def test_of_two_numbers_for_one_instant_the_fuller_counts(read: Read) -> None:
    """In any order: the size that is told last may be that of another file system."""
    lines = [
        f"{stat} {number} {NOW}\n"
        for stat, numbers in ((USED, (5, 7)), (SIZE, (90, 9)))
        for number in numbers
    ]
    for text in ("".join(lines), "".join(reversed(lines))):
        (sample,) = read(a_om=text + "# EOF\n").samples
        assert (sample.used, sample.capacity) == (7.0, 9.0)


def test_of_an_hour_no_more_is_kept_for_more_samples(read: Read) -> None:
    """A dump may hold one every few seconds, for weeks."""
    text = "".join(
        f"{stat(name)} {at * 7919 % 3600 + place} {NOW - HOUR + at}\n"
        for place, name in enumerate(STATS)
        for at in range(3600)
    )
    assert len(read(a_om=text + "# EOF\n").samples) <= 4


def test_nan_hides_no_sample_before_it(read: Read) -> None:
    lines = f"{USED} 5 {NOW - 120}\n{USED} NaN {NOW - 60}\n# EOF\n"
    assert points(read(a_om=lines)) == [(-120.0, 5.0)]


def test_the_future_is_ignored_but_for_a_minute(read: Read) -> None:
    lines = f"{USED} 5 {NOW + 60}\n{USED} 6 {NOW + 61}\n# EOF\n"
    assert points(read(a_om=lines)) == [(60.0, 5.0)]


def test_a_file_of_which_all_is_later_than_now_is_named(read: Read) -> None:
    found = read(a_om=f"{USED} 5 {NOW + 61}\n{USED} 6 {NOW + 3600}\n# EOF\n")
    assert found == Samples(
        (),
        (
            Damage(
                "a.om",
                None,
                "all that it tells is later than the time as of which is judged; name a later one with --now",
            ),
        ),
    )


def test_a_claim_measured_on_two_nodes_has_the_samples_of_both(read: Read) -> None:
    other = USED.replace("}", ',node="b"}')
    mine = USED.replace("}", ',node="a"}')
    found = read(a_om=f"{mine} 5 {NOW - 60}\n{other} 6 {NOW}\n# EOF\n")
    assert [(sample.origin, sample.used) for sample in found.samples] == [("a", 5.0), ("b", 6.0)]


def test_a_damaged_line_is_named_with_its_place_and_the_rest_is_used(read: Read) -> None:
    found = read(a_prom=f"# HELP\n{USED} 5\nkubelet_volume_stats_used_bytes{{name\n\n{SIZE} ten\n")
    assert [sample.used for sample in found.samples] == [5.0]
    assert found.damage == (
        Damage("a.prom", 3, "it does not begin with a metric and its labels"),
        Damage("a.prom", 5, "its value or its timestamp is no number"),
    )


def test_a_sample_of_no_claim_is_damage(read: Read) -> None:
    (damage,) = read(a_prom='kubelet_volume_stats_used_bytes{namespace="shop"} 5\n').damage
    assert damage.message.startswith("it names no claim")


def test_much_damage_is_counted(read: Read) -> None:
    found = read(a_prom="<p>\n" * 100 + f"{USED} 5\n")
    assert len(found.damage) == 21
    assert found.damage[-1] == Damage("a.prom", None, "80 more damaged lines")
    assert len(found.samples) == 1


def test_an_openmetrics_file_that_was_cut_is_named(read: Read) -> None:
    found = read(a_om=f"{USED} 5 {NOW}\n")
    assert found.damage == (
        Damage("a.om", None, "does not end with `# EOF`; what came after may be missing"),
    )
    assert len(found.samples) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [("a_prom", f"{USED} 5 {NOW:.0f}\n" * 3), ("a_om", f"{USED} 5 {NOW * 1000:.0f}\n" * 3 + "# EOF\n")],
)
def test_a_timestamp_in_the_other_formats_unit_is_named_once_and_not_used(
    read: Read, name: str, text: str
) -> None:
    found = read(**{name: text})
    assert found.samples == ()
    (damage,) = found.damage
    assert (damage.line, damage.message[:45]) == (1, "its timestamp is in another unit than the fil")


def clustered(name: str) -> str:
    return USED.replace("}", f',cluster="{name}"}}')


def test_samples_of_several_clusters_are_refused_and_named(read: Read) -> None:
    """Claims of one name cannot be told apart."""
    found = read(a_prom=f"{clustered('west')} 5\n", b_prom=f"\n{clustered('east')} 6\n")
    assert found.samples == ()
    assert found.damage == (
        Damage(
            "b.prom",
            2,
            "volume statistics of several clusters (east, west); none is used: choose one with "
            "`cluster: {name: NAME}` in the configuration",
        ),
    )


def test_the_cluster_that_is_chosen_is_used(read: Read) -> None:
    found = read(cluster="east", a_prom=f"{clustered('west')} 5\n{clustered('east')} 6\n")
    assert points(found) == [(0.0, 6.0)]


def test_a_single_cluster_needs_no_choice(read: Read) -> None:
    assert points(read(cluster="ours", a_prom=f"{clustered('west')} 5\n")) == [(0.0, 5.0)]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    found = read_samples([tmp_path / "none.prom", tmp_path], NOW)
    assert found.damage == (
        Damage(str(tmp_path / "none.prom"), None, "No such file or directory"),
        Damage(str(tmp_path), None, "not a regular file"),
    )


def zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.om", content)
    return packed.getvalue()


def zstandard(content: bytes) -> bytes:
    """Its beginning; no library of ours packs it."""
    return b"\x28\xb5\x2f\xfd" + content


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zipped, zstandard])
def test_a_compressed_file_is_named_once(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    packed = tmp_path / "a.om"
    packed.write_bytes(pack(f"{USED} 5\n# EOF\n".encode()))
    assert read_samples([packed], NOW).damage == (Damage(str(packed), None, "compressed; unpack it first"),)


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(read: Read) -> None:
    assert points(read(a_prom=f"\ufeff{USED} 5\r\n")) == [(0.0, 5.0)]


def test_a_line_too_long_to_be_one_is_named_and_passed_over(read: Read) -> None:
    found = read(a_prom=f"{'x' * 3_000_000}\n{USED} 5\n")
    assert found.damage == (Damage("a.prom", 1, "longer than 1,048,576 bytes"),)
    assert len(found.samples) == 1


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([USED, SIZE, " 5", "\n", "{", '"', " 1800000000", "# EOF", "\x00", "é"])))
def test_whatever_a_file_holds_nothing_is_raised(tmp_path: Path, parts: list[str]) -> None:
    for name in ("a.prom", "a.om"):
        path = tmp_path / name
        path.write_bytes("".join(parts).encode())
        for sample in read_samples([path], NOW).samples:
            assert sample.claim == DATA


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 7200), st.integers(0, 9)), min_size=1, unique_by=lambda at: at[0]))
def test_the_newest_line_is_the_usage_in_any_order(tmp_path: Path, at: list[tuple[int, int]]) -> None:
    path = tmp_path / "a.om"
    path.write_text("".join(f"{USED} {used} {NOW - age}\n" for age, used in at) + "# EOF\n")
    newest = read_samples([path], NOW).samples[-1]
    assert (NOW - newest.time, newest.used) == min(at)
