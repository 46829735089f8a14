"""How full claims are and when they will be, as it is told: objects and samples in; JSON, table and explanation out."""

import io
import json
import math
import re
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from holdfast.app.account.document import report_document
from holdfast.app.engine import Engine
from holdfast.cli.report_table import print_report
from holdfast.model.account.filling import ForecastPart
from holdfast.model.account.telling import likelihood
from holdfast.model.policy import ObjectiveSpec, Policy
from tests.demo.living import lived
from tests.report.scenery import (
    NOW,
    Object,
    claim,
    engine_of,
    explanation_of,
    figure,
    gauged,
    obj,
    objects_of,
    pod,
    usage,
    volume,
)

DAY = 86400.0
GIB = 2**30


def mounted(*names: str, **fields: Any) -> list[Object]:
    """Claims with a running pod on each."""
    made: list[Object] = [obj("storage.k8s.io/v1", "StorageClass", "fast") | {"allowVolumeExpansion": True}]
    for name in names or ("shop/orders",):
        made += [claim(name, **fields), volume(name), pod(f"{name}-pod", name.split("/")[1])]
    return made


def told(engine: Engine) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(msgspec.json.encode(report_document(engine, NOW)))
    return document


def filling(engine: Engine, of: str = "shop/orders") -> dict[str, Any]:
    (found,) = (
        entry["filling"] for entry in told(engine)["claims"] if f"{entry['namespace']}/{entry['name']}" == of
    )
    assert isinstance(found, dict)
    return found


def printed(engine: Engine) -> list[str]:
    text = io.StringIO()
    print_report(report_document(engine, NOW), Console(file=text, width=140))
    return text.getvalue().splitlines()


def section(engine: Engine, title: str) -> list[str]:
    """The lines under the title."""
    _, _, rest = "\n".join(printed(engine)).partition(f"\n{title}")
    return [line.strip() for line in rest.partition("\n\n")[0].splitlines()[1:]]


SOON = "Nearly full, or full within the time that is asked for"


def test_entry_of_a_claim_that_fills() -> None:
    """What was measured, by whom and when, and the instants at which it is full: half a day's growth is left."""
    entry = filling(gauged(engine_of(*mounted()), *usage(now=90, daily=18)))
    assert {
        name: entry[name] for name in ("state", "reason", "measured", "ageSeconds", "origin", "backend")
    } == {
        "state": "measured",
        "reason": "",
        "measured": "2026-11-01T11:59:00Z",
        "ageSeconds": 60.0,
        "origin": "node-1",
        "backend": "",
    }
    assert (entry["usedBytes"], entry["filesystemBytes"], entry["availableBytes"]) == (9 * GIB, 10 * GIB, GIB)
    forecast = entry["bytesForecast"]
    assert (forecast["fills"], forecast["reason"]) == (True, "")
    instants = [datetime.fromisoformat(forecast[name]) for name in ("fullEarly", "full", "fullLate")]
    assert instants == sorted(instants)
    assert (instants[1].timestamp() - NOW) / DAY == pytest.approx(0.5, abs=0.15)
    assert forecast["growthPerSecond"] * DAY == pytest.approx(1.8 * GIB, rel=0.02)
    assert entry["inodesForecast"] is None
    assert entry["unknown"] == {
        "inodesUsed": "whoever measured it does not tell",
        "inodes": "whoever measured it does not tell",
        "inodesForecast": "whoever measured it counts no inodes",
    }


def test_what_does_not_fill_has_no_time_and_is_not_unknown() -> None:
    forecast = filling(gauged(engine_of(*mounted()), *usage()))["bytesForecast"]
    assert (forecast["fills"], forecast["reason"], forecast["full"], forecast["fullLate"]) == (
        False,
        "",
        None,
        None,
    )


def test_what_cannot_be_foretold_says_why() -> None:
    forecast = filling(gauged(engine_of(*mounted()), *usage()[:1]))["bytesForecast"]
    assert (forecast["fills"], forecast["reason"], forecast["full"]) == (None, "short-history", None)


def test_inodes_are_told_beside_the_bytes() -> None:
    entry = filling(gauged(engine_of(*mounted()), *usage(inodes=1000.0, inodes_used=400.0)))
    assert (entry["inodesUsed"], entry["inodes"]) == (400, 1000)
    assert entry["inodesForecast"]["fills"] is False


@pytest.mark.parametrize(
    ("objects", "state", "reason", "why"),
    [
        (mounted(), "unmeasured", "not-asked", None),
        ([claim("shop/orders")], None, "", "no running pod mounts it"),
        (
            mounted(spec={"volumeMode": "Block"}),
            None,
            "block-mode",
            "it is a block device: there is no file system to measure",
        ),
    ],
)
def test_what_is_not_measured_says_why(
    objects: list[Object], state: str | None, reason: str, why: str | None
) -> None:
    entry = filling(engine_of(*objects))
    assert (entry["state"], entry["reason"], entry["unknown"].get("state")) == (state, reason, why)
    assert entry["unknown"]["usedBytes"] == "nothing has ever measured it"


def exported(of: str) -> Object:
    """The volume of that claim, on an export that others have too."""
    made = volume(of)
    made["spec"] |= {"csi": None, "nfs": {"server": "filer", "path": "/export"}}
    return made


def sharing() -> Engine:
    names = ("shop/a", "shop/b")
    objects = [*mounted(*names), *(exported(name) for name in names)]
    samples = [sample for name in names for sample in usage(name, now=90, daily=9)]
    return gauged(engine_of(*objects), *samples)


def test_a_shared_space_stands_once_and_its_claims_name_it() -> None:
    engine = sharing()
    entry = filling(engine, "shop/a")
    assert (entry["state"], entry["backend"]) == ("measured", "nfs:filer:/export")
    assert entry["usedBytes"] is entry["bytesForecast"] is None
    assert entry["unknown"]["usedBytes"] == "it shares its space with others: see its backend"
    (backend,) = told(engine)["backends"]
    assert backend["name"] == "nfs:filer:/export"
    assert backend["claims"] == [{"namespace": "shop", "name": "a"}, {"namespace": "shop", "name": "b"}]
    assert (backend["usedBytes"], backend["capacityBytes"]) == (9 * GIB, 10 * GIB)
    assert backend["forecast"]["fills"] is True


def quota(**limits: tuple[str, str]) -> Object:
    status = {
        side: {name: pair[place] for name, pair in limits.items()}
        for place, side in enumerate(("hard", "used"))
    }
    return obj("v1", "ResourceQuota", "shop/most", status=status)


def test_quotas_and_pools_are_told_by_limit_and_topology() -> None:
    limits = {"requests.storage": ("20Gi", "15Gi"), "persistentvolumeclaims": ("4", "2")}
    pool = obj("storage.k8s.io/v1", "CSIStorageCapacity", "ceph/p")
    pool |= {"storageClassName": "fast", "nodeTopology": {}, "capacity": "100Gi", "maximumVolumeSize": "40Gi"}
    document = told(engine_of(quota(**limits), pool))
    (told_quota,) = document["quotas"]
    assert (told_quota["namespace"], told_quota["name"], told_quota["scoped"]) == ("shop", "most", False)
    assert [(limit["resource"], limit["hard"], limit["used"]) for limit in told_quota["limits"]] == [
        ("persistentvolumeclaims", 4, 2),
        ("requests.storage", 20 * GIB, 15 * GIB),
    ]
    assert told_quota["limits"][0]["unknown"] == {"forecast": "of a number of claims nothing is foretold"}
    (told_pool,) = document["pools"]
    assert (told_pool["storageClass"], told_pool["topology"]) == ("fast", "")
    assert (told_pool["availableBytes"], told_pool["maximumVolumeBytes"]) == (100 * GIB, 40 * GIB)


def test_findings_of_controllers_are_told() -> None:
    """A container without a limit may fill its node; who runs it is named, for a pod comes and goes."""
    bare = pod("shop/web-0", "orders", owner=("StatefulSet", "web"))
    bare["spec"]["containers"] = [{"name": "main"}]
    found = told(engine_of(claim("shop/orders"), bare))["findings"]
    assert [(f["check"], f["kind"], f["namespace"], f["name"]) for f in found] == [
        ("no-ephemeral-limit", "StatefulSet", "shop", "web")
    ]


# the table


def test_what_is_full_soon_stands_nearest_first_beside_what_is_asked_for() -> None:
    """Four days are built in; who asked for one is told of what is full in three days for its level alone."""
    objects = [
        *mounted("shop/near", "shop/far"),
        *mounted("shop/later", "shop/patient"),
        obj("v1", "Namespace", "shop"),
    ]
    objects = [each for place, each in enumerate(objects) if each not in objects[:place]]
    samples = [
        *usage("shop/near", now=90, daily=18),
        *usage("shop/far", now=90, daily=3),
        *usage("shop/later", now=60, daily=3),
        *usage("shop/patient", now=50),
    ]
    lines = section(gauged(engine_of(*objects), *samples), SOON)
    assert [line.partition(":")[0] for line in lines] == ["shop/near", "shop/far"]
    assert re.fullmatch(
        r"shop/near: full in .* / 4d, at the earliest in .*, \d+ % likely within 6d", lines[0]
    )
    strict = Policy(defaults=ObjectiveSpec(rpo=DAY, full_within=DAY))
    near, far = section(gauged(engine_of(*objects, policy=strict), *samples), SOON)
    assert near.startswith("shop/near: full in ")
    assert " / 24h" in near
    assert far.startswith("shop/far: 90 % used; full in 2d 23h")


def test_what_is_full_says_so_and_what_cannot_grow_says_why() -> None:
    objects = [each for each in mounted() if each["kind"] != "StorageClass"]
    (line,) = section(gauged(engine_of(*objects), *usage(now=99.9, daily=0.1)), SOON)
    assert line == "shop/orders: full / 8d; cannot grow: class missing"


def test_a_quota_that_is_used_up_stands_beside_the_claims() -> None:
    """By level alone where nothing is foretold; one that forbids all is not one that fills."""
    limits = {
        "requests.storage": ("20Gi", "20Gi"),
        "persistentvolumeclaims": ("10", "9"),
        "fast.storageclass.storage.k8s.io/requests.storage": ("0", "0"),
        "slow.storageclass.storage.k8s.io/requests.storage": ("10Gi", "8Gi"),
    }
    assert section(engine_of(quota(**limits)), SOON) == [
        "ResourceQuota shop/most requests.storage: 100 % used",
        "ResourceQuota shop/most persistentvolumeclaims: 90 % used",
    ]


def test_a_pool_without_space_stands_beside_the_claims() -> None:
    """A week is asked for, as by its alert: storage takes longer to come by than a larger claim."""
    pool = obj("storage.k8s.io/v1", "CSIStorageCapacity", "ceph/p")
    pool |= {"storageClassName": "fast", "nodeTopology": {}, "capacity": "0"}
    assert section(engine_of(pool), SOON) == ["pool of fast: full / 7d"]


def test_quotas_crowd_out_no_claim() -> None:
    """Many are made for what they hold."""
    full = [quota(**{"requests.storage": ("20Gi", "20Gi")}) for _ in range(30)]
    for number, each in enumerate(full):
        each["metadata"] |= {"name": f"q{number}", "uid": f"q{number}"}
    first, *rest = section(gauged(engine_of(*mounted(), *full), *usage(now=92.9)), SOON)
    assert first == "shop/orders: 92.9 % used; does not fill; cannot grow: quota"
    assert rest[-1] == "and 11 more of which 90 % or more is used"


@pytest.mark.parametrize(
    ("chance", "said"),
    [
        (0.0, "less than 1 % likely within 6d"),
        (0.004, "less than 1 % likely within 6d"),
        (0.29, "29 % likely within 6d"),
        (0.746, "74 % likely within 6d"),
        (0.75, "75 % likely within 6d"),
        (0.996, "99 % likely within 6d"),
        (1.0, "100 % likely within 6d"),
    ],
)
def test_how_likely_is_rounded_down(chance: float, said: str) -> None:
    """What is told as 75 % is what alerts ask for."""
    assert likelihood(chance, 6 * DAY) == said


def test_a_shared_space_is_told_once() -> None:
    (line,) = section(sharing(), SOON)
    assert line.startswith("nfs:filer:/export of 2 claims: full in ")


def test_what_is_nearly_full_stands_below_though_it_does_not_fill() -> None:
    """The fullest first, and each once."""
    objects = mounted("shop/still", "shop/young", "shop/filling", "shop/low", "shop/fuller")
    samples = [
        *usage("shop/still", now=92.9),
        *usage("shop/young", now=91)[:1],
        *usage("shop/filling", now=97, daily=18),
        *usage("shop/low", now=89.99),
        *usage("shop/fuller", now=96.1),
    ]
    first, *rest = section(gauged(engine_of(*objects), *samples), SOON)
    assert first.startswith("shop/filling: full in ")
    assert rest == [
        "shop/fuller: 96.1 % used; does not fill",
        "shop/still: 92.9 % used; does not fill",
        "shop/young: 91 % used; nothing foretold: short history",
    ]


def test_inodes_that_are_nearly_used_up_are_told_beside_the_bytes() -> None:
    engine = gauged(engine_of(*mounted()), *usage(now=20, inodes=1000.0, inodes_used=950.0))
    assert section(engine, SOON) == ["shop/orders inodes: 95 % used; does not fill"]


def test_what_was_nearly_full_when_it_was_last_measured_says_when_that_was() -> None:
    """A claim that nothing mounts, or whose node is silent, may be fuller by now."""
    (sample,) = usage(now=93)[:1]
    old = msgspec.structs.replace(sample, time=NOW - 2 * DAY)
    assert section(gauged(engine_of(*mounted()), old), SOON) == [
        "shop/orders: 93 % used; 2d ago; nothing foretold: stale"
    ]


def test_what_root_keeps_back_counts_as_used_and_what_cannot_grow_says_so() -> None:
    objects = [each for each in mounted() if each["kind"] != "StorageClass"]
    told: dict[str, Any] = {"used": 88 * GIB / 10, "available": GIB / 2, "capacity": 10 * GIB}
    (line,) = section(gauged(engine_of(*objects), *usage(**told)), SOON)
    assert line == "shop/orders: 94.6 % used; does not fill; cannot grow: class missing"


def test_a_shared_space_that_is_nearly_full_is_told_once() -> None:
    names = ("shop/a", "shop/b")
    objects = [*mounted(*names), *(exported(name) for name in names)]
    samples = [each for name in names for each in usage(name, now=95, inodes=100.0, inodes_used=91.0)]
    assert section(gauged(engine_of(*objects), *samples), SOON) == [
        "nfs:filer:/export of 2 claims: 95 % used; does not fill",
        "nfs:filer:/export inodes: 91 % used",
    ]


def test_of_many_that_are_nearly_full_the_fullest_are_named() -> None:
    names = [f"shop/c{number:02}" for number in range(23)]
    samples = [usage(name, now=90 + number / 4)[0] for number, name in enumerate(names)]
    lines = section(gauged(engine_of(*mounted(*names)), *samples), SOON)
    assert [line.partition(":")[0] for line in lines[:-1]] == names[:2:-1]
    assert lines[-1] == "and 3 more of which 90 % or more is used"


def test_coverage_is_one_line() -> None:
    old = [msgspec.structs.replace(sample, time=sample.time - 3600) for sample in usage("shop/b")]
    engine = gauged(engine_of(*mounted("shop/a", "shop/b", "shop/c")), *usage("shop/a"), *old)
    assert "usage: 1 of 3 mounted claims measured, 1 stale, 1 unmeasured (not asked 1)" in printed(engine)


def test_where_nothing_is_mounted_there_is_no_coverage() -> None:
    assert not any(line.startswith("usage:") for line in printed(engine_of(claim("shop/orders"))))


# the explanation


def test_explanation_says_who_measured_it_and_what_the_forecast_stands_on() -> None:
    explanation = explanation_of(gauged(engine_of(*mounted()), *usage(now=90, daily=18)))
    state = figure(explanation, "filling.state")
    assert (state.value, state.rule) == ("measured", "node-1 told it 1m ago")
    assert objects_of(state) == ["Pod shop/orders-pod"]
    used = figure(explanation, "filling.usedBytes")
    assert (used.value, used.rule) == (9 * GIB, "what its files take: 90 % of what can be filled")
    full = figure(explanation, "filling.bytesForecast.full")
    assert full.rule.startswith("most likely in ")
    assert full.rule.endswith("; from 169 hourly readings over 7d")
    assert [part.says for part in full.objects] == ["its owner is to be told 4d before"]
    chance = figure(explanation, "filling.bytesForecast.fullChance")
    assert chance.value == pytest.approx(0.9, abs=0.1)
    assert chance.rule == "how likely it is full within 1.5 times its objective; alerts ask for 0.75"
    growth = figure(explanation, "filling.bytesForecast.growthPerSecond")
    assert growth.rule == "about 1.8 GiB a day: the middle one of a week's days"


def test_explanation_says_where_the_objective_comes_from() -> None:
    """The built-in four days hold also for whom defaults of one's own leave them out."""
    own = Policy(defaults=ObjectiveSpec(rpo=DAY), builtin_defaults=False)
    asked = figure(explanation_of(engine_of(*mounted(), policy=own)), "objective.fullWithinSeconds")
    assert (asked.value, asked.rule) == (
        4 * DAY,
        "built in, and in force until somebody asks for something else",
    )


def test_explanation_says_why_nothing_is_foretold() -> None:
    explanation = explanation_of(gauged(engine_of(*mounted()), *usage()[:2]))
    full = figure(explanation, "filling.bytesForecast.full")
    assert full.value is None
    assert full.rule == (
        "short-history: fewer than 4 hourly readings that can be believed, or less than 3 hours of them; from 2 hourly readings over 1h"
    )
    still = explanation_of(gauged(engine_of(*mounted()), *usage()))
    assert figure(still, "filling.bytesForecast.full").rule.startswith(
        "it does not fill, as far as can be told"
    )


def test_explanation_of_what_nobody_measures() -> None:
    explanation = explanation_of(engine_of(*mounted()))
    assert figure(explanation, "filling.state").rule.startswith("not-asked: nobody is asked for usage")
    assert figure(explanation, "filling.measured").rule == "nothing has ever measured it"
    idle = explanation_of(engine_of(claim("shop/orders")))
    assert figure(idle, "filling.state").rule == "no running pod mounts it"


def test_explanation_names_those_with_whom_it_shares() -> None:
    explanation = explanation_of(sharing(), "shop/a")
    backend = figure(explanation, "filling.backend")
    assert (backend.value, backend.rule) == ("nfs:filer:/export", "their volumes name one place")
    assert objects_of(backend) == ["PersistentVolumeClaim shop/b"]
    assert figure(explanation, "filling.backend.usedBytes").value == 9 * GIB
    assert figure(explanation, "filling.backend.forecast.full").rule.startswith("most likely in ")


def test_explanation_says_why_it_cannot_grow() -> None:
    fixed = [
        each | {"allowVolumeExpansion": False} if each["kind"] == "StorageClass" else each
        for each in mounted()
    ]
    confined = figure(explanation_of(engine_of(*fixed)), "filling.notExpandable")
    assert (confined.value, confined.rule) == ("class-forbids", "its class does not allow expansion")
    assert objects_of(confined) == ["StorageClass /fast"]
    refused = claim(
        "shop/orders",
        status={
            "phase": "Bound",
            "capacity": {"storage": "10Gi"},
            "allocatedResourceStatuses": {"storage": "ControllerResizeInProgress"},
            "conditions": [{"type": "ControllerResizeError", "status": "True"}],
        },
    )
    others = (each for each in mounted() if each["kind"] != "PersistentVolumeClaim")
    failed = figure(explanation_of(engine_of(refused, *others)), "filling.notExpandable")
    assert failed.value == "resize-failed"
    assert objects_of(failed) == ["PersistentVolumeClaim shop/orders"]
    assert failed.objects[0].says == "says ControllerResizeInProgress, ControllerResizeError"
    free = figure(explanation_of(engine_of(*mounted())), "filling.notExpandable")
    assert (free.value, free.rule) == ("", "nothing is known to keep it from growing")


# all of them


def rows(engine: Engine, family: str, now: float) -> dict[tuple[str, ...], float]:
    text = b"".join(engine.text(now)).decode()
    return {
        tuple(sample.labels.values()): sample.value
        for found in text_string_to_metric_families(text)
        if found.name == f"holdfast_{family}"
        for sample in found.samples
    }


EXAMPLE = datetime(2026, 11, 21, 15, 40, 59, tzinfo=UTC).timestamp()


def test_whatever_is_null_is_so_for_a_reason() -> None:
    """Over the whole example, and all that is measured there and not."""
    document = json.loads(msgspec.json.encode(report_document(lived(EXAMPLE).engine, EXAMPLE)))
    parts = [*(each["filling"] for each in document["claims"]), *document["backends"], *document["pools"]]
    parts += [limit for each in document["quotas"] for limit in each["limits"]]
    assert len(parts) > 90
    for part in parts:
        assert {name for name, value in part.items() if value is None} == part["unknown"].keys(), part


def test_the_document_tells_what_the_metrics_tell() -> None:
    """Over the whole example, figure by figure and forecast by forecast."""
    now = EXAMPLE
    engine = lived(now).engine
    claims = {(entry.namespace, entry.name): entry.filling for entry in report_document(engine, now).claims}
    for family, field in (
        ("pvc_used_bytes", "used_bytes"),
        ("pvc_filesystem_bytes", "filesystem_bytes"),
        ("pvc_available_bytes", "available_bytes"),
        ("pvc_inodes_used", "inodes_used"),
        ("pvc_inodes", "inodes"),
        ("pvc_usage_age_seconds", "age_seconds"),
    ):
        found = {key: value for key, part in claims.items() if (value := getattr(part, field)) is not None}
        assert found == rows(engine, family, now), family
    forecasts: dict[tuple[str, ...], ForecastPart] = {
        (*key, resource): forecast
        for key, part in claims.items()
        for resource, forecast in (("bytes", part.bytes_forecast), ("inodes", part.inodes_forecast))
        if forecast is not None
    }
    times = rows(engine, "pvc_time_to_full_seconds", now)
    told = {key for key, forecast in forecasts.items() if forecast.fills is not None}
    assert {key for key in told if key[2] == "bytes"} <= times.keys() <= told
    assert {key for key in told if forecasts[key].fills} <= times.keys()
    for key, left in times.items():
        assert math.isinf(left) is not forecasts[key].fills, key
        if (full := forecasts[key].full) is not None:
            assert full.timestamp() - now == pytest.approx(left, abs=0.51), key
    chances = {
        key: forecast.full_chance
        for key, forecast in forecasts.items()
        if (forecast.full_chance or 0) >= 0.05
    }
    assert chances == pytest.approx(rows(engine, "pvc_full_chance_ratio", now))
    assert {backend.forecast.full_chance for backend in report_document(engine, now).backends} == {None}
    unknown = {(*key, forecast.reason) for key, forecast in forecasts.items() if forecast.fills is None}
    assert unknown == rows(engine, "pvc_forecast_unknown", now).keys()
