"""What the server is, can do, and suffers from."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from applemusic.models.account import Account
from applemusic.models.reason import ErrorReason
from applemusic.models.wire_enum import WireEnum


class ServerState(WireEnum):
    """Says whether the server is ready.

    Starting, ready and in need of a person are told apart; a broken server does not answer.
    """

    UNKNOWN = 0
    """Not told, or unknown to this version of the client."""
    STARTING = 1
    """Not everything is up yet; ask again."""
    READY = 2
    """Serving, with at least one usable account and a good developer token."""
    ACTION_REQUIRED = 3
    """Serving, and a person has to act before music plays; `action_required` says what."""
    DRAINING = 4
    """Going down; streams may finish, nothing new begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the server can do.

    Each is true if and only if it would work now, as far as is known. Fields are only ever added.
    """

    catalog: bool = False
    """Search, get, lists of the catalog."""
    playback: bool = False
    """Songs can be streamed: a Widevine device is there and the account may play."""
    preview_playback: bool = False
    """Previews can be streamed."""
    upload_playback: bool = False
    """The listener's own uploads can be streamed."""
    live_playback: bool = False
    """Broadcast stations can be streamed."""
    adts: bool = False
    """ADTS can be asked for."""
    pcm: bool = False
    """PCM can be asked for."""
    prepare: bool = False
    """PrepareAudio and `next_song_ids` have an effect."""
    lyrics: bool = False
    """GetLyrics works."""
    search_suggestions: bool = False
    """SearchSuggestions works."""
    charts: bool = False
    """ListCharts works."""
    lookup: bool = False
    """LookupIsrc, LookupUpc and LookupEquivalents work."""
    resolve_url: bool = False
    """ResolveUrl works."""
    library: bool = False
    """The library can be listed and searched."""
    sync_library: bool = False
    """SyncLibrary works."""
    library_add: bool = False
    """AddToLibrary works."""
    library_remove: bool = False
    """RemoveFromLibrary works."""
    playlist_create: bool = False
    """CreatePlaylist, CreatePlaylistFolder and AddPlaylistTracks work."""
    playlist_edit: bool = False
    """Playlists and folders can be renamed, reordered, emptied and moved."""
    playlist_delete: bool = False
    """Playlists and folders can be deleted."""
    favorites: bool = False
    """Favorites of songs, albums, playlists, stations and music videos can be set and read."""
    artist_favorites: bool = False
    """Favorites of artists can be set and read."""
    radio: bool = False
    """Stations can be listed and give tracks."""
    recommendations: bool = False
    """Recommendations, history and replay can be listed."""
    sign_in: bool = False
    """The sign-in page works."""
    submit_music_user_token: bool = False
    """SubmitMusicUserToken works."""
    token_renewal: bool = False
    """Music user tokens are renewed."""
    watch_accounts: bool = False
    """WatchAccounts works."""
    diagnostics: bool = False
    """GetDiagnostics works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerInfo:
    """What the server is."""

    server_version: str = ""
    """Version of the server, e.g. `0.1.0`."""
    contract_version: str = ""
    """Newest minor version of this contract that the server knows, e.g. `1.0`."""
    state: ServerState = ServerState.UNKNOWN
    """Whether it is ready."""
    action_required: tuple[ErrorReason, ...] = ()
    """What a person has to do, as reasons, when `state` is ACTION_REQUIRED."""
    capabilities: Capabilities | None = None
    """What it can do for the account."""
    account: str = ""
    """The account that `capabilities` are of; empty for the server alone."""
    start_time: datetime | None = None
    """When it started."""
    developer_token_expire_time: datetime | None = None
    """When the developer token ends; None when there is none."""
    team_id: str = ""
    """Developer team of the developer token; empty when there is none."""
    default_storefront: str = ""
    """Storefront of catalog reads without an account."""
    active_stream_count: int = 0
    """Streams that play now."""
    max_stream_count: int = 0
    """Most streams at the same time, in all."""
    max_account_stream_count: int = 0
    """Most streams at the same time per account."""


class CheckStatus(WireEnum):
    """Says how a check went."""

    UNKNOWN = 0
    """Not told, or unknown to this version of the client."""
    OK = 1
    """As it should be."""
    WARNING = 2
    """Works, and will not for long or not for all."""
    FAILED = 3
    """Does not work."""
    SKIPPED = 4
    """Not looked into, because it was not asked for or something before it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticCheck:
    """One thing that was looked into."""

    name: str = ""
    """Stable name, e.g. `developer_token`."""
    status: CheckStatus = CheckStatus.UNKNOWN
    """How it went."""
    message: str = ""
    """What was seen."""
    remedy: str = ""
    """How to mend it; empty when nothing is wrong."""
    reason: ErrorReason = ErrorReason.UNKNOWN
    """The reason that calls fail with because of it; UNSPECIFIED when nothing is wrong."""
    duration: timedelta | None = None
    """How long the check took."""
    account_pseudonym: str = ""
    """Pseudonym of the account it is about; empty for the server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostics:
    """What was looked into."""

    checks: tuple[DiagnosticCheck, ...] = ()
    """Checks, in the order in which they build on each other."""
    accounts: tuple[Account, ...] = ()
    """State of each account, ids replaced by pseudonyms and names left out."""
    read_time: datetime | None = None
    """When it was looked into."""
