"""The seam for limiting the rate at which one developer team asks Apple."""

from typing import Protocol

from applemusic_server.upstream.priority_gate import Priority


class Pacer(Protocol):
    """Spaces requests out and learns from Apple's answers."""

    async def pace(self, priority: Priority) -> None:
        """Wait until a request of this priority may be sent."""
        ...

    def throttled(self) -> None:
        """Hear that Apple answered 429."""
        ...

    def succeeded(self) -> None:
        """Hear that Apple answered."""
        ...


class NoPacer:
    """Sends everything at once; back-off after a 429 is the transport's own."""

    async def pace(self, priority: Priority) -> None:
        """Return at once."""

    def throttled(self) -> None:
        """Do nothing."""

    def succeeded(self) -> None:
        """Do nothing."""
