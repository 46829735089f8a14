"""Writes what the chart holds of other folders: copies of rules and dashboards, the configuration's schema, the values table.

`make generate` runs it; a test compares, so that nothing drifts. Copies and not links: Flux drops links, Argo CD refuses
them, and Windows has none. files/rbac.yaml comes from the exporter's sources: docs/generate.py writes it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from holdfast.app.compose import known_names
from holdfast.settings import settings_schema

ROOT = Path(__file__).resolve().parents[1]
CHART = ROOT / "helm" / "holdfast"
COPIED = {"rules": "*.yaml", "dashboards": "*.json"}
"""Folders of the repository whose files the chart carries under files/."""

TABLE = re.compile(r"(<!-- values: made by `make generate` -->\n).*?(<!-- end of values -->)", re.DOTALL)


def wanted() -> dict[Path, str]:
    """Every file that is written here, with its content."""
    copies = {
        CHART / "files" / folder / path.name: path.read_text(encoding="utf-8")
        for folder, pattern in COPIED.items()
        for path in sorted((ROOT / folder).glob(pattern))
    }
    schema, readme = CHART / "values.schema.json", CHART / "README.md"
    return {
        **copies,
        schema: _with_configuration(schema.read_text(encoding="utf-8")),
        readme: _with_table(readme.read_text(encoding="utf-8")),
    }


def left_over() -> list[Path]:
    """Copies of files that are gone."""
    there = [path for folder in COPIED for path in (CHART / "files" / folder).glob("*")]
    return sorted(set(there) - wanted().keys())


def drifted() -> list[str]:
    """Paths, from the root, of what is not as it must be."""
    changed = [
        path
        for path, text in wanted().items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    return sorted(str(path.relative_to(ROOT)) for path in (*changed, *left_over()))


def _with_configuration(text: str) -> str:
    """The schema, in which `config` is what the exporter takes; the rest is kept by hand."""
    schema = json.loads(text)
    configuration = settings_schema(known_names())
    configuration.pop("$schema")
    schema["properties"]["config"] = configuration
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _with_table(text: str) -> str:
    """The README, with one line for each described key of values.yaml."""
    source = (CHART / "values.yaml").read_text(encoding="utf-8")
    lines = ["| key | default | what it is |\n| --- | --- | --- |\n"]
    for path, words in described(source):
        lines.append(f"| `{'.'.join(path)}` | {_shown(_at(yaml.safe_load(source), path))} | {words} |\n")
    return TABLE.sub(lambda found: found[1] + "".join(lines) + found[2], text)


def described(source: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Paths of values.yaml whose comment begins with `# --`, with that comment as one line."""
    path: list[tuple[int, str]] = []
    words: list[str] = []
    for line in source.splitlines():
        comment = re.match(r"\s*# (-- )?(.*)", line)
        key = re.match(r"(\s*)([A-Za-z0-9_./-]+):", line)
        if comment:
            words = [comment[2]] if comment[1] else ([*words, comment[2]] if words else [])
        elif key:
            depth = len(key[1])
            path = [*((at, name) for at, name in path if at < depth), (depth, key[2])]
            if words:
                yield tuple(name for _, name in path), " ".join(words)
            words = []


def _at(values: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        values = values[name]
    return values


def _shown(value: Any) -> str:
    if isinstance(value, Mapping | list) and value:
        return "see `values.yaml`"
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def main() -> None:
    """Writes every file that drifted, takes away what is left over, and says which."""
    for name in drifted():
        print(f"wrote {name}")
    for path, text in wanted().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for path in left_over():
        path.unlink()


if __name__ == "__main__":
    main()
