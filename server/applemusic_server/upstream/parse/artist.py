"""Artists of the catalog and of a library."""

from applemusic_server.domain.resources import Artist
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.parse.artwork import read_artwork, read_notes, read_url
from applemusic_server.upstream.parse.references import read_favorite, read_identity, read_ids


def parse_artist(resource: JsonReader, attributes: JsonReader) -> Artist:
    """Build an artist from an `artists` or `library-artists` resource."""
    catalog_id, library_id = read_ids(resource, attributes)
    return Artist(
        id=read_identity(resource)[1],
        name=attributes.text("name"),
        catalog_id=catalog_id,
        library_id=library_id,
        genre_names=attributes.texts("genreNames"),
        artwork=read_artwork(attributes),
        url=read_url(attributes, "url"),
        editorial_notes=read_notes(attributes),
        favorite_state=read_favorite(attributes),
    )
