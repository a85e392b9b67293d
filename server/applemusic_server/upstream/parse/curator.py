"""Curators, Apple's own and others, and record labels."""

from applemusic_server.domain.resources import Curator, RecordLabel
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.parse.artwork import read_artwork, read_notes, read_url
from applemusic_server.upstream.parse.references import read_identity


def parse_curator(resource: JsonReader, attributes: JsonReader) -> Curator:
    """Build a curator from a `curators` or `apple-curators` resource."""
    apple_type, curator_id = read_identity(resource)
    return Curator(
        id=curator_id,
        name=attributes.text("name"),
        apple=apple_type == "apple-curators",
        artwork=read_artwork(attributes),
        url=read_url(attributes, "url"),
        editorial_notes=read_notes(attributes),
    )


def parse_record_label(resource: JsonReader, attributes: JsonReader) -> RecordLabel:
    """Build a record label from a `record-labels` resource."""
    return RecordLabel(
        id=read_identity(resource)[1],
        name=attributes.text("name"),
        artwork=read_artwork(attributes),
        url=read_url(attributes, "url"),
        description=read_notes(attributes, "description"),
    )
