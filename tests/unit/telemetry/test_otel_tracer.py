"""Spans of the SDK: whose trace, how they fail, and what they never say."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.trace import StatusCode

from applemusic_server.domain.errors import NotFoundError, Reason
from applemusic_server.domain.tracing import SilentTracer, SpanKind
from applemusic_server.telemetry.tracing import Tracing, tracing_problems
from tests.support.traces import CALLER, TRACE, TRACEPARENT, Traces, attributes, hexadecimal

SECRETS = (
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJURUFNIn0.c2lnbmF0dXJlLWNhbmFyeQ",
    "AuCANARY" + "b3" * 100 + "==",
    "https://cdn.example/a.mp4?accessKey=canary",
    "Authorization: Bearer canary",
    "00112233445566778899aabbccddeeff",
)


@pytest.fixture
def traces() -> Traces:
    return Traces()


def test_a_span_goes_on_in_the_trace_of_who_asks(traces: Traces) -> None:
    tracer = traces.tracing.tracer
    parent = {"traceparent": TRACEPARENT, "tracestate": "a=b"}
    with tracer.span("call", {"a": 1}, SpanKind.SERVER, parent) as span:
        assert span.trace_id == TRACE
        assert traces.tracing.trace_labels() == {"trace_id": TRACE}
        here = tracer.here()
        with tracer.span("inner"):
            pass
    assert traces.tracing.trace_labels() is None
    with tracer.span("later", parent=here):
        pass
    call, inner, later = traces.named("call"), traces.named("inner"), traces.named("later")
    assert call.context is not None
    assert call.parent is not None
    assert hexadecimal(call.parent.span_id, 16) == CALLER
    assert call.context.trace_state.get("a") == "b"
    assert attributes(call) == {"a": 1}
    for span_within in (inner, later):
        assert span_within.parent is not None
        assert span_within.parent.span_id == call.context.span_id


@given(st.dictionaries(st.sampled_from(["traceparent", "tracestate"]), st.text()))
def test_any_headers_make_a_trace(headers: dict[str, str]) -> None:
    with Traces().tracing.tracer.span("call", parent=headers) as span:
        assert len(span.trace_id) == 32


def test_a_trace_that_is_not_kept_gives_no_exemplars(traces: Traces) -> None:
    unsampled = {"traceparent": TRACEPARENT[:-2] + "00"}
    with traces.tracing.tracer.span("call", parent=unsampled):
        assert traces.tracing.trace_labels() is None
    assert traces.spans == []


@pytest.mark.parametrize(
    ("error", "kind", "status"),
    [
        (NotFoundError(Reason.RESOURCE_NOT_FOUND, SECRETS[0]), "RESOURCE_NOT_FOUND", "ERROR"),
        (ZeroDivisionError(SECRETS[1]), "ZeroDivisionError", "ERROR"),
        (asyncio.CancelledError(), "cancelled", "UNSET"),
    ],
)
def test_what_is_raised_is_told_by_its_kind_alone(
    traces: Traces, error: BaseException, kind: str, status: str
) -> None:
    with pytest.raises(type(error)), traces.tracing.tracer.span("call"):
        raise error
    (span,) = traces.spans
    assert attributes(span) == {"error.type": kind}
    assert span.status.status_code is StatusCode[status]
    assert span.status.description is None
    assert span.events == ()


def test_the_first_failure_counts(traces: Traces) -> None:
    def refused() -> None:
        with traces.tracing.tracer.span("call") as span:
            span.fail("429")
            raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        refused()
    assert attributes(traces.named("call")) == {"error.type": "429"}


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_gets_into_a_span(traces: Traces, secret: str) -> None:
    with traces.tracing.tracer.span("call", {"before": secret}) as span:
        span.note("note", f"it was {secret}")
        span.event("event", {"with": secret})
    shown = traces.named("call").to_json()
    for piece in ("anary", "CANARY", "c2lnbmF0dXJl", "eeff"):
        assert piece not in shown


async def test_silence_costs_nothing_and_says_nothing() -> None:
    tracing = Tracing()
    tracer = tracing.tracer
    assert isinstance(tracer, SilentTracer)
    with tracer.span("a", {"b": 1}, SpanKind.CLIENT, {"traceparent": TRACEPARENT}) as span:
        span.note("a", 1)
        span.event("a")
        span.fail("a")
        assert span.trace_id == ""
    with tracer.span("b") as other:
        assert other is span  # there is one for all
    assert tracer.here() == {}
    assert tracing.trace_labels() is None
    await tracing.stop()


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({}, ""),
        ({"OTEL_TRACES_EXPORTER": "none"}, ""),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, ""),
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER is 'zipkin'"),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, "speaks OTLP over grpc"),
        ({"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json"}, "speaks OTLP over grpc"),
    ],
)
def test_what_this_server_cannot_do_is_said(environment: dict[str, str], problem: str) -> None:
    said = "\n".join(tracing_problems(environment))
    assert problem in said
    assert bool(said) is bool(problem)


def test_a_missing_extra_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    (problem,) = tracing_problems({})
    assert "applemusic-grpc-server[otel]" in problem
