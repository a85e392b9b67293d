"""Serves `AuthService`."""

from collections.abc import Callable
from datetime import datetime

from applemusic.v1 import auth_service_pb2 as pb
from applemusic_server.domain.secret import Secret
from applemusic_server.wire.convert_account import account_message
from applemusic_server.wire.grpc_types import Context
from applemusic_server.wire.page_token import Position, decode, encode
from applemusic_server.wire.paging import page_limit
from applemusic_server.wire.ports import Accounts


class AuthServicer:
    """Signs listeners in and says how their tokens are doing."""

    def __init__(self, accounts: Accounts, now: Callable[[], datetime]) -> None:
        self._accounts = accounts
        self._now = now

    async def submit_music_user_token(
        self, request: pb.SubmitMusicUserTokenRequest, context: Context
    ) -> pb.SubmitMusicUserTokenResponse:
        """Store a token that a person brought, if Apple accepts it."""
        del context
        account = await self._accounts.submit(
            request.account, Secret(request.music_user_token), request.display_name
        )
        return pb.SubmitMusicUserTokenResponse(account=account_message(account, self._now()))

    async def list_accounts(
        self, request: pb.ListAccountsRequest, context: Context
    ) -> pb.ListAccountsResponse:
        """List accounts by id."""
        del context
        offset = decode(request).offset
        end = offset + page_limit(request.page_size, default=50, largest=200)
        accounts = await self._accounts.list()
        now = self._now()
        return pb.ListAccountsResponse(
            accounts=[account_message(account, now) for account in accounts[offset:end]],
            next_page_token=encode(request, Position(end)) if end < len(accounts) else "",
        )

    async def get_account(
        self, request: pb.GetAccountRequest, context: Context
    ) -> pb.GetAccountResponse:
        """Return one account."""
        del context
        account = await self._accounts.get(request.account)
        return pb.GetAccountResponse(account=account_message(account, self._now()))
