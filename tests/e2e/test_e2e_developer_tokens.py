"""Developer tokens of a running server: made, given, replaced, wrong, and one per account."""

import json
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from applemusic import Client, errors
from applemusic_server.app import Server
from applemusic_server.config import as_json
from applemusic_server.config_check import ask_apple, look_into
from applemusic_server.config_sources import load
from applemusic_simulator.accounts import Account as Subscriber
from applemusic_simulator.developer_tokens import Team, make_team
from applemusic_simulator.simulator import Simulator
from tests.support.stage import Stage
from tests.support.token_files import key_settings, look_again, said, secret, take_away

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
OTHER_TEAM = "another team"


def other_team(simulator: Simulator) -> Team:
    return simulator.world.developer_tokens.register(make_team(OTHER_TEAM))


async def test_a_token_is_made_checked_at_the_start_and_made_anew(stage_of: SetUp) -> None:
    now = [datetime.now(UTC)]
    async with stage_of(now=lambda: now[0]) as stage:
        (accepted,) = said(stage, "developer token accepted")
        assert accepted["team"] == stage.simulator.team.id
        ready = Path(stage.server._settings.developer_token.token_file or "")
        settings = json.loads(as_json(stage.server._settings))
        await stage.server.stop()
        settings["developer_token"] = key_settings(ready.with_name("key.p8"), stage.simulator.team)
        async with running(settings, now=lambda: now[0]) as (server, music):
            first = server._apple.developer_tokens.current()
            assert (await music.catalog.search("interlude")).songs
            now[0] += timedelta(days=134)
            assert server._apple.developer_tokens.current() == first
            now[0] += timedelta(days=2)
            stage.simulator.world.clock.advance(136 * 86400)
            assert (await music.catalog.search("interlude")).songs
            second = server._apple.developer_tokens.current()
            assert second.expire_time == first.expire_time + timedelta(days=136)


def running(
    settings: dict[str, Any], **more: Any
) -> AbstractAsyncContextManager[tuple[Server, Client]]:
    """Another server on the same simulator."""

    class Running(AsyncExitStack):
        async def __aenter__(self) -> tuple[Server, Client]:  # type: ignore[override]  # two things
            await super().__aenter__()
            server = Server(load({}, settings), structlog.get_logger(), {}, **more)
            await server.start()
            self.push_async_callback(server.stop)
            music = await self.enter_async_context(Client(f"127.0.0.1:{server.grpc_port}"))
            return server, music

    return Running()


async def test_a_replaced_token_counts_without_a_restart(stage: Stage) -> None:
    file = Path(stage.server._settings.developer_token.token_file or "")
    before = (await stage.music.server.info()).developer_token_expire_time
    secret(file, stage.simulator.developer_token(lifetime=20 * 86400))
    await look_again(stage)
    after = (await stage.music.server.info()).developer_token_expire_time
    assert before is not None
    assert after is not None
    assert after < before - timedelta(days=100)
    assert len(said(stage, "developer token accepted")) == 2
    (warning,) = said(stage, "developer token")
    assert "ends within 30 days" in warning["error"]


@pytest.mark.parametrize("content", ["", "canary, half a fi"])
async def test_a_replacement_that_is_no_good_leaves_the_old_token(
    stage: Stage, content: str
) -> None:
    secret(Path(stage.server._settings.developer_token.token_file or ""), content)
    await look_again(stage)
    await look_again(stage)
    assert (await stage.music.catalog.search("interlude")).songs
    (problem,) = said(stage, "developer token")
    assert problem["reason"] == "DEVELOPER_TOKEN_REJECTED"
    assert "canary" not in str(stage.log)


async def test_a_file_that_goes_away_leaves_the_old_token(stage: Stage) -> None:
    file = Path(stage.server._settings.developer_token.token_file or "")
    content = take_away(file)
    await look_again(stage)
    assert (await stage.music.catalog.search("interlude")).songs
    assert "No such file" in said(stage, "developer token")[0]["error"]
    secret(file, content)
    os.chmod(file, 0o604)  # noqa: PTH101 - a slip that operators make
    await look_again(stage)
    assert "every user" in said(stage, "developer token")[1]["error"]


async def test_users_of_the_team_before_are_told_so_and_nobody_asks_apple(stage: Stage) -> None:
    team = other_team(stage.simulator)
    token = stage.simulator.world.developer_tokens.mint(team)
    secret(Path(stage.server._settings.developer_token.token_file or ""), token)
    await look_again(stage)
    stage.simulator.world.requests.clear()
    calls: list[Callable[[], Any]] = [
        lambda: stage.music.library.songs().first(),
        lambda: stage.play(stage.song.id),
        stage.music.auth.renew_music_user_token,
    ]
    for call in calls:
        with pytest.raises(errors.MusicUserTokenTeamMismatchError) as caught:
            await call()
        assert caught.value.metadata["teamId"] == stage.simulator.team.id
    await stage.server._tokens.keeper.round()
    assert not list(stage.simulator.world.requests)
    assert (await stage.music.catalog.search("interlude")).songs
    state = {"account": "default", "state": "team_mismatch"}
    assert await stage.metric("applemusic_account_state", **state) == 1
    info = await stage.music.server.info()
    assert "MUSIC_USER_TOKEN_TEAM_MISMATCH" in [each.name for each in info.action_required]
    # A token that this team asked for mends it; one of the old team is not taken.
    with pytest.raises(errors.MusicUserTokenRejectedError):
        await stage.music.auth.submit_music_user_token(stage.simulator.music_user_token())
    fresh = stage.simulator.world.user_tokens.issue("demo", team.id)
    assert (await stage.music.auth.submit_music_user_token(fresh)).team_id == team.id
    assert await stage.play(stage.song.id)


async def test_an_account_with_a_developer_token_of_its_own(
    stage_of: SetUp, tmp_path: Path
) -> None:
    team = make_team(OTHER_TEAM)
    own = {"accounts": {"berta": key_settings(tmp_path / "berta.p8", team)}}
    async with stage_of(developer_token_settings=own, signed_in=False) as stage:
        world = stage.simulator.world
        assert said(stage, "developer token")[0]["account"] == "berta"  # nobody knows the team yet
        refused = "applemusic_account_developer_token_rejected"
        assert await stage.metric(refused, account="berta") == 1
        assert await stage.metric("applemusic_developer_token_rejected") == 0
        other_team(stage.simulator)
        stage.server._apple.check._verdicts.clear()
        world.accounts.add(Subscriber("berta"))
        await stage.music.auth.submit_music_user_token(stage.simulator.music_user_token())
        with pytest.raises(errors.MusicUserTokenRejectedError):
            await stage.music.auth.submit_music_user_token(
                stage.simulator.music_user_token(), account="berta"
            )
        berta = await stage.music.auth.submit_music_user_token(
            world.user_tokens.issue("berta", team.id), account="berta"
        )
        assert berta.team_id == team.id
        for account in ("default", "berta"):
            assert await stage.music.library.songs(account=account).first()
            assert await stage.play(stage.song.id, account=account)
            await stage.music.auth.renew_music_user_token(account)
        expiry = "applemusic_account_developer_token_expiry_timestamp_seconds"
        assert await stage.metric(expiry, account="berta") > world.clock()
        assert await stage.metric(refused, account="berta") == 0


def bad_key(simulator: Simulator) -> str:
    """A token that names a team which has no key of this id."""
    return simulator.world.developer_tokens.mint(make_team("nobody"))


@pytest.mark.parametrize(
    ("make", "detail"),
    [
        (lambda _: "no token at all", "not a JSON web token"),
        (lambda simulator: simulator.developer_token()[:-8] + "AAAAAAAA", "/v1/test"),
        (bad_key, "do not belong together"),
        (lambda simulator: simulator.developer_token(lifetime=190 * 86400), "15777000"),
    ],
)
async def test_a_bad_token_is_said_at_the_start_by_every_call_and_by_config_check(
    stage_of: SetUp, make: Callable[[Simulator], str], detail: str
) -> None:
    async with stage_of(signed_in=False) as good:
        token = make(good.simulator)
    async with stage_of(developer_token=token, signed_in=False) as stage:
        (problem,) = said(stage, "developer token")
        assert problem["reason"] == "DEVELOPER_TOKEN_REJECTED"
        assert detail in problem["error"]
        with pytest.raises(errors.DeveloperTokenRejectedError) as caught:
            await stage.music.catalog.search("interlude")
        assert detail in caught.value.metadata["detail"]
        info = await stage.music.server.info()
        assert info.action_required[0].name == "DEVELOPER_TOKEN_REJECTED"
        assert await stage.metric("applemusic_developer_token_rejected") == 1
        settings = stage.server._settings
        found = (*look_into(settings).problems, *await ask_apple(settings))
        assert detail in found[0]
        assert found[0].startswith("developer_token: ")
        assert token not in f"{found}{stage.log}{caught.value}"


async def test_a_wrong_clock_is_named(stage_of: SetUp) -> None:
    late = timedelta(days=3)
    async with stage_of(signed_in=False) as good:
        token = good.simulator.developer_token()[:-8] + "AAAAAAAA"
    async with stage_of(
        now=lambda: datetime.now(UTC) + late, developer_token=token, signed_in=False
    ) as stage:
        with pytest.raises(errors.DeveloperTokenRejectedError) as caught:
            await stage.music.catalog.search("interlude")
        assert "4320 min ahead of Apple's" in caught.value.metadata["detail"]


async def test_two_servers_on_one_database_renew_once_and_tell_all(
    stage_of: SetUp, tmp_path: Path
) -> None:
    shared = {
        "url": f"sqlite+aiosqlite:///{tmp_path / 'shared.db'}",
        "encryption_key_file": tmp_path / "data" / "encryption.key",
    }
    async with stage_of(storage={"url": shared["url"]}) as stage:
        settings = json.loads(as_json(stage.server._settings))
        settings["storage"] = {**shared, "data_dir": tmp_path / "second"}
        settings["grpc"]["port"] = settings["web"]["port"] = 0
        async with running(settings) as (second, music):
            events = music.auth.watch_accounts()
            first = await anext(events)
            assert first.account is not None
            assert first.account.id == "default"
            renewed = await stage.music.auth.renew_music_user_token()
            await second._tokens.keeper.round()
            event = await anext(events)
            assert event.kind.name == "RENEWED"
            assert event.account == renewed
            assert await music.library.songs().first()
            requests = [each.endpoint for each in stage.simulator.world.requests]
            assert requests.count("renewMusicToken") == 1
            await music.auth.sign_out("default")
            await stage.server._tokens.keeper.round()
            with pytest.raises(errors.AccountRequiredError):
                await stage.music.library.songs().first()
            gone = "applemusic_account_events_total"
            assert await stage.metric(gone, event="signed_out") == 1
