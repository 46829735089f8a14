"""The schema says of ``prometheus`` and ``replication`` what the loader says, as far as a schema can."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.settings import Known, SettingsError, load_settings, settings_schema
from tests.settings.test_replication import WHOLE

NAMES = st.sampled_from(["a", "b", "orders-db", "A_b.c"])
WORDS = st.sampled_from(
    [
        "http://p:9090",
        "https://u@p",
        "5s",
        "1m",
        "1h",
        "shop",
        "data-0",
        "a.b",
        "10Gi",
        "lag",
        "topic",
        "",
        "up",
        "::1",
    ]
)
ODD = WORDS | st.integers(-1, 70_000) | st.booleans() | st.none()
TLS = st.dictionaries(
    st.sampled_from(["caFile", "certFile", "keyFile", "serverName", "insecureSkipVerify"]), ODD, max_size=2
)
PROBES = st.fixed_dictionaries(
    {"name": NAMES, "type": st.sampled_from(["postgresql", "mysql", "redis"]), "host": WORDS},
    optional={
        **dict.fromkeys(("port", "replicas", "slotWalLimit", "heartbeatTable", "user", "database"), ODD),
        **dict.fromkeys(("interval", "timeout", "objective", "namespace", "claim", "passwordFile"), ODD),
        "tls": TLS,
    },
)
QUERIES = st.fixed_dictionaries(
    {"name": NAMES, "query": WORDS},
    optional=dict.fromkeys(
        ("replication", "namespaceLabel", "claimLabel", "means", "interval", "objective"), ODD
    ),
)
PROMETHEUS = st.fixed_dictionaries(
    {"url": WORDS},
    optional={
        **dict.fromkeys(("tenant", "bearerTokenFile", "timeout"), ODD),
        "headers": st.dictionaries(
            st.sampled_from(["X-Foo", "HOST", "Te", "X-API-key", "Api_Key", "AuthToken", "a b", ""]),
            ODD,
            max_size=1,
        ),
        "matchers": st.dictionaries(st.sampled_from(["cluster", "a-b", ""]), ODD, max_size=1),
        "basicAuth": st.fixed_dictionaries({"username": ODD, "passwordFile": ODD}),
        "tls": TLS,
    },
)
FILES = st.fixed_dictionaries(
    {},
    optional={
        "prometheus": PROMETHEUS,
        "replication": st.fixed_dictionaries(
            {},
            optional={
                "concurrency": ODD,
                "probes": st.lists(PROBES, max_size=2),
                "queries": st.lists(QUERIES, max_size=2),
            },
        ),
    },
)
# rules between keys, and amounts of time, which a pattern cannot bound
BEYOND_A_SCHEMA = (
    "is already the name of",
    "is not below interval",
    "the least is 5s",
    "the most is 300s",
    "user is missing, and",
    "is for mysql",
    "is for postgresql",
    "is not for redis",
    "says nothing without",
    "is of no use alone",
    "is not looked at while",
    "stands beside",
    "does nothing at a URL",
    "are asked of a",
)


Accepts = Callable[[Any], bool]


@pytest.fixture
def accepts(known: Known) -> Accepts:
    """Whether the schema takes a tree."""
    return jsonschema.Draft7Validator(settings_schema(known)).is_valid


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=FILES)
def test_the_schema_accepts_nothing_else_that_the_loader_refuses(
    tree: dict[str, Any], accepts: Accepts, known: Known, tmp_path: Path
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(yaml.safe_dump(tree))
    try:
        asked = load_settings([file], known)
    except SettingsError as refusal:
        unsayable = all(any(words in str(one) for words in BEYOND_A_SCHEMA) for one in refusal.problems)
        assert unsayable or not accepts(tree)
        return
    asked.replication.probe_specs()
    asked.replication.query_specs()
    if asked.prometheus:
        asked.prometheus.spec()


def test_the_schema_accepts_a_whole_file(accepts: Accepts) -> None:
    assert accepts(yaml.safe_load(dedent(WHOLE)))


def test_no_pattern_of_the_schema_looks_ahead(known: Known) -> None:
    """Helm's regular expressions are Go's, which cannot; the whole chart would be refused."""
    assert "(?" not in str(settings_schema(known))
