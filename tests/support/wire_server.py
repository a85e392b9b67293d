"""A real gRPC server with the real pipeline, and fakes where the application would be."""

import asyncio
import io
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from prometheus_client import CollectorRegistry

from applemusic_server.application.server_info import ServerFacts, ServerInfoReader
from applemusic_server.domain.account import Account
from applemusic_server.domain.audio import (
    AudioChunk,
    AudioContainer,
    AudioFrame,
    AudioHeader,
    AudioRequest,
    AudioSource,
    AudioSummary,
    Preparation,
    Stage,
    StreamNumbers,
)
from applemusic_server.domain.call_line import CallLine
from applemusic_server.domain.errors import (
    FailedPreconditionError,
    NotFoundError,
    Reason,
)
from applemusic_server.domain.gateways import DeveloperToken
from applemusic_server.domain.prepared import PreparedAudio
from applemusic_server.domain.secret import Secret
from applemusic_server.telemetry.calls import GRPC_CODES
from applemusic_server.telemetry.logging import open_log
from applemusic_server.telemetry.metrics import Metrics
from applemusic_server.telemetry.playback import PlaybackTelemetry
from applemusic_server.telemetry.redaction import Redactor
from applemusic_server.wire.audio import AudioServicer
from applemusic_server.wire.auth import AuthServicer
from applemusic_server.wire.catalog import CatalogServicer
from applemusic_server.wire.catalog_browse import CatalogBrowseServicer
from applemusic_server.wire.catalog_lists import CatalogListServicer
from applemusic_server.wire.catalog_lookup import CatalogLookupServicer
from applemusic_server.wire.contract import methods
from applemusic_server.wire.interceptors.access import AccessPolicy, OpenAccess
from applemusic_server.wire.interceptors.call import Stage as CallStage
from applemusic_server.wire.listener import Limits, Listener
from applemusic_server.wire.redaction import secret_field_names
from applemusic_server.wire.server import ServerServicer
from tests.support.metrics_text import value_of
from tests.support.wire_catalog import FakeBrowse, FakeCatalog, FakeLookup

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def make_header(song_id: str = "1") -> AudioHeader:
    return AudioHeader(
        song_id=song_id,
        container=AudioContainer.FMP4,
        mime_type="audio/mp4",
        codec="mp4a.40.2",
        sample_rate_hertz=44100,
        channel_count=2,
        bit_rate=256000,
        duration=timedelta(seconds=240.5),
        total_bytes=7,
        priming_samples=2112,
        padding_samples=0,
        total_samples=10606050,
        byte_offset=0,
        start_offset=timedelta(0),
        etag="etag",
        source=AudioSource.CATALOG,
        preparation=Preparation.COLD,
        seekable=True,
        stream_id="stream-1",
        stages=((Stage.LICENSE, timedelta(milliseconds=80)),),
    )


def make_summary() -> AudioSummary:
    return AudioSummary(
        byte_count=7,
        media_duration=timedelta(seconds=240.5),
        first_byte_duration=timedelta(milliseconds=253),
        stages=((Stage.LICENSE, timedelta(milliseconds=80)),),
        stall_count=0,
        stall_duration=timedelta(0),
        resume_count=0,
        upstream_byte_count=9,
    )


class FakePlayer:
    """Yields given frames; an exception among them is raised, an event is waited for."""

    def __init__(self) -> None:
        self.script: list[AudioFrame | BaseException | asyncio.Event] = [
            make_header(),
            AudioChunk(b"abc", 0, timedelta(0)),
            AudioChunk(b"defg", 3, timedelta(seconds=1)),
            make_summary(),
        ]
        self.requests: list[AudioRequest] = []
        self.closed = asyncio.Event()

    async def stream(
        self, request: AudioRequest, measured: Callable[[StreamNumbers], None] = lambda _: None
    ) -> AsyncGenerator[AudioFrame, None]:
        del measured  # what a test yields has no numbers
        self.requests.append(request)
        try:
            for step in self.script:
                if isinstance(step, BaseException):
                    raise step
                if isinstance(step, asyncio.Event):
                    await step.wait()
                else:
                    yield step
        finally:
            self.closed.set()


class FakePreparer:
    """Says that every song is ready, but for one that it does not know."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[str, ...], AudioContainer]] = []

    async def prepare(
        self, account: str, song_ids: Sequence[str], container: AudioContainer
    ) -> tuple[PreparedAudio, ...]:
        self.calls.append((account, tuple(song_ids), container))
        return tuple(
            PreparedAudio(
                song_id,
                Preparation.COLD,
                failure_reason=Reason.RESOURCE_NOT_FOUND,
                failure_message="no such song",
            )
            if song_id == "404"
            else PreparedAudio(song_id, Preparation.READY, NOW, 131072)
            for song_id in song_ids
        )

    async def prepared(self, account: str) -> tuple[PreparedAudio, ...]:
        return await self.prepare(account, ("1",), AudioContainer.FMP4)


class FakeAccounts:
    """Accounts in memory."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.submitted: list[Secret] = []

    async def submit(self, account: str, music_user_token: Secret, display_name: str) -> Account:
        self.submitted.append(music_user_token)
        self.accounts[account] = Account(
            account, music_user_token, "de", NOW, display_name=display_name
        )
        return self.accounts[account]

    async def list(self) -> tuple[Account, ...]:
        return tuple(self.accounts[each] for each in sorted(self.accounts))

    async def get(self, account: str) -> Account:
        try:
            return self.accounts[account]
        except KeyError:
            raise NotFoundError(
                Reason.ACCOUNT_NOT_FOUND, "no such account", metadata={"account": account}
            ) from None

    # As the AccountStore that ServerInfoReader asks.
    async def put(self, account: Account) -> None:
        self.accounts[account.id] = account

    async def update(
        self, account_id: str, change: Callable[[Account], Account | None]
    ) -> Account | None:
        raise AssertionError(f"nothing changes {account_id} here: {change}")

    async def delete(self, account_id: str) -> bool:
        return self.accounts.pop(account_id, None) is not None


class FakeDeveloperTokens:
    """A token, or the reason why there is none."""

    def __init__(self) -> None:
        self.problem: Reason | None = None
        self.rejected = False

    def is_rejected(self, token: Secret) -> bool:
        return self.rejected and token == self.current().value

    def current(self, account_id: str = "") -> DeveloperToken:
        del account_id
        if self.problem is not None:
            raise FailedPreconditionError(self.problem, "no token")
        return DeveloperToken(Secret("token"), NOW + timedelta(days=100), "TEAM123456")


class LogOutput(io.StringIO):
    """Takes the log, and can be waited for: a caller has its status before the line is written."""

    def __init__(self) -> None:
        super().__init__()
        self._written = asyncio.Event()

    def write(self, text: str) -> int:
        self._written.set()
        return super().write(text)

    def lines(self, event: str) -> list[dict[str, Any]]:
        parsed = [json.loads(line) for line in self.getvalue().splitlines()]
        return [line for line in parsed if line["event"] == event]

    async def wait_for(self, event: str, count: int = 1) -> list[dict[str, Any]]:
        async with asyncio.timeout(10):
            while len(found := self.lines(event)) < count:
                self._written.clear()
                await self._written.wait()
        return found


@dataclass
class Wire:
    """A running server and everything around it."""

    listener: Listener
    channel: grpc.aio.Channel
    address: str
    player: FakePlayer
    preparer: FakePreparer
    catalog: FakeCatalog
    accounts: FakeAccounts
    developer_tokens: FakeDeveloperTokens
    metrics: Metrics
    log: LogOutput
    browse: FakeBrowse
    lookup: FakeLookup

    def value(self, name: str, **labels: str) -> float:
        return value_of(self.metrics, name, labels) or 0.0


@dataclass(frozen=True)
class Failure:
    """What a client can read in a failed call."""

    code: grpc.StatusCode
    message: str
    reason: str
    metadata: dict[str, str] = field(default_factory=dict)
    violations: dict[str, str] = field(default_factory=dict)
    retry_after: float | None = None
    request_id: str = ""


def read_failure(error: grpc.aio.AioRpcError) -> Failure:
    """Read a status as a client does."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # it reads both kinds of calls
    assert status is not None, f"no details in {error!r}"
    info = error_details_pb2.ErrorInfo()
    bad = error_details_pb2.BadRequest()
    retry = error_details_pb2.RetryInfo()
    has_retry = False
    for detail in status.details:
        for message in (info, bad, retry):
            if detail.Unpack(message):
                has_retry = has_retry or message is retry
    assert info.domain == "applemusic.v1"
    trailing = dict(error.trailing_metadata() or ())
    return Failure(
        code=error.code(),
        message=error.details() or "",
        reason=info.reason,
        metadata=dict(info.metadata),
        violations={v.field: v.description for v in bad.field_violations},
        retry_after=retry.retry_delay.ToTimedelta().total_seconds() if has_retry else None,
        request_id=str(trailing.get("x-request-id", "")),
    )


async def open_wire_server(
    stack: AsyncExitStack,
    limits: Limits | None = None,
    access: AccessPolicy | None = None,
    more: Sequence[object] = (),
    outermost: Sequence[CallStage] = (),
) -> Wire:
    """Start a server, with further servicers and stages; `stack` stops it."""
    output = LogOutput()
    log = open_log(output, form="json", level="debug", redactor=Redactor(secret_field_names()))
    metrics = Metrics(CollectorRegistry(), "0.0.0")
    for method in methods():
        kind = "server_stream" if method.server_streaming else "unary"
        service = method.containing_service.full_name
        metrics.calls.know_method(kind, service, method.name, GRPC_CODES)
    player, catalog, accounts = FakePlayer(), FakeCatalog(), FakeAccounts()
    preparer = FakePreparer()
    browse, lookup = FakeBrowse(), FakeLookup()
    tokens = FakeDeveloperTokens()
    line = CallLine()
    observer = PlaybackTelemetry(metrics, log, asyncio.get_running_loop().time, line)
    info = ServerInfoReader(
        ServerFacts("0.0.0", NOW, "us", 100, 2, device_problem=None),
        accounts=accounts,
        developer_tokens=tokens,
        verdicts=tokens,
        observer=observer,
        now=lambda: NOW,
        draining=lambda: listener.calls.draining,
    )
    listener = Listener(
        [
            AudioServicer(player, preparer, observer),
            AuthServicer(accounts, lambda: NOW),
            CatalogServicer(catalog),
            CatalogListServicer(catalog),
            CatalogBrowseServicer(browse),
            CatalogLookupServicer(lookup, lookup),
            ServerServicer(info),
            *more,
        ],
        metrics=metrics.calls,
        log=log,
        access=access or OpenAccess(),
        limits=limits or Limits(),
        line=line,
        outermost=outermost,
    )
    address = f"127.0.0.1:{await listener.start('127.0.0.1', 0)}"
    stack.push_async_callback(listener.stop, timedelta(0))
    channel = await stack.enter_async_context(grpc.aio.insecure_channel(address))
    return Wire(
        listener,
        channel,
        address,
        player,
        preparer,
        catalog,
        accounts,
        tokens,
        metrics,
        output,
        browse,
        lookup,
    )


async def failure_of(call: Awaitable[Any]) -> Failure:
    """Await a call that must fail, and say how it did."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return read_failure(caught.value)
