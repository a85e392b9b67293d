"""Everything that the server counts, for Prometheus.

Label values come from closed sets, so that the number of series does not grow with use; accounts
are labelled by the operator's alias.
"""

import platform
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)

from applemusic_server.domain.audio import Preparation, Stage

# 5 s is what listeners of the in-process provider wait today, so it is an edge; the first ones are
# for songs that were prepared.
START_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 7.5, 10)
STAGE_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5)
UPSTREAM_BUCKETS: Final = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10)
CALL_BUCKETS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 5)

STREAM_OUTCOMES: Final = ("complete", "cancelled", "refused", "failed")
CACHE_RESULTS: Final = ("hit", "joined", "miss")
GRPC_CODES: Final = (
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated",
)
_CALL: Final = ("grpc_type", "grpc_service", "grpc_method")
_UNKNOWN_METHOD: Final = ("unknown", "unknown", "unknown")


class Metrics:
    """The server's metrics on one registry."""

    def __init__(self, registry: CollectorRegistry, version: str) -> None:
        """Register everything, with the series that are known beforehand at 0."""
        # The switch is the library's own and holds for the process: `_created` series are noise.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # it has no annotations
        self.registry = registry
        self._make_stream_metrics(registry)
        self._make_upstream_metrics(registry)
        self._make_call_metrics(registry)
        Gauge(
            "applemusic_build_info",
            "Always 1; the labels say which build this is.",
            ("version", "python_version"),
            registry=registry,
        ).labels(version, platform.python_version()).set(1)
        self._user_token_expiry = Gauge(
            "applemusic_music_user_token_expiry_timestamp_seconds",
            "When the music user token of an account is assumed to end.",
            ("account",),
            registry=registry,
        )
        self._developer_token_expiry = Gauge(
            "applemusic_developer_token_expiry_timestamp_seconds",
            "When the developer token ends; 0 when there is none.",
            registry=registry,
        )
        self._known_methods: set[tuple[str, str, str]] = set()

    def _make_stream_metrics(self, registry: CollectorRegistry) -> None:
        self.transition = Histogram(
            "applemusic_transition_seconds",
            "From the last byte of a song that ended to the first byte of the next, per account.",
            ("preparation",),
            buckets=START_BUCKETS,
            registry=registry,
        )
        self.first_byte = Histogram(
            "applemusic_stream_first_byte_seconds",
            "From the arrival of a call to the first byte of audio sent.",
            ("preparation",),
            buckets=START_BUCKETS,
            registry=registry,
        )
        self.stage = Histogram(
            "applemusic_stream_stage_seconds",
            "How long the steps of starting a stream took.",
            ("stage",),
            buckets=STAGE_BUCKETS,
            registry=registry,
        )
        self.stalls = Counter(
            "applemusic_stream_stalls_total",
            "How often audio was due and had not come from Apple.",
            registry=registry,
        )
        self.stall_seconds = Counter(
            "applemusic_stream_stall_seconds_total",
            "How long audio was due and had not come from Apple.",
            registry=registry,
        )
        self.resumes = Counter(
            "applemusic_stream_resumes_total",
            "Transfers of audio from Apple that broke and were taken up again.",
            registry=registry,
        )
        self.renewals = Counter(
            "applemusic_stream_renewals_total",
            "Media addresses and licences that were asked for anew for a stream.",
            registry=registry,
        )
        self.media_bytes = Counter(
            "applemusic_stream_upstream_bytes_total",
            "Bytes of audio received from Apple for streams that ended.",
            registry=registry,
        )
        self.gaps = Counter(
            "applemusic_stream_gaps_total",
            "How often a part of a broadcast was left out: gone, damaged, or the reader too slow.",
            registry=registry,
        )
        self.active_streams = Gauge(
            "applemusic_streams_active", "Streams that are open.", registry=registry
        )
        self.stream_bytes = Counter(
            "applemusic_stream_bytes_total", "Bytes of audio sent.", registry=registry
        )
        self.streams = Counter(
            "applemusic_streams_total",
            "Streams that ended: complete, cancelled by the caller, refused before the first byte, "
            "or failed after it.",
            ("outcome",),
            registry=registry,
        )
        for preparation in Preparation:
            self.transition.labels(preparation.name.lower())
            self.first_byte.labels(preparation.name.lower())
        for stage in Stage:
            self.stage.labels(stage.value)
        for outcome in STREAM_OUTCOMES:
            self.streams.labels(outcome)

    def _make_upstream_metrics(self, registry: CollectorRegistry) -> None:
        self._upstream_requests = Counter(
            "applemusic_upstream_requests_total",
            "Requests to Apple, by HTTP status or what happened instead.",
            ("endpoint", "code"),
            registry=registry,
        )
        self._upstream_seconds = Histogram(
            "applemusic_upstream_request_seconds",
            "How long requests to Apple took.",
            ("endpoint",),
            buckets=UPSTREAM_BUCKETS,
            registry=registry,
        )
        self._upstream_retries = Counter(
            "applemusic_upstream_retries_total",
            "Requests to Apple that were tried again.",
            ("endpoint",),
            registry=registry,
        )
        self._upstream_queue = Histogram(
            "applemusic_upstream_queue_seconds",
            "How long requests to Apple waited for their turn.",
            ("priority",),
            buckets=UPSTREAM_BUCKETS,
            registry=registry,
        )

        self._upstream_cache = Counter(
            "applemusic_upstream_cache_total",
            "Catalog reads answered from memory (hit), by a request that another had sent already "
            "(joined), or by a request of their own (miss).",
            ("result",),
            registry=registry,
        )
        self._upstream_cache_entries = Gauge(
            "applemusic_upstream_cache_entries",
            "Catalog answers that are remembered.",
            registry=registry,
        )
        self._upstream_cache_bytes = Gauge(
            "applemusic_upstream_cache_bytes",
            "Memory that remembered catalog answers take, estimated.",
            registry=registry,
        )
        for result in CACHE_RESULTS:
            self._upstream_cache.labels(result)

    def _make_call_metrics(self, registry: CollectorRegistry) -> None:
        # Names and labels are those of go-grpc-middleware, for which dashboards exist.
        self._started = Counter(
            "grpc_server_started_total", "Calls that began.", _CALL, registry=registry
        )
        self._handled = Counter(
            "grpc_server_handled_total",
            "Calls that ended, by status code.",
            (*_CALL, "grpc_code"),
            registry=registry,
        )
        self._received = Counter(
            "grpc_server_msg_received_total", "Messages received.", _CALL, registry=registry
        )
        self._sent = Counter(
            "grpc_server_msg_sent_total", "Messages sent.", _CALL, registry=registry
        )
        self._handling = Histogram(
            "grpc_server_handling_seconds",
            "How long calls took; a stream of audio takes as long as its song.",
            _CALL,
            buckets=CALL_BUCKETS,
            registry=registry,
        )

    def know_method(self, kind: str, service: str, method: str, codes: Iterable[str]) -> None:
        """Make the series of an RPC, so that they are there before its first call.

        Calls of methods that are not known are counted as `unknown`.
        """
        labels = (kind, service, method)
        self._known_methods.add(labels)
        for metric in (self._started, self._received, self._sent, self._handling):
            metric.labels(*labels)
        for code in codes:
            self._handled.labels(*labels, code)

    def call_started(self, service: str, method: str, kind: str) -> None:
        """Count a call that begins."""
        self._started.labels(*self._labels(service, method, kind)).inc()

    def call_handled(
        self,
        service: str,
        method: str,
        kind: str,
        *,
        code: str,
        seconds: float,
        received: int,
        sent: int,
    ) -> None:
        """Count a call that ended; `code` in Go's spelling."""
        labels = self._labels(service, method, kind)
        self._handled.labels(*labels, code).inc()
        self._handling.labels(*labels).observe(seconds)
        self._received.labels(*labels).inc(received)
        self._sent.labels(*labels).inc(sent)

    def on_request(self, endpoint: str, status: str, seconds: float) -> None:
        """Count a request to Apple; see `domain.observers`."""
        self._upstream_requests.labels(endpoint, status).inc()
        self._upstream_seconds.labels(endpoint).observe(seconds)

    def on_retry(self, endpoint: str, seconds: float) -> None:
        """Count a request that is tried again after a wait of `seconds`."""
        del seconds
        self._upstream_retries.labels(endpoint).inc()

    def on_queued(self, priority: str, seconds: float) -> None:
        """Observe how long a request waited for its turn."""
        self._upstream_queue.labels(priority).observe(seconds)

    def on_cache(self, result: str, count: int = 1) -> None:
        """Count catalog reads by where their answer came from."""
        self._upstream_cache.labels(result).inc(count)

    def on_cache_size(self, entries: int, weight: int) -> None:
        """Show how full the cache is; `weight` in bytes."""
        self._upstream_cache_entries.set(entries)
        self._upstream_cache_bytes.set(weight)

    def set_music_user_token_expiries(self, expiries: Iterable[tuple[str, datetime]]) -> None:
        """Show when the tokens of these accounts, and no others, are assumed to end."""
        self._user_token_expiry.clear()
        for account, moment in expiries:
            self._user_token_expiry.labels(account).set(moment.timestamp())

    def set_developer_token_expiry(self, moment: datetime | None) -> None:
        """Show when the developer token ends."""
        self._developer_token_expiry.set(moment.timestamp() if moment else 0)

    def _labels(self, service: str, method: str, kind: str) -> tuple[str, str, str]:
        # What a caller makes up must not become a label.
        labels = (kind, service, method)
        return labels if labels in self._known_methods else _UNKNOWN_METHOD
