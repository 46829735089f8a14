"""The example as an engine has it while ``holdfast demo`` runs: objects, and what its kubelets tell."""

from functools import cache

from holdfast.app.compose import read_settings
from holdfast.app.demonstrate import measured, turn_of
from holdfast.app.sharers import find_sharers
from holdfast.demo import demo_config
from tests.world import World


@cache
def lived(now: float, told: float | None = None) -> World:
    """Judged at ``now``; ``told`` is when it was started."""
    turn = turn_of(now, now if told is None else told, first=True)
    policy = read_settings([demo_config()]).policy()
    world = World(*turn.example.objects(), now=now, policy=policy)
    for _ in measured(world.engine, World.feeds(), turn):
        pass
    return settled(world)


def settled(world: World) -> World:
    """With all forecasts made, and who shares a space found."""
    world.judge()
    world.engine.take_rooms(world.now)
    find_sharers(world.engine, world.now)
    while world.engine.foretell(world.now):
        pass
    world.judge()
    return world
