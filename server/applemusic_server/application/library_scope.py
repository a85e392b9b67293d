"""Whose library a call reads, and in which language."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from applemusic_server.application.account_calls import AccountCalls
from applemusic_server.application.accounts import Accounts
from applemusic_server.domain.errors import Reason, UnauthenticatedError
from applemusic_server.domain.language import check_language_tag, closest_language_tag
from applemusic_server.domain.library import LibraryScope
from applemusic_server.domain.resources import ReadOptions


class LibraryScopes:
    """Finds the scope of a call.

    Args:
        accounts: Knows listeners.
        calls: Notes for whom calls are made, so that they end when the account is signed out.
    """

    def __init__(self, accounts: Accounts, calls: AccountCalls | None = None) -> None:
        self._accounts = accounts
        self._calls = calls

    @asynccontextmanager
    async def of(
        self, account: str, options: ReadOptions, *, background: bool = False
    ) -> AsyncIterator[LibraryScope]:
        """Read in the scope of an account; a refused token is remembered.

        Raises:
            AppleMusicError: As `Accounts.resolve`; INVALID_FIELD for a malformed language.
        """
        check_language_tag(options.language)
        owner = await self._accounts.get(account)
        listener = self._accounts.listener_of(owner)
        if self._calls is not None:
            self._calls.note(listener.account_id)
        language = ""
        if options.language and owner.language_tags:
            language = closest_language_tag(options.language, owner.language_tags)
        try:
            yield LibraryScope(listener, language, full=options.full, background=background)
        except UnauthenticatedError as error:
            if error.reason is not Reason.MUSIC_USER_TOKEN_REJECTED:
                raise
            told = await self._accounts.after_refusal(listener, error)
            if told is error:
                raise
            raise told from error
