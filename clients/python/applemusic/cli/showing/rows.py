"""Resources as tables: which columns each kind has."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from applemusic.cli.showing.cells import clean
from applemusic.cli.showing.fields import clock
from applemusic.cli.showing.table import Column, Table
from applemusic.models.reference import ResourceRef, ResourceType
from applemusic.models.resource import Resource
from applemusic.models.song import ContentRating

Row = Callable[[Any], Sequence[str]]

_ID: Final = Column("Id", style="dim")
_TITLE: Final = Column("Title", flexible=True)
_NAME: Final = Column("Name", flexible=True)
_ARTIST: Final = Column("Artist", flexible=True)
_TIME: Final = Column("Time", right=True)
_YEAR: Final = Column("Year", spare=2)
_TRACKS: Final = Column("Tracks", right=True, spare=3)
NUMBER: Final = Column("#", right=True)


def tables_by_kind(items: Sequence[Resource], *, titles: bool = True) -> list[Table]:
    """Return a table per kind of what is mixed, in the order of the first of each.

    Args:
        items: Resources.
        titles: Whether each table says above it what it holds.
    """
    kinds: dict[ResourceType, list[Resource]] = {}
    for item in items:
        kinds.setdefault(type_of(item), []).append(item)
    return [
        table_of(kind, found, title=_PLURALS[kind] if titles else "")
        for kind, found in kinds.items()
    ]


def table_of(
    kind: ResourceType, items: Sequence[Any], *, title: str = "", first: int | None = None
) -> Table:
    """Return a table of resources of one kind.

    Args:
        kind: Their type.
        items: Resources of it.
        title: Line above the table.
        first: Number of the first, where they are numbered.
    """
    columns, row = _TABLES.get(kind, _OTHERS)
    rows = [[clean(text) for text in row(item)] for item in items]
    if first is None:
        return Table(columns, rows, title)
    numbered = [[str(number), *cells] for number, cells in enumerate(rows, first)]
    return Table((NUMBER, *columns), numbered, title)


def mixed_table(items: Sequence[Resource], *, title: str = "", first: int | None = None) -> Table:
    """Return one table of resources of several kinds, in their order."""
    columns = (Column("Type"), _NAME, Column("By", flexible=True), _ID)
    rows = [[label(type_of(item)), clean(item.name), clean(by(item)), item.id] for item in items]
    if first is None:
        return Table(columns, rows, title)
    numbered = [[str(number), *cells] for number, cells in enumerate(rows, first)]
    return Table((NUMBER, *columns), numbered, title)


def tracks_table(items: Sequence[Any], *, album: bool = True) -> Table:
    """Return the tracks of an album or playlist, numbered as other commands name them.

    Args:
        items: Songs and music videos.
        album: Whether they are of several albums, so that each says its own.
    """
    table = table_of(ResourceType.SONG, items, first=1)
    if album:
        return table
    kept = [index for index, column in enumerate(table.columns) if column.name != "Album"]
    rows = [[row[index] for index in kept] for row in table.rows]
    return Table([table.columns[index] for index in kept], rows)


def references_table(items: Sequence[ResourceRef]) -> Table:
    """Return what is known by id only."""
    rows = [[label(item.type), clean(item.name), item.id] for item in items]
    return Table((Column("Type"), _NAME, _ID), rows)


def type_of(item: Any) -> ResourceType:
    """Return the type of a resource."""
    from applemusic.references import reference  # noqa: PLC0415 - loads the generated code

    return reference(item).type


def label(kind: ResourceType) -> str:
    """Return how a type is written and read: `song`, `music-video`."""
    return str(kind).replace("_", "-")


def plural(kind: ResourceType) -> str:
    """Return the heading of a list of a type."""
    return _PLURALS[kind]


def by(item: Any) -> str:
    """Return whose a resource is, as far as it has somebody."""
    for name in ("artist_name", "curator_name", "provider_name"):
        if found := getattr(item, name, ""):
            return str(found)
    return ""


def titled(item: Any) -> str:
    """Return the name of a resource with a mark where it is explicit."""
    mark = " [E]" if getattr(item, "content_rating", None) is ContentRating.EXPLICIT else ""
    return f"{item.name}{mark}"


def _year(item: Any) -> str:
    return str(item.release_date.year) if item.release_date else ""


def _count(number: int) -> str:
    return str(number) if number else ""


_PLURALS: Final = {
    ResourceType.UNKNOWN: "Others",
    ResourceType.SONG: "Songs",
    ResourceType.ALBUM: "Albums",
    ResourceType.ARTIST: "Artists",
    ResourceType.PLAYLIST: "Playlists",
    ResourceType.STATION: "Stations",
    ResourceType.MUSIC_VIDEO: "Music videos",
    ResourceType.GENRE: "Genres",
    ResourceType.CURATOR: "Curators",
    ResourceType.RECORD_LABEL: "Record labels",
    ResourceType.PLAYLIST_FOLDER: "Folders",
}
_OTHERS: Final[tuple[tuple[Column, ...], Row]] = (
    (_NAME, _ID),
    lambda item: (item.name, item.id),
)
_TABLES: Final[dict[ResourceType, tuple[tuple[Column, ...], Row]]] = {
    ResourceType.SONG: (
        (_TITLE, _ARTIST, Column("Album", flexible=True, spare=1), _TIME, _ID),
        lambda song: (
            titled(song),
            song.artist_name,
            song.album_name,
            clock(song.duration),
            song.id,
        ),
    ),
    ResourceType.ALBUM: (
        (_TITLE, _ARTIST, _YEAR, _TRACKS, _ID),
        lambda album: (
            titled(album),
            album.artist_name,
            _year(album),
            _count(album.track_count),
            album.id,
        ),
    ),
    ResourceType.ARTIST: (
        (_NAME, Column("Genres", flexible=True, spare=1), _ID),
        lambda artist: (artist.name, ", ".join(artist.genre_names), artist.id),
    ),
    ResourceType.PLAYLIST: (
        (_NAME, Column("By", flexible=True), _TRACKS, _ID),
        lambda playlist: (
            playlist.name,
            playlist.curator_name,
            _count(playlist.track_count),
            playlist.id,
        ),
    ),
    ResourceType.STATION: (
        (_NAME, Column("Kind"), Column("By", flexible=True, spare=1), Column("Plays"), _ID),
        lambda station: (
            station.name,
            str(station.kind),
            station.provider_name,
            "" if station.playable else "no",
            station.id,
        ),
    ),
    ResourceType.MUSIC_VIDEO: (
        (_TITLE, _ARTIST, _TIME, _ID),
        lambda video: (titled(video), video.artist_name, clock(video.duration), video.id),
    ),
}
