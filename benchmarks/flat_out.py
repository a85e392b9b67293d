"""The whole chain (upstream client, decrypt, gRPC) as fast as it can: what its work costs.

Whole songs, starts included, half as fragmented MP4 and half as ADTS, six at a time, from a server
without pace. This is how the goal was found (reference: measured with a chain of the same parts);
`chain` says what pacing adds on a machine that sleeps in between.
"""

import asyncio
import statistics
from dataclasses import replace

import psutil

from applemusic import Client
from benchmarks.chain import CONTAINERS, cpu_seconds, packets, whole_song
from benchmarks.setup import Bench

ROUNDS = 5
AT_ONCE = 6


async def measure(bench: Bench) -> dict[str, object]:
    """Play all songs in each of some rounds; the first one warms up and is not counted."""
    await bench.stack.restart_server("benchmarks.unpaced_server")
    songs = bench.songs[1:]
    minutes = sum(bench.seconds[song] for song in songs) / 60
    costs = []
    async with Client(bench.stack.grpc_address) as music:
        here = replace(bench, music=music)
        process = psutil.Process(bench.server_pid)
        played = await _all(here, songs)
        for _ in range(2 if bench.quick else ROUNDS):
            before = cpu_seconds(process)
            await _all(here, songs)
            costs.append(1000 * (cpu_seconds(process) - before) / minutes)
    identical = 0
    for song, audio in zip(songs, played, strict=True):
        original = await bench.control.original(song)
        identical += await asyncio.to_thread(packets, audio) == packets(original)
    await bench.stack.restart_server()
    return {
        "songs": len(songs),
        "audio_minutes": round(minutes, 1),
        "rounds": len(costs),
        "cpu_ms_per_audio_minute": round(statistics.median(costs), 2),
        "cpu_ms_per_audio_minute_of_rounds": [round(cost, 2) for cost in costs],
        "goal_cpu_ms_per_audio_minute": 10,
        "bit_identical": f"{identical} of {len(songs)} songs",
    }


async def _all(bench: Bench, songs: list[str]) -> list[bytes]:
    turn = asyncio.Semaphore(AT_ONCE)

    async def play(index: int, song: str) -> bytes:
        async with turn:
            return await whole_song(bench, song, CONTAINERS[index % 2])

    return await asyncio.gather(*(play(index, song) for index, song in enumerate(songs)))
