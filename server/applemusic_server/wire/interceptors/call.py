"""One call on its way through the stages."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import grpc
from google.protobuf.message import Message

from applemusic_server.domain.errors import AppleMusicError
from applemusic_server.wire.grpc_types import Context

REQUEST_ID_KEY: Final = "x-request-id"

# As callers name calls: with what identifiers are made of, and shorter than what is hidden in logs.
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
# Callers give up by their own clock and say so, mostly before ours has run out; what is left of a
# deadline then is what gRPC rounded it up by and what the way here took.
_DEADLINE_ROUNDING_SECONDS: Final = 0.1

Proceed = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Call:
    """What the stages know about a call.

    Attributes:
        path: `/package.Service/Method`.
        kind: `unary`, `client_stream`, `server_stream` or `bidi_stream`, as metrics name it.
        request: None for a stream of requests, and while it is not known to be well-formed.
        error: What the call failed with, once it did.
        caller: What the operator calls the caller; empty when they need not say who they are.
        on_request: Is handed each request before anything else is, and may refuse it.
        complete: Is handed the single request of a unary call after that, and may fill it in.
    """

    path: str
    kind: str
    context: Context
    request_id: str
    request: Message | None = None
    received_count: int = 0
    sent_count: int = 0
    error: AppleMusicError | None = None
    caller: str = ""
    on_request: Callable[[Message], None] | None = None
    complete: Callable[[Message], Awaitable[None]] | None = None
    _metadata: list[tuple[str, str | bytes]] | None = field(default=None, repr=False)

    @property
    def service(self) -> str:
        """Full name of the service."""
        return self.path.strip("/").rpartition("/")[0]

    @property
    def method(self) -> str:
        """Name of the method."""
        return self.path.rpartition("/")[2]

    @property
    def streaming(self) -> bool:
        """Whether the response is a stream."""
        return self.kind in {"server_stream", "bidi_stream"}

    def forget_metadata(self) -> None:
        """Let go of the metadata: the call may last for hours. Who asks gets it nevertheless."""
        self._metadata = None

    def metadata(self) -> list[tuple[str, str | bytes]]:
        """Return the metadata that the caller sent; keys may repeat."""
        if self._metadata is None:
            self._metadata = metadata_of(self.context)
        return self._metadata


class Stage(Protocol):
    """Something that happens around every call, unary or stream, to its very end."""

    def around(self, call: Call, proceed: Proceed) -> Awaitable[None]:
        """Do what is to be done before, let the call run by `proceed`, do what is to be done after.

        Plain coroutines: a stream holds all its stages for as long as it lasts, and each as a
        context manager takes a kilobyte. Who has nothing to do after returns what `proceed` does.
        """
        ...


@dataclass(frozen=True, slots=True)
class Malformed:
    """Stands for a request whose bytes could not be parsed, on its way to the translator."""


def metadata_of(context: Context) -> list[tuple[str, str | bytes]]:
    """Return the metadata that a caller sent; keys may repeat."""
    return [(str(key), value) for key, value in context.invocation_metadata() or ()]


def given_request_id(metadata: list[tuple[str, str | bytes]]) -> str:
    """Return the name that the caller gave the call; empty for none, or one that is not taken."""
    for key, value in metadata:
        if key == REQUEST_ID_KEY and isinstance(value, str) and _REQUEST_ID.fullmatch(value):
            return value
    return ""


def code_of_call(call: Call, error: BaseException | None) -> grpc.StatusCode:
    """Return the code that a call ended with; `error` is what left the stages, if anything.

    gRPC ends a call the same way when its caller leaves and when its deadline passes, which a look
    at the metrics has to tell apart: a listener who skips, and a server that is too slow.
    """
    if error is None:
        return grpc.StatusCode.OK
    if not isinstance(error, grpc.aio.AbortError):
        left: float | None = call.context.time_remaining()
        if left is not None and left < _DEADLINE_ROUNDING_SECONDS:
            return grpc.StatusCode.DEADLINE_EXCEEDED
        return grpc.StatusCode.CANCELLED
    code: Any = call.context.code()
    return code if isinstance(code, grpc.StatusCode) else grpc.StatusCode.UNKNOWN
