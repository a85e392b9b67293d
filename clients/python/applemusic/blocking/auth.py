"""Listeners: signing in and out, and how their tokens are doing.

Made of applemusic/auth.py by `make gen`: do not edit.
"""

from collections.abc import Iterable, Iterator
from typing import Unpack

from applemusic import auth as behind
from applemusic.blocking.loop_thread import LoopThread
from applemusic.blocking.pager import Pager
from applemusic.calls import Call, Paged, Timed
from applemusic.models.account import Account, AccountEvent
from applemusic.models.sign_in import SignIn, SignInStatus


class Auth:
    """Accounts of the server."""

    def __init__(self, thread: LoopThread, behind: behind.Auth) -> None:
        self._thread = thread
        self._auth = behind

    def submit_music_user_token(
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
        return self._thread.run(
            self._auth.submit_music_user_token(music_user_token, display_name=display_name, **call)
        )

    def accounts(self, **call: Unpack[Paged]) -> Pager[Account]:
        """List the accounts that the caller may use, by id."""
        return Pager(self._thread, self._thread.call(lambda: self._auth.accounts(**call)))

    def get_account(self, account: str | None = None, **call: Unpack[Timed]) -> Account:
        """Return one account; the client's own, or the server's only one, when none is named.

        Raises:
            AccountNotFoundError: No account has this id.
            AccountRequiredError: There are several, or none.
        """
        return self._thread.run(self._auth.get_account(account, **call))

    def watch_accounts(self, accounts: Iterable[str] = ()) -> Iterator[AccountEvent]:
        """Yield what happens to accounts: the present state of each, then every change.

        Goes on when the server was away; the present states then come again. Never ends by itself.

        Args:
            accounts: Accounts to watch; empty for all that the caller may use.
        """
        return self._thread.iterate(self._auth.watch_accounts(list(accounts)))

    def begin_sign_in(self, *, display_name: str = "", **call: Unpack[Call]) -> SignIn:
        """Open a sign-in and return where the person continues. Each call opens another one."""
        return self._thread.run(self._auth.begin_sign_in(display_name=display_name, **call))

    def watch_sign_in(self, sign_in_id: str) -> Iterator[SignInStatus]:
        """Yield the state of a sign-in, the present one and each change, until the final one.

        Raises:
            SignInNotFoundError: No sign-in has this id.
            IncompleteStreamError: The server ended the stream before the final state.
        """
        return self._thread.iterate(self._auth.watch_sign_in(sign_in_id))

    def cancel_sign_in(self, sign_in_id: str, **call: Unpack[Timed]) -> None:
        """End a sign-in before the person did."""
        self._thread.run(self._auth.cancel_sign_in(sign_in_id, **call))

    def renew_music_user_token(self, account: str | None = None, **call: Unpack[Timed]) -> Account:
        """Ask Apple for a new music user token now.

        Raises:
            RenewalRefusedError: Apple refused; the old token stays in use, as after all others.
            MusicUserTokenTeamMismatchError: The server's developer token is of another team.
            ServerBusyError: Another replica is renewing it and takes long; try again.
        """
        return self._thread.run(self._auth.renew_music_user_token(account, **call))

    def sign_out(
        self, account: str, *, revoke_at_apple: bool = False, **call: Unpack[Timed]
    ) -> None:
        """Forget an account.

        Args:
            account: Account id; never guessed.
            revoke_at_apple: Also make the token useless for every program that holds it.
            **call: Timeout.
        """
        self._thread.run(self._auth.sign_out(account, revoke_at_apple=revoke_at_apple, **call))
