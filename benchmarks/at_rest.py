"""What an operator's server holds that does nothing, and what its libraries alone would."""

import asyncio
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.installed import installed_python
from benchmarks.report import spread
from tools.stack import Process

STARTS: Final = 5
SETTLING_SECONDS: Final = 3.0
# What the design names, each on top of those before it; as the server loads it, without what it
# leaves out of them (SQLAlchemy's object mapper).
LIBRARIES: Final = {
    "python": "",
    "asyncio": "import asyncio, ssl",
    "grpc": "import grpc.aio",
    "protobuf": "import applemusic_server.wire.contract",
    "grpc services": "import applemusic_server.wire.reflection, grpc_health.v1.health, "
    "grpc_status.rpc_status",
    "aiohttp": "import aiohttp.web",
    "cryptography": "import cryptography.fernet",
    "sqlalchemy": "import applemusic_server.storage, aiosqlite, sqlalchemy.dialects.sqlite",
    "the others": "import msgspec, structlog, prometheus_client, click",
}


@dataclass(frozen=True)
class Held:
    """Memory of a process, in MB: all of it, and what it shares with no file or other process."""

    resident: float
    private: float


async def measure() -> dict[str, object]:
    """Start a server without device, account or token five times; import its libraries alone."""
    python = await asyncio.to_thread(installed_python)
    seen = [await _at_rest(python) for _ in range(STARTS)]
    libraries = await asyncio.to_thread(_libraries, python)
    return {
        "rss_mb": spread([each.resident for each in seen]),
        "goal_rss_mb": 75,
        "private_mb": spread([each.private for each in seen]),
        "libraries_alone_rss_mb": round(max(libraries.values()), 1),
        "rss_mb_up_to_library": libraries,
    }


async def _at_rest(python: str) -> Held:
    with tempfile.TemporaryDirectory(prefix="applemusic-bench-") as folder:
        server = await Process.start(
            *("applemusic_server", "serve"),
            python=python,
            environment={
                "APPLEMUSIC_GRPC__PORT": "0",
                "APPLEMUSIC_WEB__PORT": "0",
                "APPLEMUSIC_STORAGE__DATA_DIR": folder,
            },
        )
        await server.ready(r"^ready ")
        await asyncio.sleep(SETTLING_SECONDS)
        held = _held_by(server.child.pid)
        await server.stop()
        return held


def _held_by(process: int) -> Held:
    return read_held(Path(f"/proc/{process}/smaps_rollup").read_text())


def read_held(text: str) -> Held:
    """Read Linux' summary of a process's memory."""
    sizes = {
        name: int(size) * 1024 / 1e6
        for name, size, *unit in (line.split() for line in text.splitlines())
        if unit == ["kB"]
    }
    return Held(sizes["Rss:"], sizes["Private_Dirty:"])


def _libraries(python: str) -> dict[str, float]:
    """Return the MB of a process that has imported a library and those before it."""
    lines, found = [], {}
    for name, line in LIBRARIES.items():
        lines.append(line)
        show = "print(open('/proc/self/smaps_rollup').read(), end='')"
        done = subprocess.run(
            [python, "-P", "-c", "\n".join((*lines, show))],
            capture_output=True,
            check=True,
            text=True,
        )
        found[name] = round(read_held(done.stdout).resident, 1)
    return found
