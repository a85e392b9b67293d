"""What `GetServerInfo` says of what Apple lets an account do, before anything was tried."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog

from applemusic import Client, errors
from applemusic.models.account import AccountEventKind
from applemusic.models.server import Capabilities
from applemusic_server.app import Server
from applemusic_simulator.social.permissions import FAVORITES, LYRICS
from tests.support.stage import Stage

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
PROBED = ("lyrics", "library_remove", "playlist_edit", "playlist_delete", "artist_favorites")


async def capabilities(music: Client) -> Capabilities:
    found = (await music.server.info()).capabilities
    assert found is not None
    return found


async def missing(music: Client) -> set[str]:
    found = await capabilities(music)
    return {name for name in PROBED if not getattr(found, name)}


@asynccontextmanager
async def restarted(stage: Stage) -> Any:
    """The server once more, on the same database."""
    await stage.server.stop()
    server = Server(stage.server._settings, structlog.get_logger(), {}, now=stage.server._now)
    await server.start()
    try:
        async with Client(f"127.0.0.1:{server.grpc_port}") as music:
            yield music
    finally:
        await server.stop()


async def test_everything_is_allowed(stage: Stage) -> None:
    stage.simulator.world.requests.clear()
    assert await missing(stage.music) == set()
    asked = list(stage.simulator.world.requests)
    assert {each.status for each in asked if each.method != "GET"} <= {202, 204, 404}
    for each in asked:
        # Nothing that there is was named in a write.
        is_named_nothing = ".00000000000000" in each.path or each.path.endswith("/favorites")
        assert each.method == "GET" or is_named_nothing, each
    assert 6 <= len([each for each in asked if each.method != "GET"]) <= 8


@pytest.mark.parametrize(
    ("operation", "lost"),
    [
        ("remove", {"library_remove", "playlist_delete"}),
        ("edit", {"playlist_edit"}),
        ("set-tracks", {"playlist_edit"}),
        ("move", {"playlist_edit"}),
        ("remove-tracks", set()),  # setting them does it as well
    ],
)
async def test_each_undocumented_write_that_is_refused(
    stage: Stage, operation: str, lost: set[str]
) -> None:
    settings = stage.simulator.world.libraries.settings("demo")
    settings.undocumented[operation] = "403"
    assert await missing(stage.music) == lost


@pytest.mark.parametrize("answer", ["401", "403"])
async def test_lyrics_and_favorites_that_are_refused(stage: Stage, answer: str) -> None:
    for capability in (LYRICS, FAVORITES):
        stage.simulator.world.social.permissions.set(capability, answer)
    assert await missing(stage.music) == {"lyrics", "artist_favorites"}
    requests = stage.simulator.world.requests
    requests.clear()
    with pytest.raises(errors.CapabilityRefusedError) as caught:
        await stage.music.catalog.lyrics(stage.song.id)
    assert caught.value.metadata["capability"] == "lyrics"
    assert not list(requests), "what is known need not be asked"


async def test_a_restart_does_not_ask_again_and_a_day_later_it_does(stage_of: SetUp) -> None:
    ahead = timedelta()
    async with stage_of(now=lambda: datetime.now(UTC) + ahead) as stage:
        permissions = stage.simulator.world.social.permissions
        permissions.set(LYRICS, "403")
        assert await missing(stage.music) == {"lyrics"}
        permissions.reset()
        stage.simulator.world.requests.clear()
        async with restarted(stage) as music:
            assert await missing(music) == {"lyrics"}
            paths = [each.path for each in stage.simulator.world.requests]
            assert not [path for path in paths if "lyrics" in path or "library" in path]
            ahead = timedelta(hours=25)
            assert await missing(music) == set()


async def test_signing_in_anew_forgets(stage: Stage) -> None:
    permissions = stage.simulator.world.social.permissions
    permissions.set(LYRICS, "403")
    assert await missing(stage.music) == {"lyrics"}
    permissions.reset()
    await stage.music.auth.submit_music_user_token(stage.simulator.music_user_token())
    assert await missing(stage.music) == set()


async def test_the_answer_does_not_wait_for_an_apple_that_hangs(stage: Stage) -> None:
    stage.fault("*", "hang", count=None)
    found = await capabilities(stage.music)
    assert not any(getattr(found, name) for name in PROBED)
    assert found.library
    assert found.library_add


async def test_who_watches_hears_that_an_account_may_do_less(stage: Stage) -> None:
    assert await missing(stage.music) == set()
    watching: Any = stage.music.auth.watch_accounts()
    async with aclosing(watching) as events, asyncio.timeout(20):
        assert (await anext(events)).kind is AccountEventKind.CURRENT
        stage.simulator.world.social.permissions.set(LYRICS, "403")
        with pytest.raises(errors.CapabilityRefusedError):
            await stage.music.catalog.lyrics(stage.song.id)
        event = await anext(events)
        assert event.kind is AccountEventKind.UPDATED
        assert event.account is not None
        assert await missing(stage.music) == {"lyrics"}
