"""What the servicer of library writes asks of the application."""

from collections.abc import Sequence
from typing import Protocol

from applemusic_server.domain.library_writes import NewPlaylist, PlaylistChanges
from applemusic_server.domain.resources import Playlist, PlaylistFolder, ResourceRef


class Items(Protocol):
    """Adding and removing; see `application.library_items`."""

    async def add(self, items: Sequence[ResourceRef], account: str) -> tuple[str, ...]:
        """Add catalog items, and return the ids that Apple cannot add."""
        ...

    async def remove(self, items: Sequence[ResourceRef], account: str) -> tuple[str, ...]:
        """Remove items, and return the ids that were not there."""
        ...


class Playlists(Protocol):
    """Playlists as such; see `application.playlists`."""

    async def create(
        self, wanted: NewPlaylist, tracks: Sequence[ResourceRef], account: str, request_id: str
    ) -> tuple[Playlist, tuple[str, ...]]:
        """Make a playlist, and return it and the ids it lacks."""
        ...

    async def update(self, playlist_id: str, changes: PlaylistChanges, account: str) -> Playlist:
        """Change what a playlist says of itself, and return it."""
        ...

    async def delete(self, playlist_id: str, account: str) -> None:
        """Delete a playlist."""
        ...


class Tracks(Protocol):
    """What playlists hold; see `application.playlist_tracks`."""

    async def add(
        self,
        playlist_id: str,
        tracks: Sequence[ResourceRef],
        account: str,
        request_id: str,
        *,
        skip_duplicates: bool,
    ) -> tuple[int, tuple[str, ...]]:
        """Append tracks, and return how many and the ids that there are not."""
        ...

    async def remove(
        self, playlist_id: str, track_ids: Sequence[str], positions: Sequence[int], account: str
    ) -> int:
        """Remove tracks, and return how many went."""
        ...

    async def move(
        self, playlist_id: str, start: int, count: int, target: int, account: str
    ) -> None:
        """Move tracks."""
        ...

    async def replace(
        self, playlist_id: str, tracks: Sequence[ResourceRef], account: str
    ) -> tuple[str, ...]:
        """Set the tracks, and return the ids that there are not."""
        ...


class Folders(Protocol):
    """Folders; see `application.playlist_folders`."""

    async def create(
        self, name: str, parent_folder_id: str, account: str, request_id: str
    ) -> PlaylistFolder:
        """Make a folder."""
        ...

    async def rename(self, folder_id: str, name: str, account: str) -> PlaylistFolder:
        """Rename a folder."""
        ...

    async def delete(self, folder_id: str, account: str) -> None:
        """Delete a folder."""
        ...

    async def move(self, item: ResourceRef, folder_id: str, account: str) -> None:
        """Put a playlist or folder into a folder."""
        ...
