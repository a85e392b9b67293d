"""The provider's words, in all its languages."""

import json
import re
from collections.abc import Callable
from types import ModuleType, SimpleNamespace

import pytest
from music_assistant_models.enums import ConfigEntryType

from tests.support.ma.host import FOLDER

Part = Callable[[str], ModuleType]
LANGUAGES = ("de", "es", "fr", "it", "nl")
PREFIX = "provider.apple_music_grpc."
# What is a name, or the same word in another language.
SAME = {"manifest.name"}


def translated(language: str) -> dict[str, str]:
    text = (FOLDER / "translations" / f"{language}.json").read_text("utf-8")
    found: dict[str, str] = json.loads(text)
    return found


def test_there_is_a_file_for_each_language_and_no_other() -> None:
    assert sorted(each.stem for each in (FOLDER / "translations").iterdir()) == list(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_with_its_places(part: Part, language: str) -> None:
    english = part("texts").english()
    found = translated(language)
    assert list(found) == [f"{PREFIX}{key}" for key in english]
    for key, text in english.items():
        other = found[f"{PREFIX}{key}"]
        assert re.findall(r"\{\d\}", other) == re.findall(r"\{\d\}", text), key
        assert other.strip() == other, key
        if len(text.split()) > 3:
            assert other != text, key
        assert text.endswith(".") == other.endswith("."), key
        for name in re.findall(r"https?://\S+|\.p8|\.wvd|unix:///|host:port|127\.0\.0\.1", text):
            assert name in other, (key, name)


@pytest.mark.parametrize(
    ("locale", "word"),
    [
        ("de_DE", "Adresse des Servers"),
        ("de-CH", "Adresse des Servers"),
        ("nl", "Serveradres"),
        ("en_GB", "Server address"),
        ("ja_JP", "Server address"),
        ("", "Server address"),
        ("../de", "Server address"),
    ],
)
def test_the_language_is_that_of_the_host(part: Part, locale: str, word: str) -> None:
    mass = SimpleNamespace(metadata=SimpleNamespace(locale=locale))
    texts = part("texts").Texts.of(mass)
    assert texts.entry("address", ConfigEntryType.STRING).label == word
    assert part("texts").Texts.of(SimpleNamespace()).get("config_entries.address.label")


def test_places_are_filled_and_what_is_not_known_is_said_otherwise(part: Part) -> None:
    texts = part("texts").Texts("de")
    assert "3" in texts.error("sign_in_ends", 3)
    assert "{" not in texts.error("sign_in_ends", 3)
    assert texts.error("no_such_error") == "no_such_error"
    assert texts.get("no.such.path") == ""


def test_every_reason_of_the_contract_has_its_sentence(part: Part) -> None:
    for reason in part("errors").BY_REASON:
        assert part("texts").Texts().error(reason.lower()) != reason.lower()
