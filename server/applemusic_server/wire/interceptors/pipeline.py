"""Runs every call, of whatever shape, through the same stages.

Streams are the reason for this shape: an error in the middle of an async generator escapes an
interceptor that wraps only the function. Here every response stream is iterated inside the stages
and written message by message, so that errors are translated wherever they come up, and a cancelled
call closes its iterator before it ends.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError, Message

from applemusic_server.domain.errors import InvalidArgumentError, Reason
from applemusic_server.wire.grpc_types import Context, Handler
from applemusic_server.wire.interceptors.call import (
    Call,
    Malformed,
    Proceed,
    Stage,
    given_request_id,
    metadata_of,
)
from applemusic_server.wire.registry import not_yet_implemented

Continuation = Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]]

_KINDS: Final = {
    (False, False): "unary",
    (True, False): "client_stream",
    (False, True): "server_stream",
    (True, True): "bidi_stream",
}


class Pipeline(grpc.aio.ServerInterceptor):
    """The server's only gRPC interceptor."""

    def __init__(self, stages: Sequence[Stage], new_request_id: Callable[[], str]) -> None:
        """Arrange the stages.

        Args:
            stages: The outermost first.
            new_request_id: Makes a name for a call whose caller gave none.
        """
        self._stages = tuple(stages)
        self._new_request_id = new_request_id
        self._known: dict[str, tuple[Handler, Handler]] = {}

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        """Return a handler that does what the registered one does, inside the stages."""
        path = handler_call_details.method
        handler = await continuation(handler_call_details)
        if handler is None:
            return self._unknown(path)
        # What is registered stays; made anew for each call it would take a kilobyte of each.
        known, staged = self._known.get(path, (None, None))
        if staged is None or known is not handler:
            staged = self._staged(path, handler)
            self._known[path] = handler, staged
        return staged

    def _staged(self, path: str, handler: Handler) -> Handler:
        kind = _KINDS[handler.request_streaming, handler.response_streaming]

        async def unary(request: Any, context: Context) -> Any:
            call = self._call(path, kind, context)
            inner: Any = handler.stream_unary if handler.request_streaming else handler.unary_unary
            response: Any = None

            async def answer() -> None:
                nonlocal response
                received = _received(call, request)
                if call.complete is not None and isinstance(received, Message):
                    await call.complete(received)
                response = await inner(received, context)
                call.sent_count += 1

            await self._through_stages(call, answer)
            return response

        async def stream(request: Any, context: Context) -> None:
            call = self._call(path, kind, context)
            inner: Any = (
                handler.stream_stream if handler.request_streaming else handler.unary_stream
            )

            def answer() -> Awaitable[None]:
                received = _received(call, request)
                call.forget_metadata()
                return _write_all(inner(received, context), call)

            await self._through_stages(call, answer)

        return _handler(handler, stream if handler.response_streaming else unary)

    def _unknown(self, path: str) -> Handler:
        """Answer an RPC that is not registered, whatever its shape; a newer client may ask."""

        async def refuse(requests: Any, context: Context) -> None:
            del requests
            call = self._call(path, "bidi_stream", context)

            async def answer() -> None:
                raise not_yet_implemented(path)

            await self._through_stages(call, answer)

        return grpc.stream_stream_rpc_method_handler(refuse)

    def _call(self, path: str, kind: str, context: Context) -> Call:
        metadata = metadata_of(context)
        request_id = given_request_id(metadata) or self._new_request_id()
        return Call(path, kind, context, request_id, _metadata=metadata)

    def _through_stages(self, call: Call, answer: Proceed) -> Awaitable[None]:
        proceed = answer
        for stage in reversed(self._stages):
            proceed = _Inside(stage, call, proceed)
        return proceed()


class _Inside:
    """What goes on inside of a stage: a third of the memory of a partial function."""

    __slots__ = ("_call", "_proceed", "_stage")

    def __init__(self, stage: Stage, call: Call, proceed: Proceed) -> None:
        self._stage = stage
        self._call = call
        self._proceed = proceed

    def __call__(self) -> Awaitable[None]:
        return self._stage.around(self._call, self._proceed)


async def _write_all(responses: Any, call: Call) -> None:
    """Send what an inner handler produces; those that write by themselves are only awaited."""
    if not hasattr(responses, "__aiter__"):
        await responses
        return
    async with aclosing(responses):
        async for response in responses:
            await call.context.write(response)
            # A paced stream waits long for the next one; this one must not wait in memory.
            del response
            call.sent_count += 1


def _received(call: Call, request: Any) -> Any:
    if hasattr(request, "__aiter__"):
        return _received_all(call, request)
    call.received_count += 1
    if isinstance(request, Malformed):
        raise InvalidArgumentError(
            Reason.MALFORMED_MESSAGE,
            "The bytes of the request are not the message that this RPC expects. Compare the "
            "versions of client and server.",
        )
    call.request = request if isinstance(request, Message) else None
    if call.on_request is not None and isinstance(request, Message):
        call.on_request(request)
    return request


async def _received_all(call: Call, requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for request in requests:
        yield _received(call, request)


def _handler(inner: Handler, behaviour: Callable[[Any, Context], Any]) -> Handler:
    make = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }[inner.request_streaming, inner.response_streaming]
    return make(
        behaviour,
        request_deserializer=_safe(inner.request_deserializer),
        response_serializer=inner.response_serializer,
    )


def _safe(deserialize: Callable[[bytes], Any] | None) -> Callable[[bytes], Any] | None:
    """Let bytes that cannot be parsed reach the stages, where gRPC would answer UNKNOWN."""
    if deserialize is None:
        return None

    def deserialize_safely(data: bytes) -> Any:
        try:
            return deserialize(data)
        except DecodeError:
            return Malformed()

    return deserialize_safely
