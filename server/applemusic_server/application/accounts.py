"""Listeners: who they are, whether their tokens are good, and which one a call is for."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import partial
from typing import Protocol

from applemusic_server.application.brought_token import (
    check_is_nobody_elses,
    checked_token,
    signed_in,
    with_profile,
)
from applemusic_server.application.limits import has_control_characters
from applemusic_server.domain.access import PermittedAccounts
from applemusic_server.domain.account import Account, check_account_id
from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    NotFoundError,
    Reason,
    UnauthenticatedError,
    UnavailableError,
    invalid_field,
)
from applemusic_server.domain.gateways import (
    DeveloperTokenSource,
    Listener,
    ListenerGateway,
    ListenerProfile,
)
from applemusic_server.domain.secret import Secret
from applemusic_server.domain.stores import AccountStore

_LONGEST_NAME = 200
_DEFAULT_ID = "default"


class AccountChange(Enum):
    """What happened to an account."""

    SIGNED_IN = auto()
    EXPIRING = auto()
    RENEWED = auto()
    REJECTED = auto()
    SIGNED_OUT = auto()
    UPDATED = auto()


AccountListener = Callable[[AccountChange, Account], None]


class Rescuer(Protocol):
    """The last resort for a token that Apple refuses; see `application.renewals`."""

    async def rescue(self, account: Account) -> bool:
        """Try to renew the token; whether the account has another one now."""
        ...


class Accounts:
    """The use cases of signing in and of choosing an account.

    Args:
        store: Keeps accounts.
        listeners: Asks Apple about tokens.
        developer_tokens: Names the developer team that user tokens are bound to.
        clock: The time now, in UTC.
        on_change: Are told of each change after it is stored, in order; must neither wait nor fail.
        permitted: Which accounts the call under way may touch. Others are not listed, and naming
            one is ACCESS_DENIED.
        rescuer: Tries to renew a token before it is given up; None gives it up at once.
    """

    def __init__(
        self,
        store: AccountStore,
        listeners: ListenerGateway,
        developer_tokens: DeveloperTokenSource,
        *,
        clock: Callable[[], datetime],
        on_change: Sequence[AccountListener] = (),
        permitted: PermittedAccounts | None = None,
        rescuer: Rescuer | None = None,
    ) -> None:
        self._store = store
        self._listeners = listeners
        self._developer_tokens = developer_tokens
        self._clock = clock
        self._on_change = tuple(on_change)
        self._permitted = permitted or PermittedAccounts()
        self._rescuer = rescuer
        # Reading, deciding and writing belong together; writes are rare, so one lock is enough.
        self._writing = asyncio.Lock()

    async def list(self) -> tuple[Account, ...]:
        """Return all accounts by id that the call may touch."""
        return tuple(each for each in await self._store.list() if self._permitted.allows(each.id))

    def permits(self, account_id: str) -> bool:
        """Whether the call under way may touch an account, be it there or not."""
        return self._permitted.allows(account_id)

    async def get(self, account: str) -> Account:
        """Return one account; an empty id means the only one.

        Raises:
            FailedPreconditionError: ACCOUNT_REQUIRED.
            NotFoundError: ACCOUNT_NOT_FOUND.
            InvalidArgumentError: INVALID_FIELD.
            PermissionDeniedError: ACCESS_DENIED.
        """
        if account:
            check_account_id(account)
            self._permitted.check(account)
            found = await self._store.get(account)
            if found is None:
                raise NotFoundError(
                    Reason.ACCOUNT_NOT_FOUND,
                    f"no account has the id {account!r}",
                    metadata={"account": account},
                )
            return found
        accounts = await self.list()
        if len(accounts) != 1:
            raise FailedPreconditionError(
                Reason.ACCOUNT_REQUIRED,
                "no account is signed in" if not accounts else "several accounts: name one",
                metadata={"accounts": str(len(accounts))},
            )
        return accounts[0]

    async def resolve(self, account: str) -> Listener:
        """Return who a call speaks for, if their token can be used. Asks Apple nothing.

        Raises:
            AppleMusicError: As `get`.
            UnauthenticatedError: MUSIC_USER_TOKEN_REJECTED, Apple refused the token before.
            FailedPreconditionError: MUSIC_USER_TOKEN_TEAM_MISMATCH, STORAGE_KEY_MISMATCH, or a
                DEVELOPER_TOKEN reason.
        """
        return self.listener_of(await self.get(account))

    def listener_of(self, account: Account) -> Listener:
        """Return the listener of an account that was read before; raises as `resolve`."""
        if account.music_user_token is None:
            raise FailedPreconditionError(
                Reason.STORAGE_KEY_MISMATCH,
                f"the stored token of account {account.id!r} was encrypted with another key; "
                "restore the key, or sign in again",
                metadata={"account": account.id},
            )
        if account.rejected:
            raise _rejected(account.id)
        self._check_team(account)
        return Listener(account.id, account.music_user_token, account.storefront)

    async def submit(
        self,
        account: str,
        music_user_token: Secret,
        display_name: str,
        *,
        before_storing: Callable[[], Awaitable[None]] | None = None,
    ) -> Account:
        """Ask Apple whether a token is good, and store it with what Apple says. Idempotent.

        Whoever the token speaks for is the listener behind the account from then on: Apple says
        nothing by which the owners of two tokens could be told apart for sure.

        Args:
            account: Account to create or change; empty for the only one, or `default`.
            music_user_token: As MusicKit hands it out.
            display_name: Empty keeps what is there.
            before_storing: Awaited once Apple said yes; what it raises is raised, and nothing is
                stored then.

        Raises:
            InvalidArgumentError: INVALID_FIELD.
            UnauthenticatedError: MUSIC_USER_TOKEN_REJECTED; nothing is stored.
            PermissionDeniedError: ACCESS_DENIED.
            FailedPreconditionError: MUSIC_USER_TOKEN_IN_USE, another account holds it; or
                ACCOUNT_REQUIRED, for a caller who may use several others.
            AppleMusicError: A DEVELOPER_TOKEN, UPSTREAM or STORAGE reason.
        """
        if account:
            check_account_id(account)
        token = checked_token(music_user_token)
        name = check_display_name(display_name)
        account_id = await self.chosen_id(account)
        check_is_nobody_elses(token, account_id, await self._store.list())
        team_id = self._developer_tokens.current(account_id).team_id
        try:
            profile = await self._listeners.profile(account_id, token)
        except UnauthenticatedError as error:
            raise UnauthenticatedError(
                error.reason,
                "Apple does not accept this music user token: it has ended, was revoked, or was "
                f"issued to another developer team than {team_id!r}, whose token this server uses",
                metadata={"account": account_id},
            ) from error
        if before_storing is not None:
            await before_storing()
        async with self._writing:
            before = await self._store.get(account_id)
            stored = signed_in(account_id, token, profile, before, self._clock())
            stored = replace(stored, team_id=team_id, display_name=name or stored.display_name)
            # Once more: somebody may bring it for another account at the same time.
            await self._store.put(stored, check=partial(check_is_nobody_elses, token, account_id))
        self._tell(AccountChange.SIGNED_IN, stored)
        return stored

    async def mark_rejected(self, listener: Listener) -> None:
        """Remember that Apple refuses a listener's token, if Apple confirms it.

        One refused call can have other causes, and a token that is remembered as dead costs a
        person a sign-in. So Apple is asked about its owner first; where that gives neither yes nor
        no, nothing is remembered. Nor is it when the token was replaced meanwhile, or can be
        renewed now.
        """
        known = await self._store.get(listener.account_id)
        if known is None or known.rejected or known.music_user_token != listener.music_user_token:
            return
        await self.verify(known)

    async def after_refusal(self, listener: Listener, error: AppleMusicError) -> AppleMusicError:
        """Note that Apple refused a listener's token, and return what the caller is to be told.

        That is `error`, but where the token could be renewed: then the call only has to be made
        again, and nobody has to sign in.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE.
        """
        await self.mark_rejected(listener)
        known = await self._store.get(listener.account_id)
        if known is None or known.rejected or known.music_user_token == listener.music_user_token:
            return error
        return UnavailableError(
            Reason.UPSTREAM_UNAVAILABLE,
            f"the music user token of account {listener.account_id!r} was renewed just now; make "
            "the call again",
            metadata={"endpoint": "renew_music_token", "account": listener.account_id},
            retry_after=timedelta(0),
        )

    async def verify(self, account: Account) -> None:
        """Ask Apple about the owner of a token, and remember what it says, be it yes or no.

        Where it gives neither, nothing changes.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE.
        """
        token = account.music_user_token
        if token is None:
            return
        try:
            profile = await self._listeners.profile(account.id, token)
        except UnauthenticatedError:
            if self._rescuer is None or not await self._rescuer.rescue(account):
                await self._store_rejection(account)
        except AppleMusicError:
            return
        else:
            await self._store_profile(account, profile)

    async def _store_rejection(self, account: Account) -> None:
        def reject(present: Account) -> Account | None:
            is_same = present.music_user_token == account.music_user_token
            return present.with_rejected() if is_same and not present.rejected else None

        after = await self._store.update(account.id, reject)
        if after is not None:
            self._tell(AccountChange.REJECTED, after)

    async def _store_profile(self, account: Account, profile: ListenerProfile) -> None:
        seen: list[Account] = []

        def accept(present: Account) -> Account | None:
            seen.append(present)
            if present.music_user_token != account.music_user_token:
                return None
            return with_profile(present, profile).with_verified(self._clock())

        after = await self._store.update(account.id, accept)
        if after is not None and _shown(after) != _shown(seen[-1]):
            self._tell(AccountChange.UPDATED, after)

    async def renewable(self, account: str) -> Account:
        """Return an account whose token can be renewed, be it rejected or not.

        Raises:
            AppleMusicError: As `get`; MUSIC_USER_TOKEN_TEAM_MISMATCH; a DEVELOPER_TOKEN reason.
        """
        found = await self.get(account)
        self._check_team(found)
        return found

    def is_of_this_team(self, account: Account) -> bool:
        """Whether the token can be used with the developer token that is there now."""
        try:
            self._check_team(account)
        except FailedPreconditionError:
            return False
        return True

    def _check_team(self, account: Account) -> None:
        team_id = self._developer_tokens.current(account.id).team_id
        if account.team_id and account.team_id != team_id:
            raise FailedPreconditionError(
                Reason.MUSIC_USER_TOKEN_TEAM_MISMATCH,
                f"account {account.id!r} signed in with developer team {account.team_id!r}, and "
                f"this server's token is of {team_id!r}; sign in again",
                metadata={"account": account.id, "teamId": account.team_id},
            )

    async def chosen_id(self, account: str) -> str:
        """Return the account that a sign-in is for: the named, else the only one, else `default`.

        Raises:
            InvalidArgumentError: INVALID_FIELD.
            PermissionDeniedError: ACCESS_DENIED.
            FailedPreconditionError: ACCOUNT_REQUIRED, for a caller who may use several others.
        """
        chosen = check_account_id(account) if account else await self._usual_id()
        self._permitted.check(chosen)
        return chosen

    async def _usual_id(self) -> str:
        accounts = await self.list()
        if len(accounts) == 1:
            return accounts[0].id
        permitted = self._permitted.ids
        if permitted is None or _DEFAULT_ID in permitted:
            return _DEFAULT_ID
        if len(permitted) != 1:
            raise FailedPreconditionError(
                Reason.ACCOUNT_REQUIRED,
                "the access token is for several accounts: name one",
                metadata={"accounts": str(len(accounts))},
            )
        return next(iter(permitted))

    def _tell(self, change: AccountChange, account: Account) -> None:
        for listener in self._on_change:
            listener(change, account)


def _shown(account: Account) -> Account:
    """The account without what changes at every look."""
    return replace(account, last_verified_time=None)


def check_display_name(name: str) -> str:
    """Return a name without the blanks around it.

    Raises:
        InvalidArgumentError: INVALID_FIELD: too long, or with control characters.
    """
    stripped = name.strip()
    if len(stripped) > _LONGEST_NAME or has_control_characters(stripped):
        raise invalid_field(
            "display_name",
            f"a name is at most {_LONGEST_NAME} characters, none of them a control character",
        )
    return stripped


def _rejected(account_id: str) -> UnauthenticatedError:
    return UnauthenticatedError(
        Reason.MUSIC_USER_TOKEN_REJECTED,
        f"Apple does not accept the music user token of account {account_id!r} any more; "
        "sign in again",
        metadata={"account": account_id},
    )
