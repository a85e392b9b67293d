"""The way out to Apple: limits, further tries, addresses, and what it never says."""

import asyncio
import gzip
import logging
import ssl
import zlib
from dataclasses import replace
from datetime import timedelta
from typing import cast

import aiohttp
import pytest
from aiohttp import web

from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    InternalError,
    Reason,
    ResourceExhaustedError,
    UnavailableError,
)
from applemusic_server.upstream.addresses import AddressPolicy
from applemusic_server.upstream.endpoints import Endpoint, Endpoints
from applemusic_server.upstream.priority_gate import Priority
from applemusic_server.upstream.transport import Call, Transport
from tests.support.apple_server import (
    DEVELOPER_CANARY,
    USER_CANARY,
    AppleServer,
    FakeTime,
    Responder,
    Upstream,
    answer,
    reset,
)


def call(upstream: Upstream, path: str = "/x", **changes: object) -> Call:
    plain = Call(
        Endpoint.CATALOG_SONGS,
        upstream.endpoints.api + path,
        headers={"Authorization": f"Bearer {DEVELOPER_CANARY}", "Music-User-Token": USER_CANARY},
    )
    return replace(plain, **changes)  # type: ignore[arg-type] # a test's shorthand


async def test_answer_comes_back_whole(apple: AppleServer, upstream: Upstream) -> None:
    apple.on("/x", answer({"a": 1}))
    got = await upstream.transport.send(call(upstream, params={"ids": "1,2", "with[a]": "b c"}))
    assert (got.status, got.body, got.content_type) == (200, b'{"a": 1}', "application/json")
    assert apple.asked[0].query == {"ids": "1,2", "with[a]": "b c"}
    assert upstream.observer.done == [("catalog.songs", "200")]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_server_errors_are_tried_three_times(
    apple: AppleServer, upstream: Upstream, status: int
) -> None:
    apple.on("/x", answer("<html>", status=status, content_type="text/html"))
    with pytest.raises(UnavailableError) as caught:
        await upstream.transport.send(call(upstream))
    assert caught.value.reason is Reason.UPSTREAM_UNAVAILABLE
    assert caught.value.metadata == {"endpoint": "catalog.songs", "status": str(status)}
    assert apple.count("/x") == 3
    assert upstream.time.waits == [0.5, 1.0]


async def test_throttling_without_retry_after_is_survived_for_three_and_a_half_seconds(
    apple: AppleServer, upstream: Upstream
) -> None:
    apple.on("/x", *[answer(status=429)] * 4, answer({}))
    assert (await upstream.transport.send(call(upstream))).status == 200
    assert upstream.time.waits == [0.5, 1.0, 2.0, 2.0]
    assert sum(upstream.time.waits) > 3.5


async def test_endless_throttling_ends_with_a_time_to_wait(
    apple: AppleServer, upstream: Upstream
) -> None:
    apple.on("/x", answer(status=429))
    with pytest.raises(ResourceExhaustedError) as caught:
        await upstream.transport.send(call(upstream))
    assert caught.value.reason is Reason.UPSTREAM_THROTTLED
    assert caught.value.retry_after is not None
    assert apple.count("/x") == 5


async def test_a_sync_is_more_patient_than_a_person(apple: AppleServer, upstream: Upstream) -> None:
    apple.on("/x", *[answer(status=429)] * 19, answer({}))
    background = call(upstream, priority=Priority.BACKGROUND)
    assert (await upstream.transport.send(background)).status == 200
    apple.on("/y", answer(status=429))
    with pytest.raises(ResourceExhaustedError):
        await upstream.transport.send(call(upstream, "/y", priority=Priority.BACKGROUND))
    assert apple.count("/y") == 20


async def test_retry_after_is_waited_for_when_short_and_told_when_long(
    apple: AppleServer, upstream: Upstream
) -> None:
    apple.on("/x", answer(status=429, headers={"Retry-After": "4"}), answer({}))
    await upstream.transport.send(call(upstream))
    assert upstream.time.waits == [4.0]
    apple.on("/y", answer(status=429, headers={"Retry-After": "3600"}))
    with pytest.raises(ResourceExhaustedError) as caught:
        await upstream.transport.send(call(upstream, "/y"))
    assert caught.value.retry_after == timedelta(hours=1)
    assert apple.count("/y") == 1


@pytest.mark.parametrize("value", ["soon", "-1", "9" * 400, "Wed, 21 Oct 2026 07:28:00 GMT", ""])
async def test_an_unreadable_retry_after_is_none(
    apple: AppleServer, upstream: Upstream, value: str
) -> None:
    apple.on("/x", answer(status=429, headers={"Retry-After": value}), answer({}))
    await upstream.transport.send(call(upstream))
    assert upstream.time.waits == [0.5]


async def test_connection_reset_is_tried_again(apple: AppleServer, upstream: Upstream) -> None:
    apple.on("/x", reset, reset, answer({}))
    assert (await upstream.transport.send(call(upstream, method="POST", body=b"{}"))).status == 200
    assert [status for _, status in upstream.observer.done][-1] == "200"


@pytest.mark.parametrize("responder", [answer(status=500), answer(status=504), reset])
async def test_what_is_not_repeatable_is_sent_once(
    apple: AppleServer, upstream: Upstream, responder: Responder
) -> None:
    apple.on("/x", responder)
    with pytest.raises(UnavailableError):
        await upstream.transport.send(call(upstream, method="POST", repeatable=False))
    assert apple.count("/x") == 1


async def test_throttled_means_not_done_so_that_anything_is_sent_again(
    apple: AppleServer, upstream: Upstream
) -> None:
    apple.on("/x", answer(status=429), answer({}))
    await upstream.transport.send(call(upstream, method="POST", repeatable=False))
    assert apple.count("/x") == 2


def cut_after(data: bytes) -> Responder:
    async def respond(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(data) + 10)})
        await response.prepare(request)
        await response.write(data)
        assert request.transport is not None
        request.transport.close()
        return response

    return respond


async def test_cut_body_is_tried_again_and_then_an_error(
    apple: AppleServer, upstream: Upstream
) -> None:
    apple.on("/x", cut_after(b'{"data":['), answer({}))
    assert (await upstream.transport.send(call(upstream))).body == b"{}"
    apple.on("/y", cut_after(b"{}"))
    with pytest.raises(UnavailableError):
        await upstream.transport.send(call(upstream, "/y"))


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_compression_bombs_are_cut_at_the_cap(
    apple: AppleServer, upstream: Upstream, encoding: str
) -> None:
    plain = b"\0" * (64 * 1024 * 1024)
    bomb = gzip.compress(plain) if encoding == "gzip" else zlib.compress(plain)
    apple.on("/x", answer(bomb, headers={"Content-Encoding": encoding}))
    with pytest.raises(InternalError) as caught:
        await upstream.transport.send(call(upstream))
    assert caught.value.reason is Reason.UPSTREAM_RESPONSE_INVALID
    assert apple.count("/x") == 1


async def test_an_endless_body_is_cut_at_the_cap(apple: AppleServer, upstream: Upstream) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)

    apple.on("/x", endless)
    with pytest.raises(InternalError):
        await upstream.transport.send(call(upstream))


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "https://evil.example/",
        "//evil.example/",
        "https://play.itunes.apple.com@evil.example/",
        "/elsewhere",
        "http://[::1",
        "http://::",
        "http://a:b/",
        "",
    ],
)
async def test_a_redirect_never_takes_tokens_along(
    apple: AppleServer, upstream: Upstream, location: str
) -> None:
    apple.on("/x", answer(status=302, headers={"Location": location}))
    with pytest.raises(FailedPreconditionError) as caught:
        await upstream.transport.send(call(upstream))
    assert caught.value.reason is Reason.UPSTREAM_ADDRESS_REFUSED
    assert len(apple.asked) == 1


async def test_media_redirects_are_followed_within_the_allowed_and_not_for_ever(
    apple: AppleServer, upstream: Upstream
) -> None:
    apple.on("/a", answer(status=302, headers={"Location": "/b"}))
    apple.on("/b", answer("list", content_type="text/plain"))
    got = await upstream.transport.send(call(upstream, "/a", redirects=3))
    assert got.body == b"list"
    apple.on("/loop", answer(status=307, headers={"Location": "/loop"}))
    with pytest.raises(FailedPreconditionError):
        await upstream.transport.send(call(upstream, "/loop", redirects=3))
    assert apple.count("/loop") == 4
    apple.on("/out", answer(status=301, headers={"Location": "http://169.254.169.254/"}))
    with pytest.raises(FailedPreconditionError) as caught:
        await upstream.transport.send(call(upstream, "/out", redirects=3))
    assert caught.value.metadata == {"host": "169.254.169.254"}


async def test_cancellation_is_passed_on_and_frees_the_place(
    apple: AppleServer, upstream: Upstream
) -> None:
    arrived = asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        arrived.set()
        await asyncio.Event().wait()
        return web.Response()

    apple.on("/x", hang)
    task = asyncio.ensure_future(upstream.transport.send(call(upstream)))
    await arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert upstream.observer.done == [("catalog.songs", "cancelled")]


@pytest.mark.parametrize(
    "responder",
    [
        answer(status=429),
        answer(status=500, body=DEVELOPER_CANARY + USER_CANARY),
        answer(status=302, headers={"Location": f"https://{USER_CANARY}.example/"}),
        reset,
        cut_after(USER_CANARY.encode()),
    ],
)
async def test_no_token_is_ever_said(
    apple: AppleServer,
    upstream: Upstream,
    responder: Responder,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    apple.on("/x", responder)
    sent = call(upstream, body=USER_CANARY.encode())
    with pytest.raises(AppleMusicError) as caught:
        await upstream.transport.send(sent)
    told = f"{caught.value!r} {caught.value} {caught.value.metadata} {sent!r} {caplog.text}"
    assert caught.value.__cause__ is None
    assert "canary" not in told


class FailingSession:
    """A session whose requests fail in one way."""

    def __init__(self, error: Exception) -> None:
        self.error, self.tries = error, 0

    def request(self, *_: object, **__: object) -> "FailingSession":
        self.tries += 1
        return self

    async def __aenter__(self) -> None:
        raise self.error

    async def __aexit__(self, *_: object) -> None:
        """Nothing was opened."""


CERTIFICATE = aiohttp.ClientConnectorCertificateError(
    aiohttp.client_reqrep.ConnectionKey("a", 443, True, True, None, None, None),  # noqa: FBT003
    ssl.SSLCertVerificationError("canary"),
)


@pytest.mark.parametrize(
    ("error", "reason", "tries"),
    [
        (TimeoutError(), Reason.UPSTREAM_TIMEOUT, 2),
        (aiohttp.ServerTimeoutError("canary"), Reason.UPSTREAM_TIMEOUT, 2),
        (aiohttp.ServerDisconnectedError("canary"), Reason.UPSTREAM_UNAVAILABLE, 3),
        (CERTIFICATE, Reason.UPSTREAM_UNAVAILABLE, 1),
    ],
)
async def test_failures_before_an_answer(error: Exception, reason: Reason, tries: int) -> None:
    session, time = FailingSession(error), FakeTime()
    transport = Transport(
        cast("aiohttp.ClientSession", session), AddressPolicy(Endpoints()), sleep=time.sleep
    )
    with pytest.raises(UnavailableError) as caught:
        await transport.send(Call(Endpoint.TEST, "https://api.music.apple.com/v1/test"))
    assert caught.value.reason is reason
    assert session.tries == tries
    assert "canary" not in f"{caught.value}{caught.value.metadata}"


class SlowSession(FailingSession):
    """A session that fails when so many seconds of a fake time, or those allowed, have gone by."""

    def __init__(self, error: Exception, time: FakeTime, seconds: float) -> None:
        super().__init__(error)
        self._time, self._seconds = time, seconds
        self.allowed: list[float] = []

    def request(self, *_: object, **values: object) -> "FailingSession":
        total = cast("aiohttp.ClientTimeout", values["timeout"]).total
        assert total is not None
        self.allowed.append(total)
        self._time.seconds += min(total, self._seconds)
        return super().request()


@pytest.mark.parametrize(
    ("priority", "endpoint", "method", "longest", "allowed"),
    [
        (Priority.INTERACTIVE, Endpoint.CATALOG_SEARCH, "GET", 6, [6]),
        (Priority.INTERACTIVE, Endpoint.LIBRARY_SONGS, "GET", 20, [20]),
        (Priority.INTERACTIVE, Endpoint.ME_RATINGS, "PUT", 20, [20]),
        (Priority.PLAYBACK, Endpoint.WEB_PLAYBACK, "POST", 12, [10, 1.5]),
        (Priority.PREPARE, Endpoint.WEB_PLAYBACK, "POST", 30, [10, 10]),
        (Priority.BACKGROUND, Endpoint.LIBRARY_SONGS, "GET", 130, [60, 60]),
    ],
)
async def test_an_apple_that_never_answers_is_waited_for_no_longer_than_a_person_would(
    priority: Priority, endpoint: Endpoint, method: str, longest: float, allowed: list[float]
) -> None:
    time = FakeTime()
    session = SlowSession(TimeoutError(), time, 1e9)
    with pytest.raises(UnavailableError) as caught:
        await transport_on(session, time).send(
            Call(endpoint, "https://api.music.apple.com/v1", method=method, priority=priority)
        )
    assert caught.value.reason is Reason.UPSTREAM_TIMEOUT
    assert session.allowed == allowed
    assert time.seconds <= longest


async def test_an_apple_that_cannot_be_reached_is_given_up_in_time() -> None:
    time = FakeTime()
    session = SlowSession(aiohttp.ConnectionTimeoutError("canary"), time, 2.5)
    with pytest.raises(UnavailableError):
        await transport_on(session, time).send(
            Call(Endpoint.CATALOG_SONGS, "https://api.music.apple.com/v1")
        )
    assert session.allowed == [6, 3.0]
    assert time.seconds <= 6


async def test_slow_500s_are_not_tried_again_beyond_a_person_s_patience() -> None:
    time = FakeTime()
    session = SlowSession(aiohttp.ServerDisconnectedError("canary"), time, 2.4)
    with pytest.raises(UnavailableError):
        await transport_on(session, time).send(
            Call(Endpoint.CATALOG_SONGS, "https://api.music.apple.com/v1")
        )
    assert session.tries == 2
    assert time.seconds <= 6


def transport_on(session: FailingSession, time: FakeTime) -> Transport:
    return Transport(
        cast("aiohttp.ClientSession", session),
        AddressPolicy(Endpoints()),
        sleep=time.sleep,
        clock=time.monotonic,
        random=lambda: 0.0,
    )
