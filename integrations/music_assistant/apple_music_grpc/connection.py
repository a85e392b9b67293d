"""Where the server is: an address that a person gave, or a server of the provider's own."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

from music_assistant_models.errors import ResourceTemporarilyUnavailable, SetupFailedError

from . import host_token
from .constants import DOMAIN
from .errors import make as make_error
from .managed import ManagedServer, ManagedServerError, ServerNotInstalledError, Timing
from .settings import Settings

# Nothing else lives as long as the host does, and no longer.
_ATTRIBUTE: Final = f"_{DOMAIN}_server"
_START_SECONDS: Final = 18.0  # the host gives a provider 30 s to load


class ServerConnection(Protocol):
    """Gives the address of a server, and looks after the server if it is the provider's own."""

    async def target(self) -> str:
        """Return the address, once there is a server behind it that starts or runs.

        The address stays the same until `close`, also when the server is started anew.

        Raises:
            MusicAssistantError: There is none.
        """

    async def close(self) -> None:
        """Let go of the server; one of the provider's own ends when nobody uses it."""


class FixedServer:
    """A server that somebody else runs."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def target(self) -> str:
        """Return the address that was set."""
        return self._address

    async def close(self) -> None:
        """Do nothing: the server is not ours."""


class SharedServer:
    """The one server of our own in a host: it runs while somebody uses it."""

    def __init__(self, make: Callable[[], ManagedServer]) -> None:
        """Note how the server is made; it is made anew for each run."""
        self._make = make
        self._lock = asyncio.Lock()
        self._server: ManagedServer | None = None
        self._users = 0

    @property
    def used(self) -> bool:
        """True if and only if somebody uses it."""
        return self._users > 0

    async def take(self) -> str:
        """Return the address; the first user starts the server.

        Raises:
            SetupFailedError: It is not installed.
            ResourceTemporarilyUnavailable: It cannot start; the host tries again.
        """
        async with self._lock:
            if self._server is None:
                server = self._make()
                try:
                    await server.start()
                except ServerNotInstalledError as error:
                    raise SetupFailedError(str(error)) from error
                except ManagedServerError as error:
                    raise ResourceTemporarilyUnavailable(str(error)) from error
                self._server = server
            self._users += 1
            return self._server.address

    async def leave(self) -> None:
        """Say that one user is gone; after the last one the server ends."""
        async with self._lock:
            self._users -= 1
            if not self._users and self._server is not None:
                server, self._server = self._server, None
                await server.stop()


class OwnServer:
    """One user's hold on the shared server."""

    def __init__(self, shared: SharedServer) -> None:
        self._shared = shared
        self._taken = False

    async def target(self) -> str:
        """Return the address of the running server; see `SharedServer.take`."""
        address = await self._shared.take()
        self._taken = True
        return address

    async def close(self) -> None:
        """Let go, once."""
        if self._taken:
            self._taken = False
            await self._shared.leave()


def connection_for(settings: Settings, mass: Any, logger: logging.Logger) -> ServerConnection:
    """Return the way to the server that the settings name, or to one of our own.

    Args:
        settings: What a person set up.
        mass: The host, in whose folder a server of our own keeps its data.
        logger: Takes the log of a server of our own.

    Raises:
        SetupFailedError: The host's developer token was chosen for a server that somebody runs.
    """
    if settings.address and settings.host_token:
        # Said, not passed over: the person believes that it is used. No call hands it over.
        raise make_error(
            SetupFailedError,
            "a server with an address has the developer token that its operator gave it: leave the "
            "address empty, or do not choose the one that Music Assistant brings",
            "HOST_TOKEN_NEEDS_OWN_SERVER",
        )
    if settings.address:
        return FixedServer(settings.address)
    shared = getattr(mass, _ATTRIBUTE, None)
    if not isinstance(shared, SharedServer) or not shared.used:
        folder = Path(mass.storage_path) / DOMAIN

        def make() -> ManagedServer:
            own = own_settings(settings, folder)
            return ManagedServer(folder, logger, settings=own, timing=Timing(start=_START_SECONDS))

        shared = SharedServer(make)
        setattr(mass, _ATTRIBUTE, shared)
    return OwnServer(shared)


def own_settings(settings: Settings, folder: Path) -> dict[str, str]:
    """Return the settings of a server of our own, by the server's names.

    Args:
        settings: What a person set up.
        folder: Where the server's data is.

    Raises:
        SetupFailedError: The host's developer token was chosen, and the host brings none.
    """
    if not settings.host_token:
        host_token.forget(folder)
        return dict(settings.own)
    path = host_token.keep(folder)
    if path is None:
        raise make_error(
            SetupFailedError, "Music Assistant brings no developer token", "HOST_TOKEN_MISSING"
        )
    own = {
        key: value for key, value in settings.own.items() if not key.startswith("developer_token.")
    }
    return {**own, "developer_token.token_file": str(path), "developer_token.shared": "true"}
