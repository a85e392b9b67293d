"""What the server is, what it can do, and what is wrong with it."""

from typing import Unpack

from applemusic.calls import Call, Calls
from applemusic.convert import to_model
from applemusic.models.server import Diagnostics, ServerInfo
from applemusic.v1 import server_service_pb2 as pb


class Server:
    """The server itself."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def info(self, **call: Unpack[Call]) -> ServerInfo:
        """Return versions, state and capabilities. Cheap: never asks Apple."""
        request = pb.GetServerInfoRequest(**self._calls.fields(call))
        response = await self._calls.unary(self._calls.stubs.server.GetServerInfo, request, call)
        return to_model(ServerInfo, response)

    async def diagnostics(self, *, offline: bool = False, **call: Unpack[Call]) -> Diagnostics:
        """Look into everything that has to work for music to play. Takes up to 30 s.

        Args:
            offline: Leave out everything that asks Apple.
            **call: Account to look into, and timeout.
        """
        request = pb.GetDiagnosticsRequest(offline=offline, **self._calls.fields(call))
        response = await self._calls.unary(self._calls.stubs.server.GetDiagnostics, request, call)
        return to_model(Diagnostics, response)
