"""Asking Apple for a listener with the token that their account has now."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from applemusic_server.application.renewals import Renewals
from applemusic_server.domain.errors import AppleMusicError, Reason, UnauthenticatedError
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.listeners import Listeners

T = TypeVar("T")


class PresentTokens:
    """Replaces a music user token that Apple refuses, and asks again, once.

    A token that is to be renewed is renewed, as Apple's web player does for code 2034 (observed).
    One that is refused outright may be the one from before a renewal, which a stream or a prepared
    song goes on to use: then the account's present one is tried.

    Args:
        renewals: Replaces tokens.
        listeners: Hears of a token that could not be replaced: it may be dead.
    """

    def __init__(self, renewals: Renewals, listeners: Listeners) -> None:
        self._renewals = renewals
        self._listeners = listeners

    async def ask(self, listener: Listener, ask: Callable[[Listener], Awaitable[T]]) -> T:
        """Return what `ask` returns, for `listener` or for the same person with another token.

        Raises:
            AppleMusicError: What `ask` raises.
        """
        try:
            return await ask(listener)
        except UnauthenticatedError as error:
            renewed = await self._replaced(listener, error)
            if renewed is None:
                raise
        try:
            return await ask(renewed)
        except UnauthenticatedError as error:
            await self._note(renewed, error)
            raise

    async def _replaced(self, listener: Listener, error: UnauthenticatedError) -> Listener | None:
        if error.reason is Reason.MUSIC_USER_TOKEN_EXPIRED:
            renewed = await self._renewals.listener_after_expiry(listener)
            if renewed is None:
                await self._note(listener, error)
            return renewed
        if await self._note(listener, error):
            return await self._renewals.replacement(listener)
        return None

    async def _note(self, listener: Listener, error: UnauthenticatedError) -> bool:
        """Have the account looked at, which may renew its token; False where that was in vain."""
        if error.reason not in (Reason.MUSIC_USER_TOKEN_EXPIRED, Reason.MUSIC_USER_TOKEN_REJECTED):
            return False
        try:
            await self._listeners.mark_rejected(listener)
        except AppleMusicError as second:
            # The caller is told the first failure; the second must not hide it.
            error.add_note(f"the account could not be marked: {second.reason}")
            return False
        return True
