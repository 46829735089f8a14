"""The fan of a claim's forecast: where its lines go, asked of Prometheus at times ahead of the last measurement.

A claim is measured each hour for ten days; then nothing more is known, as in the part of a graph that lies ahead.
"""

import subprocess
from pathlib import Path

import pytest
import yaml

from dashboards.source import claim_signals
from tests import tools
from tests.dashboards.boards import asked

NOW = 240  # hours
DAYS = {"_early": 1, "": 2, "_late": 4}
OF_DATA = 'namespace="db",persistentvolumeclaim="data"'

LINES = {signal.legend: signal for signal in claim_signals.FAN}


def series(**foretold: str) -> list[dict[str, str]]:
    """500 of 1000 bytes are used. `foretold` replaces times to full, by the part of their name, in promtool's notation."""
    levels = {"used_bytes": 500, "filesystem_bytes": 1000, "available_bytes": 500}
    told = {bound: f"{days * 86400}x{NOW}" for bound, days in DAYS.items()} | foretold
    return [
        *(
            {"series": f"holdfast_pvc_{name}{{{OF_DATA}}}", "values": f"{value}x{NOW}"}
            for name, value in levels.items()
        ),
        *(
            {
                "series": f'holdfast_pvc_time_to_full{bound}_seconds{{{OF_DATA},resource="bytes"}}',
                "values": values,
            }
            for bound, values in told.items()
        ),
    ]


def assert_line(
    folder: Path, bound: str, ahead: int, expected: float | None, known: list[dict[str, str]]
) -> None:
    """The line of the fan at so many hours ahead, in whole bytes; None where there is none."""
    samples = [] if expected is None else [{"labels": f"{{{OF_DATA}}}", "value": expected}]
    question = asked(LINES[bound].expression, over=("20d", "1h"))
    look = {"expr": f"round({question})", "eval_time": f"{NOW + ahead}h", "exp_samples": samples}
    file = folder / "fan.test.yaml"
    file.write_text(
        yaml.safe_dump({"tests": [{"interval": "1h", "input_series": known, "promql_expr_test": [look]}]})
    )
    answer = subprocess.run(
        [tools.path("promtool"), "test", "rules", file], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize(
    ("bound", "ahead", "expected"),
    [
        ("early", 12, (500 + 990) / 2),
        ("early", 24, 990),
        ("most likely", 24, (500 + 990) / 2),
        ("late", 48, (500 + 990) / 2),
        ("late", 96, 990),
    ],
)
def test_a_line_is_half_way_at_half_the_time_and_full_at_its_date(
    tmp_path: Path, bound: str, ahead: int, expected: float
) -> None:
    assert_line(tmp_path, bound, ahead, expected, series())


@pytest.mark.parametrize("bound", LINES)
def test_until_now_each_line_is_what_was_used(tmp_path: Path, bound: str) -> None:
    for hours in (0, -100):
        assert_line(tmp_path, bound, hours, 500, series())


def test_beyond_the_size_there_is_no_line(tmp_path: Path) -> None:
    assert_line(tmp_path, "early", 26, None, series())


def test_a_claim_that_no_longer_fills_has_no_line(tmp_path: Path) -> None:
    """Yesterday it was foretold to be full; since an hour it is not any more."""
    assert_line(tmp_path, "most likely", 12, None, series(**{"": f"172800x{NOW - 1} +Inf"}))


def test_a_bound_that_is_not_told_any_more_has_no_line(tmp_path: Path) -> None:
    """The late bound is absent where full may never be; what it was before is no forecast of today."""
    assert_line(tmp_path, "late", 12, None, series(_late=f"345600x{NOW - 2}"))


def test_the_fan_moves_with_the_newest_forecast(tmp_path: Path) -> None:
    """An hour ago it was two days, now it is four."""
    assert_line(tmp_path, "most likely", 48, (500 + 990) / 2, series(**{"": f"172800x{NOW - 1} 345600"}))
