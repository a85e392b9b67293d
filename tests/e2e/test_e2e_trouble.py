"""Trouble in the middle of a song: nobody hears it, or the player is told what to do.

Songs are sent over seconds here, so that what goes wrong after their first bytes is in the middle.
"""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp
import pytest

from applemusic import AudioContainer, AudioStream, Client, errors
from applemusic.errors import Advice
from applemusic.models import AudioEventKind
from tests.support.stage import Stage, packets

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
PACED = {"burst_seconds": 2, "fill_rate": 20, "lead_seconds": 30}
FMP4, ADTS = AudioContainer.FMP4, AudioContainer.ADTS
pytestmark = pytest.mark.usefixtures("without_rests")
RESUMED, RENEWED = AudioEventKind.UPSTREAM_RESUMED, AudioEventKind.RENEWED


@pytest.fixture
async def paced(stage_of: SetUp) -> AsyncIterator[Stage]:
    """A stage whose songs take some seconds to be sent."""
    async with stage_of(playback=PACED) as stage:
        yield stage


class Playing:
    """The longest short song, being played; a test does what it does after the first bytes."""

    def __init__(self, stage: Stage, stream: AudioStream) -> None:
        self._stage = stage
        self.stream = stream
        self.song = max(stage.songs, key=lambda each: each.duration_ms)
        self.audio = b""

    @classmethod
    async def begin(cls, stage: Stage, **values: Any) -> "Playing":
        song = max(stage.songs, key=lambda each: each.duration_ms)
        await stage.asset(song)  # encoded before anything is timed
        playing = cls(stage, stage.music.audio.stream(song.id, **values))
        while len(playing.audio) < 10_000:
            await playing._read()
        return playing

    async def _read(self) -> bool:
        chunk = await self.stream.read()
        self.audio += bytes(chunk or b"")
        return chunk is not None

    async def _rest(self) -> None:
        while await self._read():
            pass

    async def end(self) -> list[AudioEventKind]:
        """Play to the end, check every packet, and return what the player was told."""
        await self._rest()
        original = (await self._stage.asset(self.song)).clear_path.read_bytes()
        assert packets(self.audio) == packets(original)
        assert self.stream.resume_count == 0, "the server mended it, not the client"
        assert self.stream.summary.stall_count == 0
        return [event.kind for event in self.stream.events]

    async def failure(self) -> errors.AppleMusicError:
        """Play until it fails; what came until then is right."""
        with pytest.raises(errors.AppleMusicError) as caught:
            await self._rest()
        original = (await self._stage.asset(self.song)).clear_path.read_bytes()
        came = packets(self.audio)[:-1]
        assert came
        assert packets(original)[: len(came)] == came
        return caught.value


@pytest.mark.parametrize(("status", "container"), [(403, FMP4), (404, ADTS), (410, FMP4)])
async def test_a_media_address_that_expires_is_renewed(
    paced: Stage, status: int, container: AudioContainer
) -> None:
    playing = await Playing.begin(paced, container=container)
    paced.simulator.world.requests.clear()
    paced.fault("cdn", "status", status=status)
    assert await playing.end() == [RENEWED]
    assert paced.simulator.world.requests.count("webPlayback") == 1
    assert paced.simulator.world.requests.count("license") == 0


async def test_a_media_address_that_expires_is_renewed_in_pcm_too(paced: Stage) -> None:
    pcm = AudioContainer.PCM_S16LE
    whole = await paced.play(paced.song.id, container=pcm)
    stream, audio = paced.music.audio.stream(paced.song.id, container=pcm), b""
    while (chunk := await stream.read()) is not None:
        if not audio:
            paced.fault("cdn", "status", status=403)
        audio += bytes(chunk)
    assert audio == whole
    assert [event.kind for event in stream.events] == [RENEWED]


@pytest.mark.parametrize("status", [403, 404, 410])
@pytest.mark.parametrize("container", [FMP4, ADTS])
async def test_a_first_range_that_is_refused_gets_a_new_address(
    stage: Stage, status: int, container: AudioContainer
) -> None:
    stage.fault("cdn", "status", status=status)
    stage.simulator.world.requests.clear()
    audio = await stage.play(stage.song.id, container=container)
    original = (await stage.asset(stage.song)).clear_path.read_bytes()
    assert packets(audio) == packets(original)
    counts = stage.simulator.world.requests
    assert (counts.count("webPlayback"), counts.count("license")) == (2, 1)


@pytest.mark.parametrize(
    ("kind", "values", "told", "container"),
    [
        # The first one meets a connection from the pool, and is none of ours.
        ("reset", {"count": 2}, [RESUMED], FMP4),
        ("reset-after", {"after_bytes": 50_000}, [RESUMED], FMP4),
        ("reset-after", {"after_bytes": 50_000}, [RESUMED], ADTS),
        ("cut", {"after_bytes": 50_000}, [RESUMED], FMP4),
        ("cut", {"after_bytes": 50_000}, [RESUMED], ADTS),
        ("status", {"status": 500, "count": 3}, [RESUMED] * 3, FMP4),
        ("status", {"status": 429}, [RESUMED], ADTS),
        ("html", {"status": 502}, [RESUMED], FMP4),
        ("empty", {}, [RESUMED], FMP4),
        # Honest about it: the next range begins where it ended.
        ("short-body", {}, [], FMP4),
        ("ignore-range", {}, [], ADTS),
    ],
)
async def test_a_file_server_in_trouble_is_not_heard(
    paced: Stage,
    kind: str,
    values: dict[str, Any],
    told: list[AudioEventKind],
    container: AudioContainer,
) -> None:
    playing = await Playing.begin(paced, container=container)
    paced.fault("cdn", kind, **values)
    assert await playing.end() == told
    assert playing.stream.summary.resume_count == len(told)
    assert not paced.simulator.world.conditions.faults, "the trouble was met"


@pytest.mark.parametrize("layout", ["default", "many-keys", "compact"])
async def test_a_licence_that_is_due_is_renewed(stage_of: SetUp, layout: str) -> None:
    offset = 0.0
    async with stage_of(playback=PACED, clock=lambda: time.monotonic() + offset) as stage:
        stage.simulator.world.playback.change(layout=layout)
        stage.simulator.world.playback.renew_after = 3600
        playing = await Playing.begin(stage)
        stage.simulator.world.requests.clear()
        offset = 3600.0  # the player was paused
        assert RENEWED in await playing.end()
        assert stage.simulator.world.requests.count("license") == 1
        assert stage.simulator.world.requests.count("webPlayback") == 0


async def test_a_licence_that_is_not_renewed_any_more_ends_the_song(stage_of: SetUp) -> None:
    offset = 0.0
    async with stage_of(playback=PACED, clock=lambda: time.monotonic() + offset) as stage:
        stage.simulator.world.playback.renew_after = 3600
        playing = await Playing.begin(stage)
        stage.fault("license", "refuse", code="3084", count=None)
        offset = 3600.0
        error = await playing.failure()
        assert isinstance(error, errors.AnotherDevicePlayingError)
        assert error.advice is Advice.TELL


class Names:
    """The name service, which can be made to fail so many times."""

    def __init__(self) -> None:
        self.failures = 0
        self.asked = 0

    async def resolve(self, host: str, port: int, _family: int) -> list[dict[str, Any]]:
        self.asked += 1
        if self.failures:
            self.failures -= 1
            raise OSError(socket.EAI_AGAIN, "Temporary failure in name resolution")
        address = {"hostname": host, "host": "127.0.0.1", "port": port}
        return [{**address, "family": socket.AF_INET, "proto": 0, "flags": 0}]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Every request of the server looks the name up anew and connects anew."""
    found = Names()
    monkeypatch.setattr("applemusic_server.upstream.session._KEEP_ALIVE_SECONDS", 0)
    monkeypatch.setattr("applemusic_server.upstream.session._DNS_CACHE_SECONDS", 0)

    async def resolve(_self: Any, host: str, port: int, family: int) -> list[dict[str, Any]]:
        return await found.resolve(host, port, family)

    monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", resolve)
    return found


async def test_names_that_are_not_found_in_mid_song_are_not_heard(
    stage_of: SetUp, names: Names
) -> None:
    async with stage_of(playback=PACED, apple_host="localhost") as stage:
        playing = await Playing.begin(stage)
        assert names.asked > 3
        names.failures = 3
        assert await playing.end() == [RESUMED] * 3


@pytest.mark.usefixtures("quick_retries")
async def test_names_that_are_not_found_at_the_start(stage_of: SetUp, names: Names) -> None:
    async with stage_of(apple_host="localhost") as stage:
        names.failures = 2
        assert await stage.play(stage.song.id), "a moment is not noticed"
        names.failures = 10**6
        with pytest.raises(errors.UpstreamUnavailableError) as caught:
            await stage.play(stage.song.id)
        assert caught.value.advice is Advice.RETRY
        assert caught.value.retry_after is not None
        assert caught.value.metadata["endpoint"] == "web_playback"


@pytest.mark.usefixtures("quick_retries")
async def test_throttling_while_preparing_is_not_noticed_by_what_plays(paced: Stage) -> None:
    after = paced.songs[1]
    paced.fault("webPlayback", "status", status=429, count=None, subject=after.id)
    playing = await Playing.begin(paced, next_song_ids=[after.id])
    paced.simulator.world.requests.clear()
    await playing.end()
    prepared = await paced.music.audio.prepared()
    while not prepared[0].failure_message:
        prepared = await paced.music.audio.prepared()
    assert prepared[0].failure_reason.name == "UPSTREAM_THROTTLED"
    assert paced.simulator.world.requests.count("webPlayback") <= 5, "it backs off"
    paced.simulator.world.conditions.reset()
    assert await paced.play(after.id)


async def test_a_token_that_is_renewed_while_a_song_plays(paced: Stage) -> None:
    after, world = paced.songs[1], paced.simulator.world
    world.renewal.revoke_old = True
    await paced.music.audio.prepare([after.id])
    playing = await Playing.begin(paced)
    while (await paced.music.audio.prepared())[0].preparation.name != "READY":
        pass
    await paced.music.auth.renew_music_user_token()
    world.requests.clear()
    paced.fault("cdn", "status", status=403)  # so that Apple is asked with a token again
    assert await playing.end() == [RENEWED]
    assert world.requests.count("renewMusicToken") == 0
    world.requests.clear()
    async with paced.music.audio.stream(after.id) as stream:
        await stream.read()
    assert stream.header.preparation.name == "READY"
    assert world.requests.count("webPlayback") == world.requests.count("license") == 0
    assert (await paced.music.auth.get_account()).state.name == "ACTIVE"


async def test_an_account_that_is_signed_out_while_it_plays(paced: Stage) -> None:
    playing = await Playing.begin(paced)
    await paced.music.auth.sign_out("default")
    error = await playing.failure()
    assert isinstance(error, errors.AccountNotFoundError)
    assert error.advice is Advice.SIGN_IN
    assert await paced.metric("applemusic_streams_active") == 0


@pytest.mark.parametrize(
    ("code", "reason", "advice"),
    [
        ("", "UPSTREAM_REFUSED", Advice.SKIP),
        ("1010", "RESOURCE_NOT_FOUND", Advice.SKIP),
        ("-1017", "CONTENT_GEO_BLOCKED", Advice.SKIP),
        ("3082", "CONTENT_RESTRICTED", Advice.SKIP),
        ("3063", "SUBSCRIPTION_REQUIRED", Advice.TELL),
        ("3084", "ANOTHER_DEVICE_PLAYING", Advice.TELL),
        ("2002", "MUSIC_USER_TOKEN_REJECTED", Advice.SIGN_IN),
        ("5002", "UPSTREAM_UNAVAILABLE", Advice.RETRY),
    ],
)
async def test_an_address_that_is_not_renewed_says_what_to_do(
    paced: Stage, code: str, reason: str, advice: Advice
) -> None:
    playing = await Playing.begin(paced)
    paced.fault("cdn", "status", status=403, count=None)
    if code:
        paced.fault("webPlayback", "failure", code=code, count=None)
    error = await playing.failure()
    assert (error.reason, error.advice) == (reason, advice)
    assert int(error.metadata["byteOffset"]) == len(playing.audio)


async def test_a_token_that_died_while_a_song_plays_asks_for_a_sign_in(paced: Stage) -> None:
    world = paced.simulator.world
    playing = await Playing.begin(paced)
    for token in world.user_tokens.of("demo"):
        world.user_tokens.revoke(token)
    paced.fault("cdn", "status", status=403)
    error = await playing.failure()
    assert isinstance(error, errors.MusicUserTokenRejectedError)
    assert error.advice is Advice.SIGN_IN
    assert (await paced.music.auth.get_account()).state.name == "REJECTED"


@pytest.mark.usefixtures("quick_retries")
async def test_a_song_that_ends_with_retry_goes_on_at_its_byte(paced: Stage) -> None:
    playing = await Playing.begin(paced)
    paced.fault("cdn", "status", status=403)
    paced.fault("webPlayback", "status", status=500, count=3)
    error = await playing.failure()
    assert error.advice is Advice.RETRY
    rest = await paced.play(
        playing.song.id,
        byte_offset=playing.stream.position,
        etag=playing.stream.header.etag,
    )
    original = (await paced.asset(playing.song)).clear_path.read_bytes()
    assert packets(playing.audio + rest) == packets(original)


@pytest.mark.usefixtures("quick_retries")
async def test_the_client_with_its_usual_settings_does_that_by_itself(paced: Stage) -> None:
    async with Client(f"127.0.0.1:{paced.server.grpc_port}") as music:
        song, audio = max(paced.songs, key=lambda each: each.duration_ms), b""
        async with music.audio.stream(song.id) as stream:
            async for chunk in stream:
                if not audio:
                    paced.fault("cdn", "status", status=403)
                    paced.fault("webPlayback", "status", status=500, count=3)
                audio += bytes(chunk)
        original = (await paced.asset(song)).clear_path.read_bytes()
        assert packets(audio) == packets(original)
        assert stream.resume_count == 1


async def test_a_file_server_that_is_away_for_seconds_is_not_heard(paced: Stage) -> None:
    playing = await Playing.begin(paced)
    paced.fault("cdn", "reset", count=None)

    async def mend() -> None:
        while paced.simulator.world.requests.count("cdn") < 8:  # noqa: ASYNC110 - no event for it
            await asyncio.sleep(0)
        paced.simulator.world.conditions.reset()

    async with asyncio.TaskGroup() as group:
        group.create_task(mend())
        told = await playing.end()
    assert set(told) == {RESUMED}
    assert len(told) >= 3
