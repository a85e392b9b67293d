"""Songs that are prepared: how far, who takes them, and what they cost."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from applemusic_server.application.prepare_tuning import PrepareTuning
from applemusic_server.domain.audio import AudioContainer, Preparation
from applemusic_server.domain.errors import (
    FailedPreconditionError,
    Reason,
)
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.secret import Secret
from tests.support.cenc import Packaged
from tests.support.play import Stage
from tests.support.preparing import asked, play, prepare, states

NewStage = Callable[..., Stage]
FMP4 = AudioContainer.FMP4
READY, LICENSED = Preparation.READY, Preparation.LICENSED
RESOLVED, COLD = Preparation.RESOLVED, Preparation.COLD


async def test_a_prepared_song_starts_without_asking_apple(stage: Stage) -> None:
    async def run() -> None:
        answer = await prepare(stage, "900")
        assert [(each.song_id, each.preparation) for each in answer] == [("900", COLD)]
        await stage.clock.sleep(5)
        [song] = await stage.preparer.prepared("")
        assert song.preparation is READY
        assert 100_000 < song.byte_count <= 192 * 1024
        assert song.expire_time is not None
        assert (stage.apple.open_ranges, stage.apple.open_sessions) == (0, 0)
        before = asked(stage)
        frames = stage.stream()
        header: Any = await anext(frames)
        await anext(frames)
        assert asked(stage) == before
        assert header.preparation is READY
        assert header.stages == ()
        await frames.aclose()
        assert await states(stage) == []

    await stage.run(run())
    assert stage.outcomes.heard == ["used", "hit"]


@pytest.mark.parametrize("container", [FMP4, AudioContainer.ADTS])
async def test_it_is_the_same_to_the_byte(new_stage: NewStage, container: AudioContainer) -> None:
    plain = await new_stage().hear(container=container)
    stage = new_stage()

    async def run() -> bytes:
        await prepare(stage, "900", container=container)
        await stage.clock.sleep(5)
        seconds, _, audio = await play(stage, container=container)
        assert seconds == 0
        return audio

    assert await stage.run(run()) == plain.data


async def test_the_others_are_resolved_and_start_one_round_trip_later(stage: Stage) -> None:
    async def run() -> None:
        await prepare(stage, "901", "902", "900")
        await stage.clock.sleep(5)
        assert await states(stage) == [("901", READY), ("902", READY), ("900", RESOLVED)]
        seconds, header, _ = await play(stage)
        assert seconds == pytest.approx(stage.apple.latency, abs=0.001)
        assert header.preparation is RESOLVED

    await stage.run(run())


async def test_songs_move_up_as_others_are_taken(stage: Stage) -> None:
    async def run() -> None:
        await prepare(stage, "900", "901", "902")
        await stage.clock.sleep(5)
        await play(stage)
        await stage.clock.sleep(5)
        assert await states(stage) == [("901", READY), ("902", READY)]

    await stage.run(run())


@pytest.mark.parametrize(
    ("after", "preparation"),
    [(0.01, COLD), (0.1, COLD), (0.2, RESOLVED), (0.25, READY)],
)
async def test_a_preparation_under_way_is_joined_not_repeated(
    stage: Stage, after: float, preparation: Preparation
) -> None:
    async def run() -> None:
        await prepare(stage, "900")
        await stage.clock.sleep(after)
        seconds, header, _ = await play(stage)
        assert seconds == pytest.approx(max(0.0, 3 * stage.apple.latency - after), abs=0.001)
        assert header.preparation is preparation
        assert {stage.apple.calls[kind] for kind in ("offer", "playlist", "license")} == {1}

    await stage.run(run())


async def test_to_name_it_again_asks_nothing(stage: Stage) -> None:
    async def run() -> None:
        await prepare(stage, "900", "901")
        await stage.clock.sleep(5)
        before = asked(stage)
        again = await prepare(stage, "901", "900")
        assert [each.preparation for each in again] == [READY, READY]
        await stage.clock.sleep(5)
        assert asked(stage) == before

    await stage.run(run())


async def test_one_song_twice_is_two_entries_each_used_once(stage: Stage) -> None:
    async def run() -> None:
        await prepare(stage, "900", "900")
        await stage.clock.sleep(5)
        assert (await play(stage))[1].preparation is READY
        assert (await play(stage))[1].preparation is READY
        assert (await play(stage))[1].preparation is COLD

    await stage.run(run())
    assert stage.outcomes.heard == ["used", "hit", "used", "hit", "miss"]


@pytest.mark.parametrize("after", [0.01, 0.1, 0.2, 0.3, 5.0])
async def test_what_is_skipped_is_cancelled(stage: Stage, after: float) -> None:
    async def run() -> None:
        await prepare(stage, "901", "902")
        await stage.clock.sleep(after)
        await prepare(stage, "903")
        await stage.clock.sleep(5)
        assert await states(stage) == [("903", READY)]
        assert (stage.apple.open_ranges, stage.apple.open_sessions) == (0, 0)
        await prepare(stage)
        assert await states(stage) == []

    await stage.run(run())
    if after < 0.2:
        assert stage.apple.asked_songs == ["901", "903"]
        assert stage.outcomes.heard == ["cancelled", "cancelled", "unused"]


async def test_what_is_skipped_is_not_waited_for(stage: Stage) -> None:
    def hang(number: int) -> Awaitable[None] | None:
        return stage.clock.sleep(1000) if number == 1 else None

    stage.apple.faults["playlist"] = hang

    async def run() -> None:
        await prepare(stage, "901")
        await stage.clock.sleep(0.5)
        await prepare(stage, "902")
        await stage.clock.sleep(1)
        assert await states(stage) == [("902", READY)]

    await stage.run(run())


async def test_a_stream_does_not_wait_for_audio_that_it_does_not_need_yet(stage: Stage) -> None:
    stage.apple.slow = lambda number, offset: 10.0 if (number, offset) == (1, 65536) else 0.0

    async def run() -> None:
        await prepare(stage, "900")
        await stage.clock.sleep(1)
        seconds, header, audio = await play(stage)
        assert (seconds, header.preparation) == (0, READY)
        assert len(audio) == header.total_bytes
        assert stage.apple.ranges[0] != stage.apple.ranges[1]

    await stage.run(run())


async def test_a_new_order_holds_no_more_than_the_old_one(stage: Stage) -> None:
    async def run() -> None:
        await prepare(stage, "901", "902", "903", "904")
        await stage.clock.sleep(5)
        await prepare(stage, "904", "903", "902", "901")
        await stage.clock.sleep(5)
        assert [each for _, each in await states(stage)] == [READY, READY, LICENSED, LICENSED]
        assert stage.preparer.held_bytes <= 2 * 192 * 1024

    await stage.run(run())


async def test_a_seek_uses_what_is_known(stage: Stage) -> None:
    async def run() -> None:
        await prepare(stage, "900")
        await stage.clock.sleep(5)
        before = asked(stage)
        seconds, header, _ = await play(stage, start_offset=timedelta(seconds=17))
        assert header.preparation is LICENSED
        assert seconds == pytest.approx(stage.apple.latency, abs=0.001)
        assert asked(stage) > before
        assert stage.apple.calls["license"] == 1

    await stage.run(run())


async def test_next_songs_of_a_stream_and_what_it_hears_of_them(stage: Stage) -> None:
    def refuse(number: int) -> None:
        if number == 3:
            raise FailedPreconditionError(Reason.CONTENT_RESTRICTED, "not here")

    stage.apple.faults["offer"] = refuse

    async def run() -> None:
        heard = await stage._hear(stage.stream(next_song_ids=("901", "902")), lambda _: 0.0)
        assert heard.error is None
        news = [(each.kind.name, each.song_id, each.reason) for each in heard.events]
        assert news == [
            ("PREPARED", "901", None),
            ("PREPARE_FAILED", "902", Reason.CONTENT_RESTRICTED),
        ]
        first_chunk = heard.timed_chunks[0][0]
        others = [at for what, at in stage.apple.log if what == "offer asked"][1:]
        assert min(others) >= first_chunk
        assert (await play(stage, song_id="901"))[0] == 0

    await stage.run(run())


async def test_a_stream_that_names_none_leaves_the_list_alone(stage: Stage) -> None:
    async def run() -> None:
        await prepare(stage, "901")
        await play(stage)
        assert await states(stage) == [("901", READY)]

    await stage.run(run())


async def test_a_stream_that_starts_goes_first(stage: Stage) -> None:
    async def run() -> None:
        frames = stage.stream()
        start = asyncio.ensure_future(anext(frames))
        await stage.clock.sleep(0.01)
        await prepare(stage, "901")
        await start
        await anext(frames)
        assert stage.apple.asked_songs == ["900"]
        await stage.clock.sleep(1)
        assert stage.apple.asked_songs == ["900", "901"]
        await frames.aclose()

    await stage.run(run())


async def test_prepared_songs_do_not_count_as_streams(stage: Stage) -> None:
    async def run() -> None:
        await prepare(stage, "1", "2", "3", "4", "5")
        await stage.clock.sleep(5)
        assert stage.player.limits.streams == 0

    await stage.run(run())


async def test_accounts_have_lists_and_entries_of_their_own(stage: Stage) -> None:
    stage.apple.listeners["guest"] = Listener("guest", Secret("g" * 40), "us")

    async def run() -> None:
        await prepare(stage, "900", account="home")
        await prepare(stage, "900", "901", account="guest")
        await stage.clock.sleep(5)
        assert stage.apple.calls["license"] == 3
        assert (await play(stage, account="guest"))[1].preparation is READY
        assert await states(stage, "home") == [("900", READY)]
        assert await states(stage, "guest") == [("901", READY)]
        stage.preparer.forget("home")
        assert await states(stage, "home") == []
        assert await states(stage, "guest") == [("901", READY)]
        assert (await play(stage, account="home"))[1].preparation is COLD

    await stage.run(run())


async def test_another_storefront_finds_nothing_of_the_one_before(stage: Stage) -> None:
    async def run() -> None:
        await prepare(stage, "900")
        await stage.clock.sleep(5)
        stage.apple.listeners["home"] = Listener("home", Secret("t" * 40), "de")
        assert (await play(stage))[1].preparation is COLD
        assert await states(stage) == []

    await stage.run(run())


async def test_a_renewed_token_keeps_what_is_prepared_and_prepares_the_rest(stage: Stage) -> None:
    async def run() -> None:
        await prepare(stage, "900", "901")
        while (await states(stage))[0] != ("900", READY):
            await stage.clock.sleep(0.1)
        stage.apple.listeners["home"] = Listener("home", Secret("n" * 40), "us")
        assert await states(stage) == [("900", READY), ("901", COLD)]
        await stage.clock.sleep(5)  # Apple knows the new token only
        assert await states(stage) == [("900", READY), ("901", READY)]
        assert (stage.apple.calls["offer"], stage.apple.calls["license"]) == (2, 2)
        assert (await play(stage))[1].preparation is READY

    await stage.run(run())


async def test_no_more_audio_is_held_than_the_server_has_room_for(play_song: Packaged) -> None:
    stage = Stage(play_song, seconds=40.0, prepare_tuning=PrepareTuning(ready_songs_per_server=1))
    stage.apple.listeners["guest"] = Listener("guest", Secret("g" * 40), "us")

    async def run() -> None:
        await prepare(stage, "900", account="home")
        await stage.clock.sleep(1)
        await prepare(stage, "901", account="guest")
        await stage.clock.sleep(30)
        assert await states(stage, "guest") == [("901", RESOLVED)]
        await prepare(stage, account="home")
        await stage.clock.sleep(30)
        assert await states(stage, "guest") == [("901", READY)]

    await stage.run(run())


async def test_a_file_server_that_sends_all_is_not_listened_to_for_long(stage: Stage) -> None:
    real = stage.apple.open_range

    async def whole(url: str, start: int, end: int | None, **values: Any) -> Any:
        body = await real(url, start, end, **values)
        body._at, body.start, body.end = 0, 0, body.total
        return body

    stage.apple.open_range = whole  # type: ignore[method-assign] # this file server knows no ranges

    async def run() -> bytes:
        await prepare(stage, "900")
        await stage.clock.sleep(5)
        assert stage.preparer.held_bytes < 256 * 1024
        assert stage.apple.open_ranges == 0
        return (await play(stage))[2]

    assert len(await stage.run(run())) == len(stage.apple.song.data)


async def test_without_a_device_there_is_nothing_to_prepare(play_song: Packaged) -> None:
    stage = Stage(play_song, device=False)
    with pytest.raises(FailedPreconditionError) as caught:
        await prepare(stage, "900")
    assert caught.value.reason is Reason.WIDEVINE_DEVICE_MISSING
