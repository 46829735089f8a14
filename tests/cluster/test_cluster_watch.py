"""A list and a watch of each resource: what stands on the server stands in the sink, whatever happens between them."""

import asyncio
import json
import logging
from time import perf_counter
from typing import Any

import pytest

from holdfast.cluster import listing
from holdfast.model.identity import ObjectKey
from tests.cluster.conftest import Run, hurried
from tests.cluster.fake_api import FakeApi, obj, raw, status
from tests.cluster.recorder import NODES, PODS, Note, Recorder, feed

POD_PATH = "/api/v1/pods"
CORE = feed("core", PODS)
BOOKMARK = b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"100"}}}\n'


async def test_what_is_listed_and_what_changes_later_stands(api: FakeApi, sink: Recorder, run: Run) -> None:
    """Objects of the list are put before the feed is up; added, changed and deleted ones follow."""
    await api.put(POD_PATH, obj("a", "x", size=1))
    await run([CORE])
    await sink.until(lambda: sink.now("core") == "up")
    assert sink.calls == [("state", "core", "starting"), ("put", "core", "a"), ("state", "core", "up")]
    await api.put(POD_PATH, obj("a", "x", size=2))
    await api.put(POD_PATH, obj("b", "x"))
    await sink.until(lambda: sink.names("core") == ["x/a", "x/b"])
    assert [thing.size for _, thing in sorted(sink.objects["core"].items())] == [2, 0]
    await api.delete(POD_PATH, "a", "x")
    await sink.until(lambda: sink.names("core") == ["x/b"])
    assert sink.states["core"] == ["starting", "up"]


async def test_a_long_list_comes_in_pages(api: FakeApi, sink: Recorder, run: Run) -> None:
    """Every page is asked for with the token of the one before, and all of them are there when the feed is up."""
    api.page = 2
    for number in range(5):
        await api.put(POD_PATH, obj(f"p{number}", "x"))
    await run([CORE])
    await sink.until(lambda: sink.now("core") == "up")
    assert len(sink.names("core")) == 5
    assert [query.get("continue", "") for query in api.queries_of(f"list {POD_PATH}")] == ["", "2", "4"]


async def test_feeds_of_one_resource_share_its_list_and_watch(api: FakeApi, sink: Recorder, run: Run) -> None:
    """Two sources that read pods in two shapes cost the server one list and one watch."""
    await api.put(POD_PATH, obj("a", "x", size=3, text="t"))
    await run([CORE, feed("other", PODS, Note)])
    await sink.until(lambda: sink.now("other") == sink.now("core") == "up" and api.watching)
    core, other = (sink.objects[source][ObjectKey("x", "a")] for source in ("core", "other"))
    assert core == CORE.shape(metadata=core.metadata, size=3)
    assert other == Note(metadata=other.metadata, text="t")
    assert (api.count(f"list {POD_PATH}"), api.count(f"watch {POD_PATH}")) == (1, 1)


async def test_a_watch_that_ends_is_resumed_where_it_was(api: FakeApi, sink: Recorder, run: Run) -> None:
    """The server ends every watch after some minutes: nothing is listed again and the feed stays up."""
    await run([CORE])
    await sink.until(lambda: api.watching)
    await api.put(POD_PATH, obj("a", "x"))
    await sink.until(lambda: sink.names("core"))
    await api.end_watches()
    await sink.until(lambda: api.count(f"watch {POD_PATH}") == 2)
    await api.put(POD_PATH, obj("b", "x"))
    await sink.until(lambda: sink.names("core") == ["x/a", "x/b"])
    assert api.count(f"list {POD_PATH}") == 1
    assert api.queries_of(f"watch {POD_PATH}")[-1]["resourceVersion"] == "101"
    assert (sink.states["core"], sink.errors) == (["starting", "up"], {})


async def test_a_bookmark_moves_the_point_to_resume_from(api: FakeApi, sink: Recorder, run: Run) -> None:
    """After a bookmark the watch resumes from it, and is asked to last longer: this server shows that it lives."""
    await run([CORE], hurried(watch=300, watch_unmarked=60))
    await sink.until(lambda: api.watching)
    await api.bookmark(POD_PATH)
    await sink.until(lambda: sink.alives["core"] == 2)
    await api.end_watches()
    await sink.until(lambda: api.count(f"watch {POD_PATH}") == 2)
    first, second = api.queries_of(f"watch {POD_PATH}")
    assert (first["resourceVersion"], second["resourceVersion"]) == ("100", "101")
    assert int(first["timeoutSeconds"]) <= 60 < int(second["timeoutSeconds"])
    assert first["allowWatchBookmarks"] == "true"


@pytest.mark.parametrize("told_by", ["status", "event"])
async def test_after_gone_the_new_list_leaves_no_gap(
    told_by: str, api: FakeApi, sink: Recorder, run: Run
) -> None:
    """410, as an answer or as an event: what stands is kept, what the new list misses goes at its end, up stays."""
    await api.put(POD_PATH, obj("kept", "x", size=1))
    await api.put(POD_PATH, obj("lost", "x"))
    await run([CORE])
    await sink.until(lambda: api.watching)
    line = json.dumps({"type": "ERROR", "object": {"kind": "Status", "code": 410, "message": "too old"}})
    api.fail("watch", POD_PATH, status(410) if told_by == "status" else raw(line.encode() + b"\n"))
    api.objects[POD_PATH].pop(("x", "lost"))  # unseen: the event is among those that are gone
    await api.end_watches()
    await sink.until(lambda: sink.names("core") == ["x/kept"])
    assert sink.calls[-3:] == [("state", "core", "up"), ("put", "core", "kept"), ("drop", "core", "lost")]
    assert sink.errors == {("core", "gone"): 1}
    assert sink.states["core"] == ["starting", "up"]


@pytest.mark.parametrize("where", ["list", "later page", "watch", "event"])
async def test_gone_for_ever_is_lost_contact(where: str, api: FakeApi, sink: Recorder, run: Run) -> None:
    """One 410 is a lapse; one after the other is failing, without a flap, until a watch lives. Facts are kept."""
    api.page = 1
    await api.put(POD_PATH, obj("a", "x"))
    await api.put(POD_PATH, obj("b", "x"))
    await run([CORE], hurried(settle=0.2))
    await sink.until(lambda: api.watching)
    gone = status(410, "too old")

    async def later(request):  # type: ignore[no-untyped-def] # as fake_api.Answer
        return await (gone(request) if "continue" in request.query else api._list(request, POD_PATH, ""))

    line = json.dumps({"type": "ERROR", "object": {"kind": "Status", "code": 410, "message": "too old"}})
    watch = raw(line.encode() + b"\n") if where == "event" else gone
    if where in ("list", "later page"):
        api.fail("watch", POD_PATH, gone)
        api.fail("list", POD_PATH, later if where == "later page" else gone, times=1e9)
    else:
        api.fail("watch", POD_PATH, watch, times=1e9)
    await api.end_watches()
    await sink.until(lambda: sink.now("core") == "failing")
    alive, errors = sink.alives["core"], sink.errors["core", "gone"]
    await sink.until(lambda: sink.errors["core", "gone"] >= errors + 5)
    assert sink.states["core"] == ["starting", "up", "failing"]
    assert sink.messages["core"] == "the server answered 410: too old"
    assert sink.names("core") == ["x/a", "x/b"]
    assert not [call for call in sink.calls if call[0] == "drop"]
    if where in ("list", "later page"):
        assert sink.alives["core"] == alive  # a first page is no proof of life when the last never comes
    api.mend()
    await sink.until(lambda: sink.now("core") == "up" and api.watching)
    assert sink.states["core"] == ["starting", "up", "failing", "up"]


async def test_an_expired_page_token_begins_the_list_anew(api: FakeApi, sink: Recorder, run: Run) -> None:
    """What was listed under the expired token and is gone since does not stay behind."""
    api.page = 1
    await api.put(POD_PATH, obj("a", "x"))
    await api.put(POD_PATH, obj("b", "x"))

    async def expire(request):  # type: ignore[no-untyped-def] # as fake_api.Answer
        if "continue" not in request.query:
            api.fail("list", POD_PATH, expire)
            return await api._list(request, POD_PATH, "")
        api.objects[POD_PATH].pop(("x", "a"))
        return await status(410, "the provided continue parameter is too old")(request)

    api.fail("list", POD_PATH, expire)
    await run([CORE])
    await sink.until(lambda: sink.now("core") == "up")
    assert sink.names("core") == ["x/b"]
    assert ("put", "core", "a") in sink.calls
    assert sink.errors == {("core", "gone"): 1}


async def test_throttling_is_waited_out(api: FakeApi, sink: Recorder, run: Run) -> None:
    """429: the next try comes no sooner than the server asked for, and succeeds."""
    api.fail("list", POD_PATH, status(429, headers={"Retry-After": "0.3"}))
    begun = perf_counter()
    await run([CORE])
    await sink.until(lambda: sink.now("core") == "up")
    assert perf_counter() - begun >= 0.3
    assert sink.errors == {("core", "throttled"): 1}


async def test_a_watch_cut_in_the_middle_of_an_object_is_resumed(
    api: FakeApi, sink: Recorder, run: Run
) -> None:
    """Half an object is no object and no decode error; the whole one comes with the resumed watch, and up stays."""
    await run([CORE])
    await sink.until(lambda: api.watching)
    whole = json.dumps({"type": "ADDED", "object": obj("a", "x") | {"metadata": _meta("a", 101)}}).encode()
    api.fail("watch", POD_PATH, raw(whole + b"\n" + whole[:40], then="cut"))
    await api.end_watches()
    await api.put(POD_PATH, obj("a", "x"))
    await api.put(POD_PATH, obj("b", "x"))
    await sink.until(lambda: sink.names("core") == ["x/a", "x/b"])
    assert sink.errors == {("core", "cut"): 1}
    assert sink.states["core"] == ["starting", "up"]
    assert api.queries_of(f"watch {POD_PATH}")[-1]["resourceVersion"] == "101"


def _meta(name: str, version: int) -> dict[str, str]:
    return {"name": name, "namespace": "x", "resourceVersion": str(version)}


async def test_a_watch_that_falls_silent_is_given_up(api: FakeApi, sink: Recorder, run: Run) -> None:
    """Neither event nor bookmark nor end: contact is lost, a new list says what was missed, watches are short."""
    api.fail("watch", POD_PATH, raw(BOOKMARK, then="hangs"))
    await run([CORE], hurried(quiet=0.5))
    await sink.until(lambda: sink.alives["core"] == 2)
    api.objects[POD_PATH] = {("x", "unseen"): obj("unseen", "x")}
    await sink.until(lambda: sink.names("core") == ["x/unseen"])
    assert sink.errors["core", "timeout"] >= 1
    await sink.until(lambda: sink.now("core") == "up")
    assert sink.states["core"][:4] == ["starting", "up", "failing", "up"]
    assert int(api.queries_of(f"watch {POD_PATH}")[-1]["timeoutSeconds"]) <= 60


async def test_one_undecodable_object_hurts_no_neighbour(
    api: FakeApi, sink: Recorder, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """In a list and in a watch it is counted, named in the log once, and told to the sink; the others stand."""
    caplog.set_level(logging.WARNING, "holdfast.cluster")
    await api.put(POD_PATH, obj("bad", "x", size="many"))
    await api.put(POD_PATH, obj("good", "x", size=1))
    await run([CORE])
    await sink.until(lambda: sink.now("core") == "up")
    assert sink.names("core") == ["x/good"]
    assert sink.odd["core"] == {("x", "bad"): "Expected `int`, got `str` - at `$.size`"}
    await api.put(POD_PATH, obj("bad", "x", size="more"))
    await api.put(POD_PATH, obj("good", "x", size="none"))
    await sink.until(lambda: sink.errors["core", "decode"] == 3)
    assert [r.getMessage() for r in caplog.records if "decoded" in r.getMessage()] == [
        "source core: Pod x/bad cannot be decoded: Expected `int`, got `str` - at `$.size`",
        "source core: Pod x/good cannot be decoded: Expected `int`, got `str` - at `$.object.size`",
    ]
    assert sink.objects["core"][ObjectKey("x", "good")].size == 1
    await api.put(POD_PATH, obj("bad", "x", size=2))
    await api.delete(POD_PATH, "good", "x")
    await sink.until(lambda: sink.names("core") == ["x/bad"])
    assert sink.odd["core"] == {}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html>log in</html>", id="a proxy's page"),
        pytest.param(b'{"kind": "PodList", "items": []}', id="no metadata"),
        pytest.param(b'{"kind": "PodList", "metadata": {}, "items": []}', id="no version"),
        pytest.param(b'{"metadata": {"resourceVersion": "1"}, "items": [{"meta', id="half a list"),
    ],
)
async def test_what_is_no_list_is_never_an_empty_list(
    body: bytes, api: FakeApi, sink: Recorder, run: Run
) -> None:
    """A 200 with something else in it fails the feed; nothing is dropped."""
    await api.put(POD_PATH, obj("a", "x"))
    await run([CORE])
    await sink.until(lambda: api.watching)
    api.fail("watch", POD_PATH, status(410))
    api.fail("list", POD_PATH, raw(body))
    await api.end_watches()
    await sink.until(lambda: sink.states["core"] == ["starting", "up", "failing", "up"])
    assert sink.errors["core", "decode"] == 1
    assert ("drop", "core", "a") not in sink.calls


async def test_big_objects_come_in_smaller_pages(
    api: FakeApi, sink: Recorder, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that is too long to decode in one piece is asked for again with fewer objects."""
    monkeypatch.setattr(listing, "PAGE_BYTES", 10_000)
    for number in range(600):
        await api.put(POD_PATH, obj(f"p{number:03}", "x", text="t" * 20))
    await run([CORE])
    await sink.until(lambda: sink.now("core") == "up")
    assert len(sink.names("core")) == 600
    assert {query["limit"] for query in api.queries_of(f"list {POD_PATH}")} == {"500", "125", "31"}


async def test_a_line_of_megabytes_is_one_event(api: FakeApi, sink: Recorder, run: Run) -> None:
    """An event comes in many chunks; its end counts."""
    await run([feed("core", PODS, Note)])
    await sink.until(lambda: api.watching)
    await api.put(POD_PATH, obj("a", "x", text="t" * 5_000_000))
    await sink.until(lambda: sink.names("core") == ["x/a"])
    assert len(sink.objects["core"][ObjectKey("x", "a")].text) == 5_000_000


async def test_the_loop_is_never_held_for_long_while_objects_pour_in(
    api: FakeApi, sink: Recorder, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many objects come, and from however many lanes at once, a turn of the loop is one slice of work."""
    for number in range(400):
        await api.put(POD_PATH, obj(f"p{number}", "x"))
        await api.put("/api/v1/nodes", obj(f"n{number}"))
    put = sink.put

    def slow_put(*args: Any) -> None:
        until = perf_counter() + 0.0005
        while perf_counter() < until:
            pass
        put(*args)

    monkeypatch.setattr(sink, "put", slow_put)
    await run([CORE, feed("other", PODS), feed("nodes", NODES)], hurried(slice=0.002))
    longest, before = 0, 0
    while not sink.now("core") == sink.now("nodes") == "up":
        await asyncio.sleep(0)
        longest, before = max(longest, len(sink.calls) - before), len(sink.calls)
    assert before >= 1200
    assert longest <= 6  # slices of two milliseconds, of puts of half a one; and a change of state
