"""A Dockerfile read as its stages and steps, and the steps followed in a folder that stands for the image's root.

Here belongs what a builder does with the few instructions that ours uses; any other is refused. No daemon and no root is needed:
absolute paths of the image are put below the folder.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_TIMEOUT = 600.0  # seconds for one RUN
_PLACES = re.compile(r"(?<![\w./])/(?=(?:opt|src)\b)")
"""Where an absolute path of the image begins; those of the machine (/usr, /bin) stay."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One instruction: its word, its options (`--from=build` is from: build) and the rest as it stands."""

    word: str
    options: dict[str, str]
    text: str

    def words(self) -> list[str]:
        """The rest as a list, written as JSON or with blanks."""
        return list(json.loads(self.text)) if self.text.startswith("[") else self.text.split()


@dataclass(frozen=True, kw_only=True)
class Stage:
    """From one FROM to the next."""

    base: str
    name: str
    steps: list[Step] = field(default_factory=list)

    def last(self, word: str) -> Step:
        """The instruction that counts where several overwrite each other. Raises LookupError."""
        found = [step for step in self.steps if step.word == word]
        if not found:
            raise LookupError(f"the stage {self.name or self.base} has no {word}")
        return found[-1]


def read(path: Path) -> list[Stage]:
    """The stages, with ARGs of the head filled in. Raises ValueError for what is not understood."""
    stages: list[Stage] = []
    arguments: dict[str, str] = {}
    for step in _steps(path.read_text()):
        if step.word == "ARG" and not stages:
            name, _, value = step.text.partition("=")
            arguments[name] = value
        elif step.word == "FROM":
            base, _, name = step.text.partition(" AS ")
            stages.append(Stage(base=_filled(base, arguments), name=name))
        elif stages:
            stages[-1].steps.append(step)
        else:
            raise ValueError(f"{step.word} before FROM")
    return stages


def _steps(text: str) -> Iterator[Step]:
    lines = (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    for line in re.sub(r"\\\n", "", "\n".join(lines)).splitlines():
        word, _, rest = line.strip().partition(" ")
        options = {}
        while found := re.match(r"--(\w+)=(\S+)\s+", rest):
            options[found[1]] = found[2]
            rest = rest[found.end() :]
        yield Step(word=word.upper(), options=options, text=rest.strip())


def _filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value)
    if "$" in text:
        raise ValueError(f"{text}: nothing is known of one of its variables")
    return text


@dataclass
class Root:
    """A folder that stands for /. `base` is a folder that has what the base image brings; `context` the project."""

    folder: Path
    context: Path
    base: Path
    variables: dict[str, str] = field(default_factory=dict)
    work: str = "/"

    def place(self, path: str) -> Path:
        """Where a path of the image is on this machine."""
        return self.folder / str(Path(self.work) / path).lstrip("/")

    def mapped(self, text: str) -> str:
        """A command's text with the image's paths put below the folder."""
        return _PLACES.sub(f"{self.folder}/", text)

    def follow(self, stage: Stage, others: dict[str, Path]) -> None:
        """All that the stage does to files. `others` are the roots of earlier stages. Raises ValueError and CalledProcessError."""
        for step in stage.steps:
            match step.word:
                case "WORKDIR":
                    self.work = step.text
                    self.place(".").mkdir(parents=True, exist_ok=True)
                case "COPY":
                    self._copy(step, others)
                case "RUN":
                    self._run(step.text)
                case "ENV":
                    name, _, value = step.text.partition("=")
                    self.variables[name] = self.mapped(value)
                case "USER" | "EXPOSE" | "ENTRYPOINT" | "CMD":
                    pass  # said of the container, not done to files
                case other:
                    raise ValueError(f"{other} is an instruction that is not followed here")

    def _copy(self, step: Step, others: dict[str, Path]) -> None:
        """A folder's content goes into the target, a file beneath it when the target ends with a slash."""
        *sources, target = step.words()
        origin = others[step.options["from"]] if "from" in step.options else self.context
        for source in sources:
            there = origin / source.lstrip("/")
            here = self.place(target)
            if there.is_dir():
                # thousands of files of an earlier stage, which nobody changes any more, are linked
                copy = os.link if "from" in step.options else shutil.copy2
                ignore = None if "from" in step.options else _residue
                shutil.copytree(
                    there, here, symlinks=True, dirs_exist_ok=True, ignore=ignore, copy_function=copy
                )
            else:
                here = here / there.name if target.endswith("/") else here
                here.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(there, here)

    def _run(self, text: str) -> None:
        machine = {name: value for name, value in os.environ.items() if _of_the_machine(name)}
        done = subprocess.run(
            ["/bin/sh", "-e", "-c", self.mapped(text)],
            cwd=self.place("."),
            env={**machine, "PATH": f"{self.base}:/usr/bin:/bin", "HOME": str(self.folder), **self.variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
        if done.returncode:
            raise ValueError(f"RUN {text[:200]}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")


def _residue(folder: str, names: list[str]) -> set[str]:
    """What .dockerignore keeps out of every folder."""
    del folder
    return {name for name in names if name == "__pycache__"}


def _of_the_machine(name: str) -> bool:
    """How this machine reaches package registries; nothing else of it may matter."""
    return name.upper().endswith("_PROXY") or name.startswith(("PIP_", "SSL_CERT_"))
