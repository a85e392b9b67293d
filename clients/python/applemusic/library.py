"""Reading an account's library."""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from typing import Final, TypeAlias, Unpack

from applemusic.calls import Calls, Paged, Read
from applemusic.convert import from_enum, to_model, to_models, to_union
from applemusic.errors.base import IncompleteStreamError, UnavailableError
from applemusic.library_edit import LibraryEdit
from applemusic.models.album import Album
from applemusic.models.artist import Artist
from applemusic.models.music_video import MusicVideo
from applemusic.models.playlist import Playlist
from applemusic.models.reference import ResourceRef, ResourceType
from applemusic.models.resource import Resource, Track
from applemusic.models.search import LibrarySearchResults
from applemusic.models.song import Song
from applemusic.models.sync import (
    SyncCheckpoint,
    SyncPlaylistTracks,
    SyncProgress,
    SyncRemoval,
    SyncUpsert,
)
from applemusic.paging import Batcher, Pager
from applemusic.reconnect import Attempts, most_attempts
from applemusic.references import Referable, references, to_messages
from applemusic.v1 import library_service_pb2 as pb

_LOGGER: Final = logging.getLogger("applemusic")

SyncChange: TypeAlias = (
    SyncUpsert | SyncRemoval | SyncPlaylistTracks | SyncProgress | SyncCheckpoint
)
"""One message of a sync: `match` on its class."""


class Library(LibraryEdit):
    """A listener's library: lists, search, sync, and (from `LibraryEdit`) changes.

    Every method needs an account.
    """

    def __init__(self, calls: Calls) -> None:
        super().__init__(calls)
        self._calls = calls

    def songs(self, **call: Unpack[Paged]) -> Pager[Song]:
        """List songs, newest addition first where Apple orders so."""
        request = pb.ListLibrarySongsRequest(**self._calls.read_fields(call))
        method = self._calls.stubs.library.ListLibrarySongs
        return self._calls.pager(method, request, lambda page: to_models(Song, page.songs), call)

    def albums(self, **call: Unpack[Paged]) -> Pager[Album]:
        """List albums."""
        request = pb.ListLibraryAlbumsRequest(**self._calls.read_fields(call))
        method = self._calls.stubs.library.ListLibraryAlbums
        return self._calls.pager(method, request, lambda page: to_models(Album, page.albums), call)

    def artists(self, **call: Unpack[Paged]) -> Pager[Artist]:
        """List artists."""
        request = pb.ListLibraryArtistsRequest(**self._calls.read_fields(call))
        method = self._calls.stubs.library.ListLibraryArtists
        return self._calls.pager(
            method, request, lambda page: to_models(Artist, page.artists), call
        )

    def playlists(self, **call: Unpack[Paged]) -> Pager[Playlist]:
        """List playlists of all folders."""
        request = pb.ListLibraryPlaylistsRequest(**self._calls.read_fields(call))
        method = self._calls.stubs.library.ListLibraryPlaylists
        return self._calls.pager(
            method, request, lambda page: to_models(Playlist, page.playlists), call
        )

    def music_videos(self, **call: Unpack[Paged]) -> Pager[MusicVideo]:
        """List music videos."""
        request = pb.ListLibraryMusicVideosRequest(**self._calls.read_fields(call))
        method = self._calls.stubs.library.ListLibraryMusicVideos
        return self._calls.pager(
            method, request, lambda page: to_models(MusicVideo, page.music_videos), call
        )

    def folder_children(self, folder_id: str = "", **call: Unpack[Paged]) -> Pager[Resource]:
        """List the playlists and folders directly inside a folder; empty for the root."""
        request = pb.ListPlaylistFolderChildrenRequest(
            folder_id=folder_id, **self._calls.read_fields(call)
        )
        method = self._calls.stubs.library.ListPlaylistFolderChildren
        return self._calls.pager(
            method, request, lambda page: to_union(Resource, page.children), call
        )

    def album_tracks(self, album_id: str, **call: Unpack[Paged]) -> Pager[Track]:
        """List the tracks of an album in the library (`l.…`)."""
        request = pb.ListLibraryAlbumTracksRequest(
            album_id=album_id, **self._calls.read_fields(call)
        )
        method = self._calls.stubs.library.ListLibraryAlbumTracks
        return self._calls.pager(method, request, lambda page: to_union(Track, page.tracks), call)

    def playlist_tracks(self, playlist_id: str, **call: Unpack[Paged]) -> Pager[Track]:
        """List the tracks of a playlist in the library (`p.…`)."""
        request = pb.ListLibraryPlaylistTracksRequest(
            playlist_id=playlist_id, **self._calls.read_fields(call)
        )
        method = self._calls.stubs.library.ListLibraryPlaylistTracks
        return self._calls.pager(method, request, lambda page: to_union(Track, page.tracks), call)

    def artist_albums(self, artist_id: str, **call: Unpack[Paged]) -> Pager[Album]:
        """List the albums of an artist in the library (`r.…`)."""
        request = pb.ListLibraryArtistAlbumsRequest(
            artist_id=artist_id, **self._calls.read_fields(call)
        )
        method = self._calls.stubs.library.ListLibraryArtistAlbums
        return self._calls.pager(method, request, lambda page: to_models(Album, page.albums), call)

    def recently_added(self, **call: Unpack[Paged]) -> Pager[Resource]:
        """List what was added last, albums and playlists mixed, newest first."""
        request = pb.ListRecentlyAddedRequest(**self._calls.read_fields(call))
        method = self._calls.stubs.library.ListRecentlyAdded
        return self._calls.pager(
            method, request, lambda page: to_union(Resource, page.resources), call
        )

    def batch_get(self, items: Iterable[Referable], **call: Unpack[Read]) -> Batcher[Resource]:
        """Return any number of items by library id, of any type, in the order asked for."""

        async def ask(part: list[ResourceRef]) -> tuple[tuple[Resource, ...], Iterable[str]]:
            request = pb.BatchGetLibraryItemsRequest(
                items=to_messages(part), **self._calls.read_fields(call)
            )
            method = self._calls.stubs.library.BatchGetLibraryItems
            response = await self._calls.unary(method, request, call)
            return to_union(Resource, response.resources), response.missing_ids

        return self._calls.batch(references(items), 1000, ask)

    async def search(
        self, term: str, *, types: Sequence[ResourceType] = (), **call: Unpack[Paged]
    ) -> LibrarySearchResults:
        """Find items of the library by words: the first page, each type in a list of its own.

        Args:
            term: What to look for.
            types: Of songs, albums, artists, playlists, music videos those to look for; empty: all.
            **call: Account, options, page and timeout.
        """
        request = pb.SearchLibraryRequest(
            term=term,
            types=[from_enum(kind) for kind in types],
            **self._calls.read_fields(call),
        )
        response = await self._calls.unary(self._calls.stubs.library.SearchLibrary, request, call)
        return to_model(LibrarySearchResults, response)

    async def search_pages(
        self, term: str, *, types: Sequence[ResourceType] = (), **call: Unpack[Paged]
    ) -> AsyncIterator[LibrarySearchResults]:
        """Yield page after page of what `search` finds, until no type has more."""
        while True:
            results = await self.search(term, types=types, **call)
            yield results
            if not results.next_page_token:
                return
            call["page_token"] = results.next_page_token

    async def sync(
        self,
        *,
        types: Sequence[ResourceType] = (),
        sync_token: str = "",
        include_playlist_tracks: bool = False,
        **call: Unpack[Read],
    ) -> AsyncIterator[SyncChange]:
        """Yield the library, or what changed in it since a checkpoint.

        Where it breaks it goes on by itself, with back-off, from the last checkpoint: what came
        after that comes again. It ends without an error if and only if everything came.

        Args:
            types: Types to send; empty for all.
            sync_token: From a `SyncCheckpoint` with the same account and types; empty: everything.
            include_playlist_tracks: Also send what playlists hold.
            **call: Account and options; a sync has no deadline.

        Raises:
            SyncTokenInvalidError: The token is too old or of another account: sync from the start.
            UnavailableError: The server, or Apple, stayed away; go on later with the last
                checkpoint's token.
            IncompleteStreamError: The server ended it without a final checkpoint.
        """
        request = pb.SyncLibraryRequest(
            types=[from_enum(kind) for kind in types],
            sync_token=sync_token,
            include_playlist_tracks=include_playlist_tracks,
            **self._calls.read_fields(call),
        )
        attempts = Attempts(self._calls)
        while True:
            try:
                async with aclosing(self._sync_once(request)) as changes:
                    async for change in changes:
                        if isinstance(change, SyncCheckpoint):
                            attempts.progressed()
                            request.sync_token = change.sync_token
                        yield change
            except UnavailableError as error:
                _LOGGER.info("sync broke, going on from its last checkpoint: %s", error)
                await attempts.wait(error, most=most_attempts(error))
            else:
                return

    async def _sync_once(self, request: pb.SyncLibraryRequest) -> AsyncGenerator[SyncChange]:
        """Yield what one call says."""
        complete = False
        stream = self._calls.stream(self._calls.stubs.library.SyncLibrary, request)
        async with aclosing(stream) as messages:
            async for message in messages:
                for change in to_union(SyncChange, [message]):
                    if isinstance(change, SyncCheckpoint):
                        complete = change.complete
                    yield change
        if not complete:
            raise IncompleteStreamError("the sync ended without its final checkpoint")
