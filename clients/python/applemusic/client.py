"""The client: one connection to a server, and one controller per noun."""

# ruff: noqa: PLC0415 - each service's code is loaded with its first use: that keeps imports short
import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from grpc import aio

from applemusic.channel import open_channel
from applemusic.config import ClientConfig, TLSConfig
from applemusic.errors.base import ClientClosedError, ConnectError, UnavailableError
from applemusic.stubs import Stubs

if TYPE_CHECKING:
    from applemusic.audio import Audio
    from applemusic.auth import Auth
    from applemusic.calls import Calls
    from applemusic.catalog import Catalog
    from applemusic.favorites import Favorites
    from applemusic.library import Library
    from applemusic.models.server import ServerInfo
    from applemusic.radio import Radio
    from applemusic.recommendations import Recommendations
    from applemusic.server import Server

DEFAULT_TARGET: Final = "127.0.0.1:50051"


class Client:
    """A client of one server.

        async with Client("127.0.0.1:50051") as music:
            song = await music.catalog.get_song("1440857781")

    Connects with the first call. Belongs to the event loop that makes it, and may be used by any
    number of tasks there.
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
        config = config or ClientConfig()
        if access_token:
            config = replace(config, access_token=access_token)
        if tls is not None:
            config = replace(config, tls=tls)
        config.check(target)
        self.target = target
        self.config = config
        self.stubs = Stubs(self._open)
        self._channel: aio.Channel | None = None
        self._closed = False

    @cached_property
    def auth(self) -> "Auth":
        """Accounts: signing in and out, and how tokens are doing."""
        from applemusic.auth import Auth

        return Auth(self._calls)

    @cached_property
    def catalog(self) -> "Catalog":
        """Apple's catalog."""
        from applemusic.catalog import Catalog

        return Catalog(self._calls)

    @cached_property
    def library(self) -> "Library":
        """A listener's library."""
        from applemusic.library import Library

        return Library(self._calls)

    @cached_property
    def favorites(self) -> "Favorites":
        """What a listener thinks of items."""
        from applemusic.favorites import Favorites

        return Favorites(self._calls)

    @cached_property
    def radio(self) -> "Radio":
        """Radio stations."""
        from applemusic.radio import Radio

        return Radio(self._calls)

    @cached_property
    def recommendations(self) -> "Recommendations":
        """Recommendations and history."""
        from applemusic.recommendations import Recommendations

        return Recommendations(self._calls)

    @cached_property
    def audio(self) -> "Audio":
        """Streams of audio."""
        from applemusic.audio import Audio

        return Audio(self._calls)

    @cached_property
    def server(self) -> "Server":
        """The server itself."""
        from applemusic.server import Server

        return Server(self._calls)

    async def wait_ready(self, timeout: float = 30.0) -> "ServerInfo":  # noqa: ASYNC109 - the limit is part of the question
        """Wait until the server is up, and return what it is.

        Up means that it answers and is not starting any more; whether a person has to act is
        `ServerInfo.state`.

        Args:
            timeout: Seconds to wait at most.

        Raises:
            ConnectError: It was not up by then; the message says what to look at.
            UnauthenticatedError: It wants another access token.
        """
        from applemusic.errors.from_rpc import unreachable
        from applemusic.models.server import ServerState
        from applemusic.reconnect import Attempts

        attempts, reason = Attempts(self._calls), "nothing answers"
        try:
            async with asyncio.timeout(timeout):
                await self._open().channel_ready()
                while True:
                    try:
                        info = await self.server.info()
                    except UnavailableError as error:
                        reason, failure = error.message, error
                    else:
                        if info.state is not ServerState.STARTING:
                            return info
                        reason = "it is still starting"
                        failure = UnavailableError(reason)
                    await attempts.wait(failure, endless=True)
        except TimeoutError as error:
            raise ConnectError(
                unreachable(self.target, f"{reason} (waited {timeout:g} s)")
            ) from error

    async def close(self) -> None:
        """Close the connection; calls that still run fail with `ClientClosedError`."""
        self._closed = True
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    @cached_property
    def _calls(self) -> "Calls":
        from applemusic.calls import Calls

        return Calls(self.stubs, self.target, self.config)

    def _open(self) -> aio.Channel:
        if self._closed:
            raise ClientClosedError("the client is closed")
        if self._channel is None:
            self._channel = open_channel(self.target, self.config)
        return self._channel
