"""Every wording of the playlist is understood by an independent reader and names the same bytes."""

import base64
from itertools import pairwise

import m3u8
import pytest

from applemusic_simulator.conditions import Fault
from applemusic_simulator.example_client import ExampleClient
from applemusic_simulator.media.playlist import FOREIGN_FOLDER, LAYOUTS, write_playlist
from applemusic_simulator.media.variant import Variant
from applemusic_simulator.model import Song
from applemusic_simulator.simulator import Simulator
from applemusic_simulator.world import World

NAMES = {"absolute": "http://cdn.test/a/f.mp4", "foreign": f"{FOREIGN_FOLDER}/f.mp4"}


@pytest.mark.parametrize("name", sorted(LAYOUTS))
async def test_segments_cover_the_file_without_gaps(
    simulator: Simulator, song: Song, name: str
) -> None:
    asset = await simulator.playback.store.asset(song, Variant(fragment_seconds=3))
    text = write_playlist(asset, "f.mp4", LAYOUTS[name], "http://cdn.test/a")
    playlist = m3u8.loads(text)
    ranges = [tuple(map(int, segment.byterange.split("@"))) for segment in playlist.segments]
    assert ranges[0][1] == asset.index.init_size
    assert all(size + start == following for (size, start), (_, following) in pairwise(ranges))
    assert sum(ranges[-1]) == asset.index.size
    assert {segment.uri for segment in playlist.segments} == {NAMES.get(name, "f.mp4")}
    assert playlist.is_endlist
    seconds = sum(segment.duration for segment in playlist.segments)
    assert seconds == pytest.approx(8 + 1024 / 44_100, abs=1e-4)
    assert playlist.target_duration >= max(segment.duration for segment in playlist.segments)


@pytest.mark.parametrize("name", sorted(LAYOUTS))
async def test_key_line_names_the_key_id(simulator: Simulator, song: Song, name: str) -> None:
    asset = await simulator.playback.store.asset(song)
    playlist = m3u8.loads(write_playlist(asset, "f.mp4", LAYOUTS[name]))
    keys = [key for key in playlist.keys if key is not None and key.keyformat is None]
    assert [key.method for key in keys] == ["ISO-23001-7"]
    assert base64.b64decode(keys[0].uri.removeprefix("data:;base64,")) == asset.kid


async def test_the_two_known_models(simulator: Simulator, song: Song) -> None:
    asset = await simulator.playback.store.asset(song)
    lines = write_playlist(asset, "f.mp4", LAYOUTS["default"]).splitlines()
    kid = base64.b64encode(asset.kid).decode()
    assert lines[1] == "#EXT-X-VERSION:7"
    assert lines[5:7] == [
        f'#EXT-X-KEY:METHOD=ISO-23001-7,URI="data:;base64,{kid}"',
        f'#EXT-X-MAP:URI="f.mp4",BYTERANGE="{asset.index.init_size}@0"',
    ]
    lines = write_playlist(asset, "f.mp4", LAYOUTS["compact"]).splitlines()
    assert lines[1] == "#EXT-X-VERSION:6"
    assert lines[4] == '#EXT-X-MAP:URI="f.mp4"'
    assert lines[5].startswith("#EXT-X-KEY:METHOD=ISO-23001-7,URI=")


async def test_other_key_lines_are_there_on_demand(simulator: Simulator, song: Song) -> None:
    asset = await simulator.playback.store.asset(song)
    text = write_playlist(asset, "f.mp4", LAYOUTS["many-keys"])
    assert [key.keyformat for key in m3u8.loads(text).keys] == [
        "com.apple.streamingkeydelivery",
        "com.microsoft.playready",
        None,
    ]
    assert 'URI="skd://' in text


@pytest.mark.parametrize("name", sorted(set(LAYOUTS) - {"foreign"}))
async def test_settings_choose_what_is_served(
    world: World, client: ExampleClient, name: str
) -> None:
    world.playback.change("3s-iv16-sidx", name)
    resolved = await client.resolve("1")
    assert "/3s-256k-iv16-both-sidx/" in resolved.playlist_url
    assert f"#EXT-X-VERSION:{LAYOUTS[name].version}\n" in resolved.playlist
    assert (await client.request("GET", resolved.file_url)).status == 200


async def test_content_type_and_unknown_addresses(client: ExampleClient) -> None:
    url = (await client.resolve("1")).playlist_url
    answer = await client.request("GET", url)
    assert answer.headers["Content-Type"] == "application/x-mpegURL"
    for right, wrong in (
        ("/default/", "/odd/"),
        ("/1/", "/77/"),
        ("ctrp256.", "cbcp32."),
        ("15s-256k-iv8", "15s-256k-iv9"),
    ):
        assert right in url
        assert (await client.request("GET", url.replace(right, wrong))).status == 404


def _fault(kind: str, after_bytes: int = 0) -> Fault:
    return Fault("playlist", kind, after_bytes=after_bytes)


async def test_faults_of_the_playlist(client: ExampleClient, world: World) -> None:
    url = (await client.resolve("1")).playlist_url
    from_faults = world.conditions.faults
    from_faults.append(_fault("garbage"))
    assert not (await client.request("GET", url)).body.startswith(b"#EXTM3U")
    from_faults.append(_fault("bomb", 300_000))
    bomb = (await client.request("GET", url)).body
    assert bomb.startswith(b"#EXTM3U")
    assert len(bomb) > 300_000
    assert (await client.request("GET", url)).body.count(b"#EXTINF") == 1
