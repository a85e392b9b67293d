"""`applemusic show`."""

import asyncio
from dataclasses import fields, replace
from typing import Any, Final

import click

from applemusic.cli.command import Command
from applemusic.cli.naming import resource_of
from applemusic.cli.session import Session, Taken, with_server
from applemusic.cli.showing.fields import clock, counted, day, without_markup
from applemusic.cli.showing.jsonable import jsonable
from applemusic.cli.showing.rows import by, label, table_of, titled, tracks_table, type_of
from applemusic.models.album import Album
from applemusic.models.artist import Artist
from applemusic.models.options import View
from applemusic.models.playlist import Playlist
from applemusic.models.reference import ResourceType
from applemusic.models.resource import Resource
from applemusic.models.song import Song

_FIRST: Final = 100  # tracks that are shown of something without an end
_FEW: Final = 10


@click.command(
    "show",
    cls=Command,
    examples=(
        "applemusic show 1440857781",
        "applemusic show https://music.apple.com/us/album/1440857781",
        "applemusic show album:1440857781 --json | jq -r '.tracks[].name'",
        "applemusic show p.LV0PXNoCl0EpDLW",
    ),
)
@click.argument("what")
@click.option("--tracks/--no-tracks", default=True, help="Show what is on it, too.")
@click.option("--full", is_flag=True, help="Show what editors wrote and the listener thinks, too.")
@with_server
async def command(session: Session, *, what: str, tracks: bool, full: bool) -> None:
    """Show a song, album, artist, playlist or station.

    WHAT is an id, an address at music.apple.com, or a type and an id as in album:1440857781. Of an
    album and a playlist the tracks are shown, of an artist the top songs and the albums.
    """
    options = session.music.config.options
    found = await resource_of(
        session.music, what, replace(options, view=View.FULL) if full else options
    )
    parts = await _parts(session, found) if tracks else {}
    if session.out.json:
        shown = {name: part.items for name, part in parts.items()}
        session.out.document({**jsonable(found), **jsonable(shown)})
        return
    _write_facts(session, found)
    for name, part in parts.items():
        if not part.items:
            continue
        session.out.text()
        kind = ResourceType.ALBUM if name == "albums" else ResourceType.SONG
        if name == "tracks":
            session.out.table(tracks_table(part.items, album=not isinstance(found, Album)))
        else:
            session.out.table(table_of(kind, part.items, title=_TITLES[name]))
        if part.more:
            of = f" of {part.total:,}" if part.total else ""
            session.out.note(f"The first {counted(len(part.items), 'entry', 'entries')}{of}.")


_TITLES: Final = {"top_songs": "Top songs", "albums": "Albums"}


async def _parts(session: Session, found: Resource) -> dict[str, Taken[Any]]:
    """Return what belongs to a resource, by name."""
    music = session.music
    catalog, library = music.catalog, music.library
    mine = found.id[1:2] == "."
    match found:
        case Album():
            pager = (library if mine else catalog).album_tracks(found.id)
            return {"tracks": await session.take(pager, None, "track")}
        case Playlist():
            pager = (library if mine else catalog).playlist_tracks(found.id)
            return {"tracks": await session.take(pager, None, "track")}
        case Artist() if mine:
            return {"albums": await session.take(library.artist_albums(found.id), _FIRST, "album")}
        case Artist():
            songs, albums = await asyncio.gather(
                session.take(catalog.artist_top_songs(found.id), _FEW, "song"),
                session.take(catalog.artist_albums(found.id), _FIRST, "album"),
            )
            return {"top_songs": songs, "albums": albums}
        case _:
            return {}


def _write_facts(session: Session, found: Resource) -> None:
    """Write what is known of a resource, a fact per line."""
    session.out.text(titled(found), style="bold")
    session.out.facts(_facts(found))
    notes = getattr(found, "editorial_notes", None) or getattr(found, "description", None)
    words = notes and (notes.short or notes.standard or notes.tagline)
    if words:
        session.out.text()
        session.out.text(without_markup(words))


def _facts(found: Any) -> list[tuple[str, str]]:
    given = {field.name: getattr(found, field.name) for field in fields(found)}
    get = given.get
    album = get("album_name", "")
    if album and get("track_number"):
        album += f", track {get('track_number')}"
    return [
        ("Type", label(type_of(found))),
        ("By", by(found)),
        ("Album", album),
        ("Kind", str(get("kind", ""))),
        ("Time", clock(get("duration"))),
        ("Tracks", str(get("track_count") or "")),
        ("Released", str(get("release_date") or "")),
        ("Genres", ", ".join(get("genre_names", ()))),
        ("Composers", get("composer_name", "")),
        ("Label", get("record_label", "")),
        ("Lyrics", _lyrics(found)),
        ("Plays", _plays(found)),
        ("Favorite", _opinion(get("favorite_state"))),
        ("Added", day(get("date_added"))),
        ("Changed", day(get("last_modified_time"))),
        ("ISRC", get("isrc", "")),
        ("UPC", get("upc", "")),
        ("Id", found.id),
        ("Catalog id", _other(found, get("catalog_id", ""))),
        ("Library id", _other(found, get("library_id", ""))),
        ("Page", get("url", "")),
    ]


def _other(found: Resource, name: str) -> str:
    return "" if name == found.id else name


def _lyrics(found: Any) -> str:
    if not getattr(found, "has_lyrics", False):
        return ""
    return "yes, in time" if found.has_time_synced_lyrics else "yes"


def _plays(found: Any) -> str:
    if isinstance(found, Song):
        said = str(found.availability)
        now = f"; now {found.current_catalog_id}" if found.current_catalog_id else ""
        return f"{said}{now}" if said != "unknown" else ""
    playable = getattr(found, "playable", None)
    return "" if playable is None else "yes" if playable else "no"


def _opinion(state: Any) -> str:
    return str(state) if state is not None and int(state) > 1 else ""
