"""Velero's objects in, copies and misses of one claim out."""

from typing import Any

import pytest

from holdfast.model.facts import Fact
from holdfast.model.identity import ClaimRef, ObjectRef, TargetKey
from holdfast.model.observation import Observation
from holdfast.model.protection import Copy, Coverage, Miss
from holdfast.model.snapshots import Snapshot
from holdfast.sources.velero import SOURCE
from holdfast.sources.velero.coverage import scopes
from tests.sources.facts import Roll
from tests.sources.velero_cases import (
    CLAIM,
    NIGHTLY,
    OFFSITE,
    POD,
    RUN,
    SHOP,
    VOLUME,
    at,
    but,
    covered,
    in_cluster,
    situation,
)

EVIDENCE = ObjectRef("Backup.velero.io", "velero", RUN)
COPY = Copy(
    source="velero",
    claim=CLAIM.ref,
    captured=at("02:00:07"),
    placement="offsite",
    consistency="crash",
    evidence=ObjectRef("PodVolumeBackup.velero.io", "velero", f"{RUN}-abc12"),
    claim_uid="claim-1",
    size=1073741824,
    expires=at("2026-12-01T02:00:01Z"),
    target=OFFSITE,
    schedule=NIGHTLY,
)


def missed(cause: Any, time: str = "02:00:01") -> tuple[Miss, ...]:
    return (Miss(schedule=NIGHTLY, time=at(time), cause=cause, evidence=EVIDENCE),)


@pytest.mark.tells("velero", "age", "size")
def test_completed_with_pvb() -> None:
    """A whole PodVolumeBackup of a Completed run is a copy, taken when its upload began."""
    assert covered(*situation("completed-with-pvb")) == Coverage(source="velero", copies=(COPY,))


def test_move_data() -> None:
    """A whole DataUpload is an offsite copy, taken when it was created."""
    (found,) = covered(*situation("move-data")).copies
    evidence = ObjectRef("DataUpload.velero.io", "velero", f"{RUN}-ghi56")
    assert found == but(COPY, captured=at("02:00:20"), size=2147483648, evidence=evidence)


def test_completed_without_volume() -> None:
    """A Completed run of which nothing names the claim does not protect it: it left the claim out."""
    assert covered(*situation("completed-without-volume")) == Coverage(
        source="velero", misses=missed("not-captured")
    )


def test_no_way() -> None:
    """A volume that no snapshot can be cut of is passed over in silence, and the run ends Completed: it missed it."""
    facts = (CLAIM, but(VOLUME, backing="nfs"), POD)
    assert covered(*situation("csi"), facts=facts, rolls=roll(situation("csi"), facts=facts)) == Coverage(
        source="velero", misses=missed("not-captured")
    )


def test_left_out_on_purpose() -> None:
    """A run that was told to leave the claim out did not miss it."""
    labelled = (but(CLAIM, velero_excluded=True), VOLUME, POD)
    assert covered(*situation("csi"), facts=labelled) == Coverage(source="velero")
    assert covered(*situation("csi", spec={"snapshotVolumes": False})) == Coverage(source="velero")


def test_partial() -> None:
    """In a PartiallyFailed run what was read whole counts, and what was not does not."""
    logs = but(CLAIM, ref=ClaimRef("shop", "logs"), uid="claim-2")
    assert covered(*situation("partial")).copies == (COPY,)
    assert covered(*situation("partial"), facts=(logs,)) == Coverage(source="velero", misses=missed("failed"))
    younger = but(logs, created=at("03:00:00"))
    assert covered(*situation("partial"), facts=(younger,)) == Coverage(source="velero")


def test_failed() -> None:
    """A Failed run holds nothing, not even volumes that had been read: its list of objects is not stored."""
    assert covered(*situation("failed")) == Coverage(source="velero", misses=missed("failed"))


def test_failed_validation() -> None:
    """A refused run is a failed one, at the time it was made."""
    assert covered(*situation("failed-validation")).misses == missed("failed", "02:00:00")


@pytest.mark.parametrize("name", ["in-progress", "queued", "deleting"])
def test_unfinished(name: str) -> None:
    """A run that goes on, waits or is being deleted says nothing of the claim yet, or any more."""
    assert covered(*situation(name)) == Coverage(source="velero")


def test_deletion_under_way() -> None:
    """A run whose object is on its way out is no copy."""
    run = situation("completed-with-pvb", metadata={"deletionTimestamp": "2026-11-02T00:00:00Z"})
    assert covered(*run) == Coverage(source="velero")


def test_backup_gone() -> None:
    """A PodVolumeBackup without its Backup cannot be restored."""
    assert covered(situation("completed-with-pvb")[1]) == Coverage(source="velero")


@pytest.mark.tells("velero", "retention")
def test_expired() -> None:
    """A run past its expiry that still stands is a copy with that expiry: whether it counts is judged elsewhere."""
    assert [found.expires for found in covered(*situation("expired")).copies] == [at("06:00:00")]


def test_v1_9() -> None:
    """Velero 1.9 names neither the claim's uid nor, here, the run's: the run is found by its name."""
    assert covered(*situation("v1.9")).copies == (but(COPY, claim_uid="", size=None),)


def test_long_name() -> None:
    """Where the run's name is too long for a label, the label holds its beginning and a digest."""
    name = "this_is_a_very_long_label_value_that_will_be_rejected_by_Kubernetes"  # from Velero's own tests
    label, run = "this_is_a_very_long_label_value_that_will_be_rejected_by_8d0722", situation("v1.9")
    run[0]["metadata"]["name"] = name
    run[1]["metadata"]["labels"] = {"velero.io/backup-name": label}
    seen = Observation("snapshot_seen", "claim-1", at("02:00:30"), f"velero/{label}")
    assert len(covered(*run).copies) == 1
    assert len(covered(*situation("csi", metadata={"name": name}), remembered=(seen,)).copies) == 1


def test_name_reused() -> None:
    """The uid on a volume's record beats the name: a run made again under an old name did not make the old copies."""
    run = situation("completed-with-pvb", metadata={"uid": "backup-2"})
    assert covered(*run) == Coverage(source="velero", misses=missed("not-captured"))


def test_several_pods() -> None:
    """A claim that several pods mount is taken once, and one whole record is enough."""
    run = situation("completed-with-pvb")
    twin = situation("partial")[1]
    twin["metadata"]["name"] = f"{RUN}-zzz99"
    twin["status"]["phase"] = "Canceled"
    assert covered(*run, twin).copies == (COPY,)


def test_two_whole_records() -> None:
    """Of two whole records of one claim in one run, the earlier tells when its data was read."""
    run, late = situation("completed-with-pvb"), situation("completed-with-pvb")[1]
    late["metadata"]["name"], late["status"]["startTimestamp"] = f"{RUN}-aaa00", "2026-11-01T02:04:00Z"
    assert covered(*run, late).copies == (COPY,)


def test_synced_from_another_cluster() -> None:
    """A run of another cluster says whose volumes it took; that our claim is not among them is no failure of ours."""
    (found,) = covered(*situation("synced-from-another-cluster")).copies
    assert found.claim_uid == "claim-of-another-cluster"
    assert covered(situation("synced-from-another-cluster")[0]) == Coverage(source="velero")


def test_synced_without_uid() -> None:
    """A volume's record found in a bucket that does not tell whose it is could be anyone's: it is no copy."""
    run = situation("v1.9", metadata={"creationTimestamp": "2026-11-01T02:11:20Z"})
    assert covered(*run) == Coverage(source="velero")


def test_clocks_differ() -> None:
    """A run made here may seem to have begun a little before it was made."""
    run = situation("completed-without-volume", metadata={"creationTimestamp": "2026-11-01T02:00:11Z"})
    assert covered(*run).misses == missed("not-captured")


def test_found_at_once() -> None:
    """A short run of another cluster that is found in the bucket at once was made here after it had ended."""
    times = {"startTimestamp": "2026-11-01T02:00:01Z", "completionTimestamp": "2026-11-01T02:00:04Z"}
    run = situation("csi", metadata={"creationTimestamp": "2026-11-01T02:00:09Z"}, status=times)
    assert covered(*run, rolls=roll(run)) == Coverage(source="velero")
    assert scopes(CLAIM, in_cluster(*run)) == ()
    assert len(scopes(CLAIM, in_cluster(*situation("csi", status=times)))) == 2


def test_claim_came_later() -> None:
    """A run does not miss a claim that was made after it began."""
    later = but(CLAIM, created=at("02:05:00"))
    assert covered(*situation("completed-without-volume"), facts=(later, VOLUME, POD)) == Coverage(
        source="velero"
    )


SEEN = Observation("snapshot_seen", "claim-1", at("02:00:30"), f"velero/{RUN}")
SNAPSHOT = Snapshot(
    namespace="shop",
    name="velero-data-x7k2p",
    uid="snapshot-1",
    created=at("02:00:29"),
    source_claim="data",
    source_content="",
    content="snapcontent-1",
    snapshot_class="fast",
    ready=True,
    captured=at("02:00:30"),
    size=None,
    error=False,
    velero_backup=RUN,
)
LOCAL = but(COPY, captured=at("02:00:30"), placement="local", size=None, evidence=EVIDENCE)


def test_csi_seen() -> None:
    """A snapshot that was seen while the run lasted is a local copy once the run ended well."""
    assert covered(*situation("csi"), remembered=(SEEN,)) == Coverage(source="velero", copies=(LOCAL,))


def test_csi_seen_and_thrown_away() -> None:
    """A run that tried two and completed none has deleted them on the storage, though they were seen ready."""
    thrown = situation(
        "csi",
        status={
            "phase": "PartiallyFailed",
            "csiVolumeSnapshotsAttempted": 2,
            "csiVolumeSnapshotsCompleted": None,
        },
    )
    assert covered(*thrown, remembered=(SEEN,)).copies == ()
    thrown[0]["status"]["csiVolumeSnapshotsAttempted"] = None  # it does not always count what it gave up
    assert covered(*thrown, remembered=(SEEN,)).copies == ()


def test_csi_snapshot_still_there() -> None:
    """Velero removes the snapshot at the end of the run; until then it speaks for itself."""
    assert covered(*situation("csi"), facts=(*SHOP, SNAPSHOT)).copies == (LOCAL,)
    assert covered(*situation("csi"), facts=(*SHOP, but(SNAPSHOT, ready=False))).copies == ()
    assert covered(*situation("csi", status={"phase": "InProgress"}), facts=(*SHOP, SNAPSHOT)).copies == ()
    younger = but(CLAIM, created=at("02:00:40"))  # another claim of that name, made in its place
    assert covered(*situation("csi"), facts=(younger, VOLUME, POD, SNAPSHOT)).copies == ()


def test_csi_seen_but_moved() -> None:
    """A snapshot whose data is moved away does not outlive the run: without its DataUpload there is no copy."""
    run = situation("move-data")[:1]
    assert covered(*run, remembered=(SEEN,)) == Coverage(source="velero", misses=missed("not-captured"))


@pytest.mark.parametrize("phase", ["Failed", "Deleting"])
def test_csi_seen_but_failed(phase: str) -> None:
    """A snapshot of a run that did not end well cannot be restored through it."""
    assert covered(*situation("csi", status={"phase": phase}), remembered=(SEEN,)).copies == ()


def test_csi_seen_at_another_time() -> None:
    """A snapshot from outside the run belongs to an earlier run of that name."""
    stale = Observation("snapshot_seen", "claim-1", at("2026-10-20T02:00:30Z"), f"velero/{RUN}")
    assert covered(*situation("csi"), remembered=(stale,)).copies == ()


def roll(objects: list[dict[str, Any]], *others: Fact, facts: tuple[Fact, ...] = SHOP) -> Roll:
    cluster = in_cluster(*objects, facts=(*facts, *others))
    return Roll(SOURCE, cluster, [fact for fact in (*facts, *others) if isinstance(fact, type(CLAIM))])


OTHER = but(CLAIM, ref=ClaimRef("shop", "cache"), uid="claim-3", volume="pvc-3")
THIRD = but(CLAIM, ref=ClaimRef("shop", "logs"), uid="claim-4", volume="pvc-4")


def test_inferred() -> None:
    """Two snapshots tried, two completed, and two claims that the scope would snapshot: both were."""
    run = situation("csi")
    inferred = but(LOCAL, captured=at("02:00:01"), inferred=True)
    assert covered(*run, rolls=roll(run, OTHER)) == Coverage(source="velero", copies=(inferred,))


def test_missed_by_counters() -> None:
    """Two snapshots of three claims: nobody can tell which claim was left out."""
    run = situation("csi")
    assert covered(*run, rolls=roll(run, OTHER, THIRD)) == Coverage(
        source="velero", misses=missed("unproven")
    )


def test_inferred_counts_only_claims_of_then() -> None:
    """A claim that came after the run began does not weaken what the counters prove."""
    run = situation("csi")
    young = but(THIRD, created=at("02:00:02"))
    assert covered(*run, rolls=roll(run, OTHER, young)).copies != ()


@pytest.mark.parametrize(
    "change",
    [
        {"status": {"csiVolumeSnapshotsCompleted": 1}},
        {"status": {"csiVolumeSnapshotsAttempted": 3}},
        {"status": {"phase": "PartiallyFailed"}},
        {"metadata": {"creationTimestamp": "2026-11-01T02:11:20Z"}},
        {"spec": {"resourcePolicy": {"kind": "configmap", "name": "volumes"}}},
    ],
    ids=["one failed", "one still open", "partly failed", "made elsewhere", "policy unknown"],
)
def test_not_inferred(change: dict[str, Any]) -> None:
    """Counters prove nothing where one snapshot is amiss, the run is not ours, or a policy decided unseen."""
    run = situation("csi", **change)
    assert covered(*run, rolls=roll(run)).copies == ()


def test_not_inferred_against_an_object() -> None:
    """Where an object of the run tells that the claim was not copied, no counter tells otherwise."""
    run = situation("csi")
    failed = situation("partial")[1]
    failed["status"]["phase"] = "Failed"
    assert covered(*run, failed, rolls=roll(run)) == Coverage(source="velero", misses=missed("failed"))


def test_native_inferred() -> None:
    """Native snapshots have their own counter, for volumes without CSI."""
    run = situation("native")
    facts = (CLAIM, but(VOLUME, backing="awsElasticBlockStore"), POD)
    (found,) = covered(*run, facts=facts, rolls=roll(run, facts=facts)).copies
    assert (found.inferred, found.placement) == (True, "local")
    assert covered(*run, facts=facts, rolls=roll(run, OTHER, facts=facts)).misses == missed("unproven")


def test_policy() -> None:
    """Under a policy that we do not read, a run without evidence proves neither; without snapshots, it is no miss."""
    assert covered(*situation("resource-policy")).misses == missed("unproven")
    counters = {"csiVolumeSnapshotsAttempted": 0, "csiVolumeSnapshotsCompleted": 0}
    assert covered(*situation("resource-policy", status=counters)).misses == ()
    assert covered(*situation("resource-policy"), situation("completed-with-pvb")[1]).copies == (COPY,)


def test_manual() -> None:
    """A backup that nobody scheduled is a copy without a schedule."""
    run = situation("completed-with-pvb", metadata={"labels": {}}, spec={"storageLocation": None})
    assert covered(*run).copies == (but(COPY, schedule=None, target=None),)


def test_two_installations() -> None:
    """Two Veleros may have runs of one name; each volume's record belongs to the run in its own namespace."""
    run, other = situation("v1.9"), situation("v1.9")
    for obj in other:
        obj["metadata"]["namespace"] = "backup"
    other[0]["spec"]["storageLocation"] = "second"
    targets = [found.target for found in covered(*run, *other).copies]
    assert targets == [TargetKey("velero", "backup", "second"), OFFSITE]


def test_hooks() -> None:
    """A copy is application-consistent where hooks ran, none failed, and one covers a pod that mounts the claim."""
    assert [found.consistency for found in covered(*situation("hooks")).copies] == ["application"]


@pytest.mark.parametrize(
    ("change", "pod"),
    [
        ({"status": {"hookStatus": {"hooksAttempted": 2, "hooksFailed": 1}}}, POD),
        ({"status": {"hookStatus": None}}, POD),
        ({}, but(POD, labels={"app": "cron"})),
        ({}, but(POD, velero_excluded=True)),
        ({}, but(POD, phase="Succeeded")),
        ({"spec": {"hooks": {"resources": [{"name": "x", "post": [{}]}]}}}, POD),
        (
            {"spec": {"hooks": {"resources": [{"name": "x", "pre": [{}], "excludedNamespaces": ["shop"]}]}}},
            POD,
        ),
        ({"spec": {"hooks": {"resources": [{"name": "x", "pre": [{}], "includedResources": ["pvc"]}]}}}, POD),
    ],
    ids=[
        "one failed",
        "none ran",
        "other labels",
        "pod left out",
        "pod over",
        "only after",
        "elsewhere",
        "no pods",
    ],
)
def test_hooks_that_do_not_count(change: dict[str, Any], pod: Fact) -> None:
    """A hook that failed, ran elsewhere, or ran only afterwards makes nothing consistent."""
    assert [
        c.consistency for c in covered(*situation("hooks", **change), facts=(CLAIM, VOLUME, pod)).copies
    ] == ["crash"]


def test_hooks_by_annotation() -> None:
    """A pod may carry its hook itself."""
    run = situation("hooks", spec={"hooks": {}})
    hooked = (CLAIM, VOLUME, but(POD, velero_hooks=True))
    assert [found.consistency for found in covered(*run, facts=hooked).copies] == ["application"]
    assert [found.consistency for found in covered(*run).copies] == ["crash"]
