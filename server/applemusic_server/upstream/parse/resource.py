"""Any resource, by its type, and lists of them."""

from collections.abc import Callable, Iterator
from types import MappingProxyType

from yarl import URL

from applemusic_server.domain.resources import Page, Resource
from applemusic_server.upstream.failures import invalid_answer
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.parse.album import parse_album
from applemusic_server.upstream.parse.artist import parse_artist
from applemusic_server.upstream.parse.curator import parse_curator, parse_record_label
from applemusic_server.upstream.parse.folder import parse_folder
from applemusic_server.upstream.parse.genre import parse_genre
from applemusic_server.upstream.parse.music_video import parse_music_video
from applemusic_server.upstream.parse.playlist import parse_playlist
from applemusic_server.upstream.parse.references import read_identity, with_twin
from applemusic_server.upstream.parse.song import parse_song
from applemusic_server.upstream.parse.station import parse_station

_Parser = Callable[[JsonReader, JsonReader], Resource | None]

_PARSERS: MappingProxyType[str, _Parser] = MappingProxyType(
    {
        "songs": parse_song,
        "library-songs": parse_song,
        "albums": parse_album,
        "library-albums": parse_album,
        "artists": parse_artist,
        "library-artists": parse_artist,
        "playlists": parse_playlist,
        "library-playlists": parse_playlist,
        "stations": parse_station,
        "music-videos": parse_music_video,
        "library-music-videos": parse_music_video,
        "genres": parse_genre,
        "station-genres": parse_genre,
        "curators": parse_curator,
        "apple-curators": parse_curator,
        "record-labels": parse_record_label,
        "library-playlist-folders": parse_folder,
    }
)


def parse_resource(resource: JsonReader) -> Resource | None:
    """Build the resource; None for a type unknown here, a bare identifier or a placeholder.

    Raises:
        InternalError: UPSTREAM_RESPONSE_INVALID with the path of the member at fault.
    """
    apple_type, resource_id = read_identity(resource)
    if not apple_type or not resource_id:
        raise invalid_answer(resource.endpoint, "a resource without type or id", resource.path)
    attributes = resource.child("attributes")
    parser = _PARSERS.get(apple_type)
    if attributes is None or parser is None:
        return None
    if apple_type.startswith("library-"):
        attributes = with_twin(resource, attributes)
    return parser(resource, attributes)


def parse_data(collection: JsonReader) -> Iterator[Resource]:
    """Yield the resources of a collection's `data`.

    Raises:
        InternalError: UPSTREAM_RESPONSE_INVALID; also when there is no `data` at all.
    """
    if not collection.has("data"):
        raise invalid_answer(collection.endpoint, "data is expected", collection.path)
    for each in collection.children("data"):
        resource = parse_resource(each)
        if resource is not None:
            yield resource


def parse_page(collection: JsonReader, offset: int) -> Page[Resource]:
    """Build a page of a list that was asked for from `offset` on.

    Raises:
        InternalError: UPSTREAM_RESPONSE_INVALID; also when `next` does not lead on, which would be
            read for ever.
    """
    meta = collection.child("meta")
    return Page(
        items=tuple(parse_data(collection)),
        next_offset=read_next_offset(collection, offset),
        total_count=meta.count("total") if meta else 0,
    )


def read_next_offset(collection: JsonReader, offset: int) -> int | None:
    """Return where the page after one that begins at `offset` begins; None when there is none.

    Raises:
        InternalError: UPSTREAM_RESPONSE_INVALID; also when `next` does not lead on.
    """
    address = collection.text("next")
    if not address:
        return None
    try:
        next_offset = int(URL(address).query["offset"])
    except (ValueError, KeyError):
        raise invalid_answer(collection.endpoint, "next names no offset", "next") from None
    if not offset < next_offset < 2**31:
        raise invalid_answer(collection.endpoint, "next does not lead on", "next")
    return next_offset
