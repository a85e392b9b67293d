"""A library in memory, as the gateway shows it, and a caller that keeps a copy by syncing."""

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from applemusic_server.application.accounts import Accounts
from applemusic_server.application.library_scope import LibraryScopes
from applemusic_server.application.list_sync import Sizes
from applemusic_server.application.sync import LibrarySync
from applemusic_server.domain.account import Account
from applemusic_server.domain.library import FolderTree, LibraryScope, ListPage
from applemusic_server.domain.resources import (
    Album,
    Artist,
    Found,
    MusicVideo,
    Playlist,
    PlaylistFolder,
    ResourceRef,
    ResourceType,
    Song,
)
from applemusic_server.domain.secret import Secret
from applemusic_server.domain.sync import (
    Checkpoint,
    PlaylistTracks,
    Progress,
    Removal,
    SyncChange,
    SyncRequest,
    Upsert,
)
from applemusic_server.storage.database import Database
from applemusic_server.storage.library_snapshots import DatabaseLibrarySnapshots
from applemusic_server.storage.token_cipher import TokenCipher
from tests.support.apple_server import FixedToken
from tests.support.application import Listeners, MemoryStore

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KINDS: dict[ResourceType, type[Any]] = {
    ResourceType.SONG: Song,
    ResourceType.ALBUM: Album,
    ResourceType.ARTIST: Artist,
    ResourceType.MUSIC_VIDEO: MusicVideo,
    ResourceType.PLAYLIST: Playlist,
    ResourceType.PLAYLIST_FOLDER: PlaylistFolder,
}


@dataclass
class FakeLibrary:
    """A library in memory; the gateway of syncs in tests.

    Attributes:
        items: By type, in the order of the list.
        tracks: Ids of songs, by playlist.
        size: Items per page.
        before_page: Is called before a page is handed out, to change the library underneath.
        pages_read: How many pages were asked for.
        fetched: Ids that were asked for by id.
        failures: Raised, one per page that is asked for.
    """

    size: int = 3
    items: dict[ResourceType, list[Any]] = field(
        default_factory=lambda: {each: [] for each in KINDS}
    )
    tracks: dict[str, list[str]] = field(default_factory=dict)
    before_page: Callable[[], None] = lambda: None
    pages_read: int = 0
    unread: int = 0
    fetched: list[str] = field(default_factory=list)
    tracks_read: list[str] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def add(self, what: ResourceType, name: str = "") -> str:
        """Add an item at the front, as Apple does."""
        number = next(self.numbers)
        item_id = f"x.{what.name}{number}"
        item = KINDS[what](id=item_id, name=name or f"{what.name} {number}")
        if what is ResourceType.PLAYLIST:
            item = replace(item, library_id=item_id, last_modified_time=NOW)
            self.tracks[item_id] = []
        self.items[what].insert(0, item)
        return item_id

    def remove(self, what: ResourceType, place: int) -> None:
        """Remove an item."""
        gone = self.items[what].pop(place)
        self.tracks.pop(gone.id, None)

    def rename(self, what: ResourceType, place: int, name: str) -> None:
        """Change an item where it is."""
        self.items[what][place] = replace(self.items[what][place], name=name)

    def set_tracks(self, place: int, tracks: list[str]) -> None:
        """Change a playlist's tracks, and with them when it was changed."""
        playlist = self.items[ResourceType.PLAYLIST][place]
        changed = playlist.last_modified_time + timedelta(seconds=1)
        self.items[ResourceType.PLAYLIST][place] = replace(playlist, last_modified_time=changed)
        self.tracks[playlist.id] = tracks

    def content(self) -> dict[tuple[ResourceType, str], Any]:
        """Everything that is there."""
        return {(what, item.id): item for what, items in self.items.items() for item in items}

    async def list_page(
        self, kind: type[Any], scope: LibraryScope, *, offset: int, known: bytes
    ) -> ListPage[Any]:
        assert scope.background
        self.before_page()
        self.pages_read += 1
        if self.failures:
            raise self.failures.pop(0)
        items = self.items[_type_of(kind)]
        part = tuple(items[offset : offset + self.size])
        text = repr((offset, len(items), part))
        digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
        if digest == known:
            self.unread += 1
            return ListPage(None, 0, digest)
        return ListPage(part, len(items), digest)

    async def fetch(self, kind: type[Any], ids: Sequence[str], scope: LibraryScope) -> Found[Any]:
        assert scope.background
        self.fetched.extend(ids)
        known = {item.id: item for item in self.items[_type_of(kind)]}
        return Found(
            tuple(known[each] for each in ids if each in known),
            tuple(each for each in ids if each not in known),
        )

    async def folders(self, scope: LibraryScope) -> FolderTree:
        assert scope.background
        return FolderTree(tuple(self.items[ResourceType.PLAYLIST_FOLDER]), {})

    async def playlist_track_refs(
        self, playlist_id: str, scope: LibraryScope
    ) -> tuple[ResourceRef, ...]:
        assert scope.background
        self.tracks_read.append(playlist_id)
        tracks = self.tracks.get(playlist_id, [])
        return tuple(ResourceRef(ResourceType.SONG, each, each) for each in tracks)

    async def _unused(self, *args: object, **values: object) -> NoReturn:
        raise AssertionError(args, values)

    # What a sync never asks for.
    page = folder_children = album_tracks = playlist_tracks = _unused
    artist_albums = search = recently_added = _unused


def _type_of(kind: type[Any]) -> ResourceType:
    return next(what for what, each in KINDS.items() if each is kind)


@dataclass
class Copy:
    """What a caller has put together from the changes it was told, and its last token."""

    items: dict[tuple[ResourceType, str], Any] = field(default_factory=dict)
    tracks: dict[str, list[str]] = field(default_factory=dict)
    token: str = ""
    complete: bool = False
    heard: list[SyncChange] = field(default_factory=list)

    def hear(self, change: SyncChange) -> None:
        """Apply one change."""
        self.heard.append(change)
        match change:
            case Upsert(resource):
                self.items[_type_of(type(resource)), resource.id] = resource
            case Removal(resource):
                self.items.pop((resource.type, resource.id), None)
                self.tracks.pop(resource.id, None)
            case PlaylistTracks():
                kept = self.tracks.get(change.playlist_id, [])[: change.start_index]
                self.tracks[change.playlist_id] = kept + [track.id for track in change.tracks]
            case Checkpoint():
                self.token, self.complete = change.sync_token, change.complete
            case Progress():
                assert 0 <= change.done_count <= change.total_count

    def changes(self, kind: type[Any]) -> list[Any]:
        """Those of a class that were heard."""
        return [change for change in self.heard if isinstance(change, kind)]


@dataclass
class Syncs:
    """An observer that counts."""

    ended: list[str] = field(default_factory=list)
    began: int = 0
    pending: int = 0
    most_pending: int = 0

    def sync_began(self) -> None:
        self.began += 1

    def sync_ended(self, outcome: str, seconds: float) -> None:
        assert seconds >= 0
        assert self.pending == 0, "what is pending ends with the sync, however it ends"
        self.ended.append(outcome)

    def sync_pending(self, change: int) -> None:
        self.pending += change
        self.most_pending = max(self.most_pending, self.pending)

    def sync_read(self, kind: str, count: int) -> None:
        assert kind
        assert count >= 0

    def sync_sent(self, kind: str, change: str) -> None:
        assert kind
        assert change


@dataclass
class SyncStage:
    """A library, the use case before it, and the database behind it."""

    library: FakeLibrary
    sync: LibrarySync
    store: MemoryStore
    syncs: Syncs
    listeners: Listeners

    async def run(self, copy: Copy, *, stop_after: int | None = None, **request: Any) -> Copy:
        """Sync a copy; `stop_after` so many changes the caller goes away."""
        usual: dict[str, Any] = {
            "account": "anna",
            "sync_token": copy.token,
            "include_playlist_tracks": True,
        }
        wanted = SyncRequest(**(usual | request))
        copy.heard.clear()
        if not copy.token:
            # As the contract says: what was sent before the first checkpoint counts for nothing.
            copy.items.clear()
            copy.tracks.clear()
        async with aclosing(self.sync.sync(wanted)) as changes:
            async for change in changes:
                if stop_after is not None and len(copy.heard) >= stop_after:
                    break
                copy.hear(change)
        return copy


OpenStage = Callable[[], AbstractAsyncContextManager[SyncStage]]


def sync_stage(database: Database, key: bytes, sizes: Sizes | None = None) -> SyncStage:
    """Build a stage with the account `anna`."""
    library, store, syncs, listeners = FakeLibrary(), MemoryStore(), Syncs(), Listeners()
    for name in ("anna", "berta"):
        store.accounts[name] = Account(
            name, Secret(f"{name}-token-{'x' * 40}"), "de", NOW, language_tags=("de-DE", "en-GB")
        )
    accounts = Accounts(store, listeners, FixedToken(), clock=lambda: NOW)
    sync = LibrarySync(
        library,
        DatabaseLibrarySnapshots(database, lambda: NOW),
        LibraryScopes(accounts),
        TokenCipher([key]),
        syncs,
        now=lambda: NOW,
        clock=lambda: 0.0,
        sizes=sizes or Sizes(page=3, window=2, ahead=2, rows=4),
    )
    return SyncStage(library, sync, store, syncs, listeners)
