"""Reading a library over HTTP."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from applemusic_simulator.library.items import LibraryPlaylist, Origin
from applemusic_simulator.library.library import Library
from applemusic_simulator.world import World

Get = Callable[..., Awaitable[tuple[int, Any]]]
ME = "/me/library"


@pytest.fixture
def library(world: World) -> Library:
    return world.libraries.of("demo")


def playlist(library: Library, name: str) -> LibraryPlaylist:
    return next(found for found in library.shelf.listed() if found.name == name)


def error(answer: tuple[int, Any]) -> tuple[int, str, str]:
    status, body = answer
    found = body["errors"][0]
    return status, found["code"], found.get("source", {}).get("parameter", "")


async def all_pages(get: Get, path: str, limit: int) -> list[str]:
    ids, following = [], f"{path}?limit={limit}"
    while following:
        status, page = await get(following)
        assert status == 200
        assert page["meta"]["total"] > 0
        ids += [item["id"] for item in page["data"]]
        following = page.get("next", "").removeprefix("/v1")
        assert "limit" not in following
        following = following and f"{following}&limit={limit}"
    return ids


async def test_pages_add_up(get: Get, library: Library) -> None:
    assert await all_pages(get, f"{ME}/songs", 60) == [song.id for song in library.songs()]
    assert await all_pages(get, f"{ME}/albums", 7) == [album.id for album in library.albums()]
    assert len(await all_pages(get, f"{ME}/artists", 4)) == len(library.artists())
    assert len(await all_pages(get, f"{ME}/playlists", 3)) == 10
    queue = playlist(library, "Queue for the Kitchen").id
    assert len(await all_pages(get, f"{ME}/playlists/{queue}/tracks", 50)) == 110


async def test_page_sizes(get: Get, library: Library) -> None:
    assert len((await get(f"{ME}/songs"))[1]["data"]) == 25
    assert len((await get(f"{ME}/songs?limit=100"))[1]["data"]) == 100
    assert error(await get(f"{ME}/songs?limit=101")) == (400, "40005", "limit")
    queue = playlist(library, "Queue for the Kitchen").id
    assert len((await get(f"{ME}/playlists/{queue}/tracks"))[1]["data"]) == 100
    assert error(await get(f"{ME}/playlists/{queue}/tracks?limit=101")) == (400, "40005", "limit")
    assert error(await get(f"{ME}/playlists/{queue}/parent?limit=2")) == (400, "40005", "limit")
    for kind, most in (("songs", 300), ("albums", 100), ("artists", 25), ("music-videos", 100)):
        ids = ",".join(f"x{number}" for number in range(most + 1))
        assert error(await get(f"{ME}/{kind}?ids={ids}")) == (400, "40005", "ids")


async def test_unknown_ids(get: Get) -> None:
    for kind in ("songs", "albums", "artists", "music-videos"):
        assert await get(f"{ME}/{kind}/x.unknown") == (200, {"data": []})
        assert await get(f"{ME}/{kind}?ids=x.unknown") == (200, {"data": []})
    assert error(await get(f"{ME}/playlists/p.unknown"))[:2] == (404, "40400")
    assert error(await get(f"{ME}/library-songs/i.x"))[:2] == (400, "40008")
    assert error(await get(f"{ME}/songs?ids="))[:2] == (400, "40005")
    assert error(await get(f"{ME}/songs/i.x/albums"))[:2] == (404, "40400")


async def test_past_the_end(get: Get, library: Library) -> None:
    own = playlist(library, "Road Trip").id
    root = "playlist-folders/p.playlistsroot/children"
    assert await get(f"{ME}/playlists?offset=500") == (200, {"data": [], "meta": {"total": 10}})
    rows = len(playlist(library, "Road Trip").rows)
    path = f"{ME}/playlists/{own}/tracks?offset=500"
    assert await get(path) == (200, {"data": [], "meta": {"total": rows}})
    for path in (f"{ME}/songs?offset=500", f"{ME}/{root}?offset=500"):
        assert error(await get(path))[:2] == (404, "40403")
    empty = playlist(library, "Nothing Yet").id
    assert error(await get(f"{ME}/playlists/{empty}/tracks"))[:2] == (404, "40403")


async def test_an_empty_library(get: Get, world: World) -> None:
    world.libraries.resize("demo", 0)
    for kind in ("songs", "albums", "artists", "music-videos"):
        assert error(await get(f"{ME}/{kind}"))[:2] == (404, "40403")
    assert await get(f"{ME}/playlists") == (200, {"data": [], "meta": {"total": 0}})
    assert await get(f"{ME}/recently-added") == (200, {"data": []})
    path = f"{ME}/playlist-folders/p.playlistsroot/children"
    assert error(await get(path))[:2] == (404, "40403")


async def test_include_and_relate(get: Get, library: Library) -> None:
    song = next(s for s in library.songs() if s.words.name == "Interlude I")
    path = f"{ME}/songs/{song.id}"
    (found,) = (await get(f"{path}?include=catalog,albums,artists"))[1]["data"]
    (twin,) = found["relationships"]["catalog"]["data"]
    assert (twin["id"], twin["type"]) == (song.catalog_id, "songs")
    assert twin["attributes"]["isrc"] == song.words.isrc
    (album,) = found["relationships"]["albums"]["data"]
    assert album["attributes"]["name"] == "Interludes"
    assert found["relationships"]["artists"]["data"][0]["type"] == "library-artists"
    (found,) = (await get(f"{path}?relate=catalog"))[1]["data"]
    assert set(found["relationships"]["catalog"]["data"][0]) == {"id", "type", "href"}
    (found,) = (await get(f"{ME}/albums/{album['id']}?include[library-songs]=catalog"))[1]["data"]
    tracks = found["relationships"]["tracks"]
    assert tracks["meta"]["total"] == len(tracks["data"]) == 10
    assert tracks["data"][0]["relationships"]["catalog"]["data"][0]["id"] == song.catalog_id
    assert (await get(f"{path}/catalog"))[1]["data"][0]["id"] == song.catalog_id


async def test_no_twin_is_an_empty_relationship(get: Get, library: Library) -> None:
    songs = list(library.songs())
    upload = next(s for s in songs if s.origin is Origin.UPLOAD and s.album_name)
    lost = next(s for s in songs if s.catalog_id.startswith("38"))
    for song in (upload, lost):
        (found,) = (await get(f"{ME}/songs/{song.id}?include=catalog"))[1]["data"]
        assert found["relationships"]["catalog"]["data"] == []
        assert error(await get(f"{ME}/songs/{song.id}/catalog"))[:2] == (404, "40403")
    _, answer = await get(f"{ME}/songs?ids={upload.id},{lost.id}")
    params = {item["id"]: item["attributes"]["playParams"] for item in answer["data"]}
    assert params[upload.id]["reporting"] is False
    assert "catalogId" not in params[upload.id]
    assert params[lost.id]["catalogId"] == lost.catalog_id
    bare = next(s for s in songs if s.words.name == "New Recording 12")
    attributes = (await get(f"{ME}/songs/{bare.id}"))[1]["data"][0]["attributes"]
    assert attributes["genreNames"] == [""]
    assert (attributes["trackNumber"], attributes["discNumber"]) == (0, 0)
    assert not {"artistName", "albumName", "artwork", "releaseDate"} & set(attributes)


async def test_dates_of_songs_when_asked_for(get: Get, world: World, library: Library) -> None:
    path = f"{ME}/songs/{next(library.songs()).id}"
    assert "dateAdded" not in (await get(path))[1]["data"][0]["attributes"]
    extended = f"{path}?extend=dateAdded"
    assert re.fullmatch(
        r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ",
        (await get(extended))[1]["data"][0]["attributes"]["dateAdded"],
    )
    world.libraries.settings("demo").song_dates = False
    assert "dateAdded" not in (await get(extended))[1]["data"][0]["attributes"]


async def test_fields_and_mixed_ids(get: Get, library: Library) -> None:
    album, artist = library.albums()[0].id, library.artists()[0].id
    path = f"{ME}?ids[library-albums]={album}&ids[library-artists]={artist}"
    status, answer = await get(f"{path}&fields[library-albums]=name")
    assert status == 200
    assert [item["type"] for item in answer["data"]] == ["library-albums", "library-artists"]
    assert set(answer["data"][0]["attributes"]) == {"name"}
    assert error(await get(ME))[:2] == (400, "40003")


async def test_personal_ratings_in_bulk(get: Get, send: Get, library: Library) -> None:
    album = next(album for album in library.albums() if album.catalog_id)
    artist = next(artist for artist in library.artists() if artist.catalog_id)
    ids = f"ids[albums]={album.catalog_id}&ids[artists]={artist.catalog_id}"
    assert (await send("POST", f"/me/favorites?{ids}"))[0] == 202
    path = f"{ME}?ids[library-albums]={album.id}&ids[library-artists]={artist.id}"
    fields = "fields[library-albums]=personalRating&fields[library-artists]=personalRating"
    _, answer = await get(f"{path}&{fields}")
    assert [item["attributes"] for item in answer["data"]] == [{"personalRating": 1}] * 2


async def test_placeholders_among_playlists(get: Get, library: Library) -> None:
    own = playlist(library, "Road Trip").id
    assert await get(f"{ME}/playlists?ids=p.no,p.none") == (200, {"data": []})
    _, answer = await get(f"{ME}/playlists?ids=p.no,{own}")
    empty, full = answer["data"]
    assert empty["id"] == "p.no"
    assert "name" not in empty["attributes"]
    assert empty["attributes"]["lastModifiedDate"] == "1970-01-01T00:00:00Z"
    assert full["attributes"]["name"] == "Road Trip"
    assert error(await get(f"{ME}/playlists?ids={own}&limit=5")) == (400, "40004", "limit")


async def test_tracks_are_included_for_one_playlist_only(get: Get, library: Library) -> None:
    one, other = (found.id for found in library.shelf.listed()[:2])
    path = f"{ME}/playlists?ids={one}&include=tracks"
    assert (await get(path))[1]["data"][0]["relationships"]["tracks"]["data"]
    for path in (
        f"{ME}/playlists?ids={one},{other}&include=tracks",
        f"{ME}/playlists?include=tracks",
    ):
        assert error(await get(path)) == (400, "40005", "include")
    folders = ",".join(library.shelf.folders)
    path = f"{ME}/playlist-folders?ids={folders}&include=children"
    assert error(await get(path)) == (400, "40005", "include")


async def test_a_folder_as_a_playlist_and_the_other_way_round(get: Get, library: Library) -> None:
    folder = next(iter(library.shelf.folders.values()))
    (found,) = (await get(f"{ME}/playlists/{folder.id}?include=tracks"))[1]["data"]
    assert (found["type"], found["attributes"]["name"]) == ("library-playlists", folder.name)
    assert found["relationships"]["tracks"]["data"] == []
    own = playlist(library, "Road Trip").id
    (found,) = (await get(f"{ME}/playlist-folders/{own}"))[1]["data"]
    assert found["type"] == "library-playlist-folders"
    assert set(found["attributes"]) == {"name", "dateAdded"}


async def test_the_tree_of_folders(get: Get, library: Library) -> None:
    root = f"{ME}/playlist-folders/p.playlistsroot"
    assert error(await get(root))[:2] == (404, "40400")
    status, answer = await get(f"{root}?include=children")
    assert status == 200
    children = answer["data"][0]["relationships"]["children"]
    assert children["meta"]["total"] == len(children["data"]) == 8
    seen: list[str] = []

    async def walk(folder: str) -> None:
        status, page = await get(f"{ME}/playlist-folders/{folder}/children")
        assert status == 200
        for child in page["data"]:
            seen.append(child["id"])
            if child["type"] == "library-playlist-folders":
                await walk(child["id"])

    await walk("p.playlistsroot")
    assert sorted(seen) == sorted([*library.shelf.playlists, *library.shelf.folders])
    late = next(f for f in library.shelf.folders.values() if f.name == "Late")
    (parent,) = (await get(f"{ME}/playlist-folders/{late.id}/parent"))[1]["data"]
    assert parent["attributes"]["name"] == "Moods"
    (parent,) = (await get(f"{ME}/playlist-folders/{parent['id']}/parent"))[1]["data"]
    assert parent["id"] == "p.playlistsroot"


async def test_children_promise_their_tracks_and_name_their_parents(
    get: Get, library: Library
) -> None:
    late = next(f for f in library.shelf.folders.values() if f.name == "Late")
    path = f"{ME}/playlist-folders/{late.id}/children?include=tracks,parent"
    _, page = await get(path)
    child = page["data"][0]
    tracks = child["relationships"]["tracks"]
    assert tracks["data"] == []
    assert tracks["next"].endswith("/tracks?offset=0")
    assert tracks["meta"]["total"] == len(library.shelf.playlists[child["id"]].rows)
    names, around = [], child
    while "relationships" in around:
        (around,) = around["relationships"]["parent"]["data"]
        names.append(around.get("attributes", {}).get("name", around["id"]))
    assert names == ["Late", "Moods", "p.playlistsroot"]


async def test_rows_of_foreign_playlists_have_the_recorded_keys(
    get: Get, library: Library, recorded_text: str
) -> None:
    foreign = playlist(library, "The Long Way Round")
    _, page = await get(f"{ME}/playlists/{foreign.id}/tracks?include=catalog")
    assert page["meta"]["total"] == 130
    bare = [row for row in page["data"] if row["id"].startswith("a.")]
    owned = [row for row in page["data"] if row["id"].startswith("i.")]
    assert bare
    assert owned
    assert bare[0]["relationships"]["catalog"]["data"][0]["id"] == bare[0]["id"][2:]
    del bare[0]["relationships"]

    def keys(value: object) -> set[str]:
        if not isinstance(value, dict):
            return set()
        return set(value) | {key for item in value.values() for key in keys(item)}

    wanted = set(re.findall(r'"(\w+)"\s*:', recorded_text)) - {"data", "meta", "total", "next"}
    assert keys(bare[0]) | {"contentRating"} == wanted | {"contentRating"}


@pytest.fixture
def recorded_text(recorded: Callable[[str], Any], fixtures_folder: Path) -> str:
    del recorded  # says loudly when there are none
    name = "get-a-library-playlists-relationship-directly-by-name.invalid-json.txt"
    return (fixtures_folder / name).read_text(encoding="utf-8")


async def test_videos_can_be_rows(get: Get, library: Library) -> None:
    own = playlist(library, "Road Trip")
    _, page = await get(f"{ME}/playlists/{own.id}/tracks")
    types = [row["type"] for row in page["data"]]
    assert types.count("library-music-videos") == 2
    assert page["meta"]["total"] == len(page["data"]) == len(own.rows)


async def test_search(get: Get) -> None:
    types = "types=library-songs,library-albums,library-artists,library-playlists"
    _, answer = await get(f"{ME}/search?term=interlude&{types}")
    songs = answer["results"]["library-songs"]
    assert len(songs["data"]) == 5
    assert answer["meta"]["results"]["order"] == ["library-songs", "library-albums"]
    following = songs["next"].removeprefix("/v1")
    assert len((await get(following))[1]["results"]["library-songs"]["data"]) == 5
    assert "next" not in (await get(f"{following}&limit=25"))[1]["results"]["library-songs"]
    assert (await get(f"{ME}/search?term=zzz&{types}"))[1]["results"] == {}
    assert error(await get(f"{ME}/search?term=a&types=songs"))[:2] == (400, "40005")
    assert error(await get(f"{ME}/search?{types}"))[:2] == (400, "40003")


async def test_recently_added_is_newest_first(get: Get, world: World, library: Library) -> None:
    album = next(a for a in world.catalogue.albums if library.album_with(a) is None)
    library.add_album(album, world.clock())
    _, page = await get(f"{ME}/recently-added")
    added = library.album_with(album)
    assert added is not None
    assert page["data"][0]["id"] == added.id
    assert len(page["data"]) == 10
    dates = [item["attributes"]["dateAdded"] for item in page["data"]]
    assert dates == sorted(dates, reverse=True)
    assert page["next"] == "/v1/me/library/recently-added?offset=10"


async def test_language_is_copied_into_next(get: Get) -> None:
    _, page = await get(f"{ME}/songs?l=en_US")
    assert page["next"] == "/v1/me/library/songs?l=en_US&offset=25"
    assert error(await get(f"{ME}/songs?l=nn")) == (400, "40005", "l")


async def test_a_library_needs_a_listener(get: Get) -> None:
    status, _ = await get(f"{ME}/songs", **{"Music-User-Token": "dead"})
    assert status == 403


async def test_deep_songs_have_all_that_catalogue_songs_have(get: Get, world: World) -> None:
    world.libraries.resize("demo", 3_000)
    status, page = await get(f"{ME}/songs?limit=100&offset=2500&include=catalog,albums,artists")
    assert status == 200
    assert page["meta"]["total"] == 3_000
    twins = [item["relationships"]["catalog"]["data"] for item in page["data"]]
    ids = [twin["id"] for found in twins for twin in found]
    status, answer = await get(f"/catalog/us/songs?ids={','.join(ids)}&include=albums,artists")
    assert [song["id"] for song in answer["data"]] == ids
    isrc = answer["data"][0]["attributes"]["isrc"]
    _, by_code = await get(f"/catalog/us/songs?filter[isrc]={isrc}")
    assert [song["id"] for song in by_code["data"]] == [ids[0]]
    _, same = await get(f"/catalog/us/songs?filter[equivalents]={ids[0]}")
    assert [song["id"] for song in same["data"]] == [ids[0]]
    artist = answer["data"][0]["relationships"]["artists"]["data"][0]["id"]
    assert (await get(f"/catalog/us/artists/{artist}/albums"))[0] == 200
