"""One request to the API after its tokens were checked, and what a handler answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import web

from applemusic_simulator.accounts import Account
from applemusic_simulator.api.query import Query
from applemusic_simulator.developer_tokens import Team
from applemusic_simulator.hosts import origin_of
from applemusic_simulator.network import Handler
from applemusic_simulator.world import World


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler gets.

    Attributes:
        path: Root-relative, as it stands in `href` and `next`: `/v1/...`.
        names: The variable parts of the path.
        origin: The simulator's own address, for artwork.
        account: The listener where the route asks for one.
        payload: The body as it came.
    """

    path: str
    names: Mapping[str, str]
    query: Query
    origin: str
    team: Team
    account: Account | None
    payload: bytes

    @property
    def listener(self) -> Account:
        """The account of a route that needs one."""
        if self.account is None:
            raise RuntimeError(f"{self.path} is registered without listener=True")
        return self.account


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON body; None sends none."""

    body: Mapping[str, Any] | None
    status: int = 200


@dataclass(frozen=True, slots=True)
class Route:
    """A path below `/v1` and who answers it.

    Attributes:
        listener: A valid music user token is needed, else 403.
    """

    method: str
    path: str
    answer: Callable[[Call], Answer]
    listener: bool = False


class Endpoints(Protocol):
    """A group of routes, e.g. the search."""

    def routes(self) -> Sequence[Route]:
        """All routes; an earlier one wins over a later one that fits too."""


def to_handler(route: Route, world: World) -> Handler:
    """Check tokens and language first, then ask the route."""

    async def handle(request: web.Request) -> web.Response:
        team = world.access.team(request)
        account = world.access.listener(request) if route.listener else None
        _, _, rest = request.path.lstrip("/").partition("/")
        call = Call(
            path=f"/{rest}",
            names=request.match_info,
            query=Query(request.query),
            origin=origin_of(request),
            team=team,
            account=account,
            payload=await request.read(),
        )
        call.query.check_language()
        answer = route.answer(call)
        if answer.body is None:
            return web.Response(status=answer.status)
        return web.json_response(answer.body, status=answer.status)

    return handle
