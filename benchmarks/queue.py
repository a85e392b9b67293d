"""A queue of songs, played twenty times as fast as music, by a host that says what comes next.

The host is as simple as can be: it plays what it has, never holds more than ten seconds of audio,
and asks for the next song when it has the last byte of the one before. The server is one without
pace, as no listener of flesh has a clock that fast.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from applemusic import Client
from applemusic.models import Preparation
from benchmarks.first_byte import INIT_BYTES, LATENCIES
from benchmarks.report import spread
from benchmarks.setup import BANDWIDTH, Bench

SONGS = 50
SPEED = 20
NAMED_AHEAD = 2
GOAL_TRANSITION_MS = 25
_BUFFER_SECONDS = 10.0


@dataclass
class Player:
    """A host with a clock that is too fast.

    Attributes:
        transitions_ms: From the last byte of a song to the first audio of the next.
        stalls: How often it had nothing to play in the middle of a song.
        preparations: How prepared each song was.
    """

    music: Client
    byterates: dict[str, float]
    transitions_ms: list[float] = field(default_factory=list)
    stalls: int = 0
    preparations: Counter[str] = field(default_factory=Counter)
    _played_out: float = 0.0
    _last_byte: float = 0.0

    async def play(self, queue: Sequence[str]) -> None:
        """Play a queue to its end."""
        for at, song in enumerate(queue):
            await self._play_one(song, queue[at + 1 : at + 1 + NAMED_AHEAD])

    async def _play_one(self, song: str, following: Sequence[str]) -> None:
        received = 0
        async with self.music.audio.stream(song, next_song_ids=following) as stream:
            self.preparations[Preparation(stream.header.preparation).name] += 1
            async for chunk in stream:
                now = time.perf_counter()
                before, received = received, received + len(chunk.data)
                if before < INIT_BYTES <= received:
                    if self._last_byte:
                        self.transitions_ms.append(1000 * (now - self._last_byte))
                    self._played_out = max(self._played_out, now)
                elif now > self._played_out:
                    self.stalls += 1
                    self._played_out = now
                self._played_out += len(chunk.data) / self.byterates[song] / SPEED
                self._last_byte = now
                ahead = self._played_out - now - _BUFFER_SECONDS / SPEED
                if ahead > 0 and received < stream.header.total_bytes:
                    await asyncio.sleep(ahead)


async def measure(bench: Bench) -> dict[str, object]:
    """Play the queue at each latency."""
    await bench.stack.restart_server("benchmarks.unpaced_server")
    short, long = (9, 3) if bench.quick else (SONGS - 6, 6)
    # The long ones among the short ones; none twice in a row.
    queue = [bench.short_songs[at % len(bench.short_songs)] for at in range(short)]
    for at in range(long):
        queue.insert(at * (short // long) + at, bench.songs[at])
    found: dict[str, object] = {"songs": len(queue), "speed": SPEED}
    async with Client(bench.stack.grpc_address) as music:
        here = replace(bench, music=music)
        byterates = await _byterates(here, set(queue))
        for latency in LATENCIES:
            await bench.control.network(latency, BANDWIDTH)
            player = Player(music, byterates)
            await player.play(queue)
            found[f"at_{latency * 1000:.0f}_ms"] = {
                "stalls": player.stalls,
                "transition_ms": spread(player.transitions_ms),
                "longest_transition_ms": round(max(player.transitions_ms), 1),
                "preparations": dict(player.preparations),
            }
    await bench.control.reset()
    await bench.stack.restart_server()
    return {**found, "goal_transition_ms": GOAL_TRANSITION_MS, "goal_stalls": 0}


async def _byterates(bench: Bench, songs: set[str]) -> dict[str, float]:
    rates = {}
    for song in songs:
        async with bench.music.audio.stream(song) as stream:
            header = stream.header
            rates[song] = header.bit_rate / 8
    return rates
