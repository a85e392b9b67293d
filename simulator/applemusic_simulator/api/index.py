"""What can be looked up in the catalogue other than by id."""

import functools
import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from applemusic_simulator.api.editors import make_curators, make_labels, make_station_genres
from applemusic_simulator.artwork import colours_of
from applemusic_simulator.deep_catalogue import song_id_of_isrc
from applemusic_simulator.model import Album, Artist, Catalogue, MusicVideo, Playlist, Song

_SHORTEST_UPC = 13
# As many as there are albums in a library of 100,000 songs.
_COLOURS = 12_000


class CatalogueIndex:
    """Reverse look-ups, built once.

    Args:
        catalogue: Must not change afterwards.

    Attributes:
        colours: Of a picture by its key; to mix them takes as long as the rest of a song.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.colours = functools.lru_cache(_COLOURS)(colours_of)
        self.songs_by_isrc: dict[str, list[Song]] = defaultdict(list)
        self.albums_by_upc: dict[str, list[Album]] = defaultdict(list)
        self.songs_by_artist: dict[str, list[Song]] = defaultdict(list)
        self.videos_by_artist: dict[str, list[MusicVideo]] = defaultdict(list)
        self.videos_by_song: dict[str, list[MusicVideo]] = defaultdict(list)
        self.playlists_by_song: dict[str, list[Playlist]] = defaultdict(list)
        self.curators = make_curators(catalogue)
        self.labels = make_labels(catalogue)
        self.station_genres = make_station_genres(catalogue)
        for song in catalogue.songs.values():
            self.songs_by_isrc[song.isrc].append(song)
            for artist_id in (song.artist_id, *song.featured_artist_ids):
                self.songs_by_artist[artist_id].append(song)
        for album in catalogue.albums.values():
            self.albums_by_upc[upc_key(album.upc)].append(album)
        for video in catalogue.music_videos.values():
            self.videos_by_song[video.song_id].append(video)
            self.videos_by_artist[catalogue.songs[video.song_id].artist_id].append(video)
        for playlist in catalogue.playlists.values():
            for song_id in playlist.song_ids:
                self.playlists_by_song[song_id].append(playlist)

    def songs_with_isrc(self, isrc: str) -> list[Song]:
        """All songs of one recording."""
        found = self.songs_by_isrc.get(isrc)
        deep_id = "" if found else song_id_of_isrc(isrc)
        if deep_id in self.catalogue.songs:
            return [self.catalogue.songs[deep_id]]
        return found or []

    def top_songs(self, artist: Artist) -> list[Song]:
        """The artist's playable songs, each recording once, best known first."""
        recordings = {
            song.isrc: song for song in reversed(self.songs_by_artist[artist.id]) if song.playable
        }
        return sorted(recordings.values(), key=lambda song: popularity(song.id), reverse=True)

    def albums_of(self, artist: Artist) -> list[Album]:
        """The artist's own albums, newest first."""
        return [self.catalogue.albums[album_id] for album_id in artist.album_ids]

    def appears_on(self, artist: Artist) -> list[Album]:
        """Other people's albums with a song by or with the artist."""
        found = {song.album_id: None for song in self.songs_by_artist[artist.id]}
        return [self.catalogue.albums[key] for key in found if key not in artist.album_ids]

    def playlists_with(self, songs: Iterable[Song]) -> list[Playlist]:
        """Playlists that hold at least one of the songs."""
        found = {
            playlist.id: playlist
            for song in songs
            for playlist in self.playlists_by_song.get(song.id, ())
        }
        return list(found.values())

    def equivalent_song(self, song: Song, *, clean: bool) -> Song | None:
        """A playable song of the same recording; with `clean` one that is not explicit."""
        same = sorted(self.songs_with_isrc(song.isrc), key=lambda other: other.id != song.id)
        fits = (s for s in same if s.playable and not (clean and s.content_rating == "explicit"))
        return next(fits, None)

    def equivalent_album(self, album: Album, *, clean: bool) -> Album | None:
        """The album itself, or with `clean` its version that is not explicit."""
        same = sorted([album, *self.versions(album)], key=lambda other: other.id != album.id)
        return next((a for a in same if not (clean and a.content_rating == "explicit")), None)

    def versions(self, album: Album) -> list[Album]:
        """Other albums of the same artist and title."""
        return [
            other
            for other in self.catalogue.albums.values()
            if other.name == album.name
            and other.artist_id == album.artist_id
            and other.id != album.id
        ]


def upc_key(upc: str) -> str:
    """A UPC as `meta.filters.upc` spells it: leading zeros cut or filled up to 13 digits."""
    return upc.lstrip("0").zfill(_SHORTEST_UPC)


def popularity(item_id: str) -> int:
    """A fixed rank for charts and top songs; higher is better known."""
    return _number(f"popularity {item_id}")


def slug(name: str) -> str:
    """A name as it stands in a music.apple.com address."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-") or "-"


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")
