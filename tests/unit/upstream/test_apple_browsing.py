"""Relations, charts, genres, storefronts and suggestions, against the simulator and odd answers."""

from typing import Any

import pytest

from applemusic_server.domain.catalog_answers import RELATION_PARENTS, Charts, Relation
from applemusic_server.domain.errors import (
    AppleMusicError,
    InvalidArgumentError,
    NotFoundError,
    Reason,
)
from applemusic_server.domain.gateways import CatalogScope, Listener
from applemusic_server.domain.resources import (
    Album,
    Artist,
    MusicVideo,
    Playlist,
    ResourceRef,
    ResourceType,
    Song,
    Station,
)
from applemusic_server.domain.secret import Secret
from applemusic_server.upstream.browse import AppleBrowsing
from applemusic_server.upstream.catalog_reader import CatalogReader
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.json_reader import decode_object
from applemusic_server.upstream.parse.suggestion import parse_suggestions
from applemusic_simulator.api.editors import curator_id, label_id
from applemusic_simulator.simulator import Simulator
from tests.support.apple_server import (
    USER_CANARY,
    AppleServer,
    Upstream,
    answer,
    fault,
)
from tests.support.fixtures import recorded

US = CatalogScope("us")
FULL = CatalogScope("us", full=True, listener=Listener("anna", Secret(USER_CANARY), "us"))
T = ResourceType


@pytest.fixture
def browsing(reader: CatalogReader, simulated: Upstream) -> AppleBrowsing:
    return AppleBrowsing(reader, simulated.api)


@pytest.fixture
def scripted(upstream: Upstream) -> AppleBrowsing:
    reader = CatalogReader(upstream.api, sleep=upstream.time.sleep)
    return AppleBrowsing(reader, upstream.api)


def parents(simulator: Simulator) -> dict[ResourceType, list[str]]:
    world = simulator.world.catalogue
    return {
        T.SONG: list(world.songs),
        T.ALBUM: list(world.albums),
        T.ARTIST: list(world.artists),
        T.PLAYLIST: list(world.playlists),
        T.MUSIC_VIDEO: list(world.music_videos),
        T.CURATOR: [curator_id(each.curator) for each in world.playlists.values()],
        T.RECORD_LABEL: [label_id(each.record_label) for each in world.albums.values()],
    }


EXPECTED = {
    Relation.ALBUM_VERSIONS: Album,
    Relation.RELATED_ALBUMS: Album,
    Relation.RELATED_MUSIC_VIDEOS: MusicVideo,
    Relation.APPEARS_ON: Playlist,
    Relation.MUSIC_VIDEOS: MusicVideo,
    Relation.FEATURED_PLAYLISTS: Playlist,
    Relation.FEATURED_ARTISTS: Artist,
    Relation.MORE_BY_CURATOR: Playlist,
    Relation.CURATOR_PLAYLISTS: Playlist,
    Relation.LATEST_RELEASES: Album,
    Relation.TOP_RELEASES: Album,
    Relation.STATION: Station,
    Relation.MORE_BY_ARTIST: MusicVideo,
    Relation.MORE_IN_GENRE: MusicVideo,
}


@pytest.mark.parametrize("relation", EXPECTED)
async def test_relations_lead_to_what_they_say(
    simulator: Simulator, browsing: AppleBrowsing, relation: Relation
) -> None:
    for parent_type in RELATION_PARENTS[relation]:
        for parent_id in parents(simulator)[parent_type]:
            parent = ResourceRef(parent_type, parent_id)
            page = await browsing.related(parent, relation, US, limit=25, offset=0)
            assert all(isinstance(each, EXPECTED[relation]) for each in page.items)
            if page.items:
                assert page.items[0].name
                break
        else:
            pytest.fail(f"no {parent_type.name} has any {relation.name}")


async def test_relations_page_to_their_end(simulator: Simulator, browsing: AppleBrowsing) -> None:
    world = simulator.world.catalogue
    curator = next(iter(world.playlists.values())).curator
    parent = ResourceRef(T.CURATOR, curator_id(curator))
    offset: int | None = 0
    ids: list[str] = []
    while offset is not None:
        page = await browsing.related(
            parent, Relation.CURATOR_PLAYLISTS, US, limit=2, offset=offset
        )
        assert len(page.items) <= 2
        ids += [each.id for each in page.items]
        offset = page.next_offset
    assert ids == [each.id for each in world.playlists.values() if each.curator == curator]


@pytest.mark.parametrize(
    ("relation", "parent_type"),
    [
        (relation, kind)
        for relation, kinds in RELATION_PARENTS.items()
        for kind in sorted(kinds, key=str)
    ],
)
async def test_every_relation_is_asked_for_and_an_unknown_parent_is_said(
    scripted: AppleBrowsing, apple: AppleServer, relation: Relation, parent_type: ResourceType
) -> None:
    parent = ResourceRef(parent_type, "9")
    with pytest.raises(NotFoundError) as caught:
        await scripted.related(parent, relation, US, limit=25, offset=0)
    assert caught.value.metadata == {"resourceType": parent_type.name, "id": "9"}
    assert apple.asked[0].path.startswith("/v1/catalog/us/")


async def test_the_station_of_a_song(scripted: AppleBrowsing, apple: AppleServer) -> None:
    station = {"id": "ra.9", "type": "stations", "attributes": {"name": "Nine Station"}}
    apple.on("/v1/catalog/us/songs/9/station", answer({"data": [station]}))
    song = ResourceRef(T.SONG, "9")
    page = await scripted.related(song, Relation.STATION, US, limit=25, offset=0)
    assert [type(each) for each in page.items] == [Station]
    apple.on("/v1/catalog/us/songs/9/station", fault(404, "40403"))
    apple.on(
        "/v1/catalog/us/songs",
        answer({"data": [{"id": "9", "type": "songs", "attributes": {"name": "Nine"}}]}),
    )
    page = await scripted.related(song, Relation.STATION, US, limit=25, offset=0)
    assert page.items == ()


async def test_a_curator_who_is_not_apples_own(scripted: AppleBrowsing, apple: AppleServer) -> None:
    playlist = {"id": "pl.1", "type": "playlists", "attributes": {"name": "List"}}
    apple.on("/v1/catalog/us/apple-curators/7/playlists", fault(404, "40400"))
    apple.on("/v1/catalog/us/curators/7/playlists", answer({"data": [playlist]}))
    curator = ResourceRef(T.CURATOR, "7")
    page = await scripted.related(curator, Relation.CURATOR_PLAYLISTS, US, limit=25, offset=0)
    assert [each.id for each in page.items] == ["pl.1"]


async def test_more_by_a_curator(scripted: AppleBrowsing, apple: AppleServer) -> None:
    other = {"id": "pl.2", "type": "playlists", "attributes": {"name": "Other"}}
    apple.on("/v1/catalog/us/playlists/pl.1/view/more-by-curator", answer({"data": [other]}))
    playlist = ResourceRef(T.PLAYLIST, "pl.1")
    page = await scripted.related(playlist, Relation.MORE_BY_CURATOR, US, limit=25, offset=0)
    assert [each.id for each in page.items] == ["pl.2"]


async def test_releases_of_a_label(scripted: AppleBrowsing, apple: AppleServer) -> None:
    album = {"id": "1", "type": "albums", "attributes": {"name": "New"}}
    label = ResourceRef(T.RECORD_LABEL, "5")
    for relation, view in (
        (Relation.LATEST_RELEASES, "latest-releases"),
        (Relation.TOP_RELEASES, "top-releases"),
    ):
        apple.on(f"/v1/catalog/us/record-labels/5/view/{view}", answer({"data": [album]}))
        page = await scripted.related(label, relation, US, limit=25, offset=0)
        assert [type(each) for each in page.items] == [Album]


async def test_a_relation_of_another_type(scripted: AppleBrowsing) -> None:
    song = ResourceRef(T.SONG, "1")
    with pytest.raises(InvalidArgumentError):
        await scripted.related(song, Relation.TOP_RELEASES, US, limit=1, offset=0)


CHARTED = (T.SONG, T.ALBUM, T.PLAYLIST, T.MUSIC_VIDEO)


async def charts(browsing: AppleBrowsing, *types: ResourceType, **values: Any) -> Charts:
    usual: dict[str, Any] = {"limit": 5, "offset": 0, "city_and_global": False}
    genre_id = values.pop("genre_id", "")
    return await browsing.charts(types, genre_id, US, **{**usual, **values})


async def test_charts_of_all_types(browsing: AppleBrowsing) -> None:
    found = await charts(browsing, *CHARTED)
    assert [chart.type for chart in found.charts] == list(CHARTED)
    assert [chart.id for chart in found.charts] == ["most-played"] * 4
    assert found.charts[0].name == "Top Songs"
    assert len(found.charts[0].items) == 5
    assert isinstance(found.charts[0].items[0], Song)
    assert T.SONG in found.more


async def test_charts_page_on_without_repeats(browsing: AppleBrowsing) -> None:
    first = await charts(browsing, T.SONG)
    second = await charts(browsing, T.SONG, offset=5)
    ids = [each.id for page in (first, second) for each in page.charts[0].items]
    assert len(set(ids)) == 10


async def test_charts_of_a_genre(simulator: Simulator, browsing: AppleBrowsing) -> None:
    genres = simulator.world.catalogue.genres
    genre_id, name = next((key, each) for key, each in genres.items() if key != "34")
    (chart,) = (await charts(browsing, T.SONG, genre_id=genre_id)).charts
    songs = [each for each in chart.items if isinstance(each, Song)]
    assert songs
    assert all(name in song.genre_names for song in songs)
    with pytest.raises(InvalidArgumentError, match="genre_id"):
        await charts(browsing, T.SONG, genre_id="999")


def chart_group(name: str, *ids: str, more: bool = False) -> dict[str, object]:
    data = [{"id": each, "type": "playlists", "attributes": {"name": each}} for each in ids]
    follows = {"next": "/v1/catalog/us/charts?offset=5"} if more else {}
    return {"chart": name.lower(), "name": name, "data": data, **follows}


async def test_city_and_global_charts(scripted: AppleBrowsing, apple: AppleServer) -> None:
    results = {
        "playlists": [chart_group("Top Playlists", "pl.1"), chart_group("Empty")],
        "cityCharts": [chart_group("City Charts", "pl.c1", "pl.c2", more=True)],
        "dailyGlobalTopCharts": [chart_group("Daily Global Top 100", "pl.g1")],
        "somethingNew": [chart_group("?", "pl.x")],
    }
    apple.on("/v1/catalog/us/charts", answer({"results": results}))
    found = await charts(scripted, T.PLAYLIST, city_and_global=True)
    assert [(chart.id, chart.name, len(chart.items)) for chart in found.charts] == [
        ("top playlists", "Top Playlists", 1),
        ("city charts", "City Charts", 2),
        ("daily global top 100", "Daily Global Top 100", 1),
    ]
    assert not found.more
    assert found.more_city_and_global
    assert apple.asked[0].query["with"] == "cityCharts,dailyGlobalTopCharts"
    rest = await charts(scripted, offset=5, city_and_global=True)
    assert [chart.id for chart in rest.charts] == ["city charts", "daily global top 100"]


async def test_genres(simulator: Simulator, browsing: AppleBrowsing) -> None:
    genres = await browsing.genres(US)
    assert [each.id for each in genres] == list(simulator.world.catalogue.genres)
    assert all(each.name for each in genres)


async def test_genres_that_come_in_pages(scripted: AppleBrowsing, apple: AppleServer) -> None:
    def page(*ids: str, after: str = "") -> Any:
        data = [{"id": each, "type": "genres", "attributes": {"name": each}} for each in ids]
        return answer({"data": data, **({"next": after} if after else {})})

    apple.on("/v1/catalog/us/genres", page("34", after="/v1/x?offset=1"), page("20", "34"))
    assert [each.id for each in await scripted.genres(US)] == ["34", "20"]
    apple.on("/v1/catalog/us/genres", page("34", after="/v1/x?offset=1"))
    assert [each.id for each in await scripted.genres(US)] == ["34"]
    assert apple.count("/v1/catalog/us/genres") == 2 + 20
    apple.on("/v1/catalog/us/genres", page("34", after="/v1/x"))
    with pytest.raises(AppleMusicError) as caught:
        await scripted.genres(US)
    assert caught.value.reason is Reason.UPSTREAM_RESPONSE_INVALID


async def test_storefronts(browsing: AppleBrowsing) -> None:
    storefronts = await browsing.storefronts("de-DE")
    ids = [each.id for each in storefronts]
    assert ids == sorted(ids)
    assert {"us", "de", "jp"} <= set(ids)


async def test_suggestions(simulator: Simulator, browsing: AppleBrowsing) -> None:
    name = next(iter(simulator.world.catalogue.artists.values())).name
    only_terms = await browsing.suggestions(name[:4], (), US, limit=3)
    assert 0 < len(only_terms.terms) <= 3
    assert not only_terms.top_results
    both = await browsing.suggestions(name, (T.ARTIST, T.SONG), US, limit=5)
    assert name in [each.name for each in both.top_results]


def test_recorded_suggestions() -> None:
    body = recorded("get-catalog-search-suggestions.json")
    found = parse_suggestions(decode_object(body, Endpoint.CATALOG_SUGGESTIONS))
    assert [each.search_term for each in found.terms] == [
        "beach bunny",
        "oxygen beach bunny",
        "cloud 9 beach bunny",
    ]


async def test_a_full_view_asks_for_more_in_lists_too(
    scripted: AppleBrowsing, apple: AppleServer
) -> None:
    apple.on("/v1/catalog/us/albums/1/view/related-albums", answer({"data": []}))
    album = ResourceRef(T.ALBUM, "1")
    await scripted.related(album, Relation.RELATED_ALBUMS, FULL, limit=25, offset=0)
    await scripted.related(album, Relation.RELATED_ALBUMS, US, limit=25, offset=0)
    full, basic = apple.asked
    assert full.query["extend[albums]"] == "editorialNotes,audioVariants,inFavorites"
    assert full.query["relate[albums]"] == "library"
    assert full.headers["Music-User-Token"] == USER_CANARY
    assert not {"extend[albums]", "relate[albums]"} & basic.query.keys()
    assert "Music-User-Token" not in basic.headers
