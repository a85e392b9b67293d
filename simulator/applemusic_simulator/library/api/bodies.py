"""The JSON of writes, read as far as the simulator needs it."""

from collections.abc import Mapping, Sequence
from typing import Any

from applemusic_simulator.errors import bad_body
from applemusic_simulator.library.api.kinds import SONGS, VIDEOS
from applemusic_simulator.library.library import Library
from applemusic_simulator.model import Catalogue

_ROW_TYPES = ("songs", "music-videos", SONGS, VIDEOS)


def attributes_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The `attributes` of a body.

    Raises:
        AppleError: 400, there is no such object.
    """
    attributes = body.get("attributes")
    if not isinstance(attributes, dict):
        raise bad_body("/attributes", "Attributes must be an object")
    return attributes


def name_of(attributes: Mapping[str, Any]) -> str:
    """A name that is not empty.

    Raises:
        AppleError: 400.
    """
    name = attributes.get("name")
    if not isinstance(name, str) or not name.strip():
        raise bad_body("/attributes/name", "Name must not be empty")
    return name


def identifiers(data: object, pointer: str) -> list[tuple[str, str]]:
    """Type and id of each entry of a `data` list.

    Raises:
        AppleError: 400, it is something else.
    """
    if not isinstance(data, list):
        raise bad_body(pointer, "Data must be a list")
    found = []
    for entry in data:
        kind, item_id = (
            (entry.get("type"), entry.get("id")) if isinstance(entry, dict) else (None, None)
        )
        if not isinstance(kind, str) or not isinstance(item_id, str):
            raise bad_body(pointer, "Each entry must have an id and a type")
        found.append((kind, item_id))
    return found


def related_of(body: Mapping[str, Any], name: str) -> list[tuple[str, str]]:
    """Type and id of what a body names in `relationships.<name>.data`; nothing if it is absent.

    Raises:
        AppleError: 400, it is something else.
    """
    relationships = body.get("relationships", {})
    pointer = f"/relationships/{name}/data"
    if not isinstance(relationships, dict):
        raise bad_body("/relationships", "Relationships must be an object")
    if name not in relationships:
        return []
    related = relationships[name]
    return identifiers(related.get("data") if isinstance(related, dict) else None, pointer)


def rows_of(
    entries: Sequence[tuple[str, str]], library: Library, catalogue: Catalogue
) -> list[str]:
    """What entries stand for as rows of a playlist; what does not exist is left out silently.

    Raises:
        AppleError: 400, a type that no playlist holds.
    """
    rows = []
    for kind, item_id in entries:
        if kind not in _ROW_TYPES:
            raise bad_body("/data", f"Type '{kind}' cannot be in a playlist")
        row = _row(kind, item_id, library, catalogue)
        if row:
            rows.append(row)
    return rows


def _row(kind: str, item_id: str, library: Library, catalogue: Catalogue) -> str:
    if kind in (SONGS, VIDEOS):
        letter, _, catalog_id = item_id.partition(".")
        if letter == "a":
            return item_id if catalog_id in catalogue.songs else ""
        found = library.song(item_id) or library.video(item_id)
        if found is None:
            return ""
        known = catalogue.songs if kind == SONGS else catalogue.music_videos
        return f"a.{found.catalog_id}" if found.catalog_id in known else found.id
    if kind == "songs":
        song = catalogue.songs.get(item_id)
        return f"a.{item_id}" if song is not None and song.playable else ""
    return f"a.{item_id}" if item_id in catalogue.music_videos else ""
