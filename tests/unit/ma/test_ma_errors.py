"""From reasons to the host's errors, one to one."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from types import ModuleType

import pytest
from music_assistant_models import errors as ma

from applemusic.errors import base, reasons
from applemusic.models import ErrorReason
from tests.support.ma.host import FOLDER

Part = Callable[[str], ModuleType]
REASONS = [each.name for each in ErrorReason if each is not ErrorReason.UNKNOWN]
SENTENCES = json.loads((FOLDER / "strings.json").read_text("utf-8"))["errors"]


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_an_error_and_a_sentence(part: Part, reason: str) -> None:
    kind = part("errors").BY_REASON[reason]
    assert issubclass(kind, ma.MusicAssistantError)
    assert kind is not ma.MusicAssistantError
    assert SENTENCES[reason.lower()].endswith(".")


def test_there_are_no_rows_without_a_reason(part: Part) -> None:
    assert part("errors").BY_REASON.keys() == set(REASONS)


def test_words_of_the_host_are_used_for_what_they_mean(part: Part) -> None:
    to_ma = part("errors").to_ma
    cases: list[tuple[base.AppleMusicError, type[ma.MusicAssistantError]]] = [
        (reasons.MusicUserTokenRejectedError("x"), ma.LoginFailed),
        (reasons.AccessTokenInvalidError("x"), ma.LoginFailed),
        (reasons.ResourceNotFoundError("x"), ma.MediaNotFoundError),
        (reasons.ContentWithdrawnError("x"), ma.MediaNotFoundError),
        (reasons.CapabilityRefusedError("x"), ma.UnsupportedFeaturedException),
        (reasons.LicenseRefusedError("x"), ma.AudioError),
        (reasons.UpstreamTimeoutError("x"), ma.ResourceTemporarilyUnavailable),
        (base.ConnectError("x"), ma.ResourceTemporarilyUnavailable),
        (base.DeadlineExceededError("x"), ma.ResourceTemporarilyUnavailable),
        (base.ClientClosedError("x"), ma.ResourceTemporarilyUnavailable),
        (base.IncompleteStreamError("x"), ma.AudioError),
        (base.ProtocolError("x"), ma.InvalidDataError),
        (base.UnknownStatusError("x"), ma.InvalidDataError),
        (base.NotFoundError("x", reason="FROM_A_LATER_SERVER"), ma.MediaNotFoundError),
    ]
    for error, kind in cases:
        assert type(to_ma(error)) is kind, error
        assert "x" in str(to_ma(error))


def test_throttling_says_for_how_long(part: Part) -> None:
    error = part("errors").to_ma(
        reasons.UpstreamThrottledError("slow down", retry_after=timedelta(seconds=2.4))
    )
    assert isinstance(error, ma.ResourceTemporarilyUnavailable)
    assert type(error).__name__ in {"RateLimited", "ResourceTemporarilyUnavailable"}
    assert error.backoff_time == 2


def test_a_host_that_translates_gets_the_sentence_of_the_reason(part: Part) -> None:
    error = part("errors").to_ma(reasons.LicenseRefusedError("x"))
    if not hasattr(ma.MusicAssistantError, "translation_key"):
        assert not hasattr(error, "translation_key")
        return
    assert error.translation_key == "license_refused"
    assert error.translation_owner == "provider.apple_music_grpc"


async def test_a_stream_that_is_left_ends_at_once(part: Part) -> None:
    ended = []

    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            ended.append(True)

    stream = part("errors").translated_stream(numbers)()
    assert await anext(stream) == 1
    await stream.aclose()
    assert ended


async def test_a_stream_fails_with_the_hosts_error(part: Part) -> None:
    async def failing() -> AsyncIterator[int]:
        yield 1
        raise reasons.MediaTruncatedError("it ends too early")

    stream = part("errors").translated_stream(failing)()
    assert await anext(stream) == 1
    with pytest.raises(ma.AudioError, match="too early") as caught:
        await anext(stream)
    assert isinstance(caught.value.__cause__, reasons.MediaTruncatedError)
