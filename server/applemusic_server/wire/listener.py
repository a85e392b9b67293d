"""The gRPC server: options, services, health, and how it goes down."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from structlog.typing import FilteringBoundLogger

from applemusic_server.domain.access import PermittedAccounts
from applemusic_server.domain.call_line import CallLine
from applemusic_server.wire.checks import Checker
from applemusic_server.wire.interceptors.access import Access, AccessPolicy
from applemusic_server.wire.interceptors.call import Stage
from applemusic_server.wire.interceptors.deadline import DeadlineCap
from applemusic_server.wire.interceptors.hygiene import MetadataHygiene
from applemusic_server.wire.interceptors.observing import CallMetrics, Observing
from applemusic_server.wire.interceptors.open_calls import OpenCalls
from applemusic_server.wire.interceptors.pipeline import Pipeline
from applemusic_server.wire.interceptors.revocation import Revocation
from applemusic_server.wire.interceptors.translating import Translating
from applemusic_server.wire.plugin_services import HEALTH_NAME, PluginServices
from applemusic_server.wire.reflection import reflection_handlers
from applemusic_server.wire.registry import Registry
from applemusic_server.wire.unix_socket import private_socket

# A stream longer than the age and its grace is cut; the client takes it up again by offset.
_CONNECTION_AGE: Final = timedelta(hours=2)
_CONNECTION_AGE_GRACE: Final = timedelta(hours=1)
# Calls that are only told that the server is busy, and health checks.
_SPARE_CALLS: Final = 64
# What is left after draining needs no more than this to unwind.
_STOP_GRACE: Final = 1.0
# How long a call may outlast its access token, at most twice this.
_REVOCATION_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the listener takes on."""

    max_concurrent_streams: int = 32
    max_connections: int = 64
    max_concurrent_calls: int = 512
    max_receive_bytes: int = 262144
    max_send_bytes: int = 4194304
    longest_call: timedelta = timedelta(seconds=120)


class Listener:
    """Serves the contract on a TCP port, and on a Unix socket where one is wanted."""

    def __init__(
        self,
        servicers: Sequence[object],
        *,
        metrics: CallMetrics,
        log: FilteringBoundLogger,
        access: AccessPolicy,
        limits: Limits,
        permitted: PermittedAccounts | None = None,
        line: CallLine | None = None,
        credentials: grpc.ServerCredentials | None = None,
        reflect: bool = True,
        innermost: Sequence[Stage] = (),
        outermost: Sequence[Stage] = (),
        plugin: PluginServices | None = None,
        new_request_id: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        """Put the server together; nothing listens yet.

        Args:
            servicers: See `Registry`.
            metrics: Counts calls.
            log: Takes one line per failed call.
            access: Recognizes callers.
            limits: How much to take on.
            permitted: Is told which accounts a call may touch; shared with the use cases.
            line: Is told what calls do; shared with what watches streams.
            credentials: TLS for the TCP port; None for plain text.
            reflect: Whether to serve reflection.
            innermost: More stages, nearest to the servicers.
            outermost: More stages, around all others.
            plugin: What a host of plugins calls besides, where one started this server.
            new_request_id: Names calls whose callers gave them no name.
        """
        self.registry = Registry(servicers, Checker())
        self.calls = OpenCalls(limits.max_concurrent_calls)
        self._credentials = credentials
        self._revocation = Revocation(access.still_good, _REVOCATION_SECONDS)
        self._revoking: asyncio.Task[None] | None = None
        self._health = HealthServicer()
        pipeline = Pipeline(
            (
                *outermost,
                Observing(metrics, log, line=line),
                Translating(log),
                self.calls,
                MetadataHygiene(),
                Access(access, permitted or PermittedAccounts(), self._revocation),
                DeadlineCap(limits.longest_call),
                *innermost,
            ),
            new_request_id,
        )
        self._more_healthy = () if plugin is None else (HEALTH_NAME,)
        self._server = grpc.aio.server(
            interceptors=(pipeline,) if plugin is None else (plugin, pipeline),
            options=server_options(limits),
            # Above our own limit, whose refusal says why and when to come back.
            maximum_concurrent_rpcs=limits.max_concurrent_calls + _SPARE_CALLS,
            compression=grpc.Compression.NoCompression,
        )
        self._server.add_generic_rpc_handlers(self.registry.handlers())
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        if reflect:
            health = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
            self._server.add_generic_rpc_handlers(
                reflection_handlers([*self.registry.service_names(), health])
            )

    async def start(self, host: str, port: int | None, socket: Path | None = None) -> int:
        """Listen, and return the TCP port; 0 where none is wanted.

        Raises:
            OSError: The port or the socket cannot be had.
        """
        bound = 0
        if port is not None:
            bound = self._bind(f"{_bracketed(host)}:{port}", self._credentials)
        if socket is not None:
            with private_socket(socket) as address:
                self._bind(address, None)
        await self._server.start()
        self._revoking = asyncio.create_task(self._revocation.run())
        for name in (*self.registry.service_names(), *self._more_healthy):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        return bound

    async def stop(self, grace: timedelta) -> None:
        """Say so to those who ask, refuse new calls, let the open ones finish, and close."""
        await self._health.enter_graceful_shutdown()
        await self.calls.drain(grace)
        if self._revoking is not None:
            self._revoking.cancel()
            await asyncio.wait({self._revoking})
        await self._server.stop(_STOP_GRACE)

    def _bind(self, address: str, credentials: grpc.ServerCredentials | None) -> int:
        try:
            if credentials is None:
                port = self._server.add_insecure_port(address)
            else:
                port = self._server.add_secure_port(address, credentials)
        except RuntimeError:
            port = 0
        if port == 0:
            msg = f"cannot listen on {address} for gRPC (grpc.host, grpc.port); is it in use?"
            raise OSError(msg)
        return port


def server_options(limits: Limits) -> list[tuple[str, Any]]:
    """Return the options of gRPC's core; what each is for is in docs/adr."""
    return [
        ("grpc.max_concurrent_streams", limits.max_concurrent_streams),
        # It counts streams that have ended and are not yet freed, and so resets those of an honest
        # client that starts the next call the moment one ends (observed with grpcio 1.85.1).
        ("grpc.http.overload_protection", 0),
        ("grpc.max_allowed_incoming_connections", limits.max_connections),
        ("grpc.max_receive_message_length", limits.max_receive_bytes),
        ("grpc.max_send_message_length", limits.max_send_bytes),
        ("grpc.max_metadata_size", 8192),
        ("grpc.absolute_max_metadata_size", 16384),
        ("grpc.compression_enabled_algorithms_bitset", 1),
        ("grpc.max_connection_idle_ms", 600_000),
        ("grpc.max_connection_age_ms", _milliseconds(_CONNECTION_AGE)),
        ("grpc.max_connection_age_grace_ms", _milliseconds(_CONNECTION_AGE_GRACE)),
        ("grpc.server_handshake_timeout_ms", 10_000),
        ("grpc.keepalive_time_ms", 120_000),
        ("grpc.keepalive_timeout_ms", 20_000),
        ("grpc.http2.min_ping_interval_without_data_ms", 30_000),
        ("grpc.so_reuseport", 0),
    ]


def _milliseconds(length: timedelta) -> int:
    return int(length / timedelta(milliseconds=1))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
