"""SCRAM-SHA-256 against the example of RFC 7677, and against servers that cheat."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.probes.scram import Scram, ScramError

NONCE = "rOprNGfwEbeRWgbNEkqO"
SERVER_FIRST = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"


def exchange() -> Scram:
    scram = Scram("pencil", NONCE)
    # the RFC's example names its user in the first text, which PostgreSQL leaves empty: only that differs
    scram.__class__ = type("Named", (Scram,), {"_bare": property(lambda self: f"n=user,r={NONCE}")})
    return scram


def test_the_example_of_the_rfc() -> None:
    scram = exchange()
    assert scram.first == b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
    assert scram.final(SERVER_FIRST) == (
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    )
    scram.check(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")


def test_a_server_that_does_not_know_the_password_is_found_out() -> None:
    scram = exchange()
    scram.final(SERVER_FIRST)
    with pytest.raises(ScramError):
        scram.check(b"v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
    with pytest.raises(ScramError):
        Scram("pencil", NONCE).check(b"v=")  # before anything was exchanged


@pytest.mark.parametrize(
    "told",
    [
        SERVER_FIRST.replace(b"rOpr", b"xxxx"),  # another's nonce
        f"r={NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096".encode(),  # nothing of its own added
        SERVER_FIRST.replace(b"4096", b"2147483647"),  # years of work
        SERVER_FIRST.replace(b"4096", b"0"),
        SERVER_FIRST.replace(b"s=W22", b"s=\xff22"),
        b"",
    ],
)
def test_a_first_text_that_cheats_is_refused(told: bytes) -> None:
    with pytest.raises(ScramError):
        Scram("pencil", NONCE).final(told)


@given(st.binary(max_size=80), st.text(max_size=20))
def test_no_text_raises_anything_else(told: bytes, password: str) -> None:
    scram = Scram(password, NONCE)
    for step in (scram.final, scram.check):
        with pytest.raises(ScramError):
            step(told)
