"""docs/alertmanager.yaml on a real Alertmanager: alerts go in by its API, and who is told comes out at webhooks.

Waiting times are cut to test speed; routes, grouping and inhibition stand as in the file.
"""

import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest
import yaml

from tests import tools
from tests.real.process import Process, free_port, wait_for
from tests.real.prometheus import Receiver
from tests.real.web import Client, JsonObject, call, call_json
from tests.rules import pack
from tests.rules.catalogue import exported
from tests.rules.foreign import foreign
from tests.rules.routing import example

pytestmark = pytest.mark.real

OURS = {alert.name: alert.labels for alert in pack.alerts({**exported(), **foreign()})}
WAITS = {"group_wait": "300ms", "group_interval": "1s", "repeat_interval": "1h"}
SETTLED = 2.0  # seconds after which what has not been told will not be

Labels = Mapping[str, str]


def alert(name: str, **labels: str) -> dict[str, str]:
    """One of ours, with the severity and area of its rule; labels that are empty are none, as Prometheus has it."""
    given = {"alertname": name, **OURS.get(name, {}), **labels}
    return {label: value for label, value in given.items() if value}


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Alerts that fire together: what is told and to whom, and what is silenced. Each has its own cluster."""

    truth: str
    told: Sequence[tuple[str, Labels]]
    silenced: Sequence[Labels] = ()


DAILY = {"source": "velero", "namespace": "velero", "schedule": "daily"}
DATA = {"namespace": "shop", "persistentvolumeclaim": "data", "resource": "bytes"}
MIXIN = {"namespace": "shop", "persistentvolumeclaim": "data"}

SCENES = (
    Scene(
        truth="of one broken schedule the page is told, and neither its ticket nor what is wrong with it",
        told=[("page", alert("HoldfastBackupLatePage", **DAILY))],
        silenced=[alert("HoldfastBackupLate", **DAILY), alert("HoldfastBackupScheduleFailed", **DAILY)],
    ),
    Scene(
        truth="a schedule whose claims are still safe is a ticket",
        told=[("ticket", alert("HoldfastBackupScheduleFailed", **DAILY))],
    ),
    Scene(
        truth="a page about one schedule leaves the ticket about another",
        told=[
            ("page", alert("HoldfastBackupLatePage", **DAILY)),
            ("ticket", alert("HoldfastBackupLate", **{**DAILY, "schedule": "weekly"})),
            ("ticket", alert("HoldfastBackupLate", **{**DAILY, "source": "k8up"})),
        ],
    ),
    Scene(
        truth="without a schedule at fault a page hides no other claim's ticket",
        told=[
            ("page", alert("HoldfastBackupLatePage", namespace="bare")),
            ("ticket", alert("HoldfastBackupLate", namespace="bare")),
            ("ticket", alert("HoldfastNeverBackedUp", namespace="bare")),
            ("page", alert("HoldfastReplicationBrokenPage", namespace="bare")),
            ("ticket", alert("HoldfastReplicationBroken", namespace="bare")),
        ],
    ),
    Scene(
        truth="a source of copies that cannot be seen is told, and not what is unknown because of it",
        told=[("ticket", alert("HoldfastSourceDown", source="velero"))],
        silenced=[
            alert("HoldfastClaimsUnknown", namespace="a"),
            alert("HoldfastClaimsUnknown", namespace="b"),
            alert("HoldfastReplicationUnknown", namespace="a"),
        ],
    ),
    Scene(
        truth="kubelets that cannot be seen explain stale usage, and no claim whose copies are unknown",
        told=[
            ("ticket", alert("HoldfastSourceDown", source="kubelet")),
            ("ticket", alert("HoldfastClaimsUnknown", namespace="a")),
        ],
        silenced=[
            alert("HoldfastUsageStale", namespace="a"),
            alert("HoldfastUsageCoverageFallen", csi_driver="x"),
        ],
    ),
    Scene(
        truth="a right that nobody grants hides nothing",
        told=[
            ("ticket", alert("HoldfastSourceForbidden", source="velero")),
            ("ticket", alert("HoldfastClaimsUnknown", namespace="a")),
        ],
    ),
    Scene(
        truth="of an exporter that vanished the last tickets are not told; its last pages are, and what others tell of storage",
        told=[
            ("ticket", alert("HoldfastAbsent")),
            ("page", alert("HoldfastFullSoonPage", **DATA)),
            ("ticket", alert("HoldfastMountsFailing", node="node-1")),
        ],
        silenced=[
            alert("HoldfastReplicationLagging", namespace="shop"),
            alert("HoldfastPoolTooSmall", storageclass="ssd"),
            alert("HoldfastLabelClash"),
        ],
    ),
    Scene(
        truth="a claim that is full is told once, whatever else says so, and the one beside it too",
        told=[
            ("page", alert("HoldfastFullPage", **DATA)),
            ("ticket", alert("HoldfastFullSoon", **{**DATA, "persistentvolumeclaim": "logs"})),
            ("ticket", alert("HoldfastFullSoon", **{**DATA, "resource": "inodes"})),
            ("default", alert("KubePersistentVolumeInodesFillingUp", **MIXIN, severity="critical")),
        ],
        silenced=[
            alert("HoldfastFull", **DATA),
            alert("HoldfastNearlyFull", **DATA),
            alert("KubePersistentVolumeFillingUp", **MIXIN, severity="critical"),
        ],
    ),
    Scene(
        truth="our ticket silences the mixin's ticket about the claim",
        told=[("ticket", alert("HoldfastFullSoon", **DATA))],
        silenced=[alert("KubePersistentVolumeFillingUp", **MIXIN, severity="warning")],
    ),
    Scene(
        truth="our ticket does not silence the mixin's page about the claim, nor its ticket about inodes",
        told=[
            # another namespace than above: the stock rules compare no clusters
            ("ticket", alert("HoldfastFullSoon", **{**DATA, "namespace": "till"})),
            (
                "default",
                alert("KubePersistentVolumeFillingUp", **{**MIXIN, "namespace": "till"}, severity="critical"),
            ),
            (
                "default",
                alert(
                    "KubePersistentVolumeInodesFillingUp",
                    **{**MIXIN, "namespace": "till"},
                    severity="warning",
                ),
            ),
        ],
    ),
    Scene(
        truth="a shared space is told once",
        told=[("page", alert("HoldfastSharedFullPage", backend="nfs"))],
        silenced=[alert("HoldfastSharedFullSoon", backend="nfs")],
    ),
    Scene(
        truth="the stock rules silence a milder alert of the same name, and none of ours",
        told=[
            ("default", alert("Other", namespace="stock", severity="critical")),
            ("page", alert("HoldfastUnprotectedPage", namespace="stock")),
            ("ticket", alert("HoldfastUnprotected", namespace="stock")),
            ("know", alert("HoldfastUnsafeInfo", namespace="stock", state="late")),
        ],
        silenced=[alert("Other", namespace="stock", severity="warning")],
    ),
    Scene(
        truth="the stock InfoInhibitor keeps the information of a quiet namespace back, and its own alert goes to nobody",
        told=[("know", alert("HoldfastBackupEmpty", namespace="busy"))],
        silenced=[alert("HoldfastBackupEmpty", namespace="quiet")],
    ),
)
INHIBITOR = alert("InfoInhibitor", namespace="quiet", severity="none")

each_scene = pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.truth)


def cluster_of(scene: Scene) -> str:
    return f"c{SCENES.index(scene)}"


class Stand:
    """An Alertmanager of the example inside a `with` block, and a webhook for each of its receivers."""

    def __init__(self) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self.hooks: dict[str, Receiver] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-routes-")))
            config = hurried(example())
            for receiver in config["receivers"]:
                for hook in receiver.get("webhook_configs", ()):
                    self.hooks[receiver["name"]] = stack.enter_context(Receiver())
                    hook["url"] = self.hooks[receiver["name"]].url
            (folder / "alertmanager.yaml").write_text(yaml.safe_dump(config))
            command: list[str | Path] = [
                tools.path("alertmanager"),
                f"--config.file={folder / 'alertmanager.yaml'}",
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address={self.url.removeprefix('http://')}",
                "--cluster.listen-address=",  # alone: no gossip, and no port for it
            ]
            process = stack.enter_context(Process("alertmanager", command, log=folder / "alertmanager.log"))
            process.wait_until_ready(lambda: bool(call(f"{self.url}/-/ready")))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def post(self, alerts: Sequence[Labels], lasting: timedelta = timedelta(hours=1)) -> None:
        """These fire from now on, or end where they last for less than no time."""
        now = datetime.now(UTC)
        begun = now - timedelta(minutes=5)
        body = [
            {"labels": dict(labels), "startsAt": begun.isoformat(), "endsAt": (now + lasting).isoformat()}
            for labels in alerts
        ]
        client = Client(self.url)
        try:
            client.call(
                "POST",
                "/api/v2/alerts",
                body=json.dumps(body).encode(),
                headers={"Content-Type": "application/json"},
            )
        finally:
            client.close()

    def told(self, **labels: str) -> set[tuple[str, tuple[tuple[str, str], ...]]]:
        """Who was told of which firing alert that has these labels."""
        return {
            (name, tuple(sorted(page.labels.items())))
            for name, hook in self.hooks.items()
            for page in hook.pages
            if page.status == "firing" and labels.items() <= page.labels.items()
        }

    def alerts(self, cluster: str) -> list[JsonObject]:
        found: list[JsonObject] = call_json(f"{self.url}/api/v2/alerts?filter=cluster%3D%22{cluster}%22")
        return found

    def groups(self, receiver: str) -> list[JsonObject]:
        found: list[JsonObject] = call_json(f"{self.url}/api/v2/alerts/groups?receiver={receiver}")
        return found


def hurried(tree: Any) -> Any:
    """The configuration at test speed."""
    if isinstance(tree, dict):
        return {key: WAITS.get(key) or hurried(value) for key, value in tree.items()}
    return [hurried(each) for each in tree] if isinstance(tree, list) else tree


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    """All scenes have been played: what silences was told before what it silences came, for groups wait here too shortly."""
    with Stand() as stand:
        stand.post(
            [INHIBITOR]
            + [{**labels, "cluster": cluster_of(scene)} for scene in SCENES for _, labels in scene.told]
        )
        expected = sum(len(scene.told) for scene in SCENES)
        with suppress(TimeoutError):  # the scenes say what is missing
            wait_for("what should be told", stand.told, lambda told: len(told) >= expected)
        stand.post(
            [{**labels, "cluster": cluster_of(scene)} for scene in SCENES for labels in scene.silenced]
        )
        time.sleep(SETTLED)
        yield stand


# ---- who is told


@each_scene
def test_who_is_told(stand: Stand, scene: Scene) -> None:
    """Each with the receiver of its severity, and nothing besides."""
    cluster = cluster_of(scene)
    expected = {(name, tuple(sorted({**labels, "cluster": cluster}.items()))) for name, labels in scene.told}
    assert stand.told(cluster=cluster) == expected


@each_scene
def test_what_is_silenced_still_stands_in_the_list(stand: Stand, scene: Scene) -> None:
    """Alertmanager names what silences it."""
    listed = stand.alerts(cluster_of(scene))
    silenced = [alert["labels"] for alert in listed if alert["status"]["inhibitedBy"]]
    wanted = [{**labels, "cluster": cluster_of(scene)} for labels in scene.silenced]
    assert sorted(map(str, map(sorted, map(dict.items, silenced)))) == sorted(
        map(str, map(sorted, map(dict.items, wanted)))
    )
    assert len(listed) == len(scene.silenced) + len(scene.told)


# ---- what comes together


def test_claims_of_one_namespace_are_one_message() -> None:
    """One alert name in one namespace of one cluster; another namespace is another message."""
    claims = [{**DATA, "persistentvolumeclaim": f"data-{number}", "cluster": "eu"} for number in range(3)]
    elsewhere = {**DATA, "namespace": "crm", "cluster": "eu"}
    with Stand() as stand:
        stand.post([alert("HoldfastFull", **labels) for labels in (*claims, elsewhere)])
        groups = wait_for("groups", lambda: stand.groups("ticket"), lambda found: len(found) == 2)
    sizes = {group["labels"]["namespace"]: len(group["alerts"]) for group in groups}
    assert sizes == {"shop": 3, "crm": 1}


def test_information_comes_by_area() -> None:
    """One message for each area of a cluster, whatever the namespaces."""
    alerts = [
        alert("HoldfastBackupEmpty", namespace="a", cluster="eu"),
        alert("HoldfastBackupEmpty", namespace="b", cluster="eu"),
        alert("HoldfastNearlyFullInfo", namespace="a", cluster="eu"),
    ]
    with Stand() as stand:
        stand.post(alerts)
        groups = wait_for("groups", lambda: stand.groups("know"), lambda found: len(found) == 2)
    found = {group["labels"]["area"]: len(group["alerts"]) for group in groups}
    assert found == {"protection": 2, "capacity": 1}


# ---- when it is over


def test_a_ticket_that_a_page_kept_back_is_told_when_the_page_is_over() -> None:
    page, ticket = alert("HoldfastBackupLatePage", **DAILY), alert("HoldfastBackupLate", **DAILY)
    with Stand() as stand:
        stand.post([page])
        stand.hooks["page"].wait_for_page("HoldfastBackupLatePage")
        stand.post([ticket])
        time.sleep(SETTLED)
        assert stand.told(alertname="HoldfastBackupLate") == set()
        stand.post([page], lasting=timedelta(seconds=-1))
        stand.hooks["ticket"].wait_for_page("HoldfastBackupLate")
