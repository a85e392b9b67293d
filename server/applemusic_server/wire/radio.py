"""Serves `RadioService`."""

from typing import Final, Protocol

from applemusic.v1 import radio_service_pb2 as pb
from applemusic_server.domain.errors import invalid_field
from applemusic_server.domain.radio import NextTracks, StationList
from applemusic_server.domain.resources import Genre, Page, ReadOptions, ResourceRef, Station
from applemusic_server.wire.convert import Converter, read_options
from applemusic_server.wire.enums import STATION_LISTS
from applemusic_server.wire.favorites import reference
from applemusic_server.wire.grpc_types import Context
from applemusic_server.wire.page_token import decode
from applemusic_server.wire.paging import next_page_token, page_limit

_LISTS: Final = {number: which for which, number in STATION_LISTS.items()}


class Radio(Protocol):
    """The use cases of radio; see `application.radio`."""

    async def stations(
        self,
        which: StationList,
        genre_id: str,
        account: str,
        options: ReadOptions,
        *,
        limit: int,
        offset: int,
    ) -> Page[Station]:
        """Return a page of stations of one kind."""
        ...

    async def genres(
        self, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Genre]:
        """Return a page of station genres."""
        ...

    async def seeded_station(
        self, seed: ResourceRef, account: str, options: ReadOptions
    ) -> Station:
        """Return the station of a seed."""
        ...

    async def next_tracks(
        self, station_id: str, session_token: str, account: str, options: ReadOptions, *, limit: int
    ) -> NextTracks:
        """Return a station's next songs."""
        ...


class RadioServicer:
    """Finds stations and the songs that they play next."""

    def __init__(self, radio: Radio) -> None:
        self._radio = radio

    async def list_stations(
        self, request: pb.ListStationsRequest, context: Context
    ) -> pb.ListStationsResponse:
        """List stations of one kind."""
        del context
        which = _LISTS.get(request.list)
        if which is None:
            raise invalid_field("list", "must say which stations")
        page = await self._radio.stations(
            which,
            request.genre_id,
            request.account,
            read_options(request.options),
            limit=page_limit(request.page_size, default=25, largest=100),
            offset=decode(request).offset,
        )
        convert = Converter(request.options.artwork_size)
        return pb.ListStationsResponse(
            stations=map(convert.station, page.items),
            next_page_token=next_page_token(request, page),
        )

    async def list_station_genres(
        self, request: pb.ListStationGenresRequest, context: Context
    ) -> pb.ListStationGenresResponse:
        """List the genres of stations."""
        del context
        page = await self._radio.genres(
            request.account,
            read_options(request.options),
            limit=page_limit(request.page_size, default=100, largest=500),
            offset=decode(request).offset,
        )
        convert = Converter(request.options.artwork_size)
        return pb.ListStationGenresResponse(
            genres=map(convert.genre, page.items), next_page_token=next_page_token(request, page)
        )

    async def get_seeded_station(
        self, request: pb.GetSeededStationRequest, context: Context
    ) -> pb.GetSeededStationResponse:
        """Return the station that Apple makes from something."""
        del context
        if not request.HasField("seed"):
            raise invalid_field("seed", "must name a song, artist, album or playlist")
        station = await self._radio.seeded_station(
            reference(request.seed, "seed"), request.account, read_options(request.options)
        )
        convert = Converter(request.options.artwork_size)
        return pb.GetSeededStationResponse(station=convert.station(station))

    async def next_tracks(
        self, request: pb.NextTracksRequest, context: Context
    ) -> pb.NextTracksResponse:
        """Return the songs that a station plays next."""
        del context
        found = await self._radio.next_tracks(
            request.station_id,
            request.session_token,
            request.account,
            read_options(request.options),
            limit=page_limit(request.limit, default=10, largest=10),
        )
        convert = Converter(request.options.artwork_size)
        return pb.NextTracksResponse(
            songs=map(convert.song, found.songs), session_token=found.session_token
        )
