"""Directories of its node that a pod may write to. Clusters have few different ones, and hold each set of them once."""

import posixpath
from collections.abc import Iterable
from functools import lru_cache

from holdfast.sources.core.scratch import Container
from holdfast.sources.shapes import Shape, given, shared

_KEPT = 4096
_FILES = ("/etc/hosts", "/etc/localtime", "/etc/machine-id", "/etc/resolv.conf", "/etc/timezone")
_DIRECTORIES = ("", "Directory", "DirectoryOrCreate")  # all other types are single files, sockets and devices


class HostPathSource(Shape):
    path: str | None = None
    type: str | None = None

    @property
    def directory(self) -> str:
        """Empty for what can hold no data. Without a type it may be a socket or file, which its name then tells."""
        if not self.path or (self.type or "") not in _DIRECTORIES or self.path.endswith(".sock"):
            return ""
        path = posixpath.normpath(self.path)
        return "" if path in _FILES and not self.type else path


def read_host_paths(
    volumes: Iterable[tuple[str, HostPathSource]], *containers: Iterable[Container | None] | None
) -> tuple[str, ...]:
    """Those that some container mounts and not just to read, sorted."""
    directories = {name: source.directory for name, source in volumes if source.directory}
    if not directories:
        return ()
    written = {
        mount.name
        for each in containers
        for container in given(each)
        for mount in given(container.volume_mounts)
        if not mount.read_only
    }
    return _once(tuple(sorted({shared(path) for name, path in directories.items() if name in written})))


@lru_cache(maxsize=_KEPT)
def _once(paths: tuple[str, ...]) -> tuple[str, ...]:
    return paths
