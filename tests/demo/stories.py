"""What every story of the example must come out as, at any time of any day: story next to verdict.

``reasons`` and ``use`` are as published; ``use`` is ``dormant`` or ``orphaned`` with its reason, or empty
while in use.
"""

from typing import NamedTuple


class Story(NamedTuple):
    claim: str
    state: str
    reasons: frozenset[str] = frozenset()
    use: str = ""


def story(claim: str, state: str, reasons: str = "", use: str = "") -> Story:
    return Story(claim, state, frozenset(reasons.split()), use)


STORIES = (
    # shop: tier silver, one nightly file backup
    story("shop/orders-db-0", "protected"),
    story("shop/orders-db-1", "protected"),
    story("shop/data-cart-redis-0", "protected"),  # restored 90 minutes ago
    story("shop/uploads", "protected"),  # several workloads
    story("shop/data-search-0", "protected"),
    story("shop/data-search-1", "unprotected", "excluded", "dormant leftover-ordinal"),
    story("shop/session-store", "unprotected", "excluded"),
    story("shop/catalog-import", "never", "not-captured"),
    # payments: tier gold
    story("payments/data-ledger-db-0", "protected"),  # moved snapshots
    story("payments/data-ledger-db-1", "protected"),
    story("payments/data-vault-0", "protected"),  # CronJob
    story("payments/audit-log", "unprotected", "application-missing no-schedule offsite-missing"),
    story("payments/fraud-models", "unprotected", "application-missing"),
    # billing: log archives of CloudNativePG, in force and broken
    story("billing/invoices-1", "protected"),
    story("billing/invoices-2", "protected"),
    story("billing/invoices-3", "protected"),
    story("billing/dunning-1", "late", "overdue run-failed"),
    story("billing/dunning-2", "late", "overdue run-failed"),
    # loyalty: backups by the Percona operator
    story("loyalty/datadir-points-pxc-0", "protected"),
    story("loyalty/datadir-points-pxc-1", "protected"),
    story("loyalty/datadir-points-pxc-2", "protected"),
    # lab: K8up
    story("lab/notebooks", "protected"),
    # branch: VolSync, as backup and as replication
    story("branch/files", "protected"),
    story("branch/mail", "protected"),
    story("branch/scans", "unprotected", "no-schedule"),  # a replica is no backup
    story("branch/price-lists", "exempt"),
    story("branch/inbox", "unprotected", "no-schedule"),  # a share with outbox
    story("branch/outbox", "unprotected", "no-schedule"),
    # dispatch: copied every night, and set up badly
    story("dispatch/data-routes-0", "protected"),
    story("dispatch/data-routes-1", "protected"),
    story("dispatch/tiles", "protected"),
    # media: Longhorn
    story("media/films", "protected"),
    story("media/music", "protected"),
    story("media/posters", "unprotected", "no-schedule"),  # an export with subtitles
    story("media/subtitles", "unprotected", "no-schedule"),
    # standby: the receiving side of replications
    story("standby/crm-db", "exempt", "", "dormant operator-owned"),
    # crm and erp: counters alone
    story("crm/data-crm-db-0", "protected"),
    story("crm/attachments", "protected"),
    story("erp/data-erp-db-0", "never", "unproven"),
    story("erp/documents", "never", "unproven"),
    # content: of no tier
    story("content/blog-media", "protected"),  # whole inside runs that failed in part
    story("content/blog-db", "late", "overdue run-failed"),
    story("content/photo-archive", "protected"),  # weekly, and asked for no more
    story("content/newsletter", "late", "overdue"),  # weekly, against the built-in 26 hours
    story("content/press-kit", "never", "first-run-pending"),
    story("content/forum", "never", "first-run-pending"),  # the copies are of an earlier claim
    story("content/podcasts", "protected"),  # its copies expire before the next is made
    story("content/gallery", "protected"),  # the newest copy has shrunk to nothing
    # analytics: a Velero that stands still
    story("analytics/data-clickhouse-0", "late", "overdue"),
    story("analytics/data-clickhouse-1", "late", "overdue"),  # muted
    story("analytics/warehouse", "never", "run-in-progress"),
    story("analytics/spark-scratch", "exempt"),  # by tier
    story("analytics/spark-exec-7-spill", "exempt"),  # generic ephemeral
    story("analytics/models", "unprotected", "no-schedule"),
    story("analytics/backfill-input", "unprotected", "no-schedule", "orphaned finished-only"),
    story("analytics/notebooks", "protected", "", "dormant waiting-pods"),  # CSI snapshots
    # platform: CronJobs, a paused schedule, one that is refused, exemptions
    story("platform/gitea-data", "protected"),
    story("platform/git-lfs", "protected"),  # CSI snapshots
    story("platform/wiki", "late", "schedule-paused"),
    story("platform/chat", "protected", "schedule-paused"),  # will not stay so
    story("platform/registry", "unprotected", "no-schedule"),
    story("platform/tsdb-prometheus-0", "exempt"),  # with reason and end
    story("platform/loki-chunks", "unprotected", "no-schedule"),  # the exemption has ended
    story("platform/runner-cache", "exempt"),  # without a reason
    story("platform/keycloak-db", "protected"),  # annotations that do not parse
    story("platform/ldap-data", "late", "overdue run-failed"),
    story("platform/jira-home", "late", "schedule-paused"),
    story("platform/queue-rabbitmq-0", "unprotected", "schedule-invalid"),
    # archive: a location that is unavailable, copies that expire or never become ready, data that nobody uses
    story("archive/contracts", "unknown", "run-failed target-unavailable"),
    story("archive/invoices", "late", "overdue run-failed target-unavailable"),
    story("archive/tickets", "late", "schedule-deleted"),
    story("archive/mailboxes", "late", "copy-expired no-schedule"),
    story("archive/scans", "late", "copy-not-ready no-schedule"),
    story("archive/faxes", "unprotected", "no-schedule", "orphaned unreferenced"),  # Lost
    story("archive/old-mysql", "unprotected", "no-schedule", "orphaned unreferenced"),
    story("archive/intranet", "exempt", "", "dormant workload-zero"),
    story("archive/data-es-0", "unprotected", "no-schedule", "dormant statefulset-zero"),
    story("archive/yearly-report", "unprotected", "no-schedule", "dormant cronjob-idle"),
    story("archive/migration", "unprotected", "no-schedule", "dormant suspended"),
    story("archive/pg-archive-1", "protected", "", "dormant operator-owned"),
    # staging: exempt as a whole
    story("staging/feature-1421-db", "exempt", "", "orphaned unreferenced"),
    story("staging/feature-1433-db", "exempt"),
    story("staging/qa-uploads", "exempt", "", "orphaned unreferenced"),
    story("staging/qa-media", "exempt", "", "orphaned unreferenced"),
    story("staging/qa-share", "exempt", "", "orphaned unreferenced"),
    story("staging/load-test-cache", "exempt"),
    story("staging/preview-db", "exempt"),
    story("staging/data-demo-db-0", "exempt", "", "orphaned owner-gone"),
    story("staging/perf-results", "exempt", "", "orphaned unreferenced"),
    story("staging/golden-image", "exempt", "", "dormant clone-source"),
    story("staging/nightly-db", "exempt"),
    story("staging/feature-1437-db", "exempt"),
    story("staging/feature-1440-db", "exempt"),
)

WAITING = {
    # claim: what it waits for, in which of three ways
    "staging/feature-1421-db": ("pending", "waiting-for-first-consumer"),
    "staging/feature-1433-db": ("pending", "waiting-for-provisioner"),
    "staging/qa-uploads": ("pending", "no-class"),
    "staging/qa-media": ("pending", "class-missing"),
    "staging/qa-share": ("pending", "volume-missing"),
    "staging/load-test-cache": ("pending", "waiting-for-volume"),
    "staging/preview-db": ("terminating", "in-use"),
    "staging/data-demo-db-0": ("terminating", "snapshot-in-progress"),
    "staging/perf-results": ("terminating", "finalizer"),
    "analytics/data-clickhouse-0": ("resize", "controller"),
    "platform/registry": ("resize", "controller-failed"),
    "content/photo-archive": ("resize", "node-pending"),
    "crm/attachments": ("resize", "node"),
    "platform/gitea-data": ("resize", "node-failed"),
}

UNMEASURED = {
    # claim: why nothing measures it
    "analytics/warehouse": "block-mode",
    "analytics/models": "driver-silent",
    "staging/feature-1437-db": "node-silent",
    "staging/feature-1440-db": "just-started",
}

STALE = {"archive/mailboxes", "dispatch/tiles"}  # their node fell silent half an hour ago

SHARED = {
    # claim: the space that it shares
    "media/posters": "nfs:filer.example.com:/export/media",  # as their volumes say
    "media/subtitles": "nfs:filer.example.com:/export/media",
    "branch/inbox": "driver:smb.csi.k8s.io:office",  # as they filled alike
    "branch/outbox": "driver:smb.csi.k8s.io:office",
}

UNFORETOLD = {
    # claim: why nobody can say when it is full
    "shop/data-cart-redis-0": "short-history",
    "content/press-kit": "short-history",
    "analytics/spark-exec-7-spill": "short-history",
    "crm/attachments": "resize-pending",
    "platform/runner-cache": "no-readings",
    "shop/data-search-1": "stale",
}

FILLING = {
    # claim: what of it is full, between so many days and so many
    "analytics/spark-scratch": ("bytes", 0.1, 0.6),
    "payments/audit-log": ("bytes", 1.2, 2.0),  # within four days by its tier, and worth a page
    "platform/loki-chunks": ("bytes", 2.0, 3.5),  # within the built-in four days
    "shop/session-store": ("inodes", 1.2, 2.0),
    "platform/registry": ("bytes", 10.0, 20.0),  # pruned once a week, and more comes than goes
    "media/films": ("bytes", 18.0, 35.0),
}

STILL = {
    # claim: how full it is, in per cent, though it does not fill
    "archive/scans": 97.2,
    "platform/ldap-data": 6.0,
    "platform/queue-rabbitmq-0": 17.0,  # it comes and goes
}

CONFINED = {
    # claim: why it cannot grow
    "analytics/warehouse": "maximum-size",
    "analytics/models": "class-forbids",
    "branch/inbox": "class-forbids",
    "branch/outbox": "class-forbids",
    "platform/runner-cache": "class-forbids",
    "platform/gitea-data": "resize-failed",
    "platform/registry": "resize-failed",
    "archive/scans": "class-missing",
    "dispatch/tiles": "class-forbids",
    "media/posters": "no-class",
    "media/subtitles": "no-class",
    "crm/attachments": "quota",
}

ROOMS = {
    # quota or pool: whether what is left of it goes
    "analytics/analytics requests.storage": True,
    "analytics/analytics requests.storage fast": True,
    "analytics/analytics requests.ephemeral-storage": False,
    "analytics/analytics limits.ephemeral-storage": False,
    "crm/storage requests.storage": False,
    **{
        f"{namespace}/storage requests.storage": False
        for namespace in ("shop", "payments", "billing", "platform", "content", "archive", "loyalty", "lab")
    },
    "fast": True,
    "shared": False,
    "longhorn kubernetes.io/hostname=worker-2": True,
    "longhorn kubernetes.io/hostname=worker-5": True,
}

DRILLS = {
    # claim: whether its restore is proven, and by what
    "payments/data-ledger-db-0": ("passed", "velero"),
    "payments/data-ledger-db-1": ("passed", "velero"),
    "payments/data-vault-0": ("slow", "cronjob"),
    "payments/audit-log": ("overdue", "cronjob"),
    "payments/fraud-models": ("failed", "cronjob"),  # an earlier drill is in force still
    "shop/orders-db-0": ("passed", "velero"),
    "shop/orders-db-1": ("passed", "velero"),
    "shop/data-search-0": ("passed", "velero"),
    "shop/data-cart-redis-0": ("passed", "velero"),  # by the restore that made it anew
    "shop/uploads": ("never", ""),
    "shop/data-search-1": ("never", ""),
    "shop/session-store": ("unknown", ""),  # too young for a drill to be due
    "shop/catalog-import": ("unknown", ""),
    "loyalty/datadir-points-pxc-0": ("passed", "percona-xtradb"),
    "loyalty/datadir-points-pxc-1": ("passed", "percona-xtradb"),
    "loyalty/datadir-points-pxc-2": ("passed", "percona-xtradb"),
    "lab/notebooks": ("passed", "k8up"),
    "branch/files": ("passed", "volsync"),
    **{
        f"dispatch/{name}": ("unknown", "") for name in ("data-routes-0", "data-routes-1", "tiles")
    },  # too young
}

REPLICATIONS = {
    # namespace and name: state, and whether lateness is judged
    "payments/ledger-db-0": ("healthy", True),
    "payments/ledger-db-1": ("healthy", True),
    "payments/vault-0": ("degraded", True),
    "billing/invoices": ("healthy", False),  # no object tells a lag
    "billing/dunning": ("degraded", False),
    "branch/files-away": ("paused", True),
    "branch/scans-away": ("lagging", True),
    "branch/mail-away": ("broken", True),
    "branch/price-lists-here": ("healthy", False),  # the receiving side
    "shop/storefront": ("unknown", True),
    "standby/crm-db": ("healthy", False),
    "standby/crm": ("healthy", False),
    "media/films": ("degraded", False),  # of three replicas one is gone
    "media/music": ("healthy", False),
}

SCHEDULES = {
    # name: result of its newest finished run, whether runs are missed by now, paused
    "shop-nightly": ("success", False, False),
    "payments-frequent": ("success", False, False),
    "payments-daily": ("success", False, False),
    "payments-models": ("success", False, False),
    "crm-nightly": ("success", False, False),
    "erp-nightly": ("success", False, False),
    "content-nightly": ("partial", True, False),
    "content-weekly": ("success", False, False),
    "lake-6h": ("success", True, False),
    "warehouse-daily": ("none", False, False),
    "collab-nightly": ("success", True, True),
    "queue-nightly": ("none", False, False),
    "archive-nightly": ("failure", True, False),
    "vault-snapshot": ("success", False, False),
    "gitea-dump": ("success", False, False),
    "keycloak-dump": ("success", False, False),
    "ldap-dump": ("failure", True, False),
    "jira-export": ("success", True, True),
    "content-audio": ("success", False, False),
    "invoices-nightly": ("success", False, False),
    "dunning-nightly": ("failure", True, False),
    "points/nightly": ("success", False, False),
    "lab": ("success", False, False),
    "files": ("success", False, False),
    "mail": ("success", False, False),
    "media-nightly": ("success", False, False),
    "longhorn-weekly": ("success", False, False),
    "local": ("success", False, False),  # the cluster's own state
    "s3": ("failure", False, False),
    "manifests-nightly": ("success", False, False),  # objects alone
    "dispatch-nightly": ("success", False, False),
}

_WITH_CNPG = "a database operator like cnpg and percona-xtradb: the same records"
_WITH_K8UP = "schedules, runs and copies of a namespace like k8up: the same records"

UNSHOWN = {
    # source: why none of its objects is in the example
    "crunchy-pgo": _WITH_CNPG,
    "zalando": _WITH_CNPG,
    "mariadb": _WITH_CNPG,
    "mysql-operator": _WITH_CNPG,
    "medusa": _WITH_CNPG,
    "percona-postgresql": _WITH_CNPG,
    "percona-mongodb": _WITH_CNPG,
    "percona-mysql": _WITH_CNPG,
    "kasten": _WITH_K8UP,
    "stash": _WITH_K8UP,
    "kubestash": _WITH_K8UP,
    "stork": _WITH_K8UP,
    "rancher-backup": "the cluster's own state, like etcd-snapshot: the same records",
    "rook": "mirroring of a whole pool: the same records as csi-addons, with less to say",
}

UNSHOWN_KINDS = {
    # (source, kind) of a source that is in the example: why none of its objects is
    ("velero", "VolumeSnapshotLocation"): "a place like BackupRepository: the same record",
    ("csi-snapshot", "VolumeGroupSnapshot"): "its members are VolumeSnapshots like any other",
    ("csi-snapshot", "VolumeGroupSnapshotContent"): "its members are VolumeSnapshots like any other",
    ("csi-addons", "VolumeGroupReplication"): "one replication a claim, as by VolumeReplication",
    ("csi-addons", "VolumeGroupReplicationClass"): "an interval, as by VolumeReplicationClass",
}

UNSEEN = {
    # what objects of one cluster under one configuration cannot give, and why
    (
        "holdfast_pvc_objective_info",
        "origin",
        "defaults",
    ): "declared defaults and built-in ones exclude each other",
    (
        "holdfast_pvc_unsafe_seconds",
        "origin",
        "defaults",
    ): "declared defaults and built-in ones exclude each other",
    (
        "holdfast_pvc_unsafe_seconds",
        "origin",
        "workload",
    ): "the claims whose workload asks for an rpo are safe: holdfast_pvc_objective_info shows them",
    (
        "holdfast_pvc_protection_reason",
        "reason",
        "source-blind",
    ): "tells of the exporter's sight, not of an object",
    (
        "holdfast_pvc_protection_reason",
        "reason",
        "objective-unknown",
    ): "tells of the exporter's sight, not of an object",
    ("holdfast_finding", "check", "many-default-classes"): "here none is the default, which excludes it",
    ("holdfast_check_info", "judged", "no"): "tells of the exporter's sight, not of an object",
    ("holdfast_prices_age_seconds", "", ""): "prices are written down here, and no query is asked for them",
    ("holdfast_pvc_usage_unmeasured", "reason", "not-asked"): "here the kubelets are asked",
    ("holdfast_pvc_usage_unmeasured", "reason", "not-scraped"): "only where no kubelet is asked",
}

_UNASKED = "a folder names no kubelet that could be asked: not-scraped is all that is known"
_UNTOLD = "a folder holds volume statistics, and no summaries of nodes"
_UNREAD = "objects tell what is used now, and nothing of the weeks before"

SEEN_FROM = {
    # what it gives and the cluster itself does not: where no kubelet is asked, an API without a sample is to blame
    ("holdfast_pvc_usage_unmeasured", "reason", "not-scraped"),
}

UNSEEN_FROM = {
    # what the same cluster, written to a folder, cannot give besides; a family as a whole where no word is named
    ("holdfast_pvc_usage_unmeasured", "reason", "driver-silent"): _UNASKED,
    ("holdfast_pvc_usage_unmeasured", "reason", "node-silent"): _UNASKED,
    ("holdfast_ephemeral_used_bytes", "", ""): _UNTOLD,
    ("holdfast_ephemeral_measured_pods", "", ""): _UNTOLD,
    ("holdfast_ephemeral_limit_used_ratio", "", ""): _UNTOLD,
    ("holdfast_node_filesystem_capacity_bytes", "", ""): _UNTOLD,
    ("holdfast_node_filesystem_available_bytes", "", ""): _UNTOLD,
    ("holdfast_node_filesystem_used_bytes", "", ""): _UNTOLD,
    ("holdfast_node_filesystem_inodes", "", ""): _UNTOLD,
    ("holdfast_node_filesystem_inodes_used", "", ""): _UNTOLD,
    ("holdfast_node_filesystem_age_seconds", "", ""): _UNTOLD,
    ("holdfast_quota_time_to_full_seconds", "", ""): _UNREAD,
    ("holdfast_pool_time_to_full_seconds", "", ""): _UNREAD,
    ("holdfast_pool_time_to_full_early_seconds", "", ""): _UNREAD,
}
