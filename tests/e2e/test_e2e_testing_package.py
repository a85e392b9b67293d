"""What other people's tests start: the installed server and simulator, as processes."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from applemusic import Client, errors
from applemusic.blocking import Client as BlockingClient
from applemusic.testing import (
    ControlError,
    NotInstalledError,
    NotReadyError,
    SimulatedServer,
    SimulatedServerOptions,
)
from tests.support.processes import ends, watched

ROOT = Path(__file__).parents[2]
CACHE = ROOT / "build" / "simulator-cache"


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatedServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("APPLEMUSIC_GRPC__PORT", "of somebody else's server")
        patch.setenv("http_proxy", "http://127.0.0.1:1")
        options = SimulatedServerOptions(
            library_songs=300, cache_dir=CACHE, settings={"LOG__FORMAT": "json"}
        )
        with SimulatedServer(options) as server:
            yield server


async def test_it_is_signed_in_and_plays(server: SimulatedServer) -> None:
    async with Client(server.target) as music:
        info = await music.wait_ready(30)
        assert info.capabilities is not None
        assert info.capabilities.playback
        account = await music.auth.get_account()
        assert account.id == server.account
        assert len(await music.library.songs().to_list()) == 300
        found = await music.catalog.search("interlude")
        async with music.audio.stream(found.songs[0].id) as stream:
            chunks = [chunk async for chunk in stream]
        assert stream.complete
    assert chunks
    assert any('"event"' in line for line in server.output())


def test_faults_and_the_way_back(server: SimulatedServer) -> None:
    with BlockingClient(server.target) as music:
        server.fault("api", status=503, count=None)
        with pytest.raises(errors.UpstreamUnavailableError):
            music.catalog.search("nothing of this was asked for before")
        server.reset()
        assert server.control("GET", "/conditions")["faults"] == []
        assert music.catalog.search("interlude").songs
        before = server.control("GET", "/clock")["now"]
        server.control("POST", "/clock/advance", {"seconds": 60})
        assert server.control("GET", "/clock")["now"] >= before + 60
        server.reset()


def test_what_the_simulator_refuses_is_told(server: SimulatedServer) -> None:
    with pytest.raises(ControlError, match=r"400.*nowhere"):
        server.fault("nowhere")


def test_a_client_survives_a_restart(server: SimulatedServer) -> None:
    target = server.target
    with BlockingClient(target) as music:
        assert music.server.info().server_version
        server.restart_server()
        assert server.target == target
        assert music.auth.get_account().id == server.account


def test_another_listener_signs_in(server: SimulatedServer) -> None:
    server.control("POST", "/accounts", {"id": "berta"})
    made = server.control("POST", "/music-user-tokens", {"account": "berta"})
    assert server.sign_in("second", made["music_user_token"]) == "second"
    with BlockingClient(server.target) as music:
        assert {each.id for each in music.auth.accounts()} == {server.account, "second"}
        music.auth.sign_out("second")


def test_what_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path))
    with pytest.raises(NotInstalledError, match="pip install"):
        SimulatedServer().start()


def test_a_server_that_does_not_start_is_told() -> None:
    options = SimulatedServerOptions(cache_dir=CACHE, settings={"LOG__LEVEL": "loud"})
    with pytest.raises(NotReadyError, match=r"ended.*\n(.*\n)*.*log\.level"):
        SimulatedServer(options).start()


def test_both_end_with_the_program_that_is_killed(tmp_path: Path) -> None:
    program = textwrap.dedent(f"""
        from pathlib import Path
        from applemusic.testing import SimulatedServer, SimulatedServerOptions
        with SimulatedServer(SimulatedServerOptions(cache_dir=Path({str(CACHE)!r}))) as server:
            print(*(each._child.pid for each in (server._simulator, server._server)), flush=True)
            input()
    """)
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        text=True,
    ) as process:
        assert process.stdout is not None
        leashes = [int(word) for word in process.stdout.readline().split()]
        children = [child_of(leash) for leash in leashes]
        with watched(children[0]) as simulator, watched(children[1]) as server:
            process.send_signal(signal.SIGKILL)
            assert ends(simulator)
            assert ends(server)


def child_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
