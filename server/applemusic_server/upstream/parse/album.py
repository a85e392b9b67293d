"""Albums of the catalog and of a library."""

from applemusic_server.domain.resources import Album
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.parse.artwork import (
    read_artwork,
    read_notes,
    read_rating,
    read_url,
)
from applemusic_server.upstream.parse.references import (
    read_favorite,
    read_identity,
    read_ids,
    read_refs,
    read_variants,
)
from applemusic_server.upstream.parse.times import read_date, read_moment


def parse_album(resource: JsonReader, attributes: JsonReader) -> Album:
    """Build an album from an `albums` or `library-albums` resource."""
    catalog_id, library_id = read_ids(resource, attributes)
    return Album(
        id=read_identity(resource)[1],
        name=attributes.text("name"),
        catalog_id=catalog_id,
        library_id=library_id,
        artist_name=attributes.text("artistName"),
        artists=read_refs(resource, "artists"),
        track_count=attributes.count("trackCount"),
        release_date=read_date(attributes, "releaseDate"),
        upc=attributes.text("upc"),
        record_label=attributes.text("recordLabel"),
        copyright=attributes.text("copyright"),
        content_rating=read_rating(attributes),
        genre_names=attributes.texts("genreNames"),
        single=attributes.truth("isSingle"),
        compilation=attributes.truth("isCompilation"),
        complete=attributes.truth("isComplete"),
        prerelease=attributes.truth("isPrerelease"),
        artwork=read_artwork(attributes),
        url=read_url(attributes, "url"),
        playable=attributes.has("playParams"),
        audio_variants=read_variants(attributes),
        editorial_notes=read_notes(attributes),
        favorite_state=read_favorite(attributes),
        date_added=read_moment(attributes, "dateAdded"),
    )
