"""With no address set, the provider runs a server of its own."""

import os
import signal
from collections.abc import AsyncIterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import aiohttp
import psutil
import pytest
from music_assistant_models.enums import MediaType

from applemusic_simulator.simulator import Simulator
from tests.support.ma.host import PACKAGE, ROOT, Generation, Host
from tests.support.ma.live import free_ports

CACHE = ROOT / "build" / "simulator-cache"


@pytest.fixture
async def simulator(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Simulator]:
    """Apple, for every server that this process starts."""
    async with Simulator(seed=1, cache_dir=CACHE) as simulator:
        monkeypatch.setenv("APPLEMUSIC_APPLE__ROOT_URL", simulator.url)
        yield simulator


@pytest.fixture
def host(package: ModuleType, generation: Generation, tmp_path: Path) -> Host:
    return Host(package, generation, storage_path=str(tmp_path))


def children() -> list[psutil.Process]:
    """Servers that this process has started."""
    found = psutil.Process().children()
    return [each for each in found if "--plugin" in each.cmdline()]


def own(simulator: Simulator, folder: Path) -> dict[str, str]:
    token = folder / "developer-token"
    token.touch(mode=0o600)
    token.write_text(simulator.developer_token())
    return {
        "own_token_file": str(token),
        "own_device_file": str(simulator.widevine_device()),
        "own_web_port": "0",
    }


async def set_up(host: Host, simulator: Simulator, folder: Path, **settings: str) -> dict[str, Any]:
    """What a person does who has only the host, and whose account cannot use the page."""
    flow = import_module("music_assistant.models.setup_flow")
    token = simulator.music_user_token()
    answers = {
        "server": {**own(simulator, folder), **settings},
        "account": {"choice": "+token"},
        "token": {"music_user_token": token},
    }

    async def answer(step: Any) -> dict[str, Any]:
        assert not step.errors, step.errors
        return answers[step.step_id]

    async def finish(values: dict[str, Any]) -> None:
        assert len(children()) == 1, "the same server goes on"
        host.values = values
        host.provider = await host.load_or_raise()

    session = flow.SetupSession(host, flow.SetupFlowContext(), answer, finish)
    await import_module(f"{PACKAGE}.setup_flow").run_setup(session)
    result: dict[str, Any] = session.result
    return result


async def play(host: Host, song: str) -> int:
    stream = await host.provider.get_stream_details(song, MediaType.TRACK)
    return sum([len(chunk) async for chunk in host.provider.get_audio_stream(stream)])


async def test_one_install_for_the_person_who_has_only_the_host(
    host: Host, simulator: Simulator, tmp_path: Path
) -> None:
    result = await set_up(host, simulator, tmp_path)
    assert result["account"] == "default"
    (server,) = children()
    assert str(tmp_path / "apple_music_grpc") in server.cmdline()
    album = (await host.provider.search("Interludes", [MediaType.ALBUM], 1)).albums[0]
    songs = await host.provider.get_album_tracks(album.item_id)
    size = await play(host, songs[0].item_id)
    os.kill(server.pid, signal.SIGKILL)
    assert await play(host, songs[0].item_id) == size, "started again, at the same place"
    assert children()[0].pid != server.pid
    second = Host(host.package, host.generation, host.values, "apple_music_grpc--other")
    vars(second).update(vars(host), instance_id="apple_music_grpc--other", provider=None)
    assert await second.load() is not None, second.last_error
    assert len(children()) == 1, "instances share it"
    await host.unload()
    assert len(children()) == 1
    await second.unload()
    assert children() == [], "it ends with the last"


async def test_it_stays_signed_in_from_run_to_run(
    host: Host, simulator: Simulator, tmp_path: Path
) -> None:
    await set_up(host, simulator, tmp_path)
    await host.unload()
    assert children() == []
    assert await host.load() is not None, host.last_error
    assert (await host.provider.search("the", [MediaType.TRACK], 1)).tracks
    await host.unload()


async def test_the_developer_token_that_the_host_brings(
    host: Host, simulator: Simulator, tmp_path: Path
) -> None:
    brought = import_module("music_assistant.helpers.app_vars").values
    brought[8] = simulator.developer_token(9 * 86_400)
    (port,) = free_ports(1)
    await set_up(
        host,
        simulator,
        tmp_path,
        own_developer_token="host",
        own_token_file="/nowhere",
        own_web_port=str(port),
    )
    (warning,) = host.provider.warnings()
    assert "all installations share" in warning.label
    url = f"http://127.0.0.1:{port}/metrics"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        shown = (await response.text()).splitlines()
    assert 'applemusic_developer_token_source{source="shared"} 1.0' in shown
    ends = next(
        float(line.rpartition(" ")[2])
        for line in shown
        if line.startswith("applemusic_developer_token_expiry_timestamp_seconds ")
    )
    assert ends == part_end(brought[8])
    await host.unload()
    assert brought[8] not in "".join(map(str, host.values.values()))


def part_end(token: object) -> float:
    end = import_module(f"{PACKAGE}.host_token").end_of(token)
    return float(end.timestamp())
