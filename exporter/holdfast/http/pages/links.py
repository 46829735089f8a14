"""Addresses of pages: that of a claim, and the one asked for with one of its keys changed. Text in, text out."""

from collections.abc import Collection, Iterator
from typing import Self
from urllib.parse import quote, urlencode

import msgspec

_NO_FILTERS = ("sort", "page", "per")


def claim_path(namespace: str, name: str) -> str:
    return f"/claims/{quote(namespace, safe='')}/{quote(name, safe='')}"


class Link(msgspec.Struct, frozen=True):
    """The path and the keys that were asked for, as an address when it is written out."""

    path: str
    pairs: tuple[tuple[str, str], ...] = ()

    def put(self, key: str, *values: object) -> Self:
        """With these values of the key, none for none; another filter or order begins at the first page."""
        dropped = {key} if key == "page" else {key, "page"}
        kept = [pair for pair in self.pairs if pair[0] not in dropped]
        return type(self)(self.path, (*kept, *((key, str(value)) for value in values)))

    def at(self, path: str) -> Self:
        """Another page with the same filters and order, as far as it knows them."""
        kept = tuple((key, value) for key, value in self.pairs if key not in {"page", "per"})
        return type(self)(path, kept)

    def clear(self) -> Self:
        return type(self)(self.path)

    def kept(self, keys: Collection[str]) -> Iterator[tuple[str, str]]:
        """What a form has to send along."""
        return (pair for pair in self.pairs if pair[0] in keys)

    @property
    def filtered(self) -> bool:
        return any(value for key, value in self.pairs if key not in _NO_FILTERS)

    def __str__(self) -> str:
        pairs = [pair for pair in self.pairs if pair[1]]
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path
