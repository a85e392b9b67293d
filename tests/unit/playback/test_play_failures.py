"""Everything that can go wrong has its reason, and leaves nothing open."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from applemusic_server.application.playback_tuning import PlaybackTuning
from applemusic_server.domain.audio import AudioContainer, AudioHeader
from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    InvalidArgumentError,
    PermissionDeniedError,
    Reason,
    ResourceExhaustedError,
    UnavailableError,
)
from applemusic_server.domain.resources import Availability, Found, Song
from applemusic_server.upstream.endpoints import Endpoint
from tests.support.cenc import KEY, WRONG_KEY, Packaged
from tests.support.play import Stage

NewStage = Callable[[], Stage]


def failing(error: AppleMusicError, *, calls: range | None = None) -> Callable[[int], None]:
    def fault(number: int) -> None:
        if calls is None or number in calls:
            raise error

    return fault


def refused(reason: Reason) -> PermissionDeniedError:
    return PermissionDeniedError(reason, "no")


async def test_no_device_is_told_before_apple_is_asked(play_song: Packaged) -> None:
    stage = Stage(play_song, device=False)
    for _ in range(2):
        heard = await stage.hear()
        assert heard.reason is Reason.WIDEVINE_DEVICE_MISSING
        assert isinstance(heard.error, FailedPreconditionError)
    assert stage.apple.log == []
    assert not stage.player.has_device


@pytest.mark.parametrize(
    "request_",
    [
        {"byte_offset": -1},
        {"start_offset": timedelta(microseconds=-1)},
        {"byte_offset": 0, "start_offset": timedelta(0)},
        {"song_id": ""},
    ],
)
async def test_requests_that_make_no_sense(stage: Stage, request_: dict[str, Any]) -> None:
    heard = await stage.hear(**request_)
    assert isinstance(heard.error, InvalidArgumentError)
    assert stage.apple.log == []


@pytest.mark.parametrize(
    ("where", "asked"),
    [
        ("offer", ["offer"]),
        ("playlist", ["offer", "playlist"]),
        ("license", ["offer", "playlist", "license", "range"]),
        ("range", ["offer", "playlist", "license", "range"]),
    ],
)
@pytest.mark.parametrize(
    "reason",
    [
        Reason.CONTENT_RESTRICTED,
        Reason.CONTENT_GEO_BLOCKED,
        Reason.RENDITION_NOT_FOUND,
        Reason.SUBSCRIPTION_REQUIRED,
        Reason.LICENSE_REFUSED,
        Reason.ANOTHER_DEVICE_PLAYING,
        Reason.DEVICE_LIMIT_REACHED,
        Reason.DEVELOPER_TOKEN_REJECTED,
        Reason.UPSTREAM_REFUSED,
        Reason.UPSTREAM_THROTTLED,
    ],
)
async def test_a_refusal_at_any_step(
    stage: Stage, where: str, asked: list[str], reason: Reason
) -> None:
    stage.apple.faults[where] = failing(refused(reason))
    heard = await stage.hear()
    assert heard.reason is reason
    assert heard.frames == []  # before the header, whatever it was
    if (where, reason) == ("range", Reason.UPSTREAM_REFUSED):
        asked = [*asked, "offer", "playlist", "range"]  # a new address is tried, once
    assert [name.split()[0] for name, _ in stage.apple.log if "asked" in name] == asked


async def test_a_refused_licence_does_not_wait_for_the_range(stage: Stage) -> None:
    stage.apple.faults["license"] = failing(refused(Reason.LICENSE_REFUSED))
    stage.apple.faults["range"] = lambda _: stage.clock.sleep(1000)
    begun = stage.clock.now
    heard = await stage.hear()
    assert heard.reason is Reason.LICENSE_REFUSED
    assert stage.clock.now - begun < 1
    assert heard.error
    assert heard.error.metadata["id"] == "900"


@pytest.mark.parametrize(
    ("where", "endpoint"),
    [
        ("offer", Endpoint.WEB_PLAYBACK),
        ("playlist", Endpoint.PLAYLIST),
        ("license", Endpoint.LICENSE),
        ("range", Endpoint.MEDIA),
    ],
)
async def test_a_start_that_takes_too_long(stage: Stage, where: str, endpoint: str) -> None:
    stage.apple.faults[where] = lambda _: stage.clock.sleep(1000)
    begun = stage.clock.now
    heard = await stage.hear()
    assert heard.reason is Reason.UPSTREAM_TIMEOUT
    assert stage.clock.now - begun == pytest.approx(15)
    assert heard.error
    assert heard.error.metadata["endpoint"] == endpoint


async def test_both_refused_is_the_licence(stage: Stage) -> None:
    stage.apple.faults["license"] = failing(refused(Reason.LICENSE_REFUSED))
    stage.apple.faults["range"] = failing(refused(Reason.UPSTREAM_REFUSED))
    assert (await stage.hear()).reason is Reason.LICENSE_REFUSED


SONG = Song("900", "A song", availability=Availability.CATALOG)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (Found((SONG,)), Reason.CONTENT_UNAVAILABLE),
        (Found((replace(SONG, availability=Availability.WITHDRAWN),)), Reason.CONTENT_WITHDRAWN),
        (Found((), ("900",)), Reason.RESOURCE_NOT_FOUND),
    ],
)
async def test_the_catalog_says_why(stage: Stage, found: Found[Song], reason: Reason) -> None:
    error = FailedPreconditionError(Reason.CONTENT_UNAVAILABLE, "3076")
    stage.apple.faults["offer"] = failing(error)
    stage.apple.catalog_songs = found
    heard = await stage.hear()
    assert heard.reason is reason
    assert heard.error
    assert heard.error.metadata["id"] == "900"


async def test_a_catalog_that_fails_hides_nothing(stage: Stage) -> None:
    error = FailedPreconditionError(Reason.CONTENT_UNAVAILABLE, "3076")
    stage.apple.faults["offer"] = failing(error)
    stage.apple.faults["catalog"] = failing(UnavailableError(Reason.UPSTREAM_TIMEOUT, "late"))
    heard = await stage.hear()
    assert heard.error is error
    assert any("UPSTREAM_TIMEOUT" in note for note in error.__notes__)


async def test_the_catalog_is_not_asked_about_a_library(stage: Stage) -> None:
    error = FailedPreconditionError(Reason.CONTENT_UNAVAILABLE, "3076")
    stage.apple.faults["offer"] = failing(error)
    assert (await stage.hear(song_id="i.abc")).error is error
    assert "catalog" not in stage.apple.calls


@pytest.mark.parametrize("container", [AudioContainer.FMP4, AudioContainer.ADTS])
async def test_a_wrong_key_once(
    stage: Stage, play_song: Packaged, container: AudioContainer
) -> None:
    right = await stage.hear(container=container)
    stage.apple.calls.clear()
    stage.apple.keys = [WRONG_KEY, KEY]
    heard = await stage.hear(container=container)
    assert heard.error is None
    assert heard.data == right.data
    assert stage.apple.calls["license"] == 2
    assert heard.summary.upstream_byte_count == len(play_song.data)  # no byte was read again


async def test_a_wrong_key_twice(stage: Stage) -> None:
    stage.apple.keys = [WRONG_KEY]
    heard = await stage.hear()
    assert heard.reason is Reason.DECRYPTION_KEY_WRONG
    assert heard.frames == []
    assert stage.apple.calls["license"] == 2
    assert heard.error
    assert KEY.hex() not in f"{heard.error!r}{heard.error.metadata}"


async def test_streams_are_limited_per_account(play_song: Packaged) -> None:
    stage = Stage(play_song, tuning=PlaybackTuning(streams_per_account=2), seconds=40.0)

    async def run() -> None:
        first, second, third = (stage.stream() for _ in range(3))
        assert isinstance(await anext(first), AudioHeader)
        assert isinstance(await anext(second), AudioHeader)
        assert stage.player.limits.streams_of("home") == 2
        asked = len(stage.apple.log)
        with pytest.raises(ResourceExhaustedError) as caught:
            await anext(third)
        assert caught.value.reason is Reason.STREAM_LIMIT_REACHED
        assert caught.value.retry_after
        assert caught.value.metadata == {"scope": "account", "limit": "2"}
        assert len(stage.apple.log) == asked
        await first.aclose()
        fourth = stage.stream()
        assert isinstance(await anext(fourth), AudioHeader)
        await fourth.aclose()
        await second.aclose()

    await stage.clock.drive(run())
    stage.check_closed()


async def test_streams_are_limited_per_server(play_song: Packaged) -> None:
    stage = Stage(play_song, tuning=PlaybackTuning(streams_per_server=1), seconds=40.0)

    async def run() -> None:
        first = stage.stream()
        await anext(first)
        with pytest.raises(ResourceExhaustedError) as caught:
            await anext(stage.stream())
        assert caught.value.metadata == {"scope": "server", "limit": "1"}
        await first.aclose()

    await stage.clock.drive(run())
    stage.check_closed()


async def test_a_playlist_without_our_rendition(stage: Stage, play_song: Packaged) -> None:
    text = play_song.playlist(40.0).replace("ISO-23001-7", "SAMPLE-AES")
    stage.apple.playlist_text = text
    assert (await stage.hear()).reason is Reason.RENDITION_NOT_FOUND


@pytest.mark.parametrize("text", ["", "#EXTM3U", "<html>", "#EXTM3U\n" * 100_000])
async def test_a_playlist_that_is_none(stage: Stage, text: str) -> None:
    stage.apple.playlist_text = text or " "
    assert (await stage.hear()).reason is Reason.UPSTREAM_RESPONSE_INVALID
