"""Calls as spans: whose trace, what is said of how they ended, and which are left out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from opentelemetry.trace import SpanKind, StatusCode

from applemusic.v1.audio_service_pb2 import AudioStreamRequest
from applemusic.v1.audio_service_pb2_grpc import AudioServiceStub
from applemusic.v1.catalog_service_pb2 import GetSongRequest
from applemusic.v1.catalog_service_pb2_grpc import CatalogServiceStub
from applemusic_server.wire.interceptors.tracing import Tracing
from tests.support.traces import CALLER, TRACE, TRACEPARENT, Traces, attributes, hexadecimal
from tests.support.wire_server import Wire, failure_of, open_wire_server

METADATA = (("traceparent", TRACEPARENT),)
GET_SONG, PLAY = "applemusic.v1.CatalogService/GetSong", "applemusic.v1.AudioService/AudioStream"


@pytest.fixture
def traces() -> Traces:
    return Traces()


@pytest.fixture
async def traced(traces: Traces) -> AsyncIterator[Wire]:
    async with AsyncExitStack() as stack:
        stage = Tracing(traces.tracing.tracer)
        yield await open_wire_server(stack, outermost=(stage,))


async def test_a_call_is_a_span_in_the_callers_trace(traced: Wire, traces: Traces) -> None:
    await CatalogServiceStub(traced.channel).GetSong(GetSongRequest(id="1"), metadata=METADATA)
    span = traces.named(GET_SONG)
    assert span.kind is SpanKind.SERVER
    assert span.parent is not None
    assert hexadecimal(span.parent.trace_id, 32) == TRACE
    assert hexadecimal(span.parent.span_id, 16) == CALLER
    said = attributes(span)
    assert said.pop("applemusic.request_id")
    assert said == {
        "rpc.system.name": "grpc",
        "rpc.method": GET_SONG,
        "rpc.response.status_code": "OK",
    }


async def test_a_failure_says_its_reason_and_the_log_the_trace(
    traced: Wire, traces: Traces
) -> None:
    call = CatalogServiceStub(traced.channel).GetSong(GetSongRequest(), metadata=METADATA)
    await failure_of(call)
    (line,) = await traced.log.wait_for("call failed")
    span = traces.named(GET_SONG)
    assert line["trace_id"] == TRACE
    assert attributes(span)["applemusic.request_id"] == line["request_id"]
    assert attributes(span)["error.type"] == "INVALID_FIELD"
    assert attributes(span)["rpc.response.status_code"] == "INVALID_ARGUMENT"
    assert span.status.status_code is StatusCode.UNSET


async def test_a_defect_is_an_error_without_its_words(traced: Wire, traces: Traces) -> None:
    traced.player.script.insert(1, ZeroDivisionError("words"))
    call = AudioServiceStub(traced.channel).AudioStream(AudioStreamRequest(song_id="1"))
    with pytest.raises(grpc.aio.AioRpcError):
        [message async for message in call]
    await traced.log.wait_for("stream ended")
    span = traces.named(PLAY)
    assert attributes(span)["error.type"] == "INTERNAL"
    assert span.status.status_code is StatusCode.ERROR
    assert "words" not in span.to_json()


async def test_who_leaves_is_no_error(traced: Wire, traces: Traces) -> None:
    traced.player.script.insert(2, asyncio.Event())
    call = AudioServiceStub(traced.channel).AudioStream(AudioStreamRequest(song_id="1"))
    await call.read()
    call.cancel()
    await traced.log.wait_for("stream ended")
    span = traces.named(PLAY)
    assert attributes(span)["rpc.response.status_code"] == "CANCELLED"
    assert span.status.status_code is StatusCode.UNSET


async def test_what_callers_make_up_names_no_span(traced: Wire, traces: Traces) -> None:
    call: Any = traced.channel.unary_unary("/evil.Service/Canary7")
    await failure_of(call(b""))
    await traced.log.wait_for("call failed")
    (span,) = traces.spans
    assert span.name == "_OTHER"
    assert "Canary7" not in span.to_json()
    assert span.status.status_code is StatusCode.ERROR


async def test_health_checks_are_not_traced(traced: Wire, traces: Traces) -> None:
    stub: Any = health_pb2_grpc.HealthStub(traced.channel)
    await stub.Check(health_pb2.HealthCheckRequest(service=""))
    assert traces.spans == []
