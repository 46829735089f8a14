"""Longhorn's replicas and standbys: volumes and engines in, replications out."""

import json
from typing import Any

import pytest

from holdfast.sources.longhorn import SOURCE
from tests.sources.facts import read
from tests.sources.longhorn_cases import BACKUP_VOLUME, BACKUPS, CLAIM, ENGINES, PV, VOLUME, VOLUMES
from tests.sources.operator_cases import laid, number
from tests.world import World

STATE, LAG, ASKED = "replication_state", "replication_lag_seconds", "replication_objective_seconds"
STANDBY, ENGINE, RESTORED = VOLUMES["standby"], ENGINES["standby-e-0"], BACKUPS["backup-far-1"]


def states(*objects: dict[str, Any]) -> list[str]:
    rows = World(*objects).rows(STATE)
    return [row.split('state="')[1].split('"')[0] for row in rows if row.endswith(" 1")]


@pytest.mark.tells("longhorn", "replication")
@pytest.mark.parametrize(
    ("robustness", "state"), [("healthy", "healthy"), ("degraded", "degraded"), ("faulted", "broken")]
)
def test_replicas_of_a_claim(robustness: str, state: str) -> None:
    """A claim's volume is a replication within the cluster, as healthy as its replicas. It is not judged by lag."""
    world = World(CLAIM, PV, laid(VOLUME, status={"robustness": robustness}))
    labels = {"namespace": "shop", "persistentvolumeclaim": "data", "replication": "pvc-11111111"}
    assert number(world, STATE, state=state, **labels) == 1
    assert world.rows(LAG, ASKED) == []


def test_volume_whose_claim_has_gone() -> None:
    """The claim that Longhorn still notes is history: the replication is no claim's."""
    gone = laid(VOLUME, status={"kubernetesStatus": {"lastPVCRefAt": "2026-11-20T00:00:00Z"}})
    labels = {"namespace": "longhorn-system", "replication": "pvc-11111111"}
    assert number(World(gone), STATE, state="healthy", persistentvolumeclaim="", **labels) == 1


def test_detached_volume() -> None:
    """Of a detached volume nothing is known, and nothing is wrong."""
    assert states(CLAIM, PV, laid(VOLUME, status={"state": "detached", "robustness": "unknown"})) == []


def test_single_replica() -> None:
    """One replica mirrors nothing."""
    assert states(laid(VOLUME, spec={"numberOfReplicas": 1})) == []


def test_robustness_of_a_later_longhorn() -> None:
    """A word that we do not know is told as such, and its state is unknown."""
    later = laid(VOLUME, status={"robustness": "wobbly"})
    assert states(later) == ["unknown"]
    assert "wobbly" in [record.strange_word() for record in read(SOURCE, later)]


def test_standby() -> None:
    """A standby holds what its engine restored, and may lag twice the gap between the backups of its source."""
    world = World(STANDBY, ENGINE, RESTORED, BACKUP_VOLUME)
    labels = {"namespace": "longhorn-system", "replication": "standby"}
    assert number(world, LAG, **labels) == 6 * 3600 - 5
    assert number(world, ASKED, **labels) == 8 * 3600
    assert number(world, STATE, state="healthy", **labels) == 1


def test_standby_that_no_longer_follows() -> None:
    """It lags when nothing was restored for longer than that, however new the backups on the target are."""
    world = World(STANDBY, ENGINE, RESTORED, BACKUP_VOLUME, BACKUPS["backup-of-another-cluster"])
    world.judge(world.now + 3 * 3600)
    assert number(world, STATE, replication="standby", state="lagging") == 1


def test_standby_without_a_plan() -> None:
    """Where nothing tells how often its source is backed up, its lag is told and not judged."""
    world = World(STANDBY, ENGINE, RESTORED)
    assert number(world, LAG, replication="standby") == 6 * 3600 - 5
    assert world.rows(ASKED) == []


def test_standby_that_has_restored_nothing() -> None:
    """Without a restored backup its lag is unknown, and so is whether it is of any use."""
    assert World(STANDBY, BACKUP_VOLUME).rows(LAG) == []
    assert states(STANDBY, BACKUP_VOLUME) == ["unknown"]


def test_standby_whose_backup_has_gone() -> None:
    """The source deletes old backups when it has newer ones: the standby has not followed, and nothing tells since when."""
    assert states(STANDBY, ENGINE, BACKUP_VOLUME) == ["unknown"]


def test_standby_of_a_source_with_several_jobs() -> None:
    """It may lag twice the longest of their gaps."""
    jobs = {
        name: {"jobSpec": {"name": name, "task": "backup", "cron": cron}}
        for name, cron in {"often": "0 */4 * * *", "daily": "0 3 * * *", "damaged": "soon"}.items()
    }
    several = laid(BACKUP_VOLUME, status={"labels": {"VolumeRecurringJobInfo": json.dumps(jobs)}})
    assert number(World(STANDBY, ENGINE, RESTORED, several), ASKED, replication="standby") == 48 * 3600


def test_standby_whose_restore_failed() -> None:
    """A failed restore breaks it, and so does the loss of its replicas."""
    failed = laid(
        STANDBY, status={"conditions": [{"type": "Restore", "status": "False", "reason": "RestoreFailure"}]}
    )
    assert states(failed, ENGINE, RESTORED) == ["broken"]
    assert states(laid(STANDBY, status={"robustness": "faulted"}), ENGINE, RESTORED) == ["broken"]


def test_order_of_arrival() -> None:
    """A standby is judged again with each restore."""
    world = World(STANDBY, RESTORED, BACKUP_VOLUME)
    world.put(ENGINE)
    world.judge()
    assert number(world, LAG, replication="standby") == 6 * 3600 - 5
