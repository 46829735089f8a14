"""Ephemeral storage among what is judged: by controller and by node, and what follows from a touch. Concludes nothing."""

from collections.abc import Callable, Mapping

from holdfast.assessment.ephemeral import assess_ephemeral, assess_node_disks, topmost
from holdfast.assessment.setting import Setting
from holdfast.model.ephemeral import ScratchPod
from holdfast.model.facts import Facts
from holdfast.model.identity import ANNOTATED, EPHEMERAL, NODE_DISK, POD, Subject
from holdfast.model.judgement import Judgement
from holdfast.model.observation import Observation

SUMMARIES = ("kubelet", "stats")
"""The feed under which summaries of nodes are held."""

_Verdict = tuple[Judgement | None, tuple[Observation, ...]]


def _ephemeral(key: tuple[str, ...], setting: Setting) -> _Verdict:
    namespace, kind, name = key
    return assess_ephemeral(namespace, kind, name, setting), ()


def _node_disks(key: tuple[str, ...], setting: Setting) -> _Verdict:
    return assess_node_disks(key[0], setting), ()


SCRATCH_JUDGES: Mapping[str, Callable[[tuple[str, ...], Setting], _Verdict]] = {
    EPHEMERAL: _ephemeral,
    NODE_DISK: _node_disks,
}


def scratch_dependents(subject: Subject, facts: Facts) -> list[Subject]:
    """A pod's figures bear on its controller, and those of a controller on the one above it."""
    noun, key = subject
    if noun == "node":
        return [Subject(NODE_DISK, key)]
    if noun == POD:
        pod = facts.get(ScratchPod, *key)
        return [] if pod is None else [Subject(EPHEMERAL, topmost(*pod.controller.key, facts))]
    if noun == ANNOTATED:  # the controller says what it does not want to be told
        kind, namespace, name = key
        return [Subject(EPHEMERAL, (namespace, kind, name))]
    if noun == EPHEMERAL:
        namespace, kind, name = key
        return [Subject(EPHEMERAL, topmost(namespace, kind, name, facts))]
    return []
