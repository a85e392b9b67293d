"""The provider on a server process of its own, that is killed and comes back."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from types import ModuleType

import aiohttp
import pytest
from music_assistant_models.enums import MediaType
from music_assistant_models.errors import ResourceTemporarilyUnavailable

from applemusic import Client
from benchmarks.control import Control
from tests.support.ma.host import ROOT, Generation, Host
from tools.stack import Stack, StackOptions

CACHE = ROOT / "build" / "simulator-cache"


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    """A simulator and a server, with a socket that stays the same from start to start."""
    with tempfile.TemporaryDirectory(prefix="ma-") as short:  # paths of sockets are short
        options = StackOptions(
            cache_dir=CACHE,
            data_dir=tmp_path / "data",
            server_settings={"APPLEMUSIC_GRPC__SOCKET": f"{short}/server.sock"},
        )
        async with Stack(options) as stack, Client(stack.grpc_address) as music:
            await music.auth.submit_music_user_token(stack.music_user_token)
            yield stack


@pytest.fixture
async def host(stack: Stack, package: ModuleType, generation: Generation) -> AsyncIterator[Host]:
    """The provider, on that socket."""
    address = stack.server_environment()["APPLEMUSIC_GRPC__SOCKET"]
    host = Host(package, generation, {"address": address})
    assert await host.load() is not None, host.last_error
    yield host
    await host.unload()


async def short_songs(host: Host) -> list[str]:
    """Songs of 8 to 20 s."""
    found = await host.provider.search("Interludes", [MediaType.ALBUM], 1)
    tracks = await host.provider.get_album_tracks(found.albums[0].item_id)
    return [each.item_id for each in tracks]


async def play(host: Host, song: str) -> bytes:
    stream = await host.provider.get_stream_details(song, MediaType.TRACK)
    return b"".join([chunk async for chunk in host.provider.get_audio_stream(stream)])


async def test_a_server_that_is_killed_in_mid_song_is_not_heard(stack: Stack, host: Host) -> None:
    song = (await short_songs(host))[-1]
    whole = await play(host, song)
    stream = await host.provider.get_stream_details(song, MediaType.TRACK)
    async with aclosing(host.provider.get_audio_stream(stream)) as chunks:
        came = await anext(chunks)
        stack.server.child.kill()
        await stack.server.child.wait()
        back = asyncio.create_task(stack.restart_server())
        came += b"".join([chunk async for chunk in chunks])
        await back
    assert came == whole
    async with aiohttp.ClientSession() as session, session.get(f"{stack.web_url}/metrics") as page:
        metrics = await page.text()
    assert 'applemusic_stream_first_byte_seconds_count{preparation="cold"} 1.0' in metrics
    assert await host.provider.search("the", [MediaType.TRACK], 1)
    assert host.provider.supported_features


async def test_the_server_away_for_a_while_needs_no_restart_of_the_host(
    stack: Stack, host: Host
) -> None:
    await stack.server.stop()
    with pytest.raises(ResourceTemporarilyUnavailable, match="cannot reach"):
        await host.provider.get_album("1")
    await stack.restart_server()
    # The very same instance goes on; grpc looks again within its back-off.
    await host.provider._session.client.wait_ready(20)
    assert (await host.provider.search("the", [MediaType.TRACK], 1)).tracks


async def test_a_large_library_is_read_to_its_end(stack: Stack, host: Host) -> None:
    async with aiohttp.ClientSession() as session:
        await Control(session, stack.simulator_url).library(3000)
    count, widest = 0, 0
    async with aclosing(host.provider.get_library_tracks()) as tracks:
        async for track in tracks:
            count += 1
            widest = max(widest, len(track.provider_mappings))
    assert count == 3000
    assert widest == 1
