"""Checks of the server as a whole: key, developer token, clock, device, address."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from applemusic_server.application.diagnostic_check import (
    Check,
    CheckStatus,
    Finding,
    failed,
    fine,
    skipped,
)
from applemusic_server.domain.account import Account
from applemusic_server.domain.errors import AppleMusicError, FailedPreconditionError, Reason
from applemusic_server.domain.gateways import (
    DeveloperToken,
    DeveloperTokenInspector,
    DeveloperTokenSource,
)
from applemusic_server.domain.token_file import DeveloperTokenFiles

# A token that the server makes itself never comes near it.
EXPIRES_SOON: Final = timedelta(days=30)
# Tokens are dated five minutes back; a clock that is further ahead makes Apple refuse them.
_SKEW: Final = timedelta(minutes=1)
_SKEW_THAT_BREAKS: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class ServerFindings:
    """What is known since the start.

    Attributes:
        device_problem: Why songs do not play; None when there is a Widevine device.
        links_lead_here_only: Sign-in links lead to this machine though others reach the pages.
    """

    device_problem: Reason | None
    links_lead_here_only: bool


class DeveloperTokens(DeveloperTokenSource, DeveloperTokenFiles, Protocol):
    """The developer tokens, and the files that they come from."""


class ServerChecks:
    """Makes the checks.

    Args:
        known: What is known since the start.
        developer_tokens: The developer tokens.
        inspector: Asks Apple about them.
        now: The time now, in UTC.
    """

    def __init__(
        self,
        known: ServerFindings,
        developer_tokens: DeveloperTokens,
        inspector: DeveloperTokenInspector,
        now: Callable[[], datetime],
    ) -> None:
        self._known = known
        self._developer_tokens = developer_tokens
        self._inspector = inspector
        self._now = now

    def checks(self, accounts: Sequence[Account] | None) -> list[Check]:
        """Return the checks; `accounts` is None when they could not be read."""

        async def encryption_key() -> Finding:
            return _encryption_key(accounts)

        async def signed_in() -> Finding:
            return _signed_in(accounts)

        return [
            Check("encryption_key", encryption_key),
            Check("developer_token", self._developer_token),
            Check("apple", self._apple, asks_apple=True),
            Check("clock", self._clock, asks_apple=True),
            Check("widevine_device", self._widevine_device),
            Check("sign_in_address", self._sign_in_address),
            Check("accounts", signed_in),
        ]

    async def _developer_token(self) -> Finding:
        return developer_token_finding(self._developer_tokens, "", self._now())

    async def _apple(self) -> Finding:
        token = self._token()
        if token is None:
            return skipped("there is no developer token to ask with")
        if (await self._inspector.inspect(token.value)).accepted:
            return fine("Apple answers, and accepts the developer token")
        return failed(Reason.DEVELOPER_TOKEN_REJECTED)

    async def _clock(self) -> Finding:
        token = self._token()
        if token is None:
            return skipped("there is no developer token to ask Apple for the time with")
        apple_time = (await self._inspector.inspect(token.value)).apple_time
        if apple_time is None:
            return skipped("Apple did not tell the time")
        return clock_finding(self._now() - apple_time)

    async def _widevine_device(self) -> Finding:
        problem = self._known.device_problem
        return fine("it is there and can be read") if problem is None else failed(problem)

    async def _sign_in_address(self) -> Finding:
        if not self._known.links_lead_here_only:
            return fine("sign-in links lead where the pages are")
        return Finding(
            CheckStatus.WARNING,
            "sign-in links lead to the server's own machine only",
            "set web.public_url to the address of the pages as browsers see them",
        )

    def _token(self) -> DeveloperToken | None:
        try:
            return self._developer_tokens.current()
        except AppleMusicError:
            return None  # Told by the check of the developer token.


def clock_finding(ahead: timedelta) -> Finding:
    """Say what it means that the server's clock is so far ahead of Apple's."""
    seconds = round(abs(ahead).total_seconds())
    if abs(ahead) <= _SKEW:
        return fine("the clock agrees with Apple's to the minute")
    way = "ahead of" if ahead > timedelta(0) else "behind"
    breaks = abs(ahead) > _SKEW_THAT_BREAKS
    return Finding(
        CheckStatus.FAILED if breaks else CheckStatus.WARNING,
        f"the clock is {seconds} s {way} Apple's",
        "set the clock of the server, e.g. by NTP",
        Reason.DEVELOPER_TOKEN_REJECTED if breaks else None,
    )


def developer_token_finding(tokens: DeveloperTokens, account_id: str, now: datetime) -> Finding:
    """Say how long a token lives, and whether another can follow it.

    Args:
        tokens: The developer tokens.
        account_id: Whose own token it is; empty for the server's.
        now: The time now, in UTC.
    """
    fault = tokens.file_faults().get(account_id)
    broken = f"its file cannot be used: {fault.shown}" if fault else ""
    try:
        token = tokens.current(account_id)
    except FailedPreconditionError as error:
        finding = failed(error.reason)
        message = f"{finding.message}; {broken}" if broken else finding.message
        return replace(finding, message=message)
    left = token.expire_time - now
    message = f"it is there, and ends in {left.days} days"
    if broken:
        remedy = "put a good file in its place: it is read again without a restart"
        return Finding(CheckStatus.WARNING, f"{message}; {broken}", remedy)
    if left > EXPIRES_SOON:
        return fine(message)
    remedy = "put a new token into its file, or let the server make its own from the key"
    return Finding(CheckStatus.WARNING, message, remedy)


def _encryption_key(accounts: Sequence[Account] | None) -> Finding:
    if accounts is None:
        return skipped("the accounts cannot be read")
    unreadable = sum(account.music_user_token is None for account in accounts)
    if not unreadable:
        return fine(f"{len(accounts)} of {len(accounts)} stored tokens can be decrypted")
    finding = failed(Reason.STORAGE_KEY_MISMATCH)
    return Finding(
        finding.status,
        f"{unreadable} of {len(accounts)} stored tokens were encrypted with another key",
        finding.remedy,
        finding.reason,
    )


def _signed_in(accounts: Sequence[Account] | None) -> Finding:
    if accounts is None:
        return skipped("the accounts cannot be read")
    if not accounts:
        return failed(Reason.ACCOUNT_REQUIRED)
    return fine(f"{len(accounts)} signed in")
