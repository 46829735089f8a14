"""For sources of operators and backup tools: fixtures by name, a claim by its labels, what is said of it in all layers."""

from pathlib import Path
from typing import Any

import msgspec

from holdfast.model.facts import NO_ANNOTATIONS, Claim, Fact
from holdfast.model.identity import ClaimRef
from holdfast.model.protection import Coverage
from holdfast.sources.contract import Source
from holdfast.sources.values import parse_time
from tests.sources.facts import NoRolls, TableFacts, documents
from tests.world import World, laid_over

FIXTURES = Path(__file__).parent / "fixtures"


def at(clock: str) -> float:
    """A time on Saturday 21 November, or a whole one."""
    seconds = parse_time(clock if "T" in clock else f"2026-11-21T{clock}Z")
    assert seconds is not None
    return seconds


def fixture(source: Source, file: str) -> dict[str, dict[str, Any]]:
    """The objects of a fixture, by name."""
    folder = FIXTURES / source.name.replace("-", "_")
    return {obj["metadata"]["name"]: obj for obj in documents(folder / f"{file}.yaml")}


def all_of(source: Source) -> list[dict[str, Any]]:
    folder = FIXTURES / source.name.replace("-", "_")
    return [obj for path in sorted(folder.glob("*.yaml")) for obj in documents(path)]


def claim(labels: dict[str, str], name: str = "data-orders-0") -> Claim:
    return Claim(
        ref=ClaimRef("shop", name),
        uid=f"uid-{name}",
        created=at("2026-11-01T00:01:00Z"),
        labels=labels,
        annotations=NO_ANNOTATIONS,
        storage_class="fast",
        volume=f"pv-{name}",
        volume_mode="Filesystem",
        access_modes=("ReadWriteOnce",),
        requested=None,
        capacity=None,
        phase="Bound",
    )


def covered(source: Source, of: Claim, *objects: dict[str, Any]) -> Coverage:
    """What the source says of the claim, with these objects in sight."""
    facts = TableFacts([of])
    for obj in objects:
        facts.put(source, obj)
    assert source.cover
    return source.cover(of, facts, NoRolls())


def number(world: World, family: str, **labels: str) -> float | None:
    """The value of the one sample of a family with these labels, None where there is none."""
    wanted = [f'{name}="{value}"' for name, value in labels.items()]
    rows = [row for row in world.rows(family) if all(each in row for each in wanted)]
    assert len(rows) <= 1, rows
    return float(rows[0].rpartition(" ")[2]) if rows else None


def laid(obj: dict[str, Any], **above: Any) -> dict[str, Any]:
    """The object with other values."""
    return laid_over(obj, above)


def survives(source: Source, of: Claim, obj: Any) -> None:
    """The object is refused when decoded, or it can be read, linked and judged."""
    feed = next(feed for feed in source.feeds if feed.kind == obj["kind"])
    try:
        decoded = msgspec.json.decode(msgspec.json.encode(obj), type=feed.shape)
    except msgspec.ValidationError:
        return
    records: list[Fact] = list(feed.read(decoded))
    for record in records:
        record.links()
        record.touches()
        record.strange_word()
    facts = TableFacts([of, *records])
    if source.cover:
        source.cover(of, facts, NoRolls())
    for record in records:
        if source.schedule and (key := getattr(record, "schedule", None)):
            source.schedule(key, facts)
