"""A library from end to end: simulator, server and client, all real."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from applemusic import Availability, errors
from applemusic.models import FavoriteState, Playlist, PlaylistFolder, ResourceType
from applemusic.models.sync import (
    SyncCheckpoint,
    SyncPlaylistTracks,
    SyncRemoval,
    SyncUpsert,
)
from applemusic_simulator.library.items import Origin
from applemusic_simulator.library.library import Library
from tests.support.stage import Stage

_WITHOUT_TWIN = {
    Origin.UPLOAD: Availability.UPLOADED,
    Origin.PURCHASE: Availability.PURCHASED,
}


def library_of(stage: Stage) -> Library:
    """The library of the account that is signed in."""
    return stage.simulator.world.libraries.of("demo")


async def synced(stage: Stage, token: str = "", **values: Any) -> tuple[list[Any], str]:
    """All changes of a sync, and its last token."""
    changes: list[Any] = []
    async for change in stage.music.library.sync(sync_token=token, **values):
        changes.append(change)  # noqa: PERF401 - typed as Any, for what a test looks into
    assert isinstance(changes[-1], SyncCheckpoint)
    assert changes[-1].complete
    return changes, changes[-1].sync_token


def upserts(changes: list[Any]) -> dict[str, Any]:
    found: list[Any] = [each.resource for each in changes if isinstance(each, SyncUpsert)]
    return {resource.id: resource for resource in found}


async def test_what_is_synced_is_what_is_there(stage: Stage) -> None:
    library = library_of(stage)
    changes, token = await synced(stage, include_playlist_tracks=True)
    found = upserts(changes)
    expected = {song.id for song in library.songs()}
    expected |= {each.id for each in library.albums()} | {each.id for each in library.artists()}
    expected |= {each.id for each in library.videos()}
    expected |= set(library.shelf.playlists) | set(library.shelf.folders)
    assert found.keys() == expected
    tracks: dict[str, list[str]] = {}
    for each in changes:
        if isinstance(each, SyncPlaylistTracks):
            refs: list[Any] = list(each.tracks)
            tracks.setdefault(each.playlist_id, []).extend(ref.id for ref in refs)
    assert tracks.keys() == library.shelf.playlists.keys()
    for playlist in library.shelf.playlists.values():
        assert len(tracks[playlist.id]) == len(playlist.rows)
        assert found[playlist.id].parent_folder_id == (
            "" if playlist.parent == "p.playlistsroot" else playlist.parent
        )
    again, _ = await synced(stage, token, include_playlist_tracks=True)
    assert not upserts(again)


async def test_where_a_song_comes_from(stage: Stage) -> None:
    library = library_of(stage)
    changes, _ = await synced(stage, types=[ResourceType.SONG])
    found = upserts(changes)
    catalogue = stage.simulator.world.catalogue
    seen = set()
    for song in library.songs():
        known = catalogue.songs.get(song.catalog_id)
        if song.catalog_id and (known is None or not known.playable):
            wanted = Availability.WITHDRAWN
        elif song.catalog_id:
            wanted = Availability.CATALOG
        else:
            wanted = _WITHOUT_TWIN[song.origin]
        seen.add(wanted)
        assert found[song.id].availability is wanted, song
        assert found[song.id].catalog_id == song.catalog_id
        assert found[song.id].date_added is not None
    assert len(seen) == 4


async def test_only_what_changed_comes_again(stage: Stage) -> None:
    library = library_of(stage)
    _, token = await synced(stage)
    gone = next(iter(library.songs()))
    library.remove_song(gone)
    catalogue = stage.simulator.world.catalogue
    fresh = next(
        song.id
        for song in catalogue.songs.values()
        if song.playable and library.song_with(song.id) is None
    )
    added = library.add_song(fresh, 1.8e9)
    assert added is not None
    changes, token = await synced(stage, token)
    removed = [each.resource for each in changes if isinstance(each, SyncRemoval)]
    assert gone.id in {ref.id for ref in removed if ref}
    assert upserts(changes)[added.id].catalog_id == fresh
    assert {each for each in upserts(changes) if each.startswith("i.")} == {added.id}


async def test_lists_and_lookups(stage: Stage) -> None:
    library, music = library_of(stage), stage.music.library
    songs = [song async for song in music.songs(page_size=7)]
    assert [song.id for song in songs] == [song.id for song in library.songs()]
    assert {each.id async for each in music.albums()} == {each.id for each in library.albums()}
    assert {each.id async for each in music.artists()} == {each.id for each in library.artists()}
    assert {each.id async for each in music.music_videos()} == {v.id for v in library.videos()}
    playlists = {each.id async for each in music.playlists()}
    assert playlists == set(library.shelf.playlists)
    album = max(library.albums(), key=lambda album: len(album.songs))
    tracks = [track async for track in music.album_tracks(album.id, page_size=2)]
    assert len(tracks) == len(album.songs)
    artist = next(artist for artist in library.artists() if artist.albums)
    assert [each async for each in music.artist_albums(artist.id)]
    for playlist in library.shelf.playlists.values():
        rows = [track async for track in music.playlist_tracks(playlist.id)]
        assert len(rows) == len(playlist.rows)
    albums = [each async for each in music.albums()]
    batch = await music.batch_get([songs[0], albums[0], *songs[1:3]])
    asked = [songs[0].id, albums[0].id, songs[1].id, songs[2].id]
    assert [each.id for each in batch.items if hasattr(each, "id")] == asked
    hits = await music.search(songs[0].name.split()[0], page_size=25)
    assert songs[0].id in {each.id for each in hits.songs}
    recent = [each async for each in music.recently_added(page_size=30)]
    assert len(recent) == len({each.id for each in recent}) > 10


async def test_folders(stage: Stage) -> None:
    library, music = library_of(stage), stage.music.library

    async def walk(folder_id: str = "") -> AsyncIterator[str]:
        async for child in music.folder_children(folder_id):
            assert isinstance(child, Playlist | PlaylistFolder)
            assert child.parent_folder_id == folder_id
            yield child.id
            if child.id in library.shelf.folders:
                async for each in walk(child.id):
                    yield each

    found = {each async for each in walk()}
    assert found == set(library.shelf.folders) | set(library.shelf.playlists)


async def test_what_is_not_there(stage: Stage) -> None:
    music = stage.music.library
    for pager in (
        music.album_tracks("l.nothing"),
        music.playlist_tracks("p.nothing"),
        music.artist_albums("r.nothing"),
        music.folder_children("p.nothing"),
    ):
        with pytest.raises(errors.ResourceNotFoundError):
            _ = [each async for each in pager]


async def test_favorites_come_with_the_songs(stage: Stage) -> None:
    library, world = library_of(stage), stage.simulator.world
    listener = world.accounts["demo"]
    known = [song for song in library.songs() if song.catalog_id in world.catalogue.songs]
    liked = {song.id for song in known[::3]}
    for song in known[::3]:
        world.social.opinions.favor(listener, "songs", song.catalog_id)
    wanted = {
        song.id: FavoriteState.FAVORITE if song.id in liked else FavoriteState.NONE
        for song in known
    }
    listed = [song async for song in stage.music.library.songs()]
    assert {song.id: song.favorite_state for song in listed if song.id in wanted} == wanted
    changes, _ = await synced(stage, types=[ResourceType.SONG])
    found = upserts(changes)
    assert {each: found[each].favorite_state for each in wanted} == wanted
    # Apple tells it of the catalog twin: of what has none it is not known.
    others = {song.favorite_state for each, song in found.items() if each not in wanted}
    assert others == {FavoriteState.UNKNOWN}


async def test_withdrawn_songs_say_what_they_are_now(stage: Stage) -> None:
    library, catalogue = library_of(stage), stage.simulator.world.catalogue
    changes, token = await synced(stage, types=[ResourceType.SONG])
    found = upserts(changes)
    gone = {each: song for each, song in found.items() if song.availability.name == "WITHDRAWN"}
    lost = {song.id for song in library.songs() if song.catalog_id not in catalogue.songs}
    matched = {each for each in gone if gone[each].current_catalog_id}
    assert lost & gone.keys() <= matched
    assert matched
    for each in matched:
        twin = catalogue.songs[gone[each].current_catalog_id]
        assert twin.playable
        assert twin.name == gone[each].name
        assert catalogue.artists[twin.artist_id].name == gone[each].artist_name
    assert not any(song.current_catalog_id for each, song in found.items() if each not in gone)
    requests = stage.simulator.world.requests
    requests.clear()
    listed = {song.id: song async for song in stage.music.library.songs()}
    assert {each: listed[each].current_catalog_id for each in gone} == {
        each: song.current_catalog_id for each, song in gone.items()
    }
    assert not [entry for entry in requests if "/catalog/" in entry.path]
    again, _ = await synced(stage, token, types=[ResourceType.SONG])
    assert not upserts(again)


async def test_a_sync_that_is_left_can_be_taken_up(stage: Stage) -> None:
    stage.simulator.world.libraries.resize("demo", 3000)
    token = ""
    heard: set[str] = set()
    changes: Any = stage.music.library.sync(types=[ResourceType.SONG])
    async with aclosing(changes):
        async for change in changes:
            if isinstance(change, SyncUpsert):
                heard |= upserts([change]).keys()
            if isinstance(change, SyncCheckpoint):
                token = change.sync_token
                break
    assert len(heard) == 1000
    requests = stage.simulator.world.requests
    requests.clear()
    changes_left, _ = await synced(stage, token, types=[ResourceType.SONG])
    assert len(upserts(changes_left)) == 2000
    assert len([each for each in requests if each.endpoint.startswith("library")]) <= 24


async def test_a_song_does_not_wait_for_a_sync(stage: Stage) -> None:
    world = stage.simulator.world
    world.libraries.resize("demo", 5000)
    await stage.asset(stage.song)
    world.conditions.latency["*"] = 0.05
    changes: Any = stage.music.library.sync(types=[ResourceType.SONG])
    async with aclosing(changes):
        await anext(changes)
        before = len(world.requests)
        async with stage.music.audio.stream(stage.song.id) as stream:
            async for _ in stream:
                break
        seen = [entry.endpoint for entry in list(world.requests)[before:]]
    # Those that were on their way already, and no more: the song's request is not queued.
    assert "webPlayback" in seen[:20]
