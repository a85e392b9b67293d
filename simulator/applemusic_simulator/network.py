"""The road between client and simulator: latency, bandwidth, generic faults and the request log.

Handlers are registered with `add_endpoint`, return a plain `web.Response` with its whole body, and
raise `AppleError` to refuse. All that `Conditions` asks for is then done here, the same for every
endpoint. Kinds handled here: `status`, `html`, `empty`, `reset`, `hang`, `cut`. A handler with
kinds of its own takes them with `conditions.take(endpoint, subject, kinds={...})`.
"""

import asyncio
import struct
from collections.abc import Awaitable, Callable
from socket import SO_LINGER, SOL_SOCKET

from aiohttp import web

from applemusic_simulator.conditions import Conditions, Fault
from applemusic_simulator.errors import AppleError, of_status
from applemusic_simulator.request_log import RequestLog

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Sleep = Callable[[float], Awaitable[None]]

GENERIC_KINDS = frozenset({"status", "html", "empty", "reset", "hang", "cut"})
_CHUNK_SECONDS = 0.05
_ENDPOINTS = web.AppKey("endpoints", dict[web.AbstractRoute, str])


def add_endpoint(
    app: web.Application, endpoint: str, method: str, path: str, handler: Handler
) -> None:
    """Serve `path` under the conditions set for `endpoint`.

    Args:
        app: Made by `create_app`.
        endpoint: `api`, `webPlayback`, `playlist`, `license`, `cdn`, `artwork`, ...
        method: HTTP method; `GET` answers HEAD too, `*` answers all.
        path: Begins with the host's prefix, e.g. `/api.music.apple.com/v1/test`.
        handler: Asked after the conditions let the request through.
    """
    if method == "GET":
        routes = [app.router.add_get(path, handler, allow_head=True)]
        routes += [route for route in routes[0].resource or () if route is not routes[0]]
    else:
        routes = [app.router.add_route(method, path, handler)]
    app[_ENDPOINTS].update(dict.fromkeys(routes, endpoint))


def endpoint_names(app: web.Application) -> frozenset[str]:
    """All names that conditions can be set for, without `*`."""
    return frozenset(app[_ENDPOINTS].values())


class Network:
    """Applies the conditions to every endpoint; paths added otherwise (control) are left alone.

    Args:
        conditions: Read anew for every request.
        log: Where requests are noted.
        clock: Monotonic seconds, for what is left of the latency after the work is done.
        sleep: Waits; a test passes one that only notes.
    """

    def __init__(
        self, conditions: Conditions, log: RequestLog, clock: Callable[[], float], sleep: Sleep
    ) -> None:
        self._conditions = conditions
        self._log = log
        self._clock = clock
        self._sleep = sleep
        self._closing = asyncio.Event()

    def attach(self, app: web.Application) -> None:
        """Take charge of an application's endpoints; call before any is added."""
        app[_ENDPOINTS] = {}

        @web.middleware
        async def travel(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._travel(request, handler)

        app.middlewares.append(travel)
        app.on_shutdown.append(self._close)

    async def _close(self, _app: web.Application) -> None:
        self._closing.set()

    async def _travel(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        endpoint = request.app[_ENDPOINTS].get(request.match_info.route)
        if endpoint is None:
            return await _guarded(request, handler)
        entry = self._log.start(
            endpoint=endpoint,
            method=request.method,
            path=request.path,
            query=request.query_string,
            range_header=request.headers.get("Range", ""),
        )
        status: int | None = None
        try:
            response = await self._answer(request, handler, endpoint)
            status = response.status
        finally:
            self._log.finish(entry, status)
        return response

    async def _answer(
        self, request: web.Request, handler: Handler, endpoint: str
    ) -> web.StreamResponse:
        started = self._clock()
        fault = self._conditions.take(endpoint, await _subject(request), kinds=GENERIC_KINDS)
        replaces_answer = fault is not None and fault.kind != "cut"
        response = (
            _faulty_response(fault)
            if fault is not None and replaces_answer
            else await _guarded(request, handler)
        )
        depth = self._conditions.depth_seconds(request.query.get("offset", ""))
        left = self._conditions.latency_seconds(endpoint) + depth - (self._clock() - started)
        if left > 0:
            await self._sleep(left)
        if fault is not None and fault.kind == "hang":
            await self._closing.wait()
        if fault is not None and fault.kind in ("hang", "reset"):
            _reset(request)
            return response
        cut_after = fault.after_bytes if fault is not None and fault.kind == "cut" else None
        rate = self._conditions.bytes_per_second(endpoint)
        if isinstance(response, web.Response) and (rate is not None or cut_after is not None):
            return await self._send_slowly(request, response, rate, cut_after)
        return response

    async def _send_slowly(
        self, request: web.Request, whole: web.Response, rate: float | None, cut_after: int | None
    ) -> web.StreamResponse:
        body = whole.body if isinstance(whole.body, bytes | bytearray) else b""
        out = web.StreamResponse(status=whole.status, headers=whole.headers)
        out.content_length = len(body)
        await out.prepare(request)
        if request.method == "HEAD":
            return out
        end = len(body) if cut_after is None else min(cut_after, len(body))
        step = end if rate is None else max(1, int(rate * _CHUNK_SECONDS))
        for offset in range(0, end, max(1, step)):
            chunk = bytes(body[offset : min(offset + step, end)])
            await out.write(chunk)
            if rate is not None:
                await self._sleep(len(chunk) / rate)
        if cut_after is not None and request.transport is not None:
            # FIN after the promised length was not reached: what a proxy that gives up looks like.
            request.transport.close()
        return out


async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except AppleError as error:
        return error.response()


async def _subject(request: web.Request) -> str:
    """Path, query and body: the song id of a playback request stands in its body."""
    if not request.can_read_body:
        return request.path_qs
    return f"{request.path_qs} {(await request.read()).decode(errors='replace')}"


def _faulty_response(fault: Fault) -> web.Response:
    if fault.kind == "status":
        return of_status(fault.status, fault.code).response()
    if fault.kind == "html":
        page = f"<html><body><h1>{fault.status}</h1></body></html>"
        return web.Response(status=fault.status, text=page, content_type="text/html")
    return web.Response()


def _reset(request: web.Request) -> None:
    """Close the connection with RST instead of FIN, so that the peer sees ECONNRESET."""
    transport = request.transport
    if transport is None:
        return
    socket = transport.get_extra_info("socket")
    if socket is not None:
        socket.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
