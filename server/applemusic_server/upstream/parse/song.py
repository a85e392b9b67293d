"""Songs of the catalog and of a library."""

from applemusic_server.domain.resources import Availability, Song
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.parse.artwork import (
    read_artwork,
    read_notes,
    read_preview_urls,
    read_rating,
    read_url,
)
from applemusic_server.upstream.parse.references import (
    is_pulled,
    read_favorite,
    read_identity,
    read_ids,
    read_refs,
    read_variants,
)
from applemusic_server.upstream.parse.times import read_date, read_duration, read_moment


def parse_song(resource: JsonReader, attributes: JsonReader) -> Song:
    """Build a song from a `songs` or `library-songs` resource."""
    catalog_id, library_id = read_ids(resource, attributes)
    albums = read_refs(resource, "albums")
    return Song(
        id=read_identity(resource)[1],
        name=attributes.text("name"),
        catalog_id=catalog_id,
        library_id=library_id,
        artist_name=attributes.text("artistName"),
        artists=read_refs(resource, "artists"),
        album_name=attributes.text("albumName"),
        album=albums[0] if albums else None,
        duration=read_duration(attributes, "durationInMillis"),
        track_number=attributes.count("trackNumber"),
        disc_number=attributes.count("discNumber"),
        isrc=attributes.text("isrc"),
        content_rating=read_rating(attributes),
        genre_names=attributes.texts("genreNames"),
        release_date=read_date(attributes, "releaseDate"),
        composer_name=attributes.text("composerName"),
        artwork=read_artwork(attributes),
        preview_urls=read_preview_urls(attributes),
        url=read_url(attributes, "url"),
        availability=_availability(resource, attributes, catalog_id),
        has_lyrics=attributes.truth("hasLyrics"),
        has_time_synced_lyrics=attributes.truth("hasTimeSyncedLyrics"),
        audio_variants=read_variants(attributes),
        editorial_notes=read_notes(attributes),
        favorite_state=read_favorite(attributes),
        date_added=read_moment(attributes, "dateAdded"),
        work_name=attributes.text("workName"),
        movement_name=attributes.text("movementName"),
        movement_number=attributes.count("movementNumber"),
    )


def _availability(resource: JsonReader, attributes: JsonReader, catalog_id: str) -> Availability:
    """Tell where the audio comes from (reference: observed).

    No `playParams` means not playable here. A library item without a catalog id was bought when it
    names a purchase, and uploaded otherwise. One with a catalog id keeps it when Apple withdraws
    the song: that shows only in an empty `relationships.catalog`, where it was asked for.
    """
    play = attributes.child("playParams")
    if play is None:
        return Availability.WITHDRAWN
    if not play.truth("isLibrary"):
        return Availability.CATALOG
    if catalog_id:
        return Availability.WITHDRAWN if is_pulled(resource) else Availability.CATALOG
    return Availability.PURCHASED if play.has("purchasedId") else Availability.UPLOADED
