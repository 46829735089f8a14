"""Which kinds are there: absent is not unreachable, what appears is picked up, what goes is dropped."""

import pytest

from holdfast.cluster.discovery import Catalog, Choice, Offer
from holdfast.model.identity import ObjectKey
from tests.cluster.conftest import QUICK, Run, hurried
from tests.cluster.fake_api import FakeApi, obj, raw, status
from tests.cluster.recorder import BACKUPS, PODS, Recorder, feed

V1 = "/apis/velero.io/v1/backups"
V2 = "/apis/velero.io/v2/backups"
VELERO = feed("velero", BACKUPS)
CORE = feed("core", PODS)

HERE = Offer(frozenset({"backups"}))
EMPTY = Offer(frozenset())
UNKNOWN = Offer(frozenset(), whole=False)


@pytest.mark.parametrize(
    ("offers", "current", "choice"),
    [
        pytest.param({}, "", Choice("absent"), id="no such group"),
        pytest.param({"v1": HERE, "v2": HERE}, "", Choice("served", "v2"), id="our order decides"),
        pytest.param({"v1": HERE, "v2": EMPTY}, "", Choice("served", "v1"), id="the version that has it"),
        pytest.param({"v1": EMPTY}, "", Choice("absent"), id="the group without the resource"),
        pytest.param({"v1": UNKNOWN}, "", Choice("unclear"), id="a group that does not answer"),
        pytest.param({"v1": HERE, "v2": UNKNOWN}, "v2", Choice("served", "v2"), id="what is read stays"),
        pytest.param({"v1": HERE, "v2": UNKNOWN}, "v1", Choice("served", "v1"), id="nothing better is known"),
        pytest.param(
            {"v9": HERE},
            "",
            Choice("foreign", "v9", "served only as v9, which this release does not read"),
            id="only a version we do not know",
        ),
    ],
)
def test_the_choice_of_a_version(offers: dict[str, Offer], current: str, choice: Choice) -> None:
    """What the server offers of velero.io, and the version that backups are then read at."""
    catalog = Catalog({("velero.io", version): offer for version, offer in offers.items()})
    assert catalog.choose(BACKUPS, current) == choice


@pytest.mark.parametrize("aggregated", [True, False], ids=["aggregated", "per group"])
async def test_a_group_that_appears_is_picked_up_and_one_that_goes_is_dropped(
    aggregated: bool, api: FakeApi, sink: Recorder, run: Run
) -> None:
    """not_installed, then starting and up, then not_installed again without its objects; pods never notice."""
    api.aggregated = aggregated
    await run([CORE, VELERO])
    await sink.until(lambda: sink.now("velero") == "not_installed" and sink.now("core") == "up")
    api.serve("velero.io", "v1", "backups")
    await api.put(V1, obj("b", "velero"))
    await sink.until(lambda: sink.names("velero") == ["velero/b"] and sink.now("velero") == "up")
    api.withdraw("velero.io", "v1")
    await api.end_watches()
    await sink.until(lambda: sink.now("velero") == "not_installed")
    assert sink.names("velero") == []
    assert [state for state in sink.states["velero"] if state != "failing"] == [
        "starting", "not_installed", "starting", "up", "not_installed"
    ]  # fmt: skip  # one story
    assert sink.states["core"] == ["starting", "up"]


async def test_one_look_without_a_group_drops_nothing(api: FakeApi, sink: Recorder, run: Run) -> None:
    """A server that has just started may not know its groups yet: two looks must agree."""
    api.etag = ""
    api.serve("velero.io", "v1", "backups")
    await api.put(V1, obj("b", "velero"))
    await run([VELERO], hurried(confirm=0.05))
    await sink.until(lambda: sink.now("velero") == "up")
    looks = api.count("discovery /apis")
    api.fail("discovery", "/apis", raw(b'{"kind": "APIGroupDiscoveryList", "items": []}'))
    await sink.until(lambda: api.count("discovery /apis") >= looks + 4)
    assert sink.states["velero"] == ["starting", "up"]
    assert ("drop", "velero", "b") not in sink.calls


@pytest.mark.parametrize("aggregated", [True, False], ids=["aggregated", "per group"])
async def test_a_group_whose_server_is_down_is_not_absent(
    aggregated: bool, api: FakeApi, sink: Recorder, run: Run
) -> None:
    """An unavailable aggregated API is failing, not not_installed; other groups are not touched by it."""
    api.aggregated = aggregated
    api.serve("velero.io", "v1", "backups")
    api.stale.add(("velero.io", "v1"))
    await run([CORE, VELERO])
    await sink.until(lambda: sink.now("velero") == "failing" and sink.now("core") == "up")
    assert sink.messages["velero"] == "its API group is registered and does not answer"
    api.stale.clear()
    api.etag = '"mended"'
    await sink.until(lambda: sink.now("velero") == "up")
    assert "not_installed" not in sink.states["velero"]


async def test_lanes_go_on_while_their_group_is_unclear(api: FakeApi, sink: Recorder, run: Run) -> None:
    """Discovery losing sight of a group is no reason to stop reading what still answers."""
    api.serve("velero.io", "v1", "backups")
    await api.put(V1, obj("b", "velero"))
    await run([VELERO])
    await sink.until(lambda: api.watching)
    api.stale.add(("velero.io", "v1"))
    api.etag = '"stale"'
    looks = api.count("discovery /apis")
    await sink.until(lambda: api.count("discovery /apis") >= looks + 4)
    await api.put(V1, obj("c", "velero"))
    await sink.until(lambda: sink.names("velero") == ["velero/b", "velero/c"])
    assert sink.states["velero"] == ["starting", "up"]


async def test_a_better_version_is_taken_without_a_gap(api: FakeApi, sink: Recorder, run: Run) -> None:
    """When a preferred version appears the objects are read again there, and none is dropped in between."""
    api.serve("velero.io", "v1", "backups")
    await api.put(V1, obj("b", "velero", size=1))
    await run([VELERO])
    await sink.until(lambda: api.watching)
    api.serve("velero.io", "v2", "backups")
    await api.put(V2, obj("b", "velero", size=2))
    await sink.until(lambda: sink.objects["velero"][ObjectKey("velero", "b")].size == 2)
    assert sink.states["velero"] == ["starting", "up"]
    assert ("drop", "velero", "b") not in sink.calls


async def test_a_version_that_we_do_not_read_is_failing(api: FakeApi, sink: Recorder, run: Run) -> None:
    """The kind is there; only we cannot read it. That is not "not installed"."""
    api.serve("velero.io", "v9", "backups")
    await run([VELERO])
    await sink.until(lambda: sink.now("velero") == "failing")
    assert sink.messages["velero"] == "served only as v9, which this release does not read"


async def test_discovery_that_is_denied_is_forbidden(api: FakeApi, sink: Recorder, run: Run) -> None:
    """Nothing can be read without knowing what is there: the feeds are forbidden until it is granted."""
    api.fail("discovery", "/api", status(403, "no discovery"), times=3)
    await run([CORE, VELERO])
    await sink.until(lambda: sink.now("core") == "forbidden")
    assert sink.messages["core"] == "API discovery: the server answered 403: no discovery"
    await sink.until(lambda: sink.now("core") == "up" and sink.now("velero") == "not_installed")
    assert sink.errors["core", "forbidden"] == 3


async def test_absence_is_doubted_when_discovery_is_down_for_long(
    api: FakeApi, sink: Recorder, run: Run
) -> None:
    """A group that was absent may be there by now: after a while without a look it is failing."""
    await run([CORE, VELERO], hurried(first_look=0.4))
    await sink.until(lambda: sink.now("velero") == "not_installed" and sink.now("core") == "up")
    api.fail("discovery", "/api", status(500, "no"), times=1e9)
    await sink.until(lambda: sink.now("velero") == "failing")
    assert sink.states["core"] == ["starting", "up"]
    api.mend()
    await sink.until(lambda: sink.now("velero") == "not_installed")


async def test_looking_again_is_cheap(api: FakeApi, sink: Recorder, run: Run) -> None:
    """The server is asked with the state of its last answer, and says 304."""
    await run([CORE])
    await sink.until(lambda: api.count("discovery /apis") >= 3)
    asked = [h for h, a in zip(api.headers, api.asked, strict=True) if a == "discovery /apis"]
    assert "If-None-Match" not in asked[0]
    assert asked[1]["If-None-Match"] == api.etag
    assert sink.states["core"] == ["starting", "up"]


@pytest.mark.parametrize("aggregated", [True, False], ids=["aggregated", "per group"])
async def test_the_groups_that_are_there_are_told(
    aggregated: bool, api: FakeApi, sink: Recorder, run: Run
) -> None:
    """So that a source that is switched off can be shown as disabled where its group is present."""
    api.aggregated = aggregated
    told: list[frozenset[str]] = []
    await run([CORE], QUICK, discovered=told.append)
    await sink.until(lambda: told)
    api.serve("longhorn.io", "v1beta2", "volumes")
    await sink.until(lambda: len(told) == 2)
    assert told == [frozenset({""}), frozenset({"", "longhorn.io"})]
