"""Generic sources through all layers: a configuration and a folder of objects in, judgements and exposition text out."""

import asyncio
import copy
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.app.compose import FixedClock, make_engine, read_folder, read_settings, select
from holdfast.app.engine import Engine
from holdfast.model.identity import ClaimRef, ObjectKey, Subject
from holdfast.model.judgement import ClaimJudgement
from holdfast.model.policy import Policy
from holdfast.sources import core
from holdfast.sources.contract import Source
from tests.sources.facts import documents
from tests.sources.generic_cases import ACME, ACME_OBJECTS, FIXTURES, at, object_of, source_of
from tests.world import NOW, claim

ROOT = Path(__file__).resolve().parents[2]


def look(config: str, folder: Path, *objects: dict[str, Any]) -> Engine:
    """An engine that has read these objects from a folder, with this configuration."""
    (folder / "config").mkdir()
    (folder / "config" / "config.yaml").write_text(config)
    (folder / "dump").mkdir()
    (folder / "dump" / "objects.yaml").write_text(yaml.safe_dump_all(objects))
    read = read_settings([folder / "config" / "config.yaml"])
    selection = select(read)
    engine = make_engine(read, selection)
    asyncio.run(read_folder(folder / "dump", selection, FixedClock(engine, NOW)))
    engine.judge(NOW)
    return engine


def rows(engine: Engine, *families: str) -> list[str]:
    text = b"".join([*engine.text(NOW), *engine.watching_text(NOW)]).decode()
    wanted = tuple(f"holdfast_{family}{{" for family in families)
    return [line.removeprefix("holdfast_") for line in text.splitlines() if line.startswith(wanted)]


def example() -> str:
    """The configuration that docs/configuration.md shows."""
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    (found,) = re.findall(r"```yaml\n(genericSources:.*?)```", page, re.DOTALL)
    return str(found)


def test_the_example_of_the_docs_tells_what_kanister_saved(tmp_path: Path) -> None:
    """A copy as of the ActionSet's creation and a drill of it; a failed and a waiting run are no copies."""
    kanister = documents(FIXTURES / "kanister.yaml")
    claims = [claim("shop/data"), claim("shop/media"), claim("shop/logs")]
    engine = look(example(), tmp_path, *claims, *kanister)
    assert rows(engine, "pvc_backup_timestamp_seconds", "pvc_restore_drill_age_seconds") == [
        (
            'pvc_backup_timestamp_seconds{namespace="shop",persistentvolumeclaim="data",'
            f'source="kanister",placement="offsite",consistency="unknown"}} {at("2026-11-21T02:00:05Z"):.0f}'
        ),
        (
            'pvc_restore_drill_age_seconds{namespace="shop",persistentvolumeclaim="data",source="kanister"} '
            f"{NOW - at('2026-11-21T08:20:00Z'):.0f}"
        ),
    ]
    states = {name: judged(engine, f"shop/{name}").protection.state for name in ("data", "media", "logs")}
    assert states == {"data": "protected", "media": "unprotected", "logs": "unprotected"}


def judged(engine: Engine, name: str) -> ClaimJudgement:
    found = engine.judgement(Subject("claim", ClaimRef(*name.split("/"))))
    assert isinstance(found, ClaimJudgement)
    return found


def test_a_generic_source_is_judged_like_any_other(tmp_path: Path) -> None:
    """Plan, runs, place and restore of a company's own tool."""
    engine = look(ACME, tmp_path, claim("shop/data"), claim("shop/media"), *ACME_OBJECTS)
    assert judged(engine, "shop/data").protection.state == "protected"
    assert rows(
        engine, "backup_schedule_last_result", "backup_target_available", "pvc_restore_drill_duration_seconds"
    ) == [
        'backup_schedule_last_result{source="acme",namespace="shop",schedule="nightly",result="success"} 1',
        'backup_target_available{source="acme",namespace="",target="far-away"} 1',
        'pvc_restore_drill_duration_seconds{namespace="shop",persistentvolumeclaim="data",source="acme"} 1500',
        'pvc_restore_drill_duration_seconds{namespace="shop",persistentvolumeclaim="media",source="acme"} 1500',
    ]
    unknown = 'source_unknown_states{source="acme",kind="BackupRun"} 1'
    assert unknown in rows(engine, "source_unknown_states"), "the word Melted stands in no list"


def test_a_place_that_is_gone_takes_its_copies_along(tmp_path: Path) -> None:
    vaultless = [obj for obj in ACME_OBJECTS if obj["kind"] != "Vault"]
    engine = look(ACME, tmp_path, claim("shop/data"), *vaultless)
    assert judged(engine, "shop/data").protection.state == "unknown"


def test_an_object_that_cannot_be_read_blinds_its_source(tmp_path: Path) -> None:
    """Nothing is called unprotected while a run may have been overlooked."""
    odd = {**object_of("BackupRun"), "status": {"phase": "Succeeded", "frozen": ["?"]}}
    engine = look(ACME, tmp_path, claim("shop/data"), odd)
    protection = judged(engine, "shop/data").protection
    assert protection.state == "unknown"
    assert "source-blind" in protection.reasons


def elsewhere(obj: dict[str, Any]) -> dict[str, Any]:
    """The same object in the tool's own namespace, still about claims of the shop."""
    moved = copy.deepcopy(obj)
    if "namespace" in moved["metadata"]:
        moved["metadata"]["namespace"] = "tools"
    if "claims" in moved.get("spec", {}):
        moved["spec"]["claims"] = [{"namespace": "shop", "name": "data"}]
    return moved


WORLD = [claim("shop/data"), *map(elsewhere, ACME_OBJECTS)]
ONE_AFTER_ANOTHER = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def arrived(sources: Sequence[Source], objects: Sequence[dict[str, Any]]) -> str:
    """The exposition when each object was judged as it came."""
    engine = Engine(sources, Policy())
    feeds = [feed for source in sources for feed in source.feeds]
    for feed in feeds:
        engine.state(feed, "up", "", NOW)
    for obj in objects:
        for feed in feeds:
            if (feed.kind, feed.resource.group) == (obj["kind"], obj["apiVersion"].rpartition("/")[0]):
                key = ObjectKey(obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
                engine.put(feed, key, msgspec.json.decode(msgspec.json.encode(obj), type=feed.shape))
        assert engine.judge(NOW)
    return b"".join(engine.text(NOW)).decode()


@ONE_AFTER_ANOTHER
@given(order=st.permutations(range(len(WORLD))))
def test_any_order_of_arrival_ends_in_the_same_text(order: list[int], tmp_path: Path) -> None:
    """Though runs, their place and their restores stand in another namespace than the claim."""
    sources = (core.SOURCE, source_of(ACME, tmp_path))
    told = arrived(sources, [WORLD[place] for place in order])
    assert told == arrived(sources, WORLD)
    assert (
        'holdfast_pvc_restore_drill_duration_seconds{namespace="shop",persistentvolumeclaim="data",source="acme"}'
        in told
    )
