"""What libraries write into the log, and what visitors cannot make them write."""

import asyncio
import io

import pytest
from aiohttp import web

from applemusic_server.telemetry.logging import open_log
from applemusic_server.telemetry.redaction import Redactor
from applemusic_server.web.site import Site


async def broken(_: web.Request) -> web.Response:
    raise ValueError("a fault of ours")


@pytest.mark.parametrize(
    ("request_head", "status", "told"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", b"400", False),
        (b"GET / HTTP/1.1\r\n\r\n", b"400", False),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400", False),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"500", True),
    ],
)
async def test_visitors_who_speak_no_http_do_not_fill_the_log(
    request_head: bytes, status: bytes, *, told: bool
) -> None:
    log = io.StringIO()
    open_log(log, form="json", level="info", redactor=Redactor())
    application = web.Application()
    application.router.add_get("/", broken)
    site = Site(application)
    port = await site.start("127.0.0.1", 0)
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request_head)
        assert status in await reader.readline()
        writer.close()
    finally:
        await site.stop()
    assert ("Error handling request" in log.getvalue()) is told
