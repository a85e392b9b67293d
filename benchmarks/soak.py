"""Listeners who play, skip, seek, pause and leave at random, while Apple's side fails at random.

python -m benchmarks.soak [--minutes N] [--seed N] [--listeners N]

The seed decides who does what and what fails; when it happens depends on the machine, too. At the
end nothing may be left behind: no task, no open answer, no prepared song, no Widevine session, no
memory; and every stream that was complete must have been the recording, to the byte. Exit code 0
says so.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import structlog

from applemusic import AudioContainer, Backoff, Client, ClientConfig
from applemusic_server.app import Server
from applemusic_server.config_sources import load
from benchmarks.chain import packets
from benchmarks.control import Control
from benchmarks.setup import CACHE
from benchmarks.soak_listener import CONTAINERS, Outcome, Recordings, SoakListener
from benchmarks.soak_traces import Traces, growth_problems
from tools.stack import Stack, StackOptions

SONGS = 6
LONGEST_SONG_SECONDS = 20.0
ACCOUNTS = 4
WARM_UP_SECONDS = 12.0
SETTINGS = {
    # So that songs of some seconds are paced, and take some seconds only.
    "APPLEMUSIC_PLAYBACK__BURST_SECONDS": "4",
    "APPLEMUSIC_PLAYBACK__LEAD_SECONDS": "8",
    "APPLEMUSIC_PLAYBACK__FILL_RATE": "6",
    "APPLEMUSIC_PLAYBACK__MAX_ACCOUNT_STREAMS": "6",
    "APPLEMUSIC_STORAGE__DATA_DIR": "",
}
_REPORT_SECONDS = 10.0
_IDLE_SECONDS = 15.0
# What gRPC's poller opens with its first call and keeps.
_OF_GRPC = 4
# A run in which hardly anything was complete proves nothing.
_LEAST_COMPARED = 0.2

FAULTS: tuple[dict[str, Any], ...] = (
    {"endpoint": "cdn", "kind": "reset"},
    {"endpoint": "cdn", "kind": "reset-after", "after_bytes": 40_000},
    {"endpoint": "cdn", "kind": "cut", "after_bytes": 90_000},
    {"endpoint": "cdn", "kind": "short-body"},
    {"endpoint": "cdn", "kind": "ignore-range"},
    {"endpoint": "cdn", "kind": "status", "status": 503, "count": 2},
    {"endpoint": "cdn", "kind": "status", "status": 403},
    {"endpoint": "cdn", "kind": "status", "status": 429},
    {"endpoint": "playlist", "kind": "status", "status": 500},
    {"endpoint": "playlist", "kind": "garbage"},
    {"endpoint": "license", "kind": "status", "status": 503},
    {"endpoint": "license", "kind": "empty"},
    {"endpoint": "license", "kind": "reset"},
    {"endpoint": "webPlayback", "kind": "status", "status": 429},
    {"endpoint": "webPlayback", "kind": "status", "status": 500},
    {"endpoint": "webPlayback", "kind": "reset"},
    {"endpoint": "webPlayback", "kind": "html", "status": 502},
)


class SimulatorOnly(Stack):
    """The simulator as a process; the server runs in this one, where it can be looked into."""

    async def _start_server(self, *program: str, settings: Mapping[str, str] | None = None) -> None:
        del program, settings


@dataclass
class Soak:
    """A server under soak, and what it is asked.

    Attributes:
        rss_mb: Memory of this process (server and clients), once a second.
        faults: How many were set.
    """

    control: Control
    address: str
    accounts: list[str]
    seed: int
    recordings: Recordings = field(default_factory=Recordings)
    outcome: Outcome = field(default_factory=Outcome)
    rss_mb: list[float] = field(default_factory=list)
    faults: int = 0

    async def record(self) -> None:
        """Play some songs undisturbed and compare each with its original."""
        async with self.client() as music:
            songs = await self._short_songs(music)
            async with asyncio.TaskGroup() as group:
                for song in songs:
                    for container in CONTAINERS:
                        group.create_task(self._record(music, song, container))

    async def _record(self, music: Client, song: str, container: AudioContainer) -> None:
        account = self.accounts[int(song) % len(self.accounts)]
        async with music.audio.stream(song, container=container, account=account) as stream:
            whole = b"".join([bytes(chunk) async for chunk in stream])
        if packets(whole) != packets(await self.control.original(song)):
            self.outcome.problems.append(f"song {song} as {container.name} is not its original")
        self.recordings.keep(song, container, whole)

    async def _short_songs(self, music: Client) -> list[str]:
        everything = await self.control.song_ids()
        short: list[str] = []
        for at in range(0, len(everything), 100):
            found = await music.catalog.batch_get_songs(
                everything[at : at + 100], account=self.accounts[0]
            )
            short += [
                each.id
                for each in found.items
                if 0 < each.duration.total_seconds() <= LONGEST_SONG_SECONDS
            ]
            if len(short) >= SONGS:
                break
        return short[:SONGS]

    def client(self) -> Client:
        """A client that is patient, but not for long."""
        backoff = Backoff(initial=0.05, maximum=0.5, attempts=6)
        return Client(self.address, config=ClientConfig(backoff=backoff))

    async def disturb(self, seconds: float, listeners: int, part: str) -> None:
        """Let listeners listen and things fail for so long, then let all come to rest."""
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            chaos = group.create_task(self._chaos(part))
            watch = group.create_task(self._watch())
            for number in range(listeners):
                group.create_task(self._listener(number, part, stop))
            await asyncio.sleep(seconds)
            stop.set()
            chaos.cancel()
            watch.cancel()
            await self.control.reset()
        await self._clear()

    async def _listener(self, number: int, part: str, stop: asyncio.Event) -> None:
        account = self.accounts[number % len(self.accounts)]
        async with self.client() as music:
            listener = SoakListener(
                music, account, self.recordings, self.outcome, f"{self.seed} {part} {number}"
            )
            await listener.listen(stop)

    async def _chaos(self, part: str) -> None:
        choose = random.Random(f"{self.seed} {part}")
        while True:
            await asyncio.sleep(choose.uniform(0.1, 1.0))
            if choose.random() < 0.15:
                latency, rate = choose.choice((0.0, 0.05, 0.3)), choose.choice((None, 150_000.0))
                await self.control.network(latency, rate)
            else:
                await self.control.fault(choose.choice(FAULTS))
            self.faults += 1

    async def _watch(self) -> None:
        process, began = psutil.Process(), time.monotonic()
        reported = began
        while True:
            await asyncio.sleep(1)
            self.rss_mb.append(process.memory_info().rss / 1e6)
            if time.monotonic() - reported >= _REPORT_SECONDS:
                reported = time.monotonic()
                self.report(reported - began)
                await self.control.forget_requests()

    def report(self, seconds: float) -> None:
        """Say how it goes."""
        minutes, rest = divmod(int(seconds), 60)
        done = self.outcome
        print(
            f"{minutes:2}:{rest:02} {done.streams - done.done['compared']} streams, "
            f"{done.done['compared']} compared, {done.refused.total()} refused, "
            f"{self.faults} faults, {self.rss_mb[-1]:.0f} MB, {len(done.problems)} problems",
            flush=True,
        )

    async def _clear(self) -> None:
        """Drop what is prepared, and wait until nothing is under way."""
        async with self.client() as music:
            for account in self.accounts:
                await music.audio.prepare([], account=account)
            with suppress(TimeoutError):
                async with asyncio.timeout(_IDLE_SECONDS):
                    while await self._is_busy(music):  # noqa: ASYNC110 - nobody tells when it ends
                        await asyncio.sleep(0.2)
        await asyncio.sleep(0.5)  # the connection of that client is still being closed

    async def _is_busy(self, music: Client) -> bool:
        return bool((await music.server.info()).active_stream_count or Traces.now().passing)


@asynccontextmanager
async def under_soak(seed: int) -> AsyncIterator[Soak]:
    """Start everything with some accounts signed in."""
    with tempfile.TemporaryDirectory(prefix="applemusic-soak-") as folder:
        options = StackOptions(
            cache_dir=CACHE,
            data_dir=Path(folder),
            server_settings={**SETTINGS, "APPLEMUSIC_STORAGE__DATA_DIR": folder},
        )
        async with SimulatorOnly(options) as stack, aiohttp.ClientSession() as session:
            settings = load(stack.server_environment(), {})
            log = structlog.wrap_logger(
                structlog.ReturnLogger(), processors=[], wrapper_class=structlog.BoundLogger
            )
            server = Server(settings, log, {})
            await server.start()
            try:
                control = Control(session, stack.simulator_url)
                soak = Soak(
                    control,
                    f"127.0.0.1:{server.grpc_port}",
                    [f"listener-{number}" for number in range(ACCOUNTS)],
                    seed,
                )
                async with soak.client() as music:
                    for account in soak.accounts:
                        token = await control.new_account(account)
                        await music.auth.submit_music_user_token(token, account=account)
                yield soak
            finally:
                await server.stop()


async def run(minutes: float, seed: int, listeners: int) -> list[str]:
    """Soak for so long; return what was wrong."""
    tasks, sockets = len(asyncio.all_tasks()), psutil.Process().num_fds()
    async with under_soak(seed) as soak:
        print("recording songs to compare with", flush=True)
        await soak.record()
        await soak.disturb(WARM_UP_SECONDS, listeners, "warm-up")
        before = Traces.now()
        soak.rss_mb.clear()
        print(f"warm; {listeners} listeners for {minutes:g} min", flush=True)
        await soak.disturb(60 * minutes, listeners, "soak")
        after = Traces.now()
        soak.report(60 * minutes)
        problems = soak.outcome.problems + after.problems(before) + growth_problems(soak.rss_mb)
        done = soak.outcome.done
        if done["compared"] < _LEAST_COMPARED * soak.outcome.streams:
            problems.append(f"only {done['compared']} streams were compared: this proves nothing")
        print(f"done     {', '.join(f'{name} {n}' for name, n in sorted(done.items()))}")
        refused = sorted(soak.outcome.refused.items())
        print(f"refused  {', '.join(f'{name} {count}' for name, count in refused)}")
        print(f"objects  {before.objects} before, {after.objects} after")
        print(f"memory   {min(soak.rss_mb):.1f} to {max(soak.rss_mb):.1f} MB")
    await asyncio.sleep(0.5)
    left = len(asyncio.all_tasks()) - tasks
    if left > 0:
        problems.append(f"{left} tasks are left after the server's end")
    if psutil.Process().num_fds() > sockets + _OF_GRPC:
        problems.append(
            f"{psutil.Process().num_fds()} files and sockets are open after the server's end, "
            f"{sockets} before"
        )
    return problems


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="how long  [10]")
    parser.add_argument("--seed", type=int, help="of the choices; by default another one each time")
    parser.add_argument("--listeners", type=int, default=16, help="at the same time  [16]")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"seed {seed}", flush=True)
    problems = asyncio.run(run(arguments.minutes, seed, arguments.listeners))
    for problem in problems[:20]:
        print(f"PROBLEM  {problem}")
    if problems:
        sys.exit(f"{len(problems)} problems with seed {seed}")
    print("nothing is left behind, and every complete stream was the recording")


if __name__ == "__main__":
    main()
