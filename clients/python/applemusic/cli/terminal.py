"""Where the command runs: its streams, its environment, its clock."""

import asyncio
import os
import random
import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Self, TextIO


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """Everything around the command that is not the server.

    Attributes:
        out: Where data goes.
        err: Where everything else goes: progress, notes, errors.
        input: What a person answers, or another program sends.
        environment: As `os.environ`.
        clock: Seconds that never go back.
        sleep: Waits as many seconds.
        shuffled: Draws the order of songs.
    """

    out: TextIO
    err: TextIO
    input: TextIO
    environment: Mapping[str, str]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    shuffled: random.Random = field(default_factory=random.Random)

    @classmethod
    def real(cls) -> Self:
        """Return the one that the process runs in. A stream that is closed leads nowhere."""
        given = _given(sys.stdin, "r"), _given(sys.stdout, "w"), _given(sys.stderr, "w")
        for stream in given[1:]:
            # A title that the terminal's encoding has no letters for is no reason to fail.
            stream.reconfigure(errors="replace")  # type: ignore[attr-defined] # TextIOWrapper, all three
        return cls(input=given[0], out=given[1], err=given[2], environment=os.environ)

    @property
    def colours(self) -> bool:
        """Whether colours may be written to `out` (reference: no-color.org)."""
        return self._styled(self.out)

    @property
    def moves(self) -> bool:
        """Whether a line on `err` can be written over."""
        return self.err.isatty() and self.environment.get("TERM") != "dumb"

    @property
    def width(self) -> int | None:
        """Columns that a line of `out` has; None where nobody counts them, as in a pipe."""
        told = self.environment.get("COLUMNS", "")
        if told.isdecimal() and int(told) > 0:
            return int(told)
        return os.get_terminal_size(self.out.fileno()).columns if self.out.isatty() else None

    def which(self, program: str) -> str | None:
        """Return the path of a program, None when there is none of this name."""
        return shutil.which(program, path=self.environment.get("PATH"))

    def _styled(self, stream: TextIO) -> bool:
        plain = self.environment.get("NO_COLOR") or self.environment.get("TERM") == "dumb"
        return stream.isatty() and not plain


def _given(stream: TextIO | None, mode: Literal["r", "w"]) -> TextIO:
    """Return a stream of the process, or nowhere in its place: Python has None for closed ones.

    They are asked for in the order of their numbers, so that nowhere gets the number that is free
    and no connection does.
    """
    if stream is not None:
        return stream
    return open(os.devnull, mode, encoding="utf-8")  # noqa: PTH123 - a device; open to the end
