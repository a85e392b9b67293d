"""Signing in with an access token for some accounts."""

import secrets
from datetime import UTC, datetime
from pathlib import Path

import pytest

from applemusic import Client, errors
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


async def test_signing_in_is_for_the_accounts_of_the_token(stage_of: SetUp, tmp_path: Path) -> None:
    async with stage_of(signed_in=False) as stage:
        token = stage.simulator.music_user_token
        await stage.music.auth.submit_music_user_token(token(), account="berta")
        annas = await token_for(tmp_path / "data", "anna")
        async with Client(stage.music.target, access_token=annas) as music:
            with pytest.raises(errors.AccessDeniedError):
                await music.auth.begin_sign_in(account="berta")
            await music.auth.begin_sign_in()
            # Nobody is there for the token, and whoever signs in becomes `anna`.
            signed_in = await music.auth.submit_music_user_token(token())
            assert signed_in.id == "anna"

        both = await token_for(tmp_path / "data", "carla", "dora")
        async with Client(stage.music.target, access_token=both) as music:
            with pytest.raises(errors.AccountRequiredError):
                await music.auth.begin_sign_in()
            await music.auth.begin_sign_in(account="dora")
