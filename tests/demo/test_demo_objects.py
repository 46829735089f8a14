"""The objects of the example as such: valid, of this moment, and the same after being written."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import msgspec
import pytest
import yaml

from holdfast.app.compose import read_settings
from holdfast.cluster.folder import Folder
from holdfast.demo import demo_config, demo_objects, write_demo
from holdfast.model.feed import Feed
from holdfast.model.identity import ObjectKey
from holdfast.sources.table import SOURCES
from tests.demo.stories import UNSHOWN, UNSHOWN_KINDS
from tests.world import decode

NOW = datetime.fromisoformat("2026-03-29T02:41:30+00:00").timestamp()
FEEDS = [feed for source in SOURCES for feed in source.feeds]
SHOWN = {
    (feed.resource.group, feed.kind)
    for feed in FEEDS
    if feed.source not in UNSHOWN and feed.id not in UNSHOWN_KINDS
}
READ = {(feed.resource.group, feed.kind) for feed in FEEDS}
FUTURE = {"expiration"}  # of all times that an object tells, the only one that lies ahead


@cache
def example() -> tuple[dict[str, Any], ...]:
    return tuple(demo_objects(NOW))


def kind(obj: dict[str, Any]) -> tuple[str, str]:
    group, slash, _ = obj["apiVersion"].rpartition("/")
    return (group if slash else ""), obj["kind"]


def named(obj: dict[str, Any]) -> tuple[tuple[str, str], str, str]:
    return kind(obj), obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def texts(value: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Every text in the value, with the field that it stands in."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from texts(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item, field)
    elif isinstance(value, str):
        yield field, value


@pytest.mark.parametrize("shown", sorted(SHOWN), ids=".".join)
def test_objects_decode_with_the_shape_of_every_feed_of_their_kind(shown: tuple[str, str]) -> None:
    objects = [obj for obj in example() if kind(obj) == shown]
    assert objects
    feeds = {feed.id for feed in FEEDS if (feed.resource.group, feed.kind) == shown}
    for obj in objects:
        records = {feed.id: feed.read(shape) for feed, _, shape in decode(obj)}
        assert records.keys() == feeds


def test_no_object_is_of_a_kind_that_nothing_reads_and_none_of_an_excepted_one() -> None:
    """A source that comes into the example leaves the list of those that are not in it."""
    assert {kind(obj) for obj in example()} == SHOWN & READ


def test_exceptions_name_sources_and_kinds_that_there_are() -> None:
    assert set(UNSHOWN) <= {source.name for source in SOURCES}
    assert set(UNSHOWN_KINDS) <= {feed.id for feed in FEEDS}


def test_objects_of_kubernetes_own_kinds_are_valid() -> None:
    """One of each form: objects that differ in values alone are as valid as each other."""

    def form(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: form(item) for key, item in value.items()}
        return [form(item) for item in value[:1]] if isinstance(value, list) else type(value).__name__

    own = [obj for obj in example() if "." not in obj["apiVersion"] or ".k8s.io" in obj["apiVersion"]]
    forms = {json.dumps(form(obj) | {"kind": obj["kind"]}, sort_keys=True): obj for obj in own}
    checked = [obj for obj in forms.values() if not obj["apiVersion"].startswith("snapshot.")]
    assert len(checked) > 40
    for obj in checked:
        kubernetes_validate.validate(obj, "1.37", strict=True)


def test_names_and_uids_are_used_once() -> None:
    assert len({named(obj) for obj in example()}) == len(example())
    assert len({obj["metadata"]["uid"] for obj in example()}) == len(example())


PREVIEWS = ("feature-1433", "feature-1437", "feature-1440", "nightly", "preview")


def test_owners_exist_but_for_those_the_stories_say_are_gone() -> None:
    uids = {obj["metadata"]["uid"] for obj in example()}
    lost = {
        (owner["kind"], owner["name"])
        for obj in example()
        for owner in obj["metadata"].get("ownerReferences", [])
        if owner["uid"] not in uids
    }
    assert lost == {
        ("StatefulSet", "demo-db"),  # deleted
        ("Cluster", "pg-archive"),  # of kinds that nothing reads, from here on
        ("SparkJob", "nightly"),
        *(("Preview", name) for name in PREVIEWS),
    }


def test_no_time_lies_ahead_and_no_expression_is_left() -> None:
    for obj in example():
        for field, text in texts(obj):
            assert "<" not in text, (named(obj), field, text)
            if re.fullmatch(r"\d{4}-\d\d-\d\dT.*", text) and field not in FUTURE:
                assert datetime.fromisoformat(text).timestamp() <= NOW, (named(obj), field, text)


def test_what_ended_ended_after_it_began() -> None:
    for obj in example():
        status = obj.get("status", {})
        for began, ended in (("startTimestamp", "completionTimestamp"), ("startTime", "completionTime")):
            if began in status and ended in status:
                assert obj["metadata"]["creationTimestamp"] <= status[began] <= status[ended], named(obj)


def test_no_host_is_named_but_examples() -> None:
    for obj in example():
        for field, text in texts(obj):
            if field == "image":
                assert "/" not in text
            assert "://" not in text.removeprefix("s3://")  # a bucket is no host


def test_it_is_a_cluster_of_plausible_size() -> None:
    count = Counter(kind(obj) for obj in example())
    assert 80 <= count["", "PersistentVolumeClaim"] <= 100
    assert count["velero.io", "Backup"] > 80
    assert len(example()) < 1200


def test_the_same_instant_gives_the_same_objects() -> None:
    assert tuple(demo_objects(NOW)) == example()


def test_written_objects_are_read_again_as_they_were(tmp_path: Path) -> None:
    *files, usage = write_demo(tmp_path / "cluster", NOW)
    read = [obj for file in files for obj in yaml.safe_load(file.read_text("utf-8"))["items"]]
    assert sorted(read, key=named) == sorted(example(), key=named)
    assert {*files, usage} == set((tmp_path / "cluster").iterdir())


def test_written_objects_are_written_as_kubectl_lists_them(tmp_path: Path) -> None:
    *written, _ = write_demo(tmp_path, NOW)
    files = {file.name: file.read_text("utf-8") for file in written}
    assert files["persistentvolumeclaim.yaml"].startswith("apiVersion: v1\nitems:\n- apiVersion: v1\n")
    assert all(text.endswith("kind: List\nmetadata:\n  resourceVersion: ''\n") for text in files.values())
    assert not any(re.search(r"[&*]id\d", text) for text in files.values())


class Taken:
    """A sink that counts. Implements ``holdfast.model.feed.Sink``."""

    def __init__(self) -> None:
        self.put_ = 0
        self.bad: list[str] = []

    def put(self, feed: Feed, key: ObjectKey, obj: Any) -> None:
        self.put_ += 1

    def drop(self, feed: Feed, key: ObjectKey) -> None: ...

    def undecodable(self, feed: Feed, key: ObjectKey, error: str) -> None:
        self.bad.append(f"{feed.kind} {key}: {error}")

    def alive(self, feed: Feed) -> None: ...

    def state(self, feed: Feed, state: str, message: str = "") -> None: ...

    def error(self, feed: Feed, reason: str) -> None: ...


async def test_written_objects_are_what_a_folder_reads(tmp_path: Path) -> None:
    write_demo(tmp_path, NOW)
    taken = Taken()
    dump = await Folder(tmp_path, FEEDS, taken).run()
    assert (taken.bad, dump.errors, dict(dump.skipped), dump.duplicates) == ([], (), {}, ())
    assert taken.put_ == sum(1 for obj in example() for _ in decode(obj))


def test_the_configuration_is_one_that_settings_accept() -> None:
    policy = read_settings([demo_config()]).policy()
    assert [tier.name for tier in policy.tiers] == ["gold", "silver", "bronze", "scratch"]
    assert policy.builtin_defaults


def test_making_the_objects_takes_no_time_worth_mention() -> None:
    example()
    started = time.process_time()
    assert msgspec.json.encode(list(demo_objects(NOW)))
    assert time.process_time() - started < 5
