"""Everything that can go wrong, as one tree of exceptions.

Catch as finely as needed: a reason (`ResourceNotFoundError`), a status code (`NotFoundError`) or
everything (`AppleMusicError`). A reason that this version does not know becomes the class of its
code. What a player does about it is `error.advice`: retry, skip, have somebody sign in, ...

    AppleMusicError
    ├─ InvalidArgumentError
    │  ├─ InvalidFieldError
    │  ├─ InvalidPageTokenError
    │  ├─ MalformedMessageError
    │  └─ UnsupportedUrlError
    ├─ OutOfRangeError
    │  └─ OffsetOutOfRangeError
    ├─ UnimplementedError
    │  ├─ NotYetImplementedError
    │  ├─ CapabilityRefusedError
    │  └─ ContainerNotSupportedError
    ├─ UnauthenticatedError
    │  ├─ AccessTokenMissingError
    │  ├─ AccessTokenInvalidError
    │  ├─ MusicUserTokenRejectedError
    │  └─ MusicUserTokenExpiredError
    ├─ PermissionDeniedError
    │  ├─ AccessDeniedError
    │  ├─ SubscriptionRequiredError
    │  ├─ ContentRestrictedError
    │  ├─ ContentGeoBlockedError
    │  └─ LicenseRefusedError
    ├─ NotFoundError
    │  ├─ AccountNotFoundError
    │  ├─ SignInNotFoundError
    │  ├─ ResourceNotFoundError
    │  └─ LyricsNotFoundError
    ├─ AlreadyExistsError
    ├─ FailedPreconditionError
    │  ├─ AccountRequiredError
    │  ├─ MusicUserTokenTeamMismatchError
    │  ├─ MusicUserTokenInUseError
    │  ├─ DeveloperTokenMissingError
    │  ├─ DeveloperTokenRejectedError
    │  ├─ DeveloperTokenExpiredError
    │  ├─ SignInExpiredError
    │  ├─ RenewalRefusedError
    │  ├─ PlaylistNotEditableError
    │  ├─ StationWithoutTracksError
    │  ├─ SyncTokenInvalidError
    │  ├─ StationNotLiveError
    │  ├─ ContentWithdrawnError
    │  ├─ ContentUnavailableError
    │  ├─ RenditionNotFoundError
    │  ├─ LiveStationProtectedError
    │  ├─ WidevineDeviceMissingError
    │  ├─ WidevineDeviceRejectedError
    │  ├─ UpstreamRefusedError
    │  ├─ UpstreamAddressRefusedError
    │  └─ StorageKeyMismatchError
    ├─ ResourceExhaustedError
    │  ├─ AnotherDevicePlayingError
    │  ├─ DeviceLimitReachedError
    │  ├─ StreamLimitReachedError
    │  ├─ UpstreamThrottledError
    │  └─ ServerBusyError
    ├─ DataLossError
    │  ├─ IncompleteStreamError
    │  ├─ DecryptionKeyWrongError
    │  ├─ MediaMalformedError
    │  └─ MediaTruncatedError
    ├─ AbortedError
    │  └─ MediaChangedError
    ├─ UnavailableError
    │  ├─ ConnectError
    │  ├─ UpstreamUnavailableError
    │  ├─ UpstreamTimeoutError
    │  ├─ UpstreamListTruncatedError
    │  ├─ ServerDrainingError
    │  └─ StorageUnavailableError
    ├─ DeadlineExceededError
    ├─ CallCancelledError
    │  └─ ClientClosedError
    ├─ InternalError
    │  ├─ ProtocolError
    │  ├─ UpstreamResponseInvalidError
    │  └─ ServerDefectError
    └─ UnknownStatusError
"""

from applemusic.errors.advice import Advice
from applemusic.errors.base import (
    AbortedError,
    AlreadyExistsError,
    AppleMusicError,
    CallCancelledError,
    ClientClosedError,
    ConnectError,
    DataLossError,
    DeadlineExceededError,
    FailedPreconditionError,
    FieldViolation,
    HelpLink,
    IncompleteStreamError,
    InternalError,
    InvalidArgumentError,
    NotFoundError,
    OutOfRangeError,
    PermissionDeniedError,
    ProtocolError,
    ResourceExhaustedError,
    UnauthenticatedError,
    UnavailableError,
    UnimplementedError,
    UnknownStatusError,
)
from applemusic.errors.reasons import (
    AccessDeniedError,
    AccessTokenInvalidError,
    AccessTokenMissingError,
    AccountNotFoundError,
    AccountRequiredError,
    AnotherDevicePlayingError,
    CapabilityRefusedError,
    ContainerNotSupportedError,
    ContentGeoBlockedError,
    ContentRestrictedError,
    ContentUnavailableError,
    ContentWithdrawnError,
    DecryptionKeyWrongError,
    DeveloperTokenExpiredError,
    DeveloperTokenMissingError,
    DeveloperTokenRejectedError,
    DeviceLimitReachedError,
    InvalidFieldError,
    InvalidPageTokenError,
    LicenseRefusedError,
    LiveStationProtectedError,
    LyricsNotFoundError,
    MalformedMessageError,
    MediaChangedError,
    MediaMalformedError,
    MediaTruncatedError,
    MusicUserTokenExpiredError,
    MusicUserTokenInUseError,
    MusicUserTokenRejectedError,
    MusicUserTokenTeamMismatchError,
    NotYetImplementedError,
    OffsetOutOfRangeError,
    PlaylistNotEditableError,
    RenditionNotFoundError,
    RenewalRefusedError,
    ResourceNotFoundError,
    ServerBusyError,
    ServerDefectError,
    ServerDrainingError,
    SignInExpiredError,
    SignInNotFoundError,
    StationNotLiveError,
    StationWithoutTracksError,
    StorageKeyMismatchError,
    StorageUnavailableError,
    StreamLimitReachedError,
    SubscriptionRequiredError,
    SyncTokenInvalidError,
    UnsupportedUrlError,
    UpstreamAddressRefusedError,
    UpstreamListTruncatedError,
    UpstreamRefusedError,
    UpstreamResponseInvalidError,
    UpstreamThrottledError,
    UpstreamTimeoutError,
    UpstreamUnavailableError,
    WidevineDeviceMissingError,
    WidevineDeviceRejectedError,
)

__all__ = [
    "AbortedError",
    "AccessDeniedError",
    "AccessTokenInvalidError",
    "AccessTokenMissingError",
    "AccountNotFoundError",
    "AccountRequiredError",
    "Advice",
    "AlreadyExistsError",
    "AnotherDevicePlayingError",
    "AppleMusicError",
    "CallCancelledError",
    "CapabilityRefusedError",
    "ClientClosedError",
    "ConnectError",
    "ContainerNotSupportedError",
    "ContentGeoBlockedError",
    "ContentRestrictedError",
    "ContentUnavailableError",
    "ContentWithdrawnError",
    "DataLossError",
    "DeadlineExceededError",
    "DecryptionKeyWrongError",
    "DeveloperTokenExpiredError",
    "DeveloperTokenMissingError",
    "DeveloperTokenRejectedError",
    "DeviceLimitReachedError",
    "FailedPreconditionError",
    "FieldViolation",
    "HelpLink",
    "IncompleteStreamError",
    "InternalError",
    "InvalidArgumentError",
    "InvalidFieldError",
    "InvalidPageTokenError",
    "LicenseRefusedError",
    "LiveStationProtectedError",
    "LyricsNotFoundError",
    "MalformedMessageError",
    "MediaChangedError",
    "MediaMalformedError",
    "MediaTruncatedError",
    "MusicUserTokenExpiredError",
    "MusicUserTokenInUseError",
    "MusicUserTokenRejectedError",
    "MusicUserTokenTeamMismatchError",
    "NotFoundError",
    "NotYetImplementedError",
    "OffsetOutOfRangeError",
    "OutOfRangeError",
    "PermissionDeniedError",
    "PlaylistNotEditableError",
    "ProtocolError",
    "RenditionNotFoundError",
    "RenewalRefusedError",
    "ResourceExhaustedError",
    "ResourceNotFoundError",
    "ServerBusyError",
    "ServerDefectError",
    "ServerDrainingError",
    "SignInExpiredError",
    "SignInNotFoundError",
    "StationNotLiveError",
    "StationWithoutTracksError",
    "StorageKeyMismatchError",
    "StorageUnavailableError",
    "StreamLimitReachedError",
    "SubscriptionRequiredError",
    "SyncTokenInvalidError",
    "UnauthenticatedError",
    "UnavailableError",
    "UnimplementedError",
    "UnknownStatusError",
    "UnsupportedUrlError",
    "UpstreamAddressRefusedError",
    "UpstreamListTruncatedError",
    "UpstreamRefusedError",
    "UpstreamResponseInvalidError",
    "UpstreamThrottledError",
    "UpstreamTimeoutError",
    "UpstreamUnavailableError",
    "WidevineDeviceMissingError",
    "WidevineDeviceRejectedError",
]
