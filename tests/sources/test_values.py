"""The spellings of the Kubernetes API: text in, numbers out."""

import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from holdfast.sources.values import parse_go_duration, parse_quantity, parse_size, parse_time

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC).timestamp()
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(9000, 1, 1), timezones=OFFSETS)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-01T12:00:00Z", NOON),
        ("2026-11-01T12:00:00.250Z", NOON + 0.25),
        ("2026-11-01T12:00:00.250000Z", NOON + 0.25),
        ("2026-11-01T12:00:00.250000000Z", NOON + 0.25),
        ("2026-11-01T14:00:00+02:00", NOON),
        ("2026-11-01T06:30:00.000000-05:30", NOON),
        ("1969-12-31T23:59:59Z", -1.0),
    ],
)
def test_time(text: str, seconds: float) -> None:
    """A time is read in each format that controllers write."""
    assert parse_time(text) == seconds


@pytest.mark.parametrize("text", [None, "", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00"])
def test_no_time(text: str | None) -> None:
    """Absent, null, empty and Go's zero time all mean unknown."""
    assert parse_time(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "2026-11-01",
        "2026-11-01T12:00:00",  # no offset: which noon?
        "20261101T120000Z",
        "2026-11-31T12:00:00Z",
        "2026-11-01T25:00:00Z",
        "1793534400",
        "٢026-11-01T12:00:00Z",
        '2026-11-01T12:00:00Z"',
        "\\u0032026-11-01T12:00:00Z",
        "\ud800",
        "2026-11-01T12:00:00." + "0" * 100_000 + "Z",
    ],
)
def test_text_that_is_no_time(text: str) -> None:
    """Text that is no time of RFC 3339 is unknown, and is never guessed at."""
    assert parse_time(text) is None


@settings(deadline=None)  # a busy machine is no failure
@given(MOMENTS)
def test_every_moment(moment: datetime) -> None:
    """Every moment survives being written and read, whatever its offset."""
    read = parse_time(moment.isoformat())
    assert read == pytest.approx(moment.timestamp(), abs=1e-5)


@settings(deadline=None)  # a busy machine is no failure
@given(MOMENTS)
def test_whole_seconds(moment: datetime) -> None:
    """Whole seconds are exact."""
    moment = moment.replace(microsecond=0)
    assert parse_time(moment.isoformat()) == moment.timestamp()


@settings(deadline=None)  # a busy machine is no failure
@given(st.text())
def test_any_text(text: str) -> None:
    """No text makes a parser raise, and none yields a number that is not finite."""
    for number in (parse_time(text), parse_quantity(text), parse_go_duration(text), parse_size(text)):
        assert number is None or math.isfinite(number)


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        ("10Gi", 10 * 2**30),
        ("1Ki", 1024),
        ("2Mi", 2 * 2**20),
        ("3Ti", 3 * 2**40),
        ("1Pi", 2**50),
        ("1Ei", 2**60),
        ("5k", 5000),
        ("5M", 5 * 10**6),
        ("5G", 5 * 10**9),
        ("5T", 5 * 10**12),
        ("5P", 5 * 10**15),
        ("5E", 5 * 10**18),
        ("1e3", 1000),
        ("1E3", 1000),
        ("12e-1", 2),
        ("1.5Gi", 3 * 2**29),
        (".5Gi", 2**29),
        ("5.", 5),
        ("+7", 7),
        ("-7", -7),
        ("0", 0),
        (1024, 1024),
        (0.5, 1),
        (1e3, 1000),
    ],
)
def test_quantity(value: str | float, amount: int) -> None:
    """An amount is read in each spelling of a Quantity."""
    assert parse_quantity(value) == amount


@pytest.mark.parametrize(("value", "amount"), [("1500m", 2), ("1n", 1), ("1u", 1), ("0m", 0), ("-1500m", -2)])
def test_fractions_of_a_byte(value: str, amount: int) -> None:
    """Fractions of a byte round away from zero."""
    assert parse_quantity(value) == amount


@pytest.mark.parametrize("value", ["8Ei", "1e400", "1e99999999999", "9223372036854775808", 2**70, 1e300])
def test_enormous_quantity(value: str | float) -> None:
    """An amount beyond 64 bits is capped where the API server caps it."""
    assert parse_quantity(value) == 2**63 - 1


def test_large_integer() -> None:
    """An integer beyond 2^53 keeps every digit."""
    assert parse_quantity(2**53 + 1) == parse_quantity("9007199254740993") == 2**53 + 1


@pytest.mark.parametrize(
    "value",
    [
        *(
            None,
            "",
            "Gi",
            ".",
            "1gi",
            "1K",
            "10 Gi",
            " 10Gi",
            "10GB",
            "0x10",
            "1e",
            "1_000",
            "١",
            "ten",
            "1\n",
        ),
        *(True, math.nan, math.inf, "9" * 100_000),
    ],
)
def test_no_quantity(value: str | float | None) -> None:
    """A value that the API server would not take for a Quantity is unknown."""
    assert parse_quantity(value) is None


TENS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12}
FACTORS = {suffix: Fraction(10) ** power for suffix, power in TENS.items()}
FACTORS |= {suffix: Fraction(1024) ** power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti"), 1)}


@settings(deadline=None)  # a busy machine is no failure
@given(
    st.decimals(min_value=0, max_value=10**6, places=6, allow_nan=False),
    st.sampled_from(sorted(FACTORS)),
)
def test_every_quantity(number: Decimal, suffix: str) -> None:
    """Every amount is the exact product of number and suffix, rounded up."""
    text = f"{number:f}"
    assert parse_quantity(text + suffix) == math.ceil(Fraction(text) * FACTORS[suffix])


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("720h0m0s", 2_592_000),
        ("1m2.345s", 62.345),
        ("350ms", 0.35),
        ("1.5µs", 1.5e-6),
        ("1.5μs", 1.5e-6),
        ("1.5us", 1.5e-6),
        ("10ns", 1e-8),
        ("1h30m", 5400),
        (".5s", 0.5),
        ("1.s", 1),
        ("0", 0),
        ("-90s", -90),
        ("+1h", 3600),
    ],
)
def test_duration(text: str, seconds: float) -> None:
    """A duration is read as Go writes it."""
    assert parse_go_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    [None, "", "5", "P1D", "PT5M", "1d", "1h 5m", "h", ".s", "1.2.3s", "-", "-+1s", "3000000h", "1h" * 99],
)
def test_no_duration(text: str | None) -> None:
    """Text that Go would not read as a duration is unknown."""
    assert parse_go_duration(text) is None


@settings(deadline=None)  # a busy machine is no failure
@given(st.integers(0, 10**9), st.integers(0, 59), st.integers(0, 59_999))
def test_every_duration(hours: int, minutes: int, milliseconds: int) -> None:
    """Every duration is the sum of its parts."""
    assume(hours < 2_500_000)
    text = f"{hours}h{minutes}m{milliseconds / 1000:.3f}s"
    assert parse_go_duration(text) == pytest.approx(hours * 3600 + minutes * 60 + milliseconds / 1000)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1.5 GiB", 3 * 2**29),
        ("1.5GiB", 3 * 2**29),
        ("2Ki", 2048),
        ("1 KiB", 1024),
        ("1 kB", 1000),
        ("1KB", 1000),
        ("12.5MB", 12_500_000),
        ("1.2G", 1_200_000_000),
        ("3 tb", 3 * 10**12),
        ("2PiB", 2**51),
        ("1E", 10**18),
        ("123", 123),
        ("123 B", 123),
        ("1 byte", 1),
        ("0 bytes", 0),
        (".5 KiB", 512),
        (" 7 MB\n", 7_000_000),
        ("0.0001 kB", 1),
        ("9999999999 EiB", 2**63 - 1),
    ],
)
def test_size(text: str, amount: int) -> None:
    """A size that is written for people is read in bytes: with an ``i`` by 1024, without one by 1000."""
    assert parse_size(text) == amount


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        " ",
        "B",
        "GiB",
        ".",
        "-1 GiB",
        "+1",
        "1,5 GB",
        "1.2.3 MB",
        "1  MB",
        "1 GiBs",
        "n/a",
        "1e3",
        "1 ib",
        "5 KB",
        "١ MB",
        "9" * 100000,
    ],
)
def test_no_size(text: str | None) -> None:
    """A text that is no plain number with a unit of bytes is unknown."""
    assert parse_size(text) is None


def test_size_of_a_tool_that_means_1024() -> None:
    """Some tools write units of 1000 and count by 1024; their sources say so."""
    assert parse_size("1.50 GB", kilo=1024) == 3 * 2**29


STEPS = {unit: (1000, power) for power, unit in enumerate(("B", "kB", "MB", "GB", "TB"))}
STEPS |= {unit: (1024, power) for power, unit in enumerate(("KiB", "MiB", "GiB", "TiB"), 1)}


@settings(deadline=None)  # a busy machine is no failure
@given(
    st.decimals(min_value=0, max_value=10**5, places=3, allow_nan=False),
    st.sampled_from(sorted(STEPS)),
    st.sampled_from(["", " "]),
)
def test_every_size(number: Decimal, unit: str, gap: str) -> None:
    """Every size is the exact product of number and unit, rounded up."""
    text = f"{number:f}"
    base, power = STEPS[unit]
    assert parse_size(text + gap + unit) == math.ceil(Fraction(text) * base**power)
