"""The command, as a person or a container runs it."""

import asyncio
import json
import signal
import stat
import sys
from pathlib import Path

import aiohttp
import pytest
from click.testing import CliRunner

from applemusic_simulator.__main__ import main
from applemusic_simulator.credentials import write_credentials
from applemusic_simulator.simulator import Simulator


async def test_says_ready_writes_credentials_and_ends_on_sigterm(tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    file.write_text("old", encoding="utf-8")
    file.chmod(0o644)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-W", "error", "-m", "applemusic_simulator", "--port", "0"),
        *("--cache-dir", str(tmp_path / "cache"), "--write-credentials", str(file)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        line = (await process.stdout.readline()).decode().strip()
        assert line.startswith("ready http://127.0.0.1:")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        credentials = json.loads(file.read_text(encoding="utf-8"))
        headers = {
            "Authorization": f"Bearer {credentials['developer_token']}",
            "Music-User-Token": credentials["music_user_token"],
        }
        url = f"{credentials['base_urls']['api']}/v1/me/storefront"
        async with (
            aiohttp.ClientSession() as session,
            session.get(url, headers=headers) as response,
        ):
            assert response.status == 200
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")


async def test_the_first_token_counts_after_a_restart_without_a_file(tmp_path: Path) -> None:
    async with Simulator(cache_dir=tmp_path) as earlier:
        token = earlier.music_user_token()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "applemusic_simulator", "--port", "0"),
        *("--cache-dir", str(tmp_path)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        url = (await process.stdout.readline()).decode().removeprefix("ready ").strip()
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{url}/control/accounts") as response,
        ):
            assert token in await response.text()
    finally:
        process.send_signal(signal.SIGTERM)
        await process.communicate()


def test_credentials_leave_no_second_file(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path / "credentials.json"
    for _ in range(2):
        asyncio.run(_write(path, tmp_path_factory.mktemp("cache")))
        assert [found.name for found in tmp_path.iterdir()] == [path.name]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def _write(path: Path, cache_dir: Path) -> None:
    async with Simulator(cache_dir=cache_dir) as simulator:
        write_credentials(path, simulator)


def test_help_says_what_it_is_and_where_to_look() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    for word in ("/control", "ready http://", "--write-credentials", "APPLEMUSIC_SIMULATOR_PORT"):
        assert word in result.output


def test_what_cannot_be_done_is_said_in_one_line(tmp_path: Path) -> None:
    missing = tmp_path / "missing" / "credentials.json"
    arguments = ["--port", "0", "--cache-dir", str(tmp_path)]
    result = CliRunner().invoke(main, [*arguments, "--write-credentials", str(missing)])
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert "Traceback" not in result.output
