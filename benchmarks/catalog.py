"""Catalog reads that are remembered: how long one takes, and how many a core serves.

The load comes from processes of their own that use gRPC directly; what a core serves is counted in
the processor time that the server used, so that the load's own work does not count.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import grpc

from applemusic.v1 import catalog_service_pb2 as pb
from applemusic.v1.catalog_service_pb2_grpc import CatalogServiceStub
from benchmarks.report import spread
from benchmarks.setup import Bench

LATENCY = 0.080
IN_FLIGHT = 16
GOAL_P50_MS = 3.0
GOAL_PER_CORE = 2000
_MICROSECONDS = 1_000_000

Read = Callable[[str], Awaitable[object]]


async def measure(bench: Bench) -> dict[str, object]:
    """Read everything once so that it is remembered, then time single reads and a load."""
    await bench.control.network(LATENCY, None)
    songs = (await bench.control.song_ids())[: 100 if bench.quick else 500]
    async with grpc.aio.insecure_channel(bench.stack.grpc_address) as channel:
        read = reader(channel)
        began = time.perf_counter()
        await read(songs[0])
        cold_ms = (time.perf_counter() - began) * 1000
        for song in songs[1:]:
            await read(song)
        times = [await timed(read, song) for song in songs * (1 if bench.quick else 4)]
    load = await loaded(bench, 3.0 if bench.quick else 10.0, songs)
    times.sort()
    return {
        "cold_ms": round(cold_ms, 1),
        "cached_ms": spread(times, 2),
        "cached_p50_ms": round(times[len(times) // 2], 2),
        "goal_p50_ms": GOAL_P50_MS,
        **load,
        "goal_requests_per_second_per_core": GOAL_PER_CORE,
    }


def reader(channel: grpc.aio.Channel) -> Read:
    """Return what reads one song."""
    get_song = CatalogServiceStub(channel).GetSong

    async def read(song: str) -> object:
        return await get_song(pb.GetSongRequest(id=song))

    return read


async def timed(read: Read, song: str) -> float:
    """Milliseconds of one read."""
    began = time.perf_counter()
    await read(song)
    return (time.perf_counter() - began) * 1000


async def loaded(bench: Bench, seconds: float, songs: list[str]) -> dict[str, object]:
    """Let another process read as fast as it can; say what the server did per core."""
    before, began = cpu_seconds(bench.server_pid), time.perf_counter()
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.catalog", bench.stack.grpc_address),
        *(str(seconds), *songs[:50]),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await child.communicate()
    used, passed = cpu_seconds(bench.server_pid) - before, time.perf_counter() - began
    requests = int(output)
    return {
        "requests": requests,
        "requests_per_second": round(requests / seconds),
        "server_cores_used": round(used / passed, 2),
        "server_microseconds_per_request": round(used / requests * _MICROSECONDS),
        "requests_per_second_per_core": round(requests / used),
    }


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used, in the kernel's count."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def load(address: str, seconds: float, songs: list[str]) -> int:
    """Read songs for some seconds, so many at a time; return how many were read."""
    done = 0
    async with grpc.aio.insecure_channel(address) as channel:
        read = reader(channel)
        end = time.perf_counter() + seconds

        async def one() -> None:
            nonlocal done
            while time.perf_counter() < end:
                await read(songs[done % len(songs)])
                done += 1

        await asyncio.gather(*(one() for _ in range(IN_FLIGHT)))
    return done


def main() -> None:
    """Be the load."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("address")
    parser.add_argument("seconds", type=float)
    parser.add_argument("songs", nargs="+")
    arguments = parser.parse_args()
    print(asyncio.run(load(arguments.address, arguments.seconds, arguments.songs)))


if __name__ == "__main__":
    main()
