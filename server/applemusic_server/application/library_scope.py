"""Whose library a call reads, and in which language."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from applemusic_server.application.accounts import Accounts
from applemusic_server.domain.errors import Reason, UnauthenticatedError
from applemusic_server.domain.language import check_language_tag, closest_language_tag
from applemusic_server.domain.library import LibraryScope
from applemusic_server.domain.resources import ReadOptions


class LibraryScopes:
    """Finds the scope of a call.

    Args:
        accounts: Knows listeners.
    """

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

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
        language = ""
        if options.language and owner.language_tags:
            language = closest_language_tag(options.language, owner.language_tags)
        try:
            yield LibraryScope(listener, language, full=options.full, background=background)
        except UnauthenticatedError as error:
            if error.reason is Reason.MUSIC_USER_TOKEN_REJECTED:
                await self._accounts.mark_rejected(listener)
            raise
