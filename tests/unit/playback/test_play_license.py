"""A licence that is to be renewed while its song plays."""

from collections.abc import Awaitable
from datetime import timedelta

import pytest

from applemusic_server.application.playback_tuning import PlaybackTuning
from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    NotFoundError,
    PermissionDeniedError,
    Reason,
    ResourceExhaustedError,
    UnavailableError,
)
from tests.support.cenc import KEY, WRONG_KEY, Packaged
from tests.support.play import Stage


@pytest.fixture
def stage(play_song: Packaged) -> Stage:
    """A song of 40 s at the pace of listening, whose licence is to be renewed after 12 s."""
    pace = PlaybackTuning(burst_seconds=2, lead_seconds=2, rest_seconds=0)
    stage = Stage(play_song, seconds=40.0, tuning=pace)
    stage.apple.renew_after = timedelta(seconds=12)
    return stage


def licenses(stage: Stage) -> list[float]:
    first = stage.apple.log[0][1]
    return [at - first for name, at in stage.apple.log if name == "license asked"]


async def test_it_is_renewed_beside_the_song(stage: Stage, play_song: Packaged) -> None:
    heard = await stage.hear()
    assert heard.data == play_song.clean
    first, second = licenses(stage)  # the next one would be due after 30 s: not every second
    assert 12 <= second - first < 14
    assert heard.event_names == ["RENEWED"]
    assert heard.summary.stall_count == 0
    assert stage.apple.calls["offer"] == 1


async def test_without_a_time_it_is_asked_for_once(stage: Stage) -> None:
    stage.apple.renew_after = None
    heard = await stage.hear()
    assert (stage.apple.calls["license"], heard.event_names) == (1, [])


@pytest.mark.parametrize(
    "error",
    [
        UnavailableError(Reason.UPSTREAM_TIMEOUT, "late"),
        ResourceExhaustedError(Reason.UPSTREAM_THROTTLED, "429"),
    ],
)
async def test_what_passes_is_tried_again_and_not_heard(
    stage: Stage, play_song: Packaged, error: AppleMusicError
) -> None:
    def fault(number: int) -> None:
        if number == 2:
            raise error

    stage.apple.faults["license"] = fault
    heard = await stage.hear()
    assert heard.data == play_song.clean
    assert "RENEWED" in heard.event_names
    _, failed, again, *_ = licenses(stage)
    assert again - failed >= 10


@pytest.mark.parametrize(
    "error",
    [
        ResourceExhaustedError(Reason.ANOTHER_DEVICE_PLAYING, "3084"),
        PermissionDeniedError(Reason.SUBSCRIPTION_REQUIRED, "3063"),
        # Nothing that another address of the file would help against.
        FailedPreconditionError(Reason.UPSTREAM_REFUSED, "400"),
        NotFoundError(Reason.RESOURCE_NOT_FOUND, "1010"),
    ],
)
async def test_a_refusal_ends_the_song(
    stage: Stage, play_song: Packaged, error: AppleMusicError
) -> None:
    def fault(number: int) -> None:
        if number > 1:
            raise error

    stage.apple.faults["license"] = fault
    heard = await stage.hear()
    assert heard.reason is error.reason
    assert (stage.apple.calls["license"], stage.apple.calls["offer"]) == (2, 1)
    assert heard.data
    assert play_song.clean.startswith(heard.data)


async def test_another_key_is_another_song(stage: Stage) -> None:
    stage.apple.keys = [KEY, WRONG_KEY]
    heard = await stage.hear()
    assert heard.reason is Reason.MEDIA_CHANGED


async def test_a_listener_who_leaves_meanwhile_leaves_nothing_open(stage: Stage) -> None:
    def hang(number: int) -> Awaitable[None] | None:
        return stage.clock.sleep(1e6) if number > 1 else None

    stage.apple.faults["license"] = hang
    heard = await stage.hear()  # checks that no task and no licence session is left
    assert heard.error is None
