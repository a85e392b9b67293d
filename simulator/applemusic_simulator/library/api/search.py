"""Search in a library."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from applemusic_simulator.api.call import Answer, Call, Route
from applemusic_simulator.api.finder import words_of
from applemusic_simulator.library.api.kinds import (
    ALBUMS,
    ARTISTS,
    PLAYLISTS,
    SONGS,
    VIDEOS,
    Ref,
)
from applemusic_simulator.library.api.reads import LibraryReads
from applemusic_simulator.library.library import Library

_PAGE, _MOST = 5, 25
_TYPES = (SONGS, ALBUMS, ARTISTS, PLAYLISTS, VIDEOS)


class LibrarySearch:
    """`GET /v1/me/library/search`.

    Args:
        reads: Whose library it is and how it is worded.
    """

    def __init__(self, reads: LibraryReads) -> None:
        self._reads = reads

    def routes(self) -> Sequence[Route]:
        """All routes; to be matched before those of `LibraryReads`."""
        return (Route("GET", "/me/library/search", self._search, listener=True),)

    def _search(self, call: Call) -> Answer:
        term = call.query.required("term")
        types = call.query.one_of("types", _TYPES)
        limit, offset = call.query.limit(_PAGE, _MOST), call.query.offset()
        library, writer = self._reads.library(call), self._reads.writer(call)
        results: dict[str, Any] = {}
        for kind in types:
            hits = _hits(library, kind, words_of(term))
            page = list(islice(hits, offset, offset + limit + 1))
            if not page:
                continue
            others = {"term": term, "types": kind}
            first = call.query.next_path(call.path, 0, **others).replace("offset=0&", "")
            results[kind] = {"href": first}
            if len(page) > limit:
                results[kind]["next"] = call.query.next_path(call.path, offset + limit, **others)
            results[kind]["data"] = writer.listed(page[:limit])
        return Answer({"results": results, "meta": {"results": {"order": list(results)}}})


def _hits(library: Library, kind: str, wanted: Sequence[str]) -> Iterator[Ref]:
    """What fits, in the order of the library; found one by one, for a library may be large."""
    parts = [f" {part}" for part in wanted]
    for key, text in _texts(library, kind):
        # Looking for a blank and the word is ten times as fast as taking 100,000 names apart.
        folded = f" {text.casefold()}"
        if parts and all(part in folded for part in parts):
            yield Ref(kind, key)


def _texts(library: Library, kind: str) -> Iterator[tuple[Any, str]]:
    if kind == SONGS:
        yield from library.texts()
    elif kind == ALBUMS:
        for album in library.albums():
            yield album.id, f"{album.name} {album.artist_name}"
    elif kind == ARTISTS:
        for artist in library.artists():
            yield artist.id, artist.name
    elif kind == PLAYLISTS:
        for playlist in library.shelf.listed():
            yield playlist.id, playlist.name
    else:
        for video in library.videos():
            yield video.id, f"{video.song.name} {video.artist_name}"
