"""The songs that are to be played, one after the other."""

import random
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from applemusic import Client, Pager
from applemusic.cli.exits import Exit
from applemusic.cli.naming import resource_of
from applemusic.cli.problems import Problem
from applemusic.cli.showing.rows import label, type_of
from applemusic.models.album import Album
from applemusic.models.artist import Artist
from applemusic.models.playlist import Playlist
from applemusic.models.resource import Resource
from applemusic.models.song import Song
from applemusic.models.station import Station, StationKind

AHEAD: Final = 2
"""How many songs are known and named ahead: the server prepares as many to their first byte."""
_BROADCASTS: Final = frozenset({StationKind.LIVE, StationKind.BROADCAST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing to play.

    Attributes:
        id: Song id; of a broadcast the station's.
        title: What it is called.
        artist: By whom.
        duration: How long; 0 when that is not known.
        broadcast: It is live, and has no end.
        has_lyrics: Apple says that there are lyrics.
        catalog_id: Id in the catalog; empty when there is none.
    """

    id: str
    title: str = ""
    artist: str = ""
    duration: timedelta = timedelta(0)
    broadcast: bool = False
    has_lyrics: bool = False
    catalog_id: str = ""

    def __str__(self) -> str:
        return f"{self.title or self.id} - {self.artist}" if self.artist else self.title or self.id


def entry_of(song: Song) -> Entry:
    """Return a song as something to play."""
    return Entry(
        id=song.id,
        title=song.name,
        artist=song.artist_name,
        duration=song.duration,
        has_lyrics=song.has_lyrics,
        catalog_id=song.catalog_id,
    )


class Queue:
    """Gives entries in order, and knows which come next. Reads no further ahead than needed.

    Args:
        entries: Where they come from.
    """

    def __init__(self, entries: AsyncIterator[Entry]) -> None:
        self._entries = entries
        self._known: deque[Entry] = deque()
        self._ended = False

    async def next(self) -> Entry | None:
        """Return what is to be played now; None at the end."""
        await self._read(1)
        return self._known.popleft() if self._known else None

    async def upcoming(self) -> list[Entry]:
        """Return what comes after it, as far ahead as is named to the server."""
        await self._read(AHEAD)
        return list(self._known)[:AHEAD]

    async def _read(self, count: int) -> None:
        while len(self._known) < count and not self._ended:
            entry = await anext(self._entries, None)
            if entry is None:
                self._ended = True
            else:
                self._known.append(entry)


async def found(music: Client, what: Sequence[str]) -> list[Resource]:
    """Return everything that is named, before the first of it plays.

    Raises:
        Problem: Something names nothing, or nothing that plays.
    """
    resources = [await resource_of(music, text) for text in what]
    for text, resource in zip(what, resources, strict=True):
        if not isinstance(resource, Song | Album | Playlist | Artist | Station):
            raise Problem(
                f"{text} is of type {label(type_of(resource))}, which is not played.",
                exit_code=Exit.REFUSED,
                next_step="Songs, albums, playlists, artists and stations are.",
            )
    return resources


async def entries(music: Client, resources: Sequence[Resource]) -> AsyncIterator[Entry]:
    """Yield the songs of everything in order; those of a station never end."""
    for resource in resources:
        async with aclosing(_of(music, resource)) as each:  # type: ignore[type-var] # a generator
            async for entry in each:
                yield entry


async def shuffled(each: AsyncIterator[Entry], order: random.Random) -> AsyncIterator[Entry]:
    """Yield the same in another order; needs an end."""
    drawn = [entry async for entry in each]
    order.shuffle(drawn)
    for entry in drawn:
        yield entry


async def first(each: AsyncIterator[Entry], limit: int | None) -> AsyncIterator[Entry]:
    """Yield the first so many; None yields all."""
    count = 0
    async for entry in each:
        yield entry
        count += 1
        if count == limit:
            return


async def _of(music: Client, resource: Resource) -> AsyncIterator[Entry]:
    match resource:
        case Song():
            yield entry_of(resource)
        case Album() | Playlist() | Artist():
            async for track in _tracks(music, resource):
                if isinstance(track, Song):
                    yield entry_of(track)
        case Station() if resource.kind in _BROADCASTS:
            yield Entry(
                id=resource.id,
                title=resource.name,
                artist=resource.provider_name,
                broadcast=True,
            )
        case Station():
            async with aclosing(_of_station(music, resource)) as songs:  # type: ignore[type-var] # a generator
                async for entry in songs:
                    yield entry


def _tracks(music: Client, resource: Album | Playlist | Artist) -> Pager[Any]:
    where = music.library if resource.id[1:2] == "." else music.catalog
    match resource:
        case Album():
            return where.album_tracks(resource.id)
        case Playlist():
            return where.playlist_tracks(resource.id)
        case Artist():
            return music.catalog.artist_top_songs(resource.catalog_id or resource.id)


async def _of_station(music: Client, station: Station) -> AsyncIterator[Entry]:
    token = ""
    while True:
        tracks = await music.radio.next_tracks(station.id, session_token=token)
        if not tracks.songs:
            return
        for song in tracks.songs:
            yield entry_of(song)
        token = tracks.session_token
