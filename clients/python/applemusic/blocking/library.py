"""Reading an account's library.

Made of applemusic/library.py by `make gen`: do not edit.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Unpack

from applemusic import library as behind
from applemusic.blocking.library_edit import LibraryEdit
from applemusic.blocking.loop_thread import LoopThread
from applemusic.blocking.pager import Pager
from applemusic.calls import Paged, Read
from applemusic.library import SyncChange
from applemusic.models.album import Album
from applemusic.models.artist import Artist
from applemusic.models.music_video import MusicVideo
from applemusic.models.playlist import Playlist
from applemusic.models.reference import ResourceType
from applemusic.models.resource import Resource, Track
from applemusic.models.search import LibrarySearchResults
from applemusic.models.song import Song
from applemusic.paging import Batch
from applemusic.references import Referable


class Library(LibraryEdit):
    """A listener's library: lists, search, sync, and (from `LibraryEdit`) changes.

    Every method needs an account.
    """

    def __init__(self, thread: LoopThread, behind: behind.Library) -> None:
        super().__init__(thread, behind)
        self._thread = thread
        self._library = behind

    def songs(self, **call: Unpack[Paged]) -> Pager[Song]:
        """List songs, newest addition first where Apple orders so."""
        return Pager(self._thread, self._thread.call(lambda: self._library.songs(**call)))

    def albums(self, **call: Unpack[Paged]) -> Pager[Album]:
        """List albums."""
        return Pager(self._thread, self._thread.call(lambda: self._library.albums(**call)))

    def artists(self, **call: Unpack[Paged]) -> Pager[Artist]:
        """List artists."""
        return Pager(self._thread, self._thread.call(lambda: self._library.artists(**call)))

    def playlists(self, **call: Unpack[Paged]) -> Pager[Playlist]:
        """List playlists of all folders."""
        return Pager(self._thread, self._thread.call(lambda: self._library.playlists(**call)))

    def music_videos(self, **call: Unpack[Paged]) -> Pager[MusicVideo]:
        """List music videos."""
        return Pager(self._thread, self._thread.call(lambda: self._library.music_videos(**call)))

    def folder_children(self, folder_id: str = "", **call: Unpack[Paged]) -> Pager[Resource]:
        """List the playlists and folders directly inside a folder; empty for the root."""
        return Pager(
            self._thread,
            self._thread.call(lambda: self._library.folder_children(folder_id, **call)),
        )

    def album_tracks(self, album_id: str, **call: Unpack[Paged]) -> Pager[Track]:
        """List the tracks of an album in the library (`l.…`)."""
        return Pager(
            self._thread, self._thread.call(lambda: self._library.album_tracks(album_id, **call))
        )

    def playlist_tracks(self, playlist_id: str, **call: Unpack[Paged]) -> Pager[Track]:
        """List the tracks of a playlist in the library (`p.…`)."""
        return Pager(
            self._thread,
            self._thread.call(lambda: self._library.playlist_tracks(playlist_id, **call)),
        )

    def artist_albums(self, artist_id: str, **call: Unpack[Paged]) -> Pager[Album]:
        """List the albums of an artist in the library (`r.…`)."""
        return Pager(
            self._thread, self._thread.call(lambda: self._library.artist_albums(artist_id, **call))
        )

    def recently_added(self, **call: Unpack[Paged]) -> Pager[Resource]:
        """List what was added last, albums and playlists mixed, newest first."""
        return Pager(self._thread, self._thread.call(lambda: self._library.recently_added(**call)))

    def batch_get(self, items: Iterable[Referable], **call: Unpack[Read]) -> Batch[Resource]:
        """Return any number of items by library id, of any type, in the order asked for."""
        return self._thread.run(self._library.batch_get(list(items), **call))

    def search(
        self, term: str, *, types: Sequence[ResourceType] = (), **call: Unpack[Paged]
    ) -> LibrarySearchResults:
        """Find items of the library by words: the first page, each type in a list of its own.

        Args:
            term: What to look for.
            types: Of songs, albums, artists, playlists, music videos those to look for; empty: all.
            **call: Account, options, page and timeout.
        """
        return self._thread.run(self._library.search(term, types=types, **call))

    def search_pages(
        self, term: str, *, types: Sequence[ResourceType] = (), **call: Unpack[Paged]
    ) -> Iterator[LibrarySearchResults]:
        """Yield page after page of what `search` finds, until no type has more."""
        return self._thread.iterate(self._library.search_pages(term, types=types, **call))

    def sync(
        self,
        *,
        types: Sequence[ResourceType] = (),
        sync_token: str = "",
        include_playlist_tracks: bool = False,
        **call: Unpack[Read],
    ) -> Iterator[SyncChange]:
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
        return self._thread.iterate(
            self._library.sync(
                types=types,
                sync_token=sync_token,
                include_playlist_tracks=include_playlist_tracks,
                **call,
            )
        )
