"""The RPCs of signing in, over a real channel."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, timedelta
from pathlib import Path

import grpc
import pytest

from applemusic.v1 import auth_service_pb2 as pb
from applemusic.v1.auth_service_pb2_grpc import AuthServiceStub
from applemusic_server.domain.secret import Secret
from applemusic_server.domain.sign_in import SignInState
from applemusic_server.storage.database import open_database, sqlite_url
from applemusic_server.storage.sign_ins import DatabaseSignIns
from applemusic_server.wire.sign_in import SIGN_IN_STATES, SignInServicer
from tests.support.sign_in_parts import GOOD, SignInSetting
from tests.support.wire_server import Wire, failure_of, open_wire_server


@pytest.fixture
async def setting(tmp_path: Path) -> AsyncIterator[SignInSetting]:
    database = await open_database(sqlite_url(tmp_path / "server.db"))
    yield SignInSetting(DatabaseSignIns(database))
    await database.close()


@pytest.fixture
async def served(stack: AsyncExitStack, setting: SignInSetting) -> Wire:
    servicer = SignInServicer(setting.sign_ins, setting.time.utc)
    return await open_wire_server(stack, more=(servicer,))


async def test_begun_watched_and_done(served: Wire, setting: SignInSetting) -> None:
    stub = AuthServiceStub(served.channel)
    begun = await stub.BeginSignIn(pb.BeginSignInRequest(account="anna", display_name="Anna"))
    ticket = Secret(begun.url.partition("#")[2])

    watching = stub.WatchSignIn(pb.WatchSignInRequest(sign_in_id=begun.sign_in_id))
    states = aiter(watching)
    assert (await anext(states)).state == pb.SIGN_IN_STATE_PENDING
    await setting.visits.open(ticket, Secret(""), Secret("b"))
    await setting.visits.finish(Secret("b"), GOOD)
    last = await anext(states)

    assert last.state == pb.SIGN_IN_STATE_SUCCEEDED
    assert (last.account.id, last.account.display_name) == ("anna", "Anna")
    assert await watching.code() is grpc.StatusCode.OK
    assert begun.link_url == "http://here/link"
    assert len(begun.user_code) == 9
    expire_time = begun.expire_time.ToDatetime(UTC)
    assert expire_time == setting.time.now + timedelta(minutes=10)
    log = served.log.getvalue()
    for secret in (begun.sign_in_id, ticket.reveal(), begun.user_code, GOOD.reveal()):
        assert secret not in log


async def test_cancelled(served: Wire) -> None:
    stub = AuthServiceStub(served.channel)
    begun = await stub.BeginSignIn(pb.BeginSignInRequest())
    named = pb.CancelSignInRequest(sign_in_id=begun.sign_in_id)
    await stub.CancelSignIn(named)
    await stub.CancelSignIn(named)

    watched = stub.WatchSignIn(pb.WatchSignInRequest(sign_in_id=begun.sign_in_id))
    assert [each.state async for each in watched] == [pb.SIGN_IN_STATE_CANCELLED]


async def test_one_that_is_not_there(served: Wire) -> None:
    stub = AuthServiceStub(served.channel)
    failure = await failure_of(stub.CancelSignIn(pb.CancelSignInRequest(sign_in_id="snobody")))
    assert (failure.code, failure.reason) == (grpc.StatusCode.NOT_FOUND, "SIGN_IN_NOT_FOUND")
    watched = stub.WatchSignIn(pb.WatchSignInRequest(sign_in_id="snobody"))
    failure = await failure_of(anext(aiter(watched)))
    assert failure.reason == "SIGN_IN_NOT_FOUND"


async def test_who_watches_does_not_hold_up_the_end(served: Wire) -> None:
    stub = AuthServiceStub(served.channel)
    begun = await stub.BeginSignIn(pb.BeginSignInRequest())
    states = aiter(stub.WatchSignIn(pb.WatchSignInRequest(sign_in_id=begun.sign_in_id)))
    await anext(states)

    await served.listener.calls.drain(timedelta(days=1))  # the test's timeout is shorter

    failure = await failure_of(anext(states))
    assert (failure.code, failure.reason) == (grpc.StatusCode.UNAVAILABLE, "SERVER_DRAINING")


def test_every_state_has_a_number() -> None:
    assert SIGN_IN_STATES.keys() == set(SignInState)
    assert set(SIGN_IN_STATES.values()) | {0} == set(pb.SignInState.values())
