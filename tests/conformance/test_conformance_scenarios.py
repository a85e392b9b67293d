"""The scenarios that all clients have in common: their form, and what they leave out."""

import json
from pathlib import Path
from typing import Any

import pytest

from applemusic.v1 import (
    audio_service_pb2,
    auth_service_pb2,
    catalog_service_pb2,
    favorites_service_pb2,
    library_service_pb2,
    radio_service_pb2,
    recommendation_service_pb2,
    server_service_pb2,
)
from conformance.schema import Schema

FOLDER = Path(__file__).parents[2] / "conformance"
SCHEMA = Schema(json.loads((FOLDER / "scenario.schema.json").read_text()))
SCENARIOS = sorted((FOLDER / "scenarios").glob("*.json"))
MODULES = (
    audio_service_pb2,
    auth_service_pb2,
    catalog_service_pb2,
    favorites_service_pb2,
    library_service_pb2,
    radio_service_pb2,
    recommendation_service_pb2,
    server_service_pb2,
)


def steps(path: Path) -> list[dict[str, Any]]:
    scenario = json.loads(path.read_text())
    return [*scenario["steps"], *scenario.get("finally", ())]


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_has_the_form_of_the_schema(path: Path) -> None:
    scenario = json.loads(path.read_text())
    assert list(SCHEMA.problems(scenario)) == []
    assert scenario["name"] == path.stem


def test_every_rpc_of_the_contract_is_called() -> None:
    services = [each for module in MODULES for each in module.DESCRIPTOR.services_by_name.values()]
    contract = {
        f"{service.name}/{method.name}" for service in services for method in service.methods
    }
    called = {
        step[verb]
        for path in SCENARIOS
        for step in steps(path)
        for verb in ("call", "pages", "method")
        if verb in step
    }
    assert contract - called == {"AudioService/AudioStream"}, "that has a verb of its own"
    assert any("audio" in step for path in SCENARIOS for step in steps(path))


GOOD: dict[str, Any] = {
    "name": "a_name",
    "about": "Something that is so.",
    "steps": [{"call": "CatalogService/GetSong", "expect": {"song": {"$count": 1}}}],
}


@pytest.mark.parametrize(
    "change",
    [
        {"name": "A name"},
        {"about": ""},
        {"steps": []},
        {"other": 1},
        {"steps": [{}]},
        {"steps": [{"call": "GetSong"}]},
        {"steps": [{"call": "CatalogService/GetSong", "read": "x"}]},
        {"steps": [{"call": "CatalogService/GetSong", "expects": {}}]},
        {"steps": [{"call": "CatalogService/GetSong", "timeout": 0}]},
        {"steps": [{"call": "CatalogService/GetSong", "expect": {"$counts": 1}}]},
        {"steps": [{"call": "CatalogService/GetSong", "expect": {"$count": 1, "a": 1}}]},
        {"steps": [{"call": "CatalogService/GetSong", "expect": {}, "error": {"code": "OK"}}]},
        {"steps": [{"call": "CatalogService/GetSong", "error": {"reason": "INVALID_FIELD"}}]},
        {"steps": [{"read": "x"}]},
        {"steps": [{"read": "x", "count": 1, "end": True}]},
        {"steps": [{"read": "x", "count": 1.5}]},
        {"steps": [{"http": "BREW", "base": "web", "path": "/"}]},
        {"steps": [{"http": "POST", "base": "web", "path": "/", "json": 1, "form": {}}]},
        {"steps": [{"call": "CatalogService/GetSong", "capture": {"A": "x"}}]},
    ],
    ids=json.dumps,
)
def test_the_schema_refuses(change: dict[str, Any]) -> None:
    assert list(SCHEMA.problems(GOOD)) == []
    assert list(SCHEMA.problems({**GOOD, **change}))
