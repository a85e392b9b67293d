"""What end-to-end tests of library writes have in common."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from applemusic.models import ResourceRef, ResourceType
from applemusic.models.sync import SyncRemoval, SyncUpsert
from applemusic_simulator.clock import SimulatedClock
from applemusic_simulator.library.items import LibraryPlaylist
from applemusic_simulator.library.library import Library
from tests.support.stage import Stage

SONG, ALBUM = ResourceType.SONG, ResourceType.ALBUM
PLAYLIST, VIDEO = ResourceType.PLAYLIST, ResourceType.MUSIC_VIDEO
FOLDER = ResourceType.PLAYLIST_FOLDER


@dataclass
class Time:
    """The server's monotonic clock, which a test can move forward."""

    clock: SimulatedClock

    def __call__(self) -> float:
        return self.clock()


def new_time() -> Time:
    """A clock that begins as the machine's."""
    return Time(SimulatedClock(time.monotonic))


async def until(condition: Callable[[], object]) -> None:
    """Let everything run until something is so; the test's own limit ends it."""
    while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
        await asyncio.sleep(0)


def asked(stage: Stage, path: str, method: str = "") -> int:
    """How many requests with this in their path came to Apple."""
    return sum(
        path in entry.path and method in (entry.method, "")
        for entry in stage.simulator.world.requests
    )


def library_of(stage: Stage, account: str = "demo") -> Library:
    """What Apple shows of a library by now."""
    return stage.simulator.world.libraries.of(account)


def delay(stage: Stage, seconds: float, account: str = "demo") -> None:
    """Let Apple show writes only after some time on its clock."""
    stage.simulator.world.libraries.settings(account).consistency_delay = seconds


def refuse(stage: Stage, answer: str = "403", account: str = "demo", **only: str) -> None:
    """Let Apple refuse undocumented writes: all of them, or those that are named."""
    undocumented = stage.simulator.world.libraries.settings(account).undocumented
    changes = {name.replace("_", "-"): value for name, value in only.items()}
    undocumented.update(changes or dict.fromkeys(undocumented, answer))


def fresh_songs(stage: Stage, count: int) -> list[ResourceRef]:
    """Songs of the catalog, one per album, that the library does not have."""
    library, found = library_of(stage), []
    albums = set()
    for song in stage.simulator.world.catalogue.songs.values():
        known = library.album_with(song.album_id) is not None
        if song.playable and not known and song.album_id not in albums:
            albums.add(song.album_id)
            found.append(ResourceRef(SONG, song.id))
        if len(found) == count:
            return found
    raise AssertionError("the catalog is too small for this test")


def fresh_album(stage: Stage) -> ResourceRef:
    """An album of the catalog of which the library has nothing."""
    library = library_of(stage)
    catalogue = stage.simulator.world.catalogue
    return next(
        ResourceRef(ALBUM, album.id)
        for album in catalogue.albums.values()
        if library.album_with(album.id) is None
        and all(catalogue.songs[each].playable for each in album.song_ids)
        and len(album.song_ids) > 2
    )


def playlist_named(stage: Stage, name: str) -> LibraryPlaylist:
    """A playlist as Apple shows it by now."""
    found = [each for each in library_of(stage).shelf.playlists.values() if each.name == name]
    assert len(found) == 1, f"{len(found)} playlists are called {name!r}"
    return found[0]


async def listed(pager: Any) -> list[Any]:
    """All items of a list."""
    return [item async for item in pager]


async def track_names(stage: Stage, playlist_id: str, **values: Any) -> list[str]:
    """What a playlist holds, through the server."""
    return [
        track.name async for track in stage.music.library.playlist_tracks(playlist_id, **values)
    ]


def names_of(stage: Stage, refs: Iterable[ResourceRef]) -> list[str]:
    """What catalog songs are called."""
    songs = stage.simulator.world.catalogue.songs
    return [songs[ref.id].name for ref in refs]


async def synced(stage: Stage, token: str = "", **values: Any) -> tuple[list[Any], str]:
    """All changes of a sync, and its last token."""
    changes: list[Any] = []
    async for change in stage.music.library.sync(sync_token=token, **values):
        changes.append(change)  # noqa: PERF401 - typed as Any, for what a test looks into
    return changes, changes[-1].sync_token


def upserts(changes: Iterable[Any]) -> list[Any]:
    """What a sync said is there."""
    return [each.resource for each in changes if isinstance(each, SyncUpsert)]


def removals(changes: Iterable[Any]) -> list[str]:
    """The ids of what a sync said is gone."""
    found: list[Any] = [each.resource for each in changes if isinstance(each, SyncRemoval)]
    return [each.id for each in found]
