"""Lets callers in who may make a call, and no others; what declares no scope is for nobody."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from google.protobuf.message import Message

from applemusic.v1 import options_pb2
from applemusic_server.domain.access import (
    EVERYTHING,
    Grant,
    PermittedAccounts,
    Scope,
    account_denied,
)
from applemusic_server.domain.caller_network import network_of_peer
from applemusic_server.domain.errors import PermissionDeniedError, Reason
from applemusic_server.wire.contract import methods, path_of, required_scope
from applemusic_server.wire.interceptors.call import Call, Proceed
from applemusic_server.wire.interceptors.revocation import Revocation

# Orchestrators ask how the server is and have no token to show.
_OPEN: Final = ("/grpc.health.v1.Health/",)
_REFLECTION: Final = "/grpc.reflection."
_SCOPES: Final[Mapping[int, Scope]] = {
    options_pb2.SCOPE_READ: Scope.READ,
    options_pb2.SCOPE_CONTROL: Scope.CONTROL,
    options_pb2.SCOPE_STREAM: Scope.STREAM,
    options_pb2.SCOPE_ADMIN: Scope.ADMIN,
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a call.

    Attributes:
        grant: What they may do.
        token_id: The access token that says so; empty where none does.
    """

    grant: Grant
    token_id: str = ""


class AccessPolicy(Protocol):
    """Recognizes callers."""

    async def caller(self, call: Call) -> Caller:
        """Return who makes a call.

        Raises:
            UnauthenticatedError: ACCESS_TOKEN_MISSING or ACCESS_TOKEN_INVALID.
        """
        ...

    async def still_good(self, token_ids: Iterable[str]) -> frozenset[str]:
        """Return which access tokens let their callers go on.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE.
        """
        ...


class OpenAccess:
    """Takes everybody for the operator: for tests, and servers that nobody else can reach."""

    async def caller(self, call: Call) -> Caller:
        """Return one who may do everything."""
        del call
        return Caller(EVERYTHING)

    async def still_good(self, token_ids: Iterable[str]) -> frozenset[str]:
        """Return all: there are no tokens."""
        return frozenset(token_ids)


class Access:
    """The stage that asks the policy, and holds calls to what it says."""

    def __init__(
        self, policy: AccessPolicy, permitted: PermittedAccounts, revocation: Revocation
    ) -> None:
        """Take what is asked and told.

        Args:
            policy: Recognizes callers.
            permitted: Is told which accounts a call may touch.
            revocation: Ends open calls whose token was revoked.
        """
        self._policy = policy
        self._permitted = permitted
        self._revocation = revocation
        self._scopes = {path_of(method): required_scope(method) for method in methods()}

    async def around(self, call: Call, proceed: Proceed) -> None:
        """Let a call in if its caller has the scope, and its requests if they have the accounts."""
        if call.path.startswith(_OPEN):
            await proceed()
            return
        caller = await self._policy.caller(call)
        call.caller = caller.grant.name
        self._check_scope(call, caller.grant)
        accounts = caller.grant.accounts
        if accounts is not None:
            call.on_request = lambda request: limit_accounts(request, accounts)
        # Not the call itself: what a connection to Apple is opened in is kept as long as that is.
        counted = partial(_counted_for, caller, call.context.peer() or "")
        with self._permitted.limited_to(accounts, caller=counted):
            if not caller.token_id:
                await proceed()
                return
            async with self._revocation.watching(caller.token_id):
                await proceed()

    def _check_scope(self, call: Call, grant: Grant) -> None:
        if call.path in self._scopes:
            scope = _SCOPES.get(self._scopes[call.path])
        elif call.path.startswith(_REFLECTION):
            scope = Scope.READ
        else:
            return  # Nothing is served there; who is known may hear so.
        if scope is None:
            raise PermissionDeniedError(
                Reason.ACCESS_DENIED,
                f"{call.method} declares no scope, so nobody may call it.",
                metadata={"scope": "none"},
            )
        if scope not in grant.scopes:
            raise PermissionDeniedError(
                Reason.ACCESS_DENIED,
                f"{call.method} needs the scope {scope.value!r}, which this caller lacks. The "
                "operator gives it, with an access token or in `tls.clients`.",
                metadata={"scope": scope.value},
            )


def _counted_for(caller: Caller, peer: str) -> str:
    """Return whom to count a call for; ports change, and one machine has many."""
    if caller.token_id:
        return f"token {caller.token_id}"
    if caller.grant.name:
        return f"certificate {caller.grant.name}"
    return f"peer {network_of_peer(peer)}"


def limit_accounts(request: Message, permitted: frozenset[str]) -> None:
    """Hold a request to permitted accounts, also one that means all of them by naming none.

    It comes before everything that looks at accounts, so that the answer cannot tell which exist.
    A single account that is not named is found later, among those that are signed in.

    Raises:
        PermissionDeniedError: ACCESS_DENIED: it names others.
    """
    fields = request.DESCRIPTOR.fields_by_name
    if "account" in fields:
        account: str = getattr(request, "account", "")
        if account and account not in permitted:
            raise account_denied(account)
    if "accounts" in fields:
        accounts: Any = getattr(request, "accounts", None)
        for each in accounts:
            if each not in permitted:
                raise account_denied(each)
        if not permitted:
            raise account_denied("")
        if not accounts:
            accounts.extend(sorted(permitted))
