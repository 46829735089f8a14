"""The capacity dashboard: what is full first, what shares room, who was given how much, and what is not measured."""

from grafana_foundation_sdk.models import dashboard as model

from dashboards.source import capacity_signals as c
from dashboards.source import filling_signals as f
from dashboards.source import panels as p
from dashboards.source.frame import CLAIM_LABELS, CLAIM_LINKS, Panels, Sections, framed
from dashboards.source.panels import RUNBOOKS


def capacity() -> model.Dashboard:
    """Built anew at each call; its questions stand in SECTIONS."""
    return framed(
        "Capacity",
        "What is full when: claims, the space they share, pools, quotas and nodes; and what nobody measures.",
        SECTIONS,
        span=("now-7d", "now"),
    )


def _now() -> Panels:
    return (
        p.number(1, f.FULL_NOW, bad_above=1, runbook="HoldfastFull"),
        p.number(2, f.FULL_SOON, bad_above=1, runbook="HoldfastFullSoon"),
        p.number(3, f.FULL_PERHAPS),
        p.number(4, f.NOT_FORETOLD, runbook="HoldfastNearlyFull"),
        p.number(5, f.NOT_MEASURED, bad_above=1, runbook="HoldfastUsageCoverageFallen"),
        p.number(6, c.QUOTAS_NEAR, bad_above=1, runbook="HoldfastQuotaNearlyUsed"),
        p.over_time(
            7,
            f.WITHIN_DAY,
            f.WITHIN_WEEK,
            f.WITHIN_MONTH,
            f.WITHIN_SIGHT,
            f.NOT_IN_SIGHT,
            width=24,
            stacked=True,
        ),
    )


def _first() -> Panels:
    claims = p.Table(
        title="Claims by days to full",
        description="Nearest first, of bytes and inodes whichever is full first: those of which full is in sight, or within"
        " the objective at the earliest. Click a claim for its history and forecast.",
        columns=(
            f.FIRST_LEFT,
            f.FIRST_EARLY,
            f.FIRST_LATE,
            f.FIRST_OBJECTIVE,
            f.FIRST_USED,
            f.FIRST_GROWTH,
            f.FIRST_CLASS,
            f.FIRST_FIXED,
        ),
        sort_by=f.FIRST_LEFT.name,
        least_first=True,
        labels={
            **CLAIM_LABELS,
            "resource": "Fills",
            "storageclass": f.FIRST_CLASS.name,
            "reason": f.FIRST_FIXED.name,
        },
        links={
            **CLAIM_LINKS,
            f.FIRST_LEFT.name: {"Runbook": RUNBOOKS + "HoldfastFullSoon"},
            f.FIRST_FIXED.name: {"Runbook": RUNBOOKS + "HoldfastFullSoonNotExpandable"},
        },
        height=12,
    )
    return (p.rows(20, claims), p.rows(21, _fullest()))


def _fullest() -> p.Table:
    return p.Table(
        title="Fullest claims",
        description="By what is measured, whatever is foretold. One that is nearly full and does not grow may stand"
        " here for ever.",
        columns=(
            f.FULLEST_RATIO,
            f.FULLEST_BYTES,
            f.FULLEST_FREE,
            f.FULLEST_SIZE,
            f.FULLEST_INODES,
            f.FULLEST_AGE,
        ),
        sort_by=f.FULLEST_RATIO.name,
        labels={**CLAIM_LABELS, "resource": "Fills"},
        links={**CLAIM_LINKS, f.FULLEST_RATIO.name: {"Runbook": RUNBOOKS + "HoldfastNearlyFull"}},
    )


def _shared() -> Panels:
    spaces = p.Table(
        title="Spaces that several claims share",
        description="Each once: its claims have no use and no time to full of their own.",
        columns=(f.SPACE_LEFT, f.SPACE_EARLY, f.SPACE_RATIO, f.SPACE_SIZE, f.SPACE_CLAIMS),
        sort_by=f.SPACE_RATIO.name,
        labels={"cluster": "Cluster", "backend": "Space"},
        links={f.SPACE_RATIO.name: {"Runbook": RUNBOOKS + "HoldfastSharedFullSoon"}},
        width=12,
    )
    pools = p.Table(
        title="Pools",
        description="Room for new volumes, by class and nodes, as drivers publish it. Least first.",
        columns=(c.POOL_AVAILABLE, c.POOL_LEFT, c.POOL_EARLY, c.POOL_LARGEST),
        sort_by=c.POOL_AVAILABLE.name,
        least_first=True,
        labels={"cluster": "Cluster", "storageclass": "Class", "topology": "Nodes"},
        links={
            c.POOL_AVAILABLE.name: {"Runbook": RUNBOOKS + "HoldfastPoolTooSmall"},
            c.POOL_LEFT.name: {"Runbook": RUNBOOKS + "HoldfastPoolFullSoon"},
        },
        width=12,
    )
    return (p.rows(30, spaces), p.rows(31, pools))


def _quotas() -> Panels:
    sizes = p.Table(
        title="Quotas of bytes",
        description="What is taken of what a namespace may ask for. Without a class: of all together.",
        columns=(c.QUOTA_RATIO, c.QUOTA_LEFT, c.QUOTA_TAKEN, c.QUOTA_HARD),
        sort_by=c.QUOTA_RATIO.name,
        labels={
            "cluster": "Cluster",
            "namespace": "Namespace",
            "resourcequota": "Quota",
            "resource": "Resource",
            "storageclass": "Class",
        },
        links={
            c.QUOTA_RATIO.name: {"Runbook": RUNBOOKS + "HoldfastQuotaNearlyUsed"},
            c.QUOTA_LEFT.name: {"Runbook": RUNBOOKS + "HoldfastQuotaFullSoon"},
        },
        width=14,
    )
    numbers = p.Table(
        title="Quotas of claims",
        description="How many claims a namespace may have. Without a class: of all together.",
        columns=(c.CLAIM_QUOTA_RATIO, c.CLAIM_QUOTA_TAKEN, c.CLAIM_QUOTA_HARD),
        sort_by=c.CLAIM_QUOTA_RATIO.name,
        labels={
            "cluster": "Cluster",
            "namespace": "Namespace",
            "resourcequota": "Quota",
            "storageclass": "Class",
        },
        links={c.CLAIM_QUOTA_RATIO.name: {"Runbook": RUNBOOKS + "HoldfastQuotaNearlyUsed"}},
        width=10,
    )
    return (p.rows(40, sizes), p.rows(41, numbers))


def _given() -> Panels:
    classes = p.Table(
        title="Classes",
        description="What claims of the chosen namespaces ask for and use, and whether more is promised than there is.",
        columns=(
            c.CLASS_CLAIMS,
            c.CLASS_REQUESTED,
            c.CLASS_GIVEN,
            c.CLASS_SHARE,
            c.CLASS_PROMISED,
            c.CLASS_EXPANDABLE,
        ),
        sort_by=c.CLASS_PROMISED.name,
        labels={"cluster": "Cluster", "storageclass": "Class"},
        links={c.CLASS_PROMISED.name: {"Runbook": RUNBOOKS + "HoldfastClassOverprovisioned"}},
        width=14,
    )
    namespaces = p.Table(
        title="Namespaces",
        description="Those that leave most of what they were given unused first.",
        columns=(c.SPACE_IDLE, c.SPACE_REQUESTED, c.SPACE_USED, c.SPACE_SHARE),
        sort_by=c.SPACE_IDLE.name,
        labels={"cluster": "Cluster", "namespace": "Namespace"},
        links={},
        width=10,
    )
    return (p.rows(50, classes), p.rows(51, namespaces))


def _measured() -> Panels:
    unmeasured = p.Table(
        title="Mounted claims that nothing measures",
        description="They may fill unseen. Block devices have no file system that could be measured.",
        columns=(f.UNMEASURED_REASON, f.UNMEASURED_DRIVER, f.UNMEASURED_SIZE),
        sort_by=f.UNMEASURED_SIZE.name,
        labels={
            **CLAIM_LABELS,
            "reason": f.UNMEASURED_REASON.name,
            "csi_driver": f.UNMEASURED_DRIVER.name,
        },
        links={
            **CLAIM_LINKS,
            f.UNMEASURED_REASON.name: {
                "Runbook, no more": RUNBOOKS + "HoldfastUsageCoverageFallen",
                "Runbook, nobody asked": RUNBOOKS + "HoldfastUsageNotAsked",
                "Runbook, nodes silent": RUNBOOKS + "HoldfastKubeletsSilent",
            },
        },
        width=12,
        height=8,
    )
    return (
        p.over_time(60, f.COVERED, stacked=True),
        p.rows(61, unmeasured),
        p.bars(62, f.GAPS_BY_DRIVER, width=6),
        p.bars(63, f.UNFORETOLD, width=6),
        p.over_time(64, f.OLDEST_USAGE, width=5),
        p.over_time(65, f.KUBELETS, width=4, stacked=True),
        p.number(66, f.KUBELETS_SILENT, bad_above=1, runbook="HoldfastKubeletsSilent").span(3).height(8),
    )


def _ephemeral() -> Panels:
    workloads = p.Table(
        title="Workloads near a limit",
        description="Of what pods fill without claims: their emptyDirs, containers, and all of it. Beyond a limit they"
        " are evicted.",
        columns=(c.EPHEMERAL_LIMIT,),
        sort_by=c.EPHEMERAL_LIMIT.name,
        labels={
            "cluster": "Cluster",
            "namespace": "Namespace",
            "workload_kind": "Kind",
            "workload": "Workload",
            "kind": "Limit of",
            "name": "Name",
        },
        links={c.EPHEMERAL_LIMIT.name: {"Runbook": RUNBOOKS + "HoldfastEphemeralNearLimit"}},
        width=12,
        height=8,
    )
    disks = p.Table(
        title="File systems of nodes",
        description="Fullest first. On many nodes imagefs is the disk of nodefs.",
        columns=(c.DISK_RATIO, c.DISK_FREE, c.DISK_SIZE, c.DISK_INODES),
        sort_by=c.DISK_RATIO.name,
        labels={"cluster": "Cluster", "node": "Node", "filesystem": "File system"},
        links={c.DISK_RATIO.name: {"Runbook": RUNBOOKS + "HoldfastNodeDiskNearEviction"}},
        width=24,
        height=8,
    )
    return (p.rows(70, workloads), p.over_time(71, c.EPHEMERAL_USED, step="6h"), p.rows(72, disks))


SECTIONS: Sections = (
    (100, "Is anything full, or soon?", _now),
    (200, "Which claims are full first?", _first),
    (300, "What room is shared, and what is left for new volumes?", _shared),
    (400, "Which quotas are nearly used?", _quotas),
    (500, "Who asked for how much, and uses how much?", _given),
    (600, "What is not measured?", _measured),
    (700, "What do pods fill without claims?", _ephemeral),
)
