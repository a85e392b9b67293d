"""`renewMusicToken` and `webPlayerLogout`: the life of a music user token (reference 1.4)."""

from aiohttp import web

from applemusic_simulator import hosts
from applemusic_simulator.errors import AppleError
from applemusic_simulator.network import add_endpoint
from applemusic_simulator.playback.web_playback import ACTIONS
from applemusic_simulator.user_tokens import TokenState, UserToken
from applemusic_simulator.world import World

RENEWAL_ENDPOINT = "renewMusicToken"
LOGOUT_ENDPOINT = "webPlayerLogout"
# The two spellings that were seen there; the playback actions know others.
_HEADERS = ("X-Apple-Music-User-Token", "Music-User-Token")
_GONE = {
    "error": "No token found",
    "error_description": "The token does not exist, it may have been revoked by the user.",
}


class Renewal:
    """Answers renewals and logouts.

    Args:
        world: Tokens, and how they are renewed.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def add_routes(self, app: web.Application) -> None:
        """Register under both playback hosts."""
        for host in (hosts.PLAY, hosts.PLAY_MUSIC):
            actions = f"/{host}/{ACTIONS}"
            add_endpoint(app, RENEWAL_ENDPOINT, "POST", f"{actions}/renewMusicToken", self._renew)
            add_endpoint(app, LOGOUT_ENDPOINT, "POST", f"{actions}/webPlayerLogout", self._logout)

    async def _renew(self, request: web.Request) -> web.Response:
        """Give a new token for one that is valid or expired, but not for a revoked one."""
        token = self._token(request)
        settings = self._world.renewal
        if token is None or settings.answer == "refuse":
            return web.json_response(_GONE, status=401)
        if settings.answer == "none":
            return web.json_response({})
        if settings.answer == "same":
            return web.json_response({"music-token": token.value})
        tokens = self._world.user_tokens
        new = tokens.issue(token.account_id, token.team_id, settings.lifetime)
        issued = tokens.find(new)
        if settings.answer == "dead" and issued is not None:
            tokens.revoke(issued)
        if settings.revoke_old:
            tokens.revoke(token)
        return web.json_response({"music-token": new})

    async def _logout(self, request: web.Request) -> web.Response:
        """Take a token back, for every client that holds it."""
        token = self._token(request)
        if token is not None and not self._world.renewal.keep_after_logout:
            self._world.user_tokens.revoke(token)
        return web.json_response({"status": 0})

    def _token(self, request: web.Request) -> UserToken | None:
        """Return a token of the team that asks, unless it was taken back.

        Raises:
            AppleError: 401 for the developer token, 411 without a length.
        """
        team = self._world.access.team(request)
        if "Content-Length" not in request.headers:
            raise AppleError(411, empty=True)
        value = next((request.headers[name] for name in _HEADERS if name in request.headers), "")
        token = self._world.user_tokens.find(value.strip())
        if token is None or token.team_id != team.id:
            return None
        return None if token.state(self._world.clock()) is TokenState.REVOKED else token
