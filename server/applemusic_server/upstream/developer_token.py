"""Where the developer token comes from: given ready, made from the operator's key, or nowhere."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime

from applemusic_server.domain.errors import FailedPreconditionError, Reason
from applemusic_server.domain.gateways import DeveloperToken
from applemusic_server.domain.secret import Secret
from applemusic_server.domain.token_file import TokenFileFault
from applemusic_server.upstream.developer_jwt import (
    LIFE,
    SKEW,
    mint_developer_token,
    read_developer_token,
    rejected_developer_token,
)
from applemusic_server.upstream.proven_token import ProvenDeveloperToken, TokenMaker
from applemusic_server.upstream.secret_file import SecretSource, SecretUnreadableError

_RENEW_AT = 0.75
_APPLE_ID = re.compile(r"[A-Za-z0-9]{10}")


class NoDeveloperToken:
    """Stands where the operator configured none."""

    fault = None
    origin = None

    def current(self) -> DeveloperToken:
        """Raise DEVELOPER_TOKEN_MISSING."""
        raise FailedPreconditionError(
            Reason.DEVELOPER_TOKEN_MISSING,
            "no developer token is configured; configure one, or the team id, key id and private "
            "key of a MusicKit key",
        )


class GivenDeveloperToken:
    """A token that somebody else made. Its signature is not verified: only Apple can tell.

    Where its file goes away or is replaced by one that cannot be used, the token before it goes on
    serving to its end.

    Args:
        source: The JWT.
        clock: The time now, in UTC.
    """

    def __init__(self, source: SecretSource, *, clock: Callable[[], datetime]) -> None:
        self._source = source
        self._clock = clock
        self._token: DeveloperToken | None = None
        self.fault: TokenFileFault | None = None

    @property
    def origin(self) -> object:
        """The token itself."""
        return self._token and self._token.value

    def current(self) -> DeveloperToken:
        """Return the token.

        Raises:
            FailedPreconditionError: DEVELOPER_TOKEN_EXPIRED; DEVELOPER_TOKEN_REJECTED with
                `detail`, when Apple cannot but refuse it.
        """
        now = self._clock()
        token = self._newest(now)
        if token.expire_time <= now - SKEW:
            ended = token.expire_time.isoformat()
            raise FailedPreconditionError(
                Reason.DEVELOPER_TOKEN_EXPIRED,
                f"the developer token ended at {ended}; replace it",
                metadata={"expireTime": ended},
            )
        return token

    def _newest(self, now: datetime) -> DeveloperToken:
        try:
            text = _text_of(self._source)
            if self._token is None or _is_another(text, self._token.value):
                self._token = self._read(text, now)
        except FailedPreconditionError as error:
            self.fault = _fault_of(error)
            if self._token is None:
                raise
        else:
            self.fault = None
        return self._token

    def _read(self, text: Secret, now: datetime) -> DeveloperToken:
        token = read_developer_token(text, now=now)
        serves = self._token is not None and self._token.expire_time > now
        if serves and token.expire_time <= now:
            raise rejected_developer_token(f"it ended at {token.expire_time.isoformat()}")
        return token


class MintedDeveloperToken:
    """Makes tokens from a MusicKit key: one lives 180 days and is replaced at 75 % of that.

    Where the key's file goes away or is replaced by one that cannot be used, the token made before
    goes on serving to its end.

    Args:
        team_id: Ten characters, from Apple's developer site.
        key_id: Ten characters, of the MusicKit key.
        private_key: The text of the .p8 file (PEM, P-256).
        clock: The time now, in UTC.
    """

    def __init__(
        self, *, team_id: str, key_id: str, private_key: SecretSource, clock: Callable[[], datetime]
    ) -> None:
        self._team_id = team_id
        self._key_id = key_id
        self._private_key = private_key
        self._clock = clock
        self._made_of: object = None
        self._token: DeveloperToken | None = None
        self._minted_time = datetime.min.replace(tzinfo=UTC)
        self.fault: TokenFileFault | None = None

    @property
    def origin(self) -> object:
        """The key."""
        return self._made_of

    def current(self) -> DeveloperToken:
        """Return a token with at least a quarter of its life left.

        Raises:
            FailedPreconditionError: DEVELOPER_TOKEN_REJECTED with `detail`: the key or one of the
                ids is not one.
        """
        now = self._clock()
        for name, value in (("team id", self._team_id), ("key id", self._key_id)):
            if not _APPLE_ID.fullmatch(value):
                raise rejected_developer_token(f"the {name} is not ten letters and digits")
        try:
            key = _text_of(self._private_key)
            # A token from the future means that the clock was set back; Apple would refuse it.
            is_fresh = self._minted_time <= now < self._minted_time + LIFE * _RENEW_AT
            if self._token is None or not is_fresh or _is_another(key, self._made_of):
                self._token = mint_developer_token(key, self._team_id, self._key_id, now=now)
                self._minted_time, self._made_of = now, key
        except FailedPreconditionError as error:
            self.fault = _fault_of(error)
            if self._token is None or self._token.expire_time <= now:
                raise
        else:
            self.fault = None
        return self._token


class DeveloperTokens:
    """The server's developer token and those that accounts have of their own.

    Implements `DeveloperTokenSource` and `DeveloperTokenFiles`.

    Args:
        own: The server's.
        of_accounts: By account id; other accounts use the server's.
        clock: The time now, in UTC.
    """

    def __init__(
        self,
        own: TokenMaker,
        of_accounts: Mapping[str, TokenMaker],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._own = ProvenDeveloperToken(own, clock)
        self._of_accounts = {
            account_id: ProvenDeveloperToken(maker, clock)
            for account_id, maker in of_accounts.items()
        }

    def current(self, account_id: str = "") -> DeveloperToken:
        """Return the token of an account, or the server's.

        Raises:
            FailedPreconditionError: As the maker of that token.
        """
        maker = self._of_accounts.get(account_id)
        if maker is None:
            return self._own.current()
        try:
            return maker.current()
        except FailedPreconditionError as error:
            raise FailedPreconditionError(
                error.reason,
                f"{error.message} (the developer token of account {account_id!r})",
                metadata=error.metadata,
            ) from None

    def makers(self) -> Mapping[str, ProvenDeveloperToken]:
        """Return where each token comes from, by account id; the server's is under ''."""
        return {"": self._own, **self._of_accounts}

    def file_faults(self) -> Mapping[str, TokenFileFault]:
        """Look at the files, and return what is wrong by account id; the server's is under ''."""
        faults = {}
        for account_id, maker in self.makers().items():
            # A token that is no good for another reason is told by whoever needs it.
            with suppress(FailedPreconditionError):
                maker.current()
            if maker.fault is not None:
                faults[account_id] = maker.fault
        return faults


def _is_another(secret: Secret, known: object) -> bool:
    """Whether a source has another secret now: while it has not, it gives the same object."""
    return secret is not known and secret != known


def _text_of(source: SecretSource) -> Secret:
    try:
        return source.current()
    except SecretUnreadableError as error:
        raise rejected_developer_token(str(error)) from error


def _fault_of(error: FailedPreconditionError) -> TokenFileFault:
    cause, detail = error.__cause__, error.metadata["detail"]
    shown = f"it {cause.what}" if isinstance(cause, SecretUnreadableError) else detail
    return TokenFileFault(f"the file of the developer token cannot be used: {detail}", shown)
