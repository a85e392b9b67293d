"""The one way out to Apple: checked addresses, turns, further tries, bounded answers."""

import asyncio
import email.utils
import math
import random
import re
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import aiohttp
from yarl import URL

from applemusic_server.domain.errors import AppleMusicError
from applemusic_server.domain.observers import SilentUpstreamObserver, UpstreamObserver
from applemusic_server.domain.tracing import SilentTracer, Tracer
from applemusic_server.upstream.addresses import AddressPolicy, Purpose, redirect_target, refused
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.failures import invalid_answer, throttled, timed_out, unavailable
from applemusic_server.upstream.pacer import NoPacer, Pacer
from applemusic_server.upstream.priority_gate import Priority, PriorityGate
from applemusic_server.upstream.request_span import note_status, request_span
from applemusic_server.upstream.retry import RetryPolicy, Trouble
from applemusic_server.upstream.statuses import REDIRECTS

MOST_BODY_BYTES = 8 * 1024 * 1024
_TOO_MANY_REQUESTS = 429
PASSING_STATUSES = frozenset({500, 502, 503, 504})
_SECONDS = re.compile(r"[0-9]{1,6}")

# In all, in seconds, waits between tries included and the queue before them not: what somebody
# waits for who wants to see something, or to hear something.
_PATIENCE = {
    Priority.PLAYBACK: 12.0,
    Priority.PREPARE: 30.0,
    Priority.INTERACTIVE: 6.0,
    Priority.BACKGROUND: math.inf,
}
# Per attempt, in seconds.
_TOTAL_SECONDS = {
    Priority.PLAYBACK: 10.0,
    Priority.PREPARE: 10.0,
    Priority.INTERACTIVE: 6.0,
    Priority.BACKGROUND: 60.0,
}
# Slow pages of a library take long (observed), and a write that is given up is in doubt: these get
# so long for their first attempt, whoever waits.
_SLOW_SECONDS = 20.0
_SLOW_PREFIX = "library."
_CONNECT_SECONDS = {Priority.INTERACTIVE: 2.5}
_USUAL_CONNECT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What Apple answered; `status` is none of those that were tried again.

    Attributes:
        date: Apple's clock as it came; empty where it was not told. Not read before somebody wants
            to know: that takes longer than many a call.
    """

    status: int
    content_type: str
    body: bytes = field(repr=False)
    retry_after: float | None = None
    date: str = ""

    @property
    def time(self) -> datetime | None:
        """Apple's clock, in UTC, where it was told."""
        return _moment(self.date)


@dataclass(frozen=True, slots=True)
class Call:
    """One request to Apple.

    Headers, body and URL are not shown: they hold tokens and signatures.

    Attributes:
        repeatable: Sending it twice does no harm. Others are sent again only after a 429, which
            says that nothing was done.
        passing_statuses: Statuses that are tried again besides 429.
        settled_by: Tells that an answer with one of those statuses is final all the same.
        redirects: How many redirects to follow; only for requests without tokens.
    """

    endpoint: Endpoint
    url: str = field(repr=False)
    method: str = "GET"
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    purpose: Purpose = Purpose.TOKENS
    priority: Priority = Priority.INTERACTIVE
    repeatable: bool = True
    passing_statuses: frozenset[int] = PASSING_STATUSES
    settled_by: Callable[[Answer], bool] = lambda _: False
    most_bytes: int = MOST_BODY_BYTES
    redirects: int = 0


class Transport:
    """Sends requests to Apple.

    Args:
        session: The process's one session; see `upstream.session.open_session`.
        addresses: Where requests may go.
        gate: Who goes first.
        retry: When to try again.
        pacer: Limits the rate.
        observer: Is told about each attempt.
        tracer: Makes a span of each attempt.
        sleep: Waits, in seconds.
        clock: Monotonic seconds.
        random: A number from 0 to 1, for jitter.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        addresses: AddressPolicy,
        *,
        gate: PriorityGate | None = None,
        retry: RetryPolicy | None = None,
        pacer: Pacer | None = None,
        observer: UpstreamObserver | None = None,
        tracer: Tracer | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = random.random,
    ) -> None:
        self._session = session
        self._addresses = addresses
        self._gate = gate or PriorityGate()
        self._retry = retry or RetryPolicy()
        self._pacer: Pacer = pacer or NoPacer()
        self._observer: UpstreamObserver = observer or SilentUpstreamObserver()
        self._tracer: Tracer = tracer or SilentTracer()
        self._sleep = sleep
        self._clock = clock
        self._random = random

    async def send(self, call: Call) -> Answer:
        """Send a request and return the answer, whatever its status.

        Statuses 429, 500, 502, 503 and 504, broken connections, cut bodies and timeouts are tried
        again where `call` allows it, for as long as somebody waits for a call of its priority; what
        remains of them is raised.

        Raises:
            UnavailableError: UPSTREAM_UNAVAILABLE or UPSTREAM_TIMEOUT.
            ResourceExhaustedError: UPSTREAM_THROTTLED.
            FailedPreconditionError: UPSTREAM_ADDRESS_REFUSED.
            InternalError: UPSTREAM_RESPONSE_INVALID, the body is larger than allowed.
        """
        url = self._addresses.check(call.url, call.purpose)
        effort = _Effort(_PATIENCE[call.priority])
        while True:
            outcome = await self._try(call, url, effort)
            trouble = _trouble_of(call, outcome)
            if trouble is None and isinstance(outcome, Answer):
                self._pacer.succeeded()
                return outcome
            await self._wait_or_raise(call, outcome, trouble or Trouble.CONNECTION, effort)

    async def _wait_or_raise(
        self, call: Call, outcome: Answer | Trouble, trouble: Trouble, effort: "_Effort"
    ) -> None:
        if trouble is Trouble.THROTTLED:
            self._pacer.throttled()
            self._observer.on_throttled(call.priority.name.lower())
        retry_after = outcome.retry_after if isinstance(outcome, Answer) else None
        patient = call.priority is Priority.BACKGROUND
        wait = self._retry.wait(trouble, effort.tries, retry_after, self._random, patient=patient)
        may_repeat = call.repeatable or trouble is Trouble.THROTTLED
        if wait is None or not may_repeat or wait >= effort.seconds_left:
            raise _final_error(call.endpoint, outcome, trouble)
        self._observer.on_retry(call.endpoint, wait)
        effort.seconds_left -= wait
        await self._sleep(wait)

    async def _try(self, call: Call, url: URL, effort: "_Effort") -> Answer | Trouble:
        queued = self._clock()
        async with self._gate.admit(call.priority):
            await self._pacer.pace(call.priority)
            begun = self._clock()
            self._observer.on_queued(call.priority.name.lower(), begun - queued)
            status = "cancelled"
            try:
                with request_span(
                    self._tracer, call.method, call.endpoint, url, effort.tries
                ) as span:
                    outcome = await self._exchange(call, url, effort.timeout(call))
                    status = str(outcome.status) if isinstance(outcome, Answer) else outcome.value
                    note_status(span, status)
            except AppleMusicError:
                status = "refused"
                raise
            finally:
                seconds = self._clock() - begun
                self._observer.on_request(call.endpoint, status, seconds)
        effort.tries += 1
        effort.seconds_left -= seconds
        return outcome

    async def _exchange(
        self, call: Call, url: URL, limits: aiohttp.ClientTimeout
    ) -> Answer | Trouble:
        try:
            for _ in range(call.redirects + 1):
                async with self._session.request(
                    call.method,
                    url.update_query(call.params) if call.params else url,
                    headers={"Accept-Encoding": "gzip, deflate", **call.headers},
                    data=call.body,
                    allow_redirects=False,
                    timeout=limits,
                ) as response:
                    if response.status not in REDIRECTS:
                        return await _read(response, call)
                    target, host = redirect_target(url, response.headers.get("Location", ""))
                    if call.redirects == 0:
                        raise refused(host)
                    url = self._addresses.check(target, call.purpose)
            raise refused(url.raw_host or "")
        except TimeoutError:
            return Trouble.TIMEOUT
        except (ssl.CertificateError, aiohttp.ClientSSLError):
            raise unavailable(call.endpoint, "certificate") from None
        except aiohttp.ClientError:
            # From None: the text of a client error can hold the URL, and with it a signature.
            return Trouble.CONNECTION


@dataclass(slots=True)
class _Effort:
    """What a call has cost so far.

    Attributes:
        seconds_left: Until nobody waits for it any more.
        tries: How many there were.
    """

    seconds_left: float
    tries: int = 0

    def timeout(self, call: Call) -> aiohttp.ClientTimeout:
        """How long the next attempt may take."""
        total = _TOTAL_SECONDS[call.priority]
        if self.tries:
            total = min(total, self.seconds_left)
        elif call.priority is Priority.INTERACTIVE and _may_be_slow(call):
            total = _SLOW_SECONDS
        connect = _CONNECT_SECONDS.get(call.priority, _USUAL_CONNECT_SECONDS)
        return aiohttp.ClientTimeout(total=total, sock_connect=connect)


def _may_be_slow(call: Call) -> bool:
    return call.method != "GET" or call.endpoint.startswith(_SLOW_PREFIX)


async def _read(response: aiohttp.ClientResponse, call: Call) -> Answer:
    """Read the body piece by piece: `response.read()` would inflate a gzip bomb in memory."""
    content, body = response.content, bytearray()
    while not content.at_eof():
        body += await content.readany()
        if len(body) > call.most_bytes:
            raise invalid_answer(call.endpoint, f"it is larger than {call.most_bytes} bytes")
    return Answer(
        status=response.status,
        content_type=response.content_type if "Content-Type" in response.headers else "",
        body=bytes(body),
        retry_after=_seconds(response.headers.get("Retry-After", "")),
        date=response.headers.get("Date", ""),
    )


def _seconds(text: str) -> float | None:
    """Read a Retry-After in seconds; one that is a date is as good as none."""
    return float(text) if _SECONDS.fullmatch(text.strip()) else None


def _moment(text: str) -> datetime | None:
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _trouble_of(call: Call, outcome: Answer | Trouble) -> Trouble | None:
    if isinstance(outcome, Trouble):
        return outcome
    if outcome.status == _TOO_MANY_REQUESTS:
        return Trouble.THROTTLED
    if outcome.status not in call.passing_statuses or call.settled_by(outcome):
        return None
    return Trouble.SERVER


def _final_error(
    endpoint: Endpoint, outcome: Answer | Trouble, trouble: Trouble
) -> AppleMusicError:
    if trouble is Trouble.TIMEOUT:
        return timed_out(endpoint)
    if isinstance(outcome, Trouble):
        return unavailable(endpoint, outcome.value)
    if trouble is Trouble.THROTTLED:
        return throttled(endpoint, outcome.retry_after)
    return unavailable(endpoint, str(outcome.status))
