"""``holdfast rules``: the pack for whoever installs no chart, as promtool, the operator and Mimir take it."""

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import tools
from tests.cli.test_commands import holdfast

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "rules").glob("*.yaml"))
GROUPS: list[dict[str, Any]] = [
    group for file in FILES for group in yaml.safe_load(file.read_text())["groups"]
]


def test_all_rules_are_printed_as_one_file_that_prometheus_takes(tmp_path: Path) -> None:
    printed = tmp_path / "pack.yaml"
    printed.write_text(holdfast("rules").stdout)
    assert yaml.safe_load(printed.read_text()) == {"groups": GROUPS}
    check = [str(tools.path("promtool")), "check", "rules", "--lint=all", "--lint-fatal", str(printed)]
    assert subprocess.run(check, check=False, capture_output=True).returncode == 0


def test_the_operator_takes_them_as_an_object() -> None:
    made = yaml.safe_load(holdfast("rules", "--format", "operator").stdout)
    assert (made["apiVersion"], made["kind"]) == ("monitoring.coreos.com/v1", "PrometheusRule")
    assert made["spec"] == {"groups": GROUPS}


def test_mimir_takes_them_in_a_namespace_of_its_own() -> None:
    made = yaml.safe_load(holdfast("rules", "--format", "mimir").stdout)
    assert made == {"namespace": "holdfast", "groups": GROUPS}


def test_areas_can_be_chosen() -> None:
    made = yaml.safe_load(holdfast("rules", "--area", "restore", "--area", "exporter").stdout)
    assert [group["name"] for group in made["groups"]] == [
        "holdfast-restore",
        "holdfast-exporter",
        "holdfast-replicas",
    ]


def test_runbooks_may_be_served_elsewhere() -> None:
    printed = holdfast("rules", "--runbook-base-url", "https://wiki.example.com/storage/").stdout
    addresses = [line.split()[-1] for line in printed.splitlines() if "runbook_url:" in line]
    assert addresses
    assert all(address.startswith("https://wiki.example.com/storage/Holdfast") for address in addresses)


def test_a_file_for_each_area_is_written(tmp_path: Path) -> None:
    said = holdfast("rules", "--write", tmp_path / "rules").stdout
    assert f"{tmp_path}/rules/holdfast-*.yaml" in said
    written = {path.name: path.read_bytes() for path in (tmp_path / "rules").iterdir()}
    assert written == {f"holdfast-{file.name}": file.read_bytes() for file in FILES}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--area", "backup"), "there are no such rules"),
        (("--format", "json"), "write one of prometheus, operator, mimir"),
        (("--format", "mimir", "--write", "x"), "--write makes files for Prometheus"),
        (("--write", "/dev/null/x"), "name a folder that can be written"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: tuple[str, ...], words: str) -> None:
    said = " ".join(holdfast("rules", *arguments, code=2).stderr.replace("│", " ").split())
    assert words in said


def test_an_installed_package_has_them(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {f"holdfast/rules/{file.name}" for file in FILES} <= set(names)
