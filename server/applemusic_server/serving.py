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
from applemusic_server.service_manager import ServiceManager
from applemusic_server.telemetry.logging import open_log
from applemusic_server.telemetry.redaction import Redactor
from applemusic_server.wire.redaction import secret_field_names

# New objects that survive, before they are looked through; the default of 700 is one song's start.
_COLLECT_EVERY: Final = 20_000
# What closing takes at most besides waiting for streams and for the last look at the metrics.
_MARGIN_SECONDS: Final = 10


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

    manager = ServiceManager(environment, log)

    def announce(server: Server) -> None:
        settle()
        places = (
            f"grpc={settings.grpc.host}:{server.grpc_port} "
            f"web={settings.web.host}:{server.web_port}"
        )
        output.write(f"ready {places}\n")
        output.flush()
        manager.ready(f"Serving {places}")
        give_back()

    longest = settings.grpc.grace_seconds + settings.web.last_scrape_seconds + _MARGIN_SECONDS
    stop = Stop(lambda: manager.stopping(longest))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.ask)
    try:
        await run(Server(settings, log, environment), announce, stop)
    except (AppleMusicError, OSError) as error:
        return str(error)
    return ""


class Stop:
    """Asks a server to go down, from whatever side."""

    def __init__(self, on_ask: Callable[[], None] = lambda: None) -> None:
        """Nobody asks yet; `on_ask` is called when somebody does, once."""
        self._asked = asyncio.Event()
        self._hurried = asyncio.Event()
        self._on_ask = on_ask

    def ask(self) -> None:
        """Let open calls finish first; asked again, do not."""
        if self._asked.is_set():
            self._hurried.set()
        self._begin()

    def now(self) -> None:
        """Let no open call finish."""
        self._begin()
        self._hurried.set()

    def _begin(self) -> None:
        if not self._asked.is_set():
            self._asked.set()
            self._on_ask()

    async def asked(self) -> None:
        """Wait until somebody asks."""
        await self._asked.wait()

    async def hurried(self) -> None:
        """Wait until somebody is in a hurry."""
        await self._hurried.wait()


async def run(server: Server, announce: Callable[[Server], None], stop: Stop) -> None:
    """Run a server until it is asked to stop; who asks while it starts does not wait for it.

    Args:
        server: Not started yet.
        announce: Is told once everything listens.
        stop: Says when.
    """
    if not await _started(server, stop):
        return
    hurry = asyncio.create_task(_hurry(server, stop))
    try:
        announce(server)
        await stop.asked()
    finally:
        await server.stop()
        hurry.cancel()
        await asyncio.wait({hurry})


async def _started(server: Server, stop: Stop) -> bool:
    """Start the server; return False where somebody asks to stop before it serves.

    Another replica's migration can take a minute, for one. What is under way in the database comes
    to its end (see `storage.unbroken`), and a connection that nobody answers to its timeout.
    """
    start = asyncio.create_task(server.start())
    asked = asyncio.create_task(stop.asked())
    try:
        await asyncio.wait((start, asked), return_when=asyncio.FIRST_COMPLETED)
    finally:
        asked.cancel()
        start.cancel()  # one that is done stays so
        await asyncio.wait((start, asked))
    if start.cancelled():
        return False
    start.result()
    return True


async def _hurry(server: Server, stop: Stop) -> None:
    await stop.hurried()
    server.hurry()


def settle() -> None:
    """Keep the garbage collector off what stays until the end: modules, tables, the server.

    It would look through all of that time and again: a sixth of the CPU of 20 paced streams.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_EVERY)
