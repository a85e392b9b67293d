"""One trace from the host's call to Apple's answers, and what it is good for."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.trace import StatusCode

from applemusic import Client, ClientConfig, errors
from applemusic_server.telemetry.redaction import Redactor
from applemusic_server.telemetry.tracing import open_tracing
from tests.support.metrics_text import open_metrics_families
from tests.support.secret_scan import find_secrets
from tests.support.stage import Stage
from tests.support.traces import (
    TRACE,
    TRACEPARENT,
    Traces,
    ancestors,
    attributes,
    trace_ids,
)

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
AUDIO = "applemusic.v1.AudioService/AudioStream"
FOREIGN = {"traceparent", "tracestate", "baggage", "b3", "x-request-id"}


@pytest.fixture
def traces() -> Traces:
    return Traces()


@asynccontextmanager
async def tracing_host(stage: Stage, traceparent: str = TRACEPARENT) -> AsyncIterator[Client]:
    """A host in the middle of a trace of its own."""
    headers = (("traceparent", traceparent), ("tracestate", "host=1"), ("baggage", "who=canary"))
    config = ClientConfig(headers=lambda: headers)
    async with Client(f"127.0.0.1:{stage.server.grpc_port}", config=config) as host:
        yield host


async def play(host: Client, song_id: str, **values: Any) -> None:
    async with host.audio.stream(song_id, **values) as stream:
        async for _ in stream:
            pass


async def test_one_trace_from_the_host_to_apple(
    stage_of: SetUp, traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[set[str]] = []
    request = aiohttp.ClientSession._request

    async def watched(self: Any, method: str, url: Any, **values: Any) -> Any:
        sent.append({name.lower() for name in values.get("headers") or ()})
        return await request(self, method, url, **values)

    async with stage_of(tracing=traces.tracing) as stage:
        monkeypatch.setattr(aiohttp.ClientSession, "_request", watched)
        async with tracing_host(stage) as host:
            await play(host, stage.song.id)
        async with asyncio.timeout(5):
            while not any(span.name == AUDIO for span in traces.spans):  # noqa: ASYNC110 - spans have no event
                await asyncio.sleep(0)
        secrets = {each.value for each in stage.simulator.world.user_tokens}
    spans = [span for span in traces.spans if TRACE in trace_ids([span])]
    call, start = traces.named(AUDIO), traces.named("start song")
    assert attributes(call)["rpc.response.status_code"] == "OK"
    assert attributes(call)["rpc.system.name"] == "grpc"
    assert attributes(start)["applemusic.preparation"] == "cold"
    assert attributes(start)["applemusic.song_id"] == stage.song.id
    for endpoint in ("web_playback", "media.playlist", "license", "media.range"):
        span = next(
            each for each in spans if attributes(each).get("applemusic.endpoint") == endpoint
        )
        assert ancestors(span, spans) == ["start song", AUDIO], endpoint
        assert attributes(span)["http.response.status_code"] in {200, 206}
        assert attributes(span)["server.address"] == "127.0.0.1"
    # Nothing of it goes to Apple, and nothing secret into it.
    assert sent
    assert not set.union(*sent) & FOREIGN
    find_secrets({*secrets, "canary"}, spans=[span.to_json() for span in traces.spans])


async def test_what_is_prepared_is_in_the_trace_of_who_named_it(
    stage_of: SetUp, traces: Traces
) -> None:
    async with stage_of(tracing=traces.tracing) as stage:
        async with tracing_host(stage) as host:
            await host.audio.prepare([stage.song.id])
            while (await host.audio.prepared())[0].preparation.name != "READY":
                pass
        other = TRACEPARENT.replace(TRACE, "f" * 32)
        async with tracing_host(stage, other) as host:
            await play(host, stage.song.id)
    prepared = [span for span in traces.spans if span.name == "prepare song"]
    assert trace_ids(prepared) == {TRACE}
    asked = [span for span in traces.spans if attributes(span).get("applemusic.endpoint")]
    of_song = [span for span in asked if "prepare song" in ancestors(span, traces.spans)]
    assert {attributes(span)["applemusic.endpoint"] for span in of_song} >= {
        "license",
        "media.range",
    }
    assert trace_ids([traces.named("start song")]) == {"f" * 32}
    assert attributes(traces.named("start song"))["applemusic.preparation"] == "ready"


async def test_failures_and_further_tries(
    stage_of: SetUp, traces: Traces, quick_retries: None
) -> None:
    del quick_retries
    async with stage_of(tracing=traces.tracing) as stage:
        stage.fault("api", "status", status=503, count=1)
        async with tracing_host(stage) as host:
            with pytest.raises(errors.AppleMusicError):
                await host.catalog.get_song("9999999999")
    call = traces.named("applemusic.v1.CatalogService/GetSong")
    assert attributes(call)["error.type"] == "RESOURCE_NOT_FOUND"
    assert attributes(call)["rpc.response.status_code"] == "NOT_FOUND"
    # The caller's mistakes are no fault of the server.
    assert call.status.status_code is StatusCode.UNSET
    tries = [span for span in traces.spans if span.name == "GET catalog.songs"]
    codes = [attributes(span)["http.response.status_code"] for span in tries]
    assert codes[0] == 503
    assert tries[0].status.status_code is StatusCode.ERROR
    assert [attributes(span).get("http.request.resend_count") for span in tries[:2]] == [None, 1]
    assert re.fullmatch(r"[0-9a-f]{16}", attributes(call)["applemusic.request_id"])


async def test_metrics_have_traces_as_examples(stage_of: SetUp, traces: Traces) -> None:
    async with stage_of(tracing=traces.tracing) as stage:
        async with tracing_host(stage) as host:
            await play(host, stage.song.id)
        url = f"http://127.0.0.1:{stage.server.web_port}/metrics"
        accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
        async with aiohttp.ClientSession() as session, session.get(url, headers=accept) as response:
            assert response.headers["Content-Type"].startswith("application/openmetrics-text")
            text = await response.text()
    found = {
        sample.name: sample.exemplar.labels
        for family in open_metrics_families(text)
        for sample in family.samples
        if sample.exemplar and sample.exemplar.labels["trace_id"] == TRACE
    }
    assert found.keys() >= {
        "applemusic_stream_first_byte_seconds_bucket",
        "applemusic_upstream_request_seconds_bucket",
        "grpc_server_handling_seconds_bucket",
    }


@dataclass
class Receiver(trace_service_pb2_grpc.TraceServiceServicer):
    """Takes spans by OTLP as a collector does."""

    came: asyncio.Event = field(default_factory=asyncio.Event)
    requests: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    async def Export(self, request: Any, context: Any) -> Any:  # noqa: N802 - the contract's name
        self.requests.append(request)
        self.headers.append(dict(context.invocation_metadata()))
        self.came.set()
        return trace_service_pb2.ExportTraceServiceResponse()


async def test_spans_arrive_at_a_receiver(stage_of: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    receiver = Receiver()
    server = grpc.aio.server()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(receiver, server)  # type: ignore[no-untyped-call]  # generated
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
        "OTEL_EXPORTER_OTLP_HEADERS": "x-tenant=home",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
        "OTEL_BSP_SCHEDULE_DELAY": "60000",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    try:
        tracing = open_tracing(environment, "1.2.3", Redactor())
        async with stage_of(tracing=tracing) as stage, tracing_host(stage) as host:
            await host.catalog.get_song(stage.song.id)
        async with asyncio.timeout(10):
            await receiver.came.wait()  # the end of the server sends what is left
    finally:
        await server.stop(0)
    (spans,) = receiver.requests[0].resource_spans
    resource = {each.key: each.value.string_value for each in spans.resource.attributes}
    assert resource["service.name"] == "applemusic-grpc-server"
    assert resource["service.version"] == "1.2.3"
    assert resource["deployment.environment.name"] == "test"
    names = {span.name for scope in spans.scope_spans for span in scope.spans}
    assert {"applemusic.v1.CatalogService/GetSong", "GET catalog.songs"} <= names
    assert receiver.headers[0]["x-tenant"] == "home"


async def test_a_receiver_that_is_away_holds_nobody_up(
    stage_of: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    async with stage_of(tracing=open_tracing({}, "1.2.3", Redactor())) as stage:
        await stage.music.catalog.get_song(stage.song.id)
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 3


async def test_without_tracing_nothing_is_traced(stage: Stage) -> None:
    async with tracing_host(stage) as host:
        await play(host, stage.song.id)
    (line,) = [each for each in stage.log if each["event"] == "stream ended"]
    assert "trace_id" not in line
