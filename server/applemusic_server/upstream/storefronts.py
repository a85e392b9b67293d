"""Apple's storefronts, remembered for a day: they change less often than servers restart."""

import asyncio
import time
from collections.abc import Callable

from applemusic_server.domain.errors import NotFoundError, Reason
from applemusic_server.domain.gateways import Storefront
from applemusic_server.upstream.api_client import ApiClient, Missing, Question
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.parse.storefront import parse_storefronts

_KEPT_SECONDS = 24 * 3600.0


class AppleStorefronts:
    """Looks storefronts up; implements `StorefrontGateway`.

    Args:
        api: Asks Apple.
        clock: Monotonic seconds.
    """

    def __init__(self, api: ApiClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._clock = clock
        self._lock = asyncio.Lock()
        self._known: dict[str, tuple[Storefront, float]] = {}

    async def storefront(self, storefront_id: str) -> Storefront:
        """Return a storefront; `storefront_id` is two lower-case letters, which bounds the memory.

        Raises:
            NotFoundError: RESOURCE_NOT_FOUND, Apple has none of this name.
        """
        async with self._lock:
            known = self._known.get(storefront_id)
            if known is None or known[1] <= self._clock():
                known = (await self._ask(storefront_id), self._clock() + _KEPT_SECONDS)
                self._known[storefront_id] = known
            return known[0]

    async def _ask(self, storefront_id: str) -> Storefront:
        answer = await self._api.get(
            Question(Endpoint.STOREFRONTS, f"/v1/storefronts/{storefront_id}", {})
        )
        found = () if isinstance(answer, Missing) else parse_storefronts(answer)
        for each in found:
            if each.id == storefront_id:
                return each
        raise NotFoundError(
            Reason.RESOURCE_NOT_FOUND,
            f"Apple has no storefront {storefront_id!r}",
            metadata={"resourceType": "STOREFRONT", "id": storefront_id},
        )
