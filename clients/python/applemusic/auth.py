"""Listeners: signing in and out, and how their tokens are doing."""

from collections.abc import AsyncIterator, Iterable
from typing import Unpack

from applemusic.calls import Call, Calls, Paged, Timed
from applemusic.convert import to_model, to_models
from applemusic.errors.base import IncompleteStreamError
from applemusic.models.account import Account, AccountEvent
from applemusic.models.sign_in import SignIn, SignInState, SignInStatus
from applemusic.paging import Pager
from applemusic.reconnect import watch
from applemusic.v1 import auth_service_pb2 as pb


class Auth:
    """Accounts of the server."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def submit_music_user_token(
        self, music_user_token: str, *, display_name: str = "", **call: Unpack[Call]
    ) -> Account:
        """Bring a music user token by hand; the server proves and keeps it.

        Args:
            music_user_token: The token as MusicKit or Apple's web player holds it.
            display_name: Name to show; empty keeps what is there.
            **call: Account to create or change, and timeout.

        Raises:
            InvalidFieldError: It does not look like a token.
            MusicUserTokenRejectedError: Apple does not accept it; nothing is stored.
            MusicUserTokenInUseError: Another account holds it already; nothing is stored.
        """
        request = pb.SubmitMusicUserTokenRequest(
            music_user_token=music_user_token,
            display_name=display_name,
            **self._calls.fields(call),
        )
        method = self._calls.stubs.auth.SubmitMusicUserToken
        response = await self._calls.unary(method, request, call)
        return to_model(Account, response.account)

    def accounts(self, **call: Unpack[Paged]) -> Pager[Account]:
        """List the accounts that the caller may use, by id."""
        request = pb.ListAccountsRequest(
            page_size=call.get("page_size", 0), page_token=call.get("page_token", "")
        )
        method = self._calls.stubs.auth.ListAccounts
        return self._calls.pager(
            method, request, lambda page: to_models(Account, page.accounts), call
        )

    async def get_account(self, account: str | None = None, **call: Unpack[Timed]) -> Account:
        """Return one account; the client's own, or the server's only one, when none is named.

        Raises:
            AccountNotFoundError: No account has this id.
            AccountRequiredError: There are several, or none.
        """
        request = pb.GetAccountRequest(account=self._named(account))
        response = await self._calls.unary(self._calls.stubs.auth.GetAccount, request, call)
        return to_model(Account, response.account)

    async def watch_accounts(self, accounts: Iterable[str] = ()) -> AsyncIterator[AccountEvent]:
        """Yield what happens to accounts: the present state of each, then every change.

        Goes on when the server was away; the present states then come again. Never ends by itself.

        Args:
            accounts: Accounts to watch; empty for all that the caller may use.
        """
        request = pb.WatchAccountsRequest(accounts=accounts)
        method = self._calls.stubs.auth.WatchAccounts
        async for message in watch(self._calls, lambda: self._calls.stream(method, request)):
            yield to_model(AccountEvent, message)

    async def begin_sign_in(self, *, display_name: str = "", **call: Unpack[Call]) -> SignIn:
        """Open a sign-in and return where the person continues. Each call opens another one."""
        request = pb.BeginSignInRequest(display_name=display_name, **self._calls.fields(call))
        response = await self._calls.unary(self._calls.stubs.auth.BeginSignIn, request, call)
        return to_model(SignIn, response)

    async def watch_sign_in(self, sign_in_id: str) -> AsyncIterator[SignInStatus]:
        """Yield the state of a sign-in, the present one and each change, until the final one.

        Raises:
            SignInNotFoundError: No sign-in has this id.
            IncompleteStreamError: The server ended the stream before the final state.
        """
        request = pb.WatchSignInRequest(sign_in_id=sign_in_id)
        method = self._calls.stubs.auth.WatchSignIn
        final = False
        async for message in watch(self._calls, lambda: self._calls.stream(method, request)):
            status = to_model(SignInStatus, message)
            final = status.state is not SignInState.PENDING
            yield status
        if not final:
            raise IncompleteStreamError("the sign-in's stream ended before its final state")

    async def cancel_sign_in(self, sign_in_id: str, **call: Unpack[Timed]) -> None:
        """End a sign-in before the person did."""
        request = pb.CancelSignInRequest(sign_in_id=sign_in_id)
        await self._calls.unary(self._calls.stubs.auth.CancelSignIn, request, call)

    async def renew_music_user_token(
        self, account: str | None = None, **call: Unpack[Timed]
    ) -> Account:
        """Ask Apple for a new music user token now.

        Raises:
            RenewalRefusedError: Apple refused; the old token stays in use, as after all others.
            MusicUserTokenTeamMismatchError: The server's developer token is of another team.
            ServerBusyError: Another replica is renewing it and takes long; try again.
        """
        request = pb.RenewMusicUserTokenRequest(account=self._named(account))
        method = self._calls.stubs.auth.RenewMusicUserToken
        response = await self._calls.unary(method, request, call)
        return to_model(Account, response.account)

    async def sign_out(
        self, account: str, *, revoke_at_apple: bool = False, **call: Unpack[Timed]
    ) -> None:
        """Forget an account.

        Args:
            account: Account id; never guessed.
            revoke_at_apple: Also make the token useless for every program that holds it.
            **call: Timeout.
        """
        request = pb.SignOutRequest(account=account, revoke_at_apple=revoke_at_apple)
        await self._calls.unary(self._calls.stubs.auth.SignOut, request, call)

    def _named(self, account: str | None) -> str:
        return self._calls.config.account if account is None else account
