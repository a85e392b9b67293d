"""Makes, changes and deletes playlists."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from applemusic_server.application.library_overlay import overlay_of
from applemusic_server.application.library_writing import (
    SETTLED_SECONDS,
    LibraryWriting,
    Writer,
    in_doubt,
    playlist_not_editable,
)
from applemusic_server.application.limits import check_id, has_control_characters
from applemusic_server.application.once import Attempt, is_certain
from applemusic_server.application.playlist_rows import PlaylistRows, check_tracks
from applemusic_server.application.recent_library import not_in_library
from applemusic_server.domain.capability import Capability
from applemusic_server.domain.errors import AppleMusicError, invalid_field
from applemusic_server.domain.library_writes import NewPlaylist, Outcome, PlaylistChanges
from applemusic_server.domain.resources import (
    EditorialNotes,
    Playlist,
    PlaylistFolder,
    PlaylistKind,
    ResourceRef,
    ResourceType,
)

_LONGEST_NAME: Final = 200
_LONGEST_DESCRIPTION: Final = 1000
# How far Apple's clock and this server's may differ.
_CLOCK_SKEW: Final = timedelta(minutes=2)
# Recent items that are looked through before, and after when an answer was lost.
_FIRST: Final = 10
_RECENT: Final = 25
_SENDS: Final = 2


class Playlists:
    """The use cases of making, changing and deleting playlists.

    Every method raises INVALID_FIELD, and an ACCOUNT, token or UPSTREAM reason.

    Args:
        writing: Opens calls that write.
        rows: Finds tracks.
    """

    def __init__(self, writing: LibraryWriting, rows: PlaylistRows) -> None:
        self._writing = writing
        self._rows = rows

    async def create(
        self, wanted: NewPlaylist, tracks: Sequence[ResourceRef], account: str, request_id: str
    ) -> tuple[Playlist, tuple[str, ...]]:
        """Make a playlist, once per `request_id`, and return it and the ids it lacks.

        Args:
            wanted: Its texts and folder, without rows.
            tracks: What to put into it.
            account: Whose.
            request_id: Names the request; empty for one without a name.

        Raises:
            UnimplementedError: CAPABILITY_REFUSED.
            NotFoundError: RESOURCE_NOT_FOUND, for the folder.
        """
        _check_texts(wanted.name, wanted.description)
        check_tracks(tracks)
        if wanted.parent_folder_id:
            check_id(wanted.parent_folder_id, "parent_folder_id")
        async with (
            self._writing.writer(account) as writer,
            self._writing.once.attempt(
                writer.account_id, request_id, wanted, tuple(tracks)
            ) as attempt,
        ):
            done = attempt.earlier.outcome if attempt.earlier else None
            if done is not None:
                return await self._again(done, wanted.name, writer), tuple(done["refused"])
            writer.require(Capability.PLAYLIST_CREATE)
            if wanted.parent_folder_id:
                await self.require_folder(wanted.parent_folder_id, writer)
            rows, refused = await self._rows.find(tracks, writer)
            new = replace(wanted, rows=tuple(rows))
            made = await self._make(new, attempt, writer)
            shown = self._shown(made, new)
            memory = self._writing.memory
            memory.added(writer.account_id, [shown])
            memory.set_tracks(writer.account_id, shown.id, tuple(row.track for row in rows))
            await attempt.finish({"id": shown.id, "refused": refused})
            return shown, refused

    async def update(self, playlist_id: str, changes: PlaylistChanges, account: str) -> Playlist:
        """Change what a playlist says of itself, and return it.

        Raises:
            UnimplementedError: CAPABILITY_REFUSED.
            NotFoundError: RESOURCE_NOT_FOUND.
            FailedPreconditionError: PLAYLIST_NOT_EDITABLE.
        """
        check_id(playlist_id, "playlist_id")
        if changes.name is not None:
            _check_texts(changes.name, "")
        _check_texts("-", changes.description or "")
        async with self._writing.writer(account) as writer:
            playlist = await self.require(playlist_id, writer)
            if changes == PlaylistChanges():
                return playlist

            async def send() -> Outcome:
                return await self._writing.gateway.update_playlist(
                    playlist.id, changes, writer.listener
                )

            ref = ResourceRef(ResourceType.PLAYLIST, playlist.id)
            if await writer.edit(Capability.PLAYLIST_EDIT, send, ref) is Outcome.MISSING:
                raise not_in_library(ref.type, playlist_id, writer.account_id)
            written = {**_fields(changes), "last_modified_time": self._writing.now()}
            shown = self._writing.memory.changed(writer.account_id, playlist, written)
            return shown if isinstance(shown, Playlist) else playlist

    async def delete(self, playlist_id: str, account: str) -> None:
        """Delete a playlist. Idempotent.

        Raises:
            UnimplementedError: CAPABILITY_REFUSED.
            FailedPreconditionError: PLAYLIST_NOT_EDITABLE, it is Apple's list of favorite songs.
        """
        check_id(playlist_id, "playlist_id")
        async with self._writing.writer(account) as writer:
            writer.require(Capability.PLAYLIST_DELETE)
            found = await self._writing.library.fetch(Playlist, [playlist_id], writer.scope)
            if not found.items:
                return
            if found.items[0].favorites:
                raise playlist_not_editable(playlist_id)
            ref = ResourceRef(ResourceType.PLAYLIST, playlist_id)

            async def send() -> Outcome:
                return await self._writing.gateway.remove(ref, writer.listener)

            await writer.edit(Capability.PLAYLIST_DELETE, send, ref)
            self._writing.memory.removed(writer.account_id, [(ref.type, ref.id)])

    async def require(self, playlist_id: str, writer: Writer) -> Playlist:
        """Return a playlist that the listener may change.

        Raises:
            NotFoundError: RESOURCE_NOT_FOUND.
            FailedPreconditionError: PLAYLIST_NOT_EDITABLE.
        """
        found = await self._writing.library.fetch(Playlist, [playlist_id], writer.scope)
        for playlist in found.items:
            if not playlist.editable:
                raise playlist_not_editable(playlist_id)
            return playlist
        raise not_in_library(ResourceType.PLAYLIST, playlist_id, writer.account_id)

    async def require_folder(self, folder_id: str, writer: Writer) -> PlaylistFolder:
        """Return a folder.

        Raises:
            NotFoundError: RESOURCE_NOT_FOUND.
        """
        found = await self._writing.library.fetch(PlaylistFolder, [folder_id], writer.scope)
        for folder in found.items:
            return folder
        raise not_in_library(ResourceType.PLAYLIST_FOLDER, folder_id, writer.account_id)

    async def _make(self, new: NewPlaylist, attempt: Attempt, writer: Writer) -> Playlist:
        """Make a playlist, unless an earlier attempt has; look for it when an answer was lost."""
        earlier = attempt.earlier
        if earlier is not None:
            end = self._writing.clock() + self._unsettled(attempt)
            found = await self._until_shown(new, attempt, writer, end)
            if found is not None:
                return found
        before = await self._same_name(new.name, writer)
        for tries in range(1, _SENDS + 1):
            await attempt.begin({"before": before}, self._writing.now())
            end = self._writing.clock() + SETTLED_SECONDS
            lost: AppleMusicError | None = None
            made: Playlist | None = None
            try:
                with writer.noting(Capability.PLAYLIST_CREATE):
                    made = await self._writing.gateway.create_playlist(new, writer.listener)
            except AppleMusicError as error:
                if is_certain(error):
                    raise
                lost = error
            made = made or await self._until_shown(new, attempt, writer, end)
            if made is not None:
                return made
            if lost is None or tries == _SENDS:
                raise lost or in_doubt("library.create_playlist")
        raise in_doubt("library.create_playlist")

    def _unsettled(self, attempt: Attempt) -> float:
        """Return for how many seconds more what was sent may not show though it was done."""
        age = (self._writing.now() - attempt.begin_time).total_seconds()
        return max(0.0, SETTLED_SECONDS - max(age, 0.0))

    async def _same_name(self, name: str, writer: Writer) -> list[str]:
        """Return the ids of recent playlists of a name, so that a new one can be told from them."""
        page = await self._writing.apple.recently_added(writer.scope, limit=_FIRST, offset=0)
        known = overlay_of(self._writing.memory, writer.account_id).ids(Playlist)
        named = {each.id for each in page.items if isinstance(each, Playlist) and each.name == name}
        return sorted(named | known)

    async def _until_shown(
        self, new: NewPlaylist, attempt: Attempt, writer: Writer, end: float
    ) -> Playlist | None:
        """Return the playlist that an attempt made; None when it does not show until `end`."""

        async def ask() -> Playlist | None:
            page = await self._writing.apple.recently_added(writer.scope, limit=_RECENT, offset=0)
            since = attempt.begin_time - _CLOCK_SKEW
            known = overlay_of(self._writing.memory, writer.account_id).ids(Playlist)
            for each in page.items:
                if (
                    isinstance(each, Playlist)
                    and each.name == new.name
                    and each.id not in known
                    and each.id not in attempt.plan["before"]
                    and (each.date_added is None or each.date_added >= since)
                ):
                    return each
            return None

        return await ask() or await writer.until(ask, end)

    async def _again(self, done: Mapping[str, Any], name: str, writer: Writer) -> Playlist:
        """Return what an earlier request made, as it is now; by its id alone when it is gone."""
        found = await self._writing.library.fetch(Playlist, [done["id"]], writer.scope)
        for playlist in found.items:
            return playlist
        return Playlist(done["id"], name, library_id=done["id"], kind=PlaylistKind.LIBRARY)

    def _shown(self, made: Playlist, new: NewPlaylist) -> Playlist:
        """Return a new playlist as it will be; Apple's first answer does not say everything."""
        now = self._writing.now().replace(microsecond=0)
        return Playlist(
            id=made.id,
            name=new.name,
            library_id=made.id,
            catalog_id=made.catalog_id,
            kind=PlaylistKind.LIBRARY,
            description=_notes(new.description),
            last_modified_time=made.last_modified_time or now,
            artwork=made.artwork,
            editable=True,
            public=made.public,
            date_added=made.date_added or now,
            parent_folder_id=new.parent_folder_id,
        )


def _fields(changes: PlaylistChanges) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if changes.name is not None:
        fields["name"] = changes.name
    if changes.description is not None:
        fields["description"] = _notes(changes.description)
    if changes.public is not None:
        fields["public"] = changes.public
    return fields


def _notes(text: str) -> EditorialNotes | None:
    return EditorialNotes(standard=text) if text else None


def _check_texts(name: str, description: str) -> None:
    check_name(name)
    if len(description) > _LONGEST_DESCRIPTION:
        raise invalid_field("description", f"at most {_LONGEST_DESCRIPTION} characters")
    # Lines may be broken in a description; other control characters are none of a text.
    if has_control_characters(description.replace("\n", "").replace("\r", "")):
        raise invalid_field("description", "no control characters but line breaks")


def check_name(name: str) -> None:
    """Return if something can have this name.

    Raises:
        InvalidArgumentError: INVALID_FIELD.
    """
    if not name.strip():
        raise invalid_field("name", "must not be blank")
    if len(name) > _LONGEST_NAME or has_control_characters(name):
        raise invalid_field("name", f"at most {_LONGEST_NAME} characters, none of them control")
