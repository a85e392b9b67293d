"""A small web server that answers as it is told, badly if need be, and remembers what was asked."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self

import aiohttp
import jwt
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from applemusic_server.domain.gateways import DeveloperToken, Listener
from applemusic_server.domain.secret import Secret
from applemusic_server.domain.token_file import TokenFileFault
from applemusic_server.upstream.addresses import AddressPolicy
from applemusic_server.upstream.api_client import ApiClient
from applemusic_server.upstream.endpoints import Endpoints
from applemusic_server.upstream.playback import ApplePlayback
from applemusic_server.upstream.session import open_session
from applemusic_server.upstream.token_check import DeveloperTokenCheck
from applemusic_server.upstream.transport import Transport

DEVELOPER_CANARY = "canary-developer-token"
USER_CANARY = "canary-music-user-token-000000000000=="
Responder = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Asked:
    """One request that arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class AppleServer:
    """Answers each path with its responders in turn; the last one stays."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._responders: dict[str, list[Responder]] = {}
        self._runner: web.AppRunner | None = None
        self.url = ""

    def on(self, path: str, *responders: Responder) -> None:
        self._responders[path] = list(responders)

    def count(self, path: str) -> int:
        return sum(1 for each in self.asked if each.path == path)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.asked.append(
            Asked(request.method, request.path, dict(request.query), dict(request.headers), body)
        )
        responders = self._responders.get(request.path)
        if not responders:
            return web.Response(status=404)
        responder = responders.pop(0) if len(responders) > 1 else responders[0]
        return await responder(request)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()


def answer(
    body: bytes | str | object = b"",
    *,
    status: int = 200,
    content_type: str = "application/json",
    headers: dict[str, str] | None = None,
) -> Responder:
    """A responder with a fixed answer; what is neither bytes nor text is sent as JSON."""
    raw = body if isinstance(body, bytes) else body if isinstance(body, str) else json.dumps(body)
    data = raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass")

    async def respond(_: web.Request) -> web.StreamResponse:
        all_headers = {
            **({"Content-Type": content_type} if content_type else {}),
            **(headers or {}),
        }
        return web.Response(status=status, body=data, headers=all_headers)

    return respond


def fault(status: int, code: str = "", parameter: str = "") -> Responder:
    """A responder with Apple's error envelope."""
    error = {
        "id": "0" * 32,
        "title": DEVELOPER_CANARY,
        "detail": USER_CANARY,
        "status": str(status),
    }
    if code:
        error["code"] = code
    source = {"source": {"parameter": parameter}} if parameter else {}
    return answer({"errors": [{**error, **source}]}, status=status)


async def reset(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


@dataclass
class FakeTime:
    """Waits that take no time."""

    waits: list[float] = field(default_factory=list)
    seconds: float = 0.0
    now: datetime = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds

    def monotonic(self) -> float:
        return self.seconds

    def utc(self) -> datetime:
        return self.now


class FixedToken:
    """A developer token source whose token is what a test says."""

    def __init__(self, value: str = DEVELOPER_CANARY) -> None:
        self.value = value

    def current(self, account_id: str = "") -> DeveloperToken:
        del account_id
        return DeveloperToken(
            Secret(self.value), datetime(2027, 1, 1, tzinfo=UTC), team_id="TEAM000001"
        )

    def file_faults(self) -> Mapping[str, TokenFileFault]:
        return {}


@dataclass
class Requests:
    """An upstream observer that keeps what it hears."""

    done: list[tuple[str, str]] = field(default_factory=list)
    retried: list[tuple[str, float]] = field(default_factory=list)
    throttled: list[str] = field(default_factory=list)

    def on_request(self, endpoint: str, status: str, seconds: float) -> None:
        assert seconds >= 0
        self.done.append((endpoint, status))

    def on_retry(self, endpoint: str, seconds: float) -> None:
        self.retried.append((endpoint, seconds))

    def on_queued(self, priority: str, seconds: float) -> None:
        assert priority in {"playback", "interactive", "background"}
        assert seconds >= 0

    def on_throttled(self, priority: str) -> None:
        self.throttled.append(priority)


@dataclass
class Upstream:
    """Everything between a test and a server, with waits that take no time."""

    session: aiohttp.ClientSession
    endpoints: Endpoints
    addresses: AddressPolicy
    transport: Transport
    api: ApiClient
    check: DeveloperTokenCheck
    playback: ApplePlayback
    time: FakeTime
    observer: Requests
    token: FixedToken
    listener: Listener = field(default_factory=lambda: Listener("anna", Secret(USER_CANARY), "us"))


def open_upstream(endpoints: Endpoints, token: FixedToken | None = None) -> Upstream:
    """Build the upstream parts; the caller closes `session`."""
    session = open_session(endpoints)
    time, observer, source = FakeTime(), Requests(), token or FixedToken()
    addresses = AddressPolicy(endpoints)
    transport = Transport(
        session, addresses, observer=observer, sleep=time.sleep, random=lambda: 0.0
    )
    check = DeveloperTokenCheck(transport, endpoints, clock=time.monotonic)
    return Upstream(
        session=session,
        endpoints=endpoints,
        addresses=addresses,
        transport=transport,
        api=ApiClient(transport, endpoints, source, check),
        check=check,
        playback=ApplePlayback(transport, endpoints, source, check),
        time=time,
        observer=observer,
        token=source,
    )


def endpoints_at(url: str) -> Endpoints:
    """All of Apple's hosts at one address."""
    return Endpoints(
        api=url,
        amp_api=url,
        play=url,
        play_music=url,
        cdn=url,
        previews=url,
        uploads=url,
        artwork=url,
        musickit=url,
    )


def make_p8() -> str:
    """A fresh MusicKit key."""
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


def make_jwt(
    now: datetime,
    *,
    life: timedelta = timedelta(days=180),
    algorithm: str = "ES256",
    claims: dict[str, object] | None = None,
    headers: dict[str, object] | None = None,
) -> str:
    """A developer token; `claims` replaces all of its claims."""
    key = make_p8() if algorithm == "ES256" else "0" * 64
    usual: dict[str, object] = {
        "iss": "TEAM000001",
        "iat": int(now.timestamp()),
        "exp": int((now + life).timestamp()),
    }
    return jwt.encode(
        usual if claims is None else claims,
        key,
        algorithm=algorithm,
        headers={"kid": "KEY0000001"} if headers is None else headers,
    )
