"""From a station id to where it can be heard, or to why it cannot."""

from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    NotFoundError,
    Reason,
)
from applemusic_server.domain.gateways import CatalogGateway, CatalogScope, Listener
from applemusic_server.domain.live import StationGateway
from applemusic_server.domain.resources import Station, StationKind

_PERSONAL = "ra.u-"


class LiveStations:
    """Finds out where stations can be heard.

    Args:
        gateway: Asks Apple.
        catalog: Asked why, when Apple has no stream; else never.
    """

    def __init__(self, gateway: StationGateway, catalog: CatalogGateway) -> None:
        self._gateway = gateway
        self._catalog = catalog

    async def url(self, station_id: str, listener: Listener) -> str:
        """Return the address of a station's playlist: one round trip to Apple.

        Raises:
            FailedPreconditionError: LIVE_STATION_PROTECTED; STATION_NOT_LIVE, it plays songs one by
                one; CONTENT_UNAVAILABLE, it has no stream just now.
            NotFoundError: RESOURCE_NOT_FOUND.
            AppleMusicError: What else Apple refuses with.
        """
        if station_id.startswith(_PERSONAL):
            raise _not_live(station_id)  # they are made of songs, all of them
        try:
            stream = await self._gateway.stream(station_id, listener)
        except NotFoundError as error:
            if await self._kind(station_id, listener, error) is StationKind.TRACKS:
                raise _not_live(station_id) from error
            raise
        if stream is None:
            kind = await self._kind(station_id, listener, None)
            if kind in (StationKind.TRACKS, None):
                raise _not_live(station_id)
            raise FailedPreconditionError(
                Reason.CONTENT_UNAVAILABLE,
                f"Apple offers no stream of station {station_id!r} just now",
                metadata={"id": station_id, "appleCode": ""},
            )
        if stream.protected:
            raise FailedPreconditionError(
                Reason.LIVE_STATION_PROTECTED,
                f"station {station_id!r} is protected, as Apple's own live stations are; this "
                "server plays broadcasts without protection only",
                metadata={"id": station_id},
            )
        return stream.url

    async def _kind(
        self, station_id: str, listener: Listener, why: AppleMusicError | None
    ) -> StationKind | None:
        """What the catalog says that it is; None when it says nothing.

        Stations that were made for a song or an artist are not always in it.
        """
        try:
            scope = CatalogScope(listener.storefront)
            found = await self._catalog.fetch(Station, [station_id], scope)
        except AppleMusicError as second:
            if why is not None:
                why.add_note(f"asked why, the catalog failed with {second.reason}")
            return None
        return found.items[0].kind if found.items else None


def _not_live(station_id: str) -> FailedPreconditionError:
    return FailedPreconditionError(
        Reason.STATION_NOT_LIVE,
        f"station {station_id!r} is not broadcast: it plays songs one by one; ask "
        "RadioService.NextTracks for them and stream those",
        metadata={"id": station_id},
    )
