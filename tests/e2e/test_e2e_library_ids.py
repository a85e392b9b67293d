"""Favorites and radio by library ids: each item is liked as the catalog item that it is."""

from collections.abc import Sequence

import aiohttp
import pytest

from applemusic import errors
from applemusic.models import FavoriteState, ResourceRef, ResourceType
from tests.support.stage import Stage

FAVORITE, NONE = FavoriteState.FAVORITE, FavoriteState.NONE
SEGMENTS = {
    ResourceType.SONG: "songs",
    ResourceType.ALBUM: "albums",
    ResourceType.ARTIST: "artists",
    ResourceType.PLAYLIST: "playlists",
    ResourceType.MUSIC_VIDEO: "music-videos",
}


async def library(stage: Stage, kind: ResourceType) -> dict[str, str]:
    """Some library ids of a kind with their catalog ids, as Apple tells; empty for none."""
    headers = {
        "Authorization": f"Bearer {stage.simulator.developer_token()}",
        "Music-User-Token": stage.simulator.music_user_token(),
    }
    url = f"{stage.simulator.base_urls()['api']}/v1/me/library/{SEGMENTS[kind]}"
    query = {"limit": "20", "include": "catalog"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(url, params=query) as response,
    ):
        found = (await response.json())["data"]
    twins = {each["id"]: each["relationships"]["catalog"]["data"] for each in found}
    return {key: twin[0]["id"] if twin else "" for key, twin in twins.items()}


async def states(stage: Stage, items: Sequence[ResourceRef]) -> set[FavoriteState]:
    return {each.state for each in await stage.music.favorites.batch_get(items)}


@pytest.mark.parametrize("kind", SEGMENTS)
async def test_every_kind_is_liked_by_its_library_id(stage: Stage, kind: ResourceType) -> None:
    stage.simulator.world.social.settings.write_delay = 10.0
    twins = await library(stage, kind)
    items = [ResourceRef(kind, each) for each in twins]
    without = [key for key, twin in twins.items() if not twin]
    refused = await stage.music.favorites.set(items)
    assert list(refused) == (without if kind is ResourceType.ARTIST else [])
    liked = [item for item in items if item.id not in refused]
    assert len(liked) > 2
    assert await states(stage, liked) == {FAVORITE}
    same = [ResourceRef(kind, twin) for twin in twins.values() if twin]
    if kind is not ResourceType.PLAYLIST:
        assert await states(stage, same) == {FAVORITE}
    stage.simulator.world.clock.advance(20)
    listener = stage.simulator.world.accounts["demo"]
    seen = {key for _, key in stage.simulator.world.social.opinions.favorites(listener)}
    if kind is not ResourceType.PLAYLIST:
        assert seen >= {item.id for item in same}
    await stage.music.favorites.clear(items)
    assert await states(stage, items) == {NONE}
    stage.simulator.world.clock.advance(20)
    assert not list(stage.simulator.world.social.opinions.favorites(listener))
    assert not list(stage.simulator.world.social.opinions.ratings(listener))


async def test_an_item_that_the_library_does_not_have_is_refused(stage: Stage) -> None:
    missing = ResourceRef(ResourceType.SONG, "i.nothinghere")
    (song, *_) = [ResourceRef(ResourceType.SONG, key) for key in await library(stage, missing.type)]
    assert await stage.music.favorites.set([missing, song]) == (missing.id,)


@pytest.mark.parametrize(
    "kind",
    [ResourceType.SONG, ResourceType.ALBUM, ResourceType.ARTIST, ResourceType.PLAYLIST],
)
async def test_library_items_seed_stations(stage: Stage, kind: ResourceType) -> None:
    played = 0
    for library_id, twin in (await library(stage, kind)).items():
        try:
            station = await stage.music.radio.seeded_station(ResourceRef(kind, library_id))
        except errors.StationWithoutTracksError:
            continue
        if kind in {ResourceType.SONG, ResourceType.ARTIST}:
            assert station.id == f"ra.{twin}"
        answer = await stage.music.radio.next_tracks(station.id)
        assert answer.songs
        played += 1
    assert played > 2


async def test_a_library_song_as_a_station_id(stage: Stage) -> None:
    songs = await library(stage, ResourceType.SONG)
    library_id = next(key for key, twin in songs.items() if twin)
    answer = await stage.music.radio.next_tracks(f"ra.{library_id}")
    assert answer.songs[0].id == songs[library_id]
