"""Running a server until somebody asks it to stop, also while it starts."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from applemusic_server.domain.errors import Reason, UnavailableError
from applemusic_server.serving import Stop, run

if TYPE_CHECKING:
    from applemusic_server.app import Server


class SlowServer:
    """Starts for as long as it is told to, and notes what happens to it."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.begun, self.go_on, self.announced = (asyncio.Event() for _ in range(3))
        self.problem = problem
        self.seen: list[str] = []

    async def start(self) -> None:
        self.begun.set()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.seen.append("closed what was open")
            raise
        if self.problem is not None:
            raise self.problem
        self.seen.append("started")

    async def stop(self) -> None:
        self.seen.append("stopped")

    def hurry(self) -> None:
        self.seen.append("hurried")


def running(slow: SlowServer, stop: Stop) -> "asyncio.Task[None]":
    def announce(_: object) -> None:
        slow.seen.append("announced")
        slow.announced.set()

    return asyncio.create_task(run(cast("Server", slow), announce, stop))


@pytest.mark.parametrize("how", ["ask", "now"])
async def test_who_asks_during_the_start_does_not_wait_for_it(how: str) -> None:
    slow, stop = SlowServer(), Stop()
    server = running(slow, stop)
    await slow.begun.wait()
    getattr(stop, how)()
    await server
    assert slow.seen == ["closed what was open"]


async def test_one_that_has_started_is_announced_and_stopped() -> None:
    slow, stop = SlowServer(), Stop()
    slow.go_on.set()
    server = running(slow, stop)
    await slow.announced.wait()
    stop.ask()
    await server
    assert slow.seen == ["started", "announced", "stopped"]


async def test_one_that_cannot_start_says_so() -> None:
    problem = UnavailableError(Reason.STORAGE_UNAVAILABLE, "no")
    slow = SlowServer(problem)
    slow.go_on.set()
    with pytest.raises(UnavailableError):
        await running(slow, Stop())
    assert slow.seen == []


async def test_who_runs_it_can_go_away_during_the_start() -> None:
    slow = SlowServer()
    server = running(slow, Stop())
    await slow.begun.wait()
    server.cancel()
    with pytest.raises(asyncio.CancelledError):
        await server
    assert slow.seen == ["closed what was open"]


async def test_sigterm_while_modules_are_loaded_ends_it_with_0(tmp_path: Path) -> None:
    """The first process of a container would not hear it; nobody waits a whole grace for that."""
    # A module of the server's that sends the signal when it is imported.
    program = """
import os, signal, sys
from applemusic_server.commands import serve

class Signal:
    def find_spec(self, name, path=None, target=None):
        if name == "applemusic_server.serving":
            os.kill(os.getpid(), signal.SIGTERM)

sys.meta_path.insert(0, Signal())
serve.command(["--grpc-port", "0", "--web-port", "0", "--data-dir", sys.argv[1]])
"""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, str(tmp_path / "data")),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert (process.returncode, said) == (0, b"")
    assert not (tmp_path / "data").exists()
