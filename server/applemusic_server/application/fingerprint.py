"""Tells by a few bytes whether a resource is as it was."""

import hashlib
from collections.abc import Iterable

from applemusic_server.domain.resources import (
    Artwork,
    Genre,
    PlaylistFolder,
    Resource,
    ResourceRef,
)

_SIZE = 16


def fingerprint(resource: Resource) -> bytes:
    """Return what differs when anything differs that a caller is told.

    Signatures and ends of presigned pictures do not count: they are others in every answer.
    """
    if isinstance(resource, PlaylistFolder | Genre) or resource.artwork is None:
        return _digest(repr(resource))
    # The address is not part of a picture's repr, because it can be signed. Cut out of the text,
    # which takes half as long as a copy of the resource without its picture.
    picture = f"artwork={resource.artwork!r}"
    text = repr(resource).replace(picture, "artwork=None", 1)
    return _digest(text + _picture(resource.artwork))


def track_list_fingerprint(tracks: Iterable[ResourceRef]) -> bytes:
    """Return what differs when the tracks of a playlist, or their order, differ."""
    return _digest("\n".join(f"{track.type.name} {track.id}" for track in tracks))


def _picture(artwork: Artwork) -> str:
    url = artwork.url_template
    if artwork.expire_time is not None:
        url = url.partition("?")[0]
    return f"{url} {artwork.width} {artwork.height} {artwork.background_color}"


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_SIZE).digest()
