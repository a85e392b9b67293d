"""The attributes of library resources, worded as in Apple's recorded answers."""

import hashlib
import time
import uuid
from collections.abc import Collection
from typing import Any

from applemusic_simulator import hosts
from applemusic_simulator.library.items import (
    Cover,
    Item,
    LibraryAlbum,
    LibraryArtist,
    LibraryFolder,
    LibraryPlaylist,
    LibrarySong,
    LibraryVideo,
    Origin,
    catalog_id_of,
)
from applemusic_simulator.library.libraries import Libraries
from applemusic_simulator.model import Song

Attributes = dict[str, Any]
_SIZE = 1200


class LibraryWords:
    """Words what a library item says of itself, for one request.

    Args:
        libraries: For settings, signed covers and what others know of an item.
        account_id: Whose.
        origin: The simulator's own address.
    """

    def __init__(self, libraries: Libraries, account_id: str, origin: str) -> None:
        self._libraries = libraries
        self._account_id = account_id
        self._origin = origin

    def of(self, kind: str, item: Item, asked: Collection[str]) -> Attributes:
        """The attributes of an item.

        Args:
            kind: Its type, e.g. `library-songs`.
            item: What is worded.
            asked: Names in `extend` and `fields`.
        """
        if isinstance(item, LibrarySong):
            words = self._song(item, asked)
        elif isinstance(item, LibraryAlbum):
            words = self._album(item)
        elif isinstance(item, LibraryArtist):
            words = {"name": item.name}
        elif isinstance(item, LibraryVideo):
            words = self._video(item)
        elif kind == "library-playlist-folders":
            words = {"name": item.name, "dateAdded": iso(item.added_at)}
        else:
            words = self._playlist(_as_playlist(item), asked)
        if asked:
            catalog_id = catalog_id_of(item)
            more = self._libraries.more_attributes
            words.update(more(self._account_id, kind, item.id, catalog_id, asked))
        return words

    def _song(self, song: LibrarySong, asked: Collection[str]) -> Attributes:
        words = song.words
        attributes = {
            "discNumber": words.disc_number,
            "albumName": song.album_name,
            "genreNames": [words.genre],
            "trackNumber": words.track_number,
            "hasLyrics": words.has_lyrics,
            "durationInMillis": words.duration_ms,
            "releaseDate": words.release_date,
            "name": words.name,
            "artistName": song.artist_name,
            "artwork": self._cover(song),
            "playParams": _play_params(song),
            "contentRating": words.content_rating,
        }
        if "dateAdded" in asked and self._libraries.settings(self._account_id).song_dates:
            attributes["dateAdded"] = iso(song.added_at)
        # What an upload does not say is left out; its one genre is empty (reference 13.9).
        empty = (name for name, value in attributes.items() if value in ("", None))
        for name in list(empty):
            del attributes[name]
        return attributes

    def _cover(self, song: LibrarySong) -> Attributes | None:
        if not song.album_name:
            return None
        return self._artwork(f"album-{_key(song.words.album_id)}")

    def _album(self, album: LibraryAlbum) -> Attributes:
        attributes = {
            "trackCount": len(album.songs),
            "genreNames": [album.genre],
            "releaseDate": album.release_date,
            "name": album.name,
            "artistName": album.artist_name,
            "artwork": self._artwork(f"album-{_key(album.key)}"),
            "playParams": {"id": album.id, "kind": "album", "isLibrary": True},
            "dateAdded": iso(album.added_at),
        }
        if not album.release_date:
            del attributes["releaseDate"]
        return attributes

    def _video(self, video: LibraryVideo) -> Attributes:
        params: Attributes = {
            "id": video.id,
            "kind": "musicVideo",
            "isLibrary": True,
            "reporting": not video.purchased_id,
        }
        if video.purchased_id:
            params["purchasedId"] = video.purchased_id
        if video.catalog_id:
            params["catalogId"] = video.catalog_id
        attributes: Attributes = {
            "name": video.song.name,
            "trackNumber": 0,
            "playParams": params,
            "artistName": video.artist_name,
            "durationInMillis": video.song.duration_ms,
            "releaseDate": video.song.release_date,
            "genreNames": [video.song.genre],
        }
        if video.purchased_id:
            attributes["albumName"] = ""
        if video.catalog_id:
            attributes["artwork"] = self._artwork(f"video-{video.catalog_id}", "Video")
        if video.song.content_rating:
            attributes["contentRating"] = video.song.content_rating
        return attributes

    def _playlist(self, playlist: LibraryPlaylist, asked: Collection[str]) -> Attributes:
        params: Attributes = {"id": playlist.id, "kind": "playlist", "isLibrary": True}
        if playlist.global_id:
            params["globalId"] = playlist.global_id
        if playlist.cover is Cover.PRESIGNED:
            version = f"{playlist.id} {playlist.modified_at}"
            params["versionHash"] = str(uuid.uuid5(uuid.NAMESPACE_OID, version))
        attributes: Attributes = {
            "playParams": params,
            "canEdit": playlist.can_edit,
            "canDelete": not playlist.favorites,
            "dateAdded": iso(playlist.added_at),
            "hasCatalog": bool(playlist.global_id),
            "hasCollaboration": False,
            "isPublic": playlist.is_public,
            "lastModifiedDate": iso(playlist.modified_at),
            "name": playlist.name,
        }
        if playlist.description:
            attributes["description"] = {"standard": playlist.description}
        if playlist.cover is Cover.NULL_SIZES:
            url = self._artwork(playlist.global_id, "Features")["url"]
            attributes["artwork"] = {"width": None, "height": None, "url": url}
        elif playlist.cover is Cover.PRESIGNED:
            path = self._libraries.signer.sign(f"/covers/{playlist.id}/image", "image/jpeg")
            url = f"{self._origin}/{hosts.UPLOADS}{path}"
            attributes["artwork"] = {"width": None, "height": None, "url": url}
        if "tags" in asked and playlist.favorites:
            attributes["tags"] = ["favorited"]
        if "trackTypes" in asked:
            attributes["trackTypes"] = ["library-songs"]
        return attributes

    def _artwork(self, key: str, kind: str = "Music") -> Attributes:
        fill = "cc" if kind == "Features" else "bb"
        url = (
            f"{self._origin}/{hosts.ARTWORK}/image/thumb/{kind}/v4/{key}.png/{{w}}x{{h}}{fill}.jpg"
        )
        return {"width": _SIZE, "height": _SIZE, "url": url}


def row_words(song: Song, album_name: str, artist_name: str, origin: str) -> Attributes:
    """A row of a playlist that is not in the library: `a.<catalogue id>` (recorded so)."""
    url = (
        f"{origin}/{hosts.ARTWORK}/image/thumb/Music/v4/album-{song.album_id}.png/{{w}}x{{h}}bb.jpg"
    )
    attributes: Attributes = {
        "artwork": {"width": _SIZE, "height": _SIZE, "url": url},
        "artistName": artist_name,
        "discNumber": song.disc_number,
        "genreNames": [song.genre],
        "durationInMillis": song.duration_ms,
        "releaseDate": song.release_date,
        "name": song.name,
        "hasLyrics": song.has_lyrics,
        "albumName": album_name,
        "playParams": {
            "id": f"a.{song.id}",
            "kind": "song",
            "isLibrary": True,
            "reporting": True,
            "catalogId": song.id,
        },
        "trackNumber": song.track_number,
    }
    if song.content_rating:
        attributes["contentRating"] = song.content_rating
    return attributes


def iso(seconds: float) -> str:
    """A moment as Apple writes it: `2022-08-06T02:18:57Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _as_playlist(found: LibraryPlaylist | LibraryFolder) -> LibraryPlaylist:
    """A folder asked for as a playlist is shaped as an empty one (reference 13.3)."""
    if isinstance(found, LibraryPlaylist):
        return found
    return LibraryPlaylist(found.id, found.name, found.parent, found.added_at, found.added_at)


def _play_params(song: LibrarySong) -> Attributes:
    params: Attributes = {
        "id": song.id,
        "kind": "song",
        "isLibrary": True,
        "reporting": song.origin is not Origin.UPLOAD,
    }
    if song.catalog_id:
        params["catalogId"] = song.catalog_id
        params["reportingId"] = song.catalog_id
    if song.origin is Origin.PURCHASE:
        params["purchasedId"] = song.words.id
    return params


def _key(album_key: str) -> str:
    """A key for a picture that can stand in an address."""
    if album_key.isdecimal():
        return album_key
    return hashlib.sha256(album_key.removeprefix("upload ").encode()).hexdigest()[:12]
