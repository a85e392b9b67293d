"""What the command `serve --plugin` does once the settings are known."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import msgspec

from applemusic_server.app import Server
from applemusic_server.config import Settings
from applemusic_server.domain.errors import AppleMusicError
from applemusic_server.freed_memory import give_back
from applemusic_server.plugin.host import handshake_line, read_host
from applemusic_server.plugin.host_watch import HostWatch
from applemusic_server.plugin.place import let_group_in, plugin_place
from applemusic_server.serving import Stop, run, settle
from applemusic_server.settings.grpc import GrpcSettings
from applemusic_server.telemetry.logging import open_log
from applemusic_server.telemetry.redaction import Redactor
from applemusic_server.wire.plugin_services import PluginServices
from applemusic_server.wire.redaction import secret_field_names


@dataclass(frozen=True, slots=True)
class Ends:
    """What ties this process to its host.

    Attributes:
        output: Descriptor that the host reads one line from; see `take_output`.
        parent: What `os.getppid()` said first.
    """

    output: int
    parent: int


def take_output() -> int:
    """Keep standard output for the handshake alone, and return its descriptor.

    Whatever else in this process prints, prints to standard error from now on.
    """
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    return kept


async def serve_plugin(
    settings: Settings, environment: Mapping[str, str], errors: TextIO, ends: Ends
) -> str:
    """Run the server until its host is done or gone; return why it could not start, or nothing.

    Args:
        settings: How to run; gRPC is on a Unix socket alone, whatever they say.
        environment: As `os.environ`; the host's wishes are in it.
        errors: Takes the log.
        ends: What ties this process to its host.
    """
    stop = Stop()
    loop = asyncio.get_running_loop()

    def host_is_gone() -> None:
        loop.call_soon_threadsafe(stop.now)

    HostWatch(ends.parent, ends.output, host_is_gone).start()
    loop.add_signal_handler(signal.SIGTERM, stop.ask)
    # Ctrl-C in the host's terminal reaches its plugins, too; it is for the host to decide.
    loop.add_signal_handler(signal.SIGINT, lambda: None)
    form = settings.log.format
    log = open_log(
        errors,
        form="hclog" if form == "auto" else form,
        level=settings.log.level,
        redactor=Redactor(secret_field_names()),
    )
    host = read_host(environment)
    for remark in host.remarks:
        log.warning(remark)
    try:
        async with AsyncExitStack() as opened:
            place = opened.enter_context(plugin_place(host, settings.grpc.socket))
            inner = place.socket
            if host.client_certificate and place.folder is not None:
                inner = place.folder / "inner.sock"
            server = Server(
                msgspec.structs.replace(settings, grpc=_on_socket_alone(settings.grpc, inner)),
                log,
                environment,
                plugin=PluginServices(stop.now),
            )
            shown = ""
            if inner != place.socket:
                shown = await _open_door(host.client_certificate, inner, place.socket, opened)

            def announce(_: Server) -> None:
                if host.socket_group:
                    let_group_in(place, host.socket_group)
                settle()
                _tell(ends.output, handshake_line(host, place.socket, shown), stop)
                give_back()

            await run(server, announce, stop)
    except (AppleMusicError, OSError) as error:
        return str(error)
    return ""


def _on_socket_alone(settings: GrpcSettings, socket: Path) -> GrpcSettings:
    """Return the settings without the TCP port, so that none is said to be open to others."""
    usual = GrpcSettings()
    return msgspec.structs.replace(
        settings, host=usual.host, port=usual.port, socket=socket, insecure=False
    )


async def _open_door(certificate: str, inner: Path, outer: Path, opened: AsyncExitStack) -> str:
    """Listen with TLS before the inner socket; return our certificate for the handshake."""
    # Imported here: most hosts have no use for cryptography's certificates, which are big.
    from applemusic_server.plugin.door import Door, make_identity  # noqa: PLC0415 - see above

    identity = make_identity(certificate, inner.parent, datetime.now(UTC))
    door = Door(identity.context, inner)
    opened.push_async_callback(door.stop)
    await door.start(outer)
    return identity.certificate


def _tell(output: int, line: str, stop: Stop) -> None:
    try:
        os.write(output, f"{line}\n".encode())
    except BrokenPipeError:
        stop.now()  # The host went while we came.
