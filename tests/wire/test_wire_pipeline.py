"""What holds for every call: bytes, metadata, deadlines, draining, unknown methods, reflection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2

from applemusic.v1 import auth_service_pb2, catalog_service_pb2, options_pb2
from applemusic.v1.audio_service_pb2 import AudioStreamRequest
from applemusic.v1.audio_service_pb2_grpc import AudioServiceStub
from applemusic.v1.auth_service_pb2_grpc import AuthServiceStub
from applemusic.v1.catalog_service_pb2_grpc import CatalogServiceStub
from applemusic_server.domain.errors import (
    Reason,
    UnavailableError,
)
from applemusic_server.wire.contract import methods, path_of, required_scope
from applemusic_server.wire.listener import Limits
from tests.support.raw_http2 import call_raw as call_over_http2
from tests.support.wire_server import Wire, failure_of, open_wire_server, read_failure

GET_SONG = "/applemusic.v1.CatalogService/GetSong"
SONG = catalog_service_pb2.GetSongRequest(id="1")


def raw(multicallable: Any) -> Any:
    """Hide from mypy that bytes are sent where no serializer is given."""
    return multicallable


async def call_raw(wire: Wire, path: str, data: bytes, **options: Any) -> bytes:
    answer: bytes = await raw(wire.channel.unary_unary(path))(data, **options)
    return answer


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xff\xff\xff",
        b"\x12\x7f",  # a string that claims to be longer than it is
        b"\x12\x02\xff\xfe",  # not UTF-8
        b"\x0b" * 200,  # groups in groups
    ],
)
async def test_malformed_bytes_are_an_invalid_argument(wire: Wire, data: bytes) -> None:
    failure = await failure_of(call_raw(wire, GET_SONG, data))

    assert failure.code is grpc.StatusCode.INVALID_ARGUMENT
    assert failure.reason == "MALFORMED_MESSAGE"
    assert "Error" not in failure.message
    assert wire.catalog.calls == []


async def test_malformed_bytes_to_a_stream(wire: Wire) -> None:
    call = raw(wire.channel.unary_stream("/applemusic.v1.AudioService/AudioStream"))(b"\xff")

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for _ in call:
            pass

    assert read_failure(caught.value).reason == "MALFORMED_MESSAGE"


async def test_a_request_over_the_limit_is_refused(wire: Wire) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call_raw(wire, GET_SONG, b"\x12\x80\x80\x10" + b"1" * 262144)

    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert wire.catalog.calls == []


async def test_the_largest_batch_passes(wire: Wire) -> None:
    ids = [str(10**12 + n) for n in range(1500)]

    response = await CatalogServiceStub(wire.channel).BatchGetSongs(
        catalog_service_pb2.BatchGetSongsRequest(ids=ids)
    )

    assert [song.id for song in response.songs] == ids


@pytest.mark.parametrize(
    "headers",
    [
        [(b"x-note", b"a\r\nforged: line")],
        [(b"x-note", b"a\0b")],
        [(b"x-note", "\u00e9".encode())],
        [(b"x-note", b"\xff\xfe")],
        [(b"authorization", b"Bearer a"), (b"authorization", b"Bearer b")],
    ],
)
async def test_odd_metadata_never_reaches_a_servicer(
    wire: Wire, headers: list[tuple[bytes, bytes]]
) -> None:
    async with asyncio.timeout(10):
        await call_over_http2(wire.address, GET_SONG, SONG.SerializeToString(), headers)

    (line,) = await wire.log.wait_for("call failed")
    assert line["reason"] == "INVALID_FIELD"
    assert wire.catalog.calls == []
    assert "forged" not in wire.log.getvalue()


async def test_plain_metadata_passes(wire: Wire) -> None:
    async with asyncio.timeout(10):
        await call_over_http2(
            wire.address, GET_SONG, SONG.SerializeToString(), [(b"x-note", b"good")]
        )

    assert [name for name, _ in wire.catalog.calls] == ["get"]


async def test_an_unknown_method_says_so(wire: Wire) -> None:
    failure = await failure_of(call_raw(wire, "/applemusic.v1.CatalogService/Dance", b""))

    assert failure.code is grpc.StatusCode.UNIMPLEMENTED
    assert failure.reason == "NOT_YET_IMPLEMENTED"
    assert failure.metadata == {"method": "applemusic.v1.CatalogService/Dance"}


async def test_made_up_methods_do_not_become_labels(wire: Wire) -> None:
    for number in range(5):
        await failure_of(call_raw(wire, f"/evil.Service/Method{number}", b""))

    await wire.log.wait_for("call failed", 5)
    labels = {"grpc_type": "unknown", "grpc_service": "unknown", "grpc_method": "unknown"}
    assert wire.value("grpc_server_started_total", **labels) == 5
    assert wire.value("grpc_server_handled_total", **labels, grpc_code="Unimplemented") == 5


def all_methods() -> list[MethodDescriptor]:
    return list(methods())


@pytest.mark.parametrize("method", all_methods(), ids=lambda method: method.full_name)
async def test_every_rpc_answers_or_says_that_it_is_not_there(
    wire: Wire, method: MethodDescriptor
) -> None:
    """With an empty request: never a hang, never UNKNOWN, never a bare status."""
    request = GetMessageClass(method.input_type)()
    path = path_of(method)
    implemented = path in wire.listener.registry.implemented
    data = request.SerializeToString()
    async with asyncio.timeout(5):
        try:
            if method.server_streaming:
                async for _ in raw(wire.channel.unary_stream(path))(data):
                    pass
            else:
                await call_raw(wire, path, data)
        except grpc.aio.AioRpcError as error:
            failure = read_failure(error)
        else:
            assert implemented
            return
    if implemented:
        assert failure.code in {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND}
    else:
        assert failure.reason == "NOT_YET_IMPLEMENTED"
        assert failure.metadata == {"method": path.lstrip("/")}


@pytest.mark.parametrize("method", all_methods(), ids=lambda method: method.full_name)
def test_every_rpc_declares_a_scope(method: MethodDescriptor) -> None:
    assert required_scope(method) != options_pb2.SCOPE_UNSPECIFIED


async def test_a_call_that_takes_too_long_is_ended(stack: AsyncExitStack) -> None:
    wire = await open_wire_server(stack, limits=Limits(longest_call=timedelta(milliseconds=50)))
    wire.catalog.release = asyncio.Event()

    failure = await failure_of(CatalogServiceStub(wire.channel).GetSong(SONG))

    assert failure.code is grpc.StatusCode.UNAVAILABLE
    assert failure.reason == "UPSTREAM_TIMEOUT"


async def test_a_timeout_inside_is_a_defect_and_no_deadline(wire: Wire) -> None:
    wire.catalog.failure = TimeoutError("swallowed nowhere")

    failure = await failure_of(CatalogServiceStub(wire.channel).GetSong(SONG))

    assert failure.reason == "INTERNAL"


async def test_failed_calls_are_logged_once_without_secrets(wire: Wire) -> None:
    wire.catalog.failure = UnavailableError(
        Reason.UPSTREAM_UNAVAILABLE, "Apple is down", metadata={"endpoint": "catalog.songs"}
    )
    failure = await failure_of(CatalogServiceStub(wire.channel).GetSong(SONG))
    await failure_of(
        AuthServiceStub(wire.channel).SubmitMusicUserToken(
            auth_service_pb2.SubmitMusicUserTokenRequest(
                account="ANNA", music_user_token="canary-" + "t" * 60, display_name="Anna Canary"
            )
        )
    )

    first, second = await wire.log.wait_for("call failed", 2)
    assert first["reason"] == "UPSTREAM_UNAVAILABLE"
    assert first["request"] == {"id": "1"}
    assert first["request_id"] == failure.request_id
    assert second["request"]["account"] == "ANNA"
    assert second["request"]["music_user_token"] == "***"
    assert "anary" not in wire.log.getvalue()


async def test_go_spelling_in_metrics(wire: Wire) -> None:
    await failure_of(CatalogServiceStub(wire.channel).GetSong(catalog_service_pb2.GetSongRequest()))

    await wire.log.wait_for("call failed")
    assert (
        wire.value(
            "grpc_server_handled_total",
            grpc_type="unary",
            grpc_service="applemusic.v1.CatalogService",
            grpc_method="GetSong",
            grpc_code="InvalidArgument",
        )
        == 1
    )


async def test_draining_lets_streams_finish_and_refuses_new_ones(wire: Wire) -> None:
    go_on = asyncio.Event()
    wire.player.script.insert(2, go_on)
    stub = AudioServiceStub(wire.channel)
    call = stub.AudioStream(AudioStreamRequest(song_id="1"))
    frames = aiter(call)
    assert (await anext(frames)).HasField("header")

    draining = asyncio.create_task(wire.listener.calls.drain(timedelta(seconds=30)))
    await asyncio.sleep(0)  # let it begin
    failure = await failure_of(CatalogServiceStub(wire.channel).GetSong(SONG))
    go_on.set()
    rest = [response.WhichOneof("frame") async for response in frames]

    assert failure.code is grpc.StatusCode.UNAVAILABLE
    assert failure.reason == "SERVER_DRAINING"
    assert rest == ["chunk", "chunk", "summary"]
    async with asyncio.timeout(5):
        await draining


async def test_a_stream_that_outlasts_the_grace_is_told_why(wire: Wire) -> None:
    wire.player.script.insert(2, asyncio.Event())
    call = AudioServiceStub(wire.channel).AudioStream(AudioStreamRequest(song_id="1"))
    frames = aiter(call)
    assert (await anext(frames)).HasField("header")
    assert (await anext(frames)).HasField("chunk")

    stopping = asyncio.create_task(wire.listener.stop(timedelta(0)))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for _ in call:
            pass
    await stopping

    assert read_failure(caught.value).reason == "SERVER_DRAINING"
    assert wire.player.closed.is_set()


async def test_health_tells_the_server_and_each_service(wire: Wire) -> None:
    stub: Any = health_pb2_grpc.HealthStub(wire.channel)

    for service in ("", "applemusic.v1.AudioService", "applemusic.v1.ServerService"):
        response = await stub.Check(health_pb2.HealthCheckRequest(service=service))
        assert response.status == health_pb2.HealthCheckResponse.SERVING
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.Check(health_pb2.HealthCheckRequest(service="nobody"))
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_health_watchers_hear_of_the_end_first(wire: Wire) -> None:
    stub: Any = health_pb2_grpc.HealthStub(wire.channel)
    watch = stub.Watch(health_pb2.HealthCheckRequest(service="applemusic.v1.AudioService"))
    first = await watch.read()

    wire.player.script.insert(1, asyncio.Event())
    call = AudioServiceStub(wire.channel).AudioStream(AudioStreamRequest(song_id="1"))
    frames = aiter(call)
    assert (await anext(frames)).HasField("header")
    stopping = asyncio.create_task(wire.listener.stop(timedelta(seconds=30)))
    second = await watch.read()
    wire.listener.calls.hurry()
    await stopping

    assert first.status == health_pb2.HealthCheckResponse.SERVING
    assert second.status == health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_reflection_lists_the_services(wire: Wire, version: str) -> None:
    async def requests() -> AsyncIterator[reflection_pb2.ServerReflectionRequest]:
        yield reflection_pb2.ServerReflectionRequest(list_services="")

    ask = raw(wire.channel).stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    names = [
        service.name
        async for response in ask(requests())
        for service in response.list_services_response.service
    ]

    assert "applemusic.v1.AudioService" in names
    assert "grpc.health.v1.Health" in names


@pytest.mark.parametrize(
    ("symbol", "known"),
    [
        ("applemusic.v1.CatalogService", True),
        ("applemusic.v1.CatalogService.GetSong", True),
        ("applemusic.v1.GetSongRequest", True),
        ("applemusic.v1.CatalogService.GetNothing", False),
        ("applemusic.v1.NoService.GetSong", False),
        ("", False),
    ],
)
async def test_reflection_finds_symbols(wire: Wire, symbol: str, *, known: bool) -> None:
    """Methods, too, which Python's pool of descriptors does not know by name."""

    async def requests() -> AsyncIterator[reflection_pb2.ServerReflectionRequest]:
        yield reflection_pb2.ServerReflectionRequest(file_containing_symbol=symbol)

    ask = raw(wire.channel).stream_stream(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    (answer,) = [response async for response in ask(requests())]

    files = answer.file_descriptor_response.file_descriptor_proto
    assert any(b"applemusic/v1/catalog_service.proto" in file for file in files) == known
    assert answer.HasField("error_response") != known


async def test_a_second_listener_on_the_port_is_refused(wire: Wire, stack: AsyncExitStack) -> None:
    other = await open_wire_server(stack)
    port = int(wire.address.rpartition(":")[2])

    with pytest.raises(OSError, match="in use"):
        await other.listener.start("127.0.0.1", port)


async def test_a_busy_server_says_when_to_come_back(stack: AsyncExitStack) -> None:
    wire = await open_wire_server(stack, limits=Limits(max_concurrent_calls=1))
    wire.player.script.insert(1, asyncio.Event())
    frames = aiter(AudioServiceStub(wire.channel).AudioStream(AudioStreamRequest(song_id="1")))
    assert (await anext(frames)).HasField("header")

    failure = await failure_of(CatalogServiceStub(wire.channel).GetSong(SONG))
    health: Any = health_pb2_grpc.HealthStub(wire.channel)

    assert failure.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert failure.reason == "SERVER_BUSY"
    assert failure.retry_after == 1
    assert (await health.Check(health_pb2.HealthCheckRequest())).status == 1


async def test_an_honest_client_may_start_many_calls_at_once(wire: Wire) -> None:
    """They wait for one another on their connection; none is reset."""
    stub = CatalogServiceStub(wire.channel)
    await stub.GetSong(SONG)

    songs = await asyncio.gather(*(stub.GetSong(SONG) for _ in range(500)))

    assert {answer.song.id for answer in songs} == {"1"}
