"""The plan of the cluster: how many of what, which claims share an app, and what became of each app.

Seeded: the same sizes and seed give the same plan. What the objects look like belongs to storage.py and
workloads.py.
"""

import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

Body = dict[str, Any]
Fate = Literal["running", "asleep", "left"]

REPLICAS = 3  # claims of one StatefulSet
PODS_OF_A_DEPLOYMENT = 8
ZONES = 3
TIERS = ("gold", "silver", "bronze")
CLASSES = ("standard", "fast", "archive", "shared")
DRIVERS = (
    "ebs.csi.aws.com",
    "ebs.csi.aws.com",
    "disk.csi.azure.com",
    "cephfs.csi.ceph.com",
)  # of the classes, in order
_FATES: tuple[Fate, ...] = ("running", "asleep", "left")
_WEIGHTS = (18, 1, 1)
_WAITING = 0.02  # of the claims
_SPACE = uuid.UUID("b0fc0fdc-3f43-4d43-9b0c-7f7a3a1b5c1e")  # any constant: equal names get equal uids


@dataclass(frozen=True, kw_only=True)
class Made:
    """One object to create under the path ``collection``, its status, and what stands on its uid."""

    collection: str
    body: Body
    status: Body | None = None
    then: Callable[[str], "Made"] | None = None

    @property
    def name(self) -> str:
        return str(self.body["metadata"]["name"])


@dataclass(frozen=True, kw_only=True)
class App:
    """A StatefulSet, or what is left of one. ``asleep``: scaled to zero. ``left``: only its claims remain."""

    number: int
    namespace: str
    fate: Fate

    @property
    def name(self) -> str:
        return f"store-{self.number:05d}"


@dataclass(frozen=True, kw_only=True)
class ClaimPlan:
    """One claim. One that is not ``bound`` waits; an earlier claim released the volume of its number."""

    number: int
    app: App
    bound: bool
    gib: int

    @property
    def namespace(self) -> str:
        return self.app.namespace

    @property
    def name(self) -> str:
        return f"data-{self.app.name}-{self.number % REPLICAS}"

    @property
    def pod(self) -> str:
        return f"{self.app.name}-{self.number % REPLICAS}"

    @property
    def volume(self) -> str:
        return f"pvc-{uid('volume', self.number)}"

    @property
    def class_number(self) -> int:
        return self.app.number % len(CLASSES)


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """Sizes as asked for. Of ten apps nine run; one in twenty sleeps and as many are left behind."""

    claims: int
    pods: int
    seed: int = 1

    @property
    def namespaces(self) -> int:
        return max(1, min(200, self.claims // 100))

    @property
    def nodes(self) -> int:
        return max(ZONES, min(1000, self.pods // 60))

    @property
    def apps(self) -> int:
        return -(-self.claims // REPLICAS)

    @cached_property
    def plans(self) -> tuple[ClaimPlan, ...]:
        chance = random.Random(f"{self.seed} claims")
        apps = [
            App(number=number, namespace=self.namespace(number), fate=chance.choices(_FATES, _WEIGHTS)[0])
            for number in range(self.apps)
        ]
        return tuple(
            ClaimPlan(
                number=number,
                app=apps[number // REPLICAS],
                bound=chance.random() >= _WAITING,
                gib=chance.choice((8, 10, 20, 50, 100)),
            )
            for number in range(self.claims)
        )

    @cached_property
    def bound(self) -> tuple[ClaimPlan, ...]:
        """The claims that can be resized."""
        return tuple(plan for plan in self.plans if plan.bound)

    @cached_property
    def mounted(self) -> tuple[ClaimPlan, ...]:
        """The claims that a pod names; no more than there are pods."""
        return tuple(plan for plan in self.plans if plan.app.fate == "running")[: self.pods]

    def running_apps(self) -> Iterator[App]:
        """The apps whose StatefulSet still exists."""
        return (plan.app for plan in self.plans[::REPLICAS] if plan.app.fate != "left")

    @property
    def stateless_pods(self) -> int:
        return self.pods - len(self.mounted)

    @property
    def deployments(self) -> int:
        return -(-self.stateless_pods // PODS_OF_A_DEPLOYMENT)

    def namespace(self, number: int) -> str:
        """The namespace of the app, or of the deployment, of that number."""
        return f"team-{number % self.namespaces:03d}"

    def node(self, number: int) -> str:
        """The node of the pod of that number."""
        return f"node-{number % self.nodes:04d}"


def uid(kind: str, number: int) -> str:
    """A uid for what the server did not name itself."""
    return str(uuid.uuid5(_SPACE, f"{kind} {number}"))
