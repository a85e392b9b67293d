"""The client for programs without an event loop."""

# ruff: noqa: PLC0415 - each service's code is loaded with its first use: that keeps imports short
from collections.abc import Callable
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

from applemusic import client
from applemusic.blocking.loop_thread import LoopThread
from applemusic.client import DEFAULT_TARGET
from applemusic.config import ClientConfig, TLSConfig

if TYPE_CHECKING:
    from applemusic.blocking.audio import Audio
    from applemusic.blocking.auth import Auth
    from applemusic.blocking.catalog import Catalog
    from applemusic.blocking.favorites import Favorites
    from applemusic.blocking.library import Library
    from applemusic.blocking.radio import Radio
    from applemusic.blocking.recommendations import Recommendations
    from applemusic.blocking.server import Server
    from applemusic.models.server import ServerInfo


class Client:
    """A client of one server, for scripts.

        with Client("127.0.0.1:50051") as music:
            song = music.catalog.get_song("1440857781")

    Connects with the first call. May be used by any number of threads. Ctrl-C ends the call that
    waits, at the server too. Not for callbacks of its own calls, such as `on_event`.
    """

    def __init__(
        self,
        target: str = DEFAULT_TARGET,
        *,
        access_token: str | Callable[[], str] = "",
        tls: TLSConfig | None = None,
        config: ClientConfig | None = None,
    ) -> None:
        """Note where to connect to; nothing is sent yet.

        Args:
            target: `host:port`, or `unix:///path` of a socket.
            access_token: As `ClientConfig.access_token`.
            tls: As `ClientConfig.tls`.
            config: Everything else.

        Raises:
            ValueError: As `ClientConfig.check`.
        """
        self._client = client.Client(target, access_token=access_token, tls=tls, config=config)
        self._thread = LoopThread(self._client.close)
        self.target = self._client.target
        self.config = self._client.config

    @cached_property
    def auth(self) -> "Auth":
        """Accounts: signing in and out, and how tokens are doing."""
        from applemusic.blocking.auth import Auth

        return Auth(self._thread, self._client.auth)

    @cached_property
    def catalog(self) -> "Catalog":
        """Apple's catalog."""
        from applemusic.blocking.catalog import Catalog

        return Catalog(self._thread, self._client.catalog)

    @cached_property
    def library(self) -> "Library":
        """A listener's library."""
        from applemusic.blocking.library import Library

        return Library(self._thread, self._client.library)

    @cached_property
    def favorites(self) -> "Favorites":
        """What a listener thinks of items."""
        from applemusic.blocking.favorites import Favorites

        return Favorites(self._thread, self._client.favorites)

    @cached_property
    def radio(self) -> "Radio":
        """Radio stations."""
        from applemusic.blocking.radio import Radio

        return Radio(self._thread, self._client.radio)

    @cached_property
    def recommendations(self) -> "Recommendations":
        """Recommendations and history."""
        from applemusic.blocking.recommendations import Recommendations

        return Recommendations(self._thread, self._client.recommendations)

    @cached_property
    def audio(self) -> "Audio":
        """Streams of audio."""
        from applemusic.blocking.audio import Audio

        return Audio(self._thread, self._client.audio)

    @cached_property
    def server(self) -> "Server":
        """The server itself."""
        from applemusic.blocking.server import Server

        return Server(self._thread, self._client.server)

    def wait_ready(self, timeout: float = 30.0) -> "ServerInfo":
        """Wait until the server is up, and return what it is.

        Args:
            timeout: Seconds to wait at most.

        Raises:
            ConnectError: It was not up by then; the message says what to look at.
            UnauthenticatedError: It wants another access token.
        """
        return self._thread.run(self._client.wait_ready(timeout))

    def close(self) -> None:
        """Close the connection; calls that still run fail with `ClientClosedError`."""
        self._thread.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
