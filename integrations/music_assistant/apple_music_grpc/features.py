"""Which features the provider has: each if and only if the server's capability is there."""

from collections.abc import Callable
from dataclasses import fields
from typing import Final

from music_assistant_models.enums import MediaType, ProviderFeature

from applemusic.models.server import Capabilities

from .items import STATIONS_ARE_RADIOS

_Rule = Callable[[Capabilities], bool]

# By the value of the host's enum: what a version of the host does not know is left out.
RULES: Final[dict[str, _Rule]] = {
    "browse": lambda can: can.catalog or can.library,
    "search": lambda can: can.catalog,
    "recommendations": lambda can: can.recommendations,
    "album_versions": lambda can: can.catalog,
    "artist_albums": lambda can: can.catalog,
    "artist_tracks": lambda can: can.catalog,
    "artist_toptracks": lambda can: can.catalog,
    "artist_topalbums": lambda can: can.catalog,
    "similar_artists": lambda can: can.catalog,
    "similar_tracks": lambda can: can.radio,
    "track_by_external_id": lambda can: can.lookup,
    "album_by_external_id": lambda can: can.lookup,
    "library_artists": lambda can: can.library,
    "library_albums": lambda can: can.library,
    "library_tracks": lambda can: can.library,
    "library_playlists": lambda can: can.library,
    "library_radios": lambda can: can.radio and STATIONS_ARE_RADIOS,
    "library_albums_edit": lambda can: can.library_add and can.library_remove,
    "library_tracks_edit": lambda can: can.library_add and can.library_remove,
    "library_playlists_edit": lambda can: can.library_add and can.library_remove,
    "favorite_artists_edit": lambda can: can.artist_favorites,
    "favorite_albums_edit": lambda can: can.favorites,
    "favorite_tracks_edit": lambda can: can.favorites,
    "favorite_playlists_edit": lambda can: can.favorites,
    "favorite_radios_edit": lambda can: can.favorites,
    "playlist_tracks_edit": lambda can: can.playlist_create and can.playlist_edit,
    "playlist_create": lambda can: can.playlist_create,
    "playlist_create_tracks": lambda can: can.playlist_create,
    "lyrics": lambda can: can.lyrics,
}
"""What each feature needs."""


def features(can: Capabilities) -> set[ProviderFeature]:
    """Return the features that the provider has with these capabilities."""
    known = {feature.value: feature for feature in ProviderFeature}
    return {known[name] for name, rule in RULES.items() if name in known and rule(can)}


def all_features() -> set[ProviderFeature]:
    """Return the features that the provider may have, depending on the server."""
    return features(Capabilities(**{field.name: True for field in fields(Capabilities)}))


def media_types(can: Capabilities) -> set[MediaType]:
    """Return what can be found and played with these capabilities, be it in the library or not."""
    found: set[MediaType] = set()
    if can.catalog or can.library:
        found |= {MediaType.ARTIST, MediaType.ALBUM, MediaType.TRACK, MediaType.PLAYLIST}
    if can.radio:
        found.add(MediaType.RADIO)
    return found
