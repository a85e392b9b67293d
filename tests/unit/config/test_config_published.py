"""Settings as others see them: the schema, the documentation, and what is shown."""

import json
from pathlib import Path
from typing import Any

from msgspec import structs

from applemusic_server.config import Settings, as_json, json_schema
from applemusic_server.config_sources import load
from applemusic_server.config_values import section_in

ROOT = Path(__file__).parents[3]


def test_the_published_schema_is_the_code_s() -> None:
    """Renew it with: applemusic-server config schema > docs/config.schema.json."""
    published = json.loads((ROOT / "docs" / "config.schema.json").read_text())

    assert published == json_schema()


def test_every_setting_is_described_and_documented() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    schema = json_schema()
    for section in structs.fields(Settings):
        kind = section_in(section.type)
        assert kind is not None
        described = schema["$defs"][kind.__name__]["properties"]
        assert kind.__doc__
        for each in structs.fields(kind):
            name = f"{section.name}.{each.name}"
            assert described[each.name].get("description"), name
            assert "default" in described[each.name] or each.required, name
            assert f"| `{name}` |" in page
            assert described[each.name]["description"] in page


def test_defaults_fit_their_own_bounds() -> None:
    """Nobody else looks: defaults are not converted."""
    assert load({}, json.loads(as_json(load({}, {})), object_hook=_without_none)) == load({}, {})


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def test_settings_are_shown_as_json() -> None:
    shown = json.loads(as_json(load({}, {"grpc.socket": "/run/a.sock", "web.port": "9"})))

    assert shown["grpc"]["socket"] == "/run/a.sock"
    assert shown["web"]["port"] == 9
    assert shown["web"]["allowed_hosts"] == []
    assert shown["widevine"]["device_file"] is None
