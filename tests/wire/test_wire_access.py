"""Who may call what: every RPC of the contract, with every kind of caller."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from applemusic.v1 import audio_service_pb2, auth_service_pb2
from applemusic.v1.audio_service_pb2_grpc import AudioServiceStub
from applemusic_server.domain.access import Scope
from applemusic_server.domain.errors import PermissionDeniedError
from applemusic_server.wire.access_policy import CheckedAccess
from applemusic_server.wire.contract import methods, path_of, required_scope
from applemusic_server.wire.interceptors.access import limit_accounts
from tests.support.access_tokens import Desk
from tests.support.wire_server import Failure, Wire, failure_of, open_wire_server, read_failure

METHODS = sorted(methods(), key=path_of)
NAMES = [path_of(method).rpartition(".")[2] for method in METHODS]
SCOPES = {1: Scope.READ, 2: Scope.CONTROL, 3: Scope.STREAM, 4: Scope.ADMIN}
every_rpc = pytest.mark.parametrize("method", METHODS, ids=NAMES)


@dataclass
class Guarded:
    """A server that asks for access tokens, and where they are made."""

    wire: Wire
    desk: Desk

    async def call(
        self, method: MethodDescriptor, token: str | None, request: Message | None = None
    ) -> Failure | None:
        """Make a call to its end; how it failed, if it did."""
        credentials = () if token is None else (("authorization", token),)
        message = request or GetMessageClass(method.input_type)()
        make = (
            self.wire.channel.unary_stream
            if method.server_streaming
            else self.wire.channel.unary_unary
        )
        invoke: Any = make(
            path_of(method),
            request_serializer=message.__class__.SerializeToString,
            response_deserializer=GetMessageClass(method.output_type).FromString,
        )
        call = invoke(message, metadata=credentials)
        try:
            if method.server_streaming:
                async for _ in call:
                    pass
            else:
                await call
        except grpc.aio.AioRpcError as error:
            return read_failure(error)
        return None


@pytest.fixture
async def guarded(stack: AsyncExitStack) -> Guarded:
    desk = Desk()
    policy = CheckedAccess(desk.known, {}, trust_network=False, trust_socket=True)
    return Guarded(await open_wire_server(stack, access=policy), desk)


@every_rpc
def test_every_rpc_declares_a_scope(method: MethodDescriptor) -> None:
    assert required_scope(method) in SCOPES


@every_rpc
async def test_nobody_calls_without_a_good_token(
    guarded: Guarded, method: MethodDescriptor
) -> None:
    token = await guarded.desk.make("all", list(Scope))
    short = await guarded.desk.make("short", list(Scope), lifetime=timedelta(seconds=5))
    gone = await guarded.desk.make("gone", list(Scope))
    await guarded.desk.tokens.revoke("gone")
    guarded.desk.time.seconds += 10

    missing = await guarded.call(method, None)
    assert missing is not None
    assert (missing.code, missing.reason) == (
        grpc.StatusCode.UNAUTHENTICATED,
        "ACCESS_TOKEN_MISSING",
    )
    for shown in (
        "",
        "Bearer",
        "Bearer " + "x" * 60,
        f"Basic {token}",
        f"Bearer {token[:-1]}",
        f"Bearer {token[:-1]}{'0' if token[-1] != '0' else '1'}",
        f"Bearer {token.upper()}",
        f"Bearer {short}",
        f"Bearer {gone}",
    ):
        refused = await guarded.call(method, shown)
        assert refused is not None, shown
        assert (refused.code, refused.reason) == (
            grpc.StatusCode.UNAUTHENTICATED,
            "ACCESS_TOKEN_INVALID",
        )
        assert "amg_" not in str(refused)


@every_rpc
async def test_the_declared_scope_is_needed_and_no_other_will_do(
    guarded: Guarded, method: MethodDescriptor
) -> None:
    scope = SCOPES[required_scope(method)]
    enough = await guarded.desk.make("enough", [scope])
    others = await guarded.desk.make("others", set(Scope) - {scope})

    admitted = await guarded.call(method, f"bearer {enough}")
    refused = await guarded.call(method, f"Bearer {others}")

    assert admitted is None or not admitted.reason.startswith("ACCESS_")
    assert refused is not None
    assert (refused.code, refused.reason, refused.metadata) == (
        grpc.StatusCode.PERMISSION_DENIED,
        "ACCESS_DENIED",
        {"scope": scope.value},
    )


@every_rpc
async def test_another_account_is_refused_whether_it_exists_or_not(
    guarded: Guarded, method: MethodDescriptor
) -> None:
    fields = method.input_type.fields_by_name
    if not set(fields.keys()) & {"account", "accounts"}:
        return
    token = await guarded.desk.make("anna", [SCOPES[required_scope(method)]], ["anna"])
    for account in ("berta", "nobody", "BAD ID"):
        request = GetMessageClass(method.input_type)()
        values: Any = request
        if "account" in fields:
            values.account = account
        else:
            values.accounts.extend(["anna", account])
        refused = await guarded.call(method, f"Bearer {token}", request)
        assert refused is not None
        assert (refused.code, refused.reason, refused.metadata) == (
            grpc.StatusCode.PERMISSION_DENIED,
            "ACCESS_DENIED",
            {"account": account},
        )
        assert refused.message.startswith("The access token is not for this account.")


def test_accounts_are_named_only_where_they_are_looked_at() -> None:
    """In `account` or `accounts` of the request itself, and nowhere deeper."""
    found = set()

    def walk(message: Descriptor, path: str, seen: frozenset[str]) -> None:
        for field in message.fields:
            if "account" in field.name:
                found.add(f"{path}{field.name}")
            if field.type == FieldDescriptor.TYPE_MESSAGE and field.message_type is not None:
                inner = field.message_type
                if inner.full_name not in seen:
                    walk(inner, f"{path}{field.name}.", seen | {inner.full_name})

    for method in METHODS:
        walk(method.input_type, "", frozenset())
    assert found <= {"account", "accounts"}
    with pytest.raises(PermissionDeniedError, match="not for this account"):
        limit_accounts(audio_service_pb2.AudioStreamRequest(account="berta"), frozenset({"anna"}))


def test_all_accounts_are_all_that_the_caller_may_use() -> None:
    request = auth_service_pb2.WatchAccountsRequest()
    limit_accounts(request, frozenset({"berta", "anna"}))
    assert list(request.accounts) == ["anna", "berta"]
    with pytest.raises(PermissionDeniedError):
        limit_accounts(auth_service_pb2.WatchAccountsRequest(), frozenset())


async def test_an_rpc_that_declares_no_scope_is_for_nobody(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("applemusic_server.wire.interceptors.access.required_scope", lambda _: 0)
    async with AsyncExitStack() as stack:
        policy = CheckedAccess(guarded.desk.known, {}, trust_network=True, trust_socket=True)
        open_to_all = Guarded(await open_wire_server(stack, access=policy), guarded.desk)
        failures = [await open_to_all.call(method, None) for method in METHODS]

    assert {failure.reason for failure in failures if failure} == {"ACCESS_DENIED"}
    assert None not in failures


async def test_health_is_open_and_reflection_is_not(guarded: Guarded) -> None:
    health: Any = health_pb2_grpc.HealthStub(guarded.wire.channel)
    answer = await health.Check(health_pb2.HealthCheckRequest())
    assert answer.status == health_pb2.HealthCheckResponse.SERVING

    channel: Any = guarded.wire.channel
    reflection: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
    question = reflection_pb2.ServerReflectionRequest(list_services="")

    async def ask(**values: Any) -> list[str]:
        replies = reflection.ServerReflectionInfo(iter([question]), **values)
        return [
            each.name async for reply in replies for each in reply.list_services_response.service
        ]

    token = await guarded.desk.make("tool", ["read"])
    assert (await failure_of(ask())).reason == "ACCESS_TOKEN_MISSING"
    listed = await ask(metadata=[("authorization", f"Bearer {token}")])
    assert "applemusic.v1.CatalogService" in listed
    player = await guarded.desk.make("player", ["stream"])
    failure = await failure_of(ask(metadata=[("authorization", f"Bearer {player}")]))
    assert failure.metadata == {"scope": "read"}


@pytest.mark.parametrize(
    "path", ["/applemusic.v1.CatalogService/GetSongs", "/x.Y/Z", "/", "//", "/grpc.channelz.v1.C/G"]
)
async def test_paths_that_are_nowhere_tell_strangers_nothing(guarded: Guarded, path: str) -> None:
    token = await guarded.desk.make("any", ["stream"])
    invoke: Any = guarded.wire.channel.unary_unary(path)

    assert (await failure_of(invoke(b""))).reason == "ACCESS_TOKEN_MISSING"
    known = await failure_of(invoke(b"", metadata=[("authorization", f"Bearer {token}")]))
    assert known.reason == "NOT_YET_IMPLEMENTED"


async def test_the_log_names_the_caller_and_never_the_token(guarded: Guarded) -> None:
    token = await guarded.desk.make("kitchen", ["stream"])
    await guarded.call(METHODS[NAMES.index("CatalogService/GetSong")], f"Bearer {token}")

    (line,) = await guarded.wire.log.wait_for("call failed")
    assert (line["caller"], line["reason"]) == ("kitchen", "ACCESS_DENIED")
    assert token not in guarded.wire.log.getvalue()


async def test_strangers_do_not_fill_the_log(guarded: Guarded) -> None:
    method = METHODS[NAMES.index("CatalogService/GetSong")]
    for _ in range(60):
        await guarded.call(method, f"Bearer amg_{'0' * 12}_{'0' * 64}")
    guarded.desk.time.seconds += 2
    token = await guarded.desk.make("kitchen", ["stream"])
    await guarded.call(method, f"Bearer {token}")

    lines = await guarded.wire.log.wait_for("call failed", 21)
    assert [line["reason"] for line in lines].count("ACCESS_TOKEN_INVALID") in range(20, 25)
    assert lines[-1]["caller"] == "kitchen"
    refused = guarded.wire.value(
        "grpc_server_handled_total",
        grpc_type="unary",
        grpc_service="applemusic.v1.CatalogService",
        grpc_method="GetSong",
        grpc_code="Unauthenticated",
    )
    assert refused == 60


async def test_an_open_stream_ends_soon_after_its_token_is_revoked(guarded: Guarded) -> None:
    token = await guarded.desk.make("kitchen", ["stream"])
    other = await guarded.desk.make("bath", ["stream"])
    guarded.wire.player.script.insert(2, asyncio.Event())
    stub = AudioServiceStub(guarded.wire.channel)
    request = audio_service_pb2.AudioStreamRequest(song_id="1")
    calls = [
        stub.AudioStream(request, metadata=[("authorization", f"Bearer {each}")])
        for each in (token, other)
    ]
    for call in calls:
        await call.read()
        await call.read()

    await guarded.desk.tokens.revoke("kitchen")
    guarded.desk.time.seconds += 2
    failure = await failure_of(calls[0].read())

    assert (failure.code, failure.reason) == (
        grpc.StatusCode.UNAUTHENTICATED,
        "ACCESS_TOKEN_INVALID",
    )
    await guarded.wire.player.closed.wait()
    assert not calls[1].done()
    calls[1].cancel()


async def test_an_open_stream_ends_when_its_token_does(guarded: Guarded) -> None:
    token = await guarded.desk.make("guest", ["stream"], lifetime=timedelta(hours=1))
    guarded.wire.player.script.insert(2, asyncio.Event())
    call = AudioServiceStub(guarded.wire.channel).AudioStream(
        audio_service_pb2.AudioStreamRequest(song_id="1"),
        metadata=[("authorization", f"Bearer {token}")],
    )
    await call.read()

    guarded.desk.time.seconds += 3601
    await call.read()
    assert (await failure_of(call.read())).reason == "ACCESS_TOKEN_INVALID"


def test_there_is_something_to_walk() -> None:
    assert len(METHODS) > 80
