"""Spans by OpenTelemetry's SDK. Imported only where tracing is switched on: it takes some MB."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from applemusic_server.domain.errors import AppleMusicError
from applemusic_server.domain.tracing import NO_ATTRIBUTES, AttributeValue, Span, SpanKind
from applemusic_server.telemetry.redaction import Redactor

_KINDS: Final = {
    SpanKind.INTERNAL: trace.SpanKind.INTERNAL,
    SpanKind.SERVER: trace.SpanKind.SERVER,
    SpanKind.CLIENT: trace.SpanKind.CLIENT,
}
# Who leaves, or is sent away with the server, is no fault of what was done for them.
_LEFT: Final = (asyncio.CancelledError, GeneratorExit)


class OtelTracer:
    """The `Tracer` of `domain.tracing`.

    Args:
        tracer: The SDK's.
        redactor: Looks through every text on its way out.
    """

    def __init__(self, tracer: trace.Tracer, redactor: Redactor) -> None:
        self._tracer = tracer
        self._redactor = redactor
        # Baggage is not carried on: nobody here would read it.
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def span(
        self,
        name: str,
        attributes: Mapping[str, AttributeValue] = NO_ATTRIBUTES,
        kind: SpanKind = SpanKind.INTERNAL,
        parent: Mapping[str, str] | None = None,
    ) -> Iterator[Span]:
        """See `Tracer.span`."""
        context = None if parent is None else self._propagator.extract(dict(parent))
        with self._tracer.start_as_current_span(
            name,
            context,
            _KINDS[kind],
            self._clean(attributes),
            # Messages and tracebacks may quote anything.
            record_exception=False,
            set_status_on_exception=False,
        ) as made:
            span = _OtelSpan(made, self._redactor)
            try:
                yield span
            except _LEFT:
                span.fail("cancelled", is_fault=False)
                raise
            except AppleMusicError as error:
                span.fail(error.reason.value)
                raise
            except BaseException as error:
                span.fail(type(error).__qualname__)
                raise

    def here(self) -> Mapping[str, str]:
        """See `Tracer.here`."""
        headers: dict[str, str] = {}
        self._propagator.inject(headers)
        return headers

    def trace_labels(self) -> dict[str, str] | None:
        """Return the labels of the trace under way for an exemplar, if it is kept."""
        context = trace.get_current_span().get_span_context()
        if not context.is_valid or not context.trace_flags.sampled:
            return None
        return {"trace_id": trace.format_trace_id(context.trace_id)}

    def _clean(self, attributes: Mapping[str, AttributeValue]) -> dict[str, AttributeValue]:
        return {name: _clean(self._redactor, value) for name, value in attributes.items()}


class _OtelSpan:
    """See `domain.tracing.Span`. The first failure counts: it is the nearest to the cause."""

    def __init__(self, span: trace.Span, redactor: Redactor) -> None:
        self._span = span
        self._redactor = redactor
        self._failed = False

    @property
    def trace_id(self) -> str:
        return trace.format_trace_id(self._span.get_span_context().trace_id)

    def note(self, name: str, value: AttributeValue) -> None:
        self._span.set_attribute(name, _clean(self._redactor, value))

    def event(self, name: str, attributes: Mapping[str, AttributeValue] = NO_ATTRIBUTES) -> None:
        clean = {key: _clean(self._redactor, value) for key, value in attributes.items()}
        self._span.add_event(name, clean)

    def fail(self, kind: str, *, is_fault: bool = True) -> None:
        if self._failed:
            return
        self._failed = True
        self._span.set_attribute("error.type", kind)
        if is_fault:
            self._span.set_status(trace.Status(trace.StatusCode.ERROR))


def _clean(redactor: Redactor, value: AttributeValue) -> AttributeValue:
    return redactor.text(value) if isinstance(value, str) else value
