"""Listen addresses: what each spelling means, and what is said of one that cannot be had."""

import socket

import pytest

from holdfast.http.addresses import Address, AddressError, listen, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (":10123", Address("", 10123)),
        ("127.0.0.1:10123", Address("127.0.0.1", 10123)),
        ("0.0.0.0:80", Address("0.0.0.0", 80)),
        ("localhost:0", Address("localhost", 0)),
        ("[::1]:0", Address("::1", 0)),
        ("[fe80::1%eth0]:10123", Address("fe80::1%eth0", 10123)),
    ],
)
def test_an_address_is_read_and_written_alike(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert str(address) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10123", "'10123' has no port; write :PORT or HOST:PORT"),
        ("", "'' has no port; write :PORT or HOST:PORT"),
        ("host:", "'host:' has no valid port; write HOST:PORT with a port from 0 to 65535"),
        (":65536", "':65536' has no valid port; write HOST:PORT with a port from 0 to 65535"),
        (":-1", "':-1' has no valid port; write HOST:PORT with a port from 0 to 65535"),
        (":http", "':http' has no valid port; write HOST:PORT with a port from 0 to 65535"),
        ("::1:80", "'::1:80' has no valid host; write :PORT, NAME:PORT, 127.0.0.1:PORT or [::1]:PORT"),
        (
            "http://a:80",
            "'http://a:80' has no valid host; write :PORT, NAME:PORT, 127.0.0.1:PORT or [::1]:PORT",
        ),
    ],
)
def test_a_wrong_address_is_refused_in_these_words(text: str, said: str) -> None:
    with pytest.raises(AddressError) as refusal:
        parse_address(text)
    assert str(refusal.value) == said


def test_a_port_that_is_taken_is_named() -> None:
    with listen(Address("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AddressError) as refusal:
            listen(Address("127.0.0.1", port))
    assert str(refusal.value) == (
        f"127.0.0.1:{port} is taken by another program; choose another port, or stop that one"
    )


@pytest.mark.parametrize(
    ("host", "said"),
    [
        (
            "no.such.host.invalid",
            "no.such.host.invalid:0 has a host that does not resolve; write an address of this machine",
        ),
        (
            "192.0.2.1",
            "192.0.2.1:0 cannot be listened on: Cannot assign requested address; write an address of this machine",
        ),
    ],
)
def test_an_address_of_elsewhere_is_refused_in_these_words(host: str, said: str) -> None:
    with pytest.raises(AddressError) as refusal:
        listen(Address(host, 0))
    assert str(refusal.value) == said


def test_all_interfaces_means_both_families_where_there_are_both() -> None:
    with listen(Address("", 0)) as listening:
        port = listening.getsockname()[1]
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            if family == socket.AF_INET or listening.family == socket.AF_INET6:
                with socket.socket(family) as client:
                    client.settimeout(5)
                    client.connect((host, port))
