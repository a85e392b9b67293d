"""The CDN: playlists, files by range, previews, and all the ways in which they go wrong."""

import asyncio
import struct
from socket import SO_LINGER, SOL_SOCKET

from aiohttp import web

from applemusic_simulator import hosts
from applemusic_simulator.conditions import Fault
from applemusic_simulator.errors import AppleError
from applemusic_simulator.media.asset import Asset
from applemusic_simulator.media.damage import KINDS as DAMAGES
from applemusic_simulator.media.damage import ServedFile, damaged, served
from applemusic_simulator.media.playlist import CONTENT_TYPE, LAYOUTS, write_playlist
from applemusic_simulator.media.store import MediaStore
from applemusic_simulator.media.variant import Variant
from applemusic_simulator.network import add_endpoint
from applemusic_simulator.playback.ranges import Span, precondition, span_of
from applemusic_simulator.world import World

PLAYLIST, CDN, PREVIEW = "playlist", "cdn", "preview"
"""Endpoint names."""

PLAYLIST_KINDS = frozenset({"garbage", "bomb"})
"""Faults of `playlist`: bytes that are no playlist, and one that does not end before `after_bytes`
(64 MiB if 0)."""

CDN_KINDS = DAMAGES | {"ignore-range", "short-body", "reset-after"}
"""Faults of `cdn` and `preview`: answer the whole file, answer only the first half of the range
(with honest headers), reset the connection after `after_bytes` of the body; and on `cdn` those of
`damage` (`code` is the place for `truncate-at`)."""

_HOSTS = (hosts.CDN, "aod-ssl.itunes.apple.com")
_FLAVOURS = {"ctrp256": 256, "ctrp64": 64}
_BOMB_BYTES = 64 * 1024 * 1024
_BOMB_LINE = b"#EXTINF:0.000001,\n#EXT-X-BYTERANGE:1@0\nx.mp4\n" * 1000
_GARBAGE = bytes(range(256)) * 8
_RESET_CHUNK = 16 * 1024


class Delivery:
    """Serves files.

    Args:
        world: Catalogue and conditions.
        store: Where the files come from.
    """

    def __init__(self, world: World, store: MediaStore) -> None:
        self._world = world
        self._store = store

    def add_routes(self, app: web.Application) -> None:
        """Register under the CDN's hosts; no token is asked for (reference 8.3)."""
        folder = "itunes-assets/{variant}/{layout}/{song}"
        for host in _HOSTS:
            path = f"/{host}/{folder}"
            add_endpoint(app, PLAYLIST, "GET", f"{path}/{{flavour}}.m3u8", self._playlist)
            add_endpoint(app, CDN, "GET", f"{path}/{{flavour}}_audio.mp4", self._file)
        add_endpoint(app, PREVIEW, "GET", f"/{hosts.PREVIEWS}/preview/{{song}}.m4a", self._preview)

    async def _playlist(self, request: web.Request) -> web.StreamResponse:
        asset = await self._asset(request)
        layout = LAYOUTS.get(request.match_info["layout"])
        if layout is None:
            raise _missing()
        fault = self._world.conditions.take(PLAYLIST, request.path_qs, kinds=PLAYLIST_KINDS)
        if fault is not None and fault.kind == "bomb":
            return await _bomb(request, fault.after_bytes or _BOMB_BYTES)
        file_name = f"{request.match_info['flavour']}_audio.mp4"
        folder = f"{hosts.origin_of(request)}{request.path.rpartition('/')[0]}"
        text = write_playlist(asset, file_name, layout, folder)
        body = _GARBAGE if fault is not None else text.encode()
        return web.Response(body=body, content_type=CONTENT_TYPE)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        asset = await self._asset(request)
        fault = self._world.conditions.take(CDN, request.path_qs, kinds=CDN_KINDS)
        file = served(asset.encrypted_path)
        if fault is not None and fault.kind in DAMAGES:
            file = damaged(asset, fault.kind, fault.code, fault.after_bytes)
        return await send_file(request, file, "video/mp4", fault)

    async def _preview(self, request: web.Request) -> web.StreamResponse:
        song = self._world.catalogue.songs.get(request.match_info["song"])
        if song is None:
            raise _missing()
        path = await self._store.preview(song)
        fault = self._world.conditions.take(PREVIEW, request.path_qs, kinds=CDN_KINDS - DAMAGES)
        return await send_file(request, served(path), "audio/x-m4p", fault)

    async def _asset(self, request: web.Request) -> Asset:
        parts = request.match_info
        song = self._world.catalogue.songs.get(parts["song"])
        kbps = _FLAVOURS.get(parts["flavour"])
        if song is None or not song.playable or kbps is None:
            raise _missing()
        try:
            named = Variant.parse(parts["variant"])
        except ValueError as error:
            raise _missing() from error
        return await self._store.asset(song, named.at(kbps))


def _missing() -> AppleError:
    return AppleError(web.HTTPNotFound.status_code, empty=True)


async def send_file(
    request: web.Request, file: ServedFile, content_type: str, fault: Fault | None
) -> web.StreamResponse:
    """Answer with a file or a part of it."""
    kind = fault.kind if fault is not None else ""
    headers = {"ETag": file.etag, "Accept-Ranges": "bytes"}
    status = precondition(request, file)
    if status is not None:
        return web.Response(status=status, headers=headers)
    span = span_of(request, file, ignore=kind == "ignore-range")
    if span is None:
        headers["Content-Range"] = f"bytes */{file.size}"
        return web.Response(status=416, headers=headers)
    if kind == "short-body" and span.partial:
        span = Span(span.start, span.start + max(1, (span.end - span.start) // 2), partial=True)
    if span.partial:
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{file.size}"
    body = file.read(span.start, span.end)
    response_status = 206 if span.partial else 200
    if fault is not None and kind == "reset-after" and fault.after_bytes < len(body):
        headers["Content-Type"] = content_type
        return await _reset(request, response_status, headers, body, fault.after_bytes)
    return web.Response(
        status=response_status, headers=headers, body=body, content_type=content_type
    )


async def _reset(
    request: web.Request, status: int, headers: dict[str, str], body: bytes, after_bytes: int
) -> web.StreamResponse:
    """Send the beginning of a body, wait until the kernel has it, then close with RST."""
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = len(body)
    await response.prepare(request)
    transport = request.transport
    if transport is None:
        return response
    transport.set_write_buffer_limits(0)  # so that `write` returns once nothing is left here
    for start in range(0, after_bytes, _RESET_CHUNK):
        await response.write(body[start : min(start + _RESET_CHUNK, after_bytes)])
    socket = transport.get_extra_info("socket")
    if socket is not None:
        socket.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    return response


async def _bomb(request: web.Request, size: int) -> web.StreamResponse:
    """Send a playlist of any length without ever holding it."""
    response = web.StreamResponse(headers={"Content-Type": CONTENT_TYPE})
    await response.prepare(request)
    await response.write(b"#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:1\n")
    sent = 0
    while sent < size:
        await response.write(_BOMB_LINE)
        sent += len(_BOMB_LINE)
        await asyncio.sleep(0)
    await response.write(b"#EXT-X-ENDLIST\n")
    return response
