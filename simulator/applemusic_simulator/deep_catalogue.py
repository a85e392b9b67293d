"""A catalogue without an end behind the small one: found by id, never listed.

A library of 100,000 songs needs as many catalogue songs. They are computed from their number when
somebody asks for their id, can be played, and take no room.
"""

import functools
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import accumulate
from typing import TypeVar

from applemusic_simulator.model import Album, Artist, Catalogue, Song
from applemusic_simulator.names import numbered_album, numbered_artist, numbered_song, scattered

T = TypeVar("T")

_FIRST_ARTIST, _FIRST_ALBUM, _FIRST_SONG = 2_700_000_000, 2_800_000_000, 3_000_000_000
SONGS = 10_000_000
"""How many songs there are behind the small catalogue."""

# How many songs the albums have, over and over: singles, EPs and albums as people own them.
_SIZES = (12, 1, 10, 14, 4, 11, 1, 13, 9, 15, 10, 1, 12, 8, 16, 5, 11, 12, 1, 10)
_STARTS = (0, *accumulate(_SIZES))
_ROUND = _STARTS[-1]
_ALBUMS_PER_ARTIST = 5
_GENRES = ("Pop", "Rock", "Electronic", "Jazz", "Alternative", "R&B/Soul", "Country", "Classical")
_ISRC_LENGTH = 12
# Of each kind; the albums of 100,000 songs, which a list by name goes through in any order.
_CACHED = 12_000


def song_range(album_number: int) -> range:
    """The numbers of an album's songs."""
    rounds, place = divmod(album_number, len(_SIZES))
    return range(rounds * _ROUND + _STARTS[place], rounds * _ROUND + _STARTS[place + 1])


def album_number_of(song_number: int) -> int:
    """The number of the album that a song is on."""
    rounds, rest = divmod(song_number, _ROUND)
    return rounds * len(_SIZES) + bisect_right(_STARTS, rest) - 1


def song_id(number: int) -> str:
    """The catalogue id of a song."""
    return str(_FIRST_SONG + number)


def song_id_of_isrc(isrc: str) -> str:
    """The id of the one song with this ISRC, or the empty string."""
    if len(isrc) != _ISRC_LENGTH or not (isrc.isascii() and isrc[3:].isdecimal()):
        return ""
    number = int(isrc[3:5]) * 100_000 + int(isrc[7:])
    return song_id(number) if make_song(number).isrc == isrc else ""


def make_song(number: int) -> Song:
    """The song of a number."""
    chance = scattered(number, 4)
    album_number = album_number_of(number)
    track = number - song_range(album_number).start + 1
    date = _release_date(album_number)
    return Song(
        id=song_id(number),
        name=numbered_song(number),
        artist_id=str(_FIRST_ARTIST + album_number // _ALBUMS_PER_ARTIST),
        album_id=str(_FIRST_ALBUM + album_number),
        track_number=track,
        disc_number=1,
        duration_ms=138_000 + chance % 144_000,
        seed=chance >> 16,
        isrc=f"QZD{number // 100_000:02}{date[2:4]}{number % 100_000:05}",
        genre=_genre(album_number // _ALBUMS_PER_ARTIST),
        composer=numbered_artist(2 * number + 1),
        release_date=date,
        has_lyrics=chance % 5 != 0,
    )


def make_album(number: int) -> Album:
    """The album of a number."""
    numbers = song_range(number)
    single = len(numbers) == 1
    return Album(
        id=str(_FIRST_ALBUM + number),
        name=f"{numbered_song(numbers[0])} - Single" if single else numbered_album(number),
        artist_id=str(_FIRST_ARTIST + number // _ALBUMS_PER_ARTIST),
        song_ids=tuple(song_id(each) for each in numbers),
        genre=_genre(number // _ALBUMS_PER_ARTIST),
        release_date=_release_date(number),
        upc=f"0029{number:010}",
        record_label=f"{numbered_album(number + 1)} Records",
        is_single=single,
    )


def make_artist(number: int) -> Artist:
    """The artist of a number."""
    first = number * _ALBUMS_PER_ARTIST
    albums = (str(_FIRST_ALBUM + first + place) for place in range(_ALBUMS_PER_ARTIST))
    return Artist(
        str(_FIRST_ARTIST + number), numbered_artist(number), _genre(number), tuple(albums)
    )


def with_depth(catalogue: Catalogue) -> Catalogue:
    """The same catalogue; ids that are not in it are looked for in the endless one."""
    albums = album_number_of(SONGS)
    return replace(
        catalogue,
        songs=_Deep(catalogue.songs, make_song, _FIRST_SONG, SONGS),
        albums=_Deep(catalogue.albums, make_album, _FIRST_ALBUM, albums),
        artists=_Deep(catalogue.artists, make_artist, _FIRST_ARTIST, albums // _ALBUMS_PER_ARTIST),
    )


class _Deep(Mapping[str, T]):
    """Finds more than it lists."""

    def __init__(
        self, core: Mapping[str, T], make: Callable[[int], T], first: int, count: int
    ) -> None:
        self._core = core
        self._first = first
        self._count = count
        self._make = make
        self._find = functools.lru_cache(_CACHED)(self._computed)

    def __getitem__(self, key: str) -> T:
        found = self._core.get(key)
        return self._find(key) if found is None else found

    def _computed(self, key: str) -> T:
        digits = key if key.isascii() and key.isdecimal() else "0"
        number = int(digits) - self._first if len(digits) == len(str(self._first)) else -1
        if not 0 <= number < self._count:
            raise KeyError(key)
        return self._make(number)

    def __iter__(self) -> Iterator[str]:
        return iter(self._core)

    def __len__(self) -> int:
        return len(self._core)


def _genre(artist_number: int) -> str:
    return _GENRES[artist_number % len(_GENRES)]


def _release_date(album_number: int) -> str:
    chance = scattered(album_number, 5)
    return f"{1990 + chance % 35}-{1 + (chance >> 8) % 12:02}-{1 + (chance >> 16) % 28:02}"
