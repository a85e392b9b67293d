"""Serves what `AuthService` does with tokens that are there: watch, renew, sign out."""

from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from datetime import datetime
from typing import Final, Protocol

from applemusic.v1 import auth_service_pb2 as pb
from applemusic_server.application.account_events import AccountEvent
from applemusic_server.application.accounts import AccountChange
from applemusic_server.domain.account import Account
from applemusic_server.wire.convert import duration, timestamp
from applemusic_server.wire.convert_account import account_message
from applemusic_server.wire.grpc_types import Context

_KINDS: Final = {
    None: pb.ACCOUNT_EVENT_KIND_CURRENT,
    AccountChange.SIGNED_IN: pb.ACCOUNT_EVENT_KIND_SIGNED_IN,
    AccountChange.EXPIRING: pb.ACCOUNT_EVENT_KIND_EXPIRING,
    AccountChange.RENEWED: pb.ACCOUNT_EVENT_KIND_RENEWED,
    AccountChange.REJECTED: pb.ACCOUNT_EVENT_KIND_REJECTED,
    AccountChange.SIGNED_OUT: pb.ACCOUNT_EVENT_KIND_SIGNED_OUT,
    AccountChange.UPDATED: pb.ACCOUNT_EVENT_KIND_UPDATED,
}


class Watching(Protocol):
    """Tells what happens to accounts; see `application.account_events`."""

    def watch(self, accounts: Collection[str]) -> AsyncGenerator[AccountEvent, None]:
        """Yield the present states, then every change."""
        ...


class Renewable(Protocol):
    """Finds accounts; see `application.accounts`."""

    async def renewable(self, account: str) -> Account:
        """Return an account whose token can be renewed; an empty id means the only one."""
        ...


class Renewing(Protocol):
    """Replaces tokens; see `application.renewals`."""

    async def renew(self, account: Account) -> Account:
        """Replace the account's token."""
        ...


class SigningOut(Protocol):
    """Forgets accounts; see `application.signing_out`."""

    async def sign_out(self, account: str, *, revoke_at_apple: bool) -> None:
        """Forget an account."""
        ...


class AuthTokenServicer:
    """Watches, renews and ends music user tokens.

    Args:
        events: What happens to accounts.
        accounts: Finds them.
        renewals: Replaces tokens.
        signing_out: Forgets accounts.
        now: The time now, in UTC.
    """

    def __init__(
        self,
        events: Watching,
        accounts: Renewable,
        renewals: Renewing,
        signing_out: SigningOut,
        now: Callable[[], datetime],
    ) -> None:
        self._events = events
        self._accounts = accounts
        self._renewals = renewals
        self._signing_out = signing_out
        self._now = now

    async def watch_accounts(
        self, request: pb.WatchAccountsRequest, context: Context
    ) -> AsyncGenerator[pb.WatchAccountsResponse, None]:
        """Stream the present state of each account, then each change."""
        del context
        async with aclosing(self._events.watch(request.accounts)) as events:
            async for event in events:
                yield self._response(event)

    async def renew_music_user_token(
        self, request: pb.RenewMusicUserTokenRequest, context: Context
    ) -> pb.RenewMusicUserTokenResponse:
        """Replace a token now."""
        del context
        account = await self._accounts.renewable(request.account)
        renewed = await self._renewals.renew(account)
        return pb.RenewMusicUserTokenResponse(account=account_message(renewed, self._now()))

    async def sign_out(self, request: pb.SignOutRequest, context: Context) -> pb.SignOutResponse:
        """Forget an account."""
        del context
        await self._signing_out.sign_out(request.account, revoke_at_apple=request.revoke_at_apple)
        return pb.SignOutResponse()

    def _response(self, event: AccountEvent) -> pb.WatchAccountsResponse:
        gone = event.change is AccountChange.SIGNED_OUT
        return pb.WatchAccountsResponse(
            kind=_KINDS[event.change],
            account=pb.Account(id=event.account.id)
            if gone
            else account_message(event.account, self._now()),
            event_time=timestamp(event.time),
            remaining_duration=None if event.remaining is None else duration(event.remaining),
        )
