"""Finds catalogue resources by words."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from applemusic_simulator.api.editors import (
    Activity,
    Curator,
    RecordLabel,
    make_activities,
    make_magazines,
)
from applemusic_simulator.api.index import CatalogueIndex, popularity


@dataclass(frozen=True, slots=True)
class Hit:
    """A resource that fits. A smaller `rank` fits better."""

    kind: str
    id: str
    rank: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: str
    id: str
    name: tuple[str, ...]
    words: tuple[str, ...]
    popularity: int


class Finder:
    """An index of words, built once.

    Args:
        index: The catalogue; withdrawn songs are not found.
    """

    def __init__(self, index: CatalogueIndex) -> None:
        self._entries = tuple(
            _Entry(kind, item_id, words_of(name), words_of(f"{name} {more}"), popularity(item_id))
            for kind, item_id, name, more in _texts(index)
        )
        self._names = sorted({" ".join(entry.name) for entry in self._entries})

    def find(self, term: str, kind: str) -> list[Hit]:
        """Resources of one kind in which every word of the term begins a word, best first."""
        wanted = words_of(term)
        hits = [
            Hit(kind, entry.id, (_distance(wanted, entry), -entry.popularity))
            for entry in self._entries
            if entry.kind == kind and wanted and _fits(wanted, entry.words)
        ]
        return sorted(hits, key=lambda hit: hit.rank)

    def complete(self, term: str, count: int) -> list[str]:
        """Search terms that a person who typed `term` may mean, lower case."""
        wanted = words_of(term)
        names = [name for name in self._names if wanted and _fits(wanted, tuple(name.split()))]
        typed = " ".join(wanted)
        return sorted(names, key=lambda name: (not name.startswith(typed), name))[:count]


def words_of(text: str) -> tuple[str, ...]:
    """Lower-case words without accents and punctuation; every script's letters count."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("'", "").replace("\u2019", ""))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return tuple(re.findall(r"[^\W_]+", letters))


def _fits(wanted: Sequence[str], words: Sequence[str]) -> bool:
    return all(any(word.startswith(part) for word in words) for part in wanted)


def _distance(wanted: tuple[str, ...], entry: _Entry) -> int:
    if entry.name == wanted:
        return 0
    if entry.name[: len(wanted)] == wanted:
        return 1
    return 2 if _fits(wanted, entry.name) else 3


def _texts(index: CatalogueIndex) -> Iterator[tuple[str, str, str, str]]:
    """Kind, id, name and further words of everything that can be found."""
    catalogue = index.catalogue
    artists, albums, songs = catalogue.artists, catalogue.albums, catalogue.songs
    for artist in artists.values():
        yield "artists", artist.id, artist.name, ""
    for album in albums.values():
        yield "albums", album.id, album.name, artists[album.artist_id].name
    for song in songs.values():
        if song.playable:
            more = f"{artists[song.artist_id].name} {albums[song.album_id].name}"
            yield "songs", song.id, song.name, more
    for playlist in catalogue.playlists.values():
        yield "playlists", playlist.id, playlist.name, playlist.curator
    for video in catalogue.music_videos.values():
        song = songs[video.song_id]
        yield "music-videos", video.id, song.name, artists[song.artist_id].name
    for station in catalogue.stations.values():
        yield "stations", station.id, station.name, station.provider
    yield from _editors(index)


def _editors(index: CatalogueIndex) -> Iterator[tuple[str, str, str, str]]:
    named: dict[str, Iterable[Curator | Activity | RecordLabel]] = {
        "apple-curators": index.curators.values(),
        "curators": make_magazines(index.catalogue).values(),
        "activities": make_activities(index.catalogue).values(),
        "record-labels": index.labels.values(),
    }
    for kind, items in named.items():
        for item in items:
            yield kind, item.id, item.name, ""
