"""How Velero would take the volume of a claim under a spec, and whether its hooks would run first.

It follows what Velero 1.18 does, with two traps: a pod that asks for a file backup rules out the snapshot
even if it does not run, and a volume without CSI is passed over in silence.
https://github.com/vmware-tanzu/velero/blob/v1.18.1/internal/volumehelper/volume_policy_helper.go
"""

from collections.abc import Sequence
from typing import Literal

from holdfast.model.facts import Claim, Facts, Pod, Volume
from holdfast.model.surroundings import Namespace
from holdfast.sources.velero.scope import Scope

EXCLUDE_LABEL = "velero.io/exclude-from-backup"

Way = Literal["file", "move", "csi", "native", "policy", "unable", "excluded"]
"""``policy``: decided by what we do not read. ``unable``: passed over in silence, for want of a way. ``excluded``: left
out on purpose."""

# Volumes for which no snapshot plugin exists; other in-tree kinds may have one.
_NEVER_SNAPSHOT = frozenset(("hostPath", "local", "nfs", "cephfs", "glusterfs", "azureFile", "fc"))


class Candidate:
    """A claim as Velero comes upon it: with the pods that mount it and what its volume is made of."""

    __slots__ = ("_opted", "backing", "claim", "namespace_excluded", "pods")

    def __init__(self, claim: Claim, facts: Facts) -> None:
        volume = facts.get(Volume, claim.volume) if claim.volume else None
        namespace = facts.get(Namespace, claim.ref.namespace)
        self.claim = claim
        self.pods = tuple(pod for pod in facts.linked(Pod, "claim", *claim.ref) if _volumes_of(pod, claim))
        self.backing = volume.backing if volume else ""
        self.namespace_excluded = namespace is not None and namespace.labels.get(EXCLUDE_LABEL) == "true"
        self._opted: dict[bool, tuple[Pod, ...]] = {}

    def asking_for_files(self, by_default: bool) -> tuple[Pod, ...]:
        """The pods that would have it backed up file by file, running or not."""
        known = self._opted.get(by_default)
        if known is None:
            known = tuple(pod for pod in self.pods if _asks_for_files(pod, self.claim, by_default))
            self._opted[by_default] = known
        return known


def _volumes_of(pod: Pod, claim: Claim) -> tuple[str, ...]:
    """The pod's names for the claim. Velero does not see that a generic ephemeral volume is a claim."""
    name = claim.ref.name
    return tuple(mount.volume for mount in pod.mounts if mount.claim == name and not mount.ephemeral)


def _asks_for_files(pod: Pod, claim: Claim, by_default: bool) -> bool:
    volumes = _volumes_of(pod, claim)
    if by_default:
        return any(volume not in pod.velero_volumes_excluded for volume in volumes)
    return any(volume in pod.velero_volumes for volume in volumes)


def find_way(candidate: Candidate, scope: Scope) -> Way | None:
    """None where the spec does not select the claim."""
    claim = candidate.claim
    if not scope.namespaces.takes(claim.ref.namespace):
        return None
    pods = _selected_pods(candidate, scope)
    if not pods and not (scope.claims and scope.selects(claim.labels)):
        return None
    if claim.velero_excluded or scope.policy:
        return "excluded" if claim.velero_excluded else "policy"
    asking = candidate.asking_for_files(bool(scope.files))
    if asking:
        return _file_way(candidate, asking, pods)
    return _snapshot_way(candidate, scope) if scope.claims else None


def _file_way(candidate: Candidate, asking: Sequence[Pod], pods: Sequence[Pod]) -> Way:
    """Read in a pod that runs; a pod that has yet to start will."""
    running = {pod.name: not pod.finished for pod in pods}
    selected = [pod.name for pod in asking if pod.name in running]
    readable = candidate.claim.volume_mode != "Block" and candidate.backing != "hostPath"
    if readable and any(running[name] for name in selected):
        return "file"
    return "unable" if selected else "excluded"


def _snapshot_way(candidate: Candidate, scope: Scope) -> Way:
    """A claim without a volume yet is taken for one that will have a CSI volume."""
    if not scope.snapshots:
        return "excluded"
    if candidate.backing in ("csi", ""):
        return "move" if scope.move else "csi"
    if candidate.backing in _NEVER_SNAPSHOT:
        return "unable"
    return "native" if scope.volumes else "excluded"


def _selected_pods(candidate: Candidate, scope: Scope) -> list[Pod]:
    """The pods that are backed up, each of which brings its claims."""
    if not scope.pods:
        return []
    return [pod for pod in candidate.pods if not pod.velero_excluded and scope.selects(pod.labels)]


def runs_hooks(candidate: Candidate, scope: Scope) -> bool:
    """Whether a command runs in a pod that mounts the claim before its data is read."""
    namespace = candidate.claim.ref.namespace
    return any(
        pod.velero_hooks or any(hook.covers(namespace, pod.labels) for hook in scope.hooks)
        for pod in _selected_pods(candidate, scope)
        if not pod.finished
    )
