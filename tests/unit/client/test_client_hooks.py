"""Hooks around calls: interceptors, the trace that a caller is in, and who calls."""

import asyncio
import importlib
import sys
from collections.abc import AsyncIterator, Callable
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import grpc
import pytest
from grpc import aio

from applemusic import Client, ClientConfig, TLSConfig, errors
from applemusic.v1 import audio_service_pb2 as audio
from applemusic.v1 import server_service_pb2 as pb
from tests.support.certificates import Authority

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Notes:
    """Each call's name, and the status of those that answer once."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[grpc.StatusCode] = []
        # grpc takes an interceptor that is of both kinds for the first kind alone.
        self.interceptors = (NoteCalls(self), NoteStreams(self))

    def begin(self, details: Any) -> None:
        self.begun.append(details.method.decode().rpartition("/")[2])


class NoteCalls(aio.UnaryUnaryClientInterceptor):
    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    async def intercept_unary_unary(
        self, continuation: Callable[..., Any], client_call_details: Any, request: Any
    ) -> Any:
        self._notes.begin(client_call_details)
        call = await continuation(client_call_details, request)
        self._notes.ended.append(await call.code())
        return call


class NoteStreams(aio.UnaryStreamClientInterceptor):
    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    async def intercept_unary_stream(
        self, continuation: Callable[..., Any], client_call_details: Any, request: Any
    ) -> Any:
        self._notes.begin(client_call_details)
        return await continuation(client_call_details, request)


class Server:
    """Answers one song of three chunks and whatever is asked of the server itself."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.waiting, self.left = asyncio.Event(), asyncio.Event()
        self.endless = False

    async def info(self, _: Any, context: Any) -> pb.GetServerInfoResponse:
        self.seen.append(dict(context.invocation_metadata()))
        if self.endless:
            await self._wait()
        return pb.GetServerInfoResponse(server_version="0.1.0")

    async def stream(self, _: Any, context: Any) -> AsyncIterator[audio.AudioStreamResponse]:
        self.seen.append(dict(context.invocation_metadata()))
        try:
            yield audio.AudioStreamResponse(header=audio.AudioHeader(total_bytes=6, seekable=True))
            for offset in (0, 2, 4):
                chunk = audio.AudioChunk(byte_offset=offset, data=b"ab")
                yield audio.AudioStreamResponse(chunk=chunk)
                if self.endless:
                    await self._wait()
            yield audio.AudioStreamResponse(summary=audio.AudioSummary(byte_count=6))
        finally:
            self.left.set()  # wherever in it the caller went

    async def _wait(self) -> None:
        self.waiting.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.left.set()

    def methods(self) -> dict[str, Any]:
        return {"ServerService.GetServerInfo": self.info, "AudioService.AudioStream": self.stream}


@pytest.fixture
def answers() -> Server:
    return Server()


async def test_interceptors_are_around_every_call(serve: Any, answers: Server) -> None:
    hook = Notes()
    config = ClientConfig(interceptors=hook.interceptors, access_token="a-token")
    async with Client(await serve(answers.methods()), config=config) as music:
        assert (await music.server.info()).server_version == "0.1.0"
        assert b"".join([chunk.data async for chunk in music.audio.stream("1")]) == b"ababab"
        await music.stubs.server.GetServerInfo(pb.GetServerInfoRequest())
        with pytest.raises(errors.UnimplementedError):
            await music.catalog.get_song("1")
    assert hook.begun == ["GetServerInfo", "AudioStream", "GetServerInfo", "GetSong"]
    assert hook.ended == [
        grpc.StatusCode.OK,
        grpc.StatusCode.OK,
        grpc.StatusCode.UNIMPLEMENTED,
    ]
    assert [sent["authorization"] for sent in answers.seen] == ["Bearer a-token"] * 3


async def test_leaving_an_intercepted_stream_ends_it(serve: Any, answers: Server) -> None:
    answers.endless = True
    config = ClientConfig(interceptors=Notes().interceptors)
    async with Client(await serve(answers.methods()), config=config) as music:
        async with music.audio.stream("1") as stream:
            assert await stream.read() is not None
        await answers.left.wait()


@pytest.mark.parametrize("kind", ["call", "stream"])
async def test_cancelling_an_intercepted_call_reaches_the_server(
    serve: Any, answers: Server, kind: str
) -> None:
    answers.endless = True
    config = ClientConfig(interceptors=Notes().interceptors)

    async def listen(music: Client) -> None:
        if kind == "call":
            await music.server.info()
        async for _ in music.audio.stream("1"):
            pass

    async with Client(await serve(answers.methods()), config=config) as music:
        task = asyncio.create_task(listen(music))
        await answers.waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await answers.left.wait()


@pytest.mark.parametrize("kind", ["call", "stream"])
async def test_closing_the_client_ends_intercepted_calls(
    serve: Any, answers: Server, kind: str
) -> None:
    answers.endless = True
    music = Client(
        await serve(answers.methods()), config=ClientConfig(interceptors=Notes().interceptors)
    )

    async def listen() -> None:
        if kind == "call":
            await music.server.info()
        async for _ in music.audio.stream("1"):
            pass

    task = asyncio.create_task(listen())
    await answers.waiting.wait()
    await music.close()
    with pytest.raises(errors.ClientClosedError):
        await task


@pytest.fixture
def tracing(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What stands for OpenTelemetry, and what it wants sent from now on."""
    carried: list[dict[str, str]] = [{"traceparent": PARENT}]
    propagate = ModuleType("opentelemetry.propagate")
    propagate.inject = lambda carrier: carrier.update(carried[0])  # type: ignore[attr-defined]  # made here
    for name in ("opentelemetry", "opentelemetry.trace"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, propagate.__name__, propagate)
    return carried


async def test_the_trace_of_the_caller_goes_with_every_call(
    serve: Any, answers: Server, tracing: list[dict[str, str]]
) -> None:
    target = await serve(answers.methods())
    async with Client(target, access_token="a-token") as music:
        await music.server.info()
        tracing[0] = {"X-B3-TraceId": "1"}  # of another propagator, whose names gRPC refuses
        async for _ in music.audio.stream("1"):
            pass
        tracing[0] = {}
        await music.server.info()
    assert [sent.get("traceparent") for sent in answers.seen] == [PARENT, None, None]
    assert answers.seen[1]["x-b3-traceid"] == "1"
    assert {sent["authorization"] for sent in answers.seen} == {"Bearer a-token"}


@pytest.mark.usefixtures("tracing")
async def test_the_trace_is_left_out_where_an_interceptor_sends_it(
    serve: Any, answers: Server
) -> None:
    config = ClientConfig(trace_context=False)
    async with Client(await serve(answers.methods()), config=config) as music:
        await music.server.info()
    assert "traceparent" not in answers.seen[0]


@pytest.mark.usefixtures("tracing")
async def test_what_the_program_sends_itself_counts(serve: Any, answers: Server) -> None:
    config = ClientConfig(headers=lambda: [("traceparent", "mine"), ("x-request-id", "1")])
    async with Client(await serve(answers.methods()), config=config) as music:
        await music.server.info()
    assert answers.seen[0]["traceparent"] == "mine"
    assert answers.seen[0]["x-request-id"] == "1"


async def test_who_does_not_trace_sends_no_trace(serve: Any, answers: Server) -> None:
    async with Client(await serve(answers.methods())) as music:
        await music.server.info()
    assert not {"traceparent", "authorization"} & answers.seen[0].keys()


# `make client-matrix` installs it with the newest of everything else; it is no dependency.
if "opentelemetry-instrumentation-grpc" in {each.name for each in metadata.distributions()}:

    async def test_opentelemetry_itself(serve: Any, answers: Server) -> None:
        trace: Any = importlib.import_module("opentelemetry.trace")
        sdk: Any = importlib.import_module("opentelemetry.sdk.trace")
        instrumentation: Any = importlib.import_module("opentelemetry.instrumentation.grpc")
        trace.set_tracer_provider(sdk.TracerProvider())
        tracer = trace.get_tracer("test")
        target = await serve(answers.methods())
        hooked = ClientConfig(interceptors=instrumentation.aio_client_interceptors())
        spans = []
        for config in (ClientConfig(), hooked):
            async with Client(target, config=config) as music:
                with tracer.start_as_current_span("listening") as span:
                    spans.append(f"{span.get_span_context().trace_id:032x}")
                    await music.server.info()
                    async for _ in music.audio.stream("1"):
                        pass
        sent = [str(each["traceparent"]).split("-")[1] for each in answers.seen]
        assert sent == [spans[0], spans[0], spans[1], spans[1]]


async def test_a_token_that_changes_is_asked_for_each_time(serve: Any, answers: Server) -> None:
    tokens = iter(["first", "second"])
    target = await serve(answers.methods())
    async with Client(target, access_token=lambda: next(tokens)) as music:
        await music.server.info()
        await music.server.info()
    assert [sent["authorization"] for sent in answers.seen] == ["Bearer first", "Bearer second"]


async def test_a_token_that_no_header_can_carry_is_not_quoted(serve: Any, answers: Server) -> None:
    target = await serve(answers.methods())
    async with Client(target, access_token=lambda: "canary\n") as music:
        with pytest.raises(ValueError, match="strip") as caught:
            await music.server.info()
    assert "canary" not in str(caught.value)
    assert answers.seen == []


async def test_call_credentials_over_tls(serve: Any, answers: Server, tmp_path: Path) -> None:
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.certificate)
    server = authority.identity("music.test", ["music.test"])
    pair = (server.key, server.certificate)
    target = await serve(answers.methods(), credentials=grpc.ssl_server_credentials([pair]))
    config = ClientConfig(
        tls=TLSConfig(ca_file=tmp_path / "ca.pem", server_name="music.test"),
        call_credentials=grpc.access_token_call_credentials("of-a-proxy"),
    )
    async with Client(target, config=config) as music:
        await music.server.info()
        async for _ in music.audio.stream("1"):
            pass
    assert [sent["authorization"] for sent in answers.seen] == ["Bearer of-a-proxy"] * 2
    assert "of-a-proxy" not in repr(config)


def test_call_credentials_need_tls_and_stand_alone() -> None:
    credentials = grpc.access_token_call_credentials("of-a-proxy")
    with pytest.raises(ValueError, match="need tls"):
        Client(config=ClientConfig(call_credentials=credentials))
    with pytest.raises(ValueError, match="not both"):
        Client(
            access_token="a-token",
            tls=TLSConfig(),
            config=ClientConfig(call_credentials=credentials),
        )
