"""The metrics of a running server: each is documented, and Prometheus' own tool likes them."""

import asyncio
import re
import shutil
from pathlib import Path

import aiohttp
import pytest

from applemusic import errors
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


async def test_the_database_and_a_refused_stream_are_shown(stage: Stage) -> None:
    assert await stage.metric("applemusic_database_up") == 1
    assert (
        await stage.metric("applemusic_database_transaction_seconds_count", operation="write") > 0
    )
    assert await stage.metric("applemusic_accounts", state="active") == 1
    assert await stage.metric("applemusic_streams_limit") > 0
    stage.fault("webPlayback", "failure", code="3076")
    with pytest.raises(errors.ContentUnavailableError):
        await stage.play(stage.song.id)
    refused = {"outcome": "refused", "reason": "CONTENT_UNAVAILABLE"}
    assert await stage.metric("applemusic_stream_failures_total", **refused) == 1


async def test_a_look_is_bounded_in_size(stage: Stage) -> None:
    """What a scrape costs grows with the lines: the goal of docs/metrics.md."""
    await stage.play(stage.song.id)
    lines = (await metrics(stage)).count("\n")
    assert lines < 2_700


async def test_every_way_that_a_call_can_end_is_there_from_the_start(stage: Stage) -> None:
    """A series that begins with its first failure shows Prometheus no increase."""
    ways: dict[str, set[str]] = {}
    for code, service in re.findall(
        r'^grpc_server_handled_total{grpc_code="(\w+)",[^}]*grpc_service="applemusic\.v1\.(\w+)"',
        await metrics(stage),
        re.MULTILINE,
    ):
        ways.setdefault(service, set()).add(code)

    for_all = {
        *("OK", "Canceled", "DeadlineExceeded", "InvalidArgument", "NotFound", "Unavailable"),
        *("FailedPrecondition", "Unauthenticated", "PermissionDenied", "ResourceExhausted"),
        *("Unimplemented", "Internal"),
    }
    media = {"OutOfRange", "Aborted", "DataLoss"}
    assert len(ways) == 8
    for service, codes in ways.items():
        assert codes == (for_all | media if service == "AudioService" else for_all), service


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
