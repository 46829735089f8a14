"""A small cluster for tests: objects as the API spells them in, exposition text out, through all real layers.

No server and no clock: the instant is an argument, and every feed has ended its first look unless a test says other.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml

from holdfast.app.engine import Engine
from holdfast.history.memory import Memory
from holdfast.model.feed import Feed, FeedState
from holdfast.model.identity import ClaimRef, ObjectKey, Subject
from holdfast.model.judgement import ClaimJudgement
from holdfast.model.policy import Policy
from holdfast.settings import Known, load_settings
from holdfast.sources.table import SOURCES

NOW = 1_795_262_400.0  # Saturday 2026-11-21 12:00:00 UTC
NO_POLICY = Policy()


class _Loader(yaml.SafeLoader):
    """YAML as kubectl reads it: what looks like a time is text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def objects(text: str) -> list[dict[str, Any]]:
    """The documents of a YAML text; times stay text."""
    return [document for document in yaml.load_all(text, Loader=_Loader) if document]


def claim(name: str = "shop/data", **fields: Any) -> dict[str, Any]:
    """A bound claim, made on 1 November; ``fields`` are laid over its parts (metadata, spec, status)."""
    namespace, _, name = name.partition("/")
    made: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "namespace": namespace,
            "name": name,
            "uid": f"uid-{namespace}-{name}",
            "creationTimestamp": "2026-11-01T00:00:00Z",
        },
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "10Gi"}},
            "storageClassName": "fast",
            "volumeMode": "Filesystem",
            "volumeName": f"pv-{namespace}-{name}",
        },
        "status": {"phase": "Bound", "capacity": {"storage": "10Gi"}},
    }
    return laid_over(made, fields)


def pod(name: str = "shop/web-0", *claims: str, phase: str = "Running", **fields: Any) -> dict[str, Any]:
    namespace, _, name = name.partition("/")
    made: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "namespace": namespace,
            "name": name,
            "uid": f"pod-{namespace}-{name}",
            "creationTimestamp": "2026-11-01T00:00:00Z",
        },
        "spec": {
            "nodeName": "node-1",
            "containers": [{"name": "main"}],
            "volumes": [{"name": c, "persistentVolumeClaim": {"claimName": c}} for c in claims],
        },
        "status": {"phase": phase},
    }
    return laid_over(made, fields)


def laid_over(base: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """``above`` over ``base``, mapping by mapping; None takes a key away."""
    merged = dict(base)
    for key, value in above.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = laid_over(merged[key], value)
        else:
            merged[key] = value
    return merged


def policy(text: str, folder: Path) -> Policy:
    """The policy of a configuration file with this text."""
    file = folder / "config.yaml"
    file.write_text(text)
    return load_settings([file], Known(sources=tuple(source.name for source in SOURCES))).policy()


class World:
    """An engine over these objects, judged at ``now``."""

    def __init__(
        self,
        *documents: dict[str, Any] | str,
        now: float = NOW,
        policy: Policy = NO_POLICY,
        memory: Memory | None = None,
        states: dict[tuple[str, str], FeedState] | None = None,
    ) -> None:
        self.now = now
        self.engine = Engine(SOURCES, policy, memory=memory)
        self._states = states or {}
        self.put(*documents)
        for feed in self.feeds():
            self.engine.state(feed, self._states.get(feed.id, "up"), "", now)
        self.judge()

    @staticmethod
    def feeds() -> list[Feed]:
        return [feed for source in SOURCES for feed in source.feeds]

    def put(self, *documents: dict[str, Any] | str) -> None:
        for document in documents:
            for each in objects(document) if isinstance(document, str) else [document]:
                for feed, key, decoded in decode(each):
                    self.engine.put(feed, key, decoded)

    def drop(self, document: dict[str, Any]) -> None:
        for feed, key, _ in decode(document):
            self.engine.drop(feed, key)

    def judge(self, now: float | None = None) -> None:
        self.now = self.now if now is None else now
        assert self.engine.judge(self.now)

    def text(self) -> str:
        return b"".join(self.engine.text(self.now)).decode()

    def rows(self, *families: str) -> list[str]:
        """The samples of these families, without the prefix ``holdfast_``."""
        lines = [line for line in self.text().splitlines() if not line.startswith("#")]
        wanted = tuple(f"holdfast_{family}{{" for family in families)
        return [line.removeprefix("holdfast_") for line in lines if line.startswith(wanted)]

    def claim(self, name: str = "shop/data") -> ClaimJudgement:
        judgement = self.engine.judgement(Subject("claim", ClaimRef(*name.split("/"))))
        assert isinstance(judgement, ClaimJudgement), f"{name} was not judged"
        return judgement


def decode(document: dict[str, Any]) -> Iterable[tuple[Feed, ObjectKey, Any]]:
    """The object for every feed that reads its kind."""
    group = document["apiVersion"].rpartition("/")[0]
    raw = msgspec.json.encode(document)
    found = False
    for feed in World.feeds():
        if (feed.resource.group, feed.kind) == (group, document["kind"]):
            found = True
            metadata = document["metadata"]
            key = ObjectKey(metadata.get("namespace", ""), metadata["name"])
            yield feed, key, msgspec.json.decode(raw, type=feed.shape)
    assert found, f"no feed reads {document['kind']} of {group!r}"


def labelled(rows: Sequence[str], label: str) -> list[str]:
    """The values of one label over these samples."""
    return [row.split(f'{label}="')[1].split('"')[0] for row in rows if f'{label}="' in row]
