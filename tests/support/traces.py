"""Spans that a test looks at: those of a server in this process, kept in memory."""

from collections.abc import Iterable
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from applemusic_server.telemetry.redaction import Redactor
from applemusic_server.telemetry.tracing import OtelTracing

# What a caller sends who has begun a trace, and what of it stays the same.
TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{CALLER}-01"


class Traces:
    """Tracing whose spans stay here."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracing = OtelTracing(provider, None, Redactor())

    @property
    def spans(self) -> list[ReadableSpan]:
        """Those that have ended, the first to end first."""
        return list(self.exporter.get_finished_spans())

    def named(self, name: str) -> ReadableSpan:
        """The only span of this name."""
        (found,) = (span for span in self.spans if span.name == name)
        return found


def hexadecimal(number: int, digits: int) -> str:
    """An id as headers have it."""
    return f"{number:0{digits}x}"


def trace_ids(spans: Iterable[ReadableSpan]) -> set[str]:
    """The traces that spans belong to."""
    return {hexadecimal(span.context.trace_id, 32) for span in spans if span.context}


def attributes(span: ReadableSpan) -> dict[str, Any]:
    """What a span says."""
    return dict(span.attributes or {})


def ancestors(span: ReadableSpan, spans: Iterable[ReadableSpan]) -> list[str]:
    """The names of the spans that a span is in, the nearest first."""
    by_id = {each.context.span_id: each for each in spans if each.context}
    names = []
    parent = span.parent
    while parent is not None and parent.span_id in by_id:
        found = by_id[parent.span_id]
        names.append(found.name)
        parent = found.parent
    return names
