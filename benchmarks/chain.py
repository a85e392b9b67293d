"""The whole chain (upstream client, decrypt, gRPC) under 20 streams at the same time.

Whole songs, half as fragmented MP4 and half as ADTS, paced as for listeners: CPU of the server
per minute of audio and per start, idle CPU, memory, and every packet compared with the clear
original.
"""

import asyncio
import hashlib
import io
from contextlib import suppress

import av
import psutil

from applemusic import AudioContainer
from benchmarks.setup import Bench

STREAMS = 20
IDLE_SECONDS = 10.0
STARTS = 40
ADTS_HEADER = 7  # FFmpeg hands ADTS frames out with their headers
CONTAINERS = (AudioContainer.FMP4, AudioContainer.ADTS)


async def measure(bench: Bench) -> dict[str, object]:
    """Play 20 songs at once to their end, by as many listeners as there are streams."""
    songs = [
        bench.songs[index % len(bench.songs)] for index in range(4 if bench.quick else STREAMS)
    ]
    process = psutil.Process(bench.server_pid)
    idle = process.memory_info().rss
    idle_cpu = cpu_seconds(process)
    await asyncio.sleep(IDLE_SECONDS)
    idle_cpu = cpu_seconds(process) - idle_cpu
    before = cpu_seconds(process)
    watch = asyncio.create_task(peak_rss(process))
    async with asyncio.TaskGroup() as group:
        plays = [
            group.create_task(whole_song(bench, song, CONTAINERS[index % 2]))
            for index, song in enumerate(songs)
        ]
    used = cpu_seconds(process) - before
    watch.cancel()
    peak = idle
    with suppress(asyncio.CancelledError):
        peak = await watch
    identical = 0
    for song, play in zip(songs, plays, strict=True):
        original = await bench.control.original(song)
        identical += await asyncio.to_thread(packets, play.result()) == packets(original)
    minutes = sum(bench.seconds[song] for song in songs) / 60
    start_cpu = await cpu_of_starts(bench, process)
    return {
        "streams": len(songs),
        "audio_minutes": round(minutes, 1),
        "cpu_ms_per_audio_minute": round(1000 * used / minutes, 2),
        "cpu_ms_per_start": round(1000 * start_cpu, 2),
        "idle_cpu_ms_in_10_s": round(1000 * idle_cpu, 1),
        "bit_identical": f"{identical} of {len(songs)} songs",
        "idle_rss_mb": round(idle / 1e6, 1),
        "peak_rss_mb": round(peak / 1e6, 1),
    }


def cpu_seconds(process: psutil.Process) -> float:
    """What a process has used so far, user and system."""
    times = process.cpu_times()
    return times.user + times.system


async def cpu_of_starts(bench: Bench, process: psutil.Process) -> float:
    """CPU seconds of one start, from the call to the first chunk, then given up."""
    before = cpu_seconds(process)
    for index in range(STARTS):
        async with bench.music.audio.stream(bench.songs[index % len(bench.songs)]) as stream:
            async for _ in stream:
                break
    await asyncio.sleep(0.5)  # what is given up is still being closed
    return (cpu_seconds(process) - before) / STARTS


async def peak_rss(process: psutil.Process) -> int:
    """Watch a process until cancelled; return the most memory it was seen with, in bytes."""
    peak = 0
    try:
        while True:
            peak = max(peak, process.memory_info().rss)
            await asyncio.sleep(0.1)
    except asyncio.CancelledError:
        return peak


async def whole_song(bench: Bench, song: str, container: AudioContainer) -> bytes:
    """All bytes of a song."""
    async with bench.music.audio.stream(song, container=container) as stream:
        return b"".join([chunk.data async for chunk in stream])


def packets(audio: bytes) -> str:
    """A hash over every AAC packet, read by FFmpeg."""
    digest = hashlib.sha256()
    with av.open(io.BytesIO(audio), mode="r") as container:
        header = ADTS_HEADER if container.format.name == "aac" else 0
        for packet in container.demux(audio=0):
            digest.update(bytes(packet)[header:])
    return digest.hexdigest()
