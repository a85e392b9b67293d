"""Memory of the server with 20 listeners, as an operator has it who sets nothing.

`chain` watches the same with long bursts, which hold more in the hands of gRPC.
"""

import asyncio
from contextlib import suppress

import psutil

from applemusic import AudioContainer, Client
from applemusic_server.config import Settings
from benchmarks.chain import CONTAINERS, STREAMS, peak_rss
from benchmarks.setup import Bench

# The burst, the filling up to the lead, and half a minute of it at rest.
WATCHED_SECONDS = 60.0


async def measure(bench: Bench) -> dict[str, object]:
    """Let 20 listeners play on a fresh server at its usual pace; watch it for a minute."""
    usual = Settings().playback
    pace = {
        "APPLEMUSIC_PLAYBACK__BURST_SECONDS": str(usual.burst_seconds),
        "APPLEMUSIC_PLAYBACK__LEAD_SECONDS": str(usual.lead_seconds),
    }
    await bench.stack.restart_server(settings=pace)
    process = psutil.Process(bench.server_pid)
    idle = process.memory_info().rss
    watch = asyncio.create_task(peak_rss(process))
    async with Client(bench.stack.grpc_address) as music:
        plays = [
            asyncio.create_task(_listen(music, bench.songs[index % len(bench.songs)], container))
            for index, container in enumerate(CONTAINERS * (STREAMS // 2))
        ]
        await asyncio.sleep(10.0 if bench.quick else WATCHED_SECONDS)
        playing = sum(not play.done() for play in plays)
        for play in plays:
            play.cancel()
        await asyncio.gather(*plays, return_exceptions=True)
    watch.cancel()
    peak = idle
    with suppress(asyncio.CancelledError):
        peak = await watch
    await bench.stack.restart_server()
    return {
        "streams": STREAMS,
        "playing_at_the_end": playing,
        "idle_rss_mb": round(idle / 1e6, 1),
        "peak_rss_mb": round(peak / 1e6, 1),
        "goal_peak_rss_mb": 120,
    }


async def _listen(music: Client, song: str, container: AudioContainer) -> None:
    async with music.audio.stream(song, container=container) as stream:
        async for _ in stream:
            pass
