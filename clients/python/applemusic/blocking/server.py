"""What the server is, what it can do, and what is wrong with it.

Made of applemusic/server.py by `make gen`: do not edit.
"""

from typing import Unpack

from applemusic import server as behind
from applemusic.blocking.loop_thread import LoopThread
from applemusic.calls import Call
from applemusic.models.server import Diagnostics, ServerInfo


class Server:
    """The server itself."""

    def __init__(self, thread: LoopThread, behind: behind.Server) -> None:
        self._thread = thread
        self._server = behind

    def info(self, **call: Unpack[Call]) -> ServerInfo:
        """Return versions, state and capabilities. Cheap: never asks Apple."""
        return self._thread.run(self._server.info(**call))

    def diagnostics(self, *, offline: bool = False, **call: Unpack[Call]) -> Diagnostics:
        """Look into everything that has to work for music to play. Takes up to 30 s.

        Args:
            offline: Leave out everything that asks Apple.
            **call: Account to look into, and timeout.
        """
        return self._thread.run(self._server.diagnostics(offline=offline, **call))
