"""What the command `serve` does once the settings are known."""

import asyncio
import gc
import signal
from collections.abc import Callable, Mapping
from typing import Final, TextIO

from applemusic_server.app import Server
from applemusic_server.config import Settings
from applemusic_server.domain.errors import AppleMusicError
from applemusic_server.freed_memory import give_back
from applemusic_server.telemetry.logging import open_log
from applemusic_server.telemetry.redaction import Redactor
from applemusic_server.wire.redaction import secret_field_names

# New objects that survive, before they are looked through; the default of 700 is one song's start.
_COLLECT_EVERY: Final = 20_000


async def serve_until_stopped(
    settings: Settings, environment: Mapping[str, str], output: TextIO, errors: TextIO
) -> str:
    """Run the server; return why it could not start, or an empty string.

    Args:
        settings: How to run.
        environment: As `os.environ`.
        output: Takes the line that says that the server is ready.
        errors: Takes the log.
    """
    log = open_log(
        errors,
        form=settings.log.format,
        level=settings.log.level,
        redactor=Redactor(secret_field_names()),
    )

    def announce(line: str) -> None:
        _leave_to_itself()
        output.write(line + "\n")
        output.flush()
        give_back()

    try:
        await run(Server(settings, log, environment), announce, settings)
    except (AppleMusicError, OSError) as error:
        return str(error)
    return ""


async def run(server: Server, announce: Callable[[str], None], settings: Settings) -> None:
    """Run a server until SIGTERM or SIGINT; a second one cuts the drain short.

    Args:
        server: Not started yet.
        announce: Is told, once everything listens, where.
        settings: For the addresses in that line.
    """
    stopping = asyncio.Event()

    def on_signal() -> None:
        if stopping.is_set():
            server.hurry()
        stopping.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    await server.start()
    try:
        announce(
            f"ready grpc={settings.grpc.host}:{server.grpc_port} "
            f"web={settings.web.host}:{server.web_port}"
        )
        await stopping.wait()
    finally:
        await server.stop()


def _leave_to_itself() -> None:
    """Keep the garbage collector off what stays until the end: modules, tables, the server.

    It would look through all of that time and again: a sixth of the CPU of 20 paced streams.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_EVERY)
