"""The Music Assistant provider: import, calls, first chunks, gaps, and a large library.

    python -m benchmarks.music_assistant [--songs 20000]

The host is a stand-in that does nothing: what is measured is what the provider adds.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import psutil
from music_assistant_models.enums import MediaType

from applemusic import Client, View
from benchmarks.control import Control
from benchmarks.setup import CACHE
from tests.support.ma.host import ROOT, Generation, Host, provider_package
from tools.stack import Stack, StackOptions

_CALLS = 400
_IMPORT = """
import sys, time
import music_assistant_models.media_items, music_assistant_models.config_entries
from tests.support.ma.host import Generation, provider_package
before = time.perf_counter()
assert "grpc" not in sys.modules
with provider_package(Generation.SETUP_FLOW):
    print((time.perf_counter() - before) * 1000)
"""


async def measure(songs: int) -> dict[str, Any]:
    """Return all figures: milliseconds and megabytes."""
    found: dict[str, Any] = {"import_ms": import_time()}
    with tempfile.TemporaryDirectory(prefix="ma-bench-") as folder:
        options = StackOptions(cache_dir=CACHE, data_dir=Path(folder))
        async with Stack(options) as stack, aiohttp.ClientSession() as session:
            control = Control(session, stack.simulator_url)
            async with Client(stack.grpc_address) as music:
                await music.auth.submit_music_user_token(stack.music_user_token)
                with provider_package(Generation.SETUP_FLOW) as package:
                    host = Host(package, Generation.SETUP_FLOW, {"address": stack.grpc_address})
                    host.provider = await host.load_or_raise()
                    found |= await calls(host.provider, music)
                    found |= await queue(host.provider, music)
                    found |= await library(host.provider, control, songs)
                    await host.unload()
    return found


def import_time() -> float:
    """How long the import takes in a process that has no grpc yet; the median of five."""
    times = []
    for _ in range(5):
        done = subprocess.run(
            [sys.executable, "-c", _IMPORT], cwd=ROOT, capture_output=True, text=True, check=True
        )
        times.append(float(done.stdout))
    return round(statistics.median(times), 1)


async def calls(provider: Any, music: Client) -> dict[str, Any]:
    """What a call costs through the provider, beside the bare client, turn by turn."""
    album = (await provider.search("the", [MediaType.ALBUM], 1)).albums[0].item_id
    base = provider._session.client.config.options  # noqa: SLF001 - to ask the same question
    options = replace(base, view=View.FULL)
    bare, ours = [], []
    for _ in range(_CALLS):
        bare.append(await timed(lambda: music.catalog.get_album(album, options=options)))
        ours.append(await timed(lambda: provider.get_album(album)))
    return {
        "call_bare_ms": round(statistics.median(bare), 3),
        "call_ms": round(statistics.median(ours), 3),
        "call_overhead_ms": round(statistics.median(ours) - statistics.median(bare), 3),
    }


async def timed(call: Callable[[], Awaitable[Any]]) -> float:
    """Milliseconds that a call takes."""
    before = time.perf_counter()
    await call()
    return (time.perf_counter() - before) * 1000


async def queue(provider: Any, music: Client) -> dict[str, Any]:
    """Ten songs, the next prepared while one plays, as the host does; two skips and a seek."""
    album = (await provider.search("Interludes", [MediaType.ALBUM], 1)).albums[0].item_id
    songs = [each.item_id for each in await provider.get_album_tracks(album)]
    for song in songs:  # the simulator makes its music with the first play
        stream = await provider.get_stream_details(song, MediaType.TRACK)
        async with aclosing(provider.get_audio_stream(stream)) as chunks:
            await anext(chunks)
    await music.audio.prepare([])
    gaps, firsts, ended = [], [], 0.0
    stream = await provider.get_stream_details(songs[0], MediaType.TRACK)
    for following in [*songs[1:], ""]:
        begun = time.perf_counter()
        first = True
        async with aclosing(provider.get_audio_stream(stream)) as chunks:
            async for _ in chunks:
                if first:
                    firsts.append((time.perf_counter() - begun) * 1000)
                    if ended:
                        gaps.append((time.perf_counter() - ended) * 1000)
                    first = False
                    if following:
                        stream = await provider.get_stream_details(following, MediaType.TRACK)
                        await ready(music, following)
        ended = time.perf_counter()
    sought = []
    for song in songs:
        stream = await provider.get_stream_details(song, MediaType.TRACK)
        await ready(music, song)
        async with aclosing(provider.get_audio_stream(stream, 5)) as chunks:
            sought.append(await timed(lambda chunks=chunks: anext(chunks)))  # type: ignore[misc]  # bound now
    return {
        "first_chunk_cold_ms": round(firsts[0], 1),
        "first_chunk_prepared_ms": round(statistics.median(firsts[1:]), 1),
        "gap_median_ms": round(statistics.median(gaps), 1),
        "gap_longest_ms": round(max(gaps), 1),
        "seek_median_ms": round(statistics.median(sought), 1),
    }


async def ready(music: Client, song: str) -> None:
    """Wait until a song is prepared."""
    while not any(  # noqa: ASYNC110 - the server tells nobody but who streams
        each.song_id == song and str(each.preparation) == "ready"
        for each in await music.audio.prepared()
    ):
        await asyncio.sleep(0.01)


async def library(provider: Any, control: Control, songs: int) -> dict[str, Any]:
    """Read a whole library, and see what it adds to the memory of this process."""
    await control.library(songs)
    process = psutil.Process()
    async for _ in provider.get_library_artists():  # what is loaded with the first list
        pass
    before = highest = process.memory_info().rss
    begun, count = time.perf_counter(), 0
    async for _ in provider.get_library_tracks():
        count += 1
        if not count % 200:
            highest = max(highest, process.memory_info().rss)
    return {
        "library_songs": count,
        "library_seconds": round(time.perf_counter() - begun, 1),
        "library_added_mb": round((highest - before) / 1e6, 1),
    }


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--songs", type=int, default=20_000)
    print(json.dumps(asyncio.run(measure(parser.parse_args().songs)), indent=2))


if __name__ == "__main__":
    main()
