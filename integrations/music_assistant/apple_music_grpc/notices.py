"""What the people who use the host have to know about the account."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from music_assistant_models.errors import MusicAssistantError

from applemusic.models.account import AccountEvent, AccountEventKind, AccountState

from .session import sign_in_again
from .texts import Texts

_DAY: Final = timedelta(days=1)
_REFUSED: Final = {AccountState.REJECTED, AccountState.UNREADABLE}


class Notices:
    """Turns what happens to the account into what the host shows.

    Attributes:
        warning: What to show in the settings; empty when all is well.
    """

    def __init__(
        self,
        logger: logging.Logger,
        texts: Texts,
        *,
        idle: Callable[[], Awaitable[None]],
        give_up: Callable[[MusicAssistantError], None],
        changed: Callable[[], None],
    ) -> None:
        """Note whom to tell.

        Args:
            logger: The provider's own; the host shows its log.
            texts: In the language of the host.
            idle: Waits until nothing plays.
            give_up: Takes the provider out of service until somebody signs in.
            changed: Tells the host that features may have changed.
        """
        self._logger = logger
        self._texts = texts
        self._idle = idle
        self._give_up = give_up
        self._changed = changed
        self._giving_up: asyncio.Task[None] | None = None
        self.warning = ""

    def take(self, event: AccountEvent) -> None:
        """Take one event."""
        account = event.account
        if account is None:
            return
        refused = account.state in _REFUSED
        if event.kind is AccountEventKind.SIGNED_OUT or refused:
            error = sign_in_again(account, self._texts)
            self._warn(str(error), logging.ERROR)
            if self._giving_up is None:
                self._giving_up = asyncio.create_task(self._when_idle(error))
        elif account.state is AccountState.EXPIRING or event.kind is AccountEventKind.EXPIRING:
            self._warn(self._expiry(event), logging.WARNING)
            self._stay()
        else:
            if self.warning:
                self._logger.info("The account %s is well again", account.id)
            self.warning = ""
            self._stay()
        self._changed()

    def close(self) -> None:
        """Tell nobody any more."""
        self._stay()

    def _warn(self, text: str, level: int) -> None:
        if text != self.warning:
            self._logger.log(level, text)
        self.warning = text

    def _stay(self) -> None:
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None

    async def _when_idle(self, error: MusicAssistantError) -> None:
        """Give up once nothing plays: a song that has begun may end."""
        await self._idle()
        self._giving_up = None
        self._give_up(error)

    def _expiry(self, event: AccountEvent) -> str:
        left = event.remaining_duration
        if left is None and event.account is not None and event.event_time is not None:
            ends = event.account.token_assumed_expire_time
            left = None if ends is None else ends - event.event_time
        if left is None:
            return self._texts.error("sign_in_ends_soon")
        return self._texts.error("sign_in_ends", max(0, left // _DAY))
