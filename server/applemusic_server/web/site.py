"""Listens for browsers, probes and Prometheus."""

import asyncio
import os
import time
from collections.abc import Callable

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from applemusic_server.web.patience import Patience


class Site:
    """One application on one port."""

    def __init__(
        self, application: web.Application, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take what is served.

        Args:
            application: Not started yet.
            clock: Monotonic seconds.
        """
        # Access lines would tell nothing that the metrics do not.
        self._runner = web.AppRunner(
            application, access_log=None, handle_signals=False, shutdown_timeout=1.0
        )
        self.patience = Patience(clock, self._connections)
        application.middlewares.insert(0, self.patience.middleware())
        self._listening: asyncio.Server | None = None
        self._looking: asyncio.Task[None] | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen, and return the port.

        Raises:
            OSError: The port cannot be had.
        """
        await self._runner.setup()
        loop = asyncio.get_running_loop()
        try:
            self._listening = await loop.create_server(self._accept, host, port)
        except OSError as error:
            await self._runner.cleanup()
            raise OSError(
                f"cannot listen on {host}:{port} for the pages (web.host, web.port): "
                f"{os.strerror(error.errno) if error.errno else error}"
            ) from error
        self._looking = asyncio.create_task(self.patience.keep_looking())
        return int(self._listening.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close the port and all connections."""
        if self._listening is not None:
            self._listening.close()
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait({self._looking})
        await self._runner.cleanup()

    def _connections(self) -> list[RequestHandler]:
        server = self._runner.server
        return server.connections if server is not None else []

    def _accept(self) -> asyncio.BaseProtocol:
        server = self._runner.server
        if server is None or not self.patience.has_room():
            return _Refused()
        return server()


class _Refused(asyncio.Protocol):
    """A connection that is one too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close it at once."""
        transport.close()
