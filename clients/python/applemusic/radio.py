"""Radio stations and what they play next."""

from typing import Unpack

from applemusic.calls import Calls, Paged, Read
from applemusic.convert import from_enum, from_reference, to_model, to_models
from applemusic.models.genre import Genre
from applemusic.models.station import NextTracks, Station, StationList
from applemusic.paging import Pager
from applemusic.references import Referable, reference
from applemusic.v1 import radio_service_pb2 as pb


class Radio:
    """Stations. Every method needs an account."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def stations(
        self, which: StationList, *, genre_id: str = "", **call: Unpack[Paged]
    ) -> Pager[Station]:
        """List stations of one kind.

        Args:
            which: Which stations.
            genre_id: Station genre, for `StationList.GENRE` alone.
            **call: Account, options, page and timeout.
        """
        request = pb.ListStationsRequest(
            list=from_enum(which), genre_id=genre_id, **self._calls.read_fields(call)
        )
        method = self._calls.stubs.radio.ListStations
        return self._calls.pager(
            method, request, lambda page: to_models(Station, page.stations), call
        )

    def genres(self, **call: Unpack[Paged]) -> Pager[Genre]:
        """List the genres under which Apple groups stations."""
        request = pb.ListStationGenresRequest(**self._calls.read_fields(call))
        method = self._calls.stubs.radio.ListStationGenres
        return self._calls.pager(method, request, lambda page: to_models(Genre, page.genres), call)

    async def seeded_station(self, seed: Referable, **call: Unpack[Read]) -> Station:
        """Return the station that Apple makes from a song, artist, album or playlist.

        Raises:
            StationWithoutTracksError: Apple has none.
        """
        request = pb.GetSeededStationRequest(
            seed=from_reference(reference(seed)), **self._calls.read_fields(call)
        )
        response = await self._calls.unary(self._calls.stubs.radio.GetSeededStation, request, call)
        return to_model(Station, response.station)

    async def next_tracks(
        self, station_id: str, *, session_token: str = "", limit: int = 0, **call: Unpack[Read]
    ) -> NextTracks:
        """Return the songs that a station plays next.

        Args:
            station_id: The station.
            session_token: `NextTracks.session_token` of the call before; empty begins anew.
            limit: Most songs to return; 0 means 10, which is the most.
            **call: Account, options and timeout.

        Raises:
            StationWithoutTracksError: It is live.
        """
        request = pb.NextTracksRequest(
            station_id=station_id,
            session_token=session_token,
            limit=limit,
            **self._calls.read_fields(call),
        )
        response = await self._calls.unary(self._calls.stubs.radio.NextTracks, request, call)
        return to_model(NextTracks, response)
