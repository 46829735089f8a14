"""Objects as the API spells them in, findings out: what the checks of the whole cluster rest on is really read."""

from tests.world import World, claim, laid_over, pod

NODES = """
apiVersion: v1
kind: Node
metadata: {name: node-1, labels: {kubernetes.io/hostname: node-1, topology.kubernetes.io/zone: a}}
status: {conditions: [{type: Ready, status: "%s"}]}
---
apiVersion: v1
kind: Node
metadata: {name: node-2, labels: {kubernetes.io/hostname: node-2, topology.kubernetes.io/zone: b}}
status: {conditions: [{type: Ready, status: "True"}]}
"""
LOCAL = """
apiVersion: v1
kind: PersistentVolume
metadata: {name: pv-shop-data}
spec:
  claimRef: {namespace: shop, name: data}
  local: {path: /disk}
  nodeAffinity:
    required:
      nodeSelectorTerms:
      - matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [node-1]}]
"""
CLASSES = """
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fast}
provisioner: ebs.csi.aws.com
parameters: {encrypted: "false"}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: slow}
provisioner: ebs.csi.aws.com
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: old}
provisioner: kubernetes.io/aws-ebs
volumeBindingMode: WaitForFirstConsumer
"""
STATEFUL_SET = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {namespace: shop, name: web}
spec:
  replicas: 2
  template: {metadata: {labels: {app: web}}}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {storageClassName: slow}
  - metadata: {name: log, annotations: {volume.beta.kubernetes.io/storage-class: old}}
    spec: {storageClassName: fast}
"""
BUDGET = """
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {namespace: shop, name: web}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: %s}}}
"""


def found(check: str, world: World) -> list[str]:
    """The objects that the check stands on."""
    rows = [row for row in world.rows("finding") if f'check="{check}"' in row]
    return [row.split('kind="')[1].split("}")[0].replace('"', "") for row in rows]


def test_a_node_that_fell_silent_is_not_ready() -> None:
    """kubectl shows NotReady where the control plane says that it does not know."""
    strand = "PersistentVolumeClaim,namespace=shop,name=data"
    for status, stranded in (("True", []), ("Unknown", [strand]), ("False", [strand])):
        assert found("stranded-volume", World(claim(), LOCAL, NODES % status)) == stranded


def test_classes_that_templates_name_are_used() -> None:
    """By the field, or by the annotation of old, which beats it."""
    assert found("unused-class", World(CLASSES)) == [
        f"StorageClass,namespace=,name={name}" for name in ("fast", "old", "slow")
    ]
    assert found("unused-class", World(CLASSES, STATEFUL_SET)) == ["StorageClass,namespace=,name=fast"]


def test_what_classes_say() -> None:
    """Of encryption, binding and provisioner."""
    world = World(CLASSES, NODES % "True")
    assert found("unencrypted", world) == ["StorageClass,namespace=,name=fast"]
    assert found("immediate-binding", world) == ["StorageClass,namespace=,name=fast"]
    assert found("in-tree-provisioner", world) == ["StorageClass,namespace=,name=old"]
    assert found("no-default-class", world) == ["Cluster,namespace=,name=cluster"]


def test_a_budget_that_selects_the_pods_makes_draining_safe() -> None:
    """By the labels of the pod template."""
    unsafe = ["StatefulSet,namespace=shop,name=web"]
    assert found("drain-unsafe", World(STATEFUL_SET)) == unsafe
    assert found("drain-unsafe", World(STATEFUL_SET, BUDGET % "shop")) == unsafe
    assert found("drain-unsafe", World(STATEFUL_SET, BUDGET % "web")) == []


def deployment(**spec: object) -> dict[str, object]:
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    base = {"replicas": 1, "template": {"spec": {"volumes": volumes}}}
    metadata = {"namespace": "shop", "name": "web"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": laid_over(base, spec),
    }


def test_a_deployment_surges_unless_it_says_otherwise() -> None:
    """A rolling update starts the new pod first, by default."""
    hangs = ["Deployment,namespace=shop,name=web"]
    assert found("deployment-rwo", World(claim(), deployment())) == hangs
    assert found("deployment-rwo", World(claim(), deployment(strategy={"type": "Recreate"}))) == []
    alone = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}
    assert found("deployment-rwo", World(claim(), deployment(strategy=alone))) == []
    assert found("deployment-rwo", World(claim(), deployment(replicas=2, strategy=alone))) == hangs


def test_a_job_beside_what_it_dumps_must_run_on_its_node() -> None:
    """By pod affinity, or where both are bound to one node."""
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    dump = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"namespace": "shop", "name": "dump"},
        "spec": {"jobTemplate": {"spec": {"template": {"spec": {"volumes": volumes}}}}},
    }

    def dumping(**placed: object) -> dict[str, object]:
        return laid_over(dump, {"spec": {"jobTemplate": {"spec": {"template": {"spec": placed}}}}})

    web = deployment(strategy={"type": "Recreate"}, template={"metadata": {"labels": {"app": "web"}}})
    both = [
        f"{kind},namespace=shop,name={name}" for kind, name in (("CronJob", "dump"), ("Deployment", "web"))
    ]
    like = {"labelSelector": {"matchLabels": {"app": "web"}}, "topologyKey": "kubernetes.io/hostname"}
    kept = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [like]}}
    nodes = NODES % "True"
    assert found("deployment-rwo", World(claim(), nodes, web, dumping())) == both
    assert found("deployment-rwo", World(claim(), nodes, web, dumping(affinity=kept))) == []
    assert found("deployment-rwo", World(claim(), nodes, web, dumping(), LOCAL)) == []
    tied = dumping(nodeSelector={"kubernetes.io/hostname": "node-1"})
    assert found("deployment-rwo", World(claim(), nodes, web, tied)) == both


def test_a_pod_that_writes_to_its_node() -> None:
    """Through a directory that a container mounts to write to it."""
    for read_only, data in ((False, ["Pod,namespace=shop,name=tool"]), (True, [])):
        mount = {"name": "disk", "mountPath": "/disk", "readOnly": read_only}
        volumes = [{"name": "disk", "hostPath": {"path": "/var/lib/data"}}]
        writer = pod(
            "shop/tool", spec={"containers": [{"name": "main", "volumeMounts": [mount]}], "volumes": volumes}
        )
        assert found("hostpath-data", World(writer)) == data


def test_a_node_that_is_full_of_volumes() -> None:
    """By the count of its CSINode."""
    csi_node = """
apiVersion: storage.k8s.io/v1
kind: CSINode
metadata: {name: node-1}
spec: {drivers: [{name: ebs.csi.aws.com, nodeID: i-1, topologyKeys: [], allocatable: {count: %s}}]}
"""
    attachment = """
apiVersion: storage.k8s.io/v1
kind: VolumeAttachment
metadata: {name: one}
spec: {attacher: ebs.csi.aws.com, nodeName: node-1, source: {persistentVolumeName: pv-shop-data}}
status: {attached: true}
"""
    assert found("attach-limit", World(NODES % "True", csi_node % 1, attachment)) == [
        "Node,namespace=,name=node-1"
    ]
    assert found("attach-limit", World(NODES % "True", csi_node % 2, attachment)) == []
