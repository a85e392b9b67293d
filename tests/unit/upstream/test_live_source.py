"""Fetching what broadcasts are made of, and asking Apple where they are."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from applemusic_server.domain.errors import AppleMusicError, Reason
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.secret import Secret
from applemusic_server.upstream.addresses import AddressPolicy, Purpose
from applemusic_server.upstream.endpoints import Endpoints
from applemusic_server.upstream.live_source import BroadcastSource
from applemusic_server.upstream.live_stations import AppleStations
from tests.support.apple_server import (
    USER_CANARY,
    AppleServer,
    Upstream,
    answer,
    fault,
    reset,
)
from tests.support.promises import promised_metadata

ASSETS = "/v1/play/assets"
LISTENER = Listener("home", Secret(USER_CANARY), "us")


@pytest.fixture
def source(upstream: Upstream) -> BroadcastSource:
    return BroadcastSource(upstream.session, upstream.addresses, observer=upstream.observer)


async def refused(work: Any) -> AppleMusicError:
    with pytest.raises(AppleMusicError) as caught:
        await work
    assert "secret" not in str(caught.value)
    assert promised_metadata()[caught.value.reason] <= {
        *caught.value.metadata,
        "resourceType",
        "id",
    }
    return caught.value


async def test_a_playlist_and_where_it_came_from(
    apple: AppleServer, source: BroadcastSource, upstream: Upstream
) -> None:
    apple.on("/a/live.m3u8", answer(status=302, headers={"Location": "../b/live.m3u8?sig=secret"}))
    apple.on("/b/live.m3u8", answer("#EXTM3U é"))
    found = await source.playlist(f"{apple.url}/a/live.m3u8")
    assert (found.text, found.url) == ("#EXTM3U é", f"{apple.url}/b/live.m3u8?sig=secret")
    assert "secret" not in repr(found)
    assert upstream.observer.done == [("live.playlist", "200")]
    assert all("Authorization" not in each.headers for each in apple.asked)
    assert all("Music-User-Token" not in each.headers for each in apple.asked)


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://169.254.169.254/latest", Reason.UPSTREAM_ADDRESS_REFUSED),
        ("https://elsewhere.test/live.m3u8", Reason.UPSTREAM_ADDRESS_REFUSED),
        ("file:///etc/passwd", Reason.UPSTREAM_ADDRESS_REFUSED),
        ("http://[", Reason.UPSTREAM_ADDRESS_REFUSED),
        ("/a", Reason.UPSTREAM_ADDRESS_REFUSED),
    ],
)
async def test_redirects_stay_on_the_list(
    apple: AppleServer, source: BroadcastSource, location: str, reason: Reason
) -> None:
    apple.on("/a", answer(status=307, headers={"Location": location}))
    assert (await refused(source.segment(f"{apple.url}/a", None))).reason is reason


async def test_parts_of_files(apple: AppleServer, source: BroadcastSource) -> None:
    apple.on("/f", answer(b"cde", status=206), answer(b"abcdefgh"), answer(b"cd", status=206))
    assert await source.segment(f"{apple.url}/f", (2, 5)) == b"cde"
    assert apple.asked[0].headers["Range"] == "bytes=2-4"
    assert await source.segment(f"{apple.url}/f", (2, 5)) == b"cde"  # a server without ranges
    error = await refused(source.segment(f"{apple.url}/f", (2, 5)))
    assert error.reason is Reason.UPSTREAM_UNAVAILABLE


@pytest.mark.parametrize(
    ("responder", "reason"),
    [
        (answer(status=404), Reason.RESOURCE_NOT_FOUND),
        (answer(status=410), Reason.RESOURCE_NOT_FOUND),
        (answer(status=403), Reason.UPSTREAM_REFUSED),
        (answer(status=416), Reason.UPSTREAM_REFUSED),
        (answer(status=500), Reason.UPSTREAM_UNAVAILABLE),
        (answer(status=429), Reason.UPSTREAM_UNAVAILABLE),
        (answer(b""), Reason.UPSTREAM_UNAVAILABLE),
        (reset, Reason.UPSTREAM_UNAVAILABLE),
        (answer(b"x" * (4 << 20) + b"x"), Reason.UPSTREAM_RESPONSE_INVALID),
    ],
)
async def test_refusals(
    apple: AppleServer, source: BroadcastSource, responder: Any, reason: Reason
) -> None:
    apple.on("/s", responder)
    assert (await refused(source.segment(f"{apple.url}/s?sig=secret", None))).reason is reason


async def test_a_playlist_that_is_no_text(apple: AppleServer, source: BroadcastSource) -> None:
    apple.on("/p", answer(b"#EXTM3U\n\xff\xfe\xfd"))
    error = await refused(source.playlist(f"{apple.url}/p"))
    assert error.reason is Reason.UPSTREAM_RESPONSE_INVALID


async def test_radio_that_is_not_hls_is_seen_at_once(
    apple: AppleServer, source: BroadcastSource
) -> None:
    left = asyncio.Event()

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "audio/mpeg"})
        await response.prepare(request)
        await response.write(b"\xff\xfb\x90\x00" * 9)
        await left.wait()
        return response

    apple.on("/p", endless)
    error = await refused(source.playlist(f"{apple.url}/p"))
    assert error.reason is Reason.UPSTREAM_RESPONSE_INVALID
    assert "no HLS playlist" in error.message
    left.set()


async def test_a_playlist_that_comes_in_pieces(apple: AppleServer, source: BroadcastSource) -> None:
    async def slowly(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in (b"\xef\xbb", b"\xbf#EX", b"TM3U\n", b"more"):
            await response.write(piece)
            await asyncio.sleep(0.01)  # so that they arrive apart
        return response

    apple.on("/p", slowly)
    assert (await source.playlist(f"{apple.url}/p")).text == "\ufeff#EXTM3U\nmore"


def test_hosts_of_broadcasters_carry_live_audio_and_nothing_else() -> None:
    policy = AddressPolicy(Endpoints(), ("radio.example.org",))
    for address in ("http://radio.example.org/x?s=1", "https://cdn.radio.example.org/x?s=1"):
        assert str(policy.check(address, Purpose.LIVE)) == address.replace("http:", "https:")
    own = "https://itsliveradio.apple.com/x"
    assert str(policy.check(own, Purpose.LIVE)) == own
    for address, purpose in (
        ("https://radio.example.org/x", Purpose.MEDIA),
        ("https://radio.example.org/x", Purpose.TOKENS),
        ("https://radio.example.org:444/x", Purpose.LIVE),
        ("https://u@radio.example.org/x", Purpose.LIVE),
        ("https://notradio.example.org/x", Purpose.LIVE),
        ("https://radio.example.org.evil.test/x", Purpose.LIVE),
        ("https://example.org/x", Purpose.LIVE),
    ):
        with pytest.raises(AppleMusicError) as caught:
            policy.check(address, purpose)
        assert caught.value.reason is Reason.UPSTREAM_ADDRESS_REFUSED


async def test_a_broadcast_has_an_address_and_no_keys(
    apple: AppleServer, upstream: Upstream
) -> None:
    url = "https://radio.test/live.m3u8?sig=secret"
    keys = {"url": "https://itsliveradio.apple.com/x.m3u8", "keyServerUrl": "https://k"}
    apple.on(
        ASSETS,
        answer({"results": {"assets": [{"url": url}]}}),
        answer({"results": {"assets": [keys]}}),
        answer({"results": {"assets": [keys, {"url": url}, {}]}}),
        answer({"results": {"assets": []}}),
    )
    stations = AppleStations(upstream.api)
    found = await stations.stream("ra.1", LISTENER)
    assert found is not None
    assert (found.url, found.protected) == (url, False)
    assert "secret" not in repr(found)
    assert apple.asked[-1].query == {"id": "ra.1", "kind": "radioStation"}
    assert apple.asked[-1].headers["Music-User-Token"] == USER_CANARY
    found = await stations.stream("ra.1", LISTENER)
    assert found is not None
    assert found.protected
    found = await stations.stream("ra.1", LISTENER)
    assert found is not None
    assert (found.url, found.protected) == (url, False)
    assert await stations.stream("ra.1", LISTENER) is None


@pytest.mark.parametrize(
    ("responder", "reason"),
    [
        (fault(403, "40303"), Reason.SUBSCRIPTION_REQUIRED),
        (fault(403, "40300"), Reason.UPSTREAM_REFUSED),
        (fault(404, "40400"), Reason.RESOURCE_NOT_FOUND),
        (answer({}), Reason.UPSTREAM_RESPONSE_INVALID),
        (answer({"results": {"assets": [7]}}), Reason.UPSTREAM_RESPONSE_INVALID),
        (answer("<html>", content_type="text/html"), Reason.UPSTREAM_RESPONSE_INVALID),
        (fault(500), Reason.UPSTREAM_UNAVAILABLE),
    ],
)
async def test_apples_refusals(
    apple: AppleServer, upstream: Upstream, responder: Any, reason: Reason
) -> None:
    apple.on(ASSETS, responder)
    apple.on("/v1/test", answer({}))
    apple.on("/v1/me/storefront", answer({"data": []}))
    error = await refused(AppleStations(upstream.api).stream("ra.1", LISTENER))
    assert error.reason is reason
