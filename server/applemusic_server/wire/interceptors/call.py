"""One call on its way through the stages."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol

from google.protobuf.message import Message

from applemusic_server.domain.errors import AppleMusicError
from applemusic_server.wire.grpc_types import Context

REQUEST_ID_KEY: Final = "x-request-id"

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

    def metadata(self) -> list[tuple[str, str | bytes]]:
        """Return the metadata that the caller sent; keys may repeat."""
        return [(str(key), value) for key, value in self.context.invocation_metadata() or ()]


class Stage(Protocol):
    """Something that happens around every call, unary or stream, to its very end."""

    async def around(self, call: Call, proceed: Proceed) -> None:
        """Do what is to be done before, let the call run by `proceed`, do what is to be done after.

        Plain coroutines: a stream holds all its stages for as long as it lasts, and each as a
        context manager takes a kilobyte.
        """
        ...


@dataclass(frozen=True, slots=True)
class Malformed:
    """Stands for a request whose bytes could not be parsed, on its way to the translator."""
