"""Runs the command `applemusic` in the test's own loop, in a terminal that is none."""

import asyncio
import io
import json
import os
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from applemusic.cli.application import execute
from applemusic.cli.exits import Exit
from applemusic.cli.terminal import Terminal


class Screen(io.StringIO):
    """A stream that says of itself that it is a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@dataclass
class FakeTime:
    """A clock that stands still until somebody sleeps."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let others run, and the time pass at once."""
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


@dataclass(frozen=True)
class Ran:
    """What came of a run."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document."""
        assert self.code == 0, self
        return json.loads(self.out)

    @property
    def records(self) -> list[Any]:
        """The lines of JSON."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error(self) -> Any:
        """What `--json` says of a failure."""
        return json.loads(self.err.splitlines()[-1])["error"]


@dataclass
class Shell:
    """Where the command is run.

    Attributes:
        server: Its address.
        environment: What else the environment says.
        time: The command's clock.
        screen: Whether both streams are terminals.
        width: Their columns; 0 for a pipe's.
        input: What somebody types.
    """

    server: str
    environment: Mapping[str, str] = field(default_factory=dict)
    time: FakeTime = field(default_factory=FakeTime)
    screen: bool = False
    width: int = 0
    input: TextIO = field(default_factory=io.StringIO)

    async def __call__(self, *arguments: str) -> Ran:
        """Run the command."""
        make = Screen if self.screen else io.StringIO
        out, err = make(), make()
        # click reads the environment of the process, so the server is named by its option.
        code = await execute(("--server", self.server, *arguments), self.terminal(out, err))
        return Ran(code, out.getvalue(), err.getvalue())

    async def done(self, *arguments: str) -> str:
        """Run the command, which has to work and to write no error; return what it says."""
        ran = await self(*arguments)
        assert (ran.code, ran.err) == (Exit.DONE, ""), ran
        return ran.out

    def terminal(self, out: TextIO, err: TextIO) -> Terminal:
        """A terminal as the command gets it."""
        environment = {"PATH": os.environ["PATH"]}
        if self.width:
            environment["COLUMNS"] = str(self.width)
        return Terminal(
            out=out,
            err=err,
            input=self.input,
            environment={**environment, **self.environment},
            clock=self.time,
            sleep=self.time.sleep,
            shuffled=random.Random(7),
        )


def fake_player(folder: Path, name: str = "mpv", *, script: str = "") -> Path:
    """Make a player that records what it is given; `played` reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    record = f'echo "$*" >> "{folder}/arguments"\n' + (
        script or f'exec cat > "{folder}/played.$$"\n'
    )
    program.write_text(f"#!/bin/sh\n{record}")
    program.chmod(0o755)
    return program


def played(folder: Path) -> list[bytes]:
    """What the player got, run by run."""
    files = sorted(folder.glob("played.*"), key=lambda path: path.stat().st_mtime_ns)
    return [file.read_bytes() for file in files]


def player_arguments(folder: Path) -> list[str]:
    """How it was started, run by run."""
    file = folder / "arguments"
    return file.read_text().splitlines() if file.exists() else []
