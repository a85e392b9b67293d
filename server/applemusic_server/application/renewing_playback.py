"""Playback that renews a music user token when Apple asks for it, and goes on."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from applemusic_server.application.renewals import Renewals
from applemusic_server.domain.errors import Reason, UnauthenticatedError
from applemusic_server.domain.gateways import Listener, PlaybackGateway, PlaybackOffer
from applemusic_server.domain.listeners import Listeners

T = TypeVar("T")


class RenewingPlayback:
    """A `PlaybackGateway` over another one, as Apple's web player handles code 2034 (observed).

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
    ) -> bytes:
        """Exchange a challenge for a licence; raises as `PlaybackGateway.license`."""
        return await self._asked(
            listener, lambda who: self._inner.license(offer, key_uri, challenge, who)
        )

    async def _asked(self, listener: Listener, ask: Callable[[Listener], Awaitable[T]]) -> T:
        try:
            return await ask(listener)
        except UnauthenticatedError as error:
            if error.reason is not Reason.MUSIC_USER_TOKEN_EXPIRED:
                raise
            renewed = await self._renewals.listener_after_expiry(listener)
            if renewed is None:
                await self._listeners.mark_rejected(listener)
                raise
        return await ask(renewed)
