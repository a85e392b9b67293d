"""Enums of the domain and of the contract, side by side.

The members have the same names but for the one that stands for "nothing known". The tables are made
once, so that a member that one side lacks shows at start-up and not in a call.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, Final, TypeVar

from applemusic.v1 import (
    audio_service_pb2,
    auth_service_pb2,
    catalog_service_pb2,
    error_reason_pb2,
    media_pb2,
    radio_service_pb2,
)
from applemusic_server.domain.account import AccountState, SubscriptionState
from applemusic_server.domain.audio import (
    AudioContainer,
    AudioEventKind,
    AudioSource,
    Preparation,
)
from applemusic_server.domain.catalog_answers import Relation
from applemusic_server.domain.errors import Reason
from applemusic_server.domain.gateways import ArtistAlbumKind
from applemusic_server.domain.lyrics import LyricsTiming
from applemusic_server.domain.radio import StationList
from applemusic_server.domain.resources import (
    AudioVariant,
    Availability,
    ContentRating,
    FavoriteState,
    PlaylistKind,
    ResourceType,
    StationKind,
)

E = TypeVar("E", bound=Enum)


def _table(enum: type[E], wire: Any, prefix: str, unspecified: E | None) -> Mapping[E, Any]:
    numbers = {name.removeprefix(f"{prefix}_"): number for name, number in wire.items()}
    return MappingProxyType(
        {
            member: numbers["UNSPECIFIED" if member is unspecified else member.name]
            for member in enum
        }
    )


RESOURCE_TYPES: Final = _table(ResourceType, media_pb2.ResourceType, "RESOURCE_TYPE", None)
CONTENT_RATINGS: Final = _table(
    ContentRating, media_pb2.ContentRating, "CONTENT_RATING", ContentRating.UNRATED
)
FAVORITE_STATES: Final = _table(
    FavoriteState, media_pb2.FavoriteState, "FAVORITE_STATE", FavoriteState.UNKNOWN
)
AVAILABILITIES: Final = _table(
    Availability, media_pb2.Availability, "AVAILABILITY", Availability.UNKNOWN
)
AUDIO_VARIANTS: Final = _table(AudioVariant, media_pb2.AudioVariant, "AUDIO_VARIANT", None)
PLAYLIST_KINDS: Final = _table(
    PlaylistKind, media_pb2.PlaylistKind, "PLAYLIST_KIND", PlaylistKind.UNKNOWN
)
STATION_KINDS: Final = _table(
    StationKind, media_pb2.StationKind, "STATION_KIND", StationKind.UNKNOWN
)
ACCOUNT_STATES: Final = _table(AccountState, auth_service_pb2.AccountState, "ACCOUNT_STATE", None)
SUBSCRIPTION_STATES: Final = _table(
    SubscriptionState,
    auth_service_pb2.SubscriptionState,
    "SUBSCRIPTION_STATE",
    SubscriptionState.UNKNOWN,
)
AUDIO_CONTAINERS: Final = _table(
    AudioContainer, audio_service_pb2.AudioContainer, "AUDIO_CONTAINER", None
)
AUDIO_SOURCES: Final = _table(AudioSource, audio_service_pb2.AudioSource, "AUDIO_SOURCE", None)
PREPARATIONS: Final = _table(Preparation, audio_service_pb2.Preparation, "PREPARATION", None)
AUDIO_EVENT_KINDS: Final = _table(
    AudioEventKind, audio_service_pb2.AudioEventKind, "AUDIO_EVENT_KIND", None
)
ARTIST_ALBUM_KINDS: Final = _table(
    ArtistAlbumKind, catalog_service_pb2.ArtistAlbumKind, "ARTIST_ALBUM_KIND", None
)
RELATIONS: Final = _table(Relation, catalog_service_pb2.Relation, "RELATION", None)
LYRICS_TIMINGS: Final = _table(
    LyricsTiming, catalog_service_pb2.LyricsTiming, "LYRICS_TIMING", None
)
STATION_LISTS: Final = _table(StationList, radio_service_pb2.StationList, "STATION_LIST", None)
ERROR_REASONS: Final = _table(Reason, error_reason_pb2.ErrorReason, "ERROR_REASON", None)


def resource_type(number: int) -> ResourceType:
    """Return the resource type of a number of the contract."""
    return next(kind for kind, value in RESOURCE_TYPES.items() if value == number)
