"""What a library sync says, what it remembers between two runs, and who remembers it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from applemusic_server.domain.resources import ReadOptions, Resource, ResourceRef, ResourceType


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """What a caller asks of a sync; fields as in the contract."""

    account: str
    types: tuple[ResourceType, ...] = ()
    sync_token: str = field(default="", repr=False)
    include_playlist_tracks: bool = False
    options: ReadOptions = field(default_factory=ReadOptions)


@dataclass(frozen=True, slots=True)
class Upsert:
    """A resource is there, new or changed."""

    resource: Resource


@dataclass(frozen=True, slots=True)
class Removal:
    """A resource is not there any more; the name is as it was last seen."""

    resource: ResourceRef


@dataclass(frozen=True, slots=True)
class PlaylistTracks:
    """Some tracks of a playlist, from `start_index` on."""

    playlist_id: str
    tracks: tuple[ResourceRef, ...]
    start_index: int
    last: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the reading of a type has come."""

    type: ResourceType
    done_count: int
    total_count: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A place to go on from."""

    sync_token: str = field(repr=False)
    complete: bool
    read_time: datetime


SyncChange = Upsert | Removal | PlaylistTracks | Progress | Checkpoint

# Under which the tracks of playlists are remembered, beside the names of resource types.
TRACK_LIST = "TRACK_LIST"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is remembered of one library as read in one way.

    Attributes:
        key: Names it in the store.
        epoch: Changes when it begins anew, so that tokens of an older life are told.
        account_id: Whose library it is.
    """

    key: int
    epoch: str
    account_id: str = ""


@dataclass(frozen=True, slots=True)
class SyncRun:
    """One sync, interrupted or not.

    What it finds changed is stamped with its id and a sequence number that only ever grows. What it
    owes its caller is all that was stamped after its base began, but for the base's own stamps.

    Attributes:
        id: Of this sync.
        base: The complete sync that the caller knows; 0 for none.
    """

    snapshot: Snapshot
    id: int
    base: int

    def owes(self, sequence: int, changed_by: int) -> bool:
        """Whether the caller has not heard of a change yet."""
        return sequence > self.base and changed_by != self.base


@dataclass(frozen=True, slots=True)
class ItemMark:
    """What is remembered of an item."""

    id: str
    fingerprint: bytes
    name: str = ""


@dataclass(frozen=True, slots=True)
class LiveItem:
    """An item that is there as far as the snapshot knows."""

    id: str
    name: str
    number: int


@dataclass(frozen=True, slots=True)
class PageMark:
    """What is remembered of a page of a list.

    Attributes:
        total_count: As the page said.
        numbers: Of the items on it.
        sequence: When it last became another page.
        changed_by: The sync that saw it.
    """

    digest: bytes
    total_count: int
    numbers: Sequence[int]
    sequence: int
    changed_by: int


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page that was read and is to be remembered.

    Attributes:
        item_ids: What is on it.
    """

    offset: int
    digest: bytes
    total_count: int
    item_ids: tuple[str, ...]


class SeenItems:
    """The numbers of the items that a run has seen: one bit each."""

    def __init__(self, bits: bytes = b"") -> None:
        self._bits = bytearray(bits)

    def add(self, number: int) -> None:
        """Mark an item."""
        place = number >> 3
        if place >= len(self._bits):
            self._bits.extend(bytes(place + 1 - len(self._bits)))
        self._bits[place] |= 1 << (number & 7)

    def __contains__(self, number: int) -> bool:
        place = number >> 3
        return place < len(self._bits) and bool(self._bits[place] & 1 << (number & 7))

    def __len__(self) -> int:
        return int.from_bytes(self._bits, "little").bit_count()

    def __bytes__(self) -> bytes:
        return bytes(self._bits)


class LibrarySnapshots(Protocol):
    """Remembers libraries as they were last read. Every method may raise STORAGE_UNAVAILABLE.

    `kind` is the name of a resource type, or `TRACK_LIST`.
    """

    async def open(self, account_id: str, variant: str) -> Snapshot:
        """Return the snapshot of an account's library as read in one way; made when absent."""
        ...

    async def begin(self, snapshot: Snapshot) -> int:
        """Begin a sync and return its id, which is greater than all before."""
        ...

    async def is_known(self, snapshot: Snapshot, sync_id: int) -> bool:
        """Whether changes since that sync can still be told."""
        ...

    async def page_marks(self, run: SyncRun, kind: str) -> Mapping[int, PageMark]:
        """Return what is remembered of a list's pages, by offset."""
        ...

    async def record(
        self,
        run: SyncRun,
        kind: str,
        items: Sequence[ItemMark],
        *,
        pages: Sequence[ReadPage] = (),
        seen: SeenItems | None = None,
    ) -> tuple[bool, ...]:
        """Remember items, pages and what was seen, all or nothing; add the items to `seen`.

        Returns:
            For each item whether the caller is owed it.
        """
        ...

    async def owed(self, run: SyncRun, kind: str, ids: Sequence[str]) -> frozenset[str]:
        """Return those of the ids that are not remembered, or of which the caller is owed news."""
        ...

    async def seen(self, run: SyncRun, kind: str) -> SeenItems | None:
        """Return what was seen before the run was interrupted; None when that is not known."""
        ...

    async def live(self, run: SyncRun, kind: str, after: str, limit: int) -> Sequence[LiveItem]:
        """Return items by id, from the one behind `after` on, that are not marked removed."""
        ...

    async def remove(self, run: SyncRun, kind: str, ids: Sequence[str]) -> None:
        """Mark items removed."""
        ...

    async def removed(
        self, run: SyncRun, kind: str, after: str, limit: int
    ) -> Sequence[tuple[str, str]]:
        """Return ids and names of removed items whose removal the caller is owed, by id."""
        ...

    async def forget_pages(self, run: SyncRun, kind: str, offset: int) -> None:
        """Forget the pages of a list from an offset on."""
        ...

    async def finish(self, run: SyncRun) -> None:
        """Forget what only the interrupted run needs, and removals too old to tell."""
        ...


class Sealer(Protocol):
    """Makes texts that only this server can make."""

    def seal(self, purpose: str, content: bytes) -> str:
        """Return a text that holds the content, unreadable and unforgeable."""
        ...

    def unseal(self, purpose: str, text: str) -> bytes | None:
        """Return the content; None when this server did not make the text for this purpose."""
        ...


class SyncObserver(Protocol):
    """Hears how syncs go, for metrics; calls never raise."""

    def sync_began(self) -> None:
        """Hear that a sync begins."""
        ...

    def sync_ended(self, outcome: str, seconds: float) -> None:
        """Hear that one ended: `complete`, `cancelled` or `failed`."""
        ...

    def sync_read(self, kind: str, count: int) -> None:
        """Hear that so many items of a type were read."""
        ...

    def sync_pending(self, change: int) -> None:
        """Hear that so many items more, or fewer, are to be read than before."""
        ...

    def sync_sent(self, kind: str, change: str) -> None:
        """Hear that an `upsert`, `removal` or `playlist_tracks` was handed to the caller."""
        ...
