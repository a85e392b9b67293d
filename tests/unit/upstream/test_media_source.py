"""Ranges of files, in `RangeReader`'s hands and alone."""

import asyncio

import pytest
from aiohttp import web

from applemusic_server.domain.errors import (
    AppleMusicError,
    OutOfRangeError,
    Reason,
    UnavailableError,
)
from applemusic_server.domain.ports import ByteSource
from applemusic_server.media.ranges import RangeReader
from applemusic_server.upstream.media_source import AppleMediaSource
from tests.support.apple_server import AppleServer, Responder, Upstream, answer, reset

FILE = bytes(range(256)) * 1024


@pytest.fixture
def source(upstream: Upstream) -> AppleMediaSource:
    return AppleMediaSource(upstream.session, upstream.addresses, observer=upstream.observer)


def ranged(*, cut_after: int | None = None) -> Responder:
    async def respond(request: web.Request) -> web.StreamResponse:
        part = request.http_range
        begin, end = part.start or 0, min(part.stop or len(FILE), len(FILE))
        response = web.StreamResponse(
            status=206,
            headers={
                "Content-Range": f"bytes {begin}-{end - 1}/{len(FILE)}",
                "Content-Length": str(end - begin),
                "ETag": '"one"',
            },
        )
        await response.prepare(request)
        if cut_after is None:
            await response.write(FILE[begin:end])
        else:
            await response.write(FILE[begin : begin + cut_after])
            assert request.transport is not None
            request.transport.close()
        return response

    return respond


async def test_a_range_is_read_and_the_connection_kept(
    apple: AppleServer, upstream: Upstream, source: ByteSource
) -> None:
    apple.on("/f", ranged())
    got = await source.open_range(f"{apple.url}/f", 10, 1000, validator='"one"')
    assert (got.start, got.end, got.total, got.validator) == (10, 1000, len(FILE), '"one"')
    data = b""
    while piece := await got.read():
        data += piece
    await got.aclose()
    assert data == FILE[10:1000]
    asked = apple.asked[0].headers
    assert asked["Range"] == "bytes=10-999"
    assert asked["If-Range"] == '"one"'
    assert asked["Accept-Encoding"] == "identity"
    assert "Authorization" not in asked
    assert upstream.observer.done == [("media.range", "206")]


async def test_a_kept_connection_is_good_after_a_pause(
    apple: AppleServer, source: ByteSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """aiohttp's own timer of silence goes on in the pool when reading was ever paused."""
    apple.on("/f", ranged(), ranged())
    loop = asyncio.get_running_loop()
    for _ in range(2):
        got = await source.open_range(f"{apple.url}/f", 0, 100_000)
        for _ in range(200):  # all of it arrives before any is read: reading is paused at the end
            await asyncio.sleep(0)
        while await got.read():
            pass
        await got.aclose()
        later = loop.time() + 60
        monkeypatch.setattr(loop, "time", lambda later=later: later)
        for _ in range(5):
            await asyncio.sleep(0)
        monkeypatch.undo()


async def test_a_reader_survives_cuts_and_resets(apple: AppleServer, source: ByteSource) -> None:
    apple.on("/f", ranged(cut_after=5000), reset, answer(status=503), answer(status=429), ranged())

    async def no_wait(_: float) -> None:
        await asyncio.sleep(0)

    data = b""
    async with RangeReader(source, f"{apple.url}/f", end=len(FILE), sleep=no_wait) as reader:
        async for piece in reader:
            data += piece
    assert data == FILE


async def test_a_server_that_ignores_ranges_is_reported_as_it_is(
    apple: AppleServer, source: ByteSource
) -> None:
    apple.on("/f", answer(FILE, content_type="video/mp4", headers={"Last-Modified": "then"}))
    got = await source.open_range(f"{apple.url}/f", 10, None)
    assert (got.start, got.end, got.total, got.validator) == (0, len(FILE), len(FILE), "then")
    await got.aclose()
    assert apple.asked[0].headers["Range"] == "bytes=10-"


@pytest.mark.parametrize(
    ("responder", "reason"),
    [
        (answer(status=500), Reason.UPSTREAM_UNAVAILABLE),
        (answer(status=429), Reason.UPSTREAM_UNAVAILABLE),
        (reset, Reason.UPSTREAM_UNAVAILABLE),
        (answer(status=403), Reason.UPSTREAM_REFUSED),
        (answer(status=404), Reason.UPSTREAM_REFUSED),
        (answer(status=204), Reason.UPSTREAM_REFUSED),
        (answer(status=206), Reason.UPSTREAM_RESPONSE_INVALID),
        (
            answer(b"x", status=206, headers={"Content-Range": "bytes 9-3/10"}),
            Reason.UPSTREAM_RESPONSE_INVALID,
        ),
        (answer(b"x", headers={"Content-Encoding": "x"}), Reason.UPSTREAM_RESPONSE_INVALID),
        (
            answer(status=302, headers={"Location": "http://169.254.169.254/"}),
            Reason.UPSTREAM_ADDRESS_REFUSED,
        ),
        (answer(status=302, headers={"Location": "/f"}), Reason.UPSTREAM_ADDRESS_REFUSED),
    ],
)
async def test_failures(
    apple: AppleServer, source: ByteSource, responder: Responder, reason: Reason
) -> None:
    apple.on("/f", responder)
    with pytest.raises(AppleMusicError) as caught:
        await source.open_range(f"{apple.url}/f?signature=canary", 0, 10)
    assert caught.value.reason is reason
    assert isinstance(caught.value, UnavailableError) == (reason is Reason.UPSTREAM_UNAVAILABLE)
    assert "canary" not in f"{caught.value}{caught.value.metadata}"


async def test_redirects_within_the_list_keep_the_range_and_send_no_token(
    apple: AppleServer, upstream: Upstream, source: ByteSource
) -> None:
    apple.on("/f", answer(status=307, headers={"Location": "/g?signature=other"}))
    apple.on("/g", ranged())
    got = await source.open_range(f"{apple.url}/f?signature=one", 10, 1000)
    assert (got.start, got.end) == (10, 1000)
    await got.aclose()
    assert [each.headers["Range"] for each in apple.asked] == ["bytes=10-999"] * 2
    assert [each.query for each in apple.asked] == [{"signature": "one"}, {"signature": "other"}]
    for header in ("Authorization", "Music-User-Token", "Media-User-Token", "Cookie"):
        assert all(header not in each.headers for each in apple.asked)
    assert upstream.observer.done == [("media.range", "206")]


async def test_past_the_end(apple: AppleServer, source: ByteSource) -> None:
    apple.on("/f", answer(status=416, headers={"Content-Range": "bytes */77"}))
    with pytest.raises(OutOfRangeError) as caught:
        await source.open_range(f"{apple.url}/f", 100, 200)
    assert caught.value.metadata == {"total": "77"}


async def test_other_hosts_are_not_asked(upstream: Upstream, source: ByteSource) -> None:
    with pytest.raises(AppleMusicError) as caught:
        await source.open_range("http://169.254.169.254/latest", 0, 10)
    assert caught.value.reason is Reason.UPSTREAM_ADDRESS_REFUSED
    assert upstream.observer.done == [("media.range", "refused")]


async def test_paced_streams_hold_connections_and_nobody_waits_for_one(
    apple: AppleServer, source: ByteSource
) -> None:
    """As many streams as the settings allow by default, none of which reads on just now."""
    apple.on("/f", answer(bytes(512 * 1024), content_type="video/mp4"))
    apple.on("/small", answer(b"1234"))
    held = [await source.open_range(f"{apple.url}/f", 0, None) for _ in range(200)]
    try:
        async with asyncio.timeout(5):
            last = await source.open_range(f"{apple.url}/small", 0, None)
            assert await last.read() == b"1234"
            await last.aclose()
    finally:
        for each in held:
            await each.aclose()
