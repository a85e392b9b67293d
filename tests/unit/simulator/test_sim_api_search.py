"""Search, hints, suggestions, charts, storefronts and the listener's own pages."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlsplit

import pytest

from applemusic_simulator.catalogue import INTERLUDES
from applemusic_simulator.model import Catalogue
from applemusic_simulator.simulator import Simulator

Get = Callable[..., Awaitable[tuple[int, Any]]]
SEARCH = "/catalog/us/search"


def code_of(answer: tuple[int, Any]) -> tuple[int, str, str]:
    (error,) = answer[1]["errors"]
    return answer[0], error["code"], error["source"]["parameter"]


async def test_finds_by_title_and_artist_best_first(get: Get, catalogue: Catalogue) -> None:
    album = next(a for a in catalogue.albums.values() if not a.is_single)
    artist = catalogue.artists[album.artist_id]
    term = quote_plus(f"{artist.name} {album.name}".upper())
    _, body = await get(f"{SEARCH}?term={term}&types=albums,artists")
    assert body["results"]["albums"]["data"][0]["id"] == album.id
    assert "artists" not in body["results"]
    assert body["meta"] == {"results": {"order": ["albums"], "rawOrder": ["albums"]}}
    _, body = await get(f"{SEARCH}?term={quote_plus(artist.name)}&types=artists,songs&limit=25")
    assert body["results"]["artists"]["data"][0]["id"] == artist.id
    assert len(body["results"]["songs"]["data"]) == 25


async def test_pages_by_following_next(get: Get, catalogue: Catalogue) -> None:
    artist = next(iter(catalogue.artists.values()))
    path = f"{SEARCH}?term={quote_plus(artist.name)}&types=songs&l=en-US"
    found: list[str] = []
    while path:
        _, body = await get(path)
        songs = body["results"]["songs"]
        found += [song["id"] for song in songs["data"]]
        following = songs.get("next", "")
        if following:
            query = parse_qs(urlsplit(following).query)
            assert following.startswith(f"/v1{SEARCH}?l=en-US&offset=")
            assert "limit" not in query
            assert query["term"] == [artist.name]
        path = following.removeprefix("/v1")
    mine = {s.id for s in catalogue.songs.values() if s.artist_id == artist.id and s.playable}
    assert len(set(found)) == len(found)
    assert mine <= set(found)


async def test_nothing_found_and_past_the_end(get: Get) -> None:
    for query in ("term=qqqqqq&types=songs", "term=interlude&types=songs&offset=500"):
        status, body = await get(f"{SEARCH}?{query}")
        assert status == 200
        assert body["results"] == {}


async def test_withdrawn_songs_are_not_found(get: Get, catalogue: Catalogue) -> None:
    withdrawn = [song for song in catalogue.songs.values() if not song.playable]
    for song in withdrawn:
        _, body = await get(f"{SEARCH}?term={quote_plus(song.name)}&types=songs&limit=25")
        found = body["results"].get("songs", {"data": []})["data"]
        assert song.id not in [item["id"] for item in found]


async def test_the_exact_title_comes_before_a_longer_one(get: Get, catalogue: Catalogue) -> None:
    live = [s.name for s in catalogue.songs.values() if s.playable and s.name.endswith(" (Live)")]
    for longer in live:
        title = longer.removesuffix(" (Live)")
        _, body = await get(f"{SEARCH}?term={quote_plus(title)}&types=songs&limit=25")
        names = [song["attributes"]["name"] for song in body["results"]["songs"]["data"]]
        assert longer in names
        if title in names:
            assert names.index(title) < names.index(longer)


async def test_top_results_mix_types(get: Get) -> None:
    path = f"{SEARCH}?term=interlude&types=songs,albums&with=topResults&limit=3"
    _, body = await get(path)
    top = body["results"]["top"]["data"]
    assert len(top) == 3
    assert top[0]["attributes"]["name"].startswith("Interlude")
    assert body["meta"]["results"]["order"][0] == "top"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("types=songs", (400, "40003", "term")),
        ("term=&types=songs", (400, "40005", "term")),
        ("term=a", (400, "40003", "types")),
        ("term=a&types=songs,nonsense", (400, "40005", "types")),
        ("term=a&types=songs&limit=26", (400, "40005", "limit")),
        ("term=a&types=songs&offset=-1", (400, "40005", "offset")),
    ],
)
async def test_refuses(get: Get, query: str, expected: tuple[int, str, str]) -> None:
    assert code_of(await get(f"{SEARCH}?{query}")) == expected


async def test_hints_and_suggestions(get: Get) -> None:
    _, body = await get(f"{SEARCH}/hints?term=interl&limit=2")
    terms = body["results"]["terms"]
    assert len(terms) == 2
    assert all(term.startswith("interlude") for term in terms)
    _, body = await get(
        f"{SEARCH}/suggestions?term=interludes&kinds=terms,topResults&types=albums&limit=1"
    )
    words, top = body["results"]["suggestions"]
    assert words == {"kind": "terms", "searchTerm": "interludes", "displayTerm": "interludes"}
    assert top["content"]["attributes"]["name"] == INTERLUDES
    assert code_of(await get(f"{SEARCH}/hints?term=a&limit=11"))[:2] == (400, "40005")


async def test_charts(get: Get, catalogue: Catalogue) -> None:
    charts = "/catalog/us/charts"
    _, body = await get(f"{charts}?types=songs,playlists,music-videos&genre=5")
    (songs,) = body["results"]["songs"]
    assert songs["chart"] == "most-played"
    assert len(songs["data"]) == 20
    assert {song["attributes"]["genreNames"][0] for song in songs["data"]} == {"Classical"}
    assert body["results"]["playlists"][0]["data"] == []
    _, following = await get(songs["next"].removeprefix("/v1"))
    first = {song["id"] for song in songs["data"]}
    second = {song["id"] for song in following["results"]["songs"][0]["data"]}
    assert second
    assert not first & second
    _, whole = await get(f"{charts}?types=songs&limit=200")
    isrcs = [song["attributes"]["isrc"] for song in whole["results"]["songs"][0]["data"]]
    assert len(set(isrcs)) == 200
    withdrawn = {song.id for song in catalogue.songs.values() if not song.playable}
    for offset in (0, 200, 400):
        _, page = await get(f"{charts}?types=songs&limit=200&offset={offset}")
        ids = {song["id"] for song in page["results"]["songs"][0]["data"]}
        assert not ids & withdrawn
    assert code_of(await get(f"{charts}?types=songs&limit=201"))[:2] == (400, "40005")
    assert len(catalogue.songs) > 200


async def test_storefronts_and_languages(get: Get) -> None:
    _, body = await get("/storefronts?ids=us,qq,de,us")
    assert [found["id"] for found in body["data"]] == ["us", "de"]
    assert (await get("/storefronts/qq"))[0] == 404
    tags = {}
    for wanted in ("de-AT", "en-GB", "fr", "xx"):
        _, body = await get(f"/language/ch/tag?acceptLanguage={wanted}")
        tags[wanted] = body["results"]["tag"]
    assert tags == {"de-AT": "de-CH", "en-GB": "en-GB", "fr": "fr-FR", "xx": "de-CH"}
    assert code_of(await get("/language/ch/tag")) == (400, "40003", "acceptLanguage")


async def test_the_listener(get: Get, simulator: Simulator) -> None:
    account = simulator.world.accounts["demo"]
    account.storefront = "de"
    _, body = await get("/me/storefront?l=en-US")
    assert body["data"][0]["id"] == "de"
    path = "/me/account?meta=subscription&challenge[subscriptionCapabilities]=voice,premium"
    _, body = await get(path)
    assert body["meta"]["subscription"] == {"active": True, "storefront": "de"}
    assert body["meta"]["challenge"]["subscriptionCapabilities"] == ["voice", "premium"]
    account.subscribed = False
    _, body = await get(path)
    assert body["meta"]["subscription"]["active"] is False
    assert body["meta"]["challenge"]["subscriptionCapabilities"] == []
