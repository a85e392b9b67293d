"""Everything that the server counts, for Prometheus.

Label values come from closed sets, so that the number of series does not grow with use; accounts
are labelled by the operator's alias.
"""

import platform
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
from applemusic_server.domain.errors import Reason
from applemusic_server.telemetry.calls import CallTelemetry
from applemusic_server.telemetry.exemplars import TraceLabels, no_trace
from applemusic_server.telemetry.upstream import UpstreamTelemetry

# 5 s is what listeners of the in-process provider wait today, so it is an edge; the first ones are
# for songs that were prepared.
START_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 7.5, 10)
STAGE_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5)

STREAM_OUTCOMES: Final = ("complete", "cancelled", "refused", "failed")
# Why streams usually end before their time. Others have a series once they come up.
BREAKS: Final = (
    Reason.MUSIC_USER_TOKEN_REJECTED,
    Reason.ANOTHER_DEVICE_PLAYING,
    Reason.MEDIA_MALFORMED,
    Reason.MEDIA_TRUNCATED,
    Reason.MEDIA_CHANGED,
    Reason.UPSTREAM_UNAVAILABLE,
    Reason.UPSTREAM_TIMEOUT,
    Reason.UPSTREAM_THROTTLED,
    Reason.UPSTREAM_REFUSED,
    Reason.SERVER_DRAINING,
    Reason.INTERNAL,
)
REFUSALS: Final = (
    *BREAKS,
    Reason.ACCOUNT_NOT_FOUND,
    Reason.DEVELOPER_TOKEN_MISSING,
    Reason.DEVELOPER_TOKEN_REJECTED,
    Reason.DEVELOPER_TOKEN_EXPIRED,
    Reason.SUBSCRIPTION_REQUIRED,
    Reason.RESOURCE_NOT_FOUND,
    Reason.CONTENT_UNAVAILABLE,
    Reason.CONTENT_RESTRICTED,
    Reason.CONTENT_GEO_BLOCKED,
    Reason.WIDEVINE_DEVICE_MISSING,
    Reason.WIDEVINE_DEVICE_REJECTED,
    Reason.LICENSE_REFUSED,
    Reason.DEVICE_LIMIT_REACHED,
    Reason.STREAM_LIMIT_REACHED,
    Reason.DECRYPTION_KEY_WRONG,
    Reason.STORAGE_UNAVAILABLE,
)


class Metrics:
    """The server's metrics on one registry."""

    def __init__(
        self,
        registry: CollectorRegistry,
        version: str,
        exemplar: TraceLabels = no_trace,
    ) -> None:
        """Register everything, with the series that are known beforehand at 0.

        Args:
            registry: Where the metrics are; those of calls are beside it, see `telemetry.calls`.
            version: Of the server.
            exemplar: Labels of the trace under way, or none.
        """
        # The switch is the library's own and holds for the process: `_created` series are noise.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # it has no annotations
        self.registry = registry
        self.exemplar = exemplar
        self.calls = CallTelemetry(exemplar)
        self.upstream = UpstreamTelemetry(registry, exemplar)
        self._make_stream_metrics(registry)
        Gauge(
            "applemusic_build_info",
            "Always 1; the labels say which build this is.",
            ("version", "python_version"),
            registry=registry,
        ).labels(version, platform.python_version()).set(1)
        self._developer_token_expiry = Gauge(
            "applemusic_developer_token_expiry_timestamp_seconds",
            "When the developer token ends; 0 when there is none.",
            registry=registry,
        )
        self.widevine_device = Gauge(
            "applemusic_widevine_device_usable",
            "1 when there is a Widevine device to play songs with, else 0.",
            registry=registry,
        )

    def _make_stream_metrics(self, registry: CollectorRegistry) -> None:
        # Of the closed sets each series is kept: to have one looked up takes longer than to count.
        transition = Histogram(
            "applemusic_transition_seconds",
            "From the last byte of a song that ended to the first byte of the next, per account.",
            ("preparation",),
            buckets=START_BUCKETS,
            registry=registry,
        )
        first_byte = Histogram(
            "applemusic_stream_first_byte_seconds",
            "From the arrival of a call to the first byte of audio sent.",
            ("preparation",),
            buckets=START_BUCKETS,
            registry=registry,
        )
        stage_seconds = Histogram(
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
        self.stream_limit = Gauge(
            "applemusic_streams_limit",
            "Streams that may be open at the same time.",
            registry=registry,
        )
        self.stream_bytes = Counter(
            "applemusic_stream_bytes_total", "Bytes of audio sent.", registry=registry
        )
        streams = Counter(
            "applemusic_streams_total",
            "Streams that ended: complete, cancelled by the caller, refused before the first byte, "
            "or failed after it.",
            ("outcome",),
            registry=registry,
        )
        self.stream_failures = Counter(
            "applemusic_stream_failures_total",
            "Streams that were refused before the first byte, or failed after it, by reason.",
            ("outcome", "reason"),
            registry=registry,
        )
        self.transition = {each: transition.labels(each.name.lower()) for each in Preparation}
        self.first_byte = {each: first_byte.labels(each.name.lower()) for each in Preparation}
        self.stage = {each: stage_seconds.labels(each.value) for each in Stage}
        self.streams = {each: streams.labels(each) for each in STREAM_OUTCOMES}
        for reason in REFUSALS:
            self.stream_failures.labels("refused", reason.value)
        for reason in BREAKS:
            self.stream_failures.labels("failed", reason.value)

    def set_developer_token_expiry(self, moment: datetime | None) -> None:
        """Show when the developer token ends."""
        self._developer_token_expiry.set(moment.timestamp() if moment else 0)
