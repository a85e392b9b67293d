"""The texts of the settings, for hosts that do not read `strings.json` themselves."""

import json
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, Final

from music_assistant_models.config_entries import ConfigEntry
from music_assistant_models.enums import ConfigEntryType

_STRINGS: Final = Path(__file__).with_name("strings.json")
_ENTRY_FIELDS: Final = {field.name for field in fields(ConfigEntry)}


@cache
def strings() -> dict[str, Any]:
    """Return all texts."""
    texts: dict[str, Any] = json.loads(_STRINGS.read_text("utf-8"))
    return texts


def error_text(slug: str) -> str:
    """Return the sentence of an error; the slug itself when there is none."""
    return str(strings()["errors"].get(slug, slug))


def entry(key: str, kind: ConfigEntryType, *, advanced: bool = False, **values: Any) -> ConfigEntry:
    """Return a setting with its texts.

    Args:
        key: Its key, by which its texts are found.
        kind: What is entered.
        advanced: Shown to those who ask for more.
        **values: The other fields of `ConfigEntry`.
    """
    texts = strings()["config_entries"].get(key, {})
    values.setdefault("label", texts.get("label", key))
    values.setdefault("description", texts.get("description"))
    if values.get("action"):
        values.setdefault("action_label", texts.get("action_label"))
    if advanced:
        values |= {"advanced": True} if "advanced" in _ENTRY_FIELDS else {"category": "advanced"}
    return ConfigEntry(key=key, type=kind, **values)
