"""Very many listeners of one server: is each chunk in time, and what does each stream hold?

And how long do hundreds wait who all begin within a second?

Apple's side answers at once, so that the server is what is measured; the listeners' processes do
next to nothing (`stream_load`). Simulator, server and listeners share the machine's cores all the
same: how much each of them used is in the result.
"""

import asyncio
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psutil

from applemusic import Client
from applemusic.models import Preparation
from applemusic_server.application.pace import Pace
from applemusic_server.application.playback_tuning import PlaybackTuning
from benchmarks import stream_load
from benchmarks.control import Control
from benchmarks.progress import Progress
from benchmarks.report import spread
from benchmarks.setup import CACHE, MAX, MIN
from benchmarks.stream_load import Heard, Plan
from tools.stack import Stack, StackOptions

STREAMS = 2000
PER_ACCOUNT = 20
# As many as the server makes ready for one account.
IN_TURN_PER_ACCOUNT = 2
LOAD_PROCESSES = 2
# So that all are playing, and past the time in which they fill up, before any is at its end.
STARTS_PER_SECOND = 40
FILL_SECONDS = 25.0
MEASURED_SECONDS = 40.0
BURST_STREAMS = 500
BURST_SECONDS = 1.0
BURST_WATCHED_SECONDS = 12.0
SETTINGS = {
    "APPLEMUSIC_PLAYBACK__MAX_STREAMS": str(STREAMS),
    "APPLEMUSIC_PLAYBACK__MAX_ACCOUNT_STREAMS": str(PER_ACCOUNT),
    "APPLEMUSIC_GRPC__MAX_CONNECTIONS": "200",
    "APPLEMUSIC_GRPC__MAX_CONCURRENT_CALLS": str(STREAMS + 100),
}
_CHUNK_BYTES = 122880


@dataclass
class Usage:
    """What a process has used and waited for: CPU seconds, and when that was."""

    cpu: float
    at: float
    queued: float

    @classmethod
    def of(cls, pid: int) -> "Usage":
        """What it has used until now."""
        times = psutil.Process(pid).cpu_times()
        nanoseconds = int(Path(f"/proc/{pid}/schedstat").read_text().split()[1])
        return cls(times.user + times.system, time.monotonic(), nanoseconds / 1e9)

    def cores_since(self, earlier: "Usage") -> float:
        """Cores in use on average."""
        return round((self.cpu - earlier.cpu) / (self.at - earlier.at), 2)


@dataclass
class Place:
    """Where it is measured.

    Attributes:
        song: What everybody plays: Apple's side should have little to do.
        byterate: Its bytes per second.
        accounts: Who is signed in.
    """

    stack: Stack
    song: str
    byterate: float
    accounts: list[str]

    @property
    def server_pid(self) -> int:
        """The process to measure."""
        return self.stack.server.child.pid


async def measure(progress: Progress, *, quick: bool) -> dict[str, object]:
    """Streams at the same time first, then starts at the same time."""
    streams, starts = (200, 50) if quick else (STREAMS, BURST_STREAMS)
    with tempfile.TemporaryDirectory(prefix="applemusic-bench-") as directory:
        options = StackOptions(
            cache_dir=CACHE, data_dir=Path(directory), server_settings=dict(SETTINGS)
        )
        async with Stack(options) as stack, aiohttp.ClientSession() as session:
            control = Control(session, stack.simulator_url)
            accounts = max(streams // PER_ACCOUNT, starts // IN_TURN_PER_ACCOUNT)
            place = await settle(stack, control, accounts)
            paced = await paced_streams(place, progress, streams)
            await stack.restart_server()
            burst = await start_burst(place, progress, starts)
            await stack.restart_server()
            prepared = await start_burst(place, progress, starts, prepared=True)
    return {**paced, "start_burst": burst, "prepared_burst": prepared}


async def settle(stack: Stack, control: Control, accounts: int) -> Place:
    """Sign accounts in and find a song, which is made if it is not there yet."""
    names = [f"listener-{number}" for number in range(accounts)]
    async with Client(stack.grpc_address) as music:
        for name in names:
            token = await control.new_account(name)
            await music.auth.submit_music_user_token(token, account=name)
        everything = await control.song_ids()
        found = await music.catalog.batch_get_songs(
            everything[:: len(everything) // 60], account=names[0]
        )
        song = max(
            (each for each in found.items if MIN <= each.duration <= MAX),
            key=lambda each: each.duration,
        )
        async with music.audio.stream(song.id, account=names[0]) as stream:
            size = stream.header.total_bytes
    await stack.restart_server()
    return Place(stack, song.id, size / song.duration.total_seconds(), names)


def plans(
    place: Place, starts: list[float], end: float, *, per_account: int = PER_ACCOUNT
) -> list[Plan]:
    """Divide listeners among processes."""
    who = [place.accounts[index // per_account] for index in range(len(starts))]
    return [
        Plan(
            place.stack.grpc_address,
            place.song,
            starts[part::LOAD_PROCESSES],
            who[part::LOAD_PROCESSES],
            end,
        )
        for part in range(LOAD_PROCESSES)
    ]


async def paced_streams(place: Place, progress: Progress, count: int) -> dict[str, object]:
    """Start listeners one after the other, and watch all of them for a while."""
    process = psutil.Process(place.server_pid)
    begin = time.monotonic() + 3
    starts = [begin + index / STARTS_PER_SECOND for index in range(count)]
    watched = starts[-1] + FILL_SECONDS
    end = watched + MEASURED_SECONDS
    progress.step(f"{count} listeners, {end - begin:.0f} s")
    await warm_up(place)
    idle = process.memory_info().rss
    load = asyncio.create_task(stream_load.run(plans(place, starts, end)))
    await asyncio.sleep(watched - time.monotonic())
    pids = {"server": place.server_pid, "simulator": place.stack.simulator.child.pid}
    before = {name: Usage.of(pid) for name, pid in pids.items()}
    rss = []
    while time.monotonic() < end - 1:
        rss.append(process.memory_info().rss)
        await asyncio.sleep(1)
    after = {name: Usage.of(pid) for name, pid in pids.items()}
    cores = {name: after[name].cores_since(before[name]) for name in pids}
    queued = after["server"].queued - before["server"].queued
    heard = await load
    late = [ms for each in heard for ms in lateness_ms(each, place.byterate, watched)]
    reserves = [least_reserve(each, watched) for each in heard if each.arrivals]
    await asyncio.sleep(3)
    return {
        "streams": count,
        "playing_at_the_end": sum(not each.failure for each in heard),
        "failures": stream_load.failures(heard),
        "chunks_watched": len(late),
        "chunk_lateness_ms": {**spread(late), **tails(late)},
        "goal_chunk_lateness_p99_ms": 50,
        "chunk_lateness_ms_at_percent": at_percents(late),
        "least_reserve_seconds": round(min(reserves), 1),
        "rss_before_mb": round(idle / 1e6, 1),
        "rss_with_all_mb": round(max(rss) / 1e6, 1),
        "rss_afterwards_mb": round(process.memory_info().rss / 1e6, 1),
        "rss_kb_per_stream": round((max(rss) - idle) / 1000 / count, 1),
        "goal_rss_kb_per_stream": 60,
        "cores_used": cores,
        "server_waited_for_a_core_seconds": round(queued, 1),
        "watched_seconds": round(after["server"].at - before["server"].at, 1),
        "server_cpu_ms_per_audio_minute": round(cores["server"] * 60_000 / count, 2),
    }


async def warm_up(place: Place) -> None:
    """What the first stream of a server loads is no stream's."""
    async with (
        Client(place.stack.grpc_address) as music,
        music.audio.stream(place.song, account=place.accounts[0]) as stream,
    ):
        async for _ in stream:
            break


async def start_burst(
    place: Place, progress: Progress, count: int, *, prepared: bool = False
) -> dict[str, object]:
    """Start listeners within a second, each for an account of its own if it is prepared."""
    progress.step(f"{count} starts in {BURST_SECONDS:g} s, {'prepared' if prepared else 'cold'}")
    await warm_up(place)
    if prepared:
        await prepare_all(place, count // IN_TURN_PER_ACCOUNT)
    begin = time.monotonic() + 4
    starts = [begin + BURST_SECONDS * index / count for index in range(count)]
    end = starts[-1] + BURST_WATCHED_SECONDS
    per_account = IN_TURN_PER_ACCOUNT if prepared else PER_ACCOUNT
    load = plans(place, starts, end, per_account=per_account)
    work = asyncio.create_task(stream_load.run(load))
    await asyncio.sleep(begin - time.monotonic())
    before = Usage.of(place.server_pid)
    heard = await work
    used = Usage.of(place.server_pid)
    waits = [1000 * (each.first_audio - each.begun) for each in heard if each.first_audio]
    # Calls that left late did so because the listeners' own process was busy.
    own = [
        1000 * (each.begun - start) for each, start in zip(heard, sorted_like(starts), strict=True)
    ]
    return {
        "starts": count,
        "heard": len(waits),
        "failures": stream_load.failures(heard),
        "preparations": {
            Preparation(number).name: many
            for number, many in Counter(each.preparation for each in heard).items()
        },
        "first_byte_ms": {**spread(waits), **tails(waits)},
        "goal_first_byte_p99_ms": 1000,
        "calls_made_late_ms": tails(own),
        "server_cpu_seconds": round(used.cpu - before.cpu, 2),
    }


async def prepare_all(place: Place, accounts: int) -> None:
    """Have the song prepared for all listeners, and wait until that is done."""
    async with Client(place.stack.grpc_address) as music:
        for account in place.accounts[:accounts]:
            await music.audio.prepare([place.song] * IN_TURN_PER_ACCOUNT, account=account)
        for account in place.accounts[:accounts]:
            while not await _is_prepared(music, account):  # noqa: ASYNC110 - the server's, not ours
                await asyncio.sleep(0.1)


async def _is_prepared(music: Client, account: str) -> bool:
    found = await music.audio.prepared(account=account)
    return all(each.preparation in (Preparation.RESOLVED, Preparation.READY) for each in found)


def sorted_like(starts: list[float]) -> list[float]:
    """The starts in the order in which the processes tell of them."""
    return [each for part in range(LOAD_PROCESSES) for each in starts[part::LOAD_PROCESSES]]


def lateness_ms(heard: Heard, byterate: float, since: float) -> list[float]:
    """By how much each chunk after `since` came after it was due, at the listener.

    It is due by the pace of the server; of chunks that leave together, the later ones are due when
    the one before has come.
    """
    tuning, now = PlaybackTuning(), 0.0
    pace = Pace(
        burst=tuning.burst_seconds,
        lead=tuning.lead_seconds,
        rate=tuning.fill_rate,
        clock=lambda: now,
    )
    late = []
    usual = _CHUNK_BYTES / byterate
    due = 0.0
    for index, arrival in enumerate(heard.arrivals[:-1]):
        if index and arrival >= since:
            late.append(max(0.0, 1000 * (arrival - due)))
        now = arrival
        pace.sent(heard.offsets[index + 1] - heard.offsets[index])
        due = now + max(0.0, pace.rest(usual, tuning.rest_seconds))
    return late


def least_reserve(heard: Heard, since: float) -> float:
    """Seconds of audio that the listener had left at least, when a chunk came after `since`."""
    begin, first = heard.arrivals[0], heard.offsets[0]
    return min(
        (
            (offset - first) - (arrival - begin)
            for arrival, offset in zip(heard.arrivals, heard.offsets, strict=True)
            if arrival >= since
        ),
        default=0.0,
    )


def at_percents(values: list[float]) -> dict[str, float]:
    """Measured values from the least to the greatest, for a plot."""
    ordered = sorted(values)
    percents = [*range(0, 100, 5), 98, 99, 99.5, 99.9, 100]
    return {
        f"{percent:g}": round(ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))], 2)
        for percent in percents
    }


def tails(values: list[float]) -> dict[str, float]:
    """The far end of measured values."""
    ordered = sorted(values)
    return {
        "p99": round(ordered[len(ordered) * 99 // 100], 1),
        "p99.9": round(ordered[len(ordered) * 999 // 1000], 1),
    }
