"""Reads one whole list of a library, and says what of it a caller has not heard yet."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from applemusic_server.application.ahead import PagesAhead
from applemusic_server.application.fingerprint import fingerprint
from applemusic_server.application.track_lists import TrackLists
from applemusic_server.domain.library import LibraryGateway, LibraryScope, ListPage
from applemusic_server.domain.resources import (
    Found,
    Playlist,
    PlaylistFolder,
    Resource,
    ResourceRef,
    ResourceType,
)
from applemusic_server.domain.sync import (
    TRACK_LIST,
    ItemMark,
    LibrarySnapshots,
    PageMark,
    Progress,
    ReadPage,
    Removal,
    SeenItems,
    SyncChange,
    SyncRun,
    Upsert,
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of a library is in memory at a time.

    Attributes:
        page: Items per page of Apple's.
        window: Pages that are remembered together: one commit, one checkpoint.
        ahead: Pages that are under way or wait to be taken.
        rows: Rows of the snapshot that are looked through at a time.
    """

    page: int = 100
    window: int = 10
    ahead: int = 16
    rows: int = 2000


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a list to go on from.

    Attributes:
        anchor: Digest in hexadecimal of the page before; empty at the beginning.
    """

    offset: int = 0
    total_count: int = 0
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """What to read.

    Attributes:
        kind: The class of the items.
        parents: Folders of playlists, by the playlist's id.
        tracks: Also read the tracks of playlists.
    """

    run: SyncRun
    what: ResourceType
    kind: type[Resource]
    scope: LibraryScope
    parents: Mapping[str, str]
    tracks: bool = False


@dataclass(frozen=True, slots=True)
class _Read:
    """A page of the window that is being collected."""

    offset: int
    page: ListPage[Resource]
    known: PageMark | None


class ListSync:
    """Reads one list; use it once.

    Args:
        gateway: Reads Apple's library.
        snapshots: Remembers it.
        task: What to read.
        sizes: How much to take at a time.
        on_read: Is told how many items were read.
    """

    def __init__(
        self,
        gateway: LibraryGateway,
        snapshots: LibrarySnapshots,
        task: Task,
        *,
        sizes: Sizes,
        on_read: Callable[[int], None],
    ) -> None:
        self._gateway = gateway
        self._snapshots = snapshots
        self._task = task
        self._run = task.run
        self._name = task.what.name
        self._sizes = sizes
        self._on_read = on_read
        self._seen = SeenItems()
        self._marks: Mapping[int, PageMark] = {}
        self._total = 0
        self._shrank = False
        self._track_lists = TrackLists(gateway, snapshots, task.run, task.scope, ahead=sizes.ahead)

    async def read(self, place: Place) -> AsyncGenerator[SyncChange | Place, None]:
        """Yield changes, and after each window the place to go on from.

        The last place is that after the list's end, so that only removals are left.
        """
        offset = await self._resumed(place)
        self._marks = await self._snapshots.page_marks(self._run, self._name)
        async with aclosing(self._pass(offset)) as changes:
            async for change in changes:
                yield change
        if self._shrank:
            # Something was removed while it was read: what followed moved up, past the reading.
            async with aclosing(self._pass(0)) as changes:
                async for change in changes:
                    yield change
        await self._snapshots.forget_pages(self._run, self._name, self._total)
        async with aclosing(self._removals()) as changes:
            async for change in changes:
                yield change

    async def _resumed(self, place: Place) -> int:
        """Return where to begin: at `place` only if the list has not moved under it."""
        if place.offset < self._sizes.page:
            return 0
        seen = await self._snapshots.seen(self._run, self._name)
        if seen is None:
            return 0
        before = await self._fetch(place.offset - self._sizes.page, None)
        if before.digest.hex() != place.anchor or before.total_count != place.total_count:
            return 0
        self._seen = seen
        return place.offset

    async def _pass(self, offset: int) -> AsyncGenerator[SyncChange | Place, None]:
        pages = PagesAhead(self._next_page, size=self._sizes.page, most=self._sizes.ahead)
        window: list[_Read] = []
        first = True
        async with aclosing(pages.read(offset)) as reading:
            async for place, page in reading:
                self._shrank = self._shrank or (not first and page.total_count < self._total)
                first, self._total = False, page.total_count
                window.append(_Read(place, page, self._marks.get(place)))
                if len(window) < self._sizes.window and place + self._sizes.page < self._total:
                    continue
                async with aclosing(self._window(window)) as changes:
                    async for change in changes:
                        yield change
                window = []

    async def _next_page(self, offset: int) -> ListPage[Resource]:
        """Return a page; one that the caller knows whole comes without items, and costs little."""
        mark = self._marks.get(offset)
        usable = mark is not None and not self._run.owes(mark.sequence, mark.changed_by)
        page = await self._fetch(offset, mark if usable else None)
        if page.items is None and mark is not None:
            return replace(page, total_count=mark.total_count)
        return page

    async def _fetch(self, offset: int, mark: PageMark | None) -> ListPage[Resource]:
        task = self._task
        page: ListPage[Resource] = await self._gateway.list_page(
            task.kind, task.scope, offset=offset, known=mark.digest if mark else b""
        )
        return page

    async def _window(self, window: Sequence[_Read]) -> AsyncGenerator[SyncChange | Place, None]:
        items: dict[str, Resource] = {}
        pages: list[ReadPage] = []
        count = 0
        for each in window:
            if each.page.items is None:
                numbers = each.known.numbers if each.known else ()
                for number in numbers:
                    self._seen.add(number)
                count += len(numbers)
                continue
            placed = tuple(map(self._placed, each.page.items))
            items.update((item.id, item) for item in placed)
            count += len(placed)
            if self._task.kind is not Playlist:
                ids = tuple(item.id for item in placed)
                pages.append(ReadPage(each.offset, each.page.digest, each.page.total_count, ids))
        async with aclosing(self._send(tuple(items.values()), pages)) as changes:
            async for change in changes:
                yield change
        self._on_read(count)
        last = window[-1]
        done = min(last.offset + self._sizes.page, self._total)
        yield Progress(self._task.what, done, self._total)
        yield Place(last.offset + self._sizes.page, self._total, last.page.digest.hex())

    async def _send(
        self, items: Sequence[Resource], pages: Sequence[ReadPage] = ()
    ) -> AsyncGenerator[SyncChange, None]:
        marks = [ItemMark(item.id, fingerprint(item), _name_of(item)) for item in items]
        owed = await self._snapshots.record(
            self._run, self._name, marks, pages=pages, seen=self._seen
        )
        for item, is_owed in zip(items, owed, strict=True):
            if is_owed:
                yield Upsert(item)
        if self._task.tracks:
            playlists = [item for item in items if isinstance(item, Playlist)]
            changed = frozenset(
                item.id for item, is_owed in zip(items, owed, strict=True) if is_owed
            )
            async with aclosing(self._track_lists.read(playlists, changed)) as changes:
                async for change in changes:
                    yield change

    async def _removals(self) -> AsyncGenerator[SyncChange, None]:
        """Yield what is gone. Called when the whole list was read, never before."""
        after = ""
        while rows := await self._snapshots.live(self._run, self._name, after, self._sizes.rows):
            after = rows[-1].id
            unseen = [row.id for row in rows if row.number not in self._seen]
            if not unseen:
                continue
            # Asked for by id before it counts as gone: the list may have moved while it was read.
            found: Found[Resource] = await self._gateway.fetch(
                self._task.kind, unseen, self._task.scope
            )
            async with aclosing(self._send(tuple(map(self._placed, found.items)))) as changes:
                async for change in changes:
                    yield change
            await self._snapshots.remove(self._run, self._name, found.missing_ids)
            if self._task.kind is Playlist:
                await self._snapshots.remove(self._run, TRACK_LIST, found.missing_ids)
        after = ""
        while gone := await self._snapshots.removed(self._run, self._name, after, self._sizes.rows):
            after = gone[-1][0]
            for item_id, name in gone:
                yield Removal(ResourceRef(self._task.what, item_id, name))

    def _placed(self, item: Resource) -> Resource:
        if isinstance(item, Playlist):
            return replace(item, parent_folder_id=self._task.parents.get(item.id, ""))
        return item


class FolderSync(ListSync):
    """Reads the folders, which come from a walk and not from a list of pages."""

    def __init__(
        self,
        gateway: LibraryGateway,
        snapshots: LibrarySnapshots,
        task: Task,
        folders: Sequence[PlaylistFolder],
        *,
        sizes: Sizes,
        on_read: Callable[[int], None],
    ) -> None:
        super().__init__(gateway, snapshots, task, sizes=sizes, on_read=on_read)
        self._folders = folders

    async def _resumed(self, place: Place) -> int:
        del place
        return 0

    async def _fetch(self, offset: int, mark: PageMark | None) -> ListPage[Resource]:
        del mark
        part = tuple(self._folders[offset : offset + self._sizes.page])
        return ListPage(part, len(self._folders), b"")


def _name_of(item: Resource) -> str:
    return item.name
