"""Percona Operator for MySQL based on XtraDB Cluster: full backups, and the binary logs over them."""

from holdfast.sources.percona import Dialect, operator_source
from holdfast.sources.percona.dialect import (
    COMPONENT,
    INSTANCE,
    PART_OF,
    STATES,
    marked_ancestor,
    planned_tasks,
)

NAME = "percona-xtradb"


SOURCE = operator_source(
    Dialect(
        name=NAME,
        group="pxc.percona.com",
        versions=("v1",),
        cluster=("PerconaXtraDBCluster", "perconaxtradbclusters"),
        backup=("PerconaXtraDBClusterBackup", "perconaxtradbclusterbackups"),
        restore=("PerconaXtraDBClusterRestore", "perconaxtradbclusterrestores"),
        label=INSTANCE,
        data={PART_OF: frozenset({"percona-xtradb-cluster"}), COMPONENT: frozenset({"pxc"})},
        backup_states=STATES,
        restore_states={
            **STATES,
            "Stopping Cluster": "running",
            "Restoring": "running",
            "Preparing Cluster": "running",
            "Starting Cluster": "running",
            "Point-in-time recovering": "running",
        },
        plans=planned_tasks,
        task=marked_ancestor,
    ),
    tells=frozenset({"age", "schedule", "result", "drill"}),
)
