"""Our answers have the keys and value types of Apple's recorded ones, and no others."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from applemusic_simulator.catalogue import make_catalogue
from applemusic_simulator.model import Album, Catalogue

Get = Callable[..., Awaitable[tuple[int, Any]]]

# The differences on purpose: keys that Apple sends only where they apply.
OPTIONAL = {
    "contentRating": "absent for songs that are neither explicit nor clean",
    "editorialNotes": "not everything was written about",
    "next": "the recorded lists are shortened by Apple, or fit one page",
    "hasP3": "in recordings since 2022 only",
}


def paths(value: Any, at: str = "") -> Iterator[str]:
    """Every leaf as `path:type`; list items fall together, and so do codes used as keys."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in OPTIONAL:
                continue
            in_filter = at.startswith("meta.filters.") and at.count(".") == 2
            yield from paths(item, f"{at}.{'*' if in_filter else key}".lstrip("."))
    elif isinstance(value, list):
        for item in value:
            yield from paths(item, f"{at}[]")
    else:
        yield f"{at}:{type(value).__name__}"


def differences(ours: Any, recorded: Any) -> set[str]:
    return set(paths(ours)) ^ set(paths(recorded))


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


def test_the_comparison_sees_a_lost_key_and_a_changed_type() -> None:
    one = {"data": [{"id": "1", "attributes": {"a": 1}}, {"id": "2", "attributes": {"b": True}}]}
    other = {"data": [{"id": "1", "attributes": {"a": "1", "b": True}}]}
    assert differences(one, other) == {"data[].attributes.a:int", "data[].attributes.a:str"}
