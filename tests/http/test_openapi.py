"""The OpenAPI document: valid, of what is served and of nothing else, and committed as it would be made now."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from aiohttp import web

from holdfast.http.api import ENDPOINTS, ROOT
from holdfast.http.measures import Measures
from holdfast.http.openapi import openapi, openapi_text
from holdfast.http.queries import FORMS
from holdfast.http.routes import Routes
from tests.http.stand import CannedSite

FOLDER = Path(__file__).resolve().parents[2] / "docs"
DOCUMENT = openapi()


def test_it_has_not_drifted() -> None:
    assert (FOLDER / "openapi.json").read_bytes() == openapi_text(), "run: make generate"


def test_every_path_in_it_is_served_and_the_other_way_round(measures: Measures) -> None:
    app = web.Application()
    with ThreadPoolExecutor(1) as threads:
        Routes(CannedSite(), measures, threads).add_all(app.router)
    served = {resource.canonical for resource in app.router.resources()}
    of_api = {path for path in served if path.startswith(ROOT) or path.endswith(".csv")}
    assert of_api - {f"{ROOT}{{rest}}"} == set(DOCUMENT["paths"])


@pytest.mark.parametrize("name", sorted(DOCUMENT["components"]["schemas"]))
def test_its_schemas_are_schemas(name: str) -> None:
    schema = DOCUMENT["components"]["schemas"][name]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["required"] == list(schema["properties"])


def test_every_reference_leads_somewhere() -> None:
    named = set(re.findall(rb'"#/components/schemas/(\w+)"', openapi_text()))
    assert {name.decode() for name in named} == set(DOCUMENT["components"]["schemas"])


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.name)
def test_parameters_are_those_that_are_read(endpoint: Any) -> None:
    operation = DOCUMENT["paths"][endpoint.path]["get"]
    told = [each["name"] for each in operation["parameters"] if each["in"] == "query"]
    assert told == list(FORMS[endpoint.form].names if endpoint.form else ())
    assert [each["name"] for each in operation["parameters"] if each["in"] == "path"] == re.findall(
        r"{(\w+)}", endpoint.path
    )


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.name)
def test_the_page_about_the_api_tells_of_each_path_and_key(endpoint: Any) -> None:
    page = (FOLDER / "api.md").read_text("utf-8")
    assert f"`{endpoint.path}`" in page
    assert [key for key in endpoint.asks.names if f"`{key}`" not in page] == []


def test_descriptions_speak_of_fields_as_json_has_them() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    told = schemas["ClaimRow"]["description"]
    assert "`usedRatio` and `fullSeconds` (time to full" in told
    assert [name for name, schema in schemas.items() if "``" in schema.get("description", "")] == []


def test_times_are_told_as_times() -> None:
    time = {"type": "string", "format": "date-time"}
    fields = DOCUMENT["components"]["schemas"]["ClaimRow"]["properties"]
    assert fields["full"] == {"anyOf": [time, {"type": "null"}]}
    assert DOCUMENT["components"]["schemas"]["OverviewView"]["properties"]["now"] == time
