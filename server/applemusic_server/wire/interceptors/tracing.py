"""Each call as a span, in the trace of whoever calls, by OpenTelemetry's conventions for gRPC."""

import asyncio
from typing import Final

import grpc
import structlog

from applemusic_server.domain.tracing import Span, SpanKind, Tracer
from applemusic_server.wire.contract import methods, path_of
from applemusic_server.wire.interceptors.call import Call, Proceed, code_of_call

_HEADERS: Final = ("traceparent", "tracestate")
# The conventions' list of codes that are a server's fault.
_FAULTS: Final = frozenset(
    {
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    }
)
# Orchestrators ask every few seconds how the server is: nobody wants a trace of that.
_UNTRACED: Final = ("/grpc.health.v1.Health/",)
_OTHER: Final = "_OTHER"


class Tracing:
    """The stage around all others, where tracing is switched on."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._known = frozenset(path_of(method).lstrip("/") for method in methods())

    async def around(self, call: Call, proceed: Proceed) -> None:
        """Go on in the caller's trace; lines of log have its id, too."""
        if call.path.startswith(_UNTRACED):
            await proceed()
            return
        asked = call.path.lstrip("/")
        method = asked if asked in self._known else _OTHER
        attributes = {"rpc.system.name": "grpc", "rpc.method": method}
        parent = {key: str(value) for key, value in call.metadata() if key in _HEADERS}
        with (
            self._tracer.span(method, attributes, SpanKind.SERVER, parent) as span,
            structlog.contextvars.bound_contextvars(trace_id=span.trace_id),
        ):
            span.note("applemusic.request_id", call.request_id)
            try:
                await proceed()
            except BaseException as error:
                _note_end(span, call, error)
                raise
            _note_end(span, call, None)


def _note_end(span: Span, call: Call, error: BaseException | None) -> None:
    code = code_of_call(call, error)
    span.note("rpc.response.status_code", code.name)
    if code is grpc.StatusCode.OK:
        return
    reason = call.error.reason.value if call.error is not None else code.name
    left = isinstance(error, asyncio.CancelledError)
    span.fail(reason, is_fault=code in _FAULTS and not left)
