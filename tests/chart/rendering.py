"""The chart as Helm renders it: what the tests of this folder ask for.

`valid/` and `invalid/` hold values as somebody would write them; each invalid file has beside it what Helm must say.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import helm_python as helm
import pytest
import yaml

from helm import sync

HERE = Path(__file__).parent
CHART = sync.CHART
VALID = sorted((HERE / "valid").glob("*.yaml"))
INVALID = sorted((HERE / "invalid").glob("*.yaml"))
RELEASE, NAMESPACE = "holdfast", "monitoring"

Object = dict[str, Any]

each_valid = pytest.mark.parametrize("values", VALID, ids=lambda path: path.stem)


def written(path: Path) -> Object:
    """Values as Helm reads them from a file: its YAML knows no dates."""
    return helm.values_from_yaml(path.read_text())


def rendered(values: Object, chart: Path = CHART, *, release: str = RELEASE) -> list[Object]:
    """The objects that Helm would install. Raises HelmError."""
    with helm.Chart.load(chart) as loaded:
        files = loaded.render(values, name=release, namespace=NAMESPACE)
    return [
        document
        for name, text in sorted(files.items())
        if not name.endswith("NOTES.txt")
        for document in yaml.safe_load_all(text)
        if document
    ]


@cache
def _installed(values: Path) -> str:
    return json.dumps(rendered(written(values)))


def installed(name: str | Path) -> list[Object]:
    """The objects of a valid fixture."""
    objects: list[Object] = json.loads(
        _installed(HERE / "valid" / f"{name}.yaml" if isinstance(name, str) else name)
    )
    return objects


def only(objects: list[Object], kind: str) -> Object:
    found = [each for each in objects if each["kind"] == kind]
    assert len(found) == 1, f"{len(found)} objects of kind {kind}"
    return found[0]


def pod_of(objects: list[Object]) -> Object:
    template: Object = only(objects, "StatefulSet")["spec"]["template"]
    return template


def pods_of(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    """Every pod that the release makes: its kind's name, its metadata and its spec."""
    yield "StatefulSet", pod_of(objects)
    yield from ((each["kind"], each) for each in objects if each["kind"] == "Pod")


def notes(values: Object) -> str:
    """What `helm install` prints."""
    with helm.Chart.load(CHART) as chart:
        return chart.render(values, name=RELEASE, namespace=NAMESPACE)["holdfast/templates/NOTES.txt"]
