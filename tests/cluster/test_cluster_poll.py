"""APIs that cannot be watched are listed again and again; their troubles are theirs alone."""

import pytest

from holdfast.cluster.discovery import Catalog, Choice, Offer
from holdfast.model.feed import Feed, Resource
from holdfast.model.identity import ObjectKey
from tests.cluster.conftest import Run, hurried
from tests.cluster.fake_api import FakeApi, hang, obj, raw, status
from tests.cluster.recorder import BACKUPS, PODS, Recorder, Thing, feed

PATH = "/apis/velero.io/v1/backups"
CORE = feed("core", PODS)
OFTEN = 0.02  # seconds


def polled(source: str = "velero", resource: Resource = BACKUPS, every: float = OFTEN) -> Feed:
    return Feed(source=source, resource=resource, shape=Thing, read=lambda _: (), poll=every)


@pytest.fixture
async def backups(api: FakeApi) -> FakeApi:
    """One backup, in a group that the server serves."""
    api.serve("velero.io", "v1", "backups")
    await api.put(PATH, obj("b", "velero", size=1))
    return api


async def test_a_polled_feed_follows_the_server_without_a_watch(
    backups: FakeApi, sink: Recorder, run: Run
) -> None:
    """What appears, changes and vanishes is seen by the next list; up follows the first, and stays."""
    await run([polled()])
    await sink.until(lambda: sink.now("velero") == "up")
    assert sink.calls[:3] == [
        ("state", "velero", "starting"),
        ("put", "velero", "b"),
        ("state", "velero", "up"),
    ]
    await backups.put(PATH, obj("c", "velero"))
    await backups.put(PATH, obj("b", "velero", size=2))
    await sink.until(lambda: sink.names("velero") == ["velero/b", "velero/c"])
    await sink.until(lambda: sink.objects["velero"][ObjectKey("velero", "b")].size == 2)
    await backups.delete(PATH, "b", "velero")
    await sink.until(lambda: sink.names("velero") == ["velero/c"])
    assert sink.states["velero"] == ["starting", "up"]
    assert backups.count(f"watch {PATH}") == 0


async def test_every_list_is_proof_of_life(backups: FakeApi, sink: Recorder, run: Run) -> None:
    await run([polled()])
    await sink.until(lambda: sink.alives["velero"] >= 3)
    assert sink.states["velero"] == ["starting", "up"]


async def test_the_interval_is_kept(backups: FakeApi, sink: Recorder, run: Run) -> None:
    """A server that answers well is not asked before its time."""
    await run([polled(every=3600.0), CORE])
    await sink.until(lambda: sink.now("velero") == "up")
    looks = backups.count("discovery /apis")
    await sink.until(lambda: backups.count("discovery /apis") >= looks + 4)
    assert backups.count(f"list {PATH}") == 1


async def test_a_long_list_is_polled_in_pages(backups: FakeApi, sink: Recorder, run: Run) -> None:
    """A later page that fails drops nothing: only a complete list says what is gone."""
    backups.page = 1
    for name in ("c", "d"):
        await backups.put(PATH, obj(name, "velero"))
    await run([polled()])
    await sink.until(lambda: sink.now("velero") == "up")

    async def half(request):  # type: ignore[no-untyped-def] # as fake_api.Answer
        later = "continue" in request.query
        return await (status(503)(request) if later else backups._list(request, PATH, ""))

    backups.fail("list", PATH, half, times=1e9)
    await sink.until(lambda: sink.now("velero") == "failing")
    assert sink.names("velero") == ["velero/b", "velero/c", "velero/d"]
    assert not any(call == "drop" for call, _, _ in sink.calls)


async def test_a_server_that_is_down_fails_the_feed_and_keeps_its_facts(
    backups: FakeApi, sink: Recorder, run: Run
) -> None:
    """503 of an aggregated API: failing at once, asked again with growing pauses, up with what changed since."""
    await run([polled(), CORE])
    await sink.until(lambda: sink.now("velero") == "up" and sink.now("core") == "up")
    backups.fail("list", PATH, status(503, "the server is currently unable to handle the request"), times=3)
    await sink.until(lambda: sink.now("velero") == "failing")
    assert "503: the server is currently unable" in sink.messages["velero"]
    assert sink.names("velero") == ["velero/b"]
    await backups.put(PATH, obj("c", "velero"))
    await sink.until(lambda: sink.now("velero") == "up")
    assert sink.names("velero") == ["velero/b", "velero/c"]
    assert sink.errors == {("velero", "server_error"): 3}
    assert (sink.states["velero"], sink.states["core"]) == (
        ["starting", "up", "failing", "up"],
        ["starting", "up"],
    )


async def test_no_contact_is_asserted_before_a_whole_list(backups: FakeApi, sink: Recorder, run: Run) -> None:
    """While lists fail there is no sign of life, so that its age can be judged."""
    await run([polled()])
    await sink.until(lambda: sink.now("velero") == "up")
    backups.fail("list", PATH, status(503), times=1e9)
    await sink.until(lambda: sink.now("velero") == "failing")
    lives = sink.alives["velero"]
    await sink.until(lambda: sink.errors["velero", "server_error"] >= 4)
    assert sink.alives["velero"] == lives


async def test_a_first_list_that_never_comes_is_failing(backups: FakeApi, sink: Recorder, run: Run) -> None:
    """The group is there and its server is not: failing once the time of the first look is over."""
    backups.fail("list", PATH, status(503, "down"), times=1e9)
    await run([polled()], hurried(first_look=0.2))
    await sink.until(lambda: sink.now("velero") == "failing")
    assert sink.states["velero"] == ["starting", "failing"]
    backups.mend()
    await sink.until(lambda: sink.names("velero") == ["velero/b"] and sink.now("velero") == "up")


async def test_denied_is_its_own_state(backups: FakeApi, sink: Recorder, run: Run) -> None:
    backups.fail("list", PATH, status(403, "no"), times=2)
    await run([polled()])
    await sink.until(lambda: sink.now("velero") == "up")
    assert sink.states["velero"] == ["starting", "forbidden", "up"]


async def test_a_token_that_ran_out_begins_the_list_anew(backups: FakeApi, sink: Recorder, run: Run) -> None:
    """One 410 is a lapse: the next list comes at once, and contact stands."""
    await run([polled()])
    await sink.until(lambda: sink.now("velero") == "up")
    backups.fail("list", PATH, status(410, "too old"))
    await sink.until(lambda: sink.errors["velero", "gone"] == 1)
    lives = sink.alives["velero"]
    await sink.until(lambda: sink.alives["velero"] > lives)
    assert sink.states["velero"] == ["starting", "up"]


async def test_servers_that_hang_do_not_hold_up_the_others(api: FakeApi, sink: Recorder, run: Run) -> None:
    """However many lists of a polled API hang, what is watched has its first look, and its lists, in time."""
    plurals = [f"kind{number}" for number in range(8)]
    api.serve("slow.io", "v1", *plurals)
    api.fail("list", "/apis/slow.io", hang, times=1e9)
    slow = [
        polled("slow", Resource(group="slow.io", versions=("v1",), plural=plural, kind=plural))
        for plural in plurals
    ]
    await run([*slow, CORE])
    await sink.until(lambda: api.count("list /apis/slow.io/v1/kind0"))
    await sink.until(lambda: sink.now("core") == "up")


async def test_a_group_that_hangs_in_discovery_does_not_hold_up_the_others(
    api: FakeApi, sink: Recorder, run: Run
) -> None:
    """Where each group is asked for itself: its feed is failing, not not_installed; the others are up."""
    api.aggregated = False
    api.serve("velero.io", "v1", "backups")
    api.fail("discovery", "/apis/velero.io/v1", hang, times=1e9)
    await run([polled(), CORE], hurried(group=0.1))
    await sink.until(lambda: sink.now("core") == "up" and sink.now("velero") == "failing")
    assert sink.states["velero"] == ["starting", "failing"]


@pytest.mark.parametrize("aggregated", [True, False], ids=["aggregated", "per group"])
async def test_a_group_whose_server_is_down_is_failing_and_then_polled(
    aggregated: bool, backups: FakeApi, sink: Recorder, run: Run
) -> None:
    """Partial discovery: the group is named and cannot be described. Nobody else notices."""
    backups.aggregated = aggregated
    backups.stale.add(("velero.io", "v1"))
    await run([polled(), CORE])
    await sink.until(lambda: sink.now("velero") == "failing" and sink.now("core") == "up")
    backups.stale.clear()
    backups.etag = '"mended"'
    await sink.until(lambda: sink.names("velero") == ["velero/b"] and sink.now("velero") == "up")
    assert "not_installed" not in sink.states["velero"]
    assert sink.states["core"] == ["starting", "up"]


async def test_a_group_that_goes_is_not_installed(backups: FakeApi, sink: Recorder, run: Run) -> None:
    """Its objects go with it."""
    await run([polled()])
    await sink.until(lambda: sink.now("velero") == "up")
    backups.withdraw("velero.io", "v1")
    await sink.until(lambda: sink.now("velero") == "not_installed")
    assert sink.names("velero") == []


async def test_an_odd_answer_is_a_failure(backups: FakeApi, sink: Recorder, run: Run) -> None:
    """A proxy's page with a 200 is no list: nothing is dropped on its word."""
    await run([polled()])
    await sink.until(lambda: sink.now("velero") == "up")
    backups.fail("list", PATH, raw(b"<html>"), times=1e9)
    await sink.until(lambda: sink.now("velero") == "failing")
    assert sink.names("velero") == ["velero/b"]


@pytest.mark.parametrize(
    ("polled", "choice"),
    [(True, Choice("served", "v1")), (False, Choice("absent"))],
    ids=["polled", "watched"],
)
def test_what_can_only_be_listed_is_served_to_those_who_poll(polled: bool, choice: Choice) -> None:
    catalog = Catalog({("velero.io", "v1"): Offer(frozenset(), listed=frozenset({"backups"}))})
    assert catalog.choose(BACKUPS, polled=polled) == choice
