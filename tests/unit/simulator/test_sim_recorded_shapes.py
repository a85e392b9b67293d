"""Our answers have the keys and value types of Apple's recorded ones, and no others."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from applemusic_simulator.catalogue import make_catalogue
from applemusic_simulator.model import Album, Catalogue
from tests.support.shapes import differences

Get = Callable[..., Awaitable[tuple[int, Any]]]


def an_album(catalogue: Catalogue) -> Album:
    return next(a for a in catalogue.albums.values() if len(a.song_ids) > 8)


def requests(catalogue: Catalogue) -> dict[str, str]:
    album = an_album(catalogue)
    song_id = catalogue.albums[album.id].song_ids[3]
    playlist = next(p for p in catalogue.playlists.values() if len(p.song_ids) == 50)
    video = next(iter(catalogue.music_videos.values()))
    live = next(s for s in catalogue.stations.values() if s.is_live)
    us = "/catalog/us"
    return {
        "get-a-catalog-song": f"{us}/songs/{song_id}",
        "get-multiple-catalog-songs-by-id": f"{us}/songs?ids={song_id}",
        "get-a-catalog-album": f"{us}/albums/{album.id}",
        "get-multiple-catalog-albums-by-upc": f"{us}/albums?filter[upc]={album.upc}",
        "get-equivalent-catalog-albums-by-id": f"{us}/albums?filter[equivalents]={album.id}",
        "get-a-catalog-albums-relationship-directly-by-name": f"{us}/albums/{album.id}/tracks",
        "get-a-catalog-artist": f"{us}/artists/{album.artist_id}",
        "get-multiple-catalog-artists": f"{us}/artists?ids={album.artist_id}",
        "get-a-catalog-artists-relationship-view-directly-by-name": (
            f"{us}/artists/{album.artist_id}/view/full-albums"
        ),
        "get-a-catalog-playlist": f"{us}/playlists/{playlist.id}",
        "get-a-catalog-music-video": f"{us}/music-videos/{video.id}",
        "get-multiple-catalog-music-videos-by-id": f"{us}/music-videos?ids={video.id}",
        "get-multiple-catalog-music-videos-by-isrc": (
            f"{us}/music-videos?filter[isrc]={video.isrc}"
        ),
        "get-equivalent-catalog-music-videos-by-id": (
            f"{us}/music-videos?filter[equivalents]={video.id}"
        ),
        "get-a-catalog-music-videos-relationship-directly-by-name": (
            f"{us}/music-videos/{video.id}/artists"
        ),
        "get-a-catalog-station": f"{us}/stations/{live.id}",
        "get-multiple-catalog-stations": f"{us}/stations?ids={live.id}",
        "get-the-apple-music-live-radio-stations": (
            f"{us}/stations?filter[featured]=apple-music-live-radio"
        ),
        "get-catalog-top-charts-genres": f"{us}/genres",
        "get-catalog-search-hints": f"{us}/search/hints?term=letters",
        "get-catalog-search-suggestions": f"{us}/search/suggestions?term=letters&kinds=terms",
        "get-a-storefront": "/storefronts/jp",
        "get-multiple-storefronts": "/storefronts?ids=us,ca,cn,au,hk",
        "get-all-storefronts": "/storefronts",
    }


@pytest.mark.parametrize("name", list(requests(make_catalogue(1))))
async def test_same_keys_and_types_as_recorded(
    name: str, get: Get, recorded: Callable[[str], Any], catalogue: Catalogue
) -> None:
    status, ours = await get(requests(catalogue)[name])
    assert status == 200
    assert differences(ours, recorded(name)) == set()
