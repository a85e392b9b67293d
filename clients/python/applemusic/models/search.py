"""What a search finds."""

from dataclasses import dataclass

from applemusic.models.album import Album
from applemusic.models.artist import Artist
from applemusic.models.curator import Curator, RecordLabel
from applemusic.models.music_video import MusicVideo
from applemusic.models.playlist import Playlist
from applemusic.models.resource import Resource
from applemusic.models.song import Song
from applemusic.models.station import Station


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResults:
    """What was found."""

    songs: tuple[Song, ...] = ()
    """Songs."""
    albums: tuple[Album, ...] = ()
    """Albums."""
    artists: tuple[Artist, ...] = ()
    """Artists."""
    playlists: tuple[Playlist, ...] = ()
    """Playlists."""
    stations: tuple[Station, ...] = ()
    """Stations."""
    music_videos: tuple[MusicVideo, ...] = ()
    """Music videos."""
    curators: tuple[Curator, ...] = ()
    """Curators."""
    record_labels: tuple[RecordLabel, ...] = ()
    """Record labels."""
    top_results: tuple[Resource, ...] = ()
    """What Apple thinks is meant, types mixed, best first."""
    next_page_token: str = ""
    """For the next page; empty when no type has more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSuggestion:
    """A completion."""

    search_term: str = ""
    """What to search for."""
    display_term: str = ""
    """What to show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """Completions."""

    suggestions: tuple[SearchSuggestion, ...] = ()
    """Terms, best first."""
    top_results: tuple[Resource, ...] = ()
    """Best matches of the types that were asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LibrarySearchResults:
    """What was found."""

    songs: tuple[Song, ...] = ()
    """Songs."""
    albums: tuple[Album, ...] = ()
    """Albums."""
    artists: tuple[Artist, ...] = ()
    """Artists."""
    playlists: tuple[Playlist, ...] = ()
    """Playlists."""
    music_videos: tuple[MusicVideo, ...] = ()
    """Music videos."""
    next_page_token: str = ""
    """For the next page; empty when no type has more."""
