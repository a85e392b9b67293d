"""Listens for browsers, probes and Prometheus."""

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
        await site.start()
        address = self._runner.addresses[0]
        return int(address[1])

    async def stop(self) -> None:
        """Close the port and all connections."""
        await self._runner.cleanup()
