"""Groups of snapshots in the whole exporter: objects in, exposition text out, in whatever order they come, change and go."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.csi_cases import CLAIM, VOLUME, situation
from tests.sources.test_csi_snapshot_groups import alpha
from tests.world import World, claim

TIMESTAMP = "holdfast_pvc_backup_timestamp_seconds"


def claim_and_volume(created: str = "2026-10-01T00:00:00Z") -> list[dict[str, Any]]:
    name = str(CLAIM.ref)
    made = claim(name, metadata={"creationTimestamp": created}, spec={"volumeName": VOLUME.name})
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": VOLUME.name},
        "spec": {
            "csi": {"driver": VOLUME.csi_driver, "volumeHandle": VOLUME.csi_handle},
            "claimRef": {"namespace": CLAIM.ref.namespace, "name": CLAIM.ref.name},
        },
    }
    return [made, volume]


SETS = {
    "v1": [*claim_and_volume(), *situation("group-v1")],
    "v1alpha1": [*claim_and_volume(), *alpha()],
    "failing": [*claim_and_volume(), *situation("failing-group")],
}


@pytest.mark.parametrize("version", ["v1", "v1alpha1"])
def test_a_member_in_the_text(version: str) -> None:
    """The claim has its copy at the instant of the group."""
    rows = [row for row in World(*SETS[version]).text().splitlines() if row.startswith(TIMESTAMP + "{")]
    assert rows == [
        TIMESTAMP + '{namespace="shop",persistentvolumeclaim="data-postgres-0",source="csi-snapshot"'
        ',placement="local",consistency="crash"} 1793480401'
    ]


def test_a_failing_group_in_the_text() -> None:
    """A claim that the group chose says that a run failed."""
    assert (
        'holdfast_pvc_protection_reason{namespace="shop",persistentvolumeclaim="data-postgres-0",reason="run-failed"} 1'
        in World(*SETS["failing"]).text().splitlines()
    )


@settings(deadline=None, max_examples=150)  # a busy machine is no failure
@given(st.sampled_from(sorted(SETS)), st.integers(0, 2**32))
def test_any_order(version: str, seed: int) -> None:
    """What stands in the end decides the text, whatever came first and was judged in between."""
    chance, objects = Random(seed), list(SETS[version])
    last = [obj for obj in objects if chance.random() < 0.8]
    world = World()
    for _ in range(2):
        chance.shuffle(objects)
        for obj in objects:
            world.drop(obj) if chance.random() < 0.4 else world.put(obj)
            if chance.random() < 0.5:
                world.judge()
    for obj in chance.sample(objects, len(objects)):
        world.put(obj) if obj in last else world.drop(obj)
        if chance.random() < 0.5:
            world.judge()
    world.judge()
    assert world.text() == World(*last).text()
