"""Holds resources against Kubernetes' schemas and definitions of custom resources, strictly."""

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

MINORS = ("1.34", "1.35", "1.36", "1.37")
"""The last four of Kubernetes."""

_CRDS = Path(sys.prefix) / "crds"
# Groups whose kinds Kubernetes itself defines.
_BUILT_IN = ("v1", "apps/", "autoscaling/", "policy/", "networking.k8s.io/")


def problems(resource: dict[str, Any], minor: str) -> list[str]:
    """Return what a cluster of this version would refuse, fields that it does not know included."""
    if resource["apiVersion"].startswith(_BUILT_IN):
        try:
            kubernetes_validate.validate(resource, minor, strict=True)
        except kubernetes_validate.ValidationError as error:
            return [f"{list(error.path)}: {error.message}"]
        return []
    return [
        f"{list(error.path)}: {error.message}"
        for error in _definition(resource).iter_errors(resource)
    ]


def _definition(resource: dict[str, Any]) -> jsonschema.Draft202012Validator:
    group, _, version = resource["apiVersion"].partition("/")
    for definition in _definitions():
        spec = definition["spec"]
        if (spec["group"], spec["names"]["kind"]) == (group, resource["kind"]):
            for each in spec["versions"]:
                if each["name"] == version and each["served"]:
                    schema = _strict(each["schema"]["openAPIV3Schema"], top=True)
                    return jsonschema.Draft202012Validator(schema)
    raise AssertionError(f"no definition of {resource['apiVersion']} {resource['kind']}")


@cache
def _definitions() -> list[dict[str, Any]]:
    if not _CRDS.exists():
        pytest.skip("no definitions of custom resources: `make setup` fetches them where Go is")
    found = [yaml.load(path.read_text("utf-8"), _LOADER) for path in sorted(_CRDS.iterdir())]  # noqa: S506 - a safe loader
    return [each for each in found if each["kind"] == "CustomResourceDefinition"]


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where it is built


def _strict(schema: Any, *, top: bool = False) -> Any:
    """Translate OpenAPI as Kubernetes uses it; a field that is not defined is an error."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    result = dict(_translated(schema))
    if "properties" in result and not schema.get("x-kubernetes-preserve-unknown-fields"):
        result.setdefault("additionalProperties", False)
    if top:
        # Its definition is Kubernetes' own.
        result["properties"]["metadata"] = {"type": "object"}
    return result


def _translated(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in schema.items():
        if key in {"properties", "patternProperties"}:
            yield key, {name: _strict(each) for name, each in value.items()}
        elif key in {"items", "additionalProperties", "allOf", "anyOf", "oneOf", "not"}:
            # Below anyOf and its like stand conditions, not definitions.
            yield key, value if key in {"allOf", "anyOf", "oneOf", "not"} else _strict(value)
        elif key == "type" and schema.get("nullable"):
            yield key, [value, "null"]
        else:
            yield key, value
