"""A started simulator, and ways to ask it."""

import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from applemusic_simulator.catalogue import make_catalogue
from applemusic_simulator.model import Catalogue
from applemusic_simulator.simulator import Simulator
from applemusic_simulator.world import World, make_world

NOW = 1_800_000_000.0


class _NoPlayback:
    """The API alone is under test here."""

    def add_routes(self, app: web.Application) -> None:
        del app


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return make_catalogue(1)


@pytest.fixture
def world(catalogue: Catalogue) -> World:
    return make_world(catalogue, 1, now=lambda: NOW)


@pytest.fixture
async def simulator(world: World) -> AsyncIterator[Simulator]:
    async with Simulator(world=world, media=_NoPlayback()) as simulator:
        yield simulator


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def get(
    simulator: Simulator, session: aiohttp.ClientSession
) -> Callable[..., Awaitable[tuple[int, Any]]]:
    """Ask the API with both tokens valid: path below `/v1` -> status and JSON (None if empty)."""
    headers = {
        "Authorization": f"Bearer {simulator.developer_token()}",
        "Music-User-Token": simulator.music_user_token(),
    }

    async def ask(path: str, **more: str) -> tuple[int, Any]:
        url = f"{simulator.base_urls()['api']}/v1{path}"
        async with session.get(url, headers={**headers, **more}) as response:
            body = await response.read()
            return response.status, json.loads(body) if body else None

    return ask


@pytest.fixture
def send(
    simulator: Simulator, session: aiohttp.ClientSession
) -> Callable[..., Awaitable[tuple[int, Any]]]:
    """Write with both tokens valid: method, path below `/v1`, body -> status and JSON."""
    headers = {
        "Authorization": f"Bearer {simulator.developer_token()}",
        "Music-User-Token": simulator.music_user_token(),
    }

    async def ask(method: str, path: str, body: object = None) -> tuple[int, Any]:
        url = f"{simulator.base_urls()['api']}/v1{path}"
        async with session.request(method, url, headers=headers, json=body) as response:
            answer = await response.read()
            return response.status, json.loads(answer) if answer else None

    return ask


@pytest.fixture
def control(
    simulator: Simulator, session: aiohttp.ClientSession
) -> Callable[..., Awaitable[tuple[int, Any]]]:
    """Ask the control API: method, path below `/control`, body -> status and JSON."""

    async def ask(method: str, path: str, body: object = None) -> tuple[int, Any]:
        url = f"{simulator.url}/control{path}"
        async with session.request(method, url, json=body) as response:
            return response.status, await response.json()

    return ask


@pytest.fixture(scope="session")
def fixtures_folder() -> Path:
    """Where Apple's recorded answers are, if they are there."""
    beside = Path(__file__).parents[3].parent / "shared" / "fixtures" / "apple"
    return Path(os.environ.get("APPLEMUSIC_FIXTURES", beside)) / "apple-docs"


@pytest.fixture(scope="session")
def recorded(fixtures_folder: Path) -> Callable[[str], Any]:
    """Load one of Apple's recorded answers by name; skip (with CI=true fail) without them."""
    folder = fixtures_folder
    if not folder.is_dir():
        message = f"recorded answers not found in {folder}; set APPLEMUSIC_FIXTURES"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)

    def load(name: str) -> Any:
        return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))

    return load
