"""Streams a library, or what changed in it, to a caller that keeps a copy."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from types import MappingProxyType

from applemusic_server.application.library_scope import LibraryScopes
from applemusic_server.application.list_sync import FolderSync, ListSync, Place, Sizes, Task
from applemusic_server.application.sync_token import SyncToken, SyncTokens, invalid_sync_token
from applemusic_server.domain.errors import invalid_field
from applemusic_server.domain.library import FolderTree, LibraryGateway, LibraryScope
from applemusic_server.domain.resources import (
    Album,
    Artist,
    MusicVideo,
    Playlist,
    PlaylistFolder,
    Resource,
    ResourceType,
    Song,
)
from applemusic_server.domain.sync import (
    Checkpoint,
    LibrarySnapshots,
    PlaylistTracks,
    Progress,
    Removal,
    Sealer,
    Snapshot,
    SyncChange,
    SyncObserver,
    SyncRequest,
    SyncRun,
    Upsert,
)

# In the order in which they are read: what others refer to comes first.
_KINDS: Mapping[ResourceType, type[Resource]] = MappingProxyType(
    {
        ResourceType.ARTIST: Artist,
        ResourceType.ALBUM: Album,
        ResourceType.SONG: Song,
        ResourceType.MUSIC_VIDEO: MusicVideo,
        ResourceType.PLAYLIST_FOLDER: PlaylistFolder,
        ResourceType.PLAYLIST: Playlist,
    }
)
_WITH_FOLDERS = frozenset({ResourceType.PLAYLIST_FOLDER, ResourceType.PLAYLIST})


class LibrarySync:
    """The use case of syncing a library.

    Args:
        gateway: Reads Apple's library.
        snapshots: Remembers it.
        scopes: Knows whose library is meant.
        sealer: Makes tokens unforgeable.
        observer: For metrics.
        now: The time now, in UTC.
        clock: Monotonic seconds.
        sizes: How much to take at a time.
    """

    def __init__(
        self,
        gateway: LibraryGateway,
        snapshots: LibrarySnapshots,
        scopes: LibraryScopes,
        sealer: Sealer,
        observer: SyncObserver,
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float],
        sizes: Sizes | None = None,
    ) -> None:
        self._gateway = gateway
        self._snapshots = snapshots
        self._scopes = scopes
        self._tokens = SyncTokens(sealer)
        self._observer = observer
        self._now = now
        self._clock = clock
        self._sizes = sizes or Sizes()

    async def sync(self, request: SyncRequest) -> AsyncGenerator[SyncChange, None]:
        """Yield changes, progress and checkpoints; the last checkpoint is complete.

        Nothing is read from Apple faster than the changes are taken, but for a few pages.

        Raises:
            FailedPreconditionError: SYNC_TOKEN_INVALID.
            UnavailableError: UPSTREAM_LIST_TRUNCATED.
            AppleMusicError: As `Accounts.resolve`; an UPSTREAM or STORAGE reason.
        """
        types = _checked_types(request.types)
        begun = self._clock()
        pending = 0
        self._observer.sync_began()
        outcome = "failed"
        try:
            scope_of = self._scopes.of(request.account, request.options, background=True)
            async with scope_of as scope:
                token, snapshot = await self._begin(request, types, scope)
                async with aclosing(self._run(token, snapshot, scope)) as changes:
                    async for change in changes:
                        if isinstance(change, Progress):
                            left = max(0, change.total_count - change.done_count)
                            self._observer.sync_pending(left - pending)
                            pending = left
                        self._note(change)
                        yield change
            outcome = "complete"
        except (asyncio.CancelledError, GeneratorExit):
            outcome = "cancelled"
            raise
        finally:
            self._observer.sync_pending(-pending)
            self._observer.sync_ended(outcome, self._clock() - begun)

    async def _begin(
        self, request: SyncRequest, types: tuple[str, ...], scope: LibraryScope
    ) -> tuple[SyncToken, Snapshot]:
        account = scope.listener.account_id
        variant = f"{scope.language} {'full' if scope.full else 'basic'}"
        before = self._tokens.read(request.sync_token) if request.sync_token else None
        if before is not None:
            _check_same(before, account, variant, types, tracks=request.include_playlist_tracks)
        snapshot = await self._snapshots.open(account, variant)
        if before is not None:
            known = before.base if not before.complete else before.sync_id
            is_known = known == 0 or await self._snapshots.is_known(snapshot, known)
            if before.epoch != snapshot.epoch or not is_known:
                raise invalid_sync_token("it is too old, or the account signed in anew")
            if not before.complete:
                return before, snapshot
        token = SyncToken(
            account,
            snapshot.epoch,
            variant,
            types,
            tracks=request.include_playlist_tracks,
            sync_id=await self._snapshots.begin(snapshot),
            base=before.sync_id if before else 0,
            begin_time=self._now().timestamp(),
        )
        return token, snapshot

    async def _run(
        self, token: SyncToken, snapshot: Snapshot, scope: LibraryScope
    ) -> AsyncGenerator[SyncChange, None]:
        run = SyncRun(snapshot, token.sync_id, token.base)
        types = [ResourceType[name] for name in token.types]
        tree = FolderTree((), {})
        if _WITH_FOLDERS & set(types[token.stage :]):
            tree = await self._gateway.folders(scope)
        for stage in range(token.stage, len(types)):
            task = Task(run, types[stage], _KINDS[types[stage]], scope, tree.parents, token.tracks)
            place = Place(token.offset, token.total_count, token.anchor)
            async with aclosing(self._reader(task, tree).read(place)) as changes:
                async for change in changes:
                    if isinstance(change, Place):
                        token = token.at(change.offset, change.total_count, change.anchor)
                        yield self._checkpoint(token)
                    else:
                        yield change
            token = token.at_stage(stage + 1)
            if stage + 1 < len(types):
                yield self._checkpoint(token)
        await self._snapshots.finish(run)
        yield self._checkpoint(_completed(token))

    def _reader(self, task: Task, tree: FolderTree) -> ListSync:
        def on_read(count: int) -> None:
            self._observer.sync_read(task.what.name.lower(), count)

        if task.what is ResourceType.PLAYLIST_FOLDER:
            return FolderSync(
                self._gateway,
                self._snapshots,
                task,
                tree.folders,
                sizes=self._sizes,
                on_read=on_read,
            )
        return ListSync(self._gateway, self._snapshots, task, sizes=self._sizes, on_read=on_read)

    def _checkpoint(self, token: SyncToken) -> Checkpoint:
        read_time = datetime.fromtimestamp(token.begin_time, UTC)
        return Checkpoint(self._tokens.write(token), token.complete, read_time)

    def _note(self, change: SyncChange) -> None:
        match change:
            case Upsert(resource):
                self._observer.sync_sent(_NAMES[type(resource)], "upsert")
            case Removal(resource):
                self._observer.sync_sent(resource.type.name.lower(), "removal")
            case PlaylistTracks():
                self._observer.sync_sent("playlist", "playlist_tracks")
            case _:
                pass


_NAMES = MappingProxyType({kind: each.name.lower() for each, kind in _KINDS.items()})


def _completed(token: SyncToken) -> SyncToken:
    """The token of a sync that has said everything; the next one takes it as its base."""
    return SyncToken(
        token.account,
        token.epoch,
        token.variant,
        token.types,
        token.tracks,
        token.sync_id,
        token.base,
        token.begin_time,
        complete=True,
    )


def _checked_types(types: tuple[ResourceType, ...]) -> tuple[str, ...]:
    for position, each in enumerate(types):
        if each not in _KINDS:
            raise invalid_field(f"types[{position}]", f"{each.name} is not in a library")
    wanted = set(types) or set(_KINDS)
    return tuple(each.name for each in _KINDS if each in wanted)


def _check_same(
    token: SyncToken, account: str, variant: str, types: tuple[str, ...], *, tracks: bool
) -> None:
    if token.account != account:
        raise invalid_sync_token("it was made for another account")
    if token.types != types:
        raise invalid_sync_token("it was made for other types")
    if (token.variant, token.tracks) != (variant, tracks):
        raise invalid_sync_token("it was made for another language, view or choice of tracks")
