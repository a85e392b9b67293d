"""Apple's playback side and its stations, asked with the token that an account has now."""

from applemusic_server.application.present_tokens import PresentTokens
from applemusic_server.domain.gateways import (
    LicenseAnswer,
    Listener,
    PlaybackGateway,
    PlaybackOffer,
)
from applemusic_server.domain.live import StationGateway, StationStream


class RenewingPlayback:
    """A `PlaybackGateway` over another one.

    Args:
        inner: Asks Apple.
        tokens: Replaces tokens that Apple refuses.
    """

    def __init__(self, inner: PlaybackGateway, tokens: PresentTokens) -> None:
        self._inner = inner
        self._tokens = tokens

    async def offer(self, song_id: str, listener: Listener) -> PlaybackOffer:
        """Ask to play a song; raises as `PlaybackGateway.offer`."""
        return await self._tokens.ask(listener, lambda who: self._inner.offer(song_id, who))

    async def playlist(self, offer: PlaybackOffer) -> str:
        """Return the text of the offer's playlist."""
        return await self._inner.playlist(offer)

    async def license(
        self, offer: PlaybackOffer, key_uri: str, challenge: bytes, listener: Listener
    ) -> LicenseAnswer:
        """Exchange a challenge for a licence; raises as `PlaybackGateway.license`."""
        return await self._tokens.ask(
            listener, lambda who: self._inner.license(offer, key_uri, challenge, who)
        )


class RenewingStations:
    """A `StationGateway` over another one: a broadcast is heard for longer than a token lives.

    Args:
        inner: Asks Apple.
        tokens: Replaces tokens that Apple refuses.
    """

    def __init__(self, inner: StationGateway, tokens: PresentTokens) -> None:
        self._inner = inner
        self._tokens = tokens

    async def stream(self, station_id: str, listener: Listener) -> StationStream | None:
        """Return where a station can be heard; raises as `StationGateway.stream`."""
        return await self._tokens.ask(listener, lambda who: self._inner.stream(station_id, who))
