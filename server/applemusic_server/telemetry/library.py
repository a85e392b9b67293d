"""What library syncs do, as metrics."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SYNC_BUCKETS: Final = (1, 2, 5, 10, 30, 60, 120, 300, 900, 3600)
OUTCOMES: Final = ("complete", "cancelled", "failed")
CHANGES: Final = ("upsert", "removal")
KINDS: Final = ("artist", "album", "song", "music_video", "playlist_folder", "playlist")


class LibraryTelemetry:
    """The `SyncObserver` of `domain.sync`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register the metrics, with the series that are known beforehand at 0."""
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

    def sync_read(self, kind: str, count: int) -> None:
        """Count items that were read."""
        self._read.labels(kind).inc(count)

    def sync_sent(self, kind: str, change: str) -> None:
        """Count a change that was sent."""
        self._sent.labels(kind, change).inc()
