"""What the chart takes and what it refuses, and that everything it makes is something Kubernetes and the operators take."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import helm_python as helm
import kubernetes_validate
import pytest
import yaml
from kubernetes_validate.utils import all_versions

from helm import sync
from tests.chart.kinds import OPERATOR_KINDS, definitions
from tests.chart.rendering import (
    CHART,
    HERE,
    INVALID,
    NAMESPACE,
    VALID,
    Object,
    each_valid,
    installed,
    pod_of,
    rendered,
    written,
)
from tests.real.apiserver import ApiServer
from tests.sources.crd_schema import Definitions

HIGHEST = all_versions()[-1]


def lowest() -> str:
    """The oldest Kubernetes that Chart.yaml lets in: "1.27"."""
    asked = str(yaml.safe_load((CHART / "Chart.yaml").read_text())["kubeVersion"])
    return asked.removeprefix(">=").rpartition(".")[0]


@each_valid
@pytest.mark.parametrize("version", [lowest(), HIGHEST])
def test_every_object_is_one_that_kubernetes_knows(values: Path, version: str) -> None:
    """No key is misspelt and no value of the wrong kind, on the oldest and the newest Kubernetes."""
    for document in installed(values):
        if document["kind"] not in OPERATOR_KINDS:
            _validate(json.dumps(document), version)


@cache
def _validate(document: str, version: str) -> None:
    """Most objects are the same in most fixtures: each is looked at once. Raises ValidationError."""
    kubernetes_validate.validate(json.loads(document), version, strict=True)


def test_every_object_of_an_operator_is_one_that_it_knows() -> None:
    """The same for ServiceMonitor, PodMonitor, PrometheusRule and GrafanaDashboard, each of which some fixture makes."""
    known = Definitions(definitions())
    made = [each for values in VALID for each in installed(values) if each["kind"] in OPERATOR_KINDS]
    assert {each["kind"] for each in made} == OPERATOR_KINDS
    for each in made:
        assert list(known.faults(each)) == []


@pytest.mark.real
def test_a_real_api_server_takes_every_object_and_the_pods_as_restricted() -> None:
    """With unknown fields refused, and in a namespace that enforces the restricted profile. Nothing is stored."""
    with ApiServer() as api:
        api.namespace(NAMESPACE, {"pod-security.kubernetes.io/enforce": "restricted"})
        for namespace in ("db", "web", "velero", "1234"):
            api.namespace(namespace)
        for definition in definitions():
            api.create_crd(definition)
        wanted: dict[str, Object] = {}
        for values in VALID:
            objects = installed(values)
            pod = {"apiVersion": "v1", "kind": "Pod", **pod_of(objects)}
            pod["metadata"] |= {"name": "holdfast-0", "namespace": NAMESPACE}
            pod["spec"]["volumes"] = [*pod["spec"]["volumes"], *_mounted_claims(pod)]
            wanted |= {json.dumps(each): each for each in (*objects, pod)}
        for each in wanted.values():
            path = api.path(each["apiVersion"], each["kind"], each["metadata"].get("namespace", NAMESPACE))
            api.request("POST", f"{path}?dryRun=All&fieldValidation=Strict", each)


def _mounted_claims(pod: Object) -> list[Object]:
    """What the StatefulSet's controller would add for the claim templates."""
    there = {volume["name"] for volume in pod["spec"]["volumes"]}
    mounted = {mount["name"] for mount in pod["spec"]["containers"][0]["volumeMounts"]}
    return [
        {"name": name, "persistentVolumeClaim": {"claimName": f"{name}-holdfast-0"}}
        for name in mounted - there
    ]


@pytest.mark.parametrize("values", INVALID, ids=lambda path: path.stem)
def test_a_mistake_is_refused_with_its_place(values: Path) -> None:
    """Helm names the key and what is wrong with it."""
    with pytest.raises(helm.HelmError) as refusal:
        rendered(written(values))
    for line in values.with_suffix(".expect.txt").read_text().splitlines():
        assert line in str(refusal.value)


def _needed(values: Object, within: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where values.yaml has a text or a number that is not empty."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _needed(value, (*within, key))
        elif isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            yield (*within, key)


@pytest.mark.parametrize(
    "place",
    [
        place
        for place in _needed(yaml.safe_load((CHART / "values.yaml").read_text()))
        if place[0] not in {"resources", "podSecurityContext", "securityContext"}
        and not {"annotations", "labels"} & {*place}
    ],
    ids=".".join,
)
def test_what_has_a_default_that_is_needed_cannot_be_taken_away(place: tuple[str, ...]) -> None:
    """`null` takes a default away: an argument or a field would be there without its value."""
    *sections, last = place
    values: Object = {last: None}
    for section in reversed(sections):
        values = {section: values}
    with pytest.raises(helm.HelmError, match=f"missing property '{last}'"):
        rendered(values)


@pytest.mark.parametrize("release", ["a.b", "1x", "holdfast.eu"])
def test_a_release_that_can_name_no_service_is_told_to_name_one(release: str) -> None:
    """Helm takes such names, the API server takes no Service of them; with a name of one's own they install."""
    with pytest.raises(
        helm.HelmError, match=rf'called "{release}.*no Service of that name.*Set fullnameOverride'
    ):
        rendered({}, release=release)
    (service,) = [
        each for each in rendered({"fullnameOverride": "mine"}, release=release) if each["kind"] == "Service"
    ]
    assert service["metadata"]["name"] == "mine"


def test_every_invalid_fixture_says_what_to_expect() -> None:
    """No text is left of a fixture that is gone."""
    assert {path.stem for path in INVALID} == {
        path.name.removesuffix(".expect.txt") for path in (HERE / "invalid").glob("*.expect.txt")
    }


@each_valid
def test_helm_finds_nothing_to_say(values: Path) -> None:
    """`helm lint --strict` has no warning."""
    report = helm.lint(CHART, written(values), strict=True)
    assert report["errors"] == []
    assert [message for message in report["messages"] if message["severity"] > 1] == []


OPEN = {("config",), ("resources",), ("dashboards", "grafanaOperator", "instanceSelector")}
"""Mappings that the schema closes though values.yaml leaves them empty or fills them by example; `config` has its own tests."""


def leaves(values: Object, schema: Object, root: Object) -> Iterator[tuple[str, set[str], set[str]]]:
    """Every mapping whose keys the schema closes: its path, its keys in values.yaml, its keys in the schema."""
    waiting: list[tuple[tuple[str, ...], Object, Object]] = [((), values, schema)]
    while waiting:
        path, here, closed = waiting.pop()
        yield ".".join(path), set(here), set(closed["properties"])
        for name, child in closed["properties"].items():
            meant = _resolved(child, root)
            inside = (*path, name)
            if "properties" in meant and here.get(name) != {} and inside not in OPEN:
                waiting.append((inside, here.get(name) or {}, meant))


def _resolved(schema: Object, root: Object) -> Object:
    """The schema, or the definition that it refers to."""
    found: Object = root["definitions"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found


def test_values_and_schema_know_the_same_keys() -> None:
    """A key that the schema lacks could not be set, one that values.yaml lacks would not be found."""
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    schema = json.loads((CHART / "values.schema.json").read_text())
    schema["properties"].pop("global")  # Helm's own, for a chart within a chart
    found = list(leaves(values, schema, schema))
    assert {"serviceMonitor", "podMonitor", "dashboards.grafanaOperator"} <= {path for path, *_ in found}
    for path, in_values, in_schema in found:
        assert in_values == in_schema, path


CLOSED_BY_OTHERS = {
    "affinity",
    "basicAuth",
    "global",
    "podSecurityContext",
    "securityContext",
    "tlsConfig",
}
"""Mappings of Kubernetes and its operators, whose API servers know their keys."""


def test_the_schema_is_closed_draft_7() -> None:
    """Helm 3 knows no later draft; and wherever a mapping is described, other keys are refused."""
    schema = json.loads((CHART / "values.schema.json").read_text())
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    schema["properties"].pop("config")  # the configuration's own schema, with its own tests
    open_ones = set(_open(schema, "", schema))
    assert open_ones <= CLOSED_BY_OTHERS


def _open(schema: Any, name: str, root: Object) -> Iterator[str]:
    """Names of mappings that take any key with any value."""
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object" and "additionalProperties" not in schema:
        yield name
    for key in ("properties", "patternProperties", "definitions"):
        for inside, child in schema.get(key, {}).items():
            yield from _open(child, inside, root)
    for key in ("items", "additionalProperties"):
        if name != "objects":
            yield from _open(schema.get(key), name, root)


def test_every_value_is_described() -> None:
    """Each key of values.yaml, or a mapping above it, has a `# --` comment."""
    source = (CHART / "values.yaml").read_text()
    known = {path for path, _ in sync.described(source)}

    def check(values: Object, path: tuple[str, ...] = ()) -> None:
        for name, value in values.items():
            here = (*path, name)
            if here not in known:
                assert isinstance(value, dict), f"{'.'.join(here)} has no description"
                check(value, here)

    check(yaml.safe_load(source))


def test_the_chart_is_in_step_with_what_it_is_made_of() -> None:
    """Copies of rules and dashboards, the configuration's schema and the table of values."""
    assert sync.drifted() == [], "run `make generate`"


def test_the_chart_holds_no_links() -> None:
    """Flux drops links: a chart of links installs no alerts and says nothing."""
    assert [path for path in CHART.rglob("*") if path.is_symlink()] == []


def test_no_registry_is_chosen_for_anybody() -> None:
    """The image's name has no host: whose registry it comes from is the installer's affair."""
    repository = yaml.safe_load((CHART / "values.yaml").read_text())["image"]["repository"]
    assert "." not in repository.partition("/")[0]
