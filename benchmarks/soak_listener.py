"""One listener of the soak, who does this and that at random, and what came of it."""

import asyncio
import hashlib
import random
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

from applemusic import AppleMusicError, AudioContainer, Client

CONTAINERS = (AudioContainer.FMP4, AudioContainer.ADTS)
# More than the init segment with which a stream of fragmented MP4 begins, wherever it begins.
_INIT_BYTES = 2048
# What no fault of Apple's excuses.
_DEFECTS = frozenset({"", "INTERNAL"})


@dataclass
class Outcome:
    """What all listeners saw together.

    Attributes:
        done: Streams by what was done with them.
        refused: Streams that ended with an error, by reason.
        problems: What must not happen.
    """

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def streams(self) -> int:
        """All of them."""
        return self.done.total() + self.refused.total()


class Recordings:
    """The songs as they must be: each was compared with its clear original."""

    def __init__(self) -> None:
        self._whole: dict[tuple[str, AudioContainer], bytes] = {}

    @property
    def songs(self) -> list[str]:
        """Whose recordings there are."""
        return sorted({song for song, _ in self._whole})

    def keep(self, song: str, container: AudioContainer, whole: bytes) -> None:
        """Take one in."""
        self._whole[song, container] = whole

    def is_whole(self, song: str, container: AudioContainer, audio: bytes) -> bool:
        """Whether that is the whole song."""
        return audio == self._whole[song, container]

    def is_end(self, song: str, container: AudioContainer, audio: bytes) -> bool:
        """Whether the song ends like that, the init segment aside."""
        skip = _INIT_BYTES if container is AudioContainer.FMP4 else 0
        return bool(audio) and self._whole[song, container].endswith(audio[skip:])


class SoakListener:
    """Plays, skips, seeks, pauses, leaves, prepares: one after the other.

    Args:
        music: A client, shared with others.
        account: Who listens.
        recordings: What to compare with.
        outcome: Where to note what happened.
        seed: Decides what is done.
    """

    def __init__(
        self, music: Client, account: str, recordings: Recordings, outcome: Outcome, seed: str
    ) -> None:
        self._audio = music.audio
        self._account = account
        self._recordings = recordings
        self._outcome = outcome
        self._random = random.Random(seed)
        self._actions: list[tuple[Callable[[], Awaitable[str]], int]] = [
            (self._play, 6),
            (self._play_the_next, 5),
            (self._skip, 4),
            (self._leave_at_any_moment, 4),
            (self._seek, 3),
            (self._go_on, 3),
            (self._pause, 2),
            (self._prepare, 2),
        ]

    async def listen(self, stop: asyncio.Event) -> None:
        """Do one thing after the other until it is time to stop."""
        actions, weights = zip(*self._actions, strict=True)
        while not stop.is_set():
            (action,) = self._random.choices(actions, weights)
            try:
                self._outcome.done[await action()] += 1
            except AppleMusicError as error:
                self._outcome.refused[error.reason or type(error).__name__] += 1
                if error.reason in _DEFECTS:
                    self._problem(action, "".join(traceback.format_exception(error)))
            except Exception as error:  # noqa: BLE001 - whatever it is, the soak has found it
                self._problem(action, "".join(traceback.format_exception(error)))

    def _problem(self, action: Callable[[], Awaitable[str]], what: str) -> None:
        self._outcome.problems.append(f"{getattr(action, '__name__', '')}: {what}")

    def _choose(self) -> tuple[str, AudioContainer]:
        return self._random.choice(self._recordings.songs), self._random.choice(CONTAINERS)

    async def _play(self) -> str:
        song, container = self._choose()
        await self._whole(song, container, ())
        return "played"

    async def _play_the_next(self) -> str:
        song, container = self._choose()
        next_song, _ = self._choose()
        await self._whole(song, container, (next_song,))
        await self._whole(next_song, container, ())
        return "played in turn"

    async def _whole(
        self, song: str, container: AudioContainer, following: tuple[str, ...]
    ) -> None:
        async with self._audio.stream(
            song, container=container, next_song_ids=following, account=self._account
        ) as stream:
            audio = b"".join([bytes(chunk) async for chunk in stream])
        same = self._recordings.is_whole(song, container, audio)
        self._note(song, container, audio, same=same)

    async def _skip(self) -> str:
        song, container = self._choose()
        most = self._random.randint(0, 4)
        async with self._audio.stream(song, container=container, account=self._account) as stream:
            while most and await stream.read():
                most -= 1
        return "skipped"

    async def _leave_at_any_moment(self) -> str:
        song, container = self._choose()
        work = asyncio.create_task(self._whole(song, container, ()))
        await asyncio.wait({work}, timeout=self._random.choice((0.001, 0.01, 0.05, 0.3, 1.5)))
        work.cancel()
        found = await asyncio.gather(work, return_exceptions=True)
        if isinstance(found[0], Exception):
            raise found[0]
        return "left"

    async def _seek(self) -> str:
        song, container = self._choose()
        place = timedelta(seconds=self._random.uniform(0, 7))
        async with self._audio.stream(
            song, container=container, start_offset=place, account=self._account
        ) as stream:
            audio = b"".join([bytes(chunk) async for chunk in stream])
        same = self._recordings.is_end(song, container, audio)
        self._note(song, container, audio, same=same)
        return "sought"

    async def _go_on(self) -> str:
        song, container = self._choose()
        first = bytearray()
        async with self._audio.stream(song, container=container, account=self._account) as stream:
            for _ in range(self._random.randint(1, 3)):
                if chunk := await stream.read():
                    first += bytes(chunk)
            etag = stream.header.etag
            complete = stream.complete
        if complete:
            return "gone on"
        cut = self._random.randint(1, len(first))
        async with self._audio.stream(
            song, container=container, byte_offset=cut, etag=etag, account=self._account
        ) as stream:
            rest = b"".join([bytes(chunk) async for chunk in stream])
        audio = bytes(first[:cut]) + rest
        same = self._recordings.is_whole(song, container, audio)
        self._note(song, container, audio, same=same)
        return "gone on"

    async def _pause(self) -> str:
        song, container = self._choose()
        audio = bytearray()
        async with self._audio.stream(song, container=container, account=self._account) as stream:
            while chunk := await stream.read():
                audio += bytes(chunk)
                if self._random.random() < 0.3:
                    await asyncio.sleep(self._random.uniform(0, 1.5))
        same = self._recordings.is_whole(song, container, bytes(audio))
        self._note(song, container, audio, same=same)
        return "paused"

    async def _prepare(self) -> str:
        songs = [self._choose()[0] for _ in range(self._random.randint(0, 5))]
        container = self._random.choice(CONTAINERS)
        await self._audio.prepare(songs, container=container, account=self._account)
        await asyncio.sleep(self._random.uniform(0, 0.5))
        if self._random.random() < 0.5:
            await self._audio.prepare(songs[::-1], container=container, account=self._account)
        return "prepared"

    def _note(
        self, song: str, container: AudioContainer, audio: bytes | bytearray, *, same: bool
    ) -> None:
        if same:
            self._outcome.done["compared"] += 1
            return
        digest = hashlib.sha256(audio).hexdigest()[:16]
        self._outcome.problems.append(
            f"song {song} as {container.name}: {len(audio)} bytes ({digest}) are not the recording"
        )
