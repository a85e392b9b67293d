"""The script's host and the host of Apple's sign-in window."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from aiohttp import web

from applemusic_simulator import hosts
from applemusic_simulator.accounts import Account
from applemusic_simulator.developer_tokens import DeveloperTokenError, Team
from applemusic_simulator.errors import AppleError, bad_body, forbidden, unauthorized
from applemusic_simulator.network import add_endpoint
from applemusic_simulator.world import World

SCRIPT, WINDOW = "musickit", "authorize"
_JS, _HTML = "text/javascript", "text/html"
# The window may run its own script only, and nobody may show it in a frame.
_WINDOW_RULES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class MusicKitRoutes:
    """Serves the script, the window, and what both ask for.

    Nothing is answered without a developer token that is good for the page that asks: ES256, of a
    registered team, not past its end, and of that origin if it names any.

    Args:
        world: Who may sign in, and the tokens.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def add_routes(self, app: web.Application) -> None:
        """Register everything."""
        window = f"/{hosts.AUTHORIZE}"
        script = _file("musickit.js", _JS)
        add_endpoint(app, SCRIPT, "GET", f"/{hosts.MUSICKIT}/musickit/v3/musickit.js", script)
        for name, kind in (("woa", _HTML), ("woa.js", _JS), ("woa.css", "text/css")):
            file = "woa.html" if name == "woa" else name
            add_endpoint(app, WINDOW, "GET", f"{window}/{name}", _file(file, kind))
        add_endpoint(app, WINDOW, "POST", f"{window}/listeners", self._listeners)
        add_endpoint(app, WINDOW, "POST", f"{window}/tokens", self._issue)
        # These two are asked by the page itself, from another origin.
        add_endpoint(app, WINDOW, "POST", f"{window}/check", _cross_origin(self._check))
        add_endpoint(app, WINDOW, "POST", f"{window}/revoke", _cross_origin(self._revoke))
        for name in ("check", "revoke"):
            add_endpoint(app, WINDOW, "OPTIONS", f"{window}/{name}", _cross_origin(_preflight))

    async def _check(self, request: web.Request) -> web.Response:
        """Say whether a developer token is good for the page that holds it."""
        self._world.access.team(request)
        return web.Response(status=204)

    async def _revoke(self, request: web.Request) -> web.Response:
        """Make a user token useless, as `unauthorize()` does."""
        self._world.access.listener(request)
        token = self._world.user_tokens.find(request.headers["Music-User-Token"])
        if token is not None:
            self._world.user_tokens.revoke(token)
        return web.Response(status=204)

    async def _listeners(self, request: web.Request) -> web.Response:
        """Tell the window who can sign in."""
        self._team(await _body(request))
        return web.json_response(
            [{"id": each.id, "child": each.child} for each in self._world.accounts]
        )

    async def _issue(self, request: web.Request) -> web.Response:
        """Give a listener's token to the page that opened the window."""
        body = await _body(request)
        team, account = self._team(body), self._account(body)
        token = self._world.user_tokens.issue(account.id, team.id)
        return web.json_response({"music_user_token": token}, status=201)

    def _team(self, body: Mapping[str, Any]) -> Team:
        """Whose page opened the window. The window's script names the page by what it saw."""
        try:
            return self._world.developer_tokens.check(
                str(body.get("developer_token", "")), str(body.get("origin", ""))
            )
        except DeveloperTokenError as error:
            raise unauthorized() from error

    def _account(self, body: Mapping[str, Any]) -> Account:
        account_id = body.get("account", "")
        if account_id not in self._world.accounts:
            raise bad_body("/account", "no such listener")
        account = self._world.accounts[account_id]
        if account.child:
            raise forbidden()
        return account


async def _body(request: web.Request) -> Mapping[str, Any]:
    try:
        body = json.loads(await request.read())
    except ValueError as error:
        raise bad_body("/") from error
    if not isinstance(body, dict):
        raise bad_body("/")
    return body


async def _preflight(_request: web.Request) -> web.Response:
    return web.Response(status=204)


def _file(name: str, content_type: str) -> Any:
    body = files(__package__).joinpath("static", name).read_bytes()
    headers = {"X-Content-Type-Options": "nosniff"}
    if content_type == _HTML:
        headers["Content-Security-Policy"] = _WINDOW_RULES

    async def show(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type=content_type, charset="utf-8", headers=headers)

    return show


def _cross_origin(handler: Any) -> Any:
    """Let pages of other origins read the answer, a refusal too."""

    async def answer(request: web.Request) -> web.Response:
        try:
            response: web.Response = await handler(request)
        except AppleError as error:
            response = error.response()
        response.headers.update(
            {
                "Access-Control-Allow-Origin": request.headers.get("Origin", "*"),
                "Access-Control-Allow-Headers": "authorization, music-user-token",
                "Access-Control-Allow-Methods": "POST",
                "Vary": "Origin",
            }
        )
        return response

    return answer
