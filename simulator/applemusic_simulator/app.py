"""Puts the simulated hosts together into one application."""

import asyncio
from typing import Protocol

from aiohttp import web

from applemusic_simulator.api.routes import ApiRoutes
from applemusic_simulator.artwork import ArtworkRoutes
from applemusic_simulator.control import ControlRoutes
from applemusic_simulator.library.control import LibraryControl
from applemusic_simulator.musickit.routes import MusicKitRoutes
from applemusic_simulator.network import Network, Sleep
from applemusic_simulator.social_control import SocialControlRoutes
from applemusic_simulator.world import World


class Routes(Protocol):
    """A part of the simulator that answers some paths."""

    def add_routes(self, app: web.Application) -> None:
        """Register with `network.add_endpoint`, so that conditions and log apply."""


def create_app(
    world: World, media: Routes | None = None, *, sleep: Sleep = asyncio.sleep
) -> web.Application:
    """The application for all hosts.

    Args:
        world: What it serves and obeys.
        media: Playback, licence and CDN; without it those paths answer 404.
        sleep: Waits for latency and bandwidth.
    """
    app = web.Application()
    Network(world.conditions, world.requests, world.monotonic, sleep).attach(app)
    parts: list[Routes] = [
        ApiRoutes(world),
        ArtworkRoutes(world),
        ControlRoutes(world),
        LibraryControl(world),
        MusicKitRoutes(world),
        SocialControlRoutes(world),
    ]
    if media is not None:
        parts.append(media)
    for part in parts:
        part.add_routes(app)
    return app
