"""Asks for catalog resources: batches by id, pages of lists, and what a full view adds."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from applemusic_server.domain.errors import NotFoundError, Reason, UnavailableError
from applemusic_server.domain.gateways import CatalogScope
from applemusic_server.domain.resources import Page, Resource
from applemusic_server.upstream.api_client import ApiClient, Missing, Question, UserToken
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.kinds import KINDS, CatalogKind
from applemusic_server.upstream.parse.resource import parse_data, parse_page

_UNKNOWN_RESOURCE = "40400"
_TRUNCATED_TRIES = 3
_TRUNCATED_WAIT = 0.5


@dataclass(frozen=True, slots=True)
class CatalogList:
    """A list that hangs on a resource.

    Attributes:
        parent: Class of the resource.
        place: Which of the parent's places it hangs on; curators have two.
        path: Behind the parent's path, e.g. `tracks` or `view/top-songs`.
        most: Items per request; beyond it Apple refuses or, with relationships, times out.
        items: Classes of its items, for what a full view adds.
        include: Further parameters.
    """

    endpoint: Endpoint
    parent: type[Resource]
    parent_id: str
    path: str
    most: int
    items: tuple[type[Resource], ...]
    include: dict[str, str]
    place: int = 0


class CatalogReader:
    """Reads for `AppleCatalog` and its neighbours.

    Args:
        api: Asks Apple.
        sleep: Waits before a missing page is asked for again, in seconds.
    """

    def __init__(
        self, api: ApiClient, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._api = api
        self._sleep = sleep

    async def ask(
        self, endpoint: Endpoint, path: str, params: dict[str, str], scope: CatalogScope
    ) -> JsonReader | Missing:
        """Ask below `/v1/catalog/{storefront}/`."""
        # A token that is not needed is not sent: a dead one must not spoil what anybody may read.
        listener = scope.listener if scope.full else None
        return await self._api.get(
            Question(
                endpoint,
                f"/v1/catalog/{scope.storefront}/{path}",
                {**params, **({"l": scope.language} if scope.language else {})},
                user=UserToken(listener.account_id, listener.music_user_token)
                if listener
                else None,
            )
        )

    async def batch(
        self,
        spec: CatalogKind,
        place: tuple[str, Endpoint],
        ids: Sequence[str],
        scope: CatalogScope,
    ) -> tuple[Resource, ...]:
        """Return those of the ids that exist; at most as many as one request may name."""
        segment, endpoint = place
        params = {"ids": ",".join(ids), **own_params(spec, scope)}
        answer = await self.ask(endpoint, segment, params, scope)
        # One unknown id can be a 404; several are a shorter list (reference: Apple docs).
        return () if isinstance(answer, Missing) else tuple(parse_data(answer))

    async def page(
        self, which: CatalogList, scope: CatalogScope, limit: int, offset: int
    ) -> Page[Resource]:
        """Return a page of a list.

        Raises:
            NotFoundError: RESOURCE_NOT_FOUND, there is no such parent.
            UnavailableError: UPSTREAM_LIST_TRUNCATED.
        """
        segment = KINDS[which.parent].places[which.place][0]
        path = f"{segment}/{which.parent_id}/{which.path}"
        params = {
            "limit": str(min(limit, which.most)),
            **which.include,
            **item_params(which.items, scope),
            **({"offset": str(offset)} if offset else {}),
        }
        for tries in range(1, _TRUNCATED_TRIES + 1):
            answer = await self.ask(which.endpoint, path, params, scope)
            if isinstance(answer, JsonReader):
                return parse_page(answer, offset)
            if offset == 0:
                return await self._empty_page(which, answer, scope)
            if tries < _TRUNCATED_TRIES:
                await self._sleep(_TRUNCATED_WAIT * tries)
        # The page before promised this one, so its absence is not the end of the list.
        raise UnavailableError(
            Reason.UPSTREAM_LIST_TRUNCATED,
            "Apple promised a further page and does not have it; the list is not complete",
            metadata={"endpoint": which.endpoint},
        )

    async def _empty_page(
        self, which: CatalogList, answer: Missing, scope: CatalogScope
    ) -> Page[Resource]:
        """Tell an empty list from an unknown parent: Apple answers 404 to both."""
        spec = KINDS[which.parent]
        parent = spec.type
        if answer.code != _UNKNOWN_RESOURCE:
            place = spec.places[which.place]
            if await self.batch(spec, place, [which.parent_id], scope):
                return Page()
        raise NotFoundError(
            Reason.RESOURCE_NOT_FOUND,
            f"there is no {parent.name.lower()} {which.parent_id!r} in storefront "
            f"{scope.storefront!r}",
            metadata={"resourceType": parent.name, "id": which.parent_id},
        )


def own_params(spec: CatalogKind, scope: CatalogScope) -> dict[str, str]:
    """Return what to ask for besides ids when all resources of the answer are of one kind."""
    params = dict(spec.inline)
    if spec.include:
        params["include"] = spec.include
    extend, relate = _full_view(spec, scope)
    if relate:
        params["relate"] = relate
    if extend:
        params["extend"] = extend
    return params


def item_params(kinds: Iterable[type[Resource]], scope: CatalogScope) -> dict[str, str]:
    """Return what a full view adds to a list whose items may be of several kinds."""
    params: dict[str, str] = {}
    for kind in kinds:
        spec = KINDS[kind]
        extend, relate = _full_view(spec, scope)
        for segment, _ in spec.places:
            if relate:
                params[f"relate[{segment}]"] = relate
            if extend:
                params[f"extend[{segment}]"] = extend
    return params


def _full_view(spec: CatalogKind, scope: CatalogScope) -> tuple[str, str]:
    if not scope.full:
        return "", ""
    extend = [spec.extend] if spec.extend else []
    personal = scope.listener is not None and spec.personal
    if personal:
        extend.append("inFavorites")
    return ",".join(extend), "library" if personal else ""
