"""What changes a library: the documented writes, and those that only Apple's own clients send."""

from collections.abc import Callable, Sequence

from applemusic_simulator.api.call import Answer, Call, Route
from applemusic_simulator.errors import AppleError, bad_body, missing_parameter, not_found
from applemusic_simulator.library.api.bodies import (
    attributes_of,
    identifiers,
    name_of,
    related_of,
    rows_of,
)
from applemusic_simulator.library.api.edits import LibraryEdits, not_permitted
from applemusic_simulator.library.api.kinds import FOLDERS, KINDS, PLAYLISTS
from applemusic_simulator.library.api.reads import LibraryReads
from applemusic_simulator.library.ids import ROOT
from applemusic_simulator.library.items import Cover, LibraryFolder, LibraryPlaylist
from applemusic_simulator.library.libraries import Libraries
from applemusic_simulator.library.library import Library
from applemusic_simulator.model import Catalogue

_ADDABLE = ("songs", "albums", "playlists", "music-videos")
_ACCEPTED, _CREATED, _DONE = 202, 201, 204


class LibraryWrites:
    """`POST` under `/v1/me/library`, and by `LibraryEdits` the rest.

    Args:
        reads: Words what was created.
        libraries: What is changed; changes show after the account's delay.
        clock: Seconds since 1970.
    """

    def __init__(
        self, reads: LibraryReads, libraries: Libraries, clock: Callable[[], float]
    ) -> None:
        self._reads = reads
        self._libraries = libraries
        self._clock = clock
        self._edits = LibraryEdits(reads, libraries, clock)

    def routes(self) -> Sequence[Route]:
        """All routes."""
        base = "/me/library"
        return (
            Route("POST", base, self._add, listener=True),
            Route("POST", f"{base}/playlists", self._create_playlist, listener=True),
            Route("POST", f"{base}/playlist-folders", self._create_folder, listener=True),
            Route("POST", f"{base}/playlists/{{id}}/tracks", self._append, listener=True),
            *self._edits.routes(),
        )

    def _add(self, call: Call) -> Answer:
        """202 whatever becomes of it: what is unknown or there already is passed over."""
        names = [name for name in _ADDABLE if f"ids[{name}]" in call.query]
        if not names:
            raise missing_parameter("ids")
        wanted = [(name, item_id) for name in names for item_id in call.query.names(f"ids[{name}]")]
        account, now, catalogue = call.listener.id, self._clock(), self._reads.catalogue

        def apply() -> None:
            for name, item_id in wanted:
                add_to(self._libraries.of(account), catalogue, name, item_id, now)

        self._libraries.write(account, apply)
        return Answer(None, _ACCEPTED)

    def _create_playlist(self, call: Call) -> Answer:
        body, library = call.json(), self._reads.library(call)
        attributes = attributes_of(body)
        description = attributes.get("description", "")
        if not isinstance(description, str):
            raise bad_body("/attributes/description", "Description must be a string")
        now = self._clock()
        made = LibraryPlaylist(
            id=library.shelf.new_id(),
            name=name_of(attributes),
            parent=_parent_of(related_of(body, "parent"), library),
            added_at=now,
            modified_at=now,
            description=description,
            rows=rows_of(related_of(body, "tracks"), library, self._reads.catalogue),
            is_public=attributes.get("isPublic") is True,
            by_api=True,
        )
        return self._created(call, made)

    def _create_folder(self, call: Call) -> Answer:
        body, library = call.json(), self._reads.library(call)
        name = name_of(attributes_of(body))
        parent = _parent_of(related_of(body, "parent"), library)
        return self._created(
            call, LibraryFolder(library.shelf.new_id(), name, parent, self._clock())
        )

    def _created(self, call: Call, made: LibraryPlaylist | LibraryFolder) -> Answer:
        account, shelf = call.listener.id, self._reads.library(call).shelf
        shelf.coming[made.id] = made
        self._libraries.write(account, lambda: shelf.put(made))
        if not self._libraries.settings(account).create_body:
            return Answer(None, _CREATED)
        is_folder = isinstance(made, LibraryFolder)
        kind = KINDS[FOLDERS if is_folder else PLAYLISTS]
        data = [self._reads.writer(call).resource(kind, made)]
        meta = {"meta": {"total": 1}} if is_folder else {}
        return Answer({"data": data, **meta}, _CREATED)

    def _append(self, call: Call) -> Answer:
        library = self._reads.library(call)
        found = library.shelf.writable(call.names["id"])
        if not isinstance(found, LibraryPlaylist):
            raise not_found()
        entries = identifiers(call.json().get("data"), "/data")
        if not entries:
            raise bad_body("/data", "Data must not be empty")
        if not found.can_edit:
            raise not_permitted()
        if not found.by_api and not self._libraries.settings(call.listener.id).append_elsewhere:
            # Seen by a client's author (reference section 4.3).
            if any(kind.startswith("library-") for kind, _ in entries):
                raise not_permitted()
            raise AppleError(500)
        rows, now = rows_of(entries, library, self._reads.catalogue), self._clock()

        def apply() -> None:
            found.rows = [*found.rows, *rows]
            found.modified_at = now

        self._libraries.write(call.listener.id, apply)
        return Answer(None, _DONE)


def add_to(library: Library, catalogue: Catalogue, name: str, item_id: str, now: float) -> None:
    """Add a catalogue resource to a library, unless it is unknown or there already.

    Args:
        library: Changed at once.
        catalogue: Where the resource is.
        name: `songs`, `albums`, `playlists` or `music-videos`.
        item_id: Its catalogue id.
        now: Seconds since 1970.
    """
    if name == "songs":
        library.add_song(item_id, now)
    elif name == "albums":
        library.add_album(item_id, now)
    elif name == "music-videos":
        library.add_video(item_id, now)
    elif item_id in catalogue.playlists and library.playlist_with(item_id) is None:
        playlist = catalogue.playlists[item_id]
        library.shelf.put(
            LibraryPlaylist(
                id=library.shelf.new_id(),
                name=playlist.name,
                parent=ROOT,
                added_at=now,
                modified_at=now,
                description=playlist.description,
                rows=[f"a.{song_id}" for song_id in playlist.song_ids],
                can_edit=False,
                global_id=playlist.id,
                cover=Cover.NULL_SIZES,
            )
        )


def _parent_of(entries: Sequence[tuple[str, str]], library: Library) -> str:
    if not entries:
        return ROOT
    if len(entries) > 1 or entries[0][0] != FOLDERS:
        raise bad_body("/relationships/parent/data", "Parent must be one folder")
    if not library.shelf.is_folder(entries[0][1]):
        raise not_found()
    return entries[0][1]
