"""What is known of storage drivers by their names, each with the page that says so. What a class or volume shows of itself
is not here.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from holdfast.model.setup import plain_name

NO_PROVISIONER = "kubernetes.io/no-provisioner"
"""Of classes whose volumes are made by hand: only the name tells them apart."""

# https://kubernetes.io/docs/concepts/storage/volumes/
# https://github.com/kubernetes/kubernetes/tree/master/staging/src/k8s.io/csi-translation-lib/plugins
SUCCESSORS: Mapping[str, str] = {
    "kubernetes.io/aws-ebs": "ebs.csi.aws.com",
    "kubernetes.io/azure-disk": "disk.csi.azure.com",
    "kubernetes.io/azure-file": "file.csi.azure.com",
    "kubernetes.io/cinder": "cinder.csi.openstack.org",
    "kubernetes.io/gce-pd": "pd.csi.storage.gke.io",
    "kubernetes.io/portworx-volume": "pxd.portworx.com",
    "kubernetes.io/rbd": "rbd.csi.ceph.com",
    "kubernetes.io/vsphere-volume": "csi.vsphere.vmware.com",
}
"""The CSI driver that took over from a provisioner that was part of Kubernetes."""

# https://kubernetes.io/docs/concepts/storage/volumes/
IN_TREE: Mapping[str, str] = {
    "awsElasticBlockStore": "ebs.csi.aws.com",
    "azureDisk": "disk.csi.azure.com",
    "cinder": "cinder.csi.openstack.org",
    "gcePersistentDisk": "pd.csi.storage.gke.io",
}
"""The CSI driver that serves volumes of an in-tree kind, by ``Volume.backing``: those that are bound to a zone."""

ZONAL: Mapping[str, str] = {
    "blockvolume.csi.oraclecloud.com": "https://docs.oracle.com/iaas/Content/ContEng/Tasks/contengcreatingpersistentvolumeclaim.htm",
    "cinder.csi.openstack.org": "https://github.com/kubernetes/cloud-provider-openstack/blob/master/docs/cinder-csi-plugin/features.md#topology",
    "disk.csi.azure.com": "https://learn.microsoft.com/azure/aks/azure-disk-csi",
    "diskplugin.csi.alibabacloud.com": "https://www.alibabacloud.com/help/ack/ack-managed-and-ack-dedicated/user-guide/disk-volume-overview",
    "ebs.csi.aws.com": "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volumes.html",
    "ebs.csi.eks.amazonaws.com": "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volumes.html",
    "pd.csi.storage.gke.io": "https://cloud.google.com/kubernetes-engine/docs/concepts/persistent-volumes#pd-zones",
    "vpc.block.csi.ibm.io": "https://cloud.ibm.com/docs/containers?topic=containers-vpc-block",
}
"""Drivers whose volumes can as a rule be used in one zone only. A volume that says other is believed."""

_LIST = "https://kubernetes-csi.github.io/docs/drivers.html"  # the column "Other Features"

SNAPSHOTS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "block.csi.ibm.com",
            "cephfs.csi.ceph.com",
            "cinder.csi.openstack.org",
            "csi-exos-x.seagate.com",
            "csi-isilon.dellemc.com",
            "csi-powermax.dellemc.com",
            "csi-powerstore.dellemc.com",
            "csi-unity.dellemc.com",
            "csi-vxflexos.dellemc.com",
            "csi.cloudscale.ch",
            "csi.hpe.com",
            "csi.huawei.com",
            "csi.nutanix.com",
            "csi.san.synology.com",
            "csi.scaleway.com",
            "csi.trident.netapp.io",
            "cstor.csi.openebs.io",
            "diskplugin.csi.alibabacloud.com",
            "dobs.csi.digitalocean.com",
            "ebs.csi.aws.com",
            "hspc.csi.hitachi.com",
            "infinibox-csi-driver",
            "linstor.csi.linbit.com",
            "manila.csi.openstack.org",
            "pd.csi.storage.gke.io",
            "pxd.portworx.com",
            "rbd.csi.ceph.com",
            "spectrumscale.csi.ibm.com",
        ),
        _LIST,
    ),
    "csi.vsphere.vmware.com": "https://github.com/kubernetes-sigs/vsphere-csi-driver/blob/master/docs/book/features/volume_snapshot.md",
    "disk.csi.azure.com": "https://learn.microsoft.com/azure/aks/azure-disk-csi#volume-snapshots",
    "driver.longhorn.io": "https://longhorn.io/docs/latest/snapshots-and-backups/csi-snapshot-support/",
    "ebs.csi.eks.amazonaws.com": "https://docs.aws.amazon.com/eks/latest/userguide/create-storage-class.html",
    "file.csi.azure.com": "https://github.com/kubernetes-sigs/azurefile-csi-driver/tree/master/deploy/example/snapshot",
    "hostpath.csi.k8s.io": "https://github.com/kubernetes-csi/csi-driver-host-path",
}
"""Drivers that can snapshot."""

NO_SNAPSHOTS: Mapping[str, str] = dict.fromkeys(
    (
        "block.csi.vultr.com",
        "csi.hetzner.cloud",
        "csi.juicefs.com",
        "efs.csi.aws.com",
        "linodebs.csi.linode.com",
        "nasplugin.csi.alibabacloud.com",
        "ossplugin.csi.alibabacloud.com",
        "seaweedfs-csi-driver",
    ),
    _LIST,
)
"""Drivers that cannot. Of all others nobody has looked it up."""


class Encryption(NamedTuple):
    """``encrypted`` and ``plain`` are what the driver's parameter may say, in lower case.

    ``otherwise`` holds where it says nothing: the volume is then encrypted or plain, whatever the account is set to,
    or it depends on what no object shows.
    """

    otherwise: Literal["encrypted", "plain", "depends"]
    documented: str
    encrypted: tuple[str, ...] = ("true", "t", "1")
    plain: tuple[str, ...] = ("false", "f", "0")
    exact: bool = False  # any other word than "true" in lower case is no, and no error


_EBS = "https://docs.aws.amazon.com/ebs/latest/userguide/encryption-by-default.html"
_GOOGLE = "https://cloud.google.com/docs/security/encryption/default-encryption"
_AZURE = "https://learn.microsoft.com/azure/virtual-machines/disk-encryption"
_PORTWORX = "https://docs.portworx.com/operations/key-management/vault-transit/pvc-enc/"  # claims, too, can ask for it
_AZURE_STORAGE = "https://learn.microsoft.com/azure/storage/common/storage-service-encryption"
_LINODE = "https://github.com/linode/linode-blockstorage-csi-driver/blob/main/docs/encrypted-drives.md"
_SCALEWAY = "https://github.com/scaleway/scaleway-csi/tree/main/examples/kubernetes#encrypting-volumes"
_CLOUDSCALE = "https://github.com/cloudscale-ch/csi-cloudscale#volume-parameters"
_UPCLOUD = "https://upcloud.com/docs/guides/storage-encryption-at-rest/"
_ALIBABA = "https://www.alibabacloud.com/help/en/ack/ack-managed-and-ack-dedicated/user-guide/encrypt-cloud-disk-storage-volumes"

ENCRYPTION: Mapping[str, Encryption] = {
    "cephfs.csi.ceph.com": Encryption(
        "plain", "https://github.com/ceph/ceph-csi/blob/devel/docs/cephfs/deploy.md"
    ),
    "csi.cloudscale.ch": Encryption("depends", _CLOUDSCALE),
    "csi.scaleway.com": Encryption("depends", _SCALEWAY),
    "disk.csi.azure.com": Encryption("encrypted", _AZURE),
    "diskplugin.csi.alibabacloud.com": Encryption("depends", _ALIBABA),
    "dobs.csi.digitalocean.com": Encryption("encrypted", "https://docs.digitalocean.com/glossary/luks/"),
    "driver.longhorn.io": Encryption(
        "plain", "https://longhorn.io/docs/latest/references/storage-class-parameters/"
    ),
    # Its CreateVolume compares with "true": https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/pkg/driver/controller.go
    "ebs.csi.aws.com": Encryption("depends", _EBS, exact=True),
    "ebs.csi.eks.amazonaws.com": Encryption("depends", _EBS),
    "file.csi.azure.com": Encryption("encrypted", _AZURE_STORAGE),
    "filestore.csi.storage.gke.io": Encryption("encrypted", _GOOGLE),
    "kubernetes.io/aws-ebs": Encryption("depends", _EBS),
    "kubernetes.io/azure-disk": Encryption("encrypted", _AZURE),
    "kubernetes.io/azure-file": Encryption("encrypted", _AZURE_STORAGE),
    "kubernetes.io/gce-pd": Encryption("encrypted", _GOOGLE),
    "kubernetes.io/portworx-volume": Encryption("depends", _PORTWORX),
    "linodebs.csi.linode.com": Encryption("depends", _LINODE),
    "pd.csi.storage.gke.io": Encryption("encrypted", _GOOGLE),
    "pxd.portworx.com": Encryption("depends", _PORTWORX),
    "rbd.csi.ceph.com": Encryption("plain", "https://github.com/ceph/ceph-csi/blob/devel/docs/rbd/deploy.md"),
    "storage.csi.upcloud.com": Encryption("depends", _UPCLOUD, encrypted=("data-at-rest",), plain=("none",)),
}
"""What the encryption of volumes at rest hangs on. A driver that is not here is not judged."""


def is_zonal(driver: str) -> bool:
    """Of a CSI driver, or of a provisioner that one has taken over from."""
    return plain_name(SUCCESSORS.get(driver, driver)) in ZONAL


def can_snapshot(driver: str) -> bool | None:
    """None where nobody has looked it up."""
    name = plain_name(driver)
    return True if name in SNAPSHOTS else False if name in NO_SNAPSHOTS else None


def is_encrypted(provisioner: str, said: str | None) -> bool | None:
    """``said`` is the value of its parameter. None where neither that nor the driver's documentation tells."""
    known = ENCRYPTION.get(plain_name(provisioner))
    if known is None:
        return None
    if said and known.exact:
        return said == "true"
    if said:
        word = said.strip().lower()
        return True if word in known.encrypted else False if word in known.plain else None
    return {"encrypted": True, "plain": False, "depends": None}[known.otherwise]
