"""Each call has a name, the caller's or the server's, in what is answered and in the log."""

import re

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic.v1.audio_service_pb2 import AudioStreamRequest
from applemusic.v1.audio_service_pb2_grpc import AudioServiceStub
from applemusic.v1.catalog_service_pb2 import GetSongRequest
from applemusic.v1.catalog_service_pb2_grpc import CatalogServiceStub
from applemusic_server.wire.interceptors.call import given_request_id
from tests.support.wire_server import Wire, read_failure

OURS = re.compile(r"[0-9a-f]{16}")
TAKEN = [
    "a",
    "0af7651916cd43dd8448eb211c80319c",
    "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "host.7_song-1",
    "x" * 63,
]
LEFT = ["", "x" * 64, "a b", "-a", "a:b", "a/b", '{"a": 1}', "a\tb", "\u00e9"]


async def name_of(wire: Wire, *metadata: tuple[str, str]) -> str:
    call = CatalogServiceStub(wire.channel).GetSong(GetSongRequest(id="1"), metadata=metadata)
    await call
    trailing = dict(await call.trailing_metadata() or ())
    return str(trailing["x-request-id"])


async def test_a_call_without_a_name_gets_one(wire: Wire) -> None:
    names = {await name_of(wire) for _ in range(3)}
    assert len(names) == 3
    assert all(OURS.fullmatch(name) for name in names)


@pytest.mark.parametrize("name", TAKEN)
async def test_the_callers_name_is_kept(wire: Wire, name: str) -> None:
    assert await name_of(wire, ("x-request-id", name)) == name


@pytest.mark.parametrize("name", [name for name in LEFT if name.isascii() and name.isprintable()])
async def test_another_name_is_not(wire: Wire, name: str) -> None:
    assert OURS.fullmatch(await name_of(wire, ("x-request-id", name)))


async def test_a_stream_has_it_too(wire: Wire) -> None:
    metadata = (("x-request-id", "song-7"),)
    call = AudioServiceStub(wire.channel).AudioStream(
        AudioStreamRequest(song_id="1"), metadata=metadata
    )
    assert [message async for message in call]
    assert dict(await call.trailing_metadata() or ())["x-request-id"] == "song-7"
    (line,) = await wire.log.wait_for("stream ended")
    assert line["request_id"] == "song-7"


async def test_a_failure_is_found_in_the_log_by_the_name_of_the_caller(wire: Wire) -> None:
    name = "0af7651916cd43dd8448eb211c80319c"  # looks as a content key does
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await CatalogServiceStub(wire.channel).GetSong(
            GetSongRequest(), metadata=(("x-request-id", name),)
        )
    assert read_failure(caught.value).request_id == name
    (line,) = await wire.log.wait_for("call failed")
    assert line["request_id"] == name


@given(st.text() | st.binary())
def test_what_is_taken_is_short_and_plain(value: str | bytes) -> None:
    taken = given_request_id([("x-request-id", value)])
    assert taken in {"", value}
    assert re.fullmatch(r"[A-Za-z0-9._-]{0,63}", taken)


@pytest.mark.parametrize("name", LEFT)
def test_what_is_left(name: str) -> None:
    assert given_request_id([("x-request-id", name)]) == ""


def test_the_first_that_is_well_formed_counts() -> None:
    metadata: list[tuple[str, str | bytes]] = [
        ("x-request-id", "a b"),
        ("x-request-id", b"c"),
        ("x-request-id", "d"),
        ("x-request-id", "e"),
    ]
    assert given_request_id(metadata) == "d"
