"""Oddities of Apple's answers that no recorded sample shows."""

import json
from datetime import UTC, datetime

import pytest

from applemusic_server.domain.resources import (
    AudioVariant,
    Availability,
    Date,
    FavoriteState,
    MusicVideo,
    Playlist,
    Resource,
    Song,
    Station,
    StationKind,
)
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.json_reader import decode_object
from applemusic_server.upstream.parse.resource import parse_data


def parse(apple_type: str, attributes: dict[str, object], **more: object) -> list[Resource]:
    body = {"data": [{"id": "1", "type": apple_type, "attributes": attributes, **more}]}
    return list(parse_data(decode_object(json.dumps(body).encode(), Endpoint.CATALOG_SONGS)))


def song(attributes: dict[str, object], apple_type: str = "songs", **more: object) -> Song:
    (found,) = parse(apple_type, {"name": "One", **attributes}, **more)
    assert isinstance(found, Song)
    return found


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2022-06-09", Date(2022, 6, 9)),
        ("2022-06", Date(2022, 6)),
        ("2022", Date(2022)),
        ("2022-06-09T07:14:47Z", Date(2022, 6, 9)),
        ("2022-13-09", Date(2022)),
        ("2022-06-45", Date(2022, 6)),
        ("0000-01-01", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_dates_have_any_precision(text: str | None, date: Date | None) -> None:
    assert song({"releaseDate": text}).release_date == date


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2021-09-30T13:28:29Z", datetime(2021, 9, 30, 13, 28, 29, tzinfo=UTC)),
        ("2021-09-30T13:28:29", datetime(2021, 9, 30, 13, 28, 29, tzinfo=UTC)),
        ("2021-09-30T15:28:29.5+02:00", datetime(2021, 9, 30, 13, 28, 29, 500000, tzinfo=UTC)),
        ("0001-01-01T00:00:00+23:59", None),
        ("yesterday", None),
    ],
)
def test_moments_are_utc(text: str, moment: datetime | None) -> None:
    assert song({"dateAdded": text}).date_added == moment


@pytest.mark.parametrize(
    ("apple_type", "play", "availability"),
    [
        ("songs", {"id": "1", "kind": "song"}, Availability.CATALOG),
        ("songs", None, Availability.WITHDRAWN),
        ("library-songs", {"isLibrary": True, "catalogId": "9"}, Availability.CATALOG),
        ("library-songs", {"isLibrary": True, "reporting": False}, Availability.UPLOADED),
        ("library-songs", {"isLibrary": True, "purchasedId": "9"}, Availability.PURCHASED),
        ("library-songs", None, Availability.WITHDRAWN),
    ],
)
def test_where_audio_comes_from(
    apple_type: str, play: dict[str, object] | None, availability: Availability
) -> None:
    assert song({"playParams": play}, apple_type).availability is availability


def test_an_upload_as_observed() -> None:
    found = song(
        {
            "genreNames": [""],
            "trackNumber": 0,
            "durationInMillis": 128373,
            "playParams": {"id": "i.1", "kind": "song", "isLibrary": True, "reporting": False},
            "artwork": {"width": None, "height": None, "url": "https://x/{w}x{h}.jpg"},
        },
        "library-songs",
    )
    assert (found.catalog_id, found.library_id, found.genre_names) == ("", "1", ())
    assert found.artwork is not None
    assert (found.artwork.width, found.artwork.height) == (0, 0)


def test_a_signed_cover_ends_and_is_not_shown() -> None:
    url = (
        "https://store-001.blobstore.apple.com/b/c.jpg"
        "?X-Amz-Date=20261122T120000Z&X-Amz-Expires=86400&X-Amz-Signature=canary"
    )
    artwork = song({"artwork": {"url": url}}).artwork
    assert artwork is not None
    assert artwork.url_template == url
    assert artwork.expire_time == datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert "canary" not in repr(artwork)
    for broken in (
        "X-Amz-Date=x&X-Amz-Expires=1",
        "X-Amz-Expires=1",
        "X-Amz-Date=20261122T120000Z",
    ):
        unsigned = song({"artwork": {"url": f"https://x/?{broken}"}}).artwork
        assert unsigned is not None
        assert unsigned.expire_time is None
    assert song({"artwork": {"url": "javascript:alert(1)"}}).artwork is None
    assert song({"artwork": {}}).artwork is None


def test_what_the_listener_and_the_editors_think() -> None:
    assert song({}).favorite_state is FavoriteState.UNKNOWN
    assert song({"inFavorites": True}).favorite_state is FavoriteState.FAVORITE
    assert song({"inFavorites": False}).favorite_state is FavoriteState.NONE
    variants = song({"audioVariants": ["dolby-atmos", "holographic", "lossless"]}).audio_variants
    assert variants == (AudioVariant.DOLBY_ATMOS, AudioVariant.LOSSLESS)
    library = {"library": {"data": [{"id": "i.7", "type": "library-songs"}]}}
    assert song({}, relationships=library).library_id == "i.7"
    assert song({"editorialNotes": {}}).editorial_notes is None


@pytest.mark.parametrize(
    ("attributes", "kind", "playable"),
    [
        ({"isLive": True, "supportedDrms": ["widevine"]}, StationKind.LIVE, False),
        ({"isLive": True, "playParams": {"format": "stream"}}, StationKind.BROADCAST, True),
        ({"playParams": {"format": "tracks", "mediaType": "audio"}}, StationKind.TRACKS, True),
        ({"durationInMillis": 3600000}, StationKind.EPISODE, False),
        ({"episodeNumber": 12}, StationKind.EPISODE, False),
        ({"playParams": {"format": "stream"}}, StationKind.EPISODE, False),
        ({}, StationKind.UNKNOWN, False),
    ],
)
def test_stations(attributes: dict[str, object], kind: StationKind, *, playable: bool) -> None:
    (found,) = parse("stations", attributes)
    assert isinstance(found, Station)
    assert (found.kind, found.playable, found.name) == (kind, playable, "")


def test_library_playlists() -> None:
    assert parse("library-playlists", {"lastModifiedDate": "1970-01-01T00:00:00Z"}) == []
    (found,) = parse(
        "library-playlists",
        {"name": "Mine", "tags": ["favorited"], "playParams": {"globalId": "pl.u-1"}},
    )
    assert isinstance(found, Playlist)
    assert found.favorites
    assert (found.catalog_id, found.library_id) == ("pl.u-1", "1")


@pytest.mark.parametrize(
    ("attributes", "tracks", "count"),
    [
        ({"trackCount": 7}, {"data": []}, 7),
        ({}, {"data": [], "meta": {"total": 9}}, 9),
        ({}, {"data": [{}, {}]}, 2),
        ({}, {"data": [{}, {}], "next": "/v1/x?offset=2"}, 0),
        ({}, None, 0),
    ],
)
def test_how_many_tracks(
    attributes: dict[str, object], tracks: dict[str, object] | None, count: int
) -> None:
    (found,) = parse("playlists", {"name": "One", **attributes}, relationships={"tracks": tracks})
    assert isinstance(found, Playlist)
    assert found.track_count == count


def test_numbers_stay_what_the_contract_can_hold() -> None:
    found = song({"trackNumber": -1, "discNumber": 2.0, "durationInMillis": 2**40})
    assert (found.track_number, found.disc_number) == (0, 2)
    assert found.duration.total_seconds() == pytest.approx((2**31 - 1) / 1000)
    (video,) = parse("music-videos", {"name": "\ud83d lone", "previews": [{"hlsUrl": "x"}]})
    assert isinstance(video, MusicVideo)
    assert video.name == "\ufffd lone"
    assert video.preview_urls == ()
