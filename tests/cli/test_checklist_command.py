"""``holdfast checklist``: on a folder of objects, as a table, JSON and Markdown. It ends with 0 whatever fails."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from holdfast.model.checklist import ITEM_STATES, ITEMS
from tests.app.test_checklists import deployment, named, storage_class
from tests.cli.test_commands import AT, holdfast
from tests.world import claim, pod


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A Deployment of two replicas with one claim, a namespace without claims, and another one."""
    objects = tmp_path / "dump"
    objects.mkdir()
    made = [
        named("Namespace", "v1", "docs"),
        named("Namespace", "v1", "shop"),
        claim(),
        deployment(),
        pod("shop/web-0", "data"),
        claim("shop-dev/data"),
        storage_class(),
    ]
    (objects / "all.yaml").write_text(yaml.safe_dump_all(made))
    return objects


def as_json(folder: Path, *words: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(
        holdfast("checklist", "--from", folder, *AT, "--format", "json", *words).stdout
    )
    return told


def test_json_is_a_list_of_namespace_item_state_and_reasons(folder: Path) -> None:
    told = as_json(folder)
    assert [(each["namespace"], each["item"]) for each in told] == [
        (name, item) for name in ("docs", "shop", "shop-dev") for item in ITEMS
    ]
    assert {tuple(each) for each in told} == {("namespace", "item", "state", "reasons")}
    assert {each["state"] for each in told} == set(ITEM_STATES)
    by_item = {(each["namespace"], each["item"]): each for each in told}
    failed = by_item["shop", "access-mode"]
    assert failed["state"] == "fail"
    assert failed["reasons"][0].startswith("deployment-rwo: Deployment shop/web: ")
    assert by_item["shop-dev", "access-mode"]["state"] == "pass"
    assert by_item["docs", "access-mode"] == {
        "namespace": "docs",
        "item": "access-mode",
        "state": "not_applicable",
        "reasons": ["the namespace has no claims"],
    }


def test_what_the_folder_does_not_hold_is_unknown_and_no_pass(folder: Path) -> None:
    """No quota and no node was dumped: nobody can say that there are none. Nor was anybody asked for usage."""
    told = {each["item"]: each for each in as_json(folder, "--namespace", "shop")}
    assert told["topology"]["state"] == "unknown"
    assert "one-zone: PersistentVolume and Node objects cannot be seen" in told["topology"]["reasons"]
    assert told["self-service"]["state"] == "unknown"
    assert told["self-service"]["reasons"] == ["no-storage-quota: ResourceQuota objects cannot be seen"]
    assert told["capacity-monitored"]["state"] == "unknown"
    assert "nobody is asked for usage" in told["capacity-monitored"]["reasons"][0]


def test_one_namespace_alone(folder: Path) -> None:
    assert {each["namespace"] for each in as_json(folder, "--namespace", "shop-dev")} == {"shop-dev"}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("shopp", "shopp: no such namespace is known; did you mean shop or shop-dev?"),
        ("zzz", "zzz: no such namespace is known; known are docs, shop, shop-dev"),
    ],
)
def test_an_unknown_namespace_is_refused_with_those_that_are_near(
    folder: Path, asked: str, said: str
) -> None:
    refused = holdfast("checklist", "--from", folder, *AT, "--namespace", asked, code=1)
    assert (refused.stdout, refused.stderr) == ("", f"holdfast: {said}\n")


def test_the_table_tells_what_fails_first_with_its_reasons_below(folder: Path) -> None:
    printed = holdfast("checklist", "--from", folder, *AT).stdout
    assert printed.startswith("2026-11-21 12:00:00Z\nGo-live checklist of 3 namespaces: 2 with failures, ")
    shop = printed.partition("\nshop: ")[2].partition("\nshop-dev: ")[0]
    words = [line.split()[0] for line in shop.splitlines()[1:] if line.startswith("  ") and line[2] != " "]
    order = ["fail", "unknown", "pass"]
    assert len(words) == len(ITEMS)
    assert words == sorted(words, key=order.index)
    below = shop.splitlines()[
        shop.splitlines().index(next(x for x in shop.splitlines() if "access-mode" in x)) + 1
    ]
    assert below.startswith("      deployment-rwo: Deployment shop/web: ")


def test_a_namespace_that_is_asked_nothing_takes_one_line(folder: Path) -> None:
    printed = holdfast("checklist", "--from", folder, *AT, "--namespace", "docs").stdout
    assert printed.endswith("\ndocs: 13 not applicable\n  the namespace has no claims\n")


def test_states_have_colours_on_a_terminal(folder: Path) -> None:
    printed = holdfast("checklist", "--from", folder, *AT, NO_COLOR="", FORCE_COLOR="1").stdout
    assert "\x1b[1;31mfail" in printed
    assert "\x1b[32mpass" in printed


def test_markdown_has_a_box_for_each_item_and_nothing_of_an_object_is_markup(folder: Path) -> None:
    odd = deployment("shop/web", metadata={"name": "a|b<script>`[x](y)"})
    (folder / "odd.yaml").write_text(yaml.safe_dump(odd))
    printed = holdfast("checklist", "--from", folder, *AT, "--format", "markdown").stdout
    assert printed.startswith("# Go-live checklist\n\nGo-live checklist of 3 namespaces: 2 with failures, ")
    assert "\n## docs\n\nNothing is asked: the namespace has no claims.\n" in printed
    assert "\n## shop\n\n- [ ] **fail** `" in printed
    assert "\n- [x] **pass** `storage-approach`: Data lie in claims that a controller uses\n" in printed
    assert printed.count("\n- ") == 2 * len(ITEMS)
    assert "Deployment shop/a\\|b\\<script\\>\\`\\[x\\](y)" in printed


def test_names_play_no_tricks_on_a_terminal(folder: Path) -> None:
    (folder / "odd.yaml").write_text(
        yaml.safe_dump(deployment("shop/web", metadata={"name": "a\u202eb\x1b[2J"}))
    )
    printed = holdfast("checklist", "--from", folder, *AT).stdout
    assert "a\\u202eb\\x1b[2J" in printed
    assert "\x1b" not in printed


def test_no_namespace_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "class.yaml").write_text(yaml.safe_dump(storage_class()))
    assert as_json(tmp_path) == []
    printed = holdfast("checklist", "--from", tmp_path, *AT).stdout
    assert printed.endswith("\nThere is no namespace that could be judged.\n")
    refused = holdfast("checklist", "--from", tmp_path, *AT, "--namespace", "shop", code=1).stderr
    assert "there is none that could be judged" in refused


def test_a_format_that_there_is_not_is_refused(folder: Path) -> None:
    refused = holdfast("checklist", "--from", folder, "--format", "csv", code=2).stderr
    assert "formats are table, json, markdown" in " ".join(refused.replace("│", " ").split())


def test_a_damaged_file_is_named_and_the_rest_is_told(folder: Path) -> None:
    (folder / "bad.yaml").write_text("a: [\n")
    done = holdfast("checklist", "--from", folder, *AT, "--format", "json", code=1)
    assert "bad.yaml" in done.stderr
    assert len(json.loads(done.stdout)) == 3 * len(ITEMS)
