"""The provider in both generations of the host, on a real server and the simulator."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest
from music_assistant_models.enums import MediaType

from tests.support.ma.host import Generation, Host, provider_package
from tests.support.stage import Stage


@dataclass
class Loaded:
    """A provider that the host has loaded, and everything that it plays on."""

    stage: Stage
    host: Host

    @property
    def provider(self) -> Any:
        """The instance."""
        return self.host.provider

    async def search(self, kind: MediaType, words: str = "the") -> Any:
        """The first find of one kind."""
        found = await self.provider.search(words, [kind], 1)
        lists = (found.tracks, found.albums, found.artists, found.playlists, found.radio)
        return next(each[0] for each in lists if each)

    async def library(self, kind: str) -> list[Any]:
        """Everything of one kind, such as `tracks`."""
        return [item async for item in getattr(self.provider, f"get_library_{kind}")()]


@pytest.fixture
def generation() -> Generation:
    """The newer generation; tests of what differs take both."""
    return Generation.SETUP_FLOW


@pytest.fixture
def package(generation: Generation) -> Iterator[ModuleType]:
    """The provider's folder, imported by that host."""
    with provider_package(generation) as found:
        yield found


@pytest.fixture
async def ma(stage: Stage, generation: Generation, package: ModuleType) -> AsyncIterator[Loaded]:
    """A loaded provider."""
    host = Host(package, generation, {"address": stage.music.target})
    host.provider = await host.load_or_raise()
    yield Loaded(stage, host)
    await host.unload()
