"""What the catalog answers besides resources and lists: relations, charts, matches, hints."""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Generic, TypeVar

from applemusic_server.domain.resources import Resource, ResourceType

R = TypeVar("R", bound=Resource)


class Relation(Enum):
    """A relation between catalog resources; the names are the contract's."""

    ALBUM_VERSIONS = auto()
    RELATED_ALBUMS = auto()
    RELATED_MUSIC_VIDEOS = auto()
    APPEARS_ON = auto()
    MUSIC_VIDEOS = auto()
    FEATURED_PLAYLISTS = auto()
    FEATURED_ARTISTS = auto()
    MORE_BY_CURATOR = auto()
    CURATOR_PLAYLISTS = auto()
    LATEST_RELEASES = auto()
    TOP_RELEASES = auto()
    MORE_BY_ARTIST = auto()
    MORE_IN_GENRE = auto()
    STATION = auto()


# From what each relation leads away.
RELATION_PARENTS: dict[Relation, frozenset[ResourceType]] = {
    Relation.ALBUM_VERSIONS: frozenset({ResourceType.ALBUM}),
    Relation.RELATED_ALBUMS: frozenset({ResourceType.ALBUM}),
    Relation.RELATED_MUSIC_VIDEOS: frozenset({ResourceType.ALBUM}),
    Relation.APPEARS_ON: frozenset({ResourceType.ALBUM}),
    Relation.MUSIC_VIDEOS: frozenset({ResourceType.ARTIST, ResourceType.SONG}),
    Relation.FEATURED_PLAYLISTS: frozenset({ResourceType.ARTIST}),
    Relation.FEATURED_ARTISTS: frozenset({ResourceType.PLAYLIST}),
    Relation.MORE_BY_CURATOR: frozenset({ResourceType.PLAYLIST}),
    Relation.CURATOR_PLAYLISTS: frozenset({ResourceType.CURATOR}),
    Relation.LATEST_RELEASES: frozenset({ResourceType.RECORD_LABEL}),
    Relation.TOP_RELEASES: frozenset({ResourceType.RECORD_LABEL}),
    Relation.MORE_BY_ARTIST: frozenset({ResourceType.MUSIC_VIDEO}),
    Relation.MORE_IN_GENRE: frozenset({ResourceType.MUSIC_VIDEO}),
    Relation.STATION: frozenset({ResourceType.SONG, ResourceType.ARTIST}),
}


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart, or its part of a page.

    Attributes:
        id: Apple's name of the ranking, e.g. `most-played`.
        name: Name to show.
        type: Type of its items.
        items: The first place first.
    """

    id: str
    name: str
    type: ResourceType
    items: tuple[Resource, ...] = ()


@dataclass(frozen=True, slots=True)
class Charts:
    """A page of charts.

    Attributes:
        more: Types whose charts go on.
        more_city_and_global: Whether the city or the global charts go on.
    """

    charts: tuple[Chart, ...] = ()
    more: frozenset[ResourceType] = field(default_factory=frozenset)
    more_city_and_global: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A completion: what to search for, and what to show."""

    search_term: str
    display_term: str


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Completions of what was typed, best first, and the best matches."""

    terms: tuple[Suggestion, ...] = ()
    top_results: tuple[Resource, ...] = ()


@dataclass(frozen=True, slots=True)
class Match(Generic[R]):
    """What one code or id stands for.

    Attributes:
        key: The code or id as it was asked for.
        resources: As Apple orders them.
    """

    key: str
    resources: tuple[R, ...]


@dataclass(frozen=True, slots=True)
class Matches(Generic[R]):
    """One entry per key that stands for something, in the order asked for, and the other keys."""

    found: tuple[Match[R], ...] = ()
    missing: tuple[str, ...] = ()
