"""The connection to a server for one account, and what is known of both."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from music_assistant_models.errors import LoginFailed, MusicAssistantError

from applemusic import Client
from applemusic.errors.base import AppleMusicError
from applemusic.models.account import Account, AccountEvent, AccountEventKind, AccountState
from applemusic.models.server import Capabilities, ServerInfo

from .connection import ServerConnection
from .constants import CONNECT_SECONDS
from .errors import make, to_ma
from .settings import Settings
from .texts import Texts

Listener = Callable[[AccountEvent], None]

_REFUSED: Final = {AccountState.REJECTED, AccountState.UNREADABLE}
_INFO_SECONDS: Final = 10.0
_SOON: Final = timedelta(days=30)


class Session:
    """One account on one server.

    Attributes:
        client: The client; good from `open` to `close`.
        account: The account as it was last seen.
        accounts: All that may be used, as they were last seen.
        info: The server as it was last seen.
    """

    def __init__(
        self,
        settings: Settings,
        connection: ServerConnection,
        logger: logging.Logger,
        *,
        texts: Texts,
        language: str = "",
    ) -> None:
        self._texts = texts
        self._settings = settings
        self._connection = connection
        self._logger = logger
        self._language = language
        self._watch: asyncio.Task[None] | None = None
        self.client: Client
        self.account = Account()
        self.accounts: tuple[Account, ...] = ()
        self.info = ServerInfo()

    @property
    def capabilities(self) -> Capabilities:
        """What the server can do for the account now, as far as is known."""
        return self.info.capabilities or Capabilities()

    @property
    def shared_token_ends(self) -> str:
        """What to tell of the developer token that the host brings; empty as long as all is well.

        It is renewed with the host alone: somebody has to update that in time.
        """
        end = self.info.developer_token_expire_time
        if not self._settings.host_token or self._settings.address or end is None:
            return ""
        left = end - datetime.now(UTC)
        return self._texts.error("host_token_ends", f"{end:%Y-%m-%d}") if left < _SOON else ""

    async def open(self, *, seconds: float = CONNECT_SECONDS) -> None:
        """Connect, and see that the account can be used.

        Args:
            seconds: How long the server may take to answer.

        Raises:
            ResourceTemporarilyUnavailable: The server is not there (yet); the host tries again.
            LoginFailed: The account is not signed in, or the server wants another access token.
            SetupFailedError: The settings cannot work.
        """
        config = self._settings.client_config(language=self._language)
        target = await self._connection.target()
        try:
            self.client = Client(target, config=config)
        except ValueError as error:
            await self._connection.close()
            raise make(LoginFailed, str(error)) from error
        try:
            await self.client.wait_ready(seconds)
            self.account = await self.client.auth.get_account(timeout=_INFO_SECONDS)
            await self._look()
            if self.account.state in _REFUSED:
                raise sign_in_again(self.account, self._texts)
        except AppleMusicError as error:
            await self.close()
            raise to_ma(error) from error
        except MusicAssistantError:
            await self.close()
            raise

    def watch(self, listener: Listener) -> None:
        """Keep account and capabilities up to date, and tell what happens to the account.

        Args:
            listener: Called with each event, when `account` and `info` are those after it.
        """
        self._watch = asyncio.create_task(self._keep_watching(listener))

    async def close(self) -> None:
        """End the connection. Calls that still run fail."""
        task, self._watch = self._watch, None
        if task is not None and task is not asyncio.current_task():
            task.cancel()
            await asyncio.wait((task,))  # not for its result: our own cancellation must be heard
        await self.client.close()
        await self._connection.close()

    async def _keep_watching(self, listener: Listener) -> None:
        """Watch until the session ends; the client goes on by itself when the server was away."""
        try:
            async for event in self.client.auth.watch_accounts([self.account.id]):
                if event.account is None or event.account.id != self.account.id:
                    continue
                if event.kind is not AccountEventKind.SIGNED_OUT:
                    self.account = event.account
                await self._look_again()
                listener(event)
        except AppleMusicError as error:
            self._logger.warning("What happens to the account is not told any more: %s", error)

    async def _look(self) -> None:
        self.info = await self.client.server.info(account=self.account.id, timeout=_INFO_SECONDS)
        self.accounts = tuple(await self.client.auth.accounts(timeout=_INFO_SECONDS).to_list())

    async def _look_again(self) -> None:
        try:
            await self._look()
        except AppleMusicError as error:
            self._logger.warning("What the server can do is not known anew: %s", error)


def sign_in_again(account: Account, texts: Texts) -> MusicAssistantError:
    """Return the `LoginFailed` for an account whose person has to sign in again."""
    text = texts.error("sign_in_of_rejected", account.display_name or account.id)
    return make(LoginFailed, text, "MUSIC_USER_TOKEN_REJECTED")
