"""What library syncs do, as metrics."""

import time
from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SYNC_BUCKETS: Final = (1, 2, 5, 10, 30, 60, 120, 300, 900, 3600)
OUTCOMES: Final = ("complete", "cancelled", "failed")
CHANGES: Final = ("upsert", "removal")
KINDS: Final = ("artist", "album", "song", "music_video", "playlist_folder", "playlist")


class LibraryTelemetry:
    """The `SyncObserver` of `domain.sync`."""

    def __init__(self, registry: CollectorRegistry, now: Callable[[], float] = time.time) -> None:
        """Register the metrics, with the series that are known beforehand at 0.

        Args:
            registry: Where the metrics are.
            now: Unix time in seconds.
        """
        self._now = now
        self._active = Gauge(
            "applemusic_library_syncs_active", "Library syncs that are open.", registry=registry
        )
        self._syncs = Counter(
            "applemusic_library_syncs_total",
            "Library syncs that ended: complete, cancelled by the caller, or failed.",
            ("outcome",),
            registry=registry,
        )
        self._seconds = Histogram(
            "applemusic_library_sync_seconds",
            "How long complete library syncs took, waiting for the caller included.",
            buckets=SYNC_BUCKETS,
            registry=registry,
        )
        self._read = Counter(
            "applemusic_library_sync_items_total",
            "Items of libraries that syncs have read.",
            ("type",),
            registry=registry,
        )
        self._sent = Counter(
            "applemusic_library_sync_changes_total",
            "What syncs have sent to callers.",
            ("type", "change"),
            registry=registry,
        )
        self._pending = Gauge(
            "applemusic_library_sync_pending_items",
            "Items that open syncs have yet to read, of the types that they are reading.",
            registry=registry,
        )
        self._last = Gauge(
            "applemusic_library_sync_last_complete_timestamp_seconds",
            "When a library sync was last complete; 0 for not since the start.",
            registry=registry,
        )
        for outcome in OUTCOMES:
            self._syncs.labels(outcome)
        for kind in KINDS:
            self._read.labels(kind)
            for change in CHANGES:
                self._sent.labels(kind, change)
        self._sent.labels("playlist", "playlist_tracks")

    def sync_began(self) -> None:
        """Count a sync that begins."""
        self._active.inc()

    def sync_ended(self, outcome: str, seconds: float) -> None:
        """Count a sync that ended."""
        self._active.dec()
        self._syncs.labels(outcome).inc()
        if outcome == "complete":
            self._seconds.observe(seconds)
            self._last.set(self._now())

    def sync_read(self, kind: str, count: int) -> None:
        """Count items that were read."""
        self._read.labels(kind).inc(count)

    def sync_pending(self, change: int) -> None:
        """Show that so many items more, or fewer, are to be read."""
        self._pending.inc(change)

    def sync_sent(self, kind: str, change: str) -> None:
        """Count a change that was sent."""
        self._sent.labels(kind, change).inc()
