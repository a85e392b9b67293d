"""Resources of the domain as messages of the contract."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from applemusic.v1 import media_pb2 as pb
from applemusic_server.domain import resources as d
from applemusic_server.wire.enums import (
    AUDIO_VARIANTS,
    AVAILABILITIES,
    CONTENT_RATINGS,
    FAVORITE_STATES,
    PLAYLIST_KINDS,
    RESOURCE_TYPES,
    STATION_KINDS,
)

DEFAULT_ARTWORK_SIZE: Final = 600
LARGEST_ARTWORK_SIZE: Final = 3000

# What `pb.Resource` and the converter call each kind.
_RESOURCE_NAMES: Final[Mapping[type[d.Resource], str]] = {
    d.Song: "song",
    d.Album: "album",
    d.Artist: "artist",
    d.Playlist: "playlist",
    d.Station: "station",
    d.MusicVideo: "music_video",
    d.Genre: "genre",
    d.Curator: "curator",
    d.RecordLabel: "record_label",
    d.PlaylistFolder: "playlist_folder",
}


class Converter:
    """Makes messages for a caller who wants artwork of a certain size."""

    def __init__(self, artwork_size: int) -> None:
        """Remember the longest side of ready-made artwork URLs, in pixels; 0 for the default."""
        self._artwork_size = min(artwork_size or DEFAULT_ARTWORK_SIZE, LARGEST_ARTWORK_SIZE)

    def song(self, song: d.Song) -> pb.Song:
        """Return a song."""
        return pb.Song(
            id=song.id,
            catalog_id=song.catalog_id,
            library_id=song.library_id,
            name=song.name,
            artist_name=song.artist_name,
            artists=map(ref, song.artists),
            album_name=song.album_name,
            album=ref(song.album) if song.album else None,
            duration=duration(song.duration) if song.duration else None,
            track_number=song.track_number,
            disc_number=song.disc_number,
            isrc=song.isrc,
            content_rating=CONTENT_RATINGS[song.content_rating],
            genre_names=song.genre_names,
            release_date=_date(song.release_date),
            composer_name=song.composer_name,
            artwork=self._artwork(song.artwork),
            previews=_previews(song.preview_urls),
            url=song.url,
            availability=AVAILABILITIES[song.availability],
            has_lyrics=song.has_lyrics,
            has_time_synced_lyrics=song.has_time_synced_lyrics,
            audio_variants=[AUDIO_VARIANTS[variant] for variant in song.audio_variants],
            editorial_notes=_notes(song.editorial_notes),
            favorite_state=FAVORITE_STATES[song.favorite_state],
            date_added=timestamp(song.date_added),
            work_name=song.work_name,
            movement_name=song.movement_name,
            movement_number=song.movement_number,
            current_catalog_id=song.current_catalog_id,
        )

    def album(self, album: d.Album) -> pb.Album:
        """Return an album."""
        return pb.Album(
            id=album.id,
            catalog_id=album.catalog_id,
            library_id=album.library_id,
            name=album.name,
            artist_name=album.artist_name,
            artists=map(ref, album.artists),
            track_count=album.track_count,
            release_date=_date(album.release_date),
            upc=album.upc,
            record_label=album.record_label,
            copyright=album.copyright,
            content_rating=CONTENT_RATINGS[album.content_rating],
            genre_names=album.genre_names,
            single=album.single,
            compilation=album.compilation,
            complete=album.complete,
            prerelease=album.prerelease,
            artwork=self._artwork(album.artwork),
            url=album.url,
            playable=album.playable,
            audio_variants=[AUDIO_VARIANTS[variant] for variant in album.audio_variants],
            editorial_notes=_notes(album.editorial_notes),
            favorite_state=FAVORITE_STATES[album.favorite_state],
            date_added=timestamp(album.date_added),
        )

    def artist(self, artist: d.Artist) -> pb.Artist:
        """Return an artist."""
        return pb.Artist(
            id=artist.id,
            catalog_id=artist.catalog_id,
            library_id=artist.library_id,
            name=artist.name,
            genre_names=artist.genre_names,
            artwork=self._artwork(artist.artwork),
            url=artist.url,
            editorial_notes=_notes(artist.editorial_notes),
            favorite_state=FAVORITE_STATES[artist.favorite_state],
        )

    def playlist(self, playlist: d.Playlist) -> pb.Playlist:
        """Return a playlist."""
        return pb.Playlist(
            id=playlist.id,
            catalog_id=playlist.catalog_id,
            library_id=playlist.library_id,
            name=playlist.name,
            curator_name=playlist.curator_name,
            kind=PLAYLIST_KINDS[playlist.kind],
            description=_notes(playlist.description),
            last_modified_time=timestamp(playlist.last_modified_time),
            track_count=playlist.track_count,
            artwork=self._artwork(playlist.artwork),
            url=playlist.url,
            editable=playlist.editable,
            chart=playlist.chart,
            public=playlist.public,
            favorites=playlist.favorites,
            favorite_state=FAVORITE_STATES[playlist.favorite_state],
            date_added=timestamp(playlist.date_added),
            parent_folder_id=playlist.parent_folder_id,
        )

    def station(self, station: d.Station) -> pb.Station:
        """Return a station."""
        return pb.Station(
            id=station.id,
            name=station.name,
            kind=STATION_KINDS[station.kind],
            personal=station.personal,
            playable=station.playable,
            provider_name=station.provider_name,
            duration=duration(station.duration) if station.duration else None,
            content_rating=CONTENT_RATINGS[station.content_rating],
            artwork=self._artwork(station.artwork),
            url=station.url,
            editorial_notes=_notes(station.editorial_notes),
        )

    def music_video(self, video: d.MusicVideo) -> pb.MusicVideo:
        """Return a music video."""
        return pb.MusicVideo(
            id=video.id,
            catalog_id=video.catalog_id,
            library_id=video.library_id,
            name=video.name,
            artist_name=video.artist_name,
            artists=map(ref, video.artists),
            album_name=video.album_name,
            duration=duration(video.duration) if video.duration else None,
            isrc=video.isrc,
            content_rating=CONTENT_RATINGS[video.content_rating],
            genre_names=video.genre_names,
            release_date=_date(video.release_date),
            artwork=self._artwork(video.artwork),
            url=video.url,
            previews=_previews(video.preview_urls),
            favorite_state=FAVORITE_STATES[video.favorite_state],
            date_added=timestamp(video.date_added),
        )

    def genre(self, genre: d.Genre) -> pb.Genre:
        """Return a genre."""
        return pb.Genre(id=genre.id, name=genre.name, parent_id=genre.parent_id)

    def curator(self, curator: d.Curator) -> pb.Curator:
        """Return a curator."""
        return pb.Curator(
            id=curator.id,
            name=curator.name,
            apple=curator.apple,
            artwork=self._artwork(curator.artwork),
            url=curator.url,
            editorial_notes=_notes(curator.editorial_notes),
        )

    def record_label(self, label: d.RecordLabel) -> pb.RecordLabel:
        """Return a record label."""
        return pb.RecordLabel(
            id=label.id,
            name=label.name,
            artwork=self._artwork(label.artwork),
            url=label.url,
            description=_notes(label.description),
        )

    def playlist_folder(self, folder: d.PlaylistFolder) -> pb.PlaylistFolder:
        """Return a folder of playlists."""
        return pb.PlaylistFolder(
            id=folder.id,
            name=folder.name,
            parent_folder_id=folder.parent_folder_id,
            date_added=timestamp(folder.date_added),
        )

    def track(self, track: d.Track) -> pb.Track:
        """Return an entry of an album or playlist."""
        if isinstance(track, d.Song):
            return pb.Track(song=self.song(track))
        return pb.Track(music_video=self.music_video(track))

    def resource(self, resource: d.Resource) -> pb.Resource:
        """Return a resource of any kind."""
        message = pb.Resource()
        self.fill(message, resource)
        return message

    def fill(self, message: pb.Resource, resource: d.Resource) -> None:
        """Put a resource into an empty message.

        A message that is handed to another one's constructor is copied; in a library sync, three
        messages deep, that took as long as a quarter of all the rest.
        """
        name = _RESOURCE_NAMES[type(resource)]
        getattr(message, name).CopyFrom(getattr(self, name)(resource))

    def _artwork(self, artwork: d.Artwork | None) -> pb.Artwork | None:
        if artwork is None:
            return None
        scalable = "{w}" in artwork.url_template
        return pb.Artwork(
            url_template=artwork.url_template if scalable else "",
            url=artwork_url(artwork, self._artwork_size),
            width=artwork.width,
            height=artwork.height,
            background_color=artwork.background_color,
            text_colors=artwork.text_colors,
            expire_time=timestamp(artwork.expire_time),
        )


def artwork_url(artwork: d.Artwork, size: int) -> str:
    """Return the URL of a picture whose longest side is `size` pixels, or its own if shorter."""
    width, height = artwork.width or size, artwork.height or size
    scale = min(1.0, size / max(width, height))
    parts = {
        "{w}": str(max(1, round(width * scale))),
        "{h}": str(max(1, round(height * scale))),
        "{c}": "bb",  # fit into the box, no crop (reference: observed in Apple's web player)
        "{f}": "jpg",
    }
    url = artwork.url_template
    for placeholder, value in parts.items():
        url = url.replace(placeholder, value)
    return url


def read_options(options: pb.ReadOptions) -> d.ReadOptions:
    """Return how a caller wants resources to be read."""
    return d.ReadOptions(
        language=options.language,
        storefront=options.storefront,
        artwork_size=options.artwork_size or DEFAULT_ARTWORK_SIZE,
        full=options.view == pb.VIEW_FULL,
    )


def timestamp(moment: datetime | None) -> Timestamp | None:
    """Return a moment; None stays None, which leaves a field unset."""
    if moment is None:
        return None
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def duration(length: timedelta) -> Duration:
    """Return a length of time."""
    message = Duration()
    message.FromTimedelta(length)
    return message


def ref(reference: d.ResourceRef) -> pb.ResourceRef:
    """Return a reference."""
    return pb.ResourceRef(type=RESOURCE_TYPES[reference.type], id=reference.id, name=reference.name)


def _date(date: d.Date | None) -> pb.Date | None:
    return pb.Date(year=date.year, month=date.month, day=date.day) if date else None


def _notes(notes: d.EditorialNotes | None) -> pb.EditorialNotes | None:
    if notes is None:
        return None
    return pb.EditorialNotes(short=notes.short, standard=notes.standard, tagline=notes.tagline)


def _previews(urls: Iterable[str]) -> list[pb.Preview]:
    return [pb.Preview(url=url) for url in urls]
