"""The ports to Apple: what the application asks for, whoever answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Protocol, TypeVar

from applemusic_server.domain.account import SubscriptionState
from applemusic_server.domain.resources import (
    Album,
    Artist,
    Found,
    Page,
    Resource,
    ResourceType,
    SearchResults,
    Song,
    Track,
)
from applemusic_server.domain.secret import Secret

R = TypeVar("R", bound=Resource)


class ArtistAlbumKind(Enum):
    """A part of an artist's albums."""

    ALL = auto()
    FULL_ALBUMS = auto()
    SINGLES = auto()
    LIVE_ALBUMS = auto()
    COMPILATIONS = auto()
    APPEARS_ON = auto()
    FEATURED = auto()
    LATEST_RELEASE = auto()


@dataclass(frozen=True, slots=True)
class Listener:
    """Who a call to Apple is made for.

    Attributes:
        account_id: For errors and metrics.
        music_user_token: Apple's token.
    """

    account_id: str
    music_user_token: Secret
    storefront: str


@dataclass(frozen=True, slots=True)
class CatalogScope:
    """Through whose eyes the catalog is read.

    Attributes:
        storefront: Country catalog, e.g. `us`.
        language: BCP-47 tag that the storefront supports; empty for its default.
        full: Also ask for what Apple sends only on request.
        listener: Whose favorites and library to tell; None for nobody's.
    """

    storefront: str
    language: str = ""
    full: bool = False
    listener: Listener | None = None


class CatalogGateway(Protocol):
    """Reads Apple's catalog. Every method may raise the DEVELOPER_TOKEN and UPSTREAM reasons."""

    async def fetch(self, kind: type[R], ids: Sequence[str], scope: CatalogScope) -> Found[R]:
        """Return resources by id, in the order asked for, in as many requests as Apple needs."""
        ...

    async def search(
        self,
        term: str,
        types: Sequence[ResourceType],
        scope: CatalogScope,
        *,
        limit: int,
        offset: int,
        top_results: bool,
    ) -> SearchResults:
        """Find resources by words, `limit` (at most 25) per type."""
        ...

    async def album_tracks(
        self, album_id: str, scope: CatalogScope, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of an album's tracks; RESOURCE_NOT_FOUND when there is no such album."""
        ...

    async def playlist_tracks(
        self, playlist_id: str, scope: CatalogScope, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of a playlist's tracks; RESOURCE_NOT_FOUND when there is none."""
        ...

    async def artist_albums(
        self,
        artist_id: str,
        kind: ArtistAlbumKind,
        scope: CatalogScope,
        *,
        limit: int,
        offset: int,
    ) -> Page[Album]:
        """Return a page of an artist's albums; RESOURCE_NOT_FOUND when there is no such artist."""
        ...

    async def artist_top_songs(
        self, artist_id: str, scope: CatalogScope, *, limit: int, offset: int
    ) -> Page[Song]:
        """Return a page of an artist's top songs; RESOURCE_NOT_FOUND without such an artist."""
        ...

    async def similar_artists(
        self, artist_id: str, scope: CatalogScope, *, limit: int, offset: int
    ) -> Page[Artist]:
        """Return a page of similar artists; RESOURCE_NOT_FOUND when there is no such artist."""
        ...


@dataclass(frozen=True, slots=True)
class Storefront:
    """A country catalog."""

    id: str
    name: str
    default_language_tag: str
    supported_language_tags: tuple[str, ...]
    explicit_content_prohibited: bool = False


@dataclass(frozen=True, slots=True)
class ListenerProfile:
    """What Apple says about the owner of a music user token."""

    storefront: Storefront
    subscription_state: SubscriptionState


class StorefrontGateway(Protocol):
    """Knows Apple's storefronts."""

    async def storefront(self, storefront_id: str) -> Storefront:
        """Return a storefront.

        Raises:
            NotFoundError: RESOURCE_NOT_FOUND, Apple has none of this name.
        """
        ...


class ListenerGateway(Protocol):
    """Asks Apple about the owner of a music user token."""

    async def profile(self, account_id: str, music_user_token: Secret) -> ListenerProfile:
        """Return what Apple says.

        Raises:
            UnauthenticatedError: MUSIC_USER_TOKEN_REJECTED; the developer token is good.
            FailedPreconditionError: DEVELOPER_TOKEN_REJECTED, _MISSING or _EXPIRED.
        """
        ...


@dataclass(frozen=True, slots=True)
class DeveloperToken:
    """A developer token and what can be read in it.

    Attributes:
        expire_time: From its `exp` claim.
        team_id: From its `iss` claim.
    """

    value: Secret
    expire_time: datetime
    team_id: str


class DeveloperTokenSource(Protocol):
    """Where the developer token comes from: a file, or made from the operator's key."""

    def current(self, account_id: str = "") -> DeveloperToken:
        """Return a token that is not past its end.

        Args:
            account_id: Whose call it is for; an account may have a token of its own. Empty for a
                call that is made for nobody.

        Raises:
            FailedPreconditionError: DEVELOPER_TOKEN_MISSING, DEVELOPER_TOKEN_REJECTED with what
                is wrong with it, or DEVELOPER_TOKEN_EXPIRED.
        """
        ...


class DeveloperTokenVerdicts(Protocol):
    """Knows what Apple said last about developer tokens, without asking again."""

    def is_rejected(self, token: Secret) -> bool:
        """Whether Apple's last word on this token was no."""
        ...


@dataclass(frozen=True, slots=True)
class DeveloperTokenLook:
    """What Apple says to a developer token.

    Attributes:
        accepted: Whether Apple accepts it.
        apple_time: Apple's clock, in UTC; None when it was not told.
    """

    accepted: bool
    apple_time: datetime | None


class DeveloperTokenInspector(Protocol):
    """Asks Apple about developer tokens."""

    async def inspect(self, token: Secret) -> DeveloperTokenLook:
        """Ask now, whatever was said before.

        Raises:
            AppleMusicError: An UPSTREAM reason; Apple said neither yes nor no.
        """
        ...


class UserTokenGateway(Protocol):
    """Renews and takes back music user tokens at Apple."""

    async def renew(self, account_id: str, music_user_token: Secret) -> Secret:
        """Return a new token for an old one; whether it is good is for the caller to prove.

        Raises:
            FailedPreconditionError: RENEWAL_REFUSED; a DEVELOPER_TOKEN reason.
            AppleMusicError: An UPSTREAM reason.
        """
        ...

    async def revoke(self, account_id: str, music_user_token: Secret) -> None:
        """Ask Apple to accept a token from nobody any more.

        Raises:
            AppleMusicError: A DEVELOPER_TOKEN or an UPSTREAM reason.
        """
        ...


@dataclass(frozen=True, slots=True)
class PlaybackOffer:
    """Apple's answer to "I want to play this".

    Attributes:
        song_id: The id that was asked for.
        license_id: The catalog id that the licence request names.
        playlist_url: The HLS media playlist of the protected rendition; empty for a plain file.
        license_url: Where the licence is asked for.
        library: The song was asked for by library id.
        file_url: The plain file of an upload, signed and good for a day (observed); else empty.
        duration: How long that is said to play; 0 when Apple does not say.
    """

    song_id: str
    license_id: str
    playlist_url: str = field(repr=False)  # May be signed.
    license_url: str
    library: bool = False
    file_url: str = field(default="", repr=False)  # Is signed.
    duration: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class LicenseAnswer:
    """A licence as Apple sends it.

    Attributes:
        message: For the Widevine device.
        renew_after: When whoever goes on playing asks for another one; None where Apple does not
            say so.
    """

    message: bytes = field(repr=False)
    renew_after: timedelta | None = None


class PlaybackGateway(Protocol):
    """Apple's playback side. Every method may raise the token, CONTENT and UPSTREAM reasons."""

    async def offer(self, song_id: str, listener: Listener) -> PlaybackOffer:
        """Ask to play a song; `song_id` is a catalog id, or a library id beginning `i.`.

        Raises:
            AppleMusicError: One reason for each of Apple's failure codes; RENDITION_NOT_FOUND when
                nothing that this server plays is offered.
        """
        ...

    async def playlist(self, offer: PlaybackOffer) -> str:
        """Return the text of the offer's playlist, at most 1 MiB."""
        ...

    async def license(
        self, offer: PlaybackOffer, key_uri: str, challenge: bytes, listener: Listener
    ) -> LicenseAnswer:
        """Exchange a Widevine challenge for a licence.

        Raises:
            PermissionDeniedError: LICENSE_REFUSED, or the reason of Apple's code.
        """
        ...
