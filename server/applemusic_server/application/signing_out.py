"""Forgets an account everywhere, and at Apple where that is wanted."""

from collections.abc import Awaitable, Callable, Sequence

from applemusic_server.application.accounts import AccountChange, AccountListener
from applemusic_server.domain.account import Account, check_account_id
from applemusic_server.domain.errors import (
    FailedPreconditionError,
    Reason,
    UnauthenticatedError,
    invalid_field,
)
from applemusic_server.domain.gateways import ListenerGateway, UserTokenGateway
from applemusic_server.domain.stores import AccountStore


class SigningOut:
    """The use case.

    Args:
        store: Keeps accounts, and with them all that is remembered of their libraries.
        gateway: Takes tokens back at Apple.
        listeners: Says whether a token is good.
        settled: Waits until what was being done for an account is over.
        on_change: Are told when it is forgotten, and end what is being done for it; must neither
            wait nor fail.
    """

    def __init__(
        self,
        store: AccountStore,
        gateway: UserTokenGateway,
        listeners: ListenerGateway,
        *,
        settled: Callable[[str], Awaitable[None]],
        on_change: Sequence[AccountListener] = (),
    ) -> None:
        self._store = store
        self._gateway = gateway
        self._listeners = listeners
        self._settled = settled
        self._on_change = tuple(on_change)

    async def sign_out(self, account: str, *, revoke_at_apple: bool) -> None:
        """Forget an account; one that is not there is forgotten already.

        Args:
            account: Its id, never guessed.
            revoke_at_apple: Also make the token useless at Apple, for every program that holds it.

        Raises:
            InvalidArgumentError: INVALID_FIELD.
            AppleMusicError: The account is forgotten and yet the token not revoked: an UPSTREAM or
                DEVELOPER_TOKEN reason, or STORAGE_KEY_MISMATCH when nobody can read it.
        """
        if not account:
            raise invalid_field("account", "signing out needs an account, it is never guessed")
        check_account_id(account)
        known = await self._store.get(account)
        await self._store.delete(account)
        if known is None:
            return
        for listener in self._on_change:
            listener(AccountChange.SIGNED_OUT, known)
        await self._settled(account)
        # Once more, for what a library sync was just writing when it was ended.
        if await self._store.get(account) is None:
            await self._store.delete(account)
        if revoke_at_apple:
            await self._revoke(known)

    async def _revoke(self, account: Account) -> None:
        token = account.music_user_token
        if token is None:
            raise FailedPreconditionError(
                Reason.STORAGE_KEY_MISMATCH,
                f"account {account.id!r} is forgotten; its token could not be revoked at Apple, "
                "for it was encrypted with another key",
                metadata={"account": account.id},
            )
        if account.rejected:
            return
        await self._gateway.revoke(account.id, token)
        try:
            await self._listeners.profile(account.id, token)
        except UnauthenticatedError:
            return
        raise FailedPreconditionError(
            Reason.UPSTREAM_REFUSED,
            f"account {account.id!r} is forgotten here; Apple still accepts its token. End it in "
            "the account's settings at Apple",
            metadata={"account": account.id, "appleCode": "200", "endpoint": "web_player_logout"},
        )
