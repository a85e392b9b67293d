"""Access that ends in the middle: every kind of stream is cut, and no other caller's."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from applemusic import Client, errors
from tests.e2e.conftest import SetUp
from tests.support.access_tokens import access_tokens

# Longer than the two seconds in which the server notices, and the two until it looks again.
_PATIENCE = 20.0


@dataclass
class LaterClock:
    """The real time and what was added to it."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


async def listened(stream: Any) -> AsyncIterator[object]:
    async with stream as chunks:
        async for each in chunks:
            yield each


@pytest.mark.parametrize("how", ["revoked", "expired"])
async def test_all_streams_of_an_access_token_end_with_it(
    stage_of: SetUp, tmp_path: Path, how: str
) -> None:
    clock = LaterClock()
    slow = {"burst_seconds": 1, "lead_seconds": 1, "fill_rate": 1}
    async with stage_of(signed_in=False, playback=slow, now=clock) as stage:
        world = stage.simulator.world
        for account in ("anna", "berta"):
            await stage.music.auth.submit_music_user_token(
                stage.simulator.music_user_token(), account=account
            )
        async with access_tokens(tmp_path / "data", clock) as tokens:
            scopes = ("read", "control", "stream", "admin")
            day = timedelta(days=1)
            mine = await tokens.create("mine", scopes, ["anna"], None if how == "revoked" else day)
            others = await tokens.create("other", scopes, ["berta"])
            song = max(world.catalogue.songs.values(), key=lambda each: each.duration_ms).id
            # The first page of a library comes at once, the others never.
            world.conditions.deep_pages = 1e6

            def streams(music: Client) -> dict[str, Callable[[], AsyncIterator[object]]]:
                return {
                    "audio": lambda: listened(music.audio.stream(song)),
                    "sync": music.library.sync,
                    "accounts": music.auth.watch_accounts,
                    "sign-in": lambda: watched_sign_in(music),
                }

            async with (
                Client(stage.music.target, access_token=mine.reveal()) as my_music,
                Client(stage.music.target, access_token=others.reveal()) as other_music,
            ):
                running = {
                    (whose, name): await begun(make())
                    for whose, music in (("mine", my_music), ("others", other_music))
                    for name, make in streams(music).items()
                }
                if how == "revoked":
                    await tokens.revoke("mine")
                else:
                    clock.ahead = day
                ending = [task for (whose, _), task in running.items() if whose == "mine"]
                await asyncio.wait(ending, timeout=_PATIENCE)
                for (whose, name), task in running.items():
                    if whose == "mine":
                        assert task.done(), name
                        assert isinstance(task.exception(), errors.AccessTokenInvalidError), name
                    elif name != "sign-in" or how == "revoked":  # that one took ten minutes
                        assert not task.done(), (name, task)
                    task.cancel()
                await asyncio.wait(running.values())
        assert await stage.metric("applemusic_streams_active") == 0


async def watched_sign_in(music: Client) -> AsyncIterator[object]:
    sign_in = await music.auth.begin_sign_in()
    async for state in music.auth.watch_sign_in(sign_in.sign_in_id):
        yield state


async def begun(stream: AsyncIterator[object]) -> asyncio.Task[None]:
    """Read a stream in the background; it has brought something already."""
    first = asyncio.Event()

    async def read() -> None:
        async for _ in stream:
            first.set()

    task = asyncio.create_task(read())
    waiting = asyncio.ensure_future(first.wait())
    await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED, timeout=_PATIENCE)
    waiting.cancel()
    assert first.is_set(), task
    return task
