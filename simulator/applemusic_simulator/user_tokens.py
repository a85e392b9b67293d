"""Music user tokens: opaque strings that stand for one listener at one team (section 1.2)."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

LIFETIME = 15_552_000


class TokenState(StrEnum):
    """What has become of a token. An expired one may still be renewed, a revoked one not."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


class UserTokenError(Exception):
    """A music user token that Apple would answer with 403."""


@dataclass(slots=True)
class UserToken:
    """One issued token.

    Attributes:
        number: Counts the tokens of this account and team, from 1.
        expires_at: Seconds since 1970. Apple tells nobody; the control API does.
    """

    value: str = field(repr=False)
    account_id: str
    team_id: str
    number: int
    expires_at: float
    revoked: bool = False

    def state(self, now: float) -> TokenState:
        """What it is at `now`; revoked wins over expired."""
        if self.revoked:
            return TokenState.REVOKED
        return TokenState.VALID if now < self.expires_at else TokenState.EXPIRED


class UserTokens:
    """Issues and checks music user tokens.

    Args:
        clock: Seconds since 1970.
        seed: Token values follow from it, so that the first token of an account at a team is the
            same after a restart.
    """

    def __init__(self, clock: Callable[[], float], seed: int) -> None:
        self._clock = clock
        self._seed = seed
        self._issued: dict[str, UserToken] = {}

    def issue(self, account_id: str, team_id: str, lifetime: float = LIFETIME) -> str:
        """Give out a new token; the older ones stay as they are."""
        number = 1 + len(self.of(account_id, team_id))
        digest = hashlib.sha512(
            f"user token {self._seed} {account_id} {team_id} {number}".encode()
        ).digest()
        # 64 bytes in base64 end in "==", the shape that clients check for.
        value = base64.b64encode(digest).decode()
        self._issued[value] = UserToken(
            value, account_id, team_id, number, self._clock() + lifetime
        )
        return value

    def check(self, value: str, team_id: str) -> str:
        """Say whose token this is.

        Returns:
            The account id.

        Raises:
            UserTokenError: Unknown, expired, revoked, or issued to another team.
        """
        token = self._issued.get(value)
        if token is None:
            raise UserTokenError("unknown")
        if token.team_id != team_id:
            raise UserTokenError("issued to another team")
        state = token.state(self._clock())
        if state is not TokenState.VALID:
            raise UserTokenError(state.value)
        return token.account_id

    def __iter__(self) -> Iterator[UserToken]:
        return iter(self._issued.values())

    def of(self, account_id: str, team_id: str = "") -> list[UserToken]:
        """All tokens of an account, at one team or at all, oldest first."""
        return [
            token
            for token in self._issued.values()
            if token.account_id == account_id and team_id in ("", token.team_id)
        ]

    def find(self, value: str) -> UserToken | None:
        """The token with this value, whatever its state."""
        return self._issued.get(value)

    def expire(self, token: UserToken) -> None:
        """End its life now."""
        token.expires_at = min(token.expires_at, self._clock())

    def revoke(self, token: UserToken) -> None:
        """Take it back, as `unauthorize()` and the account's settings page do."""
        token.revoked = True

    def reset(self) -> None:
        """Every token issued so far becomes valid again for a whole lifetime."""
        for token in self._issued.values():
            token.revoked = False
            token.expires_at = self._clock() + LIFETIME

    def describe(self, token: UserToken) -> dict[str, Any]:
        """JSON-ready values, for the control API."""
        return {
            "music_user_token": token.value,
            "account": token.account_id,
            "team": token.team_id,
            "expires_at": token.expires_at,
            "state": token.state(self._clock()).value,
        }
