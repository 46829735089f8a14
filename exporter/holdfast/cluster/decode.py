"""From bytes of lists and watches to objects of the feeds' shapes. Pure; a bad object hurts no neighbour."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from holdfast.cluster.errors import ApiError, Status
from holdfast.model.feed import Feed
from holdfast.model.identity import ObjectKey

T = TypeVar("T")

LONGEST_LINE = 128 * 1024 * 1024
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Meta(msgspec.Struct):
    name: str | None = None
    namespace: str | None = None
    resourceVersion: str | None = None  # noqa: N815 - the API's spelling


class Header(msgspec.Struct):
    metadata: Meta | None = None


class _ListMeta(msgspec.Struct):
    resourceVersion: str | None = None  # noqa: N815 - the API's spelling
    more: str | None = msgspec.field(name="continue", default=None)


class _Page(msgspec.Struct, Generic[T]):
    metadata: _ListMeta | None = None
    items: list[T] | None = None


class _Event(msgspec.Struct, Generic[T]):
    object: T
    type: str = ""


class Bad(NamedTuple):
    """An object that is there and cannot be decoded."""

    key: ObjectKey
    error: str


class Shape:
    """One msgspec type and the feeds that want a resource decoded as it."""

    def __init__(self, type_: type[Any], feeds: Sequence[Feed]) -> None:
        self.feeds = tuple(feeds)
        self._object = msgspec.json.Decoder(type_)
        page, event = _Page[type_], _Event[type_]  # type: ignore[valid-type] # made at run time
        self._page: msgspec.json.Decoder[_Page[Any]] = msgspec.json.Decoder(page)
        self._event: msgspec.json.Decoder[_Event[Any]] = msgspec.json.Decoder(event)

    def page(self, body: bytes) -> tuple[_ListMeta | None, list[Any]]:
        """The objects of a page, with ``Bad`` in the places of those that do not decode."""
        try:
            page = self._page.decode(body)
        except UNREADABLE:
            raw = _RAW_PAGE.decode(body)
            return raw.metadata, [self._one(item) for item in raw.items or ()]
        return page.metadata, page.items or []

    def _one(self, raw: msgspec.Raw) -> Any:
        try:
            return self._object.decode(raw)
        except UNREADABLE as error:
            return Bad(key_of(_header(raw).metadata), str(error))

    def event(self, line: bytes, key: ObjectKey) -> Any:
        """The object of an event, or ``Bad``."""
        try:
            return self._event.decode(line).object
        except UNREADABLE as error:
            return Bad(key, str(error))


def shapes_of(feeds: Iterable[Feed]) -> tuple[Shape, ...]:
    """One shape for all feeds that decode alike."""
    by_type: dict[type[Any], list[Feed]] = {}
    for feed in feeds:
        by_type.setdefault(feed.shape, []).append(feed)
    return tuple(Shape(type_, wanting) for type_, wanting in by_type.items())


_RAW_PAGE = msgspec.json.Decoder(_Page[msgspec.Raw])
_HEADER = msgspec.json.Decoder(Header)
_EVENT_HEADER = msgspec.json.Decoder(_Event[Header])
_EVENT_STATUS = msgspec.json.Decoder(_Event[Status])


def _header(raw: msgspec.Raw) -> Header:
    try:
        return _HEADER.decode(raw)
    except UNREADABLE:
        return Header()


def key_of(meta: Any) -> ObjectKey:
    """Of any metadata with ``namespace`` and ``name``. Namespaces repeat in the keys: one string for each."""
    if meta is None:
        return ObjectKey("", "")
    return ObjectKey(sys.intern(meta.namespace or ""), meta.name or "")


class Page(NamedTuple):
    """``version`` is the resourceVersion to watch from, ``more`` the token of the next page or empty."""

    version: str
    more: str
    objects: tuple[tuple[Shape, list[Any]], ...]


def decode_page(body: bytes, shapes: Sequence[Shape]) -> Page:
    """Raises ApiError where the body is no list of the API, such as a proxy's page or half an answer."""
    meta: _ListMeta | None = None
    objects = []
    try:
        for shape in shapes:
            meta, decoded = shape.page(body)
            objects.append((shape, decoded))
    except UNREADABLE as error:
        raise ApiError("decode", f"the list is no JSON of the API: {error}") from error
    if meta is None or not meta.resourceVersion:
        # taken for an empty list, it would say that every object is gone
        raise ApiError("decode", "the answer is no list of the API: it has no resourceVersion")
    return Page(meta.resourceVersion, meta.more or "", tuple(objects))


class Event(NamedTuple):
    type: str
    key: ObjectKey
    version: str


def decode_event(line: bytes) -> Event:
    """The head of a watch event. Raises ApiError where the line is none."""
    try:
        event = _EVENT_HEADER.decode(line)
    except UNREADABLE as error:
        raise ApiError("decode", f"a line of the watch is no event: {error}") from error
    meta = event.object.metadata
    return Event(event.type, key_of(meta), (meta.resourceVersion if meta else None) or "")


def decode_error(line: bytes) -> Status:
    """What an ERROR event says."""
    try:
        return _EVENT_STATUS.decode(line).object
    except UNREADABLE:
        return Status()


class Lines:
    """Puts lines together from chunks that end anywhere."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0

    @property
    def pending(self) -> bool:
        """Whether a line has begun and not ended."""
        return self._length > 0

    def split(self, chunk: bytes) -> list[bytes]:
        """The lines that end in this chunk. Raises ApiError for one without an end."""
        head, newline, rest = chunk.partition(b"\n")
        self._keep(head)
        if not newline:
            return []
        lines = [b"".join(self._parts), *rest.split(b"\n")]
        self._parts, self._length = [], 0
        self._keep(lines.pop())
        return [line for line in lines if line.strip()]

    def _keep(self, part: bytes) -> None:
        self._length += len(part)
        if self._length > LONGEST_LINE:
            raise ApiError("decode", f"a line of the watch is longer than {LONGEST_LINE} bytes")
        if part:
            self._parts.append(part)
