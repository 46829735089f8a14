"""Whether what only one node can mount would be needed on several, by the pods of one workload or of several.

Judged by what templates ask for, wherever their pods happen to run now. Jobs and ReplicaSets of other controllers are left
to those, who choose where their pods run.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from holdfast.assessment.checks.contract import BREATH, Found, Grouping, Scene, Why, portions
from holdfast.assessment.checks.naming import listed
from holdfast.assessment.checks.nodes import Nodes
from holdfast.assessment.setting import Setting
from holdfast.assessment.usage import stateful_set
from holdfast.model.facts import Claim, Facts, Volume, Workload
from holdfast.model.identity import BETWEEN, ClaimRef, ObjectRef
from holdfast.model.selector import NodeTerm
from holdfast.model.surroundings import Node

_BATCH = ("Job", "CronJob")  # they run now and then: two of them may never run at once
_NODE_KEYS = ("kubernetes.io/hostname", "metadata.name")
_ONE_POD = {"ReadWriteOncePod"}
_ONE_NODE = {"ReadWriteOnce", *_ONE_POD}

Terms = tuple[NodeTerm, ...]


class User(NamedTuple):
    """A workload that wants pods with the claim. ``many``: how several of them do at once; empty where one does at a time."""

    workload: Workload
    many: str = ""

    def stays_beside(self, other: "User") -> bool:
        """Its pods run only where one of the other's does."""
        return any(each.selects(other.workload.pod_labels) for each in self.workload.beside)


def deployment_rwo(scene: Scene) -> Iterator[Found]:
    """Of every kind of workload. One that wants no pods now needs its claims nowhere."""
    setting = scene.setting
    users = yield from _users(setting.facts)
    claims = defaultdict(list)
    for ref, found in users.items():
        for user in found:
            claims[user.workload.ref].append(ref)
    crowds = _Crowds(setting)
    for some in portions(setting.facts.all(Workload)):
        yield BREATH
        for workload in some:
            named = claims.get(workload.ref, ())
            if not _is_left_to_others(workload) and (workload.claims or named):
                yield workload.ref, _needed_twice(workload.ref, {ref: users[ref] for ref in named}, crowds)


def _is_left_to_others(workload: Workload) -> bool:
    return workload.kind in BETWEEN and workload.owner is not None


def _users(facts: Facts) -> Grouping[dict[ClaimRef, list[User]]]:
    """Who uses each claim that some template names. The claims that a StatefulSet makes are its own, one for each pod."""
    users = defaultdict(list)
    for some in portions(facts.all(Workload)):
        yield BREATH
        for workload in some:
            if not _is_left_to_others(workload) and _pods(workload) > 0:
                for name in dict.fromkeys(workload.claims):
                    users[ClaimRef(workload.namespace, name)].append(User(workload, _many(workload)))
    for ref, found in users.items():
        yield BREATH
        claim = facts.get(Claim, *ref)
        made = stateful_set(claim, facts) if claim else None
        if made is not None and made[0].ref not in _refs(found):
            maker, ordinal = made
            if 0 <= ordinal - maker.first_ordinal < _pods(maker):
                found.append(User(maker))
    return users


def _pods(workload: Workload) -> int:
    """How many it wants; of a DaemonSet it is not known, and 1 stands for some."""
    if workload.suspended or workload.finished:
        return 0
    if workload.kind in _BATCH:
        return workload.parallel
    return 1 if workload.replicas is None else workload.replicas


def _many(workload: Workload) -> str:
    number = _pods(workload)
    if workload.kind == "DaemonSet":
        return "a pod on each node needs"
    if number > 1:
        return f"{number} pods at a time need" if workload.kind in _BATCH else f"{number} replicas need"
    if workload.surges:
        return "a rolling update starts the new pod while the old one holds"
    return ""


def _needed_twice(on: ObjectRef, users: Mapping[ClaimRef, Sequence[User]], crowds: "_Crowds") -> Why:
    """``users`` are those of the claims that the workload uses, itself among them."""
    alone, shared, others = defaultdict[str, list[str]](list), [], set[str]()
    answers: list[bool | None] = []
    for ref, found in users.items():
        for own in [user for user in found if user.workload.ref == on and user.many]:
            answers.append(crowds.lie_apart(ref, (own,)))
            if answers[-1]:
                alone[own.many].append(ref.name)
        if _at_once(found):
            answers.append(crowds.lie_apart(ref, found))
            if answers[-1]:
                shared.append(ref.name)
                others.update(f"{each.kind} {each.name}" for each in _refs(found) if each != on)
    parts = [f"{many} what only one node can mount: {listed(names)}" for many, names in alone.items()]
    if shared:
        kept = f"nothing keeps its pods on one node with those of {listed(others)}"
        parts.append(f"{kept}, which use what only one node can mount too: {listed(shared)}")
    return "; ".join(parts) or (None if None in answers else "")


def _refs(users: Sequence[User]) -> list[ObjectRef]:
    return [user.workload.ref for user in users]


def _at_once(users: Sequence[User]) -> bool:
    return len(users) > 1 and any(user.workload.kind not in _BATCH for user in users)


class _Crowds:
    """Whether the pods of some users of a claim may come to lie on several nodes. Each crowd is judged once."""

    def __init__(self, setting: Setting) -> None:
        self._facts = setting.facts
        self._nodes = Nodes(() if "Node" in setting.sight.unseen else setting.facts.all(Node))
        self._every = frozenset(node.name for node in self._nodes.every)
        self._judged: dict[ClaimRef, bool | None] = {}
        self._takers: dict[Terms, frozenset[str] | None] = {(): None}

    def lie_apart(self, ref: ClaimRef, users: Sequence[User]) -> bool | None:
        """None where that is unknown; False also where several nodes can mount the claim."""
        if len(users) == 1:
            return self._lie_apart(ref, users)
        if ref not in self._judged:
            self._judged[ref] = self._lie_apart(ref, users)
        return self._judged[ref]

    def _lie_apart(self, ref: ClaimRef, users: Sequence[User]) -> bool | None:
        claim = self._facts.get(Claim, *ref)
        modes = set(claim.access_modes) if claim else set()
        if claim is None or not modes:
            return None
        if not modes <= _ONE_NODE:
            return False
        if modes == _ONE_POD:
            return True
        if _stay_together(users):
            return False
        volume = self._facts.get(Volume, claim.volume) if claim.volume else None
        return self._may_part(volume.node_terms if volume else (), users)

    def _may_part(self, reached: Terms, users: Sequence[User]) -> bool:
        """By the nodes that the volume and the templates let them run on. One that cannot be seen binds nobody."""
        reaching = self._taking(reached)
        both = [(self._taking(terms), reaching) for terms in {user.workload.node_terms for user in users}]
        if (None, None) in both:
            return len(self._every) != 1
        told = ([each for each in pair if each is not None] for pair in both)
        places = (name for sets in told for name in sets[0] if name in sets[-1])
        first = next(places, None)
        return any(name != first for name in places)

    def _taking(self, terms: Terms) -> frozenset[str] | None:
        """The nodes that meet one of the terms; None for all, and where nodes cannot be seen and no names are told."""
        if terms not in self._takers:
            takers = frozenset(node.name for node in self._nodes.takers(terms))
            self._takers[terms] = takers if self._every else _named(terms)
        return self._takers[terms]


def _named(terms: Terms) -> frozenset[str] | None:
    names = set[str]()
    for term in terms:
        told = [
            set(each.values)
            for each in (*term.labels, *term.fields)
            if each.key in _NODE_KEYS and each.operator == "In"
        ]
        if not told:
            return None
        names |= set.intersection(*told)
    return frozenset(names)


def _stay_together(users: Sequence[User]) -> bool:
    """All run only beside the pods of one of them, and these are one at a time or stay beside each other."""
    return any(
        (not anchor.many or anchor.stays_beside(anchor))
        and all(user is anchor or user.stays_beside(anchor) for user in users)
        for anchor in (users if len(users) > 1 or users[0].many else ())
    )
