"""A channel whose calls all carry some headers."""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from weakref import WeakSet

import grpc
from grpc import aio

from applemusic.call_headers import Headers


class HeadedChannel(aio.Channel):
    """Adds headers to every call of another channel: the stubs' calls, too.

    grpc refuses call credentials without TLS, starts a thread for them with every call, and its
    interceptors make streams dearer to read: a few headers are all that is needed.
    """

    def __init__(self, channel: aio.Channel, headers: Callable[[], Headers]) -> None:
        self._channel = channel
        self._headers = headers
        self._open: WeakSet[aio.Call] = WeakSet()

    def unary_unary(self, *args: Any, **kwargs: Any) -> Any:
        """Return a callable as grpc does."""
        return self._headed(self._channel.unary_unary(*args, **kwargs))

    def unary_stream(self, *args: Any, **kwargs: Any) -> Any:
        """Return a callable as grpc does."""
        return self._headed(self._channel.unary_stream(*args, **kwargs))

    def stream_unary(self, *args: Any, **kwargs: Any) -> Any:
        """Return a callable as grpc does."""
        return self._headed(self._channel.stream_unary(*args, **kwargs))

    def stream_stream(self, *args: Any, **kwargs: Any) -> Any:
        """Return a callable as grpc does."""
        return self._headed(self._channel.stream_stream(*args, **kwargs))

    async def close(self, grace: float | None = None) -> None:
        """End all calls and close the channel behind.

        grpc looks for the calls itself, and up to 1.80 does not find streams with interceptors.
        """
        if not grace:
            for call in list(self._open):
                call.cancel()
        await self._channel.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:  # noqa: FBT001, FBT002 - grpc's signature
        """Return the state of the channel behind."""
        return self._channel.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Wait as the channel behind does."""
        await self._channel.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Wait until the channel behind is connected."""
        await self._channel.channel_ready()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        await self.close()

    def _headed(self, call: Any) -> Any:
        def invoke(request: Any = None, *, metadata: Any = None, **kwargs: Any) -> Any:
            if headers := self._headers():
                metadata = (*(metadata or ()), *headers)
            begun = call(request, metadata=metadata, **kwargs)
            self._open.add(begun)
            return begun

        return invoke
