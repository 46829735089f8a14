"""Percona Operator for MySQL based on Percona Server: full and incremental backups by XtraBackup."""

from holdfast.sources.percona import Dialect, operator_source
from holdfast.sources.percona.dialect import (
    COMPONENT,
    INSTANCE,
    PART_OF,
    STATES,
    marked_ancestor,
    planned_tasks,
)
from holdfast.sources.runs.records import Outcome

NAME = "percona-mysql"
_STATES: dict[str, Outcome] = {**STATES, "Error": "failure"}  # it could not start at all


SOURCE = operator_source(
    Dialect(
        name=NAME,
        group="ps.percona.com",
        versions=("v1", "v1alpha1"),
        cluster=("PerconaServerMySQL", "perconaservermysqls"),
        backup=("PerconaServerMySQLBackup", "perconaservermysqlbackups"),
        restore=("PerconaServerMySQLRestore", "perconaservermysqlrestores"),
        label=INSTANCE,
        data={PART_OF: frozenset({"percona-server"}), COMPONENT: frozenset({"database", "mysql"})},
        backup_states=_STATES,
        restore_states=_STATES,
        plans=planned_tasks,
        task=marked_ancestor,
    ),
    tells=frozenset({"age", "schedule", "result", "drill"}),
)
