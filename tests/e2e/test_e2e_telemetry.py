"""What a stream leaves behind: one line in the log, metrics, and the numbers in its summary."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from applemusic import AudioStream, errors
from applemusic_server.domain.audio import Stage as Stages
from tests.support.stage import Stage

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
PACED = {"burst_seconds": 2, "fill_rate": 10, "lead_seconds": 30}


def lines(stage: Stage) -> list[Any]:
    return [line for line in stage.log if line["event"] == "stream ended"]


def stages_of(line: Any) -> set[str]:
    return {stage.value for stage in Stages if f"{stage.value}_seconds" in line}


async def the_line(stage: Stage) -> Any:
    """Wait until the stream has ended at the server, too, and return its one line."""
    async with asyncio.timeout(5):
        while not lines(stage):  # noqa: ASYNC110 - the log has no event for it
            await asyncio.sleep(0)
    (line,) = lines(stage)
    about = [each for each in stage.log if "AudioStream" in str(each.get("method", ""))]
    assert not about, "nothing else is said about it"
    return line


async def rest_of(stream: AudioStream) -> None:
    while await stream.read():
        pass


async def test_a_complete_stream(stage: Stage) -> None:
    stage.fault("cdn", "reset-after", after_bytes=50_000)
    stage.fault("cdn", "status", status=403)
    async with stage.music.audio.stream(stage.song.id) as stream:
        size = len(b"".join([bytes(chunk) async for chunk in stream]))
    line, summary = await the_line(stage), stream.summary
    assert (line["outcome"], line["account"], line["song_id"]) == (
        "complete",
        "default",
        stage.song.id,
    )
    assert line["bytes"] == summary.byte_count == size
    assert line["upstream_bytes"] == summary.upstream_byte_count >= size
    assert line["resumes"] == summary.resume_count == 1
    assert line["renewals"] == 1
    assert line["stalls"] == summary.stall_count == 0
    assert line["stall_seconds"] == summary.stall_duration.total_seconds() == 0
    assert line["media_seconds"] == round(summary.media_duration.total_seconds(), 3) > 0
    assert line["bit_rate"] == stream.header.bit_rate > 0
    assert line["stream_id"] == stream.header.stream_id
    assert line["preparation"] == "COLD"
    assert stages_of(line) == {each.name for each in summary.stages}
    first = summary.first_byte_duration.total_seconds()
    assert line["first_byte_seconds"] == pytest.approx(first, abs=0.05)
    assert (line["code"], line["log_level"]) == ("OK", "info")
    assert "reason" not in line
    for name, value in (
        ("stream_resumes", 1),
        ("stream_renewals", 1),
        ("stream_bytes", size),
        ("stream_upstream_bytes", summary.upstream_byte_count),
    ):
        assert await stage.metric(f"applemusic_{name}_total") == value
    for each in summary.stages:
        assert await stage.metric("applemusic_stream_stage_seconds_count", stage=each.name) == 1


async def test_a_stream_that_is_left(stage_of: SetUp) -> None:
    async with stage_of(playback=PACED) as stage:
        async with stage.music.audio.stream(stage.song.id) as stream:
            await stream.read()
        line = await the_line(stage)
        assert (line["outcome"], line["preparation"]) == ("cancelled", "COLD")
        assert (line["code"], line["log_level"]) == ("CANCELLED", "info")
        assert 0 < line["bytes"] < stream.header.total_bytes
        assert line["upstream_bytes"] > 0
        assert line["first_byte_seconds"] >= 0
        assert await stage.metric("applemusic_streams_total", outcome="cancelled") == 1


async def test_a_stream_that_is_refused(stage: Stage) -> None:
    stage.fault("webPlayback", "failure", code="3076")
    with pytest.raises(errors.ContentUnavailableError):
        await stage.play(stage.song.id)
    line = await the_line(stage)
    assert (line["outcome"], line["reason"]) == ("refused", "CONTENT_UNAVAILABLE")
    assert (line["code"], line["log_level"]) == ("FAILED_PRECONDITION", "warning")
    assert line["error"]
    assert (line["account"], line["bytes"], line["upstream_bytes"]) == ("default", 0, 0)
    assert stages_of(line) == {"web_playback"}


async def test_a_stream_that_fails_in_the_middle(stage_of: SetUp) -> None:
    async with stage_of(playback=PACED) as stage:
        song = max(stage.songs, key=lambda each: each.duration_ms)
        stream = stage.music.audio.stream(song.id)
        await stream.read()
        stage.fault("cdn", "status", status=403, count=None)
        with pytest.raises(errors.UpstreamRefusedError):
            await rest_of(stream)
        line = await the_line(stage)
        assert (line["outcome"], line["reason"]) == ("failed", "UPSTREAM_REFUSED")
        assert line["bytes"] == stream.position
        assert line["media_seconds"] > 0


async def test_a_stream_that_nobody_let_in(stage: Stage) -> None:
    with pytest.raises(errors.AccountNotFoundError):
        await stage.play(stage.song.id, account="nobody")
    line = await the_line(stage)
    assert (line["outcome"], line["reason"], line["account"]) == (
        "refused",
        "ACCOUNT_NOT_FOUND",
        "nobody",
    )


async def test_a_stream_of_an_account_that_is_signed_out(stage_of: SetUp) -> None:
    async with stage_of(playback=PACED) as stage:
        song = max(stage.songs, key=lambda each: each.duration_ms)
        stream = stage.music.audio.stream(song.id)
        await stream.read()
        await stage.music.auth.sign_out("default")
        with pytest.raises(errors.AccountNotFoundError):
            await rest_of(stream)
        line = await the_line(stage)
        assert (line["code"], line["reason"]) == ("NOT_FOUND", "ACCOUNT_NOT_FOUND")
        assert line["bytes"] > 0


async def test_prepared_hits_and_misses_and_cancelled_work(stage: Stage) -> None:
    one, two, three = (song.id for song in stage.songs[:3])
    await stage.music.audio.prepare([one, two, three])
    while (await stage.music.audio.prepared())[0].preparation.name != "READY":
        pass
    await stage.play(one)
    await stage.play(stage.songs[3].id)
    await stage.music.audio.prepare([])
    starts, outcomes = "applemusic_prepared_starts_total", "applemusic_prepare_outcomes_total"
    assert await stage.metric(starts, result="hit") == 1
    assert await stage.metric(starts, result="miss") == 1
    assert await stage.metric(outcomes, outcome="used") == 1
    left = [await stage.metric(outcomes, outcome=each) for each in ("unused", "cancelled")]
    assert sum(left) == 2
    for preparation in ("ready", "cold"):
        name = "applemusic_stream_first_byte_seconds_count"
        assert await stage.metric(name, preparation=preparation) == 1
    assert await stage.metric("applemusic_transition_seconds_count", preparation="cold") == 1
