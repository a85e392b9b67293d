"""The metrics of a running server: each is documented, and Prometheus' own tool likes them."""

import asyncio
import re
import shutil
from pathlib import Path

import aiohttp
import pytest

from tests.support.stage import Stage

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"


async def metrics(stage: Stage) -> str:
    url = f"http://127.0.0.1:{stage.server.web_port}/metrics"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return await response.text()


async def test_all_that_a_server_shows_is_documented(stage: Stage) -> None:
    await stage.play(stage.song.id)
    await stage.music.auth.renew_music_user_token()
    shown = re.findall(r"^# TYPE (\S+) (\S+)$", await metrics(stage), re.MULTILINE)
    rows = PAGE.read_text("utf-8")

    assert len(shown) > 20
    assert [each for each in shown if f"| `{each[0]}` | {each[1]} |" not in rows] == []


async def test_the_event_loop_is_watched(stage: Stage) -> None:
    async with asyncio.timeout(5):
        while not await stage.metric("applemusic_event_loop_lag_seconds_count"):
            pass  # each look at the metrics lets the loop run


async def test_promtool_finds_no_fault(stage: Stage) -> None:
    text = await metrics(stage)
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not here (Debian: apt-get install prometheus)")
    process = await asyncio.create_subprocess_exec(
        *(promtool, "check", "metrics"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate(text.encode())
    assert (process.returncode, said.decode()) == (0, "")
