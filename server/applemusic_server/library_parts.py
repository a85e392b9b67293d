"""Puts together what reads, syncs and writes libraries; part of the composition root."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakValueDictionary

from applemusic_server.application.account_calls import AccountCalls
from applemusic_server.application.accounts import Accounts
from applemusic_server.application.arrivals import Arrivals
from applemusic_server.application.capability_memory import CapabilityMemory
from applemusic_server.application.current_versions import CurrentVersions
from applemusic_server.application.library import Library
from applemusic_server.application.library_items import LibraryItems
from applemusic_server.application.library_memory import LibraryMemory
from applemusic_server.application.library_scope import LibraryScopes
from applemusic_server.application.library_writing import LibraryWriting
from applemusic_server.application.matched_library import MatchedLibrary
from applemusic_server.application.once import Once
from applemusic_server.application.playlist_folders import PlaylistFolders
from applemusic_server.application.playlist_rows import PlaylistRows
from applemusic_server.application.playlist_tracks import PlaylistTracks
from applemusic_server.application.playlists import Playlists
from applemusic_server.application.recent_library import RecentLibrary
from applemusic_server.application.sync import LibrarySync
from applemusic_server.domain.catalog_gateways import LookupGateway
from applemusic_server.domain.gateways import CatalogGateway
from applemusic_server.domain.sync import Sealer, SyncObserver
from applemusic_server.storage.database import Database
from applemusic_server.storage.library_snapshots import DatabaseLibrarySnapshots
from applemusic_server.storage.request_log import DatabaseRequestLog
from applemusic_server.upstream.api_client import ApiClient
from applemusic_server.upstream.library import AppleLibrary
from applemusic_server.upstream.library_lists import LibraryLists
from applemusic_server.upstream.library_writes import AppleLibraryWrites
from applemusic_server.wire.library import LibraryServicer
from applemusic_server.wire.library_edit import LibraryEditServicer
from applemusic_server.wire.library_lists import LibraryListServicer


@dataclass(frozen=True)
class LibraryNeeds:
    """What libraries are made of.

    Attributes:
        calls: Ends calls of an account that is signed out.
        memory: What was written; shared with whoever shows it elsewhere.
        clock: Monotonic seconds.
        now: The time now, in UTC.
        sleep: Waits, in seconds.
    """

    api: ApiClient
    accounts: Accounts
    calls: AccountCalls
    catalog: CatalogGateway
    lookup: LookupGateway
    database: Database
    sealer: Sealer
    observer: SyncObserver
    refused: CapabilityMemory
    memory: LibraryMemory
    clock: Callable[[], float]
    now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


def library_servicers(needs: LibraryNeeds) -> list[object]:
    """Return what serves `LibraryService`."""
    apple = AppleLibrary(LibraryLists(needs.api))
    scopes = LibraryScopes(needs.accounts, needs.calls)
    versions = CurrentVersions(needs.lookup, needs.catalog, needs.clock)
    matched = MatchedLibrary(apple, versions)
    recent = RecentLibrary(matched, needs.memory, needs.catalog, sleep=needs.sleep)
    library = Library(recent, scopes)
    sync = LibrarySync(
        recent,
        DatabaseLibrarySnapshots(needs.database, needs.now),
        scopes,
        needs.sealer,
        needs.observer,
        now=needs.now,
        clock=needs.clock,
    )
    writing = LibraryWriting(
        gateway=AppleLibraryWrites(needs.api),
        library=recent,
        apple=apple,
        catalog=needs.catalog,
        memory=needs.memory,
        arrivals=Arrivals(apple, needs.memory, needs.catalog, sleep=needs.sleep),
        refused=needs.refused,
        once=Once(DatabaseRequestLog(needs.database, needs.now), needs.now),
        scopes=scopes,
        clock=needs.clock,
        now=needs.now,
        sleep=needs.sleep,
        turns=WeakValueDictionary(),
    )
    rows = PlaylistRows(writing)
    playlists = Playlists(writing, rows)
    return [
        LibraryListServicer(library),
        LibraryServicer(library, sync),
        LibraryEditServicer(
            LibraryItems(writing),
            playlists,
            PlaylistTracks(writing, playlists, rows),
            PlaylistFolders(writing, playlists),
        ),
    ]
