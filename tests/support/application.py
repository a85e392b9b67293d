"""Stand-ins for what the use cases talk to."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from applemusic_server.domain.account import Account, SubscriptionState
from applemusic_server.domain.errors import AppleMusicError, NotFoundError, Reason
from applemusic_server.domain.gateways import (
    ArtistAlbumKind,
    CatalogScope,
    ListenerProfile,
    Storefront,
)
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
US = Storefront("us", "United States", "en-US", ("en-US", "es-MX", "zh-Hans-CN", "pt-BR"))
DE = Storefront("de", "Germany", "de-DE", ("de-DE", "en-GB"))


@dataclass
class MemoryStore:
    """An account store that forgets."""

    accounts: dict[str, Account] = field(default_factory=dict)

    async def list(self) -> tuple[Account, ...]:
        return tuple(self.accounts[key] for key in sorted(self.accounts))

    async def get(self, account_id: str) -> Account | None:
        return self.accounts.get(account_id)

    async def put(
        self,
        account: Account,
        *,
        check: Callable[[Collection[Account]], None] | None = None,
    ) -> None:
        if check is not None:
            check(self.accounts.values())
        self.accounts[account.id] = account

    async def update(
        self, account_id: str, change: Callable[[Account], Account | None]
    ) -> Account | None:
        before = self.accounts.get(account_id)
        after = None if before is None else change(before)
        if after is not None:
            self.accounts[account_id] = after
        return after

    async def delete(self, account_id: str) -> bool:
        return self.accounts.pop(account_id, None) is not None


@dataclass
class Listeners:
    """Says of every token what a test wants."""

    profile_of_all: ListenerProfile = field(
        default_factory=lambda: ListenerProfile(US, SubscriptionState.ACTIVE)
    )
    error: AppleMusicError | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def profile(self, account_id: str, music_user_token: Secret) -> ListenerProfile:
        self.asked.append((account_id, music_user_token.reveal()))
        if self.error is not None:
            raise self.error
        return self.profile_of_all


@dataclass
class Storefronts:
    """Knows two."""

    asked: list[str] = field(default_factory=list)

    async def storefront(self, storefront_id: str) -> Storefront:
        self.asked.append(storefront_id)
        known = {"us": US, "de": DE}.get(storefront_id)
        if known is None:
            raise NotFoundError(Reason.RESOURCE_NOT_FOUND, "no such storefront")
        return known


@dataclass
class RecordingCatalog:
    """Remembers scopes and limits; refuses the listener's token if told to."""

    refusal: AppleMusicError | None = None
    scopes: list[CatalogScope] = field(default_factory=list)
    limits: list[tuple[int, int]] = field(default_factory=list)
    searches: list[tuple[str, tuple[ResourceType, ...], bool]] = field(default_factory=list)
    known: dict[str, Resource] = field(default_factory=lambda: {"1": Song("1", "One")})

    def _read(self, scope: CatalogScope, limit: int = 0, offset: int = 0) -> None:
        self.scopes.append(scope)
        self.limits.append((limit, offset))
        if self.refusal is not None and scope.listener is not None:
            raise self.refusal

    async def fetch(self, kind: type[R], ids: Sequence[str], scope: CatalogScope) -> Found[R]:
        self._read(scope)
        items = tuple(each for key in ids if isinstance(each := self.known.get(key), kind))
        return Found(items, tuple(key for key in ids if key not in self.known))

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
        self._read(scope, limit, offset)
        self.searches.append((term, tuple(types), top_results))
        return SearchResults()

    async def album_tracks(
        self, album_id: str, scope: CatalogScope, *, limit: int, offset: int
    ) -> Page[Track]:
        del album_id
        self._read(scope, limit, offset)
        return Page()

    async def playlist_tracks(
        self, playlist_id: str, scope: CatalogScope, *, limit: int, offset: int
    ) -> Page[Track]:
        del playlist_id
        self._read(scope, limit, offset)
        return Page()

    async def artist_albums(
        self,
        artist_id: str,
        kind: ArtistAlbumKind,
        scope: CatalogScope,
        *,
        limit: int,
        offset: int,
    ) -> Page[Album]:
        del artist_id, kind
        self._read(scope, limit, offset)
        return Page()

    async def artist_top_songs(
        self, artist_id: str, scope: CatalogScope, *, limit: int, offset: int
    ) -> Page[Song]:
        del artist_id
        self._read(scope, limit, offset)
        return Page()

    async def similar_artists(
        self, artist_id: str, scope: CatalogScope, *, limit: int, offset: int
    ) -> Page[Artist]:
        del artist_id
        self._read(scope, limit, offset)
        return Page()
