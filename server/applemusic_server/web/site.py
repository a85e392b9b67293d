"""Listens for browsers, probes and Prometheus."""

import os

from aiohttp import web


class Site:
    """One application on one port."""

    def __init__(self, application: web.Application) -> None:
        # Access lines would tell nothing that the metrics do not.
        self._runner = web.AppRunner(
            application, access_log=None, handle_signals=False, shutdown_timeout=1.0
        )

    async def start(self, host: str, port: int) -> int:
        """Listen, and return the port.

        Raises:
            OSError: The port cannot be had.
        """
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            raise OSError(
                f"cannot listen on {host}:{port} for the pages (web.host, web.port): "
                f"{os.strerror(error.errno) if error.errno else error}"
            ) from error
        address = self._runner.addresses[0]
        return int(address[1])

    async def stop(self) -> None:
        """Close the port and all connections."""
        await self._runner.cleanup()
