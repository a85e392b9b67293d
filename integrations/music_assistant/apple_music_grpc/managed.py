"""Managed mode: runs `applemusic-server` as a child, on a Unix socket that nobody else can use.

The server is started as a plugin: it tells on standard output when it is ready, and it ends with
this process, however that ends. When it ends by itself, it is started again at the same address,
so that open gRPC channels find it by themselves.
"""

import asyncio
import contextlib
import logging
import os
import random
import shutil
import socket
import sys
import tempfile
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Final

from .server_log import log_record

# What the server's plugin mode wants to see, and the version of its contract that is spoken here.
_COOKIE: Final = ("APPLEMUSIC_PLUGIN_COOKIE", "5a7887e3-8656-4843-a45a-015dfff4ac4f")
_CONTRACT: Final = "1"
_HANDSHAKE: Final = ("1", _CONTRACT, "unix")
# What this process may have been started with itself.
_NOT_INHERITED: Final = (
    "PLUGIN_CLIENT_CERT",
    "PLUGIN_MULTIPLEX_GRPC",
    "PLUGIN_UNIX_SOCKET_DIR",
    "PLUGIN_UNIX_SOCKET_GROUP",
)

_MODULE: Final = "applemusic_server"
_COMMAND: Final = "applemusic-server"
_DISTRIBUTION: Final = "applemusic-grpc-server"
_VENV: Final = "venv"

_LONGEST_PATH: Final = 100  # of a Unix socket, in bytes, on every system
_LAST_LINES: Final = 8  # that an error repeats
_CHUNK: Final = 65536
_LAST_SECONDS: Final = 1.0  # for reading the log of a process that is gone


class ManagedServerError(Exception):
    """The server does not run; the message says why, with the last lines of its log."""


class ServerNotInstalledError(ManagedServerError):
    """The server is not on this machine; the message says how to install it."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things may take, in seconds.

    Attributes:
        start: From starting the server to its being ready.
        grace: From asking it to end, for calls to finish; asked again, it ends them.
        kill: From asking it again to killing it.
        first_delay: Before it is started again; doubles with each failure in a row.
        longest_delay: Most of that.
        steady: Once it ran this long, failures before do not count.
    """

    start: float = 25.0
    grace: float = 5.0
    kill: float = 4.0
    first_delay: float = 1.0
    longest_delay: float = 60.0
    steady: float = 60.0


class ManagedServer:
    """A server of our own. Start it, stop it; between the two it is kept running."""

    def __init__(
        self,
        data_dir: Path,
        logger: logging.Logger,
        *,
        settings: Mapping[str, str] = MappingProxyType({}),
        on_restart: Callable[[str], None] | None = None,
        command: Sequence[str] = (),
        environment: Mapping[str, str] = os.environ,
        timing: Timing | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Take what is needed; nothing is started yet.

        Args:
            data_dir: For the server's database, key and socket; made if it is not there.
            logger: Takes the server's log, at the server's levels.
            settings: More settings of the server, e.g. `{"web.port": "8780"}`. Secrets are in none
                of them, only names of files: other users see them.
            on_restart: Told the address each time the server is ready again.
            command: What to run before the arguments; by default the server of the environment
                `venv` in the data folder, else that of this interpreter, else that on the PATH.
            environment: Of the server.
            timing: How long things may take.
            clock: Monotonic seconds.
            sleep: Waits some seconds.
            jitter: A number from 0 to 1, so that many do not start at the same moment.
        """
        self._data_dir = data_dir.absolute()
        self._logger = logger
        self._settings = dict(settings)
        self._on_restart = on_restart
        self._command = tuple(command)
        self._environment = environment
        self._timing = timing or Timing()
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._temporary: Path | None = None
        self._socket: Path | None = None
        self._child: _Child | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        """Where the server listens, for gRPC; the same after restarts. Empty before `start`."""
        return f"unix:{self._socket}" if self._socket else ""

    @property
    def running(self) -> bool:
        """Whether the server is up: not while it is started again."""
        return self._child is not None and self._child.process.returncode is None

    async def start(self) -> str:
        """Start the server, and return its address once it is ready.

        Raises:
            ServerNotInstalledError: There is no server on this machine.
            ManagedServerError: It cannot start, or not in time. Nothing is left running.
        """
        if self._keeper is not None:
            raise RuntimeError("the server was started already")
        if not self._command:
            self._command = await asyncio.to_thread(
                _find_command, self._data_dir / _VENV, self._environment
            )
        self._socket = await asyncio.to_thread(self._make_place)
        try:
            self._child = await self._launch()
        except BaseException:
            self._clear_up()
            raise
        self._keeper = asyncio.create_task(self._keep_running(), name="applemusic-server")
        return self.address

    async def stop(self) -> None:
        """End the server; it gets `Timing.grace` for calls that are open."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait({self._keeper})
            self._keeper = None
        child, self._child = self._child, None
        if child is not None:
            await child.end(self._timing)
        self._clear_up()

    async def _keep_running(self) -> None:
        failures = 0
        while self._child is not None:
            began = self._clock()
            how = await self._child.ended()
            if self._clock() - began >= self._timing.steady:
                failures = 0
            self._logger.warning("applemusic-server ended unexpectedly (%s)", how)
            failures = await self._launch_again(failures)
            self._logger.info("applemusic-server is ready again")
            if self._on_restart is not None:
                # By the loop, which reports what goes wrong there: it must not end this task.
                asyncio.get_running_loop().call_soon(self._on_restart, self.address)

    async def _launch_again(self, failures: int) -> int:
        """Launch until it works; return how many times in a row the server has failed."""
        while True:
            delay = self._delay(failures)
            failures += 1
            self._logger.info("starting applemusic-server again in %.1f s", delay)
            await self._sleep(delay)
            try:
                self._child = await self._launch()
            except ManagedServerError as error:
                self._logger.error("%s", error)  # noqa: TRY400 - where we were says nothing
            else:
                return failures

    def _delay(self, failures: int) -> float:
        longest = min(
            self._timing.longest_delay, self._timing.first_delay * 2.0 ** min(failures, 30)
        )
        return longest * (0.5 + 0.5 * self._jitter())

    async def _launch(self) -> "_Child":
        environment = {k: v for k, v in self._environment.items() if k not in _NOT_INHERITED}
        environment.update([_COOKIE, ("PLUGIN_PROTOCOL_VERSIONS", _CONTRACT)])
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                *self._arguments(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=environment,
            )
        except OSError as error:
            raise ManagedServerError(
                f"{self._command[0]} cannot be run: {error.strerror}"
            ) from error
        child = _Child(process, self._logger)
        try:
            await child.ready(self._timing.start)
        except BaseException:
            await child.end(self._timing)
            raise
        return child

    def _arguments(self) -> list[str]:
        settings = {
            "log.level": "debug" if self._logger.isEnabledFor(logging.DEBUG) else "info",
            **self._settings,
            "log.format": "hclog",
        }
        arguments = ["serve", "--plugin", "--data-dir", str(self._data_dir)]
        arguments += ["--grpc-socket", str(self._socket)]
        for key, value in settings.items():
            arguments += ["--set", f"{key}={value}"]
        return arguments

    def _make_place(self) -> Path:
        """Return where the socket is to be: in a folder that is this user's alone."""
        folder = self._data_dir / "run"
        try:
            self._data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            folder.chmod(0o700)
        except OSError as error:
            raise ManagedServerError(
                f"{error.filename or folder} cannot be used: {error.strerror}"
            ) from error
        if not _takes_sockets(folder):
            folder = self._temporary = Path(tempfile.mkdtemp(prefix="applemusic-managed-"))
        return folder / "grpc.sock"

    def _clear_up(self) -> None:
        if self._socket is not None:
            self._socket.unlink(missing_ok=True)
            self._socket = None
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)
            self._temporary = None


class _Child:
    """One run of the server."""

    def __init__(self, process: asyncio.subprocess.Process, logger: logging.Logger) -> None:
        assert process.stdout is not None, "it is a pipe"  # noqa: S101 - for mypy
        assert process.stderr is not None, "it is a pipe"  # noqa: S101 - for mypy
        self.process = process
        self._logger = logger
        self._last: deque[str] = deque(maxlen=_LAST_LINES)
        self._output = process.stdout
        self._tasks = [asyncio.create_task(self._pass_on(process.stderr))]

    async def ready(self, seconds: float) -> None:
        """Wait for the handshake.

        Raises:
            ManagedServerError: It does not come in time, or is another one.
        """
        try:
            async with asyncio.timeout(seconds):
                line = await self._output.readline()
                if not line:
                    how = await self.ended()
                    raise ManagedServerError(
                        self._with_last(f"applemusic-server could not start ({how})")
                    )
        except TimeoutError:
            raise ManagedServerError(
                self._with_last(f"applemusic-server was not ready within {seconds:g} s")
            ) from None
        except ValueError:  # a line without an end
            line = b""
        parts = tuple(line.decode(errors="replace").strip().split("|"))
        if parts[:3] != _HANDSHAKE or parts[4:5] != ("grpc",):
            raise ManagedServerError(
                self._with_last(
                    "what was started is no applemusic-server that this version can use"
                )
            )
        self._tasks.append(asyncio.create_task(self._drain()))

    async def ended(self) -> str:
        """Wait until the process is gone and its log is read; return how it ended."""
        code = await self.process.wait()
        await asyncio.wait(self._tasks)
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    async def end(self, timing: Timing) -> None:
        """End the process, kindly first."""
        steps = ((self.process.terminate, timing.grace), (self.process.terminate, timing.kill))
        try:
            for ask, seconds in steps:
                with contextlib.suppress(ProcessLookupError):
                    ask()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await self.process.wait()
                        break
        finally:
            # Also when nobody waits for us any longer.
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
        await self.process.wait()
        await asyncio.wait(self._tasks, timeout=_LAST_SECONDS)  # what it said at the end
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)

    async def _drain(self) -> None:
        while await self._output.read(_CHUNK):
            pass

    async def _pass_on(self, stream: asyncio.StreamReader) -> None:
        """Hand the log on, line by line, however long the lines are."""
        rest = b""
        while chunk := await stream.read(_CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._say(line)
            rest = rest[: 4 * _CHUNK]
        self._say(rest)

    def _say(self, line: bytes) -> None:
        level, text = log_record(line.decode(errors="replace"))
        if text:
            self._last.append(text)
            self._logger.log(level, "%s", text)

    def _with_last(self, what: str) -> str:
        if not self._last:
            return f"{what}; it said nothing"
        return f"{what}. The last it said:\n" + "\n".join(self._last)


def _find_command(own: Path, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return what runs the server: of an environment of its own, of this interpreter, of the PATH.

    The first is for hosts that pin versions of what the server needs newer.
    """
    command = own / "bin" / _COMMAND
    if command.exists():
        return (str(command),)
    module = find_spec(_MODULE)
    if module is not None and module.origin is not None:  # and no mere folder of that name
        return (sys.executable, "-P", "-m", _MODULE)
    found = shutil.which(_COMMAND, path=environment.get("PATH"))
    if found is None:
        raise ServerNotInstalledError(
            f"applemusic-server is not installed: not in {own}, not for {sys.executable}, and not "
            f"on the PATH. Make that environment, and install {_DISTRIBUTION}[playback] into it, "
            "or give the address of a server that runs elsewhere."
        )
    return (found,)


def _takes_sockets(folder: Path) -> bool:
    """Say whether a folder can hold sockets: some network and shared file systems cannot."""
    path = folder / f"try-{os.getpid()}"
    if len(os.fsencode(path)) > _LONGEST_PATH:
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
        try:
            trial.bind(str(path))
        except OSError:
            return False
    path.unlink(missing_ok=True)
    return True
