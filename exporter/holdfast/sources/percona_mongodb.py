"""Percona Operator for MongoDB: backups by Percona Backup for MongoDB, and the oplog over them."""

from holdfast.sources.percona import Dialect, operator_source
from holdfast.sources.percona.dialect import INSTANCE, PART_OF, ancestor, planned_tasks
from holdfast.sources.runs.records import Outcome

NAME = "percona-mongodb"

_STATES: dict[str, Outcome] = {
    "": "running",
    "waiting": "running",
    "requested": "running",
    "running": "running",
    "ready": "success",  # ready means done
    "error": "failure",
}

SOURCE = operator_source(
    Dialect(
        name=NAME,
        group="psmdb.percona.com",
        versions=("v1",),
        cluster=("PerconaServerMongoDB", "perconaservermongodbs"),
        backup=("PerconaServerMongoDBBackup", "perconaservermongodbbackups"),
        restore=("PerconaServerMongoDBRestore", "perconaservermongodbrestores"),
        label=INSTANCE,
        data={PART_OF: frozenset({"percona-server-mongodb"})},
        backup_states=_STATES,
        restore_states={**_STATES, "rejected": "unknown"},  # it never ran
        plans=planned_tasks,
        task=ancestor,
    ),
    tells=frozenset({"age", "schedule", "result", "size", "drill"}),
)
