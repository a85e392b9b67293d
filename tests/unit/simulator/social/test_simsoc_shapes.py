"""Answers about the listener, radio and editors have the keys and types of Apple's recorded ones.

What differs on purpose stands beside each request.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from applemusic_simulator.model import Catalogue
from applemusic_simulator.simulator import Simulator
from applemusic_simulator.social.library_link import NoLibrary
from tests.support.shapes import differences

Ask = Callable[..., Awaitable[tuple[int, Any]]]
US = "/catalog/us"
OURS = "data[].attributes"
# Recorded before every curator said what kind it is.
NO_KIND = (f"{OURS}.kind",)
# Recorded before playlists said these, and some were never described.
OLD_PLAYLISTS = (f"{OURS}.isChart", f"{OURS}.playParams.versionHash", f"{OURS}.description")
RATING = {"type": "rating", "attributes": {"value": 1}}


async def rated(ask: Ask, catalogue: Catalogue, what: str) -> str:
    """Type and id of something to rate, as they stand in a path."""
    kind = f"{what}s"
    if what.startswith("library-"):
        _, body = await ask("GET", f"/me/library/{kind.removeprefix('library-')}?limit=1")
        return f"{kind}/{body['data'][0]['id']}"
    ids: dict[str, str] = {
        "albums": next(iter(catalogue.albums)),
        "music-videos": next(iter(catalogue.music_videos)),
        "playlists": next(iter(catalogue.playlists)),
        "songs": next(iter(catalogue.songs)),
        "stations": next(iter(catalogue.stations)),
    }
    return f"{kind}/{ids[kind]}"


@pytest.mark.parametrize(
    "name",
    [
        *("add-a-personal-album-rating", "add-a-personal-library-album-rating"),
        *("add-a-personal-library-music-video-rating", "add-a-personal-library-song-rating"),
        *("add-a-personal-music-video-rating", "add-a-personal-playlist-rating"),
        *("add-a-personal-station-rating", "get-a-personal-album-rating"),
        *("get-a-personal-library-album-rating", "get-a-personal-library-playlist-rating"),
        *("get-a-personal-library-song-rating", "get-a-personal-music-video-rating"),
        *("get-a-personal-song-rating", "get-a-personal-station-rating"),
        *("get-multiple-personal-album-ratings", "get-multiple-personal-library-album-ratings"),
        "get-multiple-personal-library-music-video-ratings",
        "get-multiple-personal-library-songs-ratings",
        *("get-multiple-personal-music-video-ratings", "get-multiple-personal-playlist-ratings"),
        "get-multiple-personal-station-ratings",
    ],
)
async def test_ratings(
    name: str,
    ask: Ask,
    recorded: Callable[[str], Any],
    catalogue: Catalogue,
    simulator: Simulator,
) -> None:
    simulator.world.social.library = NoLibrary()  # takes every library id
    what = name.partition("-personal-")[2].replace("songs-ratings", "song-ratings")
    path = await rated(ask, catalogue, what.removesuffix("s").removesuffix("-rating"))
    added = await ask("PUT", f"/me/ratings/{path}", RATING)
    kind, _, key = path.partition("/")
    read = {
        "add": added,
        "get-a": await ask("GET", f"/me/ratings/{path}"),
        "get-multiple": await ask("GET", f"/me/ratings/{kind}?ids={key}"),
    }
    verb = next(verb for verb in ("get-multiple", "get-a", "add") if name.startswith(verb))
    assert read[verb][0] == 200
    assert differences(read[verb][1], recorded(name)) == set()


def requests(catalogue: Catalogue) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Recorded answer -> request, and what differs on purpose."""
    show = next(s.id for s in catalogue.stations.values() if s.show_host)
    return {
        "get-a-catalog-stations-relationship-directly-by-name": (
            f"{US}/stations/{show}/radio-show",
            (),
        ),
        "get-all-station-genres": (f"{US}/station-genres", ()),
        "get-a-station-genre": (f"{US}/station-genres/{{station-genres}}", ()),
        "get-a-station-genres-relationship-directly-by-name": (
            f"{US}/station-genres/{{station-genres}}/stations",
            (),
        ),
        "get-multiple-catalog-activities": (f"{US}/activities?ids={{activities}}", ()),
        "get-a-catalog-activitys-relationship-directly-by-name": (
            f"{US}/activities/{{activities}}/playlists",
            OLD_PLAYLISTS[:2],
        ),
        "get-a-catalog-apple-curator": (f"{US}/apple-curators/{{apple-curators}}", NO_KIND),
        "get-multiple-catalog-apple-curators": (
            f"{US}/apple-curators?ids={{apple-curators}}",
            NO_KIND,
        ),
        "get-a-catalog-apple-curators-relationship-directly-by-name": (
            f"{US}/apple-curators/{{apple-curators}}/playlists",
            OLD_PLAYLISTS[:2],
        ),
        # Recorded of one without playlists.
        "get-a-catalog-curator": (
            f"{US}/curators/{{curators}}",
            ("data[].relationships.playlists.data",),
        ),
        "get-multiple-catalog-curators": (f"{US}/curators?ids={{curators}}", ()),
        "get-a-catalog-curators-relationship-directly-by-name": (
            f"{US}/curators/{{curators}}/playlists",
            OLD_PLAYLISTS[2:],
        ),
        "get-a-catalog-record-label": (f"{US}/record-labels/{{record-labels}}", ()),
        "get-multiple-record-labels": (f"{US}/record-labels?ids={{record-labels}}", ()),
        "get-a-catalog-record-labels-relationship-view-directly-by-name": (
            f"{US}/record-labels/{{record-labels}}/view/latest-releases",
            (),
        ),
        "get-recently-played-tracks": ("/me/recent/played/tracks", ()),
        "get-recently-played-resources": ("/me/recent/played?types=albums,stations", ()),
        "get-heavy-rotation-content": ("/me/history/heavy-rotation?limit=1", ()),
        "get-default-recommendations": ("/me/recommendations?limit=1", ()),
        "get-multiple-recommendations": ("/me/recommendations?ids={recommendations}", ()),
        "get-a-recommendation-relationship-directly-by-name": (
            "/me/recommendations/{recommendations}/contents",
            (),
        ),
    }


async def a_key(ask: Ask, kind: str) -> str:
    if kind == "recommendations":
        _, body = await ask("GET", "/me/recommendations?limit=1")
        return str(body["data"][0]["id"])
    if kind == "station-genres":
        _, body = await ask("GET", f"{US}/station-genres")
        return str(body["data"][0]["id"])
    terms = {
        "activities": "washing",
        "apple-curators": "sim jazz",
        "curators": "whistler",
        "record-labels": "records",
    }
    _, body = await ask("GET", f"{US}/search?types={kind}&term={terms[kind]}")
    return str(body["results"][kind]["data"][0]["id"])


@pytest.fixture
async def played(control: Ask, catalogue: Catalogue) -> None:
    """A history as the recorded one: live stations and albums, and songs of them."""
    await control("DELETE", "/accounts/demo/plays")
    live = [s.id for s in catalogue.stations.values() if s.featured]
    albums = [a for a in catalogue.albums.values() if not a.is_single]
    plays: list[dict[str, Any]] = [
        {"track": ["songs", album.song_ids[1]], "container": ["albums", album.id]}
        for album in (*albums[:7], albums[0])
    ]
    plays += [{"container": ["stations", key]} for key in live]
    assert (await control("POST", "/accounts/demo/plays", {"plays": plays}))[0] == 201


@pytest.mark.usefixtures("played")
@pytest.mark.parametrize(
    "name",
    [
        "get-a-catalog-stations-relationship-directly-by-name",
        "get-all-station-genres",
        "get-a-station-genre",
        "get-a-station-genres-relationship-directly-by-name",
        "get-multiple-catalog-activities",
        "get-a-catalog-activitys-relationship-directly-by-name",
        "get-a-catalog-apple-curator",
        "get-multiple-catalog-apple-curators",
        "get-a-catalog-apple-curators-relationship-directly-by-name",
        "get-a-catalog-curator",
        "get-multiple-catalog-curators",
        "get-a-catalog-curators-relationship-directly-by-name",
        "get-a-catalog-record-label",
        "get-multiple-record-labels",
        "get-a-catalog-record-labels-relationship-view-directly-by-name",
        "get-recently-played-tracks",
        "get-recently-played-resources",
        "get-heavy-rotation-content",
        "get-default-recommendations",
        "get-multiple-recommendations",
        "get-a-recommendation-relationship-directly-by-name",
    ],
)
async def test_same_keys_and_types_as_recorded(
    name: str, ask: Ask, recorded: Callable[[str], Any], catalogue: Catalogue
) -> None:
    path, on_purpose = requests(catalogue)[name]
    kind = path.partition("{")[2].partition("}")[0]
    if kind:
        path = path.replace(f"{{{kind}}}", await a_key(ask, kind))
    status, ours = await ask("GET", path)
    assert status == 200
    assert differences(ours, recorded(name), on_purpose) == set()


def test_the_comparison_sees_a_lost_key_and_a_changed_type() -> None:
    one = {"data": [{"id": "1", "attributes": {"a": 1}}, {"id": "2", "attributes": {"b": True}}]}
    other = {"data": [{"id": "1", "attributes": {"a": "1", "b": True}}]}
    assert differences(one, other) == {"data[].attributes.a:int", "data[].attributes.a:str"}
