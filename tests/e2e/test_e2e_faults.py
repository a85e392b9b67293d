"""Apple's media servers in trouble: the listener hears the song, or is told precisely why not."""

import asyncio
from typing import Any

import pytest

from applemusic import AudioContainer, errors
from applemusic.models import AudioEventKind
from tests.support.stage import Stage, packets

MIDDLE = 150_000


pytestmark = pytest.mark.usefixtures("original")


@pytest.fixture
async def original(stage: Stage) -> list[bytes]:
    stage.simulator.world.playback.change("6s", "default")
    return packets((await stage.asset(stage.song)).clear_path.read_bytes())


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("reset-after", {"after_bytes": MIDDLE}),
        ("cut", {"after_bytes": MIDDLE}),
        ("short-body", {}),
        ("ignore-range", {}),
        ("status", {"status": 500}),
        ("status", {"status": 503}),
        ("html", {"status": 502}),
        ("reset", {}),
        ("empty", {}),
    ],
)
@pytest.mark.parametrize("container", [AudioContainer.FMP4, AudioContainer.ADTS])
async def test_what_can_be_mended_is_not_heard(
    stage: Stage,
    original: list[bytes],
    kind: str,
    values: dict[str, Any],
    container: AudioContainer,
) -> None:
    stage.fault("cdn", kind, **values)
    async with stage.music.audio.stream(stage.song.id, container=container) as stream:
        audio = b"".join([bytes(chunk) async for chunk in stream])
    assert packets(audio) == original
    assert stream.resume_count == 0, "the server took it up again, not the client"


async def test_a_break_in_mid_song_is_reported_as_an_event(
    stage: Stage, original: list[bytes]
) -> None:
    stage.fault("cdn", "reset-after", after_bytes=MIDDLE)
    async with stage.music.audio.stream(stage.song.id) as stream:
        audio = b"".join([bytes(chunk) async for chunk in stream])
    assert packets(audio) == original
    if stream.summary.resume_count:
        assert AudioEventKind.UPSTREAM_RESUMED in [event.kind for event in stream.events]


async def collect(stage: Stage, received: list[bytes], container: AudioContainer) -> None:
    """Keep what comes, also when the stream fails later."""
    async with stage.music.audio.stream(stage.song.id, container=container) as stream:
        async for chunk in stream:
            received.append(bytes(chunk))  # noqa: PERF401 - kept one by one, for the failure


@pytest.mark.parametrize("place", ["fragment", "box", "sample"])
@pytest.mark.parametrize("container", [AudioContainer.FMP4, AudioContainer.ADTS])
async def test_a_file_that_ends_early_is_an_error_and_never_a_short_song(
    stage: Stage, original: list[bytes], place: str, container: AudioContainer
) -> None:
    stage.fault("cdn", "truncate-at", code=place, after_bytes=MIDDLE, count=None)
    received: list[bytes] = []
    with pytest.raises(errors.DataLossError) as caught:
        await collect(stage, received, container)
    assert isinstance(caught.value, errors.MediaTruncatedError | errors.MediaMalformedError)
    if container is AudioContainer.ADTS and received:
        came = packets(b"".join(received))
        assert came == original[: len(came)], "what came before is right"


async def test_garbage_in_a_box(stage: Stage) -> None:
    stage.fault("cdn", "corrupt-box", after_bytes=MIDDLE, count=None)
    with pytest.raises(errors.MediaMalformedError):
        await stage.play(stage.song.id)


async def test_other_bytes_on_the_second_try(stage: Stage) -> None:
    stage.fault("cdn", "reset-after", after_bytes=100_000)
    stage.fault("cdn", "other-bytes", after_bytes=0, count=None)
    with pytest.raises((errors.MediaChangedError, errors.DataLossError)):
        await stage.play(stage.song.id)


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_the_file_is_refused(stage: Stage, status: int) -> None:
    stage.fault("cdn", "status", status=status, count=None)
    with pytest.raises(errors.AppleMusicError) as caught:
        await stage.play(stage.song.id)
    assert caught.value.reason not in {"INTERNAL", ""}
    assert caught.value.metadata["status"] == str(status)


async def test_the_file_is_away_for_good(stage: Stage) -> None:
    stage.fault("cdn", "status", status=500, count=None)
    with pytest.raises(errors.UpstreamUnavailableError):
        await stage.play(stage.song.id)


async def test_a_wrong_key_once_is_mended_and_always_is_an_error(
    stage: Stage, original: list[bytes]
) -> None:
    stage.fault("license", "wrong-key")
    assert packets(await stage.play(stage.song.id)) == original
    stage.fault("license", "wrong-key", count=None)
    received: list[bytes] = []
    with pytest.raises(errors.DecryptionKeyWrongError):
        await collect(stage, received, AudioContainer.FMP4)
    assert sum(map(len, received)) < 20_000, "no audio leaves with a wrong key"


@pytest.mark.parametrize(
    ("endpoint", "kind"),
    [("license", "garbage"), ("playlist", "garbage"), ("playlist", "bomb")],
)
async def test_answers_that_make_no_sense(stage: Stage, endpoint: str, kind: str) -> None:
    stage.fault(endpoint, kind, count=None)
    with pytest.raises(errors.AppleMusicError) as caught:
        await stage.play(stage.song.id)
    assert caught.value.reason == "UPSTREAM_RESPONSE_INVALID"


@pytest.mark.parametrize("endpoint", ["webPlayback", "playlist", "license", "api"])
@pytest.mark.parametrize(
    ("kind", "values"),
    [("html", {"status": 500}), ("reset", {}), ("status", {"status": 429})],
)
async def test_passing_trouble_is_not_noticed(
    stage: Stage, endpoint: str, kind: str, values: dict[str, Any]
) -> None:
    stage.fault(endpoint, kind, **values)
    if endpoint == "api":
        await stage.music.catalog.get_song(stage.song.id)
    else:
        await stage.play(stage.song.id)
    assert not stage.simulator.world.conditions.faults, "the trouble was met"


@pytest.mark.parametrize("endpoint", ["webPlayback", "playlist", "license", "api"])
async def test_an_empty_answer_is_no_answer(stage: Stage, endpoint: str) -> None:
    stage.fault(endpoint, "empty", count=None)
    ask = stage.music.catalog.get_song if endpoint == "api" else stage.play
    with pytest.raises(errors.AppleMusicError) as caught:
        await ask(stage.song.id)
    assert caught.value.reason in {"UPSTREAM_RESPONSE_INVALID", "UPSTREAM_UNAVAILABLE"}


async def test_a_listener_who_leaves_closes_everything_upstream(stage: Stage) -> None:
    stage.simulator.world.conditions.bandwidth["cdn"] = 20_000.0
    async with stage.music.audio.stream(stage.song.id) as stream:
        async for _ in stream:
            break
        assert await stage.metric("applemusic_streams_active") == 1
    async with asyncio.timeout(5):
        while await stage.metric("applemusic_streams_active"):  # noqa: ASYNC110 - over HTTP
            await asyncio.sleep(0)


async def test_a_slow_reader_does_not_make_the_server_fetch_the_song(stage: Stage) -> None:
    long = max(
        (song for song in stage.simulator.world.catalogue.songs.values() if song.playable),
        key=lambda song: song.duration_ms,
    )
    await stage.asset(long)
    async with stage.music.audio.stream(long.id) as stream:
        async for _ in stream:
            break
        size = stream.header.total_bytes
        assert await stage.metric("applemusic_stream_bytes_total") < size / 2
