"""Adding to a library and removing from it, against an Apple that shows it only later."""

import asyncio
from typing import Any

import pytest

from applemusic import errors
from applemusic.models import FavoriteState, ReadOptions, ResourceRef, ResourceType, View
from applemusic.v1 import library_service_pb2 as pb
from applemusic.v1 import media_pb2
from tests.e2e.conftest import SetUp
from tests.support.library_stage import (
    ALBUM,
    PLAYLIST,
    SONG,
    VIDEO,
    delay,
    fresh_album,
    fresh_songs,
    library_of,
    listed,
    new_time,
    refuse,
    removals,
    synced,
    until,
    upserts,
)
from tests.support.stage import Stage


async def test_songs_are_there_at_once_and_get_their_library_id_later(stage: Stage) -> None:
    delay(stage, 18.0)
    library = stage.music.library
    songs = fresh_songs(stage, 3)
    before = len(await listed(library.songs()))
    assert await library.add(songs) == ()
    assert all(library_of(stage).song_with(song.id) is None for song in songs)
    shown = await listed(library.songs(page_size=25))
    assert len(shown) == before + 3
    new = {song.id: song for song in shown[:3]}
    assert new.keys() == {song.id for song in songs}
    assert all(song.library_id == "" and song.date_added for song in new.values())
    page = await anext(aiter(library.songs().pages()))
    assert page.total_count == before + 3
    assert {each.id for each in (await library.batch_get(songs)).items} == new.keys()
    hits = await library.search(next(iter(new.values())).name)
    assert songs[-1].id in {each.id for each in hits.songs} | new.keys()
    stage.simulator.world.clock.advance(19)
    later = await listed(library.songs(page_size=25))
    assert len(later) == before + 3
    assert new.keys() == {song.catalog_id for song in later if song.catalog_id in new}
    assert all(song.id.startswith("i.") for song in later)
    # Under the id that was told first it is still found.
    assert {each.id for each in (await library.batch_get(songs)).items} == new.keys()


async def test_an_album_brings_its_songs(stage: Stage) -> None:
    delay(stage, 10.0)
    library, album = stage.music.library, fresh_album(stage)
    assert await library.add([album]) == ()
    assert album.id in {each.id for each in await listed(library.albums())}
    ids = set(stage.simulator.world.catalogue.albums[album.id].song_ids)
    assert ids <= {each.id for each in await listed(library.songs())}
    assert {each.id for each in await listed(library.album_tracks(album.id))} == ids
    recent = await listed(library.recently_added())
    assert recent[0].id == album.id
    stage.simulator.world.clock.advance(11)
    (found,) = [each for each in await listed(library.albums()) if each.catalog_id == album.id]
    assert found.id.startswith("l.")
    assert len(await listed(library.album_tracks(found.id))) == len(ids)
    assert len(await listed(library.album_tracks(album.id))) == len(ids)


@pytest.mark.parametrize("kind", [SONG, ALBUM, PLAYLIST, VIDEO])
async def test_every_kind_is_added_and_removed_again(stage: Stage, kind: ResourceType) -> None:
    catalogue, library = stage.simulator.world.catalogue, library_of(stage)
    ids = {
        SONG: [each.id for each in fresh_songs(stage, 2)],
        ALBUM: [fresh_album(stage).id],
        PLAYLIST: [each for each in catalogue.playlists if library.playlist_with(each) is None][:2],
        VIDEO: [each for each in catalogue.music_videos if library.video_with(each) is None][:2],
    }
    items = [ResourceRef(kind, each) for each in ids[kind]]
    lists = {
        SONG: stage.music.library.songs,
        ALBUM: stage.music.library.albums,
        PLAYLIST: stage.music.library.playlists,
        VIDEO: stage.music.library.music_videos,
    }
    delay(stage, 6.0)
    before = {each.id for each in await listed(lists[kind]())}
    for _ in range(2):
        assert await stage.music.library.add(items) == ()
    shown = await listed(lists[kind]())
    assert {each.id for each in shown} - before == {item.id for item in items}
    stage.simulator.world.clock.advance(7)
    mine = [each for each in await listed(lists[kind]()) if each.id not in before]
    assert {each.catalog_id for each in mine} == {item.id for item in items}
    assert await stage.music.library.remove(items) == ()
    assert {each.id for each in await listed(lists[kind]())} == before
    again = await stage.music.library.remove([*items, *mine])
    assert again == (*(item.id for item in items), *(each.id for each in mine))
    stage.simulator.world.clock.advance(7)
    assert {each.id for each in await listed(lists[kind]())} == before


async def test_what_is_there_already_is_not_shown_twice(stage: Stage) -> None:
    delay(stage, 5.0)
    songs = await listed(stage.music.library.songs())
    here = next(each for each in songs if each.catalog_id and each.availability.name == "CATALOG")
    assert await stage.music.library.add([ResourceRef(SONG, here.catalog_id)]) == ()
    assert await listed(stage.music.library.songs()) == songs


async def test_what_apple_cannot_add_is_named(stage: Stage) -> None:
    catalogue = stage.simulator.world.catalogue
    withdrawn = next(song.id for song in catalogue.songs.values() if not song.playable)
    good = fresh_songs(stage, 1)[0]
    items = [ResourceRef(SONG, "999"), good, ResourceRef(SONG, withdrawn), ResourceRef(ALBUM, "7")]
    assert await stage.music.library.add(items) == ("999", withdrawn, "7")
    assert library_of(stage).song_with(good.id) is not None


async def test_removed_songs_are_gone_from_every_read(stage: Stage) -> None:
    delay(stage, 18.0)
    library = stage.music.library
    songs = await listed(library.songs())
    gone = next(each for each in songs if each.availability.name == "CATALOG")
    tracks_of = next(
        album
        for album in library_of(stage).albums()
        if gone.id in {library_of(stage).song_of(number).id for number in album.songs}
    )
    _, token = await synced(stage)
    assert await library.remove([ResourceRef(SONG, gone.id), ResourceRef(SONG, "i.nothing")]) == (
        "i.nothing",
    )
    assert library_of(stage).song(gone.id) is not None
    assert gone.id not in {each.id for each in await listed(library.songs(page_size=3))}
    assert (await library.batch_get([ResourceRef(SONG, gone.id)])).missing == (gone.id,)
    assert gone.id not in {each.id for each in await listed(library.album_tracks(tracks_of.id))}
    hits = await library.search(gone.name, page_size=25)
    assert gone.id not in {each.id for each in hits.songs}
    full = ReadOptions(view=View.FULL)
    assert (await stage.music.catalog.get_song(gone.catalog_id, options=full)).library_id == ""
    changes, token = await synced(stage, token)
    gone_ids = removals(changes)
    assert gone_ids == [gone.id]
    stage.simulator.world.clock.advance(19)
    changes, _ = await synced(stage, token)
    assert gone.id not in removals(changes)


async def test_added_again_under_a_new_id(stage: Stage) -> None:
    delay(stage, 8.0)
    library = stage.music.library
    songs = await listed(library.songs())
    old = next(each for each in songs if each.availability.name == "CATALOG")
    await library.remove([ResourceRef(SONG, old.id)])
    assert await library.add([ResourceRef(SONG, old.catalog_id)]) == ()
    shown = [each for each in await listed(library.songs()) if each.catalog_id == old.catalog_id]
    assert [each.id for each in shown] == [old.catalog_id]
    stage.simulator.world.clock.advance(9)
    (new,) = [each for each in await listed(library.songs()) if each.catalog_id == old.catalog_id]
    assert new.id.startswith("i.")
    assert new.id != old.id


async def test_a_sync_waits_for_library_ids(stage: Stage) -> None:
    delay(stage, 18.0)
    _, token = await synced(stage, types=[SONG])
    song = fresh_songs(stage, 1)[0]
    await stage.music.library.add([song])
    requests = stage.simulator.world.requests
    requests.clear()
    running = asyncio.create_task(synced(stage, token, types=[SONG]))
    await until(lambda: len(requests))
    stage.simulator.world.clock.advance(19)
    changes, _ = await running
    told = upserts(changes)
    assert [(each.id[:2], each.catalog_id) for each in told] == [("i.", song.id)]


async def test_favorites_are_in_lists_and_views_at_once(stage: Stage) -> None:
    stage.simulator.world.social.settings.write_delay = 18.0
    songs = await listed(stage.music.library.songs())
    liked = next(each for each in songs if each.favorite_state is FavoriteState.NONE)
    _, token = await synced(stage, types=[SONG])
    await stage.music.favorites.set([ResourceRef(SONG, liked.id)])

    async def states() -> set[FavoriteState]:
        shown = {each.id: each for each in await listed(stage.music.library.songs())}
        full = ReadOptions(view=View.FULL)
        twin = await stage.music.catalog.get_song(liked.catalog_id, options=full)
        tracks = [
            each
            for playlist in library_of(stage).shelf.playlists
            for each in await listed(stage.music.library.playlist_tracks(playlist))
            if each.catalog_id == liked.catalog_id
        ]
        return {shown[liked.id].favorite_state, twin.favorite_state} | {
            each.favorite_state for each in tracks
        }

    assert await states() == {FavoriteState.FAVORITE}
    changes, token = await synced(stage, token, types=[SONG])
    told = upserts(changes)
    assert {each.id: each.favorite_state for each in told} == {liked.id: FavoriteState.FAVORITE}
    await stage.music.favorites.clear([ResourceRef(SONG, liked.catalog_id)])
    assert await states() == {FavoriteState.NONE}
    changes, _ = await synced(stage, token, types=[SONG])
    told = upserts(changes)
    assert {each.id: each.favorite_state for each in told} == {liked.id: FavoriteState.NONE}


@pytest.mark.parametrize("answer", ["401", "403", "405"])
async def test_refused_removals_are_remembered_and_shown(stage: Stage, answer: str) -> None:
    info = await stage.music.server.info()
    assert info.capabilities
    assert info.capabilities.library_remove
    refuse(stage, answer)
    song = (await listed(stage.music.library.songs()))[0]
    for _ in range(2):
        with pytest.raises(errors.CapabilityRefusedError) as caught:
            await stage.music.library.remove([song])
        assert caught.value.metadata["capability"] == "library_remove"
        stage.simulator.world.requests.clear()
    assert not list(stage.simulator.world.requests)
    info = await stage.music.server.info()
    assert info.capabilities
    assert not info.capabilities.library_remove
    assert info.capabilities.library_add
    assert song.id in {each.id for each in await listed(stage.music.library.songs())}
    refuse(stage, "allow")
    await stage.music.auth.submit_music_user_token(stage.simulator.music_user_token())
    assert await stage.music.library.remove([song]) == ()


async def test_what_is_no_library_item_is_refused(stage: Stage) -> None:
    library = stage.music.library
    for work in (
        library.add([ResourceRef(ResourceType.ARTIST, "1")]),
        library.add([ResourceRef(SONG, "i.abc")]),
        library.remove([ResourceRef(ResourceType.STATION, "ra.1")]),
        library.add([ResourceRef(SONG, "../me")]),
    ):
        with pytest.raises(errors.InvalidFieldError):
            await work


async def test_faults_are_tried_again_since_twice_is_as_good_as_once(stage: Stage) -> None:
    songs = fresh_songs(stage, 2)
    for kind, values in (("status", {"status": 500}), ("cut", {}), ("status", {"status": 429})):
        stage.fault("api", kind, subject="/v1/me/library?", **values)
    assert await stage.music.library.add(songs) == ()
    added = [library_of(stage).song_with(song.id) for song in songs]
    assert all(added)
    stage.fault("api", "status", status=503, subject="library/songs/i.")
    assert await stage.music.library.remove(songs) == ()
    assert not any(library_of(stage).song_with(song.id) for song in songs)


# A reference whose type is 99 and whose id is "1".
_UNKNOWN_TYPE = b"\x08\x63\x12\x011"


def many_songs(stage: Stage, count: int) -> list[ResourceRef]:
    library = library_of(stage)
    found = [
        ResourceRef(SONG, song.id)
        for song in stage.simulator.world.catalogue.songs.values()
        if song.playable and library.song_with(song.id) is None
    ]
    assert len(found) >= count
    return found[:count]


@pytest.mark.parametrize("shows_after", [None, 1, 2, 4])
async def test_a_list_of_many_new_items_has_all_of_them(
    stage: Stage, shows_after: int | None
) -> None:
    """Also when they show at Apple between two pages."""
    delay(stage, 18.0)
    before = {each.catalog_id or each.id for each in await listed(stage.music.library.songs())}
    new = many_songs(stage, 120)
    assert await stage.music.library.add(new) == ()
    wanted = before | {each.id for each in new}
    seen: list[str] = []
    totals: set[int] = set()
    pages = 0
    async for page in stage.music.library.songs(page_size=50).pages():
        assert len(page.items) <= 50
        seen += [each.catalog_id or each.id for each in page.items]
        totals.add(page.total_count or 0)
        pages += 1
        if pages == shows_after:
            stage.simulator.world.clock.advance(19)
    assert set(seen) == wanted
    if shows_after is None:
        assert len(seen) == len(wanted)
        assert max(totals) == len(wanted)


async def test_what_was_written_is_forgotten_when_apple_must_show_it(stage_of: SetUp) -> None:
    """A write that Apple took and then lost does not stay true here."""
    time = new_time()
    async with stage_of(clock=time) as stage:
        delay(stage, 1000.0)
        song = fresh_songs(stage, 1)[0]
        before = len(await listed(stage.music.library.songs()))
        await stage.music.library.add([song])
        assert len(await listed(stage.music.library.songs())) == before + 1
        time.clock.advance(29)
        assert len(await listed(stage.music.library.songs())) == before + 1
        time.clock.advance(2)
        assert len(await listed(stage.music.library.songs())) == before


async def test_a_sync_mends_what_apple_lost(stage_of: SetUp) -> None:
    time = new_time()
    async with stage_of(clock=time) as stage:
        delay(stage, 10_000.0)
        stage.simulator.world.social.settings.write_delay = 10_000.0
        songs = await listed(stage.music.library.songs())
        gone, liked = (
            songs[0],
            next(each for each in songs[1:] if each.favorite_state is FavoriteState.NONE),
        )
        _, token = await synced(stage, types=[SONG])
        await stage.music.library.remove([gone])
        await stage.music.favorites.set([liked])
        changes, token = await synced(stage, token, types=[SONG])
        assert removals(changes) == [gone.id]
        assert [(each.id, each.favorite_state) for each in upserts(changes)] == [
            (liked.id, FavoriteState.FAVORITE)
        ]
        time.clock.advance(31)
        changes, token = await synced(stage, token, types=[SONG])
        told = {each.id: each.favorite_state for each in upserts(changes)}
        assert told == {gone.id: gone.favorite_state, liked.id: FavoriteState.NONE}
        changes, _ = await synced(stage, token, types=[SONG])
        assert not upserts(changes)
        assert not removals(changes)


async def test_a_refusal_of_one_item_is_no_refusal_of_the_call(stage: Stage) -> None:
    one, two = (await listed(stage.music.library.songs()))[:2]
    stage.fault("api", "status", status=403, count=None, subject=f"songs/{one.id}")
    with pytest.raises(errors.UpstreamRefusedError):
        await stage.music.library.remove([one])
    info = await stage.music.server.info()
    assert info.capabilities
    assert info.capabilities.library_remove
    assert await stage.music.library.remove([two]) == ()


async def test_hostile_requests_are_refused_before_apple_is_asked(stage: Stage) -> None:
    stubs = stage.music.library._calls.stubs.library
    unary = stage.music.library._calls.unary
    song = media_pb2.ResourceRef(type=media_pb2.RESOURCE_TYPE_SONG, id="1")
    bad = [
        media_pb2.ResourceRef(type=media_pb2.RESOURCE_TYPE_SONG, id=text)
        for text in (
            "",
            "1,2",
            "1/../../storefront",
            "i.%2e",
            "a" * 129,
            "1&ids[albums]=2",
            "\u0661",
        )
    ]
    bad += [media_pb2.ResourceRef(id="1"), media_pb2.ResourceRef.FromString(_UNKNOWN_TYPE)]
    stage.simulator.world.requests.clear()
    replace = pb.ReplacePlaylistTracksRequest
    calls: tuple[tuple[Any, Any], ...] = (
        (stubs.AddToLibrary, pb.AddToLibraryRequest(resources=[song] * 501)),
        (stubs.RemoveFromLibrary, pb.RemoveFromLibraryRequest(resources=[song] * 501)),
        (stubs.AddToLibrary, pb.AddToLibraryRequest()),
        (stubs.CreatePlaylist, pb.CreatePlaylistRequest(name="x", request_id="a b")),
        (stubs.CreatePlaylist, pb.CreatePlaylistRequest(name="x", request_id="a" * 129)),
        (stubs.CreatePlaylist, pb.CreatePlaylistRequest(name="x" * 100_000)),
        (stubs.CreatePlaylist, pb.CreatePlaylistRequest(name="x", description="y" * 1001)),
        (stubs.UpdatePlaylist, pb.UpdatePlaylistRequest(playlist_id="p.1/tracks", name="x")),
        (stubs.DeletePlaylist, pb.DeletePlaylistRequest()),
        (
            stubs.RemovePlaylistTracks,
            pb.RemovePlaylistTracksRequest(playlist_id="p.1", positions=range(1001)),
        ),
        (
            stubs.MovePlaylistTracks,
            pb.MovePlaylistTracksRequest(playlist_id="p.1", start_index=2**31 - 1, count=-1),
        ),
        *((stubs.AddToLibrary, pb.AddToLibraryRequest(resources=[each])) for each in bad),
        *((stubs.ReplacePlaylistTracks, replace(playlist_id="p.1", tracks=[e])) for e in bad),
    )
    for method, request in calls:
        with pytest.raises(errors.InvalidFieldError):
            await unary(method, request)
    assert not len(stage.simulator.world.requests)


async def test_a_removal_that_fails_in_the_middle_can_be_repeated(stage: Stage) -> None:
    songs = (await listed(stage.music.library.songs()))[:6]
    stage.fault("api", "status", status=500, count=None, subject=f"songs/{songs[3].id}")
    with pytest.raises(errors.UpstreamUnavailableError):
        await stage.music.library.remove(songs)
    left = {each.id for each in await listed(stage.music.library.songs())}
    assert songs[3].id in left
    stage.simulator.world.conditions.reset()
    absent = await stage.music.library.remove(songs)
    assert set(absent) == {each.id for each in songs} - left
    assert not any(library_of(stage).song(each.id) for each in songs)
