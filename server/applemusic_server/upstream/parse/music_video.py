"""Music videos of the catalog and of a library."""

from applemusic_server.domain.resources import MusicVideo
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.parse.artwork import (
    read_artwork,
    read_preview_urls,
    read_rating,
    read_url,
)
from applemusic_server.upstream.parse.references import (
    read_favorite,
    read_identity,
    read_ids,
    read_refs,
)
from applemusic_server.upstream.parse.times import read_date, read_duration, read_moment


def parse_music_video(resource: JsonReader, attributes: JsonReader) -> MusicVideo:
    """Build a music video from a `music-videos` or `library-music-videos` resource."""
    catalog_id, library_id = read_ids(resource, attributes)
    return MusicVideo(
        id=read_identity(resource)[1],
        name=attributes.text("name"),
        catalog_id=catalog_id,
        library_id=library_id,
        artist_name=attributes.text("artistName"),
        artists=read_refs(resource, "artists"),
        album_name=attributes.text("albumName"),
        duration=read_duration(attributes, "durationInMillis"),
        isrc=attributes.text("isrc"),
        content_rating=read_rating(attributes),
        genre_names=attributes.texts("genreNames"),
        release_date=read_date(attributes, "releaseDate"),
        artwork=read_artwork(attributes),
        url=read_url(attributes, "url"),
        preview_urls=read_preview_urls(attributes),
        favorite_state=read_favorite(attributes),
        date_added=read_moment(attributes, "dateAdded"),
    )
