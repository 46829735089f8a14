"""Which groups, versions and resources the server offers now.

Here belongs the reading of discovery and the choice of a version; starting and stopping lanes is the
cluster's. An API group whose own server does not answer is unclear, which is not the same as absent.
https://kubernetes.io/docs/reference/using-api/api-concepts/#aggregated-discovery
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

import msgspec

from holdfast.cluster.connect import JSON, Connection
from holdfast.cluster.decode import UNREADABLE
from holdfast.cluster.errors import ApiError
from holdfast.cluster.timing import Timing
from holdfast.model.feed import Resource

AGGREGATED = ",".join(
    [
        *(
            f"{JSON};g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
            for version in ("v2", "v2beta1")
        ),
        JSON,
    ]
)
REQUESTS_AT_ONCE = 8

GroupVersion = tuple[str, str]


class Form(NamedTuple):
    """The kind of a resource's objects, and whether these have namespaces; empty and None where it is not told."""

    kind: str = ""
    namespaced: bool | None = None


class Offer(NamedTuple):
    """What one version of a group offers: what can be watched, and what can only be listed.

    Not ``whole``: the server cannot say now all that it holds. ``forms`` is by plural.
    """

    plurals: frozenset[str]
    whole: bool = True
    listed: frozenset[str] = frozenset()
    forms: Mapping[str, Form] = MappingProxyType({})

    def has(self, plural: str, *, polled: bool) -> bool:
        return plural in self.plurals or (polled and plural in self.listed)


class Choice(NamedTuple):
    """``version`` is set where the resource is served. ``unclear`` cannot be told now. ``foreign`` is
    served, but in no version or form that we can decode; ``message`` says so."""

    kind: Literal["served", "absent", "unclear", "foreign"]
    version: str = ""
    message: str = ""


class Catalog:
    """One complete look."""

    def __init__(self, offers: Mapping[GroupVersion, Offer], groups: Iterable[str] = ()) -> None:
        self._offers = offers
        self.groups = frozenset([*groups, *(group for group, _ in offers)])

    def choose(self, resource: Resource, current: str = "", *, polled: bool = False) -> Choice:
        """The first of the resource's versions that is served; ``current`` stays while it is unclear.

        ``polled``: to be listed is enough.
        """
        offers = {
            version: offer for (group, version), offer in self._offers.items() if group == resource.group
        }
        having = {v for v, offer in offers.items() if offer.has(resource.plural, polled=polled)}
        unclear = {version for version, offer in offers.items() if not offer.whole} - having
        if current in unclear:
            return Choice("served", current)
        for version in resource.versions:
            if version in having:
                mistaken = _mistaken(resource, offers[version].forms.get(resource.plural, Form()))
                return Choice("foreign", version, mistaken) if mistaken else Choice("served", version)
        if unclear:
            return Choice("unclear")
        if having:
            versions = ", ".join(sorted(having))
            remedy = f"; add one to versions in {resource.declared}" if resource.declared else ""
            reads = "this source does not read" if resource.declared else "this release does not read"
            return Choice("foreign", versions, f"served only as {versions}, which {reads}{remedy}")
        return Choice("absent")


def _mistaken(resource: Resource, form: Form) -> str:
    """What an owner told wrongly of a resource; empty where all is right. What is built in is right."""
    if not resource.declared:
        return ""
    place = f"{resource.plural}.{resource.group}"
    if form.kind and form.kind != resource.kind:
        return f"{place} has objects of kind {form.kind}, not {resource.kind}; correct kind in {resource.declared}"
    if form.namespaced is not None and form.namespaced != resource.namespaced:
        scope = "in namespaces" if form.namespaced else "without a namespace"
        return f"the objects of {place} are {scope}; correct namespaced in {resource.declared}"
    return ""


class _Kind(msgspec.Struct):
    kind: str = ""


class _Resource(msgspec.Struct):
    """Of both forms: ``resource``, ``responseKind`` and ``scope`` in the aggregated one, ``name`` (of subresources
    too), ``kind`` and ``namespaced`` in the other."""

    resource: str = ""
    name: str = ""
    verbs: list[str] | None = None
    kind: str = ""
    namespaced: bool | None = None
    responseKind: _Kind | None = None  # noqa: N815 - the API's spelling
    scope: str = ""

    @property
    def form(self) -> Form:
        scoped = self.scope == "Namespaced" if self.scope else self.namespaced
        return Form(self.responseKind.kind if self.responseKind else self.kind, scoped)


class _Version(msgspec.Struct):
    version: str
    resources: list[_Resource] | None = None
    freshness: str = "Current"


class _Name(msgspec.Struct):
    name: str = ""


class _Group(msgspec.Struct):
    """Of both forms: the aggregated one names the group in ``metadata``."""

    metadata: _Name | None = None
    name: str = ""
    versions: list[_Version] | None = None


class _Aggregated(msgspec.Struct, tag_field="kind", tag="APIGroupDiscoveryList"):
    items: list[_Group] | None = None


class _Groups(msgspec.Struct, tag_field="kind", tag="APIGroupList"):
    groups: list[_Group] | None = None


class _Core(msgspec.Struct, tag_field="kind", tag="APIVersions"):
    versions: list[str] | None = None


class _Resources(msgspec.Struct):
    resources: list[_Resource] | None = None


_Root = _Aggregated | _Groups | _Core
_ROOT: msgspec.json.Decoder[_Root] = msgspec.json.Decoder(_Root)
_RESOURCES = msgspec.json.Decoder(_Resources)


class Discovery:
    """Looks again cheaply: an answer that has not changed is not sent again, by servers that can tell."""

    def __init__(self, connection: Connection, timing: Timing) -> None:
        self._connection = connection
        self._timing = timing
        self._seen: dict[str, tuple[str, _Root]] = {}
        self._slots = asyncio.Semaphore(REQUESTS_AT_ONCE)

    async def look(self, wanted: Iterable[Resource]) -> Catalog:
        """Raises ApiError where nothing can be said about any group."""
        groups = {resource.group for resource in wanted}
        core, named = await self._root("/api"), await self._root("/apis")
        offers = {**_known(core), **_known(named)}
        undescribed = [*_open(core), *_open(named)]
        asked = [pair for pair in undescribed if pair[0] in groups]
        answers = await asyncio.gather(*(self._version(*pair) for pair in asked))
        offers.update((pair, offer) for pair, offer in zip(asked, answers, strict=True) if offer is not None)
        return Catalog(offers, (group for group, _ in undescribed))

    async def _root(self, path: str) -> _Root:
        etag, known = self._seen.get(path, ("", None))
        condition = {"If-None-Match": etag} if etag else {}
        answer = await self._connection.get(path, headers={"Accept": AGGREGATED, **condition})
        if answer.status == 304 and known is not None:
            return known
        try:
            root = _ROOT.decode(answer.body)
        except UNREADABLE as error:
            raise ApiError("decode", f"{path} is no discovery document: {error}") from error
        self._seen[path] = (answer.headers.get("ETag", ""), root)
        return root

    async def _version(self, group: str, version: str) -> Offer | None:
        """None where the version went away in between. A group's own trouble is its alone."""
        path = f"/apis/{group}/{version}" if group else f"/api/{version}"
        try:
            async with self._slots, asyncio.timeout(self._timing.group):
                answer = await self._connection.get(path)
            return _offer(_RESOURCES.decode(answer.body).resources)
        except ApiError as error:
            return None if error.status == 404 else Offer(frozenset(), whole=False)
        except (*UNREADABLE, TimeoutError):
            return Offer(frozenset(), whole=False)


def _offer(resources: Collection[_Resource] | None, *, whole: bool = True) -> Offer:
    listed = {entry.resource or entry.name: entry.verbs or () for entry in resources or ()}
    listed = {name: verbs for name, verbs in listed.items() if "list" in verbs and "/" not in name}
    watched = frozenset(name for name, verbs in listed.items() if "watch" in verbs)
    forms = {entry.resource or entry.name: entry.form for entry in resources or ()}
    return Offer(watched, whole=whole, listed=frozenset(listed.keys() - watched), forms=forms)


def _known(root: _Root) -> dict[GroupVersion, Offer]:
    """What an aggregated document says of all groups at once."""
    if not isinstance(root, _Aggregated):
        return {}
    return {
        (group.metadata.name if group.metadata else "", each.version): _offer(
            each.resources, whole=each.freshness != "Stale"
        )
        for group in root.items or ()
        for each in group.versions or ()
    }


def _open(root: _Root) -> list[GroupVersion]:
    """What the other form names and does not describe."""
    if isinstance(root, _Core):
        return [("", version) for version in root.versions or ()]
    if isinstance(root, _Groups):
        return [(group.name, each.version) for group in root.groups or () for each in group.versions or ()]
    return []
