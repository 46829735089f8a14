"""By which parameter of a StorageClass a driver is told to encrypt volumes at rest. What its absence means is judgement.

A driver stands here only if "no" to that parameter leaves the data readable on the disk. Drivers whose parameter just
chooses the key of what is encrypted anyway do not.
"""

from collections.abc import Mapping

import msgspec

from holdfast.model.setup import plain_name
from holdfast.sources.shapes import written

_LONGEST = 60  # characters; what a driver understands is shorter

_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    # https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/parameters.md
    "ebs.csi.aws.com": ("encrypted",),
    # https://docs.aws.amazon.com/eks/latest/userguide/create-storage-class.html
    "ebs.csi.eks.amazonaws.com": ("encrypted",),
    # https://kubernetes.io/docs/concepts/storage/storage-classes/#aws-ebs
    "kubernetes.io/aws-ebs": ("encrypted",),
    # https://github.com/ceph/ceph-csi/blob/devel/examples/rbd/storageclass.yaml
    "rbd.csi.ceph.com": ("encrypted",),
    # https://github.com/ceph/ceph-csi/blob/devel/docs/cephfs/deploy.md
    "cephfs.csi.ceph.com": ("encrypted",),
    # https://longhorn.io/docs/latest/references/storage-class-parameters/
    "driver.longhorn.io": ("encrypted",),
    # https://docs.portworx.com/portworx-enterprise/3.1/shared/key-management-storage-class-encryption
    "pxd.portworx.com": ("secure",),
    "kubernetes.io/portworx-volume": ("secure",),
    # https://github.com/linode/linode-blockstorage-csi-driver/blob/main/docs/encrypted-drives.md
    "linodebs.csi.linode.com": (
        "linodebs.csi.linode.com/encrypted",
        "linodebs.csi.linode.com/luks-encrypted",
    ),
    # https://github.com/scaleway/scaleway-csi/tree/main/examples/kubernetes#encrypting-volumes
    "csi.scaleway.com": ("encrypted",),
    # https://github.com/cloudscale-ch/csi-cloudscale#volume-parameters
    "csi.cloudscale.ch": ("csi.cloudscale.ch/luks-encrypted",),
    # https://upcloud.com/docs/guides/storage-encryption-at-rest/
    "storage.csi.upcloud.com": ("encryption",),
    # https://www.alibabacloud.com/help/en/ack/ack-managed-and-ack-dedicated/user-guide/encrypt-cloud-disk-storage-volumes
    "diskplugin.csi.alibabacloud.com": ("encrypted",),
}
_ANY_CASE = ("ebs.csi.aws.com", "ebs.csi.eks.amazonaws.com", "kubernetes.io/aws-ebs")


def read_encryption(provisioner: str, parameters: Mapping[str, msgspec.Raw]) -> str | None:
    """The value of the driver's parameter as written; of several that are set, one that says yes, or else the first.

    None where none is set, and for a driver that is not known to have one.
    """
    driver = plain_name(provisioner)
    names = _PARAMETERS.get(driver)
    if names is None:
        return None
    if driver in _ANY_CASE:
        parameters = {name.lower(): value for name, value in parameters.items()}
    told = [value[:_LONGEST] for name in names if name in parameters and (value := written(parameters[name]))]
    return next((value for value in told if value.lower() == "true"), told[0] if told else None)
