"""What the reading of expressions objects to, proven on broken ones: each is a trap that some rule pack fell into.

Beside each stands an expression that differs in the one point and is in order.
"""

import pytest

from tests.rules.catalogue import exported
from tests.rules.foreign import foreign
from tests.rules.promql import COMPANIONS, Reading, Series

CLAIM = frozenset({"cluster", "namespace", "claim_namespace", "persistentvolumeclaim"})
CATALOGUE = {
    **exported(),
    **foreign(),
    "claims": Series(labels=CLAIM, vocabulary={}, fold=frozenset(), folded=True),
    "muted": Series(labels=CLAIM - {"claim_namespace"}, vocabulary={}, fold=frozenset(), folded=True),
}


def problems(expression: str) -> list[str]:
    return Reading(expression, CATALOGUE).problems


def test_what_a_name_is_unique_within_is_told_by_the_exporters_identities() -> None:
    """A claim is one of its namespace, a schedule one of its tool's in a namespace, the zone of a pool one of its class."""
    assert {label: sorted(others) for label, others in COMPANIONS.items()} == {
        "name": ["namespace"],
        "persistentvolumeclaim": ["namespace"],
        "replication": ["namespace", "persistentvolumeclaim", "source"],
        "resourcequota": ["namespace"],
        "schedule": ["namespace", "source"],
        "target": ["namespace", "source"],
        "topology": ["storageclass"],
        "volumesnapshot": ["namespace"],
        "workload": ["namespace", "workload_kind"],
    }


@pytest.mark.parametrize(
    "expression",
    [
        "claims unless on (cluster, persistentvolumeclaim) muted",
        "claims and on (cluster, persistentvolumeclaim) muted",
        "claims or on (cluster, persistentvolumeclaim) muted",
        "claims / on (cluster, persistentvolumeclaim) muted",
        "claims / on (cluster, persistentvolumeclaim) group_left () muted",
        "claims > on (cluster, persistentvolumeclaim) muted",
        "count by (cluster, persistentvolumeclaim) (claims)",
        "max by (cluster, persistentvolumeclaim) (holdfast_pvc_used_ratio)",
        "max by (cluster, instance, persistentvolumeclaim) (holdfast_pvc_used_ratio)",
    ],
)
def test_claims_of_one_name_in_two_namespaces_are_kept_apart(expression: str) -> None:
    """What joins or groups by a claim does so by its namespace too."""
    (problem,) = problems(expression)
    assert problem.endswith("persistentvolumeclaim without namespace: mixes things of one name")
    assert problems(expression.replace("persistentvolumeclaim)", "namespace, persistentvolumeclaim)")) == []


@pytest.mark.parametrize(
    ("series", "label", "companions"),
    [
        ("holdfast_backup_schedule_missed_runs", "schedule", ["namespace", "source"]),
        ("holdfast_backup_target_available", "target", ["namespace", "source"]),
        ("holdfast_replication_lag_seconds", "replication", ["namespace", "persistentvolumeclaim", "source"]),
        ("holdfast_quota_used_bytes", "resourcequota", ["namespace"]),
        ("holdfast_volumesnapshot_unready_seconds", "volumesnapshot", ["namespace"]),
        ("holdfast_ephemeral_limit_used_ratio", "workload", ["namespace", "workload_kind"]),
        ("holdfast_pool_available_bytes", "topology", ["storageclass"]),
        ("holdfast_finding", "name", ["namespace"]),
    ],
)
def test_other_things_of_one_name_are_kept_apart_as_well(
    series: str, label: str, companions: list[str]
) -> None:
    whole = f"group by (cluster, {label}, {', '.join(companions)}) ({series})"
    assert problems(whole) == []
    for lost in companions:
        kept = [each for each in companions if each != lost]
        problem = f"group by {label} without {lost}: mixes things of one name"
        assert problem in problems(f"group by ({', '.join(['cluster', label, *kept])}) ({series})")
        problem = f"and on {label} without {lost}: mixes things of one name"
        assert problem in problems(f"{series} and on ({', '.join(['cluster', label, *kept])}) {series}")


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param("count by (cluster, claim_namespace, persistentvolumeclaim) (claims)", id="beside the namespace of a schedule it has another name"),
        pytest.param('max by (cluster, exported_namespace, persistentvolumeclaim) (holdfast_pvc_info{exported_namespace!=""})', id="a scrape has renamed it"),
        pytest.param('count by (cluster, persistentvolumeclaim) (claims{namespace="a"})', id="one namespace is selected"),
        pytest.param('claims{namespace="a"} and on (cluster, persistentvolumeclaim) muted{namespace="a"}', id="one namespace is selected on both sides"),
        pytest.param("max by (cluster, namespace, persistentvolumeclaim, workload) (holdfast_pvc_info)", id="a workload that only describes a claim"),
        pytest.param("max by (cluster, source, schedule_namespace, schedule) (holdfast_pvc_schedule_info)", id="the namespace of a schedule, beside a claim"),
    ],
)  # fmt: skip
def test_what_keeps_them_apart_otherwise_is_in_order(expression: str) -> None:
    assert problems(expression) == []


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param('claims{namespace="a"} and on (cluster, persistentvolumeclaim) muted', id="one side may still be of any namespace"),
        pytest.param('count by (cluster, persistentvolumeclaim) (claims{namespace=~"a|b"})', id="two namespaces are selected"),
        pytest.param('count by (cluster, persistentvolumeclaim) (claims{namespace="a"} or claims)', id="one arm selects none"),
        pytest.param('count by (cluster, persistentvolumeclaim) (label_replace(claims{namespace="a"}, "namespace", "$1", "claim_namespace", "(.*)"))', id="it is overwritten"),
        pytest.param("max by (cluster, source, schedule_namespace, persistentvolumeclaim) (holdfast_pvc_schedule_info)", id="the namespace is that of another thing"),
    ],
)  # fmt: skip
def test_what_keeps_only_some_of_them_apart_is_not(expression: str) -> None:
    assert problems(expression)[-1].endswith(
        "persistentvolumeclaim without namespace: mixes things of one name"
    )


@pytest.mark.parametrize("function", ["label_replace", "label_join"])
def test_no_series_is_moved_into_another_cluster(function: str) -> None:
    """By hand a label `cluster` could be given that joins then trust."""
    rest = '"$1", "namespace", "(.*)"' if function == "label_replace" else '"-", "namespace"'
    moved = f"{function} onto cluster: what is of one cluster becomes another's"
    assert problems(f'{function}(claims, "cluster", {rest})') == [moved]
    assert problems(f'{function}(claims, "node", {rest})') == []


@pytest.mark.parametrize("function", ["rate", "irate", "increase", "resets"])
@pytest.mark.parametrize(
    ("series", "counts"),
    [
        ("holdfast_source_errors_total", True),
        ("holdfast_volume_attach_duration_seconds_bucket", True),
        ("node_disk_reads_completed_total", True),
        ("holdfast_pvc_used_bytes", False),
        ("holdfast_build_info", False),
        ("process_start_time_seconds", False),
        ("node_filesystem_readonly", False),
        ("claims", False),  # a sum of counters that a rule recorded has lost where each began anew
    ],
)
def test_only_counters_have_a_rate(function: str, series: str, counts: bool) -> None:
    """Each fall of a gauge would pass for a restart, and what it holds for what came since."""
    expected = [] if counts else [f"{function} of {series}: it is no counter"]
    assert problems(f"{function}({series}[1h])") == expected


def test_a_subquery_has_no_rate() -> None:
    (problem,) = problems("rate(max by (cluster, source, kind) (holdfast_source_errors_total)[1h:4m])")
    assert problem == "rate of a subquery: resets cannot be seen in it"


def test_a_join_that_mixes_clusters_or_replicas_is_seen() -> None:
    assert problems("claims and on (namespace, persistentvolumeclaim) muted") == [
        "and on ['namespace', 'persistentvolumeclaim']: mixes clusters"
    ]
    assert problems("count by (namespace) (claims)") == ["count by ['namespace']: drops cluster"]
    assert problems("sum by (cluster) (holdfast_pvc_used_bytes)") == [
        "sum: its operand still counts each replica"
    ]
