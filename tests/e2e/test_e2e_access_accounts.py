"""Signing in and out, watching and renewing, with an access token for one account."""

import asyncio
import secrets
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from applemusic import Backoff, Client, ClientConfig, errors
from applemusic_server.application.access_tokens import AccessTokens
from applemusic_server.domain.access import Scope
from applemusic_server.storage.access_tokens import DatabaseAccessTokenStore
from applemusic_server.storage.database import open_database, sqlite_url
from tests.e2e.conftest import SetUp


async def token_for(data: Path, *accounts: str) -> str:
    """An access token with all scopes for these accounts."""
    database = await open_database(sqlite_url(data / "server.db"))
    tokens = AccessTokens(
        DatabaseAccessTokenStore(database), lambda: datetime.now(UTC), secrets.token_bytes
    )
    made = await tokens.create("-".join(accounts), list(Scope), accounts)
    await database.close()
    return made.reveal()


async def test_only_the_own_account_is_watched_signed_in_and_out(
    stage_of: SetUp, tmp_path: Path
) -> None:
    async with stage_of(signed_in=False) as stage:
        token = stage.simulator.music_user_token
        for account in ("anna", "berta"):
            await stage.music.auth.submit_music_user_token(token(), account=account)
        annas = await token_for(tmp_path / "data", "anna")
        async with Client(stage.music.target, access_token=annas) as music:
            watching: Any = music.auth.watch_accounts()
            async with aclosing(watching) as events:
                first = await anext(events)
                assert first.account is not None
                assert first.account.id == "anna"
                await stage.music.auth.submit_music_user_token(token(), account="berta")
                await stage.music.auth.submit_music_user_token(token(), account="anna")
                async with asyncio.timeout(10):
                    second = await anext(events)
                assert second.account is not None
                assert (second.account.id, second.kind.name) == ("anna", "SIGNED_IN")
            with pytest.raises(errors.AccessDeniedError):
                async for _ in music.auth.watch_accounts(["anna", "berta"]):
                    pass
            for call in (
                music.auth.begin_sign_in(account="berta"),
                music.auth.renew_music_user_token(account="berta"),
                music.auth.sign_out("berta"),
            ):
                with pytest.raises(errors.AccessDeniedError):
                    await call
            await music.auth.begin_sign_in()
            await music.auth.sign_out("anna")
            assert [each.id async for each in stage.music.auth.accounts()] == ["berta"]
            # Nobody is there for the token now, and whoever signs in becomes `anna`.
            signed_in = await music.auth.submit_music_user_token(token())
            assert signed_in.id == "anna"

        both = await token_for(tmp_path / "data", "carla", "dora")
        async with Client(stage.music.target, access_token=both) as music:
            with pytest.raises(errors.AccountRequiredError):
                await music.auth.begin_sign_in()
            await music.auth.begin_sign_in(account="dora")


async def test_one_caller_cannot_open_all_sign_ins(stage_of: SetUp, tmp_path: Path) -> None:
    config = ClientConfig(backoff=Backoff(attempts=0))
    async with stage_of(signed_in=False) as stage:
        clients = [
            Client(
                stage.music.target,
                access_token=await token_for(tmp_path / "data", account),
                config=config,
            )
            for account in ("anna", "berta")
        ]
        async with clients[0] as greedy, clients[1] as other:
            ended = await asyncio.gather(
                *(greedy.auth.begin_sign_in() for _ in range(30)), return_exceptions=True
            )
            assert sum(isinstance(each, errors.ServerBusyError) for each in ended) == 10
            with pytest.raises(errors.ServerBusyError, match="you began"):
                await greedy.auth.begin_sign_in()
            await other.auth.begin_sign_in()
            await stage.music.auth.begin_sign_in()  # shows no token: counted by its address


async def test_a_token_that_another_account_holds_is_refused(
    stage_of: SetUp, tmp_path: Path
) -> None:
    async with stage_of(signed_in=False) as stage:
        token = stage.simulator.music_user_token()
        await stage.music.auth.submit_music_user_token(token, account="anna")
        bertas = await token_for(tmp_path / "data", "berta")
        async with Client(stage.music.target, access_token=bertas) as music:
            with pytest.raises(errors.MusicUserTokenInUseError) as caught:
                await music.auth.submit_music_user_token(token)
            assert caught.value.metadata == {"account": "berta"}
            assert "anna" not in str(caught.value)
        assert [each.id async for each in stage.music.auth.accounts()] == ["anna"]
        renewed = await stage.music.auth.submit_music_user_token(
            stage.simulator.music_user_token(), account="anna"
        )
        assert renewed.id == "anna"


async def test_diagnostics_tell_nothing_of_others(stage_of: SetUp, tmp_path: Path) -> None:
    async with stage_of(signed_in=False) as stage:
        for account in ("anna", "berta"):
            await stage.music.auth.submit_music_user_token(
                stage.simulator.music_user_token(), account=account
            )
        annas = await token_for(tmp_path / "data", "anna")
        async with Client(stage.music.target, access_token=annas) as music:
            found = await music.server.diagnostics(offline=True)
            assert [each.id for each in found.accounts] == ["account-1"]
            assert "account-2" not in {each.account_pseudonym for each in found.checks}
            for other in ("berta", "nobody"):
                with pytest.raises(errors.AccessDeniedError):
                    await music.server.diagnostics(account=other)
