"""The key ``prices``: file in, prices out in the order in which they are asked, or refusal in full."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Annotated, Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AfterValidator, BeforeValidator

from holdfast.model.cost import Price, PriceQuery, Prices, SnapshotPrice
from holdfast.settings import Known, SettingsError, fields, load_settings
from holdfast.settings.document import read_document, spell_path
from holdfast.settings.models import TierSection
from holdfast.settings.prices import PricesSection, prices_answerable
from holdfast.settings.prometheus import PrometheusSection
from holdfast.settings.schema import _plain
from holdfast.settings.section import Section, check


class File(Section):
    """As much of a configuration as bears on this key."""

    tiers: Annotated[tuple[TierSection, ...], BeforeValidator(fields.items)] = ()
    prometheus: PrometheusSection | None = None
    prices: Annotated[PricesSection | None, AfterValidator(prices_answerable)] = None


def read(text: str) -> tuple[File | None, list[str]]:
    """The file, or what is refused in it."""
    document = read_document("a.yaml", dedent(text).encode())
    assert document.problems == ()
    found, refused = check(File, document.tree, told={})
    return found, [f"{spell_path(path)}: {words}" for path, words in refused]


def prices_in(text: str) -> Prices:
    file, problems = read(text)
    assert problems == []
    assert file is not None
    assert file.prices is not None
    return file.prices.prices()


WHOLE = """
    tiers: [{name: gold}]
    prometheus: {url: "http://prometheus:9090"}
    prices:
      currency: EUR
      default: 0.1
      classes:
        - {tier: gold, price: 0.3}
        - {storageClass: fast, price: 0.2, currency: EUR}
        - {storageClass: "", region: eu-west-1, zone: eu-west-1a, price: 0}
        - {csiDriver: disk.example, price: 1.5}
      snapshots:
        default: 0.05
        classes:
          - {csiDriver: disk.example, price: 0.06}
          - {snapshotClass: daily, price: 0.07}
      prometheus: {query: my_price, unit: volumeMonth, label: pv, interval: 5m, holds: 1h}
"""


def test_a_whole_file_is_read_the_most_specific_price_first() -> None:
    assert prices_in(WHOLE) == Prices(
        currency="EUR",
        default=0.1,
        volumes=(
            Price(per_gib=0.0, storage_class="", region="eu-west-1", zone="eu-west-1a"),
            Price(per_gib=0.2, storage_class="fast"),
            Price(per_gib=1.5, csi_driver="disk.example"),
            Price(per_gib=0.3, tier="gold"),
        ),
        snapshot_default=0.05,
        snapshots=(
            SnapshotPrice(per_gib=0.07, snapshot_class="daily"),
            SnapshotPrice(per_gib=0.06, csi_driver="disk.example"),
        ),
        query=PriceQuery(query="my_price", unit="volumeMonth", label="pv", interval=300.0, holds=3600.0),
    )


def test_opencost_is_what_is_asked_where_no_query_is_named() -> None:
    asked = prices_in('{prometheus: {url: "http://p"}, prices: {currency: EUR, prometheus: {}}}').query
    assert asked == PriceQuery()
    assert asked is not None
    assert (asked.query, asked.unit, asked.label, asked.holds) == ("", "gibHour", "persistentvolume", 86400.0)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (
            "currency: EUR, prometheus: {}",
            "prices.prometheus: asks a Prometheus-compatible API; add the top-level `prometheus`",
        ),
        (
            "currency: EUR, classes: [{tier: gould, price: 1}]",
            "prices.classes[0].tier: 'gould' is no tier; did you mean gold? Valid tiers: gold",
        ),
        ("default: 1", "prices.currency: is missing; write one"),
        ("currency: [EUR], default: 1", "prices.currency: is a list; write a text"),
        ("currency: EUR, default: true", "prices.default: is yes or no; write a price, such as 0.095"),
        ("currency: EUR, default: 2026-01-01", "prices.default: is a text; write a price, such as 0.095"),
        ("currency: EUR, default: {a: 1}", "prices.default: is a mapping; write a price, such as 0.095"),
        (
            "currency: EUR, default: 12:30",
            "prices.default: is '12:30', and no number; write a price without quotes, such as 0.095",
        ),
        ("currency: EUR, classes: {fast: 1}", "prices.classes: is a mapping; write a list"),
        (
            "currency: EUR, snapshot: {default: 1}, default: 1",
            (
                "prices.snapshot: unknown key; did you mean snapshots? "
                "Valid keys: currency, default, classes, snapshots, prometheus"
            ),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_remedy(written: str, words: str) -> None:
    assert read(f"tiers: [{{name: gold}}]\nprices: {{{written}}}")[1] == [words]


@pytest.mark.parametrize(
    ("written", "price"), [("0", 0.0), ("1e-07", 1e-07), ("2.5e-3", 0.0025), ("7.", 7.0)]
)
def test_a_small_price_is_read_as_a_chart_writes_it(written: str, price: float) -> None:
    assert prices_in(f"prices: {{currency: EUR, default: {written}}}").default == price


KNOWN = Known(sources=("core",))


def test_a_price_for_a_tier_where_none_is_configured() -> None:
    _, refused = read("prices: {currency: EUR, classes: [{price: 1, tier: gold}]}")
    assert [words.partition("prices.")[2] for words in refused] == [
        "classes[0].tier: 'gold' is no tier; remove it, this configuration has no tiers"
    ]


def test_of_several_files_a_later_one_may_not_change_the_currency(tmp_path: Path) -> None:
    first, between, last = (tmp_path / name for name in ("a.yaml", "b.yaml", "c.yaml"))
    first.write_text("prices: {currency: EUR, default: 1}\n")
    between.write_text("cluster: prod\n")
    last.write_text("cluster: prod\nprices:\n  currency: USD\n  default: 2\n")
    with pytest.raises(SettingsError) as refusal:
        load_settings([first, between, last], KNOWN)
    assert str(refusal.value) == (
        f"{last}:3: prices.currency: is 'USD', and a file before it says 'EUR'; all files tell one currency"
    )
    last.write_text("prices: {currency: EUR, default: 2}\n")
    told = load_settings([first, between, last], KNOWN).policy().prices
    assert told == Prices(currency="EUR", default=2.0), "a later file replaces the key as a whole"


def test_without_the_key_there_are_no_prices() -> None:
    assert load_settings([], KNOWN).policy().prices is None


ODD: st.SearchStrategy[Any] = st.sampled_from(
    [0, 1, -1, 0.5, "0.5", "EUR", "eur", "USD", "", None, True, [], {}, "x y", 1e12, "gibHour"]
)
ENTRY = st.dictionaries(
    st.sampled_from(["price", "currency", "storageClass", "csiDriver", "tier", "region", "zone", "odd"]),
    ODD,
    max_size=4,
)
SNAPSHOT_ENTRY = st.dictionaries(
    st.sampled_from(["price", "currency", "snapshotClass", "csiDriver"]), ODD, max_size=3
)
TREES = st.fixed_dictionaries(
    {},
    optional={
        "currency": ODD,
        "default": ODD,
        "classes": st.lists(ENTRY, max_size=3),
        "snapshots": st.fixed_dictionaries(
            {}, optional={"default": ODD, "classes": st.lists(SNAPSHOT_ENTRY, max_size=2)}
        ),
        "prometheus": st.dictionaries(
            st.sampled_from(["query", "unit", "label", "interval", "holds"]), ODD, max_size=3
        ),
    },
)
BEYOND_A_SCHEMA = (  # rules between keys, and amounts of time
    "names no price",
    "names nothing",
    "names the same",
    "all prices are in one currency",
    "is missing: a query",
    "is no tier",
    "asks a Prometheus-compatible API",
)
RAW = File.model_json_schema(by_alias=True)
ACCEPTS: Callable[[Any], bool] = jsonschema.Draft7Validator(_plain(RAW, RAW["$defs"])).is_valid


@settings(max_examples=400, deadline=None)
@given(TREES)
def test_whatever_is_written_it_is_read_or_refused_in_words_and_the_schema_accepts_nothing_else(
    tree: dict[str, Any],
) -> None:
    _, problems = read(yaml.safe_dump({"prices": tree}))
    assert all(": " in problem for problem in problems)
    if problems and not all(any(words in one for words in BEYOND_A_SCHEMA) for one in problems):
        assert not ACCEPTS({"prices": tree})


def test_the_schema_accepts_a_whole_file() -> None:
    assert ACCEPTS(yaml.safe_load(dedent(WHOLE)))
