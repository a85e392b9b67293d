"""Which resource answers which code: `meta.filters`."""

from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.parse.references import read_identity


def parse_filter(answer: JsonReader, name: str) -> dict[str, tuple[str, ...]]:
    """Return the ids by input of one filter, in Apple's order; inputs are spelled as Apple does."""
    meta = answer.child("meta")
    filters = meta.child("filters") if meta else None
    values = filters.child(name) if filters else None
    if values is None:
        return {}
    return {
        value: tuple(read_identity(each)[1] for each in values.children(value))
        for value in values.members()
    }
