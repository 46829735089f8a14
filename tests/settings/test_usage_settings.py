"""The key ``usage``: file in, spec out, or refusal in full; its schema takes nothing that the reader refuses."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Annotated, Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AfterValidator

from holdfast.model.usage import KubeletSpec
from holdfast.settings.document import read_document, spell_path
from holdfast.settings.prometheus import PrometheusSection
from holdfast.settings.schema import _plain
from holdfast.settings.section import Section, check
from holdfast.settings.usage import UsageSection, usage_answerable


class File(Section):
    """As much of a configuration as bears on this key."""

    prometheus: PrometheusSection | None = None
    usage: Annotated[UsageSection, AfterValidator(usage_answerable)] = UsageSection()


def read(text: str) -> tuple[File | None, list[str]]:
    """The file, or what is refused in it."""
    document = read_document("a.yaml", dedent(text).encode())
    assert document.problems == ()
    found, refused = check(File, document.tree, told={})
    return found, [f"{spell_path(path)}: {words}" for path, words in refused]


def refused(text: str) -> list[str]:
    return read(text)[1]


def test_without_a_word_kubelets_are_asked_once_a_minute() -> None:
    file, _ = read("{}")
    assert file is not None
    assert file.usage.kubelet.enabled
    assert file.usage.kubelet.spec() == KubeletSpec()
    assert (file.usage.prometheus.enabled, file.usage.history.backfill) == (None, None)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("", 300.0),
        ("ephemeral: {interval: 10m}", 600.0),
        ("ephemeral: {enabled: true, interval: 1m}", 60.0),
        ("ephemeral: {enabled: false}", None),
        ("kubelet: {enabled: false}", None),
        ("kubelet: {enabled: false}, ephemeral: {interval: 1m}", None),
    ],
)
def test_kubelets_that_are_asked_are_asked_for_their_pods_storage_too(
    written: str, seconds: float | None
) -> None:
    file, problems = read(f"usage: {{{written}}}")
    assert problems == []
    assert file is not None
    assert file.usage.ephemeral_interval == seconds


WHOLE = """
    prometheus: {url: "http://prometheus:9090"}
    usage:
      kubelet:
        enabled: true
        interval: 2m
        concurrency: 64
        timeout: 5s
        port: 10251
        caFile: /etc/kubelet/ca.crt
        tokenFile: /etc/kubelet/token
      prometheus: {enabled: true, interval: 5m}
      history: {backfill: false}
      ephemeral: {enabled: true, interval: 3m}
"""


def test_a_whole_file_is_read() -> None:
    file, problems = read(WHOLE)
    assert problems == []
    assert file is not None
    assert file.usage.kubelet.spec() == KubeletSpec(
        token_file=Path("/etc/kubelet/token"),
        ca_file=Path("/etc/kubelet/ca.crt"),
        timeout=5.0,
        interval=120.0,
        concurrency=64,
        port=10251,
    )
    assert (file.usage.prometheus.interval, file.usage.history.backfill) == (300.0, False)
    assert file.usage.ephemeral_interval == 180.0


def test_verifying_is_given_up_only_in_so_many_words() -> None:
    file, _ = read("usage: {kubelet: {insecureSkipVerify: true}}")
    assert file is not None
    assert file.usage.kubelet.spec().verify is False


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (
            "kubelet: {insecureSkipVerify: true, caFile: /ca}",
            "usage.kubelet.caFile: is not looked at while insecureSkipVerify is true; remove one of the two",
        ),
        ("kubelet: {interval: 1s}", "usage.kubelet.interval: is 1s; write from 15s to 600s"),
        ("ephemeral: {interval: 20m}", "usage.ephemeral.interval: is 1200s; write from 15s to 600s"),
        (
            "kubelet: {enabled: false}, ephemeral: {enabled: true}",
            "usage.ephemeral.enabled: asks kubelets, and usage.kubelet.enabled is false; change one",
        ),
        ("prometheus: {interval: 1h}", "usage.prometheus.interval: is 3600s; write from 15s to 600s"),
        (
            "kubelet: {interval: 60}",
            "usage.kubelet.interval: 60 has no unit; write 60s, 60m, 60h, 60d or 60w",
        ),
        (
            "kubelet: {timeout: 60s}",
            "usage.kubelet.timeout: timeout (60s) is not below interval (60s); change one",
        ),
        (
            "kubelet: {interval: 20s, timeout: 30s}",
            "usage.kubelet.timeout: timeout (30s) is not below interval (20s); change one",
        ),
        ("kubelet: {concurrency: 0}", "usage.kubelet.concurrency: is 0; the least is 1"),
        ("kubelet: {concurrency: 513}", "usage.kubelet.concurrency: is 513; the most is 512"),
        ("kubelet: {port: 70000}", "usage.kubelet.port: is 70000; the most is 65535"),
        (
            "prometheus: {enabled: true}",
            "usage.prometheus.enabled: asks a Prometheus-compatible API; add the top-level `prometheus`",
        ),
        (
            "history: {backfill: true}",
            "usage.history.backfill: asks a Prometheus-compatible API; add the top-level `prometheus`",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_remedy(written: str, words: str) -> None:
    assert refused(f"usage: {{{written}}}") == [words]


def test_an_unknown_key_is_refused_with_the_nearest() -> None:
    (problem,) = refused("usage: {kubelet: {insecureSkipVerfy: true}}")
    assert problem.startswith("usage.kubelet.insecureSkipVerfy: unknown key")
    assert "insecureSkipVerify" in problem


ODD = (
    st.sampled_from(["5s", "1m", "20m", "/ca", "", "x"]) | st.integers(-1, 70_000) | st.booleans() | st.none()
)
KEYS = ["enabled", "interval", "concurrency", "timeout", "port", "insecureSkipVerify", "caFile", "tokenFile"]
TREES = st.fixed_dictionaries(
    {},
    optional={
        "kubelet": st.dictionaries(st.sampled_from(KEYS), ODD, max_size=3),
        "prometheus": st.dictionaries(st.sampled_from(["enabled", "interval"]), ODD),
        "history": st.dictionaries(st.sampled_from(["backfill"]), ODD),
        "ephemeral": st.dictionaries(st.sampled_from(["enabled", "interval"]), ODD),
    },
)
# rules between keys, and amounts of time, which a pattern cannot bound
BEYOND_A_SCHEMA = (
    "is not below interval",
    "write from 15s",
    "the most is 300s",
    "is not looked at while",
    "asks a Prometheus-compatible API",
    "asks kubelets, and",
)
RAW = File.model_json_schema(by_alias=True)
ACCEPTS: Callable[[Any], bool] = jsonschema.Draft7Validator(_plain(RAW, RAW["$defs"])).is_valid


@settings(max_examples=300, deadline=None)
@given(TREES)
def test_the_schema_accepts_nothing_else_that_the_loader_refuses(tree: dict[str, Any]) -> None:
    problems = refused(yaml.safe_dump({"usage": tree}))
    if problems and not all(any(words in one for words in BEYOND_A_SCHEMA) for one in problems):
        assert not ACCEPTS({"usage": tree})


def test_the_schema_accepts_a_whole_file() -> None:
    assert ACCEPTS(yaml.safe_load(dedent(WHOLE)))
