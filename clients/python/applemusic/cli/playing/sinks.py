"""Where audio goes: into a player, or into a pipe on stdout. Both end when their reader does."""

import asyncio
import os
import signal
import stat
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol, TextIO

from applemusic.cli.exits import Exit
from applemusic.cli.playing.players import Player
from applemusic.cli.problems import Problem
from applemusic.models.audio import AudioHeader

_STOP_SECONDS: Final = 3.0
# How players end when a person ends them: of their own accord, or by the Ctrl-C that we got, too.
_WANTED: Final = frozenset({0, -signal.SIGINT, -signal.SIGTERM, -signal.SIGPIPE, 4, 123, 130})


class SinkClosedError(Exception):
    """Whoever took the audio has gone."""


class Sink(Protocol):
    """Takes audio, no faster than it is read."""

    gone: asyncio.Event
    """Set when nobody reads any more."""

    async def write(self, data: bytes) -> None:
        """Hand bytes on.

        Raises:
            SinkClosedError: Nobody takes them.
        """

    async def finish(self) -> None:
        """Say that this was all, and wait until it has been played, where that can be known.

        Raises:
            Problem: It was not played.
        """

    async def abort(self) -> None:
        """End it at once."""


OpenSink = Callable[[AudioHeader], Awaitable[Sink]]
"""Opens a sink for a stream that begins so."""


class PlayerSink:
    """A player that reads audio from its input. Made by `start`."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self._name = name
        self._process = process
        self.gone = asyncio.Event()
        self._watching = asyncio.create_task(self._watch())

    @classmethod
    async def start(
        cls, player: Player, header: AudioHeader, environment: Mapping[str, str]
    ) -> "PlayerSink":
        """Start a player for a stream.

        Raises:
            Problem: It does not start.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *player.command(header),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                env=dict(environment),
            )
        except OSError as error:
            raise Problem(
                f"{player.program} does not start: {error.strerror}.", exit_code=Exit.MISSING
            ) from error
        return cls(player.name, process)

    async def write(self, data: bytes) -> None:
        """Hand bytes on, and wait while the player has enough."""
        pipe = self._pipe
        try:
            pipe.write(data)
            await pipe.drain()
        except (BrokenPipeError, ConnectionResetError):
            await self._ended()
            raise SinkClosedError from None

    async def finish(self) -> None:
        """Close its input, and wait until it has played what it got."""
        self._pipe.close()
        await self._ended()

    async def abort(self) -> None:
        """End it; what it has not played yet is not heard."""
        self._pipe.close()
        if self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), _STOP_SECONDS)
            except TimeoutError:
                self._process.kill()
        await self._watching

    async def _ended(self) -> None:
        await self._watching
        code = self._process.returncode
        if code not in _WANTED:
            raise Problem(
                f"{self._name} ended with code {code}; what it said stands above, if it said it.",
                exit_code=Exit.FAILED,
                next_step="Does it play a file? Another player: --player NAME.",
            )

    async def _watch(self) -> None:
        await self._process.wait()
        self.gone.set()

    @property
    def _pipe(self) -> asyncio.StreamWriter:
        pipe = self._process.stdin
        if pipe is None:
            raise RuntimeError("the player was started without a pipe")
        return pipe


class PipeSink(asyncio.BaseProtocol):
    """A pipe on stdout. Made by `open`."""

    def __init__(self, out: TextIO) -> None:
        self.gone = asyncio.Event()
        self._out = out
        self._writable = asyncio.Event()
        self._writable.set()
        self._transport: Any = None

    @classmethod
    async def open(cls, out: TextIO) -> "PipeSink":
        """Take stdout for audio.

        Raises:
            Problem: It is no pipe: a terminal would beep, and files are for downloads.
        """
        check_pipe(out)
        out.flush()
        # A copy: the transport closes what it has, and stdout is still needed at the end.
        file = os.fdopen(os.dup(out.fileno()), "wb", buffering=0)
        loop = asyncio.get_running_loop()
        _, sink = await loop.connect_write_pipe(lambda: cls(out), file)
        return sink

    async def write(self, data: bytes) -> None:
        """Hand bytes on, and wait while the reader has enough."""
        if self.gone.is_set():
            raise SinkClosedError
        self._transport.write(data)
        writable = asyncio.create_task(self._writable.wait())
        gone = asyncio.create_task(self.gone.wait())
        try:
            await asyncio.wait({writable, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            writable.cancel()
            gone.cancel()
        if self.gone.is_set():
            raise SinkClosedError

    async def finish(self) -> None:
        """Hand on what is left; when it is played, only the reader knows."""
        if not self.gone.is_set():
            self._transport.close()
            await self.gone.wait()

    async def abort(self) -> None:
        """Leave the rest out."""
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the way out."""
        self._transport = transport
        # Waits begin while more than one piece of audio is on its way, not 64 KiB.
        self._transport.set_write_buffer_limits(high=0)

    def pause_writing(self) -> None:
        """Wait with more."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Go on."""
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Note that nobody reads any more, or that everything was handed on."""
        # What reads and writes this pipe besides us knew it as one that waits.
        os.set_blocking(self._out.fileno(), True)
        self.gone.set()


def check_pipe(out: TextIO) -> None:
    """Refuse what is no pipe.

    Raises:
        Problem: It is a terminal or a file.
    """
    advice = "Pipe it into a player: `applemusic play --output - WHAT | mpv -`."
    if out.isatty():
        raise Problem("audio would go to the terminal.", exit_code=Exit.USAGE, next_step=advice)
    if stat.S_ISREG(os.fstat(out.fileno()).st_mode):
        raise Problem(
            "audio goes to a player, not into a file: a subscription pays for listening.",
            exit_code=Exit.USAGE,
            next_step=advice,
        )
