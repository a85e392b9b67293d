"""Whom a call is counted for, which is found out when somebody asks."""

import gc
from collections.abc import Iterable
from contextvars import Context, copy_context
from typing import Any

from applemusic_server.domain.access import PermittedAccounts
from applemusic_server.wire.access_policy import CheckedAccess
from applemusic_server.wire.interceptors.access import Access
from applemusic_server.wire.interceptors.call import Call
from applemusic_server.wire.interceptors.revocation import Revocation
from tests.support.access_tokens import Desk


class Peer:
    """What gRPC tells of a call, as long as it goes on: the real one crashes later."""

    def __init__(self) -> None:
        self.over = False

    def peer(self) -> str:
        assert not self.over
        return "ipv6:%5B2001:db8::7%5D:4711"

    def auth_context(self) -> dict[str, list[bytes]]:
        return {}


async def _none(_: Iterable[str]) -> frozenset[str]:
    return frozenset()


async def test_what_a_call_leaves_behind_says_who_it_was_for_and_keeps_no_call() -> None:
    """A connection that is opened in a call keeps that call's context for as long as it lasts."""
    permitted = PermittedAccounts()
    policy = CheckedAccess(Desk().known, {}, trust_network=True, trust_socket=True)
    access = Access(policy, permitted, Revocation(_none, 60.0))
    peer: Any = Peer()
    left: list[Context] = []

    async def proceed() -> None:
        left.append(copy_context())

    path = "/applemusic.v1.ServerService/GetServerInfo"
    await access.around(Call(path, "unary", peer, "r1", _metadata=[]), proceed)
    peer.over = True
    assert left[0].run(lambda: permitted.caller) == "peer 2001:db8::/64"
    gc.collect()
    assert not [each for each in gc.get_objects() if isinstance(each, Call)]
