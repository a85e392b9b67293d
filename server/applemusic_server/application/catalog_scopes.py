"""Through whose eyes the catalog is read for a caller, and what a dead token does to it."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from applemusic_server.application.accounts import Accounts
from applemusic_server.application.limits import check_storefront
from applemusic_server.application.recent_catalog import RecentCatalog
from applemusic_server.domain.access import PermittedAccounts
from applemusic_server.domain.account import Account
from applemusic_server.domain.errors import FailedPreconditionError, Reason, UnauthenticatedError
from applemusic_server.domain.gateways import CatalogScope, Listener, StorefrontGateway
from applemusic_server.domain.language import check_language_tag, closest_language_tag
from applemusic_server.domain.resources import ReadOptions

T = TypeVar("T")

_DEVELOPER_TOKEN_REASONS = frozenset(
    {
        Reason.DEVELOPER_TOKEN_MISSING,
        Reason.DEVELOPER_TOKEN_REJECTED,
        Reason.DEVELOPER_TOKEN_EXPIRED,
    }
)


class CatalogScopes:
    """Finds storefront, language and listener of catalog reads.

    Args:
        storefronts: Knows storefronts and their languages.
        accounts: Knows listeners.
        default_storefront: Where neither the call nor an account names one, e.g. `us`.
        remember_seconds: How long an account is remembered rather than read from storage, which
            takes longer than all the rest of a read that Apple is not asked for. Changes made by
            this process count at once, see `forget`; those of another replica after this time.
        clock: Monotonic seconds.
        permitted: Which accounts the call under way may touch: what is remembered for one caller
            is not for another.
        recent: What listeners wrote a moment ago; None where nothing is written.
    """

    def __init__(
        self,
        storefronts: StorefrontGateway,
        accounts: Accounts,
        *,
        default_storefront: str,
        remember_seconds: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        permitted: PermittedAccounts | None = None,
        recent: RecentCatalog | None = None,
    ) -> None:
        self._storefronts = storefronts
        self._accounts = accounts
        self._default_storefront = check_storefront(default_storefront, "default_storefront")
        self._remember_seconds = remember_seconds
        self._clock = clock
        self._permitted = permitted or PermittedAccounts()
        self._readers: dict[tuple[str, frozenset[str] | None], tuple[Account | None, float]] = {}
        self._recent = recent
        self._changes = 0

    def forget(self) -> None:
        """Read accounts anew: one of them changed."""
        self._changes += 1
        self._readers.clear()

    async def read(self, scope: CatalogScope, read: Callable[[CatalogScope], Awaitable[T]]) -> T:
        """Read, and read again for nobody when Apple refuses the listener's token."""
        try:
            answer = await read(scope)
        except UnauthenticatedError as error:
            if scope.listener is None or error.reason is not Reason.MUSIC_USER_TOKEN_REJECTED:
                raise
            await self._accounts.mark_rejected(scope.listener)
            return await read(replace(scope, listener=None))
        return answer if self._recent is None else self._recent.shown(answer, scope)

    async def scope(self, account: str, options: ReadOptions) -> CatalogScope:
        """Return how to read for a caller.

        Raises:
            InvalidArgumentError: INVALID_FIELD.
            NotFoundError: ACCOUNT_NOT_FOUND, or RESOURCE_NOT_FOUND for a storefront.
            FailedPreconditionError: A DEVELOPER_TOKEN reason.
        """
        check_language_tag(options.language)
        if options.storefront:
            check_storefront(options.storefront)
        reader = await self._reader(account)
        storefront = options.storefront or self._default_storefront
        if not options.storefront and reader is not None:
            storefront = reader.storefront
        listener = self._usable_listener(reader) if reader and options.full else None
        return CatalogScope(
            storefront=storefront,
            language=await self._language(options.language, storefront, reader),
            full=options.full,
            listener=listener if listener and listener.storefront == storefront else None,
        )

    async def _reader(self, account: str) -> Account | None:
        """Return the account that is meant, if any; none is needed to read the catalog."""
        key = account, self._permitted.ids
        known = self._readers.get(key)
        if known is not None and self._clock() < known[1]:
            return known[0]
        until, changes = self._clock() + self._remember_seconds, self._changes
        try:
            reader: Account | None = await self._accounts.get(account)
        except FailedPreconditionError as error:
            if error.reason is not Reason.ACCOUNT_REQUIRED:
                raise
            reader = None
        if self._remember_seconds and changes == self._changes:
            self._readers[key] = (reader, until)
        return reader

    def _usable_listener(self, account: Account) -> Listener | None:
        try:
            return self._accounts.listener_of(account)
        except UnauthenticatedError:
            return None
        except FailedPreconditionError as error:
            if error.reason in _DEVELOPER_TOKEN_REASONS:
                raise
            return None

    async def _language(self, wanted: str, storefront: str, reader: Account | None) -> str:
        """Return the storefront's closest tag: others make Apple answer 400 (observed)."""
        if not wanted:
            return ""
        if reader is not None and reader.storefront == storefront and reader.language_tags:
            return closest_language_tag(wanted, reader.language_tags)
        known = await self._storefronts.storefront(storefront)
        tags = (known.default_language_tag, *known.supported_language_tags)
        return closest_language_tag(wanted, [tag for tag in tags if tag])
