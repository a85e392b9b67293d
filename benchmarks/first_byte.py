"""From the call to the first byte of audio at the client, cold, in both containers."""

import time
from datetime import timedelta

from applemusic import AudioContainer
from benchmarks.report import spread
from benchmarks.setup import BANDWIDTH, Bench

LATENCY = 0.080
LATENCIES = (LATENCY, 0.150)
INIT_BYTES = 2048  # more than the init segment (about 1 KB), less than the first fragment's header


async def measure(bench: Bench) -> dict[str, object]:
    """Time every song once per container; the first song only warms the connections."""
    await bench.control.network(LATENCY, BANDWIDTH)
    warm, *rest = bench.songs
    await first_audio_ms(bench, warm, AudioContainer.FMP4)
    half = len(rest) // 2
    fmp4 = [await first_audio_ms(bench, song, AudioContainer.FMP4) for song in rest[:half]]
    adts = [await first_audio_ms(bench, song, AudioContainer.ADTS) for song in rest[half:]]
    return {
        "latency_ms_per_response": LATENCY * 1000,
        "fmp4_ms": spread(fmp4),
        "adts_ms": spread(adts),
        "goal_ms": 3 * LATENCY * 1000 + 30,
    }


async def first_audio_ms(
    bench: Bench, song: str, container: AudioContainer, *, start_offset: timedelta | None = None
) -> float:
    """Milliseconds until a byte of audio (not only the init segment) is at the client."""
    received = 0
    needed = INIT_BYTES if container is AudioContainer.FMP4 else 1
    began = time.perf_counter()
    async with bench.music.audio.stream(
        song, container=container, start_offset=start_offset
    ) as stream:
        async for chunk in stream:
            received += len(chunk.data)
            if received >= needed:
                break
    return (time.perf_counter() - began) * 1000
