"""Access tokens that come as files with the configuration, beside those in the database."""

from collections.abc import Callable, Mapping
from datetime import datetime

from structlog.typing import FilteringBoundLogger

from applemusic_server.application.access_tokens import TokenList, given_token
from applemusic_server.domain.access import AccessToken, Grant, scopes_of
from applemusic_server.settings.access import AccessSettings, GivenTokenSettings
from applemusic_server.upstream.secret_file import SecretFile, SecretUnreadableError


class GivenAccessTokens:
    """Lists tokens of files and of a store together.

    What is no token is left out: whoever takes a file away, or spoils it, must not keep its holder
    in. It is logged once.

    Args:
        settings: Which files.
        stored: The others.
        log: Where to write.
        clock: Monotonic seconds.
        now: The wall clock, in UTC.
    """

    def __init__(
        self,
        settings: AccessSettings,
        stored: TokenList,
        log: FilteringBoundLogger,
        *,
        clock: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        self._stored = stored
        self._log = log
        self._since = now()
        self._files = {
            name: (SecretFile(given.token_file, clock=clock), grant_of(name, given))
            for name, given in settings.tokens.items()
        }
        self._problems: dict[str, str] = {}

    async def list(self) -> tuple[AccessToken, ...]:
        """Return all tokens. Raises STORAGE_UNAVAILABLE as the store does."""
        given: dict[str, AccessToken] = {}
        problems: dict[str, str] = {}
        for name, (file, grant) in self._files.items():
            try:
                token = given_token(file.current(), grant, self._since)
            except SecretUnreadableError as error:
                problems[name] = str(error)
                continue
            if token is None:
                problems[name] = NOT_ONE
            elif token.id in given:
                problems[name] = f"is the token of {given[token.id].grant.name}, too"
            else:
                given[token.id] = token
        self._tell(problems)
        return (*await self._stored.list(), *given.values())

    def _tell(self, problems: Mapping[str, str]) -> None:
        for name, problem in problems.items():
            if self._problems.get(name) != problem:
                self._log.warning("an access token cannot be used", caller=name, error=problem)
        self._problems = dict(problems)


NOT_ONE = (
    "the file holds no access token: amg_, 12 hex digits, _, 64 hex digits. Make one with "
    'echo "amg_$(openssl rand -hex 6)_$(openssl rand -hex 32)"'
)
"""Said of a file whose content cannot be an access token."""


def grant_of(name: str, given: GivenTokenSettings) -> Grant:
    """Return what the holder of a token may do."""
    accounts = None if given.accounts is None else frozenset(given.accounts)
    return Grant(name, scopes_of(given.scopes), accounts)
