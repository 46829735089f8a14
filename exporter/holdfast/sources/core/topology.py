"""From where a volume can be reached: its node affinity, and the one node, zone and region that this names.

Which labels drivers bind their volumes by is told here; whether a node has them is not.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from holdfast.model.selector import NodeTerm
from holdfast.model.surroundings import REGION, ZONE
from holdfast.sources.selection import Expression, read_requirements
from holdfast.sources.shapes import Shape, given, shared

_KEPT = 4096  # the volumes of a zone all say the same

_NODE_KEYS = ("kubernetes.io/hostname", "metadata.name")
_ZONE_KEYS = (  # of those that a term names the first counts
    ZONE,
    "failure-domain.beta.kubernetes.io/zone",
    "topology.ebs.csi.aws.com/zone",  # https://github.com/kubernetes-sigs/aws-ebs-csi-driver
    "topology.gke.io/zone",  # https://github.com/kubernetes-sigs/gcp-compute-persistent-disk-csi-driver
    "topology.disk.csi.azure.com/zone",  # https://github.com/kubernetes-sigs/azuredisk-csi-driver
    "topology.cinder.csi.openstack.org/zone",  # https://github.com/kubernetes/cloud-provider-openstack
    "topology.csi.vmware.com/k8s-zone",  # https://github.com/kubernetes-sigs/vsphere-csi-driver
    "topology.diskplugin.csi.alibabacloud.com/zone",  # https://github.com/kubernetes-sigs/alibaba-cloud-csi-driver
    "topology.com.tencent.cloud.csi.cbs/zone",  # https://github.com/TencentCloud/kubernetes-csi-tencentcloud
    "topology.csi.scaleway.com/zone",  # https://github.com/scaleway/scaleway-csi
)
_REGION_KEYS = (
    REGION,
    "failure-domain.beta.kubernetes.io/region",
    "topology.csi.vmware.com/k8s-region",
    "topology.linode.com/region",  # https://github.com/linode/linode-blockstorage-csi-driver
    "csi.hetzner.cloud/location",  # https://github.com/hetznercloud/csi-driver
)
_SEVERAL = "__"  # between the zones of a replicated disk, in the label of its volume


class Term(Shape):
    match_expressions: list[Expression | None] | None = None
    match_fields: list[Expression | None] | None = None


class Terms(Shape):
    node_selector_terms: list[Term | None] | None = None


class Affinity(Shape):
    required: Terms | None = None


def read_terms(affinity: Affinity | None) -> tuple[NodeTerm, ...]:
    """Where there are no terms in what is required, one without requirements: no node meets either."""
    required = affinity.required if affinity else None
    if required is None:
        return ()
    return _once(
        tuple(
            [
                NodeTerm(read_requirements(term.match_expressions), read_requirements(term.match_fields))
                for term in given(required.node_selector_terms)
            ]
        )
        or (NodeTerm(),)
    )


def only_node(terms: Sequence[NodeTerm]) -> str:
    """The node on which alone the volume is; empty where there are several, or none is told."""
    return _only(terms, _NODE_KEYS) or ""


def zone_of(terms: Sequence[NodeTerm], labels: Mapping[str, str | None] | None) -> str:
    """The one zone that all terms demand. The volume's own label counts where none speaks of zones."""
    return _place(terms, labels, _ZONE_KEYS)


def region_of(terms: Sequence[NodeTerm], labels: Mapping[str, str | None] | None) -> str:
    return _place(terms, labels, _REGION_KEYS)


def _place(terms: Sequence[NodeTerm], labels: Mapping[str, str | None] | None, keys: tuple[str, ...]) -> str:
    demanded = _only(terms, keys)
    if demanded is not None:
        return demanded
    labelled = next((value for key in keys if (value := (labels or {}).get(key))), "")
    return "" if _SEVERAL in labelled else shared(labelled)


def _only(terms: Sequence[NodeTerm], keys: tuple[str, ...]) -> str | None:
    """The value that every term demands; empty where they demand several or some none, None where all demand none.

    A term without any requirement matches no node, and so says nothing.
    """
    demands = [_demanded(term, keys) for term in terms if term.labels or term.fields]
    told = [values for values in demands if values is not None]
    if not told:
        return None
    values = frozenset().union(*told)
    return next(iter(values)) if len(values) == 1 and len(told) == len(demands) else ""


def _demanded(term: NodeTerm, keys: tuple[str, ...]) -> frozenset[str] | None:
    """The values that a node may have under the first of these keys; None where the term names none of them."""
    for key in keys:
        allowed = [
            frozenset(requirement.values)
            for requirement in (*term.labels, *term.fields)
            if requirement.key == key and requirement.operator == "In"
        ]
        if allowed:
            return allowed[0].intersection(*allowed[1:])
    return None


@lru_cache(maxsize=_KEPT)
def _once(terms: tuple[NodeTerm, ...]) -> tuple[NodeTerm, ...]:
    return terms
