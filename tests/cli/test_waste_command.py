"""``holdfast waste``: on a folder of objects, as a table, JSON and markdown. It changes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.assessment.test_cost import content, home, snapshot, volume
from tests.cli.test_commands import AT, holdfast
from tests.report.test_waste import IDLE
from tests.world import claim, laid_over, pod

PRICES = "prices: {currency: EUR, default: 0.1, snapshots: {default: 0.05}}\n"


def nothing(kind: str) -> dict[str, Any]:
    """A workload that uses no claim, so that its kind is seen."""
    group = "batch/v1" if kind.endswith("Job") else "apps/v1"
    return {"apiVersion": group, "kind": kind, "metadata": {"namespace": "dev", "name": "none"}, "spec": {}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An orphan, a claim in use, a released volume, and a snapshot of a claim that is gone."""
    objects = tmp_path / "dump"
    objects.mkdir()
    made = [
        home(),
        home("crm"),
        laid_over(claim(), {"status": IDLE}),
        volume(),
        claim("shop/used"),
        volume("shop/used"),
        pod("shop/web", "used"),
        volume("dev/gone", size="50Gi", status={"phase": "Released"}),
        snapshot("crm/last", "lost"),
        content("crm/last"),
        *(
            nothing(kind)
            for kind in ("StatefulSet", "Deployment", "ReplicaSet", "DaemonSet", "Job", "CronJob")
        ),
    ]
    (objects / "all.yaml").write_text(yaml.safe_dump_all(made))
    return objects


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    file = tmp_path / "prices.yaml"
    file.write_text(PRICES)
    return file


def test_the_dearest_is_printed_first_with_its_commands(folder: Path, prices: Path) -> None:
    printed = holdfast("waste", "--from", folder, "--config", prices, *AT).stdout
    assert printed.startswith("3 object(s) could be saved or made smaller: 7.00 EUR a month\n")
    places = [
        printed.index(words)
        for words in ("5.00 EUR  PersistentVolume pv-dev-gone", "1.00 EUR  PersistentVolumeClaim shop/data")
    ]
    assert places == sorted(places)
    assert "    kubectl -n shop delete pvc data\n" in printed
    assert "by namespace (3)" in printed
    assert "shop/used" not in printed


def test_json_is_a_document_with_rows_and_sums(folder: Path, prices: Path) -> None:
    told = json.loads(holdfast("waste", "--from", folder, "--config", prices, *AT, "--format", "json").stdout)
    assert told["apiVersion"] == "holdfast.dev/waste/v1"
    assert told["monthlyCost"] == {"amount": 7.0, "currency": "EUR"}
    assert [(row["kind"], row["name"]) for row in told["rows"]] == [
        ("PersistentVolume", "pv-dev-gone"),
        ("VolumeSnapshot", "last"),  # as dear as the next, and larger
        ("PersistentVolumeClaim", "data"),
    ]
    assert told["byOwner"][0] == {
        "name": "dev",
        "objects": 1,
        "monthlyCost": {"amount": 5.0, "currency": "EUR"},
    }


def test_a_namespace_sees_what_was_its_own(folder: Path, prices: Path) -> None:
    words = ("waste", "--from", folder, "--config", prices, *AT, "--format", "json")
    told = json.loads(holdfast(*words, "--namespace", "dev").stdout)
    assert [row["name"] for row in told["rows"]] == ["pv-dev-gone"]
    refused = holdfast(*words, "--namespace", "none", code=1).stderr
    assert (
        refused == "holdfast: none: no such namespace is known; 'holdfast report' lists the claims of each\n"
    )


def test_without_prices_sizes_are_told(folder: Path) -> None:
    told = json.loads(holdfast("waste", "--from", folder, *AT, "--format", "json").stdout)
    assert (told["currency"], told["monthlyCost"], told["unpriced"]) == (None, None, 3)
    assert told["rows"][0]["sizeBytes"] == 50 * 2**30
    assert "no prices are configured" in holdfast("waste", "--from", folder, *AT).stdout


def test_markdown_holds_tables_and_commands_and_nothing_of_an_object_is_markup(
    folder: Path, prices: Path
) -> None:
    odd = volume("dev/odd", status={"phase": "Released"})
    odd["spec"]["claimRef"]["name"] = "a|b<script>`~#"
    (folder / "odd.yaml").write_text(yaml.safe_dump(odd))
    printed = holdfast("waste", "--from", folder, "--config", prices, *AT, "--format", "markdown").stdout
    assert "| 5.00 EUR | PersistentVolume pv-dev-gone | 50.0 |" in printed
    assert "    kubectl delete pv pv-dev-gone\n" in printed
    assert "dev/a\\|b\\<script\\>\\`\\~\\#" in printed


def test_a_name_that_is_an_option_is_told_and_no_command_is_printed_for_it(folder: Path) -> None:
    odd = laid_over(volume("shop/odd", status={"phase": "Released"}), {"metadata": {"name": "--all"}})
    (folder / "odd.yaml").write_text(yaml.safe_dump(odd))
    for output in ("table", "markdown"):
        printed = holdfast("waste", "--from", folder, *AT, "--format", output).stdout
        assert "not all of its names are such as Kubernetes takes" in " ".join(printed.split())
        assert "pv --all" not in printed
    assert "PersistentVolume --all:" not in printed, "a title over nothing"


def test_how_long_is_a_lower_bound_and_told_from_an_hour_on(folder: Path) -> None:
    """The volume was released on 1 November; nobody knows what happened to the claim before it was first seen."""
    spec = {"persistentVolumeReclaimPolicy": "Retain", "csi": {"volumeHandle": "of its own"}}
    kept = volume("shop/kept", size="30Gi", status={"phase": "Released"}, spec=spec)
    (folder / "kept.yaml").write_text(yaml.safe_dump(kept))
    assert "30.0 GiB, for at least 20d 12h, owner shop" in holdfast("waste", "--from", folder, *AT).stdout
    early = holdfast("waste", "--from", folder, "--now", "2026-11-01T00:59:59Z").stdout
    assert "30.0 GiB, owner shop" in early


def test_nothing_wasted_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "claim.yaml").write_text(yaml.safe_dump_all([claim(), pod("shop/web", "data")]))
    assert holdfast("waste", "--from", tmp_path, *AT).stdout.startswith(
        "Nothing is wasted that can be seen.\n"
    )


def test_a_format_that_there_is_not_is_refused(folder: Path) -> None:
    refused = holdfast("waste", "--from", folder, "--format", "csv", code=2).stderr
    assert "formats are table, json, markdown" in " ".join(refused.replace("│", " ").split())


def test_a_damaged_file_is_named_and_the_rest_is_told(folder: Path, prices: Path) -> None:
    (folder / "bad.yaml").write_text("a: [\n")
    done = holdfast("waste", "--from", folder, "--config", prices, *AT, code=1)
    assert "bad.yaml" in done.stderr
    assert "pv-dev-gone" in done.stdout


def test_what_could_not_be_seen_is_named(tmp_path: Path) -> None:
    (tmp_path / "claim.yaml").write_text(yaml.safe_dump(claim()))
    told = json.loads(holdfast("waste", "--from", tmp_path, *AT, "--format", "json").stdout)
    assert told["judged"] is False
    assert {"Pod", "CronJob", "PersistentVolume"} <= set(told["unjudged"])
    printed = holdfast("waste", "--from", tmp_path, *AT).stdout
    assert "Whether anything is wasted cannot be said: CronJob" in printed
    assert "Nothing is wasted" not in printed


def test_a_folder_with_nothing_in_it_ends_with_1(tmp_path: Path) -> None:
    done = holdfast("waste", "--from", tmp_path, *AT, code=1)
    assert "Nothing is wasted" not in done.stdout
    assert done.stderr == "holdfast: there is no claim, volume or snapshot that could be judged\n"
