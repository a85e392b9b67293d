"""The library of one account."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from applemusic_simulator.deep_catalogue import album_number_of, song_range
from applemusic_simulator.library.contents import FIRST_OWN, Contents, Note
from applemusic_simulator.library.ids import LibraryIds
from applemusic_simulator.library.items import (
    Item,
    LibraryAlbum,
    LibraryArtist,
    LibraryPlaylist,
    LibrarySong,
    LibraryVideo,
    Origin,
)
from applemusic_simulator.library.shelf import Shelf
from applemusic_simulator.model import Catalogue
from applemusic_simulator.names import numbered_song

_FIRST_VIDEO = 1 << 40


class Library:
    """Songs, and what follows from them; videos; playlists.

    All changes here happen at once. Lists are ordered by name, so that what is added can stand
    anywhere in them.

    Args:
        ids: Of the account.
        catalogue: With its depth.
        deep: So many songs of the deep catalogue are in it, from the first on.

    Attributes:
        version: Another object whenever songs, and what follows from them, have changed.
    """

    def __init__(self, ids: LibraryIds, catalogue: Catalogue, deep: int = 0) -> None:
        self.version = object()
        self._ids = ids
        self._catalogue = catalogue
        self._contents = Contents(ids, catalogue)
        self._deep = deep
        self._order = array("q")
        self._albums: dict[str, LibraryAlbum] = {}
        self._albums_by_number: dict[int, LibraryAlbum] = {}
        self._artists: dict[str, LibraryArtist] = {}
        self._artists_by_number: dict[int, LibraryArtist] = {}
        self._sorted_albums: list[LibraryAlbum] | None = None
        self._sorted_artists: list[LibraryArtist] | None = None
        self._videos: dict[int, LibraryVideo] = {}
        self._made_groups = 0
        self._made_videos = 0
        self.shelf = Shelf(ids)
        self._fill(deep)

    # Reading

    def song_numbers(self) -> Sequence[int]:
        """The numbers of all songs, in the order of their names."""
        return self._order

    def song(self, song_id: str) -> LibrarySong | None:
        """A song by its id, if it is in the library."""
        number = self._ids.number("i", song_id)
        if number is None or not self._contents.knows(number, self._deep):
            return None
        song = self._contents.song(number)
        album = self._albums.get(song.album_key)
        return song if album is not None and number in album.songs else None

    def song_of(self, number: int) -> LibrarySong:
        """What a number stands for, in the library or not."""
        return self._contents.song(number)

    def song_with(self, catalog_id: str) -> LibrarySong | None:
        """The song that is there for a catalogue song."""
        words = self._catalogue.songs.get(catalog_id)
        album = self._albums.get(words.album_id) if words is not None else None
        numbers = album.songs if album is not None else ()
        songs = (self._contents.song(number) for number in numbers)
        return next((song for song in songs if song.catalog_id == catalog_id), None)

    def albums(self) -> list[LibraryAlbum]:
        """All albums by name."""
        if self._sorted_albums is None:
            self._sorted_albums = sorted(
                self._albums_by_number.values(),
                key=lambda album: (album.name.casefold(), album.number),
            )
        return self._sorted_albums

    def album(self, album_id: str) -> LibraryAlbum | None:
        """An album by its id."""
        number = self._ids.number("l", album_id)
        return None if number is None else self._albums_by_number.get(number)

    def album_with(self, key: str) -> LibraryAlbum | None:
        """An album by its key, of catalogue albums their id."""
        return self._albums.get(key)

    def artists(self) -> list[LibraryArtist]:
        """All artists by name."""
        if self._sorted_artists is None:
            self._sorted_artists = sorted(
                self._artists.values(), key=lambda artist: (artist.name.casefold(), artist.number)
            )
        return self._sorted_artists

    def artist(self, artist_id: str) -> LibraryArtist | None:
        """An artist by its id."""
        number = self._ids.number("r", artist_id)
        return None if number is None else self._artists_by_number.get(number)

    def artist_with(self, key: str) -> LibraryArtist | None:
        """An artist by its key, of catalogue artists their id."""
        return self._artists.get(key)

    def videos(self) -> list[LibraryVideo]:
        """All music videos, oldest first."""
        return list(self._videos.values())

    def video(self, video_id: str) -> LibraryVideo | None:
        """A music video by its id."""
        number = self._ids.number("i", video_id)
        return None if number is None else self._videos.get(number)

    def video_with(self, catalog_id: str) -> LibraryVideo | None:
        """The video that is there for one of the catalogue's."""
        return next((v for v in self._videos.values() if v.catalog_id == catalog_id), None)

    def playlist_with(self, global_id: str) -> LibraryPlaylist | None:
        """The playlist that is there for one of the catalogue's."""
        found = (p for p in self.shelf.playlists.values() if p.global_id == global_id)
        return next(found, None)

    def owned(self, catalog_kind: str, catalog_id: str) -> Item | None:
        """What is there for a catalogue resource; `catalog_kind` is `songs`, `albums`, ..."""
        find: dict[str, Callable[[str], Item | None]] = {
            "songs": self.song_with,
            "albums": self.album_with,
            "artists": self.artist_with,
            "playlists": self.playlist_with,
            "music-videos": self.video_with,
        }
        return find[catalog_kind](catalog_id) if catalog_kind in find else None

    def item(self, library_id: str) -> Item | None:
        """What has a library id of any type."""
        return (
            self.song(library_id)
            or self.album(library_id)
            or self.artist(library_id)
            or self.video(library_id)
            or self.shelf.get(library_id)
        )

    def songs(self) -> Iterator[LibrarySong]:
        """All songs by name, made one after the other."""
        return (self._contents.song(number) for number in self._order)

    def texts(self) -> Iterator[tuple[int, str]]:
        """The number of every song and the words by which it is found, album by album."""
        for album in self._albums.values():
            where = f"{album.artist_name} {album.name}"
            for number in album.songs:
                yield number, f"{self._name(number)} {where}"

    def own_songs(self) -> list[LibrarySong]:
        """The songs that were put in one by one, without those that only make it large."""
        return [self._contents.song(number) for number in self._order if number >= FIRST_OWN]

    # Changing

    def add_song(self, catalog_id: str, now: float) -> LibrarySong | None:
        """Add a catalogue song; None if it is there already or cannot be added."""
        words = self._catalogue.songs.get(catalog_id)
        if words is None or not words.playable or self.song_with(catalog_id) is not None:
            return None
        return self.add(Note(words, catalog_id, Origin.SUBSCRIPTION, now))

    def add_album(self, catalog_id: str, now: float) -> list[LibrarySong]:
        """Add what an album has and the library has not."""
        album = self._catalogue.albums.get(catalog_id)
        found = (self.add_song(song_id, now) for song_id in album.song_ids) if album else ()
        return [song for song in found if song is not None]

    def add(self, note: Note) -> LibrarySong:
        """Add any song, e.g. an upload; it gets an id that was never used."""
        self.version = object()
        song = self._contents.song(self._contents.note(note))
        self._order.insert(
            bisect_left(self._order, self._place(song.number), key=self._place), song.number
        )
        self._group(song)
        return song

    def remove_song(self, song: LibrarySong) -> None:
        """Remove a song, its rows without a catalogue twin, and what follows from nothing else."""
        self.version = object()
        place = bisect_left(self._order, self._place(song.number), key=self._place)
        del self._order[place]
        album = self._albums[song.album_key]
        album.songs.remove(song.number)
        if not album.songs:
            self._forget_album(album)
        self._drop_rows(song.id)

    def remove_album(self, album: LibraryAlbum) -> None:
        """Remove all its songs."""
        for number in list(album.songs):
            self.remove_song(self._contents.song(number))

    def add_video(
        self, catalog_id: str, now: float, *, purchased: bool = False, offered: bool = True
    ) -> None:
        """Add a music video of the catalogue, unless it is there or unknown.

        Args:
            catalog_id: Which.
            now: Seconds since 1970.
            purchased: It was bought.
            offered: The catalogue still has it, as far as the library knows.
        """
        video = self._catalogue.music_videos.get(catalog_id)
        if video is None or self.video_with(catalog_id) is not None:
            return
        self._made_videos += 1
        number = _FIRST_VIDEO + self._made_videos
        song = self._catalogue.songs[video.song_id]
        self._videos[number] = LibraryVideo(
            id=self._ids.make("i", number),
            number=number,
            song=song,
            artist_name=self._catalogue.artists[song.artist_id].name,
            catalog_id=catalog_id if offered else "",
            purchased_id=catalog_id if purchased else "",
            added_at=now,
        )

    def remove_video(self, video: LibraryVideo) -> None:
        """Remove a music video."""
        del self._videos[video.number]
        self._drop_rows(video.id)

    def set_favorite(self, catalog_id: str, now: float, *, favorite: bool) -> None:
        """Let the playlist of favourite songs show what the listener did."""
        found = next((p for p in self.shelf.playlists.values() if p.favorites), None)
        if found is None:
            return
        row = f"a.{catalog_id}"
        rows = [other for other in found.rows if other != row]
        if favorite:
            rows.append(row)
        if rows != found.rows:
            found.rows, found.modified_at = rows, now

    # Inside

    def _fill(self, deep: int) -> None:
        numbers = sorted(range(deep), key=self._place)
        self._order = array("q", numbers)
        for album_number in range(album_number_of(deep - 1) + 1 if deep else 0):
            # All songs of such an album come from one place: one of them speaks for them.
            found = song_range(album_number)
            album = self._new_album(self._contents.song(found.start))
            album.songs.extend(range(found.start, min(found.stop, deep)))

    def _place(self, number: int) -> tuple[str, int]:
        return self._name(number).casefold(), number

    def _name(self, number: int) -> str:
        own = number >= FIRST_OWN
        return self._contents.song(number).words.name if own else numbered_song(number)

    def _group(self, song: LibrarySong) -> None:
        album = self._albums.get(song.album_key) or self._new_album(song)
        album.songs.append(song.number)
        if len(album.songs) > 1:
            album.songs.sort(key=lambda number: _in_album(self._contents.song(number)))

    def _new_album(self, song: LibrarySong) -> LibraryAlbum:
        self._made_groups += 1
        found = LibraryAlbum(
            id=self._ids.make("l", self._made_groups),
            number=self._made_groups,
            key=song.album_key,
            name=song.album_name,
            artist_name=song.artist_name,
            artist_key=song.artist_key,
            catalog_id=song.album_key if song.album_key in self._catalogue.albums else "",
            genre=song.words.genre,
            release_date=song.words.release_date,
            added_at=song.added_at,
        )
        self._albums[found.key] = found
        # Uploads may name no album and no artist: such songs stand in the list of songs alone.
        if found.name:
            self._albums_by_number[found.number] = found
            self._sorted_albums = None
        if found.artist_name:
            self._artist_of(song).albums[found.key] = None
        return found

    def _artist_of(self, song: LibrarySong) -> LibraryArtist:
        artist = self._artists.get(song.artist_key)
        if artist is None:
            self._made_groups += 1
            known = song.artist_key in self._catalogue.artists
            artist = LibraryArtist(
                id=self._ids.make("r", self._made_groups),
                number=self._made_groups,
                key=song.artist_key,
                name=song.artist_name,
                catalog_id=song.artist_key if known else "",
            )
            self._artists[artist.key] = self._artists_by_number[artist.number] = artist
            self._sorted_artists = None
        return artist

    def _forget_album(self, album: LibraryAlbum) -> None:
        del self._albums[album.key]
        self._albums_by_number.pop(album.number, None)
        self._sorted_albums = None
        artist = self._artists.get(album.artist_key)
        if artist is None:
            return
        artist.albums.pop(album.key, None)
        if not artist.albums:
            del self._artists[artist.key], self._artists_by_number[artist.number]
            self._sorted_artists = None

    def _drop_rows(self, library_id: str) -> None:
        for playlist in self.shelf.playlists.values():
            if library_id in playlist.rows:
                playlist.rows = [row for row in playlist.rows if row != library_id]


def _in_album(song: LibrarySong) -> tuple[int, int, int]:
    return song.words.disc_number, song.words.track_number, song.number
