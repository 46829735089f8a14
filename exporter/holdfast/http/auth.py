"""Basic authentication against bcrypt hashes: hashing in one thread, good results remembered.

What an admitted user may do is not known here.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import Executor

import bcrypt

_REMEMBERED = 128
_WAITING = 32  # more log-ins than this at once are no scrape but an attack on the processor
_LONGEST = 72  # bytes that bcrypt looks at
_NO_SALT_OR_DIGEST = "." * 53


class BusyError(Exception):
    """Too many passwords wait to be checked."""


class BasicAuth:
    """Checks ``Authorization`` headers. An unknown user costs as much time as a wrong password."""

    def __init__(self, hasher: Executor) -> None:
        self._hasher = hasher
        self._secret = secrets.token_bytes(32)
        self._good: OrderedDict[bytes, None] = OrderedDict()
        self._waiting = 0

    async def admits(self, header: str, users: Mapping[str, str]) -> bool:
        """Whether the header carries the password of a user (name → bcrypt hash). Raises BusyError."""
        credentials = _decode(header)
        if credentials is None:
            return False
        user, password = credentials
        expected = users.get(user, "")
        digest = self._digest(user, expected, password)
        if expected and digest in self._good:
            self._good.move_to_end(digest)
            return True
        matches = await self._check(password, expected or _hash_of_nobody(users))
        if not (matches and expected):
            return False
        self._remember(digest)
        return True

    def _digest(self, user: str, expected: str, password: bytes) -> bytes:
        """Keyed, so that neither memory nor timing of the look-up tells a password."""
        told = b"\0".join((user.encode(), expected.encode(), password))
        return hmac.digest(self._secret, told, hashlib.sha256)

    async def _check(self, password: bytes, expected: str) -> bool:
        if self._waiting >= _WAITING:
            raise BusyError
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._hasher, _matches, password, expected.encode())
        finally:
            self._waiting -= 1

    def _remember(self, digest: bytes) -> None:
        self._good[digest] = None
        while len(self._good) > _REMEMBERED:
            self._good.popitem(last=False)


def _decode(header: str) -> tuple[str, bytes] | None:
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        return (user.decode(), password) if colon else None
    except (binascii.Error, ValueError):
        return None


def _matches(password: bytes, expected: bytes) -> bool:
    try:
        return bcrypt.checkpw(password[:_LONGEST], expected)
    except ValueError:  # a password that no hash can be of, such as one with a NUL in it
        return False


def _hash_of_nobody(users: Mapping[str, str]) -> str:
    """A hash that no password has, as dear to check as the dearest of the users'."""
    cost = max(user_hash.split("$")[2] for user_hash in users.values())
    return f"$2b${cost}${_NO_SALT_OR_DIGEST}"
