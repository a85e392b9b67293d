"""A simulator with four short songs, and a plain client that asks it."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import aiohttp
import numpy as np
import pytest
from numpy.typing import NDArray

from applemusic_simulator.conditions import Fault
from applemusic_simulator.example_client import ExampleClient
from applemusic_simulator.media.encode import encode_fragmented
from applemusic_simulator.media.package import ContentKey
from applemusic_simulator.model import Album, Artist, Catalogue, Song
from applemusic_simulator.music.render import perform
from applemusic_simulator.simulator import Simulator
from applemusic_simulator.widevine_device import TestDevice, make_test_device
from applemusic_simulator.world import World, make_world

NOW = 1_800_000_000.0
SONG = Song("1", "One", "9", "8", 1, 1, 8_000, 5, "XX", "Pop", "Nobody", "2020-01-01")


@pytest.fixture(scope="session")
def song() -> Song:
    return SONG


@pytest.fixture(scope="session")
def pcm() -> NDArray[np.int16]:
    return perform(3, "Electronic", 8 * 44_100)


@pytest.fixture(scope="session")
def clear(pcm: NDArray[np.int16]) -> bytes:
    return encode_fragmented(pcm, 256, 3)


@pytest.fixture(scope="session")
def content_key() -> ContentKey:
    return ContentKey(
        kid=bytes(4) + bytes(range(1, 13)), key=b"0123456789abcdef", iv_seed=b"\xfe" * 8
    )


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def device(cache_dir: Path) -> TestDevice:
    return make_test_device(cache_dir / "test-device.wvd")


@pytest.fixture
def world() -> World:
    songs = (
        SONG,
        replace(SONG, id="2", name="Two", seed=6, genre="Jazz", duration_ms=12_345),
        replace(SONG, id="3", name="Withdrawn", playable=False),
        replace(SONG, id="4", name="Rude", content_rating="explicit"),
    )
    album = Album("8", "Album", "9", tuple(s.id for s in songs), "Pop", "2020-01-01", "1", "Label")
    catalogue = Catalogue(
        artists={"9": Artist("9", "Artist", "Pop", ("8",))},
        albums={"8": album},
        songs={s.id: s for s in songs},
    )
    return make_world(catalogue, 1, now=lambda: NOW)


@pytest.fixture
async def simulator(world: World, cache_dir: Path, device: TestDevice) -> AsyncIterator[Simulator]:
    del device  # made once for all
    async with Simulator(world=world, cache_dir=cache_dir) as simulator:
        yield simulator


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[ExampleClient]:
    async with aiohttp.ClientSession() as session:
        yield ExampleClient(
            session,
            simulator.base_urls(),
            simulator.developer_token(),
            simulator.music_user_token(),
            simulator.widevine_device(),
        )


@pytest.fixture
def break_(world: World) -> Callable[..., None]:
    """Add a fault: endpoint, kind and what else it needs."""

    def add(endpoint: str, kind: str, *, code: str = "", after_bytes: int = 0) -> None:
        world.conditions.faults.append(Fault(endpoint, kind, code=code, after_bytes=after_bytes))

    return add
