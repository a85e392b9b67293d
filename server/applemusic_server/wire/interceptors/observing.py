"""Names each call, counts it, and writes one line when it fails or has more to tell."""

import time
from collections.abc import Callable
from typing import Any, Final, Protocol

import grpc
import structlog
from structlog.typing import FilteringBoundLogger

from applemusic_server.domain.allowance import Allowance
from applemusic_server.domain.call_line import CallLine
from applemusic_server.domain.errors import Reason
from applemusic_server.wire.interceptors.call import REQUEST_ID_KEY, Call, Proceed, code_of_call
from applemusic_server.wire.redaction import loggable

_UNKNOWN_CALLERS: Final = (Reason.ACCESS_TOKEN_MISSING, Reason.ACCESS_TOKEN_INVALID)
_EXPECTED: Final = frozenset(
    {grpc.StatusCode.OK, grpc.StatusCode.CANCELLED, grpc.StatusCode.UNIMPLEMENTED}
)
# Strangers may try as often as they like; they must not fill the disk with what we say about it.
_STRANGERS_LINES: Final = 20
_STRANGERS_LINES_PER_SECOND: Final = 0.2


class CallMetrics(Protocol):
    """Where calls are counted; see `telemetry.calls`."""

    def call_started(self, call: Call) -> None:
        """Count a call that begins."""
        ...

    def call_ended(self, call: Call, code: str, seconds: float) -> None:
        """Count a call that ended; `code` as gRPC's Go library spells it."""
        ...


class Observing:
    """The outermost stage."""

    def __init__(
        self,
        metrics: CallMetrics,
        log: FilteringBoundLogger,
        clock: Callable[[], float] = time.monotonic,
        line: CallLine | None = None,
    ) -> None:
        self._metrics = metrics
        self._log = log
        self._line = line or CallLine()
        self._clock = clock
        self._strangers = Allowance(_STRANGERS_LINES, _STRANGERS_LINES_PER_SECOND, clock)

    async def around(self, call: Call, proceed: Proceed) -> None:
        """Give the call its id, and tell metrics and log how it went."""
        began = self._clock()
        call.context.set_trailing_metadata(((REQUEST_ID_KEY, call.request_id),))
        self._metrics.call_started(call)
        code = grpc.StatusCode.OK
        # Bound by hand: as a context manager it is a generator, which every stream would hold.
        bound = structlog.contextvars.bind_contextvars(request_id=call.request_id)
        with self._line.collecting() as told:
            try:
                await proceed()
            except BaseException as error:
                code = code_of_call(call, error)
                raise
            finally:
                seconds = self._clock() - began
                self._metrics.call_ended(call, go_spelling(code), seconds)
                if told.event:
                    self._log_at(code)(told.event, **{**told.fields, **_outcome(call, code)})
                elif code is not grpc.StatusCode.OK and self._is_worth_a_line(call):
                    self._write(call, code, seconds)
                structlog.contextvars.reset_contextvars(**bound)

    def _is_worth_a_line(self, call: Call) -> bool:
        unknown = call.error is not None and call.error.reason in _UNKNOWN_CALLERS
        return not unknown or self._strangers.take()

    def _write(self, call: Call, code: grpc.StatusCode, seconds: float) -> None:
        fields: dict[str, Any] = {
            "method": call.path,
            "seconds": round(seconds, 3),
            "sent": call.sent_count,
            **_outcome(call, code),
        }
        if call.request is not None:
            fields["request"] = loggable(call.request)
        self._log_at(code)("call failed", **fields)

    def _log_at(self, code: grpc.StatusCode) -> Callable[..., Any]:
        return self._log.info if code in _EXPECTED else self._log.warning


def _outcome(call: Call, code: grpc.StatusCode) -> dict[str, Any]:
    fields: dict[str, Any] = {"code": code.name}
    if call.caller:
        fields["caller"] = call.caller
    if call.error is not None:
        fields["reason"] = call.error.reason.value
        fields["error"] = call.error.message
    return fields


def go_spelling(code: grpc.StatusCode) -> str:
    """Return a code as dashboards know it, e.g. `NotFound`; Go writes `Canceled` with one l."""
    if code is grpc.StatusCode.OK:
        return "OK"
    if code is grpc.StatusCode.CANCELLED:
        return "Canceled"
    return "".join(word.capitalize() for word in code.name.split("_"))
