"""Streams and transitions as metrics, on a clock that the test moves."""

import asyncio
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from applemusic_server.domain.audio import (
    AudioChunk,
    AudioContainer,
    AudioEvent,
    AudioEventKind,
    AudioHeader,
    AudioRequest,
    AudioSource,
    AudioSummary,
    Preparation,
    Stage,
    StreamNumbers,
)
from applemusic_server.domain.errors import DataLossError, Reason
from applemusic_server.telemetry.logging import open_log
from applemusic_server.telemetry.metrics import Metrics
from applemusic_server.telemetry.playback import PlaybackTelemetry, StreamTelemetry
from applemusic_server.telemetry.redaction import Redactor

CHUNK = AudioChunk(b"abc", 0, timedelta(0))


def header(preparation: Preparation, account_id: str = "") -> AudioHeader:
    return AudioHeader(
        song_id="1",
        container=AudioContainer.FMP4,
        mime_type="audio/mp4",
        codec="mp4a.40.2",
        sample_rate_hertz=44100,
        channel_count=2,
        bit_rate=256000,
        duration=None,
        total_bytes=3,
        priming_samples=0,
        padding_samples=0,
        total_samples=0,
        byte_offset=0,
        start_offset=timedelta(0),
        etag="",
        source=AudioSource.CATALOG,
        preparation=preparation,
        seekable=True,
        stream_id="s",
        account_id=account_id,
        stages=((Stage.LICENSE, timedelta(milliseconds=80)),),
    )


SUMMARY = AudioSummary(
    byte_count=3,
    media_duration=timedelta(seconds=1),
    first_byte_duration=timedelta(seconds=1),
    stages=((Stage.LICENSE, timedelta(milliseconds=80)),),
    stall_count=0,
    stall_duration=timedelta(0),
    resume_count=0,
    upstream_byte_count=3,
)


class House:
    """Metrics, a clock, and streams on it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.metrics = Metrics(CollectorRegistry(), "1.2.3")
        self.log = io.StringIO()
        self.telemetry = PlaybackTelemetry(
            self.metrics,
            open_log(self.log, form="json", level="info", redactor=Redactor()),
            lambda: self.now,
        )

    def open(self, account: str = "anna", **values: Any) -> StreamTelemetry:
        return self.telemetry.opened(AudioRequest(account, "1", **values))

    def play(
        self,
        account: str = "anna",
        *,
        wait: float = 0.25,
        preparation: Preparation = Preparation.COLD,
        complete: bool = True,
    ) -> None:
        stream = self.open(account)
        stream.sent(header(preparation))
        self.now += wait
        stream.sent(CHUNK)
        self.now += 60
        stream.sent(CHUNK)
        self.now += 1  # the summary may come later than the last byte
        if complete:
            stream.sent(SUMMARY)
            stream.ended(None)
        else:
            stream.ended(asyncio.CancelledError())

    def value(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0

    def transitions(self, preparation: str = "cold") -> tuple[float, float]:
        return (
            self.value("applemusic_transition_seconds_count", preparation=preparation),
            self.value("applemusic_transition_seconds_sum", preparation=preparation),
        )


def test_a_transition_lasts_from_the_last_byte_to_the_first() -> None:
    house = House()

    house.play()
    house.now += 2
    house.play(wait=0.5, preparation=Preparation.READY)

    assert house.transitions() == (0, 0)
    count, total = house.transitions("ready")
    assert count == 1
    assert total == pytest.approx(1 + 2 + 0.5)


def test_a_song_that_comes_much_later_is_no_transition() -> None:
    house = House()

    house.play()
    house.now += 29.5
    house.play()

    assert house.transitions() == (0, 0)


def test_a_song_after_one_that_was_broken_off_is_no_transition() -> None:
    house = House()

    house.play(complete=False)
    house.play()

    assert house.transitions() == (0, 0)


def test_accounts_do_not_mix() -> None:
    house = House()

    house.play("anna")
    house.play("berta")

    assert house.transitions() == (0, 0)


def test_an_account_is_the_same_whether_it_is_named_or_not() -> None:
    house = House()

    house.play("anna")
    unnamed = house.open("")
    unnamed.sent(header(Preparation.COLD, account_id="anna"))
    unnamed.sent(CHUNK)
    unnamed.ended(GeneratorExit())

    assert house.transitions()[0] == 1
    assert house.log.getvalue().count('"account": "anna"') == 2


@pytest.mark.parametrize(
    "place", [{"byte_offset": 1}, {"start_offset": timedelta(seconds=1)}], ids=str
)
def test_going_on_or_seeking_in_a_song_is_no_transition(place: dict[str, Any]) -> None:
    house = House()

    house.play()
    stream = house.open(**place)
    stream.sent(header(Preparation.COLD))
    stream.sent(CHUNK)

    assert house.transitions() == (0, 0)


def test_a_song_that_was_asked_for_before_the_last_one_ended_is_no_transition() -> None:
    house = House()
    early = house.open()

    house.play()
    early.sent(header(Preparation.COLD))
    early.sent(CHUNK)

    assert house.transitions() == (0, 0)


def test_an_end_counts_for_one_transition_only() -> None:
    house = House()

    house.play()
    house.play(complete=False)
    house.play(complete=False)

    assert house.transitions()[0] == 1


def test_first_bytes_stalls_bytes_and_stages() -> None:
    house = House()
    stream = house.open()
    stream.sent(header(Preparation.LICENSED))
    # Told with the header: most streams are left before their summary.
    assert house.value("applemusic_stream_stage_seconds_sum", stage="license") == 0.08
    house.now += 0.3
    stream.sent(CHUNK)
    stream.sent(AudioEvent(AudioEventKind.STALLED, datetime(2026, 1, 1, tzinfo=UTC), ""))
    stream.sent(AudioEvent(AudioEventKind.FLOWING, datetime(2026, 1, 1, tzinfo=UTC), ""))
    assert house.value("applemusic_streams_active") == 1
    assert house.telemetry.active_streams == 1
    stream.sent(SUMMARY)
    stream.ended(None)

    assert house.value(
        "applemusic_stream_first_byte_seconds_sum", preparation="licensed"
    ) == pytest.approx(0.3)
    assert house.value("applemusic_stream_stalls_total") == 1
    assert house.value("applemusic_stream_bytes_total") == 3
    assert house.value("applemusic_stream_stage_seconds_sum", stage="license") == 0.08
    assert house.value("applemusic_streams_active") == 0


def test_outcomes() -> None:
    house = House()
    refused = house.open()
    refused.ended(DataLossError(Reason.DECRYPTION_KEY_WRONG, "no"))
    failed = house.open()
    failed.sent(header(Preparation.COLD))
    failed.sent(CHUNK)
    failed.ended(DataLossError(Reason.MEDIA_TRUNCATED, "no"))
    left = house.open()
    left.ended(GeneratorExit())
    house.play()

    for outcome in ("refused", "failed", "cancelled", "complete"):
        assert house.value("applemusic_streams_total", outcome=outcome) == 1
    assert '"reason": "MEDIA_TRUNCATED"' in house.log.getvalue()


NUMBERS = StreamNumbers(
    account_id="anna",
    preparation=Preparation.RESOLVED,
    stages=((Stage.LICENSE, timedelta(milliseconds=80)),),
    media_duration=timedelta(seconds=12.5),
    stall_count=1,
    stall_duration=timedelta(seconds=2.25),
    resume_count=3,
    renewal_count=1,
    upstream_byte_count=400_000,
)


@pytest.mark.parametrize(
    ("error", "outcome", "reason"),
    [
        (None, "complete", None),
        (asyncio.CancelledError(), "cancelled", None),
        (GeneratorExit(), "cancelled", None),
        (DataLossError(Reason.MEDIA_TRUNCATED, "secret"), "failed", "MEDIA_TRUNCATED"),
    ],
)
def test_a_stream_leaves_one_line_with_its_numbers_however_it_ends(
    error: BaseException | None, outcome: str, reason: str | None
) -> None:
    house = House()
    stream = house.open("", start_offset=timedelta(seconds=6))
    stream.sent(header(Preparation.RESOLVED))
    house.now += 0.2
    stream.sent(CHUNK)
    if error is None:
        stream.sent(SUMMARY)
    stream.measured(NUMBERS)
    stream.ended(error)

    (line,) = map(json.loads, house.log.getvalue().splitlines())
    assert (line["event"], line["outcome"], line.get("reason")) == ("stream ended", outcome, reason)
    assert (line["account"], line["song_id"], line["preparation"]) == ("anna", "1", "RESOLVED")
    assert (line["bytes"], line["upstream_bytes"], line["bit_rate"]) == (3, 400_000, 256_000)
    assert (line["resumes"], line["renewals"], line["start_seconds"]) == (3, 1, 6.0)
    assert (line["media_seconds"], line["stall_seconds"]) == (12.5, 2.25)
    assert (line["first_byte_seconds"], line["license_seconds"]) == (0.2, 0.08)
    assert "secret" not in house.log.getvalue()
    assert house.value("applemusic_stream_stall_seconds_total") == 2.25
    assert house.value("applemusic_stream_resumes_total") == 3
    assert house.value("applemusic_stream_renewals_total") == 1
    assert house.value("applemusic_stream_upstream_bytes_total") == 400_000
