"""CatalogService: what is asked of the application, and what comes back."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from applemusic.v1 import catalog_service_pb2 as pb
from applemusic.v1 import media_pb2
from applemusic.v1.catalog_service_pb2_grpc import CatalogServiceStub
from applemusic_server.domain.gateways import ArtistAlbumKind
from applemusic_server.domain.resources import (
    Album,
    Artwork,
    AudioVariant,
    Availability,
    ContentRating,
    Date,
    EditorialNotes,
    FavoriteState,
    ResourceRef,
    ResourceType,
    SearchResults,
    Song,
)
from tests.support.wire_server import Wire, failure_of

if TYPE_CHECKING:
    from applemusic.v1.catalog_service_pb2_grpc import CatalogServiceAsyncStub


def stub_of(wire: Wire) -> "CatalogServiceAsyncStub":
    return CatalogServiceStub(wire.channel)


async def test_a_song_arrives_whole(wire: Wire) -> None:
    wire.catalog.resource = Song(
        id="1440857781",
        name="Anfänge",
        catalog_id="1440857781",
        artist_name="Anna & Berta",
        artists=(ResourceRef(ResourceType.ARTIST, "1", "Anna"),),
        album_name="Album",
        album=ResourceRef(ResourceType.ALBUM, "2"),
        duration=timedelta(milliseconds=212345),
        track_number=3,
        disc_number=1,
        isrc="USUM71703861",
        content_rating=ContentRating.EXPLICIT,
        genre_names=("Pop", "Music"),
        release_date=Date(1998, 7),
        artwork=Artwork("https://a.example/{w}x{h}{c}.{f}", 3000, 1500, "aabbcc", ("111111",)),
        preview_urls=("https://p.example/1.m4a",),
        availability=Availability.CATALOG,
        has_lyrics=True,
        audio_variants=(AudioVariant.LOSSY_STEREO, AudioVariant.DOLBY_ATMOS),
        editorial_notes=EditorialNotes(short="s"),
        favorite_state=FavoriteState.FAVORITE,
        date_added=datetime(2026, 1, 2, tzinfo=UTC),
    )

    response = await stub_of(wire).GetSong(
        pb.GetSongRequest(id="1440857781", options=media_pb2.ReadOptions(artwork_size=300))
    )

    song = response.song
    assert song.name == "Anfänge"
    assert song.artists[0].type == media_pb2.RESOURCE_TYPE_ARTIST
    assert song.album.id == "2"
    assert song.duration.ToTimedelta() == timedelta(milliseconds=212345)
    assert song.content_rating == media_pb2.CONTENT_RATING_EXPLICIT
    assert (song.release_date.year, song.release_date.month, song.release_date.day) == (1998, 7, 0)
    assert song.artwork.url == "https://a.example/300x150bb.jpg"
    assert song.artwork.url_template == "https://a.example/{w}x{h}{c}.{f}"
    assert not song.artwork.HasField("expire_time")
    assert song.previews[0].url == "https://p.example/1.m4a"
    assert song.availability == media_pb2.AVAILABILITY_CATALOG
    assert song.audio_variants[1] == media_pb2.AUDIO_VARIANT_DOLBY_ATMOS
    assert song.editorial_notes.short == "s"
    assert song.favorite_state == media_pb2.FAVORITE_STATE_FAVORITE
    assert song.date_added.ToDatetime(UTC) == datetime(2026, 1, 2, tzinfo=UTC)


async def test_what_is_not_known_is_unset(wire: Wire) -> None:
    response = await stub_of(wire).GetSong(pb.GetSongRequest(id="1"))

    assert response.song == media_pb2.Song(id="1", name="Song 1")


async def test_read_options_and_account_are_passed_on(wire: Wire) -> None:
    options = media_pb2.ReadOptions(language="de-DE", storefront="de", view=media_pb2.VIEW_FULL)

    await stub_of(wire).GetAlbum(pb.GetAlbumRequest(id="7", account="anna", options=options))

    ((name, call),) = wire.catalog.calls
    assert name == "get"
    assert call["kind"] is Album
    assert call["account"] == "anna"
    assert call["options"].language == "de-DE"
    assert call["options"].storefront == "de"
    assert call["options"].full
    assert call["options"].artwork_size == 600


async def test_every_get_and_batch_get(wire: Wire) -> None:
    stub = stub_of(wire)

    assert (await stub.GetArtist(pb.GetArtistRequest(id="1"))).artist.name == "Artist 1"
    assert (await stub.GetPlaylist(pb.GetPlaylistRequest(id="pl.1"))).playlist.id == "pl.1"
    assert (await stub.GetStation(pb.GetStationRequest(id="ra.1"))).station.id == "ra.1"
    assert (await stub.GetMusicVideo(pb.GetMusicVideoRequest(id="1"))).music_video.id == "1"
    assert (await stub.GetGenre(pb.GetGenreRequest(id="34"))).genre.id == "34"
    assert (await stub.GetCurator(pb.GetCuratorRequest(id="1"))).curator.id == "1"
    assert (await stub.GetRecordLabel(pb.GetRecordLabelRequest(id="1"))).record_label.id == "1"
    ids = ["1", "404", "2"]
    batches: list[tuple[Any, str]] = [
        (await stub.BatchGetSongs(pb.BatchGetSongsRequest(ids=ids)), "songs"),
        (await stub.BatchGetAlbums(pb.BatchGetAlbumsRequest(ids=ids)), "albums"),
        (await stub.BatchGetArtists(pb.BatchGetArtistsRequest(ids=ids)), "artists"),
        (await stub.BatchGetPlaylists(pb.BatchGetPlaylistsRequest(ids=ids)), "playlists"),
        (await stub.BatchGetStations(pb.BatchGetStationsRequest(ids=ids)), "stations"),
        (await stub.BatchGetMusicVideos(pb.BatchGetMusicVideosRequest(ids=ids)), "music_videos"),
        (await stub.BatchGetGenres(pb.BatchGetGenresRequest(ids=ids)), "genres"),
    ]
    for response, field in batches:
        assert [each.id for each in getattr(response, field)] == ["1", "2"]
        assert list(response.missing_ids) == ["404"]


@pytest.mark.parametrize(
    ("ids", "field"),
    [([], "ids"), (["1"] * 1501, "ids"), (["1", ""], "ids[1]"), (["1", "a b"], "ids[1]")],
)
async def test_bad_batches(wire: Wire, ids: list[str], field: str) -> None:
    failure = await failure_of(stub_of(wire).BatchGetSongs(pb.BatchGetSongsRequest(ids=ids)))

    assert failure.reason == "INVALID_FIELD"
    assert field in failure.violations


async def test_many_violations_fit_into_the_trailers(wire: Wire) -> None:
    request = pb.BatchGetSongsRequest(ids=["!" * 100] * 1500)

    failure = await failure_of(stub_of(wire).BatchGetSongs(request))

    assert failure.reason == "INVALID_FIELD"
    assert len(failure.violations) == 8


async def test_pages_follow_each_other(wire: Wire) -> None:
    stub = stub_of(wire)
    request = pb.ListAlbumTracksRequest(album_id="1")
    names: list[str] = []
    while True:
        response = await stub.ListAlbumTracks(request)
        names += [track.song.name for track in response.tracks]
        if not response.next_page_token:
            break
        request.page_token = response.next_page_token

    assert names == [f"Song {n}" for n in range(500)]


async def test_page_sizes(wire: Wire) -> None:
    stub = stub_of(wire)
    for size, limit in ((0, 100), (7, 7), (300, 300), (2**31 - 1, 300)):
        await stub.ListPlaylistTracks(
            pb.ListPlaylistTracksRequest(playlist_id="pl.1", page_size=size)
        )
        assert wire.catalog.calls[-1][1]["limit"] == limit
    failure = await failure_of(
        stub.ListPlaylistTracks(pb.ListPlaylistTracksRequest(playlist_id="pl.1", page_size=-1))
    )
    assert failure.violations == {"page_size": "must not be negative"}


async def test_a_page_token_is_good_for_its_request_only(wire: Wire) -> None:
    stub = stub_of(wire)
    token = (await stub.ListAlbumTracks(pb.ListAlbumTracksRequest(album_id="1"))).next_page_token

    other_size = pb.ListAlbumTracksRequest(album_id="1", page_size=5, page_token=token)
    assert len((await stub.ListAlbumTracks(other_size)).tracks) == 5
    other_album = pb.ListAlbumTracksRequest(album_id="2", page_token=token)
    failure = await failure_of(stub.ListAlbumTracks(other_album))
    assert failure.code is grpc.StatusCode.INVALID_ARGUMENT
    assert failure.reason == "INVALID_PAGE_TOKEN"
    other_rpc = pb.ListPlaylistTracksRequest(playlist_id="1", page_token=token)
    failure = await failure_of(stub.ListPlaylistTracks(other_rpc))
    assert failure.reason == "INVALID_PAGE_TOKEN"


async def test_artist_albums_by_kind(wire: Wire) -> None:
    stub = stub_of(wire)

    await stub.ListArtistAlbums(pb.ListArtistAlbumsRequest(artist_id="1"))
    await stub.ListArtistAlbums(
        pb.ListArtistAlbumsRequest(artist_id="1", kind=pb.ARTIST_ALBUM_KIND_SINGLES)
    )

    assert [call["kind"] for _, call in wire.catalog.calls] == [
        ArtistAlbumKind.ALL,
        ArtistAlbumKind.SINGLES,
    ]


async def test_top_songs_and_similar_artists(wire: Wire) -> None:
    stub = stub_of(wire)

    songs = await stub.ListArtistTopSongs(pb.ListArtistTopSongsRequest(artist_id="1"))
    artists = await stub.ListSimilarArtists(pb.ListSimilarArtistsRequest(artist_id="1"))

    assert len(songs.songs) == 10
    assert artists.artists[0].name == "Other"
    assert wire.catalog.calls[-1][1]["limit"] == 15


async def test_a_search_goes_on_where_there_is_more(wire: Wire) -> None:
    stub = stub_of(wire)
    wire.catalog.results = SearchResults(
        songs=(Song(id="1", name="Song"),),
        albums=(Album(id="2", name="Album"),),
        top_results=(Album(id="2", name="Album"), Song(id="1", name="Song")),
        more=frozenset({ResourceType.ALBUM}),
    )

    request = pb.SearchRequest(term="anna", page_size=5, include_top_results=True)
    first = await stub.Search(request)
    wire.catalog.results = SearchResults(albums=(Album(id="3", name="Album 3"),))
    request.page_token = first.next_page_token
    second = await stub.Search(request)

    calls = [call for _, call in wire.catalog.calls]
    assert [each.WhichOneof("resource") for each in first.top_results] == ["album", "song"]
    assert calls[0]["offset"] == 0
    assert calls[0]["limit"] == 5
    assert calls[0]["top_results"]
    assert tuple(calls[1]["types"]) == (ResourceType.ALBUM,)
    assert calls[1]["offset"] == 5
    assert not calls[1]["top_results"]
    assert second.next_page_token == ""
    assert not second.songs


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.SearchRequest(), "term"),
        (pb.SearchRequest(term=" \t"), "term"),
        (pb.SearchRequest(term="a" * 501), "term"),
        (pb.SearchRequest(term="a\0b"), "term"),
        (pb.SearchRequest(term="a", types=[media_pb2.RESOURCE_TYPE_GENRE]), "types[0]"),
        (pb.SearchRequest(term="a", types=[media_pb2.RESOURCE_TYPE_UNSPECIFIED]), "types[0]"),
        (
            pb.SearchRequest(term="a", options=media_pb2.ReadOptions(language="german please")),
            "options.language",
        ),
        (
            pb.SearchRequest(term="a", options=media_pb2.ReadOptions(storefront="USA")),
            "options.storefront",
        ),
        (
            pb.SearchRequest(term="a", options=media_pb2.ReadOptions(artwork_size=3001)),
            "options.artwork_size",
        ),
        (
            pb.SearchRequest(term="a", options=media_pb2.ReadOptions(artwork_size=-1)),
            "options.artwork_size",
        ),
    ],
)
async def test_bad_searches(wire: Wire, request_: pb.SearchRequest, field: str) -> None:
    failure = await failure_of(stub_of(wire).Search(request_))

    assert failure.reason == "INVALID_FIELD"
    assert field in failure.violations
    assert wire.catalog.calls == []
