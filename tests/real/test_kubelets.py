"""Our client and our rounds against kubelets on loopback: who answers, who does not, and what that does to the others."""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509

from holdfast.model.asking import AskReason
from holdfast.model.identity import ClaimRef
from holdfast.model.usage import KubeletSpec, NodeAddress
from holdfast.usage.kubelet import KubeletError, Told
from holdfast.usage.kubelet import Kubelets as Client
from holdfast.usage.sweep import Sweep
from tests.http.stand import Authority
from tests.real.kubelet import Kubelets, Mood, exposition, pod_stats, summary

NOW = 1_800_000_000.0
TOKEN = "a-token-that-opens"
DATA = ClaimRef("shop", "data-0")
TEXT = exposition(
    {DATA: {"used": 5e9, "capacity": 1e10, "available": 5e9, "inodes_used": 9.0, "inodes": 99.0}}
)


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="holdfast-kubelets-") as name:
        folder = Path(name)
        (folder / "token").write_text(TOKEN + "\n")
        yield folder


@pytest.fixture
def authority(folder: Path) -> Authority:
    return Authority(folder, "ca")


@pytest.fixture
def kubelets(folder: Path, authority: Authority) -> Iterator[Kubelets]:
    names = [f"node-{number}" for number in range(40)]
    with Kubelets(names, authority.issue_server(), TOKEN) as kubelets:
        for node in kubelets.nodes.values():
            node.text = TEXT
        yield kubelets


@pytest.fixture
def spec(folder: Path, authority: Authority) -> KubeletSpec:
    return KubeletSpec(token_file=folder / "token", ca_file=authority.file, timeout=2.0)


@pytest.fixture
async def client(spec: KubeletSpec) -> AsyncIterator[Client]:
    async with Client(spec, lambda: NOW) as client:
        yield client


async def refused(client: Client, node: NodeAddress) -> KubeletError:
    with pytest.raises(KubeletError) as caught:
        await client.ask(node)
    assert TOKEN not in caught.value.text
    return caught.value


async def test_a_kubelet_tells_the_usage_of_its_claims(client: Client, kubelets: Kubelets) -> None:
    told = await client.ask(kubelets["node-1"].address)
    (sample,) = told.samples
    assert (sample.claim, sample.time, sample.used, sample.origin) == (DATA, NOW, 5e9, "node-1")


@pytest.mark.parametrize(
    ("mood", "reason", "words"),
    [
        ("hangs", "timeout", "has not answered within 2 s"),
        ("stalls", "timeout", "has not answered within 2 s"),
        ("dead", "connection", "cannot be reached (connection refused)"),
        ("cut", "connection", "cannot be reached (the connection broke)"),
        ("page", "bad_answer", "does not answer as a kubelet"),
        ("empty", "bad_answer", "does not answer as a kubelet"),
        ("endless", "bad_answer", "a line has no end"),
        ("forbids", "unauthorized", "grant `get` on `nodes/metrics`"),
        ("moves", "bad_answer", "answers 302"),
    ],
)
async def test_a_kubelet_that_does_not_answer_as_one_is_told_so(
    mood: Mood, reason: AskReason, words: str, client: Client, kubelets: Kubelets
) -> None:
    kubelets.becomes("node-1", mood)
    error = await refused(client, kubelets["node-1"].address)
    assert error.reason == reason
    assert error.text.startswith(f"kubelet of node-1 at 127.0.0.1:{kubelets['node-1'].port} ")
    assert words in error.text


async def test_no_more_is_read_than_may_be(spec: KubeletSpec, kubelets: Kubelets) -> None:
    async with Client(spec, lambda: NOW, most_bytes=len(TEXT) - 1) as client:
        assert (await refused(client, kubelets["node-1"].address)).reason == "too_large"


async def test_a_kubelet_that_returns_is_heard_again(client: Client, kubelets: Kubelets) -> None:
    kubelets.becomes("node-1", "dead")
    await refused(client, kubelets["node-1"].address)
    kubelets.becomes("node-1", "well")
    assert (await client.ask(kubelets["node-1"].address)).samples


async def test_a_token_that_was_rotated_is_read_anew(
    client: Client, kubelets: Kubelets, folder: Path
) -> None:
    """The kubelet takes only the new one, and the old was read a moment ago."""
    await client.ask(kubelets["node-1"].address)
    kubelets["node-1"].token = "the-next-token"
    (folder / "token").write_text("the-next-token")
    assert (await client.ask(kubelets["node-1"].address)).samples


async def test_a_token_that_is_not_taken_is_told_with_its_file(
    client: Client, kubelets: Kubelets, folder: Path
) -> None:
    (folder / "token").write_text("another")
    error = await refused(client, kubelets["node-1"].address)
    assert (error.reason, kubelets["node-1"].asked) == ("unauthorized", 1)
    assert f"answers 401; see whether {folder / 'token'} holds a token of this cluster" in error.text
    assert "another" not in error.text


async def test_a_token_that_is_not_there_is_told_with_its_file(
    client: Client, kubelets: Kubelets, folder: Path
) -> None:
    (folder / "token").unlink()
    error = await refused(client, kubelets["node-1"].address)
    assert error.text == f"{folder / 'token'}: cannot be read: No such file or directory; mount it"


async def test_a_certificate_of_nobody_we_trust_is_refused_with_the_way_out(
    spec: KubeletSpec, folder: Path
) -> None:
    """Kubelets sign their own unless they are told otherwise."""
    stranger = Authority(folder, "stranger")
    with Kubelets(["node-1"], stranger.issue_server(at="strange"), TOKEN) as kubelets:
        async with Client(spec, lambda: NOW) as client:
            error = await refused(client, kubelets["node-1"].address)
        assert error.reason == "tls"
        assert "serverTLSBootstrap" in error.text
        assert "usage.kubelet.caFile" in error.text
        assert kubelets["node-1"].asked == 0, "the token was sent to a stranger"


async def test_any_certificate_is_taken_by_who_asks_for_that(spec: KubeletSpec, folder: Path) -> None:
    stranger = Authority(folder, "stranger")
    unverified = KubeletSpec(token_file=spec.token_file, verify=False)
    with Kubelets(["node-1"], stranger.issue_server(at="strange"), TOKEN) as kubelets:
        kubelets["node-1"].text = TEXT
        async with Client(unverified, lambda: NOW) as client:
            assert (await client.ask(kubelets["node-1"].address)).samples


async def test_a_certificate_may_bear_the_nodes_name_instead_of_its_address(
    spec: KubeletSpec, folder: Path, authority: Authority
) -> None:
    certificate = authority.issue("system:node:node-1", x509.DNSName("node-1"), at="named")
    with Kubelets(["node-1"], certificate, TOKEN) as kubelets:
        kubelets["node-1"].text = TEXT
        async with Client(spec, lambda: NOW) as client:
            for _ in range(2):
                assert (await client.ask(kubelets["node-1"].address)).samples


async def test_a_certificate_that_is_renewed_may_bear_the_other_of_the_two(
    spec: KubeletSpec, folder: Path, authority: Authority
) -> None:
    named = authority.issue("system:node:node-1", x509.DNSName("node-1"), at="named")
    async with Client(spec, lambda: NOW) as client:
        for certificate in (named, authority.issue_server(at="addressed"), named):
            with Kubelets(["node-1"], certificate, TOKEN) as kubelets:
                kubelets["node-1"].text = TEXT
                node = kubelets["node-1"].address
                assert (await client.ask(node)).samples
                client._bears_name = {NodeAddress("node-1", node.address, node.port)} ^ client._bears_name
                assert (await client.ask(node)).samples


async def test_the_certificate_of_another_node_is_refused(
    spec: KubeletSpec, folder: Path, authority: Authority
) -> None:
    certificate = authority.issue("system:node:node-2", x509.DNSName("node-2"), at="other")
    with Kubelets(["node-1"], certificate, TOKEN) as kubelets:
        async with Client(spec, lambda: NOW) as client:
            error = await refused(client, kubelets["node-1"].address)
        assert "bears neither its address nor the node's name" in error.text
        assert kubelets["node-1"].asked == 0


async def test_a_kubelet_tells_what_its_pods_fill(client: Client, kubelets: Kubelets) -> None:
    kubelets["node-1"].stats = summary("node-1", pod_stats("shop/web-0", containers={"main": (5e9, 1e6)}))
    told = await client.summary(kubelets["node-1"].address)
    assert (told.node, [disk.filesystem for disk in told.disks]) == ("node-1", ["nodefs", "imagefs"])
    assert [(scratch.pod, scratch.used) for scratch in told.pods.values()] == [("web-0", 5_001_000_000.0)]


@pytest.mark.parametrize(
    ("mood", "reason", "words"),
    [
        ("hangs", "timeout", "has not answered within 2 s"),
        ("stalls", "timeout", "has not answered within 2 s"),
        ("dead", "connection", "cannot be reached (connection refused)"),
        ("cut", "connection", "cannot be reached (the connection broke)"),
        ("page", "bad_answer", "does not answer as a kubelet"),
        ("empty", "bad_answer", "does not answer as a kubelet"),
        ("forbids", "unauthorized", "grant `get` on `nodes/stats`"),
        ("moves", "bad_answer", "answers 302"),
    ],
)
async def test_a_kubelet_without_a_summary_is_told_so(
    mood: Mood, reason: AskReason, words: str, client: Client, kubelets: Kubelets
) -> None:
    kubelets.becomes("node-1", mood)
    with pytest.raises(KubeletError, match=re.escape(words)) as caught:
        await client.summary(kubelets["node-1"].address)
    assert caught.value.reason == reason
    assert TOKEN not in caught.value.text


async def test_an_endless_summary_is_not_read_to_its_end(spec: KubeletSpec, kubelets: Kubelets) -> None:
    kubelets.becomes("node-1", "endless")
    async with Client(spec, lambda: NOW, most_bytes=2**20) as client:
        with pytest.raises(KubeletError) as caught:
            await client.summary(kubelets["node-1"].address)
    assert caught.value.reason == "too_large"


async def test_the_summary_of_another_node_is_not_taken(client: Client, kubelets: Kubelets) -> None:
    """The address was given to another node since, and its kubelet answers well."""
    kubelets["node-1"].stats = summary("node-2")
    with pytest.raises(KubeletError, match="answers for another node") as caught:
        await client.summary(kubelets["node-1"].address)
    assert caught.value.reason == "bad_answer"


async def test_a_kubelet_that_returns_tells_its_summary_again(client: Client, kubelets: Kubelets) -> None:
    kubelets.becomes("node-1", "dead")
    with pytest.raises(KubeletError):
        await client.summary(kubelets["node-1"].address)
    kubelets.becomes("node-1", "well")
    assert (await client.summary(kubelets["node-1"].address)).disks


@dataclass
class Sink:
    lost: dict[str, AskReason] = field(default_factory=dict)
    rounds: dict[str, int] = field(default_factory=dict)

    def measured(self, node: str, told: Told) -> None:
        assert told.samples
        self.lost.pop(node, None)
        self.rounds[node] = self.rounds.get(node, 0) + 1

    def failed(self, node: str, reason: AskReason, text: str) -> None:
        assert text
        self.lost[node] = reason


def sweep(client: Client, sink: Any, concurrency: int = 4) -> Sweep:
    return Sweep(client.ask, sink, concurrency=concurrency, timeout=client.spec.timeout, patience=0.2)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(0.01)


async def test_a_round_has_an_outcome_for_every_node(client: Client, kubelets: Kubelets) -> None:
    kubelets.becomes("node-3", "hangs")
    kubelets.becomes("node-7", "dead")
    sink = Sink()
    sweeping = sweep(client, sink)
    await sweeping.once(kubelets.addresses)
    assert sink.lost == {"node-3": "timeout", "node-7": "connection"}
    assert len(sink.rounds) == 38
    assert sweeping.looked.is_set()


async def test_nodes_that_hang_do_not_delay_the_others(spec: KubeletSpec, kubelets: Kubelets) -> None:
    """A dozen hang in front of the others, and four may be asked at once: the others are asked round after round."""
    hanging, others = list(kubelets.nodes)[:12], list(kubelets.nodes)[12:]
    for name in hanging:
        kubelets.becomes(name, "hangs")
    sink = Sink()
    async with Client(msgspec.structs.replace(spec, timeout=60.0), lambda: NOW) as client:
        task = asyncio.create_task(sweep(client, sink).run(lambda: kubelets.addresses, 0.5))
        try:
            await until(lambda: min(sink.rounds.get(name, 0) for name in others) >= 3)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    assert sink.lost == {}, "no time-out is over yet"
    assert [kubelets[name].asked for name in hanging] == [1] * 12


async def test_a_node_that_returns_is_asked_among_the_others_again(
    client: Client, kubelets: Kubelets
) -> None:
    sink = Sink()
    sweeping = sweep(client, sink)
    kubelets.becomes("node-3", "dead")
    await sweeping.once(kubelets.addresses)
    assert sweeping._suspects == {"node-3"}
    kubelets.becomes("node-3", "well")
    await sweeping.once(kubelets.addresses)
    assert (sweeping._suspects, sink.lost) == (set(), {})


async def test_a_node_that_is_gone_is_asked_no_more(client: Client, kubelets: Kubelets) -> None:
    nodes = kubelets.addresses[:2]
    sink = Sink()
    task = asyncio.create_task(sweep(client, sink).run(lambda: nodes, 0.05))
    try:
        await until(lambda: sink.rounds.get("node-1", 0) >= 2)
        nodes = nodes[:1]
        await asyncio.sleep(0.3)
        stopped, first = kubelets["node-1"].asked, sink.rounds["node-0"]
        await until(lambda: sink.rounds["node-0"] >= first + 3)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert kubelets["node-1"].asked == stopped


async def test_an_address_that_is_none_is_told_so(client: Client) -> None:
    error = await refused(client, NodeAddress("node-1", "no such host", 10250))
    assert error.reason in ("bad_answer", "connection")


async def test_a_server_without_tls_is_told_so(client: Client) -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        error = await refused(client, NodeAddress("node-1", "127.0.0.1", server.sockets[0].getsockname()[1]))
    assert (error.reason, "see who listens there" in error.text) == ("tls", True)
