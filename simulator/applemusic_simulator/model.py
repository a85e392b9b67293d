"""The fictional catalogue's nouns: what exists, without how Apple words it on the wire."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Artist:
    """An artist who never existed."""

    id: str
    name: str
    genre: str
    album_ids: tuple[str, ...]
    similar_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mix:
    """The piece of music from which a song was cut, and which part of it the song is.

    Attributes:
        seed: Everything that makes this piece's music different from the next one's.
        lengths_ms: Playing times of its songs, which follow each other without a gap.
        index: Which of them the song is.
    """

    seed: int
    lengths_ms: tuple[int, ...]
    index: int


@dataclass(frozen=True, slots=True)
class Song:
    """One catalogue song.

    Attributes:
        id: Catalogue id, digits only.
        duration_ms: True playing time, priming and padding not counted.
        seed: Everything that makes this song's music different from the next one's.
        playable: False means withdrawn: Apple then sends no `playParams` and refuses webPlayback.
        content_rating: `explicit`, `clean` or empty.
        featured_artist_ids: Guests, named in the title too.
        mix: The piece that it is a part of, if it is not one of its own.
    """

    id: str
    name: str
    artist_id: str
    album_id: str
    track_number: int
    disc_number: int
    duration_ms: int
    seed: int
    isrc: str
    genre: str
    composer: str
    release_date: str
    playable: bool = True
    has_lyrics: bool = False
    content_rating: str = ""
    featured_artist_ids: tuple[str, ...] = ()
    mix: Mix | None = None


@dataclass(frozen=True, slots=True)
class Album:
    """An album, a single or a compilation.

    Attributes:
        content_rating: `explicit`, `clean` or empty.
        is_live: Recorded at a concert; listed in the artist's `live-albums` view.
        is_continuous_mix: One piece of music cut into songs: no silence between them.
    """

    id: str
    name: str
    artist_id: str
    song_ids: tuple[str, ...]
    genre: str
    release_date: str
    upc: str
    record_label: str
    is_single: bool = False
    is_compilation: bool = False
    content_rating: str = ""
    is_live: bool = False
    is_continuous_mix: bool = False


@dataclass(frozen=True, slots=True)
class Playlist:
    """A playlist, id `pl.…`.

    Attributes:
        type: `editorial`, or what was made for one listener: `personal-mix`, `replay`.
        chart: Which of the charts of playlists it belongs to: `city-top`, `daily-global-top`.
    """

    id: str
    name: str
    curator: str
    description: str
    song_ids: tuple[str, ...]
    last_modified: str
    is_chart: bool = False
    type: str = "editorial"
    chart: str = ""


@dataclass(frozen=True, slots=True)
class MusicVideo:
    """A video of a song: listed and described, never played."""

    id: str
    song_id: str
    isrc: str


@dataclass(frozen=True, slots=True)
class Station:
    """A radio station, id `ra.…`.

    Attributes:
        song_ids: What a track station plays, in its first order; empty when live.
        featured: The name under which `filter[featured]` finds it, or empty.
        genre: Under which station genre it stands, or empty.
        provider: Whose broadcast it is; empty for Apple's own. Broadcasts are not protected.
        account_id: Whose personal station it is, or empty.
        show_host: Who presents the show that is on, or empty.
    """

    id: str
    name: str
    tagline: str
    is_live: bool = False
    song_ids: tuple[str, ...] = ()
    featured: str = ""
    genre: str = ""
    provider: str = ""
    account_id: str = ""
    show_host: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that can be found, by id; `genres` gives names by genre id."""

    artists: Mapping[str, Artist] = field(default_factory=dict)
    albums: Mapping[str, Album] = field(default_factory=dict)
    songs: Mapping[str, Song] = field(default_factory=dict)
    playlists: Mapping[str, Playlist] = field(default_factory=dict)
    music_videos: Mapping[str, MusicVideo] = field(default_factory=dict)
    stations: Mapping[str, Station] = field(default_factory=dict)
    genres: Mapping[str, str] = field(default_factory=dict)
