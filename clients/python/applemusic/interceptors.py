"""Interceptors of others around calls, without what grpc lets slip there."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from grpc import aio


def with_guards(interceptors: Sequence[aio.ClientInterceptor]) -> list[aio.ClientInterceptor]:
    """Return the interceptors with our own, innermost; none for none."""
    return [*interceptors, _CallGuard(), _StreamGuard()] if interceptors else []


class _CallGuard(aio.UnaryUnaryClientInterceptor):
    """Ends calls whose interceptors are cancelled or fail.

    An interceptor that waits for the status, as OpenTelemetry's does, is all that a cancelled task
    reaches: grpc forgets the call behind it, which goes on until its deadline.
    """

    async def intercept_unary_unary(
        self, continuation: Callable[..., Any], client_call_details: Any, request: Any
    ) -> Any:
        """Make the call."""
        return _end_with_this_task(await continuation(client_call_details, request))


class _StreamGuard(aio.UnaryStreamClientInterceptor):
    """As `_CallGuard`, for streams: grpc takes an interceptor for one kind of call only."""

    async def intercept_unary_stream(
        self, continuation: Callable[..., Any], client_call_details: Any, request: Any
    ) -> Any:
        """Begin the stream."""
        return _end_with_this_task(await continuation(client_call_details, request))


def _end_with_this_task(call: aio.Call) -> aio.Call:
    def end(task: asyncio.Task[Any]) -> None:
        if task.cancelled() or task.exception() is not None:
            call.cancel()

    interceptors = asyncio.current_task()  # grpc runs all of a call's in one task
    if interceptors is not None:
        interceptors.add_done_callback(end)
    return call
