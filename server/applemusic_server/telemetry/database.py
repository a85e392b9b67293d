"""The database as metrics: whether it answers, how fast, and what went wrong."""

from typing import Final, Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from applemusic_server.domain.errors import UnavailableError
from applemusic_server.domain.observers import DATABASE_FAULTS, DATABASE_OPERATIONS
from applemusic_server.telemetry.bounded_look import BoundedLook

DATABASE_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)


class Answering(Protocol):
    """A database; see `storage.database`."""

    async def check(self) -> None:
        """Return if it answers; raises STORAGE_UNAVAILABLE."""
        ...


class DatabaseTelemetry:
    """The `DatabaseObserver` of `domain.observers`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register the metrics, with the series that are known beforehand at 0."""
        self._up = Gauge(
            "applemusic_database_up",
            "1 if the database answered within a second when the metrics were read, else 0.",
            registry=registry,
        )
        self._seconds = Histogram(
            "applemusic_database_transaction_seconds",
            "How long transactions took, waiting for a connection or a lock included.",
            ("operation",),
            buckets=DATABASE_BUCKETS,
            registry=registry,
        )
        self._errors = Counter(
            "applemusic_database_errors_total",
            "Transactions that the database ended: another was in the way and it is done again "
            "(conflict), the disk is full, no answer in time, all connections are in use (busy), "
            "out of reach, or another reason.",
            ("fault",),
            registry=registry,
        )
        for operation in DATABASE_OPERATIONS:
            self._seconds.labels(operation)
        for fault in DATABASE_FAULTS:
            self._errors.labels(fault)

    def on_transaction(self, operation: str, seconds: float, fault: str) -> None:
        """Count a transaction; see `domain.observers`."""
        self._seconds.labels(operation).observe(seconds)
        if fault:
            self._errors.labels(fault).inc()

    def look_at(self, database: Answering) -> "DatabaseLook":
        """Return what finds out whether a database answers."""
        return DatabaseLook(database, self._up)


class DatabaseLook:
    """Shows whether a database answers."""

    def __init__(self, database: Answering, shown: Gauge) -> None:
        self._database = database
        self._shown = shown
        self._look = BoundedLook(self._answers)

    async def refresh(self) -> None:
        """Find out."""
        self._shown.set(await self._look.get() is True)

    async def close(self) -> None:
        """Give up on a look that is under way."""
        await self._look.close()

    async def _answers(self) -> bool:
        try:
            await self._database.check()
        except UnavailableError:
            return False
        return True
