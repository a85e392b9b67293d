"""What the server talks about, as frozen dataclasses with real Python types.

Fields are named and mean as in the contract: a text that is not known is empty, a number or a
playing time 0, anything else None. Lists are tuples.

Each module is loaded with the first use of one of its names.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from applemusic.models.account import (
        Account,
        AccountEvent,
        AccountEventKind,
        AccountState,
        SubscriptionState,
    )
    from applemusic.models.album import Album, ArtistAlbumKind
    from applemusic.models.artist import Artist
    from applemusic.models.artwork import Artwork, EditorialNotes
    from applemusic.models.audio import (
        AudioChunk,
        AudioContainer,
        AudioEvent,
        AudioEventKind,
        AudioHeader,
        AudioSource,
        AudioStage,
        AudioSummary,
        Preparation,
        PreparedAudio,
    )
    from applemusic.models.chart import Chart
    from applemusic.models.curator import Curator, RecordLabel
    from applemusic.models.date import PartialDate
    from applemusic.models.favorite import Favorite, FavoriteState
    from applemusic.models.genre import Genre
    from applemusic.models.lyrics import (
        Lyrics,
        LyricsAgent,
        LyricsLine,
        LyricsSyllable,
        LyricsTiming,
    )
    from applemusic.models.music_video import MusicVideo
    from applemusic.models.options import ReadOptions, View
    from applemusic.models.playlist import Playlist, PlaylistFolder, PlaylistKind
    from applemusic.models.reason import ErrorReason
    from applemusic.models.recommendation import Recommendation, Replay, ReplayItem
    from applemusic.models.reference import ResourceRef, ResourceType
    from applemusic.models.relation import EquivalentMatch, IsrcMatch, Relation, UpcMatch
    from applemusic.models.resource import Resource, Track
    from applemusic.models.search import (
        LibrarySearchResults,
        SearchResults,
        SearchSuggestion,
        Suggestions,
    )
    from applemusic.models.server import (
        Capabilities,
        CheckStatus,
        DiagnosticCheck,
        Diagnostics,
        ServerInfo,
        ServerState,
    )
    from applemusic.models.sign_in import SignIn, SignInState, SignInStatus
    from applemusic.models.song import AudioVariant, Availability, ContentRating, Preview, Song
    from applemusic.models.station import NextTracks, Station, StationKind, StationList
    from applemusic.models.storefront import Storefront
    from applemusic.models.sync import (
        SyncCheckpoint,
        SyncPlaylistTracks,
        SyncProgress,
        SyncRemoval,
        SyncUpsert,
    )
    from applemusic.models.wire_enum import WireEnum

__all__ = [
    "Account",
    "AccountEvent",
    "AccountEventKind",
    "AccountState",
    "Album",
    "Artist",
    "ArtistAlbumKind",
    "Artwork",
    "AudioChunk",
    "AudioContainer",
    "AudioEvent",
    "AudioEventKind",
    "AudioHeader",
    "AudioSource",
    "AudioStage",
    "AudioSummary",
    "AudioVariant",
    "Availability",
    "Capabilities",
    "Chart",
    "CheckStatus",
    "ContentRating",
    "Curator",
    "DiagnosticCheck",
    "Diagnostics",
    "EditorialNotes",
    "EquivalentMatch",
    "ErrorReason",
    "Favorite",
    "FavoriteState",
    "Genre",
    "IsrcMatch",
    "LibrarySearchResults",
    "Lyrics",
    "LyricsAgent",
    "LyricsLine",
    "LyricsSyllable",
    "LyricsTiming",
    "MusicVideo",
    "NextTracks",
    "PartialDate",
    "Playlist",
    "PlaylistFolder",
    "PlaylistKind",
    "Preparation",
    "PreparedAudio",
    "Preview",
    "ReadOptions",
    "Recommendation",
    "RecordLabel",
    "Relation",
    "Replay",
    "ReplayItem",
    "Resource",
    "ResourceRef",
    "ResourceType",
    "SearchResults",
    "SearchSuggestion",
    "ServerInfo",
    "ServerState",
    "SignIn",
    "SignInState",
    "SignInStatus",
    "Song",
    "Station",
    "StationKind",
    "StationList",
    "Storefront",
    "SubscriptionState",
    "Suggestions",
    "SyncCheckpoint",
    "SyncPlaylistTracks",
    "SyncProgress",
    "SyncRemoval",
    "SyncUpsert",
    "Track",
    "UpcMatch",
    "View",
    "WireEnum",
]

_HOMES: Final = {
    "Account": "account",
    "AccountEvent": "account",
    "AccountEventKind": "account",
    "AccountState": "account",
    "Album": "album",
    "Artist": "artist",
    "ArtistAlbumKind": "album",
    "Artwork": "artwork",
    "AudioChunk": "audio",
    "AudioContainer": "audio",
    "AudioEvent": "audio",
    "AudioEventKind": "audio",
    "AudioHeader": "audio",
    "AudioSource": "audio",
    "AudioStage": "audio",
    "AudioSummary": "audio",
    "AudioVariant": "song",
    "Availability": "song",
    "Capabilities": "server",
    "Chart": "chart",
    "CheckStatus": "server",
    "ContentRating": "song",
    "Curator": "curator",
    "DiagnosticCheck": "server",
    "Diagnostics": "server",
    "EditorialNotes": "artwork",
    "EquivalentMatch": "relation",
    "ErrorReason": "reason",
    "Favorite": "favorite",
    "FavoriteState": "favorite",
    "Genre": "genre",
    "IsrcMatch": "relation",
    "LibrarySearchResults": "search",
    "Lyrics": "lyrics",
    "LyricsAgent": "lyrics",
    "LyricsLine": "lyrics",
    "LyricsSyllable": "lyrics",
    "LyricsTiming": "lyrics",
    "MusicVideo": "music_video",
    "NextTracks": "station",
    "PartialDate": "date",
    "Playlist": "playlist",
    "PlaylistFolder": "playlist",
    "PlaylistKind": "playlist",
    "Preparation": "audio",
    "PreparedAudio": "audio",
    "Preview": "song",
    "ReadOptions": "options",
    "Recommendation": "recommendation",
    "RecordLabel": "curator",
    "Relation": "relation",
    "Replay": "recommendation",
    "ReplayItem": "recommendation",
    "Resource": "resource",
    "ResourceRef": "reference",
    "ResourceType": "reference",
    "SearchResults": "search",
    "SearchSuggestion": "search",
    "ServerInfo": "server",
    "ServerState": "server",
    "SignIn": "sign_in",
    "SignInState": "sign_in",
    "SignInStatus": "sign_in",
    "Song": "song",
    "Station": "station",
    "StationKind": "station",
    "StationList": "station",
    "Storefront": "storefront",
    "SubscriptionState": "account",
    "Suggestions": "search",
    "SyncCheckpoint": "sync",
    "SyncPlaylistTracks": "sync",
    "SyncProgress": "sync",
    "SyncRemoval": "sync",
    "SyncUpsert": "sync",
    "Track": "resource",
    "UpcMatch": "relation",
    "View": "options",
    "WireEnum": "wire_enum",
}


def __getattr__(name: str) -> Any:
    """Load a model with its first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
