"""Where requests may go, and above all where not."""

import socket

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.domain.errors import FailedPreconditionError, Reason
from applemusic_server.media.playlist import parse_media_playlist
from applemusic_server.upstream.addresses import AddressPolicy, Purpose
from applemusic_server.upstream.endpoints import Endpoints
from applemusic_server.upstream.session import PublicResolver, open_session

POLICY = AddressPolicy(Endpoints())
SIMULATED = AddressPolicy(Endpoints(cdn="http://127.0.0.1:8790/aod.itunes.apple.com"))

GOOD_MEDIA = [
    "https://aod-ssl.itunes.apple.com/itunes-assets/x/y.m3u8",
    "https://aod.itunes.apple.com/a?b=%2Fc&X=%20",
    "https://store-001.blobstore.apple.com/b/audio?X-Amz-Signature=a%2Bb",
    "https://is1-ssl.mzstatic.com/image/thumb/x.jpg",
    "https://itsliveradio.apple.com/gl/ra.978194965/index-cmaf.m3u8",
    "https://play.itunes.apple.com/WebObjects/MZPlay.woa/wa/acquireWebPlaybackLicense",
]
_TARGETS = [
    "169.254.169.254",
    "127.0.0.1",
    "127.1",
    "0177.0.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:a9fe:a9fe]",
    "[fe80::1%25eth0]",
    "localhost",
    "evil.example",
    "apple.com",
    "itunes.apple.com.evil.example",
    "evilitunes.apple.com.",
    "evil-mzstatic.com",
    "mzstatic.com.",
    "play.itunes.apple.com.",
    "play.itunes.apple.com:8443",
    "play.itunes.apple.com:443",
    "user@play.itunes.apple.com",
    "user:password@play.itunes.apple.com",
    "@play.itunes.apple.com",
    "play.itunes.apple.com@evil.example",
    "play.itunes.apple.com%40evil.example",
    "play.itunes.apple.com%2eevil.example",
    "play.itunes.apple.com\\@evil.example",
    "play.itunes.apple.com\\.evil.example",
    "evil.example\\.itunes.apple.com",
    "evil.example#.itunes.apple.com",
    "evil.example?.itunes.apple.com",
    "evil.example/.itunes.apple.com",
    "play。itunes。apple。com",
    "ⓟlay.itunes.apple.com",
    "play.itunes.apple.com\u202e",
    "pl\u00aday.itunes.apple.com",
    "-a.itunes.apple.com",
    ".itunes.apple.com",
    "a..itunes.apple.com",
    "a_b.itunes.apple.com",
    "x" * 300 + ".itunes.apple.com",
    "",
]
_SHAPES = [
    "https://{}/x",
    "http://{}/x",
    "HTTPS://{}",
    "https:/{}/x",
    "https:{}",
    "//{}/x",
    "ftp://{}/x",
    "file://{}/etc/passwd",
    "gopher://{}/x",
    "data:text/plain,{}",
    " https://{}/x",
    "https://{}/x\r\nHost: a",
    "https://{}/\x00",
]
BAD = [shape.format(target) for shape in _SHAPES for target in _TARGETS]


@pytest.mark.parametrize("address", GOOD_MEDIA)
def test_apple_is_fetched_from_byte_for_byte(address: str) -> None:
    assert str(POLICY.check(address, Purpose.MEDIA)) == address


def test_http_is_upgraded_unless_configured() -> None:
    insecure = "http://aod.itunes.apple.com/a?b=%2F"
    assert str(POLICY.check(insecure, Purpose.MEDIA)) == "https://aod.itunes.apple.com/a?b=%2F"
    local = "http://127.0.0.1:8790/aod.itunes.apple.com/a?b=%2F"
    assert str(SIMULATED.check(local, Purpose.MEDIA)) == local
    with pytest.raises(FailedPreconditionError):
        SIMULATED.check(local, Purpose.TOKENS)  # Only a media host is configured to be there.


@pytest.mark.parametrize("folder", ["", "http://aod.itunes.apple.com/a/"])
def test_a_file_that_a_playlist_names_by_http_comes_by_https(folder: str) -> None:
    lines = [
        "#EXTM3U",
        '#EXT-X-KEY:METHOD=ISO-23001-7,URI="data:;base64,AAAAAAECAwQFBgcICRAREg=="',
        "#EXTINF:1,",
        "#EXT-X-BYTERANGE:99@0",
        f"{folder}x.mp4?X=%2F",
        "#EXT-X-ENDLIST",
    ]
    playlist = parse_media_playlist("\n".join(lines), "http://aod.itunes.apple.com/a/p.m3u8")
    fetched = POLICY.check(playlist.file_url, Purpose.MEDIA)
    assert str(fetched) == "https://aod.itunes.apple.com/a/x.mp4?X=%2F"


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1:8790/x",
        "http://127.0.0.1:8791/x",
        "http://127.0.0.1/x",
        "http://localhost:8790/x",
        "http://a@127.0.0.1:8790/x",
        "http://127.1:8790/x",
    ],
)
def test_only_the_exact_configured_origin_is_local(address: str) -> None:
    with pytest.raises(FailedPreconditionError):
        SIMULATED.check(address, Purpose.MEDIA)


def test_the_corpus_is_large_enough() -> None:
    assert len(set(BAD)) >= 300


@pytest.mark.parametrize("purpose", Purpose)
def test_nothing_else_is_fetched_from(purpose: Purpose) -> None:
    for address in BAD:
        with pytest.raises(FailedPreconditionError) as caught:
            POLICY.check(address, purpose)
        assert caught.value.reason is Reason.UPSTREAM_ADDRESS_REFUSED, address


@pytest.mark.parametrize(
    "host", ["store-001.blobstore.apple.com", "is1-ssl.mzstatic.com", "aod.itunes.apple.com"]
)
def test_tokens_do_not_go_to_media_hosts(host: str) -> None:
    POLICY.check(f"https://{host}/x", Purpose.MEDIA)
    with pytest.raises(FailedPreconditionError):
        POLICY.check(f"https://{host}/x", Purpose.TOKENS)


@given(st.text() | st.from_regex(r"\Ahttps?://[!-~]{0,40}\Z"))
def test_any_text_is_refused_or_apple(address: str) -> None:
    try:
        url = POLICY.check(address, Purpose.MEDIA)
    except FailedPreconditionError:
        return
    assert url.scheme == "https"
    assert url.explicit_port is None
    assert url.raw_user is None
    assert (url.host or "").endswith((".apple.com", ".mzstatic.com"))


class Rebinding(AbstractResolver):
    """Answers every name with the addresses it was given."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=each, port=port, family=family, proto=0, flags=0)
            for each in self._addresses
        ]

    async def close(self) -> None:
        """Nothing to close."""


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "192.168.1.1", "::1", "fd00::1"]
)
async def test_names_that_point_into_this_network_are_not_connected_to(address: str) -> None:
    async with open_session(Endpoints(), resolver=Rebinding(address)) as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get("https://api.music.apple.com/v1/test")


async def test_public_addresses_stay_and_configured_names_are_trusted() -> None:
    resolver = PublicResolver(Rebinding("17.0.0.1", "10.0.0.1"), frozenset({"simulator"}))
    found = await resolver.resolve("api.music.apple.com", 443)
    assert [each["host"] for each in found] == ["17.0.0.1"]
    assert len(await resolver.resolve("simulator", 80)) == 2
