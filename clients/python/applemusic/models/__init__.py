"""What the server talks about, as frozen dataclasses with real Python types.

Fields are named and mean as in the contract: a text that is not known is empty, a number 0, a time,
duration or nested model None. Lists are tuples.
"""

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
from applemusic.models.lyrics import Lyrics, LyricsAgent, LyricsLine, LyricsSyllable, LyricsTiming
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
