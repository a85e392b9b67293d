"""Starts gRPC: the port and the socket on which the contract is served."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import grpc
from structlog.typing import FilteringBoundLogger

from applemusic_server.access_setup import AccessSetup
from applemusic_server.domain.access import PermittedAccounts
from applemusic_server.domain.call_line import CallLine
from applemusic_server.domain.errors import AbortedError, DataLossError, OutOfRangeError
from applemusic_server.domain.tracing import Tracer
from applemusic_server.settings.grpc import GrpcSettings
from applemusic_server.telemetry.metrics import Metrics
from applemusic_server.token_parts import TokenParts
from applemusic_server.wire.contract import methods, path_of
from applemusic_server.wire.errors import CODES
from applemusic_server.wire.interceptors.observing import go_spelling
from applemusic_server.wire.interceptors.only_account import OnlyAccount
from applemusic_server.wire.interceptors.open_calls import OpenCalls
from applemusic_server.wire.interceptors.signed_out import SignedOut
from applemusic_server.wire.interceptors.tracing import Tracing
from applemusic_server.wire.listener import Limits, Listener
from applemusic_server.wire.plugin_services import PluginServices

# Kept back from the grace for closing what is left, so that the process ends within it.
_CLOSING: Final = timedelta(seconds=1.5)
# All that a call can end with here; gRPC itself adds others in rare cases, which then get a series.
_CODES: Final = (
    *(grpc.StatusCode.OK, grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED),
    *CODES.values(),
)
# Of these, what only audio is a reason for. Three series less of every other method.
_MEDIA_CODES: Final = frozenset(
    CODES[kind] for kind in (OutOfRangeError, AbortedError, DataLossError)
)
# What says nothing of the service, only of who calls. Its first increase is missed by `rate` only
# where it is also the first call of its method.
_CALLERS_CODES: Final = frozenset(
    {
        *(grpc.StatusCode.CANCELLED, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND),
        *(grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNIMPLEMENTED),
    }
)
_AUDIO: Final = "applemusic.v1.AudioService"


@dataclass(frozen=True, slots=True)
class GrpcNeeds:
    """What serving the contract is made of.

    Attributes:
        metrics: Counts calls.
        log: Takes one line per failed call.
        access: Who may call.
        tokens: Ends the calls of an account that is signed out.
        permitted: Is told which accounts a call may touch; shared with the use cases.
        line: Is told what calls do; shared with what watches streams.
        tracer: Makes a span of each call; None where tracing is off.
        plugin: What a host of plugins calls besides. With it there is no TCP port: the socket is
            the host's alone.
    """

    settings: GrpcSettings
    metrics: Metrics
    log: FilteringBoundLogger
    access: AccessSetup
    tokens: TokenParts
    permitted: PermittedAccounts
    line: CallLine
    tracer: Tracer | None = None
    plugin: PluginServices | None = None


@dataclass(frozen=True, slots=True)
class Grpc:
    """What is served: the TCP port (0 for none), and the calls that are open."""

    port: int
    calls: OpenCalls


async def start_grpc(needs: GrpcNeeds, servicers: Sequence[object], opened: AsyncExitStack) -> Grpc:
    """Listen; what has to be stopped is put on `opened`.

    Raises:
        OSError: The port or the socket cannot be had.
        TlsFileError: A file of TLS cannot be used.
    """
    settings = needs.settings

    async def only_account() -> str:
        return (await needs.tokens.accounts.get("")).id

    listener = Listener(
        servicers,
        metrics=needs.metrics.calls,
        log=needs.log,
        access=needs.access.policy(),
        limits=Limits(
            max_concurrent_streams=settings.max_concurrent_streams,
            max_connections=settings.max_connections,
            max_concurrent_calls=settings.max_concurrent_calls,
            max_receive_bytes=settings.max_receive_bytes,
            max_send_bytes=settings.max_send_bytes,
            longest_call=timedelta(seconds=settings.max_call_seconds),
        ),
        permitted=needs.permitted,
        line=needs.line,
        credentials=needs.access.credentials(),
        reflect=settings.reflection,
        outermost=() if needs.tracer is None else (Tracing(needs.tracer),),
        innermost=(SignedOut(needs.tokens.calls), OnlyAccount(only_account)),
        plugin=needs.plugin,
    )
    _know_methods(listener, needs.metrics)
    grace = max(timedelta(0), timedelta(seconds=settings.grace_seconds) - _CLOSING)
    opened.push_async_callback(listener.stop, grace)
    # Those who watch accounts never leave by themselves: draining must not wait for them.
    opened.callback(needs.tokens.events.close)
    wanted_port = settings.port if needs.plugin is None else None
    port = await listener.start(settings.host, wanted_port, settings.socket)
    return Grpc(port, listener.calls)


def _know_methods(listener: Listener, metrics: Metrics) -> None:
    """Make the series of all RPCs; of those that answer UNIMPLEMENTED, only that code's."""
    implemented = listener.registry.implemented
    for method in methods():
        service = method.containing_service.full_name
        kind = "server_stream" if method.server_streaming else "unary"
        if path_of(method) not in implemented:
            metrics.calls.know_method(kind, service, method.name, ("Unimplemented",))
            continue
        codes = [code for code in _CODES if service == _AUDIO or code not in _MEDIA_CODES]
        later = () if method.server_streaming else _CALLERS_CODES
        metrics.calls.know_method(
            kind,
            service,
            method.name,
            [go_spelling(code) for code in codes if code not in later],
            [go_spelling(code) for code in codes if code in later],
        )
