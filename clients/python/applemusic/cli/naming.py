"""What a person names: an id, a type and an id, or an address at music.apple.com."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from applemusic.cli.exits import Exit
from applemusic.cli.problems import Problem
from applemusic.cli.showing.rows import label, type_of
from applemusic.models.options import ReadOptions
from applemusic.models.reference import ResourceRef, ResourceType
from applemusic.models.resource import Resource

if TYPE_CHECKING:
    from applemusic import Client

_ADDRESS: Final = re.compile(r"(?:https?|itmss?|music)://\S+|(?:\w+\.)*music\.apple\.com/\S*")
_TYPES: Final = {
    label(kind): kind
    for kind in ResourceType
    if kind not in {ResourceType.UNKNOWN, ResourceType.PLAYLIST_FOLDER}
}
_BY_PREFIX: Final = {
    "pl.": ResourceType.PLAYLIST,
    "ra.": ResourceType.STATION,
    "i.": ResourceType.SONG,
    "l.": ResourceType.ALBUM,
    "r.": ResourceType.ARTIST,
    "p.": ResourceType.PLAYLIST,
}
# A bare number is looked for as each of these at once; ids of different kinds hardly ever collide.
_BARE: Final = (
    ResourceType.SONG,
    ResourceType.ALBUM,
    ResourceType.ARTIST,
    ResourceType.MUSIC_VIDEO,
)


@dataclass(frozen=True, slots=True)
class Named:
    """What was written, taken apart.

    Attributes:
        text: As it was written.
        kind: Its type; UNKNOWN for a bare number and an address.
        id: Its id; empty for an address.
    """

    text: str
    kind: ResourceType = ResourceType.UNKNOWN
    id: str = ""

    @property
    def reference(self) -> ResourceRef | None:
        """What is known without asking; None when that is not enough."""
        if self.kind is ResourceType.UNKNOWN or not self.id:
            return None
        return ResourceRef(self.kind, self.id)


def named(text: str) -> Named:
    """Take apart what was written.

    Raises:
        Problem: It names nothing.
    """
    if _ADDRESS.fullmatch(text):
        return Named(text if "://" in text else f"https://{text}")
    kind, separator, rest = text.partition(":")
    if separator and kind in _TYPES and rest:
        return Named(text, _TYPES[kind], rest)
    for prefix, found in _BY_PREFIX.items():
        if text.startswith(prefix) and len(text) > len(prefix):
            return Named(text, found, text)
    if text.isascii() and text.isdecimal():
        return Named(text, id=text)
    raise Problem(
        f"{text!r} names nothing: give an id, an address of music.apple.com, or a type and an id "
        "as in album:1440857781.",
        exit_code=Exit.USAGE,
        next_step="`applemusic search WORDS` shows ids.",
    )


async def resource_of(music: "Client", text: str, options: ReadOptions | None = None) -> Resource:
    """Return what is named, with all that is known of it.

    Args:
        music: The server.
        text: What a person wrote.
        options: How to read it; None as the client does.

    Raises:
        Problem: It names nothing, or nothing is there.
        AppleMusicError: The server refuses.
    """
    name = named(text)
    options = options or music.config.options
    if not name.id:
        return await music.catalog.resolve_url(name.text, options=options)
    if name.kind is ResourceType.UNKNOWN:
        return await _bare(music, name.id, options)
    reference = ResourceRef(name.kind, name.id)
    if reference.in_library:
        return await _of_library(music, reference, options)
    return await _of_catalog(music, reference, options)


async def reference_of(music: "Client", text: str) -> ResourceRef:
    """Return a reference to what is named; asks the server only where that is needed.

    Raises:
        Problem: It names nothing, or nothing is there.
        AppleMusicError: The server refuses.
    """
    known = named(text).reference
    if known is not None:
        return known
    found = await resource_of(music, text)
    return ResourceRef(type_of(found), found.id, found.name)


async def references_of(music: "Client", texts: Sequence[str]) -> list[ResourceRef]:
    """Return references to several things, in order, after each of them was understood."""
    for text in texts:
        named(text)
    return list(await asyncio.gather(*(reference_of(music, text) for text in texts)))


async def song_id_of(music: "Client", text: str) -> str:
    """Return the id of the song that is named; a bare number is one.

    Raises:
        Problem: It is no song.
    """
    name = named(text)
    if name.id and name.kind is ResourceType.UNKNOWN:
        return name.id
    found = await reference_of(music, text)
    if found.type is not ResourceType.SONG:
        raise Problem(f"{text} is no song but of type {label(found.type)}.", exit_code=Exit.USAGE)
    return found.id


def nothing(text: str, where: str = "") -> Problem:
    """Return the problem of an id that nothing has."""
    return Problem(
        f"nothing has the id {text}{where}.",
        exit_code=Exit.NOT_FOUND,
        next_step=(
            "Is it of another storefront (--storefront), or of another account's library "
            "(--account)?"
        ),
    )


async def _bare(music: "Client", number: str, options: ReadOptions) -> Resource:
    catalog = music.catalog
    answers = await asyncio.gather(
        catalog.batch_get_songs([number], options=options),
        catalog.batch_get_albums([number], options=options),
        catalog.batch_get_artists([number], options=options),
        catalog.batch_get_music_videos([number], options=options),
    )
    for answer in answers:
        for found in answer:
            return found
    kinds = ", ".join(label(kind) for kind in _BARE)
    raise nothing(number, f" (looked for as {kinds})")


async def _of_catalog(music: "Client", reference: ResourceRef, options: ReadOptions) -> Resource:
    catalog = music.catalog
    getters: dict[ResourceType, Any] = {
        ResourceType.SONG: catalog.get_song,
        ResourceType.ALBUM: catalog.get_album,
        ResourceType.ARTIST: catalog.get_artist,
        ResourceType.PLAYLIST: catalog.get_playlist,
        ResourceType.STATION: catalog.get_station,
        ResourceType.MUSIC_VIDEO: catalog.get_music_video,
        ResourceType.GENRE: catalog.get_genre,
        ResourceType.CURATOR: catalog.get_curator,
        ResourceType.RECORD_LABEL: catalog.get_record_label,
    }
    found: Resource = await getters[reference.type](reference.id, options=options)
    return found


async def _of_library(music: "Client", reference: ResourceRef, options: ReadOptions) -> Resource:
    batch = await music.library.batch_get([reference], options=options)
    if not batch.items:
        raise nothing(reference.id, " in the library")
    return batch[0]
