"""The further RPCs of CatalogService: what is asked of the application, and what comes back."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from applemusic.v1 import catalog_service_pb2 as pb
from applemusic.v1 import media_pb2
from applemusic.v1.catalog_service_pb2_grpc import CatalogServiceStub
from applemusic_server.application.lookup import IsrcMatch, IsrcMatches
from applemusic_server.domain.catalog_answers import (
    Chart,
    Charts,
    Match,
    Matches,
    Relation,
    Suggestion,
    Suggestions,
)
from applemusic_server.domain.gateways import Storefront
from applemusic_server.domain.lyrics import (
    Lyrics,
    LyricsAgent,
    LyricsLine,
    LyricsSyllable,
    LyricsTiming,
)
from applemusic_server.domain.resources import (
    Album,
    Artist,
    Genre,
    MusicVideo,
    Page,
    Playlist,
    ResourceRef,
    ResourceType,
    Song,
)
from tests.support.wire_server import Wire, failure_of

if TYPE_CHECKING:
    from applemusic.v1.catalog_service_pb2_grpc import CatalogServiceAsyncStub

T = ResourceType
SONG_REF = media_pb2.ResourceRef(type=media_pb2.RESOURCE_TYPE_SONG, id="1")
UNKNOWN: Any = 99


def stub_of(wire: Wire) -> "CatalogServiceAsyncStub":
    return CatalogServiceStub(wire.channel)


async def test_related(wire: Wire) -> None:
    wire.browse.page = Page((MusicVideo("7", "Seven"),), next_offset=1)
    request = pb.ListRelatedRequest(
        resource=SONG_REF, relation=pb.RELATION_MUSIC_VIDEOS, page_size=500
    )

    response = await stub_of(wire).ListRelated(request)

    assert [each.music_video.id for each in response.resources] == ["7"]
    request.page_token = response.next_page_token
    await stub_of(wire).ListRelated(request)
    offsets = [(call["limit"], call["offset"]) for _, call in wire.browse.calls]
    assert offsets == [(100, 0), (100, 1)]
    assert wire.browse.calls[0][1]["parent"] == ResourceRef(T.SONG, "1")
    assert wire.browse.calls[0][1]["relation"] is Relation.MUSIC_VIDEOS


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.ListRelatedRequest(relation=pb.RELATION_STATION), "resource.type"),
        (pb.ListRelatedRequest(resource=SONG_REF), "relation"),
        (pb.ListRelatedRequest(resource=SONG_REF, relation=UNKNOWN), "relation"),
        (
            pb.ListRelatedRequest(
                resource=media_pb2.ResourceRef(type=media_pb2.RESOURCE_TYPE_SONG, id="a/b"),
                relation=pb.RELATION_STATION,
            ),
            "resource.id",
        ),
    ],
)
async def test_bad_relations(wire: Wire, request_: pb.ListRelatedRequest, field: str) -> None:
    failure = await failure_of(stub_of(wire).ListRelated(request_))

    assert failure.reason == "INVALID_FIELD"
    assert field in failure.violations
    assert not wire.browse.calls


async def test_charts_go_on_with_those_that_have_more(wire: Wire) -> None:
    songs = Chart("most-played", "Top Songs", T.SONG, (Song("1", "One"),))
    cities = Chart("city-top", "City Charts", T.PLAYLIST, (Playlist("pl.1", "Here"),))
    wire.browse.chart_page = Charts((songs, cities), frozenset({T.SONG}), more_city_and_global=True)
    request = pb.ListChartsRequest(genre_id="20", include_city_and_global=True)

    response = await stub_of(wire).ListCharts(request)

    assert [(chart.id, chart.name, len(chart.items)) for chart in response.charts] == [
        ("most-played", "Top Songs", 1),
        ("city-top", "City Charts", 1),
    ]
    assert response.charts[1].type == media_pb2.RESOURCE_TYPE_PLAYLIST
    request.page_token = response.next_page_token
    wire.browse.chart_page = Charts((cities,), more_city_and_global=True)
    response = await stub_of(wire).ListCharts(request)
    request.page_token = response.next_page_token
    wire.browse.chart_page = Charts((cities,))
    assert not (await stub_of(wire).ListCharts(request)).next_page_token
    asked = [
        (call["types"], call["offset"], call["city_and_global"]) for _, call in wire.browse.calls
    ]
    assert asked == [
        ((T.SONG, T.ALBUM, T.PLAYLIST, T.MUSIC_VIDEO), 0, True),
        ((T.SONG,), 20, True),
        ((), 40, True),
    ]


async def test_genres_and_storefronts(wire: Wire) -> None:
    wire.browse.page = Page((Genre("34", "Music"), Genre("20", "Alternative", "34")))
    genres = await stub_of(wire).ListGenres(pb.ListGenresRequest())
    assert [(each.id, each.parent_id) for each in genres.genres] == [("34", ""), ("20", "34")]
    vietnam = Storefront(
        "vn", "Vietnam", "en-GB", ("en-GB", "vi"), explicit_content_prohibited=True
    )
    wire.browse.page = Page((vietnam,), next_offset=1)
    request = pb.ListStorefrontsRequest(page_size=1, language="de-DE")
    storefronts = await stub_of(wire).ListStorefronts(request)
    assert storefronts.storefronts[0] == pb.Storefront(
        id="vn",
        name="Vietnam",
        default_language_tag="en-GB",
        supported_language_tags=["en-GB", "vi"],
        explicit_content_prohibited=True,
    )
    assert storefronts.next_page_token
    assert wire.browse.calls == [
        ("genres", {"limit": 100, "offset": 0}),
        ("storefronts", {"language": "de-DE", "limit": 1, "offset": 0}),
    ]


async def test_suggestions(wire: Wire) -> None:
    wire.browse.found = Suggestions((Suggestion("a b", "A B"),), (Artist("1", "AB"),))
    request = pb.SearchSuggestionsRequest(
        term="a", term_limit=99, types=[media_pb2.RESOURCE_TYPE_ARTIST]
    )
    response = await stub_of(wire).SearchSuggestions(request)
    assert response.suggestions[0] == pb.SearchSuggestion(search_term="a b", display_term="A B")
    assert response.top_results[0].artist.name == "AB"
    assert wire.browse.calls == [("suggestions", {"term": "a", "types": (T.ARTIST,), "limit": 10})]


async def test_codes(wire: Wire) -> None:
    wire.lookup.isrcs = IsrcMatches(
        (IsrcMatch("a", (Song("1", "One"),), (MusicVideo("2", "Two"),)),), ("b",)
    )
    by_isrc = await stub_of(wire).LookupIsrc(pb.LookupIsrcRequest(isrcs=["a", "b"]))
    assert by_isrc.matches[0].isrc == "a"
    assert by_isrc.matches[0].songs[0].id == "1"
    assert by_isrc.matches[0].music_videos[0].id == "2"
    assert list(by_isrc.missing_isrcs) == ["b"]
    wire.lookup.matches = Matches((Match("0123", (Album("3", "Three"),)),), ("9",))
    by_upc = await stub_of(wire).LookupUpc(pb.LookupUpcRequest(upcs=["0123", "9"]))
    assert (by_upc.matches[0].upc, by_upc.matches[0].albums[0].id) == ("0123", "3")
    assert list(by_upc.missing_upcs) == ["9"]


async def test_equivalents(wire: Wire) -> None:
    wire.lookup.matches = Matches((Match("1", (Song("2", "Two"),)),), ("9",))
    request = pb.LookupEquivalentsRequest(
        type=media_pb2.RESOURCE_TYPE_SONG,
        ids=["1", "9"],
        options=media_pb2.ReadOptions(storefront="de"),
    )
    response = await stub_of(wire).LookupEquivalents(request)
    assert response.matches[0].id == "1"
    assert response.matches[0].resources[0].song.id == "2"
    assert list(response.missing_ids) == ["9"]
    assert wire.lookup.calls == [("equivalents", (T.SONG, ("1", "9"), "de"))]


async def test_a_url_is_passed_on_as_it_is(wire: Wire) -> None:
    url = "https://music.apple.com/us/album/für/1?i=2"
    response = await stub_of(wire).ResolveUrl(pb.ResolveUrlRequest(url=url))
    assert response.resource.song.id == "1"
    assert wire.lookup.calls == [("resolve_url", (url,))]


async def test_lyrics(wire: Wire) -> None:
    second = timedelta(seconds=1)
    syllable = LyricsSyllable("la", second, 2 * second, word_end=True)
    line = LyricsLine("la", second, 2 * second, "v1", (syllable,), (), "so", "la", "Verse")
    wire.lookup.lyrics = Lyrics(
        "en", LyricsTiming.WORD, (line,), (LyricsAgent("v1", "Ann", group=True),), ("C",)
    )
    request = pb.GetLyricsRequest(song_id="5", account="anna", translation_language="de")
    lyrics = (await stub_of(wire).GetLyrics(request)).lyrics
    assert (lyrics.language, lyrics.timing) == ("en", pb.LYRICS_TIMING_WORD)
    assert lyrics.lines[0].start_offset.ToTimedelta() == second
    assert lyrics.lines[0].syllables[0].end_offset.ToTimedelta() == 2 * second
    assert (lyrics.lines[0].translation, lyrics.lines[0].song_part) == ("so", "Verse")
    assert lyrics.agents[0] == pb.LyricsAgent(id="v1", name="Ann", group=True)
    assert list(lyrics.songwriters) == ["C"]
    assert lyrics.plain_text == "la"
    assert lyrics.lrc == "[00:01.00]la"
    assert lyrics.enhanced_lrc == "[00:01.00]<00:01.00>la <00:02.00>"
    assert wire.lookup.calls == [("lyrics", ("anna", "5", LyricsTiming.WORD, "de"))]
    wire.lookup.lyrics = Lyrics("", LyricsTiming.NONE, (LyricsLine("la"),))
    lyrics = (await stub_of(wire).GetLyrics(request)).lyrics
    assert not lyrics.lines[0].HasField("start_offset")
    assert lyrics.lrc == ""


async def test_requests_are_checked_before_the_application_sees_them(wire: Wire) -> None:
    stub = stub_of(wire)
    calls: list[tuple[Any, str]] = [
        (stub.LookupIsrc(pb.LookupIsrcRequest()), "isrcs"),
        (stub.LookupIsrc(pb.LookupIsrcRequest(isrcs=["a"] * 251)), "isrcs"),
        (stub.LookupUpc(pb.LookupUpcRequest(upcs=["a"] * 251)), "upcs"),
        (stub.LookupEquivalents(pb.LookupEquivalentsRequest(ids=["1"])), "type"),
        (
            stub.LookupEquivalents(
                pb.LookupEquivalentsRequest(type=media_pb2.RESOURCE_TYPE_SONG, ids=["1"] * 301)
            ),
            "ids",
        ),
        (stub.ResolveUrl(pb.ResolveUrlRequest()), "url"),
        (stub.ResolveUrl(pb.ResolveUrlRequest(url="x" * 2049)), "url"),
        (stub.GetLyrics(pb.GetLyricsRequest()), "song_id"),
        (
            stub.GetLyrics(pb.GetLyricsRequest(song_id="1", translation_language="x y")),
            "translation_language",
        ),
        (stub.SearchSuggestions(pb.SearchSuggestionsRequest(term=" ")), "term"),
        (
            stub.SearchSuggestions(pb.SearchSuggestionsRequest(term="a", term_limit=-1)),
            "term_limit",
        ),
        (stub.ListCharts(pb.ListChartsRequest(genre_id="a/b")), "genre_id"),
        (stub.ListStorefronts(pb.ListStorefrontsRequest(language="english!")), "language"),
    ]
    for call, field in calls:
        failure = await failure_of(call)
        assert failure.code is grpc.StatusCode.INVALID_ARGUMENT
        assert list(failure.violations) == [field]
    assert not wire.lookup.calls
    assert not wire.browse.calls
