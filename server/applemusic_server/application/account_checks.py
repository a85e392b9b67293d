"""Checks of one account: its token, team and subscription, and what Apple says about it."""

from collections.abc import Callable, Iterable
from datetime import datetime

from applemusic_server.application.capability_memory import CapabilityMemory
from applemusic_server.application.diagnostic_check import (
    Check,
    CheckStatus,
    Finding,
    failed,
    fine,
    skipped,
)
from applemusic_server.application.server_checks import DeveloperTokens, developer_token_finding
from applemusic_server.domain.account import Account, AccountState, SubscriptionState
from applemusic_server.domain.capability import (
    PROBED,
    Capability,
    CapabilityAnswer,
    CapabilityStore,
)
from applemusic_server.domain.errors import AppleMusicError, Reason
from applemusic_server.domain.gateways import (
    DeveloperToken,
    ListenerGateway,
)


class AccountChecks:
    """Makes the checks.

    Args:
        developer_tokens: The developer tokens.
        listeners: Asks Apple about the owner of a token.
        capabilities: What Apple lets accounts do, as far as is known.
        kept: The same, as the database has it.
        now: The time now, in UTC.
    """

    def __init__(
        self,
        developer_tokens: DeveloperTokens,
        listeners: ListenerGateway,
        capabilities: CapabilityMemory,
        kept: CapabilityStore,
        now: Callable[[], datetime],
    ) -> None:
        self._developer_tokens = developer_tokens
        self._listeners = listeners
        self._capabilities = capabilities
        self._kept = kept
        self._now = now

    def checks(self, account: Account, pseudonym: str) -> list[Check]:
        """Return the checks of an account; they say `pseudonym` instead of its id."""

        async def token() -> Finding:
            return self._token(account)

        async def developer_token() -> Finding:
            return self._developer_token(account)

        async def subscription() -> Finding:
            return _subscription(account)

        async def apple() -> Finding:
            return await self._apple(account)

        async def capabilities() -> Finding:
            return await self._allowed(account)

        return [
            Check("account_token", token, pseudonym=pseudonym),
            Check("account_developer_token", developer_token, pseudonym=pseudonym),
            Check("account_subscription", subscription, pseudonym=pseudonym),
            Check("account_apple", apple, asks_apple=True, pseudonym=pseudonym),
            Check("account_capabilities", capabilities, pseudonym=pseudonym),
        ]

    def _token(self, account: Account) -> Finding:
        now = self._now()
        state = account.state(now)
        if state is AccountState.UNREADABLE:
            return failed(Reason.STORAGE_KEY_MISMATCH)
        if state is AccountState.REJECTED:
            return failed(Reason.MUSIC_USER_TOKEN_REJECTED)
        left = account.token_assumed_expire_time - now
        message = f"it is good as far as is known, and ends in about {max(0, left.days)} days"
        if state is AccountState.ACTIVE:
            return fine(message)
        remedy = "sign in again before it ends: renewing it has not helped yet"
        return Finding(CheckStatus.WARNING, message, remedy)

    def _developer_token(self, account: Account) -> Finding:
        finding = developer_token_finding(self._developer_tokens, account.id, self._now())
        token = self._developer_token_of(account)
        if token is not None and account.team_id not in ("", token.team_id):
            return failed(Reason.MUSIC_USER_TOKEN_TEAM_MISMATCH)
        if finding.status is not CheckStatus.OK:
            return finding
        return fine("the account and the developer token are of the same team")

    async def _apple(self, account: Account) -> Finding:
        token = account.music_user_token
        if token is None or self._developer_token_of(account) is None:
            return skipped("there are no two tokens to ask with")
        if account.team_id not in ("", self._developer_tokens.current(account.id).team_id):
            return skipped("the tokens are of different teams")
        profile = await self._listeners.profile(account.id, token)
        if profile.subscription_state is SubscriptionState.INACTIVE:
            return failed(Reason.SUBSCRIPTION_REQUIRED)
        storefront = profile.storefront.id
        if storefront != account.storefront:
            return Finding(
                CheckStatus.WARNING,
                f"Apple accepts the token, in storefront {storefront}; here it is still known as "
                f"{account.storefront}",
                "wait: the server asks once a day. If songs are missing, sign in again",
            )
        return fine(f"Apple accepts the token, in storefront {storefront}")

    async def _allowed(self, account: Account) -> Finding:
        self._capabilities.learn(account.id, await self._kept.of(account.id))
        last = {each: self._capabilities.last(account.id, each) for each in Capability}
        refused = _fields(each for each in last if last[each] is CapabilityAnswer.REFUSED)
        if refused:
            return Finding(
                CheckStatus.WARNING,
                f"Apple does not allow: {refused}",
                "nothing in the settings changes that; it is asked again after a day, and after a "
                "new sign-in",
                Reason.CAPABILITY_REFUSED,
            )
        unknown = _fields(each for each in PROBED if last[each] is None)
        if unknown:
            return Finding(
                CheckStatus.WARNING,
                f"Apple has not said yet whether it allows: {unknown}",
                "ask GetServerInfo for the account; it asks Apple",
            )
        return fine("Apple allows everything, as far as it tells")

    def _developer_token_of(self, account: Account) -> DeveloperToken | None:
        try:
            return self._developer_tokens.current(account.id)
        except AppleMusicError:
            return None  # Told by the check of the developer token.


def _subscription(account: Account) -> Finding:
    match account.subscription_state:
        case SubscriptionState.ACTIVE:
            return fine("it is active")
        case SubscriptionState.INACTIVE:
            return failed(Reason.SUBSCRIPTION_REQUIRED)
        case _:
            return Finding(CheckStatus.OK, "Apple has not said whether there is one")


def _fields(capabilities: Iterable[Capability]) -> str:
    return ", ".join(dict.fromkeys(each.field for each in capabilities))
