"""What runs leave behind: a story in, the objects of its runs out."""

from datetime import UTC, datetime
from typing import Any

from holdfast.demo.cluster import Cluster
from holdfast.demo.instants import Clock
from holdfast.demo.tools import run_tools

NOW = datetime(2026, 11, 21, 2, 3, tzinfo=UTC).timestamp()
BACKUP = {"apiVersion": "tool.example/v1", "kind": "Copy", "metadata": {"name": "copy-<stamp now>"}}
ENDED = {"status": {"ended": "<now+5m>"}}


def left(*leaves: dict[str, Any], now: float = NOW, **hints: Any) -> list[dict[str, Any]]:
    """What a plan that comes round at two every night has left by now, the newest first."""
    cluster = Cluster(Clock(told=now, now=now))
    plan = {
        "apiVersion": "tool.example/v1",
        "kind": "Plan",
        "metadata": {"name": "nightly", "creationTimestamp": "2026-11-01T00:00:00Z"},
        "spec": {"schedule": "0 2 * * *"},
    }
    cluster.add(plan, {"takes": "5m", "keeps": "60h", "leaves": list(leaves), **hints})
    run_tools(cluster)
    return [obj for obj in cluster.everything() if obj["kind"] == "Copy"] or cluster.everything()


def test_each_run_leaves_an_object_dated_by_when_it_was_due() -> None:
    made = left({"object": BACKUP, "Complete": ENDED, "going": {"status": {}}})
    assert [(obj["metadata"]["name"], obj["status"].get("ended")) for obj in made] == [
        ("copy-20261121020000", None),  # it is going
        ("copy-20261120020000", "2026-11-20T02:05:00Z"),
        ("copy-20261119020000", "2026-11-19T02:05:00Z"),
    ]
    assert made[1]["metadata"]["creationTimestamp"] == "2026-11-20T02:00:00Z"


def test_a_run_leaves_nothing_where_the_story_does_not_say_what() -> None:
    """Of a run that is going or failed there is no object, and of older ones than are kept there is none."""
    named = [
        obj["metadata"]["name"] for obj in left({"object": BACKUP, "Complete": ENDED}, results={-1: "Failed"})
    ]
    assert named == ["copy-20261119020000"]
    kept = left({"object": BACKUP, "Complete": ENDED, "last": 2})
    assert [obj["metadata"]["name"] for obj in kept] == ["copy-20261120020000"]


def test_several_runs_may_write_one_object_and_the_newest_wins() -> None:
    """As with a status that tells of the last sync that ended and of the one that is going."""
    source = {"apiVersion": "tool.example/v1", "kind": "Plan", "metadata": {"name": "nightly"}}
    (plan,) = left({"object": source, "going": {"status": {"since": "<now>"}}, "Complete": ENDED})
    assert plan["status"] == {"since": "2026-11-21T02:00:00Z", "ended": "2026-11-20T02:05:00Z"}


def test_a_story_may_name_another_cron_than_its_object() -> None:
    made = left({"object": BACKUP, "Complete": ENDED}, cron="30 0 * * *")
    assert made[0]["metadata"]["name"] == "copy-20261121003000"
