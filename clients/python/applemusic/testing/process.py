"""A child process that says when it is ready."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

from applemusic.testing.errors import NotInstalledError, NotReadyError

_LEASH: Final = Path(__file__).with_name("leash.py")
_STOP_SECONDS: Final = 30.0
_LINES: Final = 2000
_TAIL: Final = 20


class Process:
    """A command that prints a line beginning with `ready`. It does not outlive this program."""

    def __init__(self, command: str, child: "subprocess.Popen[str]") -> None:
        self.command = command
        self._child = child
        self._lines: deque[str] = deque(maxlen=_LINES)
        self._said = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, name=command, daemon=True)
        self._reader.start()

    @classmethod
    def start(cls, command: str, *arguments: str, environment: Mapping[str, str]) -> Self:
        """Start an installed command.

        Args:
            command: Name of its console script.
            *arguments: What it is given.
            environment: Its whole environment.

        Raises:
            NotInstalledError: There is no such command.
        """
        child = subprocess.Popen(  # noqa: S603 - a console script and our own arguments
            [sys.executable, "-P", str(_LEASH), found(command), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        return cls(command, child)

    def ready(self, pattern: str, seconds: float) -> re.Match[str]:
        """Wait for a line that matches the pattern, and return the match.

        Raises:
            NotReadyError: It ended, or said nothing of the kind in time; it is stopped then.
        """
        wanted = re.compile(pattern)

        def match() -> re.Match[str] | None:
            return next(filter(None, map(wanted.search, self._lines)), None)

        with self._said:
            self._said.wait_for(lambda: match() or self._ended, seconds)
            if (line := match()) is not None:
                return line
        why = "ended" if self._ended else f"was not ready within {seconds:g} s"
        self.stop()
        raise NotReadyError(f"{self.command} {why}; its last lines:\n{self.tail()}")

    def output(self) -> list[str]:
        """Return its last 2000 lines so far, the server's log among them."""
        with self._said:
            return list(self._lines)

    def tail(self) -> str:
        """Return the last 20 lines."""
        return "\n".join(self.output()[-_TAIL:])

    def stop(self) -> None:
        """Have it end, and wait until it has. Does nothing to one that has ended."""
        if self._child.stdin is not None:
            self._child.stdin.close()
        try:
            self._child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._reader.join(_STOP_SECONDS)
        if self._child.stdout is not None:
            self._child.stdout.close()

    def _read(self) -> None:
        if self._child.stdout is not None:
            for line in self._child.stdout:
                with self._said:
                    self._lines.append(line.rstrip())
                    self._said.notify_all()
        with self._said:
            self._ended = True
            self._said.notify_all()


def found(command: str) -> str:
    """Return the path of a console script: of this installation of Python, else of the PATH.

    Raises:
        NotInstalledError: There is none.
    """
    folders = (sysconfig.get_path("scripts"), os.environ.get("PATH", ""))
    path = shutil.which(command, path=os.pathsep.join(folders))
    if path is None:
        raise NotInstalledError(
            f"there is no command {command} here; install what is tested with: "
            "pip install 'applemusic-grpc-server[playback]' applemusic-simulator"
        )
    return path
