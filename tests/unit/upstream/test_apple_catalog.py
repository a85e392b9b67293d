"""The catalog, against the simulator and against answers that break the rules."""

import json

import pytest
from aiohttp import web

from applemusic_server.domain.account import SubscriptionState
from applemusic_server.domain.errors import (
    AppleMusicError,
    InternalError,
    NotFoundError,
    Reason,
    UnauthenticatedError,
    UnavailableError,
)
from applemusic_server.domain.gateways import ArtistAlbumKind, CatalogScope, Listener
from applemusic_server.domain.resources import (
    Album,
    Artist,
    Availability,
    Curator,
    Genre,
    MusicVideo,
    Playlist,
    RecordLabel,
    Resource,
    ResourceType,
    Song,
    Station,
)
from applemusic_server.domain.secret import Secret
from applemusic_server.upstream.catalog import AppleCatalog
from applemusic_server.upstream.listener import AppleListeners
from applemusic_server.upstream.storefronts import AppleStorefronts
from applemusic_simulator.conditions import Fault
from applemusic_simulator.simulator import Simulator
from tests.support.apple_server import AppleServer, Responder, Upstream, answer, fault

US = CatalogScope("us")


def catalog_ids(simulator: Simulator, count: int) -> list[str]:
    return list(simulator.world.catalogue.songs)[:count]


async def test_songs_come_in_the_order_asked_for_once_each(
    simulator: Simulator, catalog: AppleCatalog
) -> None:
    ids = catalog_ids(simulator, 200)
    asked = [*reversed(ids), ids[0], "999999999999", ids[5], "not-an-id"]
    found = await catalog.fetch(Song, asked, US)
    assert [song.id for song in found.items] == list(reversed(ids))
    assert found.missing_ids == ("999999999999", "not-an-id")
    sizes = [
        len(entry.query.replace("%2C", ",").split("ids=")[1].split("&")[0].split(","))
        for entry in simulator.world.requests
    ]
    assert sorted(sizes) == [52, 150]


async def test_a_song_is_whole(simulator: Simulator, catalog: AppleCatalog) -> None:
    known = next(iter(simulator.world.catalogue.songs.values()))
    (song,) = (await catalog.fetch(Song, [known.id], US)).items
    assert song.name == known.name
    assert song.catalog_id == known.id
    assert song.artist_name
    assert song.artists[0].name
    assert song.album is not None
    assert song.album.type is ResourceType.ALBUM
    assert song.duration.total_seconds() * 1000 == pytest.approx(known.duration_ms)
    assert song.availability in {Availability.CATALOG, Availability.WITHDRAWN}
    assert song.isrc
    assert song.artwork is not None


@pytest.mark.parametrize(
    "kind",
    [Song, Album, Artist, Playlist, Station, MusicVideo, Genre, Curator, RecordLabel],
)
async def test_one_unknown_id_of_any_kind_is_missing(
    catalog: AppleCatalog, kind: type[Resource]
) -> None:
    found = await catalog.fetch(kind, ["9999999"], US)
    assert found.missing_ids == ("9999999",)


async def test_other_kinds_are_read(simulator: Simulator, catalog: AppleCatalog) -> None:
    world = simulator.world.catalogue
    albums = await catalog.fetch(Album, list(world.albums)[:40], US)
    assert [each.id for each in albums.items] == list(world.albums)[:40]
    assert albums.items[0].track_count > 0
    assert albums.items[0].artists[0].name
    artists = await catalog.fetch(Artist, list(world.artists), US)
    assert not artists.missing_ids
    playlists = await catalog.fetch(Playlist, list(world.playlists), US)
    assert [each.id for each in playlists.items] == list(world.playlists)
    stations = await catalog.fetch(Station, list(world.stations), US)
    assert not stations.missing_ids


async def test_search_finds_and_pages(simulator: Simulator, catalog: AppleCatalog) -> None:
    artist = next(iter(simulator.world.catalogue.artists.values()))
    types = [ResourceType.ARTIST, ResourceType.SONG, ResourceType.ALBUM, ResourceType.CURATOR]
    first = await catalog.search(artist.name, types, US, limit=2, offset=0, top_results=True)
    assert artist.id in [each.id for each in first.artists]
    assert len(first.songs) == 2
    assert ResourceType.SONG in first.more
    second = await catalog.search(artist.name, types, US, limit=500, offset=2, top_results=False)
    assert not {each.id for each in first.songs} & {each.id for each in second.songs}
    nothing = await catalog.search("zzzzqqqq", types, US, limit=5, offset=0, top_results=False)
    assert not nothing.songs
    assert not nothing.more


async def test_lists_page_to_their_end(simulator: Simulator, catalog: AppleCatalog) -> None:
    long = max(simulator.world.catalogue.playlists.values(), key=lambda each: len(each.song_ids))
    offset: int | None = 0
    ids: list[str] = []
    while offset is not None:
        page = await catalog.playlist_tracks(long.id, US, limit=300, offset=offset)
        ids.extend(each.id for each in page.items)
        offset = page.next_offset
    assert ids == list(long.song_ids)
    album = next(iter(simulator.world.catalogue.albums.values()))
    tracks = await catalog.album_tracks(album.id, US, limit=2, offset=1)
    assert len(tracks.items) == 2
    assert tracks.next_offset in {3, None}


async def test_views_of_an_artist(simulator: Simulator, catalog: AppleCatalog) -> None:
    artist_id = next(iter(simulator.world.catalogue.artists))
    seen: set[str] = set()
    for kind in ArtistAlbumKind:
        page = await catalog.artist_albums(artist_id, kind, US, limit=100, offset=0)
        seen.update(each.id for each in page.items)
    assert seen
    top = await catalog.artist_top_songs(artist_id, US, limit=10, offset=0)
    assert 0 < len(top.items) <= 10
    similar = await catalog.similar_artists(artist_id, US, limit=5, offset=0)
    assert artist_id not in [each.id for each in similar.items]


async def test_an_unknown_parent_is_not_an_empty_list(catalog: AppleCatalog) -> None:
    with pytest.raises(NotFoundError) as caught:
        await catalog.album_tracks("9999999", US, limit=10, offset=0)
    assert caught.value.metadata == {"resourceType": "ALBUM", "id": "9999999"}
    with pytest.raises(NotFoundError):
        await catalog.playlist_tracks("pl.unknown", US, limit=10, offset=0)
    with pytest.raises(NotFoundError):
        await catalog.artist_top_songs("9999999", US, limit=10, offset=0)
    with pytest.raises(NotFoundError):
        await catalog.artist_albums("9999999", ArtistAlbumKind.ALL, US, limit=10, offset=0)


async def test_profile_and_storefront(simulator: Simulator, simulated: Upstream) -> None:
    listeners = AppleListeners(simulated.api)
    token = Secret(simulator.music_user_token())
    profile = await listeners.profile("anna", token)
    assert profile.storefront.id == "us"
    assert profile.subscription_state is SubscriptionState.ACTIVE
    with pytest.raises(UnauthenticatedError) as caught:
        await listeners.profile("anna", Secret("x" * 60))
    assert caught.value.reason is Reason.MUSIC_USER_TOKEN_REJECTED
    directory = AppleStorefronts(simulated.api, clock=simulated.time.monotonic)
    assert (await directory.storefront("us")).default_language_tag == "en-US"
    before = len(list(simulator.world.requests))
    await directory.storefront("us")
    assert len(list(simulator.world.requests)) == before
    with pytest.raises(NotFoundError):
        await directory.storefront("zz")


@pytest.mark.parametrize("path", ["/v1/me/account"])
@pytest.mark.parametrize(
    "responder",
    [fault(404), fault(403), answer("<html>"), answer({"meta": {"subscription": 3}}), fault(500)],
)
async def test_a_profile_needs_no_account_page(
    apple: AppleServer, upstream: Upstream, path: str, responder: Responder
) -> None:
    apple.on("/v1/test", answer())
    apple.on(
        "/v1/me/storefront",
        answer({"data": [{"id": "de", "type": "storefronts", "attributes": {}}]}),
    )
    apple.on(path, responder)
    profile = await AppleListeners(upstream.api).profile("anna", Secret("t"))
    assert profile.storefront.id == "de"
    assert profile.subscription_state is SubscriptionState.UNKNOWN


async def test_wrong_developer_token(simulator: Simulator, simulated: Upstream) -> None:
    simulated.token.value = "wrong"
    with pytest.raises(AppleMusicError) as caught:
        await AppleCatalog(simulated.api).fetch(Song, catalog_ids(simulator, 1), US)
    assert caught.value.reason is Reason.DEVELOPER_TOKEN_REJECTED


async def test_faults_that_pass_are_not_noticed(
    simulator: Simulator, simulated: Upstream, catalog: AppleCatalog
) -> None:
    faults = [
        Fault("api", "status", status=429, count=2),
        Fault("api", "reset"),
        Fault("api", "cut", after_bytes=20),
    ]
    for each in faults:
        simulator.world.conditions.faults.append(each)
        found = await catalog.fetch(Song, catalog_ids(simulator, 3), US)
        assert len(found.items) == 3
    assert simulated.observer.retried


SONG = {"id": "1", "type": "songs", "attributes": {"name": "One"}}
TRACKS = "/v1/catalog/us/albums/7/tracks"
ALBUMS = "/v1/catalog/us/albums"
THE_ALBUM = answer({"data": [{"id": "7", "type": "albums", "attributes": {"name": "Seven"}}]})


@pytest.fixture
def scripted(upstream: Upstream) -> AppleCatalog:
    return AppleCatalog(upstream.api, sleep=upstream.time.sleep)


@pytest.mark.parametrize("code", ["40403", ""])
async def test_404_on_an_empty_relationship_is_an_empty_page(
    apple: AppleServer, scripted: AppleCatalog, code: str
) -> None:
    apple.on(TRACKS, fault(404, code))
    apple.on(ALBUMS, THE_ALBUM)
    page = await scripted.album_tracks("7", US, limit=10, offset=0)
    assert (page.items, page.next_offset) == ((), None)


@pytest.mark.parametrize(("code", "asked"), [("40400", 0), ("40403", 1), ("", 1)])
async def test_404_without_a_parent_is_not_found(
    apple: AppleServer, scripted: AppleCatalog, code: str, asked: int
) -> None:
    apple.on(TRACKS, fault(404, code))
    apple.on(ALBUMS, answer({"data": []}))
    with pytest.raises(NotFoundError):
        await scripted.album_tracks("7", US, limit=10, offset=0)
    assert apple.count(ALBUMS) == asked


async def test_404_after_a_promise_is_truncation(
    apple: AppleServer, scripted: AppleCatalog
) -> None:
    apple.on(TRACKS, fault(404, "40403"))
    with pytest.raises(UnavailableError) as caught:
        await scripted.album_tracks("7", US, limit=10, offset=10)
    assert caught.value.reason is Reason.UPSTREAM_LIST_TRUNCATED
    assert apple.count(TRACKS) == 3
    apple.on(TRACKS, fault(404, "40403"), answer({"data": [SONG]}))
    page = await scripted.album_tracks("7", US, limit=10, offset=10)
    assert [each.name for each in page.items] == ["One"]


@pytest.mark.parametrize(
    "next_address",
    ["/v1/x?offset=10", "/v1/x?offset=5", "/v1/x", "/v1/x?offset=a", "/v1/x?offset=-1", "http://["],
)
async def test_a_next_that_does_not_lead_on_is_refused(
    apple: AppleServer, scripted: AppleCatalog, next_address: str
) -> None:
    apple.on(TRACKS, answer({"data": [SONG], "next": next_address}))
    with pytest.raises(InternalError) as caught:
        await scripted.album_tracks("7", US, limit=10, offset=10)
    assert caught.value.metadata["path"] == "next"


async def test_what_is_unknown_is_skipped_and_what_is_wrong_is_named(
    apple: AppleServer, scripted: AppleCatalog
) -> None:
    strange = {"id": "2", "type": "holograms", "attributes": {"name": 3}}
    apple.on(TRACKS, answer({"data": [strange, {"id": "3", "type": "songs"}, None, SONG]}))
    page = await scripted.album_tracks("7", US, limit=10, offset=0)
    assert [each.id for each in page.items] == ["1"]
    wrong = {"id": "2", "type": "songs", "attributes": {"name": "x", "durationInMillis": "long"}}
    apple.on(TRACKS, answer({"data": [SONG, wrong]}))
    with pytest.raises(InternalError) as caught:
        await scripted.album_tracks("7", US, limit=10, offset=0)
    assert caught.value.metadata["path"] == "data[1].attributes.durationInMillis"


async def test_the_listeners_token_goes_along_only_for_a_full_view(
    apple: AppleServer, scripted: AppleCatalog, upstream: Upstream
) -> None:
    apple.on("/v1/catalog/us/songs", answer({"data": [SONG]}))
    listener: Listener = upstream.listener
    await scripted.fetch(Song, ["1"], CatalogScope("us", listener=listener))
    await scripted.fetch(Song, ["1"], CatalogScope("us", "de-DE", full=True, listener=listener))
    basic, full = apple.asked
    assert "Music-User-Token" not in basic.headers
    assert "l" not in basic.query
    assert full.headers["Music-User-Token"] == listener.music_user_token.reveal()
    assert full.query == {
        "ids": "1",
        "include": "artists,albums",
        "relate": "library",
        "extend": "editorialNotes,audioVariants,inFavorites",
        "l": "de-DE",
    }


async def test_one_failing_batch_fails_the_whole_and_stops_the_others(
    apple: AppleServer, scripted: AppleCatalog
) -> None:
    async def second_fails(request: web.Request) -> web.StreamResponse:
        ids = request.query["ids"].split(",")
        if "160" in ids:
            return await fault(400, "40005", "ids")(request)
        data = [{**SONG, "id": each} for each in ids]
        return web.Response(body=json.dumps({"data": data}), content_type="application/json")

    apple.on("/v1/catalog/us/songs", second_fails)
    with pytest.raises(AppleMusicError) as caught:
        await scripted.fetch(Song, [str(number) for number in range(400)], US)
    assert caught.value.reason is Reason.UPSTREAM_REFUSED


async def test_the_order_is_the_callers_whatever_apples_is(
    apple: AppleServer, scripted: AppleCatalog
) -> None:
    apple.on(
        "/v1/catalog/us/songs",
        answer({"data": [{**SONG, "id": each} for each in ("3", "9", "1", "2")]}),
    )
    found = await scripted.fetch(Song, ["1", "2", "3", "4"], US)
    assert [each.id for each in found.items] == ["1", "2", "3"]
    assert found.missing_ids == ("4",)
