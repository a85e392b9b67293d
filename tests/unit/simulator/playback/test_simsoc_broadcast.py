"""Broadcast stations: live HLS that any player plays."""

import io

import aiohttp
import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic_simulator.media.adts import id3_tag
from applemusic_simulator.model import Catalogue, Station
from applemusic_simulator.simulator import Simulator
from applemusic_simulator.world import World, make_world

NOW = 1_800_000_000.0
RADIO = Station("ra.7", "Frogs", "All frogs.", is_live=True, provider="Low Marsh")
APPLES = Station("ra.8", "One", "Music.", is_live=True)


@pytest.fixture
def world(world: World) -> World:
    catalogue = world.catalogue
    stations = {station.id: station for station in (RADIO, APPLES)}
    return make_world(
        Catalogue(
            artists=catalogue.artists,
            albums=catalogue.albums,
            songs=catalogue.songs,
            stations=stations,
        ),
        1,
        now=lambda: NOW,
    )


async def get(simulator: Simulator, path: str) -> tuple[int, bytes]:
    url = f"{simulator.base_urls()['live_radio']}/broadcast/{path}"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.read()


async def listed(simulator: Simulator) -> list[str]:
    status, body = await get(simulator, "ra.7/index.m3u8")
    assert status == 200
    lines = body.decode().splitlines()
    assert lines[0] == "#EXTM3U"
    assert "#EXT-X-ENDLIST" not in lines
    assert not [line for line in lines if "KEY" in line]
    names = [line for line in lines if not line.startswith("#")]
    (first,) = (line for line in lines if line.startswith("#EXT-X-MEDIA-SEQUENCE:"))
    assert names[0] == f"{first.partition(':')[2]}.aac"
    return names


async def test_the_list_moves_with_the_clock(simulator: Simulator, world: World) -> None:
    before = await listed(simulator)
    assert len(before) == 4
    world.clock.advance(6.5)
    after = await listed(simulator)
    shift = int(after[0].removesuffix(".aac")) - int(before[0].removesuffix(".aac"))
    assert shift in (1, 2)
    assert after[:-shift] == before[shift:]
    assert (await get(simulator, f"ra.7/{before[0]}"))[0] == 200
    world.clock.advance(120)
    assert (await get(simulator, f"ra.7/{before[0]}"))[0] == 404
    upcoming = int((await listed(simulator))[-1].removesuffix(".aac")) + 1
    assert (await get(simulator, f"ra.7/{upcoming}.aac"))[0] == 404


async def test_segments_follow_each_other_and_decode(simulator: Simulator, world: World) -> None:
    sound, names = b"", dict[str, None]()
    for _ in range(4):
        for name in await listed(simulator):
            if name not in names:
                names[name] = None
                _, segment = await get(simulator, f"ra.7/{name}")
                assert segment.startswith(b"ID3\x04")
                assert b"TPE1" in segment
                size = int.from_bytes(segment[8:10], "big") & 0x7F | (segment[8] & 0x7F) << 7
                sound += segment[10 + size :]
        world.clock.advance(6)
    numbers = [int(name.removesuffix(".aac")) for name in names]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    with av.open(io.BytesIO(sound), mode="r", format="aac") as container:
        frames = list(container.decode(audio=0))
    assert frames[0].sample_rate == 44_100
    assert sum(frame.samples for frame in frames) / 44_100 > 20
    assert max(float(np.abs(frame.to_ndarray()).max()) for frame in frames) > 0.05


async def test_others_are_not_on_the_air_here(simulator: Simulator) -> None:
    assert (await get(simulator, "ra.8/index.m3u8"))[0] == 404
    assert (await get(simulator, "ra.9/index.m3u8"))[0] == 404


@given(st.floats(0, 4e9), st.text(max_size=300))
def test_a_tag_says_how_long_it_is(seconds: float, title: str) -> None:
    tag = id3_tag(seconds, {"TIT2": title.encode("utf-8", "ignore").decode()})
    size = sum(byte << shift for byte, shift in zip(tag[6:10], (21, 14, 7, 0), strict=True))
    assert max(tag[6:10]) < 0x80
    assert len(tag) == size + 10
