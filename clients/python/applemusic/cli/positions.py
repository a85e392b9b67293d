"""Where a song is: by the clock, or as another player says it."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Final, TextIO

from applemusic.cli.exits import Exit
from applemusic.cli.problems import Problem
from applemusic.cli.showing.fields import parse_position

_LONGEST_LINE: Final = 1024


class Positions:
    """A position that runs on with the clock, and jumps when it is told to.

    Args:
        clock: Seconds that never go back.
        at: Where it begins.
    """

    def __init__(self, clock: Callable[[], float], at: timedelta) -> None:
        self._clock = clock
        self._at = at
        self._since = clock()
        self._ended = False
        self._jumped = False  # and nobody has seen where to yet

    def __call__(self) -> timedelta | None:
        """Return where the song is; None once its player has ended."""
        if self._ended and not self._jumped:
            return None
        self._jumped = False
        return self._at + timedelta(seconds=self._clock() - self._since)

    def jump(self, at: timedelta) -> None:
        """Go on from another position."""
        self._at, self._since, self._jumped = at, self._clock(), True

    async def read(self, stream: TextIO) -> None:
        """Jump to each position that a stream says, until its end.

        Raises:
            Problem: A line is no position.
        """
        async for line in _lines(stream):
            if line.strip():
                try:
                    self.jump(parse_position(line.strip()))
                except ValueError as error:
                    raise Problem(f"stdin: {error}.", exit_code=Exit.USAGE) from error
        self._ended = True


async def _lines(stream: TextIO) -> AsyncIterator[str]:
    if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        for whole in stream:
            yield whole
        return
    reader = asyncio.StreamReader(limit=_LONGEST_LINE)
    loop = asyncio.get_running_loop()
    file = os.fdopen(os.dup(stream.fileno()), "rb", buffering=0)
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), file)
    try:
        while line := await reader.readline():
            yield line.decode(errors="replace")
    finally:
        transport.close()
