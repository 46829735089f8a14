"""Reports out of files of volume statistics: `.prom` and `.om` beside objects, a dump of a Prometheus, a history on disk."""

import json
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from holdfast.history.store import Store
from holdfast.history.usage import UsageHistory
from holdfast.history.usage_store import UsageStore
from tests import tools
from tests.app.test_filling import DAY, GI, HOUR, growing, mounted
from tests.cli.test_commands import AT, holdfast
from tests.real.weeks import import_blocks
from tests.world import NOW

DATA = 'namespace="shop",persistentvolumeclaim="data"'
OTHER = 'namespace="shop",persistentvolumeclaim="other"'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two claims, their volumes, and the pods that mount them."""
    objects = tmp_path / "dump"
    objects.mkdir()
    (objects / "objects.yaml").write_text(yaml.safe_dump_all(mounted("shop/data", "shop/other")))
    return objects


def line(stat: str, number: float, labels: str = DATA, at: str = "") -> str:
    return f"kubelet_volume_stats_{stat}{{{labels}}} {number!r} {at}".rstrip() + "\n"


def both(used: float = 4 * GI, labels: str = DATA, at: str = "") -> str:
    """Use and size of one claim."""
    return line("used_bytes", used, labels, at) + line("capacity_bytes", 10 * GI, labels, at)


def rows(
    folder: Path, family: str, *more: str | Path, code: int = 0, errors: list[str] | None = None
) -> list[str]:
    """The samples of one family in a report, without its name; what was said on the way goes to ``errors``."""
    words = ("report", "--from", folder, *AT, "--format", "prometheus", *more)
    done = holdfast(*words, code=code)
    if errors is not None:
        errors += done.stderr.splitlines()
    lines = [each for each in done.stdout.splitlines() if each.startswith(f"holdfast_{family}{{")]
    return [each.removeprefix(f"holdfast_{family}") for each in lines]


HOUR_AGO = NOW - HOUR
FILES = {
    "milliseconds": ("usage.prom", both(at=f"{HOUR_AGO * 1000:.0f}"), HOUR),
    "seconds": ("usage.om", both(at=f"{HOUR_AGO:.3f}") + "# EOF\n", HOUR),
    "openmetrics-by-its-end": ("usage.prom", both(at=f"{HOUR_AGO:.0f}") + "# EOF\n", HOUR),
    "no-timestamp": ("node.prom", "# TYPE go_goroutines gauge\ngo_goroutines 4\n" + both(), 0.0),
}


@pytest.mark.parametrize(("name", "text", "age"), FILES.values(), ids=FILES)
def test_the_last_sample_of_a_file_is_the_use(folder: Path, name: str, text: str, age: float) -> None:
    """Milliseconds in Prometheus text, seconds in OpenMetrics, and as of --now without a timestamp."""
    (folder / name).write_text(text)
    assert rows(folder, "pvc_used_bytes") == [f"{{{DATA}}} {4 * GI:.0f}"]
    assert rows(folder, "pvc_usage_age_seconds") == [f"{{{DATA}}} {age:.0f}"]


def week(labels: str = DATA, end: float = 9 * GI) -> str:
    """A week of hours of a claim that grows by half a GiB a day, series after series, as a dump has them."""
    samples = growing(upto=end)
    parts = [
        line(f"{stat}_bytes", getattr(each, stat), labels, f"{each.time:.3f}")
        for stat in ("used", "capacity")
        for each in samples
    ]
    return "".join(parts)


def days_left(found: Iterable[str]) -> dict[str, float]:
    """Days to full in bytes, by the claim's labels."""
    left = {}
    for row in found:
        head, _, value = row.rpartition(" ")
        left[head.partition(',resource="bytes"')[0].lstrip("{")] = float(value) / DAY
    return left


def test_weeks_in_a_file_give_a_forecast_with_no_cluster(folder: Path) -> None:
    (folder / "weeks.om").write_text(week() + "# EOF\n")
    left = days_left(rows(folder, "pvc_time_to_full_seconds"))
    assert left == {DATA: pytest.approx(1.8, abs=0.4)}  # 0.9 GiB of half a GiB a day
    reasons = rows(folder, "pvc_usage_unmeasured")
    assert [OTHER in row and 'reason="not-scraped"' in row for row in reasons] == [True]


def test_teeth_shorter_than_an_hour_are_no_growth(folder: Path) -> None:
    """From 50 to 95 % within 45 minutes, again and again, a sample every five minutes: it never fills."""
    began = NOW - 3 * DAY
    times = [began + 300 * step for step in range(int((NOW - began) // 300) + 1)]
    text = "".join(
        line(stat, number(GI * (5 + 4.5 * ((at - began + 2100) % 2700) / 2700)), at=f"{at:.3f}")
        for stat, number in (
            ("available_bytes", lambda used: 10 * GI - used),
            ("capacity_bytes", lambda _: 10 * GI),
            ("used_bytes", lambda used: used),
        )
        for at in times
    )
    (folder / "teeth.om").write_text(text + "# EOF\n")
    (row,) = rows(folder, "pvc_time_to_full_seconds")
    assert row.endswith(" +Inf")


def test_one_figure_gives_no_forecast_and_says_why(folder: Path) -> None:
    (folder / "node.prom").write_text(both())
    assert rows(folder, "pvc_time_to_full_seconds") == []
    assert rows(folder, "pvc_forecast_unknown") == [f'{{{DATA},resource="bytes",reason="short-history"}} 1']


def test_without_files_of_statistics_nobody_was_asked(folder: Path) -> None:
    assert len(rows(folder, "pvc_usage_unmeasured")) == 2
    assert all('reason="not-asked"' in row for row in rows(folder, "pvc_usage_unmeasured"))


# ---- several clusters


@pytest.fixture
def clusters(folder: Path) -> Path:
    (folder / "east.prom").write_text(both(4 * GI, f'cluster="east",{DATA}'))
    (folder / "west.prom").write_text(both(7 * GI, f'cluster="west",{DATA}'))
    return folder


def test_figures_of_several_clusters_are_refused_naming_them(clusters: Path) -> None:
    """Claims of one name cannot be told apart: none is used, and the report ends with 1."""
    errors: list[str] = []
    assert rows(clusters, "pvc_used_bytes", code=1, errors=errors) == []
    (said,) = errors
    assert said.startswith(
        f"holdfast: {clusters / 'west.prom'}:1: volume statistics of several clusters (east, west); "
    )
    assert "cluster: {name: NAME}" in said


def test_the_cluster_that_the_configuration_names_is_chosen(clusters: Path, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("cluster: {name: west}\n")
    found = rows(clusters, "pvc_used_bytes", "--config", tmp_path / "c.yaml")
    assert [row.rpartition(" ")[2] for row in found] == [f"{7 * GI:.0f}"]


# ---- damage


def damaged_number(text: str) -> str:
    return text + line("used_bytes", 1.0, OTHER).replace(" 1.0", " 1.0.0")


DAMAGE: dict[str, tuple[str, Callable[[str], str], str]] = {
    "number": ("node.prom", damaged_number, ":3: its value or its timestamp is no number"),
    "half-a-line": (
        "node.prom",
        lambda text: text + 'kubelet_volume_stats_used_bytes{namespace="sh',
        ":3: it does not begin with a metric and its labels",
    ),
    "not-a-metric": ("node.prom", lambda text: "<html>\n" + text, ":1: it is no sample"),
    "no-claim": (
        "node.prom",
        lambda text: text + 'kubelet_volume_stats_used_bytes{namespace="shop"} 1\n',
        ":3: it names no claim: `namespace` or `persistentvolumeclaim` is missing",
    ),
    "cut": ("node.om", lambda text: text, ": does not end with `# EOF`; what came after may be missing"),
    "other-unit": (
        "node.om",
        lambda text: text + line("used_bytes", 1.0, OTHER, f"{NOW * 1000:.0f}") + "# EOF\n",
        ":3: its timestamp is in another unit than the file's",
    ),
}


@pytest.mark.parametrize(("name", "harm", "said"), DAMAGE.values(), ids=DAMAGE)
def test_what_is_damaged_is_named_with_file_and_line_and_the_rest_is_used(
    folder: Path, name: str, harm: Callable[[str], str], said: str
) -> None:
    """On stderr and with exit code 1."""
    (folder / name).write_text(harm(both()))
    errors: list[str] = []
    assert rows(folder, "pvc_used_bytes", code=1, errors=errors) == [f"{{{DATA}}} {4 * GI:.0f}"]
    (line_,) = errors
    assert line_.startswith(f"holdfast: {folder / name}{said}")


def test_damage_stands_in_the_json_report_too(folder: Path) -> None:
    (folder / "node.prom").write_text(damaged_number(both()))
    printed = holdfast("report", "--from", folder, *AT, "--format", "json", code=1).stdout
    errors: list[dict[str, Any]] = json.loads(printed)["errors"]
    assert any(f"{folder / 'node.prom'}" in str(each) and "no number" in str(each) for each in errors)


def test_a_file_that_serves_no_claim_is_said(folder: Path) -> None:
    """A report without usage would look the same where nobody measures."""
    (folder / "usage.om").write_text(both(labels='namespace="mall",persistentvolumeclaim="data"') + "# EOF\n")
    said = holdfast("report", "--from", folder, *AT).stderr
    assert "none of what the files tell (claims: 1, the first is mall/data) is among the objects" in said
    (folder / "usage.om").write_text("# TYPE go_goroutines gauge\ngo_goroutines 4\n# EOF\n")
    assert "usage: the files tell nothing of any volume" in holdfast("report", "--from", folder, *AT).stderr


def test_files_that_are_passed_over_are_said(folder: Path) -> None:
    """What is compressed is not read, and would else count as looked at and empty."""
    (folder / "velero.yaml.gz").write_bytes(b"\x1f\x8b")
    (folder / "usage.txt").write_text(both())
    said = holdfast("report", "--from", folder, *AT).stderr
    assert (
        f"files that are passed over: 2, the first is {folder / 'usage.txt'}; unpack what is compressed"
        in said
    )


def test_what_serves_and_what_is_none_of_ours_needs_no_word(folder: Path) -> None:
    (folder / "usage.om").write_text(both() + "# EOF\n")
    (folder / "kubelet.log").write_text("I1121 12:00:00")
    assert holdfast("report", "--from", folder, *AT).stderr == ""


# ---- a dump of a Prometheus, and a history


@pytest.mark.real_long
def test_a_dump_that_promtool_makes_is_read_as_it_is(folder: Path, tmp_path: Path) -> None:
    """Blocks as a Prometheus writes them, dumped by the newest promtool into the folder."""
    promtool = tools.path("promtool3")
    (tmp_path / "weeks.om").write_text(week(f'cluster="east",node="n1",{DATA}') + "# EOF\n")
    blocks = tmp_path / "data"
    import_blocks(tmp_path / "weeks.om", blocks, promtool="promtool3")
    (blocks / "wal").mkdir()  # as every Prometheus has
    match = '{__name__=~"kubelet_volume_stats_.*",cluster="east"}'
    dumped = subprocess.run(
        [promtool, "tsdb", "dump-openmetrics", "--match", match, blocks],
        check=True,
        capture_output=True,
        timeout=120,
    )
    (folder / "prometheus").mkdir()
    (folder / "prometheus" / "usage.om").write_bytes(dumped.stdout)
    left = days_left(rows(folder, "pvc_time_to_full_seconds"))
    assert left == {DATA: pytest.approx(1.8, abs=0.4)}


def test_a_history_beside_that_of_the_observations_gives_use_and_forecast(
    folder: Path, tmp_path: Path
) -> None:
    """`--history` names the one file, and usage lies in the same folder."""
    state = tmp_path / "state"
    Store(state / "history.sqlite").close()
    history = UsageHistory(keep="max")
    history.take([("uid-shop-data", each) for each in growing()], NOW)
    store = UsageStore(state / "usage.sqlite")
    while (unsaved := history.unsaved(NOW)) is not None:
        store.save(unsaved)
    store.close()
    before = (state / "usage.sqlite").read_bytes()
    more = ("--history", state / "history.sqlite")
    assert rows(folder, "pvc_used_bytes", *more) == [f"{{{DATA}}} {9 * GI:.0f}"]
    left = days_left(rows(folder, "pvc_time_to_full_seconds", *more))
    assert left == {DATA: pytest.approx(1.8, abs=0.4)}
    assert (state / "usage.sqlite").read_bytes() == before, "a report writes nothing"


def test_a_file_newer_than_the_history_goes_on_from_it(folder: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    Store(state / "history.sqlite").close()
    history = UsageHistory(keep="max")
    old = [each for each in growing() if each.time < NOW - 6 * HOUR]
    history.take([("uid-shop-data", each) for each in old], NOW)
    store = UsageStore(state / "usage.sqlite")
    while (unsaved := history.unsaved(NOW)) is not None:
        store.save(unsaved)
    store.close()
    (folder / "node.prom").write_text(both(9 * GI))
    more = ("--history", state / "history.sqlite")
    assert rows(folder, "pvc_used_bytes", *more) == [f"{{{DATA}}} {9 * GI:.0f}"]
    assert days_left(rows(folder, "pvc_time_to_full_seconds", *more)) == {DATA: pytest.approx(1.8, abs=0.5)}
