"""The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), which is how PostgreSQL asks for a password.

Here belongs the exchange of texts, pure but for its nonce. The messages that carry them belong to postgresql_wire.
"""

import base64
import hashlib
import hmac
import secrets
import stringprep
import unicodedata

MECHANISM = "SCRAM-SHA-256"
_MOST_ROUNDS = 1_000_000  # a server may ask for any number, and our processor would pay


class ScramError(Exception):
    """The server does not speak as the protocol has it, or does not know the password itself."""


class Scram:
    """One exchange: ``first``, then ``final`` with the server's first text, then ``check`` with its last."""

    def __init__(self, password: str, nonce: str = "") -> None:
        self._password = _prepared(password).encode()
        self._nonce = nonce or secrets.token_urlsafe(18)
        self._expected = b""

    @property
    def first(self) -> bytes:
        """Without a name: PostgreSQL takes that of the connection. No channel is bound."""
        return f"n,,{self._bare}".encode()

    @property
    def _bare(self) -> str:
        return f"n=,r={self._nonce}"

    def final(self, told: bytes) -> bytes:
        """Computes for some milliseconds. Raises ScramError."""
        parts = _parts(told)
        try:
            salt, rounds = base64.b64decode(parts["s"], validate=True), int(parts["i"])
            nonce = parts["r"]
        except (KeyError, ValueError) as error:
            raise ScramError from error
        if not nonce.startswith(self._nonce) or nonce == self._nonce or not 0 < rounds <= _MOST_ROUNDS:
            raise ScramError
        salted = hashlib.pbkdf2_hmac("sha256", self._password, salt, rounds)
        bare = f"c=biws,r={nonce}"
        said = f"{self._bare},{told.decode()},{bare}".encode()
        key = _mac(salted, b"Client Key")
        signature = _mac(hashlib.sha256(key).digest(), said)
        proof = bytes(one ^ other for one, other in zip(key, signature, strict=True))
        self._expected = _mac(_mac(salted, b"Server Key"), said)
        return f"{bare},p={base64.b64encode(proof).decode()}".encode()

    def check(self, told: bytes) -> None:
        """That the server knows the password too. Raises ScramError."""
        try:
            shown = base64.b64decode(_parts(told)["v"], validate=True)
        except (KeyError, ValueError) as error:
            raise ScramError from error
        if not self._expected or not hmac.compare_digest(shown, self._expected):
            raise ScramError


def _parts(told: bytes) -> dict[str, str]:
    try:
        return dict(part.split("=", 1) for part in told.decode("ascii").split(","))
    except ValueError as error:  # not ASCII is one too
        raise ScramError from error


def _mac(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")


def _prepared(password: str) -> str:
    """As the server prepared it (SASLprep); what may not be prepared is taken as it is, as the server does."""
    mapped = "".join(
        " " if stringprep.in_table_c12(letter) else letter
        for letter in password
        if not stringprep.in_table_b1(letter)
    )
    prepared = unicodedata.normalize("NFKC", mapped)
    refused = any(
        stringprep.in_table_c21_c22(letter) or stringprep.in_table_a1(letter) for letter in prepared
    )
    return password if refused or not prepared else prepared
