"""The simulator and the server as the processes that a person would start, on loopback.

Used by the demo, by `make serve`, by the end-to-end tests and by the benchmarks. The server is told
about the simulator by configuration alone, as an operator would tell it about anything else.
"""

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
import tempfile
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_READY_SECONDS = 30.0
_STOP_SECONDS = 30.0
_LEASH = Path(__file__).with_name("leash.py")
_ROOT = Path(__file__).resolve().parents[1]


def open_loopback(request: str | urllib.request.Request) -> Any:
    """Ask a process on this machine, never the proxy that the environment may name."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request)


class StackError(Exception):
    """A process did not start; the message holds the last lines that it printed."""


@dataclass
class Process:
    """A child process that prints a line beginning with `ready` when it is up."""

    name: str
    child: asyncio.subprocess.Process
    output: list[str] = field(default_factory=list)
    _pump: asyncio.Task[None] | None = None

    @classmethod
    async def start(
        cls,
        name: str,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        python: str = sys.executable,
    ) -> Self:
        """Start `python -m name arguments…`; wait with `ready`.

        It does not outlive this process.
        """
        child = await asyncio.create_subprocess_exec(
            *(python, "-P", str(_LEASH), name, *arguments),
            # Closes when this process ends, however it does: see there.
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
        )
        return cls(name, child)

    async def ready(self, pattern: str) -> re.Match[str]:
        """Wait for the line that matches `pattern`, and go on reading behind it.

        Raises:
            StackError: It ended, or said nothing of the kind in 30 s.
        """
        if self.child.stdout is None:
            raise StackError(f"{self.name} has no output to read")
        try:
            async with asyncio.timeout(_READY_SECONDS):
                while line := await self.child.stdout.readline():
                    self.output.append(line.decode(errors="replace").rstrip())
                    if match := re.search(pattern, self.output[-1]):
                        self._pump = asyncio.create_task(self._read_on(self.child.stdout))
                        return match
        except TimeoutError:
            await self.stop()
            raise StackError(f"{self.name} was not ready in time:\n{self.tail()}") from None
        code = await self.child.wait()
        raise StackError(f"{self.name} ended with {code}:\n{self.tail()}")

    async def _read_on(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            self.output.append(line.decode(errors="replace").rstrip())
            del self.output[:-2000]

    def tail(self) -> str:
        """The last lines that it printed."""
        return "\n".join(self.output[-20:])

    async def stop(self) -> int:
        """Ask it to end, and wait; kill it when it does not. Return its exit code."""
        if self.child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.child.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self.child.wait(), _STOP_SECONDS)
            except TimeoutError:
                self.child.kill()
                await self.child.wait()
        if self._pump is not None:
            await self._pump
        return self.child.returncode if self.child.returncode is not None else -1


@dataclass(frozen=True)
class StackOptions:
    """How to start; the ports 0 take free ones.

    Attributes:
        cache_dir: Where the simulator keeps the music that it has made.
        data_dir: Where the server keeps its database.
        server_settings: Further settings, as environment variables of the server.
        widevine: False leaves the server without a device.
    """

    cache_dir: Path
    data_dir: Path
    grpc_port: int = 0
    web_port: int = 0
    simulator_port: int = 0
    seed: int = 1
    server_settings: Mapping[str, str] = field(default_factory=dict)
    widevine: bool = True


class Stack:
    """Both processes, started and stopped together."""

    def __init__(self, options: StackOptions) -> None:
        self._options = options
        self.simulator: Process
        self.server: Process
        self.simulator_url = ""
        self.grpc_address = ""
        self.web_url = ""
        self.music_user_token = ""
        self.base_urls: dict[str, str] = {}
        self._temporary = tempfile.TemporaryDirectory(prefix="applemusic-")
        self._credentials = Path(self._temporary.name)

    async def __aenter__(self) -> Self:
        try:
            await self._start_simulator()
            await self._start_server()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for name in ("server", "simulator"):
            process: Process | None = getattr(self, name, None)
            if process is not None:
                await process.stop()
        self._temporary.cleanup()

    async def _start_simulator(self) -> None:
        options = self._options
        self.simulator = await Process.start(
            "applemusic_simulator",
            *("--port", str(options.simulator_port), "--seed", str(options.seed)),
            *("--cache-dir", str(options.cache_dir)),
            *("--write-credentials", str(self._credentials / "simulator.json")),
        )
        self.simulator_url = (await self.simulator.ready(r"^ready (http://\S+)")).group(1)
        await asyncio.to_thread(self._unpack_credentials)

    def _unpack_credentials(self) -> None:
        credentials = json.loads((self._credentials / "simulator.json").read_text())
        self.music_user_token = credentials["music_user_token"]
        self.base_urls = credentials["base_urls"]
        with open_loopback(f"{self.simulator_url}/control/widevine-device") as device:
            self._write_secret("test-device.wvd", device.read())
        self._write_secret("developer-token", credentials["developer_token"].encode())

    def _write_secret(self, name: str, value: bytes) -> None:
        path = self._credentials / name
        path.touch(mode=0o600)
        path.write_bytes(value)

    async def _start_server(self, *program: str, settings: Mapping[str, str] | None = None) -> None:
        environment = {**self.server_environment(), **(settings or {})}
        if program:
            # One of this repository's, which is not installed.
            path = (str(_ROOT), os.environ.get("PYTHONPATH", ""))
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, path))
        self.server = await Process.start(
            *(program or ("applemusic_server", "serve")), environment=environment
        )
        ready = await self.server.ready(r"^ready grpc=(\S+) web=(\S+)")
        self.grpc_address, self.web_url = ready.group(1), f"http://{ready.group(2)}"

    async def restart_server(
        self, *program: str, settings: Mapping[str, str] | None = None
    ) -> None:
        """Stop the server and start it anew with the same data.

        Args:
            program: Another to start.
            settings: Further ones for this start, as environment variables.
        """
        await self.server.stop()
        await self._start_server(*program, settings=settings)

    @property
    def device_file(self) -> Path:
        """The Widevine device that only this simulator gives licences to."""
        return self._credentials / "test-device.wvd"

    @property
    def developer_token_file(self) -> Path:
        """The simulator's developer token."""
        return self._credentials / "developer-token"

    def server_environment(self) -> dict[str, str]:
        """The server's settings, as an operator would write them."""
        settings = {
            "APPLEMUSIC_GRPC__PORT": str(self._options.grpc_port),
            "APPLEMUSIC_WEB__PORT": str(self._options.web_port),
            "APPLEMUSIC_STORAGE__DATA_DIR": str(self._options.data_dir),
            "APPLEMUSIC_DEVELOPER_TOKEN__TOKEN_FILE": str(self.developer_token_file),
            "APPLEMUSIC_APPLE__ROOT_URL": self.simulator_url,
        }
        if self._options.widevine:
            settings["APPLEMUSIC_WIDEVINE__DEVICE_FILE"] = str(self.device_file)
        return {**settings, **self._options.server_settings}
