"""Our answers have the keys and value types of Apple's recorded ones, and no others."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from applemusic_simulator.catalogue import make_catalogue
from applemusic_simulator.library.items import Cover, Origin
from applemusic_simulator.model import Album, Catalogue
from applemusic_simulator.world import World, make_world
from tests.support.shapes import differences

Get = Callable[..., Awaitable[tuple[int, Any]]]

# Newer than the recordings: clients read these today (reference section 4.1).
NEWER = {
    "data[].attributes.canDelete:bool",
    "data[].attributes.hasCollaboration:bool",
    "data[].attributes.lastModifiedDate:str",
}
LIBRARY_DIFFERENCES: dict[str, set[str]] = {
    "get-multiple-library-playlists": NEWER,
    "get-a-library-playlist": NEWER,
    "get-a-library-playlist-folders-relationship-directly-by-name": NEWER,
    "get-recently-added-resources": NEWER | {"data[].attributes.playParams.versionHash:str"},
    "create-a-new-library-playlist": NEWER,
    # The older of the recorded songs lack it.
    "search-for-library-resources": {
        "results.library-songs.data[].attributes.playParams.reportingId:str"
    },
    "get-multiple-library-resources-using-resource-typed-id-parameters": {
        "data[].attributes.playParams.reportingId:str"
    },
}


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


def library_requests(world: World) -> dict[str, str]:
    """Requests by recording."""
    library = world.libraries.of("demo")
    subscribed = [s for s in library.songs() if s.origin is Origin.SUBSCRIPTION]
    song = next(s for s in subscribed if s.words.name == "Interlude I")
    album = library.album_with(song.album_key)
    artist = library.artist_with(song.artist_key)
    playlists = library.shelf.listed()
    edited = next(p for p in playlists if p.cover is Cover.NULL_SIZES)
    folder = next(f for f in library.shelf.folders.values() if f.name == "Moods")
    video = next(v for v in library.videos() if not v.purchased_id)
    place = list(library.song_numbers()).index(song.number)
    assert album is not None
    assert artist is not None
    me = "/me/library"
    return {
        "get-all-library-songs": f"{me}/songs?limit=1&offset={place}",
        "get-multiple-library-resources-using-resource-typed-id-parameters": (
            f"{me}?ids[library-songs]={song.id}"
        ),
        "get-a-library-songs-relationship-directly-by-name": f"{me}/songs/{song.id}/albums",
        "get-all-library-albums": f"{me}/albums?limit=2",
        "get-a-library-album": f"{me}/albums/{album.id}",
        "get-multiple-library-albums": f"{me}/albums?ids={album.id}",
        "get-all-library-artists": f"{me}/artists?limit=2",
        "get-a-library-artist": f"{me}/artists/{artist.id}",
        "get-multiple-library-artists": f"{me}/artists?ids={artist.id}",
        "get-a-library-artists-relationship-directly-by-name": f"{me}/artists/{artist.id}/albums",
        "get-all-library-music-videos": f"{me}/music-videos",
        "get-a-library-music-video": f"{me}/music-videos/{video.id}",
        "get-multiple-library-playlists": f"{me}/playlists",
        "get-a-library-playlist": f"{me}/playlists/{edited.id}",
        "get-a-library-playlist-folder": f"{me}/playlist-folders/{folder.id}",
        "get-multiple-library-playlist-folders": f"{me}/playlist-folders?ids={folder.id}",
        "get-a-library-playlist-folders-relationship-directly-by-name": (
            f"{me}/playlist-folders/{folder.id}/children"
        ),
        "get-root-library-playlists-folder": (
            f"{me}/playlist-folders?filter[identity]=playlistsroot"
        ),
        "get-recently-added-resources": f"{me}/recently-added",
        "search-for-library-resources": (
            f"{me}/search?types=library-songs,library-albums&term=interlude"
        ),
    }


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("create-a-new-library-playlist", "playlists"),
        ("create-a-new-library-playlist-folder", "playlist-folders"),
    ],
)
async def test_what_was_created_has_the_same_keys_and_types_as_recorded(
    name: str, kind: str, send: Get, recorded: Callable[[str], Any]
) -> None:
    body = {"attributes": {"name": "New", "description": "Mine"}}
    status, ours = await send("POST", f"/me/library/{kind}", body)
    assert status == 201
    assert differences(ours, recorded(name)) == LIBRARY_DIFFERENCES.get(name, set())


def a_library() -> dict[str, str]:
    return library_requests(make_world(make_catalogue(1)))


@pytest.mark.parametrize("name", list(a_library()))
async def test_library_has_the_same_keys_and_types_as_recorded(
    name: str, get: Get, recorded: Callable[[str], Any], world: World
) -> None:
    status, ours = await get(library_requests(world)[name])
    assert status == 200
    assert differences(ours, recorded(name)) == LIBRARY_DIFFERENCES.get(name, set())


@pytest.mark.parametrize("name", list(requests(make_catalogue(1))))
async def test_same_keys_and_types_as_recorded(
    name: str, get: Get, recorded: Callable[[str], Any], catalogue: Catalogue
) -> None:
    status, ours = await get(requests(catalogue)[name])
    assert status == 200
    assert differences(ours, recorded(name)) == set()
