"""The provider's texts, in the language of the host.

English is in `strings.json`, in the form in which the host's own providers have theirs; other
languages are in `translations`, in the form into which the host compiles them. The host reads
neither of them from a provider that was not built with it: what it shows has to be in words when it
gets it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, Final

from music_assistant_models.config_entries import ConfigEntry
from music_assistant_models.enums import ConfigEntryType

from .constants import DOMAIN

STEP: Final = "step_"
"""Begins the keys of texts among the fields of a form: nothing is entered there."""

_FOLDER: Final = Path(__file__).parent
_ENTRY_FIELDS: Final = {field.name for field in fields(ConfigEntry)}
_LOCALE: Final = re.compile(r"([a-z]{2,3})(?:[_-]([A-Za-z]{2,4}))?")


class Texts:
    """All texts in one language, those that it lacks in English."""

    def __init__(self, locale: str = "") -> None:
        """Choose the language.

        Args:
            locale: Such as `de_DE`; what is not known is English.
        """
        found = _LOCALE.fullmatch(locale)
        names = () if found is None else (found.group(1), f"{found.group(1)}_{found.group(2)}")
        self._texts = dict(english())
        for name in names:
            self._texts |= _translated(name)

    @classmethod
    def of(cls, mass: Any) -> "Texts":
        """Return the texts in the language that a host is set to."""
        return cls(str(getattr(getattr(mass, "metadata", None), "locale", "") or ""))

    def get(self, path: str, otherwise: str = "", *values: object) -> str:
        """Return a text.

        Args:
            path: Where it is in `strings.json`, parts joined by dots.
            otherwise: What to return when there is none.
            *values: What its places `{0}`, `{1}` stand for.
        """
        text = self._texts.get(path)
        if text is None:
            return otherwise
        return text.format(*values) if values else text

    def error(self, slug: str, *values: object) -> str:
        """Return the sentence of an error; its slug when there is none."""
        return self.get(f"errors.{slug}", slug, *values)

    def entry(
        self, key: str, kind: ConfigEntryType, *, advanced: bool = False, **values: Any
    ) -> ConfigEntry:
        """Return a setting with its texts.

        Args:
            key: Its key, by which its texts are found.
            kind: What is entered.
            advanced: Shown to those who ask for more.
            **values: The other fields of `ConfigEntry`.
        """
        path = f"config_entries.{key}"
        values.setdefault("label", self.get(f"{path}.label", key))
        values.setdefault("description", self.get(f"{path}.description") or None)
        if values.get("action"):
            values.setdefault("action_label", self.get(f"{path}.action_label") or None)
        if advanced:
            known = "advanced" in _ENTRY_FIELDS
            values |= {"advanced": True} if known else {"category": "advanced"}
        return ConfigEntry(key=key, type=kind, **values)

    def step(self, name: str) -> ConfigEntry:
        """Return what a step of the setup says, to stand above its fields."""
        text = self.get(f"setup_flow.{name}.description")
        return ConfigEntry(
            key=f"{STEP}{name}", type=ConfigEntryType.LABEL, label=text, required=False
        )


@cache
def english() -> Mapping[str, str]:
    """Return all English texts by their paths."""
    return dict(_flat(json.loads((_FOLDER / "strings.json").read_text("utf-8"))))


@cache
def _translated(name: str) -> Mapping[str, str]:
    """Return the texts of a language by their paths; none when it is not there."""
    path = _FOLDER / "translations" / f"{name}.json"
    if not path.is_file():
        return {}
    prefix = f"provider.{DOMAIN}."
    texts: dict[str, str] = json.loads(path.read_text("utf-8"))
    return {key.removeprefix(prefix): text for key, text in texts.items()}


def _flat(texts: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in texts.items():
        if isinstance(value, str):
            yield f"{path}{key}", value
        else:
            yield from _flat(value, f"{path}{key}.")
