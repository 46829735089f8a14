"""What a feed's state says: contact, denial and faults are told apart, and none of them takes facts away."""

import asyncio
import logging

import pytest

from tests.cluster.conftest import Run, ended, hurried
from tests.cluster.fake_api import FakeApi, hang, obj, raw, status
from tests.cluster.recorder import NODES, PODS, Recorder, feed

POD_PATH = "/api/v1/pods"
CORE = feed("core", PODS)


async def test_an_error_of_the_server_fails_the_feed_and_keeps_its_facts(
    api: FakeApi, sink: Recorder, run: Run
) -> None:
    """A watch that cannot be resumed is lost contact: failing at once, up again with the first success."""
    await api.put(POD_PATH, obj("a", "x"))
    await run([CORE])
    await sink.until(lambda: api.watching)
    api.fail("watch", POD_PATH, status(500, "etcd leader changed"), times=3)
    await api.end_watches()
    await sink.until(lambda: sink.now("core") == "failing")
    assert sink.messages["core"] == "the server answered 500: etcd leader changed"
    assert sink.names("core") == ["x/a"]
    await sink.until(lambda: sink.now("core") == "up")
    assert sink.states["core"] == ["starting", "up", "failing", "up"]
    assert sink.errors == {("core", "server_error"): 3}
    assert api.count(f"list {POD_PATH}") == 1


async def test_a_refused_connection_fails_the_feed(api: FakeApi, sink: Recorder, run: Run) -> None:
    """The server hangs up before it answers: contact is lost at once."""
    await run([CORE])
    await sink.until(lambda: api.watching)

    async def refuse(request):  # type: ignore[no-untyped-def] # as fake_api.Answer
        request.transport.abort()
        return await hang(request)

    api.fail("watch", "/", refuse, times=4)
    await api.end_watches()
    await sink.until(lambda: sink.states["core"] == ["starting", "up", "failing", "up"])
    assert set(sink.errors) == {("core", "connection")}


async def test_a_server_that_does_not_answer_fails_the_feed(api: FakeApi, sink: Recorder, run: Run) -> None:
    """A connection that is accepted and then hangs counts as lost when the answer is overdue."""
    await run([CORE], hurried(answer=0.1))
    await sink.until(lambda: api.watching)
    api.fail("watch", POD_PATH, hang)
    await api.end_watches()
    await sink.until(lambda: sink.states["core"] == ["starting", "up", "failing", "up"])
    assert sink.errors == {("core", "timeout"): 1}


async def test_watches_that_end_at_once_are_no_contact(api: FakeApi, sink: Recorder, run: Run) -> None:
    """A proxy that accepts every watch and ends it at once must not read as a living server; once is no proof."""
    await run([CORE], hurried(settle=5.0))
    await sink.until(lambda: api.watching)
    api.fail("watch", POD_PATH, raw(b""), times=3)
    await api.end_watches()
    await sink.until(lambda: sink.errors["core", "connection"] == 4)
    assert sink.states["core"] == ["starting", "up", "failing"]
    await api.put(POD_PATH, obj("a", "x"))
    await sink.until(lambda: sink.now("core") == "up")


async def test_denied_is_its_own_state_until_granted(api: FakeApi, sink: Recorder, run: Run) -> None:
    """403 is forbidden, not failing; it is asked again, slowly, and picked up."""
    await api.put(POD_PATH, obj("a", "x"))
    api.fail("list", POD_PATH, status(403, "pods is forbidden"), times=2)
    await run([CORE])
    await sink.until(lambda: sink.now("core") == "up")
    assert sink.states["core"] == ["starting", "forbidden", "up"]
    assert sink.names("core") == ["x/a"]
    assert sink.errors == {("core", "forbidden"): 2}


async def test_a_right_that_is_withdrawn_keeps_the_facts(api: FakeApi, sink: Recorder, run: Run) -> None:
    """What was read before the denial stands; the state says that it is not looked at any more."""
    await api.put(POD_PATH, obj("a", "x"))
    await run([CORE])
    await sink.until(lambda: api.watching)
    api.fail("watch", POD_PATH, status(403))
    await api.end_watches()
    await sink.until(lambda: sink.states["core"] == ["starting", "up", "forbidden", "up"])
    assert ("drop", "core", "a") not in sink.calls


async def test_a_first_look_that_takes_too_long_is_failing(api: FakeApi, sink: Recorder, run: Run) -> None:
    """Tries that fail are still the start, until their time is over; then the feed is failing, and says why."""
    api.fail("list", POD_PATH, status(503, "starting up"), times=1e9)
    await run([CORE], hurried(first_look=0.3))
    await sink.until(lambda: sink.errors["core", "server_error"] >= 2)
    assert sink.states["core"] == ["starting"]
    await sink.until(lambda: sink.now("core") == "failing")
    assert sink.messages["core"] == "the server answered 503: starting up"
    api.mend()
    await sink.until(lambda: sink.now("core") == "up")


async def test_namespaces_are_listed_each_for_itself(api: FakeApi, sink: Recorder, run: Run) -> None:
    """Only the given namespaces and the source's own are asked for; what has no namespace is out of scope."""
    for namespace in ("a", "b", "c", "velero"):
        await api.put(POD_PATH, obj("p", namespace))
    await run(
        [CORE, feed("velero", PODS), feed("nodes", NODES)],
        namespaces=["b", "a"],
        source_namespaces={"velero": ["velero"]},
    )
    await sink.until(lambda: sink.now("core") == sink.now("velero") == "up")
    assert sink.names("core") == ["a/p", "b/p"]
    assert sink.names("velero") == ["a/p", "b/p", "velero/p"]
    assert sink.states["nodes"] == ["out_of_scope"]
    lists = sorted(asked for asked in api.asked if asked.startswith("list"))
    assert lists == [f"list /api/v1/namespaces/{name}/pods" for name in ("a", "b", "velero")]
    await api.put(POD_PATH, obj("q", "b"))
    await sink.until(lambda: sink.names("core") == ["a/p", "b/p", "b/q"])


async def test_one_bad_namespace_is_the_state_of_the_feed(api: FakeApi, sink: Recorder, run: Run) -> None:
    """Up only when all namespaces were listed; the worst of them is told, with its name."""
    api.fail("list", "/api/v1/namespaces/b/pods", status(403, "no"), times=1e9)
    await run([CORE], namespaces=["a", "b"])
    await sink.until(lambda: sink.now("core") == "forbidden")
    assert sink.messages["core"] == "b: the server answered 403: no"
    api.mend()
    await sink.until(lambda: sink.now("core") == "up")


async def test_a_source_of_its_own_namespaces_reads_only_these(
    api: FakeApi, sink: Recorder, run: Run
) -> None:
    """Without a general restriction, a source that names its namespaces is read there, the others everywhere."""
    await api.put(POD_PATH, obj("p", "a"))
    await api.put(POD_PATH, obj("p", "velero"))
    await run([CORE, feed("velero", PODS)], source_namespaces={"velero": ["velero"]})
    await sink.until(lambda: sink.now("core") == sink.now("velero") == "up")
    assert (sink.names("core"), sink.names("velero")) == (["a/p", "velero/p"], ["velero/p"])


async def test_a_fault_of_our_own_shows_and_stays_with_its_feed(
    api: FakeApi, sink: Recorder, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """A sink that breaks its promise makes the feed failing, with the trace in the log; other feeds go on."""
    await api.put(POD_PATH, obj("a", "x"))
    await api.put("/api/v1/nodes", obj("n"))
    put, broken = sink.put, [True]

    def breaking(feed, key, thing):  # type: ignore[no-untyped-def] # as Sink.put
        if feed.source == "core" and broken[0]:
            raise RuntimeError("our fault")
        put(feed, key, thing)

    sink.put = breaking  # type: ignore[method-assign] # a broken sink
    await run([CORE, feed("nodes", NODES)], hurried(first_look=0.2))
    await sink.until(lambda: sink.now("core") == "failing" and sink.now("nodes") == "up")
    assert "our fault" in caplog.text
    broken[0] = False
    await sink.until(lambda: sink.now("core") == "up")


async def test_transitions_are_logged_and_attempts_are_not(
    api: FakeApi, sink: Recorder, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """One line when it broke, one when it recovered, each with the source's name."""
    caplog.set_level(logging.INFO, "holdfast.cluster")
    await run([CORE])
    await sink.until(lambda: api.watching)
    api.fail("watch", POD_PATH, status(500, "no"), times=5)
    await api.end_watches()
    await sink.until(lambda: sink.states["core"] == ["starting", "up", "failing", "up"])
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [
        ("INFO", "source core: Pod is up (was starting)"),
        ("WARNING", "source core: Pod is failing (was up): the server answered 500: no"),
        ("INFO", "source core: Pod is up (was failing)"),
    ]


async def test_a_cancelled_cluster_leaves_nothing_behind(api: FakeApi, sink: Recorder, run: Run) -> None:
    """Every task has ended when the cluster has."""
    before = asyncio.all_tasks()
    task = await run([CORE, feed("nodes", NODES)])
    await sink.until(lambda: api.watching == 2)
    mine = {each for each in asyncio.all_tasks() - before if "Lane" in repr(each) or "Listing" in repr(each)}
    assert len(mine) == 2
    await ended(task)
    assert all(each.done() for each in mine)
