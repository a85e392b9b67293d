"""Looks whether the developer tokens are good: at the start, and whenever one was replaced."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

from applemusic_server.domain.errors import AppleMusicError, FailedPreconditionError, Reason
from applemusic_server.domain.gateways import DeveloperToken
from applemusic_server.domain.secret import Secret
from applemusic_server.domain.token_care import WARN_DAYS
from applemusic_server.domain.token_file import TokenFileFault

# Apple did not answer: when it is asked again.
_ASK_AGAIN_AFTER: Final = timedelta(minutes=1)


class Maker(Protocol):
    """Where one developer token comes from."""

    @property
    def fault(self) -> TokenFileFault | None:
        """What was wrong with the file at the last look; an older token may serve all the same."""
        ...

    @property
    def waiting(self) -> DeveloperToken | None:
        """The token that is to follow, as of the last call of `current`; None when none is."""
        ...

    def current(self) -> DeveloperToken:
        """Return the token that serves; raises as `DeveloperTokenSource.current`."""
        ...

    def take(self, token: DeveloperToken) -> None:
        """Let a token serve."""
        ...

    def refuse(self, token: DeveloperToken, detail: str) -> None:
        """Hear that Apple refuses a token that waits."""
        ...


class Makers(Protocol):
    """Where all developer tokens come from."""

    def makers(self) -> Mapping[str, Maker]:
        """Return them by account id; the server's own is under ''."""
        ...


class Check(Protocol):
    """Asks Apple about a token."""

    async def require_good(self, token: Secret) -> None:
        """Return if Apple accepts the token; raises DEVELOPER_TOKEN_REJECTED."""
        ...


class DeveloperTokenObserver(Protocol):
    """Hears what becomes of developer tokens. Calls never raise."""

    def developer_token_accepted(self, account_id: str, token: DeveloperToken) -> None:
        """Record that Apple accepts a token that was not there before."""
        ...

    def developer_token_problem(self, account_id: str, reason: Reason | None, problem: str) -> None:
        """Record what is wrong with a token, or will be (no reason), once until it changes."""
        ...

    def developer_token_file_mended(self, account_id: str) -> None:
        """Record that a file which could not be used can be again."""
        ...


class DeveloperTokenWatch:
    """Looks at each token. Files are read again by their makers; Apple is asked once per token.

    Args:
        makers: Where the tokens come from.
        check: Asks Apple.
        observer: Is told what changes.
        clock: The time now, in UTC.
    """

    def __init__(
        self,
        makers: Makers,
        check: Check,
        observer: DeveloperTokenObserver,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._makers = makers
        self._check = check
        self._observer = observer
        self._clock = clock
        self._checked: dict[str, Secret] = {}
        self._ask_after: dict[str, datetime] = {}
        self._prove_after: dict[str, datetime] = {}
        self._said: dict[str, str] = {}
        self._broken: set[str] = set()

    async def look(self) -> None:
        """Look at every token, and say what is new."""
        for account_id, maker in self._makers.makers().items():
            try:
                await self._look_at(account_id, maker)
            except FailedPreconditionError as error:
                self._say(account_id, error.reason, error.message)
            except AppleMusicError:
                # Apple gives no answer: every call says that better than this one could.
                self._ask_after[account_id] = self._clock() + _ASK_AGAIN_AFTER

    async def _look_at(self, account_id: str, maker: Maker) -> None:
        await self._prove(account_id, maker)
        token = maker.current()
        await self._ask(account_id, token)
        if maker.fault is not None:
            self._broken.add(account_id)
            self._say(
                account_id,
                Reason.DEVELOPER_TOKEN_REJECTED,
                f"{maker.fault.message}; the token before it serves until "
                f"{token.expire_time.isoformat()}",
            )
            return
        if account_id in self._broken:
            self._broken.discard(account_id)
            self._said.pop(account_id, None)
            self._observer.developer_token_file_mended(account_id)
        if left := _warning(token, self._clock()):
            self._say(
                account_id,
                None,
                f"the developer token ends within {left} days, at {token.expire_time.isoformat()}",
            )

    async def _prove(self, account_id: str, maker: Maker) -> None:
        """Let the token that waits serve, if Apple takes it or has no other of ours that it takes.

        Apple is asked again now and then: a key that was just made may not count yet.
        """
        serving, waiting = maker.current(), maker.waiting
        if waiting is None:
            self._prove_after.pop(account_id, None)
            return
        now = self._clock()
        if now < self._prove_after.get(account_id, now):
            return
        self._prove_after[account_id] = now + _ASK_AGAIN_AFTER
        try:
            await self._check.require_good(waiting.value)
        except FailedPreconditionError as error:
            if await self._is_good(serving):
                maker.refuse(waiting, error.metadata.get("detail", error.message))
                return
        maker.take(waiting)

    async def _is_good(self, token: DeveloperToken) -> bool:
        try:
            await self._check.require_good(token.value)
        except FailedPreconditionError:
            return False
        return True

    async def _ask(self, account_id: str, token: DeveloperToken) -> None:
        """Ask Apple about a token that is new here."""
        if self._checked.get(account_id) == token.value:
            return
        ask_after = self._ask_after.get(account_id)
        if ask_after is not None and self._clock() < ask_after:
            return
        try:
            await self._check.require_good(token.value)
        except FailedPreconditionError:
            self._checked[account_id] = token.value
            raise
        self._checked[account_id] = token.value
        self._said.pop(account_id, None)
        self._observer.developer_token_accepted(account_id, token)

    def _say(self, account_id: str, reason: Reason | None, problem: str) -> None:
        if self._said.get(account_id) != problem:
            self._said[account_id] = problem
            self._observer.developer_token_problem(account_id, reason, problem)


def _warning(token: DeveloperToken, now: datetime) -> int:
    left = token.expire_time - now
    return min((days for days in WARN_DAYS if left <= timedelta(days=days)), default=0)
