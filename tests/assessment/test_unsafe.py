"""Claims that are unsafe: for how long they have had no copy that counts, and when a new one begins to be told."""

import math
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from holdfast.assessment.copies import Evidence
from holdfast.assessment.protection import assess_protection
from holdfast.model.facts import NO_ANNOTATIONS, Claim
from holdfast.model.health import Sight
from holdfast.model.identity import ClaimRef, ObjectRef, ScheduleKey
from holdfast.model.judgement import ALWAYS, UNSAFE_STATES
from holdfast.model.objective import Objective
from holdfast.model.protection import Copy, Cover, Coverage
from tests.assessment.test_protection import DAY, HOUR, TODAY, dump, snapshot, state
from tests.world import NOW, World, claim, policy

LABELS = 'pvc_unsafe_seconds{namespace="shop",persistentvolumeclaim="data",'
MADE = NOW - 20.5 * DAY  # when the claim of these tests was made


def unsafe(world: World, now: float | None = None) -> list[str]:
    """For how long the claim has had no copy that counts, as it is published at that instant."""
    world.judge(now)
    return [row.removeprefix(LABELS) for row in world.rows("pvc_unsafe_seconds")]


def test_a_late_claim_has_been_unsafe_since_its_newest_copy_that_counts() -> None:
    world = World(claim(), dump(succeeded=TODAY))
    assert unsafe(world, NOW + 16 * HOUR) == []
    assert unsafe(world, NOW + 20 * HOUR) == [f'state="late",origin="builtin"}} {int(30 * HOUR)}']


def test_the_age_of_an_unsafe_claim_that_has_a_copy_is_that_of_its_backup() -> None:
    """The copy could not be restored now; of none that could, the newest gives both figures."""
    world = World(claim(), snapshot("a", "2026-11-21T11:00:00Z", ready=False))
    assert unsafe(world) == ['state="late",origin="builtin"} 3600']
    assert world.rows("pvc_backup_age_seconds")[0].endswith(" 3600")


def test_a_claim_that_was_never_copied_is_spared_until_its_objective_could_have_been_met() -> None:
    """Time alone ends the grace: the claim is judged again just then, though no object changes."""
    world = World(claim(), dump(), now=MADE + 25 * HOUR)
    assert state(world)[0] == "never"
    assert unsafe(world) == []
    assert unsafe(world, MADE + 26 * HOUR - 0.001) == []
    assert unsafe(world, MADE + 26 * HOUR) == [f'state="never",origin="builtin"}} {int(26 * HOUR)}']
    assert unsafe(world, MADE + 30 * HOUR) == [f'state="never",origin="builtin"}} {int(30 * HOUR)}']


@pytest.mark.parametrize(("rpo", "grace"), [("1h", HOUR), ("24h", DAY), ("7d", DAY)])
def test_a_claim_that_nothing_covers_is_spared_for_its_objective_and_for_a_day_at_most(
    tmp_path: Path, rpo: str, grace: float
) -> None:
    """No copy will come of waiting for longer."""
    asked = policy(f"defaults: {{rpo: {rpo}}}", tmp_path)
    world = World(claim(), now=MADE, policy=asked)
    assert unsafe(world, MADE + grace - 0.001) == []
    assert unsafe(world, MADE + grace) == [f'state="unprotected",origin="defaults"}} {int(grace)}']


def test_a_weekly_objective_spares_what_a_schedule_covers_for_a_week(tmp_path: Path) -> None:
    world = World(claim(), dump(), now=MADE, policy=policy("defaults: {rpo: 7d}", tmp_path))
    assert unsafe(world, MADE + 7 * DAY - 0.001) == []
    assert unsafe(world, MADE + 7 * DAY) == [f'state="never",origin="defaults"}} {int(7 * DAY)}']


def test_where_nobody_asks_for_an_rpo_a_day_is_waited_for_and_no_origin_is_told(tmp_path: Path) -> None:
    world = World(claim(), now=MADE + 23 * HOUR, policy=policy("defaults: {}", tmp_path))
    assert unsafe(world) == []
    assert unsafe(world, MADE + DAY) == ['state="unprotected",origin=""} 86400']


def test_the_end_of_an_exemption_does_not_begin_the_grace_anew() -> None:
    """The claim is as old as it is; whoever exempted it knew until when."""
    exempt = claim(metadata={"annotations": {"holdfast.dev/exempt": "rebuilt nightly; until=2026-11-21"}})
    world = World(exempt)
    assert state(world)[0] == "exempt"
    assert unsafe(world) == []
    assert unsafe(world, NOW + DAY)[0].startswith('state="unprotected"')


def test_what_is_safe_unknown_or_exempt_is_not_unsafe() -> None:
    assert unsafe(World(claim(), dump(succeeded=TODAY))) == []
    assert unsafe(World(claim(), states={("velero", "Backup"): "forbidden"})) == []
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "web-0", "uid": "p", "controller": True}
    assert unsafe(World(claim("shop/web-0-scratch", metadata={"ownerReferences": [owner]}))) == []


def test_a_claim_made_in_the_future_is_spared_as_if_it_were_new() -> None:
    """Of two clocks that differ, none can say how old it is; its grace ends all the same."""
    coming = claim(metadata={"creationTimestamp": "2026-11-21T13:00:00Z"})
    world = World(coming)
    assert unsafe(world) == []
    assert unsafe(world, NOW + 25 * HOUR) == [f'state="unprotected",origin="builtin"}} {int(24 * HOUR)}']


# ---- whatever is known of its copies


DATA = ClaimRef("shop", "data")
PLAN = ScheduleKey("cronjob", "shop", "dump")
COVER = Cover(schedule=PLAN, target="", placement="local", consistency="unknown")
BARE = Claim(
    ref=DATA,
    uid="u",
    created=1000.0,
    labels={},
    annotations=NO_ANNOTATIONS,
    storage_class="fast",
    volume="pv",
    volume_mode="Filesystem",
    access_modes=(),
    requested=None,
    capacity=None,
    phase="Bound",
)
INSTANTS = st.integers(0, 20).map(lambda hundreds: 100.0 * hundreds)  # few, so that they meet
COPIES = st.builds(
    Copy,
    source=st.just("cronjob"),
    claim=st.just(DATA),
    captured=INSTANTS,
    placement=st.just("local"),
    consistency=st.just("unknown"),
    evidence=st.just(ObjectRef("CronJob", "shop", "dump")),
    expires=st.none() | INSTANTS,
    ready=st.booleans(),
    log=st.sampled_from(["", "running", "broken"]),
)
COVERAGES = st.builds(
    Coverage,
    source=st.just("cronjob"),
    copies=st.lists(COPIES, max_size=3).map(tuple),
    covers=st.sampled_from([(), (COVER,), (msgspec.structs.replace(COVER, gap="paused"),)]),
)
RPOS = st.none() | st.sampled_from([100.0, 300.0, 2 * DAY])


def evidence(coverage: Coverage, rpo: float | None) -> Evidence:
    return Evidence(
        claim=BARE,
        objective=Objective(rpo=rpo),
        coverages=(coverage,),
        schedules={},
        targets={},
        sight=Sight(),
    )


@given(coverage=COVERAGES, rpo=RPOS, now=INSTANTS)
def test_an_unsafe_claim_is_told_or_will_be(coverage: Coverage, rpo: float | None, now: float) -> None:
    """It counts from its newest copy that counts or from its birth; while it is spared, the end of that is known."""
    ruling = assess_protection(evidence(coverage, rpo), now)
    protection = ruling.protection
    if protection.state not in UNSAFE_STATES:
        assert protection.unsafe_since is None
    elif protection.state == "late":
        assert protection.unsafe_since == protection.captured is not None
    elif protection.unsafe_since is None:
        assert ruling.until is not None
        assert now < ruling.until <= BARE.created + (DAY if rpo is None else rpo)
    else:
        assert protection.unsafe_since == BARE.created


JUST_WITHIN = Coverage(
    source="cronjob",
    copies=(
        Copy(
            source="cronjob",
            claim=DATA,
            captured=1900.0,
            placement="local",
            consistency="unknown",
            evidence=ObjectRef("CronJob", "shop", "dump"),
        ),
    ),
)


@given(coverage=COVERAGES, rpo=RPOS, now=INSTANTS, share=st.floats(0, 0.999))
@example(coverage=JUST_WITHIN, rpo=100.0, now=2000.0, share=0.5)
def test_until_it_is_judged_again_nothing_changes(
    coverage: Coverage, rpo: float | None, now: float, share: float
) -> None:
    """Whether a claim is unsafe, and since when, stands at every millisecond before the instant that the judgement names, or for
    ever. A copy exactly as old as the objective is within it: what comes then is named for the millisecond after.
    """
    asked = evidence(coverage, rpo)
    ruling = assess_protection(asked, now)
    end = now + 10 * DAY if ruling.until is None else ruling.until
    instant = math.floor(1000 * (now + share * (end - now))) / 1000
    later = assess_protection(asked, instant).protection
    assert (later.state, later.unsafe_since) == (ruling.protection.state, ruling.protection.unsafe_since)


def test_a_log_that_runs_is_current_however_useless_it_is_now() -> None:
    """A copy that cannot be restored makes the claim late; of the log it is true all the same that no time is lost."""
    log = Copy(
        source="cnpg",
        claim=DATA,
        captured=1500.0,
        placement="offsite",
        consistency="application",
        evidence=ObjectRef("Cluster.postgresql.cnpg.io", "shop", "db"),
        ready=False,
        log="running",
    )
    ruling = assess_protection(evidence(Coverage(source="cnpg", copies=(log,)), 100.0), 1600.0)
    assert (ruling.protection.state, ruling.protection.unsafe_since) == ("late", ALWAYS)
