"""Signing in at the server's own page, with the host waiting, or with a pasted token."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

from music_assistant_models.errors import LoginFailed

from applemusic import Client
from applemusic.models.account import Account
from applemusic.models.sign_in import SignIn, SignInState

from .connection import connection_for
from .constants import CONNECT_SECONDS, DOMAIN, SIGN_IN_SECONDS
from .errors import translated
from .settings import Settings

_LOGGER: Final = logging.getLogger(f"music_assistant.{DOMAIN}")


@asynccontextmanager
async def connected(mass: Any, settings: Settings) -> AsyncIterator[Client]:
    """Give a client while a person sets the provider up.

    Args:
        mass: The host.
        settings: What the person has entered so far.

    Raises:
        ResourceTemporarilyUnavailable: The server does not answer.
        LoginFailed: It wants another access token.
        SetupFailedError: The settings cannot work.
    """
    connection = connection_for(settings, mass, _LOGGER)
    config = settings.client_config()
    try:
        try:
            client = Client(await connection.target(), config=config)
        except ValueError as error:
            raise LoginFailed(str(error)) from error
        async with client:
            await _ready(client)
            yield client
    finally:
        await connection.close()


@translated
async def accounts(client: Client) -> list[Account]:
    """Return the accounts that may be chosen."""
    return await client.auth.accounts().to_list()


@translated
async def begin(client: Client, account: str) -> SignIn:
    """Open a sign-in and return where the person continues.

    Args:
        client: The client.
        account: Account to sign in again; empty lets the server choose.
    """
    return await client.auth.begin_sign_in(account=account)


@translated
async def finished(client: Client, sign_in: SignIn) -> Account:
    """Wait until the person has finished.

    Raises:
        LoginFailed: The person declined, or did not finish in time.
    """
    async for status in client.auth.watch_sign_in(sign_in.sign_in_id):
        if status.state is SignInState.SUCCEEDED and status.account is not None:
            return status.account
        if status.state is not SignInState.PENDING:
            raise LoginFailed(status.message or f"the sign-in {status.state}")
    raise LoginFailed("the sign-in ended without a result")


@translated
async def hand_over(client: Client, token: str, account: str) -> Account:
    """Hand a music user token to the server, which checks and keeps it."""
    return await client.auth.submit_music_user_token(token.strip(), account=account)


def seconds_left(sign_in: SignIn) -> float:
    """Return how long the person has."""
    if sign_in.expire_time is None:
        return SIGN_IN_SECONDS
    return max(1.0, (sign_in.expire_time - datetime.now(UTC)).total_seconds())


@translated
async def _ready(client: Client) -> None:
    await client.wait_ready(CONNECT_SECONDS)
