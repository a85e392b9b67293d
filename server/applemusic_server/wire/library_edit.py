"""Serves the writes of `LibraryService`."""

from collections.abc import Iterable

from applemusic.v1 import library_service_pb2 as pb
from applemusic.v1 import media_pb2
from applemusic_server.domain.library_writes import NewPlaylist, PlaylistChanges
from applemusic_server.domain.resources import ResourceRef
from applemusic_server.wire.convert import Converter
from applemusic_server.wire.favorites import reference
from applemusic_server.wire.grpc_types import Context
from applemusic_server.wire.library_edit_ports import Folders, Items, Playlists, Tracks

_USUAL_SIZE = 0


class LibraryEditServicer:
    """Changes libraries: items, playlists and what they hold, folders."""

    def __init__(
        self, items: Items, playlists: Playlists, tracks: Tracks, folders: Folders
    ) -> None:
        self._items = items
        self._playlists = playlists
        self._tracks = tracks
        self._folders = folders
        self._convert = Converter(_USUAL_SIZE)

    async def add_to_library(
        self, request: pb.AddToLibraryRequest, context: Context
    ) -> pb.AddToLibraryResponse:
        """Add catalog resources."""
        del context
        items = _references(request.resources, "resources")
        refused = await self._items.add(items, request.account)
        return pb.AddToLibraryResponse(refused_ids=refused)

    async def remove_from_library(
        self, request: pb.RemoveFromLibraryRequest, context: Context
    ) -> pb.RemoveFromLibraryResponse:
        """Remove items."""
        del context
        items = _references(request.resources, "resources")
        absent = await self._items.remove(items, request.account)
        return pb.RemoveFromLibraryResponse(absent_ids=absent)

    async def create_playlist(
        self, request: pb.CreatePlaylistRequest, context: Context
    ) -> pb.CreatePlaylistResponse:
        """Make a playlist."""
        del context
        wanted = NewPlaylist(
            request.name, request.description, parent_folder_id=request.parent_folder_id
        )
        playlist, refused = await self._playlists.create(
            wanted, _references(request.tracks, "tracks"), request.account, request.request_id
        )
        return pb.CreatePlaylistResponse(
            playlist=self._convert.playlist(playlist), refused_ids=refused
        )

    async def update_playlist(
        self, request: pb.UpdatePlaylistRequest, context: Context
    ) -> pb.UpdatePlaylistResponse:
        """Change what a playlist says of itself."""
        del context
        changes = PlaylistChanges(
            name=request.name if request.HasField("name") else None,
            description=request.description if request.HasField("description") else None,
            public=request.public if request.HasField("public") else None,
        )
        playlist = await self._playlists.update(request.playlist_id, changes, request.account)
        return pb.UpdatePlaylistResponse(playlist=self._convert.playlist(playlist))

    async def delete_playlist(
        self, request: pb.DeletePlaylistRequest, context: Context
    ) -> pb.DeletePlaylistResponse:
        """Delete a playlist."""
        del context
        await self._playlists.delete(request.playlist_id, request.account)
        return pb.DeletePlaylistResponse()

    async def add_playlist_tracks(
        self, request: pb.AddPlaylistTracksRequest, context: Context
    ) -> pb.AddPlaylistTracksResponse:
        """Append tracks."""
        del context
        added, refused = await self._tracks.add(
            request.playlist_id,
            _references(request.tracks, "tracks"),
            request.account,
            request.request_id,
            skip_duplicates=request.skip_duplicates,
        )
        return pb.AddPlaylistTracksResponse(added_count=added, refused_ids=refused)

    async def remove_playlist_tracks(
        self, request: pb.RemovePlaylistTracksRequest, context: Context
    ) -> pb.RemovePlaylistTracksResponse:
        """Remove tracks."""
        del context
        removed = await self._tracks.remove(
            request.playlist_id, request.track_ids, request.positions, request.account
        )
        return pb.RemovePlaylistTracksResponse(removed_count=removed)

    async def move_playlist_tracks(
        self, request: pb.MovePlaylistTracksRequest, context: Context
    ) -> pb.MovePlaylistTracksResponse:
        """Move tracks."""
        del context
        await self._tracks.move(
            request.playlist_id,
            request.start_index,
            request.count,
            request.target_index,
            request.account,
        )
        return pb.MovePlaylistTracksResponse()

    async def replace_playlist_tracks(
        self, request: pb.ReplacePlaylistTracksRequest, context: Context
    ) -> pb.ReplacePlaylistTracksResponse:
        """Set a playlist's tracks."""
        del context
        refused = await self._tracks.replace(
            request.playlist_id, _references(request.tracks, "tracks"), request.account
        )
        return pb.ReplacePlaylistTracksResponse(refused_ids=refused)

    async def create_playlist_folder(
        self, request: pb.CreatePlaylistFolderRequest, context: Context
    ) -> pb.CreatePlaylistFolderResponse:
        """Make a folder."""
        del context
        folder = await self._folders.create(
            request.name, request.parent_folder_id, request.account, request.request_id
        )
        return pb.CreatePlaylistFolderResponse(folder=self._convert.playlist_folder(folder))

    async def update_playlist_folder(
        self, request: pb.UpdatePlaylistFolderRequest, context: Context
    ) -> pb.UpdatePlaylistFolderResponse:
        """Rename a folder."""
        del context
        folder = await self._folders.rename(request.folder_id, request.name, request.account)
        return pb.UpdatePlaylistFolderResponse(folder=self._convert.playlist_folder(folder))

    async def delete_playlist_folder(
        self, request: pb.DeletePlaylistFolderRequest, context: Context
    ) -> pb.DeletePlaylistFolderResponse:
        """Delete a folder."""
        del context
        await self._folders.delete(request.folder_id, request.account)
        return pb.DeletePlaylistFolderResponse()

    async def move_to_playlist_folder(
        self, request: pb.MoveToPlaylistFolderRequest, context: Context
    ) -> pb.MoveToPlaylistFolderResponse:
        """Move something into a folder."""
        del context
        item = reference(request.resource, "resource")
        await self._folders.move(item, request.folder_id, request.account)
        return pb.MoveToPlaylistFolderResponse()


def _references(messages: Iterable[media_pb2.ResourceRef], field: str) -> list[ResourceRef]:
    return [reference(each, f"{field}[{place}]") for place, each in enumerate(messages)]
