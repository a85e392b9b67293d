"""What the Python client costs: its import, and a call through it rather than through bare stubs.

The server is a process of its own that answers one song at once, so that what is measured is the
client. Calls of all kinds alternate, so that whatever else the machine does touches them alike.
"""

import asyncio
import contextlib
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import grpc
from google.protobuf.duration_pb2 import Duration

from applemusic import Client
from applemusic.blocking import Client as BlockingClient
from applemusic.v1 import catalog_service_pb2 as pb
from applemusic.v1 import media_pb2 as media
from applemusic.v1.catalog_service_pb2_grpc import CatalogServiceStub
from benchmarks.report import spread

GOAL_IMPORT_MS = 200
GOAL_OVERHEAD_US = 100
_IMPORTS = {
    "import_ms": "from applemusic import Client",
    "import_blocking_ms": "from applemusic.blocking import Client",
    "import_and_catalog_ms": "from applemusic import Client; Client().catalog",
}
_MICROSECONDS = 1_000_000
_WARM_UP = 100


async def measure(*, quick: bool) -> dict[str, object]:
    """Time imports in new processes, then calls."""
    result: dict[str, object] = {"goal_import_ms": GOAL_IMPORT_MS}
    result |= await asyncio.to_thread(imports, 5 if quick else 25)
    async with serving() as target:
        result |= await calls(target, 500 if quick else 5000)
        result |= await asyncio.to_thread(blocking_calls, target, 500 if quick else 5000)
    return {**result, "goal_overhead_us": GOAL_OVERHEAD_US}


def imports(runs: int) -> dict[str, object]:
    """Milliseconds that each import takes beyond the start of Python itself."""
    times: dict[str, list[float]] = {name: [] for name in _IMPORTS}
    for _ in range(runs):
        bare = process_ms("pass")
        for name, program in _IMPORTS.items():
            times[name].append(process_ms(program) - bare)
    return {name: spread(values) for name, values in times.items()}


def process_ms(program: str) -> float:
    """Milliseconds of a new process that runs a program."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True)
    return (time.perf_counter() - began) * 1000


async def calls(target: str, count: int) -> dict[str, object]:
    """Time one song through bare stubs on a plain channel, and through the client."""
    async with grpc.aio.insecure_channel(target) as channel, Client(target) as music:
        get_song = CatalogServiceStub(channel).GetSong

        async def bare() -> object:
            return await get_song(pb.GetSongRequest(id="1440857781"))

        async def facade() -> object:
            return await music.catalog.get_song("1440857781")

        bare_us, facade_us = await alternating(count, bare, facade)
    return {
        "bare_us": spread(bare_us),
        "facade_us": spread(facade_us),
        "overhead_us": round(statistics.median(facade_us) - statistics.median(bare_us), 1),
        "ratio": round(statistics.median(facade_us) / statistics.median(bare_us), 3),
    }


async def alternating(count: int, *ways: Callable[[], Awaitable[object]]) -> list[list[float]]:
    """Microseconds of each of so many calls in each way, in turns."""
    times: list[list[float]] = [[] for _ in ways]
    for turn in range(_WARM_UP + count):
        for way, taken in zip(ways, times, strict=True):
            began = time.perf_counter()
            await way()
            if turn >= _WARM_UP:
                taken.append((time.perf_counter() - began) * _MICROSECONDS)
    return times


def blocking_calls(target: str, count: int) -> dict[str, object]:
    """Time one song through the blocking client."""
    times = []
    with BlockingClient(target) as music:
        for turn in range(_WARM_UP + count):
            began = time.perf_counter()
            music.catalog.get_song("1440857781")
            if turn >= _WARM_UP:
                times.append((time.perf_counter() - began) * _MICROSECONDS)
    return {"blocking_us": spread(times)}


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[str]:
    """The server as a process of its own; its target."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.python_client"), stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    try:
        yield (await child.stdout.readline()).decode().strip()
    finally:
        child.terminate()
        await child.wait()


async def serve() -> None:
    """Answer every request with the same song, until terminated."""
    answer = pb.GetSongResponse(song=example())

    async def get_song(_: pb.GetSongRequest, __: object) -> pb.GetSongResponse:
        return answer

    handler: grpc.RpcMethodHandler[pb.GetSongRequest, pb.GetSongResponse]
    handler = grpc.unary_unary_rpc_method_handler(
        get_song,
        request_deserializer=pb.GetSongRequest.FromString,
        response_serializer=pb.GetSongResponse.SerializeToString,
    )
    server = grpc.aio.server()
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("applemusic.v1.CatalogService", {"GetSong": handler})]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"127.0.0.1:{port}", flush=True)
    await server.wait_for_termination()


def example() -> media.Song:
    """A song with all that Apple sends of one without being asked for more."""
    return media.Song(
        id="1440857781",
        catalog_id="1440857781",
        name="Interlude III",
        artist_name="The Example Orchestra",
        artists=[media.ResourceRef(type=media.RESOURCE_TYPE_ARTIST, id="9", name="Orchestra")],
        album_name="Interludes",
        album=media.ResourceRef(type=media.RESOURCE_TYPE_ALBUM, id="8", name="Interludes"),
        duration=Duration(seconds=214, nanos=321_000_000),
        track_number=3,
        disc_number=1,
        isrc="XX1234567890",
        genre_names=["Classical", "Music"],
        release_date=media.Date(year=1998, month=5, day=3),
        composer_name="A. Composer",
        artwork=media.Artwork(url="https://example.test/600x600.jpg", width=3000, height=3000),
        previews=[media.Preview(url="https://example.test/preview.m4a")],
        url="https://music.apple.com/us/song/1440857781",
        availability=media.AVAILABILITY_CATALOG,
        has_lyrics=True,
        has_time_synced_lyrics=True,
    )


if __name__ == "__main__":
    asyncio.run(serve())
