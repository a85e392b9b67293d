"""The attributes of catalogue resources, worded as in Apple's recorded answers."""

import hashlib
from collections.abc import Collection
from typing import Any

from applemusic_simulator import hosts
from applemusic_simulator.api.editors import Activity, Curator, RecordLabel, StationGenre
from applemusic_simulator.api.index import CatalogueIndex, slug
from applemusic_simulator.artwork import artwork
from applemusic_simulator.model import Album, Artist, MusicVideo, Playlist, Song, Station
from applemusic_simulator.social.lyrics import Timing, timing_of

Attributes = dict[str, Any]
_WEB = "https://music.apple.com"


class AttributeWriter:
    """Words resources for one request.

    Args:
        index: The catalogue.
        origin: The simulator's address, for artwork and previews.
        storefront: Stands in web addresses.
        web_player: Also tell what only the web player's host tells.
    """

    def __init__(
        self, index: CatalogueIndex, origin: str, storefront: str, *, web_player: bool = False
    ) -> None:
        self._web_player = web_player
        self._index = index
        self._catalogue = index.catalogue
        self._origin = origin
        self._web = f"{_WEB}/{storefront}"

    def song(self, song: Song, extend: Collection[str]) -> Attributes:
        """`songs`."""
        album = self._catalogue.albums[song.album_id]
        cover = f"album-{album.id}"
        attributes: Attributes = {
            "albumName": album.name,
            "genreNames": _genres(song.genre),
            "trackNumber": song.track_number,
            "durationInMillis": song.duration_ms,
            "releaseDate": song.release_date,
            "isrc": song.isrc,
            "artwork": artwork(self._origin, cover, colours=self._index.colours(cover)),
            "composerName": song.composer,
            "url": f"{self._web}/album/{slug(song.name)}/{album.id}?i={song.id}",
            "discNumber": song.disc_number,
            "hasLyrics": song.has_lyrics,
            "isAppleDigitalMaster": song.seed % 3 == 0,
            "name": song.name,
            "previews": [{"url": f"{self._origin}/{hosts.PREVIEWS}/preview/{song.id}.m4a"}],
            "artistName": self._credit(song),
        }
        if song.playable:
            attributes["playParams"] = {"id": song.id, "kind": "song"}
        if song.content_rating:
            attributes["contentRating"] = song.content_rating
        if "artistUrl" in extend:
            attributes["artistUrl"] = self._artist_url(self._catalogue.artists[song.artist_id])
        if "audioVariants" in extend:
            attributes["audioVariants"] = ["lossless", "lossy-stereo"]
        if self._web_player and song.has_lyrics:
            attributes["hasTimeSyncedLyrics"] = timing_of(song) is not Timing.NONE
        return attributes

    def album(self, album: Album, extend: Collection[str]) -> Attributes:
        """`albums`."""
        songs = [self._catalogue.songs[song_id] for song_id in album.song_ids]
        artist = self._catalogue.artists[album.artist_id]
        year = album.release_date[:4]
        playable = [song for song in songs if song.playable]
        attributes: Attributes = {
            "copyright": f"℗ {year} {album.record_label}",
            "genreNames": _genres(album.genre),
            "releaseDate": album.release_date,
            "upc": album.upc,
            "isMasteredForItunes": all(song.seed % 3 == 0 for song in songs),
            "artwork": artwork(self._origin, f"album-{album.id}"),
            "url": f"{self._web}/album/{slug(album.name)}/{album.id}",
            "recordLabel": album.record_label,
            "isCompilation": album.is_compilation,
            "trackCount": len(songs),
            "isSingle": album.is_single,
            "name": album.name,
            "artistName": artist.name,
            "isComplete": len(playable) == len(songs),
        }
        if playable:
            attributes["playParams"] = {"id": album.id, "kind": "album"}
        if album.content_rating:
            attributes["contentRating"] = album.content_rating
        if not album.is_single:
            attributes["editorialNotes"] = {
                "standard": f"<i>{album.name}</i> is what {artist.name} would have made in {year}, "
                "had there been an artist, a studio and a year.",
                "short": f"{artist.name} at their most imaginary.",
            }
        if "artistUrl" in extend:
            attributes["artistUrl"] = self._artist_url(artist)
        if "audioVariants" in extend:
            attributes["audioVariants"] = ["lossless", "lossy-stereo"]
        return attributes

    def artist(self, artist: Artist, extend: Collection[str]) -> Attributes:
        """`artists`."""
        attributes: Attributes = {
            "genreNames": [artist.genre],
            "name": artist.name,
            "artwork": artwork(self._origin, f"artist-{artist.id}"),
            "url": self._artist_url(artist),
        }
        if "editorialNotes" in extend:
            attributes["editorialNotes"] = {
                "standard": f"{artist.name} never existed, and never sounded better.",
                "short": f"Invented {artist.genre}.",
            }
        return attributes

    def playlist(self, playlist: Playlist, extend: Collection[str]) -> Attributes:
        """`playlists`."""
        contents = " ".join((playlist.last_modified, *playlist.song_ids))
        attributes: Attributes = {
            "artwork": {
                **artwork(self._origin, playlist.id, fill="cc"),
                "width": 1080,
                "height": 1080,
            },
            "isChart": playlist.is_chart,
            "url": f"{self._web}/playlist/{slug(playlist.name)}/{playlist.id}",
            "lastModifiedDate": playlist.last_modified,
            "name": playlist.name,
            "playlistType": playlist.type,
            "curatorName": playlist.curator,
            "playParams": {
                "id": playlist.id,
                "kind": "playlist",
                "versionHash": hashlib.sha256(contents.encode()).hexdigest(),
            },
            "description": {"standard": playlist.description},
        }
        if playlist.type == "editorial":
            attributes["description"]["short"] = playlist.description
        if "trackTypes" in extend:
            attributes["trackTypes"] = ["songs"]
        return attributes

    def music_video(self, video: MusicVideo, _extend: Collection[str]) -> Attributes:
        """`music-videos`."""
        song = self._catalogue.songs[video.song_id]
        picture = artwork(self._origin, f"video-{video.id}", kind="Video", fill="mv")
        clip = f"{self._origin}/{hosts.PREVIEWS}/video/{video.id}"
        return {
            "previews": [{"url": f"{clip}.m4v", "hlsUrl": f"{clip}.m3u8", "artwork": picture}],
            "artwork": picture,
            "artistName": self._credit(song),
            "url": f"{self._web}/music-video/{slug(song.name)}/{video.id}",
            "genreNames": [song.genre],
            "has4K": False,
            "durationInMillis": song.duration_ms,
            "releaseDate": song.release_date,
            "name": song.name,
            "isrc": video.isrc,
            "playParams": {"id": video.id, "kind": "musicVideo"},
            "hasHDR": False,
        }

    def station(self, station: Station, _extend: Collection[str]) -> Attributes:
        """`stations`."""
        digest = hashlib.sha256(station.id.encode()).hexdigest()
        protected = station.is_live and not station.provider
        attributes: Attributes = {
            "artwork": artwork(self._origin, station.id, kind="Features", fill="sr"),
            "mediaKind": "audio",
            "isLive": station.is_live,
            "name": station.name,
            "playParams": {
                "id": station.id,
                "kind": "radioStation",
                "format": "stream" if station.is_live else "tracks",
                "stationHash": digest[:18],
                "hasDrm": protected,
                "mediaType": 0,
            },
            "editorialNotes": {
                "name": station.name,
                "short": station.tagline,
                "tagline": station.tagline,
            },
            "url": f"{self._web}/station/{slug(station.name)}/{station.id}",
        }
        if station.genre:
            attributes["editorialNotes"]["standard"] = f"{station.tagline} And on it goes."
        if station.provider:
            attributes["stationProviderName"] = station.provider
        if protected:
            attributes["supportedDrms"] = ["fairplay", "playready", "widevine"]
        return attributes

    def curator(self, curator: Curator, extend: Collection[str]) -> Attributes:
        """`apple-curators`: curators and shows."""
        attributes = {**self.magazine(curator, extend), "kind": curator.kind}
        if curator.kind == "Show":
            attributes["showHostName"] = curator.host
            attributes["shortName"] = curator.name.partition(" with ")[0]
            attributes["editorialNotes"] |= {"name": curator.name, "tagline": curator.host}
        return attributes

    def magazine(self, curator: Curator, _extend: Collection[str]) -> Attributes:
        """`curators`, those outside Apple."""
        return {
            "editorialNotes": {
                "standard": f"{curator.name} chooses.",
                "short": f"{curator.name}.",
            },
            "artwork": self._emblem(f"curator-{curator.id}"),
            "name": curator.name,
            "url": f"{self._web}/curator/{slug(curator.name)}/{curator.id}",
        }

    def activity(self, activity: Activity, _extend: Collection[str]) -> Attributes:
        """`activities`."""
        return {
            "editorialNotes": {"short": activity.note},
            "artwork": self._emblem(f"activity-{activity.id}"),
            "name": activity.name,
            "url": f"{self._web}/curator/{slug(activity.name)}/{activity.id}",
        }

    def label(self, label: RecordLabel, _extend: Collection[str]) -> Attributes:
        """`record-labels`."""
        return {
            "artwork": self._emblem(f"label-{label.id}"),
            "description": {"standard": f"{label.name} has never pressed a record."},
            "name": label.name,
            "url": f"{self._web}/record-label/{slug(label.name)}/{label.id}",
        }

    def station_genre(self, genre: StationGenre, _extend: Collection[str]) -> Attributes:
        """`station-genres`."""
        return {"name": genre.name}

    def genre(self, genre: tuple[str, str], _extend: Collection[str]) -> Attributes:
        """`genres`, given as id and name."""
        return {"name": genre[1]}

    def _emblem(self, key: str) -> Attributes:
        return {**artwork(self._origin, key), "width": 1080, "height": 1080}

    def _artist_url(self, artist: Artist) -> str:
        return f"{self._web}/artist/{slug(artist.name)}/{artist.id}"

    def _credit(self, song: Song) -> str:
        # Guests stand in the title and among the related artists, as Apple words it.
        return self._catalogue.artists[song.artist_id].name


def _genres(genre: str) -> list[str]:
    return [genre, "Music"]
