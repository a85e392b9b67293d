"""Serves the Apple Music API under both of its hosts."""

from aiohttp import web

from applemusic_simulator import hosts
from applemusic_simulator.network import add_endpoint
from applemusic_simulator.world import World


class ApiRoutes:
    """All of `/v1`.

    Args:
        world: Catalogue, tokens and accounts.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def add_routes(self, app: web.Application) -> None:
        """Register every path under the endpoint name `api`."""
        for host in (hosts.API, hosts.AMP_API):
            add_endpoint(app, "api", "GET", f"/{host}/v1/test", self._test)

    async def _test(self, request: web.Request) -> web.Response:
        self._world.access.team(request)
        return web.Response()
