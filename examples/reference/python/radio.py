"""RadioService: a function for each RPC."""

from applemusic import Client, ResourceRef, ResourceType
from applemusic.models import StationList


async def list_stations(music: Client) -> None:
    async for station in music.radio.stations(StationList.LIVE):
        print(station.id, station.name, "can be streamed:", station.playable)


async def list_station_genres(music: Client) -> None:
    async for genre in music.radio.genres():
        print(genre.id, genre.name)


async def get_seeded_station(music: Client) -> None:
    song = ResourceRef(ResourceType.SONG, "1603789145")
    station = await music.radio.seeded_station(song)
    print(station.id, station.name)


async def next_tracks(music: Client) -> None:
    first = await music.radio.next_tracks("ra.6005892543", limit=5)
    token = first.session_token  # goes on after those
    more = await music.radio.next_tracks("ra.6005892543", session_token=token, limit=5)
    for song in first.songs + more.songs:
        print(song.name, "by", song.artist_name)
