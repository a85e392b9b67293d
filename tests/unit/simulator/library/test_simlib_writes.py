"""Changing a library over HTTP, and when the change shows."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from applemusic_simulator.library.items import LibraryFolder, LibraryPlaylist, Origin
from applemusic_simulator.library.library import Library
from applemusic_simulator.library.settings import OPERATIONS
from applemusic_simulator.simulator import Simulator
from applemusic_simulator.world import World

Ask = Callable[..., Awaitable[tuple[int, Any]]]
ME = "/me/library"


@pytest.fixture
def library(world: World) -> Library:
    return world.libraries.of("demo")


def playlist(library: Library, name: str) -> LibraryPlaylist:
    return next(found for found in library.shelf.listed() if found.name == name)


def folder(library: Library, name: str) -> LibraryFolder:
    return next(found for found in library.shelf.folders.values() if found.name == name)


def absent(world: World, count: int = 1) -> list[str]:
    """Catalogue songs that can be added."""
    library = world.libraries.of("demo")
    songs = world.catalogue.songs.values()
    return [s.id for s in songs if s.playable and library.song_with(s.id) is None][:count]


def data(*entries: tuple[str, str]) -> dict[str, Any]:
    return {"data": [{"id": item_id, "type": kind} for kind, item_id in entries]}


async def test_adding_is_202_whatever_comes_of_it(
    send: Ask, world: World, library: Library
) -> None:
    (song,) = absent(world)
    album = next(a for a in world.catalogue.albums if library.album_with(a) is None)
    video = next(v for v in world.catalogue.music_videos if library.video_with(v) is None)
    foreign = next(p for p in world.catalogue.playlists if library.playlist_with(p) is None)
    before = len(library.song_numbers())
    path = (
        f"{ME}?ids[songs]={song},404&ids[albums]={album}"
        f"&ids[music-videos]={video}&ids[playlists]={foreign}"
    )
    assert await send("POST", path) == (202, None)
    assert library.song_with(song) is not None
    assert library.album_with(album) is not None
    assert library.video_with(video) is not None
    assert library.playlist_with(foreign) is not None
    after = len(library.song_numbers())
    assert after > before + 1
    assert await send("POST", path) == (202, None)
    assert len(library.song_numbers()) == after
    assert (await send("POST", ME))[0] == 400


async def test_a_withdrawn_song_cannot_be_added(send: Ask, world: World, library: Library) -> None:
    gone = [s.id for s in world.catalogue.songs.values() if not s.playable]
    ids = [song_id for song_id in gone if library.song_with(song_id) is None]
    assert ids
    assert (await send("POST", f"{ME}?ids[songs]={ids[0]}"))[0] == 202
    assert library.song_with(ids[0]) is None


async def test_remove_and_add_again(send: Ask, get: Ask, library: Library) -> None:
    song = next(s for s in library.songs() if s.words.name == "Interlude I")
    assert await send("DELETE", f"{ME}/songs/{song.id}") == (204, None)
    assert (await get(f"{ME}/songs/{song.id}"))[1] == {"data": []}
    assert (await get(f"/catalog/us/songs/{song.catalog_id}/library"))[0] == 404
    assert (await send("DELETE", f"{ME}/songs/{song.id}"))[0] == 404
    assert (await send("POST", f"{ME}?ids[songs]={song.catalog_id}"))[0] == 202
    (again,) = (await get(f"/catalog/us/songs/{song.catalog_id}/library"))[1]["data"]
    assert again["id"] != song.id


async def test_create_fill_and_append(send: Ask, get: Ask, world: World, library: Library) -> None:
    first, second = absent(world, 2)
    upload = next(s for s in library.songs() if s.origin is Origin.UPLOAD)
    body = {
        "attributes": {"name": "Mine", "description": "All of it"},
        "relationships": {
            "tracks": data(("songs", first), ("songs", "404"), ("library-songs", upload.id)),
            "parent": data(("library-playlist-folders", folder(library, "Late").id)),
        },
    }
    status, answer = await send("POST", f"{ME}/playlists", body)
    assert status == 201
    made = answer["data"][0]["id"]
    tracks = f"{ME}/playlists/{made}/tracks"
    assert [row["id"] for row in (await get(tracks))[1]["data"]] == [f"a.{first}", upload.id]
    assert await send("POST", tracks, data(("songs", second))) == (204, None)
    _, page = await get(tracks)
    assert [row["id"] for row in page["data"]] == [f"a.{first}", upload.id, f"a.{second}"]
    (parent,) = (await get(f"{ME}/playlists/{made}/parent"))[1]["data"]
    assert parent["attributes"]["name"] == "Late"


async def test_who_may_append(send: Ask, world: World, library: Library) -> None:
    (song,) = absent(world)
    own = next(library.songs()).id
    elsewhere = f"{ME}/playlists/{playlist(library, 'Road Trip').id}/tracks"
    assert (await send("POST", elsewhere, data(("songs", song))))[0] == 500
    assert (await send("POST", elsewhere, data(("library-songs", own))))[0] == 403
    foreign = f"{ME}/playlists/{playlist(library, 'The Long Way Round').id}/tracks"
    assert (await send("POST", foreign, data(("songs", song))))[0] == 403
    assert (await send("POST", f"{ME}/playlists/p.no/tracks", data(("songs", song))))[0] == 404
    world.libraries.settings("demo").append_elsewhere = True
    assert (await send("POST", elsewhere, data(("songs", song))))[0] == 204


async def test_undocumented_edits(send: Ask, get: Ask, library: Library) -> None:
    queue, moods = playlist(library, "Queue for the Kitchen"), folder(library, "Moods")
    path = f"{ME}/playlists/{queue.id}"
    changes = {"attributes": {"name": "Renamed", "description": "New", "isPublic": True}}
    assert await send("PATCH", path, changes) == (204, None)
    attributes = (await get(path))[1]["data"][0]["attributes"]
    assert (attributes["name"], attributes["isPublic"]) == ("Renamed", True)
    one, two, three = queue.rows[:3]
    rows = [("library-songs", row) for row in (three, one, two, one)]
    assert (await send("PUT", f"{path}/tracks", data(*rows)))[0] == 204
    assert queue.rows == [three, one, two, one]
    shown = (await get(f"{path}/tracks"))[1]["data"][1]["id"]
    assert (await send("DELETE", f"{path}/tracks?ids[library-songs]={shown}"))[0] == 204
    assert queue.rows == [three, two, one]
    queue.rows.append(one)
    gone = f"{path}/tracks?ids[library-songs]={shown}&mode=all"
    assert (await send("DELETE", gone))[0] == 204
    assert queue.rows == [three, two]
    body = data(("library-playlist-folders", moods.id))
    assert (await send("PUT", f"{path}/parent", body))[0] == 204
    assert queue.parent == moods.id
    assert (await send("PATCH", f"{ME}/playlist-folders/{moods.id}", changes))[0] == 204
    assert moods.name == "Renamed"
    assert (await send("DELETE", path))[0] == 204
    assert (await get(path))[0] == 404


async def test_what_cannot_be_edited(send: Ask, library: Library) -> None:
    foreign, favourites = (playlist(library, n) for n in ("The Long Way Round", "Favorite Songs"))
    for path in (f"{ME}/playlists/{foreign.id}", f"{ME}/playlists/{favourites.id}"):
        assert (await send("PATCH", path, {"attributes": {"name": "x"}}))[0] == 403
        assert (await send("PUT", f"{path}/tracks", {"data": []}))[0] == 403
    assert (await send("DELETE", f"{ME}/playlists/{favourites.id}"))[0] == 403
    assert (await send("DELETE", f"{ME}/playlists/{foreign.id}"))[0] == 204
    moods, late = folder(library, "Moods"), folder(library, "Late")
    body = data(("library-playlist-folders", late.id))
    assert (await send("PUT", f"{ME}/playlist-folders/{moods.id}/parent", body))[0] == 400
    assert (await send("DELETE", f"{ME}/artists/{library.artists()[0].id}"))[0] == 405


async def test_a_folder_goes_with_its_contents(send: Ask, library: Library) -> None:
    moods, late = folder(library, "Moods"), folder(library, "Late")
    inside = [p.id for p in library.shelf.listed() if p.parent in (moods.id, late.id)]
    assert len(inside) == 3
    assert (await send("DELETE", f"{ME}/playlist-folders/{moods.id}"))[0] == 204
    assert late.id not in library.shelf.folders
    assert not set(inside) & set(library.shelf.playlists)


@pytest.mark.parametrize("answer", ["401", "403", "405"])
async def test_capabilities_can_be_refused_one_by_one(
    send: Ask, world: World, library: Library, answer: str
) -> None:
    queue = playlist(library, "Queue for the Kitchen")
    song, path = next(library.songs()), f"{ME}/playlists/{queue.id}"
    parent = data(("library-playlist-folders", folder(library, "Archive").id))
    writes: dict[str, tuple[str, str, Any]] = {
        "remove": ("DELETE", f"{ME}/songs/{song.id}", None),
        "edit": ("PATCH", path, {"attributes": {"name": "x"}}),
        "set-tracks": ("PUT", f"{path}/tracks", {"data": []}),
        "remove-tracks": ("DELETE", f"{path}/tracks?ids[library-songs]={queue.rows[0]}", None),
        "move": ("PUT", f"{path}/parent", parent),
    }
    assert set(writes) == set(OPERATIONS)
    undocumented = world.libraries.settings("demo").undocumented
    for operation, write in writes.items():
        undocumented[operation] = answer
        assert (await send(*write))[0] == int(answer)
        undocumented[operation] = "allow"
        assert (await send(*write))[0] == 204


async def test_writes_show_when_they_are_due(
    send: Ask, get: Ask, world: World, library: Library
) -> None:
    world.libraries.settings("demo").consistency_delay = 10.0
    (song,) = absent(world)
    assert (await send("POST", f"{ME}?ids[songs]={song}"))[0] == 202
    status, answer = await send("POST", f"{ME}/playlists", {"attributes": {"name": "Soon"}})
    assert status == 201
    made = answer["data"][0]["id"]
    world.clock.advance(4)
    append = data(("songs", song))
    assert (await send("POST", f"{ME}/playlists/{made}/tracks", append))[0] == 204
    assert (await get(f"/catalog/us/songs/{song}/library"))[0] == 404
    assert (await get(f"{ME}/playlists/{made}"))[0] == 404
    assert world.libraries.waiting("demo") == 3
    world.clock.advance(6.5)
    assert (await get(f"/catalog/us/songs/{song}/library"))[0] == 200
    assert (await get(f"{ME}/playlists/{made}"))[0] == 200
    assert library.shelf.playlists[made].rows == []
    world.clock.advance(4)
    assert (await get(f"{ME}/playlists/{made}/tracks"))[1]["meta"]["total"] == 1
    assert (await send("DELETE", f"{ME}/playlists/{made}"))[0] == 204
    assert (await get(f"{ME}/playlists/{made}"))[0] == 200
    world.clock.advance(10.5)
    assert (await get(f"{ME}/playlists/{made}"))[0] == 404


async def test_a_created_playlist_may_be_answered_without_a_body(
    send: Ask, world: World, library: Library
) -> None:
    world.libraries.settings("demo").create_body = False
    assert await send("POST", f"{ME}/playlists", {"attributes": {"name": "Quiet"}}) == (201, None)
    assert playlist(library, "Quiet").by_api


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/playlists", None),
        ("/playlists", {"attributes": {"name": " "}}),
        ("/playlists", {"attributes": {"name": "x", "description": 3}}),
        ("/playlists", {"attributes": {"name": "x"}, "relationships": {"tracks": {"data": 3}}}),
        ("/playlists", {"attributes": {"name": "x"}, "relationships": []}),
        (
            "/playlists",
            {"attributes": {"name": "x"}, "relationships": {"tracks": data(("a", "b"))}},
        ),
        ("/playlist-folders", {"attributes": []}),
    ],
)
async def test_bad_bodies_are_400(send: Ask, path: str, body: object) -> None:
    assert (await send("POST", f"{ME}{path}", body))[0] == 400


async def test_a_write_without_a_length_is_411(simulator: Simulator) -> None:
    lines = (
        "POST /api.music.apple.com/v1/me/library?ids[songs]=1 HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {simulator.developer_token()}",
        f"Music-User-Token: {simulator.music_user_token()}",
        "Connection: close",
    )
    host, _, port = simulator.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write("\r\n".join((*lines, "", "")).encode())
    assert b" 411 " in await reader.readline()
    writer.close()
    await writer.wait_closed()


async def test_favourite_songs_follow(send: Ask, world: World, library: Library) -> None:
    (song,) = absent(world)
    favourites = playlist(library, "Favorite Songs")
    assert (await send("POST", f"/me/favorites?ids[songs]={song}"))[0] == 202
    assert favourites.rows[-1] == f"a.{song}"
    assert library.song_with(song) is not None
    assert (await send("DELETE", f"/me/favorites?ids[songs]={song}"))[0] in (200, 202, 204)
    assert f"a.{song}" not in favourites.rows
    assert library.song_with(song) is not None
