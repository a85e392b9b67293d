"""Changing an account's library.

Made of applemusic/library_edit.py by `make gen`: do not edit.
"""

from collections.abc import Iterable
from typing import Unpack

from applemusic import library_edit as behind
from applemusic.blocking.loop_thread import LoopThread
from applemusic.calls import Call
from applemusic.models.playlist import Playlist, PlaylistFolder
from applemusic.references import Referable


class LibraryEdit:
    """Additions, removals, playlists and folders.

    Writes that Apple does not document can be refused: `CapabilityRefusedError`. Creating and
    appending name their request, so that a retry never does it twice.
    """

    def __init__(self, thread: LoopThread, behind: behind.LibraryEdit) -> None:
        self._thread = thread
        self._library_edit = behind

    def add(self, resources: Iterable[Referable], **call: Unpack[Call]) -> tuple[str, ...]:
        """Add catalog songs, albums, playlists and music videos, any number. Idempotent.

        Returns:
            Ids that Apple could not add.
        """
        return self._thread.run(self._library_edit.add(list(resources), **call))

    def remove(self, resources: Iterable[Referable], **call: Unpack[Call]) -> tuple[str, ...]:
        """Remove songs, albums, playlists and music videos, any number. Idempotent.

        Returns:
            Ids that were not in the library.
        """
        return self._thread.run(self._library_edit.remove(list(resources), **call))

    def create_playlist(
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
        return self._thread.run(
            self._library_edit.create_playlist(
                name,
                description=description,
                tracks=list(tracks),
                parent_folder_id=parent_folder_id,
                **call,
            )
        )

    def update_playlist(
        self,
        playlist_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        public: bool | None = None,
        **call: Unpack[Call],
    ) -> Playlist:
        """Change a playlist's name, description or visibility; None leaves it as it is."""
        return self._thread.run(
            self._library_edit.update_playlist(
                playlist_id, name=name, description=description, public=public, **call
            )
        )

    def delete_playlist(self, playlist_id: str, **call: Unpack[Call]) -> None:
        """Delete a playlist. Idempotent."""
        self._thread.run(self._library_edit.delete_playlist(playlist_id, **call))

    def add_playlist_tracks(
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
        return self._thread.run(
            self._library_edit.add_playlist_tracks(
                playlist_id, list(tracks), skip_duplicates=skip_duplicates, **call
            )
        )

    def remove_playlist_tracks(
        self,
        playlist_id: str,
        *,
        track_ids: Iterable[str] = (),
        positions: Iterable[int] = (),
        **call: Unpack[Call],
    ) -> int:
        """Remove tracks by id (every copy goes) or by position, and return how many went."""
        return self._thread.run(
            self._library_edit.remove_playlist_tracks(
                playlist_id, track_ids=list(track_ids), positions=list(positions), **call
            )
        )

    def move_playlist_tracks(
        self,
        playlist_id: str,
        *,
        start_index: int,
        target_index: int,
        count: int = 1,
        **call: Unpack[Call],
    ) -> None:
        """Move a run of tracks so that the first has position `target_index` afterwards."""
        self._thread.run(
            self._library_edit.move_playlist_tracks(
                playlist_id, start_index=start_index, target_index=target_index, count=count, **call
            )
        )

    def replace_playlist_tracks(
        self, playlist_id: str, tracks: Iterable[Referable], **call: Unpack[Call]
    ) -> tuple[str, ...]:
        """Make a playlist hold exactly these tracks; return ids that Apple could not put in."""
        return self._thread.run(
            self._library_edit.replace_playlist_tracks(playlist_id, list(tracks), **call)
        )

    def create_playlist_folder(
        self, name: str, *, parent_folder_id: str = "", **call: Unpack[Call]
    ) -> PlaylistFolder:
        """Create a folder, inside another if wanted."""
        return self._thread.run(
            self._library_edit.create_playlist_folder(
                name, parent_folder_id=parent_folder_id, **call
            )
        )

    def rename_playlist_folder(
        self, folder_id: str, name: str, **call: Unpack[Call]
    ) -> PlaylistFolder:
        """Rename a folder."""
        return self._thread.run(self._library_edit.rename_playlist_folder(folder_id, name, **call))

    def delete_playlist_folder(self, folder_id: str, **call: Unpack[Call]) -> None:
        """Delete a folder; what it holds moves to the folder above it. Idempotent."""
        self._thread.run(self._library_edit.delete_playlist_folder(folder_id, **call))

    def move_to_playlist_folder(
        self, resource: Referable, folder_id: str = "", **call: Unpack[Call]
    ) -> None:
        """Move a playlist or folder into a folder; empty for the root. Idempotent."""
        self._thread.run(self._library_edit.move_to_playlist_folder(resource, folder_id, **call))
