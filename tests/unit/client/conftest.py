"""A real gRPC server on a free port, made of plain functions."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, NoReturn

import grpc
import pytest
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.any_pb2 import Any as PackedAny
from google.rpc import error_details_pb2, status_pb2
from grpc import aio
from grpc_status import rpc_status

from applemusic.v1 import (  # noqa: F401 - registers the services in the descriptor pool
    audio_service_pb2,
    auth_service_pb2,
    catalog_service_pb2,
    favorites_service_pb2,
    library_service_pb2,
    radio_service_pb2,
    recommendation_service_pb2,
    server_service_pb2,
)

Handler = Callable[[Any, Any], Any]
Serve = Callable[..., Awaitable[str]]
Fail = Callable[..., Awaitable[NoReturn]]


def _awaited(function: Handler) -> Handler:
    """Let objects with an async `__call__` be handlers: grpc looks for functions."""

    async def call(request: Any, context: Any) -> Any:
        return await function(request, context)

    return call


def _handlers(methods: Mapping[str, Handler]) -> list[grpc.GenericRpcHandler]:
    pool = descriptor_pool.Default()
    found = []
    for name, function in methods.items():
        service_name, method_name = name.split(".")
        service = pool.FindServiceByName(f"applemusic.v1.{service_name}")
        method = service.methods_by_name[method_name]
        make = (
            grpc.unary_stream_rpc_method_handler
            if method.server_streaming
            else grpc.unary_unary_rpc_method_handler
        )
        request = message_factory.GetMessageClass(method.input_type)
        response = message_factory.GetMessageClass(method.output_type)
        handler = make(
            function if method.server_streaming else _awaited(function),
            request_deserializer=request.FromString,
            response_serializer=response.SerializeToString,
        )
        found.append(
            grpc.method_handlers_generic_handler(service.full_name, {method_name: handler})
        )
    return found


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start a server: `await serve({"CatalogService.GetSong": function})` returns its target."""
    servers: list[aio.Server] = []

    async def start(
        methods: Mapping[str, Handler],
        *,
        address: str = "127.0.0.1:0",
        credentials: grpc.ServerCredentials | None = None,
    ) -> str:
        server = aio.server(handlers=_handlers(methods), options=[("grpc.so_reuseport", 0)])
        if credentials is None:
            port = server.add_insecure_port(address)
        else:
            port = server.add_secure_port(address, credentials)
        await server.start()
        servers.append(server)
        return address if address.startswith("unix:") else f"127.0.0.1:{port}"

    yield start
    for server in servers:
        await server.stop(None)


@pytest.fixture
def fail() -> Fail:
    """Abort a call as the real server does: `await fail(context, code, reason, ...)`."""

    async def abort(
        context: Any,
        code: grpc.StatusCode,
        reason: str = "",
        *,
        message: str = "it failed",
        metadata: Mapping[str, str] | None = None,
        domain: str = "applemusic.v1",
        details: tuple[Any, ...] = (),
    ) -> NoReturn:
        status = status_pb2.Status(code=code.value[0], message=message)
        if reason:
            info = error_details_pb2.ErrorInfo(
                reason=reason, domain=domain, metadata=dict(metadata or {})
            )
            details = (info, *details)
        for detail in details:
            packed = PackedAny()
            packed.Pack(detail)
            status.details.append(packed)
        await context.abort_with_status(rpc_status.to_status(status))
        raise AssertionError

    return abort
