"""Closes connections that wait too long for what the other side has to send.

aiohttp has no limit for that: half-sent headers stay open for ever (reference: observed with
aiohttp 3.14.5), and a few hundred of them are all that a small machine can hold.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

HEADER_SECONDS: Final = 10.0
"""How long a connection may take to send the head of a request, also the next one."""
REQUEST_SECONDS: Final = 30.0
"""How long a request may take in all, its body included."""
MOST_CONNECTIONS: Final = 200
_LOOK_SECONDS: Final = 2.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Patience:
    """Watches the connections of one server.

    Args:
        clock: Monotonic seconds.
        connections: Returns those that are open.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        connections: Callable[[], list[RequestHandler]],
    ) -> None:
        self._clock = clock
        self._connections = connections
        self._waiting: dict[RequestHandler, float] = {}
        self._busy: dict[RequestHandler, int] = {}

    def middleware(self) -> Callable[..., Awaitable[web.StreamResponse]]:
        """Return what tells waiting connections from busy ones; it goes outermost."""

        @web.middleware
        async def watch(request: web.Request, handler: Handler) -> web.StreamResponse:
            connection = request.protocol
            self._waiting.pop(connection, None)
            self._busy[connection] = self._busy.get(connection, 0) + 1
            try:
                async with asyncio.timeout(REQUEST_SECONDS):
                    return await handler(request)
            except TimeoutError:
                request.protocol.force_close()
                return web.Response(text="That took too long.\n", status=408)
            finally:
                self._busy[connection] -= 1
                if not self._busy[connection]:
                    del self._busy[connection]
                    self._waiting[connection] = self._clock()

        return watch

    def look(self) -> None:
        """Close what has waited too long."""
        now, found = self._clock(), self._connections()
        alive = set(found)
        self._busy = {each: count for each, count in self._busy.items() if each in alive}
        self._waiting = {
            each: self._waiting.get(each, now) for each in found if each not in self._busy
        }
        for each, since in list(self._waiting.items()):
            if now - since >= HEADER_SECONDS:
                self._close(each)

    def has_room(self) -> bool:
        """Whether one more connection may come; the longest waiting one goes for it if need be."""
        if len(self._connections()) < MOST_CONNECTIONS:
            return True
        self.look()
        if not self._waiting:
            return False
        self._close(min(self._waiting, key=self._waiting.__getitem__))
        return True

    def _close(self, connection: RequestHandler) -> None:
        self._waiting.pop(connection, None)
        transport = connection.transport
        connection.force_close()
        if transport is not None:
            transport.abort()  # What was not fetched by now is not waited for.

    async def keep_looking(self) -> None:
        """Look every other second until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            self.look()
