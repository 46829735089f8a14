"""Names and uids that the cluster would draw by lot, drawn from the object itself: the same every time."""

import hashlib
import uuid

_SPACE = uuid.UUID("5c1f2b8e-3f5d-4c0a-9a43-7d5d0b6f0c11")
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"  # those that Kubernetes draws from


def uid_of(kind: str, namespace: str, name: str, *, earlier: bool = False) -> str:
    """``earlier``: that of an object which bore the name before."""
    return str(uuid.uuid5(_SPACE, f"{kind}/{namespace}/{name}{'/earlier' if earlier else ''}"))


def drawn(length: int, *of: str) -> str:
    """Letters as Kubernetes appends to a name."""
    digest = hashlib.sha256("/".join(of).encode()).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:length])


def chance(*of: str) -> float:
    """A number from 0 to 1."""
    return int.from_bytes(hashlib.sha256("/".join(of).encode()).digest()[:4]) / 2**32
