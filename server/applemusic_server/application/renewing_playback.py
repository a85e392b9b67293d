"""Playback that renews a music user token when Apple asks for it, and goes on."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from applemusic_server.application.renewals import Renewals
from applemusic_server.domain.errors import AppleMusicError, Reason, UnauthenticatedError
from applemusic_server.domain.gateways import (
    LicenseAnswer,
    Listener,
    PlaybackGateway,
    PlaybackOffer,
)
from applemusic_server.domain.listeners import Listeners

T = TypeVar("T")


class RenewingPlayback:
    """A `PlaybackGateway` over another one, as Apple's web player handles code 2034 (observed).

    A token that is refused outright may be the one from before a renewal, which a stream or a
    prepared song goes on to use: then the account's present one is tried.

    Args:
        inner: Asks Apple.
        renewals: Replaces tokens.
        listeners: Hears of a token that could not be renewed: it may be dead.
    """

    def __init__(self, inner: PlaybackGateway, renewals: Renewals, listeners: Listeners) -> None:
        self._inner = inner
        self._renewals = renewals
        self._listeners = listeners

    async def offer(self, song_id: str, listener: Listener) -> PlaybackOffer:
        """Ask to play a song; raises as `PlaybackGateway.offer`."""
        return await self._asked(listener, lambda who: self._inner.offer(song_id, who))

    async def playlist(self, offer: PlaybackOffer) -> str:
        """Return the text of the offer's playlist."""
        return await self._inner.playlist(offer)

    async def license(
        self, offer: PlaybackOffer, key_uri: str, challenge: bytes, listener: Listener
    ) -> LicenseAnswer:
        """Exchange a challenge for a licence; raises as `PlaybackGateway.license`."""
        return await self._asked(
            listener, lambda who: self._inner.license(offer, key_uri, challenge, who)
        )

    async def _asked(self, listener: Listener, ask: Callable[[Listener], Awaitable[T]]) -> T:
        try:
            return await ask(listener)
        except UnauthenticatedError as error:
            renewed = await self._renewed(listener, error)
            if renewed is None:
                raise
        return await ask(renewed)

    async def _renewed(self, listener: Listener, error: UnauthenticatedError) -> Listener | None:
        if error.reason is Reason.MUSIC_USER_TOKEN_EXPIRED:
            renewed = await self._renewals.listener_after_expiry(listener)
            if renewed is None:
                await self._listeners.mark_rejected(listener)
            return renewed
        if error.reason is Reason.MUSIC_USER_TOKEN_REJECTED:
            try:
                await self._listeners.mark_rejected(listener)
            except AppleMusicError as second:
                # The caller is told the first failure; the second must not hide it.
                error.add_note(f"the account could not be marked: {second.reason}")
                return None
            return await self._renewals.replacement(listener)
        return None
