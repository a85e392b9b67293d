"""Why a call can fail."""

from applemusic.models.wire_enum import WireEnum


class ErrorReason(WireEnum):
    """Lists every reason with which a call can fail.

    `AppleMusicError.reason` holds the name of one of these; each has an exception class of its own
    in `applemusic.errors`. Each value says the status code it comes with, its metadata keys, and
    what the caller does next.
    """

    UNKNOWN = 0
    """Not told, or unknown to this version of the client."""
    INVALID_FIELD = 1
    """INVALID_ARGUMENT.

    A field breaks a rule; `google.rpc.BadRequest` names each one. Metadata: `field`. Mend the
    request.
    """
    INVALID_PAGE_TOKEN = 2
    """INVALID_ARGUMENT.

    The page token was not made by this server for this request. Start again from the first page.
    """
    MALFORMED_MESSAGE = 3
    """INVALID_ARGUMENT.

    The bytes of the request are not the message that the RPC expects. Compare the versions of
    client and server.
    """
    UNSUPPORTED_URL = 4
    """INVALID_ARGUMENT.

    The URL is not one of Apple Music's or names nothing that can be shown. Metadata: `host`. Ask
    for another URL.
    """
    NOT_YET_IMPLEMENTED = 5
    """UNIMPLEMENTED.

    The RPC is part of the contract and this version of the server does not have it. Metadata:
    `method`. Look at `GetServerInfo.capabilities` and upgrade the server.
    """
    ACCESS_TOKEN_MISSING = 10
    """UNAUTHENTICATED.

    The server wants an access token and the call carried none. Send `authorization: Bearer
    <token>`.
    """
    ACCESS_TOKEN_INVALID = 11
    """UNAUTHENTICATED.

    The access token is unknown, revoked or past its end. Ask the operator for another one.
    """
    ACCESS_DENIED = 12
    """PERMISSION_DENIED.

    The access token lacks the scope or the account. Metadata: `scope` or `account`. Ask the
    operator for a token that has it.
    """
    ACCOUNT_REQUIRED = 20
    """FAILED_PRECONDITION.

    No account is signed in, or there are several and the request names none. Metadata: `accounts`
    (how many there are). Sign in, or set `account`.
    """
    ACCOUNT_NOT_FOUND = 21
    """NOT_FOUND. No account has this id. Metadata: `account`. See `ListAccounts`."""
    MUSIC_USER_TOKEN_REJECTED = 22
    """UNAUTHENTICATED.

    Apple does not accept the account's music user token any more. Metadata: `account`. Have the
    person sign in again; catalog reads go on working.
    """
    MUSIC_USER_TOKEN_EXPIRED = 23
    """UNAUTHENTICATED.

    Apple asked for a renewal of the music user token and it did not succeed. Metadata: `account`.
    Have the person sign in again.
    """
    MUSIC_USER_TOKEN_TEAM_MISMATCH = 24
    """FAILED_PRECONDITION.

    The music user token was issued to another developer team. Metadata: `account`, `teamId`. Sign
    in with this server's developer token.
    """
    DEVELOPER_TOKEN_MISSING = 25
    """FAILED_PRECONDITION.

    The operator has configured no developer token. Configure one, or the MusicKit key to make it
    from.
    """
    DEVELOPER_TOKEN_REJECTED = 26
    """FAILED_PRECONDITION.

    Apple does not accept the developer token. Metadata: `detail` (what is known to be wrong with
    it). The operator replaces it.
    """
    DEVELOPER_TOKEN_EXPIRED = 27
    """FAILED_PRECONDITION.

    The developer token is past its end. Metadata: `expireTime`. The operator replaces it.
    """
    SIGN_IN_NOT_FOUND = 28
    """NOT_FOUND. No sign-in has this id or code. Begin a new one."""
    SIGN_IN_EXPIRED = 29
    """FAILED_PRECONDITION. The sign-in has ended. Begin a new one."""
    RENEWAL_REFUSED = 30
    """FAILED_PRECONDITION.

    Apple refused to renew the music user token; the old one stays in use. Metadata: `account`. Try
    again later or have the person sign in again.
    """
    SUBSCRIPTION_REQUIRED = 31
    """PERMISSION_DENIED.

    The account has no active Apple Music subscription. Metadata: `account`. The person subscribes.
    """
    MUSIC_USER_TOKEN_IN_USE = 32
    """FAILED_PRECONDITION.

    Another account holds this music user token already; nothing was stored. Metadata: `account`
    (the one that it was meant for). Sign in as the person that this account is for, or sign the
    other account out first.
    """
    RESOURCE_NOT_FOUND = 40
    """NOT_FOUND.

    Nothing has this id in this storefront or library. Metadata: `resourceType`, `id`. Do not retry.
    """
    LYRICS_NOT_FOUND = 41
    """NOT_FOUND. The song has no lyrics of the kind that was asked for. Metadata: `id`."""
    PLAYLIST_NOT_EDITABLE = 42
    """FAILED_PRECONDITION.

    Apple lets nobody but the owner's own apps edit this playlist. Metadata: `id`.
    """
    STATION_WITHOUT_TRACKS = 43
    """FAILED_PRECONDITION.

    The station plays no songs one by one (it is live), or has none to offer. Metadata: `id`.
    """
    CAPABILITY_REFUSED = 44
    """UNIMPLEMENTED.

    Apple does not let this account or developer token do it. Metadata: `capability`. The capability
    is false in `GetServerInfo` from now on.
    """
    SYNC_TOKEN_INVALID = 45
    """FAILED_PRECONDITION.

    The sync token is of another account or too old. Sync from the start with an empty token.
    """
    STATION_NOT_LIVE = 46
    """FAILED_PRECONDITION.

    The station is not broadcast: it plays songs one by one. Metadata: `id`. Take its songs from
    RadioService.NextTracks and stream those.
    """
    CONTENT_WITHDRAWN = 60
    """FAILED_PRECONDITION.

    The song is listed and cannot be played any more (it has no `playParams`). Metadata: `id`. Skip
    it, or look for a current version.
    """
    CONTENT_UNAVAILABLE = 61
    """FAILED_PRECONDITION.

    Apple says that the song is unavailable. Metadata: `id`, `appleCode`. Skip it.
    """
    CONTENT_RESTRICTED = 62
    """PERMISSION_DENIED.

    The account's restrictions forbid it (explicit content). Metadata: `id`, `appleCode`. Skip it.
    """
    CONTENT_GEO_BLOCKED = 63
    """PERMISSION_DENIED.

    Apple does not play it in this country. Metadata: `id`, `appleCode`. Skip it.
    """
    RENDITION_NOT_FOUND = 64
    """FAILED_PRECONDITION.

    Apple offers the song in no form that this server plays. Metadata: `id`. Skip it.
    """
    CONTAINER_NOT_SUPPORTED = 65
    """UNIMPLEMENTED.

    This installation cannot produce the container that was asked for. Metadata: `container`. Ask
    for fragmented MP4.
    """
    LIVE_STATION_PROTECTED = 66
    """FAILED_PRECONDITION.

    The live station is protected in a way that this server does not play. Metadata: `id`. Skip it.
    """
    OFFSET_OUT_OF_RANGE = 67
    """OUT_OF_RANGE.

    The offset lies at or past the end. Metadata: `total` (the end, in the unit that was asked in).
    Treat it as the end of the song.
    """
    WIDEVINE_DEVICE_MISSING = 68
    """FAILED_PRECONDITION.

    The operator has configured no Widevine device, so protected songs cannot be played. Everything
    else works.
    """
    WIDEVINE_DEVICE_REJECTED = 69
    """FAILED_PRECONDITION.

    The configured Widevine device cannot be read or Apple does not accept it. Metadata: `appleCode`
    where Apple said so. The operator checks their file.
    """
    LICENSE_REFUSED = 70
    """PERMISSION_DENIED.

    Apple refused the licence for the song. Metadata: `id`, `appleCode`. Skip it.
    """
    ANOTHER_DEVICE_PLAYING = 71
    """RESOURCE_EXHAUSTED with RetryInfo.

    Another device is playing on this account. Metadata: `account`. Stop the other one, then try
    again.
    """
    DEVICE_LIMIT_REACHED = 72
    """RESOURCE_EXHAUSTED with RetryInfo.

    The account's number of devices is used up at Apple. Metadata: `account`. Remove a device from
    the account.
    """
    STREAM_LIMIT_REACHED = 73
    """RESOURCE_EXHAUSTED with RetryInfo.

    The account or the server plays as many streams as it may. Metadata: `limit`, `scope` (`account`
    or `server`). Wait for one to end.
    """
    DECRYPTION_KEY_WRONG = 74
    """DATA_LOSS.

    The licence's key does not open this song; nothing wrong was sent. Metadata: `id`. Try once
    more, then skip it.
    """
    MEDIA_MALFORMED = 75
    """DATA_LOSS. The media breaks the rules of its format. Metadata: `id`. Skip it."""
    MEDIA_TRUNCATED = 76
    """DATA_LOSS.

    The media ends before the end that its playlist promises. Metadata: `id`, `byteOffset`. Skip it.
    """
    MEDIA_CHANGED = 77
    """ABORTED.

    The media changed at Apple while it was read. Metadata: `id`. Start the song again.
    """
    UPSTREAM_UNAVAILABLE = 90
    """UNAVAILABLE.

    Apple cannot be reached or answers with a server error, after retries. Metadata: `endpoint`,
    `status` where there was one. Retry with back-off; resume by offset.
    """
    UPSTREAM_TIMEOUT = 91
    """UNAVAILABLE. Apple did not answer in time. Metadata: `endpoint`. Retry with back-off."""
    UPSTREAM_THROTTLED = 92
    """RESOURCE_EXHAUSTED with RetryInfo.

    Apple throttles this developer team. Metadata: `endpoint`. Wait as RetryInfo says.
    """
    UPSTREAM_RESPONSE_INVALID = 93
    """INTERNAL.

    Apple's answer is not what its documentation or experience says. Metadata: `endpoint`. Report
    it.
    """
    UPSTREAM_LIST_TRUNCATED = 94
    """UNAVAILABLE.

    A page that Apple had promised is missing; the list is not complete. Metadata: `endpoint`.
    Retry; never take it for the end.
    """
    UPSTREAM_REFUSED = 95
    """FAILED_PRECONDITION.

    Apple refused with a code that has no reason of its own here. Metadata: `appleCode`, `endpoint`.
    Report it.
    """
    UPSTREAM_ADDRESS_REFUSED = 96
    """FAILED_PRECONDITION.

    Apple's answer points to a host that this server does not fetch from. Metadata: `host`. Report
    it.
    """
    SERVER_BUSY = 110
    """RESOURCE_EXHAUSTED with RetryInfo. The server handles as many calls as it can."""
    SERVER_DRAINING = 111
    """UNAVAILABLE. The server is going down. Reconnect; resume streams by offset."""
    STORAGE_UNAVAILABLE = 112
    """UNAVAILABLE.

    The server's database cannot be read or written just now. Retry with back-off.
    """
    STORAGE_KEY_MISMATCH = 113
    """FAILED_PRECONDITION.

    The stored tokens were encrypted with another key. The operator restores the key file, or signs
    in again.
    """
    INTERNAL = 114
    """INTERNAL. A defect of this server. Metadata: `requestId`. Report it with the request id."""
