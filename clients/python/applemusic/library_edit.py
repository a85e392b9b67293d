"""Changing an account's library."""

from collections.abc import Iterable, Sequence
from typing import Final, Unpack
from uuid import uuid4

from applemusic.calls import Call, Calls
from applemusic.convert import from_reference, to_model
from applemusic.models.playlist import Playlist, PlaylistFolder
from applemusic.models.reference import ResourceRef
from applemusic.paging import in_parts
from applemusic.references import Referable, reference, references, to_messages
from applemusic.v1 import library_service_pb2 as pb

_MAX_ITEMS: Final = 500
_MAX_TRACKS: Final = 1000


class LibraryEdit:
    """Additions, removals, playlists and folders.

    Writes that Apple does not document can be refused: `CapabilityRefusedError`. Creating and
    appending name their request, so that a retry never does it twice.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def add(self, resources: Iterable[Referable], **call: Unpack[Call]) -> tuple[str, ...]:
        """Add catalog songs, albums, playlists and music videos, any number. Idempotent.

        Returns:
            Ids that Apple could not add.
        """

        async def ask(part: Sequence[ResourceRef]) -> Iterable[str]:
            fields = self._calls.fields(call)
            request = pb.AddToLibraryRequest(resources=to_messages(part), **fields)
            method = self._calls.stubs.library.AddToLibrary
            response = await self._calls.unary(method, request, call)
            return response.refused_ids

        answers = await in_parts(references(resources), _MAX_ITEMS, 1, ask)
        return tuple(name for refused in answers for name in refused)

    async def remove(self, resources: Iterable[Referable], **call: Unpack[Call]) -> tuple[str, ...]:
        """Remove songs, albums, playlists and music videos, any number. Idempotent.

        Returns:
            Ids that were not in the library.
        """

        async def ask(part: Sequence[ResourceRef]) -> Iterable[str]:
            fields = self._calls.fields(call)
            request = pb.RemoveFromLibraryRequest(resources=to_messages(part), **fields)
            method = self._calls.stubs.library.RemoveFromLibrary
            response = await self._calls.unary(method, request, call)
            return response.absent_ids

        answers = await in_parts(references(resources), _MAX_ITEMS, 1, ask)
        return tuple(name for absent in answers for name in absent)

    async def create_playlist(
        self,
        name: str,
        *,
        description: str = "",
        tracks: Iterable[Referable] = (),
        parent_folder_id: str = "",
        **call: Unpack[Call],
    ) -> Playlist:
        """Create a playlist with at most 1000 first tracks, inside a folder if wanted.

        Tracks that Apple does not have are left out: compare what it holds.
        """
        request = pb.CreatePlaylistRequest(
            name=name,
            description=description,
            tracks=to_messages(tracks),
            parent_folder_id=parent_folder_id,
            request_id=str(uuid4()),
            **self._calls.fields(call),
        )
        response = await self._calls.unary(self._calls.stubs.library.CreatePlaylist, request, call)
        return to_model(Playlist, response.playlist)

    async def update_playlist(
        self,
        playlist_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        public: bool | None = None,
        **call: Unpack[Call],
    ) -> Playlist:
        """Change a playlist's name, description or visibility; None leaves it as it is."""
        request = pb.UpdatePlaylistRequest(
            playlist_id=playlist_id,
            name=name,
            description=description,
            public=public,
            **self._calls.fields(call),
        )
        response = await self._calls.unary(self._calls.stubs.library.UpdatePlaylist, request, call)
        return to_model(Playlist, response.playlist)

    async def delete_playlist(self, playlist_id: str, **call: Unpack[Call]) -> None:
        """Delete a playlist. Idempotent."""
        request = pb.DeletePlaylistRequest(playlist_id=playlist_id, **self._calls.fields(call))
        await self._calls.unary(self._calls.stubs.library.DeletePlaylist, request, call)

    async def add_playlist_tracks(
        self,
        playlist_id: str,
        tracks: Iterable[Referable],
        *,
        skip_duplicates: bool = False,
        **call: Unpack[Call],
    ) -> tuple[str, ...]:
        """Append any number of tracks to a playlist, in order.

        Args:
            playlist_id: Library id of the playlist.
            tracks: Songs and music videos.
            skip_duplicates: Leave out tracks that the playlist holds already.
            **call: Account and timeout.

        Returns:
            Ids that Apple could not add.

        Raises:
            PlaylistNotEditableError: Apple lets nobody but the owner's own apps edit it.
        """

        async def ask(part: Sequence[ResourceRef]) -> Iterable[str]:
            request = pb.AddPlaylistTracksRequest(
                playlist_id=playlist_id,
                tracks=to_messages(part),
                request_id=str(uuid4()),
                skip_duplicates=skip_duplicates,
                **self._calls.fields(call),
            )
            method = self._calls.stubs.library.AddPlaylistTracks
            response = await self._calls.unary(method, request, call)
            return response.refused_ids

        # One part after the other: their order is that of the playlist.
        answers = await in_parts(references(tracks), _MAX_TRACKS, 1, ask)
        return tuple(name for refused in answers for name in refused)

    async def remove_playlist_tracks(
        self,
        playlist_id: str,
        *,
        track_ids: Iterable[str] = (),
        positions: Iterable[int] = (),
        **call: Unpack[Call],
    ) -> int:
        """Remove tracks by id (every copy goes) or by position, and return how many went."""
        request = pb.RemovePlaylistTracksRequest(
            playlist_id=playlist_id,
            track_ids=track_ids,
            positions=positions,
            **self._calls.fields(call),
        )
        response = await self._calls.unary(
            self._calls.stubs.library.RemovePlaylistTracks, request, call
        )
        return response.removed_count

    async def move_playlist_tracks(
        self,
        playlist_id: str,
        *,
        start_index: int,
        target_index: int,
        count: int = 1,
        **call: Unpack[Call],
    ) -> None:
        """Move a run of tracks so that the first has position `target_index` afterwards."""
        request = pb.MovePlaylistTracksRequest(
            playlist_id=playlist_id,
            start_index=start_index,
            count=count,
            target_index=target_index,
            **self._calls.fields(call),
        )
        await self._calls.unary(self._calls.stubs.library.MovePlaylistTracks, request, call)

    async def replace_playlist_tracks(
        self, playlist_id: str, tracks: Iterable[Referable], **call: Unpack[Call]
    ) -> tuple[str, ...]:
        """Make a playlist hold exactly these tracks; return ids that Apple could not put in."""
        request = pb.ReplacePlaylistTracksRequest(
            playlist_id=playlist_id, tracks=to_messages(tracks), **self._calls.fields(call)
        )
        response = await self._calls.unary(
            self._calls.stubs.library.ReplacePlaylistTracks, request, call
        )
        return tuple(response.refused_ids)

    async def create_playlist_folder(
        self, name: str, *, parent_folder_id: str = "", **call: Unpack[Call]
    ) -> PlaylistFolder:
        """Create a folder, inside another if wanted."""
        request = pb.CreatePlaylistFolderRequest(
            name=name,
            parent_folder_id=parent_folder_id,
            request_id=str(uuid4()),
            **self._calls.fields(call),
        )
        response = await self._calls.unary(
            self._calls.stubs.library.CreatePlaylistFolder, request, call
        )
        return to_model(PlaylistFolder, response.folder)

    async def rename_playlist_folder(
        self, folder_id: str, name: str, **call: Unpack[Call]
    ) -> PlaylistFolder:
        """Rename a folder."""
        request = pb.UpdatePlaylistFolderRequest(
            folder_id=folder_id, name=name, **self._calls.fields(call)
        )
        response = await self._calls.unary(
            self._calls.stubs.library.UpdatePlaylistFolder, request, call
        )
        return to_model(PlaylistFolder, response.folder)

    async def delete_playlist_folder(self, folder_id: str, **call: Unpack[Call]) -> None:
        """Delete a folder; what it holds moves to the folder above it. Idempotent."""
        request = pb.DeletePlaylistFolderRequest(folder_id=folder_id, **self._calls.fields(call))
        await self._calls.unary(self._calls.stubs.library.DeletePlaylistFolder, request, call)

    async def move_to_playlist_folder(
        self, resource: Referable, folder_id: str = "", **call: Unpack[Call]
    ) -> None:
        """Move a playlist or folder into a folder; empty for the root. Idempotent."""
        request = pb.MoveToPlaylistFolderRequest(
            resource=from_reference(reference(resource)),
            folder_id=folder_id,
            **self._calls.fields(call),
        )
        await self._calls.unary(self._calls.stubs.library.MoveToPlaylistFolder, request, call)
