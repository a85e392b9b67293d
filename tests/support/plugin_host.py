"""A host of plugins as go-plugin is one, in Python: starts the server and reads its handshake."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from applemusic_server.plugin.host import COOKIE, COOKIE_VARIABLE

SERVE = (sys.executable, "-P", "-m", "applemusic_server", "serve", "--plugin")


def arguments(folder: Path, *more: str) -> tuple[str, ...]:
    """The command of a plugin that keeps its data in a folder."""
    return (*SERVE, "--data-dir", str(folder), "--web-port", "0", *more)


def environment(**more: str) -> dict[str, str]:
    """What a Go host sets."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("APPLEMUSIC_")}
    return {
        **kept,
        COOKIE_VARIABLE: COOKIE,
        "PLUGIN_MIN_PORT": "10000",
        "PLUGIN_MAX_PORT": "25000",
        "PLUGIN_PROTOCOL_VERSIONS": "1",
        **more,
    }


@dataclass
class Plugin:
    """A plugin that runs.

    Attributes:
        parts: Of the handshake line.
    """

    process: asyncio.subprocess.Process
    parts: list[str]

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return Path(self.parts[3])

    @property
    def address(self) -> str:
        """The same for gRPC."""
        return f"unix:{self.socket}"

    async def rest(self) -> tuple[bytes, bytes]:
        """What else it prints until it ends: standard output, and the log."""
        return await self.process.communicate()


@asynccontextmanager
async def plugin(
    folder: Path, *more: str, variables: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[Plugin]:
    """A plugin that is ready."""
    process = await asyncio.create_subprocess_exec(
        *arguments(folder, *more),
        env=environment(**variables),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        line = await process.stdout.readline()
        assert line.endswith(b"\n"), (await process.communicate())[1].decode()
        yield Plugin(process, line.decode().strip("\n").split("|"))
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()
