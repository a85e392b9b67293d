"""The kinds of catalogue resources: how they are found, worded, related and viewed."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from applemusic_simulator.api.attributes import Attributes, AttributeWriter
from applemusic_simulator.api.editors import curator_id, label_id, show_id
from applemusic_simulator.api.found import Found
from applemusic_simulator.api.index import CatalogueIndex
from applemusic_simulator.model import Album, Artist, MusicVideo, Playlist, Song, Station
from applemusic_simulator.social.social import Social

Ids = Callable[[Any], Sequence[str]]


class Shown(Enum):
    """What a resource that was asked for by id tells of a relationship unasked."""

    NOTHING = 0
    IDS = 1
    FULL = 2


@dataclass(frozen=True, slots=True)
class Relationship:
    """What belongs to a resource.

    Attributes:
        ids: The related ids of a resource, all of them.
        default: Page size.
        most: Largest page size.
        inlined: How many ids a resource carries that stands inside another one.
    """

    target: str
    ids: Ids
    default: int = 10
    most: int = 10
    shown: Shown = Shown.NOTHING
    inlined: int = 0


@dataclass(frozen=True, slots=True)
class View:
    """A selection that Apple makes about a resource."""

    title: str
    target: str
    ids: Ids
    default: int = 25
    most: int = 100


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource type.

    Attributes:
        find: The catalogue's object for an id; a missing one is a KeyError.
        word: Its attributes.
        most_ids: How many ids one request may name.
    """

    type: str
    found: Mapping[str, Any]
    word: Callable[[AttributeWriter, Any, Collection[str]], Attributes]
    most_ids: int
    relationships: Mapping[str, Relationship] = field(default_factory=dict)
    views: Mapping[str, View] = field(default_factory=dict)


def make_kinds(index: CatalogueIndex, social: Social) -> dict[str, Kind]:
    """The kinds that are music, by type name.

    Args:
        index: The catalogue.
        social: Has the playlists and stations that are made for somebody or something.
    """
    catalogue = index.catalogue
    genre_ids = {name: genre_id for genre_id, name in catalogue.genres.items()}

    def genres(item: Any) -> Sequence[str]:
        return (genre_ids[item.genre], "34")

    kinds = (
        Kind(
            "songs",
            catalogue.songs,
            AttributeWriter.song,
            300,
            {
                **_song_relationships(index, genres),
                "station": _station(social.stations.of_song),
            },
        ),
        Kind(
            "albums",
            catalogue.albums,
            AttributeWriter.album,
            100,
            _album_relationships(genres),
            _album_views(index),
        ),
        Kind(
            "artists",
            catalogue.artists,
            AttributeWriter.artist,
            50,
            {
                **_artist_relationships(index, genres),
                "station": _station(lambda artist: social.stations.of_artist(artist.id)),
            },
            _artist_views(index),
        ),
        Kind(
            "playlists",
            Found(catalogue.playlists, social.mixes.find),
            AttributeWriter.playlist,
            25,
            _playlist_relationships(),
            _playlist_views(index),
        ),
        Kind(
            "music-videos",
            catalogue.music_videos,
            AttributeWriter.music_video,
            100,
            _video_relationships(index),
            _video_views(index),
        ),
        Kind(
            "stations",
            Found(catalogue.stations, social.stations.find),
            AttributeWriter.station,
            100,
            {"radio-show": Relationship("apple-curators", _show, 1, 1)},
        ),
        Kind(
            "genres",
            {key: (key, name) for key, name in catalogue.genres.items()},
            AttributeWriter.genre,
            100,
        ),
    )
    return {kind.type: kind for kind in kinds}


def _station(find: Callable[[Any], Station | None]) -> Relationship:
    def ids(item: Any) -> Sequence[str]:
        station = find(item)
        return () if station is None else (station.id,)

    return Relationship("stations", ids, 1, 1)


def _show(station: Station) -> Sequence[str]:
    return (show_id(station.id),) if station.show_host else ()


def _song_relationships(index: CatalogueIndex, genres: Ids) -> dict[str, Relationship]:
    def artists(song: Song) -> Sequence[str]:
        return (song.artist_id, *song.featured_artist_ids)

    def videos(song: Song) -> Sequence[str]:
        return _ids(index.videos_by_song.get(song.id, ()))

    return {
        "artists": Relationship("artists", artists, shown=Shown.IDS),
        "albums": Relationship("albums", lambda song: (song.album_id,), shown=Shown.IDS),
        "composers": Relationship("artists", lambda _: ()),
        "genres": Relationship("genres", genres),
        "music-videos": Relationship("music-videos", videos),
    }


def _album_relationships(genres: Ids) -> dict[str, Relationship]:
    return {
        "artists": Relationship("artists", lambda album: (album.artist_id,), shown=Shown.IDS),
        "genres": Relationship("genres", genres),
        "record-labels": Relationship(
            "record-labels", lambda album: (label_id(album.record_label),)
        ),
        "tracks": Relationship("songs", lambda album: album.song_ids, 300, 300, Shown.FULL),
    }


def _artist_relationships(index: CatalogueIndex, genres: Ids) -> dict[str, Relationship]:
    def playlists(artist: Artist) -> Sequence[str]:
        return _ids(index.playlists_with(index.songs_by_artist[artist.id]))

    return {
        "albums": Relationship("albums", lambda artist: artist.album_ids, 25, 100, Shown.IDS, 20),
        "genres": Relationship("genres", genres),
        "music-videos": Relationship(
            "music-videos",
            lambda artist: _ids(index.videos_by_artist.get(artist.id, ())),
            25,
            100,
        ),
        "playlists": Relationship("playlists", playlists),
    }


def _playlist_relationships() -> dict[str, Relationship]:
    def curator(playlist: Playlist) -> Sequence[str]:
        return (curator_id(playlist.curator),) if playlist.type == "editorial" else ()

    return {
        "tracks": Relationship("songs", lambda found: found.song_ids, 100, 300, Shown.FULL),
        "curator": Relationship("apple-curators", curator, 1, 1, Shown.IDS),
    }


def _video_relationships(index: CatalogueIndex) -> dict[str, Relationship]:
    def artists(video: MusicVideo) -> Sequence[str]:
        return (index.catalogue.songs[video.song_id].artist_id,)

    return {
        "artists": Relationship("artists", artists, shown=Shown.IDS),
        "albums": Relationship("albums", lambda _: (), shown=Shown.IDS),
        "songs": Relationship("songs", lambda video: (video.song_id,)),
    }


def _album_views(index: CatalogueIndex) -> dict[str, View]:
    albums = index.catalogue.albums

    def songs(album: Album) -> list[Song]:
        return [index.catalogue.songs[song_id] for song_id in album.song_ids]

    def related(album: Album) -> Sequence[str]:
        same = (a for a in albums.values() if a.genre == album.genre and not a.is_single)
        return [other.id for other in same if other.artist_id != album.artist_id]

    def videos(album: Album) -> Sequence[str]:
        return [v.id for song in songs(album) for v in index.videos_by_song.get(song.id, ())]

    return {
        "appears-on": View(
            "Appears On", "playlists", lambda album: _ids(index.playlists_with(songs(album)))
        ),
        "other-versions": View(
            "Other Versions", "albums", lambda album: _ids(index.versions(album))
        ),
        "related-albums": View("You Might Also Like", "albums", related),
        "related-videos": View("Music Videos", "music-videos", videos),
    }


def _artist_views(index: CatalogueIndex) -> dict[str, View]:
    def own(fits: Callable[[Album], bool]) -> Ids:
        return lambda artist: [album.id for album in index.albums_of(artist) if fits(album)]

    def videos(artist: Artist) -> Sequence[str]:
        return _ids(index.videos_by_artist.get(artist.id, ()))

    def playlists(artist: Artist) -> Sequence[str]:
        return _ids(index.playlists_with(index.top_songs(artist)))

    return {
        "top-songs": View("Top Songs", "songs", lambda a: _ids(index.top_songs(a)), 10),
        "full-albums": View("Albums", "albums", own(_is_full)),
        "singles": View("Singles & EPs", "albums", own(_is_short)),
        "live-albums": View("Live Albums", "albums", own(lambda album: album.is_live)),
        "compilation-albums": View(
            "Compilations", "albums", own(lambda album: album.is_compilation)
        ),
        "appears-on-albums": View("Appears On", "albums", lambda a: _ids(index.appears_on(a))),
        "featured-albums": View(
            "Essential Albums", "albums", lambda artist: own(_is_full)(artist)[:2]
        ),
        "latest-release": View("Latest Release", "albums", lambda a: a.album_ids[:1], 1),
        "similar-artists": View("Similar Artists", "artists", lambda a: a.similar_ids),
        "featured-playlists": View("Artist Playlists", "playlists", playlists),
        "top-music-videos": View("Top Videos", "music-videos", videos),
        "featured-music-videos": View("Music Videos", "music-videos", lambda a: videos(a)[:1]),
    }


def _playlist_views(index: CatalogueIndex) -> dict[str, View]:
    def artists(playlist: Playlist) -> Sequence[str]:
        songs = (index.catalogue.songs[song_id] for song_id in playlist.song_ids)
        return list(dict.fromkeys(song.artist_id for song in songs))

    def more(playlist: Playlist) -> Sequence[str]:
        curator = index.curators.get(curator_id(playlist.curator))
        ids = () if curator is None else curator.playlist_ids
        return [other for other in ids if other != playlist.id]

    return {
        "featured-artists": View("Featured Artists", "artists", artists),
        "more-by-curator": View("More by the Curator", "playlists", more),
    }


def _video_views(index: CatalogueIndex) -> dict[str, View]:
    songs = index.catalogue.songs

    def by_artist(video: MusicVideo) -> Sequence[str]:
        same = index.videos_by_artist.get(songs[video.song_id].artist_id, ())
        return [other.id for other in same if other.id != video.id]

    def in_genre(video: MusicVideo) -> Sequence[str]:
        genre = songs[video.song_id].genre
        videos = index.catalogue.music_videos.values()
        return [v.id for v in videos if songs[v.song_id].genre == genre and v.id != video.id]

    return {
        "more-by-artist": View("More by the Artist", "music-videos", by_artist, 15),
        "more-in-genre": View("More in the Genre", "music-videos", in_genre, 15),
    }


def _is_short(album: Album) -> bool:
    return album.is_single or album.name.endswith(" - EP")


def _is_full(album: Album) -> bool:
    return not (_is_short(album) or album.is_live or album.is_compilation)


def _ids(items: Iterable[Any]) -> list[str]:
    return [item.id for item in items]
