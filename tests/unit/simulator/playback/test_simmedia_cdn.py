"""Files by range, and all the ways in which they go wrong."""

import io
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import av
import pytest
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from applemusic_simulator import playback
from applemusic_simulator.app import create_app
from applemusic_simulator.example_client import Answer, ExampleClient
from applemusic_simulator.media.asset import Asset
from applemusic_simulator.media.boxes import walk
from applemusic_simulator.media.damage import served
from applemusic_simulator.media.fragments import read_layout
from applemusic_simulator.playback import licensing, web_playback
from applemusic_simulator.playback.delivery import CDN_KINDS, PLAYLIST_KINDS
from applemusic_simulator.playback.ranges import span_of
from applemusic_simulator.simulator import Simulator
from applemusic_simulator.world import World


class File:
    """Song 1 at the CDN in three fragments."""

    def __init__(self, client: ExampleClient, url: str, asset: Asset) -> None:
        self._client = client
        self.url = url
        self.asset = asset
        self.data = asset.encrypted_path.read_bytes()

    async def get(self, range_: str = "", method: str = "GET", **headers: str) -> Answer:
        if range_:
            headers["Range"] = range_
        return await self._client.request(method, self.url, headers)


@pytest.fixture
async def file(simulator: Simulator, client: ExampleClient, world: World) -> File:
    world.playback.change("3s")
    url = (await client.resolve("1")).file_url
    asset = await simulator.playback.store.asset(world.catalogue.songs["1"], world.playback.variant)
    return File(client, url, asset)


async def test_whole_file(file: File) -> None:
    answer = await file.get()
    assert answer.status == 200
    assert answer.body == file.data
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize("host", ["aod.itunes.apple.com", "aod-ssl.itunes.apple.com"])
async def test_both_names_of_the_host(file: File, client: ExampleClient, host: str) -> None:
    url = file.url.replace("aod.itunes.apple.com", host)
    assert (await client.request("HEAD", url)).headers["Content-Length"] == str(len(file.data))


@pytest.mark.parametrize(
    ("range_", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=1000-", 1000, None),
        ("bytes=-10", -10, None),
        ("bytes=5-99999999999", 5, None),
        ("bytes=-99999999999", 0, None),
    ],
)
async def test_parts(file: File, range_: str, start: int, end: int | None) -> None:
    answer = await file.get(range_)
    expected = file.data[start:end]
    first = len(file.data) + start if start < 0 else start
    assert answer.status == 206
    assert answer.body == expected
    assert answer.headers["Content-Range"] == (
        f"bytes {first}-{first + len(expected) - 1}/{len(file.data)}"
    )


@pytest.mark.parametrize(
    "range_", ["bytes=9-5", "bytes=0-1,5-9", "bytes=-", "lines=1-2", "bytes=x"]
)
async def test_ranges_that_make_no_sense_are_ignored(file: File, range_: str) -> None:
    answer = await file.get(range_)
    assert (answer.status, len(answer.body)) == (200, len(file.data))


@pytest.mark.parametrize("range_", ["bytes=99999999-", "bytes=-0", "bytes={size}-"])
async def test_ranges_behind_the_end(file: File, range_: str) -> None:
    answer = await file.get(range_.format(size=len(file.data)))
    assert answer.status == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(file.data)}"
    assert answer.body == b""


async def test_head(file: File) -> None:
    answer = await file.get(method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(file.data))


async def test_preconditions(file: File) -> None:
    etag = (await file.get()).headers["ETag"]
    assert (await file.get(**{"If-None-Match": etag})).status == 304
    assert (await file.get(**{"If-Match": '"other"'})).status == 412
    assert (await file.get("bytes=0-9", **{"If-Match": etag})).status == 206
    assert (await file.get("bytes=0-9", **{"If-Range": etag})).status == 206
    assert (await file.get("bytes=0-9", **{"If-Range": '"other"'})).status == 200


@given(st.text(max_size=40) | st.from_regex(r"bytes=\d{0,20}-\d{0,20}(,\d-\d)?", fullmatch=True))
def test_any_range_header_is_answered_within_the_file(header: str) -> None:
    file = served(Path(__file__))
    request = SimpleNamespace(headers={"Range": header})
    span = span_of(request, file)  # type: ignore[arg-type] # only the headers are looked at
    assert span is None or 0 <= span.start < span.end <= file.size


async def test_range_ignored(file: File, break_: Callable[..., None]) -> None:
    break_("cdn", "ignore-range")
    answer = await file.get("bytes=10-19")
    assert (answer.status, answer.body) == (200, file.data)
    assert "Content-Range" not in answer.headers


async def test_short_body(file: File, break_: Callable[..., None]) -> None:
    break_("cdn", "short-body")
    answer = await file.get("bytes=10-109")
    assert answer.body == file.data[10:60]
    assert answer.headers["Content-Range"] == f"bytes 10-59/{len(file.data)}"


async def read_what_comes(response: aiohttp.ClientResponse, into: bytearray) -> None:
    async for chunk in response.content.iter_any():
        into += chunk


@pytest.mark.parametrize("after", [0, 1, 70_000])
async def test_reset_in_mid_body(file: File, break_: Callable[..., None], after: int) -> None:
    break_("cdn", "reset-after", after_bytes=after)
    received = bytearray()
    async with aiohttp.ClientSession() as session, session.get(file.url) as response:
        assert response.content_length == len(file.data)
        with pytest.raises((aiohttp.ClientPayloadError, ConnectionResetError)):
            await read_what_comes(response, received)
    assert len(received) <= after
    assert file.data.startswith(bytes(received))


async def test_reset_behind_the_end_never_happens(file: File, break_: Callable[..., None]) -> None:
    break_("cdn", "reset-after", after_bytes=10_000_000)
    assert (await file.get()).body == file.data


async def test_other_bytes_have_another_etag(file: File, break_: Callable[..., None]) -> None:
    before = await file.get("bytes=0-999")
    middle = file.asset.index.fragments[1].offset
    break_("cdn", "other-bytes", after_bytes=middle)
    answer = await file.get()
    assert answer.headers["ETag"] != before.headers["ETag"]
    assert len(answer.body) == len(file.data)
    assert answer.body[:middle] == file.data[:middle]
    assert [(b.kind, b.start) for b in walk(answer.body)] == [
        (b.kind, b.start) for b in walk(file.data)
    ]
    assert answer.body[-1000:] == bytes(byte ^ 0xFF for byte in file.data[-1000:])


async def test_other_bytes_stop_a_conditional_resume(
    file: File, break_: Callable[..., None]
) -> None:
    etag = (await file.get("bytes=0-9")).headers["ETag"]
    break_("cdn", "other-bytes")
    assert (await file.get("bytes=10-19", **{"If-Match": etag})).status == 412


@pytest.mark.parametrize("number", [0, 1, 2])
async def test_corrupt_box(file: File, break_: Callable[..., None], number: int) -> None:
    fragment = file.asset.index.fragments[number]
    break_("cdn", "corrupt-box", after_bytes=fragment.offset)
    body = (await file.get()).body
    assert body[: fragment.offset + 8] == file.data[: fragment.offset + 8]
    assert body[fragment.offset + 8 : fragment.offset + 12] == b"\xff" * 4
    assert body[fragment.offset + 16 :] == file.data[fragment.offset + 16 :]
    with pytest.raises(ValueError, match="size"):
        list(walk(body, fragment.offset + 8, fragment.offset + 100))


async def test_patches_show_in_every_range_that_meets_them(
    file: File, break_: Callable[..., None]
) -> None:
    offset = file.asset.index.fragments[0].offset + 8
    whole = bytearray(file.data)
    whole[offset : offset + 8] = bytes.fromhex("ffffffff21213f3f")
    for start, end in (
        (offset - 3, offset + 3),
        (offset + 3, offset + 5),
        (offset + 5, offset + 20),
    ):
        break_("cdn", "corrupt-box")
        answer = await file.get(f"bytes={start}-{end - 1}")
        assert answer.body == whole[start:end]


@pytest.mark.parametrize("place", ["fragment", "box", "sample", ""])
async def test_truncated_files(file: File, break_: Callable[..., None], place: str) -> None:
    break_("cdn", "truncate-at", code=place)
    answer = await file.get("bytes=0-")
    last = file.asset.index.fragments[-1]
    size = len(answer.body)
    assert answer.status == 206
    assert answer.headers["Content-Range"].endswith(f"/{size}")
    assert answer.body == file.data[:size]
    if place == "fragment":
        assert size == last.offset
    elif place == "box":
        assert last.offset < size < last.offset + 40
    else:
        sizes = read_layout(file.data).fragments[-1].sample_sizes
        left = last.offset + last.size - size
        assert sizes[-1] < left < sizes[-1] + sizes[-2]


async def test_truncation_can_hit_an_earlier_fragment(
    file: File, break_: Callable[..., None]
) -> None:
    first, second = file.asset.index.fragments[:2]
    break_("cdn", "truncate-at", code="fragment", after_bytes=first.offset + 1)
    assert len((await file.get()).body) == second.offset


async def test_ffmpeg_sees_the_damage(file: File, break_: Callable[..., None]) -> None:
    options = {"decryption_key": file.asset.key.key.hex()}
    whole = file.asset.index.access_units
    for kind, code in (("truncate-at", "fragment"), ("truncate-at", "sample"), ("corrupt-box", "")):
        break_("cdn", kind, code=code)
        body = io.BytesIO((await file.get()).body)
        with av.open(body, "r", options=options) as container:
            packets = [p for p in container.demux(audio=0) if p.size and not p.is_corrupt]
        assert 0 < len(packets) < whole


async def test_faults_are_used_up(file: File, break_: Callable[..., None]) -> None:
    break_("cdn", "truncate-at", code="box")
    assert len((await file.get()).body) < len(file.data)
    assert (await file.get()).body == file.data


async def test_bandwidth_shapes_the_body(
    file: File, simulator: Simulator, client: ExampleClient, world: World
) -> None:
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    world.conditions.bandwidth["cdn"] = 1_000_000.0
    path = file.url.removeprefix(simulator.url)
    async with TestServer(create_app(world, simulator.playback, sleep=note)) as server:
        answer = await client.request("GET", str(server.make_url(path)))
    assert answer.body == file.data
    assert sum(waits) == pytest.approx(len(file.data) / 1_000_000)


async def test_previews_are_clear_and_half_a_minute_at_most(
    simulator: Simulator, client: ExampleClient
) -> None:
    url = f"{simulator.base_urls()['previews']}/preview/1.m4a"
    answer = await client.request("GET", url)
    assert answer.headers["Content-Type"] == "audio/x-m4p"
    with av.open(io.BytesIO(answer.body), "r") as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
    assert 8 * 44_100 <= samples < 8 * 44_100 + 3000
    part = await client.request("GET", url, {"Range": "bytes=0-9"})
    assert (part.status, part.body) == (206, answer.body[:10])
    assert (await client.request("GET", url.replace("/1.", "/77."))).status == 404


async def test_withdrawn_songs_have_no_file(file: File, client: ExampleClient) -> None:
    assert (await client.request("GET", file.url.replace("/1/", "/3/"))).status == 404


async def test_requests_are_logged_by_endpoint(file: File, world: World) -> None:
    await file.get("bytes=0-9")
    assert world.requests.count("cdn") == 1
    assert world.requests.count("playlist") == 1
    entries = list(world.requests)
    assert all(one.index < other.index for one, other in pairwise(entries))


def test_every_kind_of_fault_is_documented() -> None:
    kinds = PLAYLIST_KINDS | CDN_KINDS | web_playback.KINDS | licensing.KINDS
    assert {kind for kind in kinds if kind not in str(playback.__doc__)} == set()
