"""A developer token that serves until Apple has taken the one that is to follow it."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from applemusic_server.domain.errors import FailedPreconditionError
from applemusic_server.domain.gateways import DeveloperToken
from applemusic_server.domain.token_file import TokenFileFault


class TokenMaker(Protocol):
    """One way to come by a developer token."""

    def current(self) -> DeveloperToken:
        """Return a token that is not past its end; see `DeveloperTokenSource`."""
        ...

    @property
    def fault(self) -> TokenFileFault | None:
        """What was wrong with the file at the last look; an older token may serve all the same."""
        ...

    @property
    def origin(self) -> object:
        """What the last token was made of: the key, or the token itself; None before."""
        ...


class ProvenDeveloperToken:
    """Keeps a token in service while its successor waits for Apple's word.

    The first token serves at once, and so does one that follows a token past its end: there is
    nothing to keep. One that is made of the same key is as good as the one before. Whoever asks
    Apple (see `application.developer_token_watch`) says what became of the question.

    Args:
        maker: Makes tokens, or reads them.
        clock: The time now, in UTC.
    """

    def __init__(self, maker: TokenMaker, clock: Callable[[], datetime]) -> None:
        self._maker = maker
        self._clock = clock
        self._serving: DeveloperToken | None = None
        self._origin: object = None
        self._refusal: TokenFileFault | None = None
        self.waiting: DeveloperToken | None = None

    @property
    def fault(self) -> TokenFileFault | None:
        """What is wrong with the file, or with the token in it; see `TokenMaker.fault`."""
        return self._maker.fault or self._refusal

    def current(self) -> DeveloperToken:
        """Return the token that serves.

        Raises:
            FailedPreconditionError: As the maker, when no older token lives.
        """
        serving = self._serving
        lives = serving is not None and serving.expire_time > self._clock()
        try:
            newest = self._maker.current()
        except FailedPreconditionError:
            # Also where one that waited has ended: it never served.
            if serving is None or not lives or self.waiting is None:
                raise
            return serving
        origin = self._maker.origin
        # While nothing changed it is the same object, which need not be compared as secrets are.
        is_as_before = origin is self._origin or origin == self._origin
        if serving is None or not lives or is_as_before:
            self.take(newest)
            return newest
        if self.waiting is None or self.waiting.value != newest.value:
            self.waiting, self._refusal = newest, None
        return serving

    def take(self, token: DeveloperToken) -> None:
        """Let a token serve."""
        self._serving, self.waiting, self._refusal = token, None, None
        self._origin = self._maker.origin

    def refuse(self, token: DeveloperToken, detail: str) -> None:
        """Hear that Apple refuses a token that waits; it waits on, for keys take time to count."""
        if self.waiting is not None and self.waiting.value == token.value:
            shown = f"Apple does not accept the token of it: {detail}"
            self._refusal = TokenFileFault(
                f"the new developer token does not serve: {shown}", shown
            )
