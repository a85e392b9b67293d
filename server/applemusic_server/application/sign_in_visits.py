"""Sign-ins as the person at the page sees them: opened, finished or declined, once, in one browser.

A browser is known by a secret that it keeps. A link or a code opens a sign-in in one browser; from
then on that browser alone can end it, and only once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from applemusic_server.application.accounts import Accounts
from applemusic_server.application.attempts import AttemptLimit
from applemusic_server.application.sign_ins import (
    DeveloperTokenFor,
    SignInBell,
    sign_in_ended,
    sign_in_not_found,
)
from applemusic_server.domain.account import Account
from applemusic_server.domain.errors import (
    AppleMusicError,
    NotFoundError,
    Reason,
    ResourceExhaustedError,
    UnauthenticatedError,
)
from applemusic_server.domain.secret import Secret
from applemusic_server.domain.sign_in import (
    Handle,
    SignIn,
    SignInState,
    SignInStore,
    digest,
    normal_code,
)
from applemusic_server.domain.sign_in_observer import SignInObserver, SignInOutcome

_ENDED: Final = {
    SignInState.SUCCEEDED: "This sign-in is done already.",
    SignInState.FAILED: "This sign-in was declined. Begin a new one where you came from.",
    SignInState.EXPIRED: "This sign-in took too long and has ended. Begin a new one where you "
    "came from.",
    SignInState.CANCELLED: "This sign-in was cancelled where it began. Begin a new one there.",
}
_OPENED_ELSEWHERE: Final = (
    "This link or code was opened in another browser before, and it is good for one only. Go on "
    "there, or begin a new sign-in where you came from."
)


@dataclass(frozen=True, slots=True)
class Visit:
    """A sign-in that is open in a browser, with what the page needs to ask Apple.

    Attributes:
        sign_in: For whom.
        display_name: Name to show: the new one, else the one that the account has.
        developer_token: For MusicKit; of the team that the user token will be bound to.
        was_open: It was open in this browser before.
    """

    sign_in: SignIn
    display_name: str
    developer_token: Secret
    was_open: bool


class SignInVisits:
    """The use cases of the sign-in pages.

    Args:
        store: Where sign-ins are.
        accounts: Checks and stores the token that arrives.
        developer_token: For MusicKit.
        bell: Rung when a sign-in ends.
        observer: Counts.
        codes: How many codes may be tried.
        tokens: How many tokens may be tried per sign-in: each is asked about at Apple.
        now: The time now, in UTC.
    """

    def __init__(
        self,
        store: SignInStore,
        accounts: Accounts,
        *,
        developer_token: DeveloperTokenFor,
        bell: SignInBell,
        observer: SignInObserver,
        codes: AttemptLimit,
        tokens: AttemptLimit,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._developer_token = developer_token
        self._bell = bell
        self._observer = observer
        self._codes = codes
        self._tokens = tokens
        self._now = now

    async def open(self, ticket: Secret, present: Secret, fresh: Secret) -> Visit:
        """Open the sign-in that a link leads to, in one browser.

        Args:
            ticket: What the link carries.
            present: What this browser is known by now.
            fresh: What it is known by from now on if this opens the sign-in; if it was open here
                already, `present` stays.

        Raises:
            NotFoundError: SIGN_IN_NOT_FOUND.
            FailedPreconditionError: SIGN_IN_EXPIRED: it has ended, or is open in another browser;
                or a DEVELOPER_TOKEN reason.
        """
        found = await self._store.find(Handle.TICKET, digest(ticket))
        return await self._open(found, present, fresh)

    async def enter_code(self, typed: str, caller: str, present: Secret, fresh: Secret) -> Visit:
        """Open the sign-in that a code was given out for; as `open`.

        Args:
            typed: What the person typed.
            caller: Whom to count the try for, e.g. an address.
            present: As in `open`.
            fresh: As in `open`.

        Raises:
            AppleMusicError: As `open`.
            ResourceExhaustedError: SERVER_BUSY, too many wrong codes.
        """
        self._take(self._codes, caller)
        found = await self._store.find(Handle.CODE, digest(normal_code(typed)))
        if found is None:
            self._observer.counted(SignInOutcome.WRONG_CODE)
            raise NotFoundError(
                Reason.SIGN_IN_NOT_FOUND,
                "That code is not right, or its time is up. Look again where it is shown.",
            )
        self._codes.give_back(caller)
        return await self._open(found, present, fresh)

    async def resume(self, browser: Secret) -> Visit:
        """Return the sign-in that is open in a browser.

        Raises:
            AppleMusicError: As `open`.
        """
        return await self._visit(await self._of(browser), was_open=True)

    async def finish(self, browser: Secret, music_user_token: Secret) -> Account:
        """Store the token that Apple gave, and end the sign-in.

        A token that is not good leaves it open: the person may try again.

        Raises:
            AppleMusicError: As `open`, and a reason of `Accounts.submit`.
            InvalidArgumentError: INVALID_FIELD, no token.
            ResourceExhaustedError: SERVER_BUSY, too many tries.
        """
        sign_in = await self._of(browser)
        self._take(self._tokens, sign_in.key)
        account = await self._submit(sign_in, music_user_token)
        await self._store.move(sign_in.key, SignInState.FINISHING, SignInState.SUCCEEDED)
        self._end(sign_in, SignInOutcome.SUCCEEDED)
        return account

    async def decline(self, browser: Secret) -> None:
        """End the sign-in because the person does not want it.

        Raises:
            AppleMusicError: As `open`.
        """
        sign_in = await self._of(browser)
        message = "The person at the sign-in page declined."
        if await self._store.move(
            sign_in.key, SignInState.PENDING, SignInState.FAILED, message=message
        ):
            self._end(sign_in, SignInOutcome.DECLINED)

    async def _open(self, found: SignIn | None, present: Secret, fresh: Secret) -> Visit:
        if found is None:
            raise sign_in_not_found()
        sign_in = self._still_open(found)
        if sign_in.browser == digest(present):
            return await self._visit(sign_in, was_open=True)
        # What the page needs comes first: a link is not used up by what the person cannot help.
        visit = await self._visit(sign_in, was_open=False)
        if sign_in.browser or not await self._store.open(sign_in.key, digest(fresh)):
            raise sign_in_ended(_OPENED_ELSEWHERE)
        return visit

    async def _visit(self, sign_in: SignIn, *, was_open: bool) -> Visit:
        token = await self._developer_token(sign_in.account)
        name = sign_in.display_name
        if not name:
            try:
                name = (await self._accounts.get(sign_in.account)).display_name
            except NotFoundError:
                name = ""  # the account is made by this sign-in
        return Visit(sign_in, name, token.value, was_open)

    async def _of(self, browser: Secret) -> SignIn:
        """Return the open sign-in of a browser."""
        found = await self._store.find(Handle.BROWSER, digest(browser)) if browser else None
        if found is None:
            raise sign_in_not_found()
        return self._still_open(found)

    def _still_open(self, found: SignIn) -> SignIn:
        sign_in = found.at(self._now())
        if sign_in.state is not SignInState.PENDING:
            raise sign_in_ended(_ENDED[sign_in.state])
        return sign_in

    async def _submit(self, sign_in: SignIn, token: Secret) -> Account:
        """Store a good token, from when on nothing else can end the sign-in."""
        storing = stored = False

        async def begin_storing() -> None:
            nonlocal storing
            storing = self._now() < sign_in.expire_time and await self._store.move(
                sign_in.key, SignInState.PENDING, SignInState.FINISHING
            )
            if not storing:
                raise await self._ended(sign_in)

        try:
            account = await self._accounts.submit(
                sign_in.account, token, sign_in.display_name, before_storing=begin_storing
            )
            stored = True
        except UnauthenticatedError:
            self._observer.counted(SignInOutcome.TOKEN_REFUSED)
            raise
        finally:
            if storing and not stored:  # the person may try again
                await self._store.move(sign_in.key, SignInState.FINISHING, SignInState.PENDING)
        return account

    async def _ended(self, sign_in: SignIn) -> AppleMusicError:
        """Say how a sign-in ended while Apple was asked."""
        found = await self._store.get(sign_in.key)
        if found is None:
            return sign_in_not_found()
        state = found.at(self._now()).state
        # Pending here is finishing: another request of this browser was faster.
        return sign_in_ended(_ENDED.get(state, _ENDED[SignInState.SUCCEEDED]))

    def _take(self, limit: AttemptLimit, caller: str) -> None:
        try:
            limit.take(caller)
        except ResourceExhaustedError:
            self._observer.counted(SignInOutcome.THROTTLED)
            raise

    def _end(self, sign_in: SignIn, outcome: SignInOutcome) -> None:
        self._observer.counted(outcome)
        self._bell.ring(sign_in.key)
