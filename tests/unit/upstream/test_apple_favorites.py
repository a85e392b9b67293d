"""How liking is asked and told: batches, bodies, and what a refusal means."""

import json

import pytest

from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    Reason,
    UnauthenticatedError,
    UnimplementedError,
)
from applemusic_server.domain.resources import FavoriteState, ResourceRef, ResourceType
from applemusic_server.upstream.favorites import AppleFavorites
from applemusic_server.upstream.twins import AppleTwins
from tests.support.apple_server import AppleServer, Upstream, answer, fault

FAVORITES = "/v1/me/favorites"
SONG = ResourceRef(ResourceType.SONG, "1")
ARTIST = ResourceRef(ResourceType.ARTIST, "9")


@pytest.fixture
def favorites(upstream: Upstream) -> AppleFavorites:
    return AppleFavorites(upstream.api)


def songs(count: int) -> list[ResourceRef]:
    return [ResourceRef(ResourceType.SONG, str(number)) for number in range(1, count + 1)]


async def test_each_kind_of_id_has_its_ratings(
    apple: AppleServer, upstream: Upstream, favorites: AppleFavorites
) -> None:
    items = {
        "songs": SONG,
        "library-songs": ResourceRef(ResourceType.SONG, "i.1"),
        "albums": ResourceRef(ResourceType.ALBUM, "2"),
        "library-albums": ResourceRef(ResourceType.ALBUM, "l.2"),
        "playlists": ResourceRef(ResourceType.PLAYLIST, "pl.3"),
        "library-playlists": ResourceRef(ResourceType.PLAYLIST, "p.3"),
        "stations": ResourceRef(ResourceType.STATION, "ra.4"),
        "music-videos": ResourceRef(ResourceType.MUSIC_VIDEO, "5"),
        "library-music-videos": ResourceRef(ResourceType.MUSIC_VIDEO, "i.5"),
    }
    for segment, item in items.items():
        rating = {"id": item.id, "type": "ratings", "attributes": {"value": 1}}
        apple.on(f"/v1/me/ratings/{segment}", answer({"data": [rating]}))
    found = await favorites.ratings(list(items.values()), upstream.listener)
    assert found == {(each.type, each.id): FavoriteState.FAVORITE for each in items.values()}
    assert sorted(each.path for each in apple.asked) == sorted(
        f"/v1/me/ratings/{segment}" for segment in items
    )


async def test_ratings_come_200_at_a_time_and_404_is_none(
    apple: AppleServer, upstream: Upstream, favorites: AppleFavorites
) -> None:
    apple.on("/v1/me/ratings/songs", fault(404, "40400"))
    assert await favorites.ratings(songs(450), upstream.listener) == {}
    assert sorted(each.query["ids"].count(",") + 1 for each in apple.asked) == [50, 200, 200]


async def test_a_rating_has_a_body_and_its_removal_a_length_of_0(
    apple: AppleServer, upstream: Upstream, favorites: AppleFavorites
) -> None:
    apple.on("/v1/me/ratings/songs/1", answer({"data": []}), answer(status=204))
    assert not await favorites.rate([SONG], FavoriteState.DISLIKED, upstream.listener)
    assert not await favorites.rate([SONG], FavoriteState.NONE, upstream.listener)
    put, delete = apple.asked
    assert (put.method, delete.method) == ("PUT", "DELETE")
    assert json.loads(put.body) == {"type": "rating", "attributes": {"value": -1}}
    assert put.headers["Content-Type"] == "application/json"
    assert delete.headers["Content-Length"] == "0"


@pytest.mark.parametrize("status", [400, 404])
async def test_what_apple_does_not_rate_is_named(
    apple: AppleServer, upstream: Upstream, favorites: AppleFavorites, status: int
) -> None:
    apple.on("/v1/me/ratings/songs/1", answer({"data": []}))
    apple.on("/v1/me/ratings/songs/2", fault(status, f"{status}00"))
    refused = await favorites.rate(songs(2), FavoriteState.FAVORITE, upstream.listener)
    assert refused == {(ResourceType.SONG, "2")}


async def test_favorites_mix_kinds_and_come_100_at_a_time(
    apple: AppleServer, upstream: Upstream, favorites: AppleFavorites
) -> None:
    apple.on(FAVORITES, answer(status=202))
    await favorites.add([ARTIST, *songs(150)], upstream.listener)
    first, second = apple.asked
    assert first.method == "POST"
    assert first.query["ids[artists]"] == "9"
    assert first.headers["Content-Length"] == "0"
    assert first.query["ids[songs]"].count(",") + second.query["ids[songs]"].count(",") == 148
    apple.asked.clear()
    await favorites.add([], upstream.listener)
    assert not apple.asked


@pytest.mark.parametrize("status", [401, 403, 404, 405, 501])
@pytest.mark.parametrize("method", ["add", "remove"])
async def test_a_refusal_with_good_tokens_is_the_calls(
    apple: AppleServer, upstream: Upstream, favorites: AppleFavorites, status: int, method: str
) -> None:
    apple.on(FAVORITES, fault(status))
    apple.on("/v1/test", answer())
    apple.on("/v1/me/storefront", answer({"data": [{"id": "us", "type": "storefronts"}]}))
    with pytest.raises(UnimplementedError) as caught:
        await getattr(favorites, method)([ARTIST], upstream.listener)
    assert caught.value.reason is Reason.CAPABILITY_REFUSED
    assert caught.value.metadata == {"capability": "artist_favorites"}


@pytest.mark.parametrize(
    ("test", "storefront", "error", "reason"),
    [
        (401, 200, FailedPreconditionError, Reason.DEVELOPER_TOKEN_REJECTED),
        (200, 401, UnauthenticatedError, Reason.MUSIC_USER_TOKEN_REJECTED),
        (200, 403, UnauthenticatedError, Reason.MUSIC_USER_TOKEN_REJECTED),
    ],
)
async def test_a_refusal_with_a_bad_token_is_the_tokens(
    apple: AppleServer,
    upstream: Upstream,
    favorites: AppleFavorites,
    *,
    test: int,
    storefront: int,
    error: type[AppleMusicError],
    reason: Reason,
) -> None:
    apple.on(FAVORITES, fault(403))
    apple.on("/v1/test", answer(status=test))
    apple.on("/v1/me/storefront", answer({"data": []}, status=storefront))
    with pytest.raises(error) as caught:
        await favorites.add([ARTIST], upstream.listener)
    assert caught.value.reason is reason


async def test_a_failing_write_is_sent_again(
    apple: AppleServer, upstream: Upstream, favorites: AppleFavorites
) -> None:
    apple.on(FAVORITES, fault(500), fault(429), answer(status=202))
    await favorites.add([SONG], upstream.listener)
    assert apple.count(FAVORITES) == 3


async def test_artists_of_whom_apple_does_not_tell_are_left_out(
    apple: AppleServer, upstream: Upstream, favorites: AppleFavorites
) -> None:
    resources = [
        {"id": "9", "type": "artists", "attributes": {"name": "A", "inFavorites": True}},
        {"id": "8", "type": "artists", "attributes": {"name": "B", "inFavorites": False}},
        {"id": "7", "type": "artists", "attributes": {"name": "C"}},
    ]
    apple.on("/v1/catalog/us/artists", answer({"data": resources}))
    found = await favorites.artist_favorites(["9", "8", "7"], upstream.listener)
    assert found == {"9": FavoriteState.FAVORITE, "8": FavoriteState.NONE}
    assert apple.asked[0].query["extend"] == "inFavorites"


async def test_twins_of_library_items(apple: AppleServer, upstream: Upstream) -> None:
    def song(library_id: str, **play: str) -> dict[str, object]:
        attributes = {"name": "x", "playParams": {"id": library_id, "isLibrary": True, **play}}
        return {"id": library_id, "type": "library-songs", "attributes": attributes}

    withdrawn = song("i.4", catalogId="38") | {"relationships": {"catalog": {"data": []}}}
    related = {
        "id": "r.1",
        "type": "library-artists",
        "attributes": {"name": "x"},
        "relationships": {"catalog": {"data": [{"id": "77", "type": "artists"}]}},
    }
    placeholder = {"id": "p.9", "type": "library-playlists", "attributes": {"canEdit": False}}
    apple.on(
        "/v1/me/library/songs",
        answer({"data": [song("i.1", catalogId="5"), song("i.2"), withdrawn]}),
    )
    apple.on("/v1/me/library/artists", answer({"data": [related]}))
    apple.on("/v1/me/library/playlists", answer({"data": [placeholder]}))
    wanted = {
        ResourceType.SONG: ["i.1", "i.2", "i.3", "i.4"],
        ResourceType.ARTIST: ["r.1"],
        ResourceType.PLAYLIST: ["p.9"],
        ResourceType.ALBUM: ["l.404"],
    }
    items = [ResourceRef(kind, each) for kind, ids in wanted.items() for each in ids]
    found = await AppleTwins(upstream.api).catalog_ids(items, upstream.listener)
    assert found == {
        (ResourceType.SONG, "i.1"): "5",
        (ResourceType.SONG, "i.2"): "",
        (ResourceType.SONG, "i.4"): "",
        (ResourceType.ARTIST, "r.1"): "77",
    }
