"""Playlists and stations: what the invented editors chose from the catalogue."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace

from applemusic_simulator.model import Playlist, Song, Station

LIVE_RADIO = "apple-music-live-radio"
_LIVE = (
    ("Simulated One", "The music that nobody made.", "Saoirse Quillon"),
    ("Simulated Hits", "Songs you could know from nowhere.", ""),
    ("Simulated Country", "Where it sounds like somebody's home.", "Bram Saltmarsh"),
)
_BROADCASTS = (
    ("Radio Vellamo", "Weather and waltzes from Vellamo Bay.", "Vellamo Broadcasting"),
    ("Low Marsh FM", "All the frogs, all the time.", "Low Marsh Community Radio"),
)
_CITIES = ("Port Ellery", "Saint Odile", "Vellamo Bay", "Lake Orrin")
_REGIONS = ("Everywhere", "United States", "Japan", "Germany", "Elsewhere")
_CHARTS = "Sim Charts"
_SHORT_MS = 60_000


def make_playlists(songs: Mapping[str, Song], chance: random.Random) -> dict[str, Playlist]:
    """Nine playlists; `The Long Way Round` has 130 songs, so that paging shows."""
    choices: list[tuple[str, str, str, int, Callable[[Song], bool]]] = [
        ("Today's Inventions", "Sim Hits", "The songs everybody here hums.", 50, _any),
        (
            "The Long Way Round",
            "Sim Editors",
            "Songs for a whole day off.",
            130,
            _any,
        ),
        ("Top 100: Nowhere", _CHARTS, "The hundred most hummed.", 100, _any),
        ("Quiet Machines", "Sim Electronic", "Soft circuits for late work.", 30, _of("Electronic")),
        ("Guitars, Mostly", "Sim Rock", "Turn it up a little.", 40, _of("Rock", "Alternative")),
        ("Second Cup", "Sim Jazz", "Slow brass and fast coffee.", 20, _of("Jazz", "Classical")),
        ("Heartbeats", "Sim R&B", "Warm basses and warmer voices.", 20, _of("R&B/Soul", "Pop")),
        ("Before There Was Streaming", "Sim Archive", "Older than the century.", 25, _older),
        ("Blink and You Miss It", "Sim Shorts", "Nothing in here lasts a minute.", 10, _short),
    ]
    playlists = {}
    for name, curator, description, size, fits in choices:
        pool = [song.id for song in songs.values() if fits(song)]
        playlist = Playlist(
            id=f"pl.{chance.getrandbits(128):032x}",
            name=name,
            curator=curator,
            description=description,
            song_ids=tuple(chance.sample(pool, min(size, len(pool)))),
            last_modified=f"2026-0{chance.randrange(1, 10)}-{chance.randrange(10, 29)}T12:00:00Z",
            is_chart=curator == _CHARTS,
        )
        playlists[playlist.id] = playlist
    return playlists


def make_charts(songs: Mapping[str, Song], chance: random.Random) -> dict[str, Playlist]:
    """Playlists that are charts: of cities and of the whole world."""
    pool = [song.id for song in songs.values() if _any(song)]
    named = [(f"Top 25: {city}", "city-top", 25) for city in _CITIES]
    named += [(f"Top 100: {region}", "daily-global-top", 100) for region in _REGIONS]
    charts = [
        Playlist(
            id=f"pl.{chance.getrandbits(128):032x}",
            name=name,
            curator=_CHARTS,
            description=f"What is hummed most, updated daily. {name}.",
            song_ids=tuple(chance.sample(pool, min(size, len(pool)))),
            last_modified="2026-09-20T06:00:00Z",
            is_chart=True,
            chart=chart,
        )
        for name, chart, size in named
    ]
    return {chart.id: chart for chart in charts}


def make_stations(songs: Mapping[str, Song], chance: random.Random) -> dict[str, Station]:
    """Three live stations, two broadcasts of others, and two track stations per genre."""
    stations = [
        Station(
            f"ra.{chance.randrange(10**8, 10**9)}",
            name,
            tagline,
            is_live=True,
            featured=LIVE_RADIO,
            show_host=host,
        )
        for name, tagline, host in _LIVE
    ]
    for genre in sorted({song.genre for song in songs.values()}):
        pool = [song.id for song in songs.values() if song.genre == genre and song.playable]
        chance.shuffle(pool)
        station_id = f"ra.{chance.randrange(10**9, 2 * 10**9)}"
        stations.append(
            Station(
                station_id,
                f"{genre} Station",
                f"{genre} without an end.",
                song_ids=tuple(pool),
                genre=genre,
            )
        )
    stations += [_late(station) for station in stations if station.genre]
    stations += [
        Station(f"ra.{990_000_001 + index}", name, tagline, is_live=True, provider=provider)
        for index, (name, tagline, provider) in enumerate(_BROADCASTS)
    ]
    return {station.id: station for station in stations}


def _late(station: Station) -> Station:
    """The same genre's second station, in another order."""
    number = int(station.id.removeprefix("ra.")) + 5_000_000_000
    return replace(
        station,
        id=f"ra.{number}",
        name=f"{station.genre} After Hours",
        tagline="The same, later.",
        song_ids=station.song_ids[::-1],
    )


def _any(song: Song) -> bool:
    return song.duration_ms > _SHORT_MS


def _short(song: Song) -> bool:
    return song.duration_ms < _SHORT_MS


def _older(song: Song) -> bool:
    return song.release_date < "2004"


def _of(*genres: str) -> Callable[[Song], bool]:
    return lambda song: song.genre in genres and song.duration_ms > _SHORT_MS
