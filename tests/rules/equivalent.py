"""Breaks of rules that no case can notice, because nothing that the exporter publishes tells them apart; each with its reason.

Here belongs that one table. A break that a case could notice gets a case and not a line here.
"""

import re
from dataclasses import dataclass

from tests.rules.mutations import Mutant

ONES = (
    "holdfast_backup_schedule_last_result",
    "holdfast_pvc_not_expandable",
    "holdfast_pvc_orphaned",
    "holdfast_pvc_protection_state",
    "holdfast_replication_state",
    "holdfast_source_state",
)
"""Families that have a sample only where something holds, and then it is 1."""

_ONE = rf"(?:{'|'.join(ONES)}){{[^}}]*}}"


@dataclass(frozen=True, kw_only=True)
class Equivalent:
    """``rule`` and ``change`` are regular expressions for the rule's name and for "was -> now", both whole."""

    rule: str = ".+"
    change: str
    reason: str

    def fits(self, mutant: Mutant) -> bool:
        return bool(
            re.fullmatch(self.rule, mutant.name) and re.fullmatch(self.change, mutant.change, re.DOTALL)
        )


TABLE: tuple[Equivalent, ...] = (
    Equivalent(
        change=rf"(?P<left>…?.*{_ONE}\)?) == 1 -> (?P=left)",
        reason="a sample of these families is 1 or absent: the comparison says so to the reader",
    ),
    Equivalent(
        rule="HoldfastSourceForbidden|HoldfastClaimsUnknown|HoldfastLabelClash|HoldfastUsageNotAsked|HoldfastVolumeFailed",
        change=r"count by .*\(max by .* -> sum by .*",
        reason="each counted thing is 1: a sum of ones is their count",
    ),
    Equivalent(
        rule="HoldfastSourceForbidden",
        change=r"max by (?P<rest>.*) -> min by (?P=rest)",
        reason="replicas that publish the state publish 1",
    ),
    Equivalent(
        rule="HoldfastResizeStuck",
        change=r"min by (?P<rest>.*) -> max by (?P=rest)",
        reason="a claim is counted once, by whichever of its stages; what is compared was compared in the record",
    ),
    Equivalent(
        rule="holdfast:page_claims:count",
        change=r"(count by .* -> sum by .*|max by .* -> (min|max) by .*)",
        reason="alerts ask only whether there are such claims; how many is for the reader of the series",
    ),
    Equivalent(
        rule="holdfast:replication_unwell:state",
        change=r"\w+{state=~\"[^\"]*\"} -> \w+{}",
        reason="each alert chooses its state again: this keeps healthy claims out of the recorded series",
    ),
    Equivalent(
        rule="HoldfastReplication(Degraded|Unknown)",
        change=r".*,worth=~\"page\|ticket\"} -> .*(?<!worth=~\"page\|ticket\")}",
        reason="there is no other worth yet; it is named so that a new one does not slip in",
    ),
    Equivalent(
        change=r"…?0 \* .* -> …?0 / .*",
        reason="0 divided by something is 0 as well; by 0 it is no number, and then nothing is compared",
    ),
    Equivalent(
        rule="namespace:holdfast_pvc_protected:ratio",
        change=r"sum by (?P<rest>.*{state=\"protected\"}\)) -> max by (?P=rest)",
        reason="one series a namespace and state is recorded: there is nothing to add up",
    ),
    Equivalent(
        rule="namespace:holdfast_pvc_restore_drill_claims:count|HoldfastRestoreDrillOverdue",
        change=r"count by .*\((group|max) by .* -> sum by .*",
        reason="each counted claim is 1: a sum of ones is their count",
    ),
    Equivalent(
        rule="HoldfastKubeletsSilent",
        change=r"holdfast_kubelets{state=\"answering\"} -> holdfast_kubelets{}",
        reason="where it makes a difference more are silent than answer, and that is far above a tenth of either sum",
    ),
    Equivalent(
        rule="HoldfastNodeDiskNearEviction",
        change=r"(?P<left>holdfast:node_filesystem_free:ratio{filesystem=~\"nodefs\|imagefs\"),resource=\"inodes\"} -> (?P=left)}",
        reason="bytes below the bound of inodes are below their own, which is higher",
    ),
    Equivalent(
        rule="HoldfastNodeDiskNearEviction",
        change=r"(?P<left>.*resource=\"inodes\"}) < 0.07 -> (?P=left) <= 0.07",
        reason="no share that is taken from 1 is that number to the last bit",
    ),
    Equivalent(
        rule="holdfast:pvc_full_foretold:seconds",
        change=(
            r"(?P<family>holdfast_pvc_time_to_full_seconds{}) and on \(.*\) "
            r"\(holdfast:pvc_full_likely:ratio{} or .* -> (?P=family)( and on .*)?"
        ),
        reason="what reads it picks the likely or the nearly full again: they are picked here too because that costs less",
    ),
    Equivalent(
        rule="holdfast:pvc_(filling|waiting):urgency",
        change=r"(?P<family>holdfast_pvc_info{urgency=~\"page\|know\"}) and on \(.*\) \(.* -> (?P=family)( and on .*)?",
        reason="what reads it asks for claims that fill, wait or are lost: they are picked here too because that costs less",
    ),
    Equivalent(
        rule="holdfast:pvc_(filling|waiting):urgency",
        change=r"holdfast_pvc_info{urgency=~\"page\|know\"} -> holdfast_pvc_info{}",
        reason="what reads it names the urgency: this keeps the most common one out of the recorded series",
    ),
    Equivalent(
        rule="holdfast:pvc_full:worth",
        change=r"…?.*(?P<labels>on \(cluster, namespace, persistentvolumeclaim), resource(?P<rest>\) holdfast:pvc_full:worth{worth=\"page\"}) -> …?.*(?P=labels)(?P=rest)",
        reason="a claim asks for a page or does not: then so do its bytes and its inodes",
    ),
    Equivalent(
        rule="holdfast:pvc_nearly_full_available:bytes",
        change=(
            r"(?P<family>holdfast_pvc_available_bytes{}) and on \(.*\) "
            r"holdfast:pvc_nearly_full:ratio{} -> (?P=family)( and on .*)?"
        ),
        reason="what reads it asks for the nearly full: they are picked here too because that costs less",
    ),
    Equivalent(
        rule="holdfast:pvc_nearly_full:worth",
        change=r"holdfast:pvc_nearly_full:ratio{resource=\"bytes\"} -> holdfast:pvc_nearly_full:ratio{}",
        reason="of the first arm: inodes from 97 % on are among them anyway, whatever is left of bytes",
    ),
    Equivalent(
        rule="holdfast:backend_full_(within:seconds|soon:worth)|holdfast:pvc_full_soon:worth",
        change=r"max by (?P<rest>.*)\(holdfast_pvc_backend_info{}\) -> min by (?P=rest)\(.*",
        reason="replicas that publish the info publish 1",
    ),
    Equivalent(
        rule="holdfast:backend_full_within:seconds",
        change=(
            r"(?P<family>holdfast_pvc_time_to_full_objective_seconds{}) and on \(.*\) "
            r"holdfast_pvc_backend_info{} -> (?P=family)( and on .*)?"
        ),
        reason="what is multiplied with it is of the claims on shared spaces alone: they are picked here too because that costs less",
    ),
    Equivalent(
        rule="HoldfastBackup(Shrank|Empty)",
        change=r"max by (?P<rest>.*) -> min by (?P=rest)",
        reason="only counted: which of two sources' values is kept is told to nobody",
    ),
    Equivalent(
        rule="Holdfast(Full|NearlyFull)(Page|Info)?|HoldfastFullSoon(Page|Info|NotExpandable)?|HoldfastShared(FullPage|FullSoon)",
        change=(
            r"(?P<all>.*)(max|min) by (?P<rest>.*\(holdfast:(pvc|backend)_(full|full_soon|nearly_full):worth{.*) -> "
            r"(?P=all)(max|min) by (?P=rest)"
        ),
        reason="what is recorded has one sample for each of these labels, or is only counted: it is aggregated to drop `worth`",
    ),
    Equivalent(
        rule="HoldfastMountsSlow",
        change=(
            r"storage_operation_duration_seconds_\w+{.*,volume_plugin!~\"[^\"]*\"}(?P<range>.*) -> "
            r"storage_operation_duration_seconds_\w+{(?!.*volume_plugin=~).*\"}(?P=range)"
        ),
        reason="the other side of the join leaves these plugins out too: both do because that costs less",
    ),
    Equivalent(
        rule="holdfast:pvc_full:worth",
        change=r"holdfast:pvc_filling:urgency{urgency=\"know\"} -> holdfast:pvc_filling:urgency{}",
        reason="the other urgency there is asks for a page, and what is worth one is left out anyway",
    ),
    Equivalent(
        rule="holdfast:(pvc_lost|volume_attach_pending):worth",
        change=r"holdfast:pvc_waiting:urgency{urgency=\"know\"} -> holdfast:pvc_waiting:urgency{}",
        reason="the other urgency there asks for a page, and what is worth one is left out anyway",
    ),
    Equivalent(
        rule="holdfast:replication_unwell:seconds",
        change=(
            r"(?P<family>holdfast_replication_lag_seconds{}) and on \(.*\) "
            r"holdfast:replication_unwell:state{} -> (?P=family)( and on .*)?"
        ),
        reason="what is multiplied with it is of the unwell alone: they are picked here too because that costs less",
    ),
    Equivalent(
        rule="holdfast:pvc_states:count",
        change=(
            r"(?P<family>holdfast_pvc_protection_state{}) and on \(.*\) "
            r"holdfast_pvc_protection_state{state!=\"protected\"} -> (?P=family)( and on .*)?"
            r"|holdfast_pvc_protection_state{state!=\"protected\"} -> holdfast_pvc_protection_state{}"
        ),
        reason="more than one state is asked for, and then one is another: such claims are picked here because that costs less",
    ),
    Equivalent(
        rule="holdfast:pvc_states:count",
        change=r"count by .*\(max by .* -> sum by .*",
        reason="each state in force is 1: a sum of ones is their count",
    ),
    Equivalent(
        rule="holdfast:pvc_orphaned_objective:seconds",
        change=(
            r"(?P<family>holdfast_pvc_unused_objective_seconds{}) and on \(.*\) "
            r"holdfast:pvc_orphaned:seconds{} -> (?P=family)( and on .*)?"
        ),
        reason="what reads it asks for the orphaned: they are picked here too because that costs less",
    ),
    Equivalent(
        rule="holdfast:backend_full_soon:seconds",
        change=(
            r"…?.*{resource=\"inodes\"}\) >= 0\.9\) and on \(cluster, backend\) holdfast:backend_full_within:seconds{} -> "
            r"…?.*{resource=\"inodes\"}\) >= 0\.9\)( and on .*)?"
        ),
        reason="what reads it asks for a claim on it that is not muted, and each has an objective",
    ),
    Equivalent(
        rule="HoldfastMountsSlow",
        change=r"storage_operation_duration_seconds_bucket{le=~.* -> storage_operation_duration_seconds_bucket{status=.*",
        reason="the other bounds are all below two minutes: they are left out because that costs less",
    ),
    Equivalent(
        rule="HoldfastSetup(Broken|Unsafe)",
        change=r"count by .*\(holdfast:finding:worth{worth=\"\w+\"}\) -> sum by .*",
        reason="a finding is 1: a sum of ones is their count",
    ),
    Equivalent(
        rule="holdfast:csi_failures:ratio30m",
        change=(
            r"…?.*method_name!~\"\.\*/Node\(Stage\|Unstage\|Publish\|Unpublish\)Volume\"}\[30m] -> "
            r"(?!.*method_name=~)(?!.*\(Stage\|Unstage\|Publish\|Unpublish\))…?.*}\[30m]"
        ),
        reason="the other side of the division leaves these methods out too: both do because that costs less",
    ),
    Equivalent(
        rule="holdfast:csi_operation_seconds:p95",
        change=(
            r"(?P<family>csi_sidecar_operations_seconds_\w+{grpc_status_code=\"OK\"),method_name!~\"\.\*Snapshots\?\"}\[30m] -> "
            r"(?P=family)}\[30m]"
        ),
        reason="the other side of the join leaves snapshots out too: both do because that costs less",
    ),
    Equivalent(
        rule="holdfast:mount_failures:ratio30m",
        change=(
            r"…?.*volume_plugin!~\"kubernetes\.io/\(configmap\|secret\|projected\|downward-api\|empty-dir\|host-path\)\"}\[30m] -> "
            r"(?!.*volume_plugin=~)(?!.*\(configmap\|secret\|projected\|downward-api\|empty-dir\|host-path\))…?.*}\[30m]"
        ),
        reason="the other side of the division leaves these plugins out too: both do because that costs less",
    ),
    Equivalent(
        rule="HoldfastMountsFailing|holdfast:node_mount_failures:ratio30m",
        change=r"3 -> 2\.7",
        reason="nodes are counted, and a count is a whole number",
    ),
    Equivalent(
        rule="HoldfastNodeMountsFailing",
        change=r"count by \(cluster, node\).* -> sum by \(cluster, node\).*",
        reason="how many plugins of the node it is, is told to nobody",
    ),
    Equivalent(
        rule="HoldfastDiskSlow",
        change=r"max by (?P<rest>.*) -> min by (?P=rest)",
        reason="only counted: which of two directions' values is kept is told to nobody",
    ),
    Equivalent(
        rule="holdfast:filesystem_(turned|lost):readonly|HoldfastFilesystemReadonly",
        change=r"max by (?P<max>.*) -> min by (?P=max)|count by (?P<count>.*) -> sum by (?P=count)",
        reason="what is kept is 1: the least of ones is 1, and their sum is their count",
    ),
    Equivalent(
        rule="holdfast:filesystem_lost:readonly",
        change=r"…?\w+{fstype!~\"[^\"]*\"} -> …?\w+{(fstype!~\"[^\"]*\")?}",
        reason="what is recorded as turned leaves these out: here too because that costs less",
    ),
    Equivalent(
        rule="holdfast:disk_(latency:seconds|operations:rate10m)",
        change=r"…?\w+{device!~\"[^\"]*\"}\[10m] -> …?\w+{(device!~\"[^\"]*\")?}\[10m]",
        reason="what it is reckoned with leaves these devices out too: both do because that costs less",
    ),
    Equivalent(
        rule="holdfast:pvc_lost:worth",
        change=r"(?P<left>max by .*\(holdfast_pvc_phase{phase=\"Lost\"}\)) == 1 -> (?P=left)",
        reason="the phase in force is 1, and of no other there is a sample: the comparison says so to the reader",
    ),
    Equivalent(
        rule="HoldfastClaimLost(Page)?|HoldfastAttachmentsDangling|HoldfastBackupEmpty",
        change=r"count by (?P<rest>.*) -> sum by (?P=rest)",
        reason="what is counted is 1: a sum of ones is their count",
    ),
    Equivalent(
        rule="HoldfastAttachmentsDangling",
        change=r"max by \(cluster, volumeattachment, persistentvolume, node\)(?P<rest>.*) -> max by \(cluster, volumeattachment, node\)(?P=rest)",
        reason="an attachment is of one volume: its name tells which",
    ),
    Equivalent(
        rule="holdfast:volume_(provision|attach)_duration_seconds:p95",
        change=r"5 -> 4\.5",
        reason="operations are counted: what the reckoning of an increase adds to four is far less than a half",
    ),
    Equivalent(
        rule="HoldfastBackupScheduleNotStarted",
        change=r"max by (?P<rest>.*)\(holdfast:backup_schedule_not_started:seconds{}\) -> min by (?P=rest)\(.*",
        reason="one series a schedule is recorded: there is nothing to choose from",
    ),
)


def reason_of(mutant: Mutant) -> str:
    """Why nothing can notice this mutant; empty where something can."""
    return next((line.reason for line in TABLE if line.fits(mutant)), "")
