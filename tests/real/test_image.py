"""The image: what its Dockerfile promises, and that its steps make a program that runs on a root that nobody writes to."""

import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import helm_python as helm
import pytest
import yaml

from tests.real.dockerfile import Root, Stage, read
from tests.real.process import Process, free_port
from tests.real.web import Refused, call

ROOT = Path(__file__).resolve().parents[2]
STAGES = read(ROOT / "Dockerfile")
CHART = ROOT / "helm" / "holdfast"
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())


# ---- what it says


def runs() -> str:
    return " ".join(step.text for stage in STAGES for step in stage.steps if step.word == "RUN")


def test_every_stage_has_the_same_base_of_a_named_version() -> None:
    """A virtual environment holds a link to the interpreter; a digest is given by whoever publishes, with BASE."""
    (base,) = {stage.base for stage in STAGES}
    assert re.fullmatch(r"python:3\.\d+-slim(@sha256:[0-9a-f]{64})?", base)


def test_the_user_is_a_number_and_the_one_of_the_chart() -> None:
    """runAsNonRoot cannot judge a name; and files of the history belong to the same user either way."""
    context = VALUES["podSecurityContext"]
    assert STAGES[-1].last("USER").text == f"{context['runAsUser']}:{context['runAsGroup']}"
    assert context["runAsUser"] > 0


def test_nothing_is_installed_without_its_hash() -> None:
    """But for what is built in the steps themselves."""
    installs = re.findall(r"pip(?: --python \S+)? install (.*?)(?: && |$)", runs())
    assert len(installs) == 3
    for each in installs:
        assert "--require-hashes -r" in each or re.search(r"--no-deps wheels/\*\.whl$", each), each
    assert "--no-build-isolation" in runs()


def test_the_last_stage_has_the_program_and_no_tools() -> None:
    """It runs nothing and copies only what an earlier stage made."""
    words = [step.word for step in STAGES[-1].steps]
    assert not {"RUN", "ADD", "SHELL", "VOLUME"} & set(words)
    copies = [step for step in STAGES[-1].steps if step.word == "COPY"]
    assert [(each.options, each.text) for each in copies] == [
        ({"from": STAGES[0].name}, "/opt/holdfast /opt/holdfast")
    ]


def test_the_program_gets_signals_itself() -> None:
    """A shell in between would keep SIGTERM from it."""
    assert STAGES[-1].last("ENTRYPOINT").text.startswith("[")
    assert STAGES[-1].last("CMD").words() == ["serve"]


def test_the_ports_are_those_of_the_chart() -> None:
    exposed = STAGES[-1].last("EXPOSE").words()
    assert exposed == [str(VALUES["web"]["port"]), str(VALUES["web"]["probePort"])]


def test_the_builder_is_sent_what_is_copied_and_nothing_else() -> None:
    """Neither a history of commits nor an environment of this machine gets into a layer."""
    copied = {source for step in STAGES[0].steps if step.word == "COPY" for source in step.words()[:-1]}
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    assert {line.removeprefix("!") for line in lines if line.startswith("!")} == copied
    assert all((ROOT / source).exists() for source in copied)


# ---- what its steps make


@dataclass(frozen=True, kw_only=True)
class Image:
    """The last stage's root, and how a container of it is run."""

    root: Root
    stage: Stage
    user: int | None

    @property
    def program(self) -> list[str]:
        return [self.root.mapped(word) for word in self.stage.last("ENTRYPOINT").words()]

    @property
    def env(self) -> dict[str, str]:
        path = self.root.variables["PATH"].replace("$PATH", "/usr/bin:/bin")
        return {"PATH": path, "HOME": "/"}

    def run(self, *command: str) -> str:
        """What the command prints. Raises CalledProcessError."""
        return as_user(self.user, *command, env=self.env)


def as_user(user: int | None, *command: str | Path, env: dict[str, str]) -> str:
    """What the command prints as another user, or as this one for None. Raises OSError and CalledProcessError."""
    done = subprocess.run(
        command,
        env=env,
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    )
    return done.stdout


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """Every step of the Dockerfile, followed in an empty folder with only what it copies; then nobody may write."""
    folder = Path(tempfile.mkdtemp(prefix="holdfast-image-"))
    try:
        folder.chmod(0o755)
        user = int(STAGES[-1].last("USER").text.partition(":")[0]) if os.geteuid() == 0 else None
        base = folder / "base"
        base.mkdir()
        (base / "python").symlink_to(interpreter(user))
        root = Root(folder=folder / "root", context=ROOT, base=base)
        made: dict[str, Path] = {}
        for stage in STAGES:
            # each stage begins with an empty root, and at the same place: scripts name their interpreter by its path
            root.folder.mkdir()
            root.work = "/"
            root.follow(stage, made)
            if stage is not STAGES[-1]:
                made[stage.name] = root.folder.rename(folder / stage.name)
        if user is None:
            _writable(root.folder, False)
        yield Image(root=root, stage=STAGES[-1], user=user)
    finally:
        if user is None:
            _writable(folder, True)
        shutil.rmtree(folder)


def _writable(folder: Path, yes: bool) -> None:
    """For the owner. Another user, as whom a test runs that root began, may not write anyway."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o200 if yes else mode & ~0o222)


def interpreter(user: int | None) -> Path:
    """The Python that stands for the base's: of its version if there is one, and one that the user may run."""
    version = STAGES[0].base.partition(":")[2].partition("-")[0]
    named = [
        shutil.which(f"python{version}"),
        getattr(sys, "_base_executable", None),
        shutil.which("python3", path="/usr/bin"),
    ]
    fits = "import ensurepip, sys; sys.exit(sys.version_info < (3, 11))"
    for candidate in (Path(each).resolve() for each in named if each):
        try:
            as_user(user, candidate, "-c", fits, env={})
        except (OSError, subprocess.CalledProcessError):
            continue  # too old, without venv, or where that user may not look
        return candidate
    pytest.fail(f"no Python 3.11 or later with venv that user {user} may run: looked at {named}")


def fingerprint(folder: Path) -> str:
    """Of all names, contents and links."""
    seen = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        seen.update(str(path.relative_to(folder)).encode())
        if path.is_symlink():
            seen.update(str(path.readlink()).encode())
        elif path.is_file():
            seen.update(path.read_bytes())
    return seen.hexdigest()


@pytest.mark.real_long
def test_the_program_is_the_projects_version(image: Image) -> None:
    """By the entry point, and by name as in `kubectl exec`."""
    version = importlib.metadata.version("holdfast")
    assert version in image.run(*image.program, "version")
    assert version in image.run("holdfast", "version")


@pytest.mark.real_long
def test_it_has_what_the_lock_names_and_no_installer(image: Image) -> None:
    """Each package in the locked version, and Holdfast itself."""
    asked = "import importlib.metadata as m, json; print(json.dumps({d.name.lower(): d.version for d in m.distributions()}))"
    there = json.loads(image.run(image.root.mapped("/opt/holdfast/bin/python"), "-I", "-c", asked))
    lines = re.findall(r"^([a-z0-9._-]+)==([^ ;]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    there = {re.sub(r"[-_.]+", "-", name): version for name, version in there.items()}
    assert there.pop("holdfast") == importlib.metadata.version("holdfast")
    assert there.items() <= set(lines)  # some are locked in two versions, for older and newer Pythons
    assert {"aiohttp", "kubernetes", "pydantic", "tzdata"} <= there.keys()
    assert "pip" not in there


@pytest.mark.real_long
def test_it_holds_the_rules_and_no_source_folder(image: Image) -> None:
    """`holdfast rules` prints what the repository has; the folder of the build is not in the image."""
    printed = yaml.safe_load(image.run("holdfast", "rules", "--area", "hygiene"))
    names = {rule.get("alert") for group in printed["groups"] for rule in group["rules"]}
    written = yaml.safe_load((ROOT / "rules" / "hygiene.yaml").read_text())
    assert names == {rule.get("alert") for group in written["groups"] for rule in group["rules"]}
    assert sorted(path.name for path in image.root.folder.iterdir()) == ["opt"]


@contextmanager
def container(image: Image, folder: Path) -> Iterator[str]:
    """`serve` as the image begins it, on dumped objects; yields its address."""
    dump = folder / "dump"
    subprocess.run(
        [sys.executable, "-m", "holdfast", "demo", "--write", dump], check=True, capture_output=True
    )
    address, probes = (f"127.0.0.1:{free_port()}" for _ in range(2))
    command = [
        *image.program,
        *image.stage.last("CMD").words(),
        f"--from={dump}",
        f"--web.listen-address={address}",
        f"--web.probe-address={probes}",
    ]
    if image.user is not None:
        command = ["setpriv", f"--reuid={image.user}", f"--regid={image.user}", "--clear-groups", *command]
    clean = [f"{name}={value}" for name, value in image.env.items()]
    with Process("holdfast", ["env", "-i", *clean, *command], log=folder / "log") as process:
        process.wait_until_ready(lambda: _ready(f"http://{probes}"), 90)
        yield address


def _ready(url: str) -> bool:
    try:
        return bool(call(f"{url}/readyz"))
    except Refused:
        return False


@pytest.fixture
def outside() -> Iterator[Path]:
    """A folder that another user may look into."""
    with tempfile.TemporaryDirectory(prefix="holdfast-outside-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.real_long
def test_it_serves_on_a_root_that_nobody_writes_to(image: Image, outside: Path) -> None:
    """Another user, no environment, a root without a writable file: ready, scraped, seen by `helm test`, and nothing changed."""
    before = fingerprint(image.root.folder)
    with container(image, outside) as address:
        metrics = call(f"http://{address}/metrics").decode()
        assert re.search(r"^holdfast_pvc_info\{", metrics, re.MULTILINE)
        with helm.Chart.load(CHART) as chart:
            text = chart.render({}, name="holdfast", namespace="test")["holdfast/templates/test.yaml"]
        (test,) = yaml.safe_load(text)["spec"]["containers"]
        command = [image.root.mapped(test["command"][0]), *test["command"][1:], *test["args"]]
        said = image.run("env", f"HOLDFAST_URL=http://{address}", *command)
        assert "and no source is forbidden" in said
    assert fingerprint(image.root.folder) == before
