"""A seek in a song that plays: one round trip, and only for whoever plays it."""

from datetime import timedelta
from typing import Any

import pytest

from applemusic_server.domain.audio import AudioContainer, Preparation
from applemusic_server.domain.errors import FailedPreconditionError, Reason
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.secret import Secret
from tests.support.play import Heard, Stage

PLACE = timedelta(seconds=17)


async def hear(stage: Stage, **request: Any) -> tuple[float, Heard]:
    began = stage.clock.now
    heard = await stage._hear(stage.stream(**request), lambda _: 0.0)
    assert heard.error is None, heard.error
    return heard.timed_chunks[0][0] - began, heard


@pytest.mark.parametrize("container", [AudioContainer.FMP4, AudioContainer.ADTS])
async def test_one_round_trip_while_the_song_plays(stage: Stage, container: AudioContainer) -> None:
    async def run() -> None:
        playing = stage.stream(container=container)
        for _ in range(3):
            await anext(playing)
        before = dict(stage.apple.calls)
        seconds, heard = await hear(stage, container=container, start_offset=PLACE)
        assert heard.header.preparation is Preparation.LICENSED
        assert heard.header.start_offset <= PLACE
        assert seconds == pytest.approx(stage.apple.latency, abs=0.001)
        for kind in ("offer", "playlist", "license"):
            assert stage.apple.calls[kind] == before[kind]
        await playing.aclose()

    await stage.run(run())


async def test_the_same_bytes_as_of_a_cold_seek(stage: Stage) -> None:
    async def run() -> None:
        _, cold = await hear(stage, start_offset=PLACE)
        _, warm = await hear(stage, start_offset=PLACE)
        assert (cold.header.preparation, warm.header.preparation) == (
            Preparation.COLD,
            Preparation.LICENSED,
        )
        assert warm.data == cold.data
        assert warm.header.etag == cold.header.etag

    await stage.run(run())


async def test_going_on_at_a_byte_costs_one_round_trip_too(stage: Stage) -> None:
    async def run() -> None:
        _, whole = await hear(stage)
        seconds, rest = await hear(stage, byte_offset=700_000, etag=whole.header.etag)
        assert rest.data == whole.data[700_000:]
        assert seconds == pytest.approx(stage.apple.latency, abs=0.001)

    await stage.run(run())


async def test_a_new_start_asks_for_everything(stage: Stage) -> None:
    async def run() -> None:
        await hear(stage)
        _, again = await hear(stage)
        assert again.header.preparation is Preparation.COLD
        assert stage.apple.calls["license"] == 2

    await stage.run(run())


@pytest.mark.parametrize("how", ["late", "forgotten", "other country", "other song", "two later"])
async def test_nothing_is_known_any_more(stage: Stage, how: str) -> None:
    async def run() -> None:
        song = "900"
        await hear(stage)
        if how == "late":
            stage.clock.now += 901
        elif how == "forgotten":
            stage.player.forget("home")
        elif how == "other country":
            stage.apple.listeners["home"] = Listener("home", Secret("t" * 40), "de")
        elif how == "other song":
            song = "901"
        else:
            await hear(stage, song_id="901")
            await hear(stage, song_id="902")
        _, heard = await hear(stage, song_id=song, start_offset=PLACE)
        assert heard.header.preparation is Preparation.COLD

    await stage.run(run())


async def test_what_is_known_outlasts_a_renewal_of_the_token(stage: Stage) -> None:
    async def run() -> None:
        await hear(stage)
        stage.apple.listeners["home"] = Listener("home", Secret("n" * 40), "us")
        _, heard = await hear(stage, start_offset=PLACE)
        assert heard.header.preparation is Preparation.LICENSED

    await stage.run(run())


async def test_an_address_that_is_refused_is_asked_for_anew(stage: Stage) -> None:
    async def run() -> None:
        _, whole = await hear(stage)
        number = stage.apple.calls["range"]

        def refuse(call: int) -> None:
            if call <= number + 2:  # the fragment, and the init segment beside it
                raise FailedPreconditionError(Reason.UPSTREAM_REFUSED, "403")

        stage.apple.faults["range"] = refuse
        _, heard = await hear(stage, byte_offset=700_000, etag=whole.header.etag)
        assert heard.header.preparation is Preparation.COLD
        assert heard.data == whole.data[700_000:]

    await stage.run(run())
