"""Managed mode with the real server: killed, it comes back; its parent killed, it goes."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from applemusic import Client
from applemusic_simulator.simulator import Simulator
from tests.support.managed import FOLDER, ManagedServer, ManagedServerError, Timing
from tests.support.processes import ends, watched
from tests.support.stage import packets

LOG = logging.getLogger("managed")
SETTINGS = {"web.port": "0"}
QUICKLY = Timing(first_delay=0.0)
# Music that was made once serves later runs.
MUSIC = Path(__file__).resolve().parents[2] / "build" / "simulator-cache"


async def test_killed_it_comes_back_and_the_same_client_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    again = asyncio.Event()
    server = ManagedServer(
        tmp_path / "data",
        LOG,
        settings=SETTINGS,
        timing=QUICKLY,
        on_restart=lambda _: again.set(),
    )
    address = await server.start()
    async with Client(address) as music:
        assert (await music.server.info()).server_version
        os.kill(process_of(server).pid, signal.SIGKILL)
        await again.wait()
        assert server.address == address
        assert (await music.server.info()).server_version
    last = process_of(server)
    await server.stop()

    assert last.returncode == 0
    assert address == f"unix:{tmp_path}/data/run/grpc.sock"
    assert list((tmp_path / "data" / "run").glob("*")) == []
    told = [(each.levelname, each.message) for each in caplog.records if each.name == "managed"]
    assert ("WARNING", "applemusic-server ended unexpectedly (signal 9)") in told
    assert any("songs do not play" in text and "WIDEVINE" in text for _, text in told)


async def test_killed_in_the_middle_of_a_song_the_song_goes_on(tmp_path: Path) -> None:
    async with Simulator(seed=1, cache_dir=MUSIC) as simulator:
        simulator.world.playback.change("6s", "default")
        token = tmp_path / "developer-token"
        token.touch(mode=0o600)
        token.write_text(simulator.developer_token())
        settings = {
            **SETTINGS,
            "apple.root_url": simulator.url,
            "developer_token.token_file": str(token),
            "widevine.device_file": str(simulator.widevine_device()),
            "playback.burst_seconds": "5",
            "playback.lead_seconds": "5",
        }
        catalogue = simulator.world.catalogue
        album = next(each for each in catalogue.albums.values() if each.name == "Interludes")
        song = catalogue.songs[album.song_ids[0]]
        server = ManagedServer(tmp_path / "data", LOG, settings=settings, timing=QUICKLY)
        async with Client(await server.start()) as music:
            await music.auth.submit_music_user_token(simulator.music_user_token())
            heard: list[bytes] = []
            first = process_of(server)
            async with music.audio.stream(song.id) as stream:
                async for chunk in stream:
                    if not heard:
                        first.kill()
                    heard.append(bytes(chunk))
        second = process_of(server)
        await server.stop()
        asset = await simulator.playback.store.asset(song, simulator.world.playback.variant)
        original = packets(asset.clear_path.read_bytes())

    assert second is not first, "all of the song was there before the end of the first server"
    assert packets(b"".join(heard)) == original


async def test_a_folder_that_another_server_works_in(tmp_path: Path) -> None:
    first = ManagedServer(tmp_path, LOG, settings=SETTINGS)
    await first.start()
    # Another address, so that it is the folder that is in the way.
    (tmp_path / "other").mkdir()
    second = ManagedServer(tmp_path / "other", LOG, settings={"storage.data_dir": str(tmp_path)})

    with pytest.raises(ManagedServerError, match="Another server works in the data folder"):
        await second.start()

    await first.stop()


PARENT = """
import asyncio, importlib, logging, pathlib, sys, types

package = sys.modules["provider"] = types.ModuleType("provider")
package.__path__ = [sys.argv[1]]
managed = importlib.import_module("provider.managed")

async def main():
    server = managed.ManagedServer(
        pathlib.Path(sys.argv[2]), logging.getLogger(), settings={"web.port": "0"}
    )
    address = await server.start()
    print(address, server._child.process.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def test_kill_9_of_the_parent_ends_it(tmp_path: Path) -> None:
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", PARENT, str(FOLDER), str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        address, pid = parent.stdout.readline().split()
        with watched(int(pid)) as child:
            assert not ends(child, 0)
            parent.kill()
            assert ends(child)
    assert not Path(address.removeprefix("unix:")).exists()


def process_of(server: ManagedServer) -> asyncio.subprocess.Process:
    assert server._child is not None
    return server._child.process
