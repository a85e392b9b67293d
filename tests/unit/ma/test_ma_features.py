"""Each feature if and only if the server's capability is there."""

from collections.abc import Callable
from dataclasses import fields, replace
from types import ModuleType

import pytest
from music_assistant_models.enums import MediaType, ProviderFeature

from applemusic.models import Capabilities

Part = Callable[[str], ModuleType]
NAMES = [field.name for field in fields(Capabilities)]
ALL = Capabilities(**dict.fromkeys(NAMES, True))

# What goes when one capability goes; everything else stays.
LOST = {
    "lyrics": {"lyrics"},
    "recommendations": {"recommendations"},
    "lookup": {"track_by_external_id", "album_by_external_id"},
    "artist_favorites": {"favorite_artists_edit"},
    "favorites": {
        "favorite_albums_edit",
        "favorite_tracks_edit",
        "favorite_playlists_edit",
        "favorite_radios_edit",
    },
    "library_add": {"library_albums_edit", "library_tracks_edit", "library_playlists_edit"},
    "library_remove": {"library_albums_edit", "library_tracks_edit", "library_playlists_edit"},
    "playlist_create": {"playlist_create", "playlist_create_tracks", "playlist_tracks_edit"},
    "playlist_edit": {"playlist_tracks_edit"},
    "radio": {"similar_tracks", "library_radios"},
    "library": {"library_artists", "library_albums", "library_tracks", "library_playlists"},
    "catalog": {
        "search",
        "album_versions",
        "artist_albums",
        "artist_tracks",
        "artist_toptracks",
        "artist_topalbums",
        "similar_artists",
    },
}
KNOWN = {feature.value for feature in ProviderFeature}


def names(found: set[ProviderFeature]) -> set[str]:
    return {each.value for each in found}


def test_nothing_without_capabilities(part: Part) -> None:
    assert part("features").features(Capabilities()) == set()


def test_all_that_the_host_knows_with_all_capabilities(part: Part) -> None:
    features = part("features")
    found = names(features.features(ALL))
    wanted = set(features.RULES)
    if not part("items").STATIONS_ARE_RADIOS:
        wanted -= {"library_radios"}
    assert found == wanted & KNOWN
    assert ProviderFeature.UNKNOWN not in features.features(ALL)
    assert features.all_features() == features.features(ALL)


@pytest.mark.parametrize("name", NAMES)
def test_one_capability_less_takes_its_features_and_no_others(part: Part, name: str) -> None:
    features = part("features").features
    all_of_them = names(features(ALL))
    left = names(features(replace(ALL, **{name: False})))
    assert all_of_them - left == LOST.get(name, set()) & all_of_them


def test_what_can_be_played_does_not_hang_on_the_library(part: Part) -> None:
    media_types = part("features").media_types
    every = {MediaType.ARTIST, MediaType.ALBUM, MediaType.TRACK, MediaType.PLAYLIST}
    assert media_types(Capabilities()) == set()
    assert media_types(Capabilities(catalog=True)) == every
    assert media_types(Capabilities(library=True)) == every
    assert media_types(ALL) == {*every, MediaType.RADIO}
