"""Two servers on one PostgreSQL, and what happens when that goes away; nothing is faked."""

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from msgspec import structs

from applemusic import Backoff, Client, ClientConfig, errors
from applemusic.models import ResourceType
from applemusic.models.sign_in import SignInState
from applemusic.models.sync import SyncCheckpoint, SyncRemoval, SyncUpsert
from applemusic_server.app import Server
from applemusic_server.storage.key_file import KeyFile
from applemusic_simulator.library.library import Library
from tests.support.databases import Databases
from tests.support.http_browser import HttpBrowser, http_browser
from tests.support.sign_in import begin, outcome
from tests.support.stage import Stage

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
SYNCS = 3
# A test sees the first failure.
PATIENCE = ClientConfig(backoff=Backoff(initial=0.01, maximum=0.01, attempts=0))


@dataclass
class LaterClock:
    """The real time and what was added to it."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Pair:
    """Two servers.

    Attributes:
        a: The stage of the one; somebody signed in there.
        server_b: The other, on the same database.
        b: A client of the other.
        storage: The settings of both.
        clock: Of both.
    """

    a: Stage
    server_b: Server
    b: Client
    storage: dict[str, Any]
    clock: "LaterClock"

    @property
    def library(self) -> Library:
        return self.a.simulator.world.libraries.of("demo")


@pytest.fixture
async def storage(postgresql: Databases, tmp_path: Path) -> dict[str, Any]:
    """The database is empty: the servers make its tables."""
    password, key = tmp_path / "password", KeyFile(tmp_path / "shared.key")
    password.touch(mode=0o600)
    password.write_text(postgresql.server.password + "\n")
    assert key.create()
    return {
        "url": postgresql.server.url(await postgresql.empty(), password=False),
        "password_file": password,
        "encryption_key_file": key.path,
        "data_dir": tmp_path / "never-made",
    }


@pytest.fixture
async def pair(stage_of: SetUp, storage: dict[str, Any]) -> AsyncIterator[Pair]:
    clock = LaterClock()
    async with stage_of(storage=storage, now=clock) as a:
        server_b = Server(a.server._settings, structlog.get_logger(), {}, now=clock)
        await server_b.start()
        try:
            async with Client(f"127.0.0.1:{server_b.grpc_port}", config=PATIENCE) as b:
                yield Pair(a, server_b, b, storage, clock)
        finally:
            await server_b.stop()


async def accounts(music: Client) -> list[str]:
    return [account.id async for account in music.auth.accounts()]


async def first_song(music: Client, **call: Any) -> Any:
    return await music.library.songs(page_size=1, **call).first()


async def copy_of(music: Client, token: str = "") -> tuple[dict[str, Any], set[str], str]:
    """What a sync sends, what it takes away, and its token."""
    there: dict[str, Any] = {}
    gone: set[str] = set()
    async for change in music.library.sync(types=[ResourceType.SONG], sync_token=token):
        if isinstance(change, SyncUpsert):
            song: Any = change.resource
            there[song.id] = song
        elif isinstance(change, SyncRemoval):
            removed: Any = change.resource
            gone.add(removed.id)
        elif isinstance(change, SyncCheckpoint):
            token, complete = change.sync_token, change.complete
    assert complete
    return there, gone, token


async def test_who_signs_in_on_one_is_known_to_the_other_at_once(pair: Pair) -> None:
    assert await accounts(pair.b) == ["default"]
    assert await first_song(pair.b)
    assert not pair.storage["data_dir"].exists()

    await pair.b.auth.submit_music_user_token(
        pair.a.simulator.music_user_token(), account="berta", display_name="Berta"
    )

    assert await accounts(pair.a.music) == ["berta", "default"]


async def test_a_sign_in_begun_on_one_and_finished_on_the_other(pair: Pair) -> None:
    begun = await begin(pair.a, "berta")
    pages = f"http://127.0.0.1:{pair.server_b.web_port}"
    async with http_browser(pair.a) as browser:
        # The code is typed in at the other replica, and the token arrives there.
        there = HttpBrowser(pages, browser.http)
        await there.start()
        status, answer = await there.post("code", {"csrf": there.csrf, "code": begun.user_code})
        assert status == 200, answer
        there.csrf = answer["csrf"]
        watched = asyncio.ensure_future(outcome(pair.a, begun))
        # Whoever loads the page again is known by the cookie.
        assert "visit" in (await HttpBrowser(pages, browser.http).start())
        token = pair.a.simulator.music_user_token()
        assert (await there.finish(token))[0] == 200
        async with asyncio.timeout(10):
            assert await watched is SignInState.SUCCEEDED
        # And it ended for all: the same token again, and the same code at the first replica.
        assert (await there.finish(token))[0] == 409
        here = HttpBrowser(f"http://127.0.0.1:{pair.a.server.web_port}", browser.http)
        await here.start()
        status, _ = await here.post("code", {"csrf": here.csrf, "code": begun.user_code})
        assert status in {404, 409}
    assert await accounts(pair.a.music) == await accounts(pair.b) == ["berta", "default"]


async def test_one_of_two_replicas_renews(pair: Pair) -> None:
    """Both keepers find the same token due, at the same moment, and again and again."""
    world = pair.a.simulator.world
    days = timedelta(days=135)
    pair.clock.ahead = days
    world.clock.advance(days.total_seconds())
    keepers = [server._tokens.keeper for server in (pair.a.server, pair.server_b)]

    await asyncio.gather(*(keeper.round() for keeper in keepers for _ in range(3)))

    asked = [each.endpoint for each in world.requests].count("renewMusicToken")
    assert asked == 1
    renewed = [await music.auth.get_account("default") for music in (pair.a.music, pair.b)]
    assert renewed[0] == renewed[1]
    assert renewed[0].token_renewed_time is not None
    for music in (pair.a.music, pair.b):
        assert await first_song(music)


async def test_two_replicas_that_both_meet_a_dead_token_renew_it_once(pair: Pair) -> None:
    world = pair.a.simulator.world
    for token in world.user_tokens.of("demo"):
        world.user_tokens.expire(token)
    song = pair.a.song.id

    async def play(music: Client) -> int:
        async with music.audio.stream(song) as stream:
            return sum([len(bytes(chunk)) async for chunk in stream])

    played = await asyncio.gather(play(pair.a.music), play(pair.b))

    assert played[0] == played[1] > 0
    assert [each.endpoint for each in world.requests].count("renewMusicToken") == 1


async def test_who_signs_out_on_one_is_signed_out_on_the_other(pair: Pair) -> None:
    await first_song(pair.b)

    assert await pair.a.server._stored_accounts.delete("default")

    with pytest.raises(errors.AppleMusicError) as caught:
        await first_song(pair.b, account="default")
    assert caught.value.reason == "ACCOUNT_NOT_FOUND"


async def test_a_sign_out_ends_a_sync_on_the_other(pair: Pair) -> None:
    pair.a.simulator.world.libraries.resize("demo", 3000)
    changes = pair.b.library.sync(types=[ResourceType.SONG])
    await anext(changes)

    assert await pair.a.server._stored_accounts.delete("default")

    with pytest.raises(errors.AppleMusicError) as caught:
        async for _ in changes:
            pass
    assert caught.value.reason == "ACCOUNT_NOT_FOUND"


async def test_syncs_of_one_library_on_both_at_once_are_whole(pair: Pair) -> None:
    copies = await asyncio.gather(
        *(copy_of(music) for music in (pair.a.music, pair.b) for _ in range(SYNCS))
    )
    expected = {song.id for song in pair.library.songs()}
    for there, gone, _ in copies:
        assert there.keys() == expected
        assert not gone

    # A token of one is good at the other, whichever of them changed what meanwhile.
    song = next(pair.library.songs())
    removed = song.id
    pair.library.remove_song(song)
    news = await asyncio.gather(
        *(
            copy_of(music, token)
            for music, (_, _, token) in zip((pair.b, pair.a.music) * SYNCS, copies, strict=True)
        )
    )
    for there, gone, _ in news:
        assert removed not in there
        assert gone == {removed}


async def test_servers_that_start_at_once_on_an_empty_database(
    stage_of: SetUp, storage: dict[str, Any], postgresql: Databases
) -> None:
    async with stage_of(storage=storage, signed_in=False) as stage:
        fresh = {"url": postgresql.server.url(await postgresql.empty(), password=False)}
        settings = stage.server._settings
        settings = structs.replace(settings, storage=structs.replace(settings.storage, **fresh))
        servers = [Server(settings, structlog.get_logger(), {}) for _ in range(4)]
        try:
            await asyncio.gather(*(server.start() for server in servers))
            for server in servers:
                assert await server._readiness() == ""
        finally:
            await asyncio.gather(*(server.stop() for server in servers))


async def test_a_database_that_restarts_is_said_and_then_it_goes_on(
    pair: Pair, postgresql: Databases
) -> None:
    async def ready(server: Server) -> tuple[int, str]:
        url = f"http://127.0.0.1:{server.web_port}/readyz"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return answer.status, await answer.text()

    await first_song(pair.a.music)
    postgresql.server.stop(signal.SIGINT)
    for music in (pair.a.music, pair.b):
        with pytest.raises(errors.UnavailableError) as caught:
            await first_song(music)
        assert caught.value.reason == "STORAGE_UNAVAILABLE"
        assert "PostgreSQL cannot be reached" in str(caught.value)
        assert postgresql.server.password not in str(caught.value)
    status, text = await ready(pair.server_b)
    assert status == 503
    assert "STORAGE_UNAVAILABLE" in text

    postgresql.server.start()

    for music in (pair.a.music, pair.b):
        assert await first_song(music)
    assert (await ready(pair.server_b))[0] == 200


async def test_prometheus_with_a_token_reads_that_the_database_is_away(
    stage_of: SetUp, storage: dict[str, Any], postgresql: Databases, tmp_path: Path
) -> None:
    """For an hour: longer than other callers are remembered."""
    file, later = tmp_path / "prometheus", [0.0]
    file.touch(mode=0o600)
    file.write_text(token := f"amg_{'1' * 12}_{'a' * 64}")
    async with stage_of(
        signed_in=False,
        storage=storage,
        grpc={"require_access_token": True},
        access={"tokens": {"prometheus": {"token_file": file, "scopes": ("read",)}}},
        clock=lambda: time.monotonic() + later[0],
    ) as stage:
        url = f"http://127.0.0.1:{stage.server.web_port}/metrics"
        headers = {"Authorization": f"Bearer {token}"}
        found = []
        for _ in range(2):
            async with aiohttp.ClientSession() as web, web.get(url, headers=headers) as answer:
                text = await answer.text()
            found.append(
                (answer.status, re.findall(r"^applemusic_database_up \S+", text, re.MULTILINE))
            )
            if not later[0]:
                postgresql.server.stop(signal.SIGINT)
                later[0] = 3600
        postgresql.server.start()
    up, down = [["applemusic_database_up " + value] for value in ("1.0", "0.0")]
    assert found == [(200, up), (200, down)]


async def test_the_key_changes_under_both(pair: Pair) -> None:
    old = KeyFile(pair.storage["encryption_key_file"]).read()

    options = (("storage." + key, value) for key, value in pair.storage.items())
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "applemusic_server", "key", "rotate"),
        *(part for key, value in options for part in ("--set", f"{key}={value}")),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "APPLEMUSIC_CONFIG": ""},
    )
    output, problems = await process.communicate()
    assert problems == b""
    assert output.startswith(b"Encrypted 1 values with the first key in ")

    assert set(old).isdisjoint(KeyFile(pair.storage["encryption_key_file"]).read())
    assert await first_song(pair.a.music)
    assert await first_song(pair.b)
    account = await pair.b.auth.submit_music_user_token(
        pair.a.simulator.music_user_token(), account="berta"
    )
    assert await first_song(pair.a.music, account=account.id)
