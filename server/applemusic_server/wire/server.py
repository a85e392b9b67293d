"""Serves `ServerService`."""

from dataclasses import asdict
from typing import Final, Protocol

from applemusic.v1 import server_service_pb2 as pb
from applemusic_server.application.server_info import ServerInfo, ServerState
from applemusic_server.wire.convert import timestamp
from applemusic_server.wire.enums import ERROR_REASONS
from applemusic_server.wire.grpc_types import Context

CONTRACT_VERSION: Final = "1.0"
_STATES: Final = {
    ServerState.READY: pb.SERVER_STATE_READY,
    ServerState.ACTION_REQUIRED: pb.SERVER_STATE_ACTION_REQUIRED,
    ServerState.DRAINING: pb.SERVER_STATE_DRAINING,
}


class InfoReader(Protocol):
    """Where the answer comes from; see `application.server_info`."""

    async def read(self, account_id: str, *, probe: bool = False) -> ServerInfo:
        """Return what the server is now."""
        ...


class ServerServicer:
    """Says what this server is."""

    def __init__(self, info: InfoReader) -> None:
        self._info = info

    async def get_server_info(
        self, request: pb.GetServerInfoRequest, context: Context
    ) -> pb.GetServerInfoResponse:
        """Return versions, state and capabilities."""
        del context
        info = await self._info.read(request.account, probe=True)
        return pb.GetServerInfoResponse(
            server_version=info.facts.version,
            contract_version=CONTRACT_VERSION,
            state=_STATES[info.state],
            action_required=[ERROR_REASONS[reason] for reason in info.action_required],
            capabilities=pb.Capabilities(**asdict(info.capabilities)),
            account=info.account,
            start_time=timestamp(info.facts.start_time),
            developer_token_expire_time=timestamp(info.developer_token_expire_time),
            team_id=info.team_id,
            default_storefront=info.facts.default_storefront,
            active_stream_count=info.active_stream_count,
            max_stream_count=info.facts.max_streams,
            max_account_stream_count=info.facts.max_account_streams,
        )
