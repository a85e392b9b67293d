"""From the client's models to those of Music Assistant."""

import re
from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import UTC, datetime
from html import unescape
from typing import Any, Final, TypeAlias

from music_assistant_models import media_items as ma
from music_assistant_models.enums import AlbumType, ContentType, ExternalID, ImageType, MediaType

from applemusic.models.album import Album
from applemusic.models.artist import Artist
from applemusic.models.artwork import Artwork, EditorialNotes
from applemusic.models.date import PartialDate
from applemusic.models.favorite import FavoriteState
from applemusic.models.playlist import Playlist, PlaylistFolder, PlaylistKind
from applemusic.models.reference import ResourceRef, ResourceType
from applemusic.models.resource import Resource
from applemusic.models.song import Availability, ContentRating, Song
from applemusic.models.station import Station, StationKind

from .images import images

MediaItem: TypeAlias = ma.Artist | ma.Album | ma.Track | ma.Playlist | ma.Radio
"""What the provider gives of a catalog or library."""

NAMED_ARTIST: Final = "artist-name:"
"""Begins the id of an artist of whom only the name is known, as those of uploads."""

UNKNOWN_ARTIST: Final = "[unknown]"
"""What the host and MusicBrainz call an artist of whom nothing is known."""

_TAGS: Final = re.compile(r"<[^>]+>")
_EP: Final = re.compile(r" - EP$")
_RADIO_FIELDS: Final = {field.name for field in fields(ma.Radio)}
_PLAYLIST_FIELDS: Final = {field.name for field in fields(ma.Playlist)}
STATIONS_ARE_RADIOS: Final = "is_dynamic" in _RADIO_FIELDS
"""True if and only if the host can play a radio's songs one after the other; hosts that cannot get
such stations as playlists.
"""


class Items:
    """Makes the host's items for one instance of the provider."""

    def __init__(self, domain: str, instance: str) -> None:
        self._domain = domain
        self._instance = instance

    def item(self, resource: Resource) -> MediaItem | ma.BrowseFolder | None:
        """Return any resource; None for kinds that the host has no place for."""
        makers: dict[type, Callable[[Any], MediaItem | ma.BrowseFolder]] = {
            Song: self.track,
            Album: self.album,
            Artist: self.artist,
            Playlist: self.playlist,
            Station: self.station,
            PlaylistFolder: self.folder,
        }
        make = makers.get(type(resource))
        return None if make is None else make(resource)

    def items(self, resources: Iterable[Resource]) -> list[MediaItem | ma.BrowseFolder]:
        """Return all resources that the host has a place for, in order."""
        made = (self.item(each) for each in resources)
        return [each for each in made if each is not None]

    def media(self, resources: Iterable[Resource]) -> list[MediaItem]:
        """Return the resources that are media, in order: no folders."""
        return [each for each in self.items(resources) if not isinstance(each, ma.BrowseFolder)]

    def artist(self, artist: Artist) -> ma.Artist:
        """Return an artist."""
        item_id = artist.catalog_id or artist.id
        return ma.Artist(
            item_id=item_id,
            provider=self._instance,
            name=artist.name,
            provider_mappings={self._mapping(item_id, artist.url, artist.library_id)},
            metadata=self._metadata(
                artist, artist.artwork, artist.genre_names, artist.editorial_notes
            ),
            **_favorite(artist.favorite_state),
        )

    def named_artist(self, name: str) -> ma.Artist:
        """Return an artist of whom only the name is known."""
        item_id = f"{NAMED_ARTIST}{name}"
        return ma.Artist(
            item_id=item_id,
            provider=self._instance,
            name=name,
            provider_mappings={self._mapping(item_id)},
        )

    def album(self, album: Album) -> ma.Album:
        """Return an album."""
        item_id = album.catalog_id or album.id
        metadata = self._metadata(album, album.artwork, album.genre_names, album.editorial_notes)
        metadata.copyright = album.copyright or None
        metadata.label = album.record_label or None
        metadata.explicit = _explicit(album.content_rating)
        metadata.release_date = _moment(album.release_date)
        return ma.Album(
            item_id=item_id,
            provider=self._instance,
            name=album.name,
            year=album.release_date.year if album.release_date else None,
            artists=self._artists(album.artists, album.artist_name),
            album_type=_album_type(album),
            external_ids={(ExternalID.BARCODE, album.upc)} if album.upc else set(),
            provider_mappings={
                self._mapping(
                    item_id,
                    album.url,
                    album.library_id,
                    available=not album.prerelease,
                    unique=not album.catalog_id,
                )
            },
            metadata=metadata,
            **_added(album.date_added),
            **_favorite(album.favorite_state),
        )

    def track(self, song: Song, *, position: int | None = None) -> ma.Track:
        """Return a song.

        Args:
            song: The song.
            position: Its place in a playlist, from 1.
        """
        item_id = song.current_catalog_id or song.catalog_id or song.id
        metadata = self._metadata(song, song.artwork, song.genre_names, song.editorial_notes)
        metadata.explicit = _explicit(song.content_rating)
        metadata.release_date = _moment(song.release_date)
        metadata.preview = song.previews[0].url if song.previews else None
        return ma.Track(
            item_id=item_id,
            provider=self._instance,
            name=song.name,
            duration=round(song.duration.total_seconds()),
            artists=self._artists(song.artists, song.artist_name),
            album=self._album_of(song),
            disc_number=song.disc_number,
            track_number=song.track_number,
            position=position,
            external_ids={(ExternalID.ISRC, song.isrc)} if song.isrc else set(),
            provider_mappings={
                self._mapping(
                    item_id,
                    song.url,
                    song.library_id,
                    available=playable(song),
                    unique=song.availability is Availability.UPLOADED,
                    audio_format=audio_format(song.availability),
                )
            },
            metadata=metadata,
            **_added(song.date_added),
            **_favorite(song.favorite_state),
        )

    def playlist(self, playlist: Playlist) -> ma.Playlist:
        """Return a playlist."""
        own = playlist.kind is PlaylistKind.LIBRARY or not playlist.catalog_id
        item_id = (playlist.library_id or playlist.id) if own else playlist.catalog_id
        return ma.Playlist(
            item_id=item_id,
            provider=self._instance,
            name=playlist.name,
            owner=playlist.curator_name,
            is_editable=playlist.editable,
            provider_mappings={
                self._mapping(item_id, playlist.url, playlist.library_id, unique=own)
            },
            metadata=self._metadata(playlist, playlist.artwork, (), playlist.description),
            **_added(playlist.date_added),
            **_favorite(playlist.favorite_state),
        )

    def folder(self, folder: PlaylistFolder) -> ma.BrowseFolder:
        """Return a folder of playlists, to browse."""
        return ma.BrowseFolder(
            item_id=folder.id,
            provider=self._instance,
            name=folder.name,
            path=f"{self._instance}://playlists/{folder.id}",
        )

    def station(self, station: Station) -> ma.Radio | ma.Playlist:
        """Return a station: a radio, or a playlist where the host plays no radio song by song."""
        if station.kind is StationKind.TRACKS and not STATIONS_ARE_RADIOS:
            return self._station_playlist(station)
        values: dict[str, Any] = {}
        if STATIONS_ARE_RADIOS:
            values["is_dynamic"] = station.kind is StationKind.TRACKS
        if "is_endless" in _RADIO_FIELDS:
            values["is_endless"] = station.kind is not StationKind.EPISODE
        if station.duration is not None:
            values["duration"] = round(station.duration.total_seconds())
        metadata = self._metadata(station, station.artwork, (), station.editorial_notes)
        metadata.explicit = _explicit(station.content_rating)
        return ma.Radio(
            item_id=station.id,
            provider=self._instance,
            name=station.name,
            provider_mappings={
                self._mapping(
                    station.id, station.url, available=station.playable, unique=station.personal
                )
            },
            metadata=metadata,
            **values,
        )

    def _station_playlist(self, station: Station) -> ma.Playlist:
        values: dict[str, Any] = {"is_dynamic": True} if "is_dynamic" in _PLAYLIST_FIELDS else {}
        return ma.Playlist(
            item_id=station.id,
            provider=self._instance,
            name=station.name,
            owner=station.provider_name or "Apple Music",
            provider_mappings={
                self._mapping(
                    station.id, station.url, available=station.playable, unique=station.personal
                )
            },
            metadata=self._metadata(station, station.artwork, (), station.editorial_notes),
            **values,
        )

    def _artists(
        self, references: Iterable[ResourceRef], line: str
    ) -> ma.UniqueList[ma.Artist | ma.ItemMapping]:
        """Return artists by id; the line to show where there are none, as for uploads.

        The host drops tracks and albums without an artist: they get the one that it calls unknown.
        """
        found = [
            self._mention(MediaType.ARTIST, each.id, each.name or line)
            for each in references
            if each.type is ResourceType.ARTIST
        ]
        if not found:
            name = line or UNKNOWN_ARTIST
            found = [self._mention(MediaType.ARTIST, f"{NAMED_ARTIST}{name}", name)]
        return ma.UniqueList(found)

    def _album_of(self, song: Song) -> ma.ItemMapping | None:
        if song.album is None:
            return None
        return self._mention(MediaType.ALBUM, song.album.id, song.album.name or song.album_name)

    def _mention(self, kind: MediaType, item_id: str, name: str) -> ma.ItemMapping:
        return ma.ItemMapping(
            media_type=kind, item_id=item_id, provider=self._instance, name=name or "?"
        )

    def _mapping(
        self,
        item_id: str,
        url: str = "",
        library_id: str = "",
        *,
        available: bool = True,
        unique: bool = False,
        audio_format: ma.AudioFormat | None = None,
    ) -> ma.ProviderMapping:
        values: dict[str, Any] = {}
        if audio_format is not None:
            values["audio_format"] = audio_format
        return ma.ProviderMapping(
            item_id=item_id,
            provider_domain=self._domain,
            provider_instance=self._instance,
            available=available,
            in_library=True if library_id else None,
            is_unique=True if unique else None,
            url=url or None,
            **values,
        )

    def _metadata(
        self,
        item: Resource,
        artwork: Artwork | None,
        genres: Iterable[str],
        notes: EditorialNotes | None,
    ) -> ma.MediaItemMetadata:
        return ma.MediaItemMetadata(
            description=plain(notes),
            genres=set(genres) or None,
            images=images(item, artwork, self._instance),
        )


def audio_format(availability: Availability) -> ma.AudioFormat:
    """Return the form of a song's audio; that of an upload is known when it plays."""
    if availability is Availability.UPLOADED:
        return ma.AudioFormat(content_type=ContentType.UNKNOWN)
    return ma.AudioFormat(
        content_type=ContentType.MP4, codec_type=ContentType.AAC, bit_rate=256, channels=2
    )


def playable(song: Song) -> bool:
    """Say whether the server can play a song, as far as is known."""
    if song.availability is Availability.WITHDRAWN:
        return bool(song.current_catalog_id)
    return song.availability is not Availability.PURCHASED


def is_station(item_id: str) -> bool:
    """Say whether an id is that of a station: some hosts ask for stations as playlists."""
    return item_id.startswith("ra.")


def plain(notes: EditorialNotes | None) -> str | None:
    """Return what editors wrote without its tags; None when they wrote nothing."""
    text = (notes.standard or notes.short or notes.tagline) if notes else ""
    return unescape(_TAGS.sub("", text)).strip() or None


def picture(items: Iterable[MediaItem]) -> ma.MediaItemImage | None:
    """Return the first picture among items, for the folder that holds them."""
    for each in items:
        for image in each.metadata.images or ():
            if image.type is ImageType.THUMB:
                return image
    return None


def _favorite(state: FavoriteState) -> dict[str, Any]:
    match state:
        case FavoriteState.FAVORITE:
            return {"favorite": True}
        case FavoriteState.DISLIKED:
            return {"favorite": False}
    return {}


def _explicit(rating: ContentRating) -> bool | None:
    return None if rating is ContentRating.UNKNOWN else rating is ContentRating.EXPLICIT


def _album_type(album: Album) -> AlbumType:
    if album.compilation:
        return AlbumType.COMPILATION
    if album.single:
        return AlbumType.EP if _EP.search(album.name) else AlbumType.SINGLE
    return AlbumType.ALBUM


def _moment(date: PartialDate | None) -> datetime | None:
    if date is None:
        return None
    try:
        first = date.to_date()
    except ValueError:
        return None
    return datetime(first.year, first.month, first.day, tzinfo=UTC)


def _added(time: datetime | None) -> dict[str, Any]:
    """Return when something was added, to the second: the host compares it with what it stored."""
    if time is None or "date_added" not in _PLAYLIST_FIELDS:
        return {}
    return {"date_added": time.replace(microsecond=0)}
