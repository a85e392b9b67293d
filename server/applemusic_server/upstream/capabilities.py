"""Asks Apple what a listener may do, by calls that change nothing."""

from applemusic_server.domain.capability import Capability, CapabilityAnswer
from applemusic_server.domain.gateways import Listener
from applemusic_server.upstream.api_client import ApiClient
from applemusic_server.upstream.favorites import AppleFavorites
from applemusic_server.upstream.library_writes import AppleLibraryWrites
from applemusic_server.upstream.lyrics import AppleLyrics


class AppleCapabilities:
    """Implements `CapabilityGateway`; everything else at Apple goes first.

    Every question names something that there is not, so that a yes does no harm either.

    Args:
        api: Asks Apple.
    """

    def __init__(self, api: ApiClient) -> None:
        background = api.in_background()
        self._writes = AppleLibraryWrites(background)
        self._lyrics = AppleLyrics(background)
        self._favorites = AppleFavorites(background)

    async def ask(self, capability: Capability, listener: Listener) -> CapabilityAnswer:
        """Return what Apple says about one of `PROBED`."""
        match capability:
            case Capability.LYRICS:
                permitted = await self._lyrics.permitted(listener)
            case Capability.ARTIST_FAVORITES:
                return await self._favorites.may_read_artists(listener)
            case Capability.ARTIST_FAVORITES_CLEAR:
                return await self._favorites.may_remove(listener)
            case _:
                permitted = await self._writes.permits(capability, listener)
        return CapabilityAnswer.ALLOWED if permitted else CapabilityAnswer.REFUSED
