"""Where the server is: an address that a person gave, or a server of the provider's own."""

from typing import Protocol

from music_assistant_models.errors import SetupFailedError

from .settings import Settings


class ServerConnection(Protocol):
    """Gives the address of a server, and looks after the server if it is the provider's own."""

    async def target(self) -> str:
        """Return the address, once there is a server behind it that starts or runs.

        The address stays the same until `close`, also when the server is started anew.

        Raises:
            MusicAssistantError: There is none, and waiting does not help.
        """

    async def close(self) -> None:
        """Let go of the server; one of the provider's own ends."""


class FixedServer:
    """A server that somebody else runs."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def target(self) -> str:
        """Return the address that was set."""
        return self._address

    async def close(self) -> None:
        """Do nothing: the server is not ours."""


def connection_for(settings: Settings) -> ServerConnection:
    """Return the way to the server that the settings name.

    Raises:
        SetupFailedError: They name none.
    """
    if not settings.address:
        raise SetupFailedError("no server is set: give its address, such as 127.0.0.1:50051")
    return FixedServer(settings.address)
