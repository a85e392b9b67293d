"""Recorded ratings, recommendations, history and stations, as a person looked at them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from applemusic_server.domain.errors import AppleMusicError, Reason
from applemusic_server.domain.recommendations import Recommendation
from applemusic_server.domain.resources import FavoriteState, Playlist, StationKind
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.json_reader import decode_object
from applemusic_server.upstream.parse.rating import parse_favorites, parse_ratings
from applemusic_server.upstream.parse.recommendation import (
    parse_contents,
    parse_recommendations,
    parse_replay,
)
from applemusic_server.upstream.parse.resource import parse_page
from tests.support.fixtures import fixtures_folder, recorded

# Looked at: each is a list of ids, all of them favorites.
RATINGS = {
    "add-a-personal-album-rating.json": ["1138988512"],
    "add-a-personal-library-album-rating.json": ["l.qrRWYhq"],
    "add-a-personal-library-music-video-rating.json": ["i.NJv00rkTEaLK51"],
    "add-a-personal-library-song-rating.json": ["i.7PJNN4mfXlD68R"],
    "add-a-personal-music-video-rating.json": ["639032181"],
    "add-a-personal-playlist-rating.json": ["pl.5b0194eaa170401e8986335d7e77aa4e"],
    "add-a-personal-station-rating.json": ["ra.840950253"],
    "get-a-personal-album-rating.json": ["1138988512"],
    "get-a-personal-library-album-rating.json": ["l.qrRWYhq"],
    "get-a-personal-library-playlist-rating.json": ["p.MoGJYM3CYXW09B"],
    "get-a-personal-library-song-rating.json": ["i.7PJNN4mfXlD68R"],
    "get-a-personal-music-video-rating.json": ["639032181"],
    "get-a-personal-song-rating.json": ["907242702"],
    "get-a-personal-station-rating.json": ["ra.853851860"],
    "get-multiple-personal-album-ratings.json": ["1138988512", "475655712"],
    "get-multiple-personal-library-album-ratings.json": ["l.qrRWYhq"],
    "get-multiple-personal-library-music-video-ratings.json": [
        "i.NJv00rkTEaLK51",
        "i.B0VNN8Bf9dYXOV",
    ],
    "get-multiple-personal-library-songs-ratings.json": ["i.7PJNN4mfXlD68R", "i.xrXvO5vFv0VrNA"],
    "get-multiple-personal-music-video-ratings.json": ["639032181", "870852283"],
    "get-multiple-personal-playlist-ratings.json": [
        "pl.5b0194eaa170401e8986335d7e77aa4e",
        "pl.5ee8333dbe944d9f9151e97d92d1ead9",
    ],
    "get-multiple-personal-station-ratings.json": ["ra.853851860", "ra.840950253"],
}


def answer(name: str, endpoint: Endpoint = Endpoint.ME_RATINGS) -> Any:
    return decode_object(recorded(name), endpoint)


def test_every_recorded_rating_is_a_favorite() -> None:
    folder = fixtures_folder() / "apple-docs"
    assert sorted(path.name for path in folder.glob("*rating*.json")) == sorted(RATINGS)
    for name, ids in RATINGS.items():
        found = list(parse_ratings(answer(name), ids))
        assert found == [(each, FavoriteState.FAVORITE) for each in ids], name


def test_only_the_prefix_that_was_not_asked_for_is_taken_away() -> None:
    body = {
        "data": [
            {"id": "r.12", "attributes": {"value": -1}},
            {"id": "r.r.13", "attributes": {"value": 1}},
            {"id": "r.aB3", "attributes": {"value": 1}},
            {"id": "14", "attributes": {"value": 2}},
            {"id": "15"},
            {"id": "99", "attributes": {"value": 1}},
        ]
    }
    reader = decode_object(json.dumps(body).encode(), Endpoint.ME_RATINGS)
    found = dict(parse_ratings(reader, ["12", "13", "r.aB3", "14", "15"]))
    assert found == {"12": FavoriteState.DISLIKED, "r.aB3": FavoriteState.FAVORITE}


@pytest.mark.parametrize(
    ("name", "next_update"),
    [
        ("get-default-recommendations.json", datetime(2021, 10, 7, 15, 59, 59, tzinfo=UTC)),
        ("get-multiple-recommendations.json", datetime(2021, 9, 30, 15, 59, 59, tzinfo=UTC)),
    ],
)
def test_recorded_recommendations(name: str, next_update: datetime) -> None:
    page = parse_recommendations(answer(name, Endpoint.ME_RECOMMENDATIONS), 0)
    (group,) = page.items
    assert page.next_offset is None
    assert isinstance(group, Recommendation)
    assert (group.id, group.title, group.reason) == ("6-27s5hU6azhJY", "Made for You", "")
    assert not group.recently_played
    assert group.next_update_time == next_update
    assert group.next_offset is None
    assert [(type(each), each.name) for each in group.items] == [
        (Playlist, "Favorites Mix"),
        (Playlist, "Get Up! Mix"),
        (Playlist, "Chill Mix"),
        (Playlist, "New Music Mix"),
    ]


def test_recorded_contents() -> None:
    name = "get-a-recommendation-relationship-directly-by-name.json"
    page = parse_contents(answer(name, Endpoint.ME_RECOMMENDATION_ITEMS), 0)
    assert [each.name for each in page.items] == [
        "New Music Mix",
        "Favorites Mix",
        "Get Up! Mix",
        "Chill Mix",
    ]


@pytest.mark.parametrize(
    ("name", "items", "next_offset"),
    [
        (
            "get-recently-played-resources.json",
            [
                "Station Apple Music Country",
                "Album Heart On My Sleeve",
                "Album Dance Fever",
                "Album ESQUEMAS",
                "Album Bronco",
                "Station Apple Music Hits",
            ],
            10,
        ),
        ("get-heavy-rotation-content.json", ["Album Dance Fever (Apple Music Edition)"], 1),
        (
            "get-recently-played-tracks.json",
            ["Song Efecto", "Song Entropy", "Song Get U"],
            None,
        ),
    ],
)
def test_recorded_history(name: str, items: list[str], next_offset: int | None) -> None:
    page = parse_page(answer(name, Endpoint.ME_RECENTLY_PLAYED), 0)
    shown = [f"{type(each).__name__} {each.name}" for each in page.items]
    assert shown == items
    assert page.next_offset == next_offset


def test_recorded_stations_are_what_they_are() -> None:
    live = parse_page(answer("get-the-apple-music-live-radio-stations.json"), 0).items
    assert [(each.id, each.name, each.kind, each.playable) for each in live] == [  # type: ignore[union-attr]  # stations
        ("ra.978194965", "Apple Music 1", StationKind.LIVE, False),
        ("ra.1498155548", "Apple Music Hits", StationKind.LIVE, False),
        ("ra.1498157166", "Apple Music Country", StationKind.LIVE, False),
    ]
    name = "get-a-station-genres-relationship-directly-by-name.json"
    of_genre = parse_page(answer(name), 0).items
    assert len(of_genre) == 26
    assert {(each.kind, each.playable) for each in of_genre} == {(StationKind.TRACKS, True)}  # type: ignore[union-attr]  # stations
    assert [each.name for each in of_genre[:2]] == ["Pop Station", "Hits Station"]
    genres = parse_page(answer("get-all-station-genres.json"), 0).items
    assert len(genres) == 19
    assert ("1149486336", "Pop") in {(each.id, each.name) for each in genres}


STRANGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=8),
    st.lists(st.none() | st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["id", "data", "next"]), st.integers() | st.text(max_size=4)),
)
REPLAY: dict[str, Any] = {
    "data": [
        {
            "id": "month-2025-8",
            "type": "music-summaries",
            "attributes": {"period": "month", "year": 2025, "month": 8},
            "relationships": {"playlist": {"data": [{"id": "pl.1", "type": "playlists"}]}},
            "views": {
                "top-songs": {
                    "next": "/v1/me/music-summaries/month-2025-8/view/top-songs?offset=1",
                    "data": [
                        {
                            "id": "x",
                            "attributes": {"playCount": 7},
                            "relationships": {
                                "song": {
                                    "data": [
                                        {"id": "1", "type": "songs", "attributes": {"name": "One"}}
                                    ]
                                }
                            },
                        }
                    ],
                }
            },
        }
    ]
}


def test_a_replay_of_a_month() -> None:
    reader = decode_object(json.dumps(REPLAY).encode(), Endpoint.ME_REPLAY)
    replay = parse_replay(next(reader.children("data")), 0, 0)
    assert (replay.year, replay.month) == (2025, 8)
    ((song, count),) = ((each.resource, each.play_count) for each in replay.top_songs)
    assert (song.id, song.name, count) == ("1", "One", 7)
    assert replay.playlist is None  # A bare reference says nothing to show.


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path] if path else []
    members: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        members = list(value.items())
    elif isinstance(value, list):
        members = list(enumerate(value))
    return found + [each for key, member in members for each in places(member, (*path, key))]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_mutants_are_read_or_refused(data: st.DataObject) -> None:
    name = data.draw(
        st.sampled_from(
            [
                "",
                "get-default-recommendations.json",
                "get-multiple-personal-album-ratings.json",
                "get-recently-played-resources.json",
            ]
        )
    )
    value = json.loads(recorded(name)) if name else json.loads(json.dumps(REPLAY))
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(st.sampled_from(places(value)))
        parent = value
        for key in place[:-1]:
            parent = parent[key]
        parent[place[-1]] = data.draw(STRANGE)
    reader = decode_object(json.dumps(value).encode(), Endpoint.ME_RECOMMENDATIONS)
    for parse in (
        lambda: list(parse_ratings(reader, ["1"])),
        lambda: list(parse_favorites(reader)),
        lambda: parse_recommendations(reader, 0),
        lambda: parse_contents(reader, 0),
        lambda: [parse_replay(each, 0, 0) for each in reader.children("data")],
    ):
        try:
            repr(parse()).encode()
        except AppleMusicError as error:
            assert error.reason is Reason.UPSTREAM_RESPONSE_INVALID  # noqa: PT017 - both are fine
