"""Asks a policy whether a caller may make a call; without a declared scope nobody may."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

from applemusic.v1 import options_pb2
from applemusic_server.domain.errors import PermissionDeniedError, Reason
from applemusic_server.wire.contract import PACKAGE, methods, path_of, required_scope
from applemusic_server.wire.interceptors.call import Call


class AccessPolicy(Protocol):
    """Decides who may do what."""

    async def admit(self, call: Call, scope: int) -> None:
        """Return if the caller of `call` has `scope`.

        Raises:
            UnauthenticatedError: ACCESS_TOKEN_MISSING or ACCESS_TOKEN_INVALID.
            PermissionDeniedError: ACCESS_DENIED.
        """
        ...


class OpenAccess:
    """Admits everybody: the server listens on loopback, or the operator accepted it."""

    async def admit(self, call: Call, scope: int) -> None:
        """Admit."""


class Access:
    """The stage that asks the policy."""

    def __init__(self, policy: AccessPolicy) -> None:
        self._policy = policy
        self._scopes: Mapping[str, int] = {
            path_of(method): required_scope(method) for method in methods()
        }

    @asynccontextmanager
    async def around(self, call: Call) -> AsyncIterator[None]:
        """Let a call of this contract in if its scope is declared and the policy admits it."""
        if call.path.startswith(f"/{PACKAGE}.") and call.path in self._scopes:
            scope = self._scopes[call.path]
            if scope == options_pb2.SCOPE_UNSPECIFIED:
                raise PermissionDeniedError(
                    Reason.ACCESS_DENIED,
                    f"{call.method} declares no scope, so nobody may call it.",
                    metadata={"scope": "none"},
                )
            await self._policy.admit(call, scope)
        yield
