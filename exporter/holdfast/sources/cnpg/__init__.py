"""CloudNativePG: base backups of PostgreSQL clusters, the archives of their logs, recoveries and replicas.

In-core backups to an object store, volume snapshots and the Barman Cloud plugin, whose ObjectStores hold what clusters
themselves are not told. https://cloudnative-pg.io/documentation/1.30/backup/
"""

from collections.abc import Callable, Sequence
from typing import Any

from holdfast.model.facts import Fact
from holdfast.model.feed import Feed, Resource
from holdfast.sources.cnpg.cluster import read_cluster
from holdfast.sources.cnpg.coverage import cover, schedule
from holdfast.sources.cnpg.read import read_backup, read_plan_object, read_store
from holdfast.sources.cnpg.records import GROUP, NAME, STORE_GROUP, TOOL
from holdfast.sources.cnpg.shapes import BackupObject, ClusterObject, PlanObject, StoreObject
from holdfast.sources.contract import Source


def _feed(
    group: str, plural: str, kind: str, shape: type[Any], read: Callable[[Any], Sequence[Fact]]
) -> Feed:
    resource = Resource(group=group, versions=("v1",), plural=plural, kind=kind)
    return Feed(source=NAME, resource=resource, shape=shape, read=read)


SOURCE = Source(
    name=NAME,
    protects=True,
    tells=frozenset({"age", "schedule", "result", "target", "drill", "replication"}),
    feeds=(
        _feed(GROUP, "clusters", "Cluster", ClusterObject, read_cluster),
        _feed(GROUP, "backups", "Backup", BackupObject, read_backup),
        _feed(GROUP, "scheduledbackups", "ScheduledBackup", PlanObject, read_plan_object),
        _feed(STORE_GROUP, "objectstores", "ObjectStore", StoreObject, read_store),
    ),
    cover=cover,
    schedule=schedule,
    target=TOOL.target,
)
