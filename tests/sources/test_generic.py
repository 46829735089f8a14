"""Custom resources that only their owner knows: configuration and objects in; records and exposition text out."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.facts import NO_ANNOTATIONS, Claim
from holdfast.model.identity import ClaimRef, ObjectRef, ScheduleKey, TargetKey, Touch
from holdfast.model.protection import Coverage
from holdfast.sources.contract import Source
from holdfast.sources.runs.records import Place, Plan, Restore, Run, Saved, claim_named
from tests.sources.damage import GARBAGE, places, put
from tests.sources.damage import Place as Spot
from tests.sources.facts import NoRolls, TableFacts, read
from tests.sources.generic_cases import ACME, ACME_OBJECTS, at, object_of, source_of


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Source:
    return source_of(ACME, tmp_path_factory.mktemp("acme"))


def run_of(folder: Path, claims: str, run: str = "", obj: dict[str, Any] | None = None) -> Run:
    """The run that the object ``obj`` is, with these claims and further keys."""
    config = f"""
genericSources:
  - name: acme
    group: backup.acme.example
    versions: [v1]
    kinds:
      - resource: backups
        kind: Backup
        run: {{claims: {claims}, captured: spec.time, result: {{at: spec.phase, success: Done}}{run}}}
"""
    made: dict[str, Any] = {
        "apiVersion": "backup.acme.example/v1",
        "kind": "Backup",
        "metadata": {"namespace": "tools", "name": "b", "labels": {"team": "shop"}},
        "spec": {"time": "2026-11-21T01:00:00Z", "phase": "Done", **(obj or {})},
    }
    (record,) = read(source_of(config, folder), made)
    assert isinstance(record, Run)
    return record


VAULT = TargetKey("acme", "", "far-away")
NIGHTLY = ScheduleKey("acme", "shop", "nightly")
RUN_REF = ObjectRef("BackupRun.backup.acme.example", "shop", "nightly-20261121")


def test_an_object_becomes_a_run(acme: Source) -> None:
    """Every key finds its value: times, a size for people, a time to live, names of other objects."""
    assert read(acme, object_of("BackupRun")) == (
        Run(
            source="acme",
            of=(claim_named("shop", "data"), claim_named("shop", "media")),
            ref=RUN_REF,
            uid="run-1",
            outcome="success",
            created=at("2026-11-21T01:00:03Z"),
            started=at("2026-11-21T01:00:10Z"),
            ended=at("2026-11-21T01:30:00Z"),
            captured=at("2026-11-21T01:01:00Z"),
            placement="offsite",
            consistency="crash",
            expires=at("2026-12-21T01:01:00Z"),
            target=VAULT,
            schedule=NIGHTLY,
        ),
    )


@pytest.mark.parametrize(
    ("told", "size"),
    [
        ("12.5 GiB", 13421772800),
        ("10Gi", 10 * 1024**3),
        (1000, 1000),
        ("1e3", 1000),
        ("", None),
        (None, None),
    ],
)
def test_sizes_are_numbers_quantities_or_text_for_people(told: Any, size: int | None, tmp_path: Path) -> None:
    """Of one claim: what several have together is no claim's size."""
    one = run_of(tmp_path, "spec.claim", ", size: spec.size", {"claim": "a", "size": told})
    both = run_of(tmp_path, "spec.claim", ", size: spec.size", {"claim": ["a", "b"], "size": told})
    assert (one.size, both.size) == (size, None)


def test_an_object_becomes_a_plan(acme: Source) -> None:
    (plan,) = read(acme, object_of("BackupPlan"))
    assert plan == Plan(
        source="acme",
        of=(claim_named("shop", "data"), claim_named("shop", "media")),
        schedule=NIGHTLY,
        uid="plan-1",
        created=at("2026-11-01T00:00:00Z"),
        cron="0 2 * * *",
        timezone="Europe/Rome",
        target="far-away",
        last_attempt=at("2026-11-21T01:00:03Z"),
        placement="offsite",
        consistency="crash",
    )


def test_an_object_becomes_a_place_and_claims_anywhere_hear_of_it(acme: Source) -> None:
    records = read(acme, object_of("Vault"))
    assert records[0] == Place(target=VAULT, available=True)
    assert Touch("all") in {touch for record in records for touch in record.touches()}


def test_an_object_becomes_a_restore_of_the_run_that_it_names(acme: Source) -> None:
    restore = read(acme, object_of("RestoreRun"))[0]
    assert isinstance(restore, Restore)
    assert (restore.run, restore.outcome, restore.ended) == (RUN_REF, "success", at("2026-11-21T09:25:05Z"))


@pytest.mark.parametrize(
    ("claims", "obj", "found"),
    [
        ("spec.claim", {"claim": "data"}, [claim_named("tools", "data")]),
        ("spec.claims", {"claims": ["a", "b"]}, [claim_named("tools", "a"), claim_named("tools", "b")]),
        ("spec.claims", {"claims": [{"namespace": "x", "name": "a"}]}, [claim_named("x", "a")]),
        ("spec.claims", {"claims": [{"name": "a"}, None, ""]}, [claim_named("tools", "a")]),
        ("spec.absent", {}, []),
        ("{names: spec.claim, namespace: metadata.labels.team}", {"claim": "a"}, [claim_named("shop", "a")]),
        (
            "{label: app, value: spec.app, namespace: metadata.labels.team}",
            {"app": "web"},
            [Saved("label", "shop", "app", "web")],
        ),
        (
            "{owner: Cluster.acme.example, name: spec.db}",
            {"db": "orders"},
            [Saved("owner", "tools", "Cluster.acme.example", "orders")],
        ),
        ("{owner: Cluster.acme.example, name: spec.db}", {}, []),
        ("{namespace: metadata.labels.team}", {}, [Saved("namespace", "shop")]),
    ],
)
def test_ways_to_say_which_claims(claims: str, obj: Any, found: list[Saved], tmp_path: Path) -> None:
    assert run_of(tmp_path, f'"{claims}"' if claims[0] != "{" else claims, obj=obj).of == tuple(found)


@pytest.mark.parametrize(
    ("phase", "outcome", "strange"),
    [("Done", "success", ""), ("done", "unknown", "done"), (None, "unknown", ""), (True, "unknown", "true")],
)
def test_only_the_word_that_was_named_is_success(
    phase: Any, outcome: str, strange: str, tmp_path: Path
) -> None:
    run = run_of(tmp_path, "spec.claim", obj={"phase": phase})
    assert (run.outcome, run.strange) == (outcome, strange)


def test_a_copy_is_ready_only_where_true_stands(tmp_path: Path) -> None:
    ready = [
        run_of(tmp_path, "spec.claim", ", ready: spec.ready", {"ready": told}).ready
        for told in (True, False, None)
    ]
    assert ready == [True, False, False]


@pytest.mark.parametrize(
    ("field", "value", "time"),
    [
        ("captured", "2026-11-21T01:00:00+01:00", "2026-11-21T00:00:00Z"),
        ("captured", 1_795_262_400, "2026-11-21T12:00:00Z"),
    ],
)
def test_times_are_text_or_seconds(field: str, value: Any, time: str, tmp_path: Path) -> None:
    assert getattr(run_of(tmp_path, "spec.claim", obj={"time": value}), field) == at(time)


@pytest.mark.parametrize(
    ("run", "obj", "fault"),
    [
        (
            "",
            {"time": ["2026"]},
            "Backup: run.captured: 'spec.time' yields a list; a time as RFC 3339 has it",
        ),
        ("", {"time": "yesterday"}, "yields a text; a time"),
        ("", {"time": 1_795_262_400_000}, "or in seconds since 1970, is wanted"),
        ("", {"time": None}, "it succeeded, and nothing tells when its data was captured"),
        ("", {"time": "0001-01-01T00:00:00Z"}, "nothing tells when its data was captured"),
        ("", {"phase": {}}, "run.result.at: 'spec.phase' yields a mapping; a word is wanted"),
        ("", {"claim": 7}, "run.claims.names: 'spec.claim' yields a number; a claim's name"),
        (", size: spec.size", {"size": -1}, "run.size: 'spec.size' yields a number; an amount of bytes"),
        (", keptFor: spec.keep", {"keep": "long"}, "yields a text; a duration as 720h0m0s or 30d"),
        (", ready: spec.ready", {"ready": "secret!"}, "yields a text; true or false is wanted"),
        (", size: length(spec.size)", {"size": 3}, "fails: a function was given a value of a type"),
    ],
)
def test_an_object_that_answers_wrongly_cannot_be_decoded(
    run: str, obj: Any, fault: str, tmp_path: Path
) -> None:
    """So that its source is blind: the text says the key, the expression and the type, and never the value."""
    with pytest.raises(msgspec.ValidationError) as refusal:
        run_of(tmp_path, "spec.claim", run, obj)
    assert fault in str(refusal.value)
    assert "secret!" not in str(refusal.value)


def test_a_deleted_object_is_neither_copy_nor_plan(acme: Source) -> None:
    for kind in ("BackupRun", "BackupPlan"):
        obj = object_of(kind)
        going = {**obj["metadata"], "deletionTimestamp": "2026-11-21T02:00:00Z"}
        assert read(acme, {**obj, "metadata": going}) == ()


@pytest.mark.parametrize(
    ("every", "cron"), [("6h", "@every 21600s"), (900, "@every 900s"), ("1h30m0s", "@every 5400s")]
)
def test_a_plan_may_be_an_interval_and_its_run_the_planned_start(
    every: Any, cron: str, tmp_path: Path
) -> None:
    """One object that is plan and last run: of the run only the end is told."""
    source = source_of(
        """
genericSources:
  - name: acme
    group: acme.example
    versions: v1
    kinds:
      - resource: backups
        kind: Backup
        plan: {claims: spec.claim, every: spec.every}
        run: {claims: spec.claim, ended: status.end, schedule: metadata.name, result: {at: status.ok, success: "true"}}
""",
        tmp_path,
    )
    obj = {
        "kind": "Backup",
        "metadata": {"namespace": "shop", "name": "b", "creationTimestamp": "2026-11-01T00:00:00Z"},
        "spec": {"claim": "data", "every": every},
        "status": {"end": "2026-11-21T01:20:00Z", "ok": True},
    }
    records = {type(record): record for record in read(source, obj)}
    plan, run = records[Plan], records[Run]
    assert isinstance(plan, Plan)
    assert isinstance(run, Run)
    assert (plan.cron, plan.valid) == (cron, True)
    assert (run.schedule, run.captured) == (plan.schedule, at("2026-11-21T01:20:00Z"))


@pytest.mark.parametrize(
    ("cron", "captured"), [("0 0 1 * * *", "2026-11-21T01:00:00Z"), ("30 0 * * *", "2026-11-21T00:30:00Z")]
)
def test_where_only_the_end_is_told_the_planned_start_before_it_counts(
    cron: str, captured: str, tmp_path: Path
) -> None:
    source = source_of(
        """
genericSources:
  - name: acme
    group: acme.example
    versions: v1
    kinds:
      - resource: backups
        kind: Backup
        plan: {claims: spec.claim, cron: spec.cron}
        run: {claims: spec.claim, ended: status.end, result: {at: status.phase, success: Done}}
""",
        tmp_path,
    )
    obj = {
        "kind": "Backup",
        "metadata": {"namespace": "shop", "name": "b"},
        "spec": {"claim": "data", "cron": cron},
        "status": {"end": "2026-11-21T01:20:00Z", "phase": "Done"},
    }
    (run,) = [record for record in read(source, obj) if isinstance(record, Run)]
    assert run.captured == at(captured)


def test_only_what_an_expression_names_is_decoded(acme: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the password beside the claims nor annotations are looked into."""
    from holdfast.sources.generic import shape

    seen: list[bytes] = []

    class Listening:
        def decode(self, raw: msgspec.Raw) -> Any:
            seen.append(bytes(raw))
            return msgspec.json.decode(raw)

    monkeypatch.setattr(shape, "_ANYTHING", Listening())
    obj = object_of("BackupRun")
    metadata = {**obj["metadata"], "annotations": {"last-applied": "not-for-us"}}
    read(acme, {**obj, "metadata": metadata})
    assert b'["data","media"]' in seen
    assert not any(b"not-for-us" in raw for raw in seen)


# -- whatever the objects hold

PLACES = places(ACME_OBJECTS)
CLAIM = Claim(
    ref=ClaimRef("shop", "data"),
    uid="claim-1",
    created=at("2026-11-01T00:00:00Z"),
    labels={},
    annotations=NO_ANNOTATIONS,
    storage_class="fast",
    volume="pv-1",
    volume_mode="Filesystem",
    access_modes=("ReadWriteOnce",),
    requested=None,
    capacity=None,
    phase="Bound",
)


def covered(source: Source, *objects: Any) -> Coverage:
    cluster = TableFacts()
    for obj in objects:
        cluster.put(source, obj)
    assert source.cover
    return source.cover(CLAIM, cluster, NoRolls())


@given(st.sampled_from(PLACES), GARBAGE)
def test_garbage_is_read_or_refused(acme: Source, place: Spot, garbage: Any) -> None:
    """Whatever stands in one place of an object, either it is refused when decoded or it can be read and judged."""
    changed = put(place, garbage)
    others = [obj for obj in ACME_OBJECTS if obj is not place[0]]
    try:
        covered(acme, changed, *others)
    except msgspec.ValidationError:
        return


@given(st.permutations(range(len(ACME_OBJECTS))))
def test_order_of_arrival(acme: Source, order: list[int]) -> None:
    assert covered(acme, *(ACME_OBJECTS[place] for place in order)) == covered(acme, *ACME_OBJECTS)
