"""Playlists and segments of broadcasts, over the process's one session."""

import asyncio
import time
from collections.abc import Callable

import aiohttp
from yarl import URL

from applemusic_server.domain.errors import AppleMusicError, NotFoundError, Reason
from applemusic_server.domain.live import PlaylistText
from applemusic_server.domain.observers import SilentUpstreamObserver, UpstreamObserver
from applemusic_server.domain.tracing import SilentTracer, Tracer
from applemusic_server.upstream.addresses import AddressPolicy, Purpose, redirect_target, refused
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.failures import invalid_answer, refusal, timed_out, unavailable
from applemusic_server.upstream.request_span import note_status, request_span
from applemusic_server.upstream.statuses import MOST_REDIRECTS, PASSING, REDIRECTS

_CONNECT_SECONDS = 5.0
# Of a whole answer. A segment that takes longer than it plays is of no use.
_TOTAL_SECONDS = 10.0
_MOST_PLAYLIST_BYTES = 1024 * 1024
# Half a minute at 320 kbit/s is 1.2 MB.
_MOST_SEGMENT_BYTES = 4 * 1024 * 1024
_MISSING = frozenset({404, 410})
_WHOLE, _PART = 200, 206
_PLAYLIST_HEAD, _BYTE_ORDER_MARK = b"#EXTM3U", b"\xef\xbb\xbf"


class BroadcastSource:
    """Fetches what a broadcast is made of; implements `LiveSource`. Sends no token.

    Requests are not queued and do not count for the rate that Apple allows: broadcasts come from
    file servers, and each stream waits for its next segment.

    Args:
        session: The process's one session.
        addresses: Where requests may go.
        observer: Is told about each request.
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

    async def playlist(self, url: str) -> PlaylistText:
        """Return a playlist of at most 1 MiB; raises as `LiveSource.playlist`."""
        body, found = await self._get(Endpoint.LIVE_PLAYLIST, url, None, _MOST_PLAYLIST_BYTES)
        try:
            return PlaylistText(body.decode(), str(found))
        except UnicodeDecodeError:
            raise invalid_answer(Endpoint.LIVE_PLAYLIST, "it is not UTF-8") from None

    async def segment(self, url: str, byte_range: tuple[int, int] | None) -> bytes:
        """Return a segment of at most 4 MiB, whole; raises as `LiveSource.segment`."""
        body, _ = await self._get(Endpoint.LIVE_SEGMENT, url, byte_range, _MOST_SEGMENT_BYTES)
        return body

    async def _get(
        self, endpoint: Endpoint, url: str, byte_range: tuple[int, int] | None, most: int
    ) -> tuple[bytes, URL]:
        begun, status = self._clock(), "cancelled"
        try:
            address = self._addresses.check(url, Purpose.LIVE)
            with request_span(self._tracer, "GET", endpoint, address) as span:
                async with asyncio.timeout(_TOTAL_SECONDS):
                    code, body, found = await self._exchange(endpoint, address, byte_range, most)
                status = str(code)
                note_status(span, status)
        except TimeoutError:
            status = "timeout"
            raise timed_out(endpoint) from None
        except aiohttp.ClientError:
            # From None: the text can hold the URL, and with it a signature.
            status = "connection"
            raise unavailable(endpoint, status) from None
        except AppleMusicError:
            status = "refused"
            raise
        finally:
            self._observer.on_request(endpoint, status, self._clock() - begun)
        _check_status(endpoint, code)
        if byte_range and code == _WHOLE:
            body = body[slice(*byte_range)]
        if not body or (byte_range and len(body) != byte_range[1] - byte_range[0]):
            raise unavailable(endpoint, "empty" if not body else "cut")
        return body, found

    async def _exchange(
        self, endpoint: Endpoint, url: URL, byte_range: tuple[int, int] | None, most: int
    ) -> tuple[int, bytes, URL]:
        headers = {"Accept-Encoding": "gzip" if endpoint is Endpoint.LIVE_PLAYLIST else "identity"}
        if byte_range:
            headers["Range"] = f"bytes={byte_range[0]}-{byte_range[1] - 1}"
        for _ in range(MOST_REDIRECTS + 1):
            async with self._session.get(
                url,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
            ) as response:
                if response.status not in REDIRECTS:
                    body = await _read(response, endpoint, most)
                    return response.status, body, url
                target, _ = redirect_target(url, response.headers.get("Location", ""))
            url = self._addresses.check(target, Purpose.LIVE)
        raise refused(url.raw_host or "")


async def _read(response: aiohttp.ClientResponse, endpoint: Endpoint, most: int) -> bytes:
    """Read the body piece by piece: a stream of radio without end would fill the memory."""
    body = bytearray()
    if response.status not in (_WHOLE, _PART):
        return b""
    async for piece in response.content.iter_any():
        body += piece
        if endpoint is Endpoint.LIVE_PLAYLIST and not _begins_as_playlist(body):
            raise invalid_answer(endpoint, "it is no HLS playlist")
        if len(body) > most:
            raise invalid_answer(endpoint, f"it is larger than {most} bytes")
    return bytes(body)


def _begins_as_playlist(body: bytearray) -> bool:
    """Whether it may be one, as far as it has come: a radio stream that is not HLS never ends."""
    begins = bytes(body[: len(_PLAYLIST_HEAD) + len(_BYTE_ORDER_MARK)])
    return any(
        begins.startswith(head[: len(begins)])
        for head in (_PLAYLIST_HEAD, _BYTE_ORDER_MARK + _PLAYLIST_HEAD)
    )


def _check_status(endpoint: Endpoint, status: int) -> None:
    """Return if there is a body; raises as `LiveSource.playlist`."""
    if status in PASSING:
        raise unavailable(endpoint, str(status))
    if status in _MISSING:
        raise NotFoundError(
            Reason.RESOURCE_NOT_FOUND,
            f"the broadcaster's file server does not have what {endpoint} asks for",
            metadata={"endpoint": endpoint},
        )
    if status not in (_WHOLE, _PART):
        raise refusal(endpoint, status, "")
