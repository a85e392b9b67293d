"""Where Apple's hosts are, and the names under which their endpoints are counted."""

from dataclasses import dataclass, fields
from enum import StrEnum

from applemusic_server.domain.live import LIVE_PLAYLIST_ENDPOINT, LIVE_SEGMENT_ENDPOINT
from applemusic_server.domain.media import LICENSE_ENDPOINT, PLAYLIST_ENDPOINT, RANGE_ENDPOINT


@dataclass(frozen=True, slots=True)
class Endpoints:
    """One base URL per host of Apple's, without a slash at the end.

    The defaults are Apple's own; configuration alone changes them (a simulator, a test). A base URL
    may carry a path: root-relative addresses such as `/v1/...` are appended to it.
    """

    api: str = "https://api.music.apple.com"
    amp_api: str = "https://amp-api.music.apple.com"
    play: str = "https://play.itunes.apple.com"
    play_music: str = "https://play.music.apple.com"
    cdn: str = "https://aod.itunes.apple.com"
    previews: str = "https://audio-ssl.itunes.apple.com"
    uploads: str = "https://store-001.blobstore.apple.com"
    artwork: str = "https://is1-ssl.mzstatic.com"
    musickit: str = "https://js-cdn.music.apple.com"

    def all(self) -> tuple[str, ...]:
        """Return every base URL."""
        return tuple(str(getattr(self, each.name)) for each in fields(self))


class Endpoint(StrEnum):
    """Names an endpoint in metrics and in the `endpoint` metadata of errors. A closed set."""

    TEST = "test"
    STOREFRONTS = "storefronts"
    ME_STOREFRONT = "me.storefront"
    ME_ACCOUNT = "me.account"
    RENEWAL = "renew_music_token"
    LOGOUT = "web_player_logout"
    CATALOG_SONGS = "catalog.songs"
    CATALOG_ALBUMS = "catalog.albums"
    CATALOG_ARTISTS = "catalog.artists"
    CATALOG_PLAYLISTS = "catalog.playlists"
    CATALOG_STATIONS = "catalog.stations"
    CATALOG_MUSIC_VIDEOS = "catalog.music_videos"
    CATALOG_GENRES = "catalog.genres"
    CATALOG_CURATORS = "catalog.curators"
    CATALOG_APPLE_CURATORS = "catalog.apple_curators"
    CATALOG_RECORD_LABELS = "catalog.record_labels"
    CATALOG_SEARCH = "catalog.search"
    CATALOG_ALBUM_TRACKS = "catalog.album_tracks"
    CATALOG_PLAYLIST_TRACKS = "catalog.playlist_tracks"
    CATALOG_ARTIST_ALBUMS = "catalog.artist_albums"
    CATALOG_ARTIST_TOP_SONGS = "catalog.artist_top_songs"
    CATALOG_SIMILAR_ARTISTS = "catalog.similar_artists"
    CATALOG_RELATED = "catalog.related"
    CATALOG_CHARTS = "catalog.charts"
    CATALOG_SUGGESTIONS = "catalog.suggestions"
    CATALOG_ISRC = "catalog.isrc"
    CATALOG_UPC = "catalog.upc"
    CATALOG_EQUIVALENTS = "catalog.equivalents"
    LYRICS = "lyrics"
    LIBRARY_SONGS = "library.songs"
    LIBRARY_ALBUMS = "library.albums"
    LIBRARY_ARTISTS = "library.artists"
    LIBRARY_PLAYLISTS = "library.playlists"
    LIBRARY_MUSIC_VIDEOS = "library.music_videos"
    LIBRARY_FOLDERS = "library.folders"
    LIBRARY_FOLDER_CHILDREN = "library.folder_children"
    LIBRARY_ALBUM_TRACKS = "library.album_tracks"
    LIBRARY_PLAYLIST_TRACKS = "library.playlist_tracks"
    LIBRARY_ARTIST_ALBUMS = "library.artist_albums"
    LIBRARY_SEARCH = "library.search"
    LIBRARY_RECENTLY_ADDED = "library.recently_added"
    LIBRARY_ADD = "library.add"
    LIBRARY_REMOVE = "library.remove"
    LIBRARY_CREATE_PLAYLIST = "library.create_playlist"
    LIBRARY_CREATE_FOLDER = "library.create_folder"
    LIBRARY_UPDATE = "library.update"
    LIBRARY_MOVE = "library.move"
    LIBRARY_APPEND_TRACKS = "library.append_tracks"
    LIBRARY_SET_TRACKS = "library.set_tracks"
    LIBRARY_REMOVE_TRACKS = "library.remove_tracks"
    CATALOG_EXISTING = "catalog.existing"
    ME_RATINGS = "me.ratings"
    ME_FAVORITES = "me.favorites"
    ME_ARTIST_FAVORITES = "me.artist_favorites"
    ME_LIBRARY_TWINS = "me.library_twins"
    STATIONS_LIVE = "stations.live"
    STATIONS_PERSONAL = "stations.personal"
    STATIONS_OF_GENRE = "stations.of_genre"
    STATIONS_RECENT = "stations.recent"
    STATIONS_SEEDED = "stations.seeded"
    STATIONS_NEXT_TRACKS = "stations.next_tracks"
    STATIONS_CONTINUOUS = "stations.continuous"
    STATION_GENRES = "station_genres"
    ME_LIBRARY_PLAYLIST_SEEDS = "me.library_playlist_seeds"
    ME_RECOMMENDATIONS = "me.recommendations"
    ME_RECOMMENDATION_ITEMS = "me.recommendation_items"
    ME_RECENTLY_PLAYED = "me.recently_played"
    ME_RECENTLY_PLAYED_TRACKS = "me.recently_played_tracks"
    ME_HEAVY_ROTATION = "me.heavy_rotation"
    ME_REPLAY = "me.replay"
    WEB_PLAYBACK = "web_playback"
    PLAY_ASSETS = "play_assets"
    LIVE_PLAYLIST = LIVE_PLAYLIST_ENDPOINT
    LIVE_SEGMENT = LIVE_SEGMENT_ENDPOINT
    PLAYLIST = PLAYLIST_ENDPOINT
    LICENSE = LICENSE_ENDPOINT
    MEDIA = RANGE_ENDPOINT
