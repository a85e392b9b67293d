"""Sign-ins as their caller sees them: begun, watched, cancelled. The person is in `sign_in_visits`.

All state is in the store, so that a sign-in begun on one replica can be finished on another; who
watches looks there now and then, and at once when something happened on this replica.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from applemusic_server.application.accounts import Accounts, check_display_name
from applemusic_server.application.ended_sign_ins import EndedSignIns
from applemusic_server.domain.access import PermittedAccounts
from applemusic_server.domain.account import Account
from applemusic_server.domain.errors import (
    FailedPreconditionError,
    NotFoundError,
    Reason,
    ResourceExhaustedError,
)
from applemusic_server.domain.gateways import DeveloperToken
from applemusic_server.domain.secret import Secret
from applemusic_server.domain.sign_in import (
    CODE_ALPHABET,
    CODE_LENGTH,
    SignIn,
    SignInState,
    SignInStore,
    digest,
    normal_code,
)
from applemusic_server.domain.sign_in_observer import SignInObserver, SignInOutcome

# One caller cannot lock all others out; all together cannot fill the database.
MOST_OPEN_OF_CALLER: Final = 20
MOST_OPEN: Final = 100
_BUSY_RETRY: Final = timedelta(seconds=30)

DeveloperTokenFor = Callable[[str], Awaitable[DeveloperToken]]
"""Returns a developer token for an account that Apple is known to accept, or raises."""


@dataclass(frozen=True, slots=True)
class SignInPlaces:
    """Where the pages are, as browsers see them.

    Attributes:
        sign_in_url: The page that a link leads to; the ticket comes behind a `#`, which browsers
            send to nobody.
        link_url: The page where a code is typed in.
    """

    sign_in_url: str
    link_url: str


@dataclass(frozen=True, slots=True)
class BegunSignIn:
    """What the caller of `begin` gets."""

    sign_in_id: Secret
    url: Secret
    link_url: str
    user_code: Secret
    expire_time: datetime


@dataclass(frozen=True, slots=True)
class SignInStatus:
    """One state of a sign-in; the account once it succeeded."""

    state: SignInState
    account: Account | None = None
    message: str = ""


class SignInBell:
    """Wakes those who watch a sign-in on this replica."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    def ring(self, key: str) -> None:
        """Say that something happened to a sign-in."""
        for event in self._waiting.get(key, ()):
            event.set()

    @contextmanager
    def listen(self, key: str) -> Iterator[asyncio.Event]:
        """Give an event that is set when something happens."""
        event = asyncio.Event()
        self._waiting[key].add(event)
        try:
            yield event
        finally:
            self._waiting[key].discard(event)
            if not self._waiting[key]:
                del self._waiting[key]


class SignIns:
    """The use cases of AuthService about sign-ins.

    Args:
        store: Where sign-ins are, for all replicas.
        accounts: What they lead to.
        developer_token: Without a good one nobody can sign in.
        places: Where the pages are now; asked for each sign-in.
        bell: Rung by the pages of this replica.
        now: The time now, in UTC.
        new_secret: Makes what nobody can guess, at least 128 bits, URL-safe.
        choose: Picks one character at random, for codes.
        life: How long a person has.
        look_every: Seconds between two looks for what another replica did.
        permitted: Knows who makes the call under way.
    """

    def __init__(
        self,
        store: SignInStore,
        accounts: Accounts,
        *,
        developer_token: DeveloperTokenFor,
        places: Callable[[], SignInPlaces],
        bell: SignInBell,
        observer: SignInObserver,
        now: Callable[[], datetime],
        new_secret: Callable[[], str],
        choose: Callable[[str], str],
        life: timedelta,
        look_every: float = 1.0,
        permitted: PermittedAccounts | None = None,
    ) -> None:
        self._store = store
        self._ended = EndedSignIns(store, now)
        self._permitted = permitted or PermittedAccounts()
        self._accounts = accounts
        self._developer_token = developer_token
        self._places = places
        self._bell = bell
        self._observer = observer
        self._now = now
        self._new_secret = new_secret
        self._choose = choose
        self._life = life
        self._look_every = look_every

    async def begin(self, account: str, display_name: str) -> BegunSignIn:
        """Open a sign-in.

        Args:
            account: Account to create or to sign in again; empty for the only one, or `default`.
            display_name: Empty keeps what is there.

        Raises:
            InvalidArgumentError: INVALID_FIELD.
            FailedPreconditionError: DEVELOPER_TOKEN_MISSING, _EXPIRED or _REJECTED.
            ResourceExhaustedError: SERVER_BUSY, too many are open: of this caller, or in all.
            UnavailableError: STORAGE_UNAVAILABLE, or Apple cannot be asked about the developer
                token.
        """
        name = check_display_name(display_name)
        account_id = await self._accounts.chosen_id(account)
        await self._developer_token(account_id)
        now = self._now()
        await self._ended.forget()
        # Ids of the contract begin with a letter or digit.
        sign_in_id, ticket = Secret(f"s{self._new_secret()}"), Secret(self._new_secret())
        code = "".join(self._choose(CODE_ALPHABET) for _ in range(CODE_LENGTH))
        sign_in = SignIn(
            key=digest(sign_in_id),
            account=account_id,
            display_name=name,
            ticket=digest(ticket),
            code=digest(normal_code(code)),
            created_time=now,
            expire_time=now + self._life,
            caller=digest(Secret(self._permitted.caller)),
        )
        await self._store.add(sign_in, check=_check_room)
        self._observer.counted(SignInOutcome.BEGUN)
        places = self._places()
        return BegunSignIn(
            sign_in_id=sign_in_id,
            url=Secret(f"{places.sign_in_url}#{ticket.reveal()}"),
            link_url=places.link_url,
            user_code=Secret(f"{code[: CODE_LENGTH // 2]}-{code[CODE_LENGTH // 2 :]}"),
            expire_time=sign_in.expire_time,
        )

    async def watch(self, sign_in_id: Secret) -> AsyncGenerator[SignInStatus, None]:
        """Yield the present state at once, then the final one when it comes, and end.

        Raises:
            NotFoundError: SIGN_IN_NOT_FOUND.
            UnavailableError: STORAGE_UNAVAILABLE.
        """
        key = digest(sign_in_id)
        with self._bell.listen(key) as rung:
            sign_in = await self._get(key)
            yield await self._status(sign_in)
            while sign_in.state is SignInState.PENDING:
                await self._until(rung, sign_in)
                sign_in = await self._get(key)
                if sign_in.state is not SignInState.PENDING:
                    yield await self._status(sign_in)

    async def cancel(self, sign_in_id: Secret) -> None:
        """End a sign-in before the person did. Idempotent; one that has ended stays as it is.

        Raises:
            NotFoundError: SIGN_IN_NOT_FOUND.
            UnavailableError: STORAGE_UNAVAILABLE.
        """
        sign_in = await self._get(digest(sign_in_id))
        if sign_in.state is not SignInState.PENDING:
            return
        if await self._store.move(sign_in.key, SignInState.PENDING, SignInState.CANCELLED):
            self._observer.counted(SignInOutcome.CANCELLED)
            self._bell.ring(sign_in.key)

    async def _get(self, key: str) -> SignIn:
        found = await self._store.get(key)
        # One for another account is not told from none: a caller may touch its own accounts only.
        if found is None or not self._accounts.permits(found.account):
            raise sign_in_not_found()
        return found.at(self._now())

    async def _until(self, rung: asyncio.Event, sign_in: SignIn) -> None:
        """Wait until it is time to look again."""
        left = (sign_in.expire_time - self._now()).total_seconds()
        try:
            async with asyncio.timeout(max(0.0, min(self._look_every, left))):
                await rung.wait()
        except TimeoutError:
            return  # time to look, as said
        rung.clear()

    async def _status(self, sign_in: SignIn) -> SignInStatus:
        if sign_in.state is not SignInState.SUCCEEDED:
            return SignInStatus(sign_in.state, message=sign_in.message)
        try:
            account = await self._accounts.get(sign_in.account)
        except NotFoundError:
            account = None  # signed out since
        return SignInStatus(sign_in.state, account)


def _check_room(of_caller: int, of_all: int) -> None:
    if of_caller >= MOST_OPEN_OF_CALLER:
        problem = f"{of_caller} sign-ins that you began are open already; end them, or wait"
    elif of_all >= MOST_OPEN:
        problem = f"{of_all} sign-ins are open already; they end by themselves"
    else:
        return
    raise ResourceExhaustedError(Reason.SERVER_BUSY, problem, retry_after=_BUSY_RETRY)


def sign_in_not_found() -> NotFoundError:
    """Build the error; the same for what never was and for what is forgotten."""
    return NotFoundError(
        Reason.SIGN_IN_NOT_FOUND, "there is no such sign-in; begin a new one where you came from"
    )


def sign_in_ended(message: str) -> FailedPreconditionError:
    """Build the error; `message` is for the person at the page."""
    return FailedPreconditionError(Reason.SIGN_IN_EXPIRED, message)
