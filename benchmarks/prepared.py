"""From the call to the first byte of audio at the client: prepared, resolved, cold, and a seek."""

import asyncio
from datetime import timedelta

from applemusic import AudioContainer
from applemusic.models import Preparation
from benchmarks.first_byte import LATENCIES, first_audio_ms
from benchmarks.report import spread
from benchmarks.setup import BANDWIDTH, Bench

ROUNDS = 5
FIRST_RANGE_BYTES = 100_000


async def measure(bench: Bench) -> dict[str, object]:
    """Start songs in turn, at each latency; at most one is being prepared at a time."""
    found: dict[str, object] = {"bytes_per_second": BANDWIDTH}
    for latency in LATENCIES:
        found[f"at_{latency * 1000:.0f}_ms"] = await _at(bench, latency)
    return found


async def _at(bench: Bench, latency: float) -> dict[str, object]:
    await bench.control.network(latency, BANDWIDTH)
    round_trip_ms = latency * 1000
    await first_audio_ms(bench, bench.songs[0], AudioContainer.FMP4)
    rounds = 1 if bench.quick else ROUNDS
    prepared: list[float] = []
    resolved: list[float] = []
    cold: list[float] = []
    seek: list[float] = []
    for number in range(rounds):
        for at, song in enumerate(bench.songs):
            prepared.append(await _prepared_ms(bench, song))
            if number % 3 == 0:
                others = [bench.songs[at - 1], bench.songs[at - 2]]
                resolved.append(await _resolved_ms(bench, song, others))
                cold.append(await first_audio_ms(bench, song, AudioContainer.FMP4))
                seek.append(await _seek_ms(bench, song))
    return {
        "prepared_ms": _spread(prepared),
        "prepared_goal_ms": {"median": 8, "p99": 25},
        "resolved_ms": _spread(resolved),
        "resolved_goal_ms": round_trip_ms + 15,
        "seek_ms": _spread(seek),
        "seek_goal_ms": round_trip_ms + 15,
        "cold_ms": _spread(cold),
        "cold_goal_ms": 3 * round_trip_ms + 25,
    }


async def _prepared_ms(bench: Bench, song: str) -> float:
    await _prepare(bench, [song], Preparation.READY)
    return await first_audio_ms(bench, song, AudioContainer.FMP4)


async def _resolved_ms(bench: Bench, song: str, others: list[str]) -> float:
    """Two others go first: those hold audio, and the third is only resolved."""
    await _prepare(bench, [*others, song], Preparation.RESOLVED)
    taken = await first_audio_ms(bench, song, AudioContainer.FMP4)
    await bench.music.audio.prepare([])
    return taken


async def _seek_ms(bench: Bench, song: str) -> float:
    """Jump to the middle of a song whose stream is open."""
    middle = timedelta(seconds=bench.seconds[song] / 2)
    async with bench.music.audio.stream(song) as playing:
        async for _ in playing:
            break
        return await first_audio_ms(bench, song, AudioContainer.FMP4, start_offset=middle)


async def _prepare(bench: Bench, songs: list[str], last: Preparation) -> None:
    """Return when the list is as far as it gets."""
    found = await bench.music.audio.prepare(songs)
    while True:
        held = [each for each in found[:2] if each.byte_count >= FIRST_RANGE_BYTES]
        if len(held) == len(found[:2]) and found[-1].preparation is last:
            return
        await asyncio.sleep(0.02)
        found = await bench.music.audio.prepared()


def _spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        **spread(values),
        "p99": round(ordered[min(len(values) - 1, len(values) * 99 // 100)], 1),
    }
