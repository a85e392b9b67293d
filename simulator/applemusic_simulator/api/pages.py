"""Pages of lists that mix types, and that are the listener's own."""

from collections.abc import Sequence
from typing import Any

from applemusic_simulator.api.call import Call
from applemusic_simulator.api.resources import ResourceWriter
from applemusic_simulator.social.history import Reference


def mixed(writer: ResourceWriter, references: Sequence[Reference]) -> list[dict[str, Any]]:
    """Words resources of several types in their order."""
    return [resource for kind, key in references for resource in writer.listed(kind, [key])]


def mixed_page(
    call: Call,
    writer: ResourceWriter,
    references: Sequence[Reference],
    default: int,
    most: int,
) -> dict[str, Any]:
    """The page that a call asks for by `limit` and `offset`; past the end it is empty."""
    limit, offset = call.query.limit(default, most), call.query.offset()
    page: dict[str, Any] = {}
    if offset + limit < len(references):
        page["next"] = call.query.next_path(call.path, offset + limit)
    page["data"] = mixed(writer, references[offset : offset + limit])
    return page
