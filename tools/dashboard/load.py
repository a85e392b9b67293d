"""A server at work, so that there is something to see: listeners, syncs, and whatever goes wrong.

Server and simulator are processes as a person would start them; everything that goes wrong does so
at the simulator, as it would at Apple.
"""

import asyncio
import itertools
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

from applemusic import AppleMusicError, AudioStream, Backoff, Client, ClientConfig
from benchmarks.control import Control
from tools.stack import Stack, StackOptions

ROOT: Final = Path(__file__).resolve().parents[2]
LATENCY: Final = 0.06
"""Seconds before each answer: Apple is not next door."""
FIRST: Final = "anna"
"""The account whose library can be made large."""
_WITH_OWN_TOKEN: Final = "berta"  # noqa: S105 - a name
_AFTER_FAILURE, _PATIENCE = 5.0, 6
_CUT: Final = {"endpoint": "cdn", "kind": "reset-after", "after_bytes": 60_000}
_GONE: Final = {"endpoint": "cdn", "kind": "status", "status": 403, "count": None}
_WITHDRAWN: Final = {"endpoint": "webPlayback", "kind": "failure", "code": "3076", "count": 2}


@dataclass(frozen=True)
class Load:
    """What listeners and Apple do.

    Attributes:
        stack: Server and simulator.
        music: A client that gives up at once, so that what goes wrong is seen.
        control: Sets the simulator's network, and its limits.
        songs: Of 8 to 20 s, the shortest first.
        restart_settings: What the server needs when it is started again.
    """

    stack: Stack
    music: Client
    control: Control
    songs: Sequence[str]
    restart_settings: Mapping[str, str]

    async def play(self, song: str, account: str, following: Sequence[str] = ()) -> bool:
        """Play one song; return whether it came to its end."""
        stream = self.music.audio.stream(song, account=account, next_song_ids=following)
        return await tried(_heard(stream))

    async def listen(self, account: str, *, tells: bool, first: int = 0) -> None:
        """Play one song after another; give up when nothing plays any more.

        Args:
            account: Who listens.
            tells: Whether the host says what comes next.
            first: Which song to begin with.
        """
        failures = 0
        for at in itertools.count(first):
            song, following = (self.songs[n % len(self.songs)] for n in (at, at + 1))
            if await self.play(song, account, [following] if tells else []):
                failures = 0
            elif (failures := failures + 1) == _PATIENCE:
                return
            else:
                await asyncio.sleep(_AFTER_FAILURE)

    async def skip(self, account: str) -> None:
        """Begin a song and leave it, having said what comes next, which nobody plays."""
        first, *after = self.songs[:4]
        async with self.music.audio.stream(first, account=account, next_song_ids=after) as stream:
            await stream.read()
        await self.music.audio.prepare([], account=account)

    async def browse(self, account: str) -> None:
        """Search and look; what is looked at again is remembered."""
        for term in ("interlude", "love", "interlude"):
            found = await self.music.catalog.search(term)
            await self.music.catalog.batch_get_songs([song.id for song in found.songs])
        await self.music.library.recently_added(account=account).first()

    async def ask_in_vain(self) -> None:
        """Ask for a song that there is not."""
        await tried(self.music.catalog.get_song("1"))

    async def sync(self, account: str) -> None:
        """Read a library from the start."""

        async def read() -> None:
            async for _ in self.music.library.sync(account=account):
                pass

        await tried(read())

    async def throttled(self, per_second: float, work: Awaitable[Any]) -> None:
        """Do something while Apple allows only so many requests a second."""
        await self.control.throttle(per_second)
        try:
            await work
        finally:
            await self.control.throttle(None)

    async def refuse(self, account: str, song: str) -> None:
        """Have Apple refuse a song, to a listener and to a host that prepares it."""
        await self.control.fault({**_WITHDRAWN, "subject": song})
        await self.play(song, account)
        await tried(self.music.audio.prepare([song], account=account))

    async def break_off(self, account: str, song: str, other: str) -> None:
        """Have a transfer from Apple break and go on; have another end for good in mid-song."""
        await self.control.fault({**_CUT, "subject": song})
        await self.play(song, account)
        async with self.music.audio.stream(other, account=account) as stream:
            await stream.read()
            await self.control.fault({**_GONE, "subject": other})
            await tried(_rest_of(stream))
        await self.control.mend("cdn")

    async def stall(self, account: str, song: str, seconds: float, late: float) -> None:
        """Have Apple's audio come late for a while, to a song that plays and to all others."""
        async with self.music.audio.stream(song, account=account) as stream:
            await stream.read()
            await self.control.late(**{"*": LATENCY, "cdn": late})
            hearing = asyncio.create_task(tried(_rest_of(stream)))
            await asyncio.sleep(seconds)
            await self.control.late(**{"*": LATENCY})
            hearing.cancel()
            await asyncio.wait([hearing])

    async def renew(self, account: str) -> None:
        """Ask Apple for a new music user token."""
        await self.music.auth.renew_music_user_token(account)

    async def begin_signing_in(self) -> None:
        """Open a sign-in, and think better of it."""
        begun = await self.music.auth.begin_sign_in(account="emil")
        await self.music.auth.cancel_sign_in(begun.sign_in_id)

    async def lose(self, account: str) -> None:
        """Have Apple revoke a sign-in; the server hears of it with the next song."""
        await self.control.revoke(account)
        await self.play(self.songs[0], account)

    async def restart(self) -> None:
        """Stop the server and start it again, on the same ports."""
        await self.stack.restart_server(settings=self.restart_settings)


async def tried(work: Awaitable[Any]) -> bool:
    """Wait for work that may fail, since things go wrong here; return whether it did not."""
    with suppress(AppleMusicError):
        await work
        return True
    return False


@asynccontextmanager
async def loaded(
    folder: Path, accounts: Sequence[str], web_port: int, **settings: str
) -> AsyncIterator[Load]:
    """Start everything and sign accounts in; one of them has a developer token of its own.

    Args:
        folder: For all that is written.
        accounts: Their names.
        web_port: Where the server's metrics are to be.
        settings: Of the server, as SECTION__KEY="value".
    """
    options = StackOptions(
        cache_dir=ROOT / "build" / "simulator-cache",
        data_dir=folder / "data",
        # Where it is found again when it was restarted.
        grpc_port=free_port(),
        web_port=web_port,
        server_settings={f"APPLEMUSIC_{name}": value for name, value in settings.items()},
    )
    async with Stack(options) as stack, aiohttp.ClientSession() as session:
        control = Control(session, stack.simulator_url)
        await control.network(LATENCY, None)
        own_token = await _own_developer_token(control, folder)
        await stack.restart_server(settings=own_token)
        config = ClientConfig(backoff=Backoff(attempts=0))
        async with Client(stack.grpc_address, config=config) as music:
            for account in accounts:
                is_first = account == FIRST
                token = stack.music_user_token if is_first else await control.new_account(account)
                await music.auth.submit_music_user_token(token, account=account)
            found = await music.catalog.search("interlude")
            songs = sorted(found.songs, key=lambda song: song.duration)
            yield Load(stack, music, control, [song.id for song in songs], own_token)


def free_port() -> int:
    """A port that nobody has just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _own_developer_token(control: Control, folder: Path) -> dict[str, str]:
    """Settings of a server with a developer token that one account has of its own."""
    token = await control.new_developer_token(90 * 86400)
    file, configuration = folder / "own-developer-token", folder / "server.toml"
    file.touch(mode=0o600)
    file.write_text(token)
    configuration.write_text(
        f"[developer_token.accounts.{_WITH_OWN_TOKEN}]\ntoken_file = {json.dumps(str(file))}\n"
    )
    return {"APPLEMUSIC_CONFIG": str(configuration)}


async def _heard(stream: AudioStream) -> None:
    async with stream:
        await _rest_of(stream)


async def _rest_of(stream: AudioStream) -> None:
    while await stream.read():
        pass
