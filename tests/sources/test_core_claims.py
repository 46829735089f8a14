"""The core source: claims, and the annotations that claims, namespaces and workloads carry."""

from typing import Any

import msgspec
import pytest

from holdfast.model.facts import Annotations, Claim, Condition, DataSource
from holdfast.model.identity import ClaimRef, Owner
from tests.sources.core_cases import FEEDS, annotated, at, fixture, minimal, read_one


def test_bound_claim() -> None:
    """A claim is read with its objectives, its volume, its sizes and its conditions."""
    assert read_one(fixture("bound-claim")) == Claim(
        ref=ClaimRef("shop", "data-postgres-0"),
        uid="6b1d5c0e-3f5e-4a53-9b0e-0d8f1f0c7f11",
        created=at("2026-03-01T08:00:00Z"),
        labels={"app.kubernetes.io/name": "postgres", "tier": "gold"},
        annotations=Annotations(rpo="1h", restore_drill_every="90d", owner="team-shop"),
        storage_class="gp3",
        volume="pvc-6b1d5c0e",
        volume_mode="Filesystem",
        access_modes=("ReadOnlyMany", "ReadWriteOnce"),
        requested=10 * 2**30,
        capacity=12 * 2**30,
        phase="Bound",
        finalizers=("kubernetes.io/pvc-protection",),
        conditions=(
            Condition(type="Unused", status="False", reason="PodUsingPVC", since=at("2026-03-01T08:01:00Z")),
        ),
        selected_node="node-7",
    )


def test_new_claim() -> None:
    """A claim that no controller has touched yet says little, and nothing of it is made up."""
    claim = read_one(minimal("PersistentVolumeClaim", spec={"resources": {"requests": {"storage": 1024}}}))
    assert (claim.volume, claim.storage_class, claim.phase, claim.capacity) == ("", "", "", None)
    assert (claim.requested, claim.volume_mode) == (1024, "Filesystem")


def test_age_unknown() -> None:
    """An object that does not tell when it was created counts as having always been there."""
    for written in (None, "", "0001-01-01T00:00:00Z"):
        claim = fixture("bound-claim")
        claim["metadata"]["creationTimestamp"] = written
        assert read_one(claim).created == 0.0


def test_deprecated_class_annotation() -> None:
    """The deprecated class annotation beats the field, as it does in Kubernetes, also where it is empty."""
    claim = fixture("bound-claim")
    for written in ("legacy", ""):
        claim["metadata"]["annotations"]["volume.beta.kubernetes.io/storage-class"] = written
        assert read_one(claim).storage_class == written


@pytest.mark.parametrize(
    ("status", "stage"),
    [
        ({"allocatedResourceStatuses": {"storage": "NodeResizePending"}}, "NodeResizePending"),
        ({"allocatedResourceStatuses": {"storage": "ControllerResizeFailed"}}, "ControllerResizeInfeasible"),
        ({"resizeStatus": "NodeExpansionFailed"}, "NodeResizeInfeasible"),
        ({"resizeStatus": ""}, ""),
        ({"allocatedResourceStatuses": {"storage": "SomethingNew"}}, "SomethingNew"),
        ({}, ""),
    ],
)
def test_resize_status(status: Any, stage: str) -> None:
    """A resize is told in today's words, whatever the release of Kubernetes called it."""
    assert read_one(minimal("PersistentVolumeClaim", status=status)).resize_status == stage


@pytest.mark.parametrize(
    ("spec", "status", "wanted", "current"),
    [
        ({}, {}, "", None),
        ({"volumeAttributesClassName": None}, {"currentVolumeAttributesClassName": ""}, "", None),
        ({"volumeAttributesClassName": "gold"}, {}, "gold", None),
        (
            {"volumeAttributesClassName": "gold"},
            {"currentVolumeAttributesClassName": "silver"},
            "gold",
            "silver",
        ),
    ],
)
def test_volume_attributes(spec: Any, status: Any, wanted: str, current: str | None) -> None:
    """A claim tells which class of attributes it asks for, and which one its volume has."""
    claim = read_one(minimal("PersistentVolumeClaim", spec=spec, status=status))
    assert (claim.attributes_wanted, claim.attributes_current) == (wanted, current)


def test_data_source() -> None:
    """What a claim was filled from lies in its own namespace unless the reference names another."""
    snapshot = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "nightly"}
    own = read_one(minimal("PersistentVolumeClaim", spec={"dataSource": snapshot, "dataSourceRef": snapshot}))
    assert own.data_source == DataSource(
        group="snapshot.storage.k8s.io", kind="VolumeSnapshot", namespace="shop", name="nightly"
    )
    clone = {"apiGroup": None, "kind": "PersistentVolumeClaim", "name": "data", "namespace": "prod"}
    other = read_one(minimal("PersistentVolumeClaim", spec={"dataSource": None, "dataSourceRef": clone}))
    assert other.data_source == DataSource(
        group="", kind="PersistentVolumeClaim", namespace="prod", name="data"
    )


def test_claim_of_an_ephemeral_volume() -> None:
    """A claim tells who controls it; an owner that only collects garbage is none."""
    pod = {"apiVersion": "v1", "kind": "Pod", "name": "web-0", "uid": "u1"}
    claim = minimal("PersistentVolumeClaim")
    claim["metadata"]["ownerReferences"] = [dict(pod, name="other"), dict(pod, controller=True)]
    assert read_one(claim).owner == Owner("v1", "Pod", "web-0", "u1")
    claim["metadata"]["ownerReferences"] = [pod]
    assert read_one(claim).owner is None


def test_terminating_claim() -> None:
    """A claim that is being deleted tells since when and what holds it."""
    claim = fixture("bound-claim")
    claim["metadata"]["deletionTimestamp"] = "2026-11-01T00:00:00Z"
    record = read_one(claim)
    assert record.deleting_since == at("2026-11-01T00:00:00Z")
    assert record.finalizers == ("kubernetes.io/pvc-protection",)


def test_velero_marks_on_a_claim() -> None:
    """A claim tells that a restore made it, and that Velero is told to leave it out."""
    claim = fixture("bound-claim")
    claim["metadata"]["labels"] |= {"velero.io/restore-name": "r1", "velero.io/exclude-from-backup": "true"}
    assert (read_one(claim).velero_restore, read_one(claim).velero_excluded) == ("r1", True)
    claim["metadata"]["labels"]["velero.io/exclude-from-backup"] = "false"
    assert not read_one(claim).velero_excluded
    claim["metadata"]["annotations"]["velero.io/skip-from-backup"] = ""
    assert read_one(claim).velero_excluded


@pytest.mark.parametrize("kind", ["PersistentVolumeClaim", "Namespace", "Deployment"])
def test_annotations(kind: str) -> None:
    """Objectives are read alike from claims, namespaces and workloads; names that do not exist are told."""
    written = {
        "holdfast.dev/replication-lag": "5m",
        "holdfast.dev/rpoo": "1h",
        "holdfast.dev/": "",
        "other/rpo": "2h",
    }
    assert annotated(kind, written) == Annotations(replication_lag="5m", unknown=("", "rpoo"))


def test_every_annotation_has_a_field() -> None:
    """Each field of the record is filled from the annotation of its name."""
    fields = [field for field in Annotations.__struct_fields__ if field != "unknown"]
    written = {f"holdfast.dev/{field.replace('_', '-')}": field for field in fields}
    record = annotated("Namespace", written)
    assert [getattr(record, field) for field in fields] == fields


def test_malformed_annotation() -> None:
    """A value that is no text does not lose the object: it stays as it is spelled, for a finding to quote."""
    written = {
        "holdfast.dev/rpo": 26,
        "holdfast.dev/mute": True,
        "holdfast.dev/owner": None,
        "other": [1, {}],
    }
    assert annotated("PersistentVolumeClaim", written) == Annotations(rpo="26", mute="true")


def test_malformed_utf8_in_an_annotation() -> None:
    """Bytes that are no text do not lose the object either."""
    feed = FEEDS["PersistentVolumeClaim"]
    body = b'{"metadata": {"name": "x", "annotations": {"holdfast.dev/owner": "a\xff"}}}'
    (claim,) = feed.read(msgspec.json.decode(body, type=feed.shape))
    assert isinstance(claim, Claim)
    assert claim.annotations.owner == '"a\ufffd"'


def test_huge_annotation() -> None:
    """A huge value is cut where it is free text, and an exemption keeps its end wherever it stood."""
    owner = annotated("PersistentVolumeClaim", {"holdfast.dev/owner": "a" * 100_000}).owner
    assert len(owner) < 1100
    assert owner.endswith("a…")
    reason = "because " * 10_000 + "until=2027-06-30"
    exempt = annotated("PersistentVolumeClaim", {"holdfast.dev/exempt": reason}).exempt
    assert len(exempt) < 1200
    assert exempt.startswith("until=2027-06-30 because")


def test_huge_list() -> None:
    """No item of a list of protected claims is ever cut away."""
    claims = ",".join(f"data-{number}" for number in range(10_000))
    assert annotated("CronJob", {"holdfast.dev/protects": claims}).protects == claims
