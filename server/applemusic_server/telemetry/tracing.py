"""Starts and ends tracing as the settings and OpenTelemetry's variables of the environment say."""

import asyncio
import importlib.util
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from applemusic_server.domain.tracing import SilentTracer, Tracer
from applemusic_server.telemetry.exemplars import TraceLabels, no_trace
from applemusic_server.telemetry.redaction import Redactor

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

SERVICE_NAME: Final = "applemusic-grpc-server"
# How long the end of the server waits for spans that were not sent yet.
_FLUSH_SECONDS: Final = 0.5


class Tracing:
    """Tracing of one server: how to make spans, and how to stop.

    Attributes:
        tracer: Makes spans.
        trace_labels: For exemplars.
        is_on: Whether anybody hears of them.
    """

    def __init__(self) -> None:
        """Be silent."""
        self.tracer: Tracer = SilentTracer()
        self.trace_labels: TraceLabels = no_trace
        self.is_on = False

    async def stop(self) -> None:
        """Send what is left."""


class OtelTracing(Tracing):
    """Tracing by OpenTelemetry's SDK.

    Args:
        provider: The SDK's, with its exporter.
        exporter: What sends spans; None where the SDK was told to send none.
        redactor: Looks through every text on its way out.
    """

    def __init__(
        self, provider: "TracerProvider", exporter: "SpanExporter | None", redactor: Redactor
    ) -> None:
        # Imported here: an extra, and some MB.
        from applemusic_server.telemetry.otel_tracer import OtelTracer  # noqa: PLC0415 - see above

        super().__init__()
        self._provider = provider
        self._exporter = exporter
        made = OtelTracer(provider.get_tracer("applemusic_server"), redactor)
        self.tracer = made
        self.trace_labels = made.trace_labels
        self.is_on = True

    async def stop(self) -> None:
        """Send what is left, unless the receiver is slow to answer."""
        # It waits for a thread, and that for the network.
        ended = asyncio.ensure_future(asyncio.to_thread(self._provider.shutdown))
        await asyncio.wait((ended,), timeout=_FLUSH_SECONDS)
        if self._exporter is not None and not ended.done():
            self._exporter.shutdown()  # cuts short what is being sent and waited for
        await ended


def tracing_problems(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what keeps tracing from being switched on, a sentence each."""
    if importlib.util.find_spec("opentelemetry") is None or not _has_sdk():
        yield "tracing.enabled needs an extra: pip install 'applemusic-grpc-server[otel]'"
    exporter = environment.get("OTEL_TRACES_EXPORTER", "").strip().lower() or "otlp"
    if exporter not in ("otlp", "none"):
        yield f"OTEL_TRACES_EXPORTER is {exporter!r}; this server knows otlp and none"
    names = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
    for name in names:
        protocol = environment.get(name, "").strip().lower()
        if protocol not in ("", "grpc"):
            yield f"{name} is {protocol!r}; this server speaks OTLP over grpc"


def open_tracing(environment: Mapping[str, str], version: str, redactor: Redactor) -> Tracing:
    """Return tracing as OpenTelemetry's variables have it; see `docs/tracing.md`.

    Args:
        environment: As `os.environ`; the SDK itself reads that.
        version: Of the server.
        redactor: Looks through every text on its way out.
    """
    # All imported here: an extra, and some MB.
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import (  # noqa: PLC0415 - see above
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - see above
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - see above
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - see above

    found = Resource.create({"service.version": version})
    named = str(found.attributes.get("service.name", ""))
    if named.startswith("unknown_service"):
        found = found.merge(Resource({"service.name": SERVICE_NAME}))
    provider = TracerProvider(resource=found, shutdown_on_exit=False)
    exporter = None
    if environment.get("OTEL_TRACES_EXPORTER", "").strip().lower() != "none":
        exporter = OTLPSpanExporter()
        provider.add_span_processor(BatchSpanProcessor(exporter))
    return OtelTracing(provider, exporter, redactor)


def _has_sdk() -> bool:
    names = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.grpc")
    try:
        return all(importlib.util.find_spec(name) is not None for name in names)
    except ModuleNotFoundError:
        return False
