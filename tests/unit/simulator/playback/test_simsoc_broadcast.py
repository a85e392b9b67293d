"""Broadcast stations: live HLS that any player plays."""

import io

import aiohttp
import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic_simulator.conditions import Fault
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


async def test_a_master_playlist_leads_to_two_bit_rates(simulator: Simulator) -> None:
    _, body = await get(simulator, "ra.7/master.m3u8")
    names = [line for line in body.decode().splitlines() if not line.startswith("#")]
    assert names == ["64/index.m3u8", "mp3/index.m3u8", "256/index.m3u8"]
    sizes = []
    for kbps in (64, 256):
        _, body = await get(simulator, f"ra.7/{kbps}/index.m3u8")
        names = [line for line in body.decode().splitlines() if not line.startswith("#")]
        sizes.append(sum([len((await get(simulator, f"ra.7/{kbps}/{n}"))[1]) for n in names]))
    assert 2 * sizes[0] < sizes[1]
    assert (await get(simulator, "ra.7/mp3/index.m3u8"))[0] == 404


@pytest.mark.parametrize("form", ["packed", "ts", "mp4"])
async def test_every_form_has_the_same_sound(simulator: Simulator, world: World, form: str) -> None:
    url = f"{simulator.url}/control/broadcast"
    async with aiohttp.ClientSession() as session:
        wanted = {"form": form, "segment_seconds": 2, "listed": 3}
        async with session.put(url, json=wanted) as response:
            assert (await response.json())["form"] == form
        async with session.put(url, json={"form": "tape"}) as response:
            assert response.status == 400
    lines = (await get(simulator, "ra.7/index.m3u8"))[1].decode().splitlines()
    assert "#EXT-X-TARGETDURATION:2" in lines
    name = lines[-1]
    _, data = await get(simulator, f"ra.7/{name}")
    if form == "mp4":
        data = (await get(simulator, "ra.7/init.mp4"))[1] + data
    with av.open(io.BytesIO(data), mode="r") as container:
        found = [bytes(packet) for packet in container.demux(audio=0) if packet.size]
    loop = await simulator.playback.broadcast.loop()
    _, segment = loop.segment(int(name.partition(".")[0]))
    with av.open(io.BytesIO(segment.data), mode="r", format="aac") as container:
        source = [bytes(packet) for packet in container.demux(audio=0) if packet.size]
    assert found == ([frame[7:] for frame in source] if form == "mp4" else source)
    world.reset()
    assert world.broadcast.form == "packed"


async def test_apples_own_stations_name_keys(simulator: Simulator) -> None:
    url = f"{simulator.base_urls()['live_radio']}/gl/ra.8/index-cmaf.m3u8"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert "METHOD=SAMPLE-AES" in await response.text()
    other = url.replace("ra.8", "ra.7")
    async with aiohttp.ClientSession() as session, session.get(other) as response:
        assert response.status == 404


async def test_broadcasts_can_go_wrong(simulator: Simulator, world: World) -> None:
    def fault(endpoint: str, kind: str) -> None:
        world.conditions.faults = [Fault(endpoint, kind, count=None)]

    before = await listed(simulator)
    fault("broadcast", "stand-still")
    assert await listed(simulator) == before
    world.clock.advance(60)
    assert await listed(simulator) == before
    fault("broadcast", "ended")
    text = (await get(simulator, "ra.7/index.m3u8"))[1].decode()
    assert text.endswith("#EXT-X-ENDLIST\n")
    fault("broadcast", "protected")
    assert b"METHOD=AES-128" in (await get(simulator, "ra.7/index.m3u8"))[1]
    fault("broadcast", "restart")
    lines = (await get(simulator, "ra.7/index.m3u8"))[1].decode().splitlines()
    (number,) = (line for line in lines if line.startswith("#EXT-X-MEDIA-SEQUENCE:"))
    assert int(number.partition(":")[2]) < 100
    fault("broadcast", "garbage")
    assert not (await get(simulator, "ra.7/index.m3u8"))[1].startswith(b"#EXTM3U")
    name = lines[-1]
    fault("broadcast-segment", "garbage")
    assert not (await get(simulator, f"ra.7/{name}"))[1].startswith(b"ID3")
    fault("broadcast-segment", "other-form")
    data = (await get(simulator, f"ra.7/{name}"))[1]
    assert (data[2] & 1, data[3] >> 6) == (0, 1)  # channels, in the ADTS header


@given(st.floats(0, 4e9), st.text(max_size=300))
def test_a_tag_says_how_long_it_is(seconds: float, title: str) -> None:
    tag = id3_tag(seconds, {"TIT2": title.encode("utf-8", "ignore").decode()})
    size = sum(byte << shift for byte, shift in zip(tag[6:10], (21, 14, 7, 0), strict=True))
    assert max(tag[6:10]) < 0x80
    assert len(tag) == size + 10
