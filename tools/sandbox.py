"""Runs programs in the files of an image as a container engine would, for trials."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.stage_replay import Built, enter_command

_LONGEST = 30.0


class TrialError(Exception):
    """The image does not do what it should."""


class Sandbox:
    """An image, read-only, with nothing but a loopback, and folders mounted into it."""

    def __init__(
        self,
        built: Built,
        mounts: Mapping[str, Path],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Take what is needed; nothing runs yet.

        Args:
            built: The image.
            mounts: Folders from outside, by their place inside.
            environment: Variables besides the image's own.
        """
        self.built = built
        self.mounts = mounts
        self._environment = {**built.environment, **(environment or {})}

    def ask(self, *command: str) -> str:
        """Run a program to its end, and return what it prints.

        Raises:
            TrialError: It fails.
        """
        return expect_success(self._command(list(command), offline=True))

    @contextmanager
    def started(self, command: Sequence[str]) -> Iterator["Running"]:
        """Start a program, and kill it when it has not ended by then."""
        with subprocess.Popen(
            self._command(list(command), offline=True),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                yield Running(process)
            finally:
                if process.poll() is None:
                    process.kill()

    def ask_beside(self, running: "Running", *command: str) -> str:
        """Run a program as `ask` does, with the network of one that runs.

        Raises:
            TrialError: It fails.
        """
        return expect_success([*running.network_of(), *self._command(list(command), offline=False)])

    def _command(self, command: list[str], *, offline: bool) -> list[str]:
        return enter_command(
            self.built,
            command,
            environment=self._environment,
            read_only=True,
            offline=offline,
            writable=self.mounts,
        )


class Running:
    """A program that runs in a sandbox."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    @property
    def number(self) -> int:
        """The number of the process that is number 1 in there."""
        below = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return int(below.read_text("utf-8").split()[0])

    def network_of(self) -> list[str]:
        """What lets a program that follows it share the network."""
        return ["nsenter", f"--net=/proc/{self.number}/ns/net", "--"]

    def facts(self) -> dict[str, str]:
        """What the kernel says of it."""
        status = Path(f"/proc/{self.number}/status").read_text("utf-8")
        return dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)

    def until_ready(self) -> None:
        """Wait for the line that says that it serves.

        Raises:
            TrialError: It ends before.
        """
        said = []
        for line in self._process.stdout or ():
            said.append(line)
            if line.startswith("ready "):
                return
        raise TrialError("it did not start:\n" + "".join(said))

    def until_it_ends(self, code: int, seconds: float = _LONGEST) -> str:
        """Return what it still prints.

        Raises:
            TrialError: It ends with another code.
        """
        said = self._process.communicate(timeout=seconds)[0]
        if self._process.returncode != code:
            raise TrialError(f"exit code {self._process.returncode}, not {code}:\n{said[-4000:]}")
        return str(said)

    def stop(self, seconds: float = _LONGEST) -> None:
        """Send SIGTERM, and wait for an end with 0.

        Raises:
            TrialError: It ends with another code.
        """
        os.kill(self.number, signal.SIGTERM)
        self.until_it_ends(0, seconds)


def expect_success(command: list[str]) -> str:
    """Run a command and return what it prints.

    Raises:
        TrialError: It fails.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stdout + done.stderr)[-4000:]
        raise TrialError(f"{command[-1][:200]}: exit code {done.returncode}:\n{said}")
    return done.stdout
