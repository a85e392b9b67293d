"""One class per reason, grouped under the class of the reason's status code."""

from applemusic.errors.advice import Advice
from applemusic.errors.base import (
    AbortedError,
    DataLossError,
    FailedPreconditionError,
    InternalError,
    InvalidArgumentError,
    NotFoundError,
    OutOfRangeError,
    PermissionDeniedError,
    ResourceExhaustedError,
    UnauthenticatedError,
    UnavailableError,
    UnimplementedError,
)


class InvalidFieldError(InvalidArgumentError, reason="INVALID_FIELD"):
    """A field breaks a rule; `google.rpc.BadRequest` names each one.

    Metadata: `field`. Mend the request.
    """


class InvalidPageTokenError(InvalidArgumentError, reason="INVALID_PAGE_TOKEN"):
    """The page token was not made by this server for this request.

    Start again from the first page.
    """


class MalformedMessageError(InvalidArgumentError, reason="MALFORMED_MESSAGE"):
    """The bytes of the request are not the message that the RPC expects.

    Compare the versions of client and server.
    """


class UnsupportedUrlError(InvalidArgumentError, reason="UNSUPPORTED_URL"):
    """The URL is not one of Apple Music's or names nothing that can be shown.

    Metadata: `host`. Ask for another URL.
    """


class OffsetOutOfRangeError(OutOfRangeError, reason="OFFSET_OUT_OF_RANGE"):
    """The offset lies at or past the end.

    Metadata: `total` (the end, in the unit that was asked in). Treat it as the end of the song.
    """


class NotYetImplementedError(UnimplementedError, reason="NOT_YET_IMPLEMENTED"):
    """The RPC is part of the contract and this version of the server does not have it.

    Metadata: `method`. Look at `GetServerInfo.capabilities` and upgrade the server.
    """


class CapabilityRefusedError(UnimplementedError, reason="CAPABILITY_REFUSED"):
    """Apple does not let this account or developer token do it.

    Metadata: `capability`. The capability is false in `GetServerInfo` from now on.
    """


class ContainerNotSupportedError(UnimplementedError, reason="CONTAINER_NOT_SUPPORTED"):
    """This installation cannot produce the container that was asked for.

    Metadata: `container`. Ask for fragmented MP4.
    """


class AccessTokenMissingError(UnauthenticatedError, reason="ACCESS_TOKEN_MISSING"):
    """The server wants an access token and the call carried none.

    Send `authorization: Bearer <token>`.
    """


class AccessTokenInvalidError(UnauthenticatedError, reason="ACCESS_TOKEN_INVALID"):
    """The access token is unknown, revoked or past its end. Ask the operator for another one."""


class MusicUserTokenRejectedError(UnauthenticatedError, reason="MUSIC_USER_TOKEN_REJECTED"):
    """Apple does not accept the account's music user token any more.

    Metadata: `account`. Have the person sign in again; catalog reads go on working.
    """


class MusicUserTokenExpiredError(UnauthenticatedError, reason="MUSIC_USER_TOKEN_EXPIRED"):
    """Apple asked for a renewal of the music user token and it did not succeed.

    Metadata: `account`. Have the person sign in again.
    """


class AccessDeniedError(PermissionDeniedError, reason="ACCESS_DENIED"):
    """The access token lacks the scope or the account.

    Metadata: `scope` or `account`. Ask the operator for a token that has it.
    """


class SubscriptionRequiredError(PermissionDeniedError, reason="SUBSCRIPTION_REQUIRED"):
    """The account has no active Apple Music subscription.

    Metadata: `account`. The person subscribes.
    """


class ContentRestrictedError(PermissionDeniedError, reason="CONTENT_RESTRICTED"):
    """The account's restrictions forbid it (explicit content).

    Metadata: `id`, `appleCode`. Skip it.
    """


class ContentGeoBlockedError(PermissionDeniedError, reason="CONTENT_GEO_BLOCKED"):
    """Apple does not play it in this country. Metadata: `id`, `appleCode`. Skip it."""


class LicenseRefusedError(PermissionDeniedError, reason="LICENSE_REFUSED"):
    """Apple refused the licence for the song. Metadata: `id`, `appleCode`. Skip it."""


class AccountNotFoundError(NotFoundError, reason="ACCOUNT_NOT_FOUND"):
    """No account has this id. Metadata: `account`. See `ListAccounts`."""


class SignInNotFoundError(NotFoundError, reason="SIGN_IN_NOT_FOUND"):
    """No sign-in has this id or code. Begin a new one."""


class ResourceNotFoundError(NotFoundError, reason="RESOURCE_NOT_FOUND"):
    """Nothing has this id in this storefront or library.

    Metadata: `resourceType`, `id`. Do not retry.
    """


class LyricsNotFoundError(NotFoundError, reason="LYRICS_NOT_FOUND"):
    """The song has no lyrics of the kind that was asked for. Metadata: `id`."""


class AccountRequiredError(FailedPreconditionError, reason="ACCOUNT_REQUIRED"):
    """No account is signed in, or there are several and the request names none.

    Metadata: `accounts` (how many there are). Sign in, or set `account`.
    """

    @property
    def advice(self) -> Advice:
        """SIGN_IN when nobody is; REPORT when there are several and the call names none."""
        return Advice.SIGN_IN if self.metadata.get("accounts", "0") == "0" else Advice.REPORT


class MusicUserTokenTeamMismatchError(
    FailedPreconditionError, reason="MUSIC_USER_TOKEN_TEAM_MISMATCH"
):
    """The music user token was issued to another developer team.

    Metadata: `account`, `teamId`. Sign in with this server's developer token.
    """


class MusicUserTokenInUseError(FailedPreconditionError, reason="MUSIC_USER_TOKEN_IN_USE"):
    """Another account holds this music user token already; nothing was stored.

    Metadata: `account` (the one that it was meant for). Sign in as the person that this account is
    for, or sign the other account out first.
    """


class DeveloperTokenMissingError(FailedPreconditionError, reason="DEVELOPER_TOKEN_MISSING"):
    """The operator has configured no developer token.

    Configure one, or the MusicKit key to make it from.
    """


class DeveloperTokenRejectedError(FailedPreconditionError, reason="DEVELOPER_TOKEN_REJECTED"):
    """Apple does not accept the developer token.

    Metadata: `detail` (what is known to be wrong with it). The operator replaces it.
    """


class DeveloperTokenExpiredError(FailedPreconditionError, reason="DEVELOPER_TOKEN_EXPIRED"):
    """The developer token is past its end. Metadata: `expireTime`. The operator replaces it."""


class SignInExpiredError(FailedPreconditionError, reason="SIGN_IN_EXPIRED"):
    """The sign-in has ended. Begin a new one."""


class RenewalRefusedError(FailedPreconditionError, reason="RENEWAL_REFUSED"):
    """Apple refused to renew the music user token; the old one stays in use.

    Metadata: `account`. Try again later or have the person sign in again.
    """


class PlaylistNotEditableError(FailedPreconditionError, reason="PLAYLIST_NOT_EDITABLE"):
    """Apple lets nobody but the owner's own apps edit this playlist. Metadata: `id`."""


class StationWithoutTracksError(FailedPreconditionError, reason="STATION_WITHOUT_TRACKS"):
    """The station plays no songs one by one (it is live), or has none to offer. Metadata: `id`."""


class SyncTokenInvalidError(FailedPreconditionError, reason="SYNC_TOKEN_INVALID"):
    """The sync token is of another account or too old. Sync from the start with an empty token."""


class StationNotLiveError(FailedPreconditionError, reason="STATION_NOT_LIVE"):
    """The station is not broadcast: it plays songs one by one. Metadata: `id`.

    Take its songs from RadioService.NextTracks and stream those.
    """


class ContentWithdrawnError(FailedPreconditionError, reason="CONTENT_WITHDRAWN"):
    """The song is listed and cannot be played any more (it has no `playParams`).

    Metadata: `id`. Skip it, or look for a current version.
    """


class ContentUnavailableError(FailedPreconditionError, reason="CONTENT_UNAVAILABLE"):
    """Apple says that the song is unavailable. Metadata: `id`, `appleCode`. Skip it."""


class RenditionNotFoundError(FailedPreconditionError, reason="RENDITION_NOT_FOUND"):
    """Apple offers the song in no form that this server plays. Metadata: `id`. Skip it."""


class LiveStationProtectedError(FailedPreconditionError, reason="LIVE_STATION_PROTECTED"):
    """The live station is protected in a way that this server does not play.

    Metadata: `id`. Skip it.
    """


class WidevineDeviceMissingError(FailedPreconditionError, reason="WIDEVINE_DEVICE_MISSING"):
    """The operator has configured no Widevine device, so protected songs cannot be played.

    Everything else works.
    """


class WidevineDeviceRejectedError(FailedPreconditionError, reason="WIDEVINE_DEVICE_REJECTED"):
    """The configured Widevine device cannot be read or Apple does not accept it.

    Metadata: `appleCode` where Apple said so. The operator checks their file.
    """


class UpstreamRefusedError(FailedPreconditionError, reason="UPSTREAM_REFUSED"):
    """Apple refused with a code that has no reason of its own here.

    Metadata: `appleCode`, `endpoint`. Report it.
    """


class UpstreamAddressRefusedError(FailedPreconditionError, reason="UPSTREAM_ADDRESS_REFUSED"):
    """Apple's answer points to a host that this server does not fetch from.

    Metadata: `host`. Report it.
    """


class StorageKeyMismatchError(FailedPreconditionError, reason="STORAGE_KEY_MISMATCH"):
    """The stored tokens were encrypted with another key.

    The operator restores the key file, or signs in again.
    """


class AnotherDevicePlayingError(ResourceExhaustedError, reason="ANOTHER_DEVICE_PLAYING"):
    """Another device is playing on this account.

    Metadata: `account`. Stop the other one, then try again.
    """


class DeviceLimitReachedError(ResourceExhaustedError, reason="DEVICE_LIMIT_REACHED"):
    """The account's number of devices is used up at Apple.

    Metadata: `account`. Remove a device from the account.
    """


class StreamLimitReachedError(ResourceExhaustedError, reason="STREAM_LIMIT_REACHED"):
    """The account or the server plays as many streams as it may.

    Metadata: `limit`, `scope` (`account` or `server`). Wait for one to end.
    """


class UpstreamThrottledError(ResourceExhaustedError, reason="UPSTREAM_THROTTLED"):
    """Apple throttles this developer team. Metadata: `endpoint`. Wait as RetryInfo says."""


class ServerBusyError(ResourceExhaustedError, reason="SERVER_BUSY"):
    """The server handles as many calls as it can."""


class DecryptionKeyWrongError(DataLossError, reason="DECRYPTION_KEY_WRONG"):
    """The licence's key does not open this song; nothing wrong was sent.

    Metadata: `id`. Try once more, then skip it.
    """


class MediaMalformedError(DataLossError, reason="MEDIA_MALFORMED"):
    """The media breaks the rules of its format. Metadata: `id`. Skip it."""


class MediaTruncatedError(DataLossError, reason="MEDIA_TRUNCATED"):
    """The media ends before the end that its playlist promises.

    Metadata: `id`, `byteOffset`. Skip it.
    """


class MediaChangedError(AbortedError, reason="MEDIA_CHANGED"):
    """The media changed at Apple while it was read. Metadata: `id`. Start the song again."""


class UpstreamUnavailableError(UnavailableError, reason="UPSTREAM_UNAVAILABLE"):
    """Apple cannot be reached or answers with a server error, after retries.

    Metadata: `endpoint`, `status` where there was one. Wait as `retry_after` says, then resume by
    offset.
    """


class UpstreamTimeoutError(UnavailableError, reason="UPSTREAM_TIMEOUT"):
    """Apple did not answer in time. Metadata: `endpoint`. Wait as `retry_after` says."""


class UpstreamListTruncatedError(UnavailableError, reason="UPSTREAM_LIST_TRUNCATED"):
    """A page that Apple had promised is missing; the list is not complete.

    Metadata: `endpoint`. Retry; never take it for the end.
    """


class ServerDrainingError(UnavailableError, reason="SERVER_DRAINING"):
    """The server is going down. Reconnect; resume streams by offset."""


class StorageUnavailableError(UnavailableError, reason="STORAGE_UNAVAILABLE"):
    """The server's database cannot be read or written just now. Retry with back-off."""


class UpstreamResponseInvalidError(InternalError, reason="UPSTREAM_RESPONSE_INVALID"):
    """Apple's answer is not what its documentation or experience says.

    Metadata: `endpoint`. Report it.
    """


class ServerDefectError(InternalError, reason="INTERNAL"):
    """A defect of this server. Metadata: `requestId`. Report it with the request id."""
