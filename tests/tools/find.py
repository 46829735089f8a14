"""The order in which a tool is looked for: the user's variable, PATH, Debian's package, the Go build.

Here belongs that order and the judgement whether a version will do. How each is made belongs to debian.py and gobuild.py.
"""

import functools
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.tools import cache, debian, gobuild
from tests.tools.table import Tool, ToolError, named


@dataclass(frozen=True, kw_only=True)
class Found:
    """A program and where it came from, in words."""

    path: Path
    origin: str


def path(name: str) -> Path:
    """The program of that name, installed first when it must be: minutes for a first Go build. Raises ToolError."""
    return locate(named(name)).path


def locate(tool: Tool) -> Found:
    """The tool by the order of this module; installs it when it is nowhere yet. Raises ToolError."""
    there = _by_variable(tool) or _on_path(tool) or _in_cache(tool)
    if there:
        return there
    with cache.alone():
        return _in_cache(tool) or _installed(tool)


def _by_variable(tool: Tool) -> Found | None:
    value = os.environ.get(tool.variable)
    if not value:
        return None
    place = Path(value)
    if tool.variable == "KUBEBUILDER_ASSETS":
        place /= tool.name
    if not (place.is_file() and os.access(place, os.X_OK)):
        raise ToolError(
            f"{tool.variable}={value}: there is no program {place}."
            f" Correct it, or unset it to have {tool.name} found or built."
        )
    return Found(path=place.absolute(), origin=tool.variable)


def _on_path(tool: Tool) -> Found | None:
    for name in tool.names_on_path:
        there = shutil.which(name)
        if there and tool.ask_version and _fits(tool, Path(there), "PATH"):
            return Found(path=Path(there).absolute(), origin="PATH")
    return None


def _in_cache(tool: Tool) -> Found | None:
    if tool.debian:
        there = debian.unpacked(tool.debian)
        if there.exists() and _fits(tool, there, "Debian"):
            return Found(path=there, origin=f"Debian package {tool.debian.package}")
    there = gobuild.built(tool)
    return Found(path=there, origin=f"Go build of {tool.release}") if there.exists() else None


def _installed(tool: Tool) -> Found:
    if tool.debian and not debian.unpacked(tool.debian).exists():
        there = debian.unpack(tool.debian)
        if there and _fits(tool, there, "Debian"):
            return Found(path=there, origin=f"Debian package {tool.debian.package}")
    return Found(path=gobuild.build(tool), origin=f"Go build of {tool.release}")


@functools.cache  # asked once a process: a version does not change under a running test
def _fits(tool: Tool, program: Path, origin: str) -> bool:
    """Whether the program runs and is new enough; says so when it is not, for that costs a build."""
    try:
        told = subprocess.run(
            [program, *tool.ask_version],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        cache.say(f"{program} ({origin}) does not run: {error}; not used")
        return False
    number = re.search(r"(\d+)\.(\d+)\.\d+", told.stdout + told.stderr)
    if number and (int(number[1]), int(number[2])) >= tool.least:
        return True
    least = ".".join(map(str, tool.least))
    cache.say(
        f"{program} ({origin}) is {number[0] if number else 'of no known version'}, not at least {least}: not used"
    )
    return False
