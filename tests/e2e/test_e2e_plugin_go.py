"""A Go program starts the server with HashiCorp's go-plugin itself (tests/go_plugin_host)."""

import asyncio
import base64
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from applemusic.v1.server_service_pb2 import GetServerInfoResponse
from tests.support.plugin_host import arguments, environment

# Two processes start one after the other, each within the host's own minute.
pytestmark = pytest.mark.timeout(150)


@pytest.fixture(scope="session")
def go_host() -> str:
    """The program; `make setup` builds it."""
    found = shutil.which("go-plugin-host", path=Path(sys.prefix) / "bin")
    if found is None:
        pytest.skip("there is no go-plugin-host: `make setup` builds it where Go is")
    return found


async def run(host: str, *flags: str, command: tuple[str, ...]) -> tuple[dict[str, Any], str]:
    """What the program saw, and what it logged."""
    variables = environment()
    for name in [name for name in variables if name.startswith(("APPLEMUSIC_", "PLUGIN_"))]:
        del variables[name]  # these are for go-plugin to set
    process = await asyncio.create_subprocess_exec(
        *(host, *flags, *command),
        env=variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, logged = await process.communicate()
    seen: dict[str, Any] = json.loads(printed)
    return seen, logged.decode()


@pytest.mark.parametrize("flags", [(), ("-mtls",)], ids=["plain", "AutoMTLS"])
async def test_a_go_program_starts_it_calls_it_and_ends_it(
    go_host: str, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    seen, logged = await run(go_host, *flags, command=arguments(tmp_path))

    assert seen["Error"] == ""
    assert (seen["Protocol"], seen["Version"]) == ("grpc", 1)
    info = GetServerInfoResponse.FromString(base64.b64decode(seen["Info"]))
    assert info.server_version
    assert seen["EndedItself"], f"killed after {seen['EndSeconds']} s"
    # Our warning came through the host's logger, with its fields.
    warning = next(line for line in logged.splitlines() if "songs do not play" in line)
    assert "[WARN]" in warning
    assert "reason=WIDEVINE_DEVICE_MISSING" in warning


async def test_a_go_program_of_another_version_says_so(go_host: str, tmp_path: Path) -> None:
    seen, _ = await run(go_host, "-version", "2", command=arguments(tmp_path))

    assert "incompatible API version" in seen["Error"]


async def test_a_go_program_hears_why_it_cannot_start(go_host: str, tmp_path: Path) -> None:
    seen, logged = await run(go_host, command=arguments(tmp_path, "--set", "web.port=many"))

    assert seen["Error"]
    assert "[ERROR]" in logged
    assert "web.port" in logged
