"""What preparing does, as metrics."""

from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge

from applemusic_server.domain.errors import Reason
from applemusic_server.domain.prepared import PreparedStart, PrepareOutcome

# A series that appears with its first failure would hide that one from `rate`: these are the usual
# reasons. Others have a series once they come up.
_USUAL: Final = (
    Reason.MUSIC_USER_TOKEN_REJECTED,
    Reason.CONTENT_UNAVAILABLE,
    Reason.RESOURCE_NOT_FOUND,
    Reason.LICENSE_REFUSED,
    Reason.UPSTREAM_UNAVAILABLE,
    Reason.UPSTREAM_TIMEOUT,
    Reason.UPSTREAM_THROTTLED,
    Reason.UPSTREAM_REFUSED,
)


class PrepareTelemetry:
    """The `PrepareObserver` of `domain.prepared`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register the metrics, with the series that are known beforehand at 0."""
        self._starts = Counter(
            "applemusic_prepared_starts_total",
            "Songs that began: prepared (hit), while they were being prepared (joined), "
            "or not prepared (miss).",
            ("result",),
            registry=registry,
        )
        self._outcomes = Counter(
            "applemusic_prepare_outcomes_total",
            "Songs that left a list of songs to prepare: used by a stream, unused although "
            "prepared, or cancelled before that.",
            ("outcome",),
            registry=registry,
        )
        self._failures = Counter(
            "applemusic_prepare_failures_total",
            "Failures while preparing, further tries included.",
            ("reason",),
            registry=registry,
        )
        self._refreshes = Counter(
            "applemusic_prepare_refreshes_total",
            "Songs that were prepared anew because what there was ends soon.",
            registry=registry,
        )
        self._songs = Gauge(
            "applemusic_prepared_songs",
            "Songs on lists of songs to prepare.",
            registry=registry,
        )
        self._bytes = Gauge(
            "applemusic_prepared_bytes", "Bytes of audio held for them.", registry=registry
        )
        for result in PreparedStart:
            self._starts.labels(result.value)
        for outcome in PrepareOutcome:
            self._outcomes.labels(outcome.value)
        for reason in _USUAL:
            self._failures.labels(reason.value)

    def on_start(self, result: PreparedStart) -> None:
        """Count a song that begins."""
        self._starts.labels(result.value).inc()

    def on_outcome(self, outcome: PrepareOutcome) -> None:
        """Count a song that left its list."""
        self._outcomes.labels(outcome.value).inc()

    def on_failure(self, reason: Reason) -> None:
        """Count a failure."""
        self._failures.labels(reason.value).inc()

    def on_refresh(self) -> None:
        """Count a song that is prepared anew."""
        self._refreshes.inc()

    def show(self, songs: Callable[[], float], held_bytes: Callable[[], float]) -> None:
        """Have the gauges ask when they are read."""
        self._songs.set_function(songs)
        self._bytes.set_function(held_bytes)
