"""Who and what presents music: curators, shows, activities, record labels, station genres."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass

from applemusic_simulator.model import Catalogue

_ACTIVITIES = (
    ("Walking Slowly", "For places that can wait."),
    ("Washing Up", "Warm water, warm songs."),
    ("Staring Out of Windows", "Rain optional."),
    ("Almost Running", "Nearly as fast as you think."),
)
_MAGAZINES = ("The Tin Whistler", "Quarterly Hum", "Nothing Published Yet")
_PLAYLISTS_EACH = 12


@dataclass(frozen=True, slots=True)
class Curator:
    """Somebody who makes playlists or shows.

    Attributes:
        kind: `Curator` or `Show`.
        host: Who presents a show.
    """

    id: str
    name: str
    kind: str = "Curator"
    host: str = ""
    playlist_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Activity:
    """Something to do with music on."""

    id: str
    name: str
    note: str
    playlist_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecordLabel:
    """A company with its albums, newest first."""

    id: str
    name: str
    album_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StationGenre:
    """What stations are grouped by."""

    id: str
    name: str
    station_ids: tuple[str, ...]


def curator_id(name: str) -> str:
    """The id of an editorial curator, made from its name."""
    return str(980_000_000 + _number(f"curator {name}") % 10_000_000)


def label_id(name: str) -> str:
    """The id of a record label, made from its name."""
    return str(1_540_000_000 + _number(f"label {name}") % 9_000_000)


def show_id(station_id: str) -> str:
    """The id of the show that is on at a live station."""
    return str(1_496_000_000 + _number(f"show {station_id}") % 900_000)


def make_curators(catalogue: Catalogue) -> dict[str, Curator]:
    """Apple's own curators: those of the playlists, and the shows of live stations."""
    chosen: dict[str, list[str]] = defaultdict(list)
    for playlist in catalogue.playlists.values():
        chosen[playlist.curator].append(playlist.id)
    curators = [
        Curator(curator_id(name), name, playlist_ids=tuple(ids)) for name, ids in chosen.items()
    ]
    for station in catalogue.stations.values():
        if station.show_host:
            name = f"{station.name} with {station.show_host}"
            curators.append(Curator(show_id(station.id), name, "Show", station.show_host))
    return {curator.id: curator for curator in curators}


def make_magazines(catalogue: Catalogue) -> dict[str, Curator]:
    """Curators outside Apple; the last one has not made anything."""
    ids = [playlist.id for playlist in catalogue.playlists.values() if not playlist.is_chart]
    found = {}
    for index, name in enumerate(_MAGAZINES):
        last = index == len(_MAGAZINES) - 1
        curator = Curator(curator_id(name), name, playlist_ids=() if last else tuple(ids[index:]))
        found[curator.id] = curator
    return found


def make_activities(catalogue: Catalogue) -> dict[str, Activity]:
    """Four activities, each with a dozen playlists."""
    ids = list(catalogue.playlists)
    found = {}
    for index, (name, note) in enumerate(_ACTIVITIES):
        chosen = tuple((ids[index:] + ids[:index])[:_PLAYLISTS_EACH])
        key = str(976_439_000 + _number(f"activity {name}") % 900)
        found[key] = Activity(key, name, note, chosen)
    return found


def make_labels(catalogue: Catalogue) -> dict[str, RecordLabel]:
    """The record labels that the albums name."""
    released: dict[str, list[str]] = defaultdict(list)
    albums = sorted(catalogue.albums.values(), key=lambda a: a.release_date, reverse=True)
    for album in albums:
        released[album.record_label].append(album.id)
    labels = [RecordLabel(label_id(name), name, tuple(ids)) for name, ids in released.items()]
    return {label.id: label for label in labels}


def make_station_genres(catalogue: Catalogue) -> dict[str, StationGenre]:
    """The genres of the track stations."""
    stations: dict[str, list[str]] = defaultdict(list)
    for station in catalogue.stations.values():
        if station.genre:
            stations[station.genre].append(station.id)
    genres = [
        StationGenre(
            str(1_149_480_000 + _number(f"station genre {name}") % 9_999), name, tuple(ids)
        )
        for name, ids in stations.items()
    ]
    return {genre.id: genre for genre in genres}


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")
