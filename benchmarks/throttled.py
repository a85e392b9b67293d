"""A song that begins while a library is synced and Apple throttles: how much later is it heard?

The same songs are begun twice, each time by a server that was just started, so that nothing of them
is remembered: alone, and while a sync asks for more than Apple allows.
"""

import asyncio
import statistics
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace

import grpc

from applemusic import AudioContainer, Client
from applemusic.v1 import library_service_pb2 as pb
from applemusic.v1 import library_service_pb2_grpc, media_pb2
from benchmarks.first_byte import LATENCY, first_audio_ms
from benchmarks.report import spread
from benchmarks.setup import Bench

PER_SECOND = 4.0
GOAL_RATIO = 1.3
SONGS = 20_000  # far more than can be read at that rate while the songs begin
# Between two starts, so that they meet the sync in moments of all kinds.
REST_SECONDS = 0.37


async def measure(bench: Bench) -> dict[str, object]:
    """Begin the songs alone, then during a sync."""
    control = bench.control
    await control.library(SONGS)
    await control.network(LATENCY, None)
    alone, _, _ = await starts(bench, during_sync=False)
    during, refused, read = await starts(bench, during_sync=True)
    await control.throttle(None)
    await control.library(None)
    ratios = [one / other for one, other in zip(during, alone, strict=True)]
    return {
        "requests_per_second_allowed": PER_SECOND,
        "alone_ms": spread(alone),
        "during_sync_ms": spread(during),
        "ratio_of_medians": round(statistics.median(during) / statistics.median(alone), 2),
        "ratio_by_song": spread(ratios, 2),
        "goal_ratio": GOAL_RATIO,
        "requests_refused_during_sync": refused,
        "songs_synced_meanwhile": read,
    }


async def starts(bench: Bench, *, during_sync: bool) -> tuple[list[float], int, int]:
    """Return milliseconds to the first audio of each song, refused requests, and songs synced."""
    await bench.stack.restart_server()
    warm, *songs = bench.songs
    times = []
    counts = [0]
    async with Client(bench.stack.grpc_address) as music, AsyncExitStack() as stack:
        here = replace(bench, music=music)
        await first_audio_ms(here, warm, AudioContainer.FMP4)
        await bench.control.throttle(PER_SECOND)
        if during_sync:
            counts = await stack.enter_async_context(syncing(bench.stack.grpc_address))
        for song in songs:
            await asyncio.sleep(REST_SECONDS)
            times.append(await first_audio_ms(here, song, AudioContainer.FMP4))
        return times, await bench.control.refused_count(), counts[0]


@asynccontextmanager
async def syncing(address: str) -> AsyncIterator[list[int]]:
    """Sync while the body runs, which begins with the first songs; yield their running count.

    Raises:
        RuntimeError: The sync ended before the body did.
    """
    counts, begun = [0], asyncio.Event()

    async def sync() -> None:
        async with grpc.aio.insecure_channel(address) as channel:
            stub = library_service_pb2_grpc.LibraryServiceStub(channel)
            request = pb.SyncLibraryRequest(types=[media_pb2.RESOURCE_TYPE_SONG])
            async for message in stub.SyncLibrary(request):
                counts[0] += message.WhichOneof("change") == "upsert"
                begun.set()

    work, waiting = asyncio.create_task(sync()), asyncio.create_task(begun.wait())
    try:
        await asyncio.wait((work, waiting), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            yield counts
        if work.done():
            raise RuntimeError("the sync ended too soon") from work.exception()
    finally:
        for task in (work, waiting):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
