"""One request to the API after its tokens were checked, and what a handler answers."""

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import web

from applemusic_simulator.accounts import Account
from applemusic_simulator.api.kept_answers import KeptAnswers
from applemusic_simulator.api.query import Query
from applemusic_simulator.conditions import Conditions
from applemusic_simulator.developer_tokens import Team
from applemusic_simulator.errors import AppleError, bad_body, forbidden, no_related, of_status
from applemusic_simulator.hosts import AMP_API, API, origin_of
from applemusic_simulator.network import Handler
from applemusic_simulator.world import World


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler gets.

    Attributes:
        host: Which of Apple's hosts was asked.
        path: Root-relative, as it stands in `href` and `next`: `/v1/...`.
        names: The variable parts of the path.
        origin: The simulator's own address, for artwork.
        account: The listener; None where the route needs none and no good token came along.
        payload: The body as it came.
    """

    host: str
    path: str
    names: Mapping[str, str]
    query: Query
    origin: str
    team: Team
    account: Account | None
    payload: bytes

    @property
    def listener(self) -> Account:
        """The account, where there must be one.

        Raises:
            AppleError: 403 40300, nobody is signed in.
        """
        if self.account is None:
            raise forbidden()
        return self.account

    def json(self) -> Mapping[str, Any]:
        """The body as a JSON object; without a body an empty one.

        Raises:
            AppleError: 400, it is something else.
        """
        try:
            body = json.loads(self.payload) if self.payload else {}
        except ValueError as error:
            raise bad_body("") from error
        if not isinstance(body, dict):
            raise bad_body("")
        return body


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON body; None sends none."""

    body: Mapping[str, Any] | None
    status: int = 200


PAGE_KINDS = frozenset({"lost-page", "empty-page", "no-next", "short-page"})
"""Faults of `api` for pages of lists: 404 40403, `{}`, the page without its `next`, half the page.
They wait for a list; `no-next` for one that goes on."""


def spoilt(answer: Answer, path: str, subject: str, conditions: Conditions) -> Answer:
    """An answer after the faults for pages.

    Raises:
        AppleError: 404 40403, the page is said not to be there.
    """
    body = answer.body
    if body is None or not isinstance(body.get("data"), list):
        return answer
    kinds = PAGE_KINDS if "next" in body else PAGE_KINDS - {"no-next"}
    fault = conditions.take("api", subject, kinds=kinds)
    if fault is None:
        return answer
    if fault.kind == "lost-page":
        raise no_related(path.rsplit("/", 1)[-1])
    if fault.kind == "empty-page":
        return Answer({})
    if fault.kind == "no-next":
        return Answer({name: value for name, value in body.items() if name != "next"})
    return Answer({**body, "data": body["data"][: len(body["data"]) // 2]})


@dataclass(frozen=True, slots=True)
class Route:
    """A path below `/v1` and who answers it.

    Attributes:
        listener: A valid music user token is needed, else 403.
        hosts: Apple's hosts that know the path.
        version: What an answer follows from beside the address asked for: as long as that is equal,
            it is the same to the byte. None where it has to be worded anew.
    """

    method: str
    path: str
    answer: Callable[[Call], Answer]
    listener: bool = False
    hosts: tuple[str, ...] = (API, AMP_API)
    version: Callable[[Call], Hashable] = lambda _: None


class Endpoints(Protocol):
    """A group of routes, e.g. the search."""

    def routes(self) -> Sequence[Route]:
        """All routes; an earlier one wins over a later one that fits too."""


def to_handler(route: Route, world: World, kept: KeptAnswers) -> Handler:
    """Check tokens and language first, then ask the route, unless its answer is kept."""

    async def handle(request: web.Request) -> web.Response:
        team = world.access.team(request)
        if not world.rate_limit.take(team.id):
            raise of_status(429)
        _check_length(request)
        account = world.access.listener(request) if route.listener else world.access.guest(request)
        host, _, rest = request.path.lstrip("/").partition("/")
        call = Call(
            host=host,
            path=f"/{rest}",
            names=request.match_info,
            query=Query(request.query),
            origin=origin_of(request),
            team=team,
            account=account,
            payload=await request.read(),
        )
        call.query.check_language()
        # A fault may want to spoil the answer.
        version = None if world.conditions.faults else route.version(call)
        if version is not None:
            key = request.path_qs, call.origin, version
            body = kept.get(key)
            if body is None:
                body = json.dumps(route.answer(call).body).encode()
                kept.put(key, body)
            return web.Response(body=body, content_type="application/json", charset="utf-8")
        answer = spoilt(route.answer(call), call.path, request.path_qs, world.conditions)
        if answer.body is None:
            return web.Response(status=answer.status)
        return web.json_response(answer.body, status=answer.status)

    return handle


def _check_length(request: web.Request) -> None:
    # A write without a body must still say `Content-Length: 0` (reference section 2).
    if request.method in ("POST", "PUT") and not (
        "Content-Length" in request.headers or "Transfer-Encoding" in request.headers
    ):
        raise AppleError(411, empty=True)
