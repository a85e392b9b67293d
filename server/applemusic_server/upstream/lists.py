"""Lists that Apple gives in pages smaller than ours: as many requests as one page of ours needs."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from applemusic_server.domain.errors import Reason, UnavailableError
from applemusic_server.domain.resources import Page, Resource
from applemusic_server.upstream.api_client import ApiClient, Missing, Question, UserToken
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.parse.resource import parse_page

R = TypeVar("R", bound=Resource)
T = TypeVar("T")

_TRIES: Final = 3
_WAIT_SECONDS: Final = 0.5
# A page of ours is 100 at most and Apple's 10 at least; beyond that something does not lead on.
_MOST_REQUESTS: Final = 12
_OPTIONAL: Final = frozenset({"l", "limit", "include", "extend", "relate", "types"})


@dataclass(frozen=True, slots=True)
class AppleList:
    """A list and how it is asked for.

    Attributes:
        most: Items per request; Apple refuses more.
        missing: Says what a 404 to the first page means by raising; an empty list when it returns.
    """

    endpoint: Endpoint
    path: str
    most: int
    params: Mapping[str, str] = field(default_factory=dict)
    user: UserToken | None = None
    missing: Callable[[Missing], None] = lambda _: None


class ListReader:
    """Reads pages of any size.

    Args:
        api: Asks Apple.
        sleep: Waits before a missing page is asked for again, in seconds.
    """

    def __init__(
        self, api: ApiClient, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._api = api
        self._sleep = sleep

    async def read(
        self, which: AppleList, kinds: tuple[type[R], ...], *, limit: int, offset: int
    ) -> Page[R]:
        """Return up to `limit` resources of some kinds from `offset` on.

        What comes in other kinds, or without attributes, is passed over, and the page filled up.

        Raises:
            UnavailableError: UPSTREAM_LIST_TRUNCATED, a page that was promised is missing.
            AppleMusicError: As `ApiClient.get`, and what `which.missing` raises.
        """

        def parse(answer: JsonReader, begin: int) -> Page[R]:
            page = parse_page(answer, begin)
            items = tuple(each for each in page.items if isinstance(each, kinds))
            return Page(items, page.next_offset, page.total_count)

        return await self.read_parsed(which, parse, limit=limit, offset=offset)

    async def read_parsed(
        self,
        which: AppleList,
        parse: Callable[[JsonReader, int], Page[T]],
        *,
        limit: int,
        offset: int,
    ) -> Page[T]:
        """Return up to `limit` of whatever `parse` makes of pages; otherwise as `read`."""
        items: list[T] = []
        place: int | None = offset
        for _ in range(_MOST_REQUESTS):
            begin = place or 0
            page = await self._page(which, parse, min(limit - len(items), which.most), begin)
            surplus = len(items) + len(page.items) - limit
            if surplus > 0:
                # Apple sent more than was asked for: the rest of its page is our next one.
                items.extend(page.items[:-surplus])
                return Page(tuple(items), begin + len(page.items) - surplus)
            items.extend(page.items)
            place = page.next_offset
            if place is None or surplus == 0:
                break
        return Page(tuple(items), place)

    async def _page(
        self,
        which: AppleList,
        parse: Callable[[JsonReader, int], Page[T]],
        limit: int,
        offset: int,
    ) -> Page[T]:
        params = {
            "limit": str(limit),
            **which.params,
            **({"offset": str(offset)} if offset else {}),
        }
        question = Question(which.endpoint, which.path, params, which.user, optional=_OPTIONAL)
        for tries in range(1, _TRIES + 1):
            answer = await self._api.get(question)
            if not isinstance(answer, Missing):
                return parse(answer, offset)
            if offset == 0:
                which.missing(answer)
                return Page()
            if tries < _TRIES:
                await self._sleep(_WAIT_SECONDS * tries)
        # The page before promised this one, so its absence is not the end of the list.
        raise UnavailableError(
            Reason.UPSTREAM_LIST_TRUNCATED,
            "Apple promised a further page and does not have it; the list is not complete",
            metadata={"endpoint": which.endpoint},
        )
