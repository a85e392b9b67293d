"""A small library that could be somebody's: about 200 songs, 30 albums and 10 playlists."""

import random
from dataclasses import dataclass

from applemusic_simulator.catalogue import INTERLUDES
from applemusic_simulator.library.contents import EPOCH, Note
from applemusic_simulator.library.ids import ROOT
from applemusic_simulator.library.items import Cover, LibraryFolder, LibraryPlaylist, Origin
from applemusic_simulator.library.library import Library
from applemusic_simulator.model import Album, Catalogue, Playlist, Song

_DAY = 86_400.0
_WHOLE, _ALBUMS = 15, 28
_PART = (2, 6)
_GONE, _WITHDRAWN, _BOUGHT, _VIDEOS = 4, 3, 6, 7
_GONE_IDS = 3_800_000_000
_DEMO_TAPES = ("Demo Tapes", "The Sunday Garage")
_FIELD = ("Field Recordings, 2009", "Grandfather")
_TAPES = ("Count-In", "Kitchen Take", "Song for Mara (Rough)", "Untitled 4", "Hum")
_PLACES = ("Harbour, 6 a.m.", "Rain on Tin", "Station Hall")


def fill_small(library: Library, catalogue: Catalogue, chance: random.Random) -> None:
    """Fill an empty library; a small catalogue makes it smaller.

    Among it: whole albums and parts of albums, a bought album of which half is no longer offered,
    uploads (one without album and artist), songs whose catalogue id leads nowhere (the same
    recording is there under another id), songs that are there and withdrawn, music videos,
    the playlist of favourite songs, and other people's playlists.
    """
    _Small(library, catalogue, chance).fill()


@dataclass(slots=True)
class _Small:
    library: Library
    catalogue: Catalogue
    chance: random.Random
    now: float = EPOCH - 900 * _DAY

    def fill(self) -> None:
        whole = [album for album in self.catalogue.albums.values() if not album.is_single]
        self.chance.shuffle(whole)
        whole.sort(key=lambda album: album.name != INTERLUDES)
        singles = [album for album in self.catalogue.albums.values() if album.is_single]
        for album in whole[:_WHOLE]:
            self._some(album, len(album.song_ids))
        for album in (*whole[_WHOLE + 1 :], *singles)[: _ALBUMS - _WHOLE - 1]:
            self._some(album, self.chance.randrange(*_PART))
        self._buy(whole[_WHOLE : _WHOLE + 1])
        self._lose(whole[1:4])
        self._keep_withdrawn()
        self._upload(_DEMO_TAPES, _TAPES)
        self._upload(_FIELD, _PLACES)
        self._upload(("", ""), ("New Recording 12",))
        for place, video_id in enumerate(list(self.catalogue.music_videos)[:_VIDEOS]):
            bought = place % 3 == 1
            offered = place != 1
            self.library.add_video(video_id, self._later(), purchased=bought, offered=offered)
        self._playlists()

    def _later(self) -> float:
        self.now += self.chance.randrange(1, 20) * _DAY + self.chance.randrange(80_000)
        return self.now

    def _earlier(self) -> float:
        """Some time since the library was begun."""
        begun = int(EPOCH - 900 * _DAY)
        return float(self.chance.randrange(begun, int(self.now) + 1))

    def _some(self, album: Album, count: int) -> None:
        at = self._later()
        for song_id in album.song_ids[:count]:
            self.library.add_song(song_id, at)

    def _buy(self, albums: list[Album]) -> None:
        for album in albums:
            at = self._later()
            for place, song_id in enumerate(album.song_ids[:_BOUGHT]):
                catalog_id = song_id if place % 2 else ""
                song = self.catalogue.songs[song_id]
                if song.playable:
                    self.library.add(Note(song, catalog_id, Origin.PURCHASE, at))

    def _lose(self, albums: list[Album]) -> None:
        """Let some songs stand under an id that the catalogue no longer knows."""
        songs = [self.library.song_with(album.song_ids[0]) for album in albums]
        at = self._later()
        for place, song in enumerate(song for song in songs if song is not None):
            self.library.remove_song(song)
            catalog_id = str(_GONE_IDS + place)
            self.library.add(Note(song.words, catalog_id, Origin.SUBSCRIPTION, at))

    def _keep_withdrawn(self) -> None:
        withdrawn = [song for song in self.catalogue.songs.values() if not song.playable]
        for song in withdrawn[:_WITHDRAWN]:
            self.library.add(Note(song, song.id, Origin.SUBSCRIPTION, self._later()))

    def _upload(self, album: tuple[str, str], titles: tuple[str, ...]) -> None:
        at = self._later()
        for place, title in enumerate(titles):
            words = Song(
                id="",
                name=title,
                artist_id=f"upload {album[1]}" if album[1] else "",
                album_id=album[0] or title,
                track_number=place + 1 if album[0] else 0,
                disc_number=1 if album[0] else 0,
                duration_ms=self.chance.randrange(9_000, 40_000),
                seed=self.chance.getrandbits(48),
                isrc="",
                genre=self.chance.choice(("Alternative", "Jazz")) if album[0] else "",
                composer="",
                release_date="",
            )
            self.library.add(Note(words, "", Origin.UPLOAD, at, *album))

    def _playlists(self) -> None:
        moods, archive = self._folder("Moods", ROOT), self._folder("Archive", ROOT)
        late = self._folder("Late", moods)
        uploads = [s.id for s in self.library.own_songs() if s.origin is Origin.UPLOAD]
        videos = [video.id for video in self.library.videos()]
        rows = [_row(song.id, song.catalog_id, self.catalogue) for song in self.library.own_songs()]
        self._own("Road Trip", ROOT, [*self._pick(rows, 40), *uploads[:1], *videos[:2]])
        shared = self._own("Sunday, Slowly", moods, self._pick(rows, 25), "For the second cup.")
        shared.is_public, shared.global_id = True, self._shared_id()
        self._own("After Midnight", late, self._pick(rows, 15))
        self._own("Made Elsewhere First", ROOT, self._pick(rows, 20)).by_api = True
        self._own("Queue for the Kitchen", late, self._pick(rows, 110)).by_api = True
        self._own("Nothing Yet", archive, []).by_api = True
        favourites = self._own("Favorite Songs", ROOT, self._pick(rows, 12))
        favourites.can_edit, favourites.favorites = False, True
        for playlist in list(self.catalogue.playlists.values())[:2]:
            self._foreign(playlist)
        friend = self._own("Ottilie's Car", ROOT, self._pick(list(self.catalogue.songs), 18))
        friend.rows = [f"a.{song_id}" for song_id in friend.rows]
        friend.can_edit, friend.is_public, friend.cover = False, True, Cover.PRESIGNED
        friend.global_id = self._shared_id()

    def _shared_id(self) -> str:
        return f"pl.u-{self.chance.getrandbits(56):014x}"

    def _pick(self, rows: list[str], count: int) -> list[str]:
        return self.chance.sample(rows, min(count, len(rows)))

    def _folder(self, name: str, parent: str) -> str:
        folder = LibraryFolder(self.library.shelf.new_id(), name, parent, self._later())
        self.library.shelf.put(folder)
        return folder.id

    def _own(self, name: str, parent: str, rows: list[str], about: str = "") -> LibraryPlaylist:
        made = LibraryPlaylist(
            id=self.library.shelf.new_id(),
            name=name,
            parent=parent,
            added_at=self._earlier(),
            modified_at=self._later(),
            description=about,
            rows=rows,
        )
        self.library.shelf.put(made)
        return made

    def _foreign(self, playlist: Playlist) -> None:
        made = self._own(playlist.name, ROOT, [f"a.{each}" for each in playlist.song_ids])
        made.description = playlist.description
        made.can_edit, made.cover, made.global_id = False, Cover.NULL_SIZES, playlist.id


def _row(library_id: str, catalog_id: str, catalogue: Catalogue) -> str:
    return f"a.{catalog_id}" if catalog_id in catalogue.songs else library_id
