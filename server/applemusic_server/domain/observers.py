"""The ports through which the server's parts say what they did, for metrics."""

from typing import Final, Protocol


class UpstreamObserver(Protocol):
    """Hears about every request to Apple. Labels come from fixed sets; calls never raise."""

    def on_request(self, endpoint: str, status: str, seconds: float) -> None:
        """Record one finished attempt.

        Args:
            endpoint: Name of the endpoint, e.g. `catalog.songs`.
            status: HTTP status as text, or `timeout`, `connection`, `refused` (by this server),
                `cancelled`.
            seconds: From sending to the end of the body.
        """
        ...

    def on_retry(self, endpoint: str, seconds: float) -> None:
        """Record that a request is tried again after a wait of `seconds`."""
        ...

    def on_queued(self, priority: str, seconds: float) -> None:
        """Record how long a request of `priority` waited for its turn."""
        ...

    def on_throttled(self, priority: str) -> None:
        """Record that Apple answered 429 to a request of `priority`."""
        ...


class SilentUpstreamObserver:
    """Tells nobody."""

    def on_request(self, endpoint: str, status: str, seconds: float) -> None:
        """Do nothing."""

    def on_retry(self, endpoint: str, seconds: float) -> None:
        """Do nothing."""

    def on_queued(self, priority: str, seconds: float) -> None:
        """Do nothing."""

    def on_throttled(self, priority: str) -> None:
        """Do nothing."""


class CacheObserver(Protocol):
    """Hears what the cache did. Calls never raise."""

    def on_cache(self, result: str, count: int = 1) -> None:
        """Count reads: `hit`, `miss`, or `joined` where another had asked already."""
        ...

    def on_cache_size(self, entries: int, weight: int) -> None:
        """Show how full the cache is; `weight` in bytes."""
        ...


class SilentCacheObserver:
    """Tells nobody."""

    def on_cache(self, result: str, count: int = 1) -> None:
        """Do nothing."""

    def on_cache_size(self, entries: int, weight: int) -> None:
        """Do nothing."""


DATABASE_OPERATIONS: Final = ("read", "write")
DATABASE_FAULTS: Final = ("conflict", "full", "timeout", "busy", "unreachable", "other")


class DatabaseObserver(Protocol):
    """Hears about transactions. Calls never raise."""

    def on_transaction(self, operation: str, seconds: float, fault: str) -> None:
        """Record a transaction that ended.

        Args:
            operation: One of `DATABASE_OPERATIONS`.
            seconds: From asking for a connection to the end.
            fault: One of `DATABASE_FAULTS` where the database ended it; empty otherwise, also
                where whoever used it did.
        """
        ...


class SilentDatabaseObserver:
    """Tells nobody."""

    def on_transaction(self, operation: str, seconds: float, fault: str) -> None:
        """Do nothing."""
