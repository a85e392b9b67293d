"""A server that misbehaves on demand, the simulator, and what stands before them."""

from collections.abc import AsyncIterator
from dataclasses import fields

import pytest

from applemusic_server.upstream.catalog import AppleCatalog
from applemusic_server.upstream.catalog_reader import CatalogReader
from applemusic_server.upstream.endpoints import Endpoints
from applemusic_simulator.simulator import Simulator
from tests.support.apple_server import (
    AppleServer,
    FixedToken,
    Upstream,
    endpoints_at,
    open_upstream,
)


@pytest.fixture
async def apple() -> AsyncIterator[AppleServer]:
    async with AppleServer() as server:
        yield server


@pytest.fixture
async def upstream(apple: AppleServer) -> AsyncIterator[Upstream]:
    built = open_upstream(endpoints_at(apple.url))
    async with built.session:
        yield built


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(seed=1) as running:
        yield running


@pytest.fixture
async def simulated(simulator: Simulator) -> AsyncIterator[Upstream]:
    # The simulator also stands for hosts that the server does not ask.
    known = {field.name for field in fields(Endpoints)}
    urls = simulator.base_urls().items()
    endpoints = Endpoints(**{name: url for name, url in urls if name in known})
    built = open_upstream(endpoints, FixedToken(simulator.developer_token()))
    async with built.session:
        yield built


@pytest.fixture
def catalog(simulated: Upstream) -> AppleCatalog:
    return AppleCatalog(simulated.api, sleep=simulated.time.sleep)


@pytest.fixture
def reader(simulated: Upstream) -> CatalogReader:
    return CatalogReader(simulated.api, sleep=simulated.time.sleep)
