"""The stash source: configurations, batches, sessions, repositories and restores in; copies, plans, places, drills out."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model.identity import ObjectRef, TargetKey
from holdfast.model.protection import Drill
from holdfast.sources.stash import SOURCE
from holdfast.sources.stash.records import NAME
from tests.sources.damage import GARBAGE, NEEDED, places, put
from tests.sources.facts import read
from tests.sources.operator_cases import all_of, at, claim, covered, fixture, laid, number, survives
from tests.world import World, pod
from tests.world import claim as claim_object

CONFIGURATIONS, SESSIONS, RESTORES = (
    fixture(SOURCE, name) for name in ("configurations", "sessions", "restores")
)
BATCH, REPOSITORY = fixture(SOURCE, "batches")["data"], fixture(SOURCE, "repositories")["data-repo"]
DATA, GOOD = CONFIGURATIONS["data"], SESSIONS["data-1"]
CLAIM, CACHE = claim({}, "data"), claim({}, "cache")
PLACE = TargetKey(NAME, "shop", "data-repo")
KUBEDB = {"app.kubernetes.io/instance": "orders", "app.kubernetes.io/managed-by": "kubedb.com"}


def world(*objects: dict[str, Any]) -> World:
    return World(claim_object("shop/data"), *objects)


@pytest.mark.tells("stash", "age", "size")
def test_session_that_succeeded() -> None:
    """It is a copy as of its creation, in the repository that its configuration names."""
    shop = world(DATA, GOOD, REPOSITORY)
    assert number(shop, "pvc_backup_timestamp_seconds", placement="offsite") == at("02:00:05")
    assert number(shop, "pvc_backup_size_bytes") == 1.5 * 2**20
    assert number(shop, "pvc_protection_state", state="protected") == 1


@pytest.mark.tells("stash", "schedule", "result")
def test_schedule() -> None:
    """A configuration is a schedule and its sessions are runs, from their creation on."""
    shop = world(DATA, GOOD, SESSIONS["data-0"])
    where = {"schedule": "data"}
    assert number(shop, "backup_schedule_last_success_timestamp_seconds", **where) == at("02:00:05")
    assert number(shop, "backup_schedule_last_duration_seconds", **where) == 600
    assert number(shop, "backup_schedule_last_result", **where, result="success") == 1
    assert number(shop, "backup_schedule_missed_runs", **where) == 0


def test_session_without_its_configuration() -> None:
    """What it saved of the claim is not known: it proves nothing."""
    coverage = covered(SOURCE, CLAIM, GOOD)
    assert (coverage.copies, [miss.cause for miss in coverage.misses]) == ((), ["unproven"])


def saving(**target: Any) -> dict[str, Any]:
    """The configuration, with another choice of what is saved."""
    return laid(DATA, spec={"target": target})


UNTOLD = {"volumeMounts": None, "paths": None}
PART = {"name": "data", "mountPath": "/source/data", "subPath": "one"}


@pytest.mark.parametrize(
    ("target", "whole"),
    [
        pytest.param({}, True, id="the place where it is mounted"),
        pytest.param({"paths": ["/source/data/"]}, True, id="the same place"),
        pytest.param({"paths": ["/elsewhere", "/source"]}, True, id="a place above"),
        pytest.param(UNTOLD, True, id="nothing is chosen"),
        pytest.param({"volumeMounts": None, "paths": ["/stash-data"]}, True, id="where Stash mounts it"),
        pytest.param({"paths": ["/source/data/one", "/source/data/two"]}, False, id="folders"),
        pytest.param({"paths": ["/source/data-2"]}, False, id="a place of a longer name"),
        pytest.param({"volumeMounts": None}, False, id="a place where it is not mounted"),
        pytest.param({"paths": None}, False, id="mounted where nothing is saved"),
        pytest.param({"exclude": ["*.tmp"]}, False, id="files are left out"),
        pytest.param({"volumeMounts": [PART]}, False, id="a part is mounted"),
    ],
)
def test_how_much_of_a_claim_is_saved(target: dict[str, Any], whole: bool) -> None:
    """What saves less than the place where the claim is mounted is no copy, and its restore no drill."""
    told = covered(SOURCE, CLAIM, saving(**target), REPOSITORY, GOOD, RESTORES["proof"])
    causes = [miss.cause for miss in told.misses]
    assert (len(told.copies), causes, len(told.drills)) == ((1, [], 1) if whole else (0, ["unproven"], 0))


def test_memory_of_a_part() -> None:
    """What the repository remembers of some folders is no copy either."""
    told = covered(SOURCE, CLAIM, saving(paths=["/source/data/one"]), REPOSITORY)
    assert told.copies == ()


def test_part_of_a_claim_is_not_protected() -> None:
    shop = world(saving(paths=["/source/data/one"]), GOOD, REPOSITORY)
    assert number(shop, "pvc_protection_state", state="never") == 1
    assert shop.rows("pvc_backup_timestamp_seconds") == []


def test_failed_session() -> None:
    coverage = covered(SOURCE, CLAIM, DATA, SESSIONS["data-0"])
    assert (coverage.copies, [miss.cause for miss in coverage.misses]) == ((), ["failed"])


def test_half_a_batch() -> None:
    """The member that was saved has its copy, the other one was missed; a batch is no configuration of its name."""
    (copy,) = covered(SOURCE, CLAIM, BATCH, SESSIONS["half-a-batch"]).copies
    assert (copy.placement, copy.schedule and copy.schedule.name) == ("offsite", "BackupBatch/data")
    missed = covered(SOURCE, CACHE, BATCH, SESSIONS["half-a-batch"])
    assert (missed.copies, [miss.cause for miss in missed.misses]) == ((), ["not-captured"])
    shop = world(BATCH, SESSIONS["half-a-batch"])
    assert number(shop, "backup_schedule_last_result", schedule="BackupBatch/data", result="partial") == 1


def test_volume_snapshots() -> None:
    """Snapshots where the volume lies are local, and in no repository."""
    (copy,) = covered(SOURCE, CLAIM, CONFIGURATIONS["snapshots"], SESSIONS["snapshots-1"]).copies
    assert (copy.placement, copy.target) == ("local", None)


def test_repository_in_the_cluster() -> None:
    """A local backend is some volume of the cluster: its copies are local."""
    near = laid(REPOSITORY, spec={"backend": {"local": {"mountPath": "/repo"}}})
    (copy,) = covered(SOURCE, CLAIM, DATA, GOOD, near).copies
    assert (copy.placement, copy.target) == ("local", PLACE)
    assert [cover.placement for cover in covered(SOURCE, CLAIM, DATA, near).covers] == ["local"]


def test_covers() -> None:
    covers = covered(
        SOURCE, CLAIM, DATA, CONFIGURATIONS["snapshots"], CONFIGURATIONS["refused"], BATCH
    ).covers
    assert {cover.schedule.name: (cover.gap, cover.placement, cover.target) for cover in covers} == {
        "data": ("", "offsite", "data-repo"),
        "snapshots": ("paused", "local", ""),
        "refused": ("invalid", "offsite", "data-repo"),
        "BackupBatch/data": ("", "offsite", "batch-repo"),
    }


@pytest.mark.parametrize(
    ("name", "outcome"), [("skipped", "unknown"), ("running", "running"), ("without-status", "unknown")]
)
def test_neither_success_nor_failure(name: str, outcome: str) -> None:
    """A session that was skipped did not fail."""
    (run,) = read(SOURCE, SESSIONS[name])
    assert (run.outcome, run.strange_word()) == (outcome, "")  # type: ignore[attr-defined] # a Run
    coverage = covered(SOURCE, CLAIM, DATA, SESSIONS[name])
    assert (coverage.copies, coverage.misses) == ((), ())


@pytest.mark.parametrize("obj", [GOOD, RESTORES["proof"]], ids=lambda obj: str(obj["kind"]))
def test_phase_that_we_do_not_know(obj: dict[str, Any]) -> None:
    (record,) = read(SOURCE, laid(obj, status={"phase": "Verifying"}))
    assert (record.outcome, record.strange_word()) == ("unknown", "Verifying")  # type: ignore[attr-defined] # a Run


def test_session_being_deleted() -> None:
    going = laid(GOOD, metadata={"deletionTimestamp": "2026-11-21T11:00:00Z"})
    assert covered(SOURCE, CLAIM, DATA, going).copies == ()


def test_what_the_repository_remembers() -> None:
    """Of one session only is kept, and it failed: the repository still knows of the backup before, by its end."""
    (copy,) = covered(SOURCE, CLAIM, DATA, REPOSITORY, SESSIONS["data-0"]).copies
    assert (copy.captured, copy.placement, copy.target) == (at("02:00:00"), "offsite", PLACE)
    assert copy.evidence == ObjectRef("Repository.stash.appscode.com", "shop", "data-repo")


def test_memory_of_what_a_session_tells() -> None:
    """While the session is there it tells more, and there is one copy."""
    (copy,) = covered(SOURCE, CLAIM, DATA, REPOSITORY, GOOD).copies
    assert copy.captured == at("02:00:05")


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param([DATA, laid(DATA, metadata={"name": "second"}), REPOSITORY], id="two configurations"),
        pytest.param([DATA, laid(REPOSITORY, status={"references": [{}, {}]})], id="two references"),
        pytest.param([laid(BATCH, spec={"repository": {"name": "data-repo"}}), REPOSITORY], id="a batch"),
        pytest.param([DATA, laid(REPOSITORY, status={"lastBackupTime": None})], id="nothing yet"),
        pytest.param([REPOSITORY], id="no configuration"),
    ],
)
def test_memory_that_proves_nothing(objects: list[dict[str, Any]]) -> None:
    """Where several are saved in one repository nobody can tell whose backup it remembers."""
    assert covered(SOURCE, CLAIM, *objects).copies == ()


@pytest.mark.tells("stash", "target")
@pytest.mark.parametrize(
    ("integrity", "available", "state"),
    [(True, 1, "protected"), (False, 0, "unknown"), (None, None, "protected")],
)
def test_repository(integrity: bool | None, available: float | None, state: str) -> None:
    """What lies in a repository that did not pass its last check cannot be restored."""
    shop = world(DATA, GOOD, laid(REPOSITORY, status={"integrity": integrity}))
    assert number(shop, "backup_target_available", target="data-repo") == available
    assert number(shop, "pvc_protection_state", state=state) == 1


STATEFUL = {
    "apiVersion": "apps/v1",
    "kind": "StatefulSet",
    "metadata": {
        "namespace": "shop",
        "name": "web",
        "uid": "web",
        "creationTimestamp": "2026-11-01T00:00:00Z",
    },
    "spec": {
        "replicas": 2,
        "volumeClaimTemplates": [{"metadata": {"name": "content"}}, {"metadata": {"name": "scratch"}}],
    },
}
WEB_REPOSITORY = laid(REPOSITORY, metadata={"name": "web-repo"})


@pytest.mark.parametrize(
    ("name", "state"),
    [
        pytest.param("content-web-1", "protected", id="saved"),
        pytest.param("scratch-web-1", "unprotected", id="a volume that is not mounted for it"),
        pytest.param("content-web-2", "never", id="a pod that did not run"),
    ],
)
def test_volumes_of_a_stateful_set(name: str, state: str) -> None:
    """Of a workload the volumes that its configuration mounts are saved, host by host."""
    objects = (STATEFUL, CONFIGURATIONS["web"], SESSIONS["web-1"], WEB_REPOSITORY)
    shop = World(claim_object(f"shop/{name}"), *objects)
    assert number(shop, "pvc_protection_state", state=state) == 1


@pytest.mark.parametrize(
    ("target", "state"),
    [
        pytest.param({"paths": ["/source/content/one"]}, "never", id="a folder"),
        pytest.param({"paths": None}, "never", id="nothing is saved"),
        pytest.param({"volumeMounts": None}, "never", id="no volume is mounted"),
        pytest.param({"exclude": [""]}, "protected", id="nothing is left out"),
    ],
)
def test_how_much_of_a_workload_is_saved(target: dict[str, Any], state: str) -> None:
    web = laid(CONFIGURATIONS["web"], spec={"target": target})
    shop = World(claim_object("shop/content-web-1"), STATEFUL, web, SESSIONS["web-1"], WEB_REPOSITORY)
    assert number(shop, "pvc_protection_state", state=state) == 1


def test_two_configurations_of_one_workload() -> None:
    """Each saves the volumes that it mounts: what one has saved and restored says nothing of the other's."""
    mounts = [{"name": "scratch", "mountPath": "/source/scratch"}]
    other = laid(
        CONFIGURATIONS["web"],
        metadata={"name": "other"},
        spec={
            "target": {"volumeMounts": mounts, "paths": ["/source/scratch"]},
            "repository": {"name": "other-repo"},
        },
    )
    proof = laid(RESTORES["proof"], spec={"repository": {"name": "web-repo"}})
    objects = (STATEFUL, CONFIGURATIONS["web"], other, SESSIONS["web-1"], WEB_REPOSITORY, proof)
    scratch, content = (
        World(claim_object(f"shop/{name}-web-1"), *objects) for name in ("scratch", "content")
    )
    assert number(scratch, "pvc_protection_state", state="never") == 1
    assert scratch.rows("pvc_restore_drill_age_seconds") == []
    assert number(content, "pvc_protection_state", state="protected") == 1
    assert len(content.rows("pvc_restore_drill_age_seconds")) == 1


@pytest.mark.parametrize(("pods", "state"), [(1, "protected"), (0, "never")])
def test_memory_of_a_stateful_set(pods: int, state: str) -> None:
    """What its repository remembers is of the pods that run: an idle claim may never have been saved."""
    owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "uid": "web", "controller": True}
    running = [pod("shop/web-1", "content-web-1", metadata={"ownerReferences": [owner]})][:pods]
    shop = World(
        claim_object("shop/content-web-1"), STATEFUL, CONFIGURATIONS["web"], WEB_REPOSITORY, *running
    )
    assert number(shop, "pvc_protection_state", state=state) == 1


def test_workload_at_rest() -> None:
    """Without pods nothing tells by which volume it mounts a claim: it must be the only one."""
    rest = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"namespace": "shop", "name": "web", "creationTimestamp": "2026-11-01T00:00:00Z"},
        "spec": {
            "replicas": 0,
            "template": {
                "spec": {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}
            },
        },
    }
    target = {"target": {"ref": {"kind": "Deployment"}}}
    shop = World(claim_object("shop/data"), rest, laid(CONFIGURATIONS["web"], spec=target))
    assert number(shop, "pvc_protection_state", state="never") == 1


@pytest.mark.parametrize(
    ("labels", "state"),
    [
        pytest.param(KUBEDB, "protected", id="of the database"),
        pytest.param({"app.kubernetes.io/instance": "orders"}, "unprotected", id="of a release of its name"),
    ],
)
def test_claims_of_a_database(labels: dict[str, str], state: str) -> None:
    """An AppBinding stands for its database, whose claims bear the labels of KubeDB."""
    repository = laid(REPOSITORY, metadata={"name": "orders-repo", "namespace": "backups"})
    shop = World(
        claim_object("shop/data-orders-0", metadata={"labels": labels}),
        CONFIGURATIONS["orders"],
        SESSIONS["orders-1"],
        repository,
    )
    assert number(shop, "pvc_protection_state", state=state) == 1


def test_consistency() -> None:
    """A database is saved by its own tool, a claim as it stands."""
    (copy,) = covered(SOURCE, claim(KUBEDB), CONFIGURATIONS["orders"], SESSIONS["orders-1"]).copies
    assert copy.consistency == "application"
    (copy,) = covered(SOURCE, CLAIM, DATA, GOOD).copies
    assert copy.consistency == "crash"


@pytest.mark.tells("stash", "drill")
def test_restore() -> None:
    """A restore proves the claim that alone is saved in its repository; which snapshot it was is not told."""
    (drill,) = covered(SOURCE, CLAIM, DATA, REPOSITORY, GOOD, RESTORES["proof"]).drills
    assert drill == Drill(
        source=NAME,
        claim=CLAIM.ref,
        success=True,
        started=at("08:00:00"),
        ended=at("08:20:00"),
        point=None,
        evidence=ObjectRef("RestoreSession.stash.appscode.com", "shop", "proof"),
    )


def test_failed_restore() -> None:
    """Wherever it was made, it is of the repository that it names."""
    (drill,) = covered(SOURCE, CLAIM, DATA, REPOSITORY, RESTORES["failed"]).drills
    assert not drill.success


@pytest.mark.parametrize(
    ("name", "others"), [("some-files", []), ("proof", [laid(DATA, metadata={"name": "second"})])]
)
def test_no_drill(name: str, others: list[dict[str, Any]]) -> None:
    """Some files prove nothing of the whole, and a repository that several share does not tell whose it was."""
    assert covered(SOURCE, CLAIM, DATA, REPOSITORY, *others, RESTORES[name]).drills == ()


@pytest.mark.parametrize(
    ("paths", "drills"),
    [
        pytest.param(["/source/data"], 1, id="all that was saved"),
        pytest.param(["/source/data/only"], 0, id="some of it"),
        pytest.param(["/x/only"], 0, id="something else"),
    ],
)
def test_restore_of_chosen_paths(paths: list[str], drills: int) -> None:
    """It proves the claim by the path at which all of it was saved."""
    chosen = laid(RESTORES["proof"], spec={"target": {"rules": [{"paths": paths}]}})
    assert len(covered(SOURCE, CLAIM, DATA, REPOSITORY, chosen).drills) == drills


FAR = laid(REPOSITORY, metadata={"namespace": "backups"})


def away(name: str, namespace: str = "shop") -> dict[str, Any]:
    """A configuration whose repository lies in a namespace of its own."""
    named = {"name": name, "namespace": namespace}
    return laid(DATA, metadata=named, spec={"repository": {"name": "data-repo", "namespace": "backups"}})


@pytest.mark.parametrize(
    "last",
    [
        pytest.param(away("other", "blog"), id="somebody else writes there"),
        pytest.param(laid(RESTORES["proof"], metadata={"namespace": "backups"}), id="a restore"),
        pytest.param(laid(FAR, status={"lastBackupTime": "2026-11-20T02:10:00Z"}), id="it holds less"),
        pytest.param(laid(FAR, status={"integrity": False}), id="it fails"),
    ],
)
def test_a_repository_calls_out_to_other_namespaces(last: dict[str, Any]) -> None:
    """Whatever comes last, what stands decides."""
    claims = [claim_object("shop/data"), claim_object("blog/data")]
    late, whole = World(*claims, away("data"), FAR), World(*claims, away("data"), FAR, last)
    before = late.text()
    late.put(last)
    late.judge()
    assert late.text() == whole.text() != before


def test_what_is_not_read_is_not_decoded() -> None:
    """Errors, places of backends and names of secrets are not decoded."""
    for obj in all_of(SOURCE):
        feed = next(feed for feed in SOURCE.feeds if feed.kind == obj["kind"])
        assert "not-for-us" not in repr(msgspec.json.decode(msgspec.json.encode(obj), type=feed.shape))


PLACES = places(all_of(SOURCE))


def test_null_anywhere() -> None:
    """A null in any place of an object loses at most what stood in that place."""
    for obj, path in PLACES:
        if path not in NEEDED:
            read(SOURCE, put((obj, path), None))


@settings(deadline=None)  # a busy machine is no failure
@given(st.sampled_from(PLACES), GARBAGE)
def test_garbage_is_read_or_refused(place: Any, garbage: Any) -> None:
    """Whatever stands in one place of an object, it is refused when decoded or can be read and judged."""
    survives(SOURCE, CLAIM, put(place, garbage))
