"""Reads lists of a library page by page, and tells a missing page from the end."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from applemusic_server.domain.errors import AppleMusicError, Reason, UnavailableError
from applemusic_server.domain.library import LibraryScope
from applemusic_server.domain.resources import Page, Resource
from applemusic_server.upstream.api_client import (
    ApiClient,
    Digested,
    Missing,
    Question,
    UserToken,
)
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.parse.resource import parse_page
from applemusic_server.upstream.priority_gate import Priority

MOST_PER_PAGE = 100  # 200 is refused (reference: observed).
_TRIES = 4  # The first one and three more.
_WAIT = 0.5


@dataclass(frozen=True, slots=True)
class LibraryList:
    """A list of a library.

    Attributes:
        path: From `/v1/me/library` on; ids in it are checked by the caller.
        params: Beside limit and offset.
    """

    endpoint: Endpoint
    path: str
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParsedPage:
    """A page as it came.

    Attributes:
        page: None when it is the known one.
    """

    page: Page[Resource] | None
    digest: bytes


class LibraryLists:
    """Reads the pages of lists.

    Args:
        api: Asks Apple.
        sleep: Waits before a missing page is asked for again, in seconds.
    """

    def __init__(
        self, api: ApiClient, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._api = api
        self._sleep = sleep

    async def ask(self, which: LibraryList, scope: LibraryScope) -> JsonReader | Missing:
        """Ask once."""
        return await self._api.get(question(which, scope))

    async def page(
        self,
        which: LibraryList,
        scope: LibraryScope,
        *,
        limit: int,
        offset: int,
        known: bytes = b"",
    ) -> ParsedPage | Missing:
        """Return a page; Missing when the list has none at all, i.e. for the first page only.

        Raises:
            UnavailableError: UPSTREAM_LIST_TRUNCATED.
        """
        sized = replace(
            which,
            params={
                "limit": str(limit),
                **({"offset": str(offset)} if offset else {}),
                **which.params,
            },
        )
        for tries in range(1, _TRIES + 1):
            answer = await self._api.get_unless(question(sized, scope), known)
            if isinstance(answer, Missing):
                if offset == 0:
                    return answer
            elif (parsed := _parsed(answer, offset, limit)) is not None:
                return parsed
            if tries < _TRIES:
                await self._sleep(_WAIT * tries)
        if offset and await self._ends_before(which, scope, offset):
            return ParsedPage(Page(total_count=offset), b"")
        raise _truncated(which.endpoint)

    async def _ends_before(self, which: LibraryList, scope: LibraryScope, offset: int) -> bool:
        """Whether the list has become so short that a page that was promised is past its end."""
        first = replace(which, params={**which.params, "limit": "1"})
        answer = await self._api.get(question(first, scope))
        if isinstance(answer, Missing):
            return True
        meta = answer.child("meta")
        return bool(meta and meta.has("total")) and parse_page(answer, 0).total_count <= offset


def question(which: LibraryList, scope: LibraryScope) -> Question:
    """Return how to ask Apple."""
    listener = scope.listener
    return Question(
        which.endpoint,
        f"/v1/me/library{which.path}",
        {**which.params, **({"l": scope.language} if scope.language else {})},
        user=UserToken(listener.account_id, listener.music_user_token),
        priority=Priority.BACKGROUND if scope.background else Priority.INTERACTIVE,
    )


def _parsed(answer: Digested, offset: int, limit: int) -> ParsedPage | None:
    """Parse a page; None when it holds less than it must and promises no more."""
    if answer.content is None:
        return ParsedPage(None, answer.digest)
    page = parse_page(answer.content, offset)
    rows = sum(1 for _ in answer.content.children("data"))
    expected = min(limit, page.total_count - offset)
    if page.next_offset is None and rows < expected:
        return None
    if offset and rows == 0:
        return None
    return ParsedPage(page, answer.digest)


def _truncated(endpoint: Endpoint) -> AppleMusicError:
    return UnavailableError(
        Reason.UPSTREAM_LIST_TRUNCATED,
        "Apple promised a further page and does not have it; the list is not complete",
        metadata={"endpoint": endpoint},
    )
