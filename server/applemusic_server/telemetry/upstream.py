"""What is asked of Apple, and how Apple answers, as metrics."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from applemusic_server.telemetry.exemplars import TraceLabels, no_trace

# Few, for there are dozens of endpoints.
UPSTREAM_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1, 5)
# Most requests do not wait at all.
QUEUE_BUCKETS: Final = (0.005, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10)
CACHE_RESULTS: Final = ("hit", "joined", "miss")
PRIORITIES: Final = ("playback", "prepare", "interactive", "background")
# What happened instead of a status; see `domain.observers`.
_WITHOUT_STATUS: Final = ("timeout", "connection", "refused", "cancelled")
_CODES: Final = frozenset({*_WITHOUT_STATUS, *(str(status.value) for status in HTTPStatus)})
_STATUS_DIGITS: Final = 3


class UpstreamTelemetry:
    """The `UpstreamObserver` and the `CacheObserver` of `domain.observers`."""

    def __init__(self, registry: CollectorRegistry, exemplar: TraceLabels = no_trace) -> None:
        """Register the metrics; `exemplar` returns the labels of the trace under way, or none."""
        self._exemplar = exemplar
        self._requests = Counter(
            "applemusic_upstream_requests_total",
            "Requests to Apple, by HTTP status or what happened instead.",
            ("endpoint", "code"),
            registry=registry,
        )
        self._seconds = Histogram(
            "applemusic_upstream_request_seconds",
            "How long requests to Apple took.",
            ("endpoint",),
            buckets=UPSTREAM_BUCKETS,
            registry=registry,
        )
        self._retries = Counter(
            "applemusic_upstream_retries_total",
            "Requests to Apple that were tried again.",
            ("endpoint",),
            registry=registry,
        )
        # Made at the first request: there are dozens of endpoints, and a server asks few of them.
        self._series: dict[tuple[str, str], tuple[Counter, Histogram]] = {}
        self._make_queue_metrics(registry)
        self._cache = Counter(
            "applemusic_upstream_cache_total",
            "Catalog reads answered from memory (hit), by a request that another had sent already "
            "(joined), or by a request of their own (miss).",
            ("result",),
            registry=registry,
        )
        self._cache_entries = Gauge(
            "applemusic_upstream_cache_entries",
            "Catalog answers that are remembered.",
            registry=registry,
        )
        self._cache_bytes = Gauge(
            "applemusic_upstream_cache_bytes",
            "Memory that remembered catalog answers take, estimated.",
            registry=registry,
        )
        for result in CACHE_RESULTS:
            self._cache.labels(result)
        for priority in PRIORITIES:
            self._throttled.labels(priority)
            self._waiting.labels(priority)

    def _make_queue_metrics(self, registry: CollectorRegistry) -> None:
        self._throttled = Counter(
            "applemusic_upstream_throttled_total",
            "Answers of Apple that this developer team asks too much (429).",
            ("priority",),
            registry=registry,
        )
        queue = Histogram(
            "applemusic_upstream_queue_seconds",
            "How long requests to Apple waited for their turn.",
            ("priority",),
            buckets=QUEUE_BUCKETS,
            registry=registry,
        )
        self._queue = {each: queue.labels(each) for each in PRIORITIES}
        self._waiting = Gauge(
            "applemusic_upstream_waiting",
            "Requests to Apple that wait for their turn.",
            ("priority",),
            registry=registry,
        )
        self._rate_limit = Gauge(
            "applemusic_upstream_rate_limit",
            "How many requests per second Apple is asked at most, as its answers so far allow.",
            registry=registry,
        )

    def show(self, waiting: Mapping[str, Callable[[], int]], rate: Callable[[], float]) -> None:
        """Have the gauges ask when they are read; `waiting` is by priority."""
        for priority, count in waiting.items():
            self._waiting.labels(priority).set_function(count)
        self._rate_limit.set_function(rate)

    def on_request(self, endpoint: str, status: str, seconds: float) -> None:
        """Count a request to Apple; see `domain.observers`."""
        requests, times = self._of(endpoint, _bounded(status))
        requests.inc()
        times.observe(seconds, self._exemplar())

    def on_retry(self, endpoint: str, seconds: float) -> None:
        """Count a request that is tried again after a wait of `seconds`."""
        del seconds
        self._retries.labels(endpoint).inc()

    def on_queued(self, priority: str, seconds: float) -> None:
        """Observe how long a request waited for its turn."""
        self._queue[priority].observe(seconds)

    def on_throttled(self, priority: str) -> None:
        """Count an answer 429."""
        self._throttled.labels(priority).inc()

    def on_cache(self, result: str, count: int = 1) -> None:
        """Count catalog reads by where their answer came from."""
        self._cache.labels(result).inc(count)

    def on_cache_size(self, entries: int, weight: int) -> None:
        """Show how full the cache is; `weight` in bytes."""
        self._cache_entries.set(entries)
        self._cache_bytes.set(weight)

    def _of(self, endpoint: str, code: str) -> tuple[Counter, Histogram]:
        """Return the series of requests that ended so; kept, as looking them up takes longer."""
        found = self._series.get((endpoint, code))
        if found is None:
            found = self._requests.labels(endpoint, code), self._seconds.labels(endpoint)
            self._series[endpoint, code] = found
        return found


def _bounded(status: str) -> str:
    """Return a status as a label: one that nobody knows by its class, as there are hundreds."""
    if status in _CODES:
        return status
    return f"{status[0]}xx" if status.isdigit() and len(status) == _STATUS_DIGITS else "other"
