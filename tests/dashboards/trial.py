"""A question asked of made-up series at an instant, by promtool. What the answer should be is not here."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml

from tests import tools
from tests.dashboards.boards import asked


def answers(folder: Path, expression: str, known: Mapping[str, str], *, at: str) -> dict[str, float]:
    """By labels as promtool writes them, the value. `known` are series and their values by the minute, in its notation."""
    series = [{"series": name, "values": values} for name, values in known.items()]
    question = asked(expression, over=("1h", "1m"))
    # What is expected is never there, so that promtool tells what it got.
    look = {"expr": question, "eval_time": at, "exp_samples": [{"labels": '{never="there"}', "value": 1}]}
    file = folder / "trial.test.yaml"
    file.write_text(
        yaml.safe_dump({"tests": [{"interval": "1m", "input_series": series, "promql_expr_test": [look]}]})
    )
    told = subprocess.run(
        [tools.path("promtool"), "test", "rules", file], capture_output=True, text=True, check=False
    )
    got = re.search(r"got: (.*)", told.stderr)
    if got is None:
        raise ValueError(told.stdout + told.stderr)
    return {labels: float(value) for labels, value in re.findall(r"({[^}]*}) ([^,\s]+)", got[1])}
