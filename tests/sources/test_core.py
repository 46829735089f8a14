"""The core source: an object of the cluster in, what Holdfast knows of it out."""

import copy
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model.facts import NO_ANNOTATIONS, Annotations, Attachment, Mount, Pod, Volume, Workload
from holdfast.model.identity import ClaimRef, Owner
from holdfast.model.surroundings import Namespace, Node
from holdfast.sources.core import SOURCE
from tests.sources.core_cases import FEEDS, OBJECTS, annotated, at, fixture, minimal, read, read_one
from tests.sources.damage import GARBAGE, NEEDED, Place, places, put


def test_feeds() -> None:
    """Each kind stands once, in the group and under the plural that the API serves."""
    resources = [feed.resource for feed in SOURCE.feeds]
    assert [(resource.group, resource.plural) for resource in resources] == [
        ("", "persistentvolumeclaims"),
        ("", "persistentvolumes"),
        ("storage.k8s.io", "storageclasses"),
        ("storage.k8s.io", "volumeattachments"),
        ("", "resourcequotas"),
        ("storage.k8s.io", "csistoragecapacities"),
        ("", "namespaces"),
        ("", "nodes"),
        ("", "pods"),
        ("apps", "statefulsets"),
        ("apps", "deployments"),
        ("apps", "replicasets"),
        ("apps", "daemonsets"),
        ("batch", "jobs"),
        ("batch", "cronjobs"),
        ("policy", "poddisruptionbudgets"),
        ("storage.k8s.io", "csinodes"),
        ("storage.k8s.io", "csidrivers"),
    ]
    cluster_wide = {resource.plural for resource in resources if not resource.namespaced}
    assert cluster_wide == {
        "persistentvolumes",
        "storageclasses",
        "volumeattachments",
        "namespaces",
        "nodes",
        "csinodes",
        "csidrivers",
    }
    assert not SOURCE.protects


def test_csi_volume() -> None:
    """A volume tells its driver and handle, whose data it holds, and since when it is in its phase."""
    assert read_one(fixture("csi-volume")) == Volume(
        name="pvc-6b1d5c0e",
        uid="77777777-0000-4000-8000-000000000001",
        created=at("2026-03-01T08:00:05Z"),
        phase="Bound",
        phase_since=at("2026-03-01T08:00:06Z"),
        reclaim_policy="Delete",
        storage_class="gp3",
        capacity=12 * 2**30,
        backing="csi",
        csi_driver="ebs.csi.aws.com",
        csi_handle="vol-0123456789abcdef0",
        claim=ClaimRef("shop", "data-postgres-0"),
        claim_uid="6b1d5c0e-3f5e-4a53-9b0e-0d8f1f0c7f11",
    )


@pytest.mark.parametrize(
    "backing", ["nfs", "hostPath", "local", "awsElasticBlockStore", "scaleIO", "vsphereVolume"]
)
def test_backing(backing: str) -> None:
    """A volume that no CSI driver made is told by the API's name of its source."""
    volume = read_one(minimal("PersistentVolume", spec={backing: {"path": "/x"}}))
    assert (volume.backing, volume.csi_driver) == (backing, "")


def test_free_volume() -> None:
    """A volume that no claim ever asked for belongs to nobody, and is to be kept unless it says otherwise."""
    volume = read_one(minimal("PersistentVolume", spec={"claimRef": None}, status={"phase": "Available"}))
    assert (volume.claim, volume.claim_uid, volume.reclaim_policy, volume.phase_since) == (
        None,
        "",
        "Retain",
        None,
    )


def test_class_of_an_old_volume() -> None:
    """The deprecated class annotation of a volume beats its field."""
    volume = fixture("csi-volume")
    volume["metadata"]["annotations"]["volume.beta.kubernetes.io/storage-class"] = "legacy"
    assert read_one(volume).storage_class == "legacy"


def test_volume_attachment() -> None:
    """An attachment that is stuck tells that it is being deleted, still attached, and fails to detach."""
    assert read_one(fixture("volume-attachment")) == Attachment(
        name="csi-0a1b2c",
        uid="55555555-2222-4333-8444-555555555555",
        created=at("2026-03-01T08:00:40Z"),
        driver="ebs.csi.aws.com",
        node="node-7",
        volume="pvc-6b1d5c0e",
        attached=True,
        detach_error=True,
        deleting_since=at("2026-10-31T12:00:00Z"),
    )


def test_namespace() -> None:
    """A namespace tells its labels, and objectives for all its claims."""
    metadata = {"name": "shop", "labels": {"tier": "gold"}, "annotations": {"holdfast.dev/rpo": "4h"}}
    assert read_one(minimal("Namespace", metadata=metadata)) == Namespace(
        name="shop", labels={"tier": "gold"}, annotations=Annotations(rpo="4h")
    )


def test_node_heartbeat() -> None:
    """A heartbeat is no change."""
    before = fixture("node")
    after = copy.deepcopy(before)
    for condition in after["status"]["conditions"]:
        condition["lastHeartbeatTime"] = "2026-11-01T00:05:00Z"
    assert read_one(before) == read_one(after)
    assert read_one(before) == Node(
        name="node-7",
        ready=True,
        unschedulable=True,
        labels={
            "kubernetes.io/hostname": "node-7",
            "topology.kubernetes.io/zone": "eu-west-1a",
            "topology.kubernetes.io/region": "eu-west-1",
        },
    )


@pytest.mark.parametrize(("status", "ready"), [("True", True), ("False", False), ("Unknown", None)])
def test_node_readiness(status: str, ready: bool | None) -> None:
    """A node that fell silent is neither ready nor known not to be."""
    node = minimal("Node", status={"conditions": [{"type": "Ready", "status": status}]})
    assert read_one(node).ready is ready
    assert read_one(minimal("Node")).ready is None


def read_pod(obj: Any) -> Pod:
    (pod,) = (record for record in read(obj) if isinstance(record, Pod))
    return pod


def test_pod_with_claims() -> None:
    """A pod tells the claims it names, those of its ephemeral volumes included, and Velero's marks."""
    assert read_pod(fixture("pod-with-claims")) == Pod(
        namespace="shop",
        name="postgres-0",
        uid="0d9e3b4a-1c8e-4f0a-8a55-2f6a4d1f0c22",
        created=at("2026-03-01T08:00:30Z"),
        phase="Running",
        node="node-7",
        mounts=(
            Mount(volume="data", claim="data-postgres-0"),
            Mount(volume="scratch", claim="postgres-0-scratch", ephemeral=True),
        ),
        labels={
            "app.kubernetes.io/name": "postgres",
            "statefulset.kubernetes.io/pod-name": "postgres-0",
        },
        owner=Owner("apps/v1", "StatefulSet", "postgres", "11111111-2222-4333-8444-555555555555"),
        velero_volumes=("data", "scratch"),
        velero_volumes_excluded=("config",),
        velero_hooks=True,
    )


def test_what_is_not_read_is_not_decoded() -> None:
    """Env, args, secrets' names and annotations that nobody reads are not decoded."""
    for obj in OBJECTS:
        body = msgspec.json.encode(obj)
        decoded = msgspec.json.decode(body, type=FEEDS[obj["kind"]].shape)
        assert "not-for-us" not in repr(decoded)
    assert sum(b"not-for-us" in msgspec.json.encode(obj) for obj in OBJECTS) >= 5


@pytest.mark.parametrize(
    "volumes", [None, [], [{"name": "tmp", "emptyDir": {}}], [None], [{"name": "a", "ephemeral": None}]]
)
def test_pod_without_claims(volumes: Any) -> None:
    """Of a pod that names no claim, only what it may fill of its node is kept."""
    (record,) = read(minimal("Pod", spec={"volumes": volumes}))
    assert not isinstance(record, Pod)


def test_velero_volume_names() -> None:
    """Volume names are split as Velero splits them: beside a blank it finds no such volume."""
    pod = fixture("pod-with-claims")
    pod["metadata"]["annotations"]["backup.velero.io/backup-volumes"] = "data, scratch,"
    assert read_pod(pod).velero_volumes == ("data", " scratch")


def test_stateful_set() -> None:
    """A StatefulSet tells its claim templates, its first ordinal and the claims that all its pods share."""
    assert read_one(fixture("stateful-set")) == Workload(
        kind="StatefulSet",
        namespace="shop",
        name="postgres",
        uid="11111111-2222-4333-8444-555555555555",
        created=at("2026-03-01T08:00:00Z"),
        annotations=Annotations(tier="gold"),
        labels={"app.kubernetes.io/name": "postgres"},
        claims=("archive",),
        claim_templates=("data", "wal"),
        replicas=3,
        first_ordinal=5,
        deletes_claims=("whenScaled",),
        pod_labels={"app.kubernetes.io/name": "postgres"},
        template_classes=("",),
    )


def test_cron_job() -> None:
    """A CronJob that protects claims is kept although its template names none."""
    assert read_one(fixture("dump-cron-job")) == Workload(
        kind="CronJob",
        namespace="shop",
        name="dump",
        uid="22222222-2222-4333-8444-555555555555",
        created=at("2026-03-01T08:00:00Z"),
        annotations=Annotations(
            protects="statefulset/postgres", placement="offsite", consistency="application"
        ),
        suspended=True,
    )


def test_finished_job() -> None:
    """A Job is finished once it is complete or failed; conditions that only announce it do not count."""
    job = fixture("finished-job")
    assert read(job)[0] == Workload(
        kind="Job",
        namespace="shop",
        name="copy-29000000",
        uid="33333333-2222-4333-8444-555555555555",
        created=at("2026-10-31T03:00:00Z"),
        annotations=NO_ANNOTATIONS,
        claims=("backups",),
        finished=True,
        owner=Owner("batch/v1", "CronJob", "copy", "4"),
    )
    for conditions, finished in (
        ([{"type": "SuccessCriteriaMet", "status": "True"}], False),
        ([{"type": "Complete", "status": "False"}], False),
        ([{"type": "Failed", "status": "True"}], True),
        (None, False),
    ):
        job["status"]["conditions"] = conditions
        record = read(job)[0]
        assert isinstance(record, Workload)
        assert record.finished is finished


def pod_template(*claims: str) -> Any:
    volumes = [{"name": claim, "persistentVolumeClaim": {"claimName": claim}} for claim in claims]
    return {"spec": {"volumes": volumes}}


@pytest.mark.parametrize("kind", ["StatefulSet", "Deployment", "ReplicaSet", "DaemonSet", "Job", "CronJob"])
def test_workloads_that_matter(kind: str) -> None:
    """Of a workload remains a record if its template names a claim or it is annotated, otherwise nothing."""
    spec = {"template": pod_template("b", "a", "b")}
    if kind == "CronJob":
        spec = {"jobTemplate": {"spec": spec}}
    assert read_one(minimal(kind, spec=spec)).claims == ("a", "b")
    assert read(minimal(kind, spec={"replicas": 0, "template": pod_template()})) == []
    assert annotated(kind, {"holdfast.dev/rpoo": "1h"}) == Annotations(unknown=("rpoo",))


@pytest.mark.parametrize(
    ("kind", "replicas"), [("Deployment", 0), ("ReplicaSet", None), ("StatefulSet", None)]
)
def test_replicas(kind: str, replicas: int | None) -> None:
    """The number of pods wanted is as written, and one where nothing is written, as the API takes it."""
    record = read_one(minimal(kind, spec={"replicas": replicas, "template": pod_template("a")}))
    assert record.replicas == (1 if replicas is None else 0)


def test_annotations_copied_to_a_replica_set() -> None:
    """A ReplicaSet does not speak for its Deployment: its annotations are copies, some of them old."""
    replica_set = minimal("ReplicaSet", spec={"template": pod_template("a")})
    replica_set["metadata"]["annotations"] = {"holdfast.dev/rpo": "1h"}
    assert read_one(replica_set).annotations == Annotations(rpo="1h")
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "u", "controller": True}
    replica_set["metadata"]["ownerReferences"] = [owner]
    assert read_one(replica_set).annotations == NO_ANNOTATIONS
    del replica_set["spec"]
    assert read(replica_set) == []


@pytest.mark.parametrize("kind", sorted(FEEDS))
def test_bare_object(kind: str) -> None:
    """An object of nothing but a name survives, and so does one whose every field is null."""
    read({"kind": kind, "metadata": {"name": "x"}})
    nulls = {field: None for field in FEEDS[kind].shape.__struct_encode_fields__ if field != "metadata"}
    metadata = dict.fromkeys(
        ("namespace", "uid", "creationTimestamp", "labels", "annotations", "ownerReferences")
    )
    for record in read({"kind": kind, **nulls, "metadata": {**metadata, "name": "x", "finalizers": [None]}}):
        assert record.key
        assert record.touches()


@pytest.mark.parametrize("kind", sorted(FEEDS))
def test_object_without_a_name(kind: str) -> None:
    """An object without a name is none: it is refused and not read."""
    for metadata in ({}, {"name": None}, {"name": ""}):
        with pytest.raises(msgspec.ValidationError, match="name"):
            read({"kind": kind, "metadata": metadata})


def test_texts_are_shared() -> None:
    """What thousands of records repeat is in memory once."""
    one, two = read_pod(fixture("pod-with-claims")), read_pod(fixture("pod-with-claims"))
    assert one.owner
    assert two.owner
    for attribute in ("namespace", "node", "phase"):
        assert getattr(one, attribute) is getattr(two, attribute)
    assert one.owner.name is two.owner.name
    assert one.mounts[0].claim is read_one(fixture("bound-claim")).ref.name
    assert [id(name) for name in one.labels] == [id(name) for name in two.labels]


PLACES = places(OBJECTS)


def test_null_anywhere() -> None:
    """A null in any place of an object loses at most what stood in that place."""
    for obj, path in PLACES:
        if path not in NEEDED:
            read(put((obj, path), None))


@settings(deadline=None)  # a busy machine is no failure
@given(st.sampled_from(PLACES), GARBAGE)
def test_garbage_is_read_or_refused(place: Place, garbage: Any) -> None:
    """Whatever stands in one place of an object, either it is refused when decoded or it can be read."""
    try:
        records = read(put(place, garbage))
    except msgspec.ValidationError:
        return
    for record in records:
        assert record.key[-1]
        record.links()
        record.touches()
