"""What Holdfast publishes of the scene, as exposition text: every family of its catalogue, with values that could be.

Here belong values by family. A family that has no line here gets one sample for each thing that it is about.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, product

from bench.rules.scene import CLASSES, DRIVERS, REPLICATIONS, Claim, Scene
from holdfast.metrics.catalogue import FAMILIES
from holdfast.metrics.family import CLUSTER_SCOPED, IDENTITY, Family
from holdfast.metrics.process import ProcessFamily
from holdfast.model.judgement import DRILL_UNMET_STATES, UNSAFE_STATES

Rows = Iterable[tuple[Sequence[str], float]]  # further labels, value

NOW = time.time()  # one instant for all of a run
DAY = 86400.0
TWO = ("1", "2")
LE = ("1", "5", "10", "30", "60", "120", "300", "600", "1800", "+Inf")
CLOSED: Mapping[str, Sequence[str]] = {"storageclass": CLASSES, "csi_driver": tuple(dict.fromkeys(DRIVERS))}


def text(scene: Scene) -> str:
    """The whole page."""
    return "".join(line for family in FAMILIES for line in _family(family, scene))


def _family(family: Family | ProcessFamily, scene: Scene) -> Iterator[str]:
    yield f"# TYPE {family.name} {family.type}\n"
    if isinstance(family, ProcessFamily):
        yield from _of_process(family)
    elif family.noun in ("claim", "filling", "expansion"):
        for claim in scene.all:
            for further, value in _of_claim(family, claim):
                yield _line(family.name, family.labels, (claim.namespace, claim.name, *further), value)
    else:
        yield from _of_thing(family, scene)


def _of_process(family: ProcessFamily) -> Iterator[str]:
    for values in product(
        *(family.vocabulary.get(label, CLOSED.get(label, ("some",))) for label in family.labels)
    ):
        if family.type == "histogram":
            for le in LE:
                yield _line(f"{family.name}_bucket", (*family.labels, "le"), (*values, le), 100)
            for end in ("_sum", "_count"):
                yield _line(family.name + end, family.labels, values, 100)
        else:
            yield _line(family.name, family.labels, values, NOW - 5 if "timestamp" in family.name else 1)


def _of_thing(family: Family, scene: Scene) -> Iterator[str]:
    scope = ("",) if family.noun in CLUSTER_SCOPED else ()
    value: Callable[[str], float] = OTHERS.get(family.name, lambda _: 1.0)
    things = _things(family.noun, scene)
    for identity in islice(things, 0, None, ONE_IN.get(family.name, 1)):
        for further in _states(family, identity):
            number = value(identity[-1] if identity else "")
            yield _line(family.name, family.labels, (*scope, *identity, *further), number)


def _line(name: str, labels: Sequence[str], values: Sequence[str], value: float) -> str:
    pairs = ",".join(f'{label}="{each}"' for label, each in zip(labels, values, strict=True))
    number = "+Inf" if value == float("inf") else f"{value:.6g}" if abs(value) < 1e6 else f"{value:.3f}"
    return f"{name}{{{pairs}}} {number}\n"


# ---- claims


def _of_claim(family: Family, claim: Claim) -> Rows:
    make = CLAIMS.get(family.name)
    if make is not None:
        return make(claim)
    return [(tuple(family.vocabulary.get(label, ("some",))[0] for label in family.further), 1.0)]


def _only(condition: bool, value: float = 1.0, *further: str) -> Rows:
    return [(further, value)] if condition else []


def _all(value: float, *further: str) -> Callable[[Claim], Rows]:
    """Of every claim the same."""
    return lambda _: [(further, value)]


def _has_many_files(claim: Claim) -> bool:
    """Of one in seven a tenth of the inodes or more is taken."""
    return claim.number % 7 == 3


def _age(claim: Claim) -> float:
    return {"late": 3 * DAY, "never": 0, "unprotected": 0}.get(claim.state, 0.4 * DAY)


CLAIMS: Mapping[str, Callable[[Claim], Rows]] = {
    "holdfast_pvc_info": lambda c: [
        (
            (
                *(c.volume, c.storageclass, c.driver, "Filesystem", "ReadWriteOnce", "Delete", "StatefulSet"),
                *(f"store-{c.number:05d}", c.tier, c.urgency, c.namespace),
            ),
            1.0,
        )
    ],
    "holdfast_pvc_muted": lambda c: _only(c.number % 100 == 7, 1, "protection"),
    "holdfast_pvc_requested_bytes": lambda c: [((), c.size)],
    "holdfast_pvc_capacity_bytes": lambda c: [((), c.size)],
    "holdfast_pvc_phase": _all(1, "Bound"),
    "holdfast_pvc_created_timestamp_seconds": _all(NOW - 90 * DAY),
    "holdfast_pvc_rpo_seconds": _all(DAY),
    "holdfast_pvc_rto_seconds": lambda c: _only(c.tier == "gold", 1800),
    "holdfast_pvc_restore_drill_interval_seconds": lambda c: _only(c.tier == "gold", 90 * DAY),
    "holdfast_pvc_objective_info": lambda c: [((c.origin,), 1)],
    "holdfast_pvc_time_to_full_objective_seconds": _all(4 * DAY),
    "holdfast_pvc_unused_objective_seconds": lambda c: _only(c.tier == "gold", 30 * DAY),
    "holdfast_pvc_orphaned": lambda c: _only(c.orphaned, 1, "unreferenced"),
    "holdfast_pvc_dormant": lambda c: _only(c.number % 50 == 9, 1, "statefulset-zero"),
    "holdfast_pvc_unused_seconds": lambda c: _only(c.orphaned or c.number % 50 == 9, 40 * DAY),
    "holdfast_pvc_unused_bytes": lambda c: _only(
        c.orphaned or c.number % 50 == 9, c.size, "orphaned" if c.orphaned else "dormant"
    ),
    "holdfast_pvc_pending_seconds": lambda c: _only(c.number % 500 == 11, 600, "waiting-for-provisioner"),
    "holdfast_pvc_terminating_seconds": lambda c: _only(c.number % 1000 == 12, 600, "in-use"),
    "holdfast_pvc_resize_pending_seconds": lambda c: _only(c.number % 1000 == 13, 600, "node"),
    "holdfast_pvc_protection_state": lambda c: [((c.state,), 1)],
    "holdfast_pvc_protection_reason": lambda c: _only(c.state not in ("protected", "exempt"), 1, "overdue"),
    "holdfast_pvc_unsafe_seconds": lambda c: _only(
        c.state in UNSAFE_STATES, 3 * DAY if c.state == "late" else 90 * DAY, c.state, c.origin
    ),
    "holdfast_pvc_schedule_info": lambda c: _only(
        c.state != "unprotected", 1, "velero", "velero", c.schedule, "default"
    ),
    "holdfast_pvc_backup_age_seconds": lambda c: _only(c.state in ("protected", "late"), _age(c)),
    "holdfast_pvc_backup_timestamp_seconds": lambda c: _only(
        c.state in ("protected", "late"), NOW - _age(c), "velero", "offsite", "crash"
    ),
    "holdfast_pvc_recovery_points": lambda c: _only(c.state != "unprotected", 14, "velero"),
    "holdfast_pvc_backup_size_bytes": lambda c: _only(
        c.state in ("protected", "late"), c.size * c.used * (0.01 if c.number % 1000 == 5 else 1), "velero"
    ),
    "holdfast_pvc_backup_previous_size_bytes": lambda c: _only(
        c.state in ("protected", "late"), c.size * c.used, "velero"
    ),
    "holdfast_pvc_backup_shrunk_ratio": lambda c: _only(
        c.state in ("protected", "late") and c.number % 1000 == 5, 0.01, "velero"
    ),
    "holdfast_pvc_backup_empty": lambda c: _only(c.number % 500 == 21, 1, "velero"),
    "holdfast_pvc_backup_inferred": lambda c: _only(c.number % 20 == 1, 1, "velero"),
    "holdfast_pvc_retention_missing": lambda c: (
        [((window,), float(c.number % 100 == 0)) for window in ("daily", "weekly")] if c.kept else []
    ),
    "holdfast_pvc_exempt_until_timestamp_seconds": lambda c: _only(c.state == "exempt", NOW + 30 * DAY),
    "holdfast_pvc_restore_drill_age_seconds": lambda c: _only(c.drill != "never", 60 * DAY, "velero"),
    "holdfast_pvc_restore_drill_duration_seconds": lambda c: _only(c.drill != "never", 900, "velero"),
    "holdfast_pvc_restore_drill_point_age_seconds": lambda c: _only(c.drill != "never", 61 * DAY, "velero"),
    "holdfast_pvc_restore_drill_state": lambda c: _only(c.tier == "gold", 1, c.drill),
    "holdfast_pvc_restore_drill_unmet_seconds": lambda c: _only(
        c.tier == "gold" and c.drill in DRILL_UNMET_STATES,
        90 * DAY if c.drill == "never" else 60 * DAY,
        c.drill,
    ),
    "holdfast_pvc_used_bytes": lambda c: [((), c.size * c.used)],
    "holdfast_pvc_filesystem_bytes": lambda c: [((), c.size * 0.98)],
    "holdfast_pvc_available_bytes": lambda c: [((), c.size * max(0.0, 0.97 - c.used))],
    "holdfast_pvc_inodes_used": lambda c: [((), 900_000 if _has_many_files(c) else 10_000 + c.number)],
    "holdfast_pvc_inodes": _all(3_000_000),
    "holdfast_pvc_used_ratio": lambda c: [
        (("bytes",), min(c.used / 0.97, 1.0)),
        *_only(_has_many_files(c), 0.3, "inodes"),
    ],
    "holdfast_pvc_usage_age_seconds": lambda c: [((), 7200.0 if c.number % 400 == 3 else 30.0)],
    "holdfast_pvc_usage_unmeasured": lambda c: _only(c.number % 200 == 17, 1, "node-silent"),
    "holdfast_pvc_backend_info": lambda c: _only(c.storageclass == "shared", 1, f"nfs-{c.number % 20}"),
    "holdfast_pvc_time_to_full_seconds": lambda c: [
        (("bytes",), c.left),
        *_only(_has_many_files(c), float("inf"), "inodes"),
    ],
    "holdfast_pvc_time_to_full_early_seconds": lambda c: _only(c.fills, 0.7 * c.left, "bytes"),
    "holdfast_pvc_time_to_full_late_seconds": lambda c: _only(c.fills, 1.4 * c.left, "bytes"),
    "holdfast_pvc_full_chance_ratio": lambda c: _only(
        c.left <= 12 * DAY, 0.9 if c.left <= 6 * DAY else 0.2, "bytes"
    ),
    "holdfast_pvc_forecast_unknown": lambda c: _only(c.number % 100 == 31, 1, "bytes", "short-history"),
    "holdfast_pvc_growth_bytes_per_second": _all(1000.0),
    "holdfast_pvc_not_expandable": lambda c: _only(c.storageclass == "archive", 1, "class-forbids"),
}
"""Samples of one claim, by family."""


# ---- everything else


def _things(noun: str, scene: Scene) -> Iterator[tuple[str, ...]]:
    """The identity labels of each thing of that kind."""
    claims = scene.all
    spaces = [f"team-{number:03d}" for number in range(scene.namespaces)]
    kinds: Mapping[str, Iterable[tuple[str, ...]]] = {
        "volume": ((claim.volume,) for claim in claims),
        "attachment": ((f"csi-{claim.number:040x}",) for claim in claims[:200:20]),
        "snapshot": ((claim.namespace, f"{claim.name}-snap") for claim in claims[::200]),
        "content": ((f"snapcontent-{claim.number:08x}",) for claim in claims[::200]),
        "schedule": (
            ("velero", "velero", f"{space}-{each}") for space in spaces for each in ("daily", "hourly")
        ),
        "target": (("velero", "velero", f"default-{each}") for each in TWO),
        "replication": (
            ("csi-addons", claim.namespace, f"{claim.name}-repl", claim.name)
            for claim in claims
            if claim.replicated
        ),
        "tally": ((space, tier) for space in spaces for tier in ("gold", "silver", "bronze")),
        "quota": ((space, "storage") for space in spaces),
        "pool": ((each, f"zone={zone}") for each in CLASSES for zone in "abc"),
        "class": ((each,) for each in CLASSES),
        "provision": ((space, each) for space in spaces for each in CLASSES),
        "backend": ((f"nfs-{number}",) for number in range(20)),
        "coverage": ((each,) for each in dict.fromkeys(DRIVERS)),
        "ephemeral": ((space, "Deployment", f"app-{number}") for space in spaces for number in range(50)),
        "node-disk": ((node,) for node in scene.nodes),
        "finding": ((),),
        "check": ((f"check-{number}",) for number in range(40)),
        "source": (("velero", kind) for kind in ("backups", "schedules", "backupstoragelocations")),
    }
    identity = IDENTITY[noun]
    for thing in kinds.get(noun, (tuple("some" for _ in identity),)):
        yield thing if identity else ()


def _states(family: Family, identity: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The further labels of one thing: all values where the family counts or measures each, the state in force elsewhere."""
    if family.name == "holdfast_replication_state":
        states = list(REPLICATIONS)
        yield (
            states[0]
            if sum(map(ord, identity[2])) % 16
            else states[1 + len(identity[2]) % (len(states) - 1)],
        )
        return
    every = family.name.startswith(MEASURED) or family.noun in ("tally", "coverage")
    closed = [
        IN_FORCE.get((family.name, label), family.vocabulary.get(label, ("some",)))
        for label in family.further
    ]
    yield from product(*(values if every else values[:1] for values in closed))


ONE_IN: Mapping[str, int] = {
    "holdfast_pv_released_seconds": 200,
    "holdfast_pv_orphaned": 200,
    "holdfast_volume_attach_pending_seconds": 200,
    "holdfast_backup_running_seconds": 200,
    "holdfast_ephemeral_limit_used_ratio": 4,
}
"""Families that are only told of what is not as it should be, or near it: one in so many has a sample."""

IN_FORCE: Mapping[tuple[str, str], Sequence[str]] = {("holdfast_pv_phase", "phase"): ("Bound",)}
"""The state in force, where the first of the vocabulary is none that most things are in."""

MEASURED = ("holdfast_node_filesystem", "holdfast_quota", "holdfast_ephemeral_limit")

OTHERS: Mapping[str, Callable[[str], float]] = {
    "holdfast_backup_schedule_paused": lambda _: 0,
    "holdfast_backup_schedule_missed_runs": lambda name: float(name.endswith("3-daily")),
    "holdfast_backup_schedule_last_due_timestamp_seconds": lambda _: NOW - 3 * 3600,
    "holdfast_backup_schedule_last_success_timestamp_seconds": lambda _: NOW - 3 * 3600,
    "holdfast_backup_schedule_last_attempt_timestamp_seconds": lambda _: NOW - 3 * 3600,
    "holdfast_backup_schedule_next_run_timestamp_seconds": lambda _: NOW + 3600,
    "holdfast_replication_lag_seconds": lambda _: 120,
    "holdfast_pool_available_bytes": lambda _: 5e12,
    "holdfast_pool_time_to_full_seconds": lambda _: 60 * DAY,
    "holdfast_volume_attach_pending_seconds": lambda _: 900,
    "holdfast_quota_hard_bytes": lambda _: 1e13,
    "holdfast_quota_used_bytes": lambda name: 9.5e12 if name.startswith("some") else 5e12,
    "holdfast_quota_time_to_full_seconds": lambda _: float("inf"),
    "holdfast_quota_hard_claims": lambda _: 200,
    "holdfast_quota_used_claims": lambda _: 100,
    "holdfast_backend_used_bytes": lambda _: 6e12,
    "holdfast_backend_capacity_bytes": lambda _: 1e13,
    "holdfast_backend_time_to_full_seconds": lambda _: 90 * DAY,
    "holdfast_ephemeral_limit_used_ratio": lambda _: 0.4,
    "holdfast_node_filesystem_capacity_bytes": lambda _: 1e11,
    "holdfast_node_filesystem_available_bytes": lambda _: 5e10,
    "holdfast_node_filesystem_inodes": lambda _: 6e6,
    "holdfast_node_filesystem_inodes_used": lambda _: 3e5,
    "holdfast_source_last_success_timestamp_seconds": lambda _: NOW - 5,
    "holdfast_source_unknown_states": lambda _: 0,
}
"""The value of one thing by the last of its identity labels."""
