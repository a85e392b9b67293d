"""The types of library resources: how they are found, listed and related."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, NamedTuple, overload

from applemusic_simulator.library.ids import ROOT
from applemusic_simulator.library.items import (
    Item,
    LibraryAlbum,
    LibraryArtist,
    LibraryFolder,
    LibraryPlaylist,
    LibrarySong,
)
from applemusic_simulator.library.library import Library

SONGS, ALBUMS, ARTISTS = "library-songs", "library-albums", "library-artists"
VIDEOS, PLAYLISTS, FOLDERS = (
    "library-music-videos",
    "library-playlists",
    "library-playlist-folders",
)
MOST_ROWS = 100
_ID = attrgetter("id")


class Ref(NamedTuple):
    """Something related, found only when its page is asked for.

    Attributes:
        kind: A library type, or `row` for a row of a playlist.
        key: Its id; of a library song its number.
    """

    kind: str
    key: Any


class Refs(Sequence[Ref]):
    """References to all of a long list, made only for the part that is looked at.

    Args:
        kind: Of each.
        items: What they refer to.
        key: The key of one.
    """

    def __init__(
        self, kind: str, items: Sequence[Any], key: Callable[[Any], Any] = lambda item: item
    ) -> None:
        self._kind = kind
        self._items = items
        self._key = key

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> Ref: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Ref]: ...
    def __getitem__(self, index: int | slice) -> Ref | Sequence[Ref]:
        if isinstance(index, slice):
            return Refs(self._kind, self._items[index], self._key)
        return Ref(self._kind, self._key(self._items[index]))


@dataclass(frozen=True, slots=True)
class Related:
    """A relationship of a library resource.

    Attributes:
        refs: All that is related, in order.
        total: Whether `meta.total` is told.
        past_end: Whether a page behind the last row is answered with nothing rather than 404.
        direct: Whether it is told in full when the resource is asked for by id.
    """

    refs: Callable[[Library, Any], Sequence[Ref]]
    default: int = 10
    most: int = 10
    total: bool = True
    past_end: bool = False
    direct: bool = False


@dataclass(frozen=True, slots=True)
class LibraryKind:
    """One type of library resource.

    Attributes:
        path: How it stands in an address.
        letter: How its ids begin.
        catalog: The type of its catalogue twin, or empty.
        find: An item by id.
        listed: All items, as references.
        most_ids: How many ids one request may name.
        strict: Whether an unknown id is 404; else 200 without data (reference 13.1).
    """

    type: str
    path: str
    letter: str
    catalog: str
    find: Callable[[Library, str], Item | None]
    listed: Callable[[Library], Sequence[Ref]]
    most_ids: int
    related: Mapping[str, Related] = field(default_factory=dict)
    strict: bool = False


def _songs_of(_library: Library, album: LibraryAlbum) -> Sequence[Ref]:
    return [Ref(SONGS, number) for number in album.songs]


def _albums_of_song(library: Library, song: LibrarySong) -> Sequence[Ref]:
    album = library.album_with(song.album_key)
    return [Ref(ALBUMS, album.id)] if album is not None and album.name else []


def _artists_of(library: Library, item: LibrarySong | LibraryAlbum) -> Sequence[Ref]:
    artist = library.artist_with(item.artist_key)
    return [Ref(ARTISTS, artist.id)] if artist is not None else []


def _albums_of_artist(library: Library, artist: LibraryArtist) -> Sequence[Ref]:
    albums = (library.album_with(key) for key in artist.albums)
    return [Ref(ALBUMS, album.id) for album in albums if album is not None and album.name]


def _rows(_library: Library, found: LibraryPlaylist | LibraryFolder) -> Sequence[Ref]:
    # A folder asked for as a playlist is an empty one (reference 13.3).
    return [] if isinstance(found, LibraryFolder) else [Ref("row", row) for row in found.rows]


def _children(library: Library, found: LibraryPlaylist | LibraryFolder) -> Sequence[Ref]:
    return [
        Ref(FOLDERS if isinstance(child, LibraryFolder) else PLAYLISTS, child.id)
        for child in library.shelf.children(found.id)
    ]


def _parent(_library: Library, found: LibraryPlaylist | LibraryFolder) -> Sequence[Ref]:
    return [Ref(FOLDERS, found.parent)] if found.parent else []


def root_folder() -> LibraryFolder:
    """The folder around everything."""
    return LibraryFolder(ROOT, "", "", 0.0)


def _find_folder(library: Library, item_id: str) -> Item | None:
    return root_folder() if item_id == ROOT else library.shelf.get(item_id)


_PARENT = Related(_parent, 1, 1, total=False)

KINDS: Mapping[str, LibraryKind] = {
    kind.type: kind
    for kind in (
        LibraryKind(
            SONGS,
            "songs",
            "i",
            "songs",
            lambda library, item_id: library.song(item_id),
            lambda library: Refs(SONGS, library.song_numbers()),
            300,
            {
                "albums": Related(_albums_of_song, total=False),
                "artists": Related(_artists_of, total=False),
            },
        ),
        LibraryKind(
            ALBUMS,
            "albums",
            "l",
            "albums",
            lambda library, item_id: library.album(item_id),
            lambda library: Refs(ALBUMS, library.albums(), _ID),
            100,
            {
                "tracks": Related(_songs_of, 300, 300, direct=True),
                "artists": Related(_artists_of, total=False),
            },
        ),
        LibraryKind(
            ARTISTS,
            "artists",
            "r",
            "artists",
            lambda library, item_id: library.artist(item_id),
            lambda library: Refs(ARTISTS, library.artists(), _ID),
            25,
            {"albums": Related(_albums_of_artist, 25, 100)},
        ),
        LibraryKind(
            VIDEOS,
            "music-videos",
            "i",
            "music-videos",
            lambda library, item_id: library.video(item_id),
            lambda library: Refs(VIDEOS, library.videos(), _ID),
            100,
        ),
        LibraryKind(
            PLAYLISTS,
            "playlists",
            "p",
            "playlists",
            lambda library, item_id: library.shelf.get(item_id),
            lambda library: Refs(PLAYLISTS, library.shelf.listed(), _ID),
            25,
            {
                "tracks": Related(_rows, MOST_ROWS, MOST_ROWS, past_end=True),
                "parent": _PARENT,
            },
            strict=True,
        ),
        LibraryKind(
            FOLDERS,
            "playlist-folders",
            "p",
            "",
            _find_folder,
            lambda library: Refs(FOLDERS, list(library.shelf.folders)),
            25,
            {"children": Related(_children, 25, 100), "parent": _PARENT},
        ),
    )
}

BY_PATH: Mapping[str, LibraryKind] = {kind.path: kind for kind in KINDS.values()}
