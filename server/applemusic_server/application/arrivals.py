"""Finds out which new items of a library Apple shows by now."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final, TypeVar, cast

from applemusic_server.application.library_memory import LibraryMemory, key_of
from applemusic_server.application.library_overlay import overlay_of
from applemusic_server.domain.gateways import CatalogGateway, CatalogScope
from applemusic_server.domain.library import LibraryGateway, LibraryScope
from applemusic_server.domain.resources import PlaylistFolder, Resource

R = TypeVar("R", bound=Resource)

_WAITS: Final = (0.5, 1.0, 2.0, 3.0)  # Seconds; the last one again and again.


class Arrivals:
    """Asks Apple about what was made or added a moment ago.

    Args:
        library: Asks about what has a library id.
        memory: What was written.
        catalog: Tells the library ids of what was added by its catalog id.
        sleep: Waits, in seconds.
    """

    def __init__(
        self,
        library: LibraryGateway,
        memory: LibraryMemory,
        catalog: CatalogGateway,
        *,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._library = library
        self._memory = memory
        self._catalog = catalog
        self._sleep = sleep

    async def awaited(self, kind: type[R], scope: LibraryScope) -> tuple[R, ...]:
        """Return new items that Apple does not show yet, the newest first; note the others."""
        account = scope.listener.account_id
        waiting = overlay_of(self._memory, account).awaited(kind)
        made = [each for each in waiting if is_made(each)]
        added = [each for each in waiting if not is_made(each)]
        shown: dict[Any, Resource] = {}
        if made:
            answer = await self._library.fetch(kind, [each.id for each in made], scope)
            shown.update((key_of(each), each) for each in answer.items)
        if added:
            shown.update(await self._given(kind, added, scope))
        self._memory.arrived(account, shown)
        return tuple(each for each in waiting if key_of(each) not in shown)

    async def wait(self, kind: type[Any], scope: LibraryScope) -> None:
        """Return when everything that was added has its library id, or is not awaited any more.

        Ends since writes are remembered for a short time only.
        """
        tries = 0
        while any(not is_made(each) for each in await self.awaited(kind, scope)):
            await self._sleep(_WAITS[min(tries, len(_WAITS) - 1)])
            tries += 1

    async def _given(
        self, kind: type[R], added: list[R], scope: LibraryScope
    ) -> dict[Any, Resource]:
        """Return what has got a library id, by the key under which it was added."""
        ids = [each.id for each in added]
        found = await self._catalog.fetch(kind, ids, catalog_scope(scope))
        overlay = overlay_of(self._memory, scope.listener.account_id)
        given: dict[Any, Resource] = {}
        for item in found.items:
            library_id: str = getattr(item, "library_id", "")
            # What was removed before it was added again shows for a while under its old id.
            if library_id and not overlay.is_gone(key_of(item)[0], library_id):
                given[key_of(item)] = cast("Resource", replace(item, id=library_id))
        return given


def is_made(item: Resource) -> bool:
    """Whether a new item has the id that it will keep: what is made has, what is added has not."""
    return isinstance(item, PlaylistFolder) or getattr(item, "library_id", "") == item.id


def catalog_scope(scope: LibraryScope) -> CatalogScope:
    """How the catalog is read to learn what of it the listener has."""
    listener = scope.listener
    return CatalogScope(listener.storefront, scope.language, full=True, listener=listener)
