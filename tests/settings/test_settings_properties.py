"""Truths about every file: it is accepted or refused in words, and the schema accepts nothing the loader refuses."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.settings import Known, SettingsError, load_settings, load_web_settings, settings_schema

VOCABULARY = """
    cluster name blindAfter namespaces systemNamespaces sources core velero enabled defaults tiers match rpo rto
    urgency page offsite required consistency locations retention daily labels names storageClasses exempt reason
    until checks no-owner too-many-classes limit off history path metrics deny holdfast_pvc_info 26h 1h30m 90d
    kube-* team-a tls_server_config cert_file key_file client_auth_type NoClientCert http_server_config headers
    X-Frame-Options deny basic_auth_users usage genericSources group versions v1 kinds resource kind run claims result
    at success captured spec.claim status.phase plan cron acme.example
"""
WORDS = st.sampled_from(VOCABULARY.split())
SCALARS = (
    WORDS | st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | st.datetimes() | st.text()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=4), inner),
    max_leaves=25,
)
OFTEN = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def refused(load: Any, path: Path) -> str | None:
    """The words of the refusal, None where the file is accepted."""
    try:
        load(path)
    except SettingsError as refusal:
        return str(refusal)
    return None


@OFTEN
@given(values=VALUES)
def test_any_tree_is_accepted_or_refused_in_words(values: Any, tmp_path: Path, known: Known) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(yaml.safe_dump(values, allow_unicode=True))
    for load in (lambda file: load_settings([file], known), load_web_settings):
        said = refused(load, path)
        assert said is None or all(line.startswith(str(path)) for line in said.splitlines())


@OFTEN
@given(data=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_accepted_or_refused_in_words(data: bytes, tmp_path: Path, known: Known) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(data)
    assert refused(lambda file: load_settings([file], known), path) != ""


NAMES = st.from_regex(r"[a-z][-a-z0-9]{0,8}[a-z0-9]", fullmatch=True)
GLOBS = NAMES | NAMES.map(lambda name: f"{name}-*")
DURATIONS = st.builds("{}{}".format, st.integers(1, 999), st.sampled_from("smhdw"))
LABELS = st.dictionaries(NAMES, NAMES | st.lists(NAMES, min_size=1, max_size=2), max_size=2)
EXEMPT = st.fixed_dictionaries({"reason": NAMES}, optional={"until": st.dates().map(str)})
OBJECTIVE = {
    "rpo": DURATIONS,
    "unusedFor": DURATIONS,
    "urgency": st.sampled_from(["page", "ticket", "know", "none"]),
    "offsite": st.sampled_from(["required", "optional", True, False, "never"]),
    "locations": st.integers(-1, 3),
    "retention": st.fixed_dictionaries({}, optional={"daily": st.integers(-1, 9), "hourly": st.just(1)}),
}
MATCH = st.fixed_dictionaries(
    {},
    optional={
        "names": GLOBS | st.lists(GLOBS, max_size=2),
        "labels": LABELS,
        "storageClasses": st.lists(NAMES),
    },
)
TIER = st.fixed_dictionaries({"name": NAMES}, optional={"match": MATCH, "exempt": EXEMPT, **OBJECTIVE})
CONFIGURATIONS = st.fixed_dictionaries(
    {},
    optional={
        "cluster": NAMES | st.fixed_dictionaries({}, optional={"name": NAMES, "blindAfter": DURATIONS}),
        "defaults": st.fixed_dictionaries({}, optional=OBJECTIVE),
        "tiers": st.lists(TIER, max_size=3, unique_by=lambda tier: tier["name"]),
        "namespaces": st.lists(GLOBS, max_size=2),
        "sources": st.dictionaries(
            st.sampled_from(["core", "velero", "velro"]),
            st.fixed_dictionaries({}, optional={"enabled": st.booleans()}),
        ),
        "checks": st.dictionaries(
            st.sampled_from(["no-owner", "too-many-classes"]),
            st.booleans() | st.fixed_dictionaries({}, optional={"limit": st.integers(-1, 5)}),
        ),
        "metrics": st.fixed_dictionaries({"deny": st.lists(st.sampled_from(["holdfast_pvc_info", "other"]))}),
    },
)


@OFTEN
@given(values=CONFIGURATIONS)
def test_the_schema_and_the_loader_agree(values: dict[str, Any], tmp_path: Path, known: Known) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(yaml.safe_dump(values))
    said = refused(lambda file: load_settings([file], known), path)
    accepted = jsonschema.Draft7Validator(settings_schema(known)).is_valid(values)
    assert accepted == (said is None), said


def test_the_agreement_is_not_empty(known: Known) -> None:
    """A schema that accepted or refused everything would agree with no loader."""
    schema = jsonschema.Draft7Validator(settings_schema(known))
    assert schema.is_valid({"tiers": [{"name": "a", "match": {"names": ["db-*"]}, "rpo": "1h"}]})
    with pytest.raises(jsonschema.ValidationError):
        schema.validate({"tiers": [{"name": "a", "match": {"names": []}}]})
