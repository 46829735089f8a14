"""The exporter as users run it, asking kubelets of a real cluster's nodes over HTTPS, with its history on disk.

Kubelets are asked every 15 s, which is the least, and the history is written once a minute: most of the time here is waiting.
"""

import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from holdfast.history.usage_store import read_usage
from holdfast.model.identity import ClaimRef
from tests.http.stand import Authority
from tests.real.apiserver import ApiServer
from tests.real.exporter import Exporter
from tests.real.kubelet import Kubelets, exposition
from tests.real.mounted import DRIVER, GIB, growing, join, mount, remember
from tests.real.process import wait_for

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

TOKEN = "a-token-that-opens"
ORDERS, LEDGER, MUTE, FAR, STUCK = (
    ClaimRef("shop", name) for name in ("orders", "ledger", "mute", "far", "stuck")
)
PLACES = {ORDERS: "well", LEDGER: "other", MUTE: "well", FAR: "dead", STUCK: "hung"}
ROUND = 15.0


@dataclass
class Stage:
    """A cluster of four nodes: two are well, one hangs, one is dead. ``began`` is when the youngest pod did."""

    api: ApiServer
    kubelets: Kubelets
    folder: Path
    config: str
    uids: dict[ClaimRef, str]
    began: float

    def say(self, claim: ClaimRef, used: float) -> None:
        """From now on the claim's kubelet tells this use, and of no other claim of its node."""
        told = {"used": used, "available": 10 * GIB - used, "capacity": 10 * GIB}
        self.kubelets[PLACES[claim]].text = exposition({claim: told})

    def exporter(self, history: Path, *flags: str, config: str = "") -> Exporter:
        kubeconfig = self.api.kubeconfig(self.folder / "kubeconfig")
        return Exporter(kubeconfig, *flags, config=config or self.config, history=history)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with tempfile.TemporaryDirectory(prefix="holdfast-served-") as name, ApiServer() as api:
        folder = Path(name)
        (folder / "token").write_text(TOKEN)
        authority = Authority(folder, "ca")
        with Kubelets(sorted({*PLACES.values()}), authority.issue_server(), TOKEN) as kubelets:
            asking = f"tokenFile: {folder / 'token'}, caFile: {authority.file}"
            config = f"usage: {{kubelet: {{interval: 15s, timeout: 3s, {asking}}}}}\n"
            for node in kubelets.nodes.values():
                join(api, node)
            api.namespace("shop")
            uids = {claim: mount(api, claim, node) for claim, node in PLACES.items()}
            kubelets.becomes("dead", "dead")
            kubelets.becomes("hung", "hangs")
            made = Stage(api, kubelets, folder, config, uids, time.time())
            for claim in (ORDERS, LEDGER, FAR, STUCK):
                made.say(claim, 2 * GIB)
            yield made


@pytest.fixture(scope="module")
def exporter(stage: Stage) -> Iterator[Exporter]:
    with stage.exporter(stage.folder / "state") as running:
        yield running


def used(claim: ClaimRef, number: float) -> tuple[str, ...]:
    return "holdfast_pvc_used_bytes", f'persistentvolumeclaim="{claim.name}"', f" {number:.0f}"


def value(rows: list[str]) -> float:
    (row,) = rows
    return float(row.rpartition(" ")[2])


def persistent(exporter: Exporter) -> bool:
    (told,) = (
        row for row in exporter.metrics().splitlines() if row.startswith("holdfast_history_persistent ")
    )
    return {1.0: True, 0.0: False}[value([told])]


def test_what_the_kubelets_tell_is_served_with_its_age(stage: Stage, exporter: Exporter) -> None:
    """One row a claim, in bytes, beside a dead node and one that hangs."""
    exporter.wait_for_row(*used(ORDERS, 2 * GIB))
    exporter.wait_for_row(*used(LEDGER, 2 * GIB))
    assert value(exporter.rows("holdfast_pvc_filesystem_bytes", '"orders"')) == 10 * GIB
    assert 0 <= value(exporter.rows("holdfast_pvc_usage_age_seconds", '"orders"')) < ROUND + 5
    exporter.wait_for_row("holdfast_source_up", 'source="kubelet"', 'kind="metrics"', " 1")


def test_nodes_that_hang_or_are_dead_delay_no_other(stage: Stage, exporter: Exporter) -> None:
    """A new figure is there with the next round, and the silent are counted."""
    exporter.wait_for_row("holdfast_kubelets", 'state="silent"', " 2")
    for number in (3 * GIB, 4 * GIB):
        stage.say(ORDERS, number)
        exporter.wait_for_row(*used(ORDERS, number), timeout=ROUND + 3)
    assert value(exporter.rows("holdfast_kubelets", 'state="answering"')) == 2


def test_a_token_that_is_taken_away_leaves_the_last_known_use_and_a_new_one_opens_again(
    stage: Stage, exporter: Exporter
) -> None:
    file = stage.folder / "token"
    for node in stage.kubelets.nodes.values():
        node.token = "the-next-token"
    exporter.wait_for_row("holdfast_source_up", 'source="kubelet"', 'kind="metrics"', " 0")
    assert exporter.rows(*used(ORDERS, 4 * GIB)), "the last known use stays"
    lost = exporter.rows(
        "holdfast_source_errors_total", 'source="kubelet"', 'kind="metrics"', 'reason="unauthorized"'
    )
    assert value(lost) >= 2
    file.write_text("the-next-token")
    stage.say(ORDERS, 5 * GIB)
    exporter.wait_for_row(*used(ORDERS, 5 * GIB), timeout=ROUND + 3)
    exporter.wait_for_row("holdfast_source_up", 'source="kubelet"', 'kind="metrics"', " 1")
    assert exporter.process is not None
    log = exporter.process.log.read_text()
    assert "the-next-token" not in log + exporter.metrics()
    assert TOKEN not in log + exporter.metrics()


def test_a_node_that_returns_is_measured_again(stage: Stage, exporter: Exporter) -> None:
    stage.kubelets.becomes("dead", "well")
    exporter.wait_for_row(*used(FAR, 2 * GIB), timeout=ROUND + 5)
    exporter.wait_for_row("holdfast_kubelets", 'state="silent"', " 1")
    stage.kubelets.becomes("dead", "dead")
    exporter.wait_for_row("holdfast_kubelets", 'state="silent"', " 2")
    assert exporter.rows(*used(FAR, 2 * GIB)), "and when it dies again, what was known stays"


# ---- the history on disk


FAILED = "usage.sqlite cannot be written"


def test_a_history_survives_a_kill_and_is_foretold_from_at_once(stage: Stage) -> None:
    """The kubelet is gone when the exporter starts again: all that it tells comes from its disk."""
    state, now = stage.folder / "killed", time.time()
    remember(state, stage.uids[LEDGER], growing(LEDGER, now, per_day=GIB / 4, upto=9 * GIB), now)
    stage.say(LEDGER, 9 * GIB)
    with stage.exporter(state) as first:
        first.wait_for_row("holdfast_pvc_time_to_full_seconds", '"ledger"', 'resource="bytes"')
        wait_for("the new sample on disk", lambda: _newest(state, LEDGER), lambda it: it == 9 * GIB, 120)
        assert first.process is not None
        first.process.kill()
    stage.kubelets.becomes("other", "dead")
    try:
        with stage.exporter(state) as second:
            second.wait_for_row(*used(LEDGER, 9 * GIB), timeout=5)
            left = second.wait_for_row("holdfast_pvc_time_to_full_seconds", '"ledger"', timeout=5)
            assert 0.5 < value(left) / 86400 < 8
            assert persistent(second)
    finally:
        stage.kubelets.becomes("other", "well")


def _newest(state: Path, claim: ClaimRef) -> float | None:
    rows = read_usage(state / "usage.sqlite").rows
    return next((row.newest.used for row in rows if row.newest.claim == claim), None)


def test_a_corrupted_history_is_set_aside_and_a_new_one_begun(stage: Stage) -> None:
    """A clear error and a clean start; the next start says nothing any more."""
    state = stage.folder / "corrupted"
    state.mkdir()
    (state / "usage.sqlite").write_bytes(b"SQLite format 3\0" + b"\xff" * 20_000)
    logs = []
    for _ in range(2):
        with stage.exporter(state) as running:
            running.wait_for_row("holdfast_pvc_used_bytes", '"orders"')
            assert persistent(running)
            assert running.process is not None
            logs.append(running.process.log.read_text())
    (aside,) = state.glob("usage.sqlite.unreadable-*")
    assert f"history {state / 'usage.sqlite'} could not be read" in logs[0]
    assert f"set aside as {aside.name}, begun anew" in logs[0]
    assert "could not be read" not in logs[1]


def test_where_nothing_can_be_written_usage_is_served_and_said_to_be_forgotten(stage: Stage) -> None:
    """No user, root included, makes a folder there."""
    with stage.exporter(Path("/proc/holdfast")) as running:
        running.wait_for_row("holdfast_pvc_used_bytes", '"orders"')
        assert not persistent(running)
        assert running.process is not None
        assert "history is kept in memory only" in running.process.log.read_text()


def test_a_full_disk_is_said_once_and_what_waits_is_written_when_there_is_room(stage: Stage) -> None:
    """No write past the first page succeeds, as on a disk without room; then it does."""
    state = stage.folder / "full"
    with stage.exporter(state) as running:
        assert running.process is not None
        pid = running.process.pid
        assert pid
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        log = running.process.log
        running.wait_for_row("holdfast_pvc_used_bytes", '"orders"')
        log.write_text("")  # what it says from now on fits within the limit
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (6000, before[1]))
        wait_for("the store fails", log.read_text, lambda said: FAILED in said, 150)
        assert not persistent(running)
        assert running.rows("holdfast_pvc_used_bytes", '"orders"')
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
        wait_for("it works again", lambda: persistent(running), bool, 60)
        said = log.read_text()
    assert said.count(FAILED) == 1
    assert said.count("usage.sqlite can be written again") == 1
    assert _newest(state, ORDERS) is not None


# ---- who measures what; last, for a young pod has three minutes to be told of


def test_a_claim_that_nobody_measures_says_why(stage: Stage, exporter: Exporter) -> None:
    """The kubelet of its node answers and says nothing of it, or does not answer at all."""
    for claim, reason in ((MUTE, "driver-silent"), (STUCK, "node-silent")):
        row = exporter.wait_for_row(
            "holdfast_pvc_usage_unmeasured",
            f'"{claim.name}"',
            f'reason="{reason}"',
            timeout=max(1.0, stage.began + 200 - time.time()),
        )
        assert row[0].endswith(" 1")
    states = {
        state: value(
            exporter.rows("holdfast_usage_coverage_claims", f'csi_driver="{DRIVER}"', f'state="{state}"')
        )
        for state in ("measured", "stale", "unmeasured")
    }
    assert states == {"measured": 3, "stale": 0, "unmeasured": 2}
