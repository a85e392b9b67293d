"""A server and a simulated Apple, for tests of programs that use this client.

    from applemusic.testing import SimulatedServer

    with SimulatedServer() as server:
        ...  # connect to server.target

They run as processes of their own, by their installed commands: the client never imports them. For
pytest there are fixtures in `applemusic.testing.pytest_plugin`.
"""

from applemusic.testing.errors import (
    ControlError,
    NotInstalledError,
    NotReadyError,
    SimulatedServerError,
)
from applemusic.testing.simulated_server import SimulatedServer, SimulatedServerOptions

__all__ = [
    "ControlError",
    "NotInstalledError",
    "NotReadyError",
    "SimulatedServer",
    "SimulatedServerError",
    "SimulatedServerOptions",
]
