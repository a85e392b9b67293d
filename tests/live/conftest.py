"""A real Music Assistant plays: only where a person names one, and never in CI."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from applemusic import Client
from tests.support.ma.live import PLAYER_ID, Installation, LiveHost, running
from tools.stack import Stack, StackOptions

_MUSIC = Path(__file__).resolve().parents[2] / "build" / "simulator-cache"


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Say that there is nothing here in CI, where a skip would be a failure."""
    if collection_path.suffix == ".py" and os.environ.get("CI") == "true":
        return True
    return None


@dataclass
class Live:
    """Music Assistant with the provider, the server and the simulator, each its own process.

    Attributes:
        instance: The provider's instance.
        music: A client of the same server.
    """

    host: LiveHost
    stack: Stack
    music: Client
    instance: str
    installation: Installation

    async def ask(self, command: str, **arguments: Any) -> Any:
        """Ask Music Assistant over its API."""
        return await self.host.command(command, **arguments)

    async def album(self, name: str) -> list[dict[str, Any]]:
        """The songs of an album of the catalog."""
        found = await self.ask("music/search", search_query=name, media_types=["album"], limit=1)
        album = found["albums"][0]
        songs: list[dict[str, Any]] = await self.ask(
            "music/albums/album_tracks",
            item_id=album["item_id"],
            provider_instance_id_or_domain=album["provider"],
        )
        return songs

    async def play(self, uris: list[str]) -> None:
        """Play these and nothing else, and forget what was played before."""
        await self.ask("player_queues/stop", queue_id=PLAYER_ID)
        self.host.forget()
        await self.ask("player_queues/play_media", queue_id=PLAYER_ID, media=uris, option="replace")

    async def noted(self, what: str, count: int = 1, seconds: float = 60) -> list[dict[str, Any]]:
        """Wait until the player has noted something so often."""

        def found() -> list[dict[str, Any]]:
            events = [each for each in self.host.events() if each["what"] == what]
            return events if len(events) >= count else []

        events: list[dict[str, Any]] = await self.host.until(found, seconds=seconds, every=0.05)
        return events


@pytest.fixture(scope="module")
def installation() -> Installation:
    """The Music Assistant that the person has."""
    python = os.environ.get("MA_PYTHON")
    if not python:
        pytest.skip(
            "MA_PYTHON names no interpreter of an installed Music Assistant: "
            "what a real one does with the provider is NOT tested"
        )
    return Installation.of(python)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def live(
    installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Live]:
    """Everything runs, and the provider is added as a person adds it."""
    folder = tmp_path_factory.mktemp("live")
    options = StackOptions(cache_dir=_MUSIC, data_dir=folder / "server")
    async with Stack(options) as stack, Client(stack.grpc_address) as music:
        await music.auth.submit_music_user_token(stack.music_user_token)
        async with running(installation, folder) as host:
            flows = installation.setup_flows
            for domain in ("headless_player", "silent_music"):
                await host.add(domain, {}, by_flow=flows)
            await host.until(lambda: host.command("players/all"))
            # Songs whose loudness was measured once would start sooner than others.
            await host.command(
                "config/players/save",
                player_id=PLAYER_ID,
                values={"volume_normalization": False},
            )
            instance = await host.add(
                "apple_music_grpc",
                {"address": stack.grpc_address},
                by_flow=flows,
                choice="default",
            )
            yield Live(host, stack, music, instance, installation)
            await host.command("player_queues/stop", queue_id=PLAYER_ID)
            told = [
                line
                for line in host.log.read_text("utf-8", "replace").splitlines()
                if " ERROR " in line and "apple_music_grpc" in line
            ]
            assert not told, told
