"""Who is asking: the tokens of a request, checked as each of Apple's hosts checks them."""

from aiohttp import web

from applemusic_simulator.accounts import Account, Accounts
from applemusic_simulator.developer_tokens import DeveloperTokenError, DeveloperTokens, Team
from applemusic_simulator.errors import AppleError, forbidden, unauthorized
from applemusic_simulator.user_tokens import UserTokenError, UserTokens

# All spellings seen in clients (reference section 1.2); header names ignore case.
USER_TOKEN_HEADERS = ("Music-User-Token", "Media-User-Token", "X-Apple-Music-User-Token")


class Access:
    """Tells teams and listeners by the headers of a request.

    Args:
        developer_tokens: The registered teams.
        user_tokens: The issued music user tokens.
        accounts: Whom they belong to.
    """

    def __init__(
        self, developer_tokens: DeveloperTokens, user_tokens: UserTokens, accounts: Accounts
    ) -> None:
        self._developer_tokens = developer_tokens
        self._user_tokens = user_tokens
        self._accounts = accounts

    def team(self, request: web.Request) -> Team:
        """Whose developer token this is.

        Raises:
            AppleError: 401 without a body.
        """
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise unauthorized()
        try:
            return self._developer_tokens.check(token.strip(), request.headers.get("Origin", ""))
        except DeveloperTokenError as error:
            raise unauthorized() from error

    def listener(self, request: web.Request) -> Account:
        """Whose music user token this is; the developer token is checked first.

        Raises:
            AppleError: 401 for the developer token, 403 40300 for the user token.
        """
        team = self.team(request)
        value = next(
            (request.headers[name] for name in USER_TOKEN_HEADERS if name in request.headers), ""
        )
        try:
            account_id = self._user_tokens.check(value.strip(), team.id)
        except UserTokenError as error:
            raise forbidden() from error
        if account_id not in self._accounts:
            raise forbidden()
        return self._accounts[account_id]

    def guest(self, request: web.Request) -> Account | None:
        """Who reads the catalogue, if a good music user token says so; a dead one is ignored.

        Raises:
            AppleError: 401 for the developer token.
        """
        try:
            return self.listener(request)
        except AppleError as error:
            if error.status == web.HTTPForbidden.status_code:
                return None
            raise
