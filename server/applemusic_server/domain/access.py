"""Who may call this server, for what, and for which accounts."""

import re
from collections.abc import Callable, Iterable
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from applemusic_server.domain.errors import PermissionDeniedError, Reason, invalid_field

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@:/-]{0,127}")


class Scope(StrEnum):
    """What a caller may do; as `Scope` in the contract. None of them includes another."""

    READ = "read"
    CONTROL = "control"
    STREAM = "stream"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a caller may do.

    Attributes:
        name: What the operator calls the caller; in logs. Empty for one who need not say.
        accounts: Ids of the accounts; None for all, those to come included.
    """

    name: str
    scopes: frozenset[Scope]
    accounts: frozenset[str] | None = None


EVERYTHING = Grant("", frozenset(Scope))
"""What callers may do who are trusted for where they are: on this machine."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """An access token as stored: all but the token.

    Attributes:
        id: The part of the token by which it is found; no secret.
        digest: SHA-256 of the whole token.
        expire_time: When it ends; None for never.
    """

    id: str
    digest: bytes = field(repr=False)
    grant: Grant
    create_time: datetime
    expire_time: datetime | None = None

    def good(self, now: datetime) -> bool:
        """Whether it has not ended."""
        return self.expire_time is None or now < self.expire_time


class AccessTokenStore(Protocol):
    """Keeps access tokens. Every method may raise STORAGE_UNAVAILABLE."""

    async def list(self) -> tuple[AccessToken, ...]:
        """Return all tokens by name, those that have ended included."""
        ...

    async def add(self, token: AccessToken) -> bool:
        """Store a token durably; False when there is one of its name."""
        ...

    async def delete(self, name: str) -> bool:
        """Remove a token; False when there was none of this name."""
        ...


class PermittedAccounts:
    """Which accounts the call under way may touch (all, unless it is limited), and who makes it.

    One per server, shared by what lets calls in and what looks up accounts. It follows the task in
    which a call runs, so that no use case has to hand it on, and none can forget to.
    """

    def __init__(self) -> None:
        self._ids: ContextVar[frozenset[str] | None] = ContextVar("permitted", default=None)
        self._caller: ContextVar[Callable[[], str]] = ContextVar("caller", default=str)

    @property
    def ids(self) -> frozenset[str] | None:
        """The ids; None for all."""
        return self._ids.get()

    @property
    def caller(self) -> str:
        """Whom to count for: an access token, a certificate, or where the call comes from."""
        return self._caller.get()()

    def limited_to(
        self, ids: frozenset[str] | None, *, caller: Callable[[], str] = str
    ) -> "AccountLimit":
        """Limit what is called in the body of `with`; None lifts a limit.

        Args:
            ids: Of accounts.
            caller: Returns whom to count for. A song that starts need not know, so it is not asked
                before somebody does.
        """
        return AccountLimit((self._ids, ids), (self._caller, caller))

    def allows(self, account_id: str) -> bool:
        """Whether an account may be touched."""
        ids = self._ids.get()
        return ids is None or account_id in ids

    def check(self, account_id: str) -> None:
        """Return if an account may be touched.

        Raises:
            PermissionDeniedError: ACCESS_DENIED; the same whether the account exists or not.
        """
        if not self.allows(account_id):
            raise account_denied(account_id)


class AccountLimit:
    """A context manager; see `PermittedAccounts.limited_to`. No generator: streams hold it."""

    __slots__ = ("_caller", "_ids", "_tokens")

    def __init__(
        self,
        ids: tuple[ContextVar[frozenset[str] | None], frozenset[str] | None],
        caller: tuple[ContextVar[Callable[[], str]], Callable[[], str]],
    ) -> None:
        self._ids = ids
        self._caller = caller
        self._tokens: tuple[Token[frozenset[str] | None], Token[Callable[[], str]]] | None = None

    def __enter__(self) -> None:
        (ids, limit), (caller, names) = self._ids, self._caller
        self._tokens = ids.set(limit), caller.set(names)

    def __exit__(self, *_: object) -> None:
        if self._tokens is not None:
            self._caller[0].reset(self._tokens[1])
            self._ids[0].reset(self._tokens[0])


def account_denied(account_id: str) -> PermissionDeniedError:
    """The error of a caller who names an account that is not theirs."""
    return PermissionDeniedError(
        Reason.ACCESS_DENIED,
        "The access token is not for this account. Ask the operator for one that is.",
        metadata={"account": account_id},
    )


def check_caller_name(name: str) -> str:
    """Return `name` if it can name a caller.

    Raises:
        InvalidArgumentError: It cannot stand in a log line as it is.
    """
    if not _NAME.fullmatch(name):
        raise invalid_field(
            "name",
            "a name is 1 to 128 letters, digits and . _ @ : / -, beginning with a letter or digit",
        )
    return name


def scopes_of(names: Iterable[str]) -> frozenset[Scope]:
    """Return the scopes of these names.

    Raises:
        InvalidArgumentError: One of them is none, or there is none at all.
    """
    known = {scope.value: scope for scope in Scope}
    wanted = list(names)
    if not wanted or any(name not in known for name in wanted):
        raise invalid_field("scope", f"is one of {', '.join(known)}")
    return frozenset(known[name] for name in wanted)
