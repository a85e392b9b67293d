"""Apple's recorded answers become what a person would expect, and mutants never a crash."""

import json
import os
from dataclasses import fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from applemusic_server.domain.errors import AppleMusicError, Reason
from applemusic_server.domain.resources import (
    Artwork,
    Date,
    EditorialNotes,
    Resource,
    ResourceRef,
    ResourceType,
)
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.json_reader import decode_object
from applemusic_server.upstream.parse.resource import parse_data
from applemusic_server.upstream.parse.search import parse_search
from applemusic_server.upstream.parse.storefront import parse_storefronts
from tests.support.fixtures import fixtures_folder, recorded

SNAPSHOT = Path(__file__).with_name("recorded_answers.json")
# `APPLEMUSIC_UPDATE_SNAPSHOT=1 pytest ...` writes it anew: look at the difference, then commit.
UPDATE = os.environ.get("APPLEMUSIC_UPDATE_SNAPSHOT") == "1"

# Answers of other shapes: no resources of ours in them, or not answers of the catalog or library.
OTHER_SHAPES = (
    "rating",
    "search-hints",
    "search-suggestions",
    "recommendations",
    "storefront",
    "search-for-library",
)


def resource_answers() -> list[str]:
    folder = fixtures_folder() / "apple-docs"
    names = sorted(path.name for path in folder.glob("*.json"))
    names.append("get-a-catalog-music-videos-relationship-view-directly-by-name.invalid-json.txt")
    return [name for name in names if not any(part in name for part in OTHER_SHAPES)]


def parse(name: str) -> list[Resource]:
    return list(parse_data(decode_object(recorded(name), Endpoint.CATALOG_SONGS)))


def shown(value: object) -> object:
    """What of a resource is worth looking at: everything that is not long."""
    if isinstance(value, tuple):
        return [shown(each) for each in value]
    words: dict[type, Any] = {
        Date: lambda it: f"{it.year}-{it.month}-{it.day}",
        datetime: lambda it: it.isoformat(),
        timedelta: lambda it: it.total_seconds(),
        ResourceRef: lambda it: f"{it.type.name} {it.id} {it.name}".strip(),
        Artwork: lambda it: f"{it.width}x{it.height} {it.background_color} {len(it.text_colors)}",
        EditorialNotes: lambda it: f"{len(it.short)}/{len(it.standard)}/{len(it.tagline)}",
        str: lambda it: it if len(it) <= 120 else f"{it[:60]}... {len(it)} characters",
    }
    word = words.get(type(value))
    return word(value) if word else getattr(value, "name", value)


def as_row(resource: Resource) -> dict[str, object]:
    usual = {"name": "", "id": ""}
    row: dict[str, object] = {"type": type(resource).__name__}
    for each in fields(resource):
        value = getattr(resource, each.name)
        if each.name in usual or value not in ((), "", 0, None, False, timedelta(0)):
            row[each.name] = len(value) if each.name == "preview_urls" else shown(value)
    return row


def summary(resources: list[Resource]) -> dict[str, object]:
    """The first item whole, of the others type, id and name."""
    rest = [f"{type(each).__name__} {each.id} {each.name}" for each in resources[1:]]
    first = as_row(resources[0]) if resources else None
    return {"count": len(resources), "first": first, "rest": rest}


def test_every_recorded_answer_parses_into_what_a_person_looked_at() -> None:
    found = {name: summary(parse(name)) for name in resource_answers()}
    if UPDATE:
        text = json.dumps(found, indent=1, ensure_ascii=False, default=str)
        SNAPSHOT.write_text(text + "\n", "utf-8")
    known = json.loads(SNAPSHOT.read_text("utf-8"))
    assert json.loads(json.dumps(found, default=str)) == known
    assert len(found) > 45


def test_nothing_is_lost_but_types_that_are_unknown_here() -> None:
    unknown = {"activities"}
    for name in resource_answers():
        raw = json.loads(recorded(name))["data"]
        expected = [each["id"] for each in raw if each["type"] not in unknown]
        assert [each.id for each in parse(name)] == expected, name


def test_storefronts_parse() -> None:
    answer = decode_object(recorded("get-all-storefronts.json"), Endpoint.STOREFRONTS)
    storefronts = {each.id: each for each in parse_storefronts(answer)}
    assert len(storefronts) == 167
    assert storefronts["us"].name == "United States"
    assert storefronts["us"].default_language_tag == "en-US"
    assert "es-MX" in storefronts["us"].supported_language_tags


def test_library_search_parses() -> None:
    body = recorded("search-for-library-resources.json")
    found = parse_search(decode_object(body, Endpoint.CATALOG_SEARCH))
    assert [each.name for each in found.songs][:2] == ["Everybody Dies", "OverHeated"]
    assert found.more == {ResourceType.SONG}


@pytest.mark.parametrize(
    "name",
    [
        "get-multiple-catalog-playlists.invalid-json.txt",
        "get-a-library-playlists-relationship-directly-by-name.invalid-json.txt",
    ],
)
def test_a_sample_that_is_not_json_fails_clearly(name: str) -> None:
    body = (fixtures_folder() / "apple-docs" / name).read_bytes()
    with pytest.raises(AppleMusicError) as caught:
        decode_object(body, Endpoint.CATALOG_PLAYLISTS)
    assert caught.value.reason is Reason.UPSTREAM_RESPONSE_INVALID


STRANGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**400),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
    st.sampled_from(
        ["\ud800", "\x00", "2022-13-45", "0000", "9999-12-31T23:59:59-23:59", "{w}x{h}", "-1"]
    ),
    st.lists(st.none() | st.integers() | st.text(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)
MUTATED = (
    "get-a-catalog-song.json",
    "get-a-catalog-artist.json",
    "get-multiple-catalog-curators.json",
    "get-a-catalog-music-video.json",
    "get-the-apple-music-live-radio-stations.json",
    "get-all-library-songs.json",
    "get-multiple-library-playlists.json",
    "get-multiple-record-labels.json",
    "get-heavy-rotation-content.json",
)


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of every value inside a value."""
    found = [path] if path else []
    members: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        members = list(value.items())
    elif isinstance(value, list):
        members = list(enumerate(value))
    for key, each in members:
        found.extend(places(each, (*path, key)))
    return found


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_mutants_are_read_or_refused_with_a_path(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(MUTATED))
    value = json.loads(recorded(name))
    for _ in range(data.draw(st.integers(1, 3))):
        all_places = places(value)
        place = all_places[data.draw(st.integers(0, len(all_places) - 1))]
        parent = value
        for key in place[:-1]:
            parent = parent[key]
        if data.draw(st.booleans()):
            parent[place[-1]] = data.draw(STRANGE)
        else:
            del parent[place[-1]]
        if not places(value):
            return
    try:
        answer = decode_object(json.dumps(value).encode(), Endpoint.CATALOG_SONGS)
        resources = list(parse_data(answer))
        parse_search(answer)
        list(parse_storefronts(answer))
    except AppleMusicError as error:
        _check_refusal(error)
    else:
        repr(resources).encode()  # No lone surrogate is left in it.


def _check_refusal(error: AppleMusicError) -> None:
    assert error.reason is Reason.UPSTREAM_RESPONSE_INVALID
    assert error.metadata["endpoint"] == "catalog.songs"


@given(st.binary(max_size=300))
def test_any_bytes_are_an_object_or_refused(body: bytes) -> None:
    try:
        decode_object(body, Endpoint.CATALOG_SONGS)
    except AppleMusicError as error:
        _check_refusal(error)
