"""Fixtures for pytest: `pytest_plugins = ["applemusic.testing.pytest_plugin"]` in a conftest.py."""

from collections.abc import Iterator

import pytest

from applemusic.blocking import Client
from applemusic.testing.simulated_server import SimulatedServer, SimulatedServerOptions


@pytest.fixture(scope="session")
def applemusic_options() -> SimulatedServerOptions:
    """How the server is started. Override it to start it otherwise."""
    return SimulatedServerOptions()


@pytest.fixture(scope="session")
def applemusic_processes(applemusic_options: SimulatedServerOptions) -> Iterator[SimulatedServer]:
    """The server and the simulator, started once for all tests."""
    with SimulatedServer(applemusic_options) as server:
        yield server


@pytest.fixture
def applemusic_server(applemusic_processes: SimulatedServer) -> Iterator[SimulatedServer]:
    """The server, with the simulator as it was at the start: connect to its `target`."""
    yield applemusic_processes
    applemusic_processes.reset()


@pytest.fixture
def applemusic_client(applemusic_server: SimulatedServer) -> Iterator[Client]:
    """A blocking client of `applemusic_server`."""
    with Client(applemusic_server.target) as music:
        yield music
