"""Search results of a library with what was written a moment ago."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from applemusic_server.application.library_overlay import Overlay, without
from applemusic_server.domain.resources import (
    Album,
    MusicVideo,
    Playlist,
    Resource,
    ResourceType,
    SearchResults,
    Song,
)

Ask = Callable[[int, int], Awaitable[SearchResults]]
"""Asks Apple, with the most items per type and the offset."""

_LISTS: dict[ResourceType, tuple[type[Any], str]] = {
    ResourceType.SONG: (Song, "songs"),
    ResourceType.ALBUM: (Album, "albums"),
    ResourceType.PLAYLIST: (Playlist, "playlists"),
    ResourceType.MUSIC_VIDEO: (MusicVideo, "music_videos"),
}


async def overlaid_search(
    overlay: Overlay,
    term: str,
    types: Sequence[ResourceType],
    ask: Ask,
    *,
    limit: int,
    offset: int,
) -> SearchResults:
    """Return a page in which what was written comes first, and what is gone does not come.

    What was renamed is found by its new name and not by its old one.
    """
    if not overlay:
        return await ask(limit, offset)
    words = term.casefold().split()
    first = {
        what: [each for each in overlay.items(kind) if _fits(each, words)]
        for what, (kind, _) in _LISTS.items()
        if what in types
    }
    results = await ask(limit, offset)
    lists: dict[str, tuple[Any, ...]] = {}
    for what, (_, name) in _LISTS.items():
        new = first.get(what, [])
        told: tuple[Any, ...] = getattr(results, name)
        found = [
            each for each in overlay.on_all(without(told, new)) if not _lost(overlay, each, words)
        ]
        # What is pushed off the first page by it comes again when Apple shows it by itself.
        lists[name] = (*new, *found)[:limit] if offset == 0 else tuple(found)
    return SearchResults(
        songs=lists["songs"],
        albums=lists["albums"],
        artists=overlay.on_all(results.artists),
        playlists=lists["playlists"],
        music_videos=lists["music_videos"],
        more=results.more,
    )


def _fits(item: Resource, words: Sequence[str]) -> bool:
    names = (item.name, getattr(item, "artist_name", ""), getattr(item, "album_name", ""))
    text = f" {' '.join(names).casefold()}"
    return all(f" {word}" in text for word in words)


def _lost(overlay: Overlay, item: Resource, words: Sequence[str]) -> bool:
    """Whether an item that Apple found by its old name does not fit by its new one."""
    if not isinstance(item, Playlist):
        return False
    written = overlay.written(ResourceType.PLAYLIST, item.id)
    return written is not None and "name" in written.changes and not _fits(item, words)
