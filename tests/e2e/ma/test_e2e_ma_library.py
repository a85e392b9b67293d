"""The library through the provider: whole lists, changes, favorites, playlists."""

from typing import Any

import pytest
from music_assistant_models.enums import MediaType
from music_assistant_models.errors import (
    InvalidDataError,
    MediaNotFoundError,
    ResourceTemporarilyUnavailable,
    UnsupportedFeaturedException,
)

from applemusic.models import FavoriteState, ResourceRef, ResourceType
from tests.e2e.ma.conftest import Loaded
from tests.support.library_stage import fresh_songs, library_of, names_of, refuse
from tests.support.ma.host import as_sent, round_trip

SONG, ALBUM, ARTIST = ResourceType.SONG, ResourceType.ALBUM, ResourceType.ARTIST


async def test_whole_lists_are_those_of_the_library(ma: Loaded) -> None:
    library = ma.stage.music.library
    for kind, pager in (
        ("tracks", library.songs()),
        ("albums", library.albums()),
        ("artists", library.artists()),
        ("playlists", library.playlists()),
    ):
        found = await ma.library(kind)
        wanted = await pager.to_list()
        if kind == "playlists":
            found = [each for each in found if not each.item_id.startswith("ra.")]
        assert sorted(each.name for each in found) == sorted(each.name for each in wanted), kind
        for item in found:
            (mapping,) = item.provider_mappings
            assert mapping.in_library
            assert (mapping.item_id, mapping.provider_instance) == (
                item.item_id,
                ma.host.instance_id,
            )
            assert as_sent(round_trip(item)) == as_sent(item)
        ids = [each.item_id for each in found]
        assert len(set(ids)) == len(ids), kind


async def test_the_accounts_own_station_is_in_the_library(ma: Loaded) -> None:
    radios, playlists = await ma.library("radios"), await ma.library("playlists")
    found = [each for each in [*radios, *playlists] if each.item_id.startswith("ra.")]
    assert [each.name for each in found] == ["Demo\u2019s Station"]


async def test_favorites_come_with_the_lists(ma: Loaded) -> None:
    (track, *_) = await ma.library("tracks")
    assert not track.favorite
    await ma.provider.set_favorite(track.item_id, MediaType.TRACK, favorite=True)
    again = {each.item_id: each for each in await ma.library("tracks")}
    assert again[track.item_id].favorite is True


async def test_a_list_that_cannot_be_read_to_its_end_fails(ma: Loaded) -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    ma.provider.library._sleep = pause
    ma.stage.fault("api", "status", status=500, subject="library/songs", count=None)
    with pytest.raises(ResourceTemporarilyUnavailable):
        await ma.library("tracks")
    assert len(pauses) == 5
    assert min(pauses) >= 2


async def test_items_of_every_kind_become_favorites_and_nothing_in_particular(
    ma: Loaded,
) -> None:
    kinds = {
        MediaType.TRACK: ResourceType.SONG,
        MediaType.ALBUM: ResourceType.ALBUM,
        MediaType.ARTIST: ResourceType.ARTIST,
        MediaType.PLAYLIST: ResourceType.PLAYLIST,
        MediaType.RADIO: ResourceType.STATION,
    }
    favorites = ma.stage.music.favorites
    for kind, resource in kinds.items():
        item = await ma.search(kind, "simulated" if kind == MediaType.RADIO else "the")
        reference = ResourceRef(resource, item.item_id)

        async def state(reference: ResourceRef = reference) -> FavoriteState:
            return (await favorites.batch_get([reference]))[0].state

        await ma.provider.set_favorite(item.item_id, kind, favorite=True)
        assert await state() is FavoriteState.FAVORITE, kind
        await ma.provider.set_favorite(item.item_id, kind, favorite=False)
        assert await state() is FavoriteState.NONE, "clearing is not disliking"
    with pytest.raises(UnsupportedFeaturedException):
        await ma.provider.set_favorite("1", MediaType.PODCAST, favorite=True)


async def test_items_are_added_and_removed(ma: Loaded) -> None:
    # Not one that stands for a withdrawn song of the library.
    there = {each.item_id for each in await ma.library("tracks")}
    song = next(each for each in fresh_songs(ma.stage, 20) if each.id not in there)
    track = await ma.provider.get_track(song.id)
    assert await ma.provider.library_add(track)
    assert track.item_id in {each.item_id for each in await ma.library("tracks")}
    assert await ma.provider.library_remove(track.item_id, MediaType.TRACK)
    assert track.item_id not in {each.item_id for each in await ma.library("tracks")}
    assert await ma.provider.library_remove(track.item_id, MediaType.TRACK), "gone is gone"


async def test_what_cannot_be_in_the_library_is_said_so(ma: Loaded) -> None:
    artist = await ma.search(MediaType.ARTIST)
    assert await ma.provider.library_add(artist) is False
    with pytest.raises(UnsupportedFeaturedException, match="nothing to remove"):
        await ma.provider.library_remove(artist.item_id, MediaType.ARTIST)


async def test_what_apple_refuses_for_good_takes_its_feature_along(ma: Loaded) -> None:
    refuse(ma.stage)
    track = (await ma.library("tracks"))[0]
    with pytest.raises(UnsupportedFeaturedException):
        await ma.provider.library_remove(track.item_id, MediaType.TRACK)


async def playlist(ma: Loaded, name: str, count: int) -> Any:
    made = await ma.provider.create_playlist(name, {MediaType.TRACK})
    songs = fresh_songs(ma.stage, count)
    await ma.provider.add_playlist_tracks(made.item_id, [each.id for each in songs])
    return made, names_of(ma.stage, songs)


async def names(ma: Loaded, playlist_id: str) -> list[tuple[int, str]]:
    tracks = await ma.provider.get_playlist_tracks(playlist_id, 0)
    return [(each.position, each.name) for each in tracks]


async def test_a_playlist_is_made_filled_and_emptied_by_position(ma: Loaded) -> None:
    made, songs = await playlist(ma, "Made by the host", 4)
    assert made.is_editable
    assert made.item_id in {each.item_id for each in await ma.library("playlists")}
    assert await names(ma, made.item_id) == list(enumerate(songs, 1))
    await ma.provider.remove_playlist_tracks(made.item_id, (2, 4))
    assert await names(ma, made.item_id) == [(1, songs[0]), (2, songs[2])]
    listed = {each.name for each in library_of(ma.stage).shelf.playlists.values()}
    assert "Made by the host" in listed


async def test_tracks_that_apple_does_not_take_are_named(ma: Loaded) -> None:
    made, songs = await playlist(ma, "Half", 1)
    with pytest.raises(InvalidDataError, match="999999"):
        await ma.provider.add_playlist_tracks(made.item_id, ["999999"])
    assert await names(ma, made.item_id) == [(1, songs[0])]


async def test_a_playlist_that_is_not_the_listeners_own_is_left_alone(ma: Loaded) -> None:
    theirs = await ma.search(MediaType.PLAYLIST)
    with pytest.raises((UnsupportedFeaturedException, MediaNotFoundError)):
        await ma.provider.add_playlist_tracks(theirs.item_id, [fresh_songs(ma.stage, 1)[0].id])
