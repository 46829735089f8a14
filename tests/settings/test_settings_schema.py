"""The JSON schema says the same as the loader, to whoever writes the configuration as values of the chart."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from holdfast.settings import Known, SettingsError, load_settings, settings_schema

HERE = Path(__file__).parent
GOOD = [
    {},
    {"cluster": "prod", "defaults": {}, "namespaces": []},
    {"cluster": {"name": "prod", "blindAfter": "20m"}, "systemNamespaces": ["kube-*"]},
    {"sources": {"velero": {"enabled": False, "namespaces": ["velero"]}, "core": {"enabled": True}}},
    {"checks": {"no-owner": False, "too-many-classes": {"limit": 20}}},
    {"checks": {"no-owner": "off"}, "metrics": {"deny": ["holdfast_pvc_info"]}, "history": {"path": "/data"}},
    {"tiers": [{"name": "a", "match": {"labels": {"app": ["x", "y"], "b": "c"}, "names": "db-*"}}]},
    {
        "tiers": [
            {"name": "a", "rpo": "1h30m", "offsite": "required", "retention": {"daily": 7}, "locations": 2}
        ]
    },
    {"tiers": [{"name": "a", "exempt": {"reason": "r", "until": "2027-06-30"}}]},
    {
        "genericSources": [
            {
                "name": "acme",
                "group": "acme.example",
                "versions": ["v1", "v1beta1"],
                "kinds": [
                    {
                        "resource": "backups",
                        "kind": "Backup",
                        "run": {
                            "claims": {"label": "app", "value": "spec.app"},
                            "captured": "status.time",
                            "schedule": "metadata.labels.plan",
                            "result": {"at": "status.phase", "success": "Done", "running": ["", "Running"]},
                        },
                        "plan": {"claims": "spec.claim", "cron": "spec.cron"},
                    }
                ],
            }
        ]
    },
]
# What a schema cannot say: rules between keys, and what YAML never hands to it.
BEYOND_A_SCHEMA = {
    "aliases-that-multiply",
    "endless-alias",
    "exempt-until-no-day",  # a pattern knows no February
    "generic-credentials",
    "generic-expressions",  # a language of its own
    "generic-names",
    "generic-references",
    "generic-timeless",
    "generic-words",
    "key-twice",
    "list-as-key",
    "namespace-labels-out-of-reach",
    "no-yaml",
    "prices-asked",
    "prices-opencost",
    "prices-twice",
    "tab",
    "tag",
    "tier-names-twice",
    "two-documents",
    "undefined-alias",
}


@pytest.fixture
def schema(known: Known) -> dict[str, Any]:
    return settings_schema(known)


def test_it_is_a_draft_07_schema_without_references(schema: dict[str, Any]) -> None:
    jsonschema.Draft7Validator.check_schema(schema)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert "$ref" not in json.dumps(schema)


@pytest.mark.parametrize("values", GOOD, ids=json.dumps)
def test_what_it_accepts_is_accepted_as_a_file(
    values: dict[str, Any], schema: dict[str, Any], known: Known, tmp_path: Path
) -> None:
    jsonschema.Draft7Validator(schema).validate(values)
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(values))
    load_settings([path], known)


@pytest.mark.parametrize(
    "name", sorted({path.stem for path in (HERE / "invalid").glob("*.yaml")} - BEYOND_A_SCHEMA)
)
def test_what_the_loader_refuses_it_refuses(name: str, schema: dict[str, Any], known: Known) -> None:
    path = HERE / "invalid" / f"{name}.yaml"
    with pytest.raises(SettingsError):
        load_settings([path], known)
    values = yaml.load(path.read_text(), Loader=yaml.BaseLoader)
    typed = yaml.safe_load(path.read_text())
    assert not jsonschema.Draft7Validator(schema).is_valid(typed), values


def test_the_tables_of_names_close_it(schema: dict[str, Any]) -> None:
    assert list(schema["properties"]["sources"]["properties"]) == [
        "core",
        "velero",
        "csi-snapshot",
        "cronjob",
    ]
    assert list(schema["properties"]["checks"]["properties"]) == ["no-owner", "too-many-classes"]
    bare = settings_schema(Known(sources=("core",)))
    jsonschema.Draft7Validator.check_schema(bare)
    assert not jsonschema.Draft7Validator(bare).is_valid({"checks": {"no-owner": False}})
    assert not jsonschema.Draft7Validator(bare).is_valid({"metrics": {"deny": ["holdfast_pvc_info"]}})
