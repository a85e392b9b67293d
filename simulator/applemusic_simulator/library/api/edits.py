"""Edits and deletes that Apple does not document, behind a switch per account."""

from collections.abc import Callable, Sequence

from applemusic_simulator.api.call import Answer, Call, Route
from applemusic_simulator.errors import AppleError, bad_body, bad_path, not_found, unauthorized
from applemusic_simulator.library.api.bodies import attributes_of, identifiers, name_of, rows_of
from applemusic_simulator.library.api.kinds import BY_PATH, FOLDERS, SONGS, VIDEOS
from applemusic_simulator.library.api.reads import LibraryReads
from applemusic_simulator.library.items import (
    Item,
    LibraryAlbum,
    LibraryArtist,
    LibraryFolder,
    LibraryPlaylist,
    LibrarySong,
    LibraryVideo,
)
from applemusic_simulator.library.libraries import Libraries
from applemusic_simulator.library.library import Library

_DONE = 204


class LibraryEdits:
    """`DELETE`, `PATCH` and `PUT` under `/v1/me/library` (reference section 4.4).

    Args:
        reads: Whose library it is.
        libraries: What is changed; changes show after the account's delay.
        clock: Seconds since 1970.
    """

    def __init__(
        self, reads: LibraryReads, libraries: Libraries, clock: Callable[[], float]
    ) -> None:
        self._reads = reads
        self._libraries = libraries
        self._clock = clock

    def routes(self) -> Sequence[Route]:
        """All routes."""
        base = "/me/library"
        tracks = f"{base}/playlists/{{id}}/tracks"
        return (
            Route("DELETE", tracks, self._remove_tracks, listener=True),
            Route("PUT", tracks, self._set_tracks, listener=True),
            Route("DELETE", f"{base}/{{kind}}/{{id}}", self._remove, listener=True),
            Route("PATCH", f"{base}/{{kind}}/{{id}}", self._edit, listener=True),
            Route("PUT", f"{base}/{{kind}}/{{id}}/parent", self._move, listener=True),
        )

    def _remove(self, call: Call) -> Answer:
        self._check(call, "remove")
        kind, item_id = BY_PATH.get(call.names["kind"]), call.names["id"]
        library = self._reads.library(call)
        if kind is None:
            raise bad_path("Invalid Path Value")
        item = kind.find(library, item_id) or library.shelf.coming.get(item_id)
        if item is None:
            raise not_found()
        if isinstance(item, LibraryArtist) or not _named_in(kind.path, item):
            raise AppleError(405, empty=True)
        if isinstance(item, LibraryPlaylist) and item.favorites:
            raise not_permitted()
        self._libraries.write(call.listener.id, lambda: remove_from(library, item))
        return Answer(None, _DONE)

    def _edit(self, call: Call) -> Answer:
        self._check(call, "edit")
        found = self._editable(call)
        attributes, now = attributes_of(call.json()), self._clock()
        name = name_of(attributes) if "name" in attributes else found.name
        about = attributes.get("description", "")
        if not isinstance(about, str):
            raise bad_body("/attributes/description", "Description must be a string")

        def apply() -> None:
            found.name = name
            if isinstance(found, LibraryPlaylist):
                found.modified_at = now
                if "description" in attributes:
                    found.description = about
                if "isPublic" in attributes:
                    found.is_public = attributes["isPublic"] is True

        self._libraries.write(call.listener.id, apply)
        return Answer(None, _DONE)

    def _set_tracks(self, call: Call) -> Answer:
        self._check(call, "set-tracks")
        found, now = self._playlist(call), self._clock()
        entries = identifiers(call.json().get("data"), "/data")
        rows = rows_of(entries, self._reads.library(call), self._reads.catalogue)
        self._libraries.write(call.listener.id, lambda: _set_rows(found, rows, now))
        return Answer(None, _DONE)

    def _remove_tracks(self, call: Call) -> Answer:
        self._check(call, "remove-tracks")
        found, now = self._playlist(call), self._clock()
        library, every = self._reads.library(call), call.query.text("mode") == "all"
        gone = {
            row
            for kind in (SONGS, VIDEOS)
            for item_id in call.query.names(f"ids[{kind}]")
            for row in rows_of([(kind, item_id)], library, self._reads.catalogue)
        }
        if not gone:
            raise not_found()

        def apply() -> None:
            left = []
            once = set(gone)
            for row in found.rows:
                if row in (gone if every else once):
                    once.discard(row)
                else:
                    left.append(row)
            _set_rows(found, left, now)

        self._libraries.write(call.listener.id, apply)
        return Answer(None, _DONE)

    def _move(self, call: Call) -> Answer:
        self._check(call, "move")
        found, shelf = self._editable(call, movable=True), self._reads.library(call).shelf
        entries = identifiers(call.json().get("data"), "/data")
        if len(entries) != 1 or entries[0][0] != FOLDERS:
            raise bad_body("/data", "Parent must be one folder")
        parent = entries[0][1]
        if not shelf.is_folder(parent):
            raise not_found()
        if found.id in (parent, *shelf.above(parent)):
            raise bad_body("/data", "A folder cannot be moved into itself")

        def apply() -> None:
            found.parent = parent

        self._libraries.write(call.listener.id, apply)
        return Answer(None, _DONE)

    def _check(self, call: Call, operation: str) -> None:
        answer = self._libraries.settings(call.listener.id).undocumented[operation]
        if answer == "401":
            raise unauthorized()
        if answer == "403":
            raise not_permitted()
        if answer == "405":
            raise AppleError(405, empty=True)

    def _editable(self, call: Call, *, movable: bool = False) -> LibraryPlaylist | LibraryFolder:
        found = self._reads.library(call).shelf.writable(call.names["id"])
        if found is None or not _named_in(call.names["kind"], found):
            raise not_found()
        # Other people's playlists cannot be changed, but they can be put somewhere.
        if isinstance(found, LibraryPlaylist) and not (found.can_edit or movable):
            raise not_permitted()
        return found

    def _playlist(self, call: Call) -> LibraryPlaylist:
        found = self._reads.library(call).shelf.writable(call.names["id"])
        if not isinstance(found, LibraryPlaylist):
            raise not_found()
        if not found.can_edit:
            raise not_permitted()
        return found


def not_permitted() -> AppleError:
    """403: the listener is known, and may not do this."""
    return AppleError(403, "40300", "Operation is not permitted")


def remove_from(library: Library, item: Item) -> None:
    """Remove something from a library, unless it is gone already; a folder with its contents."""
    if isinstance(item, LibrarySong):
        if library.song(item.id) is not None:
            library.remove_song(item)
    elif isinstance(item, LibraryAlbum):
        library.remove_album(item)
    elif isinstance(item, LibraryVideo):
        if library.video(item.id) is not None:
            library.remove_video(item)
    elif not isinstance(item, LibraryArtist):
        library.shelf.remove(item.id)


def _named_in(path: str, item: Item) -> bool:
    if isinstance(item, LibraryPlaylist):
        return path == "playlists"
    return path == "playlist-folders" if isinstance(item, LibraryFolder) else True


def _set_rows(playlist: LibraryPlaylist, rows: list[str], now: float) -> None:
    playlist.rows, playlist.modified_at = rows, now
