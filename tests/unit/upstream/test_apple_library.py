"""What of a library is asked for, and how bad lists are told from short ones."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.domain.errors import AppleMusicError, NotFoundError, Reason
from applemusic_server.domain.library import LibraryScope
from applemusic_server.domain.resources import (
    Album,
    Availability,
    FavoriteState,
    Playlist,
    PlaylistFolder,
    ResourceType,
    Song,
)
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.json_reader import decode_object
from applemusic_server.upstream.library import AppleLibrary
from applemusic_server.upstream.library_lists import LibraryLists
from applemusic_server.upstream.parse.resource import parse_data
from tests.support.apple_server import AppleServer, Upstream, answer, fault

SONGS = "/v1/me/library/songs"


@pytest.fixture
def library(upstream: Upstream) -> AppleLibrary:
    return AppleLibrary(LibraryLists(upstream.api, sleep=upstream.time.sleep))


@pytest.fixture
def scope(upstream: Upstream) -> LibraryScope:
    return LibraryScope(upstream.listener, background=True)


def song(number: int, **play: Any) -> dict[str, Any]:
    item_id = f"i.{number}"
    attributes = {
        "name": f"Song {number}",
        "playParams": {"id": item_id, "kind": "song", "isLibrary": True, **play},
    }
    return {"id": item_id, "type": "library-songs", "attributes": attributes}


def page(offset: int, total: int, count: int = 100, **more: Any) -> dict[str, Any]:
    end = min(offset + count, total)
    body: dict[str, Any] = {
        "data": [song(number) for number in range(offset, end)],
        "meta": {"total": total},
    }
    if end < total:
        body["next"] = f"{SONGS}?offset={end}"
    return {**body, **more}


def whole_list(total: int) -> Any:
    async def respond(request: web.Request) -> web.StreamResponse:
        offset = int(request.query.get("offset", "0"))
        return web.json_response(page(offset, total, int(request.query["limit"])))

    return respond


async def test_a_page_brings_everything_that_a_song_needs(
    apple: AppleServer, library: AppleLibrary, scope: LibraryScope
) -> None:
    apple.on(SONGS, whole_list(250))
    found = await library.page(Song, scope, limit=100, offset=100)
    assert (len(found.items), found.next_offset, found.total_count) == (100, 200, 250)
    (asked,) = apple.asked
    assert asked.query == {
        "limit": "100",
        "offset": "100",
        "include": "catalog",
        "extend": "dateAdded",
        "extend[songs]": "inFavorites",
    }
    assert asked.headers["Music-User-Token"]


async def test_what_apple_finds_fault_with_is_left_out(
    apple: AppleServer, library: AppleLibrary, scope: LibraryScope
) -> None:
    apple.on(SONGS, fault(400, "40005", "extend[songs]"), answer(page(0, 1)))
    assert len((await library.page(Song, scope, limit=100, offset=0)).items) == 1
    assert "extend[songs]" not in apple.asked[1].query
    assert apple.asked[1].query["include"] == "catalog"


async def test_a_known_page_is_not_read(
    apple: AppleServer, library: AppleLibrary, scope: LibraryScope
) -> None:
    apple.on(SONGS, whole_list(250))
    first = await library.list_page(Song, scope, offset=0, known=b"")
    again = await library.list_page(Song, scope, offset=0, known=first.digest)
    assert first.items is not None
    assert (len(first.items), first.total_count) == (100, 250)
    assert again.items is None
    assert again.digest == first.digest
    apple.on(SONGS, whole_list(251))
    changed = await library.list_page(Song, scope, offset=0, known=first.digest)
    assert changed.items is not None


@pytest.mark.parametrize(
    "bad",
    [
        fault(404, "40403"),
        answer({"data": [], "meta": {"total": 250}}),
        answer({"data": [], "next": f"{SONGS}?offset=200", "meta": {"total": 250}}),
        answer({"data": [song(100)], "meta": {"total": 250}}),
    ],
)
async def test_a_promised_page_that_is_not_there_is_no_end(
    apple: AppleServer, library: AppleLibrary, scope: LibraryScope, bad: Any
) -> None:
    async def respond(request: web.Request) -> web.StreamResponse:
        if request.query.get("offset"):
            response: web.StreamResponse = await bad(request)
            return response
        return web.json_response(page(0, 250, int(request.query["limit"])))

    apple.on(SONGS, respond)
    with pytest.raises(AppleMusicError) as caught:
        await library.page(Song, scope, limit=100, offset=100)
    assert caught.value.reason is Reason.UPSTREAM_LIST_TRUNCATED
    assert sum(1 for each in apple.asked if each.query.get("offset")) == 4


async def test_a_page_that_comes_late_is_taken(
    apple: AppleServer, library: AppleLibrary, scope: LibraryScope
) -> None:
    apple.on(SONGS, fault(404, "40403"), fault(404, "40403"), answer(page(100, 250)))
    assert len((await library.page(Song, scope, limit=100, offset=100)).items) == 100


async def test_a_list_that_became_shorter_has_ended(
    apple: AppleServer, library: AppleLibrary, scope: LibraryScope
) -> None:
    async def respond(request: web.Request) -> web.StreamResponse:
        if request.query.get("offset"):
            return web.Response(status=404)
        return web.json_response(page(0, 100, int(request.query["limit"])))

    apple.on(SONGS, respond)
    found = await library.page(Song, scope, limit=100, offset=100)
    assert found.items == ()
    assert found.next_offset is None


async def test_an_empty_library_is_empty(
    apple: AppleServer, library: AppleLibrary, scope: LibraryScope
) -> None:
    apple.on(SONGS, fault(404, "40403"))
    assert (await library.page(Song, scope, limit=100, offset=0)).items == ()
    assert (await library.list_page(Song, scope, offset=0, known=b"")).items == ()


async def test_pages_that_overlap_are_not_understood(
    apple: AppleServer, library: AppleLibrary, scope: LibraryScope
) -> None:
    apple.on(SONGS, answer(page(0, 250, 30)))
    with pytest.raises(AppleMusicError) as caught:
        await library.list_page(Song, scope, offset=0, known=b"")
    assert caught.value.reason is Reason.UPSTREAM_RESPONSE_INVALID


async def test_ids_go_in_batches_and_placeholders_are_dropped(
    apple: AppleServer, library: AppleLibrary, scope: LibraryScope
) -> None:
    async def respond(request: web.Request) -> web.StreamResponse:
        ids = request.query["ids"].split(",")
        rows = [
            {
                "id": each,
                "type": "library-playlists",
                "attributes": {"canEdit": False, **({} if "x" in each else {"name": each})},
            }
            for each in ids
        ]
        return web.json_response({"data": rows})

    apple.on("/v1/me/library/playlists", respond)
    ids = [f"p.{number}" for number in range(30)] + ["p.x"]
    found = await library.fetch(Playlist, ids, scope)
    assert [each.id for each in found.items] == ids[:30]
    assert found.missing_ids == ("p.x",)
    assert sorted(len(each.query["ids"].split(",")) for each in apple.asked) == [6, 25]
    assert all("limit" not in each.query for each in apple.asked)


async def test_folders_are_walked(
    apple: AppleServer, library: AppleLibrary, scope: LibraryScope
) -> None:
    def row(kind: str, item_id: str) -> dict[str, Any]:
        return {"id": item_id, "type": f"library-{kind}", "attributes": {"name": item_id}}

    base = "/v1/me/library/playlist-folders"
    root = [row("playlist-folders", "p.f1"), row("playlists", "p.1")]
    inner = [row("playlist-folders", "p.f2"), row("playlists", "p.2")]
    apple.on(f"{base}/p.playlistsroot/children", answer({"data": root}))
    apple.on(f"{base}/p.f1/children", answer({"data": inner}))
    apple.on(f"{base}/p.f2/children", fault(404, "40403"))
    tree = await library.folders(scope)
    assert [(each.id, each.parent_folder_id) for each in tree.folders] == [
        ("p.f1", ""),
        ("p.f2", "p.f1"),
    ]
    assert tree.parents == {"p.2": "p.f1"}


async def test_an_empty_album_is_not_an_unknown_one(
    apple: AppleServer, library: AppleLibrary, scope: LibraryScope
) -> None:
    row = {"id": "l.1", "type": "library-albums", "attributes": {"name": "One"}}
    apple.on("/v1/me/library/albums", answer({"data": [row]}), answer({"data": []}))
    assert (await library.album_tracks("l.1", scope, limit=100, offset=0)).items == ()
    with pytest.raises(NotFoundError) as caught:
        await library.album_tracks("l.2", scope, limit=100, offset=0)
    assert caught.value.metadata == {"resourceType": "ALBUM", "id": "l.2"}
    assert (await library.folder_children("", scope, limit=100, offset=0)).items == ()


async def test_recently_added_goes_on_where_apple_goes_on(
    apple: AppleServer, library: AppleLibrary, scope: LibraryScope
) -> None:
    async def respond(request: web.Request) -> web.StreamResponse:
        return web.json_response(page(int(request.query.get("offset", "0")), 35, 10))

    apple.on("/v1/me/library/recently-added", respond)
    first = await library.recently_added(scope, limit=25, offset=0)
    assert (len(first.items), first.next_offset) == (30, 30)
    rest = await library.recently_added(scope, limit=25, offset=30)
    assert (len(rest.items), rest.next_offset) == (5, None)
    assert all("limit" not in each.query for each in apple.asked)


async def test_search_asks_for_library_types(
    apple: AppleServer, library: AppleLibrary, scope: LibraryScope
) -> None:
    apple.on("/v1/me/library/search", answer({"results": {"library-songs": page(0, 2)}}))
    types = [ResourceType.SONG, ResourceType.MUSIC_VIDEO]
    found = await library.search("song", types, scope, limit=99, offset=0)
    assert [each.id for each in found.songs] == ["i.0", "i.1"]
    assert apple.asked[0].query["types"] == "library-songs,library-music-videos"
    assert apple.asked[0].query["limit"] == "25"


def parsed(row: dict[str, Any]) -> Any:
    body = json.dumps({"data": [row]}).encode()
    (found,) = parse_data(decode_object(body, Endpoint.LIBRARY_SONGS))
    return found


def with_catalog(row: dict[str, Any], *twins: dict[str, Any]) -> dict[str, Any]:
    return {**row, "relationships": {"catalog": {"data": list(twins)}}}


def twin(**attributes: Any) -> dict[str, Any]:
    usual = {"name": "In the catalog", "playParams": {"id": "7", "kind": "song"}}
    return {"id": "7", "type": "songs", "attributes": {**usual, **attributes}}


@pytest.mark.parametrize(
    ("row", "availability"),
    [
        (song(1), Availability.UPLOADED),
        (with_catalog(song(1)), Availability.UPLOADED),
        (song(1, purchasedId="5"), Availability.PURCHASED),
        (song(1, purchasedId="5", catalogId="7"), Availability.CATALOG),
        (song(1, catalogId="7"), Availability.CATALOG),
        (with_catalog(song(1, catalogId="7"), twin()), Availability.CATALOG),
        (with_catalog(song(1, catalogId="7")), Availability.WITHDRAWN),
        (with_catalog(song(1, catalogId="7"), twin(playParams=None)), Availability.WITHDRAWN),
        (
            {"id": "i.1", "type": "library-songs", "attributes": {"name": "No playParams"}},
            Availability.WITHDRAWN,
        ),
    ],
)
def test_where_a_song_comes_from(row: dict[str, Any], availability: Availability) -> None:
    assert parsed(row).availability is availability


def test_the_catalog_says_what_the_library_does_not() -> None:
    artist = {"id": "9", "type": "artists", "href": "/v1/catalog/us/artists/9"}
    catalog = twin(isrc="GBAYE0601498", inFavorites=True, dateAdded="2001-01-01T00:00:00Z")
    catalog["relationships"] = {"artists": {"data": [artist]}}
    found = parsed(with_catalog(song(1, catalogId="7"), catalog))
    assert (found.id, found.library_id, found.catalog_id) == ("i.1", "i.1", "7")
    assert found.name == "Song 1"
    assert found.isrc == "GBAYE0601498"
    assert found.favorite_state is FavoriteState.FAVORITE
    assert found.date_added is None
    assert [ref.id for ref in found.artists] == ["9"]


def test_folders_know_their_parent() -> None:
    parent = {"id": "p.up", "type": "library-playlist-folders"}
    row = {
        "id": "p.f",
        "type": "library-playlist-folders",
        "attributes": {"name": "Folder"},
        "relationships": {"parent": {"data": [parent]}},
    }
    assert parsed(row) == PlaylistFolder("p.f", "Folder", "p.up")
    parent["id"] = "p.playlistsroot"
    assert parsed(row).parent_folder_id == ""


@given(
    st.recursive(
        st.none() | st.text(max_size=3) | st.integers(),
        lambda each: (
            st.lists(each, max_size=2)
            | st.dictionaries(
                st.sampled_from(
                    ["data", "catalog", "parent", "artists", "id", "type", "attributes"]
                ),
                each,
                max_size=3,
            )
        ),
        max_leaves=8,
    )
)
def test_any_relationships_are_read_or_refused(relationships: object) -> None:
    row = {**song(1, catalogId="7"), "relationships": relationships}
    body = json.dumps({"data": [row]}).encode()
    try:
        list(parse_data(decode_object(body, Endpoint.LIBRARY_SONGS)))
    except AppleMusicError as error:
        check_refusal(error)


def check_refusal(error: AppleMusicError) -> None:
    assert error.reason is Reason.UPSTREAM_RESPONSE_INVALID


async def test_a_cancelled_batch_leaves_nothing_behind(
    apple: AppleServer, library: AppleLibrary, scope: LibraryScope
) -> None:
    reached = asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        reached.set()
        await asyncio.Event().wait()
        raise AssertionError

    apple.on("/v1/me/library/albums", hang)
    ids = [f"l.{number}" for number in range(300)]
    task = asyncio.ensure_future(library.fetch(Album, ids, scope))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
