"""What an accepted configuration means: the policy that follows, defaults, several files, the hash."""

from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import pytest

from holdfast.model.policy import (
    Exemption,
    Match,
    ObjectiveSpec,
    Policy,
    Retention,
    Tier,
)
from holdfast.settings import Known, Settings, SettingsError, load_settings

HOUR, DAY = 3600.0, 86400.0
EXAMPLE = """
    tiers:
      - name: gold
        match: {namespaceLabels: {tier: gold}}
        rpo: 1h                       # newest restorable copy may be this old
        rto: 30m                      # a restore drill must finish within this
        urgency: page                 # page, ticket (the default) or know: what a broken objective is worth
        replicationLag: 5m
        restoreDrillEvery: 90d
        offsite: required             # a snapshot on the same storage does not count
        consistency: application      # crash-consistent copies do not count
        locations: 2                  # copies in this many targets
        retention: {daily: 7, weekly: 4, monthly: 12}
        reclaimPolicy: Retain
        fullWithin: 4d                # warn when full is this near
        unusedFor: 30d                # idle this long is waste
      - name: scratch
        match: {storageClasses: [scratch]}
        exempt: {reason: "rebuilt from source", until: 2027-06-30}
"""


class Files:
    """Writes texts as files and loads them, the first text first."""

    def __init__(self, folder: Path, known: Known) -> None:
        self._folder = folder
        self._known = known

    def load(self, *texts: str) -> Settings:
        paths = [self._folder / f"{index}.yaml" for index, _ in enumerate(texts)]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(dedent(text))
        return load_settings(paths, self._known)

    def policy(self, *texts: str) -> Policy:
        return self.load(*texts).policy()


@pytest.fixture
def files(tmp_path: Path, known: Known) -> Files:
    return Files(tmp_path, known)


def test_no_file_and_an_empty_file_are_the_defaults(files: Files) -> None:
    assert files.policy() == files.policy("") == files.policy("# nothing\n") == files.policy("{}") == Policy()
    assert Policy().defaults == ObjectiveSpec(rpo=26 * HOUR)


def test_the_example_of_the_documentation_is_this_policy(files: Files) -> None:
    gold, scratch = files.policy(EXAMPLE).tiers
    assert gold == Tier(
        name="gold",
        match=Match(namespace_labels={"tier": ("gold",)}),
        objective=ObjectiveSpec(
            rpo=HOUR,
            rto=1800.0,
            urgency="page",
            replication_lag=300.0,
            restore_drill_every=90 * DAY,
            offsite=True,
            consistency="application",
            locations=2,
            retention=Retention(daily=7, weekly=4, monthly=12),
            reclaim_policy="Retain",
            full_within=4 * DAY,
            unused_for=30 * DAY,
        ),
    )
    assert scratch == Tier(
        name="scratch",
        match=Match(storage_classes=("scratch",)),
        exempt=Exemption(reason="rebuilt from source", until=datetime(2027, 7, 1, tzinfo=UTC).timestamp()),
    )


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("30s", 30),
        ("30m", 1800),
        ("26h", 26 * HOUR),
        ("90d", 90 * DAY),
        ("2w", 14 * DAY),
        ("1h30m", 5400),
        ("1.5h", 5400),
    ],
)
def test_a_duration_is_a_number_and_a_unit(files: Files, written: str, seconds: float) -> None:
    assert files.policy(f"defaults: {{rpo: {written}}}").defaults.rpo == seconds


def test_defaults_of_ones_own_replace_the_built_in_ones(files: Files) -> None:
    policy = files.policy("defaults: {rto: 1h}")
    assert (policy.defaults, policy.builtin_defaults) == (ObjectiveSpec(rto=HOUR), False)


@pytest.mark.parametrize("written", ["defaults: {}", "defaults:"])
def test_empty_defaults_remove_the_built_in_ones(files: Files, written: str) -> None:
    policy = files.policy(written)
    assert (policy.defaults, policy.builtin_defaults) == (ObjectiveSpec(), False)


def test_a_tier_without_match_takes_no_claim_and_an_empty_match_takes_all(files: Files) -> None:
    by_annotation, everything = files.policy("tiers: [{name: a}, {name: b, match: {}}]").tiers
    assert (by_annotation.match, everything.match) == (None, Match())


def test_a_match_takes_one_value_or_a_list(files: Files) -> None:
    (tier,) = files.policy("""
        tiers:
          - name: a
            match:
              namespaces: "team-*"
              names: ["db-?", "cache-[0-9]"]
              labels: {app: [db, cache], app.kubernetes.io/part-of: shop}
              storageClasses: fast
        """).tiers
    assert tier.match == Match(
        namespaces=("team-*",),
        names=("db-?", "cache-[0-9]"),
        labels={"app": ("db", "cache"), "app.kubernetes.io/part-of": ("shop",)},
        storage_classes=("fast",),
    )


def test_where_a_text_is_meant_yaml_types_do_not_change_it(files: Files) -> None:
    (tier,) = files.policy(
        "tiers: [{name: 2024, match: {labels: {version: 1.10, critical: yes, day: 2027-06-30}}}]"
    ).tiers
    assert tier.name == "2024"
    assert tier.match
    assert tier.match.labels == {"version": ("1.10",), "critical": ("yes",), "day": ("2027-06-30",)}


def test_a_date_may_be_quoted(files: Files) -> None:
    (tier,) = files.policy('tiers: [{name: a, exempt: {reason: r, until: "1970-01-01"}}]').tiers
    assert tier.exempt == Exemption(reason="r", until=DAY)


def test_an_exemption_without_a_day_is_open_ended(files: Files) -> None:
    (tier,) = files.policy("tiers: [{name: a, exempt: {reason: r}}]").tiers
    assert tier.exempt == Exemption(reason="r", until=None)


@pytest.mark.parametrize(
    ("written", "demanded"), [("required", True), ("optional", False), ("yes", True), ("off", False)]
)
def test_offsite_is_demanded_or_withdrawn(files: Files, written: str, demanded: bool) -> None:
    assert files.policy(f"defaults: {{offsite: {written}}}").defaults.offsite is demanded


@pytest.mark.parametrize("off", ["off", "no", "false", '"off"'])
def test_checks_are_off_or_have_a_limit(files: Files, off: str) -> None:
    policy = files.policy(f"checks: {{no-owner: {off}, too-many-classes: {{limit: 20}}}}")
    assert policy.checks_off == {"no-owner"}
    assert policy.check_limits == {"too-many-classes": 20}


@pytest.mark.parametrize("on", ["on", "yes", "true", '"on"'])
def test_a_check_that_is_on_is_as_if_unnamed(files: Files, on: str) -> None:
    assert files.policy(f"checks: {{too-many-classes: {on}}}") == Policy()


def test_sources_are_on_unless_switched_off(files: Files) -> None:
    settings = files.load(
        "sources: {velero: {enabled: off, namespaces: [backup]}, cronjob: {}, core: {enabled: yes}}"
    )
    assert [settings.source(name).enabled for name in ("core", "velero", "cronjob", "csi-snapshot")] == [
        True,
        False,
        True,
        True,
    ]
    assert settings.source("velero").namespaces == ("backup",)


def test_the_cluster_is_a_name_or_a_section(files: Files) -> None:
    assert files.policy("cluster: prod-eu") == Policy(cluster="prod-eu")
    assert files.policy("cluster: {name: prod-eu, blindAfter: 20m}") == Policy(
        cluster="prod-eu", blind_after=1200.0
    )


def test_the_rest_reaches_who_needs_it(files: Files) -> None:
    settings = files.load("""
        namespaces: [shop, blog]
        systemNamespaces: [openshift-*]
        history: {path: /var/lib/holdfast}
        metrics: {deny: [holdfast_pv_info]}
        """)
    assert settings.namespaces == ("shop", "blog")
    assert settings.history.path == "/var/lib/holdfast"
    policy = settings.policy()
    assert policy.system_namespaces == ("openshift-*",)
    assert policy.deny == {"holdfast_pv_info"}


def test_storage_classes_may_match_where_only_roles_are_granted(files: Files) -> None:
    assert files.policy("{namespaces: [a], tiers: [{name: x, match: {storageClasses: [fast]}}]}").tiers


def test_a_later_file_replaces_whole_top_level_keys(files: Files) -> None:
    policy = files.policy(
        "{cluster: a, defaults: {rpo: 1h, rto: 1h}, tiers: [{name: gold}]}",
        "{defaults: {rto: 2h}}",
        "cluster: b",
    )
    assert policy == Policy(
        cluster="b", defaults=ObjectiveSpec(rto=2 * HOUR), builtin_defaults=False, tiers=(Tier(name="gold"),)
    )


def test_a_problem_is_told_at_the_file_that_has_it(files: Files, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refusal:
        files.load("cluster: a\ntiers:\n  - {name: a, rpo: 1}\n", "zzz: 1\n\ncluster: {nam: b}\n")
    places = [(problem.place.file, problem.place.line, problem.path) for problem in refusal.value.problems]
    first, second = str(tmp_path / "0.yaml"), str(tmp_path / "1.yaml")
    assert places == [(first, 3, "tiers[0].rpo"), (second, 1, "zzz"), (second, 3, "cluster.nam")]


def test_a_file_that_cannot_be_read_is_named_beside_the_problems_of_others(
    known: Known, tmp_path: Path
) -> None:
    (tmp_path / "a.yaml").write_text("zzz: 1")
    with pytest.raises(SettingsError) as refusal:
        load_settings([tmp_path / "a.yaml", tmp_path / "b.yaml", tmp_path], known)
    assert [str(problem).removeprefix(str(tmp_path)) for problem in refusal.value.problems] == [
        ": cannot be read: Is a directory; name a file that can",
        "/a.yaml:1: zzz: unknown key; valid keys: cluster, namespaces, systemNamespaces, sources, genericSources, defaults, tiers, checks, history, metrics, prometheus, usage, replication, prices",
        "/b.yaml: cannot be read: No such file or directory; name a file that can",
    ]


def test_anchors_and_merge_keys_are_understood_and_no_duplicates(files: Files) -> None:
    policy = files.policy("""
        tiers:
          - &base {name: gold, rpo: 1h, rto: 1h}
          - {<<: *base, name: silver, rpo: 2h}
          - {<<: *base, name: bronze}
        """)
    assert [(tier.name, tier.objective.rpo, tier.objective.rto) for tier in policy.tiers] == [
        ("gold", HOUR, HOUR),
        ("silver", 2 * HOUR, HOUR),
        ("bronze", HOUR, HOUR),
    ]


@pytest.mark.parametrize("text", [b"\xff\xfe\x00\xd8", b"cluster: \x00", b"\xc3\x28: 1", b"[" * 5000])
def test_bytes_that_are_no_yaml_are_refused_with_the_file_named(
    known: Known, tmp_path: Path, text: bytes
) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(text)
    with pytest.raises(SettingsError, match=r"a\.yaml"):
        load_settings([path], known)


def test_the_hash_follows_the_meaning_and_not_the_layout(files: Files) -> None:
    one = files.load(
        "cluster: a\nchecks: {no-owner: off, too-many-classes: {limit: 3}}\ndefaults: {rpo: 60m}"
    ).config_hash
    assert (
        one
        == files.load(
            "checks: {too-many-classes: {limit: 3}, no-owner: no}\ndefaults:\n  rpo: 1h\ncluster: {name: a}"
        ).config_hash
    )
    assert (
        one
        != files.load(
            "cluster: b\nchecks: {no-owner: off, too-many-classes: {limit: 3}}\ndefaults: {rpo: 60m}"
        ).config_hash
    )
    assert (
        files.load().config_hash != files.load("defaults: {rpo: 26h}").config_hash
    )  # declared is not built in


def test_nothing_comes_from_the_environment(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLUSTER", "HOLDFAST_CLUSTER", "cluster"):
        monkeypatch.setenv(name, "elsewhere")
    assert files.policy() == Policy()
