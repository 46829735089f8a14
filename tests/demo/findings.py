"""What every check must find in the example, at any time of any day.

Which check finds nothing there, and why, is in stories.py; which
state of the go-live checklist no namespace is in stands here."""

FINDINGS = {
    # check: what it is found on, by kind and name
    "reclaim-delete": {"PersistentVolumeClaim shop/catalog-import"},
    "statefulset-retention-delete": {"StatefulSet dispatch/routes"},
    "deployment-rwo": {"Deployment content/gallery", "Deployment shop/session-store"},
    "pod-bare-data": {"Pod analytics/trainer", "Pod archive/tickets", "Pod staging/load-test-cache"},
    "hostpath-data": {"Deployment dispatch/labels"},
    "no-expansion": {"StorageClass bucket", "StorageClass office", "StorageClass scratch-shared"},
    "in-tree-provisioner": {"StorageClass vsphere-thin"},
    "immediate-binding": {"StorageClass hall-disk"},
    "no-default-class": {"Cluster cluster"},
    "too-many-classes": {"Cluster cluster"},
    "duplicate-classes": {"StorageClass ceph-rbd", "StorageClass fast"},
    "unused-class": {"StorageClass vsphere-thin"},
    "volume-attributes-drift": {"PersistentVolumeClaim lab/notebooks"},
    "one-zone": {"StatefulSet dispatch/routes"},
    "stranded-volume": {"PersistentVolumeClaim dispatch/tiles"},
    "driver-missing": {"PersistentVolumeClaim analytics/models"},
    "attach-limit": {"Node worker-5"},
    "unencrypted": {"StorageClass longhorn"},
    "objective-without-schedule": {
        "PersistentVolumeClaim payments/audit-log",
        "PersistentVolumeClaim payments/fraud-models",
        "PersistentVolumeClaim platform/chat",
        "PersistentVolumeClaim shop/data-search-1",
        "PersistentVolumeClaim shop/session-store",
    },
    "schedule-too-rare": {
        "PersistentVolumeClaim analytics/data-clickhouse-0",
        "PersistentVolumeClaim analytics/data-clickhouse-1",
        "PersistentVolumeClaim billing/dunning-1",
        "PersistentVolumeClaim billing/dunning-2",
    },
    "retention-too-short": {
        "PersistentVolumeClaim payments/data-ledger-db-0",
        "PersistentVolumeClaim payments/data-ledger-db-1",
        "PersistentVolumeClaim payments/fraud-models",
    },
    "retention-too-long": {"PersistentVolumeClaim lab/notebooks"},
    "expiry-before-next-run": {"PersistentVolumeClaim content/podcasts"},
    "one-location": {
        "PersistentVolumeClaim dispatch/data-routes-0",
        "PersistentVolumeClaim dispatch/data-routes-1",
        "PersistentVolumeClaim dispatch/tiles",
    },
    "snapshot-class-delete": {"VolumeSnapshotClass rbd-snapshots"},
    "no-snapshot-class": {"CSIDriver cinder.csi.openstack.org", "CSIDriver driver.longhorn.io"},
    "resources-not-backed-up": {
        "PersistentVolumeClaim branch/files",
        "PersistentVolumeClaim branch/mail",
        "PersistentVolumeClaim media/films",
        "PersistentVolumeClaim media/music",
    },
    "hooks-missing": {
        "PersistentVolumeClaim payments/audit-log",
        "PersistentVolumeClaim payments/fraud-models",
    },
    "no-owner": {"PersistentVolumeClaim erp/data-erp-db-0", "PersistentVolumeClaim erp/documents"},
    "exempt-without-reason": {"PersistentVolumeClaim platform/runner-cache"},
    "exempt-expired": {"PersistentVolumeClaim platform/loki-chunks"},
    "emptydir-without-limit": {"Deployment lab/jupyter"},  # elsewhere a LimitRange gives every pod one
    "no-ephemeral-limit": {"Deployment lab/jupyter"},
    "no-storage-quota": {
        "Namespace branch",
        "Namespace dispatch",
        "Namespace erp",
        "Namespace media",
        "Namespace staging",
        "Namespace standby",
    },
    "drain-unsafe": {"Deployment erp/erp", "StatefulSet dispatch/routes", "StatefulSet shop/db"},
    "invalid-annotation": {"PersistentVolumeClaim platform/keycloak-db", "CronJob platform/keycloak-dump"},
}

_SIGHT = "tells of the exporter's sight, not of an object"
_SAME_EVERYWHERE = "speaks of the classes of the cluster, and no default class fails it everywhere"

UNSHOWN_STATES = {
    # (item, state) of the go-live checklist that no namespace is in, and why
    **{
        (item, "unknown"): _SIGHT
        for item in ("storage-approach", "access-mode", "statefulset", "reclaim-retain")
    },
    ("reattach-timed", "pass"): "moves are watched by who runs for long, and an example has just begun",
    ("reattach-timed", "fail"): "moves are watched by who runs for long, and an example has just begun",
    ("backup-consistency", "unknown"): "the one claim whose copies are out of reach lies where others fail",
    ("classes-standardised", "pass"): _SAME_EVERYWHERE,
    ("classes-standardised", "unknown"): _SAME_EVERYWHERE,
    ("self-service", "pass"): _SAME_EVERYWHERE,
    ("self-service", "unknown"): _SAME_EVERYWHERE,
}
