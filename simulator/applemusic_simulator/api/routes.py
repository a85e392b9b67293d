"""Serves the Apple Music API under both of its hosts.

A further part of the API (library, ratings, radio, ...) is one more `Endpoints` in `_parts`.
"""

from aiohttp import web

from applemusic_simulator import hosts
from applemusic_simulator.api.call import Answer, Call, Endpoints, Route, to_handler
from applemusic_simulator.api.catalog import CatalogEndpoints
from applemusic_simulator.api.charts import ChartEndpoints
from applemusic_simulator.api.finder import Finder
from applemusic_simulator.api.index import CatalogueIndex
from applemusic_simulator.api.me import MeEndpoints
from applemusic_simulator.api.search import SearchEndpoints
from applemusic_simulator.api.storefronts import StorefrontEndpoints
from applemusic_simulator.errors import not_found
from applemusic_simulator.library.api.reads import LibraryReads
from applemusic_simulator.library.api.search import LibrarySearch
from applemusic_simulator.library.api.writes import LibraryWrites
from applemusic_simulator.network import add_endpoint
from applemusic_simulator.world import World


class ApiRoutes:
    """All of `/v1`.

    Args:
        world: Catalogue, tokens and accounts.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        index = CatalogueIndex(world.catalogue)
        catalog = CatalogEndpoints(index)
        library = LibraryReads(index, world.libraries)
        self._parts: tuple[Endpoints, ...] = (
            LibrarySearch(library),
            LibraryWrites(library, world.libraries, world.clock),
            library,
            StorefrontEndpoints(),
            MeEndpoints(),
            SearchEndpoints(Finder(index), catalog.writer),
            ChartEndpoints(index, catalog.writer),
            catalog,
        )

    def add_routes(self, app: web.Application) -> None:
        """Register every path under the endpoint name `api`."""
        routes = [Route("GET", "/test", _test)]
        routes += [route for part in self._parts for route in part.routes()]
        routes.append(Route("*", "/{rest:.*}", _unknown))
        for host in (hosts.API, hosts.AMP_API):
            for route in (route for route in routes if host in route.hosts):
                handler = to_handler(route, self._world)
                add_endpoint(app, "api", route.method, f"/{host}/v1{route.path}", handler)


def _test(_call: Call) -> Answer:
    return Answer(None)


def _unknown(_call: Call) -> Answer:
    raise not_found()
