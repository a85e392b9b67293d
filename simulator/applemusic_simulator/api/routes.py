"""Serves the Apple Music API under both of its hosts.

A further part of the API (library, ratings, radio, ...) is one more `Endpoints` in `_parts`.
"""

from aiohttp import web

from applemusic_simulator import hosts
from applemusic_simulator.api.call import Answer, Call, Endpoints, Route, to_handler
from applemusic_simulator.api.catalog import CatalogEndpoints
from applemusic_simulator.api.charts import ChartEndpoints
from applemusic_simulator.api.favorites import FavoriteEndpoints
from applemusic_simulator.api.finder import Finder
from applemusic_simulator.api.history import HistoryEndpoints
from applemusic_simulator.api.index import CatalogueIndex
from applemusic_simulator.api.kept_answers import KeptAnswers
from applemusic_simulator.api.lyrics import LyricsEndpoints
from applemusic_simulator.api.me import MeEndpoints
from applemusic_simulator.api.play_assets import PlayAssetEndpoints
from applemusic_simulator.api.radio import RadioEndpoints
from applemusic_simulator.api.ratings import RatingEndpoints
from applemusic_simulator.api.recommendations import RecommendationEndpoints
from applemusic_simulator.api.replay import ReplayEndpoints
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
        catalog = CatalogEndpoints(index, world.social)
        library = LibraryReads(catalog.listener_writer, world.catalogue, world.libraries)
        self._parts: tuple[Endpoints, ...] = (
            LibrarySearch(library),
            LibraryWrites(library, world.libraries, world.clock),
            library,
            StorefrontEndpoints(),
            MeEndpoints(),
            SearchEndpoints(Finder(index), catalog.writer),
            ChartEndpoints(index, catalog.writer),
            *_social_parts(world, catalog),
            catalog,
        )

    def add_routes(self, app: web.Application) -> None:
        """Register every path under the endpoint name `api`."""
        routes = [Route("GET", "/test", _test)]
        routes += [route for part in self._parts for route in part.routes()]
        routes.append(Route("*", "/{rest:.*}", _unknown))
        kept = KeptAnswers()
        for host in (hosts.API, hosts.AMP_API):
            for route in (route for route in routes if host in route.hosts):
                handler = to_handler(route, self._world, kept)
                add_endpoint(app, "api", route.method, f"/{host}/v1{route.path}", handler)


def _social_parts(world: World, catalog: CatalogEndpoints) -> tuple[Endpoints, ...]:
    social, writer = world.social, catalog.listener_writer
    return (
        RatingEndpoints(social, catalog.exists),
        FavoriteEndpoints(social, catalog.exists),
        RadioEndpoints(world.catalogue, social, writer),
        PlayAssetEndpoints(social),
        LyricsEndpoints(world.catalogue.songs, social),
        RecommendationEndpoints(social, writer),
        HistoryEndpoints(social, writer),
        ReplayEndpoints(social, writer),
    )


def _test(_call: Call) -> Answer:
    return Answer(None)


def _unknown(_call: Call) -> Answer:
    raise not_found()
