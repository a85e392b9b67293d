"""Managed mode in a real Music Assistant: it runs the server itself, and ends it with itself."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import pytest_asyncio

from applemusic_simulator.simulator import Simulator
from tests.support.ma.host import ROOT
from tests.support.ma.live import PLAYER_ID, Installation, LiveError, LiveHost, running

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

DOMAIN = "apple_music_grpc"
COMMAND = ROOT / ".venv" / "bin" / "applemusic-server"


@dataclass
class Managed:
    """Music Assistant with a provider that has no address.

    Attributes:
        values: The settings that the provider was added with.
        folder: Where the server that it runs keeps its data.
        servers: Every server that was seen to run.
    """

    host: LiveHost
    instance: str
    values: dict[str, Any]
    folder: Path
    servers: list[psutil.Process]

    def server(self) -> psutil.Process | None:
        """The server that Music Assistant runs now."""
        try:
            found = psutil.Process(self.host.process.pid).children()
            (child,) = [each for each in found if "--plugin" in each.cmdline()]
        except (ValueError, psutil.NoSuchProcess):
            return None
        if child not in self.servers:
            self.servers.append(child)
        return child

    async def song(self) -> dict[str, Any]:
        """A short song of the catalog."""
        found = await self.host.command(
            "music/search", search_query="Interludes", media_types=["album"], limit=1
        )
        album = found["albums"][0]
        songs: list[dict[str, Any]] = await self.host.command(
            "music/albums/album_tracks",
            item_id=album["item_id"],
            provider_instance_id_or_domain=album["provider"],
        )
        return songs[0]

    async def play(self, song: dict[str, Any]) -> int:
        """How many bytes of PCM the player heard of a song."""
        self.host.forget()
        await self.host.command(
            "player_queues/play_media", queue_id=PLAYER_ID, media=[song["uri"]], option="replace"
        )

        def last() -> list[dict[str, Any]]:
            return [each for each in self.host.events() if each["what"] == "last"]

        events = await self.host.until(last, seconds=60)
        return int(events[0]["bytes"])


def own_settings(simulator: Simulator, folder: Path) -> dict[str, Any]:
    """What a person enters who has a developer token and a device."""
    token = folder / "developer-token"
    token.touch(mode=0o600)
    token.write_text(simulator.developer_token())
    return {
        "address": "",
        "own_token_file": str(token),
        "own_device_file": str(simulator.widevine_device()),
        "own_web_port": "0",
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def managed(
    installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Managed]:
    """The provider is added as a person adds it who has nothing but Music Assistant."""
    if installation.setup_flows:
        pytest.skip("the setup flow of this Music Assistant is NOT driven by this test")
    folder = tmp_path_factory.mktemp("managed")
    data = folder / "data" / DOMAIN
    (data / "venv" / "bin").mkdir(parents=True)
    (data / "venv" / "bin" / COMMAND.name).symlink_to(COMMAND)
    async with Simulator(seed=1, cache_dir=ROOT / "build" / "simulator-cache") as simulator:
        environment = {"APPLEMUSIC_APPLE__ROOT_URL": simulator.url}
        async with running(installation, folder, environment) as host:
            await host.command(
                "config/providers/save", provider_domain="headless_player", values={}
            )
            await host.until(lambda: host.command("players/all"))
            values = own_settings(simulator, folder)
            entries = await host.command(
                "config/providers/get_entries",
                provider_domain=DOMAIN,
                action="submit_token",
                values={**values, "music_user_token": simulator.music_user_token()},
            )
            # It brings one for its built-in provider, and so there is a choice.
            assert "own_developer_token" in {each["key"] for each in entries}
            (account,) = [each["value"] for each in entries if each["key"] == "account"]
            values["account"] = account
            added = await host.command(
                "config/providers/save", provider_domain=DOMAIN, values=values
            )
            yield Managed(host, added["instance_id"], values, data, [])


async def test_music_assistant_runs_the_server_itself(managed: Managed) -> None:
    server = managed.server()
    assert server is not None
    assert str(managed.folder) in server.cmdline()
    assert managed.values["account"] == "default"
    found = {each["instance_id"]: each for each in await managed.host.command("providers")}
    assert found[managed.instance]["available"]
    log = managed.host.log.read_text("utf-8", "replace")
    assert "[music_assistant.apple_music_grpc]" in log


async def test_it_plays(managed: Managed) -> None:
    song = await managed.song()
    heard = await managed.play(song) / 44_100 / 4
    assert abs(heard - song["duration"]) < 1


async def test_a_server_that_is_killed_is_started_again(managed: Managed) -> None:
    before = managed.server()
    assert before is not None
    os.kill(before.pid, signal.SIGKILL)

    async def another() -> dict[str, Any] | None:
        now = managed.server()
        if now is None or now.pid == before.pid:
            return None
        try:
            return await managed.song()
        except LiveError:  # until it is ready, what is asked of it is answered with an error
            return None

    song = await managed.host.until(another, seconds=20)
    heard = await managed.play(song) / 44_100 / 4
    assert abs(heard - song["duration"]) < 1


async def test_it_ends_with_its_last_instance(managed: Managed) -> None:
    server = managed.server()
    assert server is not None
    await managed.host.command(
        "config/providers/save",
        provider_domain=DOMAIN,
        instance_id=managed.instance,
        values={**managed.values, "enabled": False},
    )
    await managed.host.until(lambda: not server.is_running(), seconds=20)
    await managed.host.command(
        "config/providers/save",
        provider_domain=DOMAIN,
        instance_id=managed.instance,
        values={**managed.values, "enabled": True},
    )
    await managed.host.until(managed.server, seconds=30)


async def test_it_ends_with_music_assistant(managed: Managed) -> None:
    server = managed.server()
    assert server is not None
    assert await managed.host.stop() == 0
    await asyncio.to_thread(psutil.wait_procs, managed.servers, 15)
    assert not any(each.is_running() for each in managed.servers)
