"""Which song a number of a library stands for."""

import functools
from dataclasses import dataclass, replace

from applemusic_simulator.deep_catalogue import album_number_of, song_id
from applemusic_simulator.library.ids import LibraryIds
from applemusic_simulator.library.items import LibrarySong, Origin
from applemusic_simulator.model import Catalogue, Song

FIRST_OWN = 1 << 32
"""Numbers below it are songs of the deep catalogue; from it on they are noted one by one."""

EPOCH = 1_767_225_600.0
"""2026-01-01: nothing generated was added later."""

# So many in one library of what a subscriber has beside the subscription.
_UPLOADED_ALBUMS, _BOUGHT_ALBUMS, _GONE_SONGS = 50, 40, 500
_GONE = 3_900_000_000
_BETWEEN_ALBUMS = 8 * 3600.0
_CACHED = 4096


@dataclass(frozen=True, slots=True)
class Note:
    """A song that was put into the library by itself.

    Attributes:
        words: Its name and so on.
        catalog_id: See `LibrarySong`.
        album_name: For an upload; else the catalogue knows it.
        artist_name: The same.
    """

    words: Song
    catalog_id: str
    origin: Origin
    added_at: float
    album_name: str = ""
    artist_name: str = ""


class Contents:
    """Songs by number. A number never changes its meaning.

    Args:
        ids: Makes ids.
        catalogue: With its depth, see `with_depth`.
    """

    def __init__(self, ids: LibraryIds, catalogue: Catalogue) -> None:
        self._ids = ids
        self._catalogue = catalogue
        self._noted: list[Note] = []
        self.song = functools.lru_cache(_CACHED)(self._song)

    def note(self, note: Note) -> int:
        """Keep a song and return its number."""
        self._noted.append(note)
        return FIRST_OWN + len(self._noted) - 1

    def knows(self, number: int, deep: int) -> bool:
        """Whether a number was ever given out, with so many songs of the deep catalogue."""
        return number < deep or 0 <= number - FIRST_OWN < len(self._noted)

    def _note(self, number: int) -> Note:
        if number >= FIRST_OWN:
            return self._noted[number - FIRST_OWN]
        # From the catalogue, which is asked for it anyway, rather than made a second time.
        return _deep_note(number, self._catalogue.songs[song_id(number)])

    def _song(self, number: int) -> LibrarySong:
        note = self._note(number)
        words, uploaded = note.words, note.origin is Origin.UPLOAD
        album = self._catalogue.albums.get(words.album_id)
        artist = self._catalogue.artists.get(words.artist_id)
        return LibrarySong(
            id=self._ids.make("i", number),
            number=number,
            words=words,
            album_key=f"upload {words.album_id}" if uploaded else words.album_id,
            artist_key=words.artist_id,
            album_name=note.album_name or (album.name if album else ""),
            artist_name=note.artist_name or (artist.name if artist else ""),
            catalog_id=note.catalog_id,
            origin=note.origin,
            added_at=note.added_at,
        )


def _deep_note(number: int, words: Song) -> Note:
    album = album_number_of(number)
    added_at = EPOCH - (album + 1) * _BETWEEN_ALBUMS + words.track_number
    if album % _UPLOADED_ALBUMS == _UPLOADED_ALBUMS - 1:
        return Note(replace(words, has_lyrics=False), "", Origin.UPLOAD, added_at)
    if album % _BOUGHT_ALBUMS == _BOUGHT_ALBUMS - 1:
        return Note(words, words.id, Origin.PURCHASE, added_at)
    gone = number % _GONE_SONGS == _GONE_SONGS - 1
    catalog_id = str(_GONE + number) if gone else words.id
    return Note(words, catalog_id, Origin.SUBSCRIPTION, added_at)
