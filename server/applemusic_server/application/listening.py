"""Calls that are made for a listener: through whose eyes, and what a dead token means for later."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from applemusic_server.application.accounts import Accounts
from applemusic_server.application.limits import check_storefront
from applemusic_server.domain.errors import AppleMusicError, Reason
from applemusic_server.domain.gateways import CatalogScope, Listener, StorefrontGateway
from applemusic_server.domain.language import check_language_tag, closest_language_tag
from applemusic_server.domain.resources import ReadOptions


class Listening:
    """Opens calls that need a listener.

    Args:
        accounts: Knows listeners.
        storefronts: Knows the languages of other storefronts than the listener's.
    """

    def __init__(self, accounts: Accounts, storefronts: StorefrontGateway) -> None:
        self._accounts = accounts
        self._storefronts = storefronts

    @asynccontextmanager
    async def listener(self, account: str) -> AsyncIterator[Listener]:
        """Yield who an account id names; note it when Apple refuses their token in the body.

        Raises:
            AppleMusicError: As `Accounts.resolve`, and what the body raises.
        """
        listener = await self._accounts.resolve(account)
        async with self._noting(listener):
            yield listener

    @asynccontextmanager
    async def scope(
        self, account: str, options: ReadOptions
    ) -> AsyncIterator[tuple[CatalogScope, Listener]]:
        """Yield how to read and for whom; otherwise as `listener`.

        Raises:
            InvalidArgumentError: INVALID_FIELD, a language or storefront that can be none.
        """
        check_language_tag(options.language)
        if options.storefront:
            check_storefront(options.storefront)
        known = await self._accounts.get(account)
        listener = self._accounts.listener_of(known)
        storefront = options.storefront or listener.storefront
        language = ""
        if options.language and storefront == known.storefront and known.language_tags:
            language = closest_language_tag(options.language, known.language_tags)
        elif options.language:
            found = await self._storefronts.storefront(storefront)
            tags = (found.default_language_tag, *found.supported_language_tags)
            language = closest_language_tag(options.language, [tag for tag in tags if tag])
        scope = CatalogScope(storefront, language, full=options.full, listener=listener)
        async with self._noting(listener):
            yield scope, listener

    @asynccontextmanager
    async def _noting(self, listener: Listener) -> AsyncIterator[None]:
        try:
            yield
        except AppleMusicError as error:
            if error.reason is not Reason.MUSIC_USER_TOKEN_REJECTED:
                raise
            told = await self._after_refusal(error, listener)
            if told is error:
                raise
            raise told from error

    async def _after_refusal(self, error: AppleMusicError, listener: Listener) -> AppleMusicError:
        try:
            return await self._accounts.after_refusal(listener, error)
        except AppleMusicError as second:
            # The caller is told the first failure; the second must not hide it.
            error.add_note(f"the account could not be marked: {second.reason}")
            return error
