"""Objects of backup tools in any order, with judgements in between: the text at the end is the same.

Drills are left out: what was once proven is remembered, and what was proven on the way depends on the way.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.sources import k8up, kasten, kubestash, stash, stork
from holdfast.sources.contract import Source
from tests.sources.operator_cases import all_of
from tests.world import World
from tests.world import claim as claim_object

TOOLS = [k8up.SOURCE, kasten.SOURCE, stash.SOURCE, kubestash.SOURCE, stork.SOURCE]
KUBEDB = {"app.kubernetes.io/instance": "orders", "app.kubernetes.io/managed-by": "kubedb.com"}
STATEFUL = {
    "apiVersion": "apps/v1",
    "kind": "StatefulSet",
    "metadata": {
        "namespace": "shop",
        "name": "web",
        "uid": "web",
        "creationTimestamp": "2026-11-01T00:00:00Z",
    },
    "spec": {"replicas": 2, "volumeClaimTemplates": [{"metadata": {"name": "content"}}]},
}
CLUSTER = [
    claim_object("shop/data", metadata={"labels": {"app": "web"}}),
    claim_object("shop/cache"),
    claim_object("shop/data-orders-0", metadata={"labels": KUBEDB}),
    claim_object("shop/content-web-1"),
    STATEFUL,
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "web"}}},
]


def told(world: World) -> list[str]:
    return [line for line in world.text().splitlines() if "_drill_" not in line and "_source_" not in line]


@pytest.mark.parametrize("source", TOOLS, ids=lambda source: source.name)
@settings(deadline=None, max_examples=8)  # a busy machine is no failure
@given(data=st.data())
def test_any_order_ends_in_the_same_text(source: Source, data: st.DataObject) -> None:
    """Objects come in any order, and some of them go and come back."""
    objects = [*CLUSTER, *all_of(source)]
    world = World()
    for number in data.draw(st.permutations(range(len(objects)))):
        world.put(objects[number])
        if data.draw(st.booleans()):
            world.judge()
    for back in data.draw(st.lists(st.sampled_from(objects), max_size=3)):
        world.drop(back)
        world.judge()
        world.put(back)
    world.judge()
    assert told(world) == told(World(*objects))
