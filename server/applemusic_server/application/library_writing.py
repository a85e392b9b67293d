"""Calls that write to a library: who writes, in turn, and what a refusal means."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from applemusic_server.application.arrivals import Arrivals, catalog_scope
from applemusic_server.application.capability_memory import CapabilityMemory
from applemusic_server.application.library_memory import CLASSES, LibraryMemory
from applemusic_server.application.library_overlay import overlay_of
from applemusic_server.application.library_scope import LibraryScopes
from applemusic_server.application.once import Once
from applemusic_server.domain.capability import Capability, capability_refused
from applemusic_server.domain.errors import (
    FailedPreconditionError,
    Reason,
    UnavailableError,
    UnimplementedError,
)
from applemusic_server.domain.favorites import item_key
from applemusic_server.domain.gateways import CatalogGateway, CatalogScope, Listener
from applemusic_server.domain.library import LibraryGateway, LibraryScope
from applemusic_server.domain.library_writes import LibraryWriteGateway, Outcome
from applemusic_server.domain.resources import ReadOptions, ResourceRef, ResourceType

# Apple's writes show after at most 18 s (reference: observed); what does not show by then is not.
SETTLED_SECONDS: Final = 20.0
T = TypeVar("T")

_WAITS: Final = (0.5, 1.0, 2.0)  # Seconds; the last one again and again.


@dataclass(frozen=True)
class LibraryWriting:
    """What all writers of libraries need.

    Attributes:
        gateway: Tells Apple.
        library: Reads the library with what was written.
        apple: Reads the library as Apple shows it.
        catalog: Reads the catalog as Apple has it.
        memory: Remembers what was written.
        arrivals: Waits for what was added.
        refused: Remembers what Apple allows and refuses.
        once: Does named requests once.
        scopes: Knows whose library is meant.
        clock: Monotonic seconds.
        now: The time now, in UTC.
        sleep: Waits, in seconds.
        turns: One lock per account that writes.
    """

    gateway: LibraryWriteGateway
    library: LibraryGateway
    apple: LibraryGateway
    catalog: CatalogGateway
    memory: LibraryMemory
    arrivals: Arrivals
    refused: CapabilityMemory
    once: Once
    scopes: LibraryScopes
    clock: Callable[[], float]
    now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]
    turns: MutableMapping[str, asyncio.Lock]

    @asynccontextmanager
    async def writer(self, account: str) -> AsyncIterator["Writer"]:
        """Open a call that writes; two of one account run in turn, as Apple is to see them.

        Raises:
            AppleMusicError: As `Accounts.resolve`.
        """
        async with self.scopes.of(account, ReadOptions()) as scope:
            turn = self.turns.setdefault(scope.listener.account_id, asyncio.Lock())
            async with turn:
                yield Writer(self, scope)


class Writer:
    """A call that writes to one library.

    Args:
        writing: What writers need.
        scope: Whose library.
    """

    def __init__(self, writing: LibraryWriting, scope: LibraryScope) -> None:
        self._writing = writing
        self.scope = scope

    @property
    def listener(self) -> Listener:
        """Whose library it is."""
        return self.scope.listener

    @property
    def account_id(self) -> str:
        """The account's id."""
        return self.scope.listener.account_id

    @property
    def catalog_scope(self) -> CatalogScope:
        """How the catalog is read to learn what of it the listener has."""
        return catalog_scope(self.scope)

    def require(self, *capabilities: Capability) -> None:
        """Return unless Apple refused one of the capabilities lately.

        Raises:
            UnimplementedError: CAPABILITY_REFUSED.
        """
        for each in capabilities:
            if self._writing.refused.holds(self.account_id, each):
                raise capability_refused(each)

    def allows(self, capability: Capability) -> bool:
        """Whether Apple has not refused a capability lately."""
        return not self._writing.refused.holds(self.account_id, capability)

    @contextmanager
    def noting(self, capability: Capability) -> Iterator[None]:
        """Remember it when Apple refuses in the body."""
        try:
            yield
        except UnimplementedError as error:
            if error.reason is Reason.CAPABILITY_REFUSED:
                self._writing.refused.add(self.account_id, capability)
            raise

    async def edit(
        self,
        capability: Capability,
        send: Callable[[], Awaitable[Outcome]],
        item: ResourceRef,
    ) -> Outcome:
        """Send a write that Apple does not document, and remember what that says.

        A refusal is Apple's word about the call only if Apple refuses the same of an item that
        there is not. Otherwise it is about the item.

        Args:
            capability: What it stands for.
            send: Sends it; may be called again.
            item: What it changes.

        Returns:
            DONE, or MISSING when the library does not have the item any more.

        Raises:
            UnimplementedError: CAPABILITY_REFUSED.
            FailedPreconditionError: PLAYLIST_NOT_EDITABLE or UPSTREAM_REFUSED.
        """
        self.require(capability)
        try:
            outcome = await self.settled(send, item)
        except BaseException:
            # It may have been done, also when the caller has gone away.
            self._writing.memory.doubt(self.account_id, item_key(item))
            raise
        if outcome is Outcome.REFUSED:
            if await self._writing.gateway.permits(capability, self.listener):
                raise _not_this_one(item)
            self.refuse(capability)
        if outcome is Outcome.MISSING and await self._shows(item):
            # Either Apple does not know the call, or it shows what is gone; not remembered.
            raise capability_refused(capability)
        if outcome is Outcome.DONE:
            self._writing.refused.worked(self.account_id, capability)
        return outcome

    async def _shows(self, item: ResourceRef) -> bool:
        found = await self._writing.apple.fetch(CLASSES[item.type], [item.id], self.scope)
        return bool(found.items)

    def refuse(self, capability: Capability) -> None:
        """Remember that Apple refuses a capability.

        Raises:
            UnimplementedError: CAPABILITY_REFUSED, always.
        """
        self._writing.refused.add(self.account_id, capability)
        raise capability_refused(capability)

    async def settled(self, send: Callable[[], Awaitable[Outcome]], item: ResourceRef) -> Outcome:
        """Send, and again while Apple does not know what was made a moment ago."""
        outcome = await send()
        if outcome is not Outcome.MISSING:
            return outcome
        overlay = overlay_of(self._writing.memory, self.account_id)
        if overlay.written(item.type, item.id) is None:
            return outcome

        async def again() -> Outcome | None:
            answer = await send()
            return None if answer is Outcome.MISSING else answer

        return await self.until(again, self._writing.clock() + SETTLED_SECONDS) or outcome

    async def until(self, ask: Callable[[], Awaitable[T | None]], end: float) -> T | None:
        """Ask again and again until there is an answer; None at the end without one."""
        tries = 0
        while self._writing.clock() < end:
            await self._writing.sleep(_WAITS[min(tries, len(_WAITS) - 1)])
            tries += 1
            answer = await ask()
            if answer is not None:
                return answer
        return None


def playlist_not_editable(playlist_id: str) -> FailedPreconditionError:
    """The error for a playlist that only its owner's own apps may change."""
    return FailedPreconditionError(
        Reason.PLAYLIST_NOT_EDITABLE,
        f"Apple does not let this account change playlist {playlist_id!r}: it belongs to somebody "
        "else, or is kept by Apple. A copy of it can be changed",
        metadata={"id": playlist_id},
    )


def in_doubt(endpoint: str) -> UnavailableError:
    """The error for a write of which nobody knows whether Apple did it."""
    return UnavailableError(
        Reason.UPSTREAM_UNAVAILABLE,
        "Apple's answer was lost and does not show whether it did what was asked; look again, or "
        "repeat the request with the same request_id",
        metadata={"endpoint": endpoint, "status": "lost"},
    )


def _not_this_one(item: ResourceRef) -> FailedPreconditionError:
    if item.type is ResourceType.PLAYLIST:
        return playlist_not_editable(item.id)
    return FailedPreconditionError(
        Reason.UPSTREAM_REFUSED,
        f"Apple does not let this account change {item.type.name.lower()} {item.id!r}",
        metadata={"endpoint": "library.remove", "appleCode": "403", "status": "403"},
    )
