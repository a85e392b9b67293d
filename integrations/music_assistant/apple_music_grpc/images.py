"""Pictures: an address to fetch, or a note where a short-lived one is to be had."""

import re
from typing import Final

from music_assistant_models.enums import ImageType
from music_assistant_models.media_items import MediaItemImage, UniqueList

from applemusic.models.album import Album
from applemusic.models.artist import Artist
from applemusic.models.artwork import Artwork
from applemusic.models.playlist import Playlist
from applemusic.models.reference import ResourceRef, ResourceType
from applemusic.models.resource import Resource
from applemusic.models.song import Song
from applemusic.references import reference

_NOTE: Final = re.compile(r"(song|album|artist|playlist)/(\S+)")
_KINDS: Final = {
    "song": ResourceType.SONG,
    "album": ResourceType.ALBUM,
    "artist": ResourceType.ARTIST,
    "playlist": ResourceType.PLAYLIST,
}
_WITH_ARTWORK: Final = (Song, Album, Artist, Playlist)


def images(
    item: Resource, artwork: Artwork | None, provider: str
) -> UniqueList[MediaItemImage] | None:
    """Return the host's pictures of an item; None when there is none.

    An address that expires must not be stored, and the host stores them: it gets a note instead,
    such as `song/i.abc`, and asks `resolve_image` whenever it wants the picture.

    Args:
        item: The item.
        artwork: Its picture.
        provider: Instance id of the provider.
    """
    if artwork is None or not artwork.url:
        return None
    short_lived = artwork.expire_time is not None
    path = note(reference(item)) if short_lived else artwork.url
    return UniqueList(
        [
            MediaItemImage(
                type=ImageType.THUMB,
                path=path,
                provider=provider,
                remotely_accessible=not short_lived,
            )
        ]
    )


def note(item: ResourceRef) -> str:
    """Return what is stored instead of a short-lived address."""
    return f"{item.type.name.lower()}/{item.id}"


def noted(path: str) -> ResourceRef | None:
    """Return the item of a note; None when the path is an address."""
    found = _NOTE.fullmatch(path)
    return ResourceRef(_KINDS[found.group(1)], found.group(2)) if found else None


def address(item: Resource) -> str:
    """Return where the picture of an item is now; empty when it has none."""
    artwork = item.artwork if isinstance(item, _WITH_ARTWORK) else None
    return artwork.url if artwork is not None else ""
