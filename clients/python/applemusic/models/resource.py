"""Lists that mix types."""

from typing import TypeAlias

from applemusic.models.album import Album
from applemusic.models.artist import Artist
from applemusic.models.curator import Curator, RecordLabel
from applemusic.models.genre import Genre
from applemusic.models.music_video import MusicVideo
from applemusic.models.playlist import Playlist, PlaylistFolder
from applemusic.models.song import Song
from applemusic.models.station import Station

Track: TypeAlias = Song | MusicVideo
"""One entry of an album or playlist."""

Resource: TypeAlias = (
    Song
    | Album
    | Artist
    | Playlist
    | Station
    | MusicVideo
    | Genre
    | Curator
    | RecordLabel
    | PlaylistFolder
)
"""Any one resource, where a list mixes types: `match` on its class."""
