"""Watches streams where audio leaves the server: metrics, and one line of log for each."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta

from structlog.typing import FilteringBoundLogger

from applemusic_server.domain.audio import (
    AudioChunk,
    AudioEvent,
    AudioEventKind,
    AudioFrame,
    AudioHeader,
    AudioRequest,
    AudioSummary,
    Preparation,
    StreamNumbers,
)
from applemusic_server.domain.call_line import CallLine
from applemusic_server.domain.errors import AppleMusicError, Reason
from applemusic_server.domain.recent_times import RecentTimes
from applemusic_server.telemetry.metrics import Metrics

# Later than this after the song before, the listener did something else in between.
TRANSITION_WITHIN_SECONDS = 30.0


class Transitions:
    """Remembers per account when a song ended completely, to time the step to the next one."""

    def __init__(self, metrics: Metrics, recent: RecentTimes) -> None:
        self._metrics = metrics
        self._recent = recent
        self._last_byte: dict[str, float] = {}

    def ended(self, account: str, last_byte: float) -> None:
        """Note that a song was sent completely; `last_byte` is when, on the monotonic clock."""
        self._last_byte[account] = last_byte

    def began(
        self, account: str, opened: float, first_byte: float, preparation: Preparation
    ) -> None:
        """Time the transition, if the call for this song came soon after the last one ended."""
        last_byte = self._last_byte.pop(account, None)
        if last_byte is not None and 0 <= opened - last_byte <= TRANSITION_WITHIN_SECONDS:
            seconds = first_byte - last_byte
            self._metrics.transition[preparation].observe(seconds, self._metrics.exemplar())
            self._recent.went_on(seconds)


class PlaybackTelemetry:
    """The `PlaybackObserver` of `domain.playback_observer`."""

    def __init__(
        self,
        metrics: Metrics,
        log: FilteringBoundLogger,
        clock: Callable[[], float],
        line: CallLine | None = None,
    ) -> None:
        """Watch nothing yet.

        Args:
            metrics: Where to count.
            log: Where to write.
            clock: Monotonic seconds.
            line: Writes instead, with how the call ended, while a call is under way.
        """
        self._metrics = metrics
        self._log = log
        self._clock = clock
        self._line = line or CallLine()
        self.recent = RecentTimes()
        self._transitions = Transitions(metrics, self.recent)
        self._active = 0

    @property
    def active_streams(self) -> int:
        """How many streams are open now."""
        return self._active

    def opened(self, request: AudioRequest) -> "StreamTelemetry":
        """Begin to watch a stream."""
        self._change_active(1)
        return StreamTelemetry(
            request,
            self._metrics,
            self._write,
            self._clock,
            self._transitions,
            self.recent,
            lambda: self._change_active(-1),
        )

    def _write(self, fields: Mapping[str, object]) -> None:
        if not self._line.tell("stream ended", fields):
            self._log.info("stream ended", **fields)

    def _change_active(self, by: int) -> None:
        self._active += by
        self._metrics.active_streams.set(self._active)


class StreamTelemetry:
    """Watches one stream; see `domain.playback_observer.StreamObservation`."""

    def __init__(  # noqa: PLR0917 - made in one place only, just above
        self,
        request: AudioRequest,
        metrics: Metrics,
        write: Callable[[Mapping[str, object]], None],
        clock: Callable[[], float],
        transitions: Transitions,
        recent: RecentTimes,
        on_ended: Callable[[], None],
    ) -> None:
        self._request = request
        self._account = request.account
        self._metrics = metrics
        self._write = write
        self._clock = clock
        self._transitions = transitions
        self._recent = recent
        self._on_ended = on_ended
        self._opened = clock()
        self._first_byte: float | None = None
        self._last_byte = self._opened
        self._preparation = Preparation.COLD
        self._stream_id = ""
        self._bytes = 0
        self._stalls = 0
        self._gaps = 0
        self._summary: AudioSummary | None = None
        self._bit_rate = 0
        self._numbers: StreamNumbers | None = None

    def sent(self, frame: AudioFrame) -> None:
        """Count a frame that has left."""
        match frame:
            case AudioChunk():
                self._chunk_sent(len(frame.data))
            case AudioHeader():
                self._preparation = frame.preparation
                self._stream_id = frame.stream_id
                self._bit_rate = frame.bit_rate
                self._account = frame.account_id or self._account
                for stage, length in frame.stages:
                    self._metrics.stage[stage].observe(length.total_seconds())
            case AudioEvent():
                if frame.kind is AudioEventKind.STALLED:
                    self._stalls += 1
                    self._metrics.stalls.inc()
                elif frame.kind is AudioEventKind.GAP:
                    self._gaps += 1
                    self._metrics.gaps.inc()
            case AudioSummary():
                self._summary = frame
                self._transitions.ended(self._account, self._last_byte)

    def measured(self, numbers: StreamNumbers) -> None:
        """Count what only the player knows."""
        self._numbers = numbers
        self._account = numbers.account_id
        self._preparation = numbers.preparation
        self._metrics.stall_seconds.inc(numbers.stall_duration.total_seconds())
        self._metrics.resumes.inc(numbers.resume_count)
        self._metrics.renewals.inc(numbers.renewal_count)
        self._metrics.media_bytes.inc(numbers.upstream_byte_count)

    def ended(self, error: BaseException | None) -> None:
        """Count the stream and tell its line."""
        self._on_ended()
        outcome = self._outcome(error)
        self._metrics.streams[outcome].inc()
        if error is not None and outcome != "cancelled":
            reason = error.reason if isinstance(error, AppleMusicError) else Reason.INTERNAL
            self._metrics.stream_failures.labels(outcome, reason.value).inc()
        self._write({"outcome": outcome, **self._request_fields(), **self._fields(error)})

    def _request_fields(self) -> dict[str, object]:
        request = self._request
        fields: dict[str, object] = {
            "account": self._account,
            "song_id": request.song_id,
            "container": request.container.name,
        }
        if request.start_offset is not None:
            fields["start_seconds"] = _seconds(request.start_offset)
        if request.byte_offset is not None:
            fields["byte_offset"] = request.byte_offset
        return fields

    def _fields(self, error: BaseException | None) -> dict[str, object]:
        fields: dict[str, object] = {
            "preparation": self._preparation.name,
            "stream_id": self._stream_id,
            "bytes": self._bytes,
            "bit_rate": self._bit_rate,
            "stalls": self._stalls,
            "seconds": round(self._clock() - self._opened, 3),
        }
        if self._request.station_id:
            fields |= {"station_id": self._request.station_id, "gaps": self._gaps}
        if self._first_byte is not None:
            fields["first_byte_seconds"] = round(self._first_byte - self._opened, 3)
        if (numbers := self._numbers) is not None:
            fields["media_seconds"] = _seconds(numbers.media_duration)
            fields["stall_seconds"] = _seconds(numbers.stall_duration)
            fields["resumes"] = numbers.resume_count
            fields["renewals"] = numbers.renewal_count
            fields["upstream_bytes"] = numbers.upstream_byte_count
            # Not one field: `license` by itself is the name of a secret.
            fields |= {f"{stage.value}_seconds": _seconds(each) for stage, each in numbers.stages}
        if isinstance(error, AppleMusicError):
            fields["reason"] = error.reason.value
        return fields

    @property
    def _from_the_start(self) -> bool:
        """Whether a song begins: going on in one, or seeking in it, is no transition."""
        return not self._request.byte_offset and not self._request.start_offset

    def _chunk_sent(self, size: int) -> None:
        now = self._clock()
        if self._first_byte is None:
            self._first_byte = now
            self._metrics.first_byte[self._preparation].observe(
                now - self._opened, self._metrics.exemplar()
            )
            self._recent.began(now - self._opened)
            if self._from_the_start:
                self._transitions.began(self._account, self._opened, now, self._preparation)
        self._last_byte = now
        self._bytes += size
        self._metrics.stream_bytes.inc(size)

    def _outcome(self, error: BaseException | None) -> str:
        if error is None and self._summary is not None:
            return "complete"
        if isinstance(error, (asyncio.CancelledError, GeneratorExit)):
            return "cancelled"
        return "refused" if self._first_byte is None else "failed"


def _seconds(duration: timedelta) -> float:
    return round(duration.total_seconds(), 3)
