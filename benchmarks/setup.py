"""Starts what is measured: a simulator with its music made, and a fresh server that paces."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aiohttp

from applemusic import Availability, Client
from benchmarks.control import Control
from benchmarks.progress import Progress
from tools.stack import Stack, StackOptions

# Songs of natural length: what is measured per minute should not be all start.
MIN = timedelta(seconds=150)
MAX = timedelta(seconds=260)
# Shorter than any other, but long enough that the one after next can be prepared at 20 times the
# speed of music.
SHORT = timedelta(seconds=11), timedelta(seconds=20)
# Bytes per second of each answer, where first bytes and transitions are timed.
BANDWIDTH = 2_500_000.0
CACHE = Path("build/simulator-cache").resolve()


@dataclass
class Bench:
    """Everything that a measurement needs.

    Attributes:
        songs: Ids of songs of natural length, already made by the simulator.
        seconds: Their playing times.
        short_songs: Ids of songs of 11 to 20 s.
    """

    stack: Stack
    music: Client
    session: aiohttp.ClientSession
    control: Control
    songs: list[str]
    seconds: dict[str, float]
    short_songs: list[str]
    quick: bool

    @property
    def server_pid(self) -> int:
        """The process to measure."""
        return self.stack.server.child.pid


@asynccontextmanager
async def prepare(directory: Path, progress: Progress, *, quick: bool) -> AsyncIterator[Bench]:
    """Start everything, sign in, make the music, and begin with a fresh server."""
    options = StackOptions(
        cache_dir=CACHE,
        data_dir=directory,
        server_settings={
            # As generous as the settings allow, so that a run does not last as long as its songs.
            "APPLEMUSIC_PLAYBACK__BURST_SECONDS": "60",
            "APPLEMUSIC_PLAYBACK__LEAD_SECONDS": "120",
            "APPLEMUSIC_PLAYBACK__MAX_ACCOUNT_STREAMS": "64",
        },
    )
    async with Stack(options) as stack, aiohttp.ClientSession() as session:
        control = Control(session, stack.simulator_url)
        everything = await control.song_ids()
        async with Client(stack.grpc_address) as music:
            await music.auth.submit_music_user_token(stack.music_user_token)
            found = await music.catalog.batch_get_songs(everything[:: len(everything) // 60])
            natural = [
                song
                for song in found.items
                if song.availability is Availability.CATALOG and MIN <= song.duration <= MAX
            ]
            chosen = {song.id: song.duration.total_seconds() for song in natural}
            songs = list(chosen)[: 7 if quick else 21]
            short = await _short_songs(music, everything)
            progress.step(f"making {len(songs)} songs, which are kept for the next time")
            for song in (*songs, *short):
                async with music.audio.stream(song) as stream:
                    async for _ in stream:
                        break
        await stack.restart_server()
        async with Client(stack.grpc_address) as music:
            yield Bench(
                stack,
                music,
                session,
                control,
                songs,
                chosen,
                short,
                quick,
            )


async def _short_songs(music: Client, everything: list[str]) -> list[str]:
    found: list[str] = []
    for at in range(0, len(everything), 100):
        songs = await music.catalog.batch_get_songs(everything[at : at + 100])
        found += [each.id for each in songs.items if SHORT[0] <= each.duration <= SHORT[1]]
    return found
