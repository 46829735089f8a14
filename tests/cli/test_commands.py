"""Commands as a person runs them: the installed program in a process of its own, on folders of objects."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_prometheus

from holdfast.app.compose import read_settings, select
from holdfast.demo import demo_config, write_demo
from tests.world import NOW, claim, pod

AT = ("--now", "2026-11-21T12:00:00Z")


def holdfast(*words: str | Path, code: int = 0, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs the program; what it printed, once it ended as expected."""
    done = subprocess.run(
        [sys.executable, "-m", "holdfast", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"COLUMNS": "120", "NO_COLOR": "1"} | env,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder, NOW)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one claim and the pod that uses it."""
    objects = tmp_path / "dump"
    objects.mkdir()
    (objects / "claim.yaml").write_text(yaml.safe_dump(claim()))
    (objects / "pod.json").write_text(json.dumps(pod("shop/web-0", "data")))
    return objects


def test_report_in_a_table(folder: Path) -> None:
    printed = holdfast("report", "--from", folder, *AT).stdout
    assert "shop/data" in printed
    assert "unprotected" in printed


@pytest.mark.parametrize("form", ["table", "json", "prometheus"])
def test_a_report_of_an_empty_folder_is_none(tmp_path: Path, form: str) -> None:
    """Where nothing could be judged nothing may read as if all were well."""
    refused = holdfast("report", "--from", tmp_path, *AT, "--format", form, code=1)
    assert refused.stdout == ""
    assert "nothing could be judged, for it holds no object that is read" in refused.stderr


def test_report_as_json(folder: Path) -> None:
    """Times in RFC 3339, durations in seconds, unknown as null beside a reason."""
    report = json.loads(holdfast("report", "--from", folder, *AT, "--format", "json").stdout)
    assert report["apiVersion"] == "holdfast.dev/report/v1"
    assert report["now"] == "2026-11-21T12:00:00Z"
    keys = (
        "sources",
        "claims",
        "schedules",
        "targets",
        "replications",
        "volumes",
        "snapshots",
        "findings",
        "errors",
    )
    assert all(isinstance(report[key], list) for key in keys)
    assert report["claims"][0]["name"] == "data"


def test_report_for_prometheus_and_for_openmetrics_is_read_by_their_parsers(demo: Path) -> None:
    """Both formats hold the same samples, byte for byte but for the end mark."""
    plain = holdfast(
        "report", "--from", demo, *AT, "--format", "prometheus", "--config", demo_config()
    ).stdout
    marked = holdfast(
        "report", "--from", demo, *AT, "--format", "openmetrics", "--config", demo_config()
    ).stdout
    assert marked == plain + "# EOF\n"
    assert {family.name for family in parse_prometheus(plain)} == {
        family.name for family in parse_openmetrics(marked)
    }


def test_explain(folder: Path) -> None:
    printed = holdfast("explain", "pvc", "shop/data", "--from", folder, *AT).stdout
    assert "unprotected" in printed
    assert "nothing that runs covers the claim" in printed


def test_explaining_a_claim_that_is_not_there(folder: Path) -> None:
    refused = holdfast("explain", "pvc", "shop/none", "--from", folder, *AT, code=1)
    assert refused.stderr == "holdfast: shop/none: no such claim; 'holdfast report' lists those there are\n"


@pytest.mark.parametrize(
    ("file", "text", "place"),
    [
        ("broken.yaml", "kind: Pod\nmetadata: {name: [\n", "broken.yaml:"),
        ("broken.json", '{"kind": "Pod",\n "metadata": }', "broken.json:2"),
        ("scalar.yaml", "just words\n", "scalar.yaml"),
    ],
)
def test_a_malformed_file_is_named_and_the_rest_is_judged(
    folder: Path, file: str, text: str, place: str
) -> None:
    """File and line on stderr, a non-zero end, and everything else in the report."""
    (folder / file).write_text(text)
    done = holdfast("report", "--from", folder, *AT, code=1)
    assert place in done.stderr
    assert "shop/data" in done.stdout


def test_a_folder_that_is_not_there() -> None:
    assert "no such folder" in holdfast("report", "--from", "/nowhere/at/all", code=1).stderr


def test_unknown_kinds_are_skipped(folder: Path) -> None:
    (folder / "other.yaml").write_text("apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: x}\n")
    assert "shop/data" in holdfast("report", "--from", folder, *AT).stdout


def test_without_any_pod_in_the_folder_use_is_unknown(folder: Path) -> None:
    """A dump that holds no pod at all says nothing about who uses a claim."""
    (folder / "pod.json").unlink()
    printed = holdfast("report", "--from", folder, *AT, "--format", "prometheus").stdout
    assert "holdfast_pvc_orphaned" not in printed
    assert 'state="unprotected"' in printed, "a backup kind without an object counts as looked at and empty"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("report", "--format", "xml"), "'xml' is no format"),
        (("report", "--now", "soon"), "'soon' is no time"),
        (("explain", "pvc", "data"), "'data' names no claim"),
        (("report", "--log.level", "loud"), "'loud' is no level"),
    ],
)
def test_bad_flags_are_refused_with_the_choices(words: tuple[str, ...], said: str) -> None:
    assert said in " ".join(holdfast(*words, code=2).stderr.split())


def test_a_misspelt_key_is_refused_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("tires: []\n")
    refused = holdfast("config", "check", "--config", tmp_path / "c.yaml", code=1).stderr
    assert "c.yaml:1" in refused
    assert "tiers" in refused


def test_config_check(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("sources: {velero: {enabled: false}}\n")
    assert "sources off: velero" in holdfast("config", "check", "--config", tmp_path / "c.yaml").stdout


def test_rbac_lists_and_watches_what_the_sources_read_and_nothing_else(tmp_path: Path) -> None:
    """The role follows from the feeds: never a Secret, never a verb that writes, never nodes/proxy."""
    (tmp_path / "c.yaml").write_text("usage: {kubelet: {enabled: false}}\n")
    (role,) = yaml.safe_load_all(holdfast("rbac", "--config", tmp_path / "c.yaml").stdout)
    granted = {(rule["apiGroups"][0], plural) for rule in role["rules"] for plural in rule["resources"]}
    read = {(feed.resource.group, feed.resource.plural) for feed in select(read_settings([])).feeds}
    assert granted == read
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"list", "watch"}
    assert ("", "secrets") not in granted


def test_rbac_opens_two_pages_of_kubelets_while_these_are_asked() -> None:
    """Beside what is listed and watched, and for nothing but to be got."""
    (role,) = yaml.safe_load_all(holdfast("rbac").stdout)
    others = [rule for rule in role["rules"] if rule["verbs"] != ["list", "watch"]]
    assert others == [{"apiGroups": [""], "resources": ["nodes/metrics", "nodes/stats"], "verbs": ["get"]}]


def test_rbac_by_namespaces_is_roles_without_what_is_cluster_scoped(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("namespaces: [shop]\nsources: {velero: {namespaces: [backup]}}\n")
    roles = list(yaml.safe_load_all(holdfast("rbac", "--config", tmp_path / "c.yaml").stdout))
    assert [(role["kind"], role["metadata"]["namespace"]) for role in roles] == [
        ("Role", "backup"),
        ("Role", "shop"),
    ]
    assert [rule["apiGroups"] for rule in roles[0]["rules"]] == [["velero.io"]]
    assert not any("nodes" in rule["resources"] for role in roles for rule in role["rules"])


def test_demo_writes_a_folder_that_report_reads(tmp_path: Path) -> None:
    holdfast("demo", "--write", tmp_path / "demo", *AT)
    assert (
        "shop/orders-db-0"
        in holdfast("report", "--from", tmp_path / "demo", *AT, "--config", demo_config()).stdout
    )


def test_history_that_is_not_there_is_an_error_with_its_place(folder: Path, tmp_path: Path) -> None:
    refused = holdfast("report", "--from", folder, "--history", tmp_path / "none.sqlite", code=1)
    assert "none.sqlite: no such history file" in refused.stderr


def test_a_server_that_does_not_answer_is_named() -> None:
    refused = holdfast("explain", "pvc", "a/b", "--server", "http://127.0.0.1:9", code=1)
    assert "http://127.0.0.1:9" in refused.stderr
