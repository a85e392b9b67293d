"""Serves the rest of `LibraryService` that reads: by id, by words, and the sync."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from applemusic.v1 import library_service_pb2 as pb
from applemusic_server.domain.resources import ResourceRef, SearchResults
from applemusic_server.domain.sync import (
    Checkpoint,
    PlaylistTracks,
    Progress,
    Removal,
    SyncChange,
    SyncRequest,
    Upsert,
)
from applemusic_server.wire.convert import Converter, read_options, ref, timestamp
from applemusic_server.wire.enums import RESOURCE_TYPES, resource_type
from applemusic_server.wire.grpc_types import Context
from applemusic_server.wire.library_ports import Library, Syncing
from applemusic_server.wire.page_token import Position, decode, encode
from applemusic_server.wire.paging import page_limit


class LibraryServicer:
    """Finds items of a library, and streams all of them."""

    def __init__(self, library: Library, sync: Syncing) -> None:
        self._library = library
        self._sync = sync

    async def batch_get_library_items(
        self, request: pb.BatchGetLibraryItemsRequest, context: Context
    ) -> pb.BatchGetLibraryItemsResponse:
        """Return items by library id."""
        del context
        items = [ResourceRef(resource_type(item.type), item.id) for item in request.items]
        found = await self._library.batch_get(items, request.account, read_options(request.options))
        convert = Converter(request.options.artwork_size)
        return pb.BatchGetLibraryItemsResponse(
            resources=map(convert.resource, found.items), missing_ids=found.missing_ids
        )

    async def search_library(
        self, request: pb.SearchLibraryRequest, context: Context
    ) -> pb.SearchLibraryResponse:
        """Find items by words; a later page asks only for the types that have more."""
        del context
        position = decode(request)
        numbers = position.kinds or tuple(request.types)
        limit = page_limit(request.page_size, default=10, largest=25)
        results = await self._library.search(
            request.term,
            tuple(resource_type(number) for number in dict.fromkeys(numbers)),
            request.account,
            read_options(request.options),
            limit=limit,
            offset=position.offset,
        )
        response = _search_response(results, Converter(request.options.artwork_size))
        if results.more:
            kinds = tuple(sorted(RESOURCE_TYPES[kind] for kind in results.more))
            response.next_page_token = encode(request, Position(position.offset + limit, kinds))
        return response

    async def sync_library(
        self, request: pb.SyncLibraryRequest, context: Context
    ) -> AsyncGenerator[pb.SyncLibraryResponse, None]:
        """Stream what the caller does not know yet.

        gRPC comes back for the next message when the one before has left: a slow caller slows the
        reading down.
        """
        del context
        wanted = SyncRequest(
            account=request.account,
            types=tuple(resource_type(number) for number in request.types),
            sync_token=request.sync_token,
            include_playlist_tracks=request.include_playlist_tracks,
            options=read_options(request.options),
        )
        convert = Converter(request.options.artwork_size)
        async with aclosing(self._sync.sync(wanted)) as changes:
            async for change in changes:
                yield _sync_response(change, convert)


def _sync_response(change: SyncChange, convert: Converter) -> pb.SyncLibraryResponse:
    match change:
        case Upsert(resource):
            response = pb.SyncLibraryResponse()
            convert.fill(response.upsert.resource, resource)
            return response
        case Removal(resource):
            return pb.SyncLibraryResponse(removal=pb.SyncRemoval(resource=ref(resource)))
        case PlaylistTracks():
            return pb.SyncLibraryResponse(
                playlist_tracks=pb.SyncPlaylistTracks(
                    playlist_id=change.playlist_id,
                    tracks=map(ref, change.tracks),
                    start_index=change.start_index,
                    last=change.last,
                )
            )
        case Progress():
            return pb.SyncLibraryResponse(
                progress=pb.SyncProgress(
                    type=RESOURCE_TYPES[change.type],
                    done_count=change.done_count,
                    total_count=change.total_count,
                )
            )
        case Checkpoint():
            return pb.SyncLibraryResponse(
                checkpoint=pb.SyncCheckpoint(
                    sync_token=change.sync_token,
                    complete=change.complete,
                    read_time=timestamp(change.read_time),
                )
            )


def _search_response(results: SearchResults, convert: Converter) -> pb.SearchLibraryResponse:
    return pb.SearchLibraryResponse(
        songs=map(convert.song, results.songs),
        albums=map(convert.album, results.albums),
        artists=map(convert.artist, results.artists),
        playlists=map(convert.playlist, results.playlists),
        music_videos=map(convert.music_video, results.music_videos),
    )
