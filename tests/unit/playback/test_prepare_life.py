"""For how long prepared songs are good, and what happens when Apple does not answer well."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from applemusic_server.domain.audio import AudioContainer, Preparation
from applemusic_server.domain.errors import (
    FailedPreconditionError,
    Reason,
    ResourceExhaustedError,
    UnavailableError,
)
from tests.support.play import Stage
from tests.support.preparing import asked, play, prepare, states

NewStage = Callable[..., Stage]
FMP4 = AudioContainer.FMP4
READY, LICENSED = Preparation.READY, Preparation.LICENSED
RESOLVED, COLD = Preparation.RESOLVED, Preparation.COLD


async def test_it_is_made_anew_before_it_ends(stage: Stage) -> None:
    async def run() -> None:
        await prepare(stage, "900", "901", "902")
        for minutes in range(40):
            await stage.clock.sleep(60)
            found = await stage.preparer.prepared("")
            assert [each.preparation for each in found] == [READY, READY, RESOLVED], minutes
            for each in found:
                assert each.expire_time is not None
                assert each.expire_time > stage.clock.day()
        assert (await play(stage))[0] == 0

    await stage.run(run())
    assert stage.outcomes.heard.count("refresh") == 6


async def test_what_ended_is_not_used(stage: Stage) -> None:
    async def run() -> None:
        await prepare(stage, "900")
        await stage.clock.sleep(5)
        stage.clock.now += 3600  # the machine slept: no task could refresh anything
        assert await states(stage) == [("900", COLD)]
        _, header, _ = await play(stage)
        assert header.preparation is COLD

    await stage.run(run())


async def test_an_address_that_says_when_it_ends_is_believed(stage: Stage) -> None:
    def at(moment: datetime) -> str:
        return stage.apple.song.playlist(40.0).replace(
            "song.mp4", f"song.mp4?Expires={int(moment.timestamp())}"
        )

    ends = stage.clock.day() + timedelta(seconds=300)
    stage.apple.playlist_text = at(ends)
    stage.apple.file_urls.add(f"https://cdn.test/a/song.mp4?Expires={int(ends.timestamp())}")

    async def run() -> None:
        await prepare(stage, "900")
        await stage.clock.sleep(200)
        [song] = await stage.preparer.prepared("")
        assert song.expire_time is not None
        assert abs(song.expire_time - ends) < timedelta(seconds=2)
        assert "refresh" not in stage.outcomes.heard
        await stage.clock.sleep(50)
        assert "refresh" in stage.outcomes.heard

    await stage.run(run())


async def test_an_empty_list_leaves_no_task(stage: Stage) -> None:
    async def run() -> None:
        await prepare(stage, "900", "901")
        await stage.clock.sleep(2)
        before = len(asyncio.all_tasks())
        await prepare(stage)
        await stage.clock.sleep(2)
        # That of the list is gone; for three hours it would have waited for songs.
        assert len(asyncio.all_tasks()) < before
        assert not [task for task in asyncio.all_tasks() if "PreparedList" in repr(task)]

    await stage.run(run())


async def test_a_list_that_nobody_names_again_is_dropped(new_stage: NewStage) -> None:
    stage = new_stage()

    async def run() -> None:
        await prepare(stage, "900")
        await stage.clock.sleep(4 * 3600)
        assert await states(stage) == []
        before = asked(stage)
        await stage.clock.sleep(4 * 3600)
        assert asked(stage) == before

    await stage.run(run())


async def test_a_failure_is_told_and_the_stream_asks_for_itself(stage: Stage) -> None:
    def refuse(number: int) -> None:
        if number == 1:
            raise FailedPreconditionError(Reason.RENDITION_NOT_FOUND, "nothing to play")

    stage.apple.faults["offer"] = refuse

    async def run() -> None:
        await prepare(stage, "900", "901")
        await stage.clock.sleep(3600)
        bad, good = await stage.preparer.prepared("")
        assert (bad.preparation, bad.failure_reason) == (COLD, Reason.RENDITION_NOT_FOUND)
        assert bad.failure_message == "nothing to play"
        assert good.preparation is READY
        assert stage.apple.asked_songs.count("900") == 1
        assert (await play(stage))[1].preparation is COLD

    await stage.run(run())


async def test_a_failed_song_is_tried_again_when_it_is_named_again(stage: Stage) -> None:
    def refuse(number: int) -> None:
        if number == 1:
            raise FailedPreconditionError(Reason.RENDITION_NOT_FOUND, "nothing to play")

    stage.apple.faults["offer"] = refuse

    async def run() -> None:
        await prepare(stage, "900")
        await stage.clock.sleep(60)
        await prepare(stage, "900")
        await stage.clock.sleep(1)
        assert await states(stage) == [("900", READY)]

    await stage.run(run())


@pytest.mark.parametrize("kind", ["offer", "playlist", "license", "range"])
async def test_what_passes_is_tried_again(stage: Stage, kind: str) -> None:
    def fail(number: int) -> None:
        if number == 1:
            raise ResourceExhaustedError(Reason.UPSTREAM_THROTTLED, "slow down")

    stage.apple.faults[kind] = fail

    async def run() -> None:
        await prepare(stage, "900")
        await stage.clock.sleep(1)
        [song] = await stage.preparer.prepared("")
        assert song.failure_reason is Reason.UPSTREAM_THROTTLED
        assert (stage.apple.open_ranges, stage.apple.open_sessions) == (0, 0)
        await stage.clock.sleep(6)
        [song] = await stage.preparer.prepared("")
        assert (song.preparation, song.failure_reason) == (READY, None)

    await stage.run(run())


async def test_a_refresh_that_fails_leaves_what_is_there(stage: Stage) -> None:
    def fail(number: int) -> None:
        if number > 1:
            raise UnavailableError(Reason.UPSTREAM_UNAVAILABLE, "away")

    stage.apple.faults["offer"] = fail

    async def run() -> None:
        await prepare(stage, "900")
        await stage.clock.sleep(860)
        [song] = await stage.preparer.prepared("")
        assert (song.preparation, song.failure_reason) == (READY, Reason.UPSTREAM_UNAVAILABLE)
        await stage.clock.sleep(60)
        [song] = await stage.preparer.prepared("")
        assert song.preparation is COLD
        stage.apple.faults.clear()
        await stage.clock.sleep(310)
        [song] = await stage.preparer.prepared("")
        assert (song.preparation, song.failure_reason) == (READY, None)

    await stage.run(run())


async def test_what_was_resolved_and_is_refused_is_asked_for_anew(stage: Stage) -> None:
    def refuse(number: int) -> None:
        if number == 3:
            raise FailedPreconditionError(Reason.UPSTREAM_REFUSED, "403")

    stage.apple.faults["range"] = refuse

    async def run() -> None:
        await prepare(stage, "901", "902", "900")
        await stage.clock.sleep(5)
        seconds, header, _ = await play(stage)
        assert header.preparation is COLD
        assert seconds == pytest.approx(4 * stage.apple.latency, abs=0.001)

    await stage.run(run())
