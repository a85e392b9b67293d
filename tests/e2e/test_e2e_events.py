"""What a player is told while a song plays: each kind of event, end to end."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial

import pytest

from applemusic.models import AudioEvent, AudioEventKind, ErrorReason
from applemusic_server.application.playback_tuning import PlaybackTuning
from tests.support.stage import Stage, packets

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
Kind = AudioEventKind


class Player:
    """Plays the longest short song and keeps what it is told, those of KEEP_ALIVE included."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.song = max(stage.songs, key=lambda each: each.duration_ms)
        self.heard: list[AudioEvent] = []
        self.audio = b""

    @property
    def kinds(self) -> list[Kind]:
        return [event.kind for event in self.heard]

    async def play(
        self,
        until: Kind | None = None,
        *,
        next_song_ids: Sequence[str] = (),
        after_first: Callable[[], None] = lambda: None,
    ) -> None:
        """Play to the end, or until something is told; do something after the first chunk."""
        await self._stage.asset(self.song)
        stream = self._stage.music.audio.stream(
            self.song.id, next_song_ids=next_song_ids, on_event=self.heard.append
        )
        async with stream:
            async for chunk in stream:
                if not self.audio:
                    after_first()
                self.audio += bytes(chunk)
                if until in self.kinds:
                    return
        assert until is None, f"{until} was not told"


@pytest.fixture
async def paced(stage_of: SetUp, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """A stage that sends little ahead and says that it is alive after a tenth of a second."""
    monkeypatch.setattr(
        "applemusic_server.playback_parts.PlaybackTuning",
        partial(PlaybackTuning, keep_alive_seconds=0.1, rest_seconds=0),
    )
    async with stage_of(playback={"burst_seconds": 1, "fill_rate": 10, "lead_seconds": 2}) as stage:
        yield stage


async def test_a_stream_that_stalls_and_flows_again(paced: Stage) -> None:
    player, latency = Player(paced), paced.simulator.world.conditions.latency
    await player.play(Kind.FLOWING, after_first=lambda: latency.update(cdn=3.5))
    told = [each for each in player.heard if each.kind is not Kind.KEEP_ALIVE]
    assert [each.kind for each in told] == [Kind.STALLED, Kind.FLOWING]
    assert None not in {each.event_time for each in told}
    assert told[1].message.startswith("audio flows again after ")
    assert await paced.metric("applemusic_stream_stalls_total") == 1
    assert "waiting for Apple" in {each.message for each in player.heard}


async def test_a_transfer_that_is_taken_up_again(paced: Stage) -> None:
    player = Player(paced)
    await player.play(
        Kind.UPSTREAM_RESUMED,
        after_first=lambda: paced.fault("cdn", "reset-after", after_bytes=20_000),
    )
    assert Kind.STALLED not in player.kinds


async def test_an_address_that_is_renewed(stage_of: SetUp) -> None:
    async with stage_of() as stage:
        player = Player(stage)
        await stage.music.audio.prepare([player.song.id])
        while not (await stage.music.audio.prepared())[0].byte_count > 100_000:
            pass
        stage.fault("cdn", "status", status=403)  # for the second range
        await player.play()
        assert player.kinds == [Kind.RENEWED]
        original = (await stage.asset(player.song)).clear_path.read_bytes()
        assert packets(player.audio) == packets(original)


async def test_a_next_song_that_is_prepared(paced: Stage) -> None:
    player, after = Player(paced), paced.songs[1]
    await player.play(Kind.PREPARED, next_song_ids=[after.id])
    assert [each.song_id for each in player.heard if each.kind is Kind.PREPARED] == [after.id]


async def test_a_next_song_that_cannot_be_prepared(paced: Stage) -> None:
    player, after = Player(paced), paced.songs[1]
    paced.fault("webPlayback", "failure", code="3076", count=None, subject=after.id)
    await player.play(Kind.PREPARE_FAILED, next_song_ids=[after.id])
    [told] = [each for each in player.heard if each.kind is Kind.PREPARE_FAILED]
    assert (told.song_id, told.reason) == (after.id, ErrorReason.CONTENT_UNAVAILABLE)
    assert told.message


async def test_a_stream_says_that_it_is_alive_while_it_is_paced(paced: Stage) -> None:
    player = Player(paced)
    await player.play(Kind.KEEP_ALIVE)
    assert set(player.kinds) == {Kind.KEEP_ALIVE}
    assert player.heard[0].message == "waiting for its time"
