"""Byte ranges of Apple's media files, over the process's one warm session."""

import asyncio
import re
import time
from collections.abc import Callable
from typing import Any

import aiohttp
from yarl import URL

from applemusic_server.domain.errors import (
    AppleMusicError,
    OutOfRangeError,
    Reason,
    UnavailableError,
)
from applemusic_server.domain.observers import SilentUpstreamObserver, UpstreamObserver
from applemusic_server.domain.tracing import SilentTracer, Tracer
from applemusic_server.upstream.addresses import AddressPolicy, Purpose, redirect_target, refused
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.failures import invalid_answer, refusal, timed_out, unavailable
from applemusic_server.upstream.request_span import note_status, request_span
from applemusic_server.upstream.statuses import MOST_REDIRECTS, PASSING, REDIRECTS

_CONNECT_SECONDS = 3.0
# To the head of an answer, the connection included: a second request is usually faster than the
# rest of a wait that is longer than this. A body may pause for longer.
_HEAD_SECONDS = 5.0
# Not `sock_read`: its timer can go on after the end of a body, in the pool, and then breaks the
# next request on that connection.
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS)
_SILENT_SECONDS = 10.0
# Of one answer in this process's memory: two seconds of audio, and up to as much again.
_READ_BYTES = 64 * 1024
_BUFFER_BYTES = 32 * 1024
_WHOLE, _PART, _BEYOND = 200, 206, 416
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15}|\*)")
_BEYOND_RANGE = re.compile(r"bytes \*/([0-9]{1,15})")


class AppleMediaSource:
    """Opens ranges of files; implements `ByteSource`. Sends no token.

    Requests are not queued: streams are few and bounded elsewhere, and each waits for the next.

    Args:
        session: The process's one session.
        addresses: Where requests may go.
        observer: Is told about each request, up to the head of its answer.
        tracer: Makes a span of each request, up to the head of its answer.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        addresses: AddressPolicy,
        *,
        observer: UpstreamObserver | None = None,
        tracer: Tracer | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._addresses = addresses
        self._observer: UpstreamObserver = observer or SilentUpstreamObserver()
        self._tracer: Tracer = tracer or SilentTracer()
        self._clock = clock

    async def open_range(
        self, url: str, start: int, end: int | None, *, validator: str | None = None
    ) -> "MediaResponse":
        """Ask for the bytes `start <= i < end` and return at the head of the answer.

        Raises:
            UnavailableError: No answer, or a status that passes: ask again.
            OutOfRangeError: OFFSET_OUT_OF_RANGE, the file ends at or before `start`.
            FailedPreconditionError: UPSTREAM_ADDRESS_REFUSED, or UPSTREAM_REFUSED.
            InternalError: UPSTREAM_RESPONSE_INVALID.
        """
        headers = {
            "Accept-Encoding": "identity",
            "Range": f"bytes={start}-{'' if end is None else end - 1}",
            **({"If-Range": validator} if validator else {}),
        }
        begun, status = self._clock(), "cancelled"
        try:
            address = self._addresses.check(url, Purpose.MEDIA)
            with request_span(self._tracer, "GET", Endpoint.MEDIA, address) as span:
                response = await self._request(address, headers)
                status = str(response.status)
                note_status(span, status)
        except UnavailableError as error:
            status = "timeout" if error.reason is Reason.UPSTREAM_TIMEOUT else "connection"
            raise
        except AppleMusicError:
            status = "refused"
            raise
        finally:
            self._observer.on_request(Endpoint.MEDIA, status, self._clock() - begun)
        try:
            return _opened(response)
        except BaseException:
            response.close()
            raise

    async def _request(self, url: URL, headers: dict[str, str]) -> aiohttp.ClientResponse:
        try:
            for _ in range(MOST_REDIRECTS + 1):
                async with asyncio.timeout(_HEAD_SECONDS):
                    response = await self._session.get(
                        url,
                        headers=headers,
                        allow_redirects=False,
                        timeout=_TIMEOUT,
                        read_bufsize=_BUFFER_BYTES,
                    )
                _read_little_at_once(response)
                if response.status not in REDIRECTS:
                    return response
                response.close()
                target, _ = redirect_target(url, response.headers.get("Location", ""))
                url = self._addresses.check(target, Purpose.MEDIA)
        except TimeoutError:
            raise timed_out(Endpoint.MEDIA) from None
        except aiohttp.ClientError:
            # From None: the text can hold the URL, and with it a signature.
            raise unavailable(Endpoint.MEDIA, "connection") from None
        raise refused(url.raw_host or "")


class MediaResponse:
    """One open answer; implements `RangeResponse`. Whoever opened it must `aclose` it."""

    def __init__(
        self,
        response: aiohttp.ClientResponse,
        *,
        start: int,
        end: int | None,
        total: int | None,
    ) -> None:
        self._response = response
        self._start = start
        self._end = end
        self._total = total

    @property
    def start(self) -> int:
        """Offset in the file of the first byte of the body."""
        return self._start

    @property
    def end(self) -> int | None:
        """Offset after the last byte that was promised."""
        return self._end

    @property
    def total(self) -> int | None:
        """Size of the whole file in bytes."""
        return self._total

    @property
    def validator(self) -> str | None:
        """The strong ETag, else the time of the last change."""
        tag = self._response.headers.get("ETag", "")
        return tag if tag.startswith('"') else self._response.headers.get("Last-Modified")

    async def read(self) -> bytes:
        """Return the next piece of the body; empty at its end.

        Raises:
            UnavailableError: The connection broke or fell silent.
        """
        content = self._response.content
        try:
            # What is there needs no watch that somebody sets and stops.
            if data := content.read_nowait():
                return data
            async with asyncio.timeout(_SILENT_SECONDS):
                return await content.readany()
        except TimeoutError:
            raise timed_out(Endpoint.MEDIA) from None
        except aiohttp.ClientError:
            raise unavailable(Endpoint.MEDIA, "cut") from None

    async def aclose(self) -> None:
        """Give the connection back if the body was read to its end, else close it."""
        if self._response.content.at_eof():
            self._response.release()
        else:
            self._response.close()


def _read_little_at_once(response: aiohttp.ClientResponse) -> None:
    """Leave what is not needed yet with the kernel, where it costs this process nothing.

    asyncio reads 256 KiB at a time, and each paced stream would hold as much for minutes. Other
    event loops have no such setting.
    """
    transport: Any = response.connection and response.connection.transport
    if hasattr(transport, "max_size"):
        transport.max_size = _READ_BYTES


def _opened(response: aiohttp.ClientResponse) -> MediaResponse:
    """Understand the head of an answer; raises as `AppleMediaSource.open_range`."""
    status = response.status
    if status in PASSING:
        raise unavailable(Endpoint.MEDIA, str(status))
    if status == _BEYOND:
        match = _BEYOND_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        raise OutOfRangeError(
            Reason.OFFSET_OUT_OF_RANGE,
            "the file ends before the range that was asked for",
            metadata={"total": match[1]} if match else {},
        )
    if status not in (_WHOLE, _PART):
        raise refusal(Endpoint.MEDIA, status, "")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise invalid_answer(Endpoint.MEDIA, "it is compressed, though nobody asked for that")
    if status == _WHOLE:
        size = response.content_length
        if size == 0:
            # No file of audio is empty: a file server in trouble answers so, for a moment.
            raise unavailable(Endpoint.MEDIA, "empty")
        return MediaResponse(response, start=0, end=size, total=size)
    match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if match is None or int(match[2]) < int(match[1]):
        raise invalid_answer(Endpoint.MEDIA, "it does not say which bytes it holds")
    total = None if match[3] == "*" else int(match[3])
    return MediaResponse(response, start=int(match[1]), end=int(match[2]) + 1, total=total)
