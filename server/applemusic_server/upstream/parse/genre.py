"""Genres of the catalog and of stations."""

from applemusic_server.domain.resources import Genre
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.parse.references import read_identity


def parse_genre(resource: JsonReader, attributes: JsonReader) -> Genre:
    """Build a genre from a `genres` or `station-genres` resource."""
    return Genre(
        id=read_identity(resource)[1],
        name=attributes.text("name"),
        parent_id=attributes.identifier("parentId"),
    )
