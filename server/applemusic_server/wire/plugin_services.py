"""go-plugin's own services, as far as a Go host calls them.

They carry no word of the contract, so they go past everything that is done to its calls: nothing of
them is counted, and going down does not wait for them. Only a plugin serves them, on a socket that
is its host's alone.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import grpc

from applemusic_server.wire.grpc_types import Context, Handler

# What go-plugin asks the health service about.
HEALTH_NAME: Final = "plugin"
# All messages that are sent or looked at are empty.
_EMPTY: Final = b""

Continuation = Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]]


class PluginServices(grpc.aio.ServerInterceptor):
    """Answers what a Go host asks at its start and at its end."""

    def __init__(self, on_shutdown: Callable[[], None]) -> None:
        """Take what to do when the host says that it is done.

        Args:
            on_shutdown: Begins to go down; go-plugin kills what is there two seconds later.
        """
        self._on_shutdown = on_shutdown
        self._handlers: dict[str, Handler] = {
            "/plugin.GRPCController/Shutdown": grpc.unary_unary_rpc_method_handler(self._shutdown),
            "/plugin.GRPCStdio/StreamStdio": grpc.unary_stream_rpc_method_handler(self._stdio),
            "/plugin.GRPCBroker/StartStream": grpc.stream_stream_rpc_method_handler(self._broker),
        }

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler | None:
        """Return go-plugin's handler for its calls, and the usual one for all others."""
        own = self._handlers.get(handler_call_details.method)
        return own if own is not None else await continuation(handler_call_details)

    async def _shutdown(self, request: bytes, context: Context) -> bytes:
        del request, context
        self._on_shutdown()
        return _EMPTY

    async def _stdio(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
        """End at once: after the handshake nothing is printed, and the log is standard error."""
        del request, context
        nothing: tuple[bytes, ...] = ()
        for each in nothing:
            yield each

    async def _broker(self, requests: AsyncIterator[bytes], context: Context) -> None:
        """Refuse, which a Go host takes calmly: this plugin calls nothing in its host."""
        del requests
        await context.abort(
            grpc.StatusCode.UNIMPLEMENTED, "This plugin opens no connections besides this one."
        )
